import type { Node, RangeVar } from '@pgsql/types';
import { walk } from '../../schema/expressions.ts';
import { columnOf, constraintOf, relationKey, tableOf } from '../../schema/lookup.ts';
import type { Constraint, Schema } from '../../schema/model.ts';
import type { Statement } from '../../sql/model.ts';
import { quoteIdentifier, stringsOf } from '../../sql/names.ts';
import { documentRange } from '../../text/offset-map.ts';
import type { Range } from '../../text/range.ts';
import { broughtConstraints, subcommandRanges } from '../alter-parts.ts';
import { defineRule } from '../define-rule.ts';
import { withFigures } from '../figures.ts';
import type { RuleContext, StatementAnalysis } from '../model.ts';
import {
  alterCommands,
  alterTable,
  hasSubcommand,
  type PlacedStatement,
  tokenRange,
  wordPlaces,
} from '../statements.ts';

/** A column that is null in every row of before: added without a value, and nothing has changed the rows since. */
interface Unfilled {
  readonly s: StatementAnalysis;
  readonly added: AddedColumn;
  /** An application version that came out since may have filled it. */
  deployed: boolean;
}

interface AddedColumn {
  readonly column: string;
  /** Where the parse tree places it. */
  readonly location: number | undefined;
}

/** NOT NULL asked of a new column that no step fills. */
export const requiredColumnNeverFilled = defineRule<undefined>({
  id: 'required-column-never-filled',
  title: 'A new column is required though nothing has filled it',
  severity: 'error',
  docs: {
    problem: `A column that \`ADD COLUMN\` brings without a DEFAULT is null in every row that exists. SET NOT NULL, or
VALIDATE of a CHECK that says the same, fails on the first of them: \`column contains null values\`. NOT VALID only puts that off.`,
    solution: `Backfill the column between adding and requiring it, after the application writes it for new rows; or give it
a DEFAULT when it is added, which is instant for a constant.`,
    manual: [
      { title: 'ALTER TABLE … ADD COLUMN', path: 'sql-altertable.html#SQL-ALTERTABLE-DESC-ADD-COLUMN' },
    ],
  },
  examples: {
    bad: [
      {
        steps: `- step: Add the handle
  sql: ALTER TABLE users ADD COLUMN handle text;
  rollback: ALTER TABLE users DROP COLUMN handle;
- step: No new NULL
  sql: ALTER TABLE users ADD CONSTRAINT handle_set CHECK (handle IS NOT NULL) NOT VALID;
  rollback: ALTER TABLE users DROP CONSTRAINT handle_set;
- step: No old NULL either
  sql: ALTER TABLE users VALIDATE CONSTRAINT handle_set;
  rollback: { not_needed: dropping handle_set undoes it }
`,
        finds: 'VALIDATE CONSTRAINT',
      },
    ],
    good: [
      {
        steps: `- step: Add the handle
  sql: ALTER TABLE users ADD COLUMN handle text;
  rollback: ALTER TABLE users DROP COLUMN handle;
- step: No new NULL
  sql: ALTER TABLE users ADD CONSTRAINT handle_set CHECK (handle IS NOT NULL) NOT VALID;
  rollback: ALTER TABLE users DROP CONSTRAINT handle_set;
- step: Fill the old rows
  backfill:
    table: users
    set: handle = username
    where: handle IS NULL
  rollback: { not_needed: dropping handle undoes it }
- step: No old NULL either
  sql: ALTER TABLE users VALIDATE CONSTRAINT handle_set;
  rollback: { not_needed: dropping handle_set undoes it }
`,
      },
    ],
  },
  *check(context) {
    const required = requiredTables(context);
    if (required.size === 0) return;
    // By the table's key.
    const unfilled = new Map<string, Unfilled[]>();
    for (const placed of forward(context)) {
      if (placed === 'deploy') {
        for (const each of unfilled.values()) for (const one of each) one.deployed = true;
        continue;
      }
      const { s, step } = placed;
      if (unfilled.size > 0) forget(unfilled, context.fact(s, filled));
      const name = s.statement.once(followedTable);
      const key = name !== undefined && required.has(name) ? context.fact(s, keyAfter) : undefined;
      if (key === undefined) continue;
      const known = unfilled.get(key) ?? [];
      for (const requirement of context.fact(s, requirements)) {
        const { column, says } = requirement;
        const missing = known.find((one) => one.added.column === column);
        if (!missing) continue;
        unfilled.set(
          key,
          known.filter((one) => one !== missing),
        );
        const shown = quoteIdentifier(column);
        const unless = missing.deployed ? ', unless the application has filled it by then' : '';
        yield {
          message: `${says} fails as soon as ${withFigures(context, s.effects.locks[0]?.relation ?? 'the table')} holds a row: ${shown} is null in every row that was there before it, and no step fills it${unless}. Backfill ${shown} before this.`,
          range: placeOf(s, requirement),
          step: step.id,
          severity: missing.deployed ? 'warning' : 'error',
          related: [
            {
              message: `${shown} is added here, without a value.`,
              range: tokenRange(missing.s, missing.added.location),
            },
          ],
          data: undefined,
        };
      }
      const added = context.fact(s, addedColumns).map((one) => ({ s, added: one, deployed: false }));
      if (added.length > 0) unfilled.set(key, [...(unfilled.get(key) ?? []), ...added]);
    }
  },
});

