import type { AlterTableCmd, Node } from '@pgsql/types';

/** Subcommands that Postgres carries out before the others, and the pass that it does them in. */
const passes: Readonly<Record<string, number>> = {
  AT_DropColumn: 0,
  AT_DropConstraint: 0,
  AT_DropExpression: 0,
  AT_DropIdentity: 0,
  AT_DropNotNull: 0,
  AT_AlterColumnType: 1,
  AT_AddColumn: 2,
  AT_SetExpression: 3,
  AT_SetNotNull: 4,
  AT_AddIdentity: 7,
};
const indexPass = 5;
const otherConstraintPass = 7;
const lastPass = 8;

export interface OrderedCommand {
  readonly command: AlterTableCmd;
  /** Its place in the statement. */
  readonly at: number;
}

/** The subcommands of an ALTER TABLE in the order in which Postgres carries them out, whatever the text says. */
export function inPasses(cmds: readonly Node[] = []): readonly OrderedCommand[] {
  return cmds
    .flatMap((node, at) => ('AlterTableCmd' in node ? [{ command: node.AlterTableCmd, at }] : []))
    .sort((a, b) => passOf(a.command) - passOf(b.command) || a.at - b.at);
}

function passOf({ subtype, def }: AlterTableCmd): number {
  if (subtype === 'AT_ColumnDefault') return def ? otherConstraintPass : 0;
  if (subtype !== 'AT_AddConstraint') return passes[subtype ?? ''] ?? lastPass;
  const node = def && 'Constraint' in def ? def.Constraint : undefined;
  if (node?.contype === 'CONSTR_NOTNULL') return 4;
  if (node?.contype === 'CONSTR_CHECK' || node?.contype === 'CONSTR_FOREIGN') return otherConstraintPass;
  return node?.indexname ? indexPass : indexPass + 1;
}
