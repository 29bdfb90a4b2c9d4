import { LayeredMap, type MapReads } from './layered-map.ts';
import { functionMap, relationMap, typeMap } from './links.ts';
import type { Schema } from './model.ts';

/**
 * What was read of a schema, or of those that were made of it: whoever read no more comes to the same result with any schema that agrees in this.
 */
export interface SchemaReads {
  readonly relations: ReadLog;
  readonly types: ReadLog;
  readonly functions: ReadLog;
}

interface ReadLog {
  readonly keys: Set<string>;
  readonly links: Set<string>;
  all: boolean;
}

type MapName = keyof SchemaReads;

const mapNames: readonly MapName[] = ['relations', 'types', 'functions'];

export function noReads(): SchemaReads {
  const log = (): ReadLog => ({ keys: new Set(), links: new Set(), all: false });
  return { relations: log(), types: log(), functions: log() };
}

export interface SchemaWatch {
  /** The same schema, whose reads, and those of every schema made from it, can be recorded. */
  watched(schema: Schema): Schema;
  /** Runs `work`, and adds what it reads to `reads`. */
  record<T>(reads: SchemaReads, work: () => T): T;
}

export function createSchemaWatch(): SchemaWatch {
  let current: SchemaReads | undefined;
  const readsOf = (name: MapName): MapReads => ({
    key: (key) => void current?.[name].keys.add(key),
    link: (link) => void current?.[name].links.add(link),
    all() {
      if (current) current[name].all = true;
    },
  });
  const [relations, types, functions] = mapNames.map(readsOf);
  return {
    watched: (schema) => ({
      ...schema,
      relations: relationMap(schema.relations).readBy(relations),
      types: typeMap(schema.types).readBy(types),
      functions: functionMap(schema.functions).readBy(functions),
    }),
    record(reads, work) {
      const outer = current;
      current = reads;
      try {
        return work();
      } finally {
        current = outer;
      }
    },
  };
}

/** The keys at which two schemas differ. */
export type SchemaDifferences = Readonly<Record<MapName, ReadonlySet<string>>>;

/** Where two schemas differ; undefined where they do so in more than their relations, types and functions. */
export function differences(a: Schema, b: Schema): SchemaDifferences | undefined {
  if (!sameSession(a, b)) return undefined;
  const [relations, types, functions] = mapNames.map((name) => differentKeys(a[name], b[name]));
  return relations && types && functions && { relations, types, functions };
}

function differentKeys(
  a: ReadonlyMap<string, unknown>,
  b: ReadonlyMap<string, unknown>,
): ReadonlySet<string> | undefined {
  if (a === b) return new Set();
  if (!(a instanceof LayeredMap && b instanceof LayeredMap)) return undefined;
  return new Set(b.changesSince(a).keys());
}

function sameSession(a: Schema, b: Schema): boolean {
  return (
    a.complete === b.complete &&
    a.timeZone === b.timeZone &&
    a.transaction === b.transaction &&
    (a.searchPath === b.searchPath || a.searchPath.join('\0') === b.searchPath.join('\0')) &&
    (a.schemas === b.schemas ||
      (a.schemas.size === b.schemas.size && [...a.schemas].every((one) => b.schemas.has(one))))
  );
}

/** Whether nothing that was read is among the differences of two schemas. */
export function agree(a: Schema, b: Schema, different: SchemaDifferences, reads: SchemaReads): boolean {
  return mapNames.every((name) => mapsAgree(a[name], b[name], different[name], reads[name]));
}

function mapsAgree(
  a: ReadonlyMap<string, unknown>,
  b: ReadonlyMap<string, unknown>,
  different: ReadonlySet<string>,
  { keys, links, all }: ReadLog,
): boolean {
  if (different.size === 0) return true;
  if (all || !(a instanceof LayeredMap && b instanceof LayeredMap)) return false;
  for (const key of different) {
    if (keys.has(key)) return false;
    for (const value of [a.get(key), b.get(key)])
      if (value !== undefined) for (const link of b.linksOf(value)) if (links.has(link)) return false;
  }
  return true;
}

/** What a statement made of a schema. */
export interface Change {
  readonly before: Schema;
  readonly after: Schema;
}

/**
 * What a statement that made `after` of `before` makes of `onto`, with which `before` agrees in all that it read, and
 * the differences that are left then. Undefined where that cannot be told: it has to be carried out again.
 */
export function carriedOver(
  { before, after }: Change,
  onto: Schema,
  different: SchemaDifferences,
): { readonly after: Schema; readonly different: SchemaDifferences } | undefined {
  if (after === before) return { after: onto, different };
  if (after.transaction !== before.transaction) return undefined;
  const relations = changeMap(before.relations, after.relations, onto.relations, different.relations);
  const types = changeMap(before.types, after.types, onto.types, different.types);
  const functions = changeMap(before.functions, after.functions, onto.functions, different.functions);
  if (!relations || !types || !functions) return undefined;
  return {
    after: { ...after, relations: relations.map, types: types.map, functions: functions.map },
    different: {
      relations: relations.different,
      types: types.different,
      functions: functions.different,
    },
  };
}

function changeMap<Value>(
  before: ReadonlyMap<string, Value>,
  after: ReadonlyMap<string, Value>,
  onto: ReadonlyMap<string, Value>,
  different: ReadonlySet<string>,
): { readonly map: ReadonlyMap<string, Value>; readonly different: ReadonlySet<string> } | undefined {
  if (after === before) return { map: onto, different };
  if (!(before instanceof LayeredMap && after instanceof LayeredMap && onto instanceof LayeredMap))
    return undefined;
  const changes: ReadonlyMap<string, Value | undefined> = after.changesSince(before);
  if (changes.size === 0) return { map: onto, different };
  const map: LayeredMap<Value> = onto.fork();
  for (const [key, value] of changes) {
    if (value === undefined) map.delete(key);
    else map.set(key, value);
  }
  const left = [...different].filter((key) => !changes.has(key));
  return { map, different: left.length === different.size ? different : new Set(left) };
}
