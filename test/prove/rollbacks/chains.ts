import fc from 'fast-check';
import { inverseOf } from '../../../server/src/inverse/inverse.ts';
import type { Inverse } from '../../../server/src/inverse/model.ts';
import { applyStatement, baselineSchema } from '../../../server/src/schema/apply.ts';
import type { Schema } from '../../../server/src/schema/model.ts';
import type { SqlParser, Statement } from '../../../server/src/sql/model.ts';
import { formsOf, type Scene } from '../forms/model.ts';
import type { Place } from './places.ts';
import { sequencesIn, sequencesSql } from './rows.ts';
import type { ProofSession } from './session.ts';
import { compareStates, readStart, readState, type State } from './state.ts';

/** Statements of one step, and what undoes them: the last one's rollback first. */
export interface Chain {
  readonly sql: readonly string[];
  readonly undo: readonly string[];
  /** What is not as it was; empty where all is. */
  readonly wrong: readonly string[];
}

/** Statements that others cannot stand in a row with. */
const solitary: readonly RegExp[] = [
  // A temporary object hides what has its name, for as long as the session lives.
  /^create (?:or replace )?temp |^select .* into temp /i,
  // What fills such a type takes its place, and goes with it.
  /^create type \w+$/i,
];

interface ChainOptions {
  /** Statements in each; one that the ones before it make impossible goes into a later one. */
  readonly length: number;
  /** Of the order in which they come: the same one for the same seed. */
  readonly seed: number;
  readonly pgVersion: number;
}

/**
 * Runs all statements of a scene that are said to be undone within a transaction, several in a row, and then what undoes
 * them, each worked out on the schema before its statement, as a plan does. What keeps all rows and what does not
 * are not mixed. Statements that Postgres refuses, also alone, are in no chain.
 */
export async function tryChains(
  place: Place,
  scene: Scene,
  parser: SqlParser,
  { length, seed, pgVersion }: ChainOptions,
): Promise<readonly Chain[]> {
  const schema = baselineSchema(parser.parse(scene.setup));
  const start = await readStart(place.session);
  const chains: Chain[] = [];
  for (const claim of ['restores', 'loses_data'] as const) {
    const offers = (statement: Statement, before: Schema): Inverse | undefined => {
      const undo = inverseOf(statement, before, pgVersion);
      const way = undo.verdict === 'restores' || undo.sql.length > 0;
      return undo.transactional && undo.verdict === claim && way ? undo : undefined;
    };
    let left = shuffled(
      formsOf(scene)
        .flatMap(({ sql }) => parser.parse(sql).statements.slice(0, 1))
        .filter((one) => offers(one, schema) && !solitary.some((form) => form.test(one.text))),
      seed,
    );
    while (left.length > 0) {
      const { chain, later } = await tryChain(place.session, start, { schema, offers, length, left, claim });
      if (!chain) break;
      chains.push(chain.wrong.length === 0 ? chain : await tryForGood(place, chain, claim));
      left = later;
    }
  }
  return chains;
}

function shuffled<T>(items: readonly T[], seed: number): readonly T[] {
  const all = fc.shuffledSubarray([...items], { minLength: items.length, maxLength: items.length });
  return fc.sample(all, { seed, numRuns: 1 })[0] ?? [];
}

interface Links {
  readonly schema: Schema;
  readonly offers: (statement: Statement, before: Schema) => Inverse | undefined;
  readonly length: number;
  readonly left: readonly Statement[];
  readonly claim: 'restores' | 'loses_data';
}

async function tryChain(
  session: ProofSession,
  start: State,
  { schema, offers, length, left, claim }: Links,
): Promise<{ readonly chain: Chain | undefined; readonly later: readonly Statement[] }> {
  const before = { ...start, sequences: sequencesIn((await session.query(sequencesSql)).rows) };
  const sql: string[] = [];
  const undo: string[] = [];
  const later: Statement[] = [];
  let now = schema;
  await session.run('BEGIN');
  try {
    for (const statement of left) {
      const inverse = sql.length < length ? offers(statement, now) : undefined;
      if (inverse && (await isDone(session, statement.text))) {
        sql.push(statement.text);
        undo.unshift(...inverse.sql);
        now = applyStatement(now, statement, { madeByPlan: true });
      } else later.push(statement);
    }
    if (sql.length === 0) return { chain: undefined, later };
    return { chain: { sql, undo, wrong: await undoAll(session, before, undo, claim) }, later };
  } finally {
    await session.run('ROLLBACK; DEALLOCATE ALL');
  }
}

/** What went wrong within one transaction may be its doing: here the statements are committed before the rollback. */
async function tryForGood(place: Place, { sql, undo }: Chain, claim: Links['claim']): Promise<Chain> {
  return place.fresh(async (session) => {
    const before = await readState(session);
    await session.run('BEGIN');
    for (const statement of sql) await session.run(statement);
    await session.run('COMMIT');
    return { sql, undo, wrong: await undoAll(session, before, undo, claim) };
  });
}

/** Deferred checks are made at once, as the commit of a step of its own makes them. */
async function isDone(session: ProofSession, sql: string): Promise<boolean> {
  await session.run('SAVEPOINT before_statement');
  try {
    await session.run(`${sql}; SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED`);
    return true;
  } catch {
    await session.run('ROLLBACK TO before_statement');
    return false;
  }
}

async function undoAll(
  session: ProofSession,
  before: State,
  undo: readonly string[],
  claim: Links['claim'],
): Promise<readonly string[]> {
  // A rollback runs in a session of its own.
  await session.run('RESET search_path');
  for (const statement of undo) {
    try {
      await session.run(statement);
    } catch (error) {
      return [`${statement}: ${(error as Error).message}`];
    }
  }
  const { drift, rows } = compareStates(before, await readState(session));
  return [...drift, ...(claim === 'restores' ? rows : [])];
}
