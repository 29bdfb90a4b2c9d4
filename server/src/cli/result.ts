import type { Finding } from '../rules/model.ts';

/** What `check` found in one file: the input of every output format. */
export interface CheckedFile {
  /** As the user gave it; project settings that were found are relative to the current folder. */
  readonly path: string;
  /** Empty where it could not be read. */
  readonly text: string;
  /** Sorted by place. */
  readonly findings: readonly Finding[];
  /** False where nothing could be made of the file at all. */
  readonly usable: boolean;
}

export function hasErrors(files: readonly CheckedFile[]): boolean {
  return files.some((file) => file.findings.some(({ severity }) => severity === 'error'));
}
