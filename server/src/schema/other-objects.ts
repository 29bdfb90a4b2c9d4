import type {
  AlterEventTrigStmt,
  AlterStatsStmt,
  CreateCastStmt,
  CreateEventTrigStmt,
  CreateStatsStmt,
  DefElem,
  DefineStmt,
  Node,
} from '@pgsql/types';
import { nameOfObject, nameOfRangeVar, nameOfStrings, stringsOf } from '../sql/names.ts';
import { argumentsOf, kindOf, objectKey } from './addresses.ts';
import { define, renamedIn } from './definition.ts';
import { dependenciesOf, triggerFunctionDependency, withDependencies } from './dependencies.ts';
import { type Apply, type Draft, findKey, newName, typeOf } from './draft.ts';
import { columnsRead } from './expressions.ts';
import { dependencyOf } from './links.ts';
import type { OtherObject, Renaming } from './model.ts';
import { qualify } from './names.ts';
import { chooseName, joinColumnNames } from './object-names.ts';

/** Puts an object where none is yet. One that is there is kept with IF NOT EXISTS, and the statement refused without. */
export function addObject(draft: Draft, made: OtherObject, ifNotExists: boolean): void {
  const key = objectKey(made);
  const before = draft.objects.get(key);
  if (before?.definition) draft.refused = draft.refused || !ifNotExists;
  else draft.objects.set(key, { ...before, ...made });
}

/** Changes an object, where it is known. */
export function updateObject(draft: Draft, key: string, change: (object: OtherObject) => OtherObject): void {
  const object = draft.objects.get(key);
  if (object) draft.objects.set(key, change(object));
}

export function settingText(arg: Node | undefined): string {
  if (!arg) return 'true';
  if ('String' in arg) return arg.String.sval ?? '';
  if ('Integer' in arg) return String(arg.Integer.ival ?? 0);
  if ('Float' in arg) return arg.Float.fval ?? '';
  if ('Boolean' in arg) return String(arg.Boolean.boolval ?? false);
  if ('TypeName' in arg) return stringsOf(arg.TypeName.names).join('.');
  if ('List' in arg) return stringsOf(arg.List.items).join('.');
  return '';
}

export function elements(options: readonly Node[] | undefined): readonly DefElem[] {
  return (options ?? []).flatMap((node) => ('DefElem' in node ? [node.DefElem] : []));
}

export function settingsIn(options: readonly Node[] | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries(elements(options).map(({ defname = '', arg }) => [defname, settingText(arg)]));
}

/** CREATE AGGREGATE, OPERATOR, COLLATION, TEXT SEARCH …: kept as they were written. */
export const applyDefineObject: Apply<DefineStmt> = (draft, fields, statement) => {
  const { kind: objectType = '', defnames, args = [], if_not_exists, replace, definition } = fields;
  const kind = kindOf(objectType);
  if (kind === undefined) return;
  const name = newName(draft, nameOfStrings(stringsOf(defnames)));
  const suffix =
    objectType === 'OBJECT_AGGREGATE'
      ? aggregateArguments(draft, args)
      : objectType === 'OBJECT_OPERATOR'
        ? operatorArguments(draft, elements(definition))
        : '';
  const made = { kind, name, suffix, definition: define(draft, statement, { DefineStmt: fields }) };
  if (replace) draft.objects.delete(objectKey(made));
  addObject(draft, made, if_not_exists === true);
};

function aggregateArguments(draft: Draft, [list]: readonly Node[]): string {
  const parameters = list && 'List' in list ? (list.List.items ?? []) : [];
  const types = parameters.flatMap((node): readonly Node[] =>
    'FunctionParameter' in node && node.FunctionParameter.argType
      ? [{ TypeName: node.FunctionParameter.argType }]
      : [],
  );
  return argumentsOf(draft, types);
}

function operatorArguments(draft: Draft, options: readonly DefElem[]): string {
  const type = (name: string) => {
    const arg = options.find(({ defname }) => defname?.toLowerCase() === name)?.arg;
    return arg && 'TypeName' in arg ? (typeOf(draft, arg.TypeName) ?? '?') : 'NONE';
  };
  return `(${type('leftarg')}, ${type('rightarg')})`;
}

export const applyCreateCast: Apply<CreateCastStmt> = (draft, fields, statement) => {
  const [source, target] = [fields.sourcetype, fields.targettype].map((type) => typeOf(draft, type) ?? '?');
  const name = { schema: undefined, name: '' };
  const definition = define(draft, statement, { CreateCastStmt: fields });
  addObject(draft, { kind: 'cast', name, suffix: `(${source} AS ${target})`, definition }, false);
};

