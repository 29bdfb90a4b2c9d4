import type { Analysis } from '../analyze.ts';
import {
  parseCount,
  parseDuration,
  parseDurationLimit,
  parseDurationRange,
  parseRate,
  parseSize,
} from '../plan/values.ts';
import { rules } from '../rules/registry.ts';
import { formatBytes, formatCount } from '../text/amounts.ts';
import { actionWords, rollbackWords } from './hover-statement.ts';
import { code, plainText, sqlBlock } from './markdown.ts';

/** A value spelled out: `8M` → `8,000,000`. Undefined where it says all of it itself. */
export function spelledOut(format: string | undefined, value: unknown): string | undefined {
  switch (format) {
    case 'duration':
    case 'wait':
    case 'timeout': {
      const ms = parseDuration(value);
      return ms === undefined ? undefined : ms === 0 && format === 'timeout' ? 'no limit' : durationWords(ms);
    }
    case 'durationRange': {
      const range = parseDurationRange(value);
      if (!range) return undefined;
      return range.min === range.max
        ? durationWords(range.min)
        : `${durationWords(range.min)} to ${durationWords(range.max)}`;
    }
    case 'durationLimit': {
      const limit = parseDurationLimit(value);
      return limit && `${limit.operator === '<' ? 'less than' : 'at most'} ${durationWords(limit.ms)}`;
    }
    case 'size': {
      const bytes = parseSize(value);
      return bytes === undefined ? undefined : `${bytes.toLocaleString('en')} bytes (${formatBytes(bytes)})`;
    }
    case 'count':
    case 'batch': {
      const count = parseCount(value);
      return count === undefined ? undefined : `${count.toLocaleString('en')} rows`;
    }
    case 'rate': {
      const rate = parseRate(value);
      return rate === undefined ? undefined : rateWords(rate);
    }
    default:
      return undefined;
  }
}

function rateWords(perSecond: number): string {
  const day = perSecond * 86_400;
  const said = Number(perSecond.toPrecision(3)).toLocaleString('en');
  return `${said} requests a second: ${formatCount(Math.round(perSecond * 60))} a minute, ${formatCount(Math.round(day))} a day were it always peak`;
}

const units = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
  ['millisecond', 1],
] as const;

/** `90min` → `1 hour 30 minutes`. */
export function durationWords(ms: number): string {
  let left = Math.round(ms);
  const parts: string[] = [];
  for (const [word, size] of units) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0) parts.push(`${count.toLocaleString('en')} ${word}${count === 1 ? '' : 's'}`);
  }
  return parts.length > 0 ? parts.join(' ') : '0 seconds';
}

/** What a version of the application runs against these tables. Undefined for one that is not declared. */
export function versionWords({ plan }: Pick<Analysis, 'plan'>, name: string): string | undefined {
  const version = plan.app?.versions.find((one) => one.name.value === name);
  if (!version) return undefined;
  const deployed = plan.phases.flatMap(({ steps }) =>
    steps.filter(({ action }) => action?.kind === 'deploy' && action.version.value === name),
  );
  const since = [
    ...(plan.app?.runs?.value === name ? ['live before step one'] : []),
    ...deployed.map(({ name: step }) => `deployed by “${plainText(step.value)}”`),
  ];
  const head = `**Version ${plainText(name)}**${since.length > 0 ? ` · ${since.join(', ')}` : ' · never deployed'}`;
  const statements = version.statements.map(({ text }) => `${text.trim().replace(/;$/, '')};`);
  return statements.length === 0
    ? `${head}\n\nThe plan does not say what it runs.`
    : `${head}\n\nruns\n\n${sqlBlock(statements.join('\n'), 20)}`;
}

/** A step by its id. Undefined where there is none. */
export function stepWords({ plan }: Pick<Analysis, 'plan'>, id: string): string | undefined {
  for (const phase of plan.phases) {
    const step = phase.steps.find((one) => one.id === id);
    if (!step) continue;
    const { action, rollback } = step;
    const head = `**${plainText(step.name.value)}** · step ${code(id)} of ${plainText(phase.name.value)}`;
    const back = rollback ? `\n\nrolled back by\n\n${rollbackWords(rollback)}` : '';
    return `${head}\n\n${action ? actionWords(action) : 'It has no action yet.'}${back}`;
  }
  return undefined;
}

/** A rule by its id, with its page. Undefined where there is none. */
export function ruleWords(id: string, docsOf: (rule: string) => string | undefined): string | undefined {
  const rule = rules.find((one) => one.id === id);
  if (!rule) return undefined;
  const page = docsOf(id);
  const usual = rule.off ? 'off unless a setting turns it on' : `${rule.severity} by default`;
  return `**${code(id)}** · ${usual}\n\n${plainText(rule.title)}.${page ? `\n\n[Its page](${page})` : ''}`;
}
