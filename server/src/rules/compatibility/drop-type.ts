import { nameOfObject, type ObjectName, writeName } from '../../sql/names.ts';
import { defineRule } from '../define-rule.ts';
import { liveAt, numberedStatements, type Use } from '../removed-names.ts';
import { snippet, untold, usePlaces, versionNames } from '../use-words.ts';
import { nameRange } from './places.ts';

const schema = "CREATE TYPE mood AS ENUM ('ok', 'great');\nCREATE TABLE users (id bigint PRIMARY KEY);";

/** A type goes that a version of the application may cast to. */
export const dropType = defineRule<undefined>({
  id: 'drop-type',
  title: 'A type is dropped that a running version may name',
  severity: 'warning',
  concerns: ['DropStmt'],
  docs: {
    problem: `Postgres refuses to drop a type that a column, a domain or a function has. It knows nothing of the application: a statement
that casts to the type (\`$1::mood\`) fails from then on, and a driver that has looked up the type's number keeps on sending it.`,
    solution: `Move the columns to another type first, deploy a version that does not name the type, and drop it last. Tell the plan
what the application runs, under \`app\`: then this is said only where a live version names the type.`,
    manual: [{ title: 'DROP TYPE', path: 'sql-droptype.html' }],
  },
  examples: {
    bad: [
      {
        schema,
        plan: { app: '{ runs: v1, versions: { v1: ["SELECT id FROM users WHERE $1::mood = $2"] } }' },
        steps: `- step: No more moods
  sql: DROP TYPE mood;
  rollback: CREATE TYPE mood AS ENUM ('ok', 'great');
`,
        finds: 'mood',
      },
    ],
    good: [
      {
        schema,
        plan: { app: '{ runs: v1, versions: { v1: ["SELECT id FROM users"] } }' },
        steps: `- step: No more moods
  sql: DROP TYPE mood;
  rollback: CREATE TYPE mood AS ENUM ('ok', 'great');
`,
      },
    ],
  },
  *check(context) {
    const made = new Set<string>();
    for (const { placed, step } of numberedStatements(context)) {
      const { s } = placed;
      for (const key of newTypes(s.before.types, s.after.types, s.statement.kind)) made.add(key);
      const { node } = s.statement;
      const types = 'DropStmt' in node ? node.DropStmt : undefined;
      if (placed.part === 'rollback' || !['OBJECT_TYPE', 'OBJECT_DOMAIN'].includes(types?.removeType ?? ''))
        continue;
      const live = liveAt(context.live, step, placed);
      for (const object of types?.objects ?? []) {
        const name = nameOfObject(object);
        if (!name || made.has(writeName({ schema: name.schema ?? 'public', name: name.name }))) continue;
        const uses = live.versions.flatMap((version) =>
          version.statements.flatMap((statement): Use[] => {
            const named = context.live.read(statement.statement, s.before).names.types;
            const found = named.some((one) => isSame(one, name));
            return found ? [{ version, statement, location: undefined, by: 'name' }] : [];
          }),
        );
        const [use] = uses;
        if (!use && live.complete) continue;
        const what = use
          ? `${versionNames(uses.map(({ version }) => version))} runs while this step does, and its "${snippet(use.statement)}" fails without the type`
          : 'a running version that casts to it fails from then on, and Postgres refuses while a column has it';
        yield {
          message: `DROP TYPE takes ${writeName(name)} away: ${what}. Deploy a version that does not name it first.${use ? '' : untold(context)}`,
          range: nameRange(s, name.name),
          step: placed.step.id,
          severity: use ? 'error' : 'warning',
          related: usePlaces(uses),
          data: undefined,
        };
      }
    }
  },
});

function isSame(one: ObjectName, other: ObjectName): boolean {
  return (
    one.name === other.name &&
    (one.schema === undefined || other.schema === undefined || one.schema === other.schema)
  );
}

/** What a CREATE TYPE or CREATE DOMAIN has added. */
function newTypes<T>(
  before: ReadonlyMap<string, T>,
  after: ReadonlyMap<string, T>,
  kind: string,
): readonly string[] {
  if (!/^(Create(Enum|Domain|Range)|CompositeType)/.test(kind) || before === after) return [];
  return [...after.keys()].filter((key) => !before.has(key));
}
