import type { Analysis } from '../analyze.ts';
import type { YamlPath } from '../plan/yaml-place.ts';
import type { ActionAnalysis, StepAnalysis } from '../rules/model.ts';
import type { Schema } from '../schema/model.ts';

/**
 * What of SQL a value of the plan holds. `statements`: whole ones. `set`, `where`: what follows these words in an
 * UPDATE of a backfill's table. `table`, `columns`: a name, not SQL.
 */
export type SqlRole = 'statements' | 'set' | 'where' | 'table' | 'columns';

/** The role of the text at a path; undefined where it is no SQL. */
export function sqlRole(path: YamlPath): SqlRole | undefined {
  const [root] = path;
  if (root === 'phases') return roleInStep(path.slice(4));
  const isStatement =
    (root === 'app' && path[1] === 'versions' && path.length === 4) ||
    (root === 'checklist' && path.length === 3 && path[2] === 'sql') ||
    (root === 'monitoring' && path[1] === 'queries' && path.length === 4 && path[3] === 'sql');
  return isStatement ? 'statements' : undefined;
}

function roleInStep(path: YamlPath): SqlRole | undefined {
  const [key, ...rest] = path;
  if (key === 'rollback') {
    const inList = typeof rest[0] === 'number' ? rest.slice(1) : rest;
    return inList.length === 0 ? 'statements' : roleInStep(inList);
  }
  if (key === 'sql') return rest.length === 0 ? 'statements' : undefined;
  if (key === 'verify') return rest.length === 1 && rest[0] === 'sql' ? 'statements' : undefined;
  if (key !== 'backfill') return undefined;
  const [part, ...more] = rest;
  if (part === 'key') return 'columns';
  return (part === 'set' || part === 'where' || part === 'table') && more.length === 0 ? part : undefined;
}

/**
 * The schemas that SQL at an offset meets, the likeliest first: in a step the one that the statements before it leave,
 * in a version of the application the one that its deploy finds, in the checklist the baseline; queries for monitoring
 * run all the time. A step that does not parse yet is taken to follow those above it.
 */
export function schemasAt(analysis: Analysis, path: YamlPath, offset: number): readonly Schema[] {
  const { steps, baseline } = analysis;
  const end = steps.at(-1)?.after ?? baseline;
  switch (path[0]) {
    case 'phases':
      return [schemaInSteps(analysis, path, offset)];
    case 'app':
      return [schemaOfVersion(analysis, String(path[2])), end];
    case 'monitoring':
      return [end, baseline];
    case undefined:
      return [schemaInSteps(analysis, path, offset)];
    default:
      return [baseline];
  }
}

function schemaOfVersion({ plan, steps, baseline }: Analysis, version: string): Schema {
  if (plan.app?.runs?.value === version) return baseline;
  const deploys = ({ step: { action } }: StepAnalysis) =>
    action?.kind === 'deploy' && action.version.value === version;
  return steps.find(deploys)?.before ?? steps.at(-1)?.after ?? baseline;
}

function schemaInSteps(analysis: Analysis, path: YamlPath, offset: number): Schema {
  const at = stepBefore(analysis, offset);
  if (!at) return analysis.baseline;
  // A step that is not read itself: all of the one above it has been done.
  if (offset > at.step.range.end && !onlyBlanks(analysis.text, at.step.range.end, offset)) return at.after;
  if (path[4] === 'rollback') {
    return at.rollback.reduce((schema, part) => schemaInAction(analysis, part, schema, offset), at.after);
  }
  return at.action ? schemaInAction(analysis, at.action, at.before, offset) : at.before;
}

/** The last step that begins at or before an offset. */
export function stepBefore({ steps }: Pick<Analysis, 'steps'>, offset: number): StepAnalysis | undefined {
  return steps.findLast(({ step }) => step.range.start <= offset);
}

function onlyBlanks(text: string, from: number, to: number): boolean {
  return text.slice(from, to).trim() === '';
}

function schemaInAction(
  { text }: Pick<Analysis, 'text'>,
  { statements }: ActionAnalysis,
  before: Schema,
  offset: number,
): Schema {
  const done = statements.findLast(
    ({ range, sql }) => sql.file === undefined && text.slice(range.end, offset).includes(';'),
  );
  return done?.after ?? before;
}
