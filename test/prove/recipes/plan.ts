import type { Parsers } from '../../../server/src/analyze.ts';
import { type NewPlan, newPlan } from '../../../server/src/recipes/new-plan.ts';
import { recipes } from '../../../server/src/recipes/registry.ts';
import type { RecipeCase } from './model.ts';

/** The plan that a case asks for, on a version of Postgres. */
export function planFor(
  { type, baseline, answers }: RecipeCase,
  pgVersion: number,
  parsers: Parsers,
): NewPlan {
  const recipe = recipes.find((one) => one.type === type);
  if (!recipe) throw new Error(`There is no recipe of the type ${type}.`);
  return newPlan({
    recipe,
    answers: { app_orm: 'none', ...answers },
    parsers,
    schemaSql: baseline,
    schemaPath: 'schema.sql',
    pgVersion,
  });
}

/** What keeps a plan from being clean: everything that a check at default settings says. */
export function faultsOf(plan: NewPlan, { refused, notes = [] }: RecipeCase): readonly string[] {
  if ('problem' in plan) {
    if (refused) return refused.test(plan.problem) ? [] : [`refused, but not so: ${plan.problem}`];
    return [`refused: ${plan.problem}`];
  }
  if (refused) return ['written, though it should be refused'];
  const findings = plan.analysis.findings.filter(
    ({ rule, severity }) => severity !== 'info' || !notes.includes(rule),
  );
  return findings.map(
    ({ rule, step, severity, message }) => `${severity} ${rule}${step ? ` at ${step}` : ''}: ${message}`,
  );
}

export function isFor({ from = 0, to = 99 }: RecipeCase, pgVersion: number): boolean {
  return from <= pgVersion && pgVersion <= to;
}

/** Of the steps with these ids those whose comment does not say that statements prepared before fail behind them. */
export function unsaid(text: string, ids: readonly string[]): readonly string[] {
  const lines = text.split('\n');
  return ids.filter((id) => {
    let at = lines.findIndex((line) => line.trim() === `id: ${id}`) - 1;
    const comment: string[] = [];
    while (lines[--at]?.trim().startsWith('#')) comment.unshift(lines[at]?.trim().slice(1) ?? '');
    return !/statements prepared before/i.test(comment.join(''));
  });
}
