import assert from 'node:assert/strict';
import { outcomeOf } from '../../../client/src/test-explorer/outcomes.ts';
import type {
  AppCheck,
  Report,
  RollbackData,
  RollbackReport,
  StatementError,
  StatementReport,
  StepReport,
  UnwindSegment,
} from '../../../server/src/rehearsal/model.ts';

const place = { start: 10, end: 20 };
const name = { start: 1, end: 5 };
const fault = (message: string, range?: typeof place): StatementError => ({
  message,
  code: undefined,
  detail: undefined,
  hint: undefined,
  range,
});
const data: RollbackData = { compared: [], lost: [], added: [], missing: [], unexpected: [], notes: [] };
const rollback = (part: Partial<RollbackReport>): RollbackReport => ({
  verdict: 'restores',
  drift: [],
  data,
  reapplied: true,
  error: undefined,
  reason: '',
  ms: 3,
  statements: [],
  range: place,
  line: 1,
  ...part,
});
const statement = (error?: StatementError): StatementReport => ({
  sql: 'SELECT 1',
  status: error ? 'failed' : 'passed',
  error,
  ms: 2,
  locks: [],
  rewrites: [],
  scans: [],
  wal_bytes: 0,
  runs: 1,
  rows: undefined,
  range: place,
});
const app = (error?: StatementError): AppCheck => ({
  version: 'v2',
  statement: 'SELECT 1',
  at: 'applied',
  ok: !error,
  error,
  range: place,
  line: 1,
});
const step = (part: Partial<StepReport>): StepReport => ({
  id: 'add',
  step: 'Add',
  phase: 'Expand',
  action: 'sql',
  status: 'passed',
  statements: [statement()],
  summary: '',
  error: undefined,
  rollback: undefined,
  app: [],
  ms: 9,
  range: name,
  line: 0,
  name_range: name,
  ...part,
});
const unwound: UnwindSegment = {
  verdict: 'restores',
  from: 'add',
  to: 'add',
  drift: [],
  data,
  app: [],
  error: undefined,
  reason: '',
  ms: 1,
};
const report = (of: StepReport, unwind: UnwindSegment = unwound): Report => ({
  plan: 'A plan',
  engine: 'a test',
  verdict: 'passed',
  error: undefined,
  start: { app: [] },
  steps: [of],
  unwind: { ...unwind, segments: [unwind] },
  ms: 1,
  rows: {},
  notes: [],
});

describe('outcomes in the Test Explorer', () => {
  const states = (of: StepReport, unwind?: UnwindSegment) => {
    const from = report(of, unwind);
    const proof = (which: 'apply' | 'rollback' | 'application') =>
      outcomeOf(from, { kind: 'proof', step: 'add', proof: which }).state;
    return [
      outcomeOf(from, { kind: 'step', step: 'add' }).state,
      proof('apply'),
      proof('rollback'),
      proof('application'),
    ].join(' ');
  };

  it('pass where the step was applied, rolled back and lived with', () => {
    assert.equal(states(step({ rollback: rollback({}), app: [app()] })), 'passed passed passed passed');
  });

  it('tell which part of a step failed', () => {
    const failed = { status: 'failed', error: fault('of the step', place) } as const;
    assert.equal(
      states(step({ ...failed, statements: [statement(fault('no'))] })),
      'failed failed skipped skipped',
    );
    assert.equal(states(step({ ...failed, statements: [] })), 'failed failed skipped skipped');
    assert.equal(
      states(step({ ...failed, rollback: rollback({ verdict: 'drifts' }), app: [app()] })),
      'failed passed failed passed',
    );
    assert.equal(
      states(step({ ...failed, rollback: rollback({}), app: [app(fault('no'))] })),
      'failed passed passed failed',
    );
  });

  it('are red at the rollback where it works alone, and fails where the plan is rolled back', () => {
    const of = step({
      status: 'failed',
      error: fault('stands in the way', place),
      rollback: rollback({}),
      app: [app()],
    });
    assert.equal(states(of), 'failed passed failed passed');
    assert.deepEqual(outcomeOf(report(of), { kind: 'step', step: 'add' }).messages, [
      { text: 'stands in the way', place },
    ]);
  });

  it('are skipped where a step was not reached, and for a rollback that the plan does without', () => {
    assert.equal(states(step({ status: 'skipped', statements: [] })), 'skipped skipped skipped skipped');
    const impossible = rollback({ verdict: 'impossible', reason: 'the rows are gone' });
    assert.equal(states(step({ rollback: impossible })), 'passed passed skipped skipped');
    assert.equal(
      outcomeOf(report(step({})), { kind: 'proof', step: 'another', proof: 'apply' }).state,
      'skipped',
    );
  });

  it('carry each line of what drifted, at the rollback', () => {
    const drift = [
      { kind: 'schema', object: 'index k', message: 'index k: missing' },
      { kind: 'information', object: 'users', message: 'users: 3 of 1600 columns used' },
    ] as const;
    const of = step({
      status: 'failed',
      rollback: rollback({ verdict: 'drifts', drift, reason: 'It does not lead back.' }),
    });
    const [message, ...more] = outcomeOf(report(of), { kind: 'step', step: 'add' }).messages;
    assert.deepEqual(more, []);
    assert.deepEqual(message, { text: 'It does not lead back.\nindex k: missing', place });
  });

  it('tell of the whole way back', () => {
    const unwind = (of: UnwindSegment) => outcomeOf(report(step({}), of), { kind: 'unwind' });
    assert.equal(unwind(unwound).state, 'passed');
    assert.equal(unwind({ ...unwound, verdict: 'not_run', reason: 'why' }).state, 'skipped');
    assert.deepEqual(unwind({ ...unwound, verdict: 'fails', error: fault('stuck', place) }), {
      state: 'failed',
      messages: [{ text: 'stuck', place }],
      ms: undefined,
    });
  });
});
