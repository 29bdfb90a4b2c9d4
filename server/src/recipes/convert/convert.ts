import { type Analysis, analyze, type Parsers } from '../../analyze.ts';
import { parseDuration } from '../../plan/values.ts';
import type { RollbackSource } from '../../rules/new-steps.ts';
import { rollbackSource } from '../../rules/rollback-source.ts';
import { proposedRollback } from '../../rules/rollbacks/proposal.ts';
import type { Statement } from '../../sql/model.ts';
import { type PhaseDocument, type PlanDocument, type StepDocument, writeDocument } from '../document.ts';
import { risksOf } from '../risks.ts';
import {
  type Risks,
  standardAlerts,
  standardChecklist,
  standardCleanup,
  standardQueries,
} from '../standard.ts';
import { matchDown } from './down.ts';
import type { Migration } from './model.ts';
import { passedOver } from './passed-over.ts';
import { toSafeForms } from './safe-forms.ts';
import { type DraftStep, type Part, parts, stepsOf } from './steps.ts';

export interface ConvertRequest {
  readonly migration: Migration;
  readonly parsers: Parsers;
  /** DDL of the database before the migration, and how the plan names its file; undefined where it is not known. */
  readonly baseline: { readonly sql: string; readonly path: string } | undefined;
  /** Production's major version. */
  readonly pgVersion: number;
}

export type Converted =
  | {
      readonly text: string;
      /** Of the text, with what its author has to see to. */
      readonly analysis: Analysis;
      /** What was not taken over, or on which terms, in sentences. */
      readonly notes: readonly string[];
    }
  /** Why there is no plan, and what to do. */
  | { readonly problem: string };

/**
 * A migration as a plan: its statements as steps, each with its own statements of the way back where they prove to
 * undo it, else with the rollback that is worked out; then every safe fix, so that what would lock or rewrite stands in
 * its safe steps. What has no rollback that brings everything back is left for its author, as a finding.
 */
export function convertMigration(request: ConvertRequest): Converted {
  const { migration, parsers, baseline, pgVersion } = request;
  const up = parsers.sql.parseScript(migration.up);
  const [fault] = up.problems;
  if (fault)
    return {
      problem: [
        `${migration.path}: Postgres cannot read its SQL: ${fault.message.replace(/\.$/, '')}, before "${excerpt(migration.up, fault.range.start)}".`,
        ...migration.notes,
      ].join(' '),
    };
  const before = baseline ? parsers.baseline(baseline.sql).schema : parsers.unknown;
  const { steps, session } = stepsOf(up.statements, migration.up, before);
  if (steps.length === 0) return { problem: `${migration.path} holds no statement that a plan could run.` };

  const down = migration.down === undefined ? undefined : parsers.sql.parseScript(migration.down);
  const write = (found: Found, risks?: Risks) =>
    writeDocument(documentOf(request, steps, session, found, risks));
  const read = (text: string) =>
    analyze(text, {
      parsers,
      kind: 'plan',
      pgVersion,
      readFile: () => (baseline ? { text: baseline.sql } : { error: 'it is not given' }),
    });

  const bare = read(write({ rollbacks: new Map(), apart: new Set() }));
  const known = workedOut(bare);
  const matched = matchDown(
    bare.steps,
    undoing(down?.statements ?? []),
    pgVersion,
    ({ step }) => !known.has(step.id),
  );
  const rollbacks = new Map([...known, ...given(bare, matched.rough), ...given(bare, matched.exact)]);
  const found = { rollbacks, apart: runsApart(bare) };
  coverWrites(rollbacks, () => read(write(found)));
  // What is to be checked and watched follows from the steps as they will be.
  const safe = toSafeForms(write(found), read).analysis;
  const risks = risksOf(
    safe,
    { schema: before, pgVersion },
    parseDuration(session.lock_timeout) ?? lockTimeout,
    () => ({
      size: undefined,
      shown: undefined,
    }),
  );
  const { text, analysis, replaced } = toSafeForms(write(found, risks), read);
  return {
    text,
    analysis,
    notes: [
      ...migration.notes,
      ...passedOver(migration.up, up.statements),
      ...(down?.problems.length
        ? ['Its way back has SQL that Postgres cannot read; that part is left out.']
        : []),
      ...[...matched.rough.keys()].map(
        (id) => `The rollback of ${id} is the migration's own: it does not bring back all that was there.`,
      ),
      ...replaced,
      ...matched.unmatched.map(
        (one) =>
          `"${oneLine(one.text)}" of the way back is in no step: it does not undo exactly what a step does. The rollbacks that were worked out stand instead.`,
      ),
    ],
  };
}

/** ms: as long as a step may keep requests waiting behind it. */
const lockTimeout = 2000;

