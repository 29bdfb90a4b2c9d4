import assert from 'node:assert/strict';
import type { Timing } from '../../../server/src/features/timing.ts';
import type { LoadReport, Report, StatementReport } from '../../../server/src/rehearsal/model.ts';
import { notUnwound } from '../../../server/src/rehearsal/proof-results.ts';
import { escapeHtml } from '../../../server/src/view/markup.ts';
import { renderReport } from '../../../server/src/view/report-page.ts';
import { strongestLock } from '../../../server/src/view/report-words.ts';
import { script } from '../../../server/src/view/script.ts';
import { previewOf, stepPreview } from '../support/previews.ts';
import { check, drifting, fault, report, rollback, statement, step } from '../support/reports.ts';

const evil = `</style></script><img src=x onerror="alert(1)">&'`;

const render = (value: Report, interactive = true, timing?: Timing) =>
  renderReport({
    report: value,
    timing,
    planName: 'a.migration.yaml',
    plan: interactive ? 'file:///a.migration.yaml' : undefined,
    nonce: 'abc',
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
    assert.match(text, /WAL 2 kB/);
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
        timing: undefined,
        planName: evil,
        plan: interactive ? evil : undefined,
        nonce: 'abc',
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

  it('tells of each step and of the plan what they will cost production, and leads to the steps', () => {
    const timing: Timing = {
      preview: previewOf([stepPreview({ id: 'add' })]),
      timeline: { wide: '<svg class="timeline"></svg>', narrow: '' },
    };
    const page = render(report(), true, timing);
    const text = textOf(page);
    assert.match(text, /In production 1-60 s, 1 step not told; 1 step makes requests wait, for up to 1 min/);
    assert.match(text, /In production 1-60 s; everybody waits for 1-60 s, 2,000-120k requests from sizes/);
    assert.match(page, /href="#production"/);
    assert.equal(page.match(/data-step="0" title="Go to line 5 of the plan"/g)?.length, 2);
    assert.doesNotMatch(render(report()), /In production/);
  });

  it('puts what a server took beside what production will take', () => {
    const measured = {
      ...previewOf([stepPreview({ id: 'add', basis: 'measured' })]),
      basis: 'measured' as const,
    };
    const timing = { preview: measured, timeline: { wide: '', narrow: '' } };
    assert.match(render(report(), true, timing), /data-title="Dry run">1 ms</);
    const alone = { preview: previewOf([stepPreview({ id: 'add' })]), timeline: { wide: '', narrow: '' } };
    assert.doesNotMatch(render(report(), true, alone), /data-title="Dry run"/);
  });

  it('tells what requests felt in each step, and what Postgres refused', () => {
    const felt = (over: Partial<LoadReport>): LoadReport => ({
      requests: 1200,
      rate: 400,
      p50: 2,
      p99: 30,
      worst: 40,
      longest_stall: 20,
      late: 0,
      queued: 0,
      failed: 0,
      errors: [],
      held_up: 0,
      ...over,
    });
    const refused = {
      kind: 'failed' as const,
      version: 'v1',
      statement: evil,
      error: fault({ message: 'relation "t" is gone' }),
      requests: 7,
      range: { start: 0, end: 1 },
      line: 3,
    };
    const bad = felt({ worst: 1200, longest_stall: 1100, late: 90, failed: 7, errors: [refused] });
    const load = {
      asked: 2000,
      rate: 400,
      pool: 20,
      max_wait: 250,
      late_after: 250,
      kept: false,
      before: felt({}),
      total: bad,
    };
    const page = render(report({ load, steps: [step({ load: bad })] }));
    const text = textOf(page);
    assert.match(page, /<a href="#load">1,200 requests at 400 a second on 20 connections/);
    assert.match(text, /Before step one 1,200 2 ms 30 ms 40 ms/);
    assert.match(text, /Add the column 1,200 2 ms 30 ms 1\.2 s 1\.1 s 90 7/);
    assert.match(text, /relation "t" is gone 7 times, v1, line 4 of the plan:/);
    assert.ok(!page.includes('<img') && !text.includes('No free connection'));
    assert.ok(!render(report()).includes('id="load"'));
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

describe('statements that were prepared before a step, in the report view', () => {
  it('are told with what to do, said once, and let nothing out of their text', () => {
    const prepared = fault({ message: `Prepared ${evil}`, hint: `Reconnect ${evil}`, code: '0A000' });
    const app = [check({ prepared, statement: evil }), check({ prepared })];
    const html = render(report({ steps: [step({ app })] }));
    assert.ok(!html.includes('<img'));
    const text = textOf(html);
    assert.match(text, /every statement works, 2 only once it is prepared anew/);
    assert.equal(text.match(/Prepared </g)?.length, 1);
    assert.equal(text.match(/Reconnect </g)?.length, 1);
    assert.match(text, /SQLSTATE 0A000/);
  });
});

describe('words of the report', () => {
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
