import type { CatalogObject, Drift, Fingerprint, Place } from './model.ts';
import { fullName, identifier, keyOf, qualified } from './names.ts';
import { schemaDrift } from './words.ts';

export interface Renamed {
  /** Of the earlier fingerprint, under their later names. */
  readonly objects: ReadonlyMap<string, CatalogObject>;
  readonly drifts: readonly Drift[];
  /** Whether two values are equal but for renamed names in them. */
  same(was: string | undefined, is: string | undefined): boolean;
}

type Objects = ReadonlyMap<string, CatalogObject>;
type Name = readonly [old: string, now: string];

/** Those whose parts are named after them come first. */
const outerFirst = [
  'schema',
  'table',
  'foreign table',
  'view',
  'materialized view',
  'type',
  'domain',
  'column',
  'constraint',
];

/**
 * Finds what is missing under its old name and there under a new one, the same in everything else. What holds data
 * must be the same one, and not just alike.
 */
export function followRenames(before: Fingerprint, after: Fingerprint): Renamed {
  let objects: Objects = before.objects;
  const names: Name[] = [];
  const drifts: Drift[] = [];
  const left = [...after.objects.values()].filter(({ key }) => !objects.has(key));
  const kinds = [...new Set([...outerFirst, ...left.map(({ kind }) => kind)])];
  for (const kind of kinds.filter((one) => left.some((object) => object.kind === one)))
    for (const [old, now] of candidates(kind, objects, after.objects)) {
      if (!objects.has(old.key) || objects.has(now.key)) continue;
      const moved = rename(objects, after.objects, old, now.place);
      const added = [...names, ...namesChanged(old, now, objects, moved.places)];
      if (!isSame(now.key, moved.objects, after.objects, added)) continue;
      objects = moved.objects;
      names.splice(0, names.length, ...added);
      const name = nameOf(now);
      drifts.push(
        schemaDrift(
          old.key,
          old.place.schema === now.place.schema ? `renamed to ${name}` : `moved to ${name}`,
        ),
      );
    }
  return { objects, drifts, same: (was, is) => sameText(names, was, is) };
}

function nameOf({ place }: CatalogObject): string {
  return place.on === undefined ? qualified(place.schema, place.name) : identifier(place.name);
}

/** How names in definitions change: bare ones by a rename, those with a schema by a move. */
function namesChanged(
  old: CatalogObject,
  now: CatalogObject,
  objects: Objects,
  places: ReadonlyMap<string, Place>,
): Name[] {
  const renamed: Name = [old.place.name, now.place.name];
  if (old.place.schema === now.place.schema) return [renamed];
  return [...places].flatMap(([key, place]): Name[] => {
    const from = objects.get(key)?.place;
    if (!from || from.on !== undefined || from.schema === undefined || place.schema === undefined) return [];
    return [[fullName(from.schema, from.name), fullName(place.schema, place.name)]];
  });
}

/** More than these would be a schema of its own. */
const mostCandidates = 40;

/** Pairs that may be one object: at the same place, or the same one by identity; none where several could be. */
function candidates(
  kind: string,
  objects: Objects,
  after: Objects,
): (readonly [CatalogObject, CatalogObject])[] {
  const missing = ofKind(kind, objects, after);
  const added = ofKind(kind, after, objects);
  if (missing.length > mostCandidates || added.length > mostCandidates) return [];
  const alike = (old: CatalogObject, now: CatalogObject) =>
    old.identity === now.identity &&
    old.place.on === now.place.on &&
    old.place.suffix === now.place.suffix &&
    old.place.name !== '' &&
    (old.identity !== undefined || old.place.schema === now.place.schema) &&
    old.within.length === now.within.length &&
    sameButNames(old, now);
  return missing.flatMap((old) => {
    const matches = added.filter((now) => alike(old, now));
    const match = matches[0];
    if (!match || matches.length > 1 || missing.filter((other) => alike(other, match)).length > 1) return [];
    return [[old, match] as const];
  });
}

function ofKind(kind: string, objects: Objects, others: Objects): CatalogObject[] {
  return [...objects.values()].filter(
    (object) =>
      object.kind === kind &&
      !others.has(object.key) &&
      object.usualGrants === undefined &&
      object.within.every((key) => others.has(key)),
  );
}

