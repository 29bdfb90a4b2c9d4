import { Document, isMap, isScalar, isSeq, type Pair, Scalar, visit, type YAMLMap, type YAMLSeq } from 'yaml';
import type { RollbackSource } from '../rules/new-steps.ts';
import type { AlertDraft, CheckDraft, CodeDraft, QueryDraft } from './model.ts';

/** A plan as its file says it, with nothing left to work out. Keys that are undefined are left out. */
export interface PlanDocument {
  readonly intro: readonly string[];
  readonly migration: string;
  readonly type: string;
  readonly database: { readonly version: number; readonly schema: string | undefined };
  /** As written: `users: { rows: 8M, size: 2.4GB }`. */
  readonly tables: Readonly<
    Record<string, { readonly rows?: string | undefined; readonly size?: string | undefined }>
  >;
  readonly traffic: string | undefined;
  readonly session: Readonly<Record<string, string | number>>;
  readonly app: AppDocument | undefined;
  readonly checklist: readonly (string | CheckDraft)[];
  readonly phases: readonly PhaseDocument[];
  readonly alerts: readonly AlertDraft[];
  readonly queries: readonly QueryDraft[];
  readonly cleanup: readonly string[];
}

export interface AppDocument {
  readonly framework: string;
  readonly orm: string;
  readonly runs: string;
  readonly versions: readonly {
    readonly name: string;
    readonly says: string;
    readonly statements: readonly string[];
  }[];
}

export interface PhaseDocument {
  readonly phase: string;
  readonly risk: string | undefined;
  readonly why: string | undefined;
  readonly steps: readonly StepDocument[];
}

export interface StepDocument {
  readonly why: string | undefined;
  readonly step: string;
  readonly id: string;
  /** `sql`, `backfill`, `deploy`, `verify` or `wait`, with its value. */
  readonly action: readonly [string, unknown];
  readonly transaction: false | undefined;
  readonly code: readonly CodeDraft[];
  readonly estimate: string | undefined;
  readonly expect: Readonly<Record<string, string | boolean>> | undefined;
  readonly rollback: RollbackSource | undefined;
  readonly rollbackWhy: string | undefined;
}

/** Columns that a comment's line has at the most. */
const commentWidth = 112;
/** Columns up to which a small mapping stands on one line. */
const flowWidth = 100;
/** Marks a comment that belongs beside its key: no text of a plan holds it. */
const beside = '\uE000';
/** Marks a comment's line that has no words. */
const blank = '\uE001';

/** The plan's text, in the form in which plans are written by hand. */
export function writeDocument(plan: PlanDocument): string {
  const { app } = plan;
  const content = {
    migration: plan.migration,
    type: plan.type,
    database: defined({ type: 'postgresql', ...plan.database }),
    ...(Object.keys(plan.tables).length > 0
      ? {
          tables: Object.fromEntries(
            Object.entries(plan.tables).map(([name, { rows, size }]) => [
              name,
              // A number that is one needs no quotes.
              defined({ rows: rows !== undefined && /^\d{1,15}$/.test(rows) ? Number(rows) : rows, size }),
            ]),
          ),
        }
      : {}),
    ...(plan.traffic === undefined ? {} : { traffic: plan.traffic }),
    session: plan.session,
    ...(app ? { app: appOf(app) } : {}),
    checklist: plan.checklist.map((one) => (typeof one === 'string' ? one : { ...one, sql: text(one.sql) })),
    phases: plan.phases.map((phase) =>
      defined({ phase: phase.phase, risk: phase.risk, steps: phase.steps.map(stepOf) }),
    ),
    monitoring: defined({
      alerts: plan.alerts.length > 0 ? plan.alerts : undefined,
      queries: plan.queries.map(({ name, sql }) => ({ name, sql: text(sql) })),
    }),
    cleanup: plan.cleanup,
  };
  // The same list twice is written twice.
  const document = new Document(content, { aliasDuplicateObjects: false });
  document.commentBefore = comment(plan.intro.join('\n'), commentWidth) ?? null;
  layOut(document, plan);
  const written = document.toString({ lineWidth: 0, flowCollectionPadding: true });
  // The library puts a comment below its key.
  return written
    .replace(new RegExp(`:\\n +# ?${beside}`, 'g'), ': # ')
    .replaceAll(blank, '')
    .replace(/^(#.*\n)\n(?=migration:)/m, '$1');
}

function appOf({ framework, orm, runs, versions }: AppDocument) {
  return {
    framework,
    orm,
    runs,
    versions: Object.fromEntries(versions.map(({ name, statements }) => [name, statements])),
  };
}

function stepOf(step: StepDocument) {
  const [kind, value] = step.action;
  return defined({
    step: step.step,
    id: step.id,
    transaction: step.transaction,
    [kind]: typeof value === 'string' ? text(value) : value,
    code:
      step.code.length > 0
        ? step.code.map((one) => ({ ...one, body: `${one.body.trimEnd()}\n` }))
        : undefined,
    estimate: step.estimate,
    expect: step.expect,
    rollback: rollbackOf(step.rollback),
  });
}

function rollbackOf(source: RollbackSource | undefined): unknown {
  if (source === undefined) return undefined;
  if (typeof source === 'string') return text(source);
  if (Array.isArray(source)) return source.map(rollbackOf);
  const one = source as { readonly sql?: string; readonly transaction?: false };
  return one.sql === undefined ? source : defined({ transaction: one.transaction, sql: text(one.sql) });
}

/** Text of several lines ends with a line break, so that it stands as a block. */
function text(value: string): string {
  const trimmed = value.trim();
  return trimmed.includes('\n') ? `${trimmed}\n` : trimmed;
}

function defined(record: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
}

/** Blank lines, comments, blocks and mappings on one line. */
function layOut(document: Document, plan: PlanDocument): void {
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value === 'string' && node.value.includes('\n')) node.type = Scalar.BLOCK_LITERAL;
    },
    Map(key, node, path) {
      if (path.length > 1 && isShort(node) && staysTogether(key, path)) node.flow = true;
    },
  });
  const root = document.contents as YAMLMap;
  for (const pair of root.items) {
    const key = pair.key as Scalar;
    if (['app', 'checklist', 'phases', 'monitoring', 'cleanup'].includes(String(key.value)))
      key.spaceBefore = true;
  }
  commentVersions(document, plan);
  const phases = document.get('phases') as YAMLSeq;
  for (const [at, phase] of plan.phases.entries()) {
    const node = phases.items[at] as YAMLMap;
    put(node, at > 0, phase.why, 2);
    const steps = node.get('steps') as YAMLSeq;
    for (const [number, step] of phase.steps.entries()) {
      const item = steps.items[number] as YAMLMap;
      put(item, number > 0, step.why, 6);
      const rollback = item.items.find(({ key }) => isScalar(key) && key.value === 'rollback');
      if (rollback && step.rollbackWhy !== undefined) putBeside(rollback, step.rollbackWhy);
    }
  }
}

