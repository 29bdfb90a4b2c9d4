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
  };
}

export const defaultSettings: Settings = { rules: {}, session: {}, dryRun: {} };
