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
    const used =
      keyOf(row.used_class, row.used, row.used_part) ?? builder.keyOf('pg_extension', row.extension);
    if (used === undefined) continue;
    const column = row.class === 'pg_attrdef' ? defaults.get(row.oid) : undefined;
    const key = column ?? keyOf(row.class, row.oid, row.part);
    if (key === undefined || key === used) continue;
    // What Postgres makes along with a type, such as a range's constructors, is a part of it.
    if (row.internal) {
      if (row.class === 'pg_proc' || row.class === 'pg_cast') builder.remove(key);
    } else if (column !== undefined)
      builder.extend(key, ({ causes }) => ({
        causes: { ...causes, default: [...(causes.default ?? []), { key: used }] },
      }));
    else
      for (const one of [key, ...constraintsOf(builder, key)])
        builder.extend(one, ({ needs }) => ({ needs: [...needs, used] }));
  }
}

/** The constraint that an index belongs to. */
function constraintsOf(builder: Builder, key: string): readonly string[] {
  const object = builder.objects.get(key);
  return object?.kind === 'index' ? object.within.filter((above) => above.startsWith('constraint ')) : [];
}
