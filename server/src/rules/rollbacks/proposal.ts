import { type Inverse, inverseOf } from '../../inverse/inverse.ts';
import { replaceStatement, setStepKey } from '../../plan/edit.ts';
import { columnOf, keyOf, tableByKey, tableOf } from '../../schema/lookup.ts';
import type { Schema } from '../../schema/model.ts';
import { nameOfRangeVar, type ObjectName, parseName, quoteIdentifier, writeName } from '../../sql/names.ts';
import type { Fix, RuleContext, StatementAnalysis, StepAnalysis } from '../model.ts';
import type { RollbackSource } from '../new-steps.ts';
import { isConcurrentBuild, rollbackSource, script } from '../rollback-source.ts';
import { alterCommands, alterTable } from '../statements.ts';

/** A rollback that Switchback can write. */
export interface Proposal {
  readonly source: RollbackSource;
  /** What is not brought back, or why nothing brings it back; absent where schema and data are as before. */
  readonly reason?: string;
}

/** How a fix names what it does: `Insert` a rollback, or `Replace` one. */
export type Doing = 'Insert' | 'Replace';

/** The rollback of a step, worked out from what it does; undefined where that is not known. */
export function proposedRollback(context: RuleContext, at: StepAnalysis): Proposal | undefined {
  switch (at.step.action?.kind) {
    case 'deploy': {
      const previous = versionBefore(context, at);
      return previous === undefined ? undefined : { source: { deploy: previous } };
    }
    case 'sql':
      return proposedSql(context, at);
    case 'backfill':
      return proposedForBackfill(context, at);
    default:
      return undefined;
  }
}

/** The proposal as an edit of the step, whose rollback it becomes; none where the file's form does not allow it. */
export function rollbackFixes(context: RuleContext, at: StepAnalysis, doing: Doing): readonly Fix[] {
  const proposal = proposedRollback(context, at);
  const edits = proposal && setStepKey(context.text, at.step, 'rollback', proposal.source);
  const written = edits
    ? [{ title: titleOf(proposal, doing), edits, safe: proposal.reason === undefined }]
    : [];
  const isLossy = proposal?.reason !== undefined && doing === 'Insert';
  return isLossy ? [...written, ...renamedAway(context, at)] : written;
}

/** A column that nobody has to write can be renamed away instead of dropped: then there is a way back. */
function renamedAway(context: RuleContext, at: StepAnalysis): readonly Fix[] {
  const [s, ...more] = at.action?.statements ?? [];
  const [command, ...others] = s ? alterCommands(s) : [];
  const relation = s && alterTable(s)?.relation;
  if (!s || !relation || command?.subtype !== 'AT_DropColumn' || more.length + others.length > 0) return [];
  const { name = '', behavior, missing_ok } = command;
  const table = tableOf(s.before, relation);
  const column = columnOf(table, name);
  if (!table?.columnsComplete || !column || missing_ok || behavior === 'DROP_CASCADE') return [];
  const mayStay = column.notNull === false || typeof column.default === 'string';
  const away = `${name}_dropped`;
  if (!mayStay || table.parents.length > 0 || columnOf(table, away)) return [];
  const [shown, old, now] = [
    writeName(nameOfRangeVar(relation)),
    quoteIdentifier(name),
    quoteIdentifier(away),
  ];
  const rename = `ALTER TABLE ${shown} RENAME COLUMN ${old} TO ${now}`;
  const replaced = replaceStatement(context.text, s.sql, s.statement.range, rename);
  const back = `ALTER TABLE ${shown} RENAME COLUMN ${now} TO ${old};`;
  const rollback = setStepKey(context.text, at.step, 'rollback', back);
  if (!replaced || !rollback) return [];
  const title = `Rename ${old} to ${now} instead, which can be undone; drop it in a later plan`;
  return [{ title, edits: [...replaced, ...rollback], safe: false }];
}

function titleOf({ source, reason }: Proposal, doing: Doing): string {
  const first = `${doing} the rollback`;
  if (typeof source === 'object' && 'deploy' in source)
    return `${first}${doing === 'Insert' ? ':' : ' by'} deploy ${source.deploy}`;
  if (typeof source === 'object' && 'not_needed' in source) return 'Say that no rollback is needed, and why';
  if (typeof source === 'object' && 'impossible' in source) return 'Say that nothing can undo it';
  const which = doing === 'Insert' ? 'that undoes this step' : 'by the one that undoes this step';
  return reason === undefined ? `${first} ${which}` : `${first} ${which}, without its data: ${reason}`;
}

/** The application version that is live when the step begins, by name. */
export function versionBefore(
  context: Pick<RuleContext, 'steps' | 'plan'>,
  at: StepAnalysis,
): string | undefined {
  for (let number = context.steps.indexOf(at) - 1; number >= 0; number--) {
    const action = context.steps[number]?.step.action;
    if (action?.kind === 'deploy') return action.version.value;
  }
  return context.plan.app?.runs?.value;
}

/** They end with the step. */
const sessionKinds = new Set(['VariableSetStmt', 'TransactionStmt']);

/** Whether it is certain that a step of SQL leaves schema and data as they were, so that there is nothing to undo. */
export function changesNothing(context: RuleContext, at: StepAnalysis): boolean {
  return (
    inversesOf(context, at)?.every(({ verdict, sql }) => verdict === 'restores' && sql.length === 0) ?? false
  );
}

