import { parseCount, parseRate, parseSize } from '../plan/values.ts';
import { columnOf, indexesOf, relationKey } from '../schema/lookup.ts';
import type { Column, Table } from '../schema/model.ts';
import { systemColumns } from '../schema/query-scope.ts';
import { nameOfStrings, stringsOf } from '../sql/names.ts';
import { parseWritten } from '../sql/parser.ts';
import { isBuiltInTypeName, typeNameText } from '../sql/type-names.ts';
import { type Facts, sqlName } from './facts.ts';
import {
  type Answers,
  type Choice,
  type Given,
  type Question,
  type Recipe,
  RecipeProblem,
  refuse,
  type Size,
} from './model.ts';
import { createNames } from './names.ts';
import {
  columnName,
  findTableOf,
  hint,
  missingColumn,
  missingTable,
  namesIn,
  tablesOf,
} from './typed-names.ts';

/** Asked of every recipe, after its own questions. */
export const commonQuestions: readonly Question[] = [
  {
    id: 'rows',
    prompt: 'How many rows does the table have in production?',
    kind: 'count',
    optional: true,
  },
  { id: 'size', prompt: 'How large is it on disk, without its indexes?', kind: 'size', optional: true },
  {
    id: 'traffic',
    prompt: 'How many requests a second does the application serve at its peak?',
    kind: 'rate',
    optional: true,
  },
  {
    id: 'app_orm',
    prompt: 'What does the application talk to Postgres with?',
    kind: 'choice',
    choices: [
      { value: 'prisma', label: 'Prisma' },
      { value: 'typeorm', label: 'TypeORM' },
      { value: 'none', label: 'Something else', detail: 'No code is generated' },
    ],
    default: () => 'prisma',
  },
];

export function questionsOf(recipe: Recipe): readonly Question[] {
  return [...recipe.questions, ...commonQuestions];
}

/** A table's figures as the user wrote them. */
export type WrittenSizes = ReadonlyMap<
  string,
  { readonly rows?: string | undefined; readonly size?: string | undefined }
>;

/** A question with what it can be answered with: plain data, for a wizard. */
export interface AskedQuestion {
  readonly id: string;
  readonly prompt: string;
  readonly kind: Question['kind'];
  readonly optional: boolean;
  /** What the schema has to choose from; absent where anything may be typed. */
  readonly candidates?: readonly Choice[];
  readonly default?: string;
  /** Why the answer that was given will not do. */
  readonly problem?: string;
}

/**
 * The questions that are to be asked, with candidates and defaults by the answers so far.
 *
 * @param figures answers to `rows` and `size` that somebody else gave: what they say of the main table is its default
 */
export function ask(
  recipe: Recipe,
  facts: Facts,
  answers: Answers,
  figures: Answers = {},
): readonly AskedQuestion[] {
  const given = givenOf(recipe, facts, answers);
  const main = findTableOf(facts, answers[mainOf(recipe) ?? ''] ?? '');
  const known =
    main &&
    sizesOf(recipe, facts, { ...answers, rows: '', size: '', ...figures }).get(relationKey(main.name));
  return questionsOf(recipe).flatMap((question) => {
    if (question.when && !question.when(answers)) return [];
    const candidates = candidatesFor(question, given);
    const told = question.id === 'rows' || question.id === 'size' ? known?.[question.id] : undefined;
    const fallback = told ?? attempt(() => question.default?.(given));
    const answer = answers[question.id];
    const problem = answer === undefined ? undefined : problemWith(question, answer, given);
    return [
      {
        id: question.id,
        prompt: promptOf(question, recipe, facts, answers),
        kind: question.kind,
        optional: question.optional === true,
        ...(candidates ? { candidates } : {}),
        ...(fallback === undefined ? {} : { default: fallback }),
        ...(problem === undefined ? {} : { problem }),
      },
    ];
  });
}

/** Where a plan is about several tables, whose figure is asked for, and how those of the others are given. */
function promptOf({ id, prompt }: Question, recipe: Recipe, facts: Facts, answers: Answers): string {
  if (id !== 'rows' && id !== 'size') return prompt;
  const [main, ...others] = recipe.questions.flatMap((one) => {
    const table = one.kind === 'table' ? findTableOf(facts, answers[one.id] ?? '') : undefined;
    return table ? [sqlName(facts, table)] : [];
  });
  if (main === undefined || others.length === 0) return prompt;
  const figure = id === 'rows' ? '8M' : '2.4GB';
  const example = [main, ...others].map((one) => `${one}=${figure}`).join(',');
  return `${prompt.replace(/the table|\bit\b/, main)} (${example} tells of more tables)`;
}

/**
 * The answers, checked and with defaults, as a recipe takes them.
 *
 * @throws {RecipeProblem} for an answer that is missing, or will not do.
 */
