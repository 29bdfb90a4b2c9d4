import { columnOf } from '../../schema/lookup.ts';
import { quoteIdentifier } from '../../sql/names.ts';
import { defineRule } from '../define-rule.ts';
import type { RuleContext } from '../model.ts';
import { tokenRange } from '../statements.ts';
import { type NewForeignKey, newForeignKeys } from './foreign-keys.ts';
import { formerForeignKeys } from './former-foreign-key.ts';

/** Bytes of the integer types. */
const widths: Readonly<Record<string, number>> = { smallint: 2, integer: 4, bigint: 8 };

const limits: Readonly<Record<string, string>> = { smallint: '32,767', integer: '2,147,483,647' };

/**
 * Families of types between which no equality stands in any index: a foreign key across two of them is refused
 * with SQLSTATE 42804 (`ATAddForeignKeyConstraint` in tablecmds.c). Types that a cast brings together are in none.
 */
const families: Readonly<Record<string, string>> = {
  smallint: 'number',
  integer: 'number',
  bigint: 'number',
  numeric: 'number',
  real: 'number',
  'double precision': 'number',
  text: 'text',
  'character varying': 'text',
  character: 'text',
  uuid: 'uuid',
  boolean: 'boolean',
  date: 'time',
  'timestamp without time zone': 'time',
  'timestamp with time zone': 'time',
  bytea: 'bytea',
};

/** Whether a foreign key may be from a column of the one type to one of the other, as far as that is known. */
export function areComparable(type: string, referencedType: string): boolean {
  const [rank, keyRank] = [ranks[plain(type)], ranks[plain(referencedType)]];
  if (rank !== undefined && keyRank !== undefined) return rank <= keyRank;
  const [family, other] = [families[plain(type)], families[plain(referencedType)]];
  return family === undefined || other === undefined || family === other;
}

/**
 * Numbers of another kind are cast on their own, but only this way: the index of a `bigint` key knows no comparison with
 * `numeric`, and that is not cast to `bigint`.
 */
const ranks: Readonly<Record<string, number>> = {
  smallint: 0,
  integer: 0,
  bigint: 0,
  numeric: 1,
  real: 2,
  'double precision': 2,
};

interface Pair {
  readonly column: string;
  readonly type: string;
  readonly referenced: string;
  readonly referencedType: string;
}

/** A foreign key between columns of different types. */
export const foreignKeyTypeMismatch = defineRule<NewForeignKey>({
  id: 'foreign-key-type-mismatch',
  title: 'A foreign key’s column cannot hold every key that it refers to',
  severity: 'warning',
  concerns: ['AlterTableStmt', 'CreateStmt'],
  docs: {
    problem: `An \`integer\` column may refer to a \`bigint\` key: Postgres compares the two. It cannot hold keys beyond
2,147,483,647, so from the day the referenced table reaches that, rows that refer to new ones cannot be inserted, and to
widen the column then rewrites the table. Between types that cannot be compared at all, such as \`text\` and \`bigint\`,
Postgres refuses the constraint.`,
    solution: 'Give the column the type of the key that it refers to.',
    manual: [{ title: 'Foreign Keys', path: 'ddl-constraints.html#DDL-CONSTRAINTS-FK' }],
  },
  examples: {
    bad: [
      {
        steps: `- step: Notes of a user
  sql: |
    CREATE TABLE notes (
      id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      user_id integer REFERENCES users (id)
    );
    CREATE INDEX ON notes (user_id);
  rollback: DROP TABLE notes;
`,
        finds: 'REFERENCES',
      },
    ],
    good: [
      {
        steps: `- step: Notes of a user
  sql: |
    CREATE TABLE notes (
      id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      user_id bigint REFERENCES users (id)
    );
    CREATE INDEX ON notes (user_id);
  rollback: DROP TABLE notes;
`,
      },
    ],
  },
  *check(context) {
    for (const key of newForeignKeys(context)) {
      for (const pair of pairsOf(key)) {
        const fault = faultOf(pair, key);
        if (!fault || (fault.severity === undefined && wasSo(context, key, pair))) continue;
        yield {
          ...fault,
          range: tokenRange(key.placed.s, key.constraint.location),
          step: key.placed.step.id,
          data: key,
        };
      }
    }
  },
});

/** Whether the column that this one takes the place of held no more. */
function wasSo(context: RuleContext, key: NewForeignKey, { column, type }: Pair): boolean {
  const at = key.columns.indexOf(column);
  return formerForeignKeys(context, key).some(({ table, constraint }) => {
    const former = columnOf(table, constraint.columns[at] ?? '')?.type;
    return former !== undefined && plain(former) === type;
  });
}

/** The pairs of columns whose types are both known. */
function pairsOf({ table, columns, referenced, referencedColumns }: NewForeignKey): readonly Pair[] {
  return columns.flatMap((column, at) => {
    const target = referencedColumns[at];
    const type = columnOf(table, column)?.type;
    const referencedType = target === undefined ? undefined : columnOf(referenced, target)?.type;
    return target !== undefined && type !== undefined && referencedType !== undefined
      ? [{ column, referenced: target, type: plain(type), referencedType: plain(referencedType) }]
      : [];
  });
}

function plain(type: string): string {
  return type.replace(/\([^)]*\)/, '');
}

function faultOf(
  { column, type, referenced, referencedType }: Pair,
  { table, referenced: target }: NewForeignKey,
) {
  const own = `${table.name.name}.${quoteIdentifier(column)}`;
  const other = `${target?.name.name}.${quoteIdentifier(referenced)}`;
  const [width, keyWidth] = [widths[type], widths[referencedType]];
  if (width !== undefined && keyWidth !== undefined) {
    if (width >= keyWidth) return undefined;
    return {
      severity: undefined,
      message: `${own} is ${type} and ends at ${limits[type]}; ${other}, which it refers to, is ${referencedType}. Rows that refer to a later key cannot be inserted, and to widen the column then rewrites ${table.name.name}. Make it ${referencedType}.`,
    };
  }
  if (areComparable(type, referencedType)) return undefined;
  return {
    severity: 'error' as const,
    message: `Postgres refuses this foreign key: ${own} is ${type}, and ${other}, which it refers to, is ${referencedType}; the two cannot be compared. Make it ${referencedType}.`,
  };
}
