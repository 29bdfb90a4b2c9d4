// biome-ignore-all lint/suspicious/noTemplateCurlyInString: places to fill in are written so
import type { Analysis } from '../analyze.ts';
import type { Action } from '../plan/model.ts';
import { mark } from '../plan/yaml-place.ts';
import { escaped } from './complete-keys.ts';
import type { Completion, CompletionKind, Typing } from './completion.ts';
import { stepWords, versionWords } from './hover-values.ts';
import { allows, type KeySchema, schemaAt } from './key-schema.ts';
import { plainText } from './markdown.ts';
import { stepBefore } from './sql-places.ts';

/** Values that may be typed there: those of the schema, versions, ids, and examples of durations and the like. */
export function valueCompletions(typing: Typing): readonly Completion[] {
  const { place, schema } = typing;
  if (place.at !== 'value' || place.style === 'block') return [];
  const here = schemaAt(schema, place.path);
  if (!here) return [];
  return [...named(typing), ...ofSchema(typing, here), ...emptyForms(typing)];
}

/** Keys whose value is one of a few that a schema cannot tell, or usually is. */
const usual: Readonly<Record<string, readonly string[]>> = {
  risk: ['low', 'medium', 'high'],
  framework: ['nestjs'],
  language: ['typescript', 'javascript', 'prisma', 'sql'],
};

/** Values that a format reads, as examples of what it means. */
const examples: Readonly<Record<string, readonly string[]>> = {
  duration: ['100ms', '1s', '5min', '1h', '24h'],
  timeout: ['2s', '5s', '15min', '1h'],
  wait: ['100ms', '250ms', '1s', '5s'],
  durationRange: ['1s', '1min', '5min-10min', '30min-1h'],
  durationLimit: ['"<= 1s"', '"<= 5s"', '"<= 1min"'],
  size: ['100MB', '1GB', '10GB'],
  count: ['10k', '1M', '100M'],
  batch: ['1000', '10000'],
  rate: ['100/s', '2000/s'],
  lockLimit: [
    ...['SHARE UPDATE EXCLUSIVE', 'SHARE', 'SHARE ROW EXCLUSIVE', 'EXCLUSIVE', 'ACCESS EXCLUSIVE'],
    ...['ROW EXCLUSIVE', 'ROW SHARE', 'ACCESS SHARE'],
  ].map((mode) => `"<= ${mode}"`),
};

function ofSchema(typing: Typing, here: KeySchema): readonly Completion[] {
  const key = String(typing.place.path.at(-1));
  const { minimum, maximum } = here;
  if (here.enum) return here.enum.map((value, at) => item(typing, String(value), { order: at }));
  if (allows(here, 'boolean') && !allows(here, 'string'))
    return ['true', 'false'].map((value, at) => item(typing, value, { order: at }));
  if (here.type === 'integer' && minimum !== undefined && maximum !== undefined && maximum - minimum < 20)
    return Array.from({ length: maximum - minimum + 1 }, (_, at) =>
      item(typing, String(maximum - at), { order: at }),
    );
  if (here.format !== undefined && Object.hasOwn(examples, here.format))
    return (examples[here.format] ?? []).map((value, at) =>
      item(typing, value, { order: at, detail: 'for example' }),
    );
  if (!allows(here, 'string')) return [];
  if (Object.hasOwn(typing.known, key))
    return (typing.known[key] ?? []).map(({ value, title, documentation }, at) =>
      item(typing, value, { order: at, detail: title, documentation }),
    );
  return Object.hasOwn(usual, key)
    ? (usual[key] ?? []).map((value, at) => item(typing, value, { order: at }))
    : [];
}

interface ItemOptions {
  readonly order: number;
  readonly kind?: CompletionKind;
  readonly detail?: string;
  readonly documentation?: string | undefined;
}

