import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { parse } from 'yaml';
import { loadParsers, type Parsers } from '../../../server/src/analyze.ts';
import { type PlanDocument, writeDocument } from '../../../server/src/recipes/document.ts';
import { columnFacts, type Facts } from '../../../server/src/recipes/facts.ts';
import { createNames } from '../../../server/src/recipes/names.ts';
import { durationOf, estimateOf } from '../../../server/src/recipes/sizing.ts';
import { standardAlerts } from '../../../server/src/recipes/standard.ts';
import { withOtherColumn } from '../../../server/src/recipes/trigger-code.ts';
import { findTableOf, namesIn } from '../../../server/src/recipes/typed-names.ts';
import { findMetric } from '../../../server/src/runbook/metrics.ts';
import { tableByKey } from '../../../server/src/schema/lookup.ts';
import { awkward, longNames } from '../../prove/recipes/baselines.ts';

describe('the pieces of recipes', () => {
  let parsers: Parsers;
  before(async () => {
    parsers = await loadParsers();
  });
  const factsOf = (sql: string): Facts => ({ schema: parsers.baseline(sql).schema, pgVersion: 16 });
  const tableOf = (facts: Facts, key: string) => tableByKey(facts.schema, key) ?? assert.fail(key);

  it('chooses names that are free, also among themselves, and no longer than Postgres keeps', () => {
    const facts = factsOf(longNames);
    const people = tableOf(facts, 'public.people');
    const names = createNames(facts.schema);
    assert.equal(names.successor(people, 'people_nick_key', 'nick', 'alias'), 'people_alias_key1');
    assert.equal(names.successor(people, 'people_nick_key', 'nick', 'alias'), 'people_alias_key1');
    assert.equal(names.constraint(people, 'alias', 'required'), 'people_alias_required1');
    assert.equal(names.constraint(people, 'alias', 'required'), 'people_alias_required2');
    const long = tableOf(facts, 'public.a_table_with_a_name_that_is_as_long_as_postgres_lets_it_be_001');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 80 }), (name) => {
        const made = [
          names.constraint(long, name, 'check'),
          names.successor(long, `${name}_idx`, name, `${name}${name}`),
          names.trigger(long, name, 'sync'),
        ];
        for (const one of made) assert.ok(new TextEncoder().encode(one).length <= 63, one);
        assert.equal(new Set(made).size, made.length);
      }),
      { numRuns: 50 },
    );
  });

  it('knows all that a column is bound to', () => {
    const facts = factsOf(awkward);
    const lines = tableOf(facts, '"App"."Order Line"');
    const own = columnFacts(facts, lines, 'order') ?? assert.fail();
    assert.deepEqual(
      own.indexes.map(({ name }) => name.name),
      ['Lines by order', 'Order Line_lower_idx'],
    );
    assert.deepEqual(
      own.constraints.map(({ name }) => name),
      ['order is short'],
    );
    assert.deepEqual(
      own.views.map(({ name }) => name.name),
      ['Open Lines'],
    );
    assert.deepEqual(
      own.triggers.map(({ name }) => name),
      ['Note it'],
    );
    assert.deepEqual(
      own.policies.map(({ name }) => name),
      ['All but hidden'],
    );
    assert.deepEqual(
      own.statistics.map(({ name }) => name.name),
      ['order and ref'],
    );
    const reference = columnFacts(facts, lines, 'Ref') ?? assert.fail();
    assert.deepEqual(
      reference.referencedBy.map(({ constraint }) => constraint.name),
      ['by ref'],
    );
    const amount = columnFacts(facts, lines, 'Amount') ?? assert.fail();
    assert.deepEqual(
      amount.generated.map(({ name }) => name),
      ['Total'],
    );
    const noted = columnFacts(facts, lines, 'Noted') ?? assert.fail();
    assert.deepEqual(
      noted.functions.map(({ name }) => name.name),
      ['noted'],
    );
  });

  it('finds tables and columns as they are stored, and as SQL writes them', () => {
    const facts = factsOf(awkward);
    for (const typed of ['App.Order Line', '"App"."Order Line"'])
      assert.equal(findTableOf(facts, typed)?.name.name, 'Order Line', typed);
    assert.equal(findTableOf(facts, 'app.order line'), undefined);
    assert.deepEqual(namesIn('a, "b,c" ,d e'), ['a', '"b,c"', 'd e']);
  });

  it('has a trigger’s function read another column, or says why it cannot', () => {
    const made = (body: string, isSame = false) => {
      const facts = factsOf(`CREATE TABLE t (id int, a text, b text);
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ ${body} $$;
CREATE TRIGGER f BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f();`);
      const code = facts.schema.functions.get('public.f') ?? assert.fail();
      return withOtherColumn(facts, tableOf(facts, 'public.t'), code, { from: 'a', to: 'New "a"', isSame });
    };
    const good = made('BEGIN IF NEW.a <> OLD . "a" THEN RAISE NOTICE \'changed\'; END IF; RETURN NEW; END');
    assert.match(
      'sql' in good ? good.sql : '',
      /^CREATE OR REPLACE FUNCTION f\(\)[\s\S]*NEW\."New ""a""" <> OLD \. "New ""a"""/,
    );
    for (const [body, reason] of [
      ['BEGIN NEW.a := lower(NEW.b); RETURN NEW; END', /gives a a value/],
      ['BEGIN UPDATE t SET a = 1; RETURN NEW; END', /says a by itself/],
      ["BEGIN EXECUTE 'SELECT a'; RETURN NEW; END", /in a string/],
    ] as const) {
      const bad = made(body);
      assert.match('reason' in bad ? bad.reason : '', reason, body);
    }
    const same = made('BEGIN NEW.a := lower(NEW.b); RETURN NEW; END', true);
    assert.match('sql' in same ? same.sql : '', /NEW\."New ""a""" := lower\(NEW\.b\)/);
  });

  it('writes whatever stands in a plan so that it is read back', () => {
    const text = fc.oneof(
      fc.string({ unit: 'grapheme', minLength: 1 }).filter((one) => one.trim() !== ''),
      fc.constantFrom(
        'a: b',
        '# no comment',
        '- x',
        "it's",
        '"',
        'null',
        '1',
        '{}',
        '*a',
        '&a',
        '!x',
        '%',
        '@',
        '`',
        'a #b',
        '> 1',
      ),
    );
    fc.assert(
      fc.property(text, text, text, (one, other, third) => {
        const plan = documentOf({
          title: one,
          sql: `${other};\n${third};`,
          why: `${one} ${third}`,
          says: other,
        });
        const read = parse(writeDocument(plan));
        assert.equal(read.migration, one);
        assert.equal(
          read.phases[0].steps[0].sql.trim(),
          plan.phases[0]?.steps[0]?.action[1]?.toString().trim(),
        );
        assert.equal(read.phases[0].steps[0].rollback.not_needed, one);
        assert.deepEqual(read.app.versions, { v1: [one, other], v2: [one, other] });
      }),
      { numRuns: 150 },
    );
  });

  it('tells times as people do', () => {
    assert.equal(estimateOf({ low: 1, likely: 5, high: 50 }), '1s');
    assert.equal(estimateOf({ low: 124_000, likely: 1, high: 850_000 }), '2min-14min');
    assert.equal(durationOf(36 * 3_600_000), '2d');
  });

  it('sets alerts that the runbook’s rules know', () => {
    const alerts = standardAlerts({
      concurrently: true,
      heavyWal: true,
      locked: ['t'],
      grown: [],
      lockTimeout: 2000,
    });
    assert.ok(alerts.length >= 7);
    for (const { metric } of alerts) assert.ok(findMetric(metric), metric);
  });
});

function documentOf({
  title,
  sql,
  why,
  says,
}: Record<'title' | 'sql' | 'why' | 'says', string>): PlanDocument {
  const statements = [title, says];
  return {
    intro: [why],
    migration: title,
    type: 'other',
    database: { version: 16, schema: 'schema.sql' },
    tables: {},
    traffic: undefined,
    session: { lock_timeout: '2s' },
    app: {
      framework: 'nestjs',
      orm: 'none',
      runs: 'v1',
      versions: [
        { name: 'v1', says, statements },
        { name: 'v2', says, statements },
      ],
    },
    checklist: [title],
    phases: [
      {
        phase: 'Only',
        risk: undefined,
        why,
        steps: [
          {
            why,
            step: title,
            id: 'one',
            action: ['sql', sql],
            transaction: undefined,
            code: [],
            estimate: undefined,
            expect: undefined,
            rollback: { not_needed: title },
            rollbackWhy: why,
          },
        ],
      },
    ],
    alerts: [],
    queries: [],
    cleanup: [title],
  };
}
