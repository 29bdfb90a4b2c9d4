import type { ColumnDef, Constraint, RangeVar } from '@pgsql/types';
import { typeOf } from '../../schema/draft.ts';
import { childrenOf, domainChain, keyOf, relationKey, tableOf } from '../../schema/lookup.ts';
import type { Schema, Table } from '../../schema/model.ts';
import { nameOfRangeVar, quoteIdentifier, quoteLiteral, writeName } from '../../sql/names.ts';
import { serialBase } from '../../sql/type-names.ts';
import type { Range, TextEdit } from '../../text/range.ts';
import { type BroughtConstraint, broughtConstraints, constraintRange, withParts } from '../alter-parts.ts';
import { backfillKey } from '../backfill-key.ts';
import { hasNotNullConstraints } from '../constraints/not-null-steps.ts';
import type { Fix, RuleContext, StatementAnalysis } from '../model.ts';
import { aroundStatement, type BackfillSource, type NewStep } from '../new-steps.ts';
import { alterTable, type PlacedStatement, wordPlaces } from '../statements.ts';
import { notNullSteps } from './not-null.ts';
import { columnsOfNew, syncName, triggerStep } from './sync-trigger.ts';

/** Where each row's value comes from. */
export type ValueSource =
  | { readonly kind: 'serial' }
  | { readonly kind: 'identity' | 'generated' | 'default'; readonly node: Constraint }
  | { readonly kind: 'domain' };

/** An ADD COLUMN that rewrites its table. */
export interface AddedColumn {
  readonly placed: PlacedStatement;
  /** The place of the subcommand in the statement. */
  readonly at: number;
  readonly column: ColumnDef;
  readonly source: ValueSource;
  /** False where a fact that is not known decides whether it rewrites. */
  readonly certain: boolean;
}

/** What the fixes are made of: names as they are written in SQL. */
interface Parts extends AddedColumn {
  readonly target: RangeVar;
  readonly table: string;
  readonly name: string;
  /** `name` in SQL. */
  readonly written: string;
  /** The constraints of the column that a plain column loses: its default or what stands for it, NOT NULL. */
  readonly cut: readonly Range[];
  readonly notNull: boolean;
  /** What a backfill walks by. */
  readonly key: Pick<BackfillSource, 'key'>;
}

/** The column without values first, values for new rows, then a backfill, then NOT NULL. None for a plain file. */
export function addColumnFixes(context: RuleContext, added: AddedColumn): readonly Fix[] {
  const parts = partsOf(added);
  if (!parts) return [];
  switch (added.source.kind) {
    case 'default':
      return defaultFix(context, parts, added.source.node);
    case 'serial':
      return numberFix(context, parts, undefined);
    case 'identity':
      return numberFix(context, parts, added.source.node);
    case 'generated':
      return [...virtualFix(context, parts), ...triggerFix(context, parts, added.source.node)];
    default:
      return [];
  }
}

/** A domain with constraints: the table is rewritten, whatever the value comes from. */
export function isOfDomain({ before }: StatementAnalysis, column: ColumnDef): boolean {
  const type = typeOf(before, column.typeName);
  return type !== undefined && domainChain(before, type).some(({ constraints }) => constraints.length > 0);
}

const plainParts = new Set<string>([
  'CONSTR_DEFAULT',
  'CONSTR_IDENTITY',
  'CONSTR_GENERATED',
  'CONSTR_NOTNULL',
  'CONSTR_NULL',
]);

