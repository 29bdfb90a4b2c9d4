import { type Builder, columnKeys, type Details, groupBy, list, sortedList, text } from './builder.ts';
import type { Cause, Place } from './model.ts';
import { identifier, keyOf, qualified } from './names.ts';
import type { Row } from './query.ts';
import { enabledness } from './relation-parts.ts';

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
    return schema === undefined ? undefined : qualified(schema, String(row?.name));
  };
  const parents = groupBy(builder.rows('inherits'), 'child');
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
    const above = parents.get(row.oid) ?? [];
    const columns = [...(attributes.get(row.oid) ?? [])].sort((a, b) => Number(a.number) - Number(b.number));
    const far = foreign.get(row.oid);
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
        'partition bound': text(row.bound),
        parents: list(above.map(({ parent }) => nameOf(parent)).filter((name) => name !== undefined)),
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

const always: Readonly<Record<string, string>> = { a: 'ALWAYS', d: 'BY DEFAULT' };
const storages: Readonly<Record<string, string>> = { p: 'PLAIN', e: 'EXTERNAL', x: 'EXTENDED', m: 'MAIN' };
const compressions: Readonly<Record<string, string>> = { p: 'pglz', l: 'lz4' };

export function addColumns(builder: Builder): void {
  const notNulls = notNullConstraints(builder);
  const parents = groupBy(builder.rows('inherits'), 'child');
  const sequences = new Map(builder.rows('sequences').map((row) => [row.owned_by, row]));
  const relations = new Map(builder.rows('relations').map((row) => [row.oid, row]));
  for (const row of builder.rows('columns')) {
    const key = builder.keyOf('pg_class', row.relation);
    const relation = key === undefined ? undefined : builder.objects.get(key);
    if (!relation) continue;
    const { schema, name: on } = relation.place;
    const place: Place = { schema, on, name: String(row.name) };
    const notNull = notNulls.get(`${row.relation}.${row.number}`);
    const sequence = relations.get(sequences.get(`${row.relation}.${row.number}`)?.oid);
    const sequenceSchema = sequence && builder.schema(sequence.schema);
    const inherited =
      row.local === null
        ? []
        : (parents.get(row.relation) ?? []).flatMap(({ parent }) => {
            const above = builder.objects.get(builder.keyOf('pg_class', parent) ?? '');
            return above
              ? [keyOf('column', { ...place, schema: above.place.schema, on: above.place.name })]
              : [];
          });
    const definition = [{ key: relation.key, fact: 'definition' }];
    const generated =
      row.generated === null ? undefined : `${row.default} ${row.generated === 's' ? 'STORED' : 'VIRTUAL'}`;
    builder.add(
      'column',
      place,
      { ...row, owner: relation.facts.owner },
      {
        within: [key, ...inherited],
        echoes: inherited,
        facts: {
          owner: undefined,
          type: text(row.type),
          nullability: row.not_null
            ? notNull?.validated === false
              ? 'NOT NULL NOT VALID'
              : 'NOT NULL'
            : 'nullable',
          'name of NOT NULL': notNull && identifier(String(notNull.name)),
          'inheritance of NOT NULL': notNull?.no_inherit ? 'NO INHERIT' : undefined,
          'comment on NOT NULL': notNull && builder.comment(notNull).comment,
          default: generated === undefined ? text(row.default) : undefined,
          generation: generated,
          identity: always[String(row.identity)],
          storage: storages[String(row.storage)],
          compression: compressions[String(row.compression)],
          'statistics target': text(row.statistics),
          collation: text(row.collation),
          options: sortedList(row.options),
          'foreign options': sortedList(row.fdw_options),
          inheritance: row.local === null ? undefined : row.local ? 'declared here too' : 'inherited only',
          ...builder.comment({ class: 'pg_class', oid: row.relation }, Number(row.number)),
        },
        causes: {
          default:
            sequence && sequenceSchema
              ? [{ key: keyOf('sequence', { schema: sequenceSchema, name: String(sequence.name) }) }]
              : [],
          ...(/view/.test(relation.kind) && { '': definition, type: definition }),
          ...notNullCauses(keyOf('column', place)),
        },
        identity: String(row.number),
      },
    );
  }
}

