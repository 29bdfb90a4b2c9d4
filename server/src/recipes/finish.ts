import { type Analysis, analyze, type Parsers } from '../analyze.ts';
import { inverseOf } from '../inverse/inverse.ts';
import { backfillKey } from '../rules/backfill-key.ts';
import { fixAll } from '../rules/fix-all.ts';
import type { BackfillSource, RollbackSource } from '../rules/new-steps.ts';
import { predictAction, predictStatement } from '../rules/prediction.ts';
import { rules } from '../rules/registry.ts';
import { proposedRollback } from '../rules/rollbacks/proposal.ts';
import { defaultSettings, type Settings } from '../rules/settings.ts';
import { displayName, relationKey, tableByKey } from '../schema/lookup.ts';
import type { Schema, Table } from '../schema/model.ts';
import { type PhaseDocument, type PlanDocument, type StepDocument, writeDocument } from './document.ts';
import { sqlName } from './facts.ts';
import {
  type BackfillDraft,
  type CodeDraft,
  type Given,
  type PlanDraft,
  refuse,
  type StepDraft,
  type VersionDraft,
} from './model.ts';
import { allActions, isConcurrent, risksOf, tableNamed } from './risks.ts';
import { estimateOf, paceOf } from './sizing.ts';
import {
  type Risks,
  standardAlerts,
  standardChecklist,
  standardCleanup,
  standardQueries,
} from './standard.ts';

/** What a deploy's code is generated from. */
export interface CodeRequest {
  readonly orm: 'prisma' | 'typeorm';
  /** The version that is deployed, and the one that it takes the place of. */
  readonly version: VersionDraft;
  readonly before: VersionDraft;
  /** The schema that the version meets. */
  readonly schema: Schema;
}

/** Writes the application's files for a deploy; none where the version needs no change of code. */
export type CodeGenerator = (request: CodeRequest) => readonly CodeDraft[];

/** What of a plan is no recipe's. */
export interface Setting {
  readonly type: string;
  readonly parsers: Parsers;
  /** The baseline's DDL, and how the plan names its file. */
  readonly schemaSql: string;
  readonly schemaPath: string;
  /** As the user wrote them, by the table's key. */
  readonly sizes: ReadonlyMap<
    string,
    { readonly rows?: string | undefined; readonly size?: string | undefined }
  >;
  readonly traffic: string | undefined;
  readonly code: CodeGenerator | undefined;
}

export interface Finished {
  readonly text: string;
  /** Of that text. */
  readonly analysis: Analysis;
}

/** ms: as long as a step may keep requests waiting behind it. */
const lockTimeout = 2000;
/** ms, and as plans write them. */
const timeouts: readonly (readonly [number, string])[] = [
  [900_000, '15min'],
  [3_600_000, '1h'],
  [4 * 3_600_000, '4h'],
  [12 * 3_600_000, '12h'],
  [24 * 3_600_000, '24h'],
  [7 * 24 * 3_600_000, '7d'],
];
/** Each pass works out rollbacks that stand on those of the pass before. */
const maxPasses = 4;

/** What is not whole yet is asked for its effects alone: no rule is run on it. */
const unjudged: Settings = {
  ...defaultSettings,
  rules: Object.fromEntries(rules.map(({ id }) => [id, 'off' as const])),
};

/** Makes a recipe's draft a whole plan: see `model.ts` for what is added. */
export function finish(draft: PlanDraft, given: Given, setting: Setting): Finished {
  const derived = new Map<string, Derived>();
  const read = (text: string, settings: Settings): Analysis =>
    analyze(text, {
      parsers: setting.parsers,
      kind: 'plan',
      readFile: () => ({ text: setting.schemaSql }),
      settings,
    });
  const write = (document: PlanDocument, settings = unjudged): Finished => {
    const text = writeDocument(document);
    return { text, analysis: read(text, settings) };
  };
  const bare: Frame = {
    statementTimeout: timeouts[0]?.[1] ?? '15min',
    risks: undefined,
    tables: draft.tables,
  };
  let now = write(documentOf(draft, given, setting, derived, bare));
  for (let pass = 0; pass < maxPasses; pass++) {
    if (!deriveRollbacks(draft, now.analysis, derived)) break;
    now = write(documentOf(draft, given, setting, derived, bare));
  }
  const unknown = stepsOf(draft).find((step) => needsRollback(step, derived));
  if (unknown)
    refuse(
      `No plan is written, since the way back from its step "${unknown.step}" is not known. ${whyUnknown(unknown, now.analysis)}`,
    );
  const frame: Frame = {
    statementTimeout: timeoutFor(now.analysis),
    risks: risksOf(now.analysis, given.facts, lockTimeout, (table) => ({
      size: given.size(table),
      shown: setting.sizes.get(relationKey(table.name))?.size,
    })),
    tables: touchedTables(draft, given, now.analysis),
  };
  deriveEstimates(now.analysis, derived);
  deriveCode(draft, given, setting, now.analysis, derived);
  const whole = write(documentOf(draft, given, setting, derived, frame), defaultSettings);
  // What is said the same way everywhere is no recipe's: what has to be locked before a trigger goes.
  return fixAll(whole.text, whole.analysis, (text) => read(text, defaultSettings));
}

