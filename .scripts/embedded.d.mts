/** Builds `dist/embedded`; quick where it is current. */
export function buildEmbedded(options: { readonly root: string; readonly dist: string }): Promise<void>;
