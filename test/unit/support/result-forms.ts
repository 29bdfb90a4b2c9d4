/** Tables of which prepared statements read. */
export const resultSchema = `CREATE TABLE people (id int PRIMARY KEY, name varchar(20) NOT NULL, age int);
CREATE TABLE pets (id int PRIMARY KEY, people_id int NOT NULL REFERENCES people);
CREATE TABLE days (day date NOT NULL, n int) PARTITION BY RANGE (day);
CREATE TABLE days_2026 PARTITION OF days FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE VIEW owned AS SELECT id FROM pets;
`;

/** DDL under a statement that is prepared, and whether Postgres then refuses to execute it. */
export const resultForms: readonly (readonly [ddl: string, statement: string, refused: boolean])[] = [
  ['ALTER TABLE people ADD COLUMN note text', 'SELECT * FROM people WHERE id = 1', true],
  ['ALTER TABLE people ADD COLUMN note text', 'SELECT p.* FROM people p JOIN pets ON people_id = p.id', true],
  ['ALTER TABLE people ADD COLUMN note text', 'SELECT people FROM people', false],
  ['ALTER TABLE people ADD COLUMN note text', 'SELECT id, name FROM people', false],
  ['ALTER TABLE people ADD COLUMN note text', 'SELECT count(*) FROM people', false],
  [
    'ALTER TABLE people ADD COLUMN note text',
    'SELECT 1 FROM people WHERE EXISTS (SELECT * FROM pets)',
    false,
  ],
  ['ALTER TABLE people ADD COLUMN note text', "INSERT INTO people VALUES (901, 'a', 3) RETURNING *", true],
  ['ALTER TABLE people ADD COLUMN note text', "INSERT INTO people (id, name) VALUES (902, 'a')", false],
  ['ALTER TABLE people DROP COLUMN age', 'SELECT * FROM people', true],
  ['ALTER TABLE people DROP COLUMN age', 'SELECT id, name FROM people', false],
  ['ALTER TABLE people RENAME COLUMN age TO years', 'SELECT * FROM people', true],
  ['ALTER TABLE people RENAME COLUMN age TO years', 'SELECT id FROM people', false],
  ['ALTER TABLE people ALTER COLUMN age TYPE bigint', 'SELECT age FROM people', true],
  ['ALTER TABLE people ALTER COLUMN age TYPE bigint', 'SELECT age::text FROM people', false],
  ['ALTER TABLE people ALTER COLUMN age TYPE bigint', 'UPDATE people SET age = 4 WHERE age = 3', false],
  ['ALTER TABLE people ALTER COLUMN age TYPE bigint', 'UPDATE people SET age = 4 RETURNING age', true],
  ['ALTER TABLE people ALTER COLUMN name TYPE varchar(60)', 'SELECT name FROM people', true],
  ['ALTER TABLE people ALTER COLUMN name TYPE varchar(60)', 'SELECT id FROM people', false],
  ['ALTER TABLE people ALTER COLUMN age SET DEFAULT 3', 'SELECT * FROM people', false],
  ['CREATE INDEX ON people (age)', 'SELECT * FROM people', false],
  [
    'ALTER TABLE people RENAME COLUMN age TO old; ALTER TABLE people ADD COLUMN age bigint',
    'SELECT age FROM people',
    true,
  ],
  ['ALTER TABLE pets ADD COLUMN note text', 'SELECT * FROM owned', false],
  ['CREATE OR REPLACE VIEW owned AS SELECT id, people_id FROM pets', 'SELECT * FROM owned', true],
  ['ALTER TABLE days ADD COLUMN note text', 'SELECT * FROM days_2026', true],
  ['ALTER TABLE days ALTER COLUMN n TYPE bigint', 'SELECT n FROM days_2026', true],
  ['ALTER TABLE people ADD COLUMN note text', 'WITH p AS (SELECT * FROM people) SELECT id FROM p', false],
  ['ALTER TABLE people ADD COLUMN note text', 'WITH p AS (SELECT * FROM people) SELECT * FROM p', true],
  ['ALTER TABLE people ADD COLUMN note text', 'SELECT * FROM (SELECT * FROM people) AS p', true],
  ['ALTER TABLE people ADD COLUMN note text', 'SELECT id FROM people UNION SELECT id FROM pets', false],
  ['ALTER TABLE people ADD COLUMN note text', 'SELECT * FROM people UNION SELECT * FROM people', true],
  ['ALTER TABLE people ADD COLUMN note text', 'DELETE FROM pets RETURNING *', false],
  ['ALTER TABLE people ADD COLUMN note text', "UPDATE people SET name = 'b' RETURNING people.*", true],
];