export const applyCreateEventTrigger: Apply<CreateEventTrigStmt> = (draft, fields, statement) => {
  const { trigname = '', funcname } = fields;
  const calls = triggerFunctionDependency(draft, stringsOf(funcname));
  const made: OtherObject = {
    kind: 'event trigger',
    name: { schema: undefined, name: trigname },
    definition: define(draft, statement, { CreateEventTrigStmt: fields }),
  };
  addObject(draft, withDependencies(made, calls === undefined ? [] : [calls]), false);
};

export const applyAlterEventTrigger: Apply<AlterEventTrigStmt> = (
  draft,
  { trigname = '', tgenabled = 'O' },
) => {
  const key = objectKey({ kind: 'event trigger', name: { schema: undefined, name: trigname } });
  updateObject(draft, key, (one) => ({ ...one, settings: { ...one.settings, firing: tgenabled } }));
};

/** CREATE STATISTICS; Postgres names it after the table and its columns where no name is given. */
export const applyCreateStatistics: Apply<CreateStatsStmt> = (draft, fields, statement) => {
  const { defnames, exprs = [], relations = [], if_not_exists } = fields;
  const [from] = relations;
  if (!from || !('RangeVar' in from)) return;
  const table = findKey(draft, nameOfRangeVar(from.RangeVar));
  const parts = exprs.flatMap((node) => ('StatsElem' in node ? [node.StatsElem] : []));
  const given = nameOfStrings(stringsOf(defnames));
  const name = given.name === '' ? statisticsName(draft, table, parts) : newName(draft, given);
  const reads = parts.flatMap((part) => (part.name ? [part.name] : columnsRead(part.expr)));
  const made: OtherObject = {
    kind: 'statistics',
    name,
    tables: [table],
    reads,
    definition: define(draft, statement, { CreateStatsStmt: fields }),
  };
  addObject(
    draft,
    withDependencies(made, dependenciesOf(draft, ...parts.map(({ expr }) => expr))),
    if_not_exists === true,
  );
};

function statisticsName(draft: Draft, table: string, parts: readonly { name?: string }[]) {
  const { schema, name } = draft.relations.get(table)?.name ?? { schema: 'public', name: '' };
  const columns = joinColumnNames(parts.map((part) => part.name || 'expr'));
  const taken = (one: string) =>
    draft.objects.has(objectKey({ kind: 'statistics', name: { schema, name: one } }));
  return { schema, name: chooseName(name, columns, 'stat', taken) };
}

export const applyAlterStatistics: Apply<AlterStatsStmt> = (draft, { defnames, stxstattarget }) => {
  const value = stxstattarget ? settingText(stxstattarget) : '-1';
  const key = otherKey(draft, 'statistics', nameOfStrings(stringsOf(defnames)));
  updateObject(draft, key, ({ settings: { target: _, ...rest } = {}, ...one }) => {
    const settings = value === '-1' ? rest : { ...rest, target: value };
    return { ...one, settings };
  });
};

/** The key of an object that a schema may hold, by the search path. */
export function otherKey(
  draft: Draft,
  kind: string,
  name: ReturnType<typeof nameOfStrings>,
  suffix = '',
): string {
  return objectKey({
    kind,
    name: qualify(draft, name, (key) => draft.objects.has(`${kind} ${key}${suffix}`)),
    suffix,
  });
}

/** What names a relation by its old key names it by its new one. */
export function moveInObjects(draft: Draft, from: string, to: string): void {
  const swap = (key: string) => (key === from ? to : key);
  for (const object of [...draft.objects.linked(from)]) {
    if (!object.tables?.includes(from)) continue;
    const { publication, definition } = object;
    const renaming: Renaming = {
      kind: 'object',
      from: dependencyOf('relation', from),
      to: dependencyOf('relation', to),
    };
    draft.objects.set(objectKey(object), {
      ...object,
      tables: object.tables.map(swap),
      ...(definition ? { definition: renamedIn(definition, renaming) } : {}),
      ...(publication
        ? {
            publication: {
              ...publication,
              tables: publication.tables.map((one) => ({
                ...one,
                table: swap(one.table),
                ...(one.where && one.table === from
                  ? {
                      where: {
                        ...one.where,
                        ...(one.where.definition
                          ? { definition: renamedIn(one.where.definition, renaming) }
                          : {}),
                      },
                    }
                  : {}),
              })),
            },
          }
        : {}),
    });
  }
}

/** The kinds of objects that a schema of the database is left with nothing of once it is dropped. */
export function dropObjectsOf(draft: Draft, schema: string): void {
  for (const [key, one] of [...draft.objects]) {
    const own = one.kind === 'schema' && one.name.name === schema;
    if (own || one.name.schema === schema) draft.objects.delete(key);
    else if (one.publication?.schemas.includes(schema)) {
      const schemas = one.publication.schemas.filter((each) => each !== schema);
      draft.objects.set(key, { ...one, publication: { ...one.publication, schemas } });
    }
  }
}