/** The statements of the steps in order, those of backfills and code blocks too, and where versions come out. */
function* forward(context: RuleContext): Generator<PlacedStatement | 'deploy'> {
  for (const at of context.steps) {
    const { action } = at;
    if (!action) continue;
    if (action.action.kind === 'deploy') yield 'deploy';
    for (const s of action.statements) {
      yield { at, step: at.step, action, part: 'step', s };
      for (const one of s.embedded ?? []) yield { at, step: at.step, action, part: 'step', s: one };
    }
  }
}

const requiring: ReadonlySet<string> = new Set([
  'AT_AddConstraint',
  'AT_SetNotNull',
  'AT_ValidateConstraint',
]);

/** Names of tables whose columns may be looked at for nulls: no other need be followed. */
function requiredTables(context: RuleContext): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { action } of context.steps) {
    for (const s of action?.statements ?? []) {
      for (const one of [s, ...(s.embedded ?? [])]) {
        const name = one.statement.once(requiredTable);
        if (name !== undefined) names.add(name);
      }
    }
  }
  return names;
}

/** The name of the table of an ALTER TABLE that adds a column, or looks at one for nulls. */
function followedTable(statement: Statement): string | undefined {
  const adds = hasSubcommand({ statement }, 'AT_AddColumn');
  const { node } = statement;
  return adds && 'AlterTableStmt' in node ? node.AlterTableStmt.relation?.relname : requiredTable(statement);
}

function keyAfter(s: StatementAnalysis): string | undefined {
  return keyOf(s.after, s);
}

function requiredTable(statement: Statement): string | undefined {
  const requires = alterCommands({ statement }).some(({ subtype }) => requiring.has(subtype ?? ''));
  const { node } = statement;
  return requires && 'AlterTableStmt' in node ? node.AlterTableStmt.relation?.relname : undefined;
}

function keyOf(schema: Schema, s: StatementAnalysis): string | undefined {
  const table = tableOf(schema, alterTable(s)?.relation);
  return table && relationKey(table.name);
}

/** Columns that the statement adds null in every row, to a table that may hold some. */
function addedColumns(s: StatementAnalysis): readonly AddedColumn[] {
  if (!hasSubcommand(s, 'AT_AddColumn')) return [];
  const table = tableOf(s.after, alterTable(s)?.relation);
  if (!table || table.empty) return [];
  return alterCommands(s).flatMap(({ subtype, def }) => {
    if (subtype !== 'AT_AddColumn' || !def || !('ColumnDef' in def)) return [];
    const { colname = '', location } = def.ColumnDef;
    const column = columnOf(table, colname);
    const before = tableOf(s.before, alterTable(s)?.relation);
    if (!column || columnOf(before, colname) || column.default !== null || column.notNull) return [];
    if (column.identity || column.generated) return [];
    return [{ column: colname, location }];
  });
}

interface Requirement {
  readonly column: string;
  readonly says: string;
  /** Where: words of a subcommand, or a place in the parse tree. */
  readonly by: SubcommandWords | { readonly location: number | undefined };
}

interface SubcommandWords {
  readonly command: number;
  readonly words: readonly string[];
}

