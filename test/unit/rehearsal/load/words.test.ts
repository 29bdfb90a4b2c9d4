import assert from 'node:assert/strict';
import { keepsBar } from '../../../../server/src/rehearsal/load/model.ts';
import { loadWords, runLoadWords } from '../../../../server/src/rehearsal/load-words.ts';
import type { LoadReport, RunLoad } from '../../../../server/src/rehearsal/model.ts';
import { reportText } from '../../../../server/src/rehearsal/report-text.ts';
import { renderReport } from '../../../../server/src/view/report-page.ts';
import { report, step } from '../../support/reports.ts';

const calm: LoadReport = {
  requests: 1200,
  rate: 200,
  p50: 1.24,
  p99: 8.1,
  worst: 42.4,
  longest_stall: 12,
  late: 0,
  queued: 0,
  failed: 0,
  errors: [],
  held_up: 3,
};
const run: RunLoad = {
  asked: 200,
  rate: 200,
  pool: 20,
  max_wait: undefined,
  late_after: 250,
  kept: undefined,
  before: { ...calm, worst: 9 },
  total: calm,
};

describe('the words of a load', () => {
  it('are few where nothing happened', () => {
    assert.equal(loadWords(calm, run), '1,200 requests: p50 1.2 ms, p99 8.1 ms, worst 42 ms');
    assert.equal(loadWords({ ...calm, p50: undefined, worst: undefined }, run), 'no request came back');
  });

  it('name what requests suffered', () => {
    const stormy = { ...calm, worst: 1204, longest_stall: 1200, late: 231, queued: 180, failed: 3 };
    assert.equal(
      loadWords(stormy, run),
      '1,200 requests: p50 1.2 ms, p99 8.1 ms, worst 1,204 ms; none came back for 1,200 ms; 231 over 250 ms; 180 found no free connection; 3 failed',
    );
  });

  it('give the verdict on the run: the worst, and whether the bar was kept', () => {
    assert.deepEqual(runLoadWords(run), [
      'Under load: 1,200 requests at 200 a second on 20 connections. No request took more than 42 ms. Before step one the worst took 9.0 ms.',
    ]);
    assert.match(
      runLoadWords({ ...run, max_wait: 250, kept: true })[0] ?? '',
      /No request took more than 42 ms, and 250 ms were allowed\./,
    );
    const total = { ...calm, worst: 900, late: 7, failed: 2 };
    const [broken, failed] = runLoadWords({ ...run, asked: 2000, max_wait: 250, kept: false, total });
    assert.match(
      broken ?? '',
      /\(2,000 a second were asked for\)\. A request took 900 ms, and 250 ms were allowed: 7 took longer/,
    );
    assert.equal(failed, '2 of them failed.');
  });

  it('say that it is not known where the process itself did not run', () => {
    assert.equal(keepsBar({ worst: 200, held_up: 190 }, 250), true);
    assert.equal(keepsBar({ worst: 400, held_up: 190 }, 250), undefined);
    assert.equal(keepsBar({ worst: 900, held_up: 190 }, 250), false);
    const total = { ...calm, worst: 400, held_up: 190 };
    const [open] = runLoadWords({ ...run, max_wait: 250, kept: undefined, total });
    assert.match(
      open ?? '',
      /Whether none takes more than 250 ms is not known: one took 400 ms, but .* 190 ms\./,
    );
  });

  it('stand in the terminal’s report and on the page', () => {
    const told = report({ load: run, steps: [step({ load: calm, retries: 2 })] });
    const text = reportText(told, { width: 120 });
    assert.match(text, /\n +1,200 requests: p50 1\.2 ms, p99 8\.1 ms, worst 42 ms\n/);
    assert.match(text, /\nUnder load: 1,200 requests at 200 a second/);
    assert.match(text, /tried again 2 times after lock_timeout/);
    const page = renderReport({
      report: told,
      timing: undefined,
      planName: 'a',
      plan: undefined,
      nonce: 'n',
    });
    assert.match(page, /<dt>Under load<\/dt><dd>1,200 requests: p50 1\.2 ms/);
    assert.match(
      page,
      /<dt>Under load<\/dt><dd><a href="#load">1,200 requests at 200 a second on 20 connections\. No request took more/,
    );
    assert.doesNotMatch(
      renderReport({ report: report(), timing: undefined, planName: 'a', plan: undefined, nonce: 'n' }),
      /Under load/,
    );
  });
});
