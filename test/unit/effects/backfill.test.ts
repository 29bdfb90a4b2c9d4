import assert from 'node:assert/strict';
import type { PGlite } from '@electric-sql/pglite';
import {
  type BackfillBatch,
  backfillBatchSql,
  effectsOfBackfill,
} from '../../../server/src/effects/backfill.ts';
import type { BackfillAction } from '../../../server/src/plan/model.ts';
import { baselineSchema, emptySchema } from '../../../server/src/schema/apply.ts';
import type { SqlParser } from '../../../server/src/sql/model.ts';
import { loadSqlParser } from '../../../server/src/sql/parser.ts';
import { embeddedPostgres } from '../support/embedded-postgres.ts';

const range = { start: 0, end: 0 };
const text = (value: string) => ({
  text: value,
  range,
  map: { toDocument: (offset: number) => offset, toValue: (offset: number) => offset },
  file: undefined,
});

function backfill(
  table: string,
  set: string,
  where?: string,
  batch = 10,
  key: readonly string[] = [],
): BackfillAction {
  return {
    kind: 'backfill',
    table: { value: table, range },
    set: text(set),
    where: where === undefined ? undefined : text(where),
    batch,
    pause: 0,
    key: key.map((value) => ({ value, range })),
    keyRange: range,
    range,
  };
}

const ddl = `
CREATE TABLE parent (id int PRIMARY KEY);
CREATE TABLE one (id int PRIMARY KEY, a int, b int, parent_id int REFERENCES parent);
CREATE TABLE two (x text, y uuid, a int, PRIMARY KEY (x, y));
CREATE TABLE none (k int NOT NULL, n int, a int);
CREATE TABLE "Odd" ("Key" int PRIMARY KEY, "A" int);
CREATE VIEW v AS SELECT 1 AS x;
`;

describe('backfill', () => {
  let parser: SqlParser;
  let db: PGlite;
  const schema = () => baselineSchema(parser.parse(ddl));
  const compose = (action: BackfillAction): BackfillBatch => {
    const batch = backfillBatchSql(action, schema());
    assert.ok('sql' in batch, 'unknown' in batch ? batch.unknown : '');
    return batch;
  };
  const missing = (action: BackfillAction, known = schema()): string => {
    const batch = backfillBatchSql(action, known);
    return 'unknown' in batch ? batch.unknown : '';
  };

  before(async function () {
    this.timeout(60_000);
    parser = await loadSqlParser();
    db = await embeddedPostgres();
    await db.exec(ddl);
    await db.exec('INSERT INTO one SELECT g * 3, NULL, g FROM generate_series(1, 95) g');
    await db.exec(`INSERT INTO two SELECT (g % 7)::text, gen_random_uuid() FROM generate_series(1, 95) g`);
    await db.exec('INSERT INTO none SELECT g / 4, g FROM generate_series(1, 95) g');
    await db.exec('INSERT INTO "Odd" SELECT g FROM generate_series(1, 95) g');
  });

  /** As the walk is described; the rows that each batch changed. */
  async function walk(batch: BackfillBatch): Promise<number[]> {
    const row = (rows: readonly unknown[]) => (rows[0] ? Object.values(rows[0] as object) : undefined);
    const end = row((await db.query(batch.endSql)).rows);
    const changed: number[] = [];
    let reached: unknown[] | undefined;
    while (end && String(reached) !== String(end)) {
      const bound = reached
        ? await db.query(batch.nextBoundSql, reached)
        : await db.query(batch.firstBoundSql);
      const to: unknown[] = row(bound.rows) ?? end;
      const update = reached
        ? await db.query(batch.sql, [...reached, ...to])
        : await db.query(batch.firstSql, to);
      changed.push(update.affectedRows ?? 0);
      reached = to;
      assert.ok(changed.length < 100, 'the walk does not end');
    }
    return changed;
  }

  it('walks every row once, in batches, by the primary key', async () => {
    assert.deepEqual(await walk(compose(backfill('one', 'a = b'))), [10, 10, 10, 10, 10, 10, 10, 10, 10, 5]);
    const { rows } = await db.query('SELECT count(*)::int AS left FROM one WHERE a IS DISTINCT FROM b');
    assert.deepEqual(rows, [{ left: 0 }]);
  });

  it('ends though `where` stays true', async () => {
    const changed = await walk(compose(backfill('one', 'a = a', 'true -- always')));
    assert.equal(
      changed.reduce((sum, one) => sum + one, 0),
      95,
    );
  });

  it('walks a key of several columns, a key with repeats, and quoted names', async () => {
    for (const action of [
      backfill('two', 'a = 1', 'a IS NULL'),
      backfill('none', 'a = 1', 'a IS NULL OR a = 1', 10, ['k']),
      backfill('"Odd"', '"A" = 1'),
      backfill('public.one', 'a = -7', 'a > 0', 1000),
    ]) {
      const changed = await walk(compose(action));
      assert.equal(
        changed.reduce((sum, one) => sum + one, 0),
        95,
        action.table?.value,
      );
    }
  });

  it('does nothing on an empty table', async () => {
    assert.deepEqual(await walk(compose(backfill('parent', 'id = id'))), []);
  });

  it('reads as SQL, the source kept as it stands', () => {
    const { sql } = compose(backfill('one', 'a = b', 'a IS NULL'));
    assert.equal(sql, 'UPDATE one\nSET a = b\nWHERE id > $1 AND id <= $2\n  AND (a IS NULL\n  )');
    assert.deepEqual(parser.parse(sql).problems, []);
  });

  it('says what is missing', () => {
    assert.match(missing(backfill('none', 'a = 1')), /no primary key.*give a `key`/);
    assert.match(missing(backfill('none', 'a = 1', undefined, 10, ['n'])), /may be null/);
    assert.match(missing(backfill('none', 'a = 1', undefined, 10, ['zz'])), /no column zz/);
    assert.match(missing(backfill('v', 'x = 1')), /not a table/);
    assert.match(missing(backfill('nope', 'x = 1')), /does not exist/);
    assert.match(
      missing(backfill('nope', 'x = 1'), emptySchema({ complete: false })),
      /primary key of nope is not known/,
    );
    assert.match(missing(backfill('a b', 'x = 1')), /needs a `table`/);
  });

  it('locks the table for writers of the same rows alone, and the tables whose keys it writes', () => {
    const effects = effectsOfBackfill(backfill('one', 'a = b, parent_id = 1'), schema(), { pgVersion: 16 });
    assert.equal(effects.class, 'batched');
    assert.deepEqual(effects.locks, [
      { relation: 'one', mode: 'RowExclusiveLock', isNew: false },
      { relation: 'parent', mode: 'RowShareLock', isNew: false },
    ]);
    assert.equal(
      effectsOfBackfill(backfill('one', 'a = parent_id'), schema(), { pgVersion: 16 }).locks.length,
      1,
    );
  });

  it('is unknown without a key to walk', () => {
    const effects = effectsOfBackfill(backfill('none', 'a = 1'), schema(), { pgVersion: 16 });
    assert.equal(effects.class, 'unknown');
    assert.equal(effects.unknown.length, 1);
  });
});
