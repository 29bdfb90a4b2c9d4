import type { Sequence, SequenceParameters, Table } from '../schema/model.ts';
import { quoteIdentifier, quoteLiteral } from '../sql/names.ts';
import { type Way, written } from './way.ts';

/** What an identity's sequence is made with beside its name; its type is the column's. */
export function sequenceOptions({ parameters = {} }: Sequence): readonly string[] {
  const { increment, minimum, maximum, start, cache, cycle } = parameters;
  return [
    start ? `START WITH ${start}` : '',
    increment ? `INCREMENT BY ${increment}` : '',
    minimum ? `MINVALUE ${minimum}` : '',
    maximum ? `MAXVALUE ${maximum}` : '',
    cache ? `CACHE ${cache}` : '',
    cycle ? 'CYCLE' : '',
  ].filter((word) => word !== '');
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
