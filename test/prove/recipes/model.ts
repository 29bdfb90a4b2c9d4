/** A plan that a recipe is to write, check clean, and have proven. */
export interface RecipeCase {
  /** The recipe's type. */
  readonly type: string;
  /** What is awkward about it: unique among the cases of a type. */
  readonly name: string;
  /** DDL before the plan: one of `baselines.ts`, or its own. */
  readonly baseline: string;
  readonly answers: Readonly<Record<string, string>>;
  /** Versions of Postgres that it is for; all where absent. */
  readonly from?: number;
  readonly to?: number;
  /** It is among the few that `npm test` proves on the embedded Postgres. */
  readonly quick?: boolean;
  /** Rules whose notes (level info) are true of what is asked for, and that no plan for it can do without. */
  readonly notes?: readonly string[];
  /** No plan can be written, and the message says this: what is wrong, and what to do. */
  readonly refused?: RegExp;
}

/** Figures for a table of the size that a plan is worth the trouble for. */
export const large = { rows: '8M', size: '2.4GB', traffic: '2000/s' } as const;
