import type { AlterTableCmd, AlterTableStmt, Node } from '@pgsql/types';
import { columnOf, descendantsOf, findTable, indexesOf, relationKey } from '../schema/lookup.ts';
import type { Constraint, Index, Schema, Table } from '../schema/model.ts';
import type { Statement } from '../sql/model.ts';
import { nameOfRangeVar, quoteIdentifier, quoteLiteral, stringsOf } from '../sql/names.ts';
import { tailOf } from './indexes.ts';
import { keepsExpressions } from './type-survival.ts';
import { tableAt, type Way, written } from './way.ts';

/** Columns that the statement drops and makes anew, by table key and name. */
export function replacedColumns(statement: Statement, before: Schema, now: Schema): readonly Replaced[] {
  return commandsOf(statement).flatMap(({ subtype, name = '' }) => {
    const table = tableOfStatement(statement, before);
    if (subtype !== 'AT_DropColumn' || !table) return [];
    const key = relationKey(table.name);
    const tables = [table, ...descendantsOf(before, key)];
    return tables.flatMap((one) =>
      columnOf(one, name) && columnOf(tableAt(now, relationKey(one.name)), name)
        ? [{ table: one, column: name, own: one === table }]
        : [],
    );
  });
}

export interface Replaced {
  readonly table: Table;
  readonly column: string;
  /** Of the table that the statement names: its heirs follow it. */
  readonly own: boolean;
}

/**
 * What goes before all else: new columns under the names of old ones; and what Postgres has written casts into because
 * a column had another type meanwhile, or another collation, which it would keep: that is dropped and made anew.
 */
export function firstSteps(way: Way, statement: Statement): readonly string[] {
  const { before, now } = way;
  const replaced = replacedColumns(statement, before, now)
    .filter(({ own }) => own)
    .map(
      ({ table, column }) => `ALTER TABLE ${written(way, table.name)} DROP COLUMN ${quoteIdentifier(column)}`,
    );
  const table = tableOfStatement(statement, before);
  if (!table) return replaced;
  const retyped = commandsOf(statement).filter(({ subtype }) => subtype === 'AT_AlterColumnType');
  const stale = retyped.flatMap(({ name = '' }) =>
    [table, ...descendantsOf(before, relationKey(table.name))].flatMap((one) => staleParts(way, one, name)),
  );
  return [...replaced, ...new Set(stale)];
}

/** USING … AT TIME ZONE, which is turned back by the same zone: by column name, the expression that does. */
export function conversionsOf(statement: Statement): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const { subtype, name = '', def } of commandsOf(statement)) {
    const using = def && 'ColumnDef' in def ? def.ColumnDef.raw_default : undefined;
    const zone = subtype === 'AT_AlterColumnType' ? zoneOf(using, name) : undefined;
    if (zone !== undefined) found.set(name, `${quoteIdentifier(name)} AT TIME ZONE ${quoteLiteral(zone)}`);
  }
  return found;
}

/** The zone of `column AT TIME ZONE 'zone'`. */
export function zoneOf(using: Node | undefined, column: string): string | undefined {
  if (!using || !('FuncCall' in using)) return undefined;
  const { funcname, args = [] } = using.FuncCall;
  const [zone, value] = args;
  if (stringsOf(funcname).at(-1) !== 'timezone' || !zone || !('A_Const' in zone)) return undefined;
  const reads = value && 'ColumnRef' in value && stringsOf(value.ColumnRef.fields).at(-1) === column;
  return reads ? zone.A_Const.sval?.sval : undefined;
}

function staleParts(way: Way, table: Table, column: string): readonly string[] {
  const { before, now } = way;
  const key = relationKey(table.name);
  const [was, is] = [columnOf(table, column), columnOf(tableAt(now, key), column)];
  if (was?.type === undefined || is?.type === undefined) return [];
  const kept = keepsExpressions(was.type, is.type, before);
  const collated = was.collation !== is.collation;
  if (kept && !collated) return [];
  const drop = ({ name }: Constraint) =>
    `ALTER TABLE ${written(way, table.name)} DROP CONSTRAINT ${quoteIdentifier(name)}`;
  const checks = table.constraints.filter(
    (one) => !kept && one.kind === 'check' && one.local !== false && one.columns.includes(column),
  );
  const indexes = [...indexesOf(before, key)].filter(
    (index) => index.parent === undefined && isStale(index, column, kept),
  );
  const backed = (index: Index) => table.constraints.find(({ name }) => name === index.constraint);
  return [
    ...checks.map(drop),
    ...indexes.map((index) => {
      const constraint = backed(index);
      return constraint ? drop(constraint) : `DROP INDEX ${written(way, index.name)}`;
    }),
  ];
}

function isStale(index: Index, column: string, kept: boolean): boolean {
  if (index.reads.includes(column) && !kept) return true;
  return index.columns.includes(column) && /\bcollate\b/i.test(tailOf(index.definition));
}

function commandsOf({ node }: Statement): readonly AlterTableCmd[] {
  const cmds = 'AlterTableStmt' in node ? node.AlterTableStmt.cmds : undefined;
  return (cmds ?? []).flatMap((one) => ('AlterTableCmd' in one ? [one.AlterTableCmd] : []));
}

function tableOfStatement({ node }: Statement, before: Schema): Table | undefined {
  const fields: AlterTableStmt | undefined = 'AlterTableStmt' in node ? node.AlterTableStmt : undefined;
  return fields?.relation && findTable(before, nameOfRangeVar(fields.relation));
}
