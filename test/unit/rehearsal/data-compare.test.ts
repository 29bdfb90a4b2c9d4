import assert from 'node:assert/strict';
import { compareData } from '../../../server/src/rehearsal/data-compare.ts';
import { createDigester } from '../../../server/src/rehearsal/data-digest.ts';
import type { Engine, EngineSession } from '../../../server/src/rehearsal/model.ts';
import { dataWords } from '../../../server/src/rehearsal/proof-words.ts';
import { createTouchedRows, noteTouched } from '../../../server/src/rehearsal/touched-rows.ts';
import { embeddedEngine } from './setup.ts';

describe('rows before and after', function () {
  this.timeout(60_000);
  let session: EngineSession;
  before(async () => {
    const engine: Engine = await embeddedEngine();
    session = await engine.open();
  });
  after(() => session?.close());

  beforeEach(async () => {
    await session.exec(`DROP SCHEMA public CASCADE; CREATE SCHEMA public;
      CREATE TABLE keyed (id int PRIMARY KEY, name text, odd text);
      INSERT INTO keyed SELECT i, 'n' || i, CASE WHEN i % 2 = 1 THEN E'a\\tb\\nc' || i END FROM generate_series(1, 10) i;
      CREATE TABLE loose (name text, n int);
      INSERT INTO loose SELECT 'x', 1 FROM generate_series(1, 5);
      CREATE TABLE parts (id int, at int, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
      CREATE TABLE parts_low PARTITION OF parts FOR VALUES FROM (0) TO (10);
      CREATE TABLE parts_high PARTITION OF parts FOR VALUES FROM (10) TO (20);
      INSERT INTO parts SELECT i, i FROM generate_series(1, 15) i;`);
  });

  /** What is different after some SQL, in words; the application's part of it is left out. */
  const after_ = async (
    sql: string,
    written = '',
  ): Promise<{ words: string[]; compared: readonly string[]; notes: readonly string[] }> => {
    const digester = createDigester(session);
    const touched = createTouchedRows();
    const was = await digester.take();
    const mark = touched.mark();
    for (const one of written.split('; ').filter((sql) => sql !== '')) {
      await session.query('BEGIN');
      const witness = { digester, digest: was, touched };
      const noted = await noteTouched(session, witness, () => session.query(one), one.startsWith('UPDATE'));
      await session.query('COMMIT');
      noted.commit();
    }
    const before = await digester.take();
    if (sql !== '') await session.exec(sql);
    digester.schemaChanged();
    const data = compareData(was, await digester.take(), { touched, mark, applied: was, written: before });
    return { words: dataWords(data), compared: data.compared, notes: data.notes };
  };

  it('what a trigger stamps at each UPDATE is said, and is no loss; other values of its are', async () => {
    await session.exec(`CREATE TABLE cats (id int PRIMARY KEY, "saidAt" timestamptz, version int, other text);
      INSERT INTO cats SELECT i, '2001-01-01', i, 'x' FROM generate_series(1, 3) i;
      CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        NEW."saidAt" := now(); NEW.version = OLD.version + 1; NEW.other := 'y'; RETURN NEW; END $$;
      CREATE TRIGGER stamp BEFORE INSERT OR UPDATE ON cats FOR EACH ROW EXECUTE FUNCTION stamp();`);
    const found = await after_('UPDATE cats SET id = id');
    assert.deepEqual(found.words, ['cats.other: 3 values lost']);
    assert.match(found.notes.join(' '), /cats\.saidAt is set by a trigger.*3 of its values.*cats\.version/);
    const again = await after_('ALTER TABLE cats DROP version; ALTER TABLE cats ADD version int DEFAULT 7');
    assert.deepEqual(again.words, ['cats.version: 3 values lost']);
    const rekeyed = `ALTER TABLE cats ADD key int UNIQUE; UPDATE cats SET key = id; ALTER TABLE cats DROP id;
      ALTER TABLE cats RENAME key TO id; ALTER TABLE cats ADD PRIMARY KEY (id)`;
    const otherKey = await after_(rekeyed);
    assert.deepEqual(otherKey.words, []);
    assert.match(otherKey.notes.join(' '), /cats\.saidAt is set by a trigger.*3 of its values/);
  });

  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    ['nothing', '', []],
    ['the same rows in a file of their own', 'VACUUM FULL keyed', []],
    ['values gone', 'UPDATE keyed SET name = NULL WHERE id < 4', ['keyed.name: 3 values lost']],
    ['values changed', "UPDATE keyed SET odd = odd || '!'", ['keyed.odd: 5 values lost']],
    [
      'values come',
      "UPDATE keyed SET odd = coalesce(odd, 'new')",
      ['keyed.odd: 5 values that were not there before'],
    ],
    ['a column gone', 'ALTER TABLE keyed DROP COLUMN odd', ['keyed.odd: 5 values lost']],
    ['a column more', 'ALTER TABLE keyed ADD COLUMN more int DEFAULT 3', []],
    [
      'rows gone and come',
      'UPDATE keyed SET id = 100 WHERE id = 1',
      ['keyed: 1 row missing', 'keyed: 1 row that was not there before'],
    ],
    ['all rows gone', 'TRUNCATE keyed', ['keyed: 10 rows missing']],
    ['a table gone', 'DROP TABLE keyed', ['keyed: 10 rows missing']],
    [
      'a table made again with its rows',
      'CREATE TABLE copy AS TABLE keyed; DROP TABLE keyed; ALTER TABLE copy RENAME TO keyed; ALTER TABLE keyed ADD PRIMARY KEY (id)',
      [],
    ],
    [
      'one of many equal rows',
      'DELETE FROM loose WHERE ctid = (SELECT min(ctid) FROM loose)',
      ['loose: 1 row missing'],
    ],
    [
      'a row without a key that changed',
      'UPDATE loose SET n = 2 WHERE ctid = (SELECT min(ctid) FROM loose)',
      ['loose: 1 row missing', 'loose: 1 row that was not there before'],
    ],
    ['a partition emptied', 'TRUNCATE parts_high', ['parts: 6 rows missing']],
    [
      'a row that moves between partitions',
      'UPDATE parts SET at = 12 WHERE id = 1',
      ['parts: 1 row missing', 'parts: 1 row that was not there before'],
    ],
  ];
  for (const [name, sql, words] of cases)
    it(`tells ${name}`, async () => assert.deepEqual((await after_(sql)).words, words));

  it('leaves out what the application wrote, changed and deleted', async () => {
    const all = async (written: string) => (await after_('', written)).words;
    assert.deepEqual(await all("INSERT INTO keyed VALUES (11, 'new', NULL), (12, 'new', NULL)"), []);
    assert.deepEqual(await all("UPDATE keyed SET name = 'changed' WHERE id = 3"), []);
    assert.deepEqual(await all('UPDATE keyed SET id = 50 WHERE id = 5'), []);
    assert.deepEqual(await all('DELETE FROM keyed WHERE id = 7'), []);
    assert.deepEqual(await all('UPDATE parts SET at = 15 WHERE id = 2'), []);
    assert.deepEqual(await all("INSERT INTO loose VALUES ('y', 2)"), []);
    const both = await after_(
      'UPDATE keyed SET name = NULL WHERE id IN (1, 2)',
      "UPDATE keyed SET odd = 'x' WHERE id = 1",
    );
    assert.deepEqual(both.words, ['keyed.name: 1 value lost']);
  });

  it('follows rows that triggers write and cascades delete', async () => {
    await session.exec(`CREATE TABLE child (id int PRIMARY KEY, keyed_id int REFERENCES keyed ON DELETE CASCADE);
      INSERT INTO child SELECT i, i FROM generate_series(1, 10) i;
      CREATE FUNCTION log() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO parts VALUES (NEW.id, 1); RETURN NEW; END $$;
      CREATE TRIGGER log AFTER INSERT ON keyed FOR EACH ROW EXECUTE FUNCTION log()`);
    assert.deepEqual((await after_('', 'DELETE FROM keyed WHERE id = 4')).words, []);
    assert.deepEqual((await after_('', "INSERT INTO keyed VALUES (77, 'x', 'y')")).words, []);
  });

  describe('what the application wrote to another table', () => {
    beforeEach(() =>
      session.exec(`CREATE TABLE card (ref int PRIMARY KEY, odd text, other text);
        INSERT INTO card SELECT id, odd, 'o' || id FROM keyed`),
    );
    const bring =
      'UPDATE keyed SET odd = card.odd FROM card WHERE ref = id AND card.odd IS DISTINCT FROM keyed.odd';

    it('is no loss where a rollback brings it over to the row that it belongs to', async () => {
      const found = async (written: string, sql = bring) => (await after_(sql, written)).words;
      assert.deepEqual(await found("UPDATE card SET odd = 'new' WHERE ref = 3"), []);
      assert.deepEqual(await found('UPDATE card SET odd = NULL WHERE ref = 5'), []);
      assert.deepEqual(
        await found("INSERT INTO card VALUES (40, 'x', 'y')", "INSERT INTO keyed VALUES (40, 'y', 'x')"),
        [],
      );
      const empty = 'UPDATE keyed SET odd = NULL WHERE id = 9';
      assert.deepEqual(await found('DELETE FROM card WHERE ref = 9', empty), []);
      await session.exec("INSERT INTO card VALUES (9, 'odd', 'o9')");
      assert.deepEqual(await found('DELETE FROM card WHERE ref = 7', 'DELETE FROM keyed WHERE id = 7'), [
        'keyed: 1 row missing',
      ]);
      await session.exec('UPDATE card SET other = name, odd = keyed.odd FROM keyed WHERE ref = id');
      assert.deepEqual(await found('DELETE FROM card WHERE ref = 9', 'DELETE FROM keyed WHERE id = 9'), []);
    });

    it('excuses nothing but that', async () => {
      const found = async (written: string, sql: string) => (await after_(sql, written)).words;
      const lost = ['keyed.odd: 1 value lost'];
      const write = "UPDATE card SET odd = 'new' WHERE ref = 3";
      assert.deepEqual(await found(write, "UPDATE keyed SET odd = 'new' WHERE id = 5"), lost);
      assert.deepEqual(await found(write, "UPDATE keyed SET odd = 'newer' WHERE id = 3"), lost);
      assert.deepEqual(await found(write, 'UPDATE keyed SET odd = NULL WHERE id = 1'), lost);
      assert.deepEqual(
        await found(
          `${write}; UPDATE card SET odd = 'newest' WHERE ref = 3`,
          "UPDATE keyed SET odd = 'new' WHERE id = 3",
        ),
        lost,
      );
      assert.deepEqual(await found('', "UPDATE keyed SET odd = 'o3' WHERE id = 3"), lost);
      assert.deepEqual(
        await found("INSERT INTO card VALUES (40, 'x', 'y')", "INSERT INTO keyed VALUES (40, 'z', 'x')"),
        ['keyed: 1 row that was not there before'],
      );
    });
  });

  it('holds a sample of a big table, and says so', async () => {
    await session.exec('INSERT INTO keyed (id, name) SELECT i, i FROM generate_series(11, 50000) i');
    const digester = createDigester(session);
    const was = await digester.take();
    const rows = was.tables.get('keyed')?.rows;
    assert.ok(
      rows instanceof Map && rows.size > 10_000 && rows.size < 25_000,
      `${rows instanceof Map && rows.size}`,
    );
    await session.exec(
      'UPDATE keyed SET name = NULL; INSERT INTO loose SELECT NULL FROM generate_series(1, 30000)',
    );
    const data = compareData(was, await digester.take(), { touched: createTouchedRows(), mark: 0 });
    assert.deepEqual(data.lost, [{ table: 'keyed', column: 'name', rows: rows.size }]);
    assert.match(data.notes.join(), /^Of the 50,000 rows of keyed one in 3 was compared\./);
  });
});
