import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Job } from 'kubernetes-models/batch/v1/Job';
import { ConfigMap } from 'kubernetes-models/v1/ConfigMap';
import { parseAllDocuments } from 'yaml';
import { type Analysis, analyze, loadParsers, type Parsers } from '../../../server/src/analyze.ts';
import {
  backfillJob,
  backfillSteps,
  isKubernetesName,
  type JobOptions,
} from '../../../server/src/runbook/job.ts';

describe('a backfill as a Kubernetes Job', () => {
  let parsers: Parsers;
  before(async () => {
    parsers = await loadParsers();
  });

  const analysed = (
    backfill: object,
    name = 'Fill',
    ddl = 'CREATE TABLE t (id bigint PRIMARY KEY, n int);',
  ): Analysis =>
    analyze(
      JSON.stringify({
        migration: name,
        database: { version: 16 },
        session: { lock_timeout: '2s', retries: 4 },
        phases: [{ phase: 'P', steps: [{ step: name, backfill, rollback: { not_needed: 'x' } }] }],
      }),
      { parsers, kind: 'plan', baselineSql: ddl, readFile: () => ({ error: 'none' }) },
    );
  const fill = { table: 't', set: 'n = 1', where: 'n IS NULL', batch: 5000, pause: '200ms' };

  /** The manifest, valid as Kubernetes has it. */
  function made(analysis: Analysis, options: JobOptions = {}) {
    const [step] = backfillSteps(analysis);
    assert.ok(step);
    const result = backfillJob(analysis, step, options);
    assert.ok(!('refused' in result), JSON.stringify(result));
    const documents = parseAllDocuments(result.text).map((document) => document.toJS());
    assert.equal(documents.length, 2);
    const [configMap, job] = documents;
    new ConfigMap(configMap).validate();
    new Job(job).validate();
    return { ...result, configMap, job };
  }

  it('is a manifest that Kubernetes takes, with the plan’s batch and pause, and no credentials in it', () => {
    const { configMap, job, text } = made(analysed(fill), { secret: 'db', namespace: 'shop', maxLag: 1024 });
    const sql: string = configMap.data['backfill.sql'];
    assert.match(sql, /OFFSET 4999/);
    assert.match(sql, /pg_sleep\(0\.2\)/);
    assert.match(sql, /lag <= 1024/);
    assert.match(sql, /tries > 4/);
    const { template, backoffLimit, activeDeadlineSeconds } = job.spec;
    assert.deepEqual([backoffLimit, activeDeadlineSeconds], [6, 24 * 3600]);
    const [container] = template.spec.containers;
    assert.equal(container.image, 'postgres:16-alpine');
    assert.deepEqual(container.envFrom, [{ secretRef: { name: 'db' } }]);
    assert.deepEqual(container.securityContext.capabilities, { drop: ['ALL'] });
    assert.equal(template.spec.securityContext.runAsNonRoot, true);
    assert.equal(template.spec.volumes[0].configMap.name, configMap.metadata.name);
    assert.equal(job.metadata.namespace, 'shop');
    assert.doesNotMatch(text, /PGPASSWORD[=:]|password:/);
  });

  it('may last three times what the slowest server takes', () => {
    const minutes = (high: number) => ({ preview: { time: { low: 1, likely: 1, high: high * 60_000 } } });
    const seconds = [1, 50, 100_000].map(
      (high) => made(analysed(fill), minutes(high)).job.spec.activeDeadlineSeconds,
    );
    assert.deepEqual(seconds, [3600, 3 * 3600, 7 * 24 * 3600]);
    assert.throws(() => new Job({ ...made(analysed(fill)).job, spec: { backoffLimit: 'many' } }).validate());
  });

  it('says why there is none', () => {
    const analysis = analysed(fill, 'Fill', 'CREATE TABLE t (id bigint, n int);');
    const [step] = backfillSteps(analysis);
    assert.ok(step);
    const result = backfillJob(analysis, step);
    assert.match('refused' in result ? result.refused : '', /t has no primary key to walk in batches/);
  });

  it('holds text of the plan as text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (name) => {
        const { configMap } = made(
          analysed(
            { ...fill, set: `n = length('${name.replaceAll("'", '').replaceAll('\0', '')}')` },
            `x\n---\n${name}`,
          ),
        );
        assert.match(configMap.metadata.name, /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/);
        assert.deepEqual(Object.keys(configMap.data), ['backfill.sql']);
      }),
      { numRuns: 50 },
    );
    assert.ok(isKubernetesName('my-db.v2') && !isKubernetesName('My_DB') && !isKubernetesName('a\nb'));
  });
});
