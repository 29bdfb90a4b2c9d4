import type { AlterTableCmd } from '@pgsql/types';
import { type Refusal, sameRefusal } from '../../effects/query-refusals.ts';

import { indexesOf, keyOf } from '../../schema/lookup.ts';
import type { Schema } from '../../schema/model.ts';
import type { Statement } from '../../sql/model.ts';
import { nameOfRangeVar } from '../../sql/names.ts';
import { defineRule, type Fault } from '../define-rule.ts';
import type { Mentions } from '../live-versions.ts';
import type { Finding, RuleContext, StatementAnalysis, VersionAnalysis } from '../model.ts';
import { liveAt, numberedStatements, transactionEnd } from '../removed-names.ts';
import { alterCommands, alterTable, type PlacedStatement } from '../statements.ts';
import { placeIn, shownKey, snippet, versionNames } from '../use-words.ts';
import { nameRange } from './places.ts';

/** A statement of a live version that Postgres refuses from a step on. */
interface Refused {
  readonly version: VersionAnalysis;
  readonly statement: VersionAnalysis['statements'][number];
  readonly refusal: Refusal;
}

const schema = 'CREATE TABLE users (id bigint PRIMARY KEY, name text, email text UNIQUE);';

/** A step adds a demand that a live version's writes do not meet. */
export const liveWriteRefused = defineRule<undefined>({
  id: 'live-write-refused',
  title: "A step makes a live version's writes fail",
  severity: 'error',
  concerns: ['AlterTableStmt', 'DropStmt', 'RenameStmt'],
  docs: {
    problem: `A column becomes required while a running version of the application inserts rows without it, or an upsert loses the
unique index that its \`ON CONFLICT\` names: from that moment on these statements fail, though every row that is in the table
passes. A CHECK that is NOT VALID counts: it is not held against old rows, but against each new one.`,
    solution: `Deploy the version that writes the column first, or give the column a default, and add the demand when no version is
live that does not meet it. Drop a unique index only after the last version whose \`ON CONFLICT\` is about it.`,
    manual: [
      { title: 'Constraints: Not-Null Constraints', path: 'ddl-constraints.html#DDL-CONSTRAINTS-NOT-NULL' },
      { title: 'INSERT: ON CONFLICT Clause', path: 'sql-insert.html#SQL-ON-CONFLICT' },
    ],
  },
  examples: {
    bad: [
      {
        schema,
        plan: {
          app: `{ runs: v1, versions: { v1: ["INSERT INTO users (id, email) VALUES ($1, $2)"], v2: ["INSERT INTO users (id, name, email) VALUES ($1, $2, $3)"] } }`,
        },
        steps: `- step: Every new user has a name
  sql: ALTER TABLE users ADD CONSTRAINT named CHECK (name IS NOT NULL) NOT VALID;
  rollback: ALTER TABLE users DROP CONSTRAINT named;
- step: Write the name
  deploy: v2
  rollback: { deploy: v1 }
`,
        finds: 'name',
      },
      {
        schema,
        plan: {
          app: `{ runs: v1, versions: { v1: ["INSERT INTO users (id, email) VALUES ($1, $2) ON CONFLICT (email) DO NOTHING"] } }`,
        },
        steps: `- step: Two users may share an address
  sql: ALTER TABLE users DROP CONSTRAINT users_email_key;
  rollback: { impossible: addresses may be shared by now }
`,
        finds: 'users_email_key',
      },
    ],
    good: [
      {
        schema,
        plan: {
          app: `{ runs: v1, versions: { v1: ["INSERT INTO users (id, email) VALUES ($1, $2)"], v2: ["INSERT INTO users (id, name, email) VALUES ($1, $2, $3)"] } }`,
        },
        steps: `- step: Write the name
  deploy: v2
  rollback: { deploy: v1 }
- step: Every new user has a name
  sql: ALTER TABLE users ADD CONSTRAINT named CHECK (name IS NOT NULL) NOT VALID;
  rollback: ALTER TABLE users DROP CONSTRAINT named;
- step: And so has every old one
  sql: ALTER TABLE users VALIDATE CONSTRAINT named;
  rollback: { not_needed: the rollback before drops the constraint }
`,
      },
    ],
  },
  *check(context) {
    for (const { placed, step } of numberedStatements(context)) {
      if (!placed.s.statement.once(mayDemand)) continue;
      const refused = newlyRefused(context, placed, step);
      for (const name of new Set(refused.map(({ refusal }) => identity(refusal))))
        yield* fault(
          context,
          placed,
          step,
          refused.filter(({ refusal }) => identity(refusal) === name),
        );
    }
  },
});

/** Subcommands after which a write may be refused that was not before. */
const demanding = new Set<AlterTableCmd['subtype']>([
  'AT_SetNotNull',
  'AT_AddConstraint',
  'AT_DropConstraint',
  'AT_ColumnDefault',
  'AT_DropColumn',
  'AT_AddIdentity',
  'AT_SetIdentity',
  'AT_DropIdentity',
  'AT_AlterConstraint',
]);

function mayDemand(statement: Statement): boolean {
  const { node } = statement;
  if ('DropStmt' in node) return node.DropStmt.removeType === 'OBJECT_INDEX';
  if ('RenameStmt' in node) return node.RenameStmt.renameType === 'OBJECT_TABCONSTRAINT';
  return alterCommands({ statement }).some(({ subtype }) => demanding.has(subtype));
}