/** What a NOT NULL is called and told is no second change where it came or went. */
function notNullCauses(key: string): Record<string, readonly Cause[]> {
  const cause = [{ key, fact: 'nullability' }];
  return { 'name of NOT NULL': cause, 'inheritance of NOT NULL': cause, 'comment on NOT NULL': cause };
}

/** Postgres 18 keeps them as constraints, by column. */
function notNullConstraints(builder: Builder): ReadonlyMap<string, Row> {
  return new Map(
    builder
      .rows('constraints')
      .filter(({ type, domain }) => type === 'n' && domain === '0')
      .map((row) => [`${row.relation}.${(row.columns as number[])[0]}`, row]),
  );
}

/** Flags that stand after a constraint's definition, each a fact of its own. */
const flags = /( NO INHERIT| DEFERRABLE| INITIALLY DEFERRED| NOT VALID| NOT ENFORCED)+$/;

export function addConstraints(builder: Builder): void {
  const columns = columnKeys(builder);
  const internal = groupBy(
    builder.rows('triggers').filter((row) => row.internal && row.constraint !== '0'),
    'constraint',
  );
  const place = (row: Row) => {
    const key =
      row.relation === '0' ? builder.keyOf('pg_type', row.domain) : builder.keyOf('pg_class', row.relation);
    const owner = key === undefined ? undefined : builder.objects.get(key);
    return (
      owner && { owner, place: { schema: owner.place.schema, on: owner.place.name, name: String(row.name) } }
    );
  };
  const uniques = new Map(
    builder
      .rows('constraints')
      .filter(({ type }) => type === 'p' || type === 'u')
      .map((row) => [row.index, row]),
  );
  const byOid = new Map(builder.rows('constraints').map((row) => [row.oid, row]));
  for (const row of builder.rows('constraints')) {
    const found = place(row);
    if (!found || row.type === 'n') continue;
    const { owner } = found;
    const above = byOid.get(row.parent);
    const parent = above && place(above);
    const parentKey = parent && keyOf('constraint', parent.place);
    const own = ((row.columns ?? []) as number[]).map((number) => columns.get(`${row.relation}.${number}`));
    const referenced = builder.objects.get(builder.keyOf('pg_class', row.referenced) ?? '');
    const far = ((row.referenced_columns ?? []) as number[]).map((number) =>
      columns.get(`${row.referenced}.${number}`),
    );
    const referencedUnique = row.type === 'f' ? uniques.get(row.index) : undefined;
    const unique = referencedUnique && place(referencedUnique);
    const states = new Set((internal.get(row.oid) ?? []).map(({ enabled }) => enabledness[String(enabled)]));
    builder.add('constraint', found.place, row, {
      within: [owner.key, parentKey],
      needs: [...own, referenced?.key, unique && keyOf('constraint', unique.place), ...far],
      echoes: [parentKey, ...inheritedFrom(builder, row, found.place)],
      facts: {
        definition: String(row.definition).replace(flags, ''),
        status: row.enforced === false ? 'NOT ENFORCED' : row.validated === false ? 'NOT VALID' : 'valid',
        deferrability: row.deferrable
          ? row.deferred
            ? 'INITIALLY DEFERRED'
            : 'DEFERRABLE'
          : 'NOT DEFERRABLE',
        'inheritance by children': row.type === 'c' && row.no_inherit ? 'NO INHERIT' : undefined,
        inheritance: row.local === null ? undefined : row.local ? 'declared here too' : 'inherited only',
        triggers: list([...states].sort()),
      },
      causes: {
        triggers: ['status'].map((fact) => ({ key: keyOf('constraint', found.place), fact })),
      },
    });
  }
}

