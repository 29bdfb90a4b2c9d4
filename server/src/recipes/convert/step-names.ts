import type { AlterTableCmd, AlterTableStmt, Node } from '@pgsql/types';
import type { Statement } from '../../sql/model.ts';
import { nameOfObject, nameOfRangeVar, writeName } from '../../sql/names.ts';

/** Columns of a step's name at the most. */
const longest = 72;

/**
 * What a step is called: the comment right above its first statement, where that is one short line of words; else what
 * the statement does.
 */
export function stepName(statement: Statement, source: string): string {
  return commentAbove(source, statement.range.start) ?? fitting(sentenceFor(statement));
}

function commentAbove(source: string, start: number): string | undefined {
  const lines = source.slice(0, start).split('\n');
  // The last is what stands before the statement on its own line.
  if (lines.pop()?.trim() !== '') return undefined;
  const [above, before] = [lines.pop(), lines.pop()];
  const words = /^\s*--+\s*(.*?)\s*-*\s*$/.exec(above ?? '')?.[1];
  if (words === undefined || /^\s*--/.test(before ?? '')) return undefined;
  // `-- CreateIndex`, as Prisma writes it, says less than the statement; marks of tools and SQL are no names.
  if (!/^\p{L}.*\s\S+$/u.test(words) || words.length > longest || /[;:{}]|^switchback\b/.test(words))
    return undefined;
  return words.replace(/\.$/, '');
}

function fitting(words: string): string {
  const line = words.replace(/\s+/g, ' ');
  return line.length <= longest ? line : `${line.slice(0, longest - 1).replace(/\s+\S*$/, '')}…`;
}

function sentenceFor({ node, text }: Statement): string {
  return named(node) ?? text;
}

const shown = (parts: Parameters<typeof nameOfRangeVar>[0] | undefined) =>
  parts ? writeName(nameOfRangeVar(parts)) : '';

function named(node: Node): string | undefined {
  if ('CreateStmt' in node) return `Create ${shown(node.CreateStmt.relation)}`;
  if ('CreateTableAsStmt' in node) return `Create ${shown(node.CreateTableAsStmt.into?.rel)} from a query`;
  if ('ViewStmt' in node) return `Create the view ${shown(node.ViewStmt.view)}`;
  if ('CreateSeqStmt' in node) return `Create the sequence ${shown(node.CreateSeqStmt.sequence)}`;
  if ('CreateTrigStmt' in node)
    return `Create the trigger ${node.CreateTrigStmt.trigname} on ${shown(node.CreateTrigStmt.relation)}`;
  if ('CreateExtensionStmt' in node) return `Create the extension ${node.CreateExtensionStmt.extname}`;
  if ('CreateEnumStmt' in node) {
    const name = nameOfObject({ List: { items: node.CreateEnumStmt.typeName ?? [] } });
    return name && `Create the type ${writeName(name)}`;
  }
  if ('CreateFunctionStmt' in node) {
    const name = nameOfObject({ List: { items: node.CreateFunctionStmt.funcname ?? [] } });
    return (
      name &&
      `Create ${node.CreateFunctionStmt.is_procedure ? 'the procedure' : 'the function'} ${writeName(name)}`
    );
  }
  if ('IndexStmt' in node) {
    const { idxname, relation, unique } = node.IndexStmt;
    return `Create ${unique ? 'the unique index' : 'the index'} ${idxname ? `${idxname} on ` : 'on '}${shown(relation)}`;
  }
  if ('AlterTableStmt' in node) return alterName(node.AlterTableStmt);
  if ('RenameStmt' in node) {
    const { relation, subname, newname, renameType } = node.RenameStmt;
    if (!relation) return undefined;
    return renameType === 'OBJECT_COLUMN'
      ? `Rename ${subname} of ${shown(relation)} to ${newname}`
      : subname
        ? undefined
        : `Rename ${shown(relation)} to ${newname}`;
  }
  if ('UpdateStmt' in node) return `Update ${shown(node.UpdateStmt.relation)}`;
  if ('InsertStmt' in node) return `Insert into ${shown(node.InsertStmt.relation)}`;
  if ('DeleteStmt' in node) return `Delete from ${shown(node.DeleteStmt.relation)}`;
  return undefined;
}

function alterName({ relation, cmds = [] }: AlterTableStmt): string | undefined {
  const words = cmds.map((cmd) => ('AlterTableCmd' in cmd ? commandWords(cmd.AlterTableCmd) : undefined));
  if (words.length === 0 || words.includes(undefined)) return undefined;
  const [first = '', ...more] = words as readonly string[];
  const joined = [first, ...more.map((one) => one.charAt(0).toLowerCase() + one.slice(1))].join(', ');
  return `${joined} on ${shown(relation)}`;
}

function commandWords({ subtype, name, def }: AlterTableCmd): string | undefined {
  switch (subtype) {
    case 'AT_AddColumn':
      return def && 'ColumnDef' in def ? `Add the column ${def.ColumnDef.colname}` : undefined;
    case 'AT_DropColumn':
      return `Drop the column ${name}`;
    case 'AT_SetNotNull':
      return `Make ${name} NOT NULL`;
    case 'AT_DropNotNull':
      return `Let ${name} be NULL`;
    case 'AT_ColumnDefault':
      return def ? `Set the default of ${name}` : `Drop the default of ${name}`;
    case 'AT_AlterColumnType':
      return `Change the type of ${name}`;
    case 'AT_AddConstraint': {
      const constraint = def && 'Constraint' in def ? def.Constraint : undefined;
      return constraint?.conname ? `Add the constraint ${constraint.conname}` : 'Add a constraint';
    }
    case 'AT_ValidateConstraint':
      return `Validate ${name}`;
    case 'AT_DropConstraint':
      return `Drop the constraint ${name}`;
    default:
      return undefined;
  }
}
