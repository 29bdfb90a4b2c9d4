import type { AlterTableCmd, Constraint } from '@pgsql/types';
import { lockWords } from '../effects/lock-words.ts';
import type { LockMode } from '../effects/model.ts';
import type { StatementAnalysis } from '../rules/model.ts';
import { alterCommands } from '../rules/statements.ts';
import { nameOfRangeVar, writeName } from '../sql/names.ts';
import { keptOut } from '../timing/traffic.ts';
import { code } from './markdown.ts';

/** Who waits while such a lock is held, as the end of a sentence. */
export function waitingWords(mode: LockMode): string {
  switch (keptOut(mode)) {
    case 'everybody':
      return 'everyone who reads or writes it waits';
    case 'writers':
      return 'everyone who writes to it waits; reading goes on';
    case 'nobody':
      return mode === 'AccessShareLock' || mode === 'RowShareLock' || mode === 'RowExclusiveLock'
        ? 'nobody who reads or writes waits'
        : 'reading and writing go on; other schema changes and VACUUM wait';
  }
}

/** `ACCESS EXCLUSIVE` in a code span. */
export function lockCode(mode: LockMode): string {
  return code(lockWords(mode));
}

/** What the statement is for, in a sentence of Markdown each; none where its own words say it as well. */
export function purposes(s: StatementAnalysis): readonly string[] {
  const { node } = s.statement;
  if ('AlterTableStmt' in node) return alterCommands(s).flatMap((command) => commandPurpose(command) ?? []);
  if ('IndexStmt' in node) {
    const { relation, concurrent, unique } = node.IndexStmt;
    const on = relation ? ` on ${code(writeName(nameOfRangeVar(relation)))}` : '';
    const how = concurrent
      ? 'in the background: it reads the table twice, waits for transactions that are open, and leaves an INVALID index where it fails'
      : 'in one go';
    return [`Builds ${unique ? 'a unique index' : 'an index'}${on} ${how}.`];
  }
  if ('RenameStmt' in node) {
    const { subname, newname = '', relation } = node.RenameStmt;
    const from = subname ?? (relation ? writeName(nameOfRangeVar(relation)) : '');
    return [
      `Gives ${from === '' ? 'it' : code(from)} the name ${code(newname)}: the old one is gone at once.`,
    ];
  }
  const words = sentences[s.statement.kind];
  return words === undefined ? [] : [words];
}

const sentences: Readonly<Record<string, string>> = {
  CreateStmt: 'Makes a table. Nobody uses it yet, so that nobody waits for it.',
  ViewStmt: 'Makes a view, or puts another query in its place.',
  DropStmt: 'Removes it with all that it holds; what names it fails from then on.',
  TruncateStmt: 'Removes all rows at once, without reading them.',
  UpdateStmt: 'Writes a new version of every row that it meets, all in one transaction.',
  DeleteStmt: 'Removes every row that it meets, all in one transaction.',
  InsertStmt: 'Adds rows.',
  MergeStmt: 'Adds, changes or removes rows, by whether they match.',
  SelectStmt: 'Reads.',
  VariableSetStmt: 'Sets a parameter of the session, or of the transaction with LOCAL.',
  ReindexStmt: 'Builds indexes anew from the rows.',
  ClusterStmt: 'Writes the table anew in the order of an index.',
  VacuumStmt: 'Frees the space of dead rows, or gathers statistics.',
  RefreshMatViewStmt: 'Runs the view’s query again and keeps its rows.',
  AlterEnumStmt: 'Changes the values of an enum.',
  CreateEnumStmt: 'Makes an enum.',
  CreateTrigStmt: 'Makes a trigger: it fires for writes from then on.',
  CreateFunctionStmt: 'Makes a function or procedure, or puts another body in its place.',
  CommentStmt: 'Sets a comment.',
  GrantStmt: 'Gives or takes privileges.',
  LockStmt: 'Takes a lock by hand, until the transaction ends.',
  DoStmt: 'Runs a block of code.',
  CreateTableAsStmt: 'Makes a table or materialized view of a query’s rows.',
};

/** Source: https://www.postgresql.org/docs/current/sql-altertable.html, "Description". */
function commandPurpose({ subtype, name = '', def }: AlterTableCmd): string | undefined {
  switch (subtype) {
    case 'AT_AddColumn':
      return `Adds the column ${code(def && 'ColumnDef' in def ? (def.ColumnDef.colname ?? '') : name)}.`;
    case 'AT_DropColumn':
      return `Removes the column ${code(name)} from sight; its values stay in the file until rows are written anew.`;
    case 'AT_AlterColumnType':
      return `Changes the type of ${code(name)}.`;
    case 'AT_ColumnDefault':
      return `${def ? 'Sets' : 'Removes'} the default of ${code(name)}: rows that are there keep their values.`;
    case 'AT_SetNotNull':
      return `Requires a value in ${code(name)}: every row is looked at, unless a valid constraint proves it.`;
    case 'AT_DropNotNull':
      return `Lets ${code(name)} be null.`;
    case 'AT_AddConstraint':
      return def && 'Constraint' in def ? constraintPurpose(def.Constraint) : undefined;
    case 'AT_ValidateConstraint':
      return `Holds every row against the constraint ${code(name)}, while reading and writing go on.`;
    case 'AT_DropConstraint':
      return `Removes the constraint ${code(name)}.`;
    case 'AT_AttachPartition':
      return 'Makes a table a partition: its rows are looked at, unless a valid constraint proves that they fit.';
    case 'AT_DetachPartition':
      return 'Makes a partition a table of its own.';
    default:
      return undefined;
  }
}

function constraintPurpose({ conname, contype, indexname, skip_validation: isNotValid }: Constraint): string {
  const what = contype === undefined ? 'a constraint' : (constraintWords[contype] ?? 'a constraint');
  const named = conname ? ` ${code(conname)}` : '';
  if (indexname) return `Adds ${what}${named} on the index ${code(indexname)}, which is there already.`;
  const rows = isNotValid ? ': new rows are held to it, those that are there are not looked at yet' : '';
  return `Adds ${what}${named}${rows}.`;
}

const constraintWords: Readonly<Record<string, string>> = {
  CONSTR_CHECK: 'a CHECK constraint',
  CONSTR_EXCLUSION: 'an exclusion constraint',
  CONSTR_FOREIGN: 'a foreign key',
  CONSTR_NOTNULL: 'a NOT NULL constraint',
  CONSTR_PRIMARY: 'the primary key',
  CONSTR_UNIQUE: 'a unique constraint',
};
