import assert from 'node:assert/strict';
import { hover, settingsHover } from '../../../server/src/features/hover.ts';
import { type AtCursor, cursorAnalyzer, planOfSteps, planWith } from './cursor.ts';

const docsOf = (rule: string) => `docs:/${rule}.md`;

describe('hover', () => {
  let at: (marked: string) => AtCursor;
  let ofSql: (marked: string) => AtCursor;
  before(async () => {
    at = await cursorAnalyzer();
    ofSql = await cursorAnalyzer('sql');
  });
  const shown = (marked: string) => {
    const { analysis, offset } = at(marked);
    const found = hover(analysis, offset, { docsOf });
    return found && { text: found.markdown, over: analysis.text.slice(found.range.start, found.range.end) };
  };
  const text = (marked: string) => shown(marked)?.text ?? '';

  describe('on a statement', () => {
    const adding = (rest = '') =>
      planOfSteps(`- step: Index it\n  sql: CREATE$0 INDEX i ON users (email);\n${rest}`);

    it('says what it does, what it locks, who waits, and how long', () => {
      const hovered = shown(adding('  rollback: DROP INDEX i;\n'));
      assert.equal(hovered?.over, 'CREATE INDEX i ON users (email)');
      assert.match(hovered.text, /^\*\*CREATE INDEX\*\* on Postgres 16/);
      assert.match(hovered.text, /Builds an index on `users` in one go\./);
      assert.match(
        hovered.text,
        /- `SHARE` on `users`: everyone who writes to it waits; reading goes on \(it is held for about [^)]+, up to [\d,]+ requests at peak\)\./,
      );
      assert.match(hovered.text, /- Takes about .+, told from the plan’s figures\./);
      assert.match(hovered.text, /- Builds an index on `users`/);
    });

    it('shows the rollback of its step', () => {
      assert.match(
        text(adding('  rollback: DROP INDEX i;\n')),
        /\*\*Rollback of the step\*\*\n\n```sql\nDROP INDEX i;\n```/,
      );
      assert.match(
        text(adding('  rollback: { not_needed: it is *nothing* }\n')),
        /Not needed: it is \\\*nothing\\\*/,
      );
    });

    it('shows what would undo it where there is none', () => {
      assert.match(text(adding()), /no rollback yet\. This undoes it:\n\n```sql\nDROP INDEX i;\n```/);
    });

    it('links to the manual of the plan’s version', () => {
      const found = text(adding());
      assert.match(found, /\(https:\/\/www\.postgresql\.org\/docs\/16\/sql-createindex\.html\)/);
      assert.match(
        found,
        /\(https:\/\/www\.postgresql\.org\/docs\/16\/explicit-locking\.html#LOCKING-TABLES\)/,
      );
    });

    it('names the fact that is missing', () => {
      const unknown = planOfSteps(
        '- step: S\n  sql: ALTER$0 TABLE nowhere ALTER COLUMN a TYPE text;\n',
      ).replace(', schema: schema.sql', '');
      assert.match(text(unknown), /Not known: .+\. To settle it, /);
    });

    it('works for rollbacks, block scalars and backfills', () => {
      const rollback = planOfSteps(
        '- step: S\n  sql: SELECT 1;\n  rollback: |\n    SELECT 1;\n    $0DROP TABLE orders;\n',
      );
      assert.match(
        text(rollback),
        /\*\*DROP TABLE\*\*[\s\S]*`ACCESS EXCLUSIVE` on `orders`[\s\S]*part of the step’s rollback/,
      );
      const backfill = planOfSteps(
        '- step: S\n  backfill: { table: users, set: email = upper$0(username), batch: 1000, pause: 1s }\n',
      );
      assert.match(text(backfill), /One batch of the backfill[\s\S]*for a batch[\s\S]*rests 1 s/);
    });

    it('says that nothing waits for a table that the plan makes', () => {
      const made = planOfSteps(
        '- step: A\n  sql: CREATE TABLE t (a int);\n- step: B\n  sql: CREATE$0 INDEX ON t (a);\n',
      );
      assert.match(text(made), /Locks nothing that others use\./);
    });

    it('goes into a DO block', () => {
      const block = planOfSteps(
        '- step: S\n  sql: |\n    DO $$BEGIN\n      DROP$0 INDEX orders_user_idx;\n    END$$;\n',
      );
      assert.match(text(block), /\*\*DROP INDEX\*\*[\s\S]*`ACCESS EXCLUSIVE` on `orders`/);
    });

    it('works in a plain SQL file', () => {
      const { analysis, offset } = ofSql('ALTER$0 TABLE users ADD COLUMN a int;');
      const found = hover(analysis, offset, { docsOf });
      assert.match(
        found?.markdown ?? '',
        /\*\*ALTER TABLE\*\*[\s\S]*`ACCESS EXCLUSIVE`[\s\S]*This undoes it/,
      );
    });
  });

  describe('on a name in SQL', () => {
    const steps = (sql: string) =>
      planOfSteps(
        `- step: A\n  sql: ALTER TABLE users ADD COLUMN handle varchar(20);\n- step: B\n  sql: ${sql}\n`,
      );

    it('shows a table as the steps before have left it, with its size', () => {
      const found = shown(steps('DELETE FROM us$0ers;'));
      assert.equal(found?.over, 'users');
      assert.match(found.text, /^\*\*users\*\* · table · 8M rows, 2\\?\.4 GB/);
      assert.match(found.text, /id bigint NOT NULL,\n/);
      assert.match(found.text, /handle character varying\(20\)/);
      assert.match(found.text, /-- orders_user_id_fkey of orders refers to it/);
    });

    it('shows a column, by an alias too', () => {
      assert.match(
        text(steps('SELECT u.ha$0ndle FROM users u;')),
        /^\*\*handle\*\* · column of `users` \(8M rows, 2\.4 GB\)\n\n```sql\nhandle character varying\(20\)\n```/,
      );
      assert.match(text(steps('SELECT em$0ail FROM users;')), /where letters go/);
      assert.match(text(steps('UPDATE users SET username$0 = 1;')), /CONSTRAINT users_username_key UNIQUE/);
    });

    it('shows what the statement itself makes', () => {
      assert.match(text(steps('ALTER TABLE users ADD COLUMN bo$0rn date;')), /born date/);
    });

    it('does not show what is made later', () => {
      const before = planOfSteps(
        '- step: A\n  sql: SELECT ha$0ndle FROM users;\n- step: B\n  sql: ALTER TABLE users ADD COLUMN handle text;\n',
      );
      assert.doesNotMatch(text(before), /handle text/);
    });

    it('shows indexes, constraints, views and names in quotes', () => {
      assert.match(text(steps('DROP INDEX orders_us$0er_idx;')), /CREATE INDEX orders_user_idx ON orders/);
      assert.match(
        text(steps('ALTER TABLE users DROP CONSTRAINT users_username$0_key;')),
        /unique of `users`/,
      );
      assert.match(text(steps('SELECT 1 FROM na$0mes;')), /\*\*names\*\* · view/);
      assert.match(text(steps('SELECT "Odd$0 Name" FROM users;')), /"Odd Name" integer/);
      assert.match(text(steps('SELECT * FROM app.no$0tes;')), /CREATE TABLE app\.notes/);
    });

    it('knows the table of a backfill, and SQL outside of steps', () => {
      const backfill = planOfSteps('- step: S\n  backfill:\n    table: us$0ers\n    set: email = username\n');
      assert.match(text(backfill), /\*\*users\*\* · table/);
      assert.match(
        text(backfill.replace('us$0ers', 'users').replace('email', 'em$0ail')),
        /column of `users`/,
      );
      const query = planWith(
        'monitoring:\n  queries:\n    - name: q\n      sql: SELECT em$0ail FROM users\n',
      );
      assert.match(text(query), /column of `users`/);
    });
  });

  describe('on keys and values', () => {
    it('describes keys from the schema', () => {
      assert.match(text(planWith('che$0cklist: [a]\n')), /What has to be true before step one\./);
      assert.match(
        text(planOfSteps('- step: S\n  back$0fill: { table: users, set: a = b }\n')),
        /batches along a key/,
      );
      assert.match(text('migration: x\ndata$0base: { version: 16 }\n'), /Required\./);
    });

    it('spells out durations, sizes, counts and rates', () => {
      const cases: readonly (readonly [string, RegExp])[] = [
        [planWith('').replace('8M', '8$0M'), /`8M` is 8,000,000 rows\./],
        [planWith('').replace('2.4GB', '2.4$0GB'), /`2.4GB` is 2,576,980,378 bytes \(2\.4 GB\)\./],
        [planWith('').replace('2000/s', '2000$0/s'), /is 2,000 requests a second: 120k a minute/],
        [planWith('').replace('lock_timeout: 2s', 'lock_timeout: 2$0s'), /`2s` is 2 seconds\./],
        [planOfSteps('- step: S\n  wait: 36$0h\n'), /`36h` is 1 day 12 hours\./],
        [
          planOfSteps('- step: S\n  wait: 1h\n  estimate: 5-90$0min\n'),
          /is 5 minutes to 1 hour 30 minutes\./,
        ],
      ];
      for (const [plan, expected] of cases) assert.match(text(plan), expected);
    });

    it('tells what a version runs, and what a step id is', () => {
      const versions = 'app:\n  runs: v1\n  versions:\n    v1: [SELECT id FROM users]\n    v2: []\n';
      const plan = (deploy: string, reason: string) =>
        versions +
        planOfSteps(
          `- step: Go\n  id: go_on\n  deploy: ${deploy}\n  rollback: { deploy: v1 }\n- step: Copy\n  backfill: { table: users, set: email = username }\n  rollback: { not_needed: ${reason} }\n`,
        ).replace('migration', 'migration');
      assert.match(text(plan('v$02', 'x')), /\*\*Version v2\*\* · deployed by “Go”\n\nThe plan does not say/);
      assert.match(
        text(plan('v2', 'x').replace('runs: v1', 'runs: v$01')),
        /live before step one\n\nruns\n\n```sql\nSELECT id FROM users;/,
      );
      assert.match(text(plan('v2', 'that of go$0_on does')), /\*\*Go\*\* · step `go_on` of Expand/);
    });

    it('tells what a rule is, with its page', () => {
      const found = text(planWith('allow: { drop$0-column: why }\n'));
      assert.match(found, /\*\*`drop-column`\*\* · warning by default|error by default/);
      assert.match(found, /\[Its page\]\(docs:\/drop-column\.md\)/);
      const settings = 'rules:\n  drop-column: error\n';
      assert.match(settingsHover(settings, 12, { docsOf })?.markdown ?? '', /drop-column/);
    });

    it('says nothing of what it does not know', () => {
      assert.equal(shown(planWith('# a com$0ment\n')), undefined);
      assert.equal(shown('$0'), undefined);
      assert.equal(shown('a: [$0'), undefined);
    });

    it('lets no text of the plan become a link', () => {
      const evil = planWith('app:\n  runs: "v1](command:x)"\n  versions:\n    "v1](command:$0x)": []\n');
      assert.doesNotMatch(text(evil), /(?<!\\)\](?=\()/);
    });
  });
});
