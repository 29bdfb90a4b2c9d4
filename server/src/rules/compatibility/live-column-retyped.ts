import type { Node } from '@pgsql/types';
import { changeOfType } from '../../effects/type-meaning.ts';
import { walk } from '../../schema/expressions.ts';
import { columnOf, keyOf, tableByKey } from '../../schema/lookup.ts';
import { nameOfRangeVar, quoteIdentifier, stringsOf } from '../../sql/names.ts';
import { defineRule } from '../define-rule.ts';
import type { StatementAnalysis } from '../model.ts';
import { liveAt, numberedStatements, transactionEnd, type Use, usesOf } from '../removed-names.ts';
import { alterCommands, alterTable, hasSubcommand } from '../statements.ts';
import { shownKey, snippet, usePlaces, versionNames } from '../use-words.ts';
import { nameRange } from './places.ts';

const schema = 'CREATE TABLE users (id bigint PRIMARY KEY, age integer);';
const reads = '{ runs: v1, versions: { v1: ["SELECT id FROM users WHERE age > 17"] } }';

/** A column gets a type of another kind while a live version reads or writes it. */
export const liveColumnRetyped = defineRule<undefined>({
  id: 'live-column-retyped',
  title: 'A column gets a type of another kind while a live version uses it',
  severity: 'warning',
  concerns: ['AT_AlterColumnType'],
  docs: {
    problem: `Once \`ALTER COLUMN … TYPE\` commits, the running version reads and writes a column of another type: its driver gives it
strings where there were numbers, \`age > 17\` fails with \`operator does not exist: text > integer\`, and what it writes may no
longer fit. Only where a comparison is sure to fail is this an error. A type of the same kind that holds more, such as bigint for
integer or text for varchar, is no fault.`,
    solution: `Add a column of the new type, deploy a version that writes both, copy the old rows in batches, move the reads over, and
drop the old column when no version names it.`,
    manual: [
      {
        title: 'ALTER TABLE … ALTER COLUMN … TYPE',
        path: 'sql-altertable.html#SQL-ALTERTABLE-DESC-SET-DATA-TYPE',
      },
    ],
  },
  examples: {
    bad: [
      {
        schema,
        plan: { app: reads, tables: '{ users: { rows: 200 } }' },
        steps: `- step: Ages in words
  sql: ALTER TABLE users ALTER COLUMN age TYPE text;
  rollback: { impossible: words are no numbers }
`,
        finds: 'age',
      },
    ],
    good: [
      {
        schema: 'CREATE TABLE users (id bigint PRIMARY KEY, name varchar(20));',
        plan: { app: '{ runs: v1, versions: { v1: ["SELECT name FROM users"] } }' },
        steps: `- step: Longer names
  sql: ALTER TABLE users ALTER COLUMN name TYPE varchar(60);
  rollback: { impossible: names may be longer by now }
`,
      },
    ],
  },
  *check(context) {
    for (const { placed, step } of numberedStatements(context)) {
      const { s } = placed;
      if (!hasSubcommand(s, 'AT_AlterColumnType')) continue;
      const live = liveAt(context.live, step, placed);
      if (live.versions.length === 0) continue;
      for (const { key, name, from, to } of retyped(s, transactionEnd(placed))) {
        const change = changeOfType(from, to);
        if (change === 'wider') continue;
        const removal = { kind: 'column', how: 'dropped', key, name, to: undefined, named: true } as const;
        const uses = usesOf(context.live, live, removal, s.before).filter(({ by }) => by !== 'maybe');
        const failing = uses.find((use) => change === 'other' && comparesNumber(use, name, to));
        const use = failing ?? uses[0];
        if (!use) continue;
        const versions = versionNames(uses.map(({ version }) => version));
        const column = `${shownKey(s.before, key)}.${quoteIdentifier(name)}`;
        yield {
          message: `${column} changes from ${from} to ${to} while ${versions} runs: ${consequence(use, failing !== undefined, change, to)} Add a column of the new type, write both, copy the rows, and drop the old one when no version names it.`,
          range: nameRange(s, name, ['ALTER', 'COLUMN']),
          step: placed.step.id,
          severity: failing ? 'error' : 'warning',
          related: usePlaces(uses),
          data: undefined,
        };
      }
    }
  },
});

function consequence(use: Use, fails: boolean, change: 'narrower' | 'other', to: string): string {
  const says = `"${snippet(use.statement)}"`;
  if (fails) return `${says} fails from then on, since ${to} does not compare with a number.`;
  return change === 'narrower'
    ? `what its ${says} says may not fit into it.`
    : `its ${says} then meets values of another kind, and comparisons with the old kind may fail.`;
}

/** Columns whose old and new types are both known, and differ. */
function retyped(s: StatementAnalysis, end: StatementAnalysis['after']) {
  const relation = alterTable(s)?.relation;
  if (!relation) return [];
  const key = keyOf(s.before, nameOfRangeVar(relation));
  return alterCommands(s).flatMap(({ subtype, name = '' }) => {
    if (subtype !== 'AT_AlterColumnType') return [];
    const from = columnOf(tableByKey(s.before, key), name)?.type;
    const to = columnOf(tableByKey(end, key), name)?.type;
    return from === undefined || to === undefined || from === to ? [] : [{ key, name, from, to }];
  });
}

/** `age > 17`: a number beside the column, which no text, time or truth value compares with. */
function comparesNumber({ statement }: Use, column: string, to: string): boolean {
  if (!/^(text|character|boolean|date|time|uuid|json|bytea)/.test(to)) return false;
  for (const [kind, fields] of walk(statement.statement.node)) {
    if (kind !== 'A_Expr' || fields.kind !== 'AEXPR_OP') continue;
    const name = stringsOf(fields.name as Node[]).at(-1) ?? '';
    if (!['=', '<>', '<', '<=', '>', '>='].includes(name)) continue;
    const sides = [fields.lexpr, fields.rexpr] as readonly (Node | undefined)[];
    if (sides.some((side) => isColumn(side, column)) && sides.some(isNumber)) return true;
  }
  return false;
}

function isColumn(node: Node | undefined, column: string): boolean {
  return node !== undefined && 'ColumnRef' in node && stringsOf(node.ColumnRef.fields).at(-1) === column;
}

function isNumber(node: Node | undefined): boolean {
  return node !== undefined && 'A_Const' in node && (!!node.A_Const.ival || !!node.A_Const.fval);
}
