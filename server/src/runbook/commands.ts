import { backfillBatchSql } from '../effects/backfill.ts';
import type { BackfillAction, Expectation, Plan, SqlAction } from '../plan/model.ts';
import type { ActionAnalysis, StatementAnalysis } from '../rules/model.ts';
import type { Schema } from '../schema/model.ts';
import { formatDuration } from '../timing/format.ts';
import { type BackfillProcedure, backfillProcedure } from './backfill-procedure.ts';
import { code, fence, task, text } from './markdown.ts';
import { ended, setTime } from './psql.ts';

/** The plan's settings as statements; none where it has none. */
export function sessionSettings({ session }: Plan): readonly string[] {
  const { lockTimeout, statementTimeout } = session;
  return [
    ...(lockTimeout ? [setTime('lock_timeout', lockTimeout.value)] : []),
    ...(statementTimeout ? [setTime('statement_timeout', statementTimeout.value)] : []),
  ];
}

/**
 * An action as Markdown blocks to work through. `id` names what a backfill remembers its progress by; `schema` is what it
 * is run on.
 */
export function actionBlocks(
  plan: Plan,
  { action, statements }: ActionAnalysis,
  { id, schema }: { readonly id: string; readonly schema: Schema },
): readonly string[] {
  switch (action.kind) {
    case 'sql':
      return sqlBlocks(plan, action, statements);
    case 'backfill':
      return backfillBlocks(plan, action, id, statements[0]?.before ?? schema);
    case 'deploy':
      return [
        `Deploy version **${text(action.version.value)}** of the application, and wait until no instance of another version is left.`,
        ...action.code.flatMap(({ file, language, body }) => [
          ...(file ? [`${code(file.value)}:`] : []),
          ...(body ? [fence(language?.value ?? '', body.value)] : []),
        ]),
      ];
    case 'verify':
      return action.sql
        ? [
            fence('sql', [...sessionSettings(plan), ended(action.sql.text)].join('\n')),
            `${expected(action.expect?.value)} Anything else: stop here, and find out why before you go on or back.`,
          ]
        : [];
    case 'wait':
      return [`Wait for **${formatDuration(action.duration.value)}**.`];
  }
}

function sqlBlocks(
  plan: Plan,
  { sql, transaction }: SqlAction,
  statements: readonly StatementAnalysis[],
): readonly string[] {
  const settings = sessionSettings(plan);
  if (transaction) {
    const block = fence('sql', [...settings, 'BEGIN;', ended(sql.text), 'COMMIT;'].join('\n'));
    return [block];
  }
  const parts = apart(sql.text, statements);
  const blocks = parts.map((part, at) => fence('sql', [...(at === 0 ? settings : []), part].join('\n')));
  const one =
    'Outside of a transaction: paste each block by itself, and go on only if it succeeded. What was done before an error stays.';
  const invalid =
    'Stopped half-way, it leaves an INVALID index (`\\d` of the table shows it): drop that with `DROP INDEX CONCURRENTLY` before you paste this again.';
  return [
    ...(blocks.length > 1 ? [one] : []),
    ...blocks,
    ...(statements.some(mayLeaveIndex) ? [invalid] : []),
  ];
}

/** Statements that stand alone, each with the SETs before it; all in one where a transaction is begun among them. */
function apart(sql: string, statements: readonly StatementAnalysis[]): readonly string[] {
  if (statements.some(({ statement }) => statement.kind === 'TransactionStmt')) return [ended(sql)];
  const parts: string[] = [];
  let from = 0;
  for (const { statement } of statements) {
    if (statement.kind === 'VariableSetStmt') continue;
    const end = afterSemicolon(sql, statement.range.end);
    parts.push(ended(sql.slice(from, end)));
    from = end;
  }
  const rest = sql.slice(from).trim();
  if (rest !== '' && parts.length > 0) parts.push(`${parts.pop()}\n${ended(rest)}`);
  return parts.length > 0 ? parts : [ended(sql)];
}

function afterSemicolon(sql: string, at: number): number {
  const [blank = ''] = /^\s*;?/.exec(sql.slice(at)) ?? [];
  return at + blank.length;
}

/** Whether the statement is one that leaves an INVALID index where it is stopped. */
function mayLeaveIndex({ statement }: StatementAnalysis): boolean {
  const { node } = statement;
  if ('IndexStmt' in node) return node.IndexStmt.concurrent === true;
  const options = 'ReindexStmt' in node ? (node.ReindexStmt.params ?? []) : [];
  return options.some((option) => 'DefElem' in option && option.DefElem.defname === 'concurrently');
}

/** The backfill as a procedure; or why there is none, in a sentence. */
export function procedureOf(
  { session }: Plan,
  action: BackfillAction,
  id: string,
  schema: Schema,
  maxLag?: number,
): BackfillProcedure | { readonly unknown: string } {
  const batch = backfillBatchSql(action, schema);
  if ('unknown' in batch) return batch;
  return backfillProcedure(batch, {
    id,
    pause: action.pause,
    lockTimeout: session.lockTimeout?.value,
    retries: session.retries?.value ?? 0,
    ...(maxLag === undefined ? {} : { maxLag }),
  });
}

function backfillBlocks(plan: Plan, action: BackfillAction, id: string, schema: Schema): readonly string[] {
  const made = procedureOf(plan, action, id, schema);
  if ('unknown' in made) return [`**This backfill cannot be written out:** ${text(made.unknown)}`];
  const { batch, pause } = action;
  const pauses = pause > 0 ? `, with ${formatDuration(pause)} between them` : '';
  return [
    `In batches of ${batch.toLocaleString('en')} rows${pauses}, each committed by itself. It may be stopped at any time (Ctrl-C): paste both blocks again, and it goes on where it stood.`,
    'Where it starts and ends, noted once:',
    fence('sql', made.setup),
    'The batches:',
    fence('sql', made.run),
    'How far it is, from another session:',
    fence('sql', made.progress),
    'When it says `Done`, drop its notes. A walk that is to begin anew needs them dropped, too:',
    fence('sql', made.forget),
  ];
}

/** What a query has to give, as a sentence. */
export function expected(expectation: Expectation | undefined): string {
  if (!expectation) return 'Look at what it gives: the plan expects nothing certain.';
  if (expectation.kind === 'rows') {
    if (expectation.rows.length === 0) return 'Expected: **no row**.';
    return `Expected: these rows, in order: ${expectation.rows.map((row) => code(JSON.stringify(row))).join(', ')}.`;
  }
  const value = expectation.kind === 'comparison' ? expectation.text : String(expectation.value);
  return `Expected: **${text(value) || 'an empty text'}**.`;
}

/** A check with its query. */
export function checkTask(
  name: string,
  sql: string | undefined,
  expectation: Expectation | undefined,
): string {
  if (sql === undefined) return task(text(name));
  return task(text(name), fence('sql', ended(sql)), expected(expectation));
}
