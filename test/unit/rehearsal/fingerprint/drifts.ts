import type { DriftCase } from './model.ts';

export const drifts: readonly DriftCase[] = [
  { sql: 'DROP INDEX orders_user_id', drift: ['index orders_user_id: missing'] },
  { sql: 'CREATE INDEX users_age ON users (age)', drift: ['index users_age: new'] },
  { sql: 'ALTER TABLE users ADD COLUMN handle text', drift: ['column users.handle: new'] },
  {
    sql: 'ALTER TABLE users DROP COLUMN email',
    drift: [
      'column users.email: missing (with constraint users_email_check on users)',
      'table users: 5 of the 1600 columns it can ever have are used up, 1 of them by dropped ones (before: 0)',
    ],
  },
  { sql: 'DROP TABLE orders', drift: ['table orders: missing'] },
  {
    sql: 'DROP TABLE users CASCADE',
    drift: ['table users: missing (with constraint orders_user_id_fkey on orders, view active)'],
  },
  {
    sql: 'GRANT SELECT, INSERT ON users TO reader',
    drift: ['table users: GRANT INSERT, SELECT TO reader is new'],
  },
  {
    sql: 'ALTER TABLE users ALTER COLUMN email TYPE varchar(20)',
    drift: ['column users.email: type was text, is varchar(20)'],
  },
  {
    sql: 'ALTER TABLE orders RENAME COLUMN user_id TO customer',
    drift: ['column orders.user_id: renamed to customer'],
  },
  { sql: 'ALTER TABLE orders RENAME TO purchases', drift: ['table orders: renamed to purchases'] },
  {
    sql: 'ALTER TABLE users DISABLE TRIGGER touch',
    drift: ['trigger touch on users: was enabled, is disabled'],
  },
  { sql: 'DROP FUNCTION touch CASCADE', drift: ['function touch(): missing (with trigger touch on users)'] },
  {
    sql: "ALTER TYPE mood ADD VALUE 'fine' BEFORE 'happy'",
    drift: ['type mood: labels were sad, ok, happy, are sad, ok, fine, happy'],
  },
  {
    sql: 'ALTER TABLE users DROP COLUMN age CASCADE, ADD COLUMN age int; CREATE VIEW active AS SELECT id, username FROM users WHERE age > 1',
    drift: [
      'column order of users: age moved from 4 to 5',
      'table users: 6 of the 1600 columns it can ever have are used up, 1 of them by dropped ones (before: 0)',
    ],
  },
];
