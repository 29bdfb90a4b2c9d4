import type { Report } from "../rehearsal/model.ts";

/** Requests beyond the Language Server Protocol. The client imports this file for its types and names alone. */
export const dryRunRequest = "switchback/dryRun";

export interface DryRunParams {
	readonly uri: string;
	/** Fabricated rows per table; the setting's value. */
	readonly rows: number;
	/** ms a step may take. */
	readonly stepTimeout: number;
	/** For `$/progress`. */
	readonly workDoneToken: string | number;
}

export type DryRunResult =
	| { readonly report: Report }
	/** The plan cannot be run at all, e.g. YAML that does not parse: what to do about it, in a sentence. */
	| { readonly refused: string };

/** `initializationOptions` of the client. */
export interface InitializationOptions {
	/** Folder with the built files: the WebAssembly parser, the embedded Postgres. */
	readonly distPath: string;
	/** Rule pages: `docsBase` + `/` + rule id + `.md`. */
	readonly docsBase: string;
	readonly trusted: boolean;
}
