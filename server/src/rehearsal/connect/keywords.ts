/** The surroundings in which libpq's settings are looked for. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** The user's name in the operating system. */
  readonly osUser: string;
  readonly platform: NodeJS.Platform;
  /** A file's text and permission bits; undefined where there is none that can be read. */
  readFile(path: string): { readonly text: string; readonly mode: number } | undefined;
  exists(path: string): boolean;
}

/** What is wrong with the settings of a connection, in a sentence for the user; never with a secret in it. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

/** Settings by libpq's keyword. */
export type Keywords = Readonly<Record<string, string>>;

export const severalHosts =
  'The connection names several hosts: give the one on which the dry run is to happen.';
