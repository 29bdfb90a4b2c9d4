import { resolve } from 'node:path';
import { type Analysis, loadParsers } from '../analyze.ts';
import type { RelationWork, UnknownFact } from '../effects/model.ts';
import { inverseOf } from '../inverse/inverse.ts';
import type { ActionAnalysis, StatementAnalysis } from '../rules/model.ts';
import { createLineIndex, type LineIndex } from '../text/line-index.ts';
import { analyzeDocument, fileProblems } from './analysis.ts';
import { choice, pgVersion, readArguments } from './arguments.ts';
import { unusableReason } from './check.ts';
import { readDocument, readNamedFile } from './documents.ts';
import { formatExplanation } from './format/explain-text.ts';
import { jsonRange } from './format/json.ts';
import { textFinding } from './format/text.ts';
import { exitCodes, type Io, UsageError } from './io.ts';
import { createSettingsFinder } from './project-settings.ts';
import { styleFor, textWidth } from './style.ts';

/** One entry of `explain --format json`; its shape is described in server/docs/terminal.md. */
export type Explained = ReturnType<typeof explainStatement>;

/** `switchback explain FILE`: what Postgres will do for each statement. Returns the exit code. */
export async function explain(args: readonly string[], io: Io): Promise<number> {
  const given = readArguments('explain', args, {
    schema: 'string',
    format: 'string',
    'pg-version': 'string',
    rollbacks: 'boolean',
    'stdin-filename': 'string',
  });
  const format = choice('explain', given, 'format', ['text', 'json']);
  const version = pgVersion('explain', given);
  const [path, ...more] = given.files;
  if (path === undefined || more.length > 0)
    throw new UsageError('explain takes one plan or .sql file.', 'explain');

  const baselineSql = readSchemaOption(given.value('schema'), io);
  const document = await readDocument(path, io, given.value('stdin-filename'));
  const { settings } = createSettingsFinder(io).find(document.folder);
  const options = { settings, pgVersion: version, baselineSql };
  const { checked, analysis } = analyzeDocument(document, await loadParsers(), options);
  if (!checked.usable || analysis === undefined) {
    io.stderr.write(`switchback: ${unusableReason(checked)}\n`);
    return exitCodes.unusable;
  }

  const problems = fileProblems(checked.findings);
  const textOptions = { style: styleFor(io.stderr, io.env), width: textWidth(io.stderr) };
  for (const problem of problems) io.stderr.write(textFinding(checked, problem, textOptions));
  const statements = explainAnalysis(analysis, given.flag('rollbacks'));
  if (format === 'json')
    io.stdout.write(`${JSON.stringify({ pg_version: analysis.pgVersion, statements }, null, 2)}\n`);
  else
    io.stdout.write(
      formatExplanation(statements, {
        pgVersion: analysis.pgVersion,
        style: styleFor(io.stdout, io.env),
        width: textWidth(io.stdout),
      }),
    );
  return problems.length > 0 ? exitCodes.findings : exitCodes.clean;
}

function readSchemaOption(path: string | undefined, io: Io): string | undefined {
  if (path === undefined) return undefined;
  const read = readNamedFile(resolve(io.cwd, path), path, io);
  if ('error' in read) throw new UsageError(`--schema ${read.error}`, 'explain');
  return read.text;
}

/** The statements in the order in which they run; each rollback's after its step. */
export function explainAnalysis(analysis: Analysis, rollbacks: boolean) {
  const lines = createLineIndex(analysis.text);
  const isPlan = analysis.kind === 'plan';
  const { pgVersion } = analysis;
  return analysis.steps.flatMap(({ step, action, rollback }) => {
    const place = { lines, pgVersion, step: isPlan ? step.id : null };
    const forward = statementsOf(action).map((one) => explainStatement(one, { ...place, rollback: false }));
    if (!rollbacks) return forward;
    const back = rollback.flatMap(statementsOf);
    return [...forward, ...back.map((one) => explainStatement(one, { ...place, rollback: true }))];
  });
}

function statementsOf(action: ActionAnalysis | undefined): readonly StatementAnalysis[] {
  return action?.statements ?? [];
}

interface Place {
  readonly lines: LineIndex;
  readonly pgVersion: number;
  readonly step: string | null;
  readonly rollback: boolean;
}

function explainStatement(analysed: StatementAnalysis, { lines, pgVersion, step, rollback }: Place) {
  const { effects, statement, range, sql, inTransaction, before } = analysed;
  const inverse = inverseOf(statement, before, pgVersion);
  return {
    sql: statement.text,
    line: lines.positionAt(range.start).line + 1,
    class: effects.class,
    transactional: effects.transactional,
    locks: effects.locks.map(({ relation, mode, isNew }) => ({ relation, mode, new: isNew })),
    rewrites: names(effects.rewrites),
    scans: names(effects.scans),
    unknown: effects.unknown.map((fact) => unknownSentence(fact, step !== null)),
    builds: names(effects.builds),
    reasons: [
      ...effects.rewrites.map((work) => reason('rewrite', work)),
      ...effects.scans.map((work) => reason('scan', work)),
      ...effects.builds.map((work) => reason('build', work)),
    ],
    inverse: {
      verdict: inverse.verdict,
      sql: inverse.sql,
      transactional: inverse.transactional,
      reason: inverse.reason,
    },
    step,
    rollback,
    in_transaction: inTransaction,
    /** The file that the plan names, where the statement stands in one; `line` is then the plan's. */
    file: sql.file ?? null,
    range: jsonRange(range, lines),
  };
}

function reason(effect: 'rewrite' | 'scan' | 'build', { relation, reason: text }: RelationWork) {
  return { effect, relation, reason: text };
}

/** Each relation once. */
function names(work: readonly RelationWork[]): string[] {
  return [...new Set(work.map(({ relation }) => relation))];
}

/** A .sql file has no `database.schema` to name the baseline under. */
function unknownSentence({ fact, remedy }: UnknownFact, inPlan: boolean): string {
  const here = inPlan ? remedy : remedy.replace('under database.schema', 'with --schema');
  return `Not known: ${fact}. To settle it, ${here}.`;
}
