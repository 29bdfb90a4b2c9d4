import type { Sequence, SequenceParameters, Table } from '../schema/model.ts';
import { quoteIdentifier, quoteLiteral } from '../sql/names.ts';
import { type Way, written } from './way.ts';

/** What a sequence is made with beside its name; an identity's takes its type from the column. */
export function sequenceOptions({ parameters = {} }: Sequence, typed: boolean): readonly string[] {
  const { type, increment, minimum, maximum, start, cache, cycle } = parameters;
  return [
    typed && type ? `AS ${type}` : '',
    start ? `START WITH ${start}` : '',
    increment ? `INCREMENT BY ${increment}` : '',
    minimum ? `MINVALUE ${minimum}` : '',
    maximum ? `MAXVALUE ${maximum}` : '',
    cache ? `CACHE ${cache}` : '',
    cycle ? 'CYCLE' : '',
  ].filter((word) => word !== '');
}

/** What ALTER SEQUENCE has to say for the parameters to be what they were. */
export function parameterWords(
  { parameters: was = {} }: Sequence,
  { parameters: is = {} }: Sequence,
): readonly string[] {
  const words: string[] = [];
  if ((was.type ?? 'bigint') !== (is.type ?? 'bigint')) words.push(`AS ${was.type ?? 'bigint'}`);
  if (was.increment !== is.increment) words.push(`INCREMENT BY ${was.increment ?? 1}`);
  if (was.minimum !== is.minimum) words.push(was.minimum ? `MINVALUE ${was.minimum}` : 'NO MINVALUE');
  if (was.maximum !== is.maximum) words.push(was.maximum ? `MAXVALUE ${was.maximum}` : 'NO MAXVALUE');
  if (was.start !== is.start) words.push(`START WITH ${was.start ?? startOf(was)}`);
  if (was.cache !== is.cache) words.push(`CACHE ${was.cache ?? 1}`);
  if ((was.cycle ?? false) !== (is.cycle ?? false)) words.push(was.cycle ? 'CYCLE' : 'NO CYCLE');
  return words;
}

/** Where a sequence starts that is not told. */
function startOf({ increment, minimum, maximum }: SequenceParameters): string {
  return increment?.startsWith('-') ? (maximum ?? '-1') : (minimum ?? '1');
}

/** A sequence that is new counts on behind the values that its column has. */
export function countOn(way: Way, table: Table, { name, parameters = {} }: Sequence, column: string): string {
  const [edge, step] = parameters.increment?.startsWith('-') ? ['min', '- 1'] : ['max', '+ 1'];
  const next = `coalesce(${edge}(${quoteIdentifier(column)}) ${step}, ${parameters.start ?? startOf(parameters)})`;
  return `SELECT setval(${quoteLiteral(written(way, name))}, ${next}, false) FROM ${written(way, table.name)}`;
}
