import type { UnknownFact } from '../effects/model.ts';
import type { TableSize } from '../plan/model.ts';
import { parseName } from '../sql/names.ts';
import type { RuleContext, Severity } from './model.ts';

/** A table this small is locked or rewritten within milliseconds. */
const smallTableRows = 10_000;

/** The plan's figures for a relation named as `regclass` prints it, or undefined. */
export function tableSize(context: RuleContext, relation: string): TableSize | undefined {
  const wanted = qualified(relation);
  return context.plan.tables.find((table) => qualified(table.name.value) === wanted);
}

function qualified(name: string): string {
  const parsed = parseName(name);
  return parsed ? `${parsed.schema ?? 'public'}.${parsed.name}` : name;
}

/** `users (8M rows, 2.4 GB)`, or just the name where the plan gives no figures. */
export function withFigures(context: RuleContext, relation: string): string {
  const size = tableSize(context, relation);
  const parts = [
    size?.rows && `${formatCount(size.rows.value)} rows`,
    size?.size && formatBytes(size.size.value),
  ].filter(Boolean);
  return parts.length > 0 ? `${relation} (${parts.join(', ')})` : relation;
}

/** `rule` for a table of unknown or real size; a note for one that the plan says is small. */
export function severityFor(context: RuleContext, relation: string, rule: Severity): Severity {
  const rows = tableSize(context, relation)?.rows?.value;
  return rows !== undefined && rows < smallTableRows ? 'info' : rule;
}

/** `every read and write waits` with the plan's rate where it is given. */
export function waitingRequests(context: RuleContext, who: string): string {
  const rate = context.plan.traffic?.value;
  return rate ? `${who} waits (${formatCount(rate)} requests/s at peak)` : `${who} waits`;
}

/** How to settle a fact that is not known, as a sentence. A plain file has no plan to name a baseline in. */
export function settle(context: RuleContext, { remedy }: UnknownFact): string {
  const text =
    context.kind === 'sql'
      ? remedy.replace('under database.schema', 'in a plan, under database.schema')
      : remedy;
  return `To settle it, ${text}.`;
}

/** 8000000 → `8M`, 12500 → `12.5k`. */
export function formatCount(count: number): string {
  if (count < 1e4) return count.toLocaleString('en');
  const [divisor, suffix] = count >= 1e9 ? [1e9, 'G'] : count >= 1e6 ? [1e6, 'M'] : [1e3, 'k'];
  return `${Number((count / divisor).toPrecision(3))}${suffix}`;
}

/** Bytes in powers of 1024, as Postgres reads and prints sizes. */
export function formatBytes(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${Number(value.toPrecision(3))} ${units[unit]}`;
}
