import { type Builder, list, text } from './builder.ts';
import type { CatalogObject } from './model.ts';
import { identifier, keyOf } from './names.ts';
import type { Row } from './query.ts';

/** As `tgenabled`, `ev_enabled` and `evtenabled` have it. */
export const enabledness: Readonly<Record<string, string>> = {
  O: 'enabled',
  D: 'disabled',
  A: 'enabled ALWAYS',
  R: 'enabled for REPLICA',
};

function relationOf(builder: Builder, row: Row): CatalogObject | undefined {
  return builder.objects.get(builder.keyOf('pg_class', row.relation) ?? '');
}

/** Triggers but those that enforce constraints, which are told of these. */
export function addTriggers(builder: Builder): void {
  const byOid = new Map(builder.rows('triggers').map((row) => [row.oid, row]));
  const place = (row: Row) => {
    const relation = relationOf(builder, row);
    return relation && { schema: relation.place.schema, on: relation.place.name, name: String(row.name) };
  };
  for (const row of builder.rows('triggers')) {
    const relation = relationOf(builder, row);
    const found = place(row);
    if (!relation || !found || row.internal) continue;
    // A partition's copy is what its original is.
    const above = byOid.get(row.parent);
    const abovePlace = above && place(above);
    const parent = abovePlace && keyOf('trigger', abovePlace);
    builder.add('trigger', found, row, {
      within: [relation.key, parent],
      echoes: [parent],
      // A partition that is attached gets a copy.
      causes: parent === undefined ? {} : { '': [{ key: relation.key, fact: 'attachment' }] },
      facts: {
        definition: parent === undefined ? bare(String(row.definition), found.name) : undefined,
        status: enabledness[String(row.enabled)],
      },
    });
  }
}

/** Without what every trigger's definition starts with. */
function bare(definition: string, name: string): string {
  return definition.replace(`TRIGGER ${identifier(name)} `, 'TRIGGER ').replace(/^CREATE (TRIGGER )?/, '');
}

/** Rules, but those that make a view, which go by its name. */
export function addRules(builder: Builder): void {
  for (const row of builder.rows('rules')) {
    const relation = relationOf(builder, row);
    if (!relation) continue;
    if (row.definition === null) builder.alias('pg_rewrite', row.oid, relation.key);
    else
      builder.add(
        'rule',
        { schema: relation.place.schema, on: relation.place.name, name: String(row.name) },
        row,
        {
          within: [relation.key],
          facts: { definition: text(row.definition), status: enabledness[String(row.enabled)] },
        },
      );
  }
}

const commands: Readonly<Record<string, string>> = {
  r: 'SELECT',
  a: 'INSERT',
  w: 'UPDATE',
  d: 'DELETE',
  '*': 'ALL',
};

export function addPolicies(builder: Builder): void {
  for (const row of builder.rows('policies')) {
    const relation = relationOf(builder, row);
    if (!relation) continue;
    const place = { schema: relation.place.schema, on: relation.place.name, name: String(row.name) };
    builder.add('policy', place, row, {
      within: [relation.key],
      facts: {
        command: commands[String(row.command)],
        kind: row.permissive ? 'PERMISSIVE' : 'RESTRICTIVE',
        roles: list(row.roles),
        USING: text(row.using),
        'WITH CHECK': text(row.check),
      },
    });
  }
}
