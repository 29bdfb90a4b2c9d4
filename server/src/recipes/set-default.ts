import { quoteIdentifier } from '../sql/names.ts';
import { uniqueOn } from './add-unique.ts';
import { alterTable } from './blocks.ts';
import { sqlName } from './facts.ts';
import { defineRecipe, type PlanDraft, refuse } from './model.ts';
import { isSteady } from './twin.ts';
import { unchanged } from './unchanged.ts';

export const setDefault = defineRecipe({
  type: 'set_default',
  title: 'Set a default',
  summary: 'For rows that are written without a value from now on; the old ones keep what they have.',
  questions: [
    { id: 'table', prompt: 'Of which table?', kind: 'table' },
    {
      id: 'column',
      prompt: 'Of which column?',
      kind: 'column',
      validate(_, given) {
        const { name, generated, identity } = given.column();
        if (generated) return `${name} is computed from other columns: it takes no default.`;
        return identity
          ? `${name} is an identity column, whose sequence gives its values: ALTER COLUMN … DROP IDENTITY first.`
          : undefined;
      },
    },
    { id: 'default', prompt: 'What does a row get that is written without it? (SQL)', kind: 'expression' },
  ],
  write(given): PlanDraft {
    const { facts } = given;
    const table = given.table();
    const column = given.column();
    const value = given.answer('default');
    const quoted = quoteIdentifier(column.name);
    const shown = `${sqlName(facts, table)}.${quoted}`;
    const unique = uniqueOn(facts, table, [column.name]);
    if (unique !== undefined && isSteady({ ...column, default: value }) && !/^\s*null\b/i.test(value))
      refuse(
        `${sqlName(facts, table)} has ${unique}, and ${value} is the same for every row: the second one that is written without ${column.name} would be refused. Give an expression that has another value each time, such as nextval('…') or gen_random_uuid().`,
        'default',
      );
    return {
      title: `${shown} defaults to ${value}`,
      intro: [
        'Sets what rows get that are written without a value. Rows that are there are left as they are.',
      ],
      tables: [table],
      versions: [unchanged(given, table, [column.name])],
      phases: [
        {
          phase: 'Expand',
          risk: 'low',
          steps: [
            {
              step: `Set the default of ${column.name}`,
              id: 'set_default',
              sql: [alterTable(facts, table, `ALTER COLUMN ${quoted} SET DEFAULT ${value}`)],
              expect: { rewrite: false },
            },
          ],
        },
      ],
      cleanup: [`Leave ${column.name} to the database where the application wrote the same value itself`],
    };
  },
});
