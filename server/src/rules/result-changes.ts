import type { RangeVar } from '@pgsql/types';
import { type ResultChange, resultChange } from '../effects/result-change.ts';
import { descendantsOf, keyOf } from '../schema/lookup.ts';
import { nameOfRangeVar } from '../sql/names.ts';
import type { RuleContext, StatementAnalysis, VersionAnalysis } from './model.ts';
import { liveAt, numberedStatements, transactionEnd, type Use } from './removed-names.ts';
import type { PlacedStatement } from './statements.ts';

/** A statement of a live version that gives something else after a step. */
export interface ChangedResult extends Use {
  readonly change: ResultChange;
}

/** The first statement of a transaction after which live versions' statements give something else. */
export interface ResultsChanged {
  readonly placed: PlacedStatement;
  readonly results: readonly ChangedResult[];
}

/**
 * Where steps change what live versions' statements give: those that `isOf` says. Nothing for TypeORM, whose driver
 * keeps only queries prepared that have a name (https://node-postgres.com/features/queries#prepared-statements).
 */
export function* changedResults(
  context: RuleContext,
  isOf: (s: PlacedStatement['s']) => boolean,
): Generator<ResultsChanged> {
  if (context.plan.app?.orm?.value === 'typeorm') return;
  let seen: { readonly action: PlacedStatement['action']; readonly told: Set<Use['statement']> } | undefined;
  for (const { placed, step } of numberedStatements(context)) {
    const { s, action } = placed;
    if (placed.part !== 'step' || !isOf(s)) continue;
    if (seen?.action !== action) seen = { action, told: new Set() };
    const { told } = seen;
    const { versions } = liveAt(context.live, step, placed);
    const results = versions
      .flatMap((version) => resultsOf(context, version, placed))
      .filter(({ statement }) => !told.has(statement));
    for (const { statement } of results) told.add(statement);
    if (results.length > 0) yield { placed, results };
  }
}

/** What others see of a transaction is its end. */
function resultsOf(
  { live }: RuleContext,
  version: VersionAnalysis,
  placed: PlacedStatement,
): readonly ChangedResult[] {
  const { before } = placed.s;
  const end = transactionEnd(placed);
  const naming = relationsOf(placed.s).flatMap((name) => live.naming(version, name));
  return [...new Set(naming)].flatMap((statement) => {
    const change = resultChange(
      statement.statement,
      { schema: before, names: live.read(statement.statement, before).names },
      { schema: end, names: live.read(statement.statement, end).names },
    );
    return change ? [{ version, statement, location: change.location, by: 'name' as const, change }] : [];
  });
}

/** Names of the relations whose columns it changes: a column of a table is one of its partitions too. */
function relationsOf({ statement: { node }, before }: StatementAnalysis): readonly string[] {
  const relation: RangeVar | undefined =
    'AlterTableStmt' in node
      ? node.AlterTableStmt.relation
      : 'RenameStmt' in node
        ? node.RenameStmt.relation
        : 'ViewStmt' in node
          ? node.ViewStmt.view
          : undefined;
  if (!relation) return [];
  const name = nameOfRangeVar(relation);
  return [name.name, ...descendantsOf(before, keyOf(before, name)).map((one) => one.name.name)];
}
