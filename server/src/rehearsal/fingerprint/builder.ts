import { readGrants } from './grants.ts';
import type { CatalogObject, Cause, Place } from './model.ts';
import { keyOf } from './names.ts';
import type { CatalogRows, Row } from './query.ts';

/** The rows of the catalogs with their OIDs resolved, and the objects that are made of them so far. */
export interface Builder {
  rows(part: string): readonly Row[];
  /** A schema's name by its OID; undefined for the system's own, whose objects are left out. */
  schema(oid: unknown): string | undefined;
  add(kind: string, place: Place, row: Row, more: Details): CatalogObject;
  remove(key: string): void;
  /** Replaces an object by one that says more. */
  extend(key: string, more: (object: CatalogObject) => Partial<CatalogObject>): void;
  readonly objects: ReadonlyMap<string, CatalogObject>;
  /** The key of the object with that OID in that catalog. */
  keyOf(catalog: string, oid: unknown): string | undefined;
  /** Lets an object be found by another OID too. */
  alias(catalog: string, oid: unknown, key: string): void;
  /** The comment on the object of that row, or of a column of it, and security labels. */
  comment(row: Row, part?: number): Facts;
  isMember(row: Row): boolean;
}

export type Facts = Readonly<Record<string, string | undefined>>;

export interface Details {
  /** Whoever owns what it is a part of owns it too. */
  readonly ownerless?: true;
  readonly within?: readonly (string | undefined)[];
  readonly needs?: readonly (string | undefined)[];
  readonly echoes?: readonly (string | undefined)[];
  readonly facts: Facts;
  readonly causes?: Readonly<Record<string, readonly Cause[]>>;
  readonly grants?: readonly string[];
  readonly usualGrants?: readonly string[];
  readonly columns?: readonly string[];
  readonly above?: readonly string[];
  readonly dropped?: number;
  readonly identity?: string;
}

export function createBuilder(rows: CatalogRows): Builder {
  const objects = new Map<string, CatalogObject>();
  const keys = new Map<string, string>();
  const schemas = new Map(of('schemas').map(({ oid, name }) => [oid, String(name)]));
  const notes = new Map<string, [string, string][]>();
  for (const { class: catalog, oid, part, text } of of('comments'))
    note(`${catalog}.${oid}.${part}`, 'comment', String(text));
  for (const { class: catalog, oid, part, provider, text } of of('labels'))
    note(`${catalog}.${oid}.${part}`, `security label of ${provider}`, String(text));
  const members = new Set(of('members').map(({ class: catalog, oid }) => `${catalog}.${oid}`));

  function of(part: string): readonly Row[] {
    return rows.get(part) ?? [];
  }
  function note(at: string, label: string, text: string): void {
    notes.set(at, [...(notes.get(at) ?? []), [label, text]]);
  }
  const notesOn = (row: Row, part: number) =>
    notes.size === 0 ? [] : (notes.get(`${row.class}.${row.oid}.${part}`) ?? []);

  return {
    rows: of,
    schema: (oid) => schemas.get(oid),
    objects,
    remove: (key) => objects.delete(key),
    extend(key, more) {
      const object = objects.get(key);
      if (object) objects.set(key, { ...object, ...more(object) });
    },
    keyOf: (catalog, oid) => keys.get(`${catalog}.${oid}`),
    alias: (catalog, oid, key) => keys.set(`${catalog}.${oid}`, key),
    comment: (row, part = 0) => Object.fromEntries(notesOn(row, part)),
    isMember: (row) => members.has(`${row.class}.${row.oid}`),
    add(kind, place, row, more) {
      const key = keyOf(kind, place);
      const { facts: given, ownerless, ...rest } = more;
      const facts: Record<string, string> = {};
      if (!ownerless && typeof row.owner === 'string') facts.owner = row.owner;
      for (const [label, words] of notesOn(row, 0)) facts[label] = words;
      for (const label in given) {
        const value = given[label];
        if (value !== undefined) facts[label] = value;
      }
      const object: CatalogObject = {
        ...rest,
        key,
        kind,
        place,
        within: present(more.within),
        needs: present(more.needs),
        echoes: present(more.echoes),
        causes: more.causes ?? none,
        grants: more.grants ?? readGrants(row.acl, row.owner),
        facts,
      };
      objects.set(key, object);
      if (row.class !== undefined) keys.set(`${row.class}.${row.oid}`, key);
      return object;
    },
  };
}

const none = {};

function present(keys: readonly (string | undefined)[] = []): readonly string[] {
  return keys.every((key) => key !== undefined) ? keys : keys.filter((key) => key !== undefined);
}

/** A value that may be NULL, as text. */
export function text(value: unknown): string | undefined {
  return value === null || value === undefined ? undefined : String(value);
}

/** An array that may be NULL, as a list; an empty one is as good as none. */
export function list(value: unknown): string | undefined {
  return Array.isArray(value) && value.length > 0 ? value.join(', ') : undefined;
}

/** An array whose order means nothing. */
export function sortedList(value: unknown): string | undefined {
  return Array.isArray(value) ? list(value.map(String).sort()) : undefined;
}

/** Keys of columns by `OID.number` of their relation. */
export function columnKeys(builder: Builder): ReadonlyMap<string, string> {
  return new Map(
    builder.rows('columns').flatMap((row) => {
      const relation = builder.objects.get(builder.keyOf('pg_class', row.relation) ?? '');
      if (!relation) return [];
      const { schema, name: on } = relation.place;
      return [
        [`${row.relation}.${row.number}`, keyOf('column', { schema, on, name: String(row.name) })] as const,
      ];
    }),
  );
}

export function groupBy(rows: readonly Row[], field: string): ReadonlyMap<unknown, readonly Row[]> {
  const groups = new Map<unknown, Row[]>();
  for (const row of rows) {
    const group = groups.get(row[field]);
    if (group) group.push(row);
    else groups.set(row[field], [row]);
  }
  return groups;
}
