import type { CodeLens } from 'vscode-languageserver';
import { lenses } from '../features/lenses.ts';
import type { Checked } from './analyses.ts';
import { toLspRange } from './convert.ts';
import { proveStepCommand } from './protocol.ts';

/** The answer to `textDocument/codeLens`: what of the plan can be run, above its place. */
export function codeLenses({ uri, analysis, lines }: Checked): CodeLens[] {
  return lenses(analysis).map(({ range, title, step }) => ({
    range: toLspRange(range, lines),
    command: { title, command: proveStepCommand, arguments: step === undefined ? [uri] : [uri, step] },
  }));
}