export function resolve(recipe: Recipe, facts: Facts, answers: Answers): Given {
  const known = questionsOf(recipe);
  const foreign = Object.keys(answers).find((id) => !known.some((one) => one.id === id));
  if (foreign !== undefined) refuse(`${recipe.type} asks nothing called ${foreign}.`, foreign);
  const whole: Record<string, string> = { ...answers };
  const given = givenOf(recipe, facts, whole);
  for (const question of known) {
    if (question.when && !question.when(whole)) continue;
    const answer = whole[question.id] ?? question.default?.(given);
    if (answer === undefined) {
      if (question.optional) continue;
      refuse(`${question.prompt} Say it with ${optionOf(question)}.`, question.id);
    }
    const problem = problemWith(question, answer, given);
    if (problem !== undefined) refuse(problem, question.id);
    whole[question.id] = answer;
  }
  return given;
}

/** `--to NAME`. */
export function optionOf({ id, kind }: Question): string {
  return `--${id.replaceAll('_', '-')} ${kind === 'choice' ? 'CHOICE' : kind.toUpperCase()}`;
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof RecipeProblem) return undefined;
    throw error;
  }
}

function givenOf(recipe: Recipe, facts: Facts, answers: Answers): Given {
  const question = (id: string) => questionsOf(recipe).find((one) => one.id === id);
  const answer = (id: string) =>
    answers[id] ?? refuse(`${question(id)?.prompt ?? id} There is no answer to it yet.`, id);
  const table = (id = 'table') =>
    findTableOf(facts, answer(id)) ?? refuse(missingTable(facts, answer(id)), id);
  const owner = (id: string) => table(question(id)?.of ?? 'table');
  const column = (id: string, name: string) =>
    columnOf(owner(id), name) ?? refuse(missingColumn(facts, owner(id), name), id);
  const sizes = sizesOf(recipe, facts, answers);
  return {
    facts,
    answer,
    optional: (id) => answers[id],
    table,
    column: (id = 'column') => column(id, columnName(owner(id), answer(id))),
    columns: (id = 'columns') => namesIn(answer(id)).map((name) => column(id, columnName(owner(id), name))),
    names: createNames(facts.schema),
    size(one): Size | undefined {
      const written = sizes.get(relationKey(one.name));
      return written && { rows: parseCount(written.rows), bytes: parseSize(written.size) };
    },
    get traffic() {
      return answers.traffic === undefined ? undefined : parseRate(answers.traffic);
    },
    get orm() {
      return (answers.app_orm ?? 'none') as Given['orm'];
    },
  };
}

/** `8M` is of the first table that the recipe asks for; `users=8M,orders=20M` says whose. */
export function sizesOf(recipe: Recipe, facts: Facts, answers: Answers): WrittenSizes {
  const sizes = new Map<string, { rows?: string; size?: string }>();
  const main = mainOf(recipe);
  for (const id of ['rows', 'size'] as const)
    for (const part of partsOf(answers[id])) {
      const [name, value] = part.includes('=')
        ? [part.slice(0, part.lastIndexOf('=')), part.slice(part.lastIndexOf('=') + 1)]
        : [main === undefined ? '' : (answers[main] ?? ''), part];
      const table = findTableOf(facts, name);
      if (!table) continue;
      const key = relationKey(table.name);
      sizes.set(key, { ...sizes.get(key), [id]: value.trim() });
    }
  return sizes;
}

/** The question for the table that a plan is about. */
function mainOf(recipe: Recipe): string | undefined {
  return recipe.questions.find(({ kind }) => kind === 'table')?.id;
}

function partsOf(answer: string | undefined): readonly string[] {
  return (answer ?? '').split(',').flatMap((part) => (part.trim() === '' ? [] : [part.trim()]));
}

/** What there is to choose from; undefined where anything may be typed. */
function candidatesFor(question: Question, given: Given): readonly Choice[] | undefined {
  if (question.choices) return question.choices;
  const { facts } = given;
  const owner = () => attempt(() => given.table(question.of ?? 'table'));
  switch (question.kind) {
    case 'table':
      return tablesOf(facts)
        .map((table) => ({
          value: sqlName(facts, table),
          label: sqlName(facts, table),
          detail: columnsIn(table),
        }))
        .sort((a, b) => (a.label < b.label ? -1 : 1));
    case 'column':
    case 'columns':
      return owner()?.columns.map((column) => ({
        value: column.name,
        label: column.name,
        detail: typeText(column),
      }));
    case 'index': {
      const table = owner();
      if (!table) return [];
      return [...indexesOf(facts.schema, relationKey(table.name))].map(({ name, definition }) => ({
        value: name.name,
        label: name.name,
        detail: definition.replace(/\s+/g, ' '),
      }));
    }
    case 'constraint':
      return owner()?.constraints.map((one) => ({
        value: one.name,
        label: one.name,
        detail: one.definition,
      }));
    case 'enum':
      return [...facts.schema.types.values()].flatMap((type) =>
        type.kind === 'enum'
          ? [{ value: sqlName(facts, type), label: sqlName(facts, type), detail: type.labels.join(', ') }]
          : [],
      );
    default:
      return undefined;
  }
}

