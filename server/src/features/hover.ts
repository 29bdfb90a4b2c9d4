import type { Analysis } from '../analyze.ts';
import { placeAt, type YamlPlace } from '../plan/yaml-place.ts';
import { contains, type Range } from '../text/range.ts';
import { nameHover } from './hover-names.ts';
import { type StandingStatement, statementHover } from './hover-statement.ts';
import { ruleWords, spelledOut, stepWords, versionWords } from './hover-values.ts';
import { allows, type KeySchema, keySchemas, schemaAt } from './key-schema.ts';
import { code } from './markdown.ts';
import { mentionAt } from './references.ts';
import { sqlRole } from './sql-places.ts';

/** What is said of a place: Markdown. */
export interface Hover {
  readonly markdown: string;
  readonly range: Range;
}

export interface HoverOptions {
  /** The page of a rule. */
  docsOf(rule: string): string | undefined;
}

/** What there is to say of a plan, or of an SQL file, at an offset. */
export function hover(analysis: Analysis, offset: number, options: HoverOptions): Hover | undefined {
  if (analysis.kind === 'sql') return sqlHover(analysis, undefined, offset);
  const place = placeAt(analysis.text, offset);
  if (!place) return mentionHover(analysis, offset);
  if (place.at === 'value' && sqlRole(place.path) !== undefined) {
    const found = sqlHover(analysis, place, offset);
    if (found) return found;
  }
  return mentionHover(analysis, offset) ?? keyHover(keySchemas.plan, place, options);
}

/** The same for a project's settings file. */
export function settingsHover(text: string, offset: number, options: HoverOptions): Hover | undefined {
  const place = placeAt(text, offset);
  return place && keyHover(keySchemas.settings, place, options);
}

function sqlHover(analysis: Analysis, place: YamlPlace | undefined, offset: number): Hover | undefined {
  const standing = statementAt(analysis, offset);
  const named = nameHover(analysis, { place, offset, standing });
  if (named) return named;
  return standing && { markdown: statementHover(analysis, standing), range: standing.s.range };
}

/** The statement of a step, or of its rollback, that stands at an offset. */
export function statementAt(analysis: Analysis, offset: number): StandingStatement | undefined {
  const here = { start: offset, end: offset };
  const at = analysis.steps.find(({ step }) => contains(step.range, here));
  if (!at) return undefined;
  const parts = [
    ...(at.action ? [{ action: at.action, part: 'step' as const }] : []),
    ...at.rollback.map((action) => ({ action, part: 'rollback' as const })),
  ];
  for (const { action, part } of parts)
    for (const s of action.statements) {
      if (!contains(s.range, here)) continue;
      // Of a DO block the statement inside of it, where its own place is known.
      const inner = s.embedded?.find(({ range }) => contains(range, here) && isSmaller(range, s.range));
      return { s: inner ?? s, at, action, part };
    }
  return undefined;
}

function isSmaller(one: Range, other: Range): boolean {
  return one.end - one.start < other.end - other.start;
}

/** A version of the application, or a step's id, wherever it is named. */
function mentionHover(analysis: Analysis, offset: number): Hover | undefined {
  const mention = mentionAt(analysis, offset);
  if (!mention) return undefined;
  const markdown =
    mention.kind === 'version' ? versionWords(analysis, mention.name) : stepWords(analysis, mention.name);
  return markdown === undefined ? undefined : { markdown, range: mention.range };
}

function keyHover(root: KeySchema, { path, at, value, range, style }: YamlPlace, options: HoverOptions) {
  const schema = schemaAt(root, path);
  if (!schema) return undefined;
  const key = path.at(-1);
  const isRule = path.at(-2) === 'allow' || path.at(-2) === 'rules';
  const rule = isRule && typeof key === 'string' ? ruleWords(key, options.docsOf) : undefined;
  if (rule !== undefined && at === 'key') return { markdown: rule, range };
  const spelled = at === 'value' && style !== 'block' ? spelledOut(schema.format, value) : undefined;
  const name = typeof key === 'string' ? `**${code(key)}**` : '';
  const words = [
    spelled && `${code(value)} is ${spelled}.`,
    schema.description && [name, schema.description].filter(Boolean).join(': '),
    at === 'key' ? required(root, path) : undefined,
    at === 'key' ? limits(schema) : undefined,
  ].filter((one) => one !== undefined && one !== '');
  return words.length > 0 ? { markdown: words.join('\n\n'), range } : undefined;
}

function required(root: KeySchema, path: YamlPlace['path']): string | undefined {
  const key = path.at(-1);
  const parent = schemaAt(root, path.slice(0, -1));
  return typeof key === 'string' && parent?.required?.includes(key) ? 'Required.' : undefined;
}

function limits(schema: KeySchema): string | undefined {
  if (schema.enum) return `One of ${schema.enum.map((value) => code(String(value))).join(', ')}.`;
  return allows(schema, 'boolean') && schema.default !== undefined
    ? `${code(String(schema.default))} where absent.`
    : undefined;
}
