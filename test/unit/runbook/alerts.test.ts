import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { PrometheusRule } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PrometheusRule';
import { parser } from '@prometheus-io/lezer-promql';
import fc from 'fast-check';
import { parse } from 'yaml';
import type { Plan } from '../../../server/src/plan/model.ts';
import { createPlanParser } from '../../../server/src/plan/parse.ts';
import { findMetric, knownMetrics } from '../../../server/src/runbook/metrics.ts';
import { isMatcherList, prometheusRule } from '../../../server/src/runbook/prometheus.ts';
import { monitoringQueries } from '../../../server/src/runbook/queries.ts';
import { readThreshold } from '../../../server/src/runbook/threshold.ts';

const parsers = createPlanParser();

function planOf(text: string): Plan {
  return parsers.parse(text, { readFile: () => ({ error: 'none' }) }).plan;
}

function planWith(alerts: readonly Readonly<Record<string, string>>[], migration = 'Rename'): Plan {
  return planOf(JSON.stringify({ migration, monitoring: { alerts } }));
}

/** The rules of an export that Kubernetes and Prometheus take. */
function rulesIn(text: string) {
  const resource = parse(text);
  new PrometheusRule(resource).validate();
  const { rules } = resource.spec.groups[0];
  for (const { expr } of rules) assertPromql(expr);
  return rules as {
    alert: string;
    expr: string;
    labels: Record<string, string>;
    annotations: Record<string, string>;
  }[];
}

function assertPromql(expression: string): void {
  const cursor = parser.parse(expression).cursor();
  do assert.ok(!cursor.type.isError, `not PromQL at ${cursor.from}: ${expression}`);
  while (cursor.next());
}

describe('the table of metrics', () => {
  it('has PromQL that parses, with and without matchers, and no name twice', () => {
    for (const { name, expressions } of knownMetrics)
      for (const { unit } of expressions) {
        const threshold = {
          seconds: '> 2s',
          bytes: '> 16MB',
          ratio: '> 80%',
          count: '> 5',
          per_second: '> 5/s',
          bytes_per_second: '> 1MB/s',
        }[unit];
        const plan = planWith([{ metric: name, warning: threshold }]);
        const matchers = { database: 'cluster="a"', app: 'job=~"api.*", env!="x"', host: 'instance="h"' };
        for (const options of [{}, { matchers }]) {
          const { text, left } = prometheusRule(plan, options);
          assert.deepEqual(left, []);
          assert.equal(rulesIn(text).length, 1);
        }
      }
    const names = knownMetrics.flatMap(({ name, aliases }) => [name, ...aliases]);
    assert.deepEqual(names.length, new Set(names).size);
    assert.throws(() => assertPromql('sum(rate(x[5m])'));
  });

  it('is found by names as people write them', () => {
    const found = [
      'Query p99 latency',
      'Error rate (5xx)',
      'Replication lag',
      'Disk I/O wait',
      'replica-lag',
    ];
    assert.deepEqual(
      found.map((name) => findMetric(name)?.name),
      ['query_latency_p99', 'error_rate', 'replication_lag', 'disk_io_wait', 'replication_lag'],
    );
    assert.equal(findMetric('moon_phase'), undefined);
  });
});

describe('a threshold', () => {
  it('is read in what Prometheus counts in', () => {
    const read = (text: string) => {
      const { operator, value, unit } = readThreshold(text) ?? {};
      return [operator, value, unit];
    };
    assert.deepEqual(read('> 200ms'), ['>', 0.2, 'seconds']);
    assert.deepEqual(read('>= 0.1%'), ['>=', 0.001, 'ratio']);
    assert.deepEqual(read('< 10GB'), ['<', 10 * 1024 ** 3, 'bytes']);
    assert.deepEqual(read('> 50MB/s'), ['>', 50 * 1024 ** 2, 'bytes_per_second']);
    assert.deepEqual(read('> 10k'), ['>', 10_000, undefined]);
    assert.deepEqual(read('= 5/s'), ['==', 5, 'per_second']);
    for (const text of ['200ms', '> soon', '', '> 5s/s', '> -1'])
      assert.equal(readThreshold(text), undefined);
  });
});

