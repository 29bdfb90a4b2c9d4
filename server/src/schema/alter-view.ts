import type { AlterTableCmd, Node } from '@pgsql/types';
import type { Statement } from '../sql/model.ts';
import { sourceAfter } from '../sql/source.ts';
import { changeOwner } from './described.ts';
import type { Draft } from './draft.ts';
import { sequencesOf } from './lookup.ts';
import type { Sequence, View } from './model.ts';
import { relationKey } from './names.ts';
import { elements, settingText } from './other-objects.ts';
import { inPasses } from './passes.ts';

/** ALTER VIEW, MATERIALIZED VIEW or SEQUENCE, or an ALTER TABLE that names one of them. */
export function alterOther(
  draft: Draft,
  relation: View | Sequence,
  cmds: readonly Node[] | undefined,
  statement: Statement,
): void {
  const key = relationKey(relation.name);
  for (const { command } of inPasses(cmds)) {
    if (command.subtype === 'AT_ChangeOwner') changeRelationOwner(draft, key, command);
    const now = draft.relations.get(key);
    if (now?.kind === 'view' || now?.kind === 'materialized view')
      draft.relations.set(key, altered(now, command, statement));
    if (now?.kind === 'sequence') draft.relations.set(key, alteredSequence(now, command));
  }
}

function alteredSequence(sequence: Sequence, { subtype }: AlterTableCmd): Sequence {
  const { persistence: _, ...rest } = sequence;
  if (subtype === 'AT_SetLogged') return rest;
  return subtype === 'AT_SetUnLogged' ? { ...rest, persistence: 'unlogged' } : sequence;
}

function altered(view: View, { subtype, name, def }: AlterTableCmd, statement: Statement): View {
  const options = elements(def && 'List' in def ? def.List.items : []);
  const column = (
    change: (one: NonNullable<View['columns']>[number]) => NonNullable<View['columns']>[number],
  ) =>
    view.columns
      ? { ...view, columns: view.columns.map((one) => (one.name === name ? change(one) : one)) }
      : view;
  switch (subtype) {
    case 'AT_SetRelOptions': {
      const set = options.map(({ defname = '', arg }) => [defname, settingText(arg)]);
      return { ...view, options: { ...view.options, ...Object.fromEntries(set) } };
    }
    case 'AT_ResetRelOptions': {
      const reset = options.map(({ defname }) => defname);
      return {
        ...view,
        options: Object.fromEntries(
          Object.entries(view.options ?? {}).filter(([one]) => !reset.includes(one)),
        ),
      };
    }
    case 'AT_ColumnDefault': {
      const source = def && sourceAfter(statement, 'default', def);
      return column(({ default: _, ...one }) => (source === undefined ? one : { ...one, default: source }));
    }
    case 'AT_SetAccessMethod':
      return { ...view, storage: { ...view.storage, ...(name ? { method: name } : {}) } };
    case 'AT_SetTableSpace':
      return { ...view, storage: { ...view.storage, ...(name ? { tablespace: name } : {}) } };
    case 'AT_SetStatistics':
    case 'AT_SetStorage':
    case 'AT_SetCompression':
    case 'AT_SetOptions':
    case 'AT_ResetOptions':
      return column((one) => ({ ...one, altered: true }));
    case 'AT_ClusterOn':
    case 'AT_DropCluster':
      return { ...view, clusteredOn: subtype === 'AT_ClusterOn' ? name : undefined };
    default:
      return view;
  }
}

/** The sequences that a table owns have its owner. */
export function changeRelationOwner(draft: Draft, key: string, { newowner }: AlterTableCmd): void {
  changeOwner(draft, { map: 'relations', key }, newowner);
  for (const { name } of [...sequencesOf(draft, key)])
    changeOwner(draft, { map: 'relations', key: relationKey(name) }, newowner);
}
