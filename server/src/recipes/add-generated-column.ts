import { columnOf } from '../schema/lookup.ts';
import type { Table } from '../schema/model.ts';
import { quoteIdentifier } from '../sql/names.ts';
import { tableStatements } from './application.ts';
import { alterTable, copyValues, withColumn } from './blocks.ts';
import { refuseCheckedDomain } from './bound.ts';
import { columnsRead } from './expressions.ts';
import { sqlName } from './facts.ts';
import { defineRecipe, type Given, type PlanDraft, refuse, type StepDraft } from './model.ts';
import { newColumnName } from './new-names.ts';
import { unchanged } from './unchanged.ts';

export const addGeneratedColumn = defineRecipe({
  type: 'add_generated_column',
  title: 'Add a generated column',
  summary:
    'Kept by a trigger, since GENERATED … STORED would rewrite the table while nobody reads or writes it; from Postgres 18 on also computed when it is read, which costs nothing to add.',
  questions: [
    { id: 'table', prompt: 'To which table?', kind: 'table' },
    newColumnName,
    { id: 'type', prompt: 'Of which type?', kind: 'type' },
    { id: 'expression', prompt: 'How is it computed? (SQL, of the columns of the row)', kind: 'expression' },
    {
      id: 'kept',
      prompt: 'Is its value kept, or computed when it is read?',
      kind: 'choice',
      choices: [
        { value: 'stored', label: 'Kept', detail: 'By a trigger; it can be indexed' },
        { value: 'virtual', label: 'Computed when it is read', detail: 'Postgres 18 and newer; no index' },
      ],
      default: () => 'stored',
      validate: (value, given) =>
        value === 'virtual' && given.facts.pgVersion < 18
          ? `Postgres ${given.facts.pgVersion} has no columns that are computed when they are read: choose stored.`
          : undefined,
    },
  ],
  write,
});

function write(given: Given): PlanDraft {
  const { facts } = given;
  const table = given.table();
  const name = given.answer('name');
  const type = given.answer('type');
  const expression = given.answer('expression');
  const sources = columnsRead(expression, table, 'expression');
  const computed = sources.find((one) => columnOf(table, one)?.generated);
  if (computed !== undefined)
    refuse(`${computed} is computed itself: write what it is computed from.`, 'expression');
  const isVirtual = given.answer('kept') === 'virtual';
  if (isVirtual) refuseSettings(table, sources, expression);
  const shown = `${sqlName(facts, table)}.${quoteIdentifier(name)}`;
  refuseCheckedDomain(facts, type, shown, 'type');
  const column = {
    name,
    type,
    notNull: false,
    default: null,
    identity: undefined,
    generated: undefined,
    collation: undefined,
  };
  const next = withColumn(table, column);
  const base = unchanged(given, table, sources);
  return {
    title: `Add ${shown}, computed from ${sources.join(', ') || 'nothing'}`,
    intro: [
      isVirtual
        ? 'Adds a column that Postgres computes when it is read: no row is written.'
        : 'Adds a column that a trigger computes whenever a row is written; rows that are there get theirs in batches.',
    ],
    tables: [table],
    versions: [
      { ...base, says: `does not know ${name}` },
      {
        name: 'v2',
        says: `reads ${name}`,
        statements: [
          ...tableStatements(facts, next, { reads: [name, ...sources], writes: {}, without: [name] }),
          ...base.statements.filter((one) => /^UPDATE/.test(one)),
        ],
        uses: [{ table, columns: next.columns, dual: [], reads: {}, lookup: undefined }],
      },
    ],
    phases: [
      {
        phase: 'Expand',
        risk: isVirtual ? 'low' : 'medium',
        steps: isVirtual ? [virtual(given)] : stored(given),
      },
      { phase: 'Migrate', risk: 'low', steps: [{ step: `Read ${name}`, id: 'deploy_v2', deploy: 'v2' }] },
    ],
  };
}

function virtual(given: Given): StepDraft {
  const quoted = quoteIdentifier(given.answer('name'));
  const definition = `${quoted} ${given.answer('type')} GENERATED ALWAYS AS (${given.answer('expression')}) VIRTUAL`;
  return {
    step: `Add ${given.answer('name')}`,
    id: 'add_column',
    sql: [alterTable(given.facts, given.table(), `ADD COLUMN ${definition}`)],
    expect: { rewrite: false },
  };
}

function stored(given: Given): readonly StepDraft[] {
  const { facts, names } = given;
  const table = given.table();
  const name = given.answer('name');
  const quoted = quoteIdentifier(name);
  const expression = given.answer('expression');
  const trigger = names.trigger(table, name, 'computed');
  const code = sqlName(facts, { name: { schema: table.name.schema, name: trigger } });
  const body = `NEW.${quoted} := (SELECT ${expression} FROM (SELECT NEW.*) AS row);`;
  const quote = body.includes('$$') ? '$body$' : '$$';
  return [
    {
      step: `Add ${name}, empty still`,
      id: 'add_column',
      sql: [alterTable(facts, table, `ADD COLUMN ${quoted} ${given.answer('type')}`)],
      expect: { rewrite: false },
    },
    {
      step: 'A trigger computes it',
      id: 'add_trigger',
      why: 'GENERATED … STORED would rewrite the table under ACCESS EXCLUSIVE; this keeps the same values without that.',
      sql: [
        `CREATE FUNCTION ${code}() RETURNS trigger LANGUAGE plpgsql AS ${quote}\nBEGIN\n  ${body}\n  RETURN NEW;\nEND ${quote}`,
        `CREATE TRIGGER ${quoteIdentifier(trigger)} BEFORE INSERT OR UPDATE ON ${sqlName(facts, table)}\n  FOR EACH ROW EXECUTE FUNCTION ${code}()`,
      ],
      rollback: `DROP TRIGGER ${quoteIdentifier(trigger)} ON ${sqlName(facts, table)};\nDROP FUNCTION ${code}();`,
    },
    ...copyValues(given, {
      table,
      column: name,
      value: `(${expression})`,
      id: 'fill',
      step: 'Compute it for the rows that are there',
    }).map((step) =>
      'backfill' in step
        ? { ...step, rollback: { not_needed: 'the rollback of add_column drops the column' } }
        : step,
    ),
  ];
}

/** How times, intervals and arrays read as text is a matter of the session's settings, or of what they hold. */
function refuseSettings(table: Table, sources: readonly string[], expression: string): void {
  const changing = sources.find((name) =>
    /^(?:timestamp|date|time|interval)|\[\]$/.test(columnOf(table, name)?.type ?? ''),
  );
  if (changing !== undefined && /::\s*(?:text|varchar|character varying)|\bas\s+text\b/i.test(expression))
    refuse(
      `Postgres computes no column from ${expression}: how ${changing} reads as text depends on settings of the session, so that it is not immutable. Choose stored, which a trigger keeps (--kept stored), or format it by a function of your own that is IMMUTABLE.`,
      'expression',
    );
}
