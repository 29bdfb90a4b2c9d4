import { descendantsOf, findRelation, indexesOf, relationKey } from '../schema/lookup.ts';
import type { Schema, Table } from '../schema/model.ts';
import { parseName } from '../sql/names.ts';
import { predictBackfill } from '../timing/backfill.ts';
import type { Figures, Prediction } from '../timing/model.ts';
import { atWorst, predict } from '../timing/predict.ts';
import type { ActionAnalysis, RuleContext, StatementAnalysis } from './model.ts';
import { tableSize } from './table-size.ts';

/**
 * How long a statement takes once it has its locks, from the plan's figures; undefined where they do not tell.
 * With `feared`, a fact that is not known is taken to turn out for the worse for that relation.
 */
export function predictStatement(
  context: RuleContext,
  s: StatementAnalysis,
  feared?: string,
): Prediction | undefined {
  const effects = feared === undefined ? s.effects : atWorst(s.effects, feared);
  return predict(effects, (relation) => figuresOf(context, s.before, relation));
}

/** Whether it may work for any length of time on what it has read. */
export function isOpenEnded({ statement }: StatementAnalysis): boolean {
  return openEnded.has(statement.kind);
}

const openEnded: ReadonlySet<string> = new Set([
  ...['SelectStmt', 'InsertStmt', 'MergeStmt', 'CreateTableAsStmt', 'RefreshMatViewStmt', 'CopyStmt'],
  ...['CallStmt', 'DoStmt', 'ExecuteStmt', 'VacuumStmt'],
]);

/** How long a step's or a rollback's action takes: undefined where one of its statements is not known. */
export function predictAction(context: RuleContext, { action, statements }: ActionAnalysis) {
  const parts =
    action.kind === 'backfill'
      ? statements.map(({ before }) => {
          const figures = figuresOf(context, before, action.table?.value ?? '');
          return figures && predictBackfill({ ...action, conditional: action.where !== undefined }, figures);
        })
      : statements.map((s) => predictStatement(context, s));
  const known = parts.filter((part) => part !== undefined);
  return known.length === parts.length && known.length > 0 ? inAll(known) : undefined;
}

/** How long one batch of a backfill takes: a statement of its own. */
export function predictBatch(context: RuleContext, { action, statements }: ActionAnalysis) {
  if (action.kind !== 'backfill') return undefined;
  const [first] = statements;
  const figures = first && figuresOf(context, first.before, action.table?.value ?? '');
  if (!figures?.rows) return undefined;
  const rows = Math.min(action.batch, figures.rows);
  const bytes = figures.bytes && (figures.bytes * rows) / figures.rows;
  // The first batches at the least find all of their rows to write.
  const shape = { batch: rows, pause: 0, conditional: false };
  return predictBackfill(shape, { ...figures, rows, bytes });
}

function inAll(parts: readonly Prediction[]): Pick<Prediction, 'time' | 'wal' | 'disk'> {
  const sum = (of: (part: Prediction) => number) => parts.reduce((total, part) => total + of(part), 0);
  return {
    time: {
      low: sum(({ time }) => time.low),
      likely: sum(({ time }) => time.likely),
      high: sum(({ time }) => time.high),
    },
    wal: sum(({ wal }) => wal),
    disk: sum(({ disk }) => disk),
  };
}

/** The plan's figures for a relation; of a partition without its own, a share of its parent's. */
export function figuresOf(context: RuleContext, schema: Schema, relation: string): Figures | undefined {
  // Most plans give the figures of a few tables: the schema is looked into for those alone.
  if (!context.sizes.given) return undefined;
  const own = tableSize(context, relation);
  const name = parseName(relation);
  const found = name && findRelation(schema, name);
  const table = found?.kind === 'table' ? found : undefined;
  if (own) return { rows: own.rows?.value, bytes: own.size?.value, indexes: indexCount(schema, table) };
  const [parent] = table?.partition ? table.parents : [];
  const parentName = parent === undefined ? undefined : schema.relations.get(parent)?.name;
  const whole = parentName && tableSize(context, `${parentName.schema}.${parentName.name}`);
  if (!whole || parent === undefined) return undefined;
  const leaves = descendantsOf(schema, parent).filter(({ partitioned }) => !partitioned).length;
  const share = (count: number | undefined) =>
    count === undefined ? undefined : count / Math.max(leaves, 1);
  return {
    rows: share(whole.rows?.value),
    bytes: share(whole.size?.value),
    indexes: indexCount(schema, table),
  };
}

/** Undefined where the schema does not hold all of the table. */
function indexCount(schema: Schema, table: Table | undefined): number | undefined {
  return table?.columnsComplete ? [...indexesOf(schema, relationKey(table.name))].length : undefined;
}
