import { type Builder, list, sortedList, text } from './builder.ts';
import { readGrants } from './grants.ts';
import { identifier } from './names.ts';
import { enabledness } from './relation-parts.ts';

const generatedColumns: Readonly<Record<string, string>> = { s: 'stored' };

export function addPublications(builder: Builder): void {
  for (const row of builder.rows('publications')) {
    const schemas = ((row.schemas ?? []) as unknown[]).map((oid) => builder.schema(oid));
    const object = builder.add('publication', { name: String(row.name) }, row, {
      facts: {
        'ALL TABLES': row.all_tables ? 'published' : undefined,
        schemas: list(
          schemas
            .filter((name) => name !== undefined)
            .map(identifier)
            .sort(),
        ),
        publish: text(row.publish),
        publish_via_partition_root: row.via_root ? 'true' : undefined,
        publish_generated_columns: generatedColumns[String(row.generated)],
      },
    });
    for (const one of builder.rows('published')) {
      const relation = builder.objects.get(builder.keyOf('pg_class', one.relation) ?? '');
      if (one.publication !== row.oid || !relation) continue;
      const { schema, name: on } = relation.place;
      builder.add(
        'published table',
        { schema, on, name: String(row.name) },
        {},
        {
          within: [object.key, relation.key],
          facts: { 'row filter': text(one.filter), columns: list(one.columns) },
        },
      );
    }
  }
}

export function addEventTriggers(builder: Builder): void {
  for (const row of builder.rows('event_triggers'))
    builder.add('event trigger', { name: String(row.name) }, row, {
      facts: {
        event: text(row.event),
        tags: list(row.tags),
        function: text(row.function_name),
        status: enabledness[String(row.enabled)],
      },
    });
}

const objectKinds: Readonly<Record<string, string>> = {
  r: 'TABLES',
  S: 'SEQUENCES',
  f: 'FUNCTIONS',
  T: 'TYPES',
  n: 'SCHEMAS',
  L: 'LARGE OBJECTS',
};

/**
 * Those of a role for all schemas say what is granted instead of the usual, those for one schema what is granted as
 * well: where there are none, the usual goes.
 */
export function addDefaultPrivileges(builder: Builder): void {
  for (const row of builder.rows('default_privileges')) {
    const schema = row.schema === '0' ? undefined : builder.schema(row.schema);
    if (schema === undefined && row.schema !== '0') continue;
    const where = schema === undefined ? '' : ` in schema ${identifier(schema)}`;
    const suffix = `of ${identifier(String(row.owner))}${where} on ${objectKinds[String(row.objects)] ?? row.objects}`;
    builder.add('default privileges', { name: '', suffix }, row, {
      ownerless: true,
      within: schema === undefined ? [] : [`schema ${identifier(schema)}`],
      facts: {},
      grants: readGrants(row.acl, row.owner),
      usualGrants: readGrants(row.usual, row.owner),
    });
  }
}

export function addSubscriptions(builder: Builder): void {
  for (const row of builder.rows('subscriptions'))
    builder.add('subscription', { name: String(row.name) }, row, {
      facts: {
        status: row.enabled ? 'enabled' : 'disabled',
        transfer: row.binary ? 'binary' : 'text',
        slot: text(row.slot),
        synchronous_commit: text(row.synchronous_commit),
        publications: sortedList(row.publications),
      },
    });
}

/** The database's own owner, privileges and comment. */
export function addDatabase(builder: Builder): void {
  for (const row of builder.rows('database'))
    builder.add('this', { name: '', suffix: 'database' }, row, { facts: { comment: text(row.comment) } });
}

/** Settings of this database, for all roles and for one. */
export function addSettings(builder: Builder): void {
  for (const row of builder.rows('settings')) {
    const settings = ((row.settings ?? []) as string[]).map((setting) => {
      const at = setting.indexOf('=');
      return [setting.slice(0, at), setting.slice(at + 1)];
    });
    const name = row.role === null ? 'this database' : `${identifier(String(row.role))} in this database`;
    builder.add(
      'settings',
      { name: '', suffix: `of ${name}` },
      {},
      { facts: Object.fromEntries(settings), usualGrants: [] },
    );
  }
}
