import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { loadParsers, type Parsers } from '../../../server/src/analyze.ts';
import { nestCode } from '../../../server/src/recipes/code/generate.ts';
import type { Answers } from '../../../server/src/recipes/model.ts';
import { factsFrom, newPlan } from '../../../server/src/recipes/new-plan.ts';
import { recipes } from '../../../server/src/recipes/registry.ts';
import type { Engine, Report } from '../../../server/src/rehearsal/model.ts';
import { reportText } from '../../../server/src/rehearsal/report-text.ts';
import { embeddedEngine, provePlan } from '../../unit/rehearsal/setup.ts';
import { askedOf, trueNotes } from './asked.ts';
import { large } from './model.ts';

export interface SweepOptions {
  /** A file of DDL: a dump of any application's schema. */
  readonly schema: string;
  /** Of what a recipe can be asked for there, so many are asked. */
  readonly sample: number;
  /** Which ones: another seed, other ones. */
  readonly seed: number;
  /** Of the plans of a recipe, so many are proven on the embedded Postgres. */
  readonly proofs: number;
  readonly only: RegExp | undefined;
  /** Prints the plan of each that fails. */
  readonly show: boolean;
}

const versions = [14, 18] as const;
/** Whatever is written or refused says none of these. */
const nonsense = /\bundefined\b|\bNaN\b|\[object /;
const orms = ['none', 'prisma', 'typeorm'];

interface Tally {
  readonly possible: number;
  made: number;
  refused: number;
  clean: number;
  proven: number;
  /** Asked for what the fabricated rows are not. */
  stopped: number;
  faults: number;
}

/**
 * Asks every recipe for plans on a schema that was made for no recipe: each is refused in words, or checks clean on the
 * oldest and the newest Postgres, and some are proven. Prints faults, refusals and a table; true where there is no fault.
 */
export async function sweepRecipes(options: SweepOptions): Promise<boolean> {
  const parsers = await loadParsers();
  const sql = readFileSync(options.schema, 'utf8');
  const facts = factsFrom({ parsers, schemaSql: sql, schemaPath: options.schema, pgVersion: 16 });
  if ('problem' in facts) throw new Error(facts.problem);
  const engine = options.proofs > 0 ? await embeddedEngine() : undefined;
  const refusals = new Map<string, number>();
  const tallies = new Map<string, Tally>();
  for (const { type } of recipes.filter((one) => options.only?.test(one.type) ?? true)) {
    const all = askedOf(type, facts);
    const size = Math.min(all.length, options.sample);
    const [chosen = []] = fc.sample(fc.shuffledSubarray([...all], { minLength: size, maxLength: size }), {
      seed: options.seed,
      numRuns: 1,
    });
    const tally: Tally = {
      possible: all.length,
      made: 0,
      refused: 0,
      clean: 0,
      proven: 0,
      stopped: 0,
      faults: 0,
    };
    tallies.set(type, tally);
    for (const [at, answers] of chosen.entries()) {
      const whole = { ...large, app_orm: orms[at % orms.length] ?? 'none', ...answers };
      await tryOut({ type, answers: whole, sql, parsers, engine, options, tally, refusals });
    }
  }
  for (const [message, count] of [...refusals].sort(([, a], [, b]) => b - a))
    console.log(`${String(count).padStart(4)} ${message}`);
  printTallies(tallies);
  return [...tallies.values()].every(({ faults }) => faults === 0);
}

interface Trial {
  readonly type: string;
  readonly answers: Answers;
  readonly sql: string;
  readonly parsers: Parsers;
  readonly engine: Engine | undefined;
  readonly options: SweepOptions;
  readonly tally: Tally;
  readonly refusals: Map<string, number>;
}

async function tryOut({
  type,
  answers,
  sql,
  parsers,
  engine,
  options,
  tally,
  refusals,
}: Trial): Promise<void> {
  const recipe = recipes.find((one) => one.type === type);
  if (!recipe) return;
  for (const pgVersion of versions) {
    const asked = `${type} ${JSON.stringify(answers)} on ${pgVersion}`;
    const fault = (what: string, text = '') => {
      tally.faults++;
      console.log(`✘ ${asked}: ${what}`);
      if (options.show && text !== '') console.log(text);
    };
    try {
      const plan = newPlan({
        recipe,
        answers,
        parsers,
        schemaSql: sql,
        schemaPath: 'schema.sql',
        pgVersion,
        code: nestCode,
      });
      if ('problem' in plan) {
        tally.refused++;
        const isHelp = plan.problem.length > 20 && !nonsense.test(plan.problem);
        if (!isHelp || /is not known\. |not worked out/.test(plan.problem)) fault(`refused: ${plan.problem}`);
        else refusals.set(`${type}: ${plan.problem}`, (refusals.get(`${type}: ${plan.problem}`) ?? 0) + 1);
        continue;
      }
      tally.made++;
      if (nonsense.test(plan.text)) fault(`the plan says ${nonsense.exec(plan.text)?.[0]}`, plan.text);
      const findings = plan.analysis.findings.filter(
        ({ rule, severity }) => severity !== 'info' || !(trueNotes[type] ?? []).includes(rule),
      );
      for (const { rule, step, message } of findings) fault(`${rule} at ${step}: ${message}`, plan.text);
      if (findings.length > 0) continue;
      tally.clean++;
      if (!engine || pgVersion !== 18 || tally.proven + tally.stopped >= options.proofs) continue;
      const report = await provePlan(engine, plan.text, sql, { stepTimeout: 60_000, rows: 40 });
      if (report.verdict === 'passed') tally.proven++;
      else if (isOfRows(report)) tally.stopped++;
      else fault(reportText(report), plan.text);
    } catch (error) {
      fault(error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
  }
}

/**
 * What was asked for cannot be of rows that nobody made for it: a verify step says so, or no row could be made at all,
 * where tables need each other's rows first.
 */
function isOfRows({ start, steps }: Report): boolean {
  const failed = steps.filter(({ status }) => status === 'failed');
  return (
    start.app.some(({ error }) => error?.code === '23502' || error?.code === '23503') ||
    (failed.length > 0 && failed.every(({ action }) => action === 'verify'))
  );
}

function printTallies(tallies: ReadonlyMap<string, Tally>): void {
  console.log(`\n${''.padEnd(22)} possible   made  refused  clean  proven  stopped  faults`);
  for (const [type, { possible, made, refused, clean, proven, stopped, faults }] of tallies)
    console.log(
      type.padEnd(22) +
        [possible, made, refused, clean, proven, stopped, faults]
          .map((count, at) => String(count).padStart([9, 7, 9, 7, 8, 9, 8][at] ?? 0))
          .join(''),
    );
}
