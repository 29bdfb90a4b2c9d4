import { type Builder, columnKeys } from './builder.ts';

/** Adds what an object cannot be without by what Postgres notes of it: the objects must all be there. */
export function addDependencies(builder: Builder): void {
  const rows = builder.rows('dependencies');
  if (rows.length === 0) return;
  const columns = columnKeys(builder);
  const defaults = new Map(
    builder.rows('columns').map((row) => [row.default_oid, columns.get(`${row.relation}.${row.number}`)]),
  );
  const keyOf = (catalog: unknown, oid: unknown, part: unknown) =>
    catalog === 'pg_class' && Number(part) > 0
      ? columns.get(`${oid}.${part}`)
      : builder.keyOf(String(catalog), oid);
  for (const row of rows) {
    const used = keyOf(row.used_class, row.used, row.used_part);
    if (used === undefined) continue;
    const column = row.class === 'pg_attrdef' ? defaults.get(row.oid) : undefined;
    const key = column ?? keyOf(row.class, row.oid, row.part);
    if (key === undefined || key === used) continue;
    builder.extend(key, ({ needs, causes }) =>
      column === undefined
        ? { needs: [...needs, used] }
        : { causes: { ...causes, default: [...(causes.default ?? []), { key: used }] } },
    );
  }
}
