import type {
  AlterSeqStmt,
  CreateForeignTableStmt,
  CreateSchemaStmt,
  CreateSeqStmt,
  CreateTableAsStmt,
  CreateTrigStmt,
  DefElem,
  Node,
  RangeVar,
  ViewStmt,
} from '@pgsql/types';
import { nameOfRangeVar, nameOfStrings, stringsOf } from '../sql/names.ts';
import { createTable, persistenceOf } from './create-table.ts';
import {
  type Apply,
  type Draft,
  emptyTable,
  find,
  findKey,
  heirsOf,
  newName,
  put,
  touchRangeVar,
  updateTable,
} from './draft.ts';
import { walk } from './expressions.ts';
import type { Sequence } from './model.ts';
import { relationKey } from './names.ts';

export const applyCreateForeignTable: Apply<CreateForeignTableStmt> = (draft, { base }, statement) => {
  if (base) createTable(draft, base, statement, { foreign: true });
};

export const applyCreateSchema: Apply<CreateSchemaStmt> = (draft, { schemaname }) => {
  if (schemaname) draft.schemas.add(schemaname);
};

export const applyCreateView: Apply<ViewStmt> = (draft, { view, query, replace }, statement) => {
  if (!view) return;
  const name = newName(draft, nameOfRangeVar(view));
  const key = relationKey(name);
  const before = draft.relations.get(key);
  if (before && !(replace && before.kind === 'view')) return;
  put(draft, {
    kind: 'view',
    name,
    madeByPlan: before?.madeByPlan ?? draft.madeByPlan,
    empty: false,
    definition: statement.text,
    reads: relationsRead(draft, query),
  });
};

/** CREATE TABLE AS and CREATE MATERIALIZED VIEW. The columns of the query are not worked out. */
export const applyCreateTableAs: Apply<CreateTableAsStmt> = (draft, { into, objtype, query }, statement) => {
  if (!into?.rel) return;
  const name = newName(draft, nameOfRangeVar(into.rel));
  if (draft.relations.has(relationKey(name))) return;
  const common = { name, madeByPlan: draft.madeByPlan, empty: draft.madeByPlan && into.skipData === true };
  if (objtype === 'OBJECT_MATVIEW') {
    put(draft, {
      ...common,
      kind: 'materialized view',
      definition: statement.text,
      reads: relationsRead(draft, query),
    });
  } else {
    const persistence = persistenceOf(into.rel.relpersistence);
    put(draft, { ...emptyTable(name), ...common, persistence, columnsComplete: false });
  }
};

/** Keys of the relations that a query names, those of its WITH clauses left out. */
export function relationsRead(
  draft: Pick<Draft, 'relations' | 'searchPath'>,
  query: Node | undefined,
): readonly string[] {
  const keys = new Set<string>();
  const named = new Set<string>();
  const ranges: RangeVar[] = [];
  for (const [kind, fields] of walk(query)) {
    if (kind === 'CommonTableExpr' && typeof fields.ctename === 'string') named.add(fields.ctename);
    if (kind === 'RangeVar') ranges.push(fields as RangeVar);
  }
  for (const range of ranges) {
    const name = nameOfRangeVar(range);
    if (name.schema === undefined && named.has(name.name)) continue;
    keys.add(findKey(draft as Draft, name));
  }
  return [...keys];
}

export const applyCreateSequence: Apply<CreateSeqStmt> = (draft, { sequence, options = [] }) => {
  if (!sequence) return;
  const name = newName(draft, nameOfRangeVar(sequence));
  if (draft.relations.has(relationKey(name))) return;
  const ownedBy = ownerIn(draft, options);
  put(draft, {
    kind: 'sequence',
    name,
    madeByPlan: draft.madeByPlan,
    empty: draft.madeByPlan,
    ownedBy: ownedBy?.owner,
  });
};

export const applyAlterSequence: Apply<AlterSeqStmt> = (draft, { sequence, options = [] }) => {
  const relation = sequence && find(draft, nameOfRangeVar(sequence));
  const owner = ownerIn(draft, options);
  if (relation?.kind === 'sequence' && owner) put(draft, { ...relation, ownedBy: owner.owner });
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

export const applyCreateTrigger: Apply<CreateTrigStmt> = (draft, { relation, trigname = '', row }) => {
  const table = touchRangeVar(draft, relation);
  if (!table) return;
  const partitions = table.partitioned && row ? heirsOf(draft, relationKey(table.name)) : [];
  for (const one of [table, ...partitions]) {
    updateTable(draft, relationKey(one.name), (own) =>
      own.triggers.includes(trigname) ? own : { ...own, triggers: [...own.triggers, trigname] },
    );
  }
};
