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
  /** What `--fix` mended in it, in order: none of it is among the findings any more. */
  readonly fixed?: readonly FixedFinding[];
}

export interface FixedFinding {
  readonly rule: string;
  /** What was done, as the editor's menu calls it. */
  readonly title: string;
  /** The id of the step that it was about. */
  readonly step: string | undefined;
}

export function hasErrors(files: readonly CheckedFile[]): boolean {
  return files.some((file) => file.findings.some(({ severity }) => severity === 'error'));
}
