import type {
  AskedQuestion,
  Figures,
  NewPlanParams,
  NewPlanResult,
  PlanBaseline,
  RecipeItem,
  RecipesParams,
  RecipesResult,
} from '../../../server/src/lsp/protocol.ts';
import type { ChoiceGroup, Screen, Screens, Shown } from './model.ts';
import { askQuestion, leftOpen } from './questions.ts';

/** A schema that the user chose, with what its server said. */
export interface Baseline extends PlanBaseline {
  readonly figures?: Figures;
}

/** What the wizard needs of the editor and the language server. */
export interface NewPlanWizard {
  readonly screens: Screens;
  recipes(params: RecipesParams): Promise<RecipesResult>;
  newPlan(params: NewPlanParams): Promise<NewPlanResult>;
  /** The schemas to choose from; `chosen` was taken before. */
  baselines(chosen: Baseline | undefined): Promise<readonly ChoiceGroup[]>;
  /** Makes a baseline of a choice; undefined where the user closed what that asked. */
  baselineOf(choice: string): Promise<Baseline | { readonly problem: string } | undefined>;
  /** Asks where, and writes it. False where the user closed that, or why there is none. */
  save(
    made: { readonly name: string; readonly baseline: Baseline },
    /** The plan as it is in a folder. */
    planIn: (folderUri: string) => Promise<NewPlanResult>,
  ): Promise<boolean | Extract<NewPlanResult, { readonly refused: string }>>;
}

/** Screens beside the recipe's questions, by names that no question has: those are snake_case. */
const typePage = '@type';
const schemaPage = '@schema';
const versionPage = '@version';
/** What is at fault where the language server cannot use a schema. */
const schemaQuestion = 'schema';
/** The last one that is asked of every recipe: what is asked of the server comes before it. */
const lastQuestion = 'app_orm';

interface State {
  /** The screens that are done, in order. */
  readonly done: string[];
  /** By screen, also of those that the user has gone back over. */
  readonly given: Map<string, string>;
  baseline: Baseline | undefined;
  /** Stands at the next screen. */
  problem: string | undefined;
}

/**
 * Asks for a migration's type, schema and the recipe's questions, and has the plan written. Whoever goes back finds the
 * answers as they were; a plan that cannot be written leads back to the answer that is at fault. False where the user
 * closed it.
 */
export async function runNewPlan(wizard: NewPlanWizard): Promise<boolean> {
  const state: State = { done: [], given: new Map(), baseline: undefined, problem: undefined };
  try {
    for (;;) {
      const asked = await wizard.recipes(requestOf(state));
      if ('refused' in asked) {
        if (!backTo(state, schemaPage, asked.refused)) throw new Error(asked.refused);
        continue;
      }
      const pages = pagesOf(state, asked.questions);
      const page = pages[state.done.length];
      if (page === undefined) {
        if (await finish(wizard, state)) return true;
        continue;
      }
      const { problem } = state;
      state.problem = undefined;
      const screen = screenOf(state, asked, pages, problem);
      const shown = await showPage(page, { wizard, state, asked, screen });
      if (shown.kind === 'closed') return false;
      if (shown.kind === 'back') state.done.pop();
      else if (await take(wizard, state, page, shown.value)) {
        forget(state, page, shown.value, asked.questions);
        state.given.set(page, shown.value);
        state.done.push(page);
      }
    }
  } finally {
    wizard.screens.close();
  }
}

type Asked = Extract<RecipesResult, { readonly recipes: unknown }>;

function requestOf(state: State): RecipesParams {
  const baseline = baselineOf(state);
  const type = state.done.includes(typePage) ? state.given.get(typePage) : undefined;
  if (!baseline || type === undefined) return {};
  const { figures } = state.baseline ?? {};
  return { baseline, type, answers: answersOf(state), ...(figures ? { figures } : {}) };
}

function baselineOf({ baseline, done, given }: State): PlanBaseline | undefined {
  if (!baseline || !done.includes(schemaPage)) return undefined;
  const version = done.includes(versionPage) ? Number(given.get(versionPage)) : baseline.pgVersion;
  return { uri: baseline.uri, ...(version === undefined ? {} : { pgVersion: version }) };
}

function answersOf({ done, given }: State): Readonly<Record<string, string>> {
  const answers: Record<string, string> = {};
  for (const page of done) {
    const value = given.get(page);
    if (!page.startsWith('@') && value !== undefined && value !== leftOpen) answers[page] = value;
  }
  return answers;
}

function pagesOf(state: State, questions: readonly AskedQuestion[]): readonly string[] {
  if (!state.done.includes(schemaPage)) return [typePage, schemaPage];
  const ids = questions.map(({ id }) => id);
  const at = ids.includes(lastQuestion) ? ids.indexOf(lastQuestion) : ids.length;
  return [typePage, schemaPage, ...ids.slice(0, at), versionPage, ...ids.slice(at)];
}

