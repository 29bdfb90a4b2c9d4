import { childrenOf, findTable, relationKey } from '../schema/lookup.ts';
import type { Schema, Table } from '../schema/model.ts';
import { triggersOf } from '../schema/triggers.ts';
import type { Statement } from '../sql/model.ts';
import { nameOfStrings, stringsOf } from '../sql/names.ts';

/**
 * The partitioned table, and the name of its trigger for each row, that a DROP TRIGGER takes away with the copies on its
 * partitions. Until its turn comes the table is held in ACCESS SHARE alone: the copies go first, and ACCESS EXCLUSIVE is
 * taken for each as it goes (get_object_address_relobject in objectaddress.c, RemoveTriggerById in trigger.c), so that the
 * partitions are locked before their whole.
 */
export function copiedTriggerDropped(
  { node }: Statement,
  before: Schema,
): { readonly table: Table; readonly name: string } | undefined {
  if (!('DropStmt' in node) || node.DropStmt.removeType !== 'OBJECT_TRIGGER') return undefined;
  const [object] = node.DropStmt.objects ?? [];
  const parts = object && 'List' in object ? stringsOf(object.List.items) : [];
  const name = parts.at(-1);
  const table = findTable(before, nameOfStrings(parts.slice(0, -1)));
  if (name === undefined || !table?.partitioned) return undefined;
  const isCopied = [...childrenOf(before, relationKey(table.name))].some((child) =>
    triggersOf(child).some((one) => one.name === name && one.ofParent),
  );
  return isCopied ? { table, name } : undefined;
}
