import type { Parsers } from '../../../../server/src/analyze.ts';
import type { CodeRequest } from '../../../../server/src/recipes/finish.ts';
import { newPlan } from '../../../../server/src/recipes/new-plan.ts';
import { recipes } from '../../../../server/src/recipes/registry.ts';
import type { RecipeCase } from '../../../prove/recipes/model.ts';

/** What the deploys of a case's plan ask a code generator for, in order; `refused` for a case that has no plan. */
export function requestsOf(
  { type, baseline, answers }: RecipeCase,
  pgVersion: number,
  parsers: Parsers,
): readonly CodeRequest[] | 'refused' {
  const recipe = recipes.find((one) => one.type === type);
  if (!recipe) throw new Error(`There is no recipe of the type ${type}.`);
  const requests: CodeRequest[] = [];
  const plan = newPlan({
    recipe,
    answers: { ...answers, app_orm: 'prisma' },
    parsers,
    schemaSql: baseline,
    schemaPath: 'schema.sql',
    pgVersion,
    code: (request) => {
      requests.push(request);
      return [];
    },
  });
  return 'problem' in plan ? 'refused' : requests;
}