describe('the exported alerts', () => {
  const example = readFileSync('examples/rename-username/rename-username.migration.yaml', 'utf8');

  it('are a rule for each threshold of the plan, with its action', () => {
    const { text, rules, left } = prometheusRule(planOf(example), { labels: { release: 'monitoring' } });
    assert.deepEqual([rules, left], [16, []]);
    const made = rulesIn(text);
    assert.equal(parse(text).metadata.labels.release, 'monitoring');
    const p99 = made.filter(({ alert }) => alert === 'MigrationQueryLatencyP99');
    assert.deepEqual(
      p99.map(({ labels, expr }) => [labels.severity, expr.endsWith('> 0.2') || expr.endsWith('> 0.5')]),
      [
        ['warning', true],
        ['critical', true],
      ],
    );
    assert.equal(p99[0]?.annotations.action, 'Pause the backfill or the index build');
    assert.match(p99[0]?.annotations.source ?? '', /no percentiles/);
  });

  it('say what is not in them, and never make up an expression', () => {
    const { text, rules, left } = prometheusRule(
      planWith([
        { metric: 'moon_phase', warning: '> 1', critical: '> 2' },
        { metric: 'replication_lag', warning: '> 5%', critical: 'very long' },
        { metric: 'error_rate', warning: '> 5' },
        { metric: 'deadlocks' },
        { metric: 'queue depth', warning: '> 10', promql: 'max(queue_depth) # of all\n' },
      ]),
    );
    assert.equal(rules, 1);
    assert.equal(left.length, 6);
    assert.match(left[0] ?? '', /moon_phase, warning "> 1": no series is known .*promql/);
    assert.match(left[2] ?? '', /as a time, e\.g\. "> 5s" or as a size/);
    assert.match(left[3] ?? '', /comparison/);
    for (const sentence of left) assert.ok(text.includes(`# NOT EXPORTED: ${sentence}`));
    assert.equal(rulesIn(text)[0]?.expr, '(\nmax(queue_depth) # of all\n) > 10');
  });

  it('hold text of the plan as text: no template, no YAML, no line of its own', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.string({ unit: 'binary' }),
            fc.constantFrom('{{', '}}', '\n', '# ', "'", '- a: b', '"'),
          ),
        ),
        (parts) => {
          const evil = parts.join('');
          const written = `x${evil}`;
          const plan = planWith([{ metric: 'error_rate', warning: '> 1%', action: written }], written);
          const { text } = prometheusRule(plan);
          const [rule, ...more] = rulesIn(text);
          assert.equal(more.length, 0);
          const expanded = (rule?.annotations.action ?? '').replaceAll('{{ "{{" }}', '');
          assert.ok(!expanded.includes('{{'));
        },
      ),
      { numRuns: 200 },
    );
  });

  it('take matchers that are matchers', () => {
    for (const text of ['job="a"', 'a=~"b.*", c!~"d"', 'a="\\"x\\""']) assert.ok(isMatcherList(text), text);
    for (const text of ['', 'job=a', 'a="b"} or x{', '"a"', 'a="b" or b'])
      assert.ok(!isMatcherList(text), text);
  });
});

describe('the monitoring queries', () => {
  it('are a file for psql, each ended, read-only, and named by nothing that psql acts on', () => {
    const queries = [
      { name: "It's `rm`\n\\! ls :x", sql: 'SELECT 1 -- one' },
      { name: 'Two', sql: 'SELECT 2;' },
    ];
    const text = monitoringQueries(planOf(JSON.stringify({ migration: 'M', monitoring: { queries } }))) ?? '';
    assert.match(text, /default_transaction_read_only = on/);
    assert.match(text, /\nSELECT 1 -- one\n;\n/);
    assert.match(text, /\nSELECT 2;\n/);
    const echoed = /^\\echo '(.*)'$/m.exec(text)?.[1] ?? '';
    assert.match(echoed, /^It s {2}rm/);
    assert.doesNotMatch(echoed, /['`\\:]/);
    assert.equal(monitoringQueries(planOf('migration: M')), undefined);
  });
});
