import { describeView, standingOn, viewsReading } from '../../effects/dependents.ts';
import { keyOf } from '../../schema/lookup.ts';
import { nameOfObject, nameOfRangeVar, quoteIdentifier } from '../../sql/names.ts';
import type { Range } from '../../text/range.ts';
import { defineRule } from '../define-rule.ts';
import { alterCommands, alterTable, type PlacedStatement, sqlStatements } from '../statements.ts';
import { shownKey } from '../use-words.ts';
import { nameRange } from './places.ts';

interface Refused {
  /** What the statement would do, in words. */
  readonly what: string;
  readonly dependents: readonly string[];
  readonly range: Range;
  /** Whether CASCADE would make Postgres do it. */
  readonly cascade: boolean;
}

const schema = `CREATE TABLE users (id bigint PRIMARY KEY, email text);
CREATE VIEW reachable AS SELECT id FROM users WHERE email IS NOT NULL;`;
const app = '{ runs: v7, versions: { v7: ["SELECT id FROM reachable"] } }';

/** A drop or a change of type that Postgres refuses, because a view or a foreign key stands on it. */
export const dependedOn = defineRule<undefined>({
  id: 'depended-on',
  title: 'A drop or a change of type that Postgres refuses, because something else stands on it',
  severity: 'error',
  eachStep: true,
  concerns: ['AlterTableStmt', 'DropStmt'],
  docs: {
    problem: `A view holds on to the columns that its query reads. Postgres refuses to drop such a column, or to change its type, and
refuses to drop a table that views or other tables' foreign keys need. The step fails, in production as in rehearsal, unless the
database there lacks what the baseline has.`,
    solution: `Drop what stands on it in the same transaction, by name, and create it again behind the change. Give a view that comes
again its grants too. CASCADE would take it away without a word, and everything that stands on that in turn.`,
    manual: [{ title: 'Dependency Tracking', path: 'ddl-depend.html' }],
  },
  examples: {
    bad: [
      {
        schema,
        plan: { app },
        steps: `- step: No more addresses
  sql: ALTER TABLE users DROP COLUMN email;
  rollback: { impossible: the addresses are gone }
`,
        finds: 'email',
      },
      {
        schema,
        plan: { app },
        steps: `- step: Shorter addresses
  sql: ALTER TABLE users ALTER COLUMN email TYPE varchar;
  rollback: { impossible: for the example }
`,
        finds: 'email',
      },
    ],
    good: [
      {
        schema,
        plan: { app: '{ runs: v7, versions: { v7: ["SELECT id FROM users"] } }' },
        steps: `- step: No more addresses
  sql: |
    DROP VIEW reachable;
    ALTER TABLE users DROP COLUMN email;
  rollback: { impossible: the addresses are gone }
`,
      },
    ],
  },
  *check(context) {
    for (const placed of sqlStatements(context)) {
      for (const { what, dependents, range, cascade } of refusedBy(placed)) {
        const list =
          dependents.length > 3 ? `${dependents.slice(0, 3).join(', ')} and more` : dependents.join(', ');
        const without = cascade ? '; CASCADE would take it along without a word' : '';
        yield {
          message: `Postgres refuses to ${what}: ${list} ${dependents.length > 1 ? 'stand' : 'stands'} on it, and the step fails. Drop that by name in the same transaction, and create it again behind this, where it is still wanted${without}.`,
          range,
          step: placed.step.id,
          data: undefined,
        };
      }
    }
  },
});

function refusedBy(placed: PlacedStatement): readonly Refused[] {
  const { node } = placed.s.statement;
  if ('AlterTableStmt' in node) return refusedColumns(placed);
  if ('DropStmt' in node && node.DropStmt.removeType === 'OBJECT_TABLE') return refusedTables(placed);
  return [];
}

function refusedColumns({ s }: PlacedStatement): readonly Refused[] {
  const relation = alterTable(s)?.relation;
  if (!relation) return [];
  const key = keyOf(s.before, nameOfRangeVar(relation));
  return alterCommands(s).flatMap(({ subtype, name = '', behavior }) => {
    const drops = subtype === 'AT_DropColumn' && behavior !== 'DROP_CASCADE';
    if (!drops && subtype !== 'AT_AlterColumnType') return [];
    const dependents = viewsReading(s.before, key, name).map((view) => describeView(s.before, view));
    if (dependents.length === 0) return [];
    const column = `${shownKey(s.before, key)}.${quoteIdentifier(name)}`;
    const what = drops ? `drop the column ${column}` : `change the type of ${column}`;
    const range = nameRange(s, name, drops ? ['DROP', 'COLUMN'] : ['ALTER', 'COLUMN']);
    return [{ what, dependents, range, cascade: drops }];
  });
}

function refusedTables({ s }: PlacedStatement): readonly Refused[] {
  const fields = 'DropStmt' in s.statement.node ? s.statement.node.DropStmt : undefined;
  if (!fields || fields.behavior === 'DROP_CASCADE') return [];
  const names = (fields.objects ?? []).flatMap((object) => nameOfObject(object) ?? []);
  const going = new Set(names.map((name) => keyOf(s.before, name)));
  return names.flatMap((name) => {
    const key = keyOf(s.before, name);
    const dependents = standingOn(s.before, key, going);
    if (dependents.length === 0) return [];
    const what = `drop the table ${shownKey(s.before, key)}`;
    return [{ what, dependents, range: nameRange(s, name.name), cascade: true }];
  });
}
