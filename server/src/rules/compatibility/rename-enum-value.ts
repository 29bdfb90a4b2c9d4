import type { QueryNames } from '../../schema/query-names.ts';
import { nameOfStrings, stringsOf, writeName } from '../../sql/names.ts';
import { documentRange } from '../../text/offset-map.ts';
import type { Range } from '../../text/range.ts';
import { defineRule } from '../define-rule.ts';
import type { StatementAnalysis } from '../model.ts';
import { liveAt, numberedStatements, type Use } from '../removed-names.ts';
import { snippet, untold, usePlaces, versionNames } from '../use-words.ts';

const schema =
  "CREATE TYPE mood AS ENUM ('ok', 'great');\nCREATE TABLE users (id bigint PRIMARY KEY, mood mood);";

/** A label of an enum changes under those who say and read it. */
export const renameEnumValue = defineRule<undefined>({
  id: 'rename-enum-value',
  title: 'A label of an enum is renamed under the running application',
  severity: 'warning',
  concerns: ['AlterEnumStmt'],
  docs: {
    problem: `\`ALTER TYPE … RENAME VALUE\` is instant, and from then on the old label is \`invalid input value for enum\`: a version that
writes or compares it fails, and one that reads gets a label that its code does not know. The new label fails until then.`,
    solution: `Add the new label (\`ADD VALUE\`), deploy a version that knows both and writes the new one, move the old rows over in
batches. The old label then stays in the type, unused: a label cannot be dropped.`,
    manual: [{ title: 'ALTER TYPE', path: 'sql-altertype.html' }],
  },
  examples: {
    bad: [
      {
        schema,
        plan: { app: `{ runs: v1, versions: { v1: ["SELECT id FROM users WHERE mood = 'ok'"] } }` },
        steps: `- step: Better words
  sql: ALTER TYPE mood RENAME VALUE 'ok' TO 'fine';
  rollback: ALTER TYPE mood RENAME VALUE 'fine' TO 'ok';
`,
        finds: "'ok'",
      },
    ],
    good: [
      {
        schema,
        plan: { app: `{ runs: v1, versions: { v1: ["SELECT id FROM users"] } }` },
        steps: `- step: Better words
  sql: ALTER TYPE mood RENAME VALUE 'ok' TO 'fine';
  rollback: ALTER TYPE mood RENAME VALUE 'fine' TO 'ok';
`,
      },
    ],
  },
  *check(context) {
    for (const { placed, step } of numberedStatements(context)) {
      const { s } = placed;
      const { node } = s.statement;
      const change = 'AlterEnumStmt' in node ? node.AlterEnumStmt : undefined;
      const { oldVal, newVal = '' } = change ?? {};
      if (placed.part === 'rollback' || !oldVal || !change) continue;
      const type = nameOfStrings(stringsOf(change.typeName));
      const live = liveAt(context.live, step, placed);
      const users = live.versions.flatMap((version) =>
        version.statements.flatMap((statement) => {
          const use = labelUse(
            context.live.read(statement.statement, s.before).names,
            s.before,
            type.name,
            oldVal,
          );
          return use ? [{ version, statement, ...use }] : [];
        }),
      );
      const [use] = users;
      if (!use && live.complete) continue;
      const says = use?.by === 'name' ? 'says that label' : 'uses a column of the type';
      const what = use
        ? `${versionNames(users.map(({ version }) => version))} runs while this step does and ${says} ("${snippet(use.statement)}")`
        : 'a running version that writes or compares it fails from then on, and one that reads it meets a label that it does not know';
      yield {
        message: `'${oldVal}' is no value of ${writeName(type)} any more once this runs: ${what}. Add '${newVal}' as a new value, deploy a version that knows both, and move the rows over.${use ? '' : untold(context)}`,
        range: labelRange(s, oldVal),
        step: placed.step.id,
        severity: use?.by === 'name' ? 'error' : 'warning',
        related: usePlaces(users),
        data: undefined,
      };
    }
  },
});

/** A statement that says the label, or only names a column of the type, so that the label may be a parameter. */
function labelUse(
  { columns, relations, strings }: QueryNames,
  schema: StatementAnalysis['before'],
  type: string,
  label: string,
): Pick<Use, 'location' | 'by'> | undefined {
  const tables = relations.flatMap(({ relation }) => (relation?.kind === 'table' ? [relation] : []));
  const known = tables.length === relations.length && tables.every((table) => table.columnsComplete);
  const ofType = columns.filter((use) => {
    const relation = schema.relations.get(use.key);
    return (
      relation?.kind === 'table' &&
      relation.columns.some(
        (one) => (use.column === null || use.column === one.name) && isOfType(one.type, type),
      )
    );
  });
  const literal = strings.find(({ value }) => value === label);
  if (literal && (ofType.length > 0 || !known)) return { location: literal.location, by: 'name' };
  const [first] = ofType;
  return first && { location: first.location, by: 'maybe' };
}

function isOfType(printed: string | undefined, type: string): boolean {
  return printed?.replace(/\[\]$/, '').split('.').at(-1)?.replaceAll('"', '') === type;
}

function labelRange(s: StatementAnalysis, label: string): Range {
  const token = s.statement
    .tokens()
    .find((one) => one.kind === 'string' && s.statement.slice(one).includes(label.replaceAll("'", "''")));
  return token ? documentRange(s.sql.map, token) : s.range;
}
