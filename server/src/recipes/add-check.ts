import { provesNotNull } from '../schema/expressions.ts';
import { columnOf } from '../schema/lookup.ts';
import { addValidated } from './blocks.ts';
import { columnsRead, expressionOf } from './expressions.ts';
import { columnList, sqlName } from './facts.ts';
import { defineRecipe, type Given, type PlanDraft, refuse } from './model.ts';
import { constraintName, nameOfConstraint } from './new-names.ts';
import { unchanged } from './unchanged.ts';

export const addCheck = defineRecipe({
  type: 'add_check',
  title: 'Add a check',
  summary:
    'First for rows that are written from now on, then, without a lock that anybody waits for, for all.',
  questions: [
    { id: 'table', prompt: 'On which table?', kind: 'table' },
    { id: 'condition', prompt: 'What is to be true of every row? (SQL condition)', kind: 'expression' },
    constraintName,
  ],
  write,
});

function write(given: Given): PlanDraft {
  const { facts } = given;
  const table = given.table();
  const condition = given.answer('condition');
  const name = sqlName(facts, table);
  const columns = columnsRead(condition, table, 'condition');
  // Where nothing else is said than what NOT NULL says, every row would be tested twice.
  const proven = provesNotNull(expressionOf(condition));
  const isSaid = columns.every((one) => proven.includes(one) && columnOf(table, one)?.notNull === true);
  if (columns.length > 0 && isSaid)
    refuse(
      `${columnList(columns)} of ${name} ${columns.length === 1 ? 'is' : 'are'} NOT NULL already, which says the same as ${condition}.`,
      'condition',
    );
  const constraint = nameOfConstraint(given, table, columns.length === 1 ? columns[0] : undefined, 'check');
  return {
    title: `Check ${condition} on ${name}`,
    intro: [
      'Holds every row to a condition. New rows are held to it first; the old ones are then read through while everybody goes on.',
    ],
    tables: [table],
    versions: [unchanged(given, table, columns)],
    checklist: [
      `The application writes no row that breaks ${condition}, and answers a refused one (SQLSTATE 23514) in a way that its users understand`,
    ],
    phases: [
      {
        phase: 'Expand',
        risk: 'low',
        steps: [
          {
            step: 'No row breaks it',
            id: 'verify_rows',
            why: 'A row that does would be refused at its next change, whatever that is about. NULL breaks no check.',
            verify: { sql: `SELECT count(*) FROM ${name} WHERE NOT (${condition})`, expect: 0 },
          },
          ...addValidated(given, {
            table,
            name: constraint,
            id: 'add_check',
            what: 'the check holds',
            definition: `CHECK (${condition})`,
          }),
        ],
      },
    ],
  };
}