/** Columns that are looked at for nulls in every row by the statement. */
function requirements(s: StatementAnalysis): readonly Requirement[] {
  return s.effects.scans.length === 0 ? [] : [...scanned(s)];
}

function* scanned(s: StatementAnalysis): Generator<Requirement> {
  const table = tableOf(s.before, alterTable(s)?.relation);
  const scans = (at: number) => s.effects.scans.some(({ command }) => command === at);
  for (const [at, { subtype, name = '' }] of alterCommands(s).entries()) {
    if (!scans(at)) continue;
    if (subtype === 'AT_SetNotNull')
      yield { column: name, says: 'SET NOT NULL', by: { command: at, words: ['SET', 'NOT', 'NULL'] } };
    if (subtype !== 'AT_ValidateConstraint') continue;
    const says = `VALIDATE CONSTRAINT ${quoteIdentifier(name)}`;
    for (const column of requiredBy(constraintOf(table, name)))
      yield { column, says, by: { command: at, words: ['VALIDATE', 'CONSTRAINT'] } };
  }
  for (const { node, at } of broughtConstraints(s)) {
    if (node.contype !== 'CONSTR_NOTNULL' || !scans(at)) continue;
    for (const column of stringsOf(node.keys))
      yield { column, says: 'NOT NULL', by: { location: node.location } };
  }
}

function requiredBy(constraint: Constraint | undefined): readonly string[] {
  if (constraint?.kind === 'not null') return constraint.columns;
  return constraint?.kind === 'check' ? constraint.provesNotNull : [];
}

function placeOf(s: StatementAnalysis, { by }: Requirement): Range {
  if ('location' in by) return tokenRange(s, by.location);
  const part = subcommandRanges(s)[by.command];
  const found = [...wordPlaces(s, by.words)].find(
    ({ start, end }) => part !== undefined && start >= part.start && end <= part.end,
  );
  return found ? documentRange(s.sql.map, found) : s.range;
}

const mayRun: ReadonlySet<string> = new Set(['CallStmt', 'ExecuteStmt', 'PrepareStmt', 'SelectStmt']);

const nothing: ReadonlySet<string> = new Set();

/** The tables that the statement may fill: whose rows it changes; `all` where it runs code that nobody has read. */
function filled(s: StatementAnalysis): ReadonlySet<string> | 'all' {
  const { node, kind } = s.statement;
  if (mayRun.has(kind) && s.statement.once(runsCode)) return 'all';
  if (kind === 'DoStmt' && (s.statement.body()?.unread.length ?? 1) > 0) return 'all';
  const relation = changedRelation(node);
  const table = relation && tableOf(s.before, relation);
  if (relation && !table && !('RenameStmt' in node)) return 'all';
  const retyped = hasSubcommand(s, 'AT_AlterColumnType') ? keyOf(s.before, s) : undefined;
  const keys = [table && relationKey(table.name), retyped].filter((key) => key !== undefined);
  return keys.length > 0 ? new Set(keys) : nothing;
}

function forget(unfilled: Map<string, Unfilled[]>, tables: ReadonlySet<string> | 'all'): void {
  if (tables === 'all') unfilled.clear();
  else for (const key of tables) unfilled.delete(key);
}

/** The relation whose rows, or whose columns' names, the statement changes. */
function changedRelation(node: Node): RangeVar | undefined {
  if ('UpdateStmt' in node) return node.UpdateStmt.relation;
  if ('DeleteStmt' in node) return node.DeleteStmt.relation;
  if ('MergeStmt' in node) return node.MergeStmt.relation;
  if ('RenameStmt' in node) return node.RenameStmt.relation;
  if ('InsertStmt' in node) return node.InsertStmt.onConflictClause && node.InsertStmt.relation;
  const [first] = 'TruncateStmt' in node ? (node.TruncateStmt.relations ?? []) : [];
  return first && 'RangeVar' in first ? first.RangeVar : undefined;
}

/** A function call, or a WITH that changes rows: who knows which. */
function runsCode({ node }: Statement): boolean {
  if (!('SelectStmt' in node)) return true;
  for (const [kind] of walk(node)) if (kind === 'FuncCall' || kind === 'UpdateStmt') return true;
  return false;
}
