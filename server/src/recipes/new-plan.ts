import type { Analysis, Parsers } from '../analyze.ts';
import { pgVersions } from '../effects/model.ts';
import { createLineIndex } from '../text/line-index.ts';
import type { Facts } from './facts.ts';
import { type CodeGenerator, finish } from './finish.ts';
import { type Answers, type Recipe, RecipeProblem } from './model.ts';
import { type AskedQuestion, ask, resolve, sizesOf } from './questions.ts';

export interface NewPlanRequest {
  readonly recipe: Recipe;
  readonly answers: Answers;
  readonly parsers: Parsers;
  /** The baseline: DDL of the database as it is, and how the plan is to name its file. */
  readonly schemaSql: string;
  readonly schemaPath: string;
  /** Production's major version. */
  readonly pgVersion: number;
  readonly code?: CodeGenerator | undefined;
}

export type NewPlan =
  | {
      readonly text: string;
      readonly analysis: Analysis /** For the file, without an ending. */;
      readonly name: string;
    }
  /** Why there is none, and what to do; `question` is the one whose answer is at fault. */
  | { readonly problem: string; readonly question: string | undefined };

/** Writes a whole plan from a recipe and answers. Never throws on bad input. */
export function newPlan(request: NewPlanRequest): NewPlan {
  const { recipe, answers, parsers, schemaSql, schemaPath } = request;
  const facts = factsFrom(request);
  if ('problem' in facts) return { ...facts, question: 'schema' };
  try {
    const given = resolve(recipe, facts, answers);
    const draft = recipe.write(given);
    const finished = finish(draft, given, {
      type: recipe.type,
      parsers,
      schemaSql,
      schemaPath,
      sizes: sizesOf(recipe, facts, answers),
      traffic: answers.traffic,
      code: request.code,
    });
    // What the user wrote in SQL may name what is not there.
    const fails = finished.analysis.findings.find(
      ({ rule }) => rule === 'statement-fails' || rule === 'sql-syntax',
    );
    if (fails) return { problem: `The plan would not run. ${fails.message}`, question: undefined };
    return { ...finished, name: fileName(draft.title) };
  } catch (error) {
    if (error instanceof RecipeProblem) return { problem: error.message, question: error.question };
    throw error;
  }
}

/** The questions of a recipe with what the schema has to answer them with; or why that cannot be read. */
export function askFrom(
  recipe: Recipe,
  answers: Answers,
  baseline: Pick<NewPlanRequest, 'parsers' | 'schemaSql' | 'schemaPath' | 'pgVersion'>,
  figures: Answers = {},
): { readonly questions: readonly AskedQuestion[] } | { readonly problem: string } {
  const facts = factsFrom(baseline);
  return 'problem' in facts ? facts : { questions: ask(recipe, facts, answers, figures) };
}

/** The facts of a baseline that could be read in full. */
export function factsFrom({
  parsers,
  schemaSql,
  schemaPath,
  pgVersion,
}: Pick<NewPlanRequest, 'parsers' | 'schemaSql' | 'schemaPath' | 'pgVersion'>):
  | Facts
  | { readonly problem: string } {
  if (pgVersion < pgVersions.oldest || pgVersion > pgVersions.newest)
    return {
      problem: `Plans are written for Postgres ${pgVersions.oldest} to ${pgVersions.newest}, and not for ${pgVersion}.`,
    };
  const { schema, problems } = parsers.baseline(schemaSql);
  const [first] = problems;
  if (first) {
    const { line } = createLineIndex(schemaSql).positionAt(first.range.start);
    return {
      problem: `${schemaPath}, line ${line + 1}: ${first.message} A plan is written from a schema that can be read in full: mend it first.`,
    };
  }
  return { schema, pgVersion };
}

/** What a plan counts with where nothing tells production's version: it works on newer ones too. */
export const usualVersion = 16;

/** What pg_dump says in its first lines: `-- Dumped from database version 16.4`. */
export function dumpedFrom(sql: string): number | undefined {
  const found = /^-- Dumped from database version (\d+)/m.exec(sql.slice(0, 2000))?.[1];
  const version = found === undefined ? Number.NaN : Number(found);
  return version >= pgVersions.oldest && version <= pgVersions.newest ? version : undefined;
}

/** `rename-users-username-to-users-handle` */
function fileName(title: string): string {
  const name = title
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return name.slice(0, 80).replace(/-+$/, '') || 'plan';
}