/** Undefined where the column brings more than a value and NOT NULL, or what comes after it may need it filled. */
function partsOf(added: AddedColumn): Parts | undefined {
  const { placed, at, column, source } = added;
  const target = alterTable(placed.s)?.relation;
  const known = tableOf(placed.s.before, target);
  const key = backfillKey(placed.s.before, known);
  const isLast = placed.action.statements.at(-1) === placed.s;
  if (!target?.relname || !column.colname || placed.part === 'rollback' || !isLast || !key) return undefined;
  // Its children would neither get the trigger nor the identity.
  if (source.kind !== 'default' && known && hasHeirs(placed.s.before, known)) return undefined;
  const brought = broughtConstraints(placed.s).filter((one) => one.at === at);
  if (!brought.every(({ node }) => plainParts.has(node.contype ?? ''))) return undefined;
  const ranges = brought
    .filter(({ node }) => node.contype !== 'CONSTR_NULL')
    .map((one) => constraintRange(placed.s, one));
  const cut = ranges.filter((range) => range !== undefined);
  if (cut.length < ranges.length) return undefined;
  return {
    ...added,
    target,
    table: writeName(nameOfRangeVar(target)),
    name: column.colname,
    written: quoteIdentifier(column.colname),
    cut,
    key,
    notNull: source.kind === 'serial' || source.kind === 'identity' || brought.some((one) => isNotNull(one)),
  };
}

/** Tables that inherit from it and are no partitions. */
function hasHeirs(schema: Schema, table: Table): boolean {
  for (const { partition } of childrenOf(schema, relationKey(table.name))) if (!partition) return true;
  return false;
}

function isNotNull({ node }: BroughtConstraint): boolean {
  return node.contype === 'CONSTR_NOTNULL';
}

function plainColumn(parts: Parts, more: readonly TextEdit[] = []): string {
  return withParts(parts.placed.s, [...parts.cut.map((range) => ({ range, newText: '' })), ...more]);
}

function rangeOfNode({ placed, at }: Parts, node: Constraint): Range | undefined {
  const own = broughtConstraints(placed.s).find(
    (one) => one.at === at && one.node.contype === node.contype && one.node.location === node.location,
  );
  return own && constraintRange(placed.s, own);
}

function fixOf(
  context: RuleContext,
  { placed }: Parts,
  fix: {
    readonly title: string;
    readonly safe: boolean;
    readonly replacement: string;
    readonly after: readonly NewStep[];
  },
): readonly Fix[] {
  const edits = aroundStatement(context, placed, {
    before: [],
    replacement: fix.replacement,
    after: fix.after,
  });
  return edits ? [{ title: fix.title, edits, safe: fix.safe }] : [];
}

function fill({ name, table, written, key }: Parts, value: string, where = `${written} IS NULL`): NewStep {
  return {
    name: `${name}: fill the old rows`,
    backfill: { table, set: `${written} = ${value}`, where, ...key },
    rollback: { not_needed: `the column ${name} goes with the step that added it` },
  };
}

function notNull(context: RuleContext, { placed, notNull: wanted, target, name }: Parts): readonly NewStep[] {
  return wanted ? notNullSteps(context, tableOf(placed.s.before, target), target, name) : [];
}

/** Both in one statement: the default is for new rows alone where the column is there without it first. */
function defaultFix(context: RuleContext, parts: Parts, node: Constraint): readonly Fix[] {
  const range = rangeOfNode(parts, node);
  if (!range) return [];
  const [, value] = /^default\s+([\s\S]*)$/i.exec(parts.placed.s.statement.slice(range)) ?? [];
  if (value === undefined) return [];
  return fixOf(context, parts, {
    title: 'Add it without values, set the default for new rows, backfill the old ones',
    safe: parts.certain,
    replacement: `${plainColumn(parts)}, ALTER COLUMN ${parts.written} SET DEFAULT ${value}`,
    after: [fill(parts, value), ...notNull(context, parts)],
  });
}

