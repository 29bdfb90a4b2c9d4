import { setTimeout as delay } from 'node:timers/promises';
import type { VersionAnalysis } from '../../rules/model.ts';
import { isTried } from '../app/checks.ts';
import { perSecond } from '../load-words.ts';
import type { EngineSession, OtherSession, StatementError } from '../model.ts';
import { ownError, placedError } from '../place.ts';
import { progress, type Run, withLine } from '../run.ts';
import { versionsNamed, type World } from '../world.ts';
import { type Calibration, calibrate } from './calibrate.ts';
import { createFreshValues } from './fresh.ts';
import { defaultLate, defaultPool, defaultSettle, keepsBar, type LoadReport, type RunLoad } from './model.ts';
import { openPool, type Pool } from './pool.ts';
import { createRecorder, type Recorder } from './recorder.ts';
import { type Explain, kindOf, type LiveStatement, type LoadRequest, requestLane } from './requests.ts';
import { createStream, type Stream } from './stream.ts';
import { type VaryOptions, varyStatements } from './varied.ts';

/** What the application does while the steps run: an open-loop stream of its live versions' statements. */
export interface Load {
  /** Which versions are live from now on. Reads schema and rows anew, in which steps may have changed anything. */
  live(versions: readonly (string | undefined)[]): Promise<void>;
  /** Requests that start from now on are reported together. */
  begin(): LoadPart;
  /** Resolves once each live statement came back, at the least after the time that is to be waited after a step. */
  settle(): Promise<void>;
  summary(): RunLoad;
  /** Nothing is sent from now on. */
  stop(): void;
}

export interface LoadPart {
  /** Ends it; resolves once all of its requests have come back. */
  end(): Promise<LoadReport>;
  /** What has come back by now. */
  report(): LoadReport;
}

/** ms for which each statement is waited for after a step, where requests are few. */
const longestSettle = 10_000;

/**
 * Opens the pool, finds the rate that the server can hold, and starts the stream. Resolves with an error where there
 * can be none.
 */
export async function startLoad(run: Run, world: World): Promise<Load | StatementError> {
  const { options, analysis } = run;
  const { plan } = analysis;
  const { session, parser, unique, coming } = world;
  const { rate: given, pool: size = defaultPool, maxWait, settle = defaultSettle } = options.load ?? {};
  const another = session.another;
  const asked = given ?? plan.traffic?.value;
  if (!another) return ownError(needsServer, undefined);
  if (asked === undefined || !(asked > 0)) return ownError(needsRate, plan.traffic?.range ?? plan.range);
  if (statementsOf(run, world, [world.live]).length === 0)
    return ownError(needsStatements, plan.app?.range ?? plan.range);
  progress(run, 0, 'Connecting as the application would');
  const pool = await openPool(size, another);
  const reader = await another();
  const fresh = createFreshValues(await another(), firstNumber(run, world));
  const varying: VaryOptions = { parser, unique, coming, fresh, later: await another() };
  const explain = explainer(run, session);
  const lanes = pool.connections.map((connection) => requestLane(connection, explain));
  let mix: LiveStatement[] = [];
  let turn = 0;
  const next = async (): Promise<LoadRequest> => {
    for (let count = 1; ; count++) {
      const of = mix[turn++ % mix.length];
      const filled = await of?.varied.next();
      // One that can only be refused is not sent again and again: another's turn comes sooner.
      if (!of || !filled?.isSpent || of.answered === 0 || count >= mix.length) return { of, filled };
    }
  };
  mix = await liveStatements(run, world, [world.live], reader, varying);
  progress(run, 0, `Finding out whether the server holds requests, ${perSecond(asked)}`);
  const lateAfter = maxWait ?? defaultLate;
  const { rate, report: before } = await calibrate(asked, lanes, next, lateAfter);
  run.notes.push(...notesOf(asked, { rate, report: before }, pool));
  const total = createRecorder(lateAfter);
  const quiet = { next, recorders: [] };
  const stream = createStream(rate, lanes, quiet);
  const recorders: Recorder[] = [];
  return {
    async live(versions) {
      mix = await liveStatements(run, world, versions, reader, varying);
    },
    begin() {
      const own = createRecorder(lateAfter);
      recorders.push(own);
      return part(stream, { next, total, rate, quiet }, own);
    },
    async settle() {
      for (const one of mix) one.answered = 0;
      const until = performance.now() + settle;
      const latest = performance.now() + longestSettle;
      while (performance.now() < until) await delay(Math.max(until - performance.now(), 1));
      while (mix.some(({ answered }) => answered === 0) && performance.now() < latest) await delay(10);
    },
    summary() {
      const told = total.report(rate);
      return {
        asked,
        rate,
        pool: pool.connections.length,
        max_wait: maxWait,
        late_after: lateAfter,
        kept:
          maxWait === undefined
            ? undefined
            : keptIn(
                recorders.map((one) => one.report(rate)),
                maxWait,
              ),
        before,
        total: told,
      };
    },
    stop() {
      pool.stop();
      void stream.stop();
    },
  };
}

