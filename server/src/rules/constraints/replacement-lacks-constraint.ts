import type { RangeVar } from '@pgsql/types';
import { relationKey, tableOf } from '../../schema/lookup.ts';
import type { Schema } from '../../schema/model.ts';
import { chooseName, joinColumnNames } from '../../schema/object-names.ts';
import { nameOfRangeVar, quoteIdentifier, writeName } from '../../sql/names.ts';
import { defineRule } from '../define-rule.ts';
import { withFigures } from '../figures.ts';
import { notNullSteps } from '../locks/not-null.ts';
import type { Fix, RuleContext } from '../model.ts';
import { aroundStatement, type NewStep } from '../new-steps.ts';
import { alterTable } from '../statements.ts';
import { withoutLockLimit } from '../without-lock-limit.ts';
import { describeLost, type Lost, lostProperties } from './lost-properties.ts';
import { type ReplacedColumn, replacedColumns } from './replaced-columns.ts';

interface Data {
  readonly replaced: ReplacedColumn;
  readonly lost: readonly Lost[];
}

/** A new column that takes an old one's place without what made its values sound. */
export const replacementLacksConstraint = defineRule<Data>({
  id: 'replacement-lacks-constraint',
  title: 'A column takes the place of another without its constraints',
  severity: 'warning',
  docs: {
    problem: `A plan that replaces a column adds a new one, copies the values, moves the application over and drops the old one. What
the old one had besides values goes with it, silently: NOT NULL, uniqueness, the DEFAULT, foreign keys in both directions. From
then on the table takes rows that it never took before, and nobody notices until there are many. A unique index with a WHERE does
not stand in for a constraint: \`ON CONFLICT (column)\` does not find it, and no foreign key can point at the column.`,
    solution: `Give the new column all of it before the old one goes: NOT NULL by way of a CHECK that is validated, a unique index
built concurrently and made a constraint, the DEFAULT, the foreign key NOT VALID and then validated. What is meant to be gone
takes an \`allow\` with the reason.`,
    manual: [
      { title: 'ALTER TABLE … DROP COLUMN', path: 'sql-altertable.html#SQL-ALTERTABLE-DESC-DROP-COLUMN' },
      { title: 'ON CONFLICT', path: 'sql-insert.html#SQL-ON-CONFLICT' },
    ],
  },
  examples: {
    bad: [
      {
        schema: 'CREATE TABLE users (id bigint PRIMARY KEY, username text NOT NULL);',
        steps: `- step: Add the handle
  sql: ALTER TABLE users ADD COLUMN handle text;
  rollback: ALTER TABLE users DROP COLUMN handle;
- step: Copy the names
  backfill:
    table: users
    set: handle = username
    where: handle IS DISTINCT FROM username
  rollback: { not_needed: dropping handle undoes it }
- step: Forget the usernames
  sql: ALTER TABLE users DROP COLUMN username;
  rollback: { impossible: the usernames are gone }
`,
        finds: 'handle',
        fixed: `- step: Add the handle
  sql: ALTER TABLE users ADD COLUMN handle text;
  rollback: ALTER TABLE users DROP COLUMN handle;
- step: Copy the names
  backfill:
    table: users
    set: handle = username
    where: handle IS DISTINCT FROM username
  rollback: { not_needed: dropping handle undoes it }
- step: "handle: no new NULL"
  sql: ALTER TABLE users ADD CONSTRAINT users_handle_is_not_null CHECK (handle IS NOT NULL) NOT VALID;
  rollback: ALTER TABLE users DROP CONSTRAINT users_handle_is_not_null;
- step: "handle: no old NULL either"
  sql: ALTER TABLE users VALIDATE CONSTRAINT users_handle_is_not_null;
  rollback:
    not_needed: dropping users_handle_is_not_null undoes it
- step: "handle: the column is required"
  sql: ALTER TABLE users ALTER COLUMN handle SET NOT NULL;
  rollback: ALTER TABLE users ALTER COLUMN handle DROP NOT NULL;
- step: "handle: drop the check that NOT NULL replaces"
  sql: ALTER TABLE users DROP CONSTRAINT users_handle_is_not_null;
  rollback:
    - sql: ALTER TABLE users ADD CONSTRAINT users_handle_is_not_null CHECK (handle IS NOT NULL) NOT VALID;
    - sql: ALTER TABLE users VALIDATE CONSTRAINT users_handle_is_not_null;
- step: Forget the usernames
  sql: ALTER TABLE users DROP COLUMN username;
  rollback: { impossible: the usernames are gone }
`,
      },
    ],
    good: [
      {
        schema: 'CREATE TABLE users (id bigint PRIMARY KEY, nickname text);',
        steps: `- step: Add the handle
  sql: ALTER TABLE users ADD COLUMN handle text;
  rollback: ALTER TABLE users DROP COLUMN handle;
- step: Copy the nicknames
  backfill:
    table: users
    set: handle = nickname
    where: handle IS DISTINCT FROM nickname
  rollback: { not_needed: dropping handle undoes it }
`,
      },
    ],
  },
  *check(context) {
    const last = context.steps.at(-1);
    // What a plain file leaves open, a later one may close.
    if (context.kind === 'sql' || !last) return;
    for (const replaced of replacedColumns(context)) {
      const lost = lostProperties(context.baseline, last.after, replaced);
      if (lost.length === 0) continue;
      const { added, removed, copied, from, to } = replaced;
      const table = added.placed.s.effects.locks[0]?.relation ?? 'the table';
      const [shown, old] = [to, from].map(quoteIdentifier);
      const verb = removed.how === 'dropped' ? 'is dropped' : 'gives up its name';
      yield {
        message: `This column takes the place of ${old} in ${withFigures(context, table)}, but by the end of the plan ${shown === old ? 'it' : shown} lacks what ${old} had: ${lost.map(describeLost).join(', ')}. ${consequence(lost)} Add it before ${old} ${verb}.`,
        range: added.range,
        step: added.placed.step.id,
        related: [
          { message: `The values of ${old} are copied here.`, range: copied },
          { message: `${old} ${verb} here.`, range: removed.range },
        ],
        data: { replaced, lost },
      };
    }
  },
  fix: ({ data }, context) => completeFix(context, data),
});

