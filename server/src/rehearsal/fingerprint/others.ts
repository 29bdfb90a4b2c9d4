import { quoteIdentifier } from '../../sql/names.ts';
import { type Builder, list, sortedList, text } from './builder.ts';
import type { Place } from './model.ts';
import { identifier, keyOf } from './names.ts';
import type { Row } from './query.ts';

const contexts: Readonly<Record<string, string>> = { e: 'explicit', a: 'in assignments', i: 'implicit' };
const methods: Readonly<Record<string, string>> = { f: 'function', i: 'INOUT', b: 'binary coercible' };
const providers: Readonly<Record<string, string>> = { b: 'builtin', c: 'libc', i: 'icu', d: 'default' };

/** What few databases have, and what is the same to read for all kinds. */
export function addOthers(builder: Builder): void {
  const inSchema = (
    part: string,
    kind: string,
    facts: (row: Row) => Record<string, string | undefined>,
    name = plain,
  ) => {
    for (const row of builder.rows(part)) {
      const schema = builder.schema(row.schema);
      if (schema !== undefined)
        builder.add(kind, { schema, ...name(row) }, row, {
          within: [keyOf('schema', { name: schema })],
          facts: facts(row),
        });
    }
  };
  const anywhere = (
    part: string,
    kind: string,
    facts: (row: Row) => Record<string, string | undefined>,
    name = plain,
  ) => {
    for (const row of builder.rows(part)) builder.add(kind, { ...name(row) }, row, { facts: facts(row) });
  };

  anywhere('extensions', 'extension', (row) => ({ version: text(row.version), schema: text(row.schema) }));
  addStatistics(builder);
  inSchema(
    'operators',
    'operator',
    ({ function: routine, options }) => ({ function: text(routine), options: text(options) || undefined }),
    (row) => ({ name: String(row.name), suffix: ` (${row.left ?? 'NONE'}, ${row.right})` }),
  );
  inSchema(
    'operator_families',
    'operator family',
    (row) => ({
      method: text(row.method),
      operators: list(row.operators),
      functions: list(row.functions),
    }),
    methodName,
  );
  inSchema(
    'operator_classes',
    'operator class',
    (row) => ({
      type: text(row.type),
      family: builder.keyOf('pg_opfamily', row.family),
      default: row.usual ? 'yes' : undefined,
      'storage type': text(row.storage),
    }),
    methodName,
  );
  inSchema('collations', 'collation', (row) => ({
    provider: providers[String(row.provider)],
    determinism: row.deterministic ? 'deterministic' : 'not deterministic',
    LC_COLLATE: text(row.collate),
    LC_CTYPE: text(row.ctype),
    locale: text(row.locale),
    rules: text(row.rules),
  }));
  inSchema('conversions', 'conversion', (row) => ({ definition: text(row.definition) }));
  inSchema('text_search_configurations', 'text search configuration', (row) => ({
    parser: text(row.parser),
    mappings: list(row.mappings),
  }));
  inSchema('text_search_dictionaries', 'text search dictionary', (row) => ({
    template: text(row.template),
    options: text(row.options),
  }));
  anywhere(
    'casts',
    'cast',
    (row) => ({
      function: text(row.function),
      context: contexts[String(row.context)],
      method: methods[String(row.method)],
    }),
    (row) => ({ name: '', suffix: `(${row.source} AS ${row.target})` }),
  );
  anywhere('languages', 'language', (row) => ({
    trust: row.trusted ? 'trusted' : 'untrusted',
    handler: text(row.handler),
  }));
  anywhere('access_methods', 'access method', (row) => ({
    type: text(row.type),
    handler: text(row.handler),
  }));
  anywhere('foreign_data_wrappers', 'foreign data wrapper', (row) => ({
    handler: text(row.handler),
    validator: text(row.validator),
    options: sortedList(row.options),
  }));
  addServers(builder);
}

const plain = (row: Row): Place => ({ name: String(row.name) });
const methodName = (row: Row): Place => ({ name: String(row.name), suffix: ` USING ${row.method}` });

function addServers(builder: Builder): void {
  for (const row of builder.rows('servers'))
    builder.add('server', { name: String(row.name) }, row, {
      within: [keyOf('foreign data wrapper', { name: String(row.wrapper) })],
      facts: { type: text(row.type), version: text(row.version), options: sortedList(row.options) },
    });
  for (const { server, user, options } of builder.rows('user_mappings'))
    builder.add(
      'user mapping',
      {
        name: '',
        suffix: `of ${identifier(String(user ?? 'public'))} on server ${identifier(String(server))}`,
      },
      {},
      {
        within: [keyOf('server', { name: String(server) })],
        facts: { options: sortedList(options) },
      },
    );
}

function addStatistics(builder: Builder): void {
  for (const row of builder.rows('statistics')) {
    const schema = builder.schema(row.schema);
    const table = builder.objects.get(builder.keyOf('pg_class', row.relation) ?? '');
    if (schema === undefined || !table) continue;
    const numbers = new Set(String(row.columns).split(' '));
    const columns = builder
      .rows('columns')
      .filter(({ relation, number }) => relation === row.relation && numbers.has(String(number)))
      .sort((a, b) => Number(a.number) - Number(b.number))
      .map(({ name }) => String(name));
    const needs = columns.map((name) =>
      keyOf('column', { schema: table.place.schema, on: table.place.name, name }),
    );
    // Printed in the order in which the table has them; what is gathered does not depend on it.
    const list = (names: readonly string[]) => ` ON ${names.map(quoteIdentifier).join(', ')}`;
    const definition = String(row.definition).replace(list(columns), () => list([...columns].sort()));
    builder.add('statistics', { schema, name: String(row.name) }, row, {
      within: [table.key],
      needs,
      facts: {
        definition: definition.replace(/^CREATE STATISTICS (?:(?:"(?:[^"]|"")*"|[^\s".]+)\.?)+ /, ''),
        target: text(row.target),
      },
    });
  }
}
