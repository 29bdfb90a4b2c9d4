import { typeParts } from '../../effects/type-change.ts';
import {
  columnOf,
  domainChain,
  findType,
  indexesOf,
  referencesTo,
  relationKey,
  tableByKey,
} from '../../schema/lookup.ts';
import type { Column, Index, Schema, Table } from '../../schema/model.ts';
import { parseName, quoteIdentifier } from '../../sql/names.ts';
import type { TableUse, VersionDraft } from '../model.ts';
import type { Enum, Key, Model, Owner, Part, Property, PropertyType, Twin } from './model.ts';
import { camelCase, freeName, kebabCase, modelName, pascalCase } from './names.ts';

/**
 * The models of a version, on the schema that it meets. `before` is the version that it takes the place of: a table that
 * has another name there keeps that one's class, so that the rest of the application need not change.
 */
export function modelsOf(version: VersionDraft, before: VersionDraft, schema: Schema): readonly Model[] {
  const used = new Set<string>();
  const enums = new Map<string, Enum>();
  const models = version.uses.map((use) => {
    const known = knownAs(use, version, before);
    return modelOf({ use, known, schema, oldReads: readsOf(use, before), used, enums });
  });
  return models.map((model, at) => {
    const use = version.uses[at];
    if (!use) return model;
    const other = use.beside && modelFor(use.beside.table, version, models);
    return {
      ...model,
      owner: ownerOf(use, model, version, models),
      part: partOf(use, model),
      beside: other && { model: other, creates: use.beside?.creates === true },
    };
  });
}

function modelFor(
  { name }: Pick<Table, 'name'>,
  { uses }: VersionDraft,
  models: readonly Model[],
): Model | undefined {
  return models[uses.findIndex(({ table }) => relationKey(table.name) === relationKey(name))];
}

function ownerOf(
  { arrived }: TableUse,
  { properties }: Model,
  version: VersionDraft,
  models: readonly Model[],
): Owner | undefined {
  const owner = arrived && modelFor(arrived.from, version, models);
  if (!arrived || !owner) return undefined;
  const pairs = arrived.pairs.flatMap((pair) => {
    const own = properties.find(({ column }) => column === pair.own);
    const key = owner.properties.find(({ column }) => column === pair.key);
    return own && key ? [{ own, key }] : [];
  });
  const here = properties.filter(({ column }) => arrived.columns.includes(column));
  return pairs.length === arrived.pairs.length ? { model: owner, pairs, arrived: here } : undefined;
}

function partOf({ merged }: TableUse, { properties }: Model): Part | undefined {
  if (!merged) return undefined;
  const here = properties.filter(({ column }) => merged.columns.includes(column));
  return {
    name: modelName(merged.table.name.name),
    table: merged.table.name.name,
    required: here.filter(({ column }) => merged.required.includes(column)),
    optional: here.filter(({ column }) => !merged.required.includes(column)),
  };
}

/** The use of the version before that is of the same table, under whatever name. */
function knownAs(use: TableUse, version: VersionDraft, before: VersionDraft): TableUse {
  const keys = (uses: readonly TableUse[]) => uses.map(({ table }) => relationKey(table.name));
  const [now, then] = [keys(version.uses), keys(before.uses)];
  const at = version.uses.indexOf(use);
  if (then.includes(now[at] ?? '') || then.length !== now.length) return use;
  const replaced = before.uses[at];
  return replaced && !now.includes(then[at] ?? '') ? replaced : use;
}

/** Columns that the version before reads under a property's name. */
function readsOf({ table }: TableUse, before: VersionDraft): ReadonlySet<string> {
  const key = relationKey(table.name);
  const same = before.uses.find((one) => relationKey(one.table.name) === key);
  return new Set(Object.values(same?.reads ?? {}));
}

interface Source {
  readonly use: TableUse;
  readonly known: TableUse;
  readonly schema: Schema;
  readonly oldReads: ReadonlySet<string>;
  /** Names of classes and enums, and the enums by their types' keys: of the version, added to. */
  readonly used: Set<string>;
  readonly enums: Map<string, Enum>;
}

function modelOf({ use, known, schema, oldReads, used, enums }: Source): Model {
  const key = relationKey(use.table.name);
  const table = tableByKey(schema, key);
  const called = known.table.name.name;
  const name = freeName(modelName(called), used);
  const names = propertyNames(use);
  const properties = use.columns.map((column): Property => {
    const now = columnOf(table, column.name) ?? column;
    const twin = twinFor(use, column, names, oldReads);
    const made = madeBy(now);
    const type = typeOf(column, schema, enums, used);
    const met = typeParts(now.type ?? '').base;
    const follows = use.dual.find(({ also }) => also === column.name)?.expression;
    return {
      name: names.get(column.name) ?? column.name,
      column: column.name,
      type,
      meets: now.type === column.type || now.type === undefined ? undefined : met,
      nullable: twin !== undefined || now.notNull !== true,
      default: now.default ?? null,
      made,
      kept: now.generated,
      twin,
      follows,
      insisted: made === undefined && (follows !== undefined || isInsisted(use, column, now, table)),
    };
  });
  const keys = keysOf(schema, table, properties);
  return {
    name,
    folder: kebabCase(called, 'table'),
    plural: pascalCase(called, 'Table'),
    table: use.table.name,
    properties,
    ...keys,
    enums: [...enums.values()].filter((one) => properties.some(({ type }) => type.enum === one.name)),
    isRelated:
      table !== undefined &&
      (table.constraints.some(({ kind }) => kind === 'foreign key') ||
        [...referencesTo(schema, key)].length > 0),
    lookup: properties.find((one) => one.column === use.lookup),
  };
}

