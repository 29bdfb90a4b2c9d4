import type { Node, RenameStmt, UpdateStmt } from '@pgsql/types';
import { columnsRead } from '../../schema/expressions.ts';
import { relationKey, tableByKey, tableOf } from '../../schema/lookup.ts';
import type { Statement } from '../../sql/model.ts';
import type { Range } from '../../text/range.ts';
import type { RuleContext, StatementAnalysis } from '../model.ts';
import { alterCommands, alterTable, hasSubcommand, type PlacedStatement, tokenRange } from '../statements.ts';

/** A column of the baseline whose values the plan copies into a new one, and which it then removes. */
export interface ReplacedColumn {
  /** The table's key. */
  readonly table: string;
  /** The old column, by its name in the baseline. */
  readonly from: string;
  /** The new column, by its name at the end of the plan. */
  readonly to: string;
  readonly added: Place;
  readonly copied: Range;
  /** The old column is dropped, or gives its name to the new one. */
  readonly removed: Place & { readonly how: 'dropped' | 'renamed' };
  /** The old column's name at the end of the plan, where it is still there. */
  readonly left: string | undefined;
}

export interface Place {
  readonly placed: PlacedStatement;
  readonly range: Range;
}

type Identity =
  | { readonly kind: 'old'; readonly name: string }
  | { readonly kind: 'new'; readonly added: Place };
interface Copy {
  readonly from: string;
  readonly to: Identity & { readonly kind: 'new' };
  readonly range: Range;
}

/** What is known of one table's columns while the plan goes on. */
interface Followed {
  /** Who bears a name now; null for a name that nobody bears any more. */
  readonly names: Map<string, Identity | null>;
  readonly copies: Copy[];
  readonly removed: Map<string, ReplacedColumn['removed']>;
}

/** Every column that the plan replaces by a new one, as far as its UPDATEs and backfills tell. */
export function replacedColumns(context: RuleContext): readonly ReplacedColumn[] {
  const losing = tablesLosingColumns(context);
  if (losing.size === 0) return [];
  const tables = new Map<string, Followed>();
  for (const placed of forwardStatements(context))
    if (losing.has(relationName(placed.s) ?? '')) follow(context, tables, placed);
  return [...tables].flatMap(([table, followed]) => [...replacedIn(table, followed)]);
}

/** Names of tables of which a column is dropped or renamed: few of a plan's, and no other need be followed. */
function tablesLosingColumns(context: RuleContext): ReadonlySet<string> {
  const names = new Set<string>();
  const note = ({ statement }: StatementAnalysis) => {
    const name = statement.once(losingTable);
    if (name !== undefined) names.add(name);
  };
  for (const { action } of context.steps) {
    for (const s of action?.statements ?? []) {
      note(s);
      s.embedded?.forEach(note);
    }
  }
  return names;
}

function losingTable(statement: Statement): string | undefined {
  const { node } = statement;
  const loses =
    'RenameStmt' in node
      ? node.RenameStmt.renameType === 'OBJECT_COLUMN'
      : hasSubcommand({ statement }, 'AT_DropColumn');
  return loses ? relationName({ statement }) : undefined;
}

/** The table of an ALTER TABLE, a rename or an UPDATE, as written and without its schema. */
function relationName(s: Pick<StatementAnalysis, 'statement'>): string | undefined {
  const { node } = s.statement;
  if ('UpdateStmt' in node) return node.UpdateStmt.relation?.relname;
  return 'RenameStmt' in node ? node.RenameStmt.relation?.relname : alterTable(s)?.relation?.relname;
}

/** The statements of the steps in order, those of backfills and code blocks too; rollbacks left out. */
function* forwardStatements(context: RuleContext): Generator<PlacedStatement> {
  for (const at of context.steps) {
    const { action } = at;
    if (!action || action.action.kind === 'verify') continue;
    for (const s of action.statements) {
      const placed = { at, step: at.step, action, part: 'step' as const };
      yield { ...placed, s };
      for (const one of s.embedded ?? []) yield { ...placed, s: one };
    }
  }
}

