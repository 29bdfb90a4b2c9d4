/** Everything a command may touch outside itself, so that tests run it without a process. */
export interface Io {
  /** Absolute; paths on the command line are relative to it. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder of the installed package: package.json, dist/ and server/docs/ stand in it. */
  readonly packageRoot: string;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly files: Files;
  readStdin(): Promise<Uint8Array>;
  /** Asks whoever sits at the terminal; undefined where nobody does, or no answer was given. */
  ask(question: string): Promise<string | undefined>;
  /** Calls `listener` when the user or the system asks the program to stop. Returns how to stop listening. */
  onInterrupt(listener: (signal: InterruptSignal) => void): () => void;
}

export type InterruptSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

export interface Output {
  readonly isTty: boolean;
  /** Columns of the terminal; undefined where it is none. */
  readonly columns: number | undefined;
  write(text: string): void;
}

export interface Files {
  /** The bytes of a regular file, or in a sentence without the path why they cannot be had. Never blocks on a pipe. */
  read(path: string): { readonly bytes: Uint8Array } | { readonly error: string };
  exists(path: string): boolean;
  /** Names in a folder, those of folders with `/` behind; none where it cannot be read. */
  list(folder: string): readonly string[];
  /**
   * Replaces a file's content, whole or not at all; through a symbolic link, its target's. Why not, in a sentence
   * without the path, where that fails.
   */
  write(path: string, bytes: Uint8Array): { readonly error: string } | undefined;
  /** Makes a file that is not there. Why not, in a sentence without the path, where that fails. */
  create(path: string, bytes: Uint8Array): { readonly error: string } | undefined;
}

/** What the program tells its caller. */
export const exitCodes = {
  clean: 0,
  /** Findings at error level; a dry run that failed. */
  findings: 1,
  /** Bad command line, or input nothing can be made of. */
  unusable: 2,
  /** 128 + the signal's number, as shells count. */
  interrupted: { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 },
} as const;

/** Bad input of the whole command: the message is for the user, the exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  /** The command whose `--help` tells more. */
  readonly command: string | undefined;

  constructor(message: string, command?: string) {
    super(message);
    this.command = command;
  }
}
