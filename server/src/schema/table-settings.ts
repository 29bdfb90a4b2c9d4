import type { AlterTableCmd, ClusterStmt, Node } from '@pgsql/types';
import { nameOfRangeVar } from '../sql/names.ts';
import type { Subcommand, Target } from './alter-table.ts';
import { type Apply, childKeys, type Draft, find, heirsOf, updateTable } from './draft.ts';
import { changeColumn, keysOf } from './inheritance.ts';
import { columnOf, indexesOf, tableByKey } from './lookup.ts';
import type { Column, Index, Table } from './model.ts';
import { relationKey } from './names.ts';
import { resetOptions, setOptions } from './options.ts';
import { keptStorage } from './storage.ts';

/** Subcommands of ALTER TABLE that change no row and no rule for rows. */
export const settingCommands: Readonly<Record<string, Subcommand>> = {
  AT_SetStorage: (target, { name = '', def }) =>
    eachOwn(target, name, (column) => changed(column, { storage: keptStorage(column.type, stringOf(def)) })),
  AT_SetCompression: (target, { name = '', def }) => {
    const named = stringOf(def)?.toLowerCase();
    eachOwn(target, name, (column) =>
      changed(column, { compression: named === 'default' ? undefined : named }),
    );
  },
  AT_SetStatistics: (target, { name = '', def }) =>
    eachOwn(target, name, (column) => changed(column, { statistics: targetOf(def) })),
  AT_SetOptions: (target, { name = '', def }) =>
    eachOwn(target, name, (column) => changed(column, { options: setOptions(column.options, itemsOf(def)) })),
  AT_ResetOptions: (target, { name = '', def }) =>
    eachOwn(target, name, (column) =>
      changed(column, { options: resetOptions(column.options, itemsOf(def)) }),
    ),
  AT_SetRelOptions: onTable((table, { def }) => ({ options: setOptions(table.options, itemsOf(def)) })),
  AT_ResetRelOptions: onTable((table, { def }) => ({ options: resetOptions(table.options, itemsOf(def)) })),
  AT_ForceRowSecurity: onTable(() => ({ forcesRowSecurity: true })),
  AT_NoForceRowSecurity: onTable(() => ({ forcesRowSecurity: undefined })),
  AT_SetTableSpace: onTable((_, { name }) => ({ tablespace: keptTablespace(name) })),
  // A partitioned table keeps the one that its new partitions will have.
  AT_SetAccessMethod: onTable(({ partitioned }, { name }) => ({
    accessMethod: partitioned ? name || undefined : keptMethod(name),
  })),
  AT_ReplicaIdentity: ({ draft, key }, { def }) => {
    const { identity_type, name } = def && 'ReplicaIdentityStmt' in def ? def.ReplicaIdentityStmt : {};
    const kinds = { f: 'full', n: 'nothing', i: 'index' } as const;
    const replicaIdentity = kinds[identity_type as keyof typeof kinds];
    updateTable(draft, key, (table) => changed(table, { replicaIdentity }));
    markIndex(draft, key, name || undefined, 'replicaIdentity');
  },
  AT_ClusterOn: ({ draft, key }, { name }) => markIndex(draft, key, name, 'clustered'),
  AT_DropCluster: ({ draft, key }) => markIndex(draft, key, undefined, 'clustered'),
};

/** ALTER INDEX, and ALTER TABLE where it names an index. */
export const indexCommands: Readonly<
  Record<string, (draft: Draft, index: Index, command: AlterTableCmd) => void>
> = {
  AT_SetRelOptions: onIndex((index, { def }) => ({ options: setOptions(index.options, itemsOf(def)) })),
  AT_ResetRelOptions: onIndex((index, { def }) => ({ options: resetOptions(index.options, itemsOf(def)) })),
  AT_SetTableSpace: onIndex((_, { name }) => ({ tablespace: keptTablespace(name) })),
  AT_SetStatistics: onIndex(({ statistics = {} }, { num = 0, def }) => {
    const { [num]: _, ...others } = statistics;
    const target = targetOf(def);
    const now = target === undefined ? others : { ...others, [num]: target };
    return { statistics: Object.keys(now).length > 0 ? now : undefined };
  }),
};

