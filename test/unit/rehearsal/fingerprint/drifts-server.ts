import type { FingerprintCase } from './model.ts';

/** What the embedded Postgres cannot do. */
export const serverDrifts: readonly FingerprintCase[] = [
  {
    sql: [
      "INSERT INTO users (username) VALUES ('ada')",
      'CREATE INDEX CONCURRENTLY users_div ON users ((1 / (id - id)))',
    ],
    drift: ['index users_div: new, and INVALID'],
    clean: ['DROP INDEX users_div', 'DELETE FROM users'],
  },
  {
    sql: [
      'SET allow_in_place_tablespaces = on',
      "CREATE TABLESPACE fast LOCATION ''",
      'ALTER TABLE users SET TABLESPACE fast',
      'ALTER INDEX users_pkey SET TABLESPACE fast',
    ],
    drift: [
      'table users: tablespace was the default, is fast',
      'index users_pkey: tablespace was the default, is fast',
    ],
    clean: [
      'ALTER TABLE users SET TABLESPACE pg_default',
      'ALTER INDEX users_pkey SET TABLESPACE pg_default',
      'DROP TABLESPACE fast',
    ],
  },
  {
    sql: "CREATE SUBSCRIPTION news CONNECTION 'host=nowhere' PUBLICATION news WITH (connect = false)",
    drift: ['subscription news: new'],
  },
  {
    given:
      "CREATE SUBSCRIPTION news CONNECTION 'host=nowhere' PUBLICATION news WITH (connect = false, slot_name = NONE)",
    sql: 'ALTER SUBSCRIPTION news SET PUBLICATION news, more WITH (refresh = false)',
    drift: ['subscription news: publications were news, are more, news'],
  },
];