/** Whether a statement that writes can feel it: not where columns and indexes go that it has nothing to do with. */
function mayMind(s: StatementAnalysis, { relations, columns, all, writes }: Mentions): boolean {
  const relation = alterTable(s)?.relation;
  if (!writes || (relation && !relations.has(relation.relname ?? ''))) return false;
  if (!relation || all || alterCommands(s).some(({ subtype }) => subtype !== 'AT_DropColumn')) return true;
  const key = keyOf(s.before, nameOfRangeVar(relation));
  const indexes = (schema: Schema) => [...indexesOf(schema, key)].length;
  return (
    alterCommands(s).some(({ name = '' }) => columns.has(name)) || indexes(s.before) !== indexes(s.after)
  );
}

/** Names that are gone are another rule's. */
const demands = new Set<Refusal['kind']>(['null', 'generated', 'too many values', 'no arbiter']);

function identity({ kind, key, name }: Refusal): string {
  return `${kind} ${key} ${name}`;
}

function newlyRefused(context: RuleContext, placed: PlacedStatement, step: number): readonly Refused[] {
  const { before, after } = placed.s;
  if (before === after) return [];
  const relation = alterTable(placed.s)?.relation?.relname;
  return liveAt(context.live, step, placed).versions.flatMap((version) =>
    (relation === undefined ? version.statements : context.live.naming(version, relation)).flatMap(
      (statement) => {
        if (!mayMind(placed.s, context.live.mentions(statement.statement))) return [];
        const refusals = (schema: Schema) => context.live.read(statement.statement, schema).refusals;
        const old = refusals(before);
        const here = refusals(after).filter(
          (one) => demands.has(one.kind) && !isIn(one, old) && !isNewColumn(one, before),
        );
        return here
          .filter((one) => isIn(one, refusals(transactionEnd(placed))))
          .map((refusal) => ({ version, statement, refusal }));
      },
    ),
  );
}

function isIn(refusal: Refusal, others: readonly Refusal[]): boolean {
  return others.some((other) => sameRefusal(other, refusal));
}

/** ADD COLUMN … NOT NULL without a default fails by itself where the table has rows. */
function isNewColumn({ kind, key, name }: Refusal, before: Schema): boolean {
  const table = before.relations.get(key ?? '');
  return kind === 'null' && table?.kind === 'table' && !table.columns.some((column) => column.name === name);
}

function* fault(
  context: RuleContext,
  placed: PlacedStatement,
  step: number,
  refused: readonly Refused[],
): Generator<Fault<undefined>> {
  const [first] = refused;
  if (!first) return;
  const { refusal, statement } = first;
  const versions = versionNames(refused.map(({ version }) => version));
  const when =
    placed.part === 'rollback' ? 'may still run when this is rolled back' : 'runs while this step does';
  const table = shownKey(placed.s.before, refusal.key ?? '');
  const next = placed.part === 'step' ? freeing(context, step, refused, transactionEnd(placed)) : undefined;
  yield {
    message: `From here on ${versions}, which ${when}, cannot write to ${table}: "${snippet(statement)}" fails, since ${refusal.reason}${unless(refusal)}. ${advice(placed, next?.step)}`,
    range: rangeOf(placed, refusal),
    step: placed.step.id,
    severity: refusal.unless.length > 0 ? 'warning' : 'error',
    related: [
      ...refused.slice(0, 5).map(({ version, statement: one, refusal: { location } }) => ({
        message: `${version.version.name.value} writes it here`,
        range: placeIn(one, location),
      })),
      ...(next?.related ?? []),
    ],
    data: undefined,
  };
}

function unless({ unless: triggers }: Refusal): string {
  return triggers.length > 0 ? `, unless the trigger ${triggers.join(' or ')} gives it one` : '';
}

function advice({ part }: PlacedStatement, next: string | undefined): string {
  if (part === 'rollback')
    return 'Let the rollback of the deploy go back to a version that writes it so, before this one runs.';
  return next === undefined
    ? 'Deploy a version that meets it first, or give the column a default.'
    : `Move this step behind "${next}", which deploys a version that meets it.`;
}

/** The next deploy after which no live version is refused. */
function freeing(
  { steps, live }: RuleContext,
  step: number,
  refused: readonly Refused[],
  schema: Schema,
): { readonly step: string; readonly related: Finding['related'] } | undefined {
  const wanted = refused.map(({ refusal }) => refusal);
  for (let at = step + 1; at < steps.length; at++) {
    const action = steps[at]?.step.action;
    const after = live.steps[at]?.after;
    if (action?.kind !== 'deploy' || !after?.complete) continue;
    const still = after.versions.some(({ statements }) =>
      statements.some(({ statement }) =>
        live.read(statement, schema).refusals.some((one) => isIn(one, wanted)),
      ),
    );
    if (still) continue;
    const message = `${action.version.value} meets it: add the demand after this deploy`;
    return { step: steps[at]?.step.name.value ?? '', related: [{ message, range: action.version.range }] };
  }
  return undefined;
}

/** The column where the statement names it, else the constraint or index that it takes away. */
function rangeOf({ s }: PlacedStatement, { kind, key, name }: Refusal) {
  if (kind !== 'no arbiter') return nameRange(s, name);
  const old = s.before.relations.get(key ?? '');
  const now = s.after.relations.get(key ?? '');
  const kept = new Set(now?.kind === 'table' ? now.constraints.map((one) => one.name) : []);
  const constraints = old?.kind === 'table' ? old.constraints.map((one) => one.name) : [];
  const gone = [...constraints.filter((one) => !kept.has(one)), name];
  return gone.map((one) => nameRange(s, one)).find((range) => range !== s.range) ?? s.range;
}