/** CLUSTER … USING marks the index for the next time. */
export const applyCluster: Apply<ClusterStmt> = (draft, { relation, indexname }) => {
  const table = relation && find(draft, nameOfRangeVar(relation));
  if (table?.kind === 'table' && indexname) markTree(draft, table, indexname);
  if (table?.kind === 'materialized view' && indexname)
    draft.relations.set(relationKey(table.name), { ...table, clusteredOn: indexname });
};

/** Of a partitioned table the indexes of its partitions are marked. */
function markTree(draft: Draft, table: Table, name: string): void {
  const key = relationKey(table.name);
  if (!table.partitioned) {
    markIndex(draft, key, name, 'clustered');
    return;
  }
  const whole = [...indexesOf(draft, key)].find((index) => index.name.name === name);
  const wholeKey = whole && relationKey(whole.name);
  for (const childKey of childKeys(draft, key)) {
    const child = tableByKey(draft, childKey);
    const part = [...indexesOf(draft, childKey)].find(({ parent }) => parent === wholeKey);
    if (child && part) markTree(draft, child, part.name.name);
  }
}

/** Undefined for the default place, which the catalogs keep no name of. */
export function keptTablespace(name: string | undefined): string | undefined {
  return name === 'pg_default' || name === '' ? undefined : name;
}

export function keptMethod(name: string | undefined): string | undefined {
  return name === 'heap' || name === '' ? undefined : name;
}

/** With the fields put in; a field that is undefined is taken out. */
export function changed<One extends object>(one: One, fields: Partial<One>): One {
  const result: Record<string, unknown> = { ...one, ...fields };
  for (const [key, value] of Object.entries(fields)) if (value === undefined) delete result[key];
  return result as One;
}

function onTable(
  change: (
    table: Table,
    command: AlterTableCmd,
  ) => { readonly [Key in keyof Table]?: Table[Key] | undefined },
): Subcommand {
  return ({ draft, key }, command) =>
    updateTable(draft, key, (table) => changed(table, change(table, command) as Partial<Table>));
}

function onIndex(
  change: (
    index: Index,
    command: AlterTableCmd,
  ) => { readonly [Key in keyof Index]?: Index[Key] | undefined },
) {
  return (draft: Draft, index: Index, command: AlterTableCmd): void => {
    draft.relations.set(relationKey(index.name), changed(index, change(index, command) as Partial<Index>));
  };
}

/** The column in the table and in those that inherit it; a name that is not there is refused. */
function eachOwn({ draft, key, recurse }: Target, name: string, to: (column: Column) => Column): void {
  const table = tableByKey(draft, key);
  if (!columnOf(table, name)) {
    if (table?.columnsComplete) draft.refused = true;
    return;
  }
  const heirs = recurse ? keysOf(heirsOf(draft, key)) : [];
  for (const each of [key, ...heirs]) changeColumn(draft, each, name, to);
}

/** One index of a table has the mark, or none. */
function markIndex(
  draft: Draft,
  key: string,
  name: string | undefined,
  mark: 'clustered' | 'replicaIdentity',
): void {
  let found = name === undefined;
  for (const index of [...indexesOf(draft, key)]) {
    const marked = index.name.name === name;
    found ||= marked;
    if ((index[mark] === true) !== marked)
      draft.relations.set(relationKey(index.name), changed(index, { [mark]: marked || undefined }));
  }
  if (!found && tableByKey(draft, key)?.columnsComplete) draft.refused = true;
}

function stringOf(node: Node | undefined): string | undefined {
  return node && 'String' in node ? node.String.sval : undefined;
}

/** A statistics target; -1 and DEFAULT are none. */
function targetOf(node: Node | undefined): number | undefined {
  if (!node || !('Integer' in node)) return undefined;
  const target = node.Integer.ival ?? 0;
  return target < 0 ? undefined : target;
}

function itemsOf(node: Node | undefined): readonly Node[] | undefined {
  return node && 'List' in node ? node.List.items : undefined;
}