function follow(context: RuleContext, tables: Map<string, Followed>, placed: PlacedStatement): void {
  const { node } = placed.s.statement;
  if ('UpdateStmt' in node) {
    const followed = followedTable(context, tables, placed.s, node.UpdateStmt.relation);
    if (followed) readCopies(followed, placed, node.UpdateStmt);
  } else if ('RenameStmt' in node) {
    const followed = followedTable(context, tables, placed.s, node.RenameStmt.relation);
    if (followed) rename(followed, placed, node.RenameStmt);
  } else if (alterTable(placed.s)) {
    const followed = followedTable(context, tables, placed.s, alterTable(placed.s)?.relation);
    if (followed) addAndDrop(followed, placed);
  }
}

/** A table that is not the plan's own and of which all columns are known. */
function followedTable(
  context: RuleContext,
  tables: Map<string, Followed>,
  s: StatementAnalysis,
  relation: Parameters<typeof tableOf>[1],
): Followed | undefined {
  const table = tableOf(s.before, relation);
  const key = table && relationKey(table.name);
  if (key === undefined || !tableByKey(context.baseline, key)?.columnsComplete) return undefined;
  const followed = tables.get(key) ?? { names: new Map(), copies: [], removed: new Map() };
  tables.set(key, followed);
  return followed;
}

function bearer({ names }: Followed, name: string): Identity | null {
  return names.get(name) === undefined ? { kind: 'old', name } : (names.get(name) ?? null);
}

function addAndDrop(followed: Followed, placed: PlacedStatement): void {
  for (const { subtype, name = '', def } of alterCommands(placed.s)) {
    if (subtype === 'AT_AddColumn' && def && 'ColumnDef' in def) {
      const range = tokenRange(placed.s, def.ColumnDef.location);
      followed.names.set(def.ColumnDef.colname ?? '', { kind: 'new', added: { placed, range } });
    }
    if (subtype === 'AT_DropColumn') remove(followed, placed, name, 'dropped');
  }
}

function rename(followed: Followed, placed: PlacedStatement, fields: RenameStmt): void {
  const { renameType, subname = '', newname = '' } = fields;
  if (renameType !== 'OBJECT_COLUMN') return;
  const identity = bearer(followed, subname);
  remove(followed, placed, subname, 'renamed');
  followed.names.set(newname, identity);
}

function remove(
  followed: Followed,
  placed: PlacedStatement,
  name: string,
  how: ReplacedColumn['removed']['how'],
): void {
  const identity = bearer(followed, name);
  followed.names.set(name, null);
  if (identity?.kind !== 'old') return;
  // Where it was renamed first, that is when its name went.
  if (how === 'dropped' || !followed.removed.has(identity.name))
    followed.removed.set(identity.name, { placed, range: placed.s.range, how });
}

function readCopies(followed: Followed, { s, action }: PlacedStatement, fields: UpdateStmt): void {
  if (fields.fromClause?.length) return;
  for (const target of fields.targetList ?? []) {
    if (!('ResTarget' in target)) continue;
    const source = copiedColumn(target.ResTarget.val);
    const to = bearer(followed, target.ResTarget.name ?? '');
    const from = source === undefined ? null : bearer(followed, source);
    if (to?.kind !== 'new' || from?.kind !== 'old') continue;
    const { action: written } = action;
    const range = written.kind === 'backfill' ? written.keyRange : s.range;
    followed.copies.push({ from: from.name, to, range });
  }
}

/** The column that a value is, as it is or cast. */
function copiedColumn(value: Node | undefined): string | undefined {
  let inner = value;
  while (inner && 'TypeCast' in inner) inner = inner.TypeCast.arg;
  return inner && 'ColumnRef' in inner ? columnsRead(inner)[0] : undefined;
}

function* replacedIn(table: string, followed: Followed): Generator<ReplacedColumn> {
  const seen = new Set<string>();
  for (const { from, to, range } of followed.copies) {
    const removed = followed.removed.get(from);
    const now = [...followed.names].find(([, identity]) => identity === to)?.[0];
    if (!removed || now === undefined || seen.has(`${from} ${now}`)) continue;
    // A column that keeps its values under another name is replaced by the one that takes its own.
    if (removed.how === 'renamed' && now !== from) continue;
    seen.add(`${from} ${now}`);
    const left = [...followed.names].find(([, one]) => one?.kind === 'old' && one.name === from)?.[0];
    yield { table, from, to: now, added: to.added, copied: range, removed, left };
  }
}