function columnsIn({ columns }: Table): string {
  return columns.map(({ name }) => name).join(', ');
}

function typeText({ type, notNull }: Column): string {
  return `${type ?? 'type not known'}${notNull ? ', not null' : ''}`;
}

/** Why an answer will not do: by its kind, then by what the recipe says. */
function problemWith(question: Question, answer: string, given: Given): string | undefined {
  try {
    return problemOfKind(question, answer, given) ?? question.validate?.(answer, given);
  } catch (error) {
    if (error instanceof RecipeProblem) return error.message;
    throw error;
  }
}

function problemOfKind(question: Question, answer: string, given: Given): string | undefined {
  const { facts } = given;
  if (answer.trim() === '' || answer.includes('\0')) return `${question.prompt} The answer is empty.`;
  const oneOf = (names: readonly string[], what: string) =>
    names.includes(answer) ? undefined : `There is no ${what} ${answer}.${hint(answer, names)}`;
  switch (question.kind) {
    case 'table':
      return findTableOf(facts, answer) ? undefined : missingTable(facts, answer);
    case 'column':
    case 'columns': {
      const table = given.table(question.of ?? 'table');
      const typed = question.kind === 'column' ? [answer] : namesIn(answer);
      const missing = typed.find((name) => !columnOf(table, columnName(table, name)));
      return missing === undefined ? undefined : missingColumn(facts, table, missing);
    }
    case 'index':
    case 'constraint':
    case 'enum':
      return oneOf(
        (candidatesFor(question, given) ?? []).map(({ value }) => value),
        question.kind,
      );
    case 'choice':
      return oneOf(
        (question.choices ?? []).map(({ value }) => value),
        'choice',
      );
    case 'name':
      if (systemColumns.has(answer))
        return `${answer} is the name of a column that every table of Postgres has by itself: give another one.`;
      return new TextEncoder().encode(answer).length > 63
        ? `${answer} is longer than the 63 bytes that Postgres keeps of a name: give a shorter one.`
        : undefined;
    case 'type':
      return typeProblem(facts, answer);
    case 'expression':
      return readable(`SELECT (${answer})`, ({ node }) => 'SelectStmt' in node)
        ? undefined
        : `${answer} is no SQL expression.`;
    case 'count':
      return problemOfFigures(
        answer,
        facts,
        (value) => parseCount(value) !== undefined,
        'a count such as 8M or 50000',
      );
    case 'size':
      return problemOfFigures(
        answer,
        facts,
        (value) => parseSize(value) !== undefined,
        'a size such as 2.4GB',
      );
    case 'rate':
      return parseRate(answer) === undefined ? `${answer} is no rate such as 2000/s.` : undefined;
    default:
      return undefined;
  }
}

/** A type that the schema does not know may be an extension's, where there is one. */
function typeProblem({ schema }: Facts, answer: string): string | undefined {
  const [statement, ...more] = parseWritten(`SELECT NULL::${answer}`);
  const select = statement && 'SelectStmt' in statement.node ? statement.node.SelectStmt : undefined;
  const [target, ...others] = select?.targetList ?? [];
  const value = target && 'ResTarget' in target && !target.ResTarget.name ? target.ResTarget.val : undefined;
  const type = value && 'TypeCast' in value ? value.TypeCast.typeName : undefined;
  const isWhole = more.length + others.length === 0 && !select?.fromClause && !select?.whereClause;
  const printed = type && isWhole ? typeNameText(type) : undefined;
  if (!type || printed === undefined) return `${answer} is no type such as bigint or varchar(255).`;
  const { name } = nameOfStrings(stringsOf(type.names));
  const known = [...schema.types.values()].map((one) => one.name.name);
  const isKnown = isBuiltInTypeName(printed.replace(/\(.*?\)|\[\]/g, '')) || known.includes(name);
  const hasExtensions = [...schema.objects.values()].some(({ kind }) => kind === 'extension');
  return isKnown || hasExtensions
    ? undefined
    : `There is no type ${answer} in the schema.${hint(name, known)}`;
}

function problemOfFigures(
  answer: string,
  facts: Facts,
  isRight: (value: string) => boolean,
  what: string,
): string | undefined {
  for (const part of partsOf(answer)) {
    const at = part.lastIndexOf('=');
    if (!isRight(part.slice(at + 1).trim())) return `${part.slice(at + 1)} is not ${what}.`;
    if (at >= 0 && !findTableOf(facts, part.slice(0, at))) return missingTable(facts, part.slice(0, at));
  }
  return undefined;
}

function readable(
  sql: string,
  fits: (statement: ReturnType<typeof parseWritten>[number]) => boolean,
): boolean {
  const statements = parseWritten(sql);
  return statements.length === 1 && statements.every(fits);
}
