import type { Node, PartitionBoundSpec, PartitionSpec } from '@pgsql/types';
import type { Statement } from '../sql/model.ts';
import { sourceOfLists } from '../sql/source.ts';
import type { Table } from './model.ts';
import { optionsOf } from './options.ts';
import { keptMethod, keptTablespace } from './table-settings.ts';

/** PARTITION BY … as the source says it. */
export function partitionBySource(statement: Statement, { location = 0 }: PartitionSpec): string | undefined {
  return sourceOfLists(statement, location);
}

/** FOR VALUES … as the source says it, or DEFAULT. */
export function boundSource(
  statement: Statement,
  { is_default, location = 0, strategy }: PartitionBoundSpec,
): string | undefined {
  if (is_default) return 'DEFAULT';
  // The location is that of IN, FROM or WITH, or of what stands behind it.
  const lists = sourceOfLists(statement, location, strategy === 'r' ? 2 : 1);
  const words = { l: 'IN', r: 'FROM', h: 'WITH' }[strategy ?? ''];
  if (lists === undefined || words === undefined) return undefined;
  return `FOR VALUES ${words} ${lists.replace(/^(?:for\s+values\s+)?(?:in|from|with)\s*/i, '')}`;
}

/** What CREATE TABLE says behind its columns. */
export function settingsOf(fields: {
  readonly options?: readonly Node[];
  readonly tablespacename?: string;
  readonly tableSpaceName?: string;
  readonly accessMethod?: string;
}): Pick<Table, 'options' | 'tablespace' | 'accessMethod'> {
  const options = optionsOf(fields.options);
  const tablespace = keptTablespace(fields.tablespacename ?? fields.tableSpaceName);
  const accessMethod = keptMethod(fields.accessMethod);
  return {
    ...(options.length > 0 ? { options } : {}),
    ...(tablespace === undefined ? {} : { tablespace }),
    ...(accessMethod === undefined ? {} : { accessMethod }),
  };
}
