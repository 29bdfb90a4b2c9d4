import type { AlterTableCmd, ColumnDef, Constraint } from '@pgsql/types';
import { constraintNodes } from '../schema/create-table.ts';
import { columnOf, tableOf } from '../schema/lookup.ts';
import type { Schema, Constraint as SchemaConstraint } from '../schema/model.ts';
import type { Statement } from '../sql/model.ts';
import { stringsOf } from '../sql/names.ts';
import { documentRange } from '../text/offset-map.ts';
import type { Range, TextEdit } from '../text/range.ts';
import type { RuleContext, StatementAnalysis } from './model.ts';
import { alterCommands, alterTable, type PlacedStatement, tokenRange } from './statements.ts';

/** A constraint that an ALTER TABLE brings: by ADD CONSTRAINT, or with a column that ADD COLUMN brings. */
export interface BroughtConstraint {
  readonly command: AlterTableCmd;
  /** The place of the subcommand in the statement: what `effects` calls `command`. */
  readonly at: number;
  /** With DEFERRABLE and the like, which the tree of a column definition keeps apart. */
  readonly node: Constraint;
  /** For a constraint in a column's definition: that column. */
  readonly column: ColumnDef | undefined;
  /** The columns it is about; none where an index says which, or an expression does. */
  readonly columns: readonly string[];
}

/** Every constraint that an ALTER TABLE brings, in the order of the text. */
export function broughtConstraints({
  statement,
}: Pick<StatementAnalysis, 'statement'>): readonly BroughtConstraint[] {
  return statement.once(constraintsOf);
}

function constraintsOf(statement: Statement): readonly BroughtConstraint[] {
  return alterCommands({ statement }).flatMap((command, at): readonly BroughtConstraint[] => {
    const { subtype, def } = command;
    if (subtype === 'AT_AddConstraint' && def && 'Constraint' in def) {
      const node = def.Constraint;
      const columns = stringsOf(node.contype === 'CONSTR_FOREIGN' ? node.fk_attrs : node.keys);
      return [{ command, at, node, column: undefined, columns }];
    }
    if (subtype !== 'AT_AddColumn' || !def || !('ColumnDef' in def)) return [];
    const column = def.ColumnDef;
    const columns = [column.colname ?? ''];
    return constraintNodes(column).map((node) => ({ command, at, node, column, columns }));
  });
}

const kinds: Readonly<Record<string, SchemaConstraint['kind']>> = {
  CONSTR_CHECK: 'check',
  CONSTR_EXCLUSION: 'exclusion',
  CONSTR_FOREIGN: 'foreign key',
  CONSTR_NOTNULL: 'not null',
  CONSTR_PRIMARY: 'primary key',
  CONSTR_UNIQUE: 'unique',
};

/** Its name, as written or as Postgres will choose it. Undefined where it is not known which of several it will be. */
export function constraintName(s: StatementAnalysis, brought: BroughtConstraint): string | undefined {
  if (brought.node.conname) return brought.node.conname;
  const relation = alterTable(s)?.relation;
  const known = new Set(tableOf(s.before, relation)?.constraints.map(({ name }) => name));
  const alike = broughtConstraints(s).filter(({ node }) => node.contype === brought.node.contype);
  for (const { node } of alike) if (node.conname) known.add(node.conname);
  const made = (tableOf(s.after, relation)?.constraints ?? []).filter(
    ({ name, kind, columns }) =>
      !known.has(name) &&
      kind === kinds[brought.node.contype ?? ''] &&
      (brought.columns.length === 0 || String(columns) === String(brought.columns)),
  );
  const nameless = alike.filter(
    ({ node, column, columns }) =>
      !node.conname &&
      (column === undefined) === (brought.column === undefined) &&
      (brought.columns.length === 0 || String(columns) === String(brought.columns)),
  );
  // Names are given in the order of the text.
  return made.length === nameless.length ? made[nameless.indexOf(brought)]?.name : undefined;
}

/**
 * The schema that a step put before a statement's own meets: in a plain file it stands right before the statement,
 * in a plan before all that shares its step.
 */
export function schemaBeforeStep({ kind }: RuleContext, { at, s }: PlacedStatement): Schema {
  return kind === 'sql' ? s.before : at.before;
}

