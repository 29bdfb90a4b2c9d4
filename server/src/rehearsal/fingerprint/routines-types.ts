import { type Builder, list, text } from './builder.ts';
import { keyOf } from './names.ts';
import type { Row } from './query.ts';

const routineKinds: Readonly<Record<string, string>> = {
  f: 'function',
  p: 'procedure',
  a: 'aggregate',
  w: 'function',
};
const volatilities: Readonly<Record<string, string>> = { i: 'IMMUTABLE', s: 'STABLE', v: 'VOLATILE' };
const parallels: Readonly<Record<string, string>> = { s: 'SAFE', r: 'RESTRICTED', u: 'UNSAFE' };

export function addFunctions(builder: Builder): void {
  const aggregates = new Map(builder.rows('aggregates').map((row) => [row.oid, aggregateWords(row)]));
  for (const row of builder.rows('functions')) {
    const schema = builder.schema(row.schema);
    if (schema === undefined) continue;
    const place = { schema, name: String(row.name), suffix: `(${row.types})` };
    builder.add(routineKinds[String(row.kind)] ?? 'function', place, row, {
      within: [keyOf('schema', { name: schema })],
      facts: {
        parameters: text(row.arguments),
        result: text(row.result),
        language: text(row.language),
        body: text(row.body) ?? text(row.source),
        library: text(row.library),
        volatility: volatilities[String(row.volatility)],
        'NULL input': row.strict ? 'STRICT' : 'CALLED ON NULL INPUT',
        security: row.definer ? 'SECURITY DEFINER' : 'SECURITY INVOKER',
        leakproofness: row.leakproof ? 'LEAKPROOF' : 'NOT LEAKPROOF',
        parallel: parallels[String(row.parallel)],
        cost: text(row.cost),
        rows: text(row.rows),
        settings: list(row.settings),
        'support function': text(row.support),
        kind: row.kind === 'w' ? 'WINDOW' : undefined,
        definition: aggregates.get(row.oid),
      },
    });
  }
}

/** What of an aggregate is not as usual, as `INITCOND 0`. */
function aggregateWords({ oid: _, ...row }: Row): string {
  return Object.entries(row)
    .filter(
      ([name, value]) =>
        value !== null && (/initval/.test(name) || !['false', '0', '-'].includes(String(value))),
    )
    .map(([name, value]) => `${name.replace(/^agg/, '')} ${value}`)
    .join(', ');
}

const typeKinds: Readonly<Record<string, string>> = { d: 'domain' };

/** Enums, domains, ranges, composites and base types, but none that come with a table or as an array of another. */
export function addTypes(builder: Builder): void {
  const rows = builder.rows('types');
  const composites = new Map(
    builder
      .rows('relations')
      .filter(({ kind }) => kind === 'c')
      .map((row) => [row.oid, row]),
  );
  const notNulls = new Map(
    builder
      .rows('constraints')
      .filter(({ type, domain }) => type === 'n' && domain !== '0')
      .map((row) => [row.domain, row]),
  );
  for (const row of rows) {
    const schema = builder.schema(row.schema);
    if (schema === undefined || row.type === 'm') continue;
    const relation = composites.get(row.relation);
    if (row.type === 'c' && !relation) continue;
    const kind = typeKinds[String(row.type)] ?? 'type';
    const place = { schema, name: String(row.name) };
    const notNull = notNulls.get(row.oid);
    const cause = [{ key: keyOf(kind, place), fact: 'nullability' }];
    const columns = builder.rows('columns').filter((column) => column.relation === row.relation);
    const object = builder.add(kind, place, row, {
      within: [keyOf('schema', { name: schema })],
      facts: {
        ...(relation && builder.comment(relation)),
        ...builder.comment(row),
        labels: list(row.labels),
        range: text(row.range),
        definition: text(row.base_definition),
        'base type': text(row.base),
        default: text(row.default_expression) ?? text(row.default),
        collation: text(row.collation),
        nullability: row.type === 'd' ? (row.not_null ? 'NOT NULL' : 'nullable') : undefined,
        'name of NOT NULL': notNull && String(notNull.name),
        'comment on NOT NULL': notNull && builder.comment(notNull).comment,
        kind: row.type === 'p' ? 'shell' : undefined,
      },
      causes: { 'name of NOT NULL': cause, 'comment on NOT NULL': cause },
      columns:
        relation &&
        columns.sort((a, b) => Number(a.number) - Number(b.number)).map(({ name }) => String(name)),
      identity: String(row.oid),
    });
    if (row.multirange !== null) builder.alias('pg_type', row.multirange, object.key);
    if (relation) builder.alias('pg_class', relation.oid, object.key);
  }
}