/** By column. What has stood in for another column goes by the name that the application keeps. */
function propertyNames({ columns, reads, dual }: TableUse): ReadonlyMap<string, string> {
  const used = new Set<string>();
  const names = new Map<string, string>();
  const copies = new Set(dual.map(({ also }) => also));
  for (const [name, column] of Object.entries(reads))
    names.set(column, freeName(camelCase(name, 'column'), used));
  const rest = columns.filter((one) => !names.has(one.name));
  for (const { name } of [
    ...rest.filter((one) => !copies.has(one.name)),
    ...rest.filter((one) => copies.has(one.name)),
  ]) {
    const wanted = camelCase(name, 'column');
    names.set(name, freeName(copies.has(name) && used.has(wanted) ? `${wanted}Copy` : wanted, used));
  }
  return names;
}

function twinFor(
  { dual }: TableUse,
  { name }: Column,
  names: ReadonlyMap<string, string>,
  oldReads: ReadonlySet<string>,
): Twin | undefined {
  const write = dual.find(({ also, expression }) => also === name && expression === undefined);
  if (!write) return undefined;
  return {
    of: names.get(write.column) ?? write.column,
    isOld: oldReads.has(name),
  };
}

function madeBy({ identity, generated, default: value }: Column): Property['made'] {
  if (generated) return 'generated';
  if (identity) return identity;
  return value != null && /^\s*nextval\s*\(/i.test(value) ? 'serial' : undefined;
}

/**
 * The version never leaves it out, though rows without it are there still; or the default of a column and that of its
 * copy would give each a value of its own.
 */
function isInsisted({ dual }: TableUse, column: Column, now: Column, table: Table | undefined): boolean {
  if (column.notNull === true && now.notNull !== true && now.default == null)
    return !dual.some(({ also }) => also === column.name);
  return dual.some((write) => {
    const copy = columnOf(table, write.also);
    return (
      write.column === column.name &&
      write.expression === undefined &&
      (copy?.default ?? null) !== (now.default ?? null)
    );
  });
}

function typeOf({ type }: Column, schema: Schema, enums: Map<string, Enum>, used: Set<string>): PropertyType {
  const printed = type ?? 'text';
  const outer = typeParts(printed);
  const below = domainChain(schema, outer.base).at(-1)?.baseType;
  const inner = below === undefined ? outer : typeParts(below);
  const array = outer.array || inner.array;
  const named = parseName(inner.base);
  const declared = named && findType(schema, named);
  if (declared?.kind !== 'enum') return { base: inner.base, numbers: inner.numbers, array, enum: undefined };
  const key = relationKey(declared.name);
  const known = enums.get(key) ?? {
    name: freeName(pascalCase(declared.name.name, 'Enum'), used),
    type: declared.name,
    labels: declared.labels,
  };
  enums.set(key, known);
  return { base: 'enum', numbers: [], array, enum: known.name };
}

function keysOf(
  schema: Schema,
  table: Table | undefined,
  properties: readonly Property[],
): Pick<Model, 'primaryKey' | 'uniques' | 'indexes'> {
  if (!table) return { primaryKey: undefined, uniques: [], indexes: [] };
  const keyFrom = (name: string, columns: readonly (string | null)[]): Key | undefined => {
    const found = columns.flatMap((column) => properties.find((one) => one.column === column) ?? []);
    return found.length === columns.length && found.length > 0 ? { name, properties: found } : undefined;
  };
  const primary = table.constraints.find(({ kind }) => kind === 'primary key');
  const uniques = table.constraints.filter(({ kind }) => kind === 'unique');
  const plain = [...indexesOf(schema, relationKey(table.name))].filter(
    (one) => one.constraint === undefined && isPlain(one),
  );
  return {
    primaryKey: primary && keyFrom(primary.name, primary.columns),
    uniques: [...uniques, ...plain.filter(({ unique }) => unique)].flatMap(
      (one) => keyFrom(nameOf(one.name), one.columns) ?? [],
    ),
    indexes: plain
      .filter(({ unique }) => !unique)
      .flatMap((one) => keyFrom(one.name.name, one.columns) ?? []),
  };
}

function nameOf(name: string | { readonly name: string }): string {
  return typeof name === 'string' ? name : name.name;
}

/** A B-tree on columns as they are, in ascending order, of all rows. */
function isPlain({ method, predicate, include, columns, definition, valid }: Index): boolean {
  if (method !== 'btree' || predicate !== undefined || include.length > 0 || valid === false) return false;
  const names = columns.flatMap((one) => (one === null ? [] : [one]));
  if (names.length !== columns.length) return false;
  const list = /\(((?:[^()"]|"(?:[^"]|"")*")*)\)\s*(?:WITH|TABLESPACE|NULLS|$)/i.exec(definition)?.[1];
  const written = list?.split(',').map((one) =>
    one
      .trim()
      .replace(/^"(.*)"$/, '$1')
      .replaceAll('""', '"'),
  );
  return written?.every((one, at) => one === names[at] || one === quoteIdentifier(names[at] ?? '')) === true;
}
