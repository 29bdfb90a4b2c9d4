import assert from 'node:assert/strict';
import { sharesOperators, typeChange } from '../../../server/src/effects/type-change.ts';
import { emptySchema } from '../../../server/src/schema/apply.ts';
import { embeddedPostgres } from '../support/embedded-postgres.ts';

/** As `format_type` prints them. */
const types = [
  'integer',
  'bigint',
  'numeric',
  'numeric(10,2)',
  'numeric(12,2)',
  'text',
  'character varying',
  'character varying(10)',
  'character varying(20)',
  'character(5)',
  'character(8)',
  'bpchar',
  'timestamp without time zone',
  'timestamp with time zone',
  'timestamp(3) with time zone',
  'timestamp(6) with time zone',
  'time without time zone',
  'time(3) without time zone',
  'interval',
  'interval(3)',
  'bit(5)',
  'bit varying',
  'bit varying(8)',
  'inet',
  'cidr',
  'jsonb',
  'integer[]',
  'text[]',
  'character varying(10)[]',
  'character varying[]',
];

interface Seen {
  readonly source: string;
  readonly target: string;
  readonly rewritten: boolean;
  readonly index_kept: boolean | null;
}

/** Changes a column from each type to each other that a cast leads to, at UTC. */
const experiment = `
CREATE FUNCTION try_changes(types text[]) RETURNS TABLE (source text, target text, rewritten bool, index_kept bool) LANGUAGE plpgsql AS $$
DECLARE before oid; before_index oid; indexed bool;
BEGIN
  FOREACH source IN ARRAY types LOOP
    FOREACH target IN ARRAY types LOOP
      CONTINUE WHEN source = target;
      EXECUTE format('CREATE TABLE changing (c %s)', source);
      BEGIN
        EXECUTE 'CREATE INDEX changing_c ON changing (c)';
        indexed := true;
      EXCEPTION WHEN OTHERS THEN
        indexed := false;
      END;
      before := pg_relation_filenode(to_regclass('changing'));
      before_index := CASE WHEN indexed THEN pg_relation_filenode(to_regclass('changing_c')) END;
      BEGIN
        EXECUTE format('ALTER TABLE changing ALTER c TYPE %s USING c::%1$s', target);
        rewritten := pg_relation_filenode(to_regclass('changing')) <> before;
        index_kept := CASE WHEN indexed THEN pg_relation_filenode(to_regclass('changing_c')) = before_index END;
        RETURN NEXT;
      EXCEPTION WHEN OTHERS THEN
      END;
      DROP TABLE changing;
    END LOOP;
  END LOOP;
END $$`;

describe('type changes, against Postgres', () => {
  it('rewrite the table and keep its index as foretold, between all built-in types with a cast', async function () {
    this.timeout(60_000);
    const db = await embeddedPostgres();
    await db.exec(experiment);
    const { rows } = await db.query<Seen>('SELECT * FROM try_changes($1)', [types]);
    assert.ok(rows.length > 250, `${rows.length} changes tried`);
    const schema = emptySchema({ complete: true });
    const wrong = rows.flatMap(({ source, target, rewritten, index_kept }) => {
      const change = typeChange(source, target, schema, 'UTC').kind;
      const kept = change === 'keeps' && sharesOperators(source, target, schema);
      const agrees =
        change === (rewritten ? 'rewrites' : 'keeps') && (index_kept === null || kept === index_kept);
      return agrees
        ? []
        : [`${source} > ${target}: ${change}, index ${kept}; seen ${rewritten}, index ${index_kept}`];
    });
    assert.deepEqual(wrong, []);
  });

  it('between timestamps depend on the TimeZone', () => {
    const schema = emptySchema({ complete: true });
    const change = (zone: string | undefined) =>
      typeChange('timestamp with time zone', 'timestamp without time zone', schema, zone);
    assert.equal(change('UTC').kind, 'keeps');
    assert.equal(change('Europe/Berlin').kind, 'rewrites');
    const unknown = change(undefined);
    assert.ok(unknown.kind === 'unknown');
    assert.match(unknown.fact, /TimeZone/);
  });
});
