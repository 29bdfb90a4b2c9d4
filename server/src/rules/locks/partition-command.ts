import type { PartitionCmd } from '@pgsql/types';
import type { StatementAnalysis } from '../model.ts';
import { alterTable } from '../statements.ts';

/** The partition that an ALTER TABLE attaches or detaches, which stands in it alone. */
export function partitionCommand(
  s: StatementAnalysis,
  subtype: 'AT_AttachPartition' | 'AT_DetachPartition',
): PartitionCmd | undefined {
  const cmds = alterTable(s)?.cmds;
  const node = cmds?.length === 1 ? cmds[0] : undefined;
  const command = node && 'AlterTableCmd' in node ? node.AlterTableCmd : undefined;
  return command?.subtype === subtype && command.def && 'PartitionCmd' in command.def
    ? command.def.PartitionCmd
    : undefined;
}