/** BEGIN and COMMIT frame what a plan's rollbacks frame anyway; settings are the plan's. */
function undoing(statements: readonly Statement[]): readonly Statement[] {
  return statements.filter(({ node }) => !('TransactionStmt' in node) && !('VariableSetStmt' in node));
}

/** Rollbacks that bring everything back, and where nothing does. What loses data its author has to see: as a finding. */
function workedOut(analysis: Analysis): ReadonlyMap<string, RollbackSource> {
  const found = new Map<string, RollbackSource>();
  for (const at of analysis.steps) {
    const proposal = proposedRollback(analysis, at);
    if (proposal && (proposal.reason === undefined || isImpossible(proposal.source)))
      found.set(at.step.id, proposal.source);
  }
  return found;
}

/** Values that nothing brings back need not come back where the rollback of another step takes their column away. */
function coverWrites(rollbacks: Map<string, RollbackSource>, read: () => Analysis): void {
  for (let again = true; again; ) {
    again = false;
    if (![...rollbacks.values()].some(isImpossible)) return;
    const analysis = read();
    for (const at of analysis.steps) {
      const known = rollbacks.get(at.step.id);
      if (known === undefined || !isImpossible(known)) continue;
      const proposal = proposedRollback(analysis, at);
      if (!proposal || proposal.reason !== undefined) continue;
      rollbacks.set(at.step.id, proposal.source);
      again = true;
    }
  }
}

function given(
  analysis: Analysis,
  ways: ReadonlyMap<string, readonly Statement[]>,
): readonly (readonly [string, RollbackSource])[] {
  return [...ways].map(([id, statements]) => [
    id,
    rollbackSource(
      analysis,
      statements.map(({ text }) => text),
    ),
  ]);
}

/** Steps with a statement that Postgres runs only outside of a transaction. */
function runsApart({ steps }: Analysis): ReadonlySet<string> {
  const apart = steps.filter(({ action }) =>
    action?.statements.some(({ effects }) => !effects.transactional),
  );
  return new Set(apart.map(({ step }) => step.id));
}

function isImpossible(source: RollbackSource): boolean {
  return typeof source === 'object' && 'impossible' in source;
}

/** What is worked out of steps, by their ids. */
interface Found {
  readonly rollbacks: ReadonlyMap<string, RollbackSource>;
  /** Steps that run outside of a transaction. */
  readonly apart: ReadonlySet<string>;
}

function documentOf(
  { migration, baseline, pgVersion }: ConvertRequest,
  steps: readonly DraftStep[],
  session: Readonly<Record<string, string>>,
  found: Found,
  risks: Risks | undefined,
): PlanDocument {
  return {
    intro: [`From ${migration.path}.`],
    migration: migration.title,
    type: 'custom',
    database: { version: pgVersion, schema: baseline?.path },
    tables: {},
    traffic: undefined,
    session: { lock_timeout: `${lockTimeout / 1000}s`, statement_timeout: '15min', retries: 5, ...session },
    app: undefined,
    checklist: risks ? standardChecklist({ tables: [], versions: [] }, risks) : [],
    phases: phasesOf(steps).map(
      ({ phase, steps: own }): PhaseDocument => ({
        phase,
        risk: undefined,
        why: undefined,
        steps: own.map((step) => stepDocument(step, found)),
      }),
    ),
    alerts: risks ? standardAlerts(risks) : [],
    queries: risks ? standardQueries(risks) : [],
    cleanup: standardCleanup('none'),
  };
}

/** Expand, migrate, contract, where the statements come in that order: it is theirs that counts. */
function phasesOf(steps: readonly DraftStep[]): readonly { phase: string; steps: readonly DraftStep[] }[] {
  const order = (part: Part) => parts.indexOf(part);
  const inOrder = steps.every(
    (step, at) => at === 0 || order(step.part) >= order((steps[at - 1] as DraftStep).part),
  );
  if (!inOrder) return [{ phase: 'Migrate', steps }];
  return parts.flatMap((phase) => {
    const own = steps.filter(({ part }) => part === phase);
    return own.length > 0 ? [{ phase, steps: own }] : [];
  });
}

function stepDocument({ name, id, statements }: DraftStep, { rollbacks, apart }: Found): StepDocument {
  return {
    why: undefined,
    step: name,
    id,
    action: ['sql', statements.map(({ text }) => `${text};`).join('\n')],
    transaction: apart.has(id) ? false : undefined,
    code: [],
    estimate: undefined,
    expect: undefined,
    rollback: rollbacks.get(id),
    rollbackWhy: undefined,
  };
}

function excerpt(text: string, from: number): string {
  return oneLine(text.slice(from, from + 60));
}

function oneLine(text: string): string {
  const line = text.trim().replace(/\s+/g, ' ');
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
}
