import type { ColumnDef, RangeVar } from '@pgsql/types';
import { typeOf } from '../../schema/draft.ts';
import { columnOf, descendantsOf, referencesTo, relationKey, tableOf, viewsOf } from '../../schema/lookup.ts';
import type { Column, Schema, Table } from '../../schema/model.ts';
import { nameOfRangeVar, quoteIdentifier, writeName } from '../../sql/names.ts';
import { sourceAfter } from '../../sql/source.ts';
import { backfillKey } from '../backfill-key.ts';
import { hasNotNullConstraints, notNullNames } from '../constraints/not-null-steps.ts';
import type { Fix, RuleContext } from '../model.ts';
import { aroundStatement, type BackfillSource, type NewStep, type RollbackSource } from '../new-steps.ts';
import { alterCommands, alterTable, type PlacedStatement } from '../statements.ts';
import { withoutLockLimit } from '../without-lock-limit.ts';
import { notNullSteps } from './not-null.ts';
import { type MovedIndex, type MovedKeys, movedKeys } from './replace-column-keys.ts';
import { columnsOfNew, syncName, syncTrigger } from './sync-trigger.ts';

/** A column and the one that takes its place; names are those of SQL. */
interface Replacement {
  readonly target: RangeVar;
  readonly table: string;
  readonly schema: Schema;
  readonly known: Table;
  readonly column: Column;
  readonly plain: string;
  readonly name: string;
  readonly next: string;
  readonly last: string;
  /** The new type with its collation. */
  readonly type: string;
  /** The new value, from the columns of the row and of a trigger's NEW. */
  readonly value: string;
  readonly valueOfNew: string;
  readonly keys: MovedKeys;
  /** What a backfill walks by. */
  readonly walk: Pick<BackfillSource, 'key'>;
  /** Whether a cast leads back: what a USING made of the value, none may undo. */
  readonly castsBack: boolean;
}

/** Types that two values cannot be compared in. */
const incomparable = /^(?:json|xml|point|polygon|path|box|line|lseg|circle)\b/;

/**
 * ALTER COLUMN … TYPE as expand and contract: a column of the new type beside the old one, kept in step by a
 * trigger and filled in batches, then the names change places. None where more hangs on the column than its
 * values, its default and NOT NULL, and none for a plain file, which has no batches.
 */
export function replaceColumnFix(context: RuleContext, placed: PlacedStatement): readonly Fix[] {
  const replacement = replacementOf(placed);
  if (!replacement) return [];
  const { table, next, type, name } = replacement;
  const edits = aroundStatement(context, placed, {
    before: [],
    replacement: `ALTER TABLE ${table} ADD COLUMN ${next} ${type}`,
    rollback: `ALTER TABLE ${table} DROP COLUMN ${next};`,
    after: [...expand(context, replacement), swap(context, replacement), contract(replacement)],
  });
  const title = `Replace ${name} by a new column, step by step (expand and contract)`;
  return edits ? [{ title, edits, safe: false }] : [];
}

function replacementOf(placed: PlacedStatement): Replacement | undefined {
  const { s, action, part } = placed;
  const target = alterTable(s)?.relation;
  const [command, ...more] = alterCommands(s);
  const definition = command?.def && 'ColumnDef' in command.def ? command.def.ColumnDef : undefined;
  const table = tableOf(s.before, target);
  const column = columnOf(table, command?.name ?? '');
  const alone = part === 'step' && action.statements.length === 1 && more.length === 0;
  if (!alone || !target || !definition || !table || !column || !isFree(s.before, table, column))
    return undefined;
  const keys = movedKeys(s.before, table, column);
  const walk = backfillKey(s.before, table);
  if (!keys || !walk) return undefined;
  const printed = definition.typeName && typeOf(s.before, definition.typeName);
  if (printed === undefined || incomparable.test(printed) || incomparable.test(column.type ?? ''))
    return undefined;
  const typed = typeSource(placed, definition);
  const own =
    definition.raw_default === undefined ||
    (castsItself(definition, column.name) && castType(s.before, definition) === printed);
  const using = own ? undefined : usingOf(placed, definition);
  if (typed === undefined || !(own || using)) return undefined;
  const name = quoteIdentifier(column.name);
  const cast = typed.replace(/\s+collate\s+\S+$/i, '');
  const names = { next: `${column.name}_new`, last: `${column.name}_old` };
  const taken = table.columns.some((one) => one.name === names.next || one.name === names.last);
  if (taken || names.next.length > 63) return undefined;
  return {
    target,
    table: writeName(nameOfRangeVar(target)),
    schema: s.before,
    known: table,
    column,
    plain: column.name,
    name,
    next: quoteIdentifier(names.next),
    last: quoteIdentifier(names.last),
    type: typed,
    value: using?.value ?? `${name}::${cast}`,
    valueOfNew: using?.valueOfNew ?? `NEW.${name}::${cast}`,
    keys,
    walk,
    castsBack: using === undefined,
  };
}

