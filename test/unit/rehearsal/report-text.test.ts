import assert from 'node:assert/strict';
import type {
  Report,
  RollbackReport,
  StatementReport,
  StepReport,
} from '../../../server/src/rehearsal/model.ts';
import { noData, notUnwound } from '../../../server/src/rehearsal/proof-results.ts';
import { reportText } from '../../../server/src/rehearsal/report-text.ts';
import { displayWidth } from '../../../server/src/text/terminal.ts';

const range = { start: 0, end: 1 };
const statement: StatementReport = {
  sql: 'ALTER TABLE users ADD COLUMN handle text',
  status: 'passed',
  error: undefined,
  ms: 1.25,
  locks: [{ relation: 'users', mode: 'AccessExclusiveLock', source: 'observed' }],
  rewrites: [],
  scans: [],
  wal_bytes: 424,
  runs: 1,
  rows: undefined,
  range,
};
const step: StepReport = {
  id: 'add',
  step: 'Add the column',
  phase: 'Expand',
  action: 'sql',
  status: 'passed',
  statements: [statement],
  summary: '',
  error: undefined,
  rollback: undefined,
  app: [],
  ms: 5,
  range,
  line: 11,
  name_range: range,
};
const error = {
  message: 'column "handle" contains null values',
  code: '23502',
  detail: 'A detail.',
  hint: 'A hint.',
  range,
};
const report: Report = {
  plan: 'Rename users.username',
  engine: 'PostgreSQL 18.6 (embedded)',
  verdict: 'failed',
  error,
  start: { app: [] },
  unwind: notUnwound(''),
  steps: [
    step,
    {
      ...step,
      step: 'Make it a number',
      statements: [
        { ...statement, ms: 1234, rewrites: ['users', 'users_pkey'], scans: ['users'], wal_bytes: 3_000_000 },
      ],
    },
    { ...step, step: 'Deploy', action: 'deploy', statements: [], summary: 'v1 → v2', phase: 'Migrate' },
    { ...step, step: 'Count', action: 'verify', summary: '0', phase: 'Migrate' },
    {
      ...step,
      step: 'Require it',
      status: 'failed',
      error,
      summary: 'Rolled back.',
      statements: [],
      phase: 'Migrate',
    },
    { ...step, step: 'Rest', status: 'skipped', statements: [], phase: 'Migrate' },
  ],
  ms: 1810,
  rows: { users: 1000, orders: 500 },
  notes: ['Production runs version 16.'],
};

