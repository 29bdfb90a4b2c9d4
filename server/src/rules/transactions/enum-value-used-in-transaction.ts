import type { Node } from '@pgsql/types';
import { walk } from '../../schema/expressions.ts';
import { displayName, findRelation, findType } from '../../schema/lookup.ts';
import type { Schema } from '../../schema/model.ts';
import { type ObjectName, parseName, stringsOf, writeName } from '../../sql/names.ts';
import { documentRange } from '../../text/offset-map.ts';
import type { Range } from '../../text/range.ts';
import { defineRule } from '../define-rule.ts';
import type { RuleContext, StatementAnalysis } from '../model.ts';
import { splitBefore } from '../new-steps.ts';
import { type PlacedStatement, sqlStatements } from '../statements.ts';
import { transactionCommand } from './commands.ts';

interface Added {
  /** As `format_type` prints it. */
  readonly type: string;
  readonly label: string;
  readonly by: PlacedStatement;
}

/** A label of an enum used before its transaction has committed. */
export const enumValueUsedInTransaction = defineRule<PlacedStatement>({
  id: 'enum-value-used-in-transaction',
  title: 'A new enum value is used in the transaction that adds it',
  severity: 'error',
  eachStep: true,
  concerns: ['AlterEnumStmt'],
  docs: {
    problem: `\`ALTER TYPE … ADD VALUE\` may run in a transaction, but until that commits the new value cannot be used: an INSERT, a
default, a CHECK or an index predicate with it fails with SQLSTATE 55P04 ("unsafe use of new value"), and all of the step is undone.
Only the values of a type made in the same transaction may be used at once.`,
    solution: 'Add the value in a step of its own, before the one that uses it.',
    manual: [{ title: 'ALTER TYPE, Notes', path: 'sql-altertype.html' }],
  },
  examples: {
    bad: [
      {
        schema: `CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE users (id bigint PRIMARY KEY, mood mood);`,
        steps: `- step: Users may be happy
  sql: |
    ALTER TYPE mood ADD VALUE 'happy';
    ALTER TABLE users ALTER COLUMN mood SET DEFAULT 'happy';
  rollback: { impossible: Postgres cannot take a value out of an enum }
`,
        finds: "'happy'",
        fixed: `- step: Users may be happy
  sql: |
    ALTER TYPE mood ADD VALUE 'happy';
  rollback: { impossible: Postgres cannot take a value out of an enum }
- step: "Users may be happy: use it"
  sql: ALTER TABLE users ALTER COLUMN mood SET DEFAULT 'happy';
  rollback: ALTER TABLE users ALTER COLUMN mood DROP DEFAULT;
`,
      },
    ],
    good: [
      {
        schema: `CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE users (id bigint PRIMARY KEY, mood mood);`,
        steps: `- step: Users may be happy
  sql: ALTER TYPE mood ADD VALUE 'happy';
  rollback: { impossible: Postgres cannot take a value out of an enum }
- step: They are unless they say otherwise
  sql: ALTER TABLE users ALTER COLUMN mood SET DEFAULT 'happy';
  rollback: ALTER TABLE users ALTER COLUMN mood DROP DEFAULT;
`,
      },
    ],
  },
  *check(context) {
    let added: Added[] = [];
    let made = new Set<string>();
    let action: PlacedStatement['action'] | undefined;
    for (const placed of sqlStatements(context)) {
      const { s } = placed;
      if (placed.action !== action || !s.inTransaction || transactionCommand(s)) {
        added = [];
        made = new Set();
      }
      action = placed.action;
      if (!s.inTransaction) continue;
      for (const type of madeTypes(s)) made.add(type);
      const own = addedValue(placed);
      if (own && !made.has(own.type)) added.push(own);
      const use = own || added.length === 0 ? undefined : useOf(s, added);
      if (!use) continue;
      // Where the transaction is split before this statement, later uses are out of it too.
      added = [];
      yield {
        message: `${quoted(use.label)} is a value of ${use.type} only once the transaction that adds it has committed: this statement fails with "unsafe use of new value" (SQLSTATE 55P04)${use.certain ? '' : `, should it be for ${use.type}`}, and all of the ${wholeOf(context, placed)} is undone. ${context.kind === 'sql' ? 'COMMIT before it.' : 'Add the value in a step of its own.'}`,
        range: use.range,
        step: placed.step.id,
        severity: use.certain ? 'error' : 'warning',
        related: [{ message: 'The value is added here.', range: use.by.s.range }],
        data: placed,
      };
    }
  },
  fix({ data: placed }, context) {
    const { value: name } = placed.step.name;
    const edits = splitBefore(context, placed, `${name}: use it`);
    return edits ? [{ title: 'Commit the new value before it is used', edits, safe: false }] : [];
  },
});

