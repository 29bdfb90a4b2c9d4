import { parseCount, parseDuration, parseSize } from '../plan/values.ts';
import type { MetricUnit } from './metrics.ts';

/** What an alert fires at, in what Prometheus counts in. */
export interface Threshold {
  readonly operator: '>' | '>=' | '<' | '<=' | '==' | '!=';
  readonly value: number;
  /** Undefined for a bare number, which fits a count and a ratio. */
  readonly unit: MetricUnit | undefined;
}

/** Reads `> 200ms`, `>= 1%`, `< 10GB`, `> 50MB/s`, `> 5`; undefined where it is none of these. */
export function readThreshold(text: string): Threshold | undefined {
  // No threshold is longer, whatever a plan holds.
  if (text.length > 100) return undefined;
  const [, sign = '', amount = ''] = /^\s*(>=|<=|==|!=|>|<|=)\s*(\S.*?)\s*$/.exec(text) ?? [];
  const quantity = readQuantity(amount);
  if (sign === '' || !quantity) return undefined;
  return { operator: sign === '=' ? '==' : (sign as Threshold['operator']), ...quantity };
}

function readQuantity(amount: string): Pick<Threshold, 'value' | 'unit'> | undefined {
  const [, part, each] = /^(.*?)\s*(\/\s*s)?$/.exec(amount) ?? [];
  if (part === undefined) return undefined;
  const size = parseSize(part);
  if (size !== undefined) return { value: size, unit: each ? 'bytes_per_second' : 'bytes' };
  const number = /^\d+(\.\d+)?$/.test(part) ? Number(part) : parseCount(part);
  if (number !== undefined) return { value: number, unit: each ? 'per_second' : undefined };
  if (each) return undefined;
  const percent = /^(\d+(?:\.\d+)?)\s*%$/.exec(part);
  if (percent) return { value: exact(Number(percent[1]) / 100), unit: 'ratio' };
  const ms = parseDuration(part);
  return ms === undefined ? undefined : { value: exact(ms / 1000), unit: 'seconds' };
}

/** Without the noise of binary fractions. */
function exact(value: number): number {
  return Number(value.toPrecision(12));
}
