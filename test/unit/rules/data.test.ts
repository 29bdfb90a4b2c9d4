import assert from 'node:assert/strict';
import { analyze, loadParsers, type Parsers } from '../../../server/src/analyze.ts';
import { dataRules } from '../../../server/src/rules/data/index.ts';
import { examplePlan } from './example-plan.ts';

const ids = new Set(dataRules.map(({ id }) => id));

const baseline =
  'CREATE TABLE users (id bigint PRIMARY KEY, name text, email text, tags text[], old_tags text[]);';

describe('rules: changes of rows', () => {
  let parsers: Parsers;
  before(async () => {
    parsers = await loadParsers();
  });

  const found = (steps: string, plan: Readonly<Record<string, string>> = {}) => {
    const text = examplePlan({ steps, plan });
    const { findings } = analyze(text, { parsers, kind: 'plan', readFile: () => ({ text: baseline }) });
    return findings.filter(({ rule }) => ids.has(rule)).map(({ rule }) => rule);
  };

  describe('a backfill before the application writes both', () => {
    const app = `{ runs: v1, versions: { v1: ["INSERT INTO users (id, name) VALUES ($1, $2)"], v2: ["INSERT INTO users (id, name, handle) VALUES ($1, $2, $2)"] } }`;
    const steps = (body: string) => `- step: Add
  sql: |
    ALTER TABLE users ADD COLUMN handle text;
    CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ ${body} $$;
    CREATE TRIGGER keep BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION keep();
  rollback: { impossible: for the example }
- step: Copy
  backfill: { table: users, set: handle = name, where: handle IS NULL }
  rollback: { not_needed: nothing reads it }
- step: Deploy
  deploy: v2
  rollback: { deploy: v1 }
`;
    const bodies: readonly (readonly [string, string, boolean])[] = [
      ['fills the column', 'BEGIN NEW.handle := NEW.name; RETURN NEW; END', true],
      [
        'updates the row itself',
        'BEGIN UPDATE users SET handle = NEW.name WHERE id = NEW.id; RETURN NEW; END',
        true,
      ],
      ['puts its SQL together', "BEGIN EXECUTE 'UPDATE ' || TG_TABLE_NAME; RETURN NEW; END", true],
      ['does something else', "BEGIN NEW.email := 'none'; RETURN NEW; END", false],
    ];
    for (const [what, body, kept] of bodies)
      it(`a trigger that ${what} ${kept ? 'keeps it' : 'does not keep it'}`, () =>
        assert.deepEqual(found(steps(body), { app }), kept ? [] : ['backfill-before-dual-write']));
  });

  describe('a loop over batches', () => {
    const steps = (set: string, where: string) => `- step: Copy
  transaction: false
  sql: |
    DO $$
    BEGIN
      LOOP
        UPDATE users SET ${set} WHERE id IN (SELECT id FROM users WHERE ${where} LIMIT 1000);
        EXIT WHEN NOT FOUND;
        COMMIT;
      END LOOP;
    END $$;
  rollback: { not_needed: nothing reads it }
`;
    const loops: readonly (readonly [string, string, boolean])[] = [
      ['name = email', 'name IS NULL', false],
      ['name = lower(email)', 'name IS NULL', false],
      ["name = email || '@'", 'name IS NULL', false],
      ['name = email::varchar', 'name IS NULL', false],
      ["name = coalesce(email, '')", 'name IS NULL', true],
      ["name = concat(email, '@')", 'name IS NULL', true],
      ['name = lower(email)', 'name IS NULL AND email IS NOT NULL', true],
      ["tags = old_tags || ARRAY['a']", 'tags IS NULL', true],
      ["name = 'x'", 'email IS NULL', false],
    ];
    for (const [set, where, ends] of loops)
      it(`SET ${set} WHERE ${where} ${ends ? 'ends' : 'never ends'}`, () =>
        assert.deepEqual(found(steps(set, where)), ends ? [] : ['batch-loop-never-ends']));
  });
});