/** A first look: the same facts, whatever names these have in them. */
function sameButNames(old: CatalogObject, now: CatalogObject): boolean {
  return sameObject(
    old,
    now,
    namesChanged(old, now, new Map([[old.key, old]]), new Map([[old.key, now.place]])),
  );
}

function sameObject(old: CatalogObject, now: CatalogObject, names: readonly Name[]): boolean {
  const facts = new Set([...Object.keys(old.facts), ...Object.keys(now.facts)]);
  return (
    old.grants.length === now.grants.length &&
    old.grants.every((line) => now.grants.includes(line)) &&
    [...facts].every((fact) => sameText(names, old.facts[fact], now.facts[fact]))
  );
}

/** Whether an object and all its parts are the same in both. */
function isSame(key: string, objects: Objects, after: Objects, names: readonly Name[]): boolean {
  const [old, now] = [objects.get(key), after.get(key)];
  if (!old || !now || !sameObject(old, now, names)) return false;
  const parts = (all: Objects) => [...all.values()].filter(({ within }) => within.includes(key));
  const ours = parts(objects);
  return ours.length === parts(after).length && ours.every((part) => isSame(part.key, objects, after, names));
}

function sameText(names: readonly Name[], was: string | undefined, is: string | undefined): boolean {
  if (was === is) return true;
  if (was === undefined || is === undefined || names.length === 0) return false;
  const renamed = (value: string) => names.reduce((text, name) => replaceName(text, name), value);
  return renamed(was) === is || withoutSelfAlias(renamed(was)) === withoutSelfAlias(renamed(is));
}

/** A view goes on giving a renamed column its old name: `handle AS username`. */
function withoutSelfAlias(text: string): string {
  return text.replace(/("(?:[^"]|"")+"|[\w$]+) AS \1(?![\w$"])/g, '$1');
}

function replaceName(text: string, [old, now]: Name): string {
  if (!text.includes(old)) return text;
  const escaped = old.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const found = new RegExp(`(?<![\\w$"])(?:${escaped}|"${escaped}")(?![\\w$"])`, 'g');
  return text.replace(found, () => (old.includes('.') ? now : identifier(now)));
}

/** The objects as they are called once that one is: what is on it or in it follows. */
function rename(
  objects: Objects,
  after: Objects,
  old: CatalogObject,
  now: Place,
): { readonly objects: Objects; readonly places: ReadonlyMap<string, Place> } {
  const keys = new Map<string, string>();
  const places = new Map<string, Place>();
  for (const object of objects.values()) {
    const place = followed(object, old, now, after);
    if (!place) continue;
    places.set(object.key, place);
    keys.set(object.key, keyOf(object.kind, place));
  }
  const current = (key: string) => keys.get(key) ?? key;
  const all = (list: readonly string[]) => list.map(current);
  const renamed = new Map(
    [...objects.values()].map((object) => {
      const key = current(object.key);
      const isTable = old.kind === 'column' && old.within.includes(object.key);
      return [
        key,
        {
          ...object,
          key,
          place: places.get(object.key) ?? object.place,
          within: all(object.within),
          needs: all(object.needs),
          echoes: all(object.echoes),
          above: object.above && all(object.above),
          causes: Object.fromEntries(
            Object.entries(object.causes).map(([fact, causes]) => [
              fact,
              causes.map((cause) => ({ ...cause, key: current(cause.key) })),
            ]),
          ),
          columns: isTable
            ? object.columns?.map((name) => (name === old.place.name ? now.name : name))
            : object.columns,
        },
      ];
    }),
  );
  return { objects: renamed, places };
}

/** Where an object is after another one was renamed or moved; undefined where it stays. */
function followed(object: CatalogObject, old: CatalogObject, now: Place, after: Objects): Place | undefined {
  if (object.key === old.key) return now;
  const { place } = object;
  if (old.kind === 'schema')
    return place.schema === old.place.name ? { ...place, schema: now.name } : undefined;
  if (place.on === old.place.name && place.schema === old.place.schema && old.place.on === undefined)
    return { ...place, schema: now.schema, on: now.name };
  if (!object.within.includes(old.key)) return undefined;
  // Indexes and sequences of a table that moves to another schema; the index of a constraint; a column of a partition.
  const place2 = {
    ...place,
    schema: place.schema === old.place.schema ? now.schema : place.schema,
    name: old.place.on !== undefined && place.name === old.place.name ? now.name : place.name,
  };
  return after.has(keyOf(object.kind, place2)) ? place2 : undefined;
}
