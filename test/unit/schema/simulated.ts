import type { Constraint, Index, Relation, Schema, Table } from '../../../server/src/schema/model.ts';
import { quoteIdentifier } from '../../../server/src/sql/names.ts';
import type { Catalog, Facts } from './catalog.ts';

/** The schema as `catalogOf` tells it. A fact that the simulation does not know is undefined. */
export function simulated(schema: Schema): Catalog {
  const relations = [...schema.relations];
  const tables = relations.flatMap(([key, one]) => (one.kind === 'table' ? [[key, one] as const] : []));
  return {
    schemas: byName([...schema.schemas].map((name) => [quoteIdentifier(name), {}])),
    relations: byName(relations.map(([key, one]) => [key, relationFacts(one)])),
    columns: byName(tables.flatMap(([key, table]) => columnFacts(key, table))),
    constraints: byName(
      tables.flatMap(([key, table]) =>
        table.constraints.map(
          (one) => [`${key}.${quoteIdentifier(one.name)}`, constraintFacts(one)] as const,
        ),
      ),
    ),
    indexes: byName(
      relations.flatMap(([key, one]) => (one.kind === 'index' ? [[key, indexFacts(one)] as const] : [])),
    ),
    sequences: byName(
      relations.flatMap(([key, one]) => {
        if (one.kind !== 'sequence') return [];
        const owner = one.ownedBy ? `${one.ownedBy.table}.${quoteIdentifier(one.ownedBy.column)}` : '';
        return [[key, { owner }] as const];
      }),
    ),
    types: byName(
      [...schema.types].map(([key, { kind, labels, baseType, constraints, default: value }]) => [
        key,
        {
          kind,
          labels,
          base: kind === 'domain' ? baseType : null,
          default: value !== undefined,
          constraints: [...constraints].sort(),
        },
      ]),
    ),
    functions: byName(
      [...schema.functions].map(([key, { volatility, overloads }]) => [
        key,
        { overloads: overloads?.length, volatility },
      ]),
    ),
    triggers: byName(
      tables.flatMap(([key, table]) =>
        table.triggers.map((name) => [`${key}.${quoteIdentifier(name)}`, {}] as const),
      ),
    ),
    policies: byName(
      tables.flatMap(([key, table]) =>
        (table.policies ?? []).map(({ name }) => [`${key}.${quoteIdentifier(name)}`, {}] as const),
      ),
    ),
  };
}

function byName(entries: readonly (readonly [string, Facts])[]): Readonly<Record<string, Facts>> {
  return Object.fromEntries(entries);
}

function relationFacts(relation: Relation): Facts {
  const { kind } = relation;
  const none = { partitioned: null, partition: null, isDefault: null, persistence: null, parents: null };
  if (kind !== 'table' || relation.foreign) return { kind, ...none, rowSecurity: null };
  const { partitioned, partition, isDefaultPartition, persistence, parents, rowSecurity } = relation;
  return {
    kind,
    partitioned,
    partition,
    isDefault: isDefaultPartition,
    persistence,
    parents,
    rowSecurity: rowSecurity ?? false,
  };
}

function columnFacts(key: string, table: Table): readonly (readonly [string, Facts])[] {
  if (table.foreign) return [];
  return table.columns.map((column, at) => [
    `${key}.${quoteIdentifier(column.name)}`,
    {
      at: table.columnsComplete ? at : undefined,
      type: column.type,
      notNull: column.notNull,
      default: column.default === undefined ? undefined : column.default !== null,
      identity: column.identity ?? '',
      generated: column.generated ?? '',
      local: column.local ?? true,
      collation: column.type === undefined ? undefined : (column.collation ?? ''),
    },
  ]);
}

function constraintFacts(constraint: Constraint): Facts {
  const { kind, validated, enforced = true, columns, references, index, inherits } = constraint;
  return {
    kind,
    validated,
    enforced,
    columns: kind === 'check' ? undefined : kind === 'exclusion' ? undefined : columns,
    references: references ?? null,
    index: index ?? null,
    inherits: kind === 'check' || kind === 'not null' ? inherits : null,
    local: constraint.local ?? true,
    ofParent: constraint.parent !== undefined,
  };
}

function indexFacts(index: Index): Facts {
  return {
    table: index.table,
    unique: index.unique,
    method: index.method,
    columns: index.columns.map((column) => column ?? '?'),
    include: index.include,
    columnNames: index.columnNames,
    predicate: index.predicate !== undefined,
    valid: index.valid ?? true,
    constraint: index.constraint ?? '',
    parent: index.parent ?? '',
  };
}

/**
 * Where the two differ, a line each; empty where they agree. What the simulation leaves open (an undefined
 * fact, the columns of a table that it says it does not know in full) is not held against it.
 */
export function differences(actual: Catalog, schema: Schema): readonly string[] {
  const expected = simulated(schema);
  const open = [...schema.relations].flatMap(([key, one]) =>
    one.kind === 'table' && (!one.columnsComplete || one.foreign) ? [`${key}.`] : [],
  );
  const lines: string[] = [];
  for (const section of Object.keys(actual)) {
    const there = actual[section] ?? {};
    const here = expected[section] ?? {};
    for (const id of Object.keys(there)) {
      const excused = section === 'columns' || section === 'constraints';
      if (!here[id] && !(excused && open.some((key) => id.startsWith(key))))
        lines.push(`${section}: ${id} is missing: ${JSON.stringify(there[id])}`);
    }
    for (const [id, facts] of Object.entries(here)) {
      const found = there[id];
      if (!found) {
        lines.push(`${section}: ${id} does not exist: ${JSON.stringify(facts)}`);
        continue;
      }
      for (const [name, value] of Object.entries(facts)) {
        if (value === undefined || JSON.stringify(value) === JSON.stringify(found[name])) continue;
        lines.push(
          `${section}: ${id} ${name} is ${JSON.stringify(found[name])}, not ${JSON.stringify(value)}`,
        );
      }
    }
  }
  return lines;
}