describe('reportText', () => {
  it('tells whose rows there were, and which tables were filled up', () => {
    const text = reportText({
      ...report,
      copied: true,
      rows: { users: 100_000, orders: 500 },
      amplified: { users: 1000 },
    });
    assert.ok(text.includes('PostgreSQL 18.6 (embedded), 100,500 rows in 2 tables\n'), text);
    assert.ok(
      text.includes(
        'Note: Filled up with fabricated rows, to be measured: users from 1,000 to 100,000 rows.\n',
      ),
      text,
    );
  });

  it('tells each step in a line, and the error with what helps', () => {
    assert.equal(
      reportText(report),
      `Rename users.username
PostgreSQL 18.6 (embedded), 1,500 fabricated rows in 2 tables

Expand
  ✓ 1 Add the column      1.3 ms  ACCESS EXCLUSIVE on users
  ✓ 2 Make it a number     1.2 s  ACCESS EXCLUSIVE on users · rewrites users, users_pkey ·
                                  2.9 MB WAL

Migrate
  ✓ 3 Deploy                      deploy v1 → v2
  ✓ 4 Count               1.3 ms  verified: 0
  ✗ 5 Require it          0.0 ms
      column "handle" contains null values (23502)
      A detail.
      Hint: A hint.
      line 12 of the plan
      Rolled back.
  · 6 Rest                        not reached

Note: Production runs version 16.

Failed at step 5 of 6, after 1.8 s. 1 step after it was not reached.
`,
    );
  });

  it('colours only where asked to, and the text below stays the same', () => {
    const coloured = reportText(report, { color: true });
    assert.notEqual(coloured, reportText(report));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are what is looked for
    assert.equal(coloured.replace(/\u001b\[\d+m/g, ''), reportText(report));
  });

  it('ends with the verdict in each case', () => {
    const last = (changes: Partial<Report>) =>
      reportText({ ...report, notes: [], ...changes })
        .trimEnd()
        .split('\n')
        .at(-1);
    assert.equal(
      last({ verdict: 'passed', error: undefined, steps: [step, step] }),
      'Passed: all 2 steps, in 1.8 s.',
    );
    assert.equal(
      last({ verdict: 'cancelled', error: undefined, steps: [step] }),
      'Cancelled after 1.8 s, with 1 step done. Nothing is left behind.',
    );
    const three = [step, { ...step, id: 'dep' }, { ...step, id: 'c', status: 'skipped' as const }];
    assert.equal(
      last({ verdict: 'passed', error: undefined, steps: three, only: 'dep' }),
      'Passed: step 2 (dep), in 1.8 s. Step 1 was only applied; step 3 was not asked for.',
    );
    assert.match(
      reportText({ ...report, verdict: 'passed', error: undefined, steps: three, only: 'dep' }),
      /3 Add the column +not asked for/,
    );
    const failure = {
      version: 'v1',
      statement: 'SELECT',
      at: 'start' as const,
      ok: false,
      error,
      range,
      line: 1,
    };
    assert.equal(
      last({ start: { app: [failure] }, steps: three, only: 'dep' }),
      'Failed, after 1.8 s: the application already fails before step one. Step 3 was not asked for.',
    );
    const refused = reportText({ ...report, verdict: 'refused', steps: [], engine: '', notes: [] });
    assert.match(refused, /column "handle" contains null values \(23502\)/);
    assert.match(refused, /Not run: nothing of the plan was run\.\n$/);
    const placed = reportText({ ...report, verdict: 'refused', error: { ...error, line: 12 }, steps: [] });
    assert.match(placed, /\nline 13 of the plan\nNot run: /);
  });

  it('obeys no control code that a plan brings along', () => {
    const text = reportText({
      ...report,
      plan: 'a\u001b[2Jb\u202e',
      steps: [{ ...step, step: 'x\u0007\ny' }],
    });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u202e]/);
  });

  it('keeps to the width of the terminal, wide characters and long lists included', () => {
    const names = ['漢字のとても長いステップの名前です、本当に長いのです。とても長い', 'Long '.repeat(30)];
    const locks = ['first_table', 'second_table', 'third_table', 'fourth_table'].map((relation) => ({
      relation,
      mode: 'AccessExclusiveLock' as const,
      source: 'observed' as const,
    }));
    const statements = step.statements.map((statement) => ({ ...statement, locks, wal_bytes: 500_000 }));
    const steps = names.map((name) => ({ ...step, step: name, statements }));
    for (const width of [80, 100, 120])
      for (const line of reportText({ ...report, steps }, { width }).split('\n'))
        assert.ok(displayWidth(line) <= width, `${width}: ${line}`);
  });

  it('names the line of the statement that failed, and shows it', () => {
    const error = { message: 'division by zero', code: '22012', detail: undefined, hint: undefined };
    const placed = { ...error, range: { start: 90, end: 91 }, line: 20 };
    const [passed] = step.statements;
    assert.ok(passed);
    const failed = { ...passed, status: 'failed' as const, sql: 'SELECT\n  1/0', error: placed };
    const steps = [{ ...step, status: 'failed' as const, error: placed, statements: [passed, failed] }];
    const text = reportText({ ...report, verdict: 'failed', steps });
    assert.match(text, /division by zero \(22012\)\n +line 21: SELECT 1\/0\n/);
  });

  it('keeps the columns together however long a name is', () => {
    const steps = [step, { ...step, step: 'A very long name of a step '.repeat(10) }];
    const lines = reportText({ ...report, steps }, { width: 80 })
      .split('\n')
      .filter((line) => line.includes('ACCESS'));
    assert.equal(lines[0]?.indexOf('ACCESS'), lines[1]?.indexOf('ACCESS'));
  });

  it('tells what became of rollbacks and of the application, and how far the plan can be rolled back', () => {
    const rollback: RollbackReport = {
      verdict: 'drifts',
      drift: [{ kind: 'schema', object: 'index i', message: 'index i: missing' }],
      data: { ...noData, lost: [{ table: 'users', column: 'nick', rows: 1000 }] },
      reapplied: undefined,
      error: undefined,
      reason: 'It does not restore.',
      ms: 1,
      statements: [],
      range,
      line: 12,
    };
    const failure = {
      version: 'v2',
      statement: 'SELECT nick FROM users',
      at: 'applied' as const,
      ok: false,
      error: { ...error, message: 'v2 cannot select', line: 3 },
      range,
      line: 3,
    };
    const segment = {
      ...notUnwound(''),
      verdict: 'drifts' as const,
      from: 'b',
      to: 'a',
      reason: 'It stops.',
    };
    const text = reportText({
      ...report,
      steps: [
        { ...step, id: 'a', rollback: { ...rollback, verdict: 'restores', drift: [], data: noData } },
        {
          ...step,
          id: 'b',
          status: 'failed',
          rollback,
          error: { ...error, message: 'It does not restore.', line: 12 },
          app: [failure],
        },
      ],
      error: { ...error, message: 'It does not restore.' },
      unwind: { ...segment, segments: [segment, { ...segment, verdict: 'restores', reason: '' }] },
    });
    for (const words of [
      /Add the column .* rollback restores/,
      /rollback does not restore/,
      /- index i: missing\n +- users\.nick: 1,000 values lost/,
      /v2 cannot select\n +line 4: SELECT nick FROM users/,
      /Rolling back from step 2 to 1 does not restore what was there before\. It stops\./,
      /Rolling back from step 2 to 1 restores what was there before\./,
      /Failed at step 2 of 2/,
    ])
      assert.match(text, words);
    const restores = { ...segment, verdict: 'restores' as const, reason: '' };
    const steps = ['a', 'b', 'c', 'd', 'e'].map((id) =>
      id === 'b' ? { ...step, id, action: 'deploy' as const, summary: 'v1 → v2' } : { ...step, id },
    );
    const unwound = (segments: Report['unwind']['segments'], unproven?: string) =>
      reportText(
        {
          ...report,
          steps: steps.map((one) =>
            one.id === 'e' && unproven
              ? { ...one, rollback: { ...rollback, verdict: 'not_needed', proven: false, reason: unproven } }
              : one,
          ),
          unwind: { ...restores, segments },
        },
        { width: 200 },
      );
    assert.match(
      unwound([restores, { ...restores, from: 'e' }]),
      /^Rolling back to step 1 restores what was there before: from step 5, the last; and from step 2, right after v2 was deployed\.$/m,
    );
    assert.match(unwound([restores]), /Rolling back from step 2 to 1, right after v2 was deployed, restores/);
    const told = unwound([restores], "Not proven: the unwinding stopped at 'x'.");
    assert.match(told, /no rollback needed, not proven\n +- Not proven: the unwinding stopped at 'x'/);
  });

  it('has a column of the times in production, where the run tells of them', () => {
    const text = reportText(report, {
      production: { times: { add: '4-9 min' }, basis: 'From what a dry run took.' },
    });
    const lines = text.split('\n');
    assert.ok(
      lines.some((line) => /Add the column +1\.3 ms {2}→ 4-9 min {2}ACCESS EXCLUSIVE/.test(line)),
      text,
    );
    assert.match(text, /Note: → is the time in production\. From what a dry run took\./);
    const starts = lines.filter((line) => /^ {2}[✓✗] /.test(line)).map((line) => line.length);
    assert.ok(starts.every((length) => length <= 100));
    assert.doesNotMatch(reportText(report), /→ 4/);
  });
});
