import assert from 'node:assert/strict';
import { withCaptured } from '../../../server/src/rehearsal/captured-plan.ts';
import { analysisOf } from './setup.ts';

const schema =
  'CREATE TABLE users (id int PRIMARY KEY); CREATE SCHEMA app; CREATE TABLE app.orders (id int);';
const captured = [
  { schema: 'app', name: 'orders', rows: 12, bytes: 8192 },
  { schema: 'public', name: 'other', rows: 5, bytes: 8192 },
  { schema: 'public', name: 'users', rows: 8_123_456, bytes: 2.43 * 1024 ** 3 },
];
const body = `phases:
  - phase: Only
    steps:
      - step: one
        sql: |
          ALTER TABLE users ADD COLUMN a int;
          ALTER TABLE app.orders ADD COLUMN a int;
        rollback: ALTER TABLE users DROP COLUMN a;
`;

describe('a plan with a server’s figures', () => {
  const capture = async (head: string) => withCaptured(await analysisOf(head + body, schema), captured);

  it('gets those of the tables that it touches, and the baseline’s path', async () => {
    const head = `migration: A test # keep\ndatabase:\n  type: postgresql\n`;
    const { text, tables, left } = await capture(head);
    assert.deepEqual([tables, left], [['app.orders', 'users'], []]);
    assert.equal(
      text,
      `migration: A test # keep\ndatabase:\n  type: postgresql\n  schema: schema.sql\ntables:\n  app.orders:\n    rows: 12\n    size: 8kB\n  users:\n    rows: 8123456\n    size: 2.4GB\n${body}`,
    );
    const again = withCaptured(await analysisOf(text, schema), captured);
    assert.equal(again.text, text);
  });

  it('has what it says replaced, in the way it is written', async () => {
    const head = `migration: A test\ndatabase: { type: postgresql, schema: schema.sql }\ntables:\n  # the big one\n  users: { rows: 5M, size: 1GB } # of May\n  public.other: { rows: 1 }\n`;
    const { text } = await capture(head);
    assert.equal(
      text.split('phases:')[0],
      `migration: A test\ndatabase: { type: postgresql, schema: schema.sql }\ntables:\n  # the big one\n  users: { rows: 8123456, size: 2.4GB } # of May\n  public.other: { rows: 5, size: 8kB }\n  app.orders:\n    rows: 12\n    size: 8kB\n`,
    );
  });
});
