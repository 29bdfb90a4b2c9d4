import { Uri, window, workspace } from 'vscode';

/** The file that a command is about: the one it was called on (a title menu), else the active editor's. */
export function targetUri(argument: unknown): Uri | undefined {
  return argument instanceof Uri ? argument : window.activeTextEditor?.document.uri;
}

/** The path as people know it: relative to the workspace. */
export function nameOf(uri: Uri): string {
  return uri.scheme === 'untitled' ? uri.path : workspace.asRelativePath(uri);
}
