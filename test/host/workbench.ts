/** What the workbench opens. Paths are absolute. */
export interface WorkbenchOptions {
  readonly port: number;
  readonly host: 'localhost' | '127.0.0.1';
  readonly folder: string;
  readonly extensionPath: string;
  /** The suite to run; without one the window stays open for a person. */
  readonly testsPath?: string;
  /** Opened at the start. */
  readonly file?: string;
}

/** The address that opens the workbench with the extension loaded from its folder. */
export function workbenchUrl(options: WorkbenchOptions): string {
  // The authority must be, to the letter, what the address bar shows.
  const remote = (path: string) => `vscode-remote://${options.host}:${options.port}${encodeURI(path)}`;
  const payload = [
    ['extensionDevelopmentPath', remote(options.extensionPath)],
    ...(options.testsPath === undefined ? [] : [['extensionTestsPath', remote(options.testsPath)]]),
    ...(options.file === undefined ? [] : [['openFile', remote(options.file)]]),
    ['skipWelcome', 'true'],
  ];
  const query = new URLSearchParams({ folder: options.folder, payload: JSON.stringify(payload) });
  return `http://${options.host}:${options.port}/?${query}`;
}
