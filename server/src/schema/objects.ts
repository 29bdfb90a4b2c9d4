import type {
  AlterSeqStmt,
  CreateForeignTableStmt,
  CreateSchemaStmt,
  CreateSeqStmt,
  DefElem,
  Node,
} from '@pgsql/types';
import { nameOfRangeVar, nameOfStrings, stringsOf } from '../sql/names.ts';
import { objectKey } from './addresses.ts';
import { applyNode } from './apply.ts';
import { createTable } from './create-table.ts';
import { roleName } from './described.ts';
import { type Apply, type Draft, find, findKey, isFree, newName, put } from './draft.ts';
import type { Sequence } from './model.ts';
import { temporarySchema } from './names.ts';
import { parametersIn } from './sequence-parameters.ts';
import { changeSession } from './spelling.ts';

export const applyCreateForeignTable: Apply<CreateForeignTableStmt> = (draft, { base }, statement) => {
  if (base) createTable(draft, base, statement, { foreign: true });
};

/** CREATE SCHEMA with what it is said to hold, which is made there. */
export const applyCreateSchema: Apply<CreateSchemaStmt> = (draft, fields, statement) => {
  const { schemaname, authrole, schemaElts = [], if_not_exists } = fields;
  const name = schemaname ?? authrole?.rolename;
  if (name === undefined) return;
  if (draft.schemas.has(name)) {
    draft.refused = draft.refused || !if_not_exists;
    return;
  }
  draft.schemas.add(name);
  const owner = roleName(authrole);
  if (owner !== undefined) {
    const made = { kind: 'schema', name: { schema: undefined, name }, owner };
    draft.objects.set(objectKey(made), made);
  }
  if (schemaElts.length === 0) return;
  const { searchPath } = draft;
  changeSession(draft, { searchPath: [name, ...searchPath], timeZone: draft.timeZone });
  for (const node of inCreationOrder(schemaElts)) applyNode(draft, node, statement);
  changeSession(draft, { searchPath, timeZone: draft.timeZone });
};

/** Postgres makes sequences, then tables, then views, indexes and triggers, whatever the text says. */
const creationOrder = ['CreateSeqStmt', 'CreateStmt', 'ViewStmt', 'IndexStmt', 'CreateTrigStmt', 'GrantStmt'];

function inCreationOrder(nodes: readonly Node[]): readonly Node[] {
  const rank = (node: Node) => creationOrder.indexOf(Object.keys(node)[0] ?? '');
  return [...nodes].sort((a, b) => rank(a) - rank(b));
}

export const applyCreateSequence: Apply<CreateSeqStmt> = (draft, fields) => {
  const { sequence, options = [], if_not_exists } = fields;
  if (!sequence) return;
  const name = newName(draft, nameOfRangeVar(sequence), sequence.relpersistence === 't');
  if (!isFree(draft, name, if_not_exists === true)) return;
  const ownedBy = ownerIn(draft, options);
  put(draft, {
    kind: 'sequence',
    name,
    madeByPlan: draft.madeByPlan,
    empty: draft.madeByPlan,
    ownedBy: ownedBy?.owner,
    parameters: parametersIn({}, options),
    ...(name.schema === temporarySchema
      ? { persistence: 'temporary' }
      : sequence.relpersistence === 'u'
        ? { persistence: 'unlogged' }
        : {}),
  });
};

export const applyAlterSequence: Apply<AlterSeqStmt> = (draft, { sequence, options = [] }) => {
  const relation = sequence && find(draft, nameOfRangeVar(sequence));
  const owner = ownerIn(draft, options);
  if (relation?.kind !== 'sequence') return;
  put(draft, {
    ...relation,
    ...(owner ? { ownedBy: owner.owner } : {}),
    ...(relation.parameters ? { parameters: parametersIn(relation.parameters, options) } : {}),
  });
};

function ownerIn(
  draft: Draft,
  options: readonly Node[],
): { readonly owner: Sequence['ownedBy'] } | undefined {
  for (const option of options) {
    const element: DefElem | undefined = 'DefElem' in option ? option.DefElem : undefined;
    if (element?.defname !== 'owned_by' || !element.arg || !('List' in element.arg)) continue;
    const parts = stringsOf(element.arg.List.items);
    if (parts.length < 2) return { owner: undefined };
    const table = findKey(draft, nameOfStrings(parts.slice(0, -1)));
    return { owner: { table, column: parts.at(-1) ?? '' } };
  }
  return undefined;
}
