import type { AskedQuestion } from '../../../server/src/lsp/protocol.ts';
import type { Choice, Screen, Screens, Shown } from './model.ts';

export interface QuestionContext {
  readonly screens: Screens;
  readonly screen: Omit<Screen, 'prompt'>;
  /** What was answered before the user came back to it. */
  readonly remembered: string | undefined;
  /** Why an answer will not do, in a sentence; undefined where it will. */
  check(value: string): Promise<string | undefined>;
}

/** What is shown for an answer that is left open: a value that no schema has. */
export const leftOpen = '\0';

/** Asks a recipe's question: a choice where the schema has candidates, a line of text where it has none. */
export async function askQuestion(question: AskedQuestion, context: QuestionContext): Promise<Shown> {
  if (!question.candidates) return askText(question, context);
  return question.kind === 'columns' ? askColumns(question, context) : askChoice(question, context);
}

const examples: Readonly<Partial<Record<AskedQuestion['kind'], string>>> = {
  count: '8M',
  rate: '2000/s',
  size: '2.4GB',
  type: 'bigint',
};

async function askText(question: AskedQuestion, { screens, screen, remembered, check }: QuestionContext) {
  const shown = await screens.type({
    ...screen,
    prompt: question.optional ? `${question.prompt} Leave it empty where you do not know.` : question.prompt,
    placeholder: examples[question.kind] ?? '',
    value: (remembered === leftOpen ? '' : remembered) ?? question.default ?? '',
    async check(text) {
      return question.optional && text.trim() === '' ? undefined : check(text.trim());
    },
  });
  if (shown.kind !== 'answer') return shown;
  return { kind: 'answer', value: shown.value.trim() || leftOpen } as const;
}

async function askChoice(
  question: AskedQuestion,
  { screens, screen, remembered, check }: QuestionContext,
): Promise<Shown> {
  let { problem } = screen;
  for (;;) {
    const shown = await screens.choose({
      ...screen,
      problem,
      prompt: question.prompt,
      groups: [{ choices: [...candidatesOf(question), ...openChoice(question)] }],
      active: remembered ?? question.default,
    });
    if (shown.kind !== 'answer' || shown.value === leftOpen) return shown;
    problem = await check(shown.value);
    if (problem === undefined) return shown;
  }
}

/** One column after the other, since their order counts. */
async function askColumns(
  question: AskedQuestion,
  { screens, screen, remembered, check }: QuestionContext,
): Promise<Shown> {
  const taken = rememberedColumns(question, remembered);
  // Going back over an answer as it was leads on, and not through its parts.
  let isAsItWas = true;
  let { problem } = screen;
  for (;;) {
    const answer = taken.map(listed).join(',');
    const done: Choice = {
      label: `$(check) ${taken.join(', ')}`,
      description: 'That is all',
      value: leftOpen,
    };
    const left = candidatesOf(question).filter(({ value }) => value === undefined || !taken.includes(value));
    const shown = await screens.choose({
      ...screen,
      problem,
      canGoBack: screen.canGoBack || taken.length > 0,
      prompt: taken.length === 0 ? question.prompt : `${question.prompt} Another one after ${taken.at(-1)}?`,
      groups: [
        { choices: taken.length > 0 ? [done] : openChoice(question) },
        ...(left.length > 0 ? [{ title: taken.length > 0 ? 'and then' : 'columns', choices: left }] : []),
      ],
      active: taken.length > 0 ? leftOpen : left[0]?.value,
    });
    problem = undefined;
    if (shown.kind === 'back' && taken.length > 0 && !isAsItWas) taken.pop();
    else if (shown.kind !== 'answer' || (shown.value === leftOpen && taken.length === 0)) return shown;
    else if (shown.value !== leftOpen) taken.push(shown.value);
    else {
      problem = await check(answer);
      if (problem === undefined) return { kind: 'answer', value: answer };
      taken.length = 0;
    }
    isAsItWas = false;
  }
}

/** Names stand with commas between them; one that holds a comma, in double quotes. */
function listed(name: string): string {
  return /[",]|^\s|\s$/.test(name) ? `"${name.replaceAll('"', '""')}"` : name;
}

/** The columns of an earlier answer, where the table still has them all. */
function rememberedColumns({ candidates = [] }: AskedQuestion, answer = ''): string[] {
  const names = [...answer.matchAll(/"((?:[^"]|"")*)"|[^,]+/g)].map(
    ([whole, quoted]) => quoted?.replaceAll('""', '"') ?? whole,
  );
  return names.every((name) => candidates.some(({ value }) => value === name)) ? names : [];
}

function candidatesOf({ candidates = [], default: usual }: AskedQuestion): readonly Choice[] {
  if (candidates.length === 0) return [{ label: 'The schema has none', value: undefined }];
  return candidates.map(({ value, label, detail }) => ({
    value,
    label,
    ...(detail === undefined ? {} : { detail }),
    ...(value === usual ? { description: 'usual' } : {}),
  }));
}

function openChoice({ optional }: AskedQuestion): readonly Choice[] {
  return optional ? [{ label: '$(circle-slash) Leave it open', value: leftOpen }] : [];
}
