import assert from 'node:assert/strict';
import { loadSqlParser } from '../../../server/src/sql/parser.ts';
import { compare } from '../../prove/compare.ts';
import type { Form } from '../../prove/forms/model.ts';
import { formsOf, type Scene } from '../../prove/forms/model.ts';
import { disagreements, judge, totals } from '../../prove/judge.ts';
import type { Observed, Outcome } from '../../prove/observe/model.ts';
import { type Foretold, foretellOn } from '../../prove/predict.ts';
import { writeTable } from '../../prove/table.ts';

const scene: Scene = {
  name: 'small',
  setup: 'CREATE TABLE t (id int PRIMARY KEY, b text); CREATE TABLE u (id int);',
  forms: { all: 'alter table t alter column b type int using b::int\nalter table t add column x int' },
};
const [form] = formsOf(scene) as [Form];
const observed: Observed = {
  locks: { t: 'AccessExclusiveLock', t_pkey: 'AccessExclusiveLock' },
  rewrites: ['t', 't_pkey'],
  scans: ['t'],
};

describe('what was foretold, held against what happened', () => {
  let foretold: Foretold;

  before(async () => {
    foretold = foretellOn(scene, await loadSqlParser())(form.sql, 18);
  });

  function differences(change: Partial<Foretold>, outcome: Outcome = observed, how: Form = form) {
    return compare({ ...foretold, ...change }, outcome, how, 18).differences;
  }

  it('agrees where it is the same', () => {
    assert.deepEqual(compare(foretold, observed, form, 18), { verdict: 'agreed', differences: [] });
  });

  it('tells a wrong lock, one too many and one too few', () => {
    const { t_pkey: _, ...fewer } = foretold.locks;
    assert.deepEqual(differences({ locks: { ...foretold.locks, t: 'ShareLock' } }), [
      't: ShareLock foretold, AccessExclusiveLock seen',
    ]);
    assert.deepEqual(differences({ locks: { ...foretold.locks, u: 'RowShareLock' } }), [
      'u: RowShareLock foretold, no lock seen',
    ]);
    assert.deepEqual(differences({ locks: fewer }), ['t_pkey: no lock foretold, AccessExclusiveLock seen']);
  });

  it('lets a lock that hangs on rows be weaker, and nothing else', () => {
    const locks = { ...foretold.locks, u: 'RowShareLock' } as const;
    assert.deepEqual(differences({ locks, maybe: ['u'] }), []);
    assert.equal(differences({ locks: { ...locks, t: 'ShareLock' }, maybe: ['t', 'u'] }).length, 1);
  });

  it('tells a rewrite that is missed and one that is invented', () => {
    assert.deepEqual(differences({ rewrites: ['t'], scans: ['t', 't_pkey'] }), ['t_pkey is rewritten']);
    assert.deepEqual(differences({ rewrites: ['t', 't_pkey', 'u'], scans: ['t', 't_pkey', 'u'] }), [
      'u is not rewritten',
      'u is not read in full',
    ]);
  });

  it('tells a scan that is missed, unless something is unknown, and one that is invented in any case', () => {
    const outcome: Observed = { ...observed, scans: ['t', 'u'] };
    assert.deepEqual(differences({}, outcome), ['u is read in full']);
    assert.deepEqual(differences({ unknown: ['who reads u'] }, outcome), []);
    assert.equal(compare({ ...foretold, unknown: ['who reads u'] }, outcome, form, 18).verdict, 'unknown');
    assert.deepEqual(differences({ scans: ['t', 't_pkey', 'u'], unknown: ['x'] }), ['u is not read in full']);
  });

  it('lets an unknown about locks leave out locks, not invent them', () => {
    assert.deepEqual(differences({ locks: {}, unknown: ['x'], moreLocks: true }), []);
    assert.equal(differences({ locks: {}, unknown: ['x'] }).length, 2);
    assert.equal(
      differences({ locks: { ...foretold.locks, u: 'ShareLock' }, unknown: ['x'], moreLocks: true }).length,
      1,
    );
  });

  it('tells what runs in a transaction from what does not', () => {
    assert.deepEqual(differences({ alone: true }), ['done in a transaction block']);
    assert.deepEqual(differences({}, { ...observed, alone: true }), ['refused in a transaction block']);
  });

  it('takes a refusal for agreed only where a newer version is needed, else it must be marked', () => {
    const refused = { refused: 'syntax error' };
    assert.equal(compare({ ...foretold, since: 18 }, refused, form, 17).verdict, 'agreed');
    assert.equal(compare({ ...foretold, since: 17 }, refused, form, 17).verdict, 'disagreed');
    assert.equal(compare(foretold, refused, { ...form, refused: true }, 17).verdict, 'refused');
    assert.equal(compare(foretold, refused, { ...form, until: 16 }, 17).verdict, 'refused');
    assert.equal(compare(foretold, refused, { ...form, until: 17 }, 17).verdict, 'disagreed');
  });

  it('tells what is done though it was to be refused', () => {
    assert.equal(compare({ ...foretold, since: 18 }, observed, form, 17).verdict, 'disagreed');
    assert.equal(compare({ ...foretold, refused: true }, observed, form, 17).verdict, 'disagreed');
    assert.equal(compare(foretold, observed, { ...form, refused: true }, 17).verdict, 'disagreed');
  });

  it('counts and lists them, and wants every statement observed', async () => {
    const parser = await loadSqlParser();
    const wrong: Observed = { locks: {}, rewrites: [], scans: [] };
    const outcomes = Object.fromEntries(
      formsOf(scene).map(({ sql }) => [sql, sql === form.sql ? observed : wrong]),
    );
    const judged = judge([scene], new Map([[18, { small: outcomes }]]), parser);
    assert.deepEqual(totals(judged), { agreed: 1, refused: 0, unknown: 0, unseen: 0, disagreed: 1 });
    const [line = ''] = disagreements(judged);
    assert.match(line, /add column x[\s\S]*t: AccessExclusiveLock foretold, no lock seen[\s\S]*on 18/);
    assert.match(
      writeTable(judged),
      /\| `alter table t add column x int` \| 18 \| AccessExclusive t \| – \| disagreed/,
    );
    assert.throws(() => judge([scene], new Map([[18, { small: {} }]]), parser), /run npm run prove/);
  });
});