function screenOf(
  state: State,
  { recipes }: Asked,
  pages: readonly string[],
  problem: string | undefined,
): Omit<Screen, 'prompt'> {
  const { done, given } = state;
  const type = done.length > 0 ? recipes.find((one) => one.type === given.get(typePage)) : undefined;
  return {
    title: type ? `New Plan: ${type.title}` : 'New Plan',
    step: done.length + 1,
    // Before the schema is known, nobody knows what is asked of it.
    total: done.length < 2 ? undefined : pages.length,
    canGoBack: done.length > 0,
    problem,
  };
}

interface PageContext {
  readonly wizard: NewPlanWizard;
  readonly state: State;
  readonly asked: Asked;
  readonly screen: Omit<Screen, 'prompt'>;
}

async function showPage(page: string, context: PageContext): Promise<Shown> {
  const { wizard, state, asked, screen } = context;
  const remembered = state.given.get(page);
  const { screens } = wizard;
  switch (page) {
    case typePage:
      return await screens.choose({
        ...screen,
        prompt: 'What is the plan for?',
        groups: [{ choices: asked.recipes.map(recipeChoice) }],
        active: remembered,
      });
    case schemaPage:
      return await screens.choose({
        ...screen,
        prompt: 'Where is the schema as it is before the migration?',
        groups: await wizard.baselines(state.baseline),
        active: state.baseline?.uri,
      });
    case versionPage:
      return await screens.choose({
        ...screen,
        prompt: 'Which Postgres does production run?',
        groups: [{ choices: versions }],
        active: remembered ?? String(asked.pgVersion),
      });
    default: {
      const question = asked.questions.find(({ id }) => id === page);
      if (!question) throw new Error(`There is no question ${page}.`);
      return await askQuestion(question, {
        screens,
        screen,
        remembered,
        check: (value) => problemWith(page, value, context),
      });
    }
  }
}

const versions = [18, 17, 16, 15, 14].map((version) => ({
  label: `PostgreSQL ${version}`,
  value: String(version),
}));

function recipeChoice({ type, title, summary }: RecipeItem) {
  return { label: title, description: type, detail: summary, value: type };
}

async function problemWith(page: string, value: string, { wizard, state }: PageContext) {
  const request = requestOf(state);
  const result = await wizard.recipes({ ...request, answers: { ...request.answers, [page]: value } });
  if ('refused' in result) return result.refused;
  return result.questions.find(({ id }) => id === page)?.problem;
}

/** What is said of one table, or for one type of plan, is not offered for another. */
function forget({ given }: State, page: string, value: string, questions: readonly AskedQuestion[]): void {
  if (given.get(page) === value) return;
  const isTable = questions.some(({ id, kind }) => id === page && kind === 'table');
  const gone =
    page === typePage
      ? [...given.keys()].filter((id) => !ofEveryType.includes(id))
      : isTable || page === schemaPage
        ? ['rows', 'size']
        : [];
  for (const id of gone) given.delete(id);
}

const ofEveryType: readonly string[] = [
  typePage,
  schemaPage,
  versionPage,
  'table',
  'rows',
  'size',
  'traffic',
  lastQuestion,
];

/** Makes what an answer stands for. False where it came to nothing, and its screen is shown again. */
async function take(wizard: NewPlanWizard, state: State, page: string, value: string): Promise<boolean> {
  if (page === schemaPage && value !== state.baseline?.uri) {
    // What is asked now has windows of its own.
    wizard.screens.close();
    const baseline = await wizard.baselineOf(value);
    if (!baseline) return false;
    if ('problem' in baseline) {
      state.problem = baseline.problem;
      return false;
    }
    state.baseline = baseline;
    // What was taken from another schema is not said of this one.
    state.given.delete(versionPage);
  }
  return true;
}

/** Has the plan written. False where the user is asked something again. */
async function finish(wizard: NewPlanWizard, state: State): Promise<boolean> {
  const { type, baseline } = requestOf(state);
  if (!state.baseline || type === undefined || !baseline) throw new Error('The wizard ended early.');
  const params: NewPlanParams = { type, baseline, answers: withFigures(state) };
  const made = await wizard.newPlan(params);
  wizard.screens.close();
  const saved =
    'refused' in made
      ? made
      : await wizard.save({ name: made.name, baseline: state.baseline }, (folderUri) =>
          wizard.newPlan({ ...params, folderUri }),
        );
  if (saved === true) return true;
  if (saved === false) state.done.pop();
  else if (!backTo(state, saved.question, saved.refused)) {
    state.done.pop();
    state.problem = saved.refused;
  }
  return false;
}

/** Figures of the other tables go into the plan as well; what the user says of the main one comes after, and counts. */
function withFigures(state: State): Readonly<Record<string, string>> {
  const answers = { ...answersOf(state) };
  for (const id of ['rows', 'size'] as const) {
    const [told, own] = [state.baseline?.figures?.[id], answers[id]];
    if (told !== undefined && own !== undefined) answers[id] = `${told},${own}`;
  }
  return answers;
}

/** Goes back to a screen that was answered, with what is wrong with the answer. */
function backTo(state: State, page: string | undefined, problem: string): boolean {
  const at = page === undefined ? -1 : state.done.indexOf(page === schemaQuestion ? schemaPage : page);
  if (at < 0) return false;
  state.done.length = at;
  state.problem = problem;
  return true;
}
