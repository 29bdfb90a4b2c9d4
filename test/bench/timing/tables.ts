/** The database of the bench; its keys are added once it is filled. */
const tables = `
CREATE TABLE accounts (id bigint, name text NOT NULL);
CREATE TABLE kinds (id int, name text NOT NULL);
CREATE TABLE events (
  id bigint, account_id bigint, kind int, code text, body text, amount numeric(12, 2), at timestamptz, note text);
CREATE TABLE links (id int, account_id bigint, kind int, weight int, label text);
`;
const keys = ['accounts', 'kinds', 'events', 'links'].map(
  (table) => `ALTER TABLE ${table} ADD PRIMARY KEY (id)`,
);

export const schema = `${tables}${keys.join(';\n')};`;

/** Statements that make it with so many events and links, and a tenth of it accounts. */
export function fill(rows: number): readonly string[] {
  const accounts = Math.max(Math.round(rows / 10), 1);
  return [
    tables,
    `SELECT setseed(0.5)`,
    `INSERT INTO accounts SELECT i, 'account ' || i FROM generate_series(1, ${accounts}) i`,
    `INSERT INTO kinds SELECT i, 'kind ' || i FROM generate_series(1, 100) i`,
    `INSERT INTO events SELECT i, 1 + floor(random() * ${accounts}), 1 + floor(random() * 100),
       md5(i::text), repeat('x', 20 + i % 60), (random() * 10000)::numeric(12, 2),
       timestamptz '2024-01-01' + i * interval '7 s' FROM generate_series(1, ${rows}) i`,
    `INSERT INTO links SELECT i, 1 + floor(random() * ${accounts}), 1 + i % 100, floor(random() * ${rows})
       FROM generate_series(1, ${rows}) i`,
    ...keys,
    `VACUUM (FREEZE, ANALYZE)`,
    `CHECKPOINT`,
  ];
}
