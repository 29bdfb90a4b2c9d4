import assert from 'node:assert/strict';
import type { SqlParser } from '../../../server/src/sql/model.ts';
import { loadSqlParser } from '../../../server/src/sql/parser.ts';
import type { PeerCase } from '../../bench/peer-case-file.ts';
import { atOdds, contradicted, contradictions } from '../../bench/peer-contradictions.ts';
import { embeddedPostgres } from '../support/embedded-postgres.ts';

describe('bench: cases of other linters that Postgres contradicts', () => {
  let parser: SqlParser;
  before(async () => {
    parser = await loadSqlParser();
  });

  const caseOf = (id: number, sql: string, expect: PeerCase['expect'] = 'finding'): PeerCase => ({
    id,
    source: 'made up',
    concepts: [1],
    expect,
    context: '',
    sql,
  });

  /** A statement that does as the reason of that number says, and one that does not. */
  const pairs: Readonly<Record<number, readonly [string, string]>> = {
    24: [
      'ALTER TABLE a ADD COLUMN b_id int REFERENCES b (id);',
      'ALTER TABLE a ADD CONSTRAINT f FOREIGN KEY (id) REFERENCES b (id);',
    ],
    57: ['CREATE TABLE a (b int array[]);', 'CREATE TABLE a (b int[3][3]);'],
    187: ['ALTER TABLE a ENABLE ROW LEVEL SECURITY;', 'ALTER TABLE a ADD COLUMN b int;'],
    274: ['CREATE TYPE size AS ENUM ();', 'COMMENT ON COLUMN a.b IS NULL;'],
    275: ['COMMENT ON COLUMN a.b IS NULL;', 'ALTER TABLE a ALTER COLUMN b SET NOT NULL;'],
    278: ['LOCK TABLE a;', 'BEGIN; LOCK TABLE a; COMMIT;'],
    286: ['CREATE TABLE a (); ALTER TABLE a ADD COLUMN b int;', 'ALTER TABLE a ADD COLUMN b int;'],
    303: [
      'ALTER TABLE a ADD COLUMN b int DEFAULT 1;',
      'BEGIN; ALTER TABLE a ADD COLUMN b float DEFAULT random(); COMMIT;',
    ],
    347: ['ALTER TABLE a ALTER COLUMN b TYPE text;', 'ALTER TABLE a ALTER COLUMN b TYPE int;'],
    382: ['CREATE INDEX CONCURRENTLY i ON a (b);', 'CREATE INDEX i ON a (b);'],
    408: ["SET statement_timeout = '5s'; COMMIT;", "BEGIN; SET LOCAL statement_timeout = '5s'; COMMIT;"],
    601: ['CREATE INDEX i ON a (b);', 'CREATE INDEX IF NOT EXISTS i ON a (b);'],
    637: ['REFRESH MATERIALIZED VIEW v WITH NO DATA;', 'REFRESH MATERIALIZED VIEW v;'],
    717: ['ALTER TABLE a DROP CONSTRAINT a_b_check;', 'ALTER TABLE a DROP CONSTRAINT a_pkey;'],
    724: ['ALTER TABLE a ADD COLUMN b int;', 'ALTER TABLE a ENABLE ROW LEVEL SECURITY;'],
    730: ["ALTER TYPE t ADD VALUE 'two';", "ALTER TYPE t RENAME VALUE 'one' TO 'two';"],
    799: ['ALTER TABLE a ADD COLUMN b int;', 'CREATE INDEX i ON a (b);'],
    823: ['ALTER TABLE a ADD COLUMN b uuid DEFAULT gen_random_uuid();', 'ALTER TABLE a ADD COLUMN b uuid;'],
  };

  it('are those that do what the reason says, and no others', async () => {
    const db = await embeddedPostgres();
    for (const [number, [does, doesNot]] of Object.entries(pairs)) {
      const id = Number(number);
      const yes = await contradicted([caseOf(id, does)], db, parser);
      assert.deepEqual([...yes.shown.keys()], [id], does);
      const no = await contradicted([caseOf(id, doesNot)], db, parser);
      assert.deepEqual(no.notShown, [id], doesNot);
    }
  }).timeout(120_000);

  it('each have a reason that is tried here, but for the one that a server observed', () => {
    const reasons = (ids: readonly string[]) => new Set(ids.map((id) => contradictions[Number(id)]?.reason));
    const untried = [...reasons(Object.keys(contradictions))].filter(
      (reason) => !reasons(Object.keys(pairs)).has(reason),
    );
    assert.deepEqual(untried, [contradictions[277]?.reason]);
  });

  it('are at odds with others of the same text', () => {
    const found = atOdds(
      [
        caseOf(1, 'DROP TABLE a;'),
        caseOf(2, 'drop table  a -- a comment', 'silence'),
        caseOf(3, 'DROP TABLE b;', 'silence'),
        { ...caseOf(4, 'DROP TABLE a;', 'silence'), concepts: [2] },
      ],
      parser,
    );
    assert.deepEqual(
      [...found],
      [
        [1, [2]],
        [2, [1]],
      ],
    );
  });
});
