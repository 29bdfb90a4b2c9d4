/** What all cases start from, with roles `reader` and `writer`. */
export const baseSchema = `
CREATE TABLE users (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  username varchar(255) NOT NULL UNIQUE,
  email text NOT NULL DEFAULT '' CHECK (email <> 'nobody'),
  age int,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE orders (id serial PRIMARY KEY, user_id bigint REFERENCES users, total numeric(10, 2));
CREATE INDEX orders_user_id ON orders (user_id);
CREATE VIEW active AS SELECT id, username FROM users WHERE age > 1;
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER touch BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch();
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
`;
