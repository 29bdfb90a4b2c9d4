import type { Analysis } from '../analyze.ts';
import type { Action, Plan } from '../plan/model.ts';
import type { Located, Range, TextEdit } from '../text/range.ts';
import { allActions } from './steps.ts';

/** A place that names a step by its id, or a version of the application. */
export interface Mention {
  readonly kind: 'step' | 'version';
  readonly name: string;
  /** Without quotes around it. */
  readonly range: Range;
  /** It is where the name is given. */
  readonly isDefinition: boolean;
  /** The id is made from the step's name, which stands there in place of it. */
  readonly isMade?: true;
}

type Named = Pick<Analysis, 'text' | 'plan' | 'kind'>;

/** Every place that names a step or a version, in the order of the document. */
export function mentions({ text, plan, kind }: Named): readonly Mention[] {
  if (kind !== 'plan') return [];
  const found = [...versionMentions(text, plan), ...stepMentions(text, plan)];
  const byPlace = new Map(found.map((one) => [`${one.kind} ${one.range.start}`, one]));
  return [...byPlace.values()].sort((a, b) => a.range.start - b.range.start);
}

/** The mention at an offset, or that ends there. A step without an id is no mention of one. */
export function mentionAt(analysis: Named, offset: number): Mention | undefined {
  return mentions(analysis).find(
    ({ range, isMade }) => !isMade && range.start <= offset && offset <= range.end,
  );
}

/** All that name the same. */
export function sameMentions(analysis: Named, { kind, name }: Mention): readonly Mention[] {
  return mentions(analysis).filter((one) => one.kind === kind && one.name === name);
}

/** The edits that give it another name everywhere, or in a sentence why it cannot have that. */
export function renamed(
  analysis: Named,
  mention: Mention,
  name: string,
): readonly TextEdit[] | { readonly refused: string } {
  const refused = whyNot(analysis, mention, name);
  if (refused !== undefined) return { refused };
  return sameMentions(analysis, mention).map(({ range }) => ({
    range,
    newText: isQuoted(analysis.text, range)
      ? inQuotes(analysis.text, range, name)
      : plainWord(name, mention.kind),
  }));
}

function whyNot(analysis: Named, mention: Mention, name: string): string | undefined {
  const all = mentions(analysis);
  if (all.some((one) => one.isMade && one.kind === mention.kind && one.name === mention.name))
    return `The id ${mention.name} is made from the step’s name. Give the step an id first.`;
  if (mention.kind === 'step' && !/^[a-z][a-z0-9_]*$/.test(name))
    return 'An id is in snake_case: small letters, digits and _, a letter first.';
  if (mention.kind === 'version' && !/^[^\s\p{Cc}](?:[^\p{Cc}]{0,98}[^\s\p{Cc}])?$/u.test(name))
    return 'A version has a name of one line, without blanks around it.';
  const isTaken =
    name !== mention.name &&
    all.some((one) => one.kind === mention.kind && one.name === name && one.isDefinition);
  return isTaken
    ? `There is ${mention.kind === 'step' ? 'a step' : 'a version'} ${name} already.`
    : undefined;
}

function isQuoted(text: string, { start }: Range): boolean {
  return start > 0 && (text[start - 1] === '"' || text[start - 1] === "'");
}

function inQuotes(text: string, { start }: Range, name: string): string {
  return text[start - 1] === "'" ? name.replaceAll("'", "''") : JSON.stringify(name).slice(1, -1);
}

/** In quotes where YAML would not read it as that text. */
function plainWord(name: string, kind: Mention['kind']): string {
  const isPlain = /^[A-Za-z_][\w.-]*$/.test(name) && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(name);
  return kind === 'step' || isPlain ? name : JSON.stringify(name);
}

