import type { AlterTableCmd } from '@pgsql/types';
import { type Narrowing, narrowing } from '../../effects/type-narrowing.ts';
import { typeOf } from '../../schema/draft.ts';
import { columnOf, tableOf } from '../../schema/lookup.ts';
import { displayName } from '../../schema/names.ts';
import { nameOfRangeVar, quoteIdentifier, writeName } from '../../sql/names.ts';
import { defineRule } from '../define-rule.ts';
import { withFigures } from '../figures.ts';
import type { Fix, RuleContext } from '../model.ts';
import { aroundStatement } from '../new-steps.ts';
import { alterCommands, alterTable, type PlacedStatement, sqlStatements, tokenRange } from '../statements.ts';
import { isVerifiedBefore, nameIn } from './asked-before.ts';
import { castsItself } from './replace-column.ts';

interface Data {
  readonly placed: PlacedStatement;
  readonly query: string;
  readonly what: string;
}

/** ALTER COLUMN … TYPE to a type that not every value fits. */
export const typeChangeLosesValues = defineRule<Data>({
  id: 'type-change-loses-values',
  title: 'Values that do not fit the narrower type make it fail, or are changed in silence',
  severity: 'warning',
  concerns: ['AT_AlterColumnType'],
  docs: {
    problem: `A change to a narrower type meets the values that are there. A number beyond the new range and a string longer than
the new length make the statement fail, after it has read the table under its lock. Digits behind the point, fractions of a second
and the time of day are rounded off or cut without a word, and so are strings where a cast is written out (\`USING c::varchar(50)\`);
no rollback brings them back. A floating-point type is narrower than it looks: \`double precision\` holds integers up to
9,007,199,254,740,992 (2^53) and numbers of 15 digits, \`real\` integers up to 16,777,216 and numbers of 6.`,
    solution: `Ask production how many values do not fit, in a \`verify\` step or the checklist; this rule is silent then. Better:
leave the type as it is and add a CHECK with \`NOT VALID\`, which keeps new values small and can be validated when the old ones are
in order.`,
    manual: [
      { title: 'Numeric Types', path: 'datatype-numeric.html' },
      { title: 'Character Types', path: 'datatype-character.html' },
      { title: 'ALTER TABLE … SET DATA TYPE', path: 'sql-altertable.html#SQL-ALTERTABLE-DESC-SET-DATA-TYPE' },
    ],
  },
  examples: {
    bad: [
      {
        schema: 'CREATE TABLE users (id bigint PRIMARY KEY, nickname varchar(255));',
        steps: `- step: Shorter nicknames
  sql: ALTER TABLE users ALTER COLUMN nickname TYPE varchar(50);
  rollback: ALTER TABLE users ALTER COLUMN nickname TYPE varchar(255);
`,
        finds: 'varchar',
        fixed: `- step: Every nickname fits character varying(50)
  verify:
    sql: SELECT count(*) FROM users WHERE length(nickname) > 50
    expect: 0
- step: Shorter nicknames
  sql: ALTER TABLE users ALTER COLUMN nickname TYPE varchar(50);
  rollback: ALTER TABLE users ALTER COLUMN nickname TYPE varchar(255);
`,
      },
    ],
    good: [
      {
        schema: 'CREATE TABLE users (id bigint PRIMARY KEY, nickname varchar(50));',
        steps: `- step: Longer nicknames
  sql: ALTER TABLE users ALTER COLUMN nickname TYPE varchar(255);
  rollback: { impossible: longer nicknames may be in use since }
`,
      },
    ],
  },
  *check(context) {
    for (const placed of sqlStatements(context)) {
      const { s, step, part } = placed;
      if (part === 'rollback' || s.statement.kind !== 'AlterTableStmt') continue;
      for (const command of alterCommands(s)) {
        const change = changeOf(placed, command);
        if (!change) continue;
        const { table, column, from, to, narrow } = change;
        const query = `SELECT count(*) FROM ${table} WHERE ${narrow.condition(quoteIdentifier(column))}`;
        const mentions = [table.split('.').at(-1) ?? table, column].map((name) =>
          nameIn(name.replaceAll('"', '')),
        );
        if (isVerifiedBefore(context, placed, (sql) => mentions.every((name) => name.test(sql)))) continue;
        const values = `Values of ${column} in ${withFigures(context, table)} ${narrow.which}`;
        const does =
          narrow.does === 'fails'
            ? `make this fail, after it has read the table under its lock`
            : `are cut or rounded without a word, and no rollback brings them back`;
        yield {
          message: `${values} ${does}: ${from === undefined ? `${to} is the narrowest there is` : `${from} becomes ${to}`}. Ask production before, in a verify step or the checklist: ${query}.`,
          range: tokenRange(s, change.location),
          step: step.id,
          data: { placed, query, what: `${column} fits ${to}` },
        };
      }
    }
  },
  fix: ({ data }, context) => verifyFirst(context, data),
});

interface Change {
  readonly table: string;
  readonly column: string;
  /** Undefined where it is not known, and every type that can be changed so is wider. */
  readonly from: string | undefined;
  readonly to: string;
  readonly narrow: Narrowing;
  readonly location: number | undefined;
}

function changeOf({ s }: PlacedStatement, { subtype, name = '', def }: AlterTableCmd): Change | undefined {
  const definition =
    subtype === 'AT_AlterColumnType' && def && 'ColumnDef' in def ? def.ColumnDef : undefined;
  const relation = alterTable(s)?.relation;
  const to = definition && typeOf(s.before, definition.typeName);
  if (!definition || !relation || to === undefined) return undefined;
  const table = tableOf(s.before, relation);
  if (table?.empty) return undefined;
  const from = columnOf(table, name)?.type;
  // Of a column that nobody knows only this much is sure: no integer type is narrower.
  const narrow = narrowing(from ?? (to === 'smallint' ? 'integer' : to), to, castsItself(definition, name));
  if (!narrow) return undefined;
  return {
    table: table ? displayName(s.before, table.name) : writeName(nameOfRangeVar(relation)),
    column: name,
    from,
    to,
    narrow,
    location: definition.typeName?.location,
  };
}

function verifyFirst(context: RuleContext, { placed, query, what }: Data): readonly Fix[] {
  if (context.kind === 'sql') return [];
  const edits = aroundStatement(context, placed, {
    before: [{ name: `Every ${what}`, verify: { sql: query, expect: 0 } }],
    after: [],
  });
  return edits
    ? [{ title: 'Count the values that do not fit in a verify step before', edits, safe: false }]
    : [];
}
