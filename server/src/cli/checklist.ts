import { loadParsers } from '../analyze.ts';
import { nodeSurroundings } from '../rehearsal/connect/node-surroundings.ts';
import type { ChecklistReport } from '../rehearsal/model.ts';
import { runChecklist } from '../rehearsal/server-checklist.ts';
import { placeOf } from '../rehearsal/server-errors.ts';
import { createLineIndex } from '../text/line-index.ts';
import { printable } from '../text/terminal.ts';
import { choice, readArguments } from './arguments.ts';
import { readExportedPlan } from './exported.ts';
import { formatChecklist } from './format/checklist-text.ts';
import { jsonRange } from './format/json.ts';
import { exitCodes, type InterruptSignal, type Io, UsageError } from './io.ts';
import { askedByName, chosenTarget } from './server-engine.ts';
import { styleFor, textWidth } from './style.ts';

/**
 * `switchback checklist PLAN`: asks the confirmed server what the plan's checklist asks, and changes nothing there.
 * Returns the exit code.
 */
export async function checklist(args: readonly string[], io: Io): Promise<number> {
  const given = readArguments('checklist', args, {
    database: 'string',
    server: 'boolean',
    confirm: 'string',
    format: 'string',
  });
  const format = choice('checklist', given, 'format', ['text', 'json']);
  const target = chosenTarget('checklist', given, nodeSurroundings(io.env));
  if (!target) throw new UsageError('checklist needs a server: --database URL, or --server.', 'checklist');
  const exported = await readExportedPlan('checklist', given, io);
  if (!exported) return exitCodes.unusable;
  const { analysis, path, project } = exported;
  if (analysis.plan.checklist.length === 0) return fail(`${path} has no checklist.`, io);

  const stopping = new AbortController();
  let stoppedBy: InterruptSignal | undefined;
  const stopListening = io.onInterrupt((signal) => {
    stoppedBy = signal;
    stopping.abort();
  });
  let report: ChecklistReport | undefined;
  try {
    report = await runChecklist(analysis, {
      target,
      production: project.settings.server?.production ?? [],
      parser: (await loadParsers()).sql,
      signal: stopping.signal,
      confirm: (identity, signs) => {
        const server = `PostgreSQL ${identity.version} at ${placeOf(identity)}`;
        const what = `The checklist asks ${identity.database} on ${server}, as ${identity.user}, in read-only transactions.`;
        return askedByName(identity, [...signs, what].join(' '), given.value('confirm'), io);
      },
    });
  } catch (error) {
    if (stoppedBy) return exitCodes.interrupted[stoppedBy];
    return fail(error instanceof Error ? error.message : String(error), io);
  } finally {
    stopListening();
  }
  if (!report) return fail('The name was another one: nothing was asked.', io);
  if (format === 'json') {
    const lines = createLineIndex(analysis.text);
    io.stdout.write(
      `${JSON.stringify(report, (key, value) => (key === 'range' ? jsonRange(value, lines) : value), 2)}\n`,
    );
  } else
    io.stdout.write(
      formatChecklist(report, { style: styleFor(io.stdout, io.env), width: textWidth(io.stdout) }),
    );
  return report.verdict === 'passed' ? exitCodes.clean : exitCodes.findings;
}

function fail(message: string, io: Io): number {
  io.stderr.write(`switchback: ${printable(message)}\n`);
  return exitCodes.unusable;
}
