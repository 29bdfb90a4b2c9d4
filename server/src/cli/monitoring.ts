import { isMatcherList, type Matchers, prometheusRule } from '../runbook/prometheus.ts';
import { monitoringQueries } from '../runbook/queries.ts';
import { printable } from '../text/terminal.ts';
import { type Arguments, choice, readArguments } from './arguments.ts';
import { exportOptions, readExportedPlan } from './exported.ts';
import { exitCodes, type Io, UsageError } from './io.ts';
import { writeResult } from './output.ts';

/** `switchback monitoring PLAN`: its alerts as a PrometheusRule, or its queries for psql. Returns the exit code. */
export async function monitoring(args: readonly string[], io: Io): Promise<number> {
  const given = readArguments('monitoring', args, {
    ...exportOptions,
    format: 'string',
    labels: 'string',
    'database-matchers': 'string',
    'app-matchers': 'string',
    'host-matchers': 'string',
  });
  const format = choice('monitoring', given, 'format', ['prometheus', 'sql']);
  const options = { labels: labelsOf(given), matchers: matchersOf(given) };
  const exported = await readExportedPlan('monitoring', given, io);
  if (!exported) return exitCodes.unusable;
  const { plan } = exported.analysis;
  if (format === 'sql') {
    const text = monitoringQueries(plan);
    if (text === undefined) return nothing(`${exported.path} has no queries under monitoring.queries.`, io);
    return writeResult(given, text, io) ? exitCodes.clean : exitCodes.unusable;
  }
  if ((plan.monitoring?.alerts ?? []).length === 0)
    return nothing(`${exported.path} has no alerts under monitoring.alerts.`, io);
  const { text, left } = prometheusRule(plan, options);
  for (const sentence of left) io.stderr.write(`switchback: not exported: ${printable(sentence)}\n`);
  if (!writeResult(given, text, io)) return exitCodes.unusable;
  return left.length > 0 ? exitCodes.findings : exitCodes.clean;
}

function nothing(message: string, io: Io): number {
  io.stderr.write(`switchback: ${printable(message)}\n`);
  return exitCodes.unusable;
}

function matchersOf(given: Arguments): Matchers {
  const matchers: Partial<Record<keyof Matchers, string>> = {};
  for (const origin of ['database', 'app', 'host'] as const) {
    const text = given.value(`${origin}-matchers`);
    if (text === undefined) continue;
    if (!isMatcherList(text))
      throw new UsageError(
        `--${origin}-matchers ${text}: give PromQL label matchers, e.g. 'cluster="main",job=~"pg.*"'.`,
        'monitoring',
      );
    matchers[origin] = text;
  }
  return matchers;
}

/** `release=monitoring,team=db`. */
function labelsOf(given: Arguments): Readonly<Record<string, string>> {
  const pairs = (given.value('labels') ?? '').split(',').filter((pair) => pair !== '');
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, key = '', value = ''] =
        /^((?:[a-z0-9.-]+\/)?[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)=((?:[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)?)$/.exec(
          pair,
        ) ?? [];
      if (key === '' || key.length > 253 || value.length > 63)
        throw new UsageError(
          `--labels ${pair}: give Kubernetes labels, e.g. release=monitoring,team=db.`,
          'monitoring',
        );
      return [key, value];
    }),
  );
}