/** What is worked out of a step, by its id. */
interface Derived {
  readonly rollback?: RollbackSource;
  readonly estimate?: string;
  readonly code?: readonly CodeDraft[];
}

interface Frame {
  readonly statementTimeout: string;
  readonly risks: Risks | undefined;
  readonly tables: readonly Table[];
}

function stepsOf(draft: PlanDraft): readonly StepDraft[] {
  return draft.phases.flatMap(({ steps }) => steps);
}

function needsRollback(step: StepDraft, derived: ReadonlyMap<string, Derived>): boolean {
  if ('verify' in step || 'wait' in step) return false;
  return step.rollback === undefined && derived.get(step.id)?.rollback === undefined;
}

/** What of a step cannot be undone by what is worked out. */
function whyUnknown({ id }: StepDraft, { steps, pgVersion }: Analysis): string {
  const statements = steps.find(({ step }) => step.id === id)?.action?.statements ?? [];
  for (const { statement, before } of statements) {
    const { verdict, reason } = inverseOf(statement, before, pgVersion);
    if (verdict === 'unknown') return shortened(reason);
  }
  return 'Write it by hand.';
}

/** A table of many partitions has as many of everything. */
function shortened(reason: string): string {
  const [whole, list = ''] = /^How to bring back (.*) as it was/.exec(reason) ?? [];
  const [first, ...more] = list.split(/, | and (?=table |index )/);
  if (whole === undefined || more.length < 2) return reason;
  return reason.replace(whole, () => `How to bring back ${first}, and ${more.length} others, as they were`);
}

/** Whether any could be added. */
function deriveRollbacks(draft: PlanDraft, analysis: Analysis, derived: Map<string, Derived>): boolean {
  let added = false;
  for (const step of stepsOf(draft)) {
    if (!needsRollback(step, derived)) continue;
    const at = analysis.steps.find((one) => one.step.id === step.id);
    const proposal = at && proposedRollback(analysis, at);
    if (!proposal) continue;
    if (proposal.reason !== undefined && !('rollbackThen' in step && isUndone(proposal.source)))
      refuse(`The step "${step.step}" cannot be undone by itself: ${proposal.reason}`);
    derived.set(step.id, { ...derived.get(step.id), rollback: around(step, proposal.source) });
    added = true;
  }
  return added;
}

function isUndone(source: RollbackSource): boolean {
  return typeof source === 'string' || !('impossible' in source || 'not_needed' in source);
}

/** The rollback that is worked out, with what the recipe has before and behind it. */
function around(step: StepDraft, source: RollbackSource): RollbackSource {
  const first = ('rollbackFirst' in step && step.rollbackFirst) || [];
  const then = ('rollbackThen' in step && step.rollbackThen) || [];
  if (first.length + then.length === 0) return source;
  const own = Array.isArray(source) ? source : [typeof source === 'string' ? { sql: source } : source];
  return [...first, ...own, ...then];
}

function deriveEstimates(analysis: Analysis, derived: Map<string, Derived>): void {
  for (const { step, action } of analysis.steps) {
    if (action?.action.kind !== 'sql' && action?.action.kind !== 'backfill') continue;
    const time = predictAction(analysis, action)?.time;
    if (time) derived.set(step.id, { ...derived.get(step.id), estimate: estimateOf(time) });
  }
}

function deriveCode(
  draft: PlanDraft,
  given: Given,
  { code }: Setting,
  analysis: Analysis,
  derived: Map<string, Derived>,
): void {
  const { orm } = given;
  if (!code || orm === 'none') return;
  let before = draft.versions[0];
  for (const step of stepsOf(draft)) {
    if (!('deploy' in step)) continue;
    const version = draft.versions.find(({ name }) => name === step.deploy);
    const at = analysis.steps.find((one) => one.step.id === step.id);
    if (version && before && at)
      derived.set(step.id, {
        ...derived.get(step.id),
        code: code({ orm, version, before, schema: at.before }),
      });
    before = version;
  }
}

/** A statement_timeout under which the longest statement is done on a slow server. */
function timeoutFor(analysis: Analysis): string {
  const times = allActions(analysis).flatMap(({ action, statements }) =>
    action.kind === 'sql' ? statements.map((s) => predictStatement(analysis, s)?.time.high ?? 0) : [],
  );
  const needed = Math.max(0, ...times) * 1.5;
  return (timeouts.find(([ms]) => ms >= needed) ?? timeouts[timeouts.length - 1])?.[1] ?? '15min';
}

