import type { RollbackSource } from '../rules/new-steps.ts';
import type { Column, Table } from '../schema/model.ts';
import type { Facts } from './facts.ts';
import type { Names } from './names.ts';

/**
 * A migration type, as a function from the facts of a schema and a few answers to a whole plan. One file a type, which
 * exports `defineRecipe({ … })`; `registry.ts` lists them. A recipe is pure: no file, no database, no clock.
 *
 * What a recipe writes is what only it can know: the application's versions, the phases with their steps, and what is
 * special in checklist, monitoring and clean-up. Everything that follows from the steps is added by `finish.ts`:
 *
 * - the rollback of a step that has none: the inverse that `inverse/` works out; of a deploy, the version before it; of a
 *   backfill into a column of the plan's own, the step that adds the column. A step whose inverse is not known, or would
 *   lose data, must bring its own, or `newPlan` fails;
 * - estimates, from the tables' sizes, and a statement_timeout that leaves room for the longest;
 * - the standard checklist, alerts and queries, by what the steps do (`standard.ts`);
 * - `tables`, `database`, `traffic`, `session`, and the code blocks of deploys, by the application's ORM.
 *
 * The plan must check clean at default settings, never by `allow`, on Postgres 14 to 18: the recipe's cases in
 * `test/prove/recipes/` hold it to that, and its dry run to proving every rollback and every version.
 */
export interface Recipe {
  /** The plan's `type`, and what `switchback new` is given: `rename_column`. */
  readonly type: string;
  /** What a menu shows: `Rename a column`. */
  readonly title: string;
  /** What the plan does, and what it promises, in a sentence or two. */
  readonly summary: string;
  /** In the order in which they are asked. Sizes, traffic, version and ORM are asked of every recipe: see `questions.ts`. */
  readonly questions: readonly Question[];
  /** Writes the plan. Calls `refuse` where that cannot be done. */
  write(given: Given): PlanDraft;
}

/** Plain identity: gives the value its type. */
export function defineRecipe(recipe: Recipe): Recipe {
  return recipe;
}

export type QuestionKind =
  /** A table of the baseline. */
  | 'table'
  /** A column of the table that `of` asks for. */
  | 'column'
  /** Several, with commas: `a,b`, in the order given. */
  | 'columns'
  /** An index, or a constraint, of that table. */
  | 'index'
  | 'constraint'
  /** An enum type of the baseline. */
  | 'enum'
  /** A new name: unquoted as Postgres stores it, at most 63 bytes. */
  | 'name'
  /** A data type as SQL writes it. */
  | 'type'
  /** An SQL expression, or a condition. */
  | 'expression'
  /** One of `choices`. */
  | 'choice'
  /** `8M`. */
  | 'count'
  /** `2000/s`. */
  | 'rate'
  /** `2.4GB`. */
  | 'size'
  /** Anything else: the recipe's `validate` says what is right. */
  | 'text';

export interface Question {
  /** snake_case; the terminal's option is `--ID` with hyphens. */
  readonly id: string;
  /** What the editor asks: `Which column?` */
  readonly prompt: string;
  readonly kind: QuestionKind;
  /** For a table's parts: the id of the question for the table; `table` where absent. */
  readonly of?: string;
  readonly choices?: readonly Choice[];
  /** May be left unanswered, and then has no default: `optional` of `Given` is undefined. */
  readonly optional?: boolean;
  /** Whether it is asked at all, from the answers before it. */
  readonly when?: (answers: Answers) => boolean;
  /** What is meant where nothing is answered. */
  readonly default?: (given: Given) => string | undefined;
  /**
   * Why an answer will not do, in a sentence with what to do instead; undefined where it will. What its kind asks for
   * has been checked before: a column is there, a name is one and not too long.
   */
  readonly validate?: (value: string, given: Given) => string | undefined;
}

export interface Choice {
  readonly value: string;
  readonly label: string;
  readonly detail?: string;
}

/** By question id, as the user wrote them. */
export type Answers = Readonly<Record<string, string>>;

/** What a recipe works from. Answers are validated, with defaults in their places. */
export interface Given {
  readonly facts: Facts;
  /** The answer; throws where the recipe asks no such question, or an optional one was not answered. */
  answer(id: string): string;
  /** The answer of a question that need not be answered. */
  optional(id: string): string | undefined;
  /** The table that a question of kind `table` was answered with. */
  table(id?: string): Table;
  /** The column that a question of kind `column` was answered with. */
  column(id?: string): Column;
  /** The columns of a question of kind `columns`. */
  columns(id?: string): readonly Column[];
  /** Names that are free, for what the plan makes. */
  readonly names: Names;
  /** Rows and bytes of a table in production, where they were given. */
  size(table: Table): Size | undefined;
  /** Requests a second at peak; undefined where not given. */
  readonly traffic: number | undefined;
  readonly orm: 'prisma' | 'typeorm' | 'none';
}

export interface Size {
  readonly rows: number | undefined;
  readonly bytes: number | undefined;
}

/** Why there is no plan, and what to do instead. `newPlan` catches it. */
export class RecipeProblem extends Error {
  override readonly name = 'RecipeProblem';
  /** The question whose answer is at fault. */
  readonly question: string | undefined;

  constructor(message: string, question?: string) {
    super(message);
    this.question = question;
  }
}

/** @throws {RecipeProblem} always. */
export function refuse(message: string, question?: string): never {
  throw new RecipeProblem(message, question);
}

