import type { PGlite } from '@electric-sql/pglite';
import type { LockMode } from '../../server/src/effects/model.ts';
import type { SqlParser, Statement } from '../../server/src/sql/model.ts';
import { readObservations } from '../prove/observations.ts';
import type { Outcome } from '../prove/observe/model.ts';
import { setUp } from '../prove/observe/scene.ts';
import { embeddedSession } from '../prove/observe/session.ts';
import { observeInTransaction } from '../prove/observe/transaction.ts';
import { assumesTransaction, type PeerCase } from './peer-case-file.ts';
import { surroundingsOf } from './peer-surroundings.ts';

/** A case whose author expects what Postgres does not do. */
export interface Contradiction {
  readonly reason: string;
  /** Whether Postgres does as the reason says, when the case is run. */
  readonly shown: (witness: Witness) => Promise<boolean>;
}

/** An embedded Postgres for one case, with what the case takes to be there. */
export interface Witness {
  /** What it does to that, all in one transaction that is rolled back; `'alone'` where Postgres refuses that. */
  observed(): Promise<Outcome | 'alone'>;
  /** Runs it statement by statement, each by itself. The SQLSTATE of the first that fails; undefined where none does. */
  run(): Promise<string | undefined>;
  /** The values of a query's first column. */
  ask(query: string): Promise<readonly unknown[]>;
}

const throughReadsAndWrites: ReadonlySet<LockMode> = new Set([
  'AccessShareLock',
  'RowShareLock',
  'RowExclusiveLock',
  'ShareUpdateExclusiveLock',
]);

const observed = (test: (outcome: Extract<Outcome, { locks: unknown }>) => boolean) => async (w: Witness) => {
  const outcome = await w.observed();
  return outcome !== 'alone' && 'locks' in outcome && test(outcome);
};

const rewrites = observed((outcome) => outcome.rewrites.length > 0);
const rewritesNothing = observed((outcome) => outcome.rewrites.length === 0);
const readsNothing = observed((outcome) => outcome.scans.length === 0);
const locksNothing = observed((outcome) => Object.keys(outcome.locks).length === 0);
const letsThrough = observed(({ locks }) =>
  Object.values(locks).every((mode) => throughReadsAndWrites.has(mode)),
);
const refused = (code: string) => async (w: Witness) => (await w.run()) === code;
const runsAgain = async (w: Witness) => (await w.run()) === undefined && (await w.run()) === undefined;
const failsAgain = async (w: Witness) => (await w.run()) === undefined && (await w.run()) !== undefined;
/** What a query answers is the same when the case has run. */
const keeps = (query: string) => async (w: Witness) => {
  const before = await w.ask(query);
  const failed = await w.run();
  const after = new Set(await w.ask(query));
  return failed === undefined && before.every((one) => after.has(one));
};
const leavesNone = (query: string) => async (w: Witness) =>
  (await w.run()) === undefined && (await w.ask(query)).length === 0;

const instantDefault: Contradiction = {
  reason: 'the default is the same for every row: nothing is rewritten',
  shown: rewritesNothing,
};
const repeatable: Contradiction = { reason: 'run again, it does the same once more', shown: runsAgain };
const volatileDefault: Contradiction = { reason: 'the table is rewritten', shown: rewrites };

/** By the number of the case. */
export const contradictions: Readonly<Record<number, Contradiction>> = {
  24: { reason: 'a new column without values refers to nothing: no row is read', shown: readsNothing },
  57: { reason: 'no version reads it: a syntax error', shown: refused('42601') },
  187: repeatable,
  188: repeatable,
  189: repeatable,
  191: repeatable,
  274: { reason: 'no table is locked', shown: locksNothing },
  275: { reason: 'the lock lets reads and writes through', shown: letsThrough },
  277: {
    reason: 'a VACUUM that is not FULL lets reads and writes through (as observed on a server)',
    shown: async () => {
      const outcome = Object.values(readObservations(18)).find((scene) => 'vacuum t' in scene)?.['vacuum t'];
      return (
        outcome !== undefined &&
        'locks' in outcome &&
        Object.values(outcome.locks).every((mode) => throughReadsAndWrites.has(mode))
      );
    },
  },
  278: { reason: 'refused outside of a transaction', shown: refused('25P01') },
  286: { reason: 'the table is its own: nothing that others use is locked', shown: locksNothing },
  303: instantDefault,
  306: instantDefault,
  307: instantDefault,
  347: { reason: 'where the columns are integers, the table is rewritten', shown: rewrites },
  382: {
    reason: 'refused in the transaction that the test supposes, and told so',
    shown: async (w) => (await w.observed()) === 'alone',
  },
  408: {
    reason: 'the setting of the session outlives the COMMIT',
    shown: async (w) => (await w.run()) === undefined && (await w.ask('SHOW statement_timeout'))[0] === '5s',
  },
  601: { reason: 'run again, it fails', shown: failsAgain },
  637: {
    reason: 'from then on every query that reads the view fails',
    shown: async (w) => {
      const failed = await w.run();
      const [view] = await w.ask("SELECT oid::regclass::text FROM pg_class WHERE relkind = 'm'");
      return failed === undefined && (await codeOf(w.ask(`SELECT * FROM ${view}`))) === '55000';
    },
  },
  717: {
    reason: 'it is the name of a CHECK, and the primary key stays',
    shown: keeps("SELECT conname FROM pg_constraint WHERE contype = 'p'"),
  },
  724: {
    reason: 'no row security is switched on',
    shown: leavesNone('SELECT relname FROM pg_class WHERE relrowsecurity'),
  },
  730: {
    reason: 'no label is renamed',
    shown: keeps('SELECT enumlabel FROM pg_enum'),
  },
  799: {
    reason: 'no index is built',
    shown: leavesNone(
      "SELECT relname FROM pg_class JOIN pg_index ON indexrelid = pg_class.oid WHERE relnamespace = 'public'::regnamespace AND NOT indisprimary",
    ),
  },
  818: instantDefault,
  819: instantDefault,
  823: volatileDefault,
  824: volatileDefault,
  826: instantDefault,
};