/** What a build that waits for every older transaction of the database must not be cancelled by. */
function waitsForOthers(sql: string): boolean {
  return isConcurrent(sql) || /\bdetach\s+partition\b.*\bconcurrently\b/i.test(sql);
}

/** The draft's own, then those that its steps lock in the baseline. */
function touchedTables(draft: PlanDraft, { facts }: Given, analysis: Analysis): readonly Table[] {
  const found = new Map(draft.tables.map((table) => [relationKey(table.name), table]));
  for (const { statements } of allActions(analysis))
    for (const { effects } of statements)
      for (const { relation } of [...effects.locks, ...effects.scans]) {
        const table = tableNamed(facts.schema, relation);
        if (table) found.set(relationKey(table.name), table);
      }
  return [...found.values()];
}

function documentOf(
  draft: PlanDraft,
  given: Given,
  setting: Setting,
  derived: ReadonlyMap<string, Derived>,
  { statementTimeout, risks, tables }: Frame,
): PlanDocument {
  const { facts } = given;
  const [first] = draft.versions;
  return {
    intro: draft.intro,
    migration: draft.title,
    type: setting.type,
    database: { version: facts.pgVersion, schema: setting.schemaPath },
    tables: Object.fromEntries(
      tables.flatMap((table) => {
        const size = setting.sizes.get(relationKey(table.name));
        return size ? [[displayName(facts.schema, table.name), size]] : [];
      }),
    ),
    traffic: setting.traffic,
    session: { lock_timeout: '2s', statement_timeout: statementTimeout, retries: 5 },
    app: first && {
      framework: 'nestjs',
      orm: given.orm,
      runs: first.name,
      versions: draft.versions,
    },
    checklist: [...(draft.checklist ?? []), ...(risks ? standardChecklist(draft, risks) : [])],
    phases: draft.phases.map(
      ({ phase, risk, why, steps }): PhaseDocument => ({
        phase,
        risk,
        why,
        steps: steps.map((step) => stepDocument(step, given, derived.get(step.id) ?? {})),
      }),
    ),
    alerts: alertsOf(draft, risks),
    queries: [...(draft.queries ?? []), ...(risks ? standardQueries(risks) : [])],
    cleanup: [...(draft.cleanup ?? []), ...standardCleanup(given.orm)],
  };
}

/** A recipe's own alert stands for the standard one on the same metric. */
function alertsOf({ alerts = [] }: PlanDraft, risks: Risks | undefined): PlanDocument['alerts'] {
  const own = new Set(alerts.map(({ metric }) => metric));
  const standard = risks ? standardAlerts(risks) : [];
  return [...alerts, ...standard.filter(({ metric }) => !own.has(metric))];
}

function stepDocument(step: StepDraft, given: Given, derived: Derived): StepDocument {
  const isSql = 'sql' in step;
  return {
    why: step.why,
    step: step.step,
    id: step.id,
    action: actionOf(step, given),
    transaction: isSql ? step.transaction : undefined,
    code: derived.code ?? [],
    estimate: derived.estimate,
    expect: isSql ? step.expect : undefined,
    rollback: 'rollback' in step && step.rollback !== undefined ? step.rollback : derived.rollback,
    rollbackWhy: 'rollbackWhy' in step ? step.rollbackWhy : undefined,
  };
}

function actionOf(step: StepDraft, given: Given): readonly [string, unknown] {
  if ('sql' in step) return ['sql', script(step.sql, step.transaction !== false)];
  if ('backfill' in step) return ['backfill', backfillSource(given, step.backfill)];
  if ('deploy' in step) return ['deploy', step.deploy];
  if ('verify' in step) return ['verify', step.verify];
  return ['wait', step.wait];
}

/** Statements with their semicolons; what builds concurrently is not to be cancelled midway. */
export function script(sql: readonly string[], transaction = true): string {
  const lines = !transaction && sql.some(waitsForOthers) ? ['SET lock_timeout = 0', ...sql] : sql;
  return lines.map((line) => `${line.replace(/;\s*$/, '')};`).join('\n');
}

/**
 * A backfill as a plan has it, with batches and pauses by the table's size; also for rollbacks. Refuses a table that
 * cannot be walked. `schema`: what it is walked in, where that is no longer the baseline; the table has its name there.
 */
export function backfillSource(
  given: Given,
  { table, set, where, moves }: BackfillDraft['backfill'],
  schema: Schema = given.facts.schema,
): BackfillSource {
  const walk = backfillKey(schema, tableByKey(schema, relationKey(table.name)) ?? table);
  const name = sqlName(given.facts, table);
  if (!walk)
    refuse(
      `${name} has no primary key, and no index on columns that are NOT NULL: its rows cannot be gone through in batches. Give it a primary key first (switchback new change_primary_key), or an index on such columns.`,
      'table',
    );
  return {
    table: name,
    set,
    ...(where === undefined ? {} : { where }),
    ...walk,
    ...paceOf(given, table, moves),
  };
}
