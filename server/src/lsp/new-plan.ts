import { basename, dirname, relative } from 'node:path';
import type { Parsers } from '../analyze.ts';
import { nestCode } from '../recipes/code/generate.ts';
import { askFrom, dumpedFrom, newPlan, usualVersion } from '../recipes/new-plan.ts';
import { recipes } from '../recipes/registry.ts';
import { editorWords } from './editor-words.ts';
import { pathOf } from './files.ts';
import type { NewPlanParams, NewPlanResult, PlanBaseline, RecipesParams, RecipesResult } from './protocol.ts';
import type { Sources } from './sources.ts';

interface Library {
  readonly parsers: Parsers;
  readonly sources: Sources;
}

/** Answers `recipesRequest`. */
export function recipesFor(
  { baseline, type, answers = {}, figures }: RecipesParams,
  library: Library,
): RecipesResult {
  const items = recipes.map(({ type: name, title, summary }) => ({ type: name, title, summary }));
  const recipe = recipes.find((one) => one.type === type);
  if (type !== undefined && !recipe) return { refused: `There is no plan of the type ${type}.` };
  if (!baseline) return { recipes: items, questions: [] };
  const read = readBaseline(baseline, library);
  if ('refused' in read) return read;
  const { pgVersion } = read;
  if (!recipe) return { recipes: items, questions: [], pgVersion };
  const from = { ...read, parsers: library.parsers, schemaPath: basename(read.path) };
  const asked = askFrom(recipe, answers, from, { ...figures });
  if ('problem' in asked) return { refused: editorWords(asked.problem, recipe) };
  const questions = asked.questions.map((one) =>
    one.problem === undefined ? one : { ...one, problem: editorWords(one.problem, recipe) },
  );
  return { recipes: items, questions, pgVersion };
}

/** Answers `newPlanRequest`. */
export function newPlanFor(
  { type, answers, baseline, folderUri }: NewPlanParams,
  library: Library,
): NewPlanResult {
  const recipe = recipes.find((one) => one.type === type);
  if (!recipe) return { refused: `There is no plan of the type ${type}.` };
  const read = readBaseline(baseline, library);
  if ('refused' in read) return read;
  const folder = folderUri === undefined ? undefined : pathOf(folderUri);
  const made = newPlan({
    recipe,
    answers,
    parsers: library.parsers,
    schemaSql: read.schemaSql,
    schemaPath: relative(folder ?? dirname(read.path), read.path).replaceAll('\\', '/'),
    pgVersion: read.pgVersion,
    code: nestCode,
  });
  if ('problem' in made)
    return {
      refused: editorWords(made.problem, recipe),
      ...(made.question === undefined ? {} : { question: made.question }),
    };
  return { text: made.text, name: made.name };
}

function readBaseline(
  { uri, pgVersion }: PlanBaseline,
  { sources }: Library,
):
  | { readonly refused: string }
  | { readonly path: string; readonly schemaSql: string; readonly pgVersion: number } {
  const path = pathOf(uri);
  if (path === undefined)
    return { refused: 'The schema is not on a local disk, and is read from there alone.' };
  const file = sources.read(path);
  if ('error' in file) return { refused: `The schema cannot be read: ${file.error}.` };
  const version = pgVersion ?? dumpedFrom(file.text) ?? usualVersion;
  return { path, schemaSql: file.text, pgVersion: version };
}
