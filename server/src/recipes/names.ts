import { relationKey } from '../schema/lookup.ts';
import type { QualifiedName, Schema, Table } from '../schema/model.ts';
import { clip, makeObjectName } from '../schema/object-names.ts';

/** Names for what a plan makes: free in the schema and among themselves, and within Postgres' 63 bytes. */
export interface Names {
  /** `first_second_label`, as Postgres makes names, numbered where it is taken, of an index, a table or a sequence. */
  relation(schema: string, first: string, second: string | undefined, label: string): string;
  /** The same of a table's constraint; one that is backed by an index is a relation as well. */
  constraint(table: Table, second: string | undefined, label: string): string;
  /** The same of a function and the trigger that calls it. */
  trigger(table: Table, second: string | undefined, label: string): string;
  /** The same of a table's column. */
  column(table: Table, first: string, label: string): string;
  /**
   * The name of something that takes another's place: `from` in it becomes `to`; where it does not hold `from`, `to` is
   * put behind it. Asked again for the same, it answers the same.
   */
  successor(table: Table, name: string, from: string, to: string): string;
  /** A name that the plan uses is taken from now on. */
  take(name: QualifiedName): void;
}

const longest = 63;

/** Names that are free in the schema; each that is given out is taken. */
export function createNames(schema: Schema): Names {
  const given = new Set<string>();
  const successors = new Map<string, string>();
  const free = (candidates: Iterable<string>, isTaken: (name: string) => boolean): string => {
    for (const name of candidates) if (!isTaken(name)) return name;
    return '';
  };
  const inSchema = (place: string) => (name: string) => {
    const key = relationKey({ schema: place, name });
    return given.has(key) || schema.relations.has(key) || schema.types.has(key);
  };
  const give = (place: string, name: string) => {
    given.add(relationKey({ schema: place, name }));
    return name;
  };
  const onTable = (table: Table) => (name: string) =>
    table.constraints.some((one) => one.name === name) || inSchema(table.name.schema)(name);
  const isTrigger = (table: Table) => (name: string) =>
    table.triggers.includes(name) ||
    schema.functions.has(relationKey({ schema: table.name.schema, name })) ||
    inSchema(table.name.schema)(name);
  return {
    relation: (place, first, second, label) =>
      give(place, free(numbered(first, second, label), inSchema(place))),
    constraint: (table, second, label) =>
      give(table.name.schema, free(numbered(table.name.name, second, label), onTable(table))),
    trigger: (table, second, label) =>
      give(table.name.schema, free(numbered(table.name.name, second, label), isTrigger(table))),
    column(table, first, label) {
      const isTaken = (name: string) => table.columns.some((one) => one.name === name);
      return free(numbered(first, undefined, label), isTaken);
    },
    successor(table, name, from, to) {
      const asked = JSON.stringify([relationKey(table.name), name, from, to]);
      const known = successors.get(asked);
      if (known !== undefined) return known;
      const swapped = name.includes(from) ? name.replace(from, () => to) : undefined;
      const wanted = swapped === undefined ? makeObjectName(name, undefined, to) : clip(swapped, longest);
      const names = function* () {
        yield wanted;
        for (let pass = 1; ; pass++) yield `${clip(wanted, longest - String(pass).length)}${pass}`;
      };
      const chosen = give(table.name.schema, free(names(), onTable(table)));
      successors.set(asked, chosen);
      return chosen;
    },
    take({ schema: place, name }) {
      give(place, name);
    },
  };
}

function* numbered(first: string, second: string | undefined, label: string): Generator<string> {
  for (let pass = 0; ; pass++) yield makeObjectName(first, second, pass === 0 ? label : `${label}${pass}`);
}