/** Constraints of the same name on the tables above, from which a CHECK comes. */
function inheritedFrom(builder: Builder, row: Row, place: Place): string[] {
  if (row.local === null) return [];
  return builder
    .rows('inherits')
    .filter(({ child }) => child === row.relation)
    .flatMap(({ parent }) => {
      const above = builder.objects.get(builder.keyOf('pg_class', parent) ?? '');
      return above
        ? [keyOf('constraint', { ...place, schema: above.place.schema, on: above.place.name })]
        : [];
    });
}

export function addIndexes(builder: Builder): void {
  const columns = columnKeys(builder);
  const relations = new Map(builder.rows('relations').map((row) => [row.oid, row]));
  const attributes = groupBy(
    builder.rows('columns').filter(({ statistics }) => statistics !== null),
    'relation',
  );
  const constraints = new Map(
    builder
      .rows('constraints')
      .filter(({ type }) => 'pux'.includes(String(type)))
      .map((row) => [row.index, row]),
  );
  const parents = groupBy(builder.rows('inherits'), 'child');
  const place = (oid: unknown) => {
    const row = relations.get(oid);
    const schema = row && builder.schema(row.schema);
    return row && schema !== undefined ? { schema, name: String(row.name) } : undefined;
  };
  for (const row of builder.rows('indexes')) {
    const relation = relations.get(row.oid);
    const found = place(row.oid);
    const table = builder.keyOf('pg_class', row.relation);
    if (!found || !relation || table === undefined || builder.isMember(relation)) continue;
    const constraint = builder.keyOf('pg_constraint', constraints.get(row.oid)?.oid);
    const above = (parents.get(row.oid) ?? []).map(({ parent }) => place(parent));
    const parent = above[0] && keyOf('index', above[0]);
    const definition = String(row.definition);
    const used = String(row.columns)
      .split(' ')
      .map((number) => columns.get(`${row.relation}.${number}`));
    builder.add(
      'index',
      found,
      { ...relation, owner: undefined },
      {
        within: [table, constraint, parent],
        needs: used,
        echoes: [parent],
        facts: {
          definition: `${definition.startsWith('CREATE UNIQUE') ? 'UNIQUE ' : ''}${definition.slice(definition.indexOf(' USING ') + 7)}`,
          validity: row.valid ? 'valid' : row.ready ? 'INVALID' : 'INVALID and not written to',
          tablespace: text(relation.tablespace),
          'index above': above[0] && qualified(above[0].schema, above[0].name),
          'statistics targets': list(
            (attributes.get(row.oid) ?? []).map(({ number, statistics }) => `${number}: ${statistics}`),
          ),
        },
        causes: constraint === undefined ? {} : { definition: [{ key: constraint, fact: 'definition' }] },
      },
    );
  }
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
    const key = keyOf('sequence', place);
    const details: Details = {
      within: [keyOf('schema', { name: schema }), table, column],
      echoes: [table],
      facts: {
        persistence: persistence[String(relation.persistence)],
        type: text(row.type),
        start: text(row.start),
        increment: text(row.increment),
        minimum: text(row.min),
        maximum: text(row.max),
        cache: text(row.cache),
        cycling: row.cycle ? 'CYCLE' : 'NO CYCLE',
        'owning column': column?.replace(/^column /, ''),
      },
      causes: {
        type: column === undefined ? [] : [{ key: column, fact: 'type' }],
        minimum: [{ key, fact: 'type' }, ...(column === undefined ? [] : [{ key: column, fact: 'type' }])],
        maximum: [{ key, fact: 'type' }, ...(column === undefined ? [] : [{ key: column, fact: 'type' }])],
        '': column === undefined ? [] : [{ key: column, fact: 'identity' }],
      },
      identity: String(row.oid),
    };
    builder.add('sequence', place, relation, details);
  }
}
