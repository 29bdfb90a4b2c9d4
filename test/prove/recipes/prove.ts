import { loadParsers, type Parsers } from '../../../server/src/analyze.ts';
import type { Engine, Report } from '../../../server/src/rehearsal/model.ts';
import { heldFailures } from '../../../server/src/rehearsal/proof-words.ts';
import { reportText } from '../../../server/src/rehearsal/report-text.ts';
import { createServerEngine } from '../../../server/src/rehearsal/server-engine.ts';
import { embeddedEngine, provePlan } from '../../unit/rehearsal/setup.ts';
import type { Witness } from '../observations.ts';
import { withServer } from '../postgres/server.ts';
import { recipeCases } from './cases/index.ts';
import type { RecipeCase } from './model.ts';
import { caseTable, feltIn, loadSummary, type Outcome } from './outcomes.ts';
import { faultsOf, isFor, planFor, unsaid } from './plan.ts';

export interface ProveRecipesOptions {
  readonly on: readonly Witness[];
  /** Of the cases those of which it matches the type and the name. */
  readonly only: RegExp | undefined;
  /** Prints the plan of each case that fails. */
  readonly show: boolean;
  /** Requests a second that run meanwhile; then no rollback is proven. */
  readonly load?: number | undefined;
  /** Rows in each table then, where not `rowsUnderLoad`. */
  readonly rows?: number | undefined;
}

/** The embedded Postgres is of this version. */
const embeddedVersion = 18;
const rows = 60;
/** ms that no request may wait under load, and rows in each table then. */
const longestWait = 1000;
const rowsUnderLoad = 2000;
/** ms for which requests go on after each step: some dozens, where a step takes no time. */
const settle = 600;

/**
 * Writes the plan of every case for every version, holds it against the check, and proves it on a server of that version:
 * every rollback, every version of the application. Under load, what its requests feel. Prints a table; true where all
 * held.
 */
export async function proveRecipes(options: ProveRecipesOptions): Promise<boolean> {
  const parsers = await loadParsers();
  const cases = recipeCases.filter(({ type, name }) => options.only?.test(`${type} ${name}`) ?? true);
  const outcomes = new Map<RecipeCase, Map<Witness, Outcome>>(cases.map((one) => [one, new Map()]));
  const run = async (witness: Witness, engine: Engine) => {
    for (const one of cases) {
      const version = witness === 'pglite' ? embeddedVersion : witness;
      if (!isFor(one, version)) continue;
      const outcome = await proveCase(
        one,
        version,
        engine,
        parsers,
        `${one.type}, ${one.name}, on ${witness}`,
        options,
      );
      outcomes.get(one)?.set(witness, outcome);
    }
  };
  for (const witness of options.on) {
    if (witness === 'pglite') await run(witness, await embeddedEngine());
    else
      await withServer(witness, async (connect) => {
        const client = await connect();
        const target = { host: client.host, port: client.port, user: 'postgres', database: 'postgres' };
        await client.end();
        await run(witness, createServerEngine({ target, confirm: async () => true }));
      });
  }
  for (const line of caseTable(outcomes, options.on)) console.log(line);
  if (options.load !== undefined)
    for (const line of loadSummary(outcomes, options.on, options.load)) console.log(line);
  return [...outcomes.values()].every((each) => [...each.values()].every(({ kind }) => kind !== 'failed'));
}

async function proveCase(
  one: RecipeCase,
  version: number,
  engine: Engine,
  parsers: Parsers,
  label: string,
  { show, load, rows: filled }: ProveRecipesOptions,
): Promise<Outcome> {
  const plan = planFor(one, version, parsers);
  const faults = faultsOf(plan, one);
  for (const fault of faults) console.log(`✘ ${label}: ${fault}`);
  const outcome = (kind: Outcome['kind'], report?: Report): Outcome => ({ kind, ...feltIn(report) });
  if ('problem' in plan) return outcome(faults.length > 0 ? 'failed' : 'refused');
  const runsNothing = plan.analysis.live.start.versions.every(({ statements }) => statements.length === 0);
  if (load !== undefined && runsNothing) return outcome(faults.length > 0 ? 'failed' : 'idle');
  const report = await provePlan(engine, plan.text, one.baseline, {
    stepTimeout: 60_000,
    rows: load === undefined ? rows : rowsUnderLoad,
    ...(load !== undefined && {
      load: { rate: load, maxWait: longestWait, settle },
      proofs: false,
      amplify: filled === undefined ? undefined : { rows: filled, within: 60_000 },
    }),
  });
  const passed = report.verdict === 'passed';
  if (!passed) console.log(`✘ ${label}:\n${reportText(report)}`);
  if ((!passed || faults.length > 0) && show) console.log(plan.text);
  const isSound =
    passed && faults.length === 0 && isProven(report, label) && isSaid(report, plan.text, label);
  return outcome(isSound ? 'proven' : 'failed', report);
}

/** A step behind which prepared statements fail must say so. */
function isSaid({ steps }: Report, text: string, label: string): boolean {
  const failing = steps.filter(({ app }) => heldFailures(app).length > 0).map(({ id }) => id);
  const missing = unsaid(text, failing);
  for (const id of missing)
    console.log(`✘ ${label}: prepared statements fail after ${id}, which does not say so`);
  return missing.length === 0;
}

/** A rollback that is not needed must have been proven so. */
function isProven({ steps }: Report, label: string): boolean {
  const unproven = steps.filter(
    ({ rollback }) => rollback?.verdict === 'not_needed' && rollback.proven === false,
  );
  for (const { id, rollback } of unproven)
    console.log(`✘ ${label}: ${id} is not proven: ${rollback?.reason}`);
  return unproven.length === 0;
}