function* versionMentions(text: string, plan: Plan): Generator<Mention> {
  const mention = ({ value, range }: Located<string>, isDefinition: boolean): Mention => ({
    kind: 'version',
    name: value,
    range: withoutQuotes(text, range),
    isDefinition,
  });
  for (const { name } of plan.app?.versions ?? []) yield mention(name, true);
  if (plan.app?.runs) yield mention(plan.app.runs, false);
  for (const action of plan.phases.flatMap(({ steps }) => steps.flatMap(allActions)))
    if (action.kind === 'deploy') yield mention(action.version, false);
}

function* stepMentions(text: string, plan: Plan): Generator<Mention> {
  const steps = plan.phases.flatMap((phase) => phase.steps);
  const ids = new Set<string>();
  for (const { id, idRange, name } of steps) {
    ids.add(id);
    yield idRange
      ? { kind: 'step', name: id, range: withoutQuotes(text, idRange), isDefinition: true }
      : { kind: 'step', name: id, range: name.range, isDefinition: true, isMade: true };
  }
  for (const range of [...prose(plan), ...comments(text, plan)])
    for (const match of text.slice(range.start, range.end).matchAll(/(`?)\b([a-z][a-z0-9_]*)\b\1/g)) {
      const [whole, tick = '', name = ''] = match;
      // A word such as "add" is one of the language, unless it is marked as a name.
      if (!ids.has(name) || !(name.includes('_') || (tick !== '' && whole.endsWith(tick)))) continue;
      const start = range.start + match.index + tick.length;
      yield { kind: 'step', name, range: { start, end: start + name.length }, isDefinition: false };
    }
}

/** Texts for people: reasons, checks, what to do. */
function prose(plan: Plan): readonly Range[] {
  const { phases, checklist, cleanup, monitoring, allow } = plan;
  const steps = phases.flatMap((phase) => phase.steps);
  const texts = [
    ...[allow, ...phases.map((phase) => phase.allow), ...steps.map((step) => step.allow)].flatMap((all) =>
      all.map(({ reason }) => reason),
    ),
    ...steps.flatMap(({ rollback }) => (rollback && rollback.kind !== 'actions' ? rollback.reason : [])),
    ...steps.map(({ name }) => name),
    ...checklist.map(({ text }) => text),
    ...cleanup,
    ...(monitoring?.alerts ?? []).flatMap(({ action }) => action ?? []),
  ];
  return texts.map(({ range }) => range);
}

/** Comments of the plan itself, as against those in its SQL and code. */
function* comments(text: string, plan: Plan): Generator<Range> {
  const others = [
    ...prose(plan),
    ...plan.phases.flatMap(({ steps }) => steps.flatMap(allActions).flatMap(foreignParts)),
    ...(plan.app?.versions ?? []).flatMap(({ statements }) => statements.map(({ range }) => range)),
    ...plan.checklist.flatMap(({ sql }) => sql?.range ?? []),
    ...(plan.monitoring?.queries ?? []).flatMap(({ sql }) => sql?.range ?? []),
  ].sort((a, b) => a.start - b.start);
  let next = 0;
  for (const match of text.matchAll(/(?:^|[ \t])#[^\r\n]*/gm)) {
    while ((others[next]?.end ?? Number.POSITIVE_INFINITY) <= match.index) next++;
    const at = match.index + match[0].indexOf('#');
    const inside = others[next];
    if (!inside || inside.start > at) yield { start: at, end: match.index + match[0].length };
  }
}

function foreignParts(action: Action): readonly Range[] {
  switch (action.kind) {
    case 'deploy':
      return action.code.map(({ range }) => range);
    case 'wait':
      return [];
    case 'backfill':
      return [action.set, action.where].flatMap((sql) => sql?.range ?? []);
    default:
      return action.sql ? [action.sql.range] : [];
  }
}

function withoutQuotes(text: string, { start, end }: Range): Range {
  const quote = text[start];
  const isQuoted = (quote === '"' || quote === "'") && end - start >= 2 && text[end - 1] === quote;
  return isQuoted ? { start: start + 1, end: end - 1 } : { start, end };
}