/** `USING c::integer`, which says no more than the change itself. */
export function castsItself({ raw_default }: ColumnDef, column: string): boolean {
  const arg = raw_default && 'TypeCast' in raw_default ? raw_default.TypeCast.arg : undefined;
  const fields = arg && 'ColumnRef' in arg ? arg.ColumnRef.fields : undefined;
  const last = fields?.at(-1);
  return last !== undefined && 'String' in last && last.String.sval === column;
}

function castType(schema: Schema, { raw_default }: ColumnDef): string | undefined {
  return raw_default && 'TypeCast' in raw_default ? typeOf(schema, raw_default.TypeCast.typeName) : undefined;
}

/** Whether nothing but values, a default, NOT NULL and keys would have to move with the column. */
function isFree(schema: Schema, table: Table, column: Column): boolean {
  const key = relationKey(table.name);
  const plain = table.columnsComplete && !table.partitioned && table.parents.length === 0 && !table.foreign;
  if (!plain || column.type === undefined || column.identity || column.generated) return false;
  if (descendantsOf(schema, key).length > 0) return false;
  if (column.default === undefined) return false;
  const mine = (names: readonly (string | null)[]) => names.includes(column.name);
  for (const { readsColumns } of viewsOf(schema, key))
    if (mine(readsColumns?.[key] ?? [column.name])) return false;
  const triggered = table.triggerDefinitions?.some(({ reads }) => mine(reads));
  const secured = table.policies?.some(({ using, check }) =>
    mine([...(using?.reads ?? []), ...(check?.reads ?? [])]),
  );
  if (triggered || secured || (table.rules?.length ?? 0) > 0) return false;
  const moves = new Set(['not null', 'primary key', 'unique']);
  if (table.constraints.some((one) => !moves.has(one.kind) && mine(one.columns))) return false;
  for (const { constraint } of referencesTo(schema, key))
    if (constraint.references?.columns.includes(column.name)) return false;
  return !table.columns.some(({ generated, reads }) => generated && (reads === undefined || mine(reads)));
}

/** The type as written, COLLATE too, without USING. */
function typeSource({ s }: PlacedStatement, { typeName, raw_default }: ColumnDef): string | undefined {
  const { statement } = s;
  if (typeName?.location === undefined) return undefined;
  const start = statement.offsetOf(typeName.location);
  const tokens = statement.tokens().filter((token) => token.start >= start);
  const end = raw_default
    ? tokens.find((token) => token.kind === 'word' && /^using$/i.test(statement.slice(token)))?.start
    : statement.range.end;
  return end === undefined ? undefined : statement.slice({ start, end }).trim();
}

function usingOf({ s }: PlacedStatement, { raw_default }: ColumnDef) {
  const { statement } = s;
  const value = raw_default && sourceAfter(statement, 'using', raw_default);
  if (value === undefined) return undefined;
  const start = statement.range.start + statement.text.lastIndexOf(value);
  const valueOfNew = columnsOfNew(statement, raw_default, value, start);
  return valueOfNew === undefined ? undefined : { value: `(${value})`, valueOfNew: `(${valueOfNew})` };
}

function forwardTrigger({ schema, target, plain, next, valueOfNew }: Replacement) {
  return syncTrigger(target, syncName(schema, target, plain, 'sync'), [`NEW.${next} := ${valueOfNew};`]);
}

function expand(context: RuleContext, replacement: Replacement): readonly NewStep[] {
  const { table, known, plain, next, value, column, target, walk } = replacement;
  const { create, drop } = forwardTrigger(replacement);
  const differs = `${next} IS DISTINCT FROM ${value}`;
  return [
    { name: `${plain}: writes go to both columns`, sql: create, rollback: drop },
    {
      name: `${plain}: copy the old values`,
      backfill: { table, set: `${next} = ${value}`, where: differs, ...walk },
      rollback: { not_needed: `the new column goes with the step that added it` },
    },
    {
      name: `${plain}: nothing was missed`,
      verify: { sql: `SELECT count(*) FROM ${table} WHERE ${differs}`, expect: 0 },
    },
    ...replacement.keys.indexes.map((index) => ({
      name: `${plain}: an index like ${index.name}`,
      transaction: false as const,
      sql: withoutLockLimit(context, buildIndex(index, index.next, next)),
      // Where the new column has become a key, the way back from there has taken the index along.
      rollback: {
        transaction: false as const,
        sql: `DROP INDEX CONCURRENTLY IF EXISTS ${index.qualifiedNext};`,
      },
    })),
    ...(column.notNull ? notNullSteps(context, known, target, `${plain}_new`) : []),
  ];
}

function buildIndex({ unique, on }: MovedIndex, name: string, column: string): string {
  return `CREATE ${unique ? 'UNIQUE ' : ''}INDEX CONCURRENTLY ${name} ON ${on(column)};`;
}

