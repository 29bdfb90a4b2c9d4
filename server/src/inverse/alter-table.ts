import type { AlterTableStmt } from '@pgsql/types';
import { isFollowed } from '../schema/alter-table.ts';
import { descendantsOf, findRelation, relationKey, tableByKey } from '../schema/lookup.ts';
import type { Schema } from '../schema/model.ts';
import { indexCommands } from '../schema/table-settings.ts';
import type { Statement } from '../sql/model.ts';
import { nameOfRangeVar } from '../sql/names.ts';
import { alterUnknownTableInverse } from './alter-unknown-table.ts';
import { type Inverse, unknown } from './model.ts';
import { restoringInverse } from './restoring.ts';

/** All subcommands undone together: what the table, and what hangs on it, was. */
export function alterTableInverse(
  fields: AlterTableStmt,
  statement: Statement,
  before: Schema,
  pgVersion: number,
): Inverse {
  const { relation, cmds = [] } = fields;
  const known = relation && findRelation(before, nameOfRangeVar(relation));
  const commands = cmds.flatMap((node) => ('AlterTableCmd' in node ? [node.AlterTableCmd] : []));
  if (known?.kind === 'table') {
    const key = relationKey(known.name);
    const tables = [
      known,
      ...descendantsOf(before, key),
      ...known.parents.map((one) => tableByKey(before, one)),
    ];
    const complete = tables.every((one) => one?.columnsComplete && !one.foreign);
    if (complete && commands.every(isFollowed)) return restoringInverse(statement, before, pgVersion);
  }
  const isIndexCommand = (subtype: string | undefined) =>
    subtype === 'AT_AttachPartition' || (subtype !== undefined && subtype in indexCommands);
  if (known?.kind === 'index' && commands.every(({ subtype }) => isIndexCommand(subtype)))
    return restoringInverse(statement, before, pgVersion);
  if (known?.kind === 'table' && !commands.every(isFollowed))
    return unknown('What undoes this ALTER TABLE is not worked out: write it by hand.');
  return alterUnknownTableInverse(fields, statement, before);
}
