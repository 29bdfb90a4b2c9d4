import type { ColumnDef, RangeVar, TypeName } from '@pgsql/types';
import { replaceStatement } from '../../plan/edit.ts';
import { nameOfRangeVar, quoteIdentifier, writeName } from '../../sql/names.ts';
import { namedType } from '../../sql/type-names.ts';
import { documentRange } from '../../text/offset-map.ts';
import type { Range } from '../../text/range.ts';
import type { Finding, Fix, RuleContext, StatementAnalysis } from '../model.ts';
import { alterCommands, alterTable, type PlacedStatement, sqlStatements } from '../statements.ts';

/** A column that a step's statement makes, or whose type it changes. */
export interface NewColumn {
  readonly placed: PlacedStatement;
  readonly relation: RangeVar | undefined;
  readonly name: string;
  readonly type: TypeName;
  readonly column: ColumnDef;
  /** `change`: ALTER COLUMN … TYPE. */
  readonly by: 'create' | 'add' | 'change';
}

/**
 * The columns that the plan's steps make or change, in order; those of temporary tables left out, and what a
 * rollback brings back, since that was there before.
 */
export function* newColumns(context: RuleContext): Generator<NewColumn> {
  for (const placed of sqlStatements(context)) {
    if (placed.part === 'step') yield* columnsOf(placed);
  }
}

function* columnsOf(placed: PlacedStatement): Generator<NewColumn> {
  const { node } = placed.s.statement;
  if ('CreateStmt' in node) {
    const { relation, tableElts = [] } = node.CreateStmt;
    if (isTemporary(relation)) return;
    for (const element of tableElts) {
      if ('ColumnDef' in element) yield* column(placed, relation, element.ColumnDef, 'create');
    }
  } else if ('AlterTableStmt' in node) {
    const relation = alterTable(placed.s)?.relation;
    for (const { subtype, def, name } of alterCommands(placed.s)) {
      if (!def || !('ColumnDef' in def)) continue;
      if (subtype === 'AT_AddColumn') yield* column(placed, relation, def.ColumnDef, 'add');
      if (subtype === 'AT_AlterColumnType')
        yield* column(placed, relation, { ...def.ColumnDef, colname: name ?? '' }, 'change');
    }
  }
}

function* column(
  placed: PlacedStatement,
  relation: RangeVar | undefined,
  def: ColumnDef,
  by: NewColumn['by'],
): Generator<NewColumn> {
  const { colname: name, typeName: type } = def;
  if (name && type) yield { placed, relation, name, type, column: def, by };
}

export function isTemporary(relation: RangeVar | undefined): boolean {
  return relation?.relpersistence === 't' || relation?.schemaname === 'pg_temp';
}

/** The built-in type as `format_type` prints it, modifiers and array brackets left out; undefined for any other. */
export function builtInType({ type }: Pick<NewColumn, 'type'>): string | undefined {
  const named = namedType(type);
  return named?.kind === 'built-in' ? named.printed.replace(/\[\]$/, '').replace(/\([^)]*\)/, '') : undefined;
}

/** `users.email`. */
export function columnText({ relation, name }: Pick<NewColumn, 'relation' | 'name'>): string {
  return `${writeName(nameOfRangeVar(relation ?? {}))}.${quoteIdentifier(name)}`;
}

/** Where the type stands in the document, without array brackets: `timestamp(3) without time zone`. */
export function typeRange({ placed, type }: NewColumn): Range {
  return documentRange(placed.s.sql.map, typeSource(placed.s, type));
}

const typeWords = new Set(['varying', 'precision', 'with', 'without', 'time', 'zone', '.']);

function typeSource({ statement }: StatementAnalysis, type: TypeName): Range {
  const tokens = statement.tokens();
  const start = statement.tokenAt(type.location ?? 0).start;
  let at = tokens.findIndex((token) => token.start >= start);
  const word = (index: number) => {
    const token = tokens[index];
    return token ? statement.slice(token).toLowerCase() : '';
  };
  while (typeWords.has(word(at + 1)) || word(at + 1) === '(') {
    at += 1;
    if (word(at) === '.') at += 1;
    if (word(at) === '(') while (at < tokens.length - 1 && word(at) !== ')') at += 1;
  }
  return { start, end: tokens[at]?.end ?? start };
}

/** A fix that writes another type. It is the author's to judge: the application may rely on the one that is there. */
export function retyped(
  context: RuleContext,
  column: NewColumn,
  title: string,
  type: string,
): readonly Fix[] {
  // A change of type may carry a USING that is made for the type it names.
  if (column.by === 'change') return [];
  const { s } = column.placed;
  const edits = replaceStatement(context.text, s.sql, typeSource(s, column.type), type);
  return edits ? [{ title, edits, safe: false }] : [];
}

/** Whether a rule that ran before speaks at the same place. */
export function isFound(found: readonly Finding[], rule: string, range: Range): boolean {
  return found.some((one) => one.rule === rule && one.range.start === range.start);
}
