import type { AlterTableStmt } from '@pgsql/types';
import { isGone, type Removal, removalsOf } from '../effects/removals.ts';
import { columnOf, keyOf, relationKey, tableByKey } from '../schema/lookup.ts';
import type { Schema } from '../schema/model.ts';
import type { Location } from '../schema/query-names.ts';
import type { Statement } from '../sql/model.ts';
import { nameOfRangeVar, parseName } from '../sql/names.ts';
import type { Live, LiveVersions, Mentions } from './live-versions.ts';
import type { RuleContext, StatementAnalysis, VersionAnalysis } from './model.ts';
import { alterCommands, hasSubcommand, type PlacedStatement, sqlStatements } from './statements.ts';

/** A statement of a live version that names what a step takes away. */
export interface Use {
  readonly version: VersionAnalysis;
  readonly statement: VersionAnalysis['statements'][number];
  readonly location: Location;
  /** `all`: as one of the columns of `SELECT *`; `maybe`: another relation may have a column of that name. */
  readonly by: 'name' | 'all' | 'maybe';
}

/** A name that a step, or a rollback, takes away from those who use it. */
export interface PlacedRemoval {
  readonly placed: PlacedStatement;
  /** The place of the statement among all of the plan's, from 1 on. */
  readonly order: number;
  /** The place of the step in `context.steps`. */
  readonly step: number;
  readonly removal: Removal;
  readonly live: Live;
  /** The statements of live versions that name it, those that do so for certain first. */
  readonly uses: readonly Use[];
  /** The plan itself made it, and no version was deployed since. */
  readonly made: boolean;
  /** Others see a moment in which nothing of that name is there. */
  readonly gone: boolean;
}

const removing = new Set(['DropStmt', 'RenameStmt', 'AlterObjectSchemaStmt']);

const making = new Set(['CreateStmt', 'ViewStmt', 'CreateTableAsStmt', 'CreateSchemaStmt', 'RenameStmt']);

function removalsBy({ statement, before, after }: StatementAnalysis): readonly Removal[] {
  return removalsOf(statement, before, after);
}

/** Every name that the plan's statements take away, in the order of the file. `context.removals` has them. */
export function* placedRemovals(context: Omit<RuleContext, 'removals'>): Generator<PlacedRemoval> {
  const made = new Set<string>();
  let seen = 0;
  let order = 0;
  for (const { placed, step } of numberedStatements(context)) {
    const { s } = placed;
    order++;
    // A version that was deployed meanwhile may use what the plan has made.
    for (; seen < step; seen++) if (context.steps[seen]?.step.action?.kind === 'deploy') made.clear();
    if (s.statement.once(mayRemove)) {
      for (const removal of context.fact(s, removalsBy)) {
        const live = liveAt(context.live, step, placed);
        yield {
          placed,
          order,
          step,
          removal,
          live,
          uses: usesOf(context.live, live, removal, s.before),
          made: made.has(madeKey(removal)) || made.has(removal.key),
          gone: isGone(removal, transactionEnd(placed)),
        };
      }
    }
    if (placed.part === 'step' && s.statement.once(mayMake)) noteMade(made, context, s);
  }
}

/** The versions that run while a statement of the step, or of its rollback, does. */
export function liveAt(live: LiveVersions, step: number, { part }: PlacedStatement): Live {
  const at = live.steps[step];
  return (part === 'step' ? at?.during : at?.atRollback) ?? { versions: [], complete: false };
}

/** Each statement of the plan's `sql` actions with the place of its step in `context.steps`. */
export function* numberedStatements(
  context: Pick<RuleContext, 'steps' | 'statements'>,
): Generator<{ readonly placed: PlacedStatement; readonly step: number }> {
  let step = 0;
  for (const placed of sqlStatements(context)) {
    while (context.steps[step] !== placed.at && step < context.steps.length) step++;
    yield { placed, step };
  }
}

function madeKey({ kind, key, name }: Removal): string {
  return kind === 'column' ? `${key} ${name}` : key;
}

function mayRemove(statement: Statement): boolean {
  if (removing.has(statement.kind)) return true;
  return alterCommands({ statement }).some(
    ({ subtype, behavior }) => subtype === 'AT_DropColumn' || behavior === 'DROP_CASCADE',
  );
}

function mayMake(statement: Statement): boolean {
  return making.has(statement.kind) || hasSubcommand({ statement }, 'AT_AddColumn');
}

function noteMade(
  made: Set<string>,
  { fact, baseline }: Pick<RuleContext, 'fact' | 'baseline'>,
  s: StatementAnalysis,
): void {
  for (const key of fact(s, madeBy)) made.add(key);
  if ('RenameStmt' in s.statement.node) noteRename(made, s.statement.node, s.before, baseline);
}

