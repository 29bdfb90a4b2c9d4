import { type Builder, columnKeys, type Details, groupBy, list, sortedList, text } from './builder.ts';
import type { Cause } from './model.ts';
import { fullName, identifier, keyOf } from './names.ts';
import type { Row } from './query.ts';

const relationKinds: Readonly<Record<string, string>> = {
  r: 'table',
  p: 'table',
  v: 'view',
  m: 'materialized view',
  f: 'foreign table',
};

const persistence: Readonly<Record<string, string>> = { p: 'logged', u: 'UNLOGGED' };
const identities: Readonly<Record<string, string>> = { f: 'FULL', n: 'NOTHING' };

/** Schemas, tables, views, materialized and foreign tables; indexes and sequences have parts of their own. */
export function addRelations(builder: Builder): void {
  for (const row of builder.rows('schemas'))
    builder.add('schema', { name: String(row.name) }, row, { facts: {} });
  const indexes = groupBy(builder.rows('indexes'), 'relation');
  const names = new Map(builder.rows('relations').map((row) => [row.oid, row]));
  const nameOf = (oid: unknown) => {
    const row = names.get(oid);
    const schema = row && builder.schema(row.schema);
    return schema === undefined ? undefined : fullName(schema, String(row?.name));
  };
  const inherits = groupBy(builder.rows('inherits'), 'child');
  const foreign = new Map(builder.rows('foreign_tables').map((row) => [row.oid, row]));
  const servers = new Map(builder.rows('servers').map((row) => [row.oid, identifier(String(row.name))]));
  const attributes = groupBy(builder.rows('columns'), 'relation');
  for (const row of builder.rows('relations')) {
    const schema = builder.schema(row.schema);
    const kind = relationKinds[String(row.kind)];
    if (schema === undefined || kind === undefined || builder.isMember(row)) continue;
    const own = indexes.get(row.oid) ?? [];
    const indexNamed = (flag: string) => {
      const index = own.find((one) => one[flag] === true);
      return index && String(names.get(index.oid)?.name);
    };
    const cause = (name: string | undefined): Cause[] =>
      name === undefined ? [] : [{ key: keyOf('index', { schema, name }) }];
    const [clustered, replident] = [indexNamed('clustered'), indexNamed('replident')];
    const above = inherits.get(row.oid) ?? [];
    const columns = [...(attributes.get(row.oid) ?? [])].sort((a, b) => Number(a.number) - Number(b.number));
    const far = foreign.get(row.oid);
    const parents = list(above.map(({ parent }) => nameOf(parent)).filter((name) => name !== undefined));
    const aboveKeys = above.flatMap(({ parent }) => tableKey(builder, names.get(parent)) ?? []);
    builder.add(kind, { schema, name: String(row.name) }, row, {
      within: [keyOf('schema', { name: schema })],
      needs: row.bound === null ? [] : aboveKeys,
      above: aboveKeys,
      facts: {
        persistence: kind === 'table' ? persistence[String(row.persistence)] : undefined,
        'storage parameters': sortedList(row.options),
        'TOAST storage parameters': sortedList(row.toast),
        'replica identity':
          row.replident === 'i'
            ? replident && `INDEX ${identifier(replident)}`
            : identities[String(row.replident)],
        'row security': kind === 'table' ? (row.rls ? 'enabled' : 'disabled') : undefined,
        'row security of the owner': kind === 'table' ? (row.force ? 'forced' : 'not forced') : undefined,
        'partition key': text(row.partkey),
        attachment: row.bound === null ? 'no partition' : `a partition of ${parents} ${row.bound}`,
        parents: row.bound === null ? parents : undefined,
        detaching: above.some(({ detaching }) => detaching) ? 'pending' : undefined,
        definition: text(row.definition),
        contents: kind === 'materialized view' ? (row.populated ? 'populated' : 'not populated') : undefined,
        'access method': text(row.method),
        tablespace: text(row.tablespace),
        type: text(row.of_type),
        'CLUSTER index': clustered && identifier(clustered),
        server: far && servers.get(far.server),
        options: sortedList(far?.options),
      },
      causes: { 'replica identity': cause(replident), 'CLUSTER index': cause(clustered) },
      identity: String(row.oid),
      columns:
        kind === 'table' || kind === 'foreign table' ? columns.map(({ name }) => String(name)) : undefined,
      dropped: kind === 'table' ? Number(row.natts) - columns.length : undefined,
    });
  }
}

function tableKey(builder: Builder, row: Row | undefined): string | undefined {
  const schema = row && builder.schema(row.schema);
  const kind = relationKinds[String(row?.kind)];
  return kind === undefined || schema === undefined
    ? undefined
    : keyOf(kind, { schema, name: String(row?.name) });
}

export function addSequences(builder: Builder): void {
  const columns = columnKeys(builder);
  const relations = new Map(builder.rows('relations').map((row) => [row.oid, row]));
  for (const row of builder.rows('sequences')) {
    const relation = relations.get(row.oid);
    const schema = relation && builder.schema(relation.schema);
    if (!relation || schema === undefined || builder.isMember(relation)) continue;
    const place = { schema, name: String(relation.name) };
    const column = row.owned_by === null ? undefined : columns.get(String(row.owned_by));
    const table = builder.keyOf('pg_class', String(row.owned_by).split('.')[0]);
    const owning = builder.objects.get(column ?? '')?.place;
    const details: Details = {
      within: [keyOf('schema', { name: schema }), table, column],
      echoes: [table],
      facts: {
        persistence: persistence[String(relation.persistence)],
        type: text(row.type),
        start: text(row.start),
        increment: text(row.increment),
        minimum: row.min === usualBounds(row)[0] ? undefined : text(row.min),
        maximum: row.max === usualBounds(row)[1] ? undefined : text(row.max),
        cache: text(row.cache),
        cycling: row.cycle ? 'CYCLE' : 'NO CYCLE',
        'owning column':
          owning && `${fullName(owning.schema ?? '', owning.on ?? '')}.${identifier(owning.name)}`,
      },
      causes: {
        type: column === undefined ? [] : [{ key: column, fact: 'type' }],
        '': column === undefined ? [] : [{ key: column, fact: 'identity' }],
      },
      identity: String(row.oid),
    };
    builder.add('sequence', place, relation, details);
  }
}

/** The lowest and the highest value of a sequence that is given none, as CREATE SEQUENCE has them. */
function usualBounds({ type, increment }: Row): readonly [string, string] {
  const highest = { smallint: 2n ** 15n, integer: 2n ** 31n }[String(type)] ?? 2n ** 63n;
  return String(increment).startsWith('-') ? [String(-highest), '-1'] : ['1', String(highest - 1n)];
}
