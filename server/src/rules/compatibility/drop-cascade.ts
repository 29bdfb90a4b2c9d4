import { lostBetween } from '../../effects/dependents.ts';
import { keyOf } from '../../schema/lookup.ts';
import { nameOfObject, nameOfRangeVar } from '../../sql/names.ts';
import { documentRange } from '../../text/offset-map.ts';
import type { Range } from '../../text/range.ts';
import { defineRule } from '../define-rule.ts';
import type { StatementAnalysis } from '../model.ts';
import { alterCommands, type PlacedStatement, sqlStatements, wordPlaces } from '../statements.ts';

const schema = `CREATE TABLE users (id bigint PRIMARY KEY, email text);
CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint REFERENCES users);
CREATE VIEW reachable AS SELECT id FROM users WHERE email IS NOT NULL;`;
const app = '{ runs: v7, versions: { v7: ["SELECT id FROM orders"] } }';

/** CASCADE takes away what the statement does not name. */
export const dropCascade = defineRule<undefined>({
  id: 'drop-cascade',
  title: 'CASCADE drops what the statement does not name',
  severity: 'warning',
  eachStep: true,
  concerns: ['AlterTableStmt', 'DropStmt'],
  docs: {
    problem: `\`DROP … CASCADE\` takes every view, foreign key, column, default and function that depends on what it drops, and what
depends on those in turn. What goes is said in a NOTICE, when it is too late. What depends on it in production may be more than
what does in the baseline.`,
    solution: `Leave CASCADE out and drop the dependents by name first. Then Postgres refuses where there is one that nobody thought
of, and the plan says all that goes.`,
    manual: [{ title: 'Dependency Tracking', path: 'ddl-depend.html' }],
  },
  examples: {
    bad: [
      {
        schema,
        plan: { app },
        steps: `- step: No more users
  sql: DROP TABLE users CASCADE;
  rollback: { impossible: the users are gone }
`,
        finds: 'CASCADE',
      },
    ],
    good: [
      {
        schema,
        plan: { app },
        steps: `- step: No more users
  sql: |
    ALTER TABLE orders DROP CONSTRAINT orders_user_id_fkey;
    DROP VIEW reachable;
    DROP TABLE users;
  rollback: { impossible: the users are gone }
`,
      },
    ],
  },
  *check(context) {
    for (const placed of sqlStatements(context)) {
      if (placed.part === 'rollback' || isNew(placed)) continue;
      const range = cascadeRange(placed.s);
      if (!range) continue;
      const lost = lostBetween(placed.s.before, placed.s.after, namedBy(placed.s));
      if (lost.length === 0 && placed.s.before.complete && isFollowed(placed.s)) continue;
      const what =
        lost.length > 0
          ? `CASCADE drops ${listed(lost)} along, which this statement does not name.`
          : 'CASCADE drops all that depends on it, and what depends on that, without naming any of it.';
      yield {
        message: `${what} Leave it out and drop the dependents by name: then Postgres refuses where one was forgotten.`,
        range,
        step: placed.step.id,
        data: undefined,
      };
    }
  },
});

function listed(lost: readonly string[]): string {
  const shown = lost.slice(0, 4);
  const rest = lost.length - shown.length;
  if (rest > 0) return `${shown.join(', ')} and ${rest} more`;
  return shown.length > 1 ? `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}` : (shown[0] ?? '');
}

/** Only what the plan itself made and nobody has used goes. */
function isNew({ s }: PlacedStatement): boolean {
  const { locks } = s.effects;
  return locks.length > 0 && locks.every((lock) => lock.isNew);
}

/** The word CASCADE of a DROP, or of a part of an ALTER TABLE; a schema's has a rule of its own. */
function cascadeRange(s: StatementAnalysis): Range | undefined {
  const { node } = s.statement;
  const drops =
    'DropStmt' in node
      ? node.DropStmt.behavior === 'DROP_CASCADE' && node.DropStmt.removeType !== 'OBJECT_SCHEMA'
      : alterCommands(s).some(
          ({ behavior, subtype }) => behavior === 'DROP_CASCADE' && subtype !== undefined,
        );
  if (!drops) return undefined;
  const place = [...wordPlaces(s, ['CASCADE'])].at(-1);
  return place ? documentRange(s.sql.map, place) : s.range;
}

/** The relations that a DROP names; the columns and constraints of an ALTER TABLE are its own business. */
function namedBy({ statement: { node }, before }: StatementAnalysis): ReadonlySet<string> {
  if ('AlterTableStmt' in node && node.AlterTableStmt.relation)
    return new Set([keyOf(before, nameOfRangeVar(node.AlterTableStmt.relation))]);
  const objects = 'DropStmt' in node ? (node.DropStmt.objects ?? []) : [];
  return new Set(
    objects.flatMap((object) => {
      const name = nameOfObject(object);
      return name ? [keyOf(before, name)] : [];
    }),
  );
}

/** Whether the schema knows all that can depend on this kind of object. */
function isFollowed({ statement: { node } }: StatementAnalysis): boolean {
  if ('AlterTableStmt' in node) return true;
  const type = 'DropStmt' in node ? (node.DropStmt.removeType ?? '') : '';
  return ['OBJECT_TABLE', 'OBJECT_VIEW', 'OBJECT_MATVIEW', 'OBJECT_TYPE', 'OBJECT_SEQUENCE'].includes(type);
}
