import type { Analysis } from '../analyze.ts';
import type { VersionAnalysis } from '../rules/model.ts';
import type { SqlParser, Statement } from '../sql/model.ts';
import { loadSqlParser } from '../sql/parser.ts';
import { amplify } from './amplify.ts';
import { type CheckInput, checkVersion } from './app/checks.ts';
import { type ComingConstraint, comingConstraints } from './app/coming.ts';
import { createEvaluator, type Evaluator } from './app/evaluator.ts';
import { createHeld, type HeldStatements, withHeld } from './app/held.ts';
import { uniqueColumns } from './app/unique-columns.ts';
import { createValueSource, type ValueSource } from './app/values.ts';
import { writeRows } from './app/writes.ts';
import { type BaselineFile, loadBaseline } from './baseline.ts';
import { tryChecklist } from './checklist.ts';
import { createDigester, type DataDigest, type Digester } from './data-digest.ts';
import { countRows } from './fabricate/count.ts';
import { fillTables } from './fill-tables.ts';
import { type Fingerprint, takeFingerprint } from './fingerprint.ts';
import { createGauge, type Gauge } from './gauge.ts';
import { createGuard, type Guard } from './guard.ts';
import { holdConstraints } from './held-constraints.ts';
import type { AppCheck, Engine, EngineSession, KeptStart, StatementError } from './model.ts';
import type { KnownRelations } from './observe.ts';
import { createMissingRoles } from './roles.ts';
import { progress, type Run } from './run.ts';
import { prepareSession } from './run-step.ts';
import {
  createSequenceReader,
  type SequenceMove,
  type SequencePositions,
  type SequenceReader,
} from './sequence-positions.ts';
import { createTouchedRows, type TouchedRows } from './touched-rows.ts';

/** A database with the plan's steps in it, up to one of them, and the application that runs on it. */
export interface World {
  readonly session: EngineSession;
  readonly guard: Guard;
  readonly parser: SqlParser;
  readonly digester: Digester;
  readonly touched: TouchedRows;
  readonly sequences: SequenceReader;
  /** Undefined where the engine's times tell of nothing. */
  readonly gauge: Gauge | undefined;
  readonly known: KnownRelations;
  /** Where they stood after a rollback, before the application was tried on it, which takes numbers too. */
  positions: SequencePositions | undefined;
  /** What steps and rollbacks set, in order. */
  readonly moves: SequenceMove[];
  readonly evaluator: Evaluator;
  readonly held: HeldStatements;
  /** The version that is live. */
  live: string | undefined;
  /** Nothing was set in the session since it was like a new one. */
  isFresh: boolean;
  /** Undefined once a statement may have changed the schema. */
  fingerprint: Fingerprint | undefined;
  values: ValueSource | undefined;
  readonly unique: ReadonlySet<string>;
  readonly coming: readonly ComingConstraint[];
  /** The major version that the plan is for. */
  readonly production: number;
  /** No two of them are the same in one world. */
  next(): number;
}

/** What a rollback has to bring back. */
export interface Snapshot {
  readonly fingerprint: Fingerprint;
  readonly data: DataDigest;
  readonly sequences: SequencePositions;
  readonly live: string | undefined;
  /** What the application did later is what it did since. */
  readonly mark: number;
}

export async function openWorld(run: Run, engine: Engine, start?: KeptStart): Promise<World> {
  const { analysis, options } = run;
  const opened = await engine.open(options.signal, { sql: allSql(analysis), start });
  const session = options.load ? forLoad(opened) : opened;
  run.engine = session.name;
  // Behind the rows that are fabricated, of which some are tried in vain; behind most that a real table has.
  let used =
    session.contents?.kind === 'rows' ? 1_000_000_000 : options.rows * 9 + (options.amplify?.rows ?? 0) + 1;
  return {
    session,
    guard: createGuard(session, options.signal),
    parser: options.parser ?? (await loadSqlParser()),
    digester: createDigester(session),
    touched: createTouchedRows(),
    sequences: createSequenceReader(session),
    // Under load, times and the log are not the plan's alone.
    gauge: options.load ? undefined : createGauge(session, run.gauged, options),
    known: {},
    positions: undefined,
    moves: [],
    evaluator: createEvaluator(session),
    held: createHeld(session),
    live: analysis.plan.app?.runs?.value,
    isFresh: false,
    fingerprint: undefined,
    values: undefined,
    unique: uniqueColumns(analysis),
    coming: comingConstraints(analysis),
    production: analysis.pgVersion,
    next: () => used++,
  };
}

/**
 * A lock trap holds the strongest locks itself: requests would wait for it and not for the step. And times that a step
 * takes beside so many requests tell nothing of what it takes without.
 */
function forLoad({ runTrapped: _, measuresTime: __, ...session }: EngineSession): EngineSession {
  return session;
}

function allSql({ baselineSql = '', text, steps }: Analysis): string {
  const files = steps.flatMap(({ action, rollback }) =>
    [action, ...rollback].flatMap((one) => (one?.action.kind === 'sql' ? one.action.sql.text : [])),
  );
  return [baselineSql, text, ...files].join('\n');
}

