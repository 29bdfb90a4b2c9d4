import { type Builder, columnKeys, groupBy, list, text } from './builder.ts';
import { inheritanceCauses } from './columns.ts';
import type { Place } from './model.ts';
import { fullName, keyOf } from './names.ts';
import type { Row } from './query.ts';
import { enabledness } from './relation-parts.ts';

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
    const inherited = inheritedFrom(builder, row, found.place);
    builder.add('constraint', found.place, row, {
      within: [owner.key, parentKey, ...inherited],
      needs: [...own, referenced?.key, unique && keyOf('constraint', unique.place), ...far],
      echoes: [parentKey, ...inherited],
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
        triggers: triggerStates(builder, internal.get(row.oid)),
      },
      causes: {
        // A partition that is attached gets a copy.
        ...(parentKey !== undefined && { '': [{ key: owner.key, fact: 'attachment' }] }),
        inheritance: inheritanceCauses(owner.key),
        triggers: ['status'].map((fact) => ({ key: keyOf('constraint', found.place), fact })),
      },
    });
  }
}

/** Whether what enforces a constraint is on, on both tables: of these triggers, only those that are not are read. */
function triggerStates(builder: Builder, triggers: readonly Row[] = []): string {
  const states = triggers.map(
    ({ enabled, relation }) => `${enabledness[String(enabled)]} on ${builder.keyOf('pg_class', relation)}`,
  );
  return list([...new Set(states)].sort()) ?? 'enabled';
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
  const inherits = groupBy(builder.rows('inherits'), 'child');
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
    const above = (inherits.get(row.oid) ?? []).map(({ parent }) => place(parent));
    const parent = above[0] && keyOf('index', above[0]);
    const definition = String(row.definition);
    const used = `${row.columns} ${row.expression_columns ?? ''}`
      .split(' ')
      .map((number) => columns.get(`${row.relation}.${number}`));
    builder.add('index', found, relation, {
      ownerless: true,
      grants: [],
      within: [table, constraint, parent],
      needs: used,
      echoes: [parent],
      facts: {
        definition: `${definition.startsWith('CREATE UNIQUE') ? 'UNIQUE ' : ''}${definition.slice(definition.indexOf(' USING ') + 7)}`,
        validity: row.valid ? 'valid' : 'INVALID',
        readiness: row.ready && row.live ? 'ready' : 'not ready',
        tablespace: text(relation.tablespace),
        'index above': above[0] && fullName(above[0].schema, above[0].name),
        'statistics targets': list(
          (attributes.get(row.oid) ?? []).map(({ number, statistics }) => `column ${number}: ${statistics}`),
        ),
      },
      causes: {
        ...(parent !== undefined && { '': [{ key: table, fact: 'attachment' }] }),
        ...(constraint !== undefined && { definition: [{ key: constraint, fact: 'definition' }] }),
        readiness: [{ key: keyOf('index', found), fact: 'validity' }],
        'index above': [{ key: table, fact: 'attachment' }],
      },
    });
  }
}