function keptIn(parts: readonly LoadReport[], maxWait: number): boolean | undefined {
  const kept = parts.map((one) => keepsBar(one, maxWait));
  if (kept.includes(false)) return false;
  return kept.length === 0 || kept.includes(undefined) ? undefined : true;
}

interface PartOf {
  readonly next: () => Promise<LoadRequest>;
  readonly total: Recorder;
  readonly rate: number;
  /** What comes between the steps is nobody's. */
  readonly quiet: Parameters<Stream<LoadRequest>['turnTo']>[0];
}

function part(stream: Stream<LoadRequest>, { next, total, rate, quiet }: PartOf, own: Recorder): LoadPart {
  void stream.turnTo({ next, recorders: [own, total] });
  return {
    async end() {
      await stream.turnTo(quiet);
      return own.report(rate);
    },
    report: () => own.report(rate),
  };
}

type Tried = { readonly version: string; readonly analysed: VersionAnalysis['statements'][number] };

/** What these versions run, as far as it can be sent. */
function statementsOf(run: Run, { session }: World, names: readonly (string | undefined)[]): Tried[] {
  return versionsNamed(run, names).flatMap(({ version, statements }) =>
    statements
      .filter(({ statement }) => isTried(statement, session))
      .map((analysed) => ({ version: version.name.value, analysed })),
  );
}

async function liveStatements(
  run: Run,
  world: World,
  names: readonly (string | undefined)[],
  reader: OtherSession,
  options: VaryOptions,
): Promise<LiveStatement[]> {
  const tried = statementsOf(run, world, names);
  const statements = tried.map(({ version, analysed: { statement } }) => ({ version, statement }));
  const varied = await varyStatements(reader, statements, options);
  return tried.flatMap((one, at) => {
    const own = varied[at];
    return own ? [{ ...one, varied: own, answered: 0 }] : [];
  });
}

/** Behind the numbers of the rows that are there: values are made from numbers. */
function firstNumber({ rows }: Run, world: World): number {
  // Of those that are tried for a row, some are in vain.
  return Math.max(world.next(), ...Object.values(rows).map((count) => count * 9 + 1));
}

function explainer(run: Run, session: EngineSession): Explain {
  return ({ version, analysed, varied }, cause, sql) => {
    const { statement, range } = analysed;
    const position = sql === statement.text ? cause.position : undefined;
    const { message, code, detail, hint } = session.explain({ ...cause, message: cause.message, position });
    const error = placedError({ message, code, detail, hint, position }, statement, analysed.sql);
    return {
      kind: kindOf(cause.code, varied.mayCollide),
      version,
      statement: statement.text,
      error: withLine(error, run),
      range,
      line: run.lines.positionAt(range.start).line,
    };
  };
}

function notesOf(asked: number, { rate, report }: Calibration, { shortOf, connections }: Pool): string[] {
  const notes: string[] = [];
  if (rate < asked)
    notes.push(
      `The load is ${perSecond(rate)}, not the ${perSecond(asked)} that were asked for: more than that this server, or this machine, does not hold by itself, before any step. Fewer requests wait for a lock then than in production; how long each of them waits is the same.`,
    );
  if ((report.p99 ?? 0) > 50)
    notes.push(
      `Already before step one, 1 request in 100 takes ${Math.round(report.p99 ?? 0)} ms or more at ${perSecond(rate)}.`,
    );
  if (shortOf)
    notes.push(
      `The pool has ${connections.length} connections and not ${shortOf.asked}, since the server lets in no more: ${shortOf.reason}`,
    );
  return notes;
}

const needsServer =
  'A rehearsal under load needs a server with many sessions, which the embedded Postgres is not: name one with --database URL, or in the editor with "Dry Run on Server…".';
const needsRate =
  'How many requests a second there are to be is not known: give the plan a rate, e.g. `traffic: 200/s`, or give one for this run, e.g. --load=200/s.';
const needsStatements =
  'What the application runs is not known, so there is nothing to put load on with: list the statements of the version that is live before step one under `app.versions`, and name it under `app.runs`.';
