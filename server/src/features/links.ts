import type { Analysis } from '../analyze.ts';
import type { Action } from '../plan/model.ts';
import { pathProblem } from '../plan/read-action.ts';
import { rules } from '../rules/registry.ts';
import type { Located, Range } from '../text/range.ts';
import { allActions } from './steps.ts';

/** A place of a plan that leads somewhere. */
export interface Link {
  readonly range: Range;
  readonly to:
    | { readonly kind: 'file'; readonly path: string; readonly from: 'plan' | 'application' }
    /** The page of a rule. */
    | { readonly kind: 'rule'; readonly rule: string };
}

/** Files that a plan names, its baseline, its SQL and the application's code, and the pages of rules that it allows. */
export function links({ text, plan, kind }: Pick<Analysis, 'text' | 'plan' | 'kind'>): readonly Link[] {
  if (kind !== 'plan') return [];
  const steps = plan.phases.flatMap((phase) => phase.steps);
  const schema = plan.database.schema;
  const allowed = [
    plan.allow,
    ...plan.phases.map(({ allow }) => allow),
    ...steps.map(({ allow }) => allow),
  ].flat();
  const found = [
    ...(schema ? fileLink(schema, 'plan') : []),
    ...steps.flatMap(allActions).flatMap(actionLinks),
    ...allowed.flatMap(({ rule }): readonly Link[] =>
      rules.some(({ id }) => id === rule.value)
        ? [{ range: rule.range, to: { kind: 'rule', rule: rule.value } }]
        : [],
    ),
  ];
  return found.map((link) => ({ ...link, range: inQuotes(text, link.range) }));
}

function actionLinks(action: Action): readonly Link[] {
  if (action.kind === 'deploy')
    return action.code.flatMap(({ file }) => (file ? fileLink(file, 'application') : []));
  if (action.kind !== 'sql' || action.sql.file === undefined) return [];
  return fileLink({ value: action.sql.file, range: action.sql.range }, 'plan');
}

/** Paths of another machine, or of the whole disk, are no links. */
function fileLink({ value, range }: Located<string>, from: 'plan' | 'application'): readonly Link[] {
  const isPath = value.trim() !== '' && !value.includes('\0') && pathProblem(value) === undefined;
  return isPath ? [{ range, to: { kind: 'file', path: value, from } }] : [];
}

function inQuotes(text: string, { start, end }: Range): Range {
  const isQuoted = /["']/.test(text[start] ?? '') && text[end - 1] === text[start] && end - start > 2;
  return isQuoted ? { start: start + 1, end: end - 1 } : { start, end };
}
