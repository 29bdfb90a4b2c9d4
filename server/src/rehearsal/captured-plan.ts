import type { Analysis } from '../analyze.ts';
import { setNested } from '../plan/edit-nested.ts';
import { addRootKey } from '../plan/edit-root.ts';
import { writeSize } from '../plan/values.ts';
import { applyEdits } from '../rules/fix-all.ts';
import { tableSizes } from '../rules/table-size.ts';

/** A table as a server has it. */
export interface CapturedTable {
  readonly schema: string;
  readonly name: string;
  /** Undefined where it cannot be known: never analysed, and too large to be counted. */
  readonly rows: number | undefined;
  /** Bytes on disk, its TOAST included and its indexes not. */
  readonly bytes: number;
}

/** The baseline's path where a plan names none. */
export const usualSchemaPath = 'schema.sql';

/** The baseline's path, as the plan has it. */
export function schemaPath({ plan }: Analysis): string {
  return plan.database.schema?.value ?? usualSchemaPath;
}

/**
 * The plan's text with a server's figures: the baseline's path under `database`, and rows and size of the tables
 * that the plan names or its steps touch. Everything else keeps its bytes. `left` are tables that could not be
 * written without touching something else.
 */
export function withCaptured(
  analysis: Analysis,
  captured: readonly CapturedTable[],
): { readonly text: string; readonly tables: readonly string[]; readonly left: readonly string[] } {
  const { plan } = analysis;
  let { text } = analysis;
  const apply = (edits: ReturnType<typeof setNested>) => {
    if (edits) text = applyEdits(text, edits);
    return edits !== undefined;
  };
  if (plan.database.schema === undefined) apply(setNested(text, ['database'], 'schema', usualSchemaPath));
  const known = tableSizes(plan.tables);
  const touched = touchedRelations(analysis);
  const tables: string[] = [];
  const left: string[] = [];
  let hasTables = plan.tables.length > 0;
  for (const table of captured) {
    const written = known.of(nameOf(table))?.name.value;
    const name = written ?? nameOf(table);
    if (written === undefined && !touched.has(nameOf(table))) continue;
    const size = writeSize(table.bytes);
    const figures = table.rows === undefined ? { size } : { rows: table.rows, size };
    const done =
      written !== undefined
        ? Object.entries(figures).every(([key, value]) =>
            apply(setNested(text, ['tables', written], key, value)),
          )
        : hasTables
          ? apply(setNested(text, ['tables'], name, figures))
          : apply(addRootKey(text, plan, 'tables', { [name]: figures }));
    hasTables ||= done;
    (done ? tables : left).push(name);
  }
  return { text, tables, left };
}

function nameOf({ schema, name }: CapturedTable): string {
  const quoted = (part: string) =>
    /^[a-z_][a-z_0-9]*$/.test(part) ? part : `"${part.replaceAll('"', '""')}"`;
  return schema === 'public' ? quoted(name) : `${quoted(schema)}.${quoted(name)}`;
}

/** Named as `regclass` prints them. */
function touchedRelations({ steps }: Analysis): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { action, rollback } of steps)
    for (const each of [action, ...rollback])
      for (const { effects } of each?.statements ?? [])
        for (const { relation } of [...effects.locks, ...effects.rewrites, ...effects.scans])
          names.add(relation);
  return names;
}
