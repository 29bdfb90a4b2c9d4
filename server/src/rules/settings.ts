export type Severity = 'error' | 'warning' | 'info';

/** `.switchback.yaml` and the editor's settings, merged: the file wins. */
export interface Settings {
  readonly rules: Readonly<Record<string, Severity | 'off'>>;
  readonly session: {
    readonly lockTimeout?: number;
    readonly statementTimeout?: number;
  };
  readonly dryRun: { readonly rows?: number; readonly stepTimeout?: number };
}

export const defaultSettings: Settings = { rules: {}, session: {}, dryRun: {} };