/** In one transaction, so that no query ever finds the name gone. The way back fills what was written since. */
function swap(context: RuleContext, replacement: Replacement): NewStep {
  const { table, plain, name, next, last, column, keys } = replacement;
  const alter = (change: string) => `ALTER TABLE ${table} ${change};`;
  const backed = keys.indexes.flatMap(({ constraint }) => constraint ?? []);
  const required = notNullMoves(context, replacement);
  const sql = [
    forwardTrigger(replacement).drop,
    ...backed.map((constraint) => alter(`DROP CONSTRAINT ${constraint.name}`)),
    ...(column.notNull ? [alter(`ALTER COLUMN ${name} DROP NOT NULL`)] : []),
    alter(`RENAME COLUMN ${name} TO ${last}`),
    alter(`RENAME COLUMN ${next} TO ${name}`),
    ...(required ? [alter(`RENAME CONSTRAINT ${required.next} TO ${required.name}`)] : []),
    ...moveDefault(replacement, { from: last, to: name }, replacement.type),
    ...keys.indexes.flatMap((index) => takeOver(table, index, 'there')),
  ].join('\n');
  const rollback = replacement.castsBack
    ? wayBack(context, replacement)
    : { impossible: `values of ${plain} written since are of the new type alone` };
  return { name: `${plain}: the new column takes the name`, sql, rollback };
}

/** Since 18 NOT NULL has a name: that of the old column's, and those that the new one's and the way back's get. */
function notNullMoves(context: RuleContext, { known, target, plain, column }: Replacement) {
  const own = known.constraints.find((one) => one.kind === 'not null' && one.columns[0] === column.name);
  if (!own || !column.notNull || !hasNotNullConstraints(context)) return undefined;
  const [next = ''] = notNullNames(known, target, [`${plain}_new`]);
  const [last = ''] = notNullNames(known, target, [`${plain}_old`]);
  return { name: quoteIdentifier(own.name), next, last };
}

/** A constraint is made from its new index, which gets its name; a plain index changes names with the other. */
function takeOver(table: string, index: MovedIndex, way: 'there' | 'back'): readonly string[] {
  const { constraint, name, next, last, qualified, qualifiedNext, qualifiedLast } = index;
  const [from, put, aside] = way === 'there' ? [next, qualifiedNext, last] : [last, qualifiedLast, next];
  return constraint
    ? [`ALTER TABLE ${table} ADD CONSTRAINT ${constraint.name} ${constraint.kind} USING INDEX ${from};`]
    : [`ALTER INDEX ${qualified} RENAME TO ${aside};`, `ALTER INDEX ${put} RENAME TO ${name};`];
}

/** The default, and the sequence that it asks, which counts in the new type. */
function moveDefault(
  { table, column, keys: { sequence } }: Replacement,
  { from, to }: { readonly from: string; readonly to: string },
  type: string,
): readonly string[] {
  if (column.default === null || column.default === undefined) return [];
  const counts = sequence !== undefined && /^(?:smallint|int|int[248]|integer|bigint)$/i.test(type);
  return [
    `ALTER TABLE ${table} ALTER COLUMN ${to} SET DEFAULT ${column.default};`,
    `ALTER TABLE ${table} ALTER COLUMN ${from} DROP DEFAULT;`,
    ...(sequence === undefined ? [] : [`ALTER SEQUENCE ${sequence} OWNED BY ${table}.${to};`]),
    ...(counts ? [`ALTER SEQUENCE ${sequence} AS ${type};`] : []),
  ];
}

/** The old column gets what was written since, and its keys; then the names change back. */
function wayBack(context: RuleContext, replacement: Replacement): readonly RollbackSource[] {
  const { table, schema, known, plain, name, next, last, column, target, keys, walk } = replacement;
  const alter = (change: string) => `ALTER TABLE ${table} ${change};`;
  const old = `${name}::${column.type}`;
  const back = syncTrigger(target, syncName(schema, target, plain, 'back'), [`NEW.${last} := NEW.${old};`]);
  const backed = keys.indexes.filter(({ constraint }) => constraint !== undefined);
  const moves = notNullMoves(context, replacement);
  const undo = [
    back.drop,
    ...backed.map(({ constraint }) => alter(`DROP CONSTRAINT ${constraint?.name}`)),
    ...moveDefault(replacement, { from: name, to: last }, column.type ?? ''),
    ...(moves
      ? [
          alter(`RENAME CONSTRAINT ${moves.name} TO ${moves.next}`),
          alter(`RENAME CONSTRAINT ${moves.last} TO ${moves.name}`),
        ]
      : []),
    alter(`RENAME COLUMN ${name} TO ${next}`),
    alter(`RENAME COLUMN ${last} TO ${name}`),
    ...keys.indexes.flatMap((index) => takeOver(table, index, 'back')),
    forwardTrigger(replacement).create,
  ].join('\n');
  const required = column.notNull ? notNullSteps(context, known, target, `${plain}_old`) : [];
  return [
    { sql: back.create },
    { backfill: { table, set: `${last} = ${old}`, where: `${last} IS DISTINCT FROM ${old}`, ...walk } },
    ...backed.map((index) => ({
      transaction: false as const,
      sql: withoutLockLimit(context, buildIndex(index, index.last, last)),
    })),
    ...required.map((step) => ({ sql: step.sql })),
    { sql: undo },
  ];
}

function contract({ table, plain, last }: Replacement): NewStep {
  return {
    name: `${plain}: drop the old column`,
    sql: `ALTER TABLE ${table} DROP COLUMN ${last};`,
    rollback: { impossible: 'the values of the old type are gone' },
  };
}
