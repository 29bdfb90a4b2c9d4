import { LayeredMap, type MapReads } from './layered-map.ts';
import { functionMap, objectMap, relationMap, typeMap } from './links.ts';
import type { Schema } from './model.ts';

/**
 * What was read of a schema, or of those that were made of it: whoever read no more comes to the same result with any schema that agrees in this.
 */
export interface SchemaReads {
  readonly relations: ReadLog;
  readonly types: ReadLog;
  readonly functions: ReadLog;
  readonly objects: ReadLog;
}

interface ReadLog {
  readonly keys: Set<string>;
  readonly links: Set<string>;
  all: boolean;
}

type MapName = keyof SchemaReads;

const mapNames: readonly MapName[] = ['relations', 'types', 'functions', 'objects'];

export function noReads(): SchemaReads {
  const log = (): ReadLog => ({ keys: new Set(), links: new Set(), all: false });
  return { relations: log(), types: log(), functions: log(), objects: log() };
}

/** Adds what was read for a part to what was read for the whole. */
export function addReads(whole: SchemaReads, part: SchemaReads): void {
  if (whole === part) return;
  for (const name of mapNames) {
    for (const key of part[name].keys) whole[name].keys.add(key);
    for (const link of part[name].links) whole[name].links.add(link);
    if (part[name].all) whole[name].all = true;
  }
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
  const [relations, types, functions, objects] = mapNames.map(readsOf);
  return {
    watched: (schema) => ({
      ...schema,
      relations: relationMap(schema.relations).readBy(relations),
      types: typeMap(schema.types).readBy(types),
      functions: functionMap(schema.functions).readBy(functions),
      objects: objectMap(schema.objects).readBy(objects),
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

/** Where two schemas differ, map by map. */
export type SchemaDifferences = Readonly<Record<MapName, MapDifferences>>;

interface MapDifferences {
  /** What stands there in one is not what stands there in the other. */
  readonly keys: ReadonlySet<string>;
  /** What those point at, in the one or the other. */
  readonly links: ReadonlySet<string>;
}

const noNames: ReadonlySet<string> = new Set();
const nothing: MapDifferences = { keys: new Set(), links: new Set() };

export const noDifferences: SchemaDifferences = {
  relations: nothing,
  types: nothing,
  functions: nothing,
  objects: nothing,
};

/** Where two schemas differ; undefined where they do so in more than what their maps hold. */
export function differences(a: Schema, b: Schema): SchemaDifferences | undefined {
  if (!sameSession(a, b)) return undefined;
  return perMap((name) => {
    if (a[name] === b[name]) return nothing;
    const [one, other] = layered(a[name], b[name]);
    return one && other && mapDifferences(one, other, other.changesSince(one).keys());
  });
}

/** Where what two statements made of two schemas differs, from where those schemas did. */
export function differencesAfter(
  a: Change,
  b: Change,
  different: SchemaDifferences,
): SchemaDifferences | undefined {
  if (!sameSession(a.after, b.after)) return undefined;
  return perMap((name) => {
    const [oneBefore, one] = layered(a.before[name], a.after[name]);
    const [otherBefore, other] = layered(b.before[name], b.after[name]);
    if (!oneBefore || !one || !otherBefore || !other) return undefined;
    if (one === oneBefore && other === otherBefore) return different[name];
    const changed = new Set([
      ...one.changesSince(oneBefore).keys(),
      ...other.changesSince(otherBefore).keys(),
    ]);
    const { keys, links } = mapDifferences(one, other, changed);
    // What neither statement changed differs as it did; links that are gone are a few to look out for in vain.
    for (const key of different[name].keys) if (!changed.has(key)) keys.add(key);
    for (const link of different[name].links) links.add(link);
    return { keys, links };
  });
}

/**
 * `after`, with the very relations and types of `earlier` where those made now are the same data: what differs in
 * nothing is then no difference to what comes later. Functions stay as they are: their bodies are no data.
 */
export function withEqualsOf(
  earlier: Schema,
  { before, after }: Change,
  isEqual: (a: unknown, b: unknown) => boolean,
): Schema {
  const relations = keepEquals(earlier.relations, before.relations, after.relations, isEqual);
  const types = keepEquals(earlier.types, before.types, after.types, isEqual);
  const objects = keepEquals(earlier.objects, before.objects, after.objects, isEqual);
  const kept = relations === after.relations && types === after.types && objects === after.objects;
  return kept ? after : { ...after, relations, types, objects };
}

function keepEquals<Value>(
  earlier: ReadonlyMap<string, Value>,
  before: ReadonlyMap<string, Value>,
  after: ReadonlyMap<string, Value>,
  isEqual: (a: unknown, b: unknown) => boolean,
): ReadonlyMap<string, Value> {
  if (after === before || !(before instanceof LayeredMap && after instanceof LayeredMap)) return after;
  const changes: ReadonlyMap<string, Value | undefined> = after.changesSince(before);
  let kept: LayeredMap<Value> | undefined;
  for (const [key, value] of changes) {
    const old = value === undefined ? undefined : earlier.get(key);
    if (old === undefined || old === value || !isEqual(old, value)) continue;
    kept ??= after.fork() as LayeredMap<Value>;
    kept.set(key, old);
  }
  return kept ?? after;
}

function perMap(of: (name: MapName) => MapDifferences | undefined): SchemaDifferences | undefined {
  const [relations, types, functions, objects] = mapNames.map(of);
  return relations && types && functions && objects && { relations, types, functions, objects };
}

type AnyMap = LayeredMap<unknown>;

function layered(
  a: ReadonlyMap<string, unknown>,
  b: ReadonlyMap<string, unknown>,
): readonly [AnyMap, AnyMap] | readonly [] {
  return a instanceof LayeredMap && b instanceof LayeredMap ? [a, b] : [];
}

function mapDifferences(a: AnyMap, b: AnyMap, candidates: Iterable<string>) {
  const keys = new Set<string>();
  const links = new Set<string>();
  for (const key of candidates) {
    const [one, other] = [a.get(key), b.get(key)];
    if (one === other) continue;
    keys.add(key);
    for (const value of [one, other])
      if (value !== undefined) for (const link of a.linksOf(value)) links.add(link);
  }
  return { keys, links };
}

function sameSession(a: Schema, b: Schema): boolean {
  return (
    a.complete === b.complete &&
    a.timeZone === b.timeZone &&
    a.transaction === b.transaction &&
    sameNames(a.uncertain, b.uncertain) &&
    (a.searchPath === b.searchPath || a.searchPath.join('\0') === b.searchPath.join('\0')) &&
    sameNames(a.schemas, b.schemas)
  );
}

function sameNames(a: ReadonlySet<string> = noNames, b: ReadonlySet<string> = noNames): boolean {
  return a === b || (a.size === b.size && [...a].every((one) => b.has(one)));
}

/** Whether nothing that was read is among the differences. */
export function agree(different: SchemaDifferences, reads: SchemaReads): boolean {
  return mapNames.every((name) => {
    const { keys, links } = different[name];
    if (keys.size === 0) return true;
    const read = reads[name];
    return !read.all && !overlap(keys, read.keys) && !overlap(links, read.links);
  });
}

function overlap(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  const [few, many] = a.size < b.size ? [a, b] : [b, a];
  for (const one of few) if (many.has(one)) return true;
  return false;
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
  const objects = changeMap(before.objects, after.objects, onto.objects, different.objects);
  if (!relations || !types || !functions || !objects) return undefined;
  return {
    after: {
      ...after,
      relations: relations.map,
      types: types.map,
      functions: functions.map,
      objects: objects.map,
    },
    different: {
      relations: relations.different,
      types: types.different,
      functions: functions.different,
      objects: objects.different,
    },
  };
}

function changeMap<Value>(
  before: ReadonlyMap<string, Value>,
  after: ReadonlyMap<string, Value>,
  onto: ReadonlyMap<string, Value>,
  different: MapDifferences,
): { readonly map: ReadonlyMap<string, Value>; readonly different: MapDifferences } | undefined {
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
  const keys = [...different.keys].filter((key) => !changes.has(key));
  const left = keys.length === different.keys.size ? different : { ...different, keys: new Set(keys) };
  return { map, different: left };
}