/** Baseline, rows, and a look at the checklist's queries. Notes are taken where they are asked for. */
export async function prepareWorld(
  run: Run,
  { session, parser }: World,
  notes: string[],
): Promise<StatementError | undefined> {
  const { analysis, options } = run;
  progress(run, run.steps.length, 'Loading the baseline');
  const roles = session.isShared ? [] : await createMissingRoles(session, allStatements(analysis, parser));
  if (roles.length > 0)
    notes.push(`Made for this run, since no schema file holds roles: ${roles.join(', ')}.`);
  const file = startOf(analysis, session);
  if (file !== undefined) {
    const loaded = await loadBaseline(session, file, parser);
    notes.push(...loaded.notes);
    if (loaded.error) return loaded.error;
  }
  if (options.rows > 0 && session.contents?.kind !== 'rows') {
    progress(run, run.steps.length, `Filling tables with ${options.rows} rows each`);
    const { statistics } = session;
    const precise = options.amplify === undefined || options.proofs !== false;
    const filled = await fillTables(session, analysis, { rows: options.rows, parser, statistics, precise });
    if (statistics && statistics.size > 0)
      notes.push(
        'Fabricated rows are spread as ANALYZE found those of tables of the same name in the database named.',
      );
    run.rows = filled.rows;
    notes.push(...filled.notes);
  }
  if (session.contents?.kind === 'rows') {
    progress(run, run.steps.length, 'Counting rows');
    run.rows = await countRows(session);
    run.isCopied = true;
  }
  notes.push(...(await tryChecklist(session, analysis.plan.checklist, parser)));
  return undefined;
}

/** Fills up tables that are too small to measure, in a scratch database on a server. Notes as `prepareWorld` takes them. */
export async function amplifyWorld(run: Run, { session, parser }: World, notes: string[]): Promise<void> {
  const { amplify: asked } = run.options;
  if (!asked || !session.isShared) return;
  const onProgress = (message: string) => progress(run, run.steps.length, message);
  const isReal = session.contents?.kind === 'rows';
  const held = await holdConstraints(session, run.analysis, isReal ? 'references' : 'all');
  const filled = await amplify(session, run.analysis, { ...asked, parser, onProgress });
  await held.release();
  run.rows = { ...run.rows, ...filled.rows };
  run.amplified = filled.before;
  notes.push(...filled.notes);
}

/** What is loaded into a session's database first. */
function startOf({ plan, baselineSql }: Analysis, { contents }: EngineSession): BaselineFile | undefined {
  const { schema } = plan.database;
  if (contents)
    return contents.kind === 'schema' ? { ...contents, isDump: true, range: schema?.range } : undefined;
  return baselineSql === undefined
    ? undefined
    : { path: schema?.value ?? 'the schema file', sql: baselineSql, range: schema?.range };
}

function allStatements({ baselineSql, steps }: Analysis, parser: SqlParser): readonly Statement[] {
  const baseline = baselineSql === undefined ? [] : parser.parseScript(baselineSql).statements;
  const ofSteps = steps
    .flatMap(({ action, rollback }) => [action, ...rollback])
    .flatMap((action) => action?.statements ?? [])
    .map(({ statement }) => statement);
  return [...baseline, ...ofSteps];
}

/** To be called once a statement may have changed the schema. */
export function schemaChanged(world: World): void {
  world.fingerprint = undefined;
  world.digester.schemaChanged();
  world.sequences.schemaChanged();
  world.values = undefined;
}

/** A connection as the application's or a new one of the migration's: without what a step set. */
async function freshSession({ analysis }: Run, world: World): Promise<void> {
  if (world.isFresh) return;
  // A setting that Postgres refuses is the first step's failure.
  await prepareSession(world.session, analysis.plan.session);
  world.isFresh = true;
}

export async function takeSnapshot(run: Run, world: World): Promise<Snapshot> {
  await freshSession(run, world);
  world.fingerprint ??= await takeFingerprint(world.session);
  const data = await world.digester.take();
  const sequences = world.positions ?? (await world.sequences.read());
  return { fingerprint: world.fingerprint, data, sequences, live: world.live, mark: world.touched.mark() };
}

/** The versions of these names whose statements the plan tells; each once. */
export function versionsNamed(
  { analysis }: Run,
  names: readonly (string | undefined)[],
): readonly VersionAnalysis[] {
  return [...new Set(names)].flatMap((name) =>
    name === undefined ? [] : (analysis.live.version(name) ?? []),
  );
}

/** Tries what the versions run; what `when` it is, in words, stands in the failures. */
export async function checkVersions(
  run: Run,
  world: World,
  names: readonly (string | undefined)[],
  at: AppCheck['at'],
  when: string,
): Promise<AppCheck[]> {
  const versions = versionsNamed(run, names);
  if (versions.length === 0) return [];
  await freshSession(run, world);
  const input: CheckInput = {
    session: world.session,
    values: valuesOf(world),
    lines: run.lines,
    at,
    when,
    next: world.next,
  };
  const checks: AppCheck[] = [];
  for (const version of versions) {
    const tried = await checkVersion(input, version);
    const told = at === 'applied' ? await withHeld(world.held, tried, when, run.analysis.plan.app) : tried;
    checks.push(...told.map(({ check }) => check));
  }
  return checks;
}

/** Prepares what the live version runs, as its connections have it by now. */
export async function holdLive(run: Run, world: World): Promise<void> {
  await freshSession(run, world);
  await world.held.hold(versionsNamed(run, [world.live])[0]);
}

/** Lets the versions write rows that stay. Resolves with what was there before, unless none of them says what it runs. */
export async function writeVersions(
  run: Run,
  world: World,
  names: readonly (string | undefined)[],
): Promise<DataDigest | undefined> {
  const versions = versionsNamed(run, names);
  if (versions.length === 0) return undefined;
  await freshSession(run, world);
  const digest = await world.digester.take();
  const witness = { digester: world.digester, digest, touched: world.touched };
  for (const version of versions)
    await writeRows({ session: world.session, values: valuesOf(world), witness, next: world.next }, version);
  return digest;
}

function valuesOf(world: World): ValueSource {
  world.values ??= createValueSource(world.session, world);
  world.values.rowsChanged();
  return world.values;
}