/** A plan as a recipe writes it. Texts are one line but for SQL. */
export interface PlanDraft {
  /** `migration` */
  readonly title: string;
  /** Comment at the top of the file: what the plan does, in a few lines. */
  readonly intro: readonly string[];
  /** Tables that the plan is about, the main one first; those that its statements touch are added. */
  readonly tables: readonly Table[];
  /** The application's versions in the order in which they are deployed, the one that runs first; none: it need not change. */
  readonly versions: readonly VersionDraft[];
  /** Entries before the standard ones. */
  readonly checklist?: readonly (string | CheckDraft)[];
  readonly phases: readonly PhaseDraft[];
  /** Before the standard ones, and in place of those on the same metric. */
  readonly alerts?: readonly AlertDraft[];
  readonly queries?: readonly QueryDraft[];
  readonly cleanup?: readonly string[];
}

/** A version of the application, and what of it concerns this plan. */
export interface VersionDraft {
  readonly name: string;
  /** Comment beside the name: `writes both, reads username`. */
  readonly says: string;
  /** What it runs against the plan's tables: parameters as `$1`, the same one where the same value is meant. See `application.ts`. */
  readonly statements: readonly string[];
  /** What it makes of the tables: what application code is generated from. */
  readonly uses: readonly TableUse[];
}

/** How a version uses a table. The code generator works from this and from the schema that the version meets. */
export interface TableUse {
  /** As the version names it. */
  readonly table: Pick<Table, 'name'>;
  /** Columns that its model has, in order, as they are when the version is live. */
  readonly columns: readonly Column[];
  /** Written together: whoever writes `column` writes `also` with the value of `expression` (of `column`, where absent: as it is). */
  readonly dual: readonly DualWrite[];
  /** Where a column has stood in for another: by the property name that the application keeps, the column it now reads. */
  readonly reads: Readonly<Record<string, string>>;
  /** What it looks a row up by, beside the primary key. */
  readonly lookup: string | undefined;
  /** Columns that the version before has in another table of this version's, to a row of which each row here belongs. */
  readonly arrived?: {
    readonly from: Pick<Table, 'name'>;
    readonly columns: readonly string[];
    readonly pairs: readonly { readonly own: string; readonly key: string }[];
  };
  /** Another table of this version's with the same columns: each row is in one of the two. `creates`: it gets new rows, too. */
  readonly beside?: { readonly table: Pick<Table, 'name'>; readonly creates: boolean };
  /** A table that the version before has, whose rows are in these columns now: NULL stands in all of them where there is none. */
  readonly merged?: {
    readonly table: Pick<Table, 'name'>;
    readonly columns: readonly string[];
    /** Those that have a value wherever there is a row. */
    readonly required: readonly string[];
  };
}

export interface DualWrite {
  readonly column: string;
  readonly also: string;
  /** SQL, with the columns of the row; absent for the value itself. */
  readonly expression?: string;
}

export interface PhaseDraft {
  readonly phase: string;
  readonly risk?: 'low' | 'medium' | 'high';
  /** Comment above it. */
  readonly why?: string;
  readonly steps: readonly StepDraft[];
}

interface StepBase {
  /** Imperative or a claim, as a person writes it: `Add the new column`. */
  readonly step: string;
  /** snake_case, unique in the plan. */
  readonly id: string;
  /** Comment above it, one sentence or two: why it is done so, or just here. */
  readonly why?: string;
}

interface ChangingStep extends StepBase {
  /** Worked out where absent. SQL ends with a semicolon. */
  readonly rollback?: RollbackSource;
  /** What goes before the rollback that is worked out: rows that only the new schema allows are put right. */
  readonly rollbackFirst?: readonly RollbackSource[];
  /** What goes behind it: with it, an inverse that loses data is taken, since this brings the data back. */
  readonly rollbackThen?: readonly RollbackSource[];
  /** Comment beside `rollback:`. */
  readonly rollbackWhy?: string;
}

export type StepDraft = SqlDraft | BackfillDraft | DeployDraft | VerifyDraft | WaitDraft;

export interface SqlDraft extends ChangingStep {
  /** Statements, each without its semicolon. */
  readonly sql: readonly string[];
  /**
   * `false`: outside of a transaction. What builds or drops an index concurrently gets `SET lock_timeout = 0` before it
   * by `finish.ts`.
   */
  readonly transaction?: false;
  /** What Postgres may do at most: `{ rewrite: false }`. */
  readonly expect?: Readonly<Record<string, string | boolean>>;
}

export interface BackfillDraft extends ChangingStep {
  readonly backfill: {
    readonly table: Table;
    readonly set: string;
    readonly where?: string;
    /** A trigger writes each of its rows to another table and takes it away: its batches are smaller. */
    readonly moves?: true;
  };
}

export interface DeployDraft extends ChangingStep {
  /** The name of one of the versions. */
  readonly deploy: string;
}

export interface VerifyDraft extends StepBase {
  readonly verify: { readonly sql: string; readonly expect: string | number };
}

export interface WaitDraft extends StepBase {
  /** `24h` */
  readonly wait: string;
}

export interface CheckDraft {
  readonly check: string;
  readonly sql: string;
  readonly expect: string | number;
}

export interface AlertDraft {
  /** One of those that the runbook knows: see `standard.ts`. */
  readonly metric: string;
  readonly warning: string;
  readonly critical: string;
  readonly action: string;
}

export interface QueryDraft {
  readonly name: string;
  readonly sql: string;
}

/** A file of the application for a deploy step. */
export interface CodeDraft {
  readonly file: string;
  readonly language: string;
  readonly body: string;
}
