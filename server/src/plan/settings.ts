export type Severity = 'error' | 'warning' | 'info';

/** `.switchback.yaml` and the editor's settings, merged: the file wins. */
export interface Settings {
  readonly rules: Readonly<Record<string, Severity | 'off'>>;
  readonly session: {
    /** ms */
    readonly lockTimeout?: number;
    /** ms */
    readonly statementTimeout?: number;
    /** How often a step that hits lock_timeout is tried again. */
    readonly retries?: number;
  };
  readonly dryRun: {
    /** Fabricated rows per table. */
    readonly rows?: number;
    /** ms */
    readonly stepTimeout?: number;
    /** Whether each step is also rolled back, and the application tried. */
    readonly proofs?: boolean;
    /** How far a run on a server that measures fills up small tables: rows of each, 0 for not; ms for all of them. */
    readonly amplify?: { readonly rows?: number; readonly within?: number };
    /** Of a run that is under load: ms that no request may take; connections that the requests share. */
    readonly load?: { readonly maxWait?: number; readonly pool?: number };
  };
  /** Of dry runs on a real server. */
  readonly server?: {
    /** Patterns of hosts, databases and `host/database` that are production; `*` stands for anything. */
    readonly production?: readonly string[];
    /** How production compares with it: `same`, or the path of an EXPLAIN (ANALYZE) of a count there. */
    readonly calibrate?: string;
    /** Shell commands; they run only where the user asks for a clone. */
    readonly clone?: { readonly create: string; readonly destroy: string };
  };
}

export const defaultSettings: Settings = { rules: {}, session: {}, dryRun: {} };
