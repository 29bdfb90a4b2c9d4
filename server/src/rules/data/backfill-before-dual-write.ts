import { triggerBody } from '../../effects/trigger-functions.ts';
import { columnsRead, walk } from '../../schema/expressions.ts';
import { columnOf, tableByKey } from '../../schema/lookup.ts';
import type { Table } from '../../schema/model.ts';
import type { RowWrite } from '../../schema/query-model.ts';
import { namesIn } from '../../schema/query-names.ts';
import { triggersOf } from '../../schema/triggers.ts';
import type { CodeBody } from '../../sql/model.ts';
import { quoteIdentifier } from '../../sql/names.ts';
import { defineRule } from '../define-rule.ts';
import { withFigures } from '../figures.ts';
import type { Live } from '../live-versions.ts';
import type { Finding, RuleContext, StatementAnalysis } from '../model.ts';
import { wordsRange } from '../statements.ts';
import { snippet } from '../use-words.ts';

/** A copy of old values into a new column at a time when the application still writes rows without it. */
export const backfillBeforeDualWrite = defineRule<undefined>({
  id: 'backfill-before-dual-write',
  title: 'Old values are copied while the application still writes rows without the new column',
  severity: 'error',
  docs: {
    problem: `A backfill fills the rows that are there. While a version of the application is live that writes the old column
alone, every row it writes after the batch has gone by keeps the new column empty, or out of date, and nothing finds it again:
the reads that are switched over later get wrong answers.`,
    solution: `First deploy the version that writes both columns, in inserts and updates, or add a trigger that keeps them the same;
then backfill.`,
    manual: [{ title: 'Overview of Trigger Behavior', path: 'trigger-definition.html' }],
  },
  examples: {
    bad: [
      {
        plan: {
          app: `
  runs: v1
  versions:
    v1:
      - INSERT INTO users (username) VALUES ($1)
    v2:
      - INSERT INTO users (username, handle) VALUES ($1, $1)`,
        },
        steps: `- step: Add the new column
  sql: ALTER TABLE users ADD COLUMN handle text;
  rollback: ALTER TABLE users DROP COLUMN handle;
- step: Copy the names
  backfill:
    table: users
    set: handle = username
    where: handle IS NULL
  rollback: { not_needed: the first rollback drops the column }
- step: Write both
  deploy: v2
  rollback: { deploy: v1 }
`,
        finds: 'backfill',
      },
    ],
    good: [
      {
        plan: {
          app: `
  runs: v1
  versions:
    v1:
      - INSERT INTO users (username) VALUES ($1)
    v2:
      - INSERT INTO users (username, handle) VALUES ($1, $1)`,
        },
        steps: `- step: Add the new column
  sql: ALTER TABLE users ADD COLUMN handle text;
  rollback: ALTER TABLE users DROP COLUMN handle;
- step: Write both
  deploy: v2
  rollback: { deploy: v1 }
- step: Copy the names
  backfill:
    table: users
    set: handle = username
    where: handle IS NULL
  rollback: { not_needed: the first rollback drops the column }
`,
      },
    ],
  },
  *check(context) {
    const copies = copiesOf(context);
    for (const copy of copies) {
      const gap = firstGap(context, copy, context.live.steps[copy.step]?.after);
      if (!gap) continue;
      const later = copies.some((other) => repairs(context, other, copy));
      if (later) continue;
      const closing = closingDeploy(context, copy);
      const { column, source, table, s } = copy;
      const shown = `${quoteIdentifier(table.name.name)}.${quoteIdentifier(column)}`;
      const until = closing
        ? `Rows that it writes until "${closing.name}" is done keep ${quoteIdentifier(column)} empty or out of date, and nothing copies them afterwards. Move this step behind that deploy.`
        : `Rows that it writes from now on keep ${quoteIdentifier(column)} empty or out of date, and no version of the plan writes both. Deploy one that does, or add a trigger, before this step.`;
      yield {
        message: `This fills ${shown} from ${quoteIdentifier(source)} in ${withFigures(context, table.name.name)}, but ${gap.version} is live and writes rows without it: "${gap.text}". ${until}`,
        range: copy.backfill ? copy.keyRange : wordsRange(s, 'UPDATE'),
        step: context.steps[copy.step]?.step.id,
        related: [
          { message: `${gap.version} writes ${quoteIdentifier(source)} alone`, range: gap.range },
          ...(closing ? closing.related : []),
        ],
        data: undefined,
      };
    }
  },
});

/** An UPDATE, a backfill's or one of its own, that gives a column the plan has added values from an older one. */
interface Copy {
  /** Index of the step. */
  readonly step: number;
  readonly s: StatementAnalysis;
  readonly backfill: boolean;
  readonly keyRange: Finding['range'];
  readonly key: string;
  readonly table: Table;
  readonly column: string;
  readonly source: string;
}

function copiesOf(context: RuleContext): readonly Copy[] {
  if (!context.live.start.complete) return [];
  return context.steps.flatMap(({ action }, step) => {
    if (action?.action.kind !== 'sql' && action?.action.kind !== 'backfill') return [];
    const { kind, keyRange } = action.action;
    const updates = action.statements.flatMap((s) => (s.embedded ?? [s]).filter(isUpdate));
    return updates.flatMap((s) =>
      copiedBy(context, s).map((copied) => ({ ...copied, step, s, keyRange, backfill: kind === 'backfill' })),
    );
  });
}

