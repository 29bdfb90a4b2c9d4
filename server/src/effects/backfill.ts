import type { BackfillAction } from '../plan/model.ts';
import { isUnshared } from '../schema/exposure.ts';
import { columnOf, displayName, findRelation, keyOf, referencesTo } from '../schema/lookup.ts';
import type { Relation, Schema, Table } from '../schema/model.ts';
import { tokenize } from '../sql/lexer.ts';
import { parseName, quoteIdentifier, writeName } from '../sql/names.ts';
import { baselineRemedy, type EffectsContext } from './builder.ts';
import type { Effects, RelationLock, UnknownFact } from './model.ts';

/**
 * The statements that walk a table once by its key. Each UPDATE is a transaction of its own. Run `endSql`: no
 * row means an empty table, and that is all. Then, until the end is reached: ask `firstBoundSql` (later
 * `nextBoundSql` with the key reached so far as `$1…`) for the last key of the next batch, taking the end where
 * it gives no row or one behind the end; run `firstSql` (later `sql`) up to that key. Rows that come in behind
 * the end while it runs are the application's to fill, so the walk ends whatever `where` does.
 */
export interface BackfillBatch {
  /** As SQL names it. */
  readonly table: string;
  /** Names of the columns that are walked, in order, not quoted. */
  readonly key: readonly string[];
  /** Rows a batch, matching `where` or not. */
  readonly batch: number;
  /** The greatest key there is: a row of the key's columns. */
  readonly endSql: string;
  readonly firstBoundSql: string;
  /** `$1…`: the key reached. Gives the last key of the next batch; no row where fewer rows than a batch are left. */
  readonly nextBoundSql: string;
  /** `$1…`: the last key of the batch. */
  readonly firstSql: string;
  /** `$1…`: the key reached; behind them the last key of the batch. */
  readonly sql: string;
}

/** Composes the walk, or says in a sentence what is missing for it. */
export function backfillBatchSql(
  action: BackfillAction,
  schema: Schema,
): BackfillBatch | { readonly unknown: string } {
  const name = parseName(action.table?.value ?? '');
  if (!name || !action.set || action.set.text.trim() === '') {
    return { unknown: 'A backfill needs a `table` and what to `set`.' };
  }
  const relation = findRelation(schema, name);
  const table = relation?.kind === 'table' ? relation : undefined;
  const missing = whatIsMissing(action, schema, writeName(name), table, relation !== undefined);
  if (missing !== undefined) return { unknown: missing };
  const key = keyColumns(action, table);
  return compose(writeName(name), key, action.batch, action.set.text, action.where?.text);
}

function keyColumns(action: BackfillAction, table: Table | undefined): readonly string[] {
  if (action.key.length > 0) return action.key.map(({ value }) => parseName(value)?.name ?? value);
  return table?.constraints.find(({ kind }) => kind === 'primary key')?.columns ?? [];
}

function whatIsMissing(
  action: BackfillAction,
  schema: Schema,
  shown: string,
  table: Table | undefined,
  found: boolean,
): string | undefined {
  if (found && !table) return `${shown} is not a table: a backfill updates a table.`;
  if (!table && schema.complete) return `The table ${shown} does not exist at this step.`;
  const key = keyColumns(action, table);
  if (key.length === 0) {
    return table?.columnsComplete
      ? `${shown} has no primary key to walk in batches: give a \`key\`, a NOT NULL column with an index.`
      : `The primary key of ${shown} is not known: give the columns to walk as \`key\`, or ${baselineRemedy}.`;
  }
  for (const column of key) {
    const known = columnOf(table, column);
    if (!known && table?.columnsComplete) return `${shown} has no column ${quoteIdentifier(column)} to walk.`;
    if (known?.notNull === false) {
      return `${quoteIdentifier(column)} may be null, and a walk by it would pass those rows over: give a NOT NULL column as \`key\`.`;
    }
  }
  return undefined;
}