/** What undoes the statements of a step, the last one first. */
function inversesOf({ pgVersion }: RuleContext, at: StepAnalysis): readonly Inverse[] | undefined {
  const statements = at.action?.statements ?? [];
  if (at.step.action?.kind !== 'sql' || statements.length === 0 || at.action?.problems.length)
    return undefined;
  const changing = statements.filter(({ statement }) => !sessionKinds.has(statement.kind));
  return changing.map((s) => inverseOf(s.statement, s.before, pgVersion)).reverse();
}

function proposedSql(context: RuleContext, at: StepAnalysis): Proposal | undefined {
  const action = at.step.action;
  const inverses = inversesOf(context, at);
  if (!inverses || action?.kind !== 'sql') return undefined;
  if (changesNothing(context, at)) return { source: { not_needed: 'the step changes nothing' } };
  const impossible = inverses.find(
    ({ verdict, sql }) => verdict === 'impossible' || (verdict === 'loses_data' && sql.length === 0),
  );
  if (impossible)
    return (
      proposedForUpdate(context, at) ?? {
        source: { impossible: impossible.reason },
        reason: impossible.reason,
      }
    );
  if (inverses.some(({ verdict }) => verdict === 'unknown')) return undefined;
  const source = sourceOf(context, inverses, action.transaction);
  const lost = inverses.find(({ verdict }) => verdict === 'loses_data');
  return source === undefined ? undefined : { source, ...(lost ? { reason: lost.reason } : {}) };
}

/** In one transaction where the step is one and Postgres allows it; else each part as it has to run. */
function sourceOf(
  context: RuleContext,
  inverses: readonly Inverse[],
  transaction: boolean,
): RollbackSource | undefined {
  const all = inverses.flatMap(({ sql }) => sql);
  if (all.length === 0) return undefined;
  if (all.some(isConcurrentBuild)) return rollbackSource(context, all);
  if (inverses.every(({ transactional, sql }) => transactional || sql.length === 0))
    return transaction ? rollbackSource(context, all) : { transaction: false, sql: script(all) };
  const parts: { readonly transactional: boolean; readonly sql: string[] }[] = [];
  for (const { sql, transactional } of inverses) {
    if (sql.length === 0) continue;
    const last = parts.at(-1);
    if (last?.transactional === transactional) last.sql.push(...sql);
    else parts.push({ transactional, sql: [...sql] });
  }
  const sources = parts.flatMap((part): readonly RollbackSource[] => {
    if (!part.transactional) return [{ transaction: false, sql: script(part.sql) }];
    const source = rollbackSource(context, part.sql);
    return Array.isArray(source) ? source : [{ sql: String(source) }];
  });
  return sources.length === 1 ? sources[0] : sources;
}

function proposedForBackfill(context: RuleContext, at: StepAnalysis): Proposal | undefined {
  const { action } = at.step;
  const name = action?.kind === 'backfill' ? parseName(action.table?.value ?? '') : undefined;
  const [batch] = at.action?.statements ?? [];
  return name && batch && goesWithColumns(context, at, batch, name);
}

/** What is written into columns of the plan's own goes with them. */
function goesWithColumns(
  context: RuleContext,
  at: StepAnalysis,
  { statement: { node } }: StatementAnalysis,
  name: ObjectName,
): Proposal | undefined {
  if (!('UpdateStmt' in node)) return undefined;
  const columns = (node.UpdateStmt.targetList ?? []).flatMap((target) =>
    'ResTarget' in target && target.ResTarget.name !== undefined ? [target.ResTarget.name] : [],
  );
  const key = keyOf(at.before, name);
  const droppers = columns.map((column) => dropperOf(context, at, key, column));
  const [first] = droppers;
  if (!first || droppers.some((one) => one !== first)) return undefined;
  const what = first.rolledBack.relations.has(key)
    ? columns.map(quoteIdentifier).join(' and ')
    : writeName(name);
  return { source: { not_needed: `the rollback of "${first.step.name.value}" drops ${what}` } };
}

/** The same of a step that is one UPDATE. */
function proposedForUpdate(context: RuleContext, at: StepAnalysis): Proposal | undefined {
  const changing = (at.action?.statements ?? []).filter(({ statement }) => !sessionKinds.has(statement.kind));
  const [only] = changing;
  if (!only || changing.length > 1 || !('UpdateStmt' in only.statement.node)) return undefined;
  const { relation } = only.statement.node.UpdateStmt;
  return relation && goesWithColumns(context, at, only, nameOfRangeVar(relation));
}

/** The last step before this one whose rollback takes the column away; none behind a point of no return. */
function dropperOf(
  { steps }: RuleContext,
  at: StepAnalysis,
  key: string,
  column: string,
): StepAnalysis | undefined {
  const has = (schema: Schema) => columnOf(tableByKey(schema, key), column) !== undefined;
  for (let number = steps.indexOf(at) - 1; number >= 0; number--) {
    const earlier = steps[number];
    if (!earlier || earlier.step.rollback?.kind === 'impossible') return undefined;
    if (has(earlier.after) && !has(earlier.rolledBack)) return earlier;
  }
  return undefined;
}