function isUpdate({ statement }: StatementAnalysis): boolean {
  return statement.kind === 'UpdateStmt';
}

interface Assignments {
  readonly key: string;
  readonly table: Table;
  /** Each column that gets a value, with the columns that the value is made of. */
  readonly values: readonly { readonly column: string; readonly reads: readonly string[] }[];
}

/** What an UPDATE of one table assigns. */
function assignments({ statement: { node }, before }: StatementAnalysis): Assignments | undefined {
  if (!('UpdateStmt' in node) || node.UpdateStmt.fromClause) return undefined;
  const [write] = namesIn(node, before).writes;
  const table = write && tableByKey(before, write.key);
  if (!write || !table) return undefined;
  const values = (node.UpdateStmt.targetList ?? []).flatMap((target) =>
    'ResTarget' in target
      ? [{ column: target.ResTarget.name ?? '', reads: columnsRead(target.ResTarget.val) }]
      : [],
  );
  return { key: write.key, table, values };
}

function copiedBy(
  context: RuleContext,
  s: StatementAnalysis,
): Pick<Copy, 'key' | 'table' | 'column' | 'source'>[] {
  const assigned = context.fact(s, assignments);
  const old = assigned && tableByKey(context.baseline, assigned.key);
  if (!assigned || !old?.columnsComplete) return [];
  const { key, table, values } = assigned;
  return values.flatMap(({ column, reads }) => {
    const source = reads.find((name) => name !== column && columnOf(old, name));
    return source !== undefined && !columnOf(old, column) ? [{ key, table, column, source }] : [];
  });
}

interface Gap {
  readonly version: string;
  readonly text: string;
  readonly range: Finding['range'];
}

/** A statement of a live version that writes the old column, or a new row, without the new one. */
function firstGap(context: RuleContext, copy: Copy, live: Live | undefined): Gap | undefined {
  if (!live?.complete) return undefined;
  const { after } = copy.s;
  for (const { version, statements } of live.versions) {
    for (const { statement, range } of statements) {
      if (!context.live.mentions(statement).writes) continue;
      const { writes } = context.live.read(statement, after).names;
      if (writes.some((write) => isGap(write, copy)))
        return keptByTrigger(context, copy)
          ? undefined
          : { version: version.name.value, text: snippet({ statement }), range };
    }
  }
  return undefined;
}

function isGap({ key, kind, columns }: RowWrite, copy: Copy): boolean {
  if (key !== copy.key || !columns) return false;
  const names = columns.map(({ name }) => name);
  if (names.includes(copy.column)) return false;
  return kind === 'insert' || names.includes(copy.source);
}

/** A trigger that the table did not have before the plan, and whose function may fill the column. */
function keptByTrigger(context: RuleContext, { key, column, s }: Copy): boolean {
  const before = new Set(tableByKey(context.baseline, key)?.triggers);
  const table = tableByKey(s.before, key);
  const now = table ? triggersOf(table).filter(({ name }) => !before.has(name)) : [];
  return now.some((trigger) => mayFill(triggerBody(trigger, s.before), column));
}

/** By NEW, or by a statement of its own. */
function mayFill(body: CodeBody | undefined, column: string): boolean {
  if (!body?.newFields || body.newFields.includes(column) || body.unread.length > 0) return true;
  return body.statements.some(({ statement: { kind } }) => kind !== 'SelectStmt');
}

/** The first later deploy after which every live version writes both. */
function closingDeploy(context: RuleContext, copy: Copy) {
  for (let at = copy.step + 1; at < context.steps.length; at++) {
    const step = context.steps[at]?.step;
    const live = context.live.steps[at]?.after;
    if (step?.action?.kind !== 'deploy' || !live?.complete || firstGap(context, copy, live)) continue;
    const { version } = step.action;
    return {
      at,
      name: step.name.value,
      related: [{ message: `from here on ${version.value} writes both`, range: version.range }],
    };
  }
  return undefined;
}

/** A later copy of the same column, made when no version leaves it out any more, that takes the empty rows too. */
function repairs(context: RuleContext, other: Copy, copy: Copy): boolean {
  if (other.step <= copy.step || other.key !== copy.key || other.column !== copy.column) return false;
  const closed = !firstGap(context, other, context.live.steps[other.step]?.after);
  return closed && seesEmpty(other);
}

/** Whether its WHERE can be true for rows whose new column is NULL: `<>` never is. */
function seesEmpty({ s, column }: Copy): boolean {
  const { node } = s.statement;
  const where = 'UpdateStmt' in node ? node.UpdateStmt.whereClause : undefined;
  if (!where) return true;
  let looks = false;
  for (const [kind, fields] of walk(where)) {
    const reads = kind !== 'ColumnRef' && columnsRead({ [kind]: fields } as never).includes(column);
    if (!reads) continue;
    if (kind === 'NullTest' || (kind === 'A_Expr' && fields.kind === 'AEXPR_DISTINCT')) return true;
    if (kind === 'A_Expr') looks = true;
  }
  return !looks;
}
