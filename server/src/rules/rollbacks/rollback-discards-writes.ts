import type { Node } from '@pgsql/types';
import { columnOf, tableByKey, tableOf } from '../../schema/lookup.ts';
import type { Table } from '../../schema/model.ts';
import { namesIn, type RowWrite } from '../../schema/query-names.ts';
import type { Statement } from '../../sql/model.ts';
import { quoteIdentifier } from '../../sql/names.ts';
import { nameRange } from '../compatibility/places.ts';
import { defineRule, type Fault } from '../define-rule.ts';
import type { Finding, RuleContext, StatementAnalysis, StepAnalysis, VersionAnalysis } from '../model.ts';
import type { PlacedRemoval } from '../removed-names.ts';
import { placeIn, shownKey, snippet } from '../use-words.ts';
import { mayDoMore } from './left-changes.ts';

const schema = 'CREATE TABLE users (id bigint PRIMARY KEY, username text);';

/** A rollback that drops what a newer version of the application has written since. */
export const rollbackDiscardsWrites = defineRule<undefined>({
  id: 'rollback-discards-writes',
  title: 'A rollback drops what a newer version of the application has written',
  severity: 'error',
  docs: {
    problem: `By the time of this rollback a newer version has been live, and has written into the column or table that the rollback
drops. Those values are in no other column: nothing brings them back. Where that version no longer writes the column that the
older one reads, the older one comes back to rows whose newest values are missing: that is an error. Where the values are new
altogether, so that the older version never had them, it is a note.

Switchback is silent where the version writes the same value into another column too, where a rollback that runs before copies it,
and where a trigger of the table may.`,
    solution: `Copy the values back before they are dropped, in the rollback of the step after which they are written: a \`backfill\`
of the old column from the new one. Where there is no old column, keep them aside first
(\`CREATE TABLE … AS SELECT id, … FROM …\`), or leave the column where it is: the version before does not mind it.`,
    manual: [],
  },
  examples: {
    bad: [
      {
        schema,
        plan: {
          app: `{ runs: v1, versions: { v1: ["INSERT INTO users (id, username) VALUES ($1, $2)"], v2: ["INSERT INTO users (id, handle) VALUES ($1, $2)"] } }`,
        },
        steps: `- step: Add the handle
  sql: ALTER TABLE users ADD COLUMN handle text;
  rollback: ALTER TABLE users DROP COLUMN handle;
- step: Write the handle alone
  deploy: v2
  rollback: { deploy: v1 }
`,
        finds: 'handle',
      },
    ],
    good: [
      {
        schema,
        plan: {
          app: `{ runs: v1, versions: { v1: ["INSERT INTO users (id, username) VALUES ($1, $2)"], v2: ["INSERT INTO users (id, handle) VALUES ($1, $2)"] } }`,
        },
        steps: `- step: Add the handle
  sql: ALTER TABLE users ADD COLUMN handle text;
  rollback: ALTER TABLE users DROP COLUMN handle;
- step: Write the handle alone
  deploy: v2
  rollback:
    - deploy: v1
    - backfill: { table: users, set: username = handle, where: username IS DISTINCT FROM handle }
`,
      },
    ],
  },
  *check(context) {
    if (!context.steps.some(({ step }) => step.action?.kind === 'deploy')) return;
    for (const removal of context.removals()) {
      const { placed, removal: gone } = removal;
      if (placed.part !== 'rollback' || gone.how !== 'dropped' || gone.kind === 'schema') continue;
      const fault = faultOf(context, removal);
      if (fault) yield fault;
    }
  },
});

interface Case {
  readonly context: RuleContext;
  readonly found: PlacedRemoval;
  readonly table: Table;
  /** Undefined where the table is dropped. */
  readonly column: string | undefined;
}

interface Writer {
  readonly version: VersionAnalysis;
  readonly statement: VersionAnalysis['statements'][number];
  readonly write: RowWrite;
  /** The step that deploys it. */
  readonly deploy: StepAnalysis;
}

function faultOf(context: RuleContext, found: PlacedRemoval): Fault<undefined> | undefined {
  const { placed, removal } = found;
  const { before, after } = placed.at;
  const table = tableByKey(after, removal.key);
  const column = removal.kind === 'column' ? removal.name : undefined;
  const old = tableByKey(before, removal.key);
  // What was there before the step has been written into by others too. A trigger may keep the value elsewhere.
  if (!table || table.triggers.length > 0 || (column === undefined ? old : columnOf(old, column)))
    return undefined;
  const one: Case = { context, found, table, column };
  const writer = writerOf(one);
  if (!writer || isKept(one) || hasTrigger(one, writer)) return undefined;
  const name = writer.version.version.name.value;
  const shown = shownKey(after, removal.key) + (column === undefined ? '' : `.${quoteIdentifier(column)}`);
  const forgotten = column === undefined ? [] : forgottenBy(one, writer.version);
  return {
    message: `${name} writes ${shown} from "${writer.deploy.step.name.value}" on: "${snippet(writer.statement)}"${advice(shown, forgotten)}`,
    range: nameRange(placed.s, removal.name),
    step: placed.step.id,
    severity: forgotten.length > 0 ? 'error' : 'info',
    related: relatedTo(writer),
    data: undefined,
  };
}