function wholeOf({ kind }: RuleContext, { part }: PlacedStatement): string {
  return kind === 'sql' ? 'transaction' : part;
}

function quoted(label: string): string {
  return `'${label.replaceAll("'", "''")}'`;
}

function madeTypes({ statement: { node }, after }: StatementAnalysis): readonly string[] {
  return 'CreateEnumStmt' in node ? [printed(after, nameOf(node.CreateEnumStmt.typeName))] : [];
}

function addedValue(placed: PlacedStatement): Added | undefined {
  const { statement, before } = placed.s;
  if (!('AlterEnumStmt' in statement.node)) return undefined;
  const { typeName, newVal, oldVal, skipIfNewValExists } = statement.node.AlterEnumStmt;
  // With an old value it renames that, which may be used at once.
  if (!newVal || oldVal) return undefined;
  const name = nameOf(typeName);
  if (skipIfNewValExists && findType(before, name)?.labels.includes(newVal)) return undefined;
  return { type: printed(before, name), label: newVal, by: placed };
}

function nameOf(parts: Node[] | undefined): ObjectName {
  const [name = '', schema] = [...stringsOf(parts)].reverse();
  return { schema, name };
}

function printed(schema: Schema, name: ObjectName): string {
  const type = findType(schema, name);
  return type ? displayName(schema, type.name) : writeName(name);
}

interface Use extends Added {
  readonly range: Range;
  /** False where no one has told the types of the columns. */
  readonly certain: boolean;
}

/** A constant equal to the label, in a statement that has to do with the type. */
function useOf(s: StatementAnalysis, added: readonly Added[]): Use | undefined {
  if (['CommentStmt', 'VariableSetStmt', 'AlterEnumStmt', 'DoStmt'].includes(s.statement.kind))
    return undefined;
  for (const [kind, fields] of walk(s.statement.node)) {
    const { sval, location } = fields as { sval?: { sval?: string }; location?: number };
    const value =
      kind === 'A_Const' && sval ? added.find(({ label }) => label === (sval.sval ?? '')) : undefined;
    const certain = value && concerns(s, value.type);
    if (!value || certain === undefined) continue;
    const place = location === undefined ? s.statement.range : s.statement.tokenAt(location);
    return { ...value, range: documentRange(s.sql.map, place), certain };
  }
  return undefined;
}

/** True where a column or a cast is of the type, undefined where none is, false where that is not known. */
function concerns(s: StatementAnalysis, type: string): boolean | undefined {
  for (const [kind, fields] of walk(s.statement.node)) {
    const cast =
      kind === 'TypeCast' || kind === 'ColumnDef'
        ? (fields as { typeName?: { names?: Node[] } }).typeName
        : undefined;
    const names = stringsOf(cast?.names);
    if (names.length > 0 && names.at(-1) === (parseName(type)?.name ?? type)) return true;
  }
  let known = true;
  for (const { relation } of s.effects.locks) {
    const name = parseName(relation);
    const table = name && findRelation(s.after, name);
    if (table?.kind !== 'table') known = known && table?.kind === 'index';
    else if (table.columns.some((column) => column.type?.replace(/\[\]$/, '') === type)) return true;
    else known = known && table.columnsComplete;
  }
  return known ? undefined : false;
}
