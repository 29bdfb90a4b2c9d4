import type { DeleteStmt, InsertStmt, MergeStmt, Node, OnConflictClause, UpdateStmt } from '@pgsql/types';
import type { Location, RowWrite } from './query-model.ts';
import { type Output, type Scope, type Source, unknownOutput } from './query-scope.ts';
import { from, relation, withQueries } from './query-select.ts';
import { expressions, outputOf, type Place, targets, use, type Walk } from './query-walk.ts';

export function insert(walk: Walk, fields: InsertStmt, around: Place): Output {
  const place = withQueries(walk, fields.withClause, around);
  if (!fields.relation) return unknownOutput;
  const source = relation(walk, fields.relation, place, true);
  const columns = fields.cols && targets(fields.cols);
  const given = fields.selectStmt && 'SelectStmt' in fields.selectStmt ? fields.selectStmt.SelectStmt : {};
  const rows = fields.selectStmt
    ? given.valuesLists?.map((row) => ('List' in row ? (row.List.items ?? []) : []))
    : [[]];
  const output = walk.query(fields.selectStmt, place);
  const width = output.complete && !rows ? output.columns.length : undefined;
  const { onConflictClause: onConflict } = fields;
  const overriding = fields.override !== undefined && fields.override !== 'OVERRIDING_NOT_SET';
  const location = fields.relation.location;
  // `INSERT … DEFAULT VALUES` names no column and gives no value.
  const listed = fields.selectStmt ? columns : [];
  write(walk, source, { kind: 'insert', columns: listed, rows, width, overriding, onConflict, location });
  const scope: Scope = { sources: [source], outer: place.outer };
  conflict(walk, source, onConflict, place);
  return returning(walk, fields, scope, place);
}

function conflict(walk: Walk, source: Source, clause: OnConflictClause | undefined, place: Place): void {
  if (!clause) return;
  const own: Scope = { sources: [source], outer: place.outer };
  const both: Scope = {
    sources: [source, { ...source, name: 'excluded', schema: undefined }],
    outer: place.outer,
  };
  for (const node of clause.infer?.indexElems ?? []) {
    const name = 'IndexElem' in node ? node.IndexElem.name : undefined;
    if (name !== undefined) use(walk, own, [{ String: { sval: name } }], clause.infer?.location, 'read');
  }
  expressions(walk, [clause.infer?.indexElems, clause.infer?.whereClause], own, place);
  setColumns(walk, source, clause.targetList, clause.location);
  const values = targets(clause.targetList ?? []).map(({ value }) => value);
  // An unqualified name is the table's own: `excluded` is always said.
  expressions(
    walk,
    [values, clause.whereClause],
    { sources: [source], outer: { sources: both.sources, outer: place.outer } },
    place,
  );
}

export function update(walk: Walk, fields: UpdateStmt, around: Place): Output {
  const place = withQueries(walk, fields.withClause, around);
  if (!fields.relation) return unknownOutput;
  const source = relation(walk, fields.relation, place, true);
  const scope: Scope = { sources: [source], outer: place.outer };
  from(walk, fields.fromClause, scope, place);
  setColumns(walk, source, fields.targetList, fields.relation.location);
  const values = targets(fields.targetList ?? []).map(({ value }) => value);
  expressions(walk, [values, fields.whereClause], scope, place);
  return returning(walk, fields, scope, place);
}

export function remove(walk: Walk, fields: DeleteStmt, around: Place): Output {
  const place = withQueries(walk, fields.withClause, around);
  if (!fields.relation) return unknownOutput;
  const scope: Scope = { sources: [relation(walk, fields.relation, place, true)], outer: place.outer };
  from(walk, fields.usingClause, scope, place);
  expressions(walk, fields.whereClause, scope, place);
  return returning(walk, fields, scope, place);
}

export function merge(walk: Walk, fields: MergeStmt, around: Place): Output {
  const place = withQueries(walk, fields.withClause, around);
  if (!fields.relation) return unknownOutput;
  const source = relation(walk, fields.relation, place, true);
  const scope: Scope = { sources: [source], outer: place.outer };
  from(walk, fields.sourceRelation && [fields.sourceRelation], scope, place);
  expressions(walk, fields.joinCondition, scope, place);
  for (const node of fields.mergeWhenClauses ?? []) {
    if (!('MergeWhenClause' in node)) continue;
    const { commandType, condition, targetList, values, override } = node.MergeWhenClause;
    const { location } = fields.relation;
    if (commandType === 'CMD_UPDATE') setColumns(walk, source, targetList, location);
    else if (commandType === 'CMD_INSERT') {
      const overriding = override !== undefined && override !== 'OVERRIDING_NOT_SET';
      const columns = targetList ? targets(targetList) : values ? undefined : [];
      write(walk, source, {
        kind: 'insert',
        columns,
        rows: [values ?? []],
        overriding,
        onConflict: undefined,
        location,
      });
    }
    const given = commandType === 'CMD_UPDATE' ? targets(targetList ?? []).map(({ value }) => value) : values;
    expressions(walk, [condition, given], scope, place);
  }
  return returning(walk, fields, scope, place);
}

function setColumns(
  walk: Walk,
  source: Source,
  nodes: readonly Node[] | undefined,
  location: Location,
): void {
  const columns = targets(nodes ?? []);
  if (columns.length === 0) return;
  const values = columns.map(({ value }) => value ?? { SetToDefault: {} });
  write(walk, source, {
    kind: 'update',
    columns,
    rows: [values],
    overriding: false,
    onConflict: undefined,
    location,
  });
}

function write(walk: Walk, source: Source, row: Omit<RowWrite, 'key'>): void {
  const { key } = source;
  if (key === undefined) return;
  walk.writes.push({ ...row, key });
  if (row.columns === undefined)
    walk.columns.push({ key, column: null, how: 'written', certain: true, location: row.location });
  for (const { name, location } of row.columns ?? []) {
    if (source.complete && !source.columns.includes(name))
      walk.missing.push({ kind: 'column', key, name, location });
    else walk.columns.push({ key, column: name, how: 'written', certain: true, location });
  }
}

function returning(
  walk: Walk,
  fields: InsertStmt | UpdateStmt | DeleteStmt | MergeStmt,
  scope: Scope,
  place: Place,
): Output {
  const nodes = fields.returningClause?.exprs;
  // RETURNING may say `old` and `new` from version 18 on.
  const [target] = scope.sources;
  const versions = target ? ['old', 'new'].map((name) => ({ ...target, name, schema: undefined })) : [];
  expressions(
    walk,
    nodes,
    { sources: scope.sources, outer: { sources: versions, outer: scope.outer } },
    place,
  );
  return outputOf(nodes, scope);
}