/** Whether a step put before could work on these columns of the statement's table, as far as is known. */
export function columnsWereThere(
  context: RuleContext,
  placed: PlacedStatement,
  columns: readonly string[],
): boolean {
  const { s } = placed;
  const relation = alterTable(s)?.relation;
  const [now, then] = [s.before, schemaBeforeStep(context, placed)].map((one) => tableOf(one, relation));
  const added = alterCommands(s).flatMap(({ def }) =>
    def && 'ColumnDef' in def && def.ColumnDef.colname ? [def.ColumnDef.colname] : [],
  );
  return columns.every((name) =>
    columnOf(now, name) === undefined ? !added.includes(name) : columnOf(then, name) !== undefined,
  );
}

/**
 * Where each subcommand of an ALTER TABLE stands, in order: offsets in the SQL text, blanks and comments at the
 * ends left out. Empty where the statement is none.
 */
export function subcommandRanges(s: StatementAnalysis): readonly Range[] {
  if (!alterTable(s)) return [];
  const { statement } = s;
  const tokens = statement.tokens();
  const textOf = (at: number) => {
    const token = tokens[at];
    return token ? statement.slice(token).toUpperCase() : '';
  };
  let at = tokens.findIndex((token) => token.kind === 'word' && /^TABLE$/i.test(statement.slice(token))) + 1;
  if (at === 0) return [];
  if (textOf(at) === 'IF') at += 2;
  if (textOf(at) === 'ONLY') at++;
  if (textOf(at) === '(') at++;
  at++;
  while (textOf(at) === '.') at += 2;
  while (textOf(at) === ')' || textOf(at) === '*') at++;
  const ranges: Range[] = [];
  let start = at;
  let depth = 0;
  for (let i = at; i <= tokens.length; i++) {
    const text = textOf(i);
    if (text === '(' || text === '[') depth++;
    if (text === ')' || text === ']') depth--;
    if (i < tokens.length && !(text === ',' && depth === 0)) continue;
    const [first, last] = [tokens[start], tokens[i - 1]];
    if (first && last && i > start) ranges.push({ start: first.start, end: last.end });
    start = i + 1;
  }
  return ranges.length === alterCommands(s).length ? ranges : [];
}

/**
 * Where a constraint stands with its name and attributes: offsets in the SQL text. Undefined where something else
 * stands in its midst.
 */
export function constraintRange(s: StatementAnalysis, brought: BroughtConstraint): Range | undefined {
  const { statement } = s;
  const { node, column } = brought;
  const part = subcommandRanges(s)[brought.at];
  if (!part || node.location === undefined) return undefined;
  const start = statement.offsetOf(node.location);
  if (!column) return start >= part.start ? { start, end: part.end } : undefined;
  const collation = column.collClause?.location;
  if (collation !== undefined && collation > node.location) return undefined;
  const next = constraintNodes(column)
    .map(({ location }) => (location === undefined ? start : statement.offsetOf(location)))
    .filter((offset) => offset > start)
    .sort((a, b) => a - b)[0];
  const tokens = statement
    .tokens()
    .filter((token) => token.start >= start && token.end <= (next ?? part.end));
  const last = tokens.at(-1);
  return last && last.end <= part.end ? { start, end: last.end } : undefined;
}

/** The constraint's name where it has one, else its first word: in the document. */
export function constraintPlace(s: StatementAnalysis, { node }: BroughtConstraint): Range {
  if (node.conname === undefined || node.location === undefined) return tokenRange(s, node.location);
  const start = s.statement.offsetOf(node.location);
  const name = s.statement.tokens().find((token) => token.start > start);
  return name ? documentRange(s.sql.map, name) : tokenRange(s, node.location);
}

/** The source of a constraint without its name: `CHECK (n > 0)`, `REFERENCES teams (id)`. */
export function constraintBody(s: StatementAnalysis, brought: BroughtConstraint): string | undefined {
  const range = constraintRange(s, brought);
  if (!range) return undefined;
  const tokens = s.statement.tokens().filter(({ start, end }) => start >= range.start && end <= range.end);
  const first = tokens[brought.node.conname ? 2 : 0];
  return first && s.statement.slice({ start: first.start, end: range.end });
}

/** A statement's source with parts of it replaced; a part that goes takes the blanks before it along. */
export function withParts(s: StatementAnalysis, parts: readonly TextEdit[]): string {
  const { text, range } = s.statement;
  let result = '';
  let at = 0;
  for (const { range: part, newText } of [...parts].sort((a, b) => a.range.start - b.range.start)) {
    const before = text.slice(at, part.start - range.start);
    result += (newText === '' ? before.trimEnd() : before) + newText;
    at = part.end - range.start;
  }
  return result + text.slice(at);
}
