import type {
  AppCheck,
  Report,
  RollbackReport,
  StatementError,
  StatementReport,
  StepReport,
} from '../../../server/src/rehearsal/model.ts';
import { noData, notUnwound } from '../../../server/src/rehearsal/proof-results.ts';

export const statement = (over: Partial<StatementReport> = {}): StatementReport => ({
  sql: 'ALTER TABLE users ADD COLUMN handle text',
  status: 'passed',
  error: undefined,
  ms: 1.4,
  locks: [{ relation: 'users', mode: 'AccessExclusiveLock', source: 'observed' }],
  rewrites: [],
  scans: [],
  wal_bytes: 2048,
  runs: 1,
  rows: undefined,
  range: { start: 10, end: 20 },
  ...over,
});

export const step = (over: Partial<StepReport> = {}): StepReport => ({
  id: 'add',
  step: 'Add the column',
  phase: 'Expand',
  action: 'sql',
  status: 'passed',
  statements: [statement()],
  summary: '',
  error: undefined,
  rollback: undefined,
  app: [],
  ms: 1.4,
  range: { start: 5, end: 30 },
  line: 4,
  name_range: { start: 11, end: 25 },
  ...over,
});

export const report = (over: Partial<Report> = {}): Report => ({
  plan: 'Rename',
  engine: 'PostgreSQL 18 (embedded)',
  verdict: 'passed',
  error: undefined,
  start: { app: [] },
  unwind: notUnwound(''),
  steps: [step()],
  ms: 812,
  rows: { users: 1000 },
  notes: [],
  ...over,
});

export const fault = (over: Partial<StatementError> = {}): StatementError => ({
  message: 'column "x" does not exist',
  code: '42703',
  detail: undefined,
  hint: undefined,
  range: { start: 12, end: 13 },
  ...over,
});

export const check = (over: Partial<AppCheck> = {}): AppCheck => ({
  version: 'v2',
  statement: 'SELECT nick FROM users',
  at: 'applied',
  ok: true,
  error: undefined,
  range: { start: 1, end: 4 },
  line: 3,
  ...over,
});

export const rollback = (over: Partial<RollbackReport> = {}): RollbackReport => ({
  verdict: 'restores',
  drift: [],
  data: noData,
  reapplied: true,
  error: undefined,
  reason: '',
  ms: 1,
  statements: [],
  range: { start: 26, end: 29 },
  line: 5,
  ...over,
});

export const drifting = rollback({
  verdict: 'drifts',
  drift: [
    { kind: 'schema', object: 'index i', message: 'index i: missing' },
    { kind: 'information', object: 'table t', message: 'a hole' },
  ],
  data: { ...noData, lost: [{ table: 'users', column: 'nick', rows: 1000 }] },
  reapplied: undefined,
  reason: 'It does not restore what was there before.',
});
