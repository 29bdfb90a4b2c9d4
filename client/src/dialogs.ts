import {
  type InputBoxOptions,
  type OpenDialogOptions,
  type QuickPickItem,
  type QuickPickOptions,
  type SaveDialogOptions,
  type Uri,
  window,
} from 'vscode';

/** Everything that waits for a person. A property of each can be replaced by a test. */
export interface Dialogs {
  /** Shows a message; the chosen action, or undefined when it was closed. */
  info(message: string, ...actions: string[]): Thenable<string | undefined>;
  warn(message: string, ...actions: string[]): Thenable<string | undefined>;
  error(message: string, ...actions: string[]): Thenable<string | undefined>;
  /** Asks where to save; an HTML page where nothing else is said. */
  saveAs(suggested: Uri, options?: SaveDialogOptions): Thenable<Uri | undefined>;
  /** Where a new plan is to stand; undefined when it was closed. */
  savePlan(suggested: Uri): Thenable<Uri | undefined>;
  /** Asks for a file that is there; undefined when it was closed. */
  open(options: OpenDialogOptions): Thenable<readonly Uri[] | undefined>;
  /** Asks for a line of text; undefined when it was closed. */
  input(options: InputBoxOptions): Thenable<string | undefined>;
  /** Offers a choice; undefined when it was closed. */
  pick<T extends QuickPickItem>(items: readonly T[], options: QuickPickOptions): Thenable<T | undefined>;
}

export function createDialogs(): Dialogs {
  return {
    info: (message, ...actions) => window.showInformationMessage(message, ...actions),
    warn: (message, ...actions) => window.showWarningMessage(message, ...actions),
    error: (message, ...actions) => window.showErrorMessage(message, ...actions),
    input: (options) => window.showInputBox(options),
    open: (options) => window.showOpenDialog(options),
    pick: (items, options) => window.showQuickPick(items, options),
    savePlan: (suggested) =>
      window.showSaveDialog({
        defaultUri: suggested,
        filters: { 'Migration plan': ['migration.yaml', 'migration.yml'] },
        saveLabel: 'Write Plan',
      }),
    saveAs: (suggested, options) =>
      window.showSaveDialog({
        defaultUri: suggested,
        ...(options ?? { filters: { HTML: ['html'] }, saveLabel: 'Save Report' }),
      }),
  };
}
