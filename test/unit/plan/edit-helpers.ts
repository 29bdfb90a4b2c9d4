import assert from 'node:assert/strict';
import type { Plan, Step } from '../../../server/src/plan/model.ts';
import { createPlanParser } from '../../../server/src/plan/parse.ts';
import type { TextEdit } from '../../../server/src/text/range.ts';
import { applyEdits } from '../rules/fix-laws.ts';

const parser = createPlanParser();

export function planOf(text: string): Plan {
  return parser.parse(text, { readFile: () => ({ error: 'none' }) }).plan;
}

export function stepOf(text: string, name: string): Step {
  const step = planOf(text)
    .phases.flatMap((phase) => phase.steps)
    .find((one) => one.name.value === name);
  assert.ok(step, `a step ${name} in\n${text}`);
  return step;
}

/** Makes the edit with LF and with CRLF: the results may differ in nothing else. */
export function bothBreaks(text: string, edit: (text: string) => TextEdit[] | undefined): string | undefined {
  const [lf, crlf] = [text, text.replaceAll('\n', '\r\n')].map((source) => {
    const edits = edit(source);
    return edits && applyEdits(source, edits);
  });
  assert.equal(crlf, lf?.replaceAll('\n', '\r\n'), 'CRLF as LF');
  return lf;
}

/** A plan around steps written at the margin. */
export function plan(steps: string, indent = 6): string {
  return `migration: x\nphases:\n  - phase: A\n    steps:\n${steps.replace(/^(?=.)/gm, ' '.repeat(indent))}`;
}

/** A plan whose lists stand in the column of their keys. */
export const flat =
  'phases:\n- phase: A\n  steps:\n  - step: one\n    sql: SELECT 1;\n  - step: two\n    sql: SELECT 2;\n';
