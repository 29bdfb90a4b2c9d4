import assert from 'node:assert/strict';
import { projectCalibration } from '../../../server/src/lsp/calibration.ts';

describe('how production compares, as a project says', () => {
  const count = ` Aggregate (actual time=1..1 rows=1 loops=1)
   ->  Seq Scan on users (actual time=0.01..74.3 rows=8000000 loops=1)
 Execution Time: 500.5 ms`;
  const files = {
    read: (path: string) =>
      path === '/project/prod/count.txt'
        ? { text: count }
        : path === '/project/other.txt'
          ? { text: 'x' }
          : { error: 'there is no such file' },
  };
  const of = (calibrate: string | undefined) =>
    projectCalibration(calibrate, '/project/.switchback.yaml', files);

  it('is a count in a file beside the settings, or the same hardware, or not known', () => {
    const { calibration } = of('prod/count.txt');
    assert.deepEqual(calibration, {
      kind: 'count',
      count: { table: 'users', rows: 8_000_000, ms: 500.5, bytes: undefined },
    });
    assert.deepEqual(of('same'), { calibration: { kind: 'same' } });
    assert.deepEqual(of(undefined), {});
  });

  it('says what is wrong with the file', () => {
    assert.match(of('none.txt').calibrationProblem ?? '', /none\.txt: there is no such file/);
    assert.match(of('other.txt').calibrationProblem ?? '', /other\.txt: It is no EXPLAIN/);
  });
});
