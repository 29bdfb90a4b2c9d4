import assert from 'node:assert/strict';
import { reportProblems } from '../../../client/src/report-problems.ts';
import { formatBytes, formatMs, strongestLock } from '../../../client/src/report-view/format.ts';
import { renderReport } from '../../../client/src/report-view/html.ts';
import { escapeHtml } from '../../../client/src/report-view/markup.ts';
import { script } from '../../../client/src/report-view/script.ts';
import type {
  AppCheck,
  Report,
  RollbackReport,
  StatementError,
  StatementReport,
  StepReport,
} from '../../../server/src/rehearsal/model.ts';
import { noData, notUnwound } from '../../../server/src/rehearsal/proof-results.ts';

const evil = `</style></script><img src=x onerror="alert(1)">&'`;

const statement = (over: Partial<StatementReport> = {}): StatementReport => ({
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

const step = (over: Partial<StepReport> = {}): StepReport => ({
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

const report = (over: Partial<Report> = {}): Report => ({
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

const fault = (over: Partial<StatementError> = {}): StatementError => ({
  message: 'column "x" does not exist',
  code: '42703',
  detail: undefined,
  hint: undefined,
  range: { start: 12, end: 13 },
  ...over,
});

const render = (value: Report, interactive = true) =>
  renderReport({
    report: value,
    planName: 'a.migration.yaml',
    plan: 'file:///a.migration.yaml',
    nonce: 'abc',
    interactive,
  });

/** What the page says, without its tags. */
const textOf = (html: string) =>
  html
    .replace(/<(style|script)[\s\S]*?<\/\1>/g, '')
    .replace(/<[^>]+>/g, ' ')
    .replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))
    .replace(/\s+/g, ' ');

describe('the report view', () => {
  it('says what Postgres did in words', () => {
    const text = textOf(
      render(
        report({ steps: [step({ statements: [statement({ rewrites: ['users'], scans: ['users'] })] })] }),
      ),
    );
    assert.match(text, /Passed 1 step: 1 passed/);
    assert.match(text, /ACCESS EXCLUSIVE on users: blocks reads and writes/);
    assert.match(text, /Rewrote users/);
    assert.match(text, /Read in full users/);
    assert.match(text, /WAL 2\.0 kB/);
    assert.match(text, /Fabricated rows users 1,000/);
  });

  it('lets nothing out of its text', () => {
    const everywhere = report({
      plan: evil,
      engine: evil,
      notes: [evil],
      rows: { [evil]: 1 },
      error: fault({ message: evil, detail: evil, hint: evil, code: evil }),
      steps: [
        step({
          step: evil,
          phase: evil,
          summary: evil,
          error: fault({ message: `${evil}!` }),
          statements: [
            statement({
              sql: evil,
              rewrites: [evil],
              scans: [evil],
              locks: [{ relation: evil, mode: 'ShareLock', source: 'static' }],
              error: fault({ message: evil }),
            }),
          ],
        }),
      ],
    });
    for (const interactive of [true, false]) {
      const page = renderReport({
        report: everywhere,
        planName: evil,
        plan: evil,
        nonce: 'abc',
        interactive,
      });
      assert.ok(page.includes(escapeHtml(evil)));
      assert.ok(!page.includes('<img'));
      assert.equal(page.match(/<script/g)?.length ?? 0, interactive ? 1 : 0);
      assert.equal(page.match(/<\/style>/g)?.length, 1);
    }
  });

  it('shows what would not be seen: escapes, and marks that turn the direction of text', () => {
    const page = render(report({ plan: 'a\u001b[31mb\u202ec\td' }));
    assert.ok(page.includes('<h1>a\\u001b[31mb\\u202ec\td</h1>'));
  });

  it('gives no time to a step that was not run', () => {
    const skipped = step({ status: 'skipped', statements: [statement({ status: 'skipped', ms: 0 })] });
    assert.ok(!render(report({ steps: [skipped] })).includes('class="time"'));
    assert.ok(render(report()).includes('class="time"'));
  });

  it('says nothing of a Postgres that was not started', () => {
    const page = render(report({ verdict: 'refused', engine: '', steps: [], error: fault() }));
    assert.match(textOf(page), /Could not be run/);
    assert.ok(!/Ran on|0 steps|data-command="expand"/.test(page));
  });

  it('allows its own style and script and nothing else', () => {
    assert.match(
      render(report()),
      /content="default-src 'none'; style-src 'nonce-abc'; script-src 'nonce-abc'"/,
    );
    assert.match(render(report(), false), /content="default-src 'none'; style-src 'nonce-abc'"/);
    assert.ok(!/\son\w+=|style="|https?:/.test(render(report())));
    assert.ok(!script.includes('</'));
  });

  it('keeps the order of steps, under each phase once', () => {
    const page = textOf(
      render(
        report({
          steps: [
            step({ step: 'one' }),
            step({ step: 'two' }),
            step({ step: 'three', phase: 'Contract', status: 'skipped', statements: [] }),
          ],
        }),
      ),
    );
    assert.match(page, /Expand .*one.*two.* Contract .*Not run three/);
    assert.equal(page.match(/Expand/g)?.length, 1);
  });

  it('shows an error once where the statement and the step have the same', () => {
    const failed = step({
      status: 'failed',
      error: fault(),
      statements: [statement({ status: 'failed', error: fault() })],
    });
    const page = textOf(render(report({ verdict: 'failed', error: fault(), steps: [failed] })));
    assert.equal(page.match(/column "x" does not exist/g)?.length, 1);
    assert.match(page, /SQLSTATE 42703/);
  });

  it('shows why a run could not start', () => {
    const page = textOf(
      render(
        report({ verdict: 'refused', steps: [], error: fault({ message: 'No steps.', code: undefined }) }),
      ),
    );
    assert.match(page, /Could not be run .* No steps\./);
  });
});

const check = (over: Partial<AppCheck> = {}): AppCheck => ({
  version: 'v2',
  statement: 'SELECT nick FROM users',
  at: 'applied',
  ok: true,
  error: undefined,
  range: { start: 1, end: 4 },
  line: 3,
  ...over,
});

const rollback = (over: Partial<RollbackReport> = {}): RollbackReport => ({
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

const drifting = rollback({
  verdict: 'drifts',
  drift: [
    { kind: 'schema', object: 'index i', message: 'index i: missing' },
    { kind: 'information', object: 'table t', message: 'a hole' },
  ],
  data: { ...noData, lost: [{ table: 'users', column: 'nick', rows: 1000 }] },
  reapplied: undefined,
  reason: 'It does not restore what was there before.',
});

describe('proofs in the report view', () => {
  it('says what became of the rollback, the application and the whole plan', () => {
    const segment = { ...notUnwound(''), verdict: 'restores' as const, from: 'add', to: 'add' };
    const passed = step({ rollback: rollback(), app: [check(), check({ version: 'v1' })] });
    const page = textOf(render(report({ steps: [passed], unwind: { ...segment, segments: [segment] } })));
    assert.match(page, /Rollback restores ; applied again after it/);
    assert.match(page, /Application v2, v1: every statement works/);
    assert.match(page, /Rolling everything back Rolling back step 1 restores what was there before\./);
    const none = step({
      rollback: rollback({ verdict: 'impossible', reapplied: undefined, reason: 'the rows are gone' }),
    });
    assert.match(
      textOf(render(report({ steps: [none] }))),
      /Rollback point of no return : the rows are gone/,
    );
  });

  it('lists what a rollback left, what fails, and lets nothing out of its text', () => {
    const failed = step({
      status: 'failed',
      rollback: { ...drifting, statements: [statement()] },
      app: [check({ ok: false, statement: evil, error: fault({ message: evil }) })],
      error: fault({ message: drifting.reason }),
    });
    const start = { app: [check({ at: 'start', ok: false, error: fault({ message: 'v2 cannot select' }) })] };
    const page = render(report({ verdict: 'failed', steps: [failed], start }));
    assert.ok(!page.includes(evil));
    const text = textOf(page);
    assert.match(text, /Not as before the step: index i: missing users\.nick: 1,000 values lost/);
    assert.doesNotMatch(text, /a hole/);
    assert.match(text, /Before step one v2 cannot select v2, line 4 of the plan: SELECT nick FROM users/);
    assert.match(text, /1 statement of the rollback/);
  });
});

describe('problems of proofs', () => {
  it('stand at the rollback, one for each difference, and at the step', () => {
    const failed = step({ status: 'failed', rollback: drifting, error: fault({ message: drifting.reason }) });
    const problems = reportProblems(report({ steps: [failed], error: fault({ message: drifting.reason }) }));
    assert.deepEqual(
      problems.map(({ span, message, related }) => [span, message, related[0]?.span]),
      [
        [
          { start: 26, end: 29 },
          "After the rollback of 'Add the column': index i: missing",
          { start: 11, end: 25 },
        ],
        [
          { start: 26, end: 29 },
          "After the rollback of 'Add the column': users.nick: 1,000 values lost",
          { start: 11, end: 25 },
        ],
        [{ start: 11, end: 25 }, drifting.reason, { start: 26, end: 29 }],
      ].map(([span, message, related]) => [span, message, related]),
    );
  });

  it('stand at the statement of the application, and at the step that breaks it', () => {
    const error = fault({ message: 'v2 cannot select', range: { start: 2, end: 3 } });
    const failed = step({ status: 'failed', app: [check({ ok: false, error })], error });
    const problems = reportProblems(report({ steps: [failed], error }));
    assert.deepEqual(
      problems.map(({ span, related }) => [span, related[0]?.span]),
      [
        [
          { start: 2, end: 3 },
          { start: 11, end: 25 },
        ],
        [
          { start: 11, end: 25 },
          { start: 2, end: 3 },
        ],
      ],
    );
    const start = { app: [check({ ok: false, error })] };
    assert.deepEqual(
      reportProblems(report({ start, error })).map(({ span }) => span),
      [{ start: 2, end: 3 }],
    );
  });
});

describe('formats of the report', () => {
  it('prints times and sizes as people read them', () => {
    assert.deepEqual([0.44, 12.3, 1234, 59_999, 185_000].map(formatMs), [
      '0.4 ms',
      '12 ms',
      '1.2 s',
      '60.0 s',
      '3 min 5 s',
    ]);
    assert.deepEqual([0, 1, 1023, 1024, 310_000, 2.4 * 1024 ** 3].map(formatBytes), [
      '0 bytes',
      '1 byte',
      '1023 bytes',
      '1.0 kB',
      '303 kB',
      '2.4 GB',
    ]);
  });

  it('finds the strongest lock and its relations', () => {
    const locks: StatementReport['locks'] = [
      { relation: 'a', mode: 'ShareLock', source: 'observed' },
      { relation: 'b', mode: 'ShareRowExclusiveLock', source: 'static' },
      { relation: 'c', mode: 'AccessShareLock', source: 'observed' },
      { relation: 'b', mode: 'ShareRowExclusiveLock', source: 'static' },
    ];
    assert.deepEqual(strongestLock([{ locks }]), {
      mode: 'ShareRowExclusiveLock',
      relations: ['b'],
      static: true,
    });
    assert.equal(strongestLock([{ locks: [] }]), undefined);
  });
});

describe('problems of a report', () => {
  it('lists each fault once, at its narrowest place', () => {
    const failed = step({
      error: fault(),
      statements: [statement({ error: fault({ hint: 'try y' }) }), statement()],
    });
    assert.deepEqual(reportProblems(report({ steps: [failed], error: fault() })), [
      {
        span: { start: 12, end: 13 },
        message: 'column "x" does not exist\nHint: try y',
        code: '42703',
        related: [],
      },
      { span: { start: 12, end: 13 }, message: 'column "x" does not exist', code: '42703', related: [] },
    ]);
    const same = step({ error: fault(), statements: [statement({ error: fault() })] });
    assert.equal(reportProblems(report({ steps: [same], error: fault() })).length, 1);
  });

  it('falls back to the statement, the step, the file', () => {
    const error = fault({ range: undefined });
    assert.deepEqual(
      reportProblems(report({ steps: [step({ statements: [statement({ error })] })] }))[0]?.span,
      { start: 10, end: 20 },
    );
    assert.deepEqual(reportProblems(report({ steps: [step({ error })] }))[0]?.span, { start: 5, end: 30 });
    assert.deepEqual(reportProblems(report({ steps: [], error }))[0]?.span, { start: 0, end: 0 });
  });

  it('takes a cancelled run for no fault', () => {
    assert.deepEqual(reportProblems(report({ verdict: 'cancelled', steps: [], error: fault() })), []);
  });
});