function commentVersions(document: Document, { app }: PlanDocument): void {
  const versions = document.getIn(['app', 'versions']);
  if (!isMap(versions)) return;
  for (const [at, version] of (app?.versions ?? []).entries()) {
    const pair = versions.items[at];
    if (pair && version.says !== '') putBeside(pair, version.says);
  }
}

function put(node: YAMLMap, spaceBefore: boolean, why: string | undefined, indent: number): void {
  if (spaceBefore) node.spaceBefore = true;
  const words = why === undefined ? undefined : comment(why, commentWidth - indent);
  if (words !== undefined) node.commentBefore = words;
}

/** Beside the key where a list or a mapping follows below it; above the key where the value is on its line. */
function putBeside(pair: Pair, words: string): void {
  const { key, value } = pair;
  if ((isSeq(value) && value.items.length > 0) || (isMap(value) && !value.flow))
    value.commentBefore = `${beside}${words}`;
  else if (isScalar(key)) key.commentBefore = ` ${words}`;
}

/** The figures of tables, expectations, and rollbacks of one word: what a person would write on one line. */
function staysTogether(key: unknown, path: readonly unknown[]): boolean {
  const parent = path.at(-1) as Pair | YAMLSeq;
  if (isSeq(parent)) return false;
  const name = String(((parent as Pair).key as Scalar | undefined)?.value ?? '');
  const inTables = path.some(
    (one) => !isMap(one) && !isSeq(one) && String(((one as Pair).key as Scalar)?.value) === 'tables',
  );
  return key !== null && (name === 'expect' || name === 'rollback' || (inTables && name !== 'tables'));
}

function isShort(node: YAMLMap): boolean {
  let length = 0;
  for (const { key, value } of node.items) {
    if (!isScalar(value)) return false;
    if (typeof value.value === 'string' && value.value.includes('\n')) return false;
    if (isScalar(key) && key.value === 'sql') return false;
    length += String((key as Scalar).value).length + String(value.value).length + 4;
  }
  return length <= flowWidth;
}

/** A comment's text in lines, each with the blank behind its `#`. */
function comment(words: string, width: number): string | undefined {
  if (words.trim() === '') return undefined;
  return words
    .split('\n')
    .flatMap((line) => (line === '' ? [''] : wrapped(line, width - 2)))
    .map((line) => (line === '' ? blank : ` ${line}`))
    .join('\n');
}

function wrapped(line: string, width: number): readonly string[] {
  const lines: string[] = [];
  let now = '';
  for (const word of line.split(' ')) {
    if (now !== '' && now.length + 1 + word.length > width) {
      lines.push(now);
      now = word;
    } else now = now === '' ? word : `${now} ${word}`;
  }
  return [...lines, now];
}