function item(
  typing: Typing,
  value: string,
  { order, kind = 'value', detail, documentation }: ItemOptions,
): Completion {
  const isQuoted = value.startsWith('"');
  const { style, range } = typing.place;
  // In quotes that are there already none are added.
  const insert = isQuoted && style !== 'plain' ? value.slice(1, -1) : value;
  const start = style === 'plain' ? range.start : range.start + 1;
  const closes = style !== 'plain' && /["']$/.test(typing.text.slice(0, range.end - 1)) ? 1 : 0;
  const whole = { start, end: Math.max(start, range.end - 1 - closes) };
  return {
    label: isQuoted ? value.slice(1, -1) : value,
    kind,
    ...(detail !== undefined && { detail }),
    ...(documentation !== undefined && { documentation }),
    insert,
    // The mark of the place takes one character.
    replace: kind === 'step' ? typing.word : whole,
    order,
  };
}

/** Versions of the application, an id made of the step's name, and ids in reasons. */
function named(typing: Typing): readonly Completion[] {
  const { analysis, place, offset } = typing;
  const key = place.path.at(-1);
  if (!analysis) return [];
  const { plan } = analysis;
  if (key === 'deploy' || (key === 'runs' && place.path[0] === 'app')) {
    return (plan.app?.versions ?? []).map(({ name, statements }, at) => {
      const detail = `${statements.length} statement${statements.length === 1 ? '' : 's'}`;
      const insert =
        /^[A-Za-z_][\w.-]*$/.test(name.value) || place.style !== 'plain'
          ? name.value
          : JSON.stringify(name.value);
      return {
        ...item(typing, name.value, {
          order: at,
          kind: 'version',
          detail,
          documentation: versionWords(analysis, name.value),
        }),
        insert,
      };
    });
  }
  if (key === 'id' && place.path[0] === 'phases') {
    const own = stepBefore(analysis, offset)?.step;
    const made = own?.name.value
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '_')
      .replace(/^[^a-z]+|_+$/g, '')
      .slice(0, 40);
    return made ? [item(typing, made, { order: 0, detail: 'from the step’s name' })] : [];
  }
  const isReason = key === 'not_needed' || key === 'impossible' || place.path.at(-2) === 'allow';
  if (!isReason) return [];
  return plan.phases
    .flatMap(({ steps }) => steps)
    .map(({ id, name }, at) =>
      item(typing, id, {
        order: at,
        kind: 'step',
        detail: name.value,
        documentation: stepWords(analysis, id),
      }),
    );
}

/** `rollback: ` or `sql: ` with nothing yet: the forms that are no SQL on the same line. */
function emptyForms(typing: Typing): readonly Completion[] {
  const { analysis, text, offset, place, word } = typing;
  const key = place.path.at(-1);
  const isEmpty = /^\w*$/.test(place.value.replace(mark, ''));
  const sameLine = /:[ \t]+\w*$/.test(text.slice(Math.max(0, offset - 200), offset));
  const isForm = place.path[0] === 'phases' && (key === 'rollback' || key === 'sql');
  if (!isForm || place.style !== 'plain' || !isEmpty || !sameLine || !analysis) return [];
  const back =
    key === 'rollback' ? versionBefore(analysis, stepBefore(analysis, offset)?.step.action) : undefined;
  const words =
    key === 'rollback'
      ? rollbackForms(back)
      : [form('{ file: PATH }', 'SQL in a file of its own.', '{ file: ${1:migration.sql} }')];
  const block = place.flow ? [] : [form('|', 'SQL of several lines.', '|\n  $0')];
  return [...words, ...block].map(({ label, insert, about }, at) => ({
    label,
    kind: 'snippet',
    documentation: plainText(about),
    insert,
    isSnippet: true,
    replace: word,
    order: (back === undefined ? 200 : 0) + at,
  }));
}

function rollbackForms(back: string | undefined) {
  return [
    ...(back === undefined ? [] : [form(`{ deploy: ${back} }`, `The application goes back to ${back}.`)]),
    form('{ not_needed: why }', 'Undoing other steps covers it.', '{ not_needed: ${1:why} }'),
    form(
      '{ impossible: why }',
      'A point of no return: every later rollback stops there.',
      '{ impossible: ${1:why} }',
    ),
  ];
}

function form(label: string, about: string, insert = escaped(label)) {
  return { label, about, insert };
}

/** The version that stands above the one that a deploy goes to. */
function versionBefore({ plan }: Analysis, action: Action | undefined): string | undefined {
  if (action?.kind !== 'deploy') return undefined;
  const names = plan.app?.versions.map(({ name }) => name.value) ?? [];
  return names[names.indexOf(action.version.value) - 1];
}
