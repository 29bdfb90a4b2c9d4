import { runChecklist } from '../rehearsal/server-checklist.ts';
import { placeOf, serverName } from '../rehearsal/server-errors.ts';
import { exportFaults } from '../runbook/exportable.ts';
import type { SqlParser } from '../sql/model.ts';
import type { Checked } from './analyses.ts';
import type { ChecklistResult, ServerChoice } from './protocol.ts';
import { reachable, type ServerQuestions } from './server-engine.ts';

export interface ChecklistDependencies {
  readonly parser: SqlParser;
  readonly questions: ServerQuestions;
  readonly isTrusted: boolean;
}

/** Answers `checklistRequest`: asks the server that the user picked, once it is confirmed. */
export async function checklistOn(
  checked: Checked | { readonly refused: string },
  choice: ServerChoice,
  { parser, questions, isTrusted }: ChecklistDependencies,
): Promise<ChecklistResult> {
  if ('refused' in checked) return checked;
  if (!isTrusted)
    return { refused: 'A checklist sends the plan’s queries, so it needs a trusted workspace.' };
  const { analysis, settings, version } = checked;
  if (analysis.kind !== 'plan' || analysis.plan.checklist.length === 0)
    return { refused: 'The plan has no checklist.' };
  const [fault] = exportFaults(analysis);
  if (fault) return { refused: `Its file has a fault, mend it first: ${fault.message}` };
  const target = await reachable(choice);
  if ('refused' in target) return target;
  try {
    const report = await runChecklist(analysis, {
      target,
      parser,
      production: settings.server?.production ?? [],
      confirm: (identity, signs) =>
        questions.confirm({
          name: serverName(identity),
          place: placeOf(identity),
          database: identity.database,
          user: identity.user,
          version: identity.version,
          isClone: false,
          purpose: 'checklist',
          signs,
        }),
    });
    return report ? { report, version } : { refused: 'The server was not confirmed: nothing was asked.' };
  } catch (error) {
    if (error instanceof Error) return { refused: error.message };
    throw error;
  }
}
