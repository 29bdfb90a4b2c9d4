import assert from 'node:assert/strict';
import * as vscode from 'vscode';

/** A file of the workspace, which is a copy of examples/. */
export function workspaceUri(path: string): vscode.Uri {
  const folder = vscode.workspace.workspaceFolders?.[0];
  assert.ok(folder, 'no folder is open');
  return vscode.Uri.joinPath(folder.uri, path);
}

/** Opens a file of the workspace in the editor, alone. */
export async function open(path: string): Promise<vscode.TextEditor> {
  return await vscode.window.showTextDocument(workspaceUri(path), { preview: false });
}

/** Writes a new file into the workspace and opens it. */
export async function openNew(path: string, text: string): Promise<vscode.TextEditor> {
  await vscode.workspace.fs.writeFile(workspaceUri(path), Buffer.from(text));
  return await open(path);
}

/** Closes every editor, changes thrown away. */
export async function closeAll(): Promise<void> {
  while (vscode.window.activeTextEditor?.document.isDirty)
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
  await vscode.commands.executeCommand('workbench.action.closeAllEditors');
}

/** Waits until `look` gives something; fails with `what` after `timeout` ms. */
export async function until<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  timeout = 10_000,
): Promise<T> {
  const deadline = Date.now() + timeout;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > deadline) assert.fail(`after ${timeout} ms still not so: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A diagnostic as a test compares it. */
export interface Shown {
  readonly rule: string;
  readonly severity: 'error' | 'warning' | 'info' | 'hint';
  /** The document's text under it. */
  readonly text: string;
  /** One-based, as the editor's margin shows it. */
  readonly line: number;
}

/** Waits until the Problems panel holds what `enough` asks for, then gives it, by place. */
export async function diagnostics(
  document: vscode.TextDocument,
  enough: (found: readonly Shown[]) => boolean = (found) => found.length > 0,
): Promise<readonly Shown[]> {
  let last: readonly Shown[] = [];
  return await until('the expected diagnostics', () => {
    last = shown(document);
    return enough(last) && last;
  }).catch((error: Error) => {
    throw new Error(`${error.message}; there are: ${JSON.stringify(last, undefined, 1)}`);
  });
}

/** The document's diagnostics now. */
export function shown(document: vscode.TextDocument): readonly Shown[] {
  const severities = ['error', 'warning', 'info', 'hint'] as const;
  return vscode.languages
    .getDiagnostics(document.uri)
    .toSorted((a, b) => a.range.start.compareTo(b.range.start))
    .map((diagnostic) => ({
      rule: ruleOf(diagnostic),
      severity: severities[diagnostic.severity],
      text: document.getText(diagnostic.range),
      line: diagnostic.range.start.line + 1,
    }));
}

export function ruleOf(diagnostic: vscode.Diagnostic): string {
  const { code } = diagnostic;
  return String(typeof code === 'object' ? code.value : code);
}

/** The code actions at a place, by title. */
export async function codeActions(
  document: vscode.TextDocument,
  range: vscode.Range,
): Promise<readonly vscode.CodeAction[]> {
  return await vscode.commands.executeCommand<vscode.CodeAction[]>(
    'vscode.executeCodeActionProvider',
    document.uri,
    range,
  );
}

/** Applies the fix called `title` (or matching it) to the first finding of `rule`. */
export async function applyFix(
  document: vscode.TextDocument,
  rule: string,
  title: string | RegExp,
): Promise<void> {
  const diagnostic = vscode.languages.getDiagnostics(document.uri).find((each) => ruleOf(each) === rule);
  assert.ok(diagnostic, `no ${rule} in ${JSON.stringify(shown(document))}`);
  const actions = await codeActions(document, diagnostic.range);
  const action = actions.find((each) =>
    typeof title === 'string' ? each.title === title : title.test(each.title),
  );
  assert.ok(action, `no fix ${title} among ${JSON.stringify(actions.map((each) => each.title))}`);
  if (action.edit) assert.ok(await vscode.workspace.applyEdit(action.edit), 'the edit was refused');
  if (action.command)
    await vscode.commands.executeCommand(action.command.command, ...(action.command.arguments ?? []));
}

/** Where `text` stands in the document (its `nth` time, from 0). */
export function placeOf(document: vscode.TextDocument, text: string, nth = 0): vscode.Range {
  let start = document.getText().indexOf(text);
  for (let left = nth; left > 0 && start >= 0; left -= 1) start = document.getText().indexOf(text, start + 1);
  assert.ok(start >= 0, `the document does not hold ${text}`);
  return new vscode.Range(document.positionAt(start), document.positionAt(start + text.length));
}

/** The document's code lenses, once there are some. */
export async function codeLensesOf(document: vscode.TextDocument): Promise<readonly vscode.CodeLens[]> {
  return await until('code lenses', async () => {
    const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
      'vscode.executeCodeLensProvider',
      document.uri,
      // Resolves them, as far as they could be seen.
      Number.MAX_SAFE_INTEGER,
    );
    return lenses.length > 0 && lenses;
  });
}