/** One that was made since the step, and keeps elsewhere what the version writes from its first moment on. */
function hasTrigger({ found }: Case, { deploy }: Writer): boolean {
  return (tableByKey(deploy.before, found.removal.key)?.triggers.length ?? 0) > 0;
}

function advice(shown: string, forgotten: readonly string[]): string {
  return forgotten.length > 0
    ? `, and no longer ${forgotten.map(quoteIdentifier).join(', ')}. This rollback drops ${shown} with all of it, and the version before comes back to rows without their newest values. Copy them back first: a backfill in the rollback of that deploy.`
    : `. This rollback drops it with all that was written by then, and no rollback before it keeps that. Copy it aside first, or leave it in place: the version before does not know it.`;
}

function relatedTo({ version, statement, write, deploy }: Writer): Finding['related'] {
  const { action } = deploy.step;
  const name = version.version.name.value;
  return [
    { message: `${name} writes it here`, range: placeIn(statement, write.location) },
    ...(action?.kind === 'deploy'
      ? [{ message: `${name} is live from here on`, range: action.version.range }]
      : []),
  ];
}

/** The steps from this one on whose rollbacks can run before its own: those up to a point of no return. */
function* laterSteps({ context, found }: Case): Generator<StepAnalysis> {
  for (const at of context.steps.slice(found.step)) {
    if (at.step.rollback?.kind === 'impossible') return;
    yield at;
  }
}

/** A version deployed from here on that writes a value there which it writes into no older column. */
function writerOf(one: Case): Writer | undefined {
  const { live } = one.context;
  for (const deploy of laterSteps(one)) {
    const { action } = deploy.step;
    const version = action?.kind === 'deploy' ? live.version(action.version.value) : undefined;
    if (!version) continue;
    for (const statement of live.naming(version, one.table.name.name)) {
      const write = writesOf(one, statement.statement).find((row) => writesAlone(one, row));
      if (write) return { version, statement, write, deploy };
    }
  }
  return undefined;
}

function writesOf({ context, found }: Case, statement: Statement): readonly RowWrite[] {
  const { writes } = context.live.read(statement, found.placed.at.after).names;
  return writes.filter(({ key }) => key === found.removal.key);
}

function writesAlone({ column, found }: Case, { kind, columns, rows }: RowWrite): boolean {
  if (column === undefined) return kind === 'insert';
  const at = columns?.findIndex(({ name }) => name === column) ?? -1;
  if (!columns || at < 0 || !rows) return false;
  const old = tableByKey(found.placed.at.before, found.removal.key);
  return rows.some((row) => {
    const value = row[at];
    if (!value || isNothing(value)) return false;
    return !columns.some(
      ({ name }, other) => other !== at && columnOf(old, name) && isSameValue(row[other], value),
    );
  });
}

function isNothing(value: Node): boolean {
  return 'SetToDefault' in value || ('A_Const' in value && value.A_Const.isnull === true);
}

function isSameValue(one: Node | undefined, other: Node): boolean {
  const source = (node: Node | undefined) =>
    JSON.stringify(node, (key, value) => (key === 'location' ? undefined : value));
  return source(one) === source(other);
}

/** Whether a rollback that runs before may put the values elsewhere. */
function isKept(one: Case): boolean {
  const { placed } = one.found;
  for (const at of [...laterSteps(one)].reverse())
    for (const { statements } of at.rollback)
      for (const s of statements) {
        if (s === placed.s || s.embedded?.includes(placed.s)) return false;
        if (mayDoMore(s) || copies(one, s)) return true;
      }
  return false;
}

const writing = new Set(['UpdateStmt', 'InsertStmt', 'MergeStmt', 'CreateTableAsStmt', 'CopyStmt']);

function copies({ found: { removal }, column }: Case, { statement, before }: StatementAnalysis): boolean {
  if (!writing.has(statement.kind)) return false;
  const { node } = statement;
  // COPY of the whole table names no query.
  if ('CopyStmt' in node && !node.CopyStmt.query)
    return tableOf(before, node.CopyStmt.relation) === tableByKey(before, removal.key);
  const query =
    'CreateTableAsStmt' in node
      ? node.CreateTableAsStmt.query
      : 'CopyStmt' in node
        ? node.CopyStmt.query
        : node;
  if (!query) return false;
  const { columns, relations } = namesIn(query, before);
  if (column === undefined) return relations.some(({ key }) => key === removal.key);
  return columns.some(
    (use) => use.key === removal.key && use.how === 'read' && (use.column === column || use.column === null),
  );
}

/** Columns that the versions of before write, and the newer one does not. */
function forgottenBy(one: Case, newer: VersionAnalysis): readonly string[] {
  const { live } = one.context;
  const written = (version: VersionAnalysis) =>
    live
      .naming(version, one.table.name.name)
      .flatMap(({ statement }) => writesOf(one, statement))
      .flatMap(({ columns = [] }) => columns.map(({ name }) => name));
  const still = new Set(written(newer));
  const older = live.steps[one.found.step]?.during.versions ?? [];
  return [...new Set(older.flatMap(written))].filter((name) => name !== one.column && !still.has(name));
}