/** The keys of the relations and schemas, and the names of the columns, that a statement makes. */
function madeBy({ statement: { node }, before, after }: StatementAnalysis): readonly string[] {
  const created =
    'CreateStmt' in node
      ? node.CreateStmt.relation
      : 'ViewStmt' in node
        ? node.ViewStmt.view
        : 'CreateTableAsStmt' in node
          ? node.CreateTableAsStmt.into?.rel
          : undefined;
  if (created) {
    const key = keyOf(after, nameOfRangeVar(created));
    return before.relations.has(key) ? [] : [key];
  }
  if ('CreateSchemaStmt' in node && node.CreateSchemaStmt.schemaname)
    return [relationKey({ schema: node.CreateSchemaStmt.schemaname, name: '' }).replace(/""$/, '')];
  return 'AlterTableStmt' in node ? addedColumns(node.AlterTableStmt, before) : [];
}

function addedColumns({ relation, cmds = [] }: AlterTableStmt, before: Schema): readonly string[] {
  if (!relation) return [];
  const key = keyOf(before, nameOfRangeVar(relation));
  return cmds.flatMap((command) => {
    const { subtype, def } = 'AlterTableCmd' in command ? command.AlterTableCmd : {};
    return subtype === 'AT_AddColumn' && def && 'ColumnDef' in def ? [`${key} ${def.ColumnDef.colname}`] : [];
  });
}

/** What the plan made stays its own under another name; a column's name that only the plan gave no version knows. */
function noteRename(
  made: Set<string>,
  node: StatementAnalysis['statement']['node'],
  before: Schema,
  baseline: Schema,
): void {
  const { relation, renameType, subname, newname = '' } = 'RenameStmt' in node ? node.RenameStmt : {};
  if (!relation) return;
  const name = nameOfRangeVar(relation);
  const key = keyOf(before, name);
  if (renameType === 'OBJECT_COLUMN') {
    const table = tableByKey(baseline, key);
    const isNew = table?.columnsComplete === true && columnOf(table, newname) === undefined;
    if (made.delete(`${key} ${subname}`) || isNew) made.add(`${key} ${newname}`);
  } else if (made.delete(key)) {
    made.add(
      relationKey({
        schema: before.relations.get(key)?.name.schema ?? name.schema ?? 'public',
        name: newname,
      }),
    );
  }
}

/** The schema that others see once the statement has taken effect: after the transaction it is in. */
export function transactionEnd({ action: { statements }, s }: PlacedStatement): Schema {
  let end = s;
  for (let at = statements.indexOf(s) + 1; at > 0 && end.inTransaction; at++) {
    const next = statements[at];
    if (!next?.inTransaction) break;
    end = next;
  }
  return end.after;
}

/** The statements of live versions that name what is taken away. */
export function usesOf(
  reader: LiveVersions,
  { versions }: Live,
  removal: Removal,
  before: Schema,
): readonly Use[] {
  const relation = removal.kind === 'relation' ? removal.name : parseName(removal.key)?.name;
  const all = removal.kind === 'schema' || relation === undefined;
  const uses = versions.flatMap((version) =>
    (all ? version.statements : reader.naming(version, relation)).flatMap((statement) => {
      if (!mayName(reader.mentions(statement.statement), removal)) return [];
      const use = useIn(reader, statement, removal, before);
      return use ? [{ version, statement, ...use }] : [];
    }),
  );
  const rank = { name: 0, all: 1, maybe: 2 };
  return uses.sort((a, b) => rank[a.by] - rank[b.by]);
}

/** Whether a statement can mean it at all, by the words that it says. */
function mayName({ relations, columns, all }: Mentions, { kind, key, name }: Removal): boolean {
  if (kind === 'schema') return true;
  if (kind === 'relation') return relations.has(name);
  const relation = parseName(key)?.name;
  return (relation === undefined || relations.has(relation)) && (all || columns.has(name));
}

function useIn(
  reader: LiveVersions,
  { statement }: VersionAnalysis['statements'][number],
  { kind, key, name }: Removal,
  before: Schema,
): Pick<Use, 'location' | 'by'> | undefined {
  const { names } = reader.read(statement, before);
  if (kind !== 'column') {
    const named = names.relations.find((one) =>
      kind === 'schema' ? one.key.startsWith(key) : one.key === key,
    );
    return named && { location: named.location, by: 'name' };
  }
  const columns = names.columns.filter(
    (one) => one.key === key && (one.column === name || one.column === null),
  );
  // An INSERT without a column list gives a value for each column, by their order.
  const sure = columns.find((one) => one.certain && (one.column === name || one.how === 'written'));
  if (sure) return { location: sure.location, by: 'name' };
  const [first] = columns;
  return first && { location: first.location, by: first.column === null ? 'all' : 'maybe' };
}
