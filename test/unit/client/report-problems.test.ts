import assert from 'node:assert/strict';
import { reportProblems } from '../../../client/src/report-problems.ts';
import { check, drifting, fault, report, statement, step } from '../support/reports.ts';

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

  it('are information where a statement has to be prepared anew, at the statements and at the step', () => {
    const prepared = fault({ message: 'Where a connection has it', range: undefined, code: '0A000' });
    const app = [check({ prepared }), check({ prepared, range: { start: 40, end: 44 } }), check({})];
    const problems = reportProblems(report({ steps: [step({ app })] }));
    assert.deepEqual(
      problems.map(({ span, severity, code, related }) => [
        span.start,
        severity,
        code,
        related.map((place) => place.span.start),
      ]),
      [
        [check({}).range.start, 'information', '0A000', [11]],
        [40, 'information', '0A000', [11]],
        [11, 'information', '0A000', [check({}).range.start, 40]],
      ],
    );
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
        severity: 'error',
        code: '42703',
        related: [],
      },
      {
        span: { start: 12, end: 13 },
        message: 'column "x" does not exist',
        severity: 'error',
        code: '42703',
        related: [],
      },
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