/**
 * Those of the cases that Postgres contradicts as the list says, when they are run on it, with the reason; and those
 * of the list where it does not. What is in the database's `public` schema is dropped.
 */
export async function contradicted(
  cases: readonly PeerCase[],
  db: PGlite,
  parser: SqlParser,
  list: Readonly<Record<number, Contradiction>> = contradictions,
): Promise<{ readonly shown: ReadonlyMap<number, string>; readonly notShown: readonly number[] }> {
  const shown = new Map<number, string>();
  const notShown: number[] = [];
  for (const peerCase of cases) {
    const contradiction = list[peerCase.id];
    if (!contradiction) continue;
    const witness = await witnessOf(peerCase, db, parser);
    if (await contradiction.shown(witness)) shown.set(peerCase.id, contradiction.reason);
    else notShown.push(peerCase.id);
  }
  return { shown, notShown };
}

async function witnessOf({ sql }: PeerCase, db: PGlite, parser: SqlParser): Promise<Witness> {
  const { statements, problems } = parser.parse(sql);
  const session = embeddedSession(db);
  await db.exec('ROLLBACK; DROP SCHEMA public CASCADE; CREATE SCHEMA public; RESET ALL; DISCARD PLANS');
  const before = await setUp(session, { name: 'a case', setup: surroundingsOf(statements), forms: {} });
  await db.exec('RESET ALL');
  return {
    observed: () =>
      observeInTransaction(
        session,
        before,
        statements
          .filter((one) => !isTransactionControl(one))
          .map(({ text }) => text)
          .join(';\n'),
      ),
    async run() {
      const texts = problems.length > 0 ? [sql] : statements.map(({ text }) => text);
      for (const text of texts) {
        const code = await codeOf(db.exec(text));
        if (code !== undefined) return code;
      }
      return undefined;
    },
    ask: async (query) =>
      (await db.query(query, [], { rowMode: 'array' })).rows.map((row) => (row as unknown[])[0]),
  };
}

/** The SQLSTATE that it fails with; undefined where it does not. */
async function codeOf(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === undefined) throw error;
    return code;
  }
}

function isTransactionControl({ kind }: Statement): boolean {
  return kind === 'TransactionStmt';
}

/**
 * The cases of one text, comments and blanks aside, and of the same concepts of which some are expected to give a
 * finding and others none: what tells them apart is not in the file.
 */
export function atOdds(
  cases: readonly PeerCase[],
  parser: SqlParser,
): ReadonlyMap<number, readonly number[]> {
  const same = new Map<string, PeerCase[]>();
  for (const peerCase of cases) {
    const { statements } = parser.parse(peerCase.sql);
    const tokens = statements.map((one) =>
      one
        .tokens()
        .map((token) => (token.kind === 'word' ? one.slice(token).toLowerCase() : one.slice(token))),
    );
    const key = JSON.stringify([
      tokens,
      [...peerCase.concepts].sort((a, b) => a - b),
      peerCase.context.trim(),
      assumesTransaction(peerCase, statements.length),
    ]);
    if (statements.length > 0) same.set(key, [...(same.get(key) ?? []), peerCase]);
  }
  const found = new Map<number, readonly number[]>();
  for (const group of same.values()) {
    for (const { id, expect } of group) {
      const others = group.filter((one) => one.expect !== expect).map((one) => one.id);
      if (others.length > 0) found.set(id, others);
    }
  }
  return found;
}