/** A sequence of its own numbers new rows at once, old ones in batches; an identity column takes over from it. */
function numberFix(context: RuleContext, parts: Parts, identity: Constraint | undefined): readonly Fix[] {
  const { placed, column, target, table, name, written } = parts;
  const type = column.typeName?.location;
  const base = column.typeName && serialBase(column.typeName);
  const sequence = {
    schema: target.schemaname || undefined,
    name: `${target.relname}_${name}_${identity ? 'fill_' : ''}seq`,
  };
  const taken = placed.s.before.relations.has(keyOf(placed.s.before, sequence));
  if (taken || sequence.name.length > 63 || type === undefined || identity?.options?.length) return [];
  const clause = identity && rangeOfNode(parts, identity);
  if (identity && !clause) return [];
  const quoted = writeName(sequence);
  const next = `nextval(${quoteLiteral(quoted)})`;
  const owned = identity ? '' : `${base === undefined ? '' : ` AS ${base}`} OWNED BY ${table}.${written}`;
  const create = `CREATE SEQUENCE ${quoted}${owned};`;
  const setDefault = `ALTER TABLE ${table} ALTER COLUMN ${written} SET DEFAULT ${next};`;
  const dropDefault = `ALTER TABLE ${table} ALTER COLUMN ${written} DROP DEFAULT;`;
  const numbers: NewStep = {
    name: `${name}: numbers for new rows`,
    sql: `${create}\n${setDefault}`,
    rollback: `${dropDefault}\nDROP SEQUENCE ${quoted};`,
  };
  const own = `pg_get_serial_sequence(${quoteLiteral(table)}, ${quoteLiteral(name)})`;
  const handOver: NewStep = {
    name: `${name}: let the column number itself`,
    sql: [
      dropDefault,
      `ALTER TABLE ${table} ALTER COLUMN ${written} ADD ${clause ? placed.s.statement.slice(clause) : ''};`,
      `SELECT setval(${own}, ${next});`,
      `DROP SEQUENCE ${quoted};`,
    ].join('\n'),
    rollback: [
      create,
      `SELECT setval(${quoteLiteral(quoted)}, nextval(${own}));`,
      `ALTER TABLE ${table} ALTER COLUMN ${written} DROP IDENTITY;`,
      setDefault,
    ].join('\n'),
  };
  return fixOf(context, parts, {
    title: 'Add a plain column, number new rows by a sequence, backfill the old ones',
    safe: parts.certain,
    replacement: plainColumn(
      parts,
      base === undefined ? [] : [{ range: placed.s.statement.tokenAt(type), newText: base }],
    ),
    after: [numbers, fill(parts, next), ...notNull(context, parts), ...(identity ? [handOver] : [])],
  });
}

/** Only where the plan says that its server knows virtual columns. */
function virtualFix(context: RuleContext, parts: Parts): readonly Fix[] {
  if (!hasNotNullConstraints(context)) return [];
  const stored = [...wordPlaces(parts.placed.s, ['STORED'])].filter((place) =>
    parts.cut.some((cut) => cut.end === place.end),
  );
  const [range] = stored;
  if (!range) return [];
  return fixOf(context, parts, {
    title: 'Make it VIRTUAL: worked out when it is read, never stored',
    safe: false,
    replacement: withParts(parts.placed.s, [{ range, newText: 'VIRTUAL' }]),
    after: [],
  });
}

function triggerFix(context: RuleContext, parts: Parts, node: Constraint): readonly Fix[] {
  const { placed, target, name, written } = parts;
  const range = rangeOfNode(parts, node);
  const clause = range && placed.s.statement.slice(range);
  const value = clause && /\bas\s*(\([\s\S]*\))\s*stored$/i.exec(clause)?.[1];
  if (!range || value === undefined || value === '') return [];
  const start = range.start + (clause ?? '').lastIndexOf(value);
  const ofNew = columnsOfNew(placed.s.statement, node.raw_expr, value, start);
  if (ofNew === undefined) return [];
  return fixOf(context, parts, {
    title: 'Add a plain column, keep it with a trigger, backfill the old rows',
    safe: false,
    replacement: plainColumn(parts),
    after: [
      triggerStep(target, syncName(placed.s.before, target, name, 'fill'), `${name}: fill it in new rows`, [
        `NEW.${written} := ${ofNew};`,
      ]),
      fill(parts, value, `${written} IS DISTINCT FROM ${value}`),
      ...notNull(context, parts),
    ],
  });
}