function compose(
  table: string,
  key: readonly string[],
  batch: number,
  set: string,
  where: string | undefined,
): BackfillBatch {
  const names = key.map(quoteIdentifier);
  const columns = names.join(', ');
  const row = names.length > 1 ? `(${columns})` : columns;
  const parameters = (first: number) => {
    const list = names.map((_, at) => `$${first + at}`).join(', ');
    return names.length > 1 ? `(${list})` : list;
  };
  // On a line of its own, so that a comment at the end of the source ends before what follows.
  const condition = where === undefined || where.trim() === '' ? '' : `\n  AND (${where.trim()}\n  )`;
  const update = (range: string) => `UPDATE ${table}\nSET ${set.trim()}\nWHERE ${range}${condition}`;
  const bound = `ORDER BY ${columns} LIMIT 1 OFFSET ${Math.max(batch, 1) - 1}`;
  return {
    table,
    key,
    batch,
    endSql: `SELECT ${columns} FROM ${table} ORDER BY ${names.map((name) => `${name} DESC`).join(', ')} LIMIT 1`,
    firstBoundSql: `SELECT ${columns} FROM ${table} ${bound}`,
    nextBoundSql: `SELECT ${columns} FROM ${table} WHERE ${row} > ${parameters(1)} ${bound}`,
    firstSql: update(`${row} <= ${parameters(1)}`),
    sql: update(`${row} > ${parameters(1)} AND ${row} <= ${parameters(1 + names.length)}`),
  };
}

/** What each batch of a backfill does; the class is `batched` where the walk can be composed. */
export function effectsOfBackfill(action: BackfillAction, schema: Schema, _context: EffectsContext): Effects {
  const name = parseName(action.table?.value ?? '');
  const relation = name && findRelation(schema, name);
  const batch = backfillBatchSql(action, schema);
  const unknown: UnknownFact[] =
    'unknown' in batch ? [{ fact: batch.unknown, remedy: 'give what is missing in the backfill' }] : [];
  const shown = relation ? displayName(schema, relation.name) : name && writeName(name);
  const locks: RelationLock[] =
    shown && (relation || !schema.complete)
      ? [
          {
            relation: shown,
            mode: 'RowExclusiveLock',
            isNew: relation !== undefined && isNew(schema, relation),
          },
        ]
      : [];
  if (relation?.kind === 'table' && name)
    locks.push(...foreignKeyLocks(schema, relation, keyOf(schema, name), assigned(action)));
  return {
    class: unknown.length > 0 ? 'unknown' : relation?.empty ? 'instant' : 'batched',
    locks,
    rewrites: [],
    scans: [],
    builds: [],
    unknown,
    transactional: true,
  };
}

function isNew(schema: Schema, relation: Relation): boolean {
  return relation.empty || isUnshared(schema, relation);
}

/** A changed foreign key column looks its other row up; a changed referenced column looks for rows that point at it. */
function foreignKeyLocks(
  schema: Schema,
  table: Table,
  key: string,
  columns: readonly string[],
): readonly RelationLock[] {
  const keys = new Map<string, 'RowShareLock' | 'RowExclusiveLock'>();
  for (const { references, columns: own } of table.constraints) {
    if (references && own.some((column) => columns.includes(column)))
      keys.set(references.table, 'RowShareLock');
  }
  for (const { table: other, constraint } of referencesTo(schema, key)) {
    if (!constraint.references?.columns.some((column) => columns.includes(column))) continue;
    const cascades = /ON UPDATE (?:CASCADE|SET)/.test(constraint.definition);
    keys.set(keyOf(schema, other.name), cascades ? 'RowExclusiveLock' : 'RowShareLock');
  }
  return [...keys].flatMap(([other, mode]) => {
    const relation = schema.relations.get(other);
    if (!relation || other === key) return [];
    return [{ relation: displayName(schema, relation.name), mode, isNew: isNew(schema, relation) }];
  });
}

/** The columns that `set` assigns: what stands before each `=` that begins an assignment. */
function assigned(action: BackfillAction): readonly string[] {
  const text = action.set?.text ?? '';
  const columns: string[] = [];
  let depth = 0;
  let before = true;
  for (const token of tokenize(text)) {
    const source = text.slice(token.start, token.end);
    if (source === '(') depth++;
    else if (source === ')') depth--;
    else if (source === '=') before = false;
    else if (source === ',' && depth === 0) before = true;
    else if (before && (token.kind === 'word' || token.kind === 'quoted'))
      columns.push(parseName(source)?.name ?? source);
  }
  return columns;
}