function consequence(lost: readonly Lost[]): string {
  return lost.every(({ kind }) => kind === 'default')
    ? 'An INSERT that leaves it out stores NULL, or fails.'
    : 'Rows that were refused so far are taken from then on.';
}

/** Right before the old column goes: whatever is live by then knows the new one. */
function completeFix(context: RuleContext, { replaced, lost }: Data): readonly Fix[] {
  const { placed, how } = replaced.removed;
  const target = alterTable(placed.s)?.relation;
  if (how !== 'dropped' || !target?.relname) return [];
  const steps = lost.map((one) => stepsFor(context, placed.s.before, target, replaced.to, one));
  if (steps.some((one) => one === undefined)) return [];
  const before = steps.flatMap((one) => one ?? []);
  const edits = aroundStatement(context, placed, { before, after: [] });
  const title = `Give ${replaced.to} what ${replaced.from} had before it goes (safe steps)`;
  return edits ? [{ title, edits, safe: false }] : [];
}

/** Undefined for what cannot be made up from the schema alone. */
function stepsFor(
  context: RuleContext,
  schema: Schema,
  target: RangeVar,
  column: string,
  lost: Lost,
): readonly NewStep[] | undefined {
  const table = writeName(nameOfRangeVar(target));
  const name = quoteIdentifier(column);
  if (lost.kind === 'not null') return notNullSteps(context, tableOf(schema, target), target, column);
  if (lost.kind === 'unique' && !lost.primary) return uniqueSteps(context, schema, target, lost);
  // A sequence goes with the column that owns it.
  if (lost.kind === 'default' && !/\bnextval\b/i.test(lost.source))
    return [
      {
        name: `${column}: the default`,
        sql: `ALTER TABLE ${table} ALTER COLUMN ${name} SET DEFAULT ${lost.source};`,
        rollback: `ALTER TABLE ${table} ALTER COLUMN ${name} DROP DEFAULT;`,
      },
    ];
  return undefined;
}

function uniqueSteps(
  context: RuleContext,
  schema: Schema,
  target: RangeVar,
  { columns, constraint }: Lost & { readonly kind: 'unique' },
): readonly NewStep[] {
  const table = writeName(nameOfRangeVar(target));
  const place = tableOf(schema, target)?.name.schema ?? target.schemaname ?? 'public';
  const plain = chooseName(target.relname ?? '', joinColumnNames(columns), 'key', (one) =>
    schema.relations.has(relationKey({ schema: place, name: one })),
  );
  const name = quoteIdentifier(plain);
  const index = writeName({ schema: target.schemaname || undefined, name: plain });
  const list = columns.map(quoteIdentifier).join(', ');
  const create = withoutLockLimit(context, `CREATE UNIQUE INDEX CONCURRENTLY ${name} ON ${table} (${list});`);
  const drop = withoutLockLimit(context, `DROP INDEX CONCURRENTLY ${index};`);
  const build: NewStep = {
    name: `Build ${plain} without blocking writes`,
    transaction: false,
    sql: create,
    rollback: { transaction: false, sql: drop },
  };
  if (!constraint) return [build];
  return [
    build,
    {
      name: `Make ${plain} a constraint`,
      sql: `ALTER TABLE ${table} ADD CONSTRAINT ${name} UNIQUE USING INDEX ${name};`,
      rollback: [
        { sql: `ALTER TABLE ${table} DROP CONSTRAINT ${name};` },
        { transaction: false, sql: create },
      ],
    },
  ];
}
