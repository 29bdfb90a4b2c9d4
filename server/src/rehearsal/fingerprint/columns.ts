import { type Builder, groupBy, sortedList, text } from './builder.ts';
import { readGrants } from './grants.ts';
import type { Cause, Place } from './model.ts';
import { identifier, keyOf } from './names.ts';
import type { Row } from './query.ts';

const always: Readonly<Record<string, string>> = { a: 'ALWAYS', d: 'BY DEFAULT' };
const storages: Readonly<Record<string, string>> = { p: 'PLAIN', e: 'EXTERNAL', x: 'EXTENDED', m: 'MAIN' };
const compressions: Readonly<Record<string, string>> = { p: 'pglz', l: 'lz4' };

export function addColumns(builder: Builder): void {
  const notNulls = notNullConstraints(builder);
  const inherits = groupBy(builder.rows('inherits'), 'child');
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
        : (inherits.get(row.relation) ?? []).flatMap(({ parent }) => {
            const above = builder.objects.get(builder.keyOf('pg_class', parent) ?? '');
            return above
              ? [keyOf('column', { ...place, schema: above.place.schema, on: above.place.name })]
              : [];
          });
    const definition = [{ key: relation.key, fact: 'definition' }];
    const generated =
      row.generated === null ? undefined : `${row.default} ${row.generated === 's' ? 'STORED' : 'VIRTUAL'}`;
    builder.add('column', place, row, {
      ownerless: true,
      grants: readGrants(row.acl, relation.facts.owner),
      within: [key, ...inherited],
      echoes: inherited,
      facts: {
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
        ...(sequence &&
          sequenceSchema && {
            default: [{ key: keyOf('sequence', { schema: sequenceSchema, name: String(sequence.name) }) }],
          }),
        ...(relation.kind.endsWith('view') && { '': definition, type: definition }),
        ...(row.local !== null && { inheritance: inheritanceCauses(relation.key) }),
        ...(notNull && notNullCauses(keyOf('column', place))),
      },
      identity: String(row.number),
    });
  }
}

/** What stands on it is inherited as long as the table is. */
export function inheritanceCauses(table: string): readonly Cause[] {
  return ['attachment', 'parents'].map((fact) => ({ key: table, fact }));
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
