import type { DefElem, Node, RangeVar } from '@pgsql/types';
import { nameOfRangeVar, writeName } from '../../sql/names.ts';
import { defineRule } from '../define-rule.ts';
import { withFigures } from '../figures.ts';
import { alterCommands, alterTable, type PlacedStatement, sqlStatements, tokenRange } from '../statements.ts';
import { isTemporary } from './new-columns.ts';

interface Switch {
  readonly placed: PlacedStatement;
  readonly relation: RangeVar | undefined;
  readonly table: string;
  readonly on: boolean;
  readonly location: number | undefined;
}

/** Autovacuum switched off for a table, and not on again. */
export const autovacuumDisabled = defineRule<undefined>({
  id: 'autovacuum-disabled',
  title: 'Autovacuum is switched off for a table and stays off',
  severity: 'warning',
  concerns: ['AlterTableStmt', 'CreateStmt'],
  docs: {
    problem: `Without autovacuum the dead rows of every UPDATE and DELETE stay: the table and its indexes grow, the planner's
statistics go stale, and index-only scans read the table after all. When the age of its transactions nears wraparound,
Postgres vacuums it all the same, in one long run at an hour that nobody chose.`,
    solution: `Leave it on, and make it gentler or more frequent for this table (\`autovacuum_vacuum_scale_factor\`,
\`autovacuum_vacuum_cost_delay\`). Where it has to stay away during a bulk change, reset it in a later step of the same plan;
then nothing is reported.`,
    manual: [
      { title: 'The Autovacuum Daemon', path: 'routine-vacuuming.html#AUTOVACUUM' },
      { title: 'Storage Parameters', path: 'sql-createtable.html#SQL-CREATETABLE-STORAGE-PARAMETERS' },
    ],
  },
  examples: {
    bad: [
      {
        steps: `- step: Keep vacuum away
  sql: ALTER TABLE users SET (autovacuum_enabled = false);
  rollback: ALTER TABLE users RESET (autovacuum_enabled);
`,
        finds: 'autovacuum_enabled',
      },
    ],
    good: [
      {
        steps: `- step: Keep vacuum away
  sql: ALTER TABLE users SET (autovacuum_enabled = false);
  rollback: ALTER TABLE users RESET (autovacuum_enabled);
- step: Let it work again
  sql: ALTER TABLE users RESET (autovacuum_enabled);
  rollback: ALTER TABLE users SET (autovacuum_enabled = false);
`,
      },
    ],
  },
  *check(context) {
    const last = new Map<string, Switch>();
    for (const placed of sqlStatements(context)) {
      if (placed.part !== 'step') continue;
      for (const change of switchesOf(placed)) last.set(change.table, change);
    }
    for (const { placed, relation, on, location } of last.values()) {
      if (on || isTemporary(relation)) continue;
      const name = writeName(nameOfRangeVar(relation ?? {}));
      yield {
        message: `Nothing vacuums ${withFigures(context, name)} from here on: dead rows stay, it grows with every UPDATE, and in the end Postgres vacuums it against wraparound at its own hour. Leave autovacuum on, or switch it on again in a later step.`,
        range: tokenRange(placed.s, location),
        step: placed.step.id,
        data: undefined,
      };
    }
  },
});

function* switchesOf(placed: PlacedStatement): Generator<Switch> {
  const { node } = placed.s.statement;
  if ('CreateStmt' in node) {
    const { relation, options } = node.CreateStmt;
    yield* among(placed, relation, options, false);
  } else if ('AlterTableStmt' in node) {
    const relation = alterTable(placed.s)?.relation;
    for (const { subtype, def } of alterCommands(placed.s)) {
      if (subtype !== 'AT_SetRelOptions' && subtype !== 'AT_ResetRelOptions') continue;
      const options = def && 'List' in def ? def.List.items : undefined;
      yield* among(placed, relation, options, subtype === 'AT_ResetRelOptions');
    }
  }
}

function* among(
  placed: PlacedStatement,
  relation: RangeVar | undefined,
  options: readonly Node[] | undefined,
  reset: boolean,
): Generator<Switch> {
  for (const option of options ?? []) {
    if (!('DefElem' in option) || option.DefElem.defname !== 'autovacuum_enabled') continue;
    if (option.DefElem.defnamespace) continue;
    const table = writeName(nameOfRangeVar(relation ?? {}));
    const on = reset || !isOff(option.DefElem);
    yield { placed, relation, table, on, location: option.DefElem.location };
  }
}

/** A Boolean as storage parameters take it: any beginning of a word that no other has. */
function isOff({ arg }: DefElem): boolean {
  if (!arg) return false;
  if ('Boolean' in arg) return arg.Boolean.boolval !== true;
  if ('Integer' in arg) return (arg.Integer.ival ?? 0) === 0;
  const text =
    'String' in arg ? arg.String.sval : 'TypeName' in arg ? lastName(arg.TypeName.names) : undefined;
  return text !== undefined && /^(f|fa|fal|fals|false|n|no|of|off|0)$/i.test(text);
}

function lastName(names: readonly Node[] | undefined): string | undefined {
  const last = names?.at(-1);
  return last && 'String' in last ? last.String.sval : undefined;
}