/** Takes a table out of the publications that hold it, and drops its statistics objects. */
export function dropFromObjects(draft: Draft, table: string, column?: string): void {
  for (const object of [...draft.objects.linked(table)]) {
    if (!object.tables?.includes(table)) continue;
    const key = objectKey(object);
    if (object.kind === 'statistics') {
      if (column === undefined || object.reads?.includes(column)) draft.objects.delete(key);
      continue;
    }
    const { publication } = object;
    if (!publication) continue;
    const gone = publication.tables.filter(
      (one) =>
        one.table === table &&
        (column === undefined || one.columns?.includes(column) || one.where?.reads.includes(column)),
    );
    if (gone.length === 0) continue;
    const tables = publication.tables.filter((one) => !gone.includes(one));
    draft.objects.set(key, {
      ...object,
      tables: tables.map((one) => one.table),
      publication: { ...publication, tables },
    });
  }
}

export function renameColumnInObjects(draft: Draft, table: string, from: string, to: string): void {
  const swap = (names: readonly string[]) => names.map((name) => (name === from ? to : name));
  for (const object of [...draft.objects.linked(table)]) {
    if (!object.tables?.includes(table)) continue;
    const renaming = { kind: 'column', of: table, from, to } as const;
    const { publication } = object;
    draft.objects.set(objectKey(object), {
      ...object,
      ...(object.reads ? { reads: swap(object.reads) } : {}),
      ...(object.definition && object.kind === 'statistics'
        ? { definition: { ...object.definition, renames: [...(object.definition.renames ?? []), renaming] } }
        : {}),
      ...(publication
        ? {
            publication: {
              ...publication,
              tables: publication.tables.map((one) =>
                one.table !== table
                  ? one
                  : {
                      ...one,
                      ...(one.columns ? { columns: swap(one.columns) } : {}),
                      ...(one.where
                        ? {
                            where: {
                              ...one.where,
                              reads: swap(one.where.reads),
                              ...(one.where.definition
                                ? {
                                    definition: {
                                      ...one.where.definition,
                                      renames: [...(one.where.definition.renames ?? []), renaming],
                                    },
                                  }
                                : {}),
                            },
                          }
                        : {}),
                    },
              ),
            },
          }
        : {}),
    });
  }
}

/** Drops objects of a kind that is followed here; undefined for other kinds. */
export function dropObjects(draft: Draft, objectType: string, objects: readonly Node[]): void {
  const kind = kindOf(objectType);
  if (kind === undefined) return;
  for (const object of objects) {
    const name = nameOfObject(object);
    if (!name) continue;
    const suffix = 'ObjectWithArgs' in object ? argumentsOf(draft, object.ObjectWithArgs.objargs) : '';
    const unplaced = objectKey({ kind, name: { schema: undefined, name: name.name } });
    draft.objects.delete(
      draft.objects.has(unplaced) && name.schema === undefined
        ? unplaced
        : otherKey(draft, kind, name, suffix),
    );
  }
}

/** Another name, or another schema, for an object of a kind that is followed here. */
export function moveObject(draft: Draft, key: string, name: OtherObject['name']): void {
  const object = draft.objects.get(key);
  if (!object) return;
  const moved = { ...object, name };
  if (draft.objects.has(objectKey(moved))) {
    draft.refused = true;
    return;
  }
  draft.objects.delete(key);
  draft.objects.set(objectKey(moved), moved);
}

/** An extension stands in no schema itself, but for what it brings. */
export function setObjectSchema(draft: Draft, key: string, schema: string): void {
  const object = draft.objects.get(key);
  if (!object) return;
  if (object.name.schema !== undefined) moveObject(draft, key, { ...object.name, schema });
  else draft.objects.set(key, { ...object, settings: { ...object.settings, schema } });
}

/** What a renamed schema holds, and what is said of it, goes with it. */
export function moveSchemaOfObjects(draft: Draft, from: string, to: string): void {
  for (const [key, one] of [...draft.objects]) {
    if (one.kind === 'schema' && one.name.name === from) moveObject(draft, key, { ...one.name, name: to });
    else if (one.name.schema === from) moveObject(draft, key, { ...one.name, schema: to });
    else if (one.publication?.schemas.includes(from)) {
      const schemas = one.publication.schemas.map((each) => (each === from ? to : each));
      draft.objects.set(key, { ...one, publication: { ...one.publication, schemas } });
    } else if (one.settings?.schema === from)
      draft.objects.set(key, { ...one, settings: { ...one.settings, schema: to } });
  }
}
