import { awkward, keyless, longNames, partitioned, plain } from '../baselines.ts';
import { large, type RecipeCase } from '../model.ts';

const type = 'rename_column';

export const renameColumnCases: readonly RecipeCase[] = [
  {
    type,
    name: 'the example',
    baseline: plain,
    answers: { table: 'users', column: 'username', to: 'handle', ...large },
  },
  {
    type,
    name: 'quoted, indexed, seen through a view, a trigger, a policy',
    baseline: awkward,
    answers: { table: '"App"."Order Line"', column: 'order', to: 'Customer\'s "word"', ...large },
    quick: true,
  },
  {
    type,
    name: 'read by the function of a trigger',
    baseline: `${plain}
CREATE TABLE audit (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, was text, became text);
CREATE FUNCTION note_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO audit (was, became) VALUES (OLD.username, NEW."username");
  RETURN NEW;
END $$;
CREATE TRIGGER note_change AFTER UPDATE OF username ON users
  FOR EACH ROW WHEN (OLD.username <> NEW.username) EXECUTE FUNCTION note_change();
`,
    answers: { table: 'users', column: 'username', to: 'handle', ...large },
  },
  {
    type,
    name: 'that a generated column is computed from, as it is read',
    baseline:
      'CREATE TABLE items (id bigint PRIMARY KEY, price numeric NOT NULL, gross numeric GENERATED ALWAYS AS (price * 1.2) VIRTUAL);',
    answers: { table: 'items', column: 'price', to: 'net', ...large },
    from: 18,
  },
  {
    type,
    name: 'that a generated column is computed from, as it is written',
    baseline: awkward,
    answers: { table: 'App.Order Line', column: 'Amount', to: 'Net' },
    refused: /generated column .*Total is computed from Amount/,
  },
  {
    type,
    name: 'given values by the function of a trigger',
    baseline: `${plain}
CREATE FUNCTION lower_it() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.username := lower(NEW.username); RETURN NEW; END $$;
CREATE TRIGGER lower_it BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION lower_it();
`,
    answers: { table: 'users', column: 'username', to: 'handle' },
    refused: /function lower_it says username, and it gives username a value/,
  },
  {
    type,
    name: 'in a composite key that others refer to',
    baseline: awkward,
    answers: { table: 'App.Order Line', column: 'Ref', to: 'reference', ...large },
  },
  {
    type,
    name: 'in a partitioned table',
    baseline: partitioned,
    answers: { table: 'readings', column: 'note', to: 'remark', ...large },
  },
  {
    type,
    name: 'long names',
    baseline: longNames,
    answers: {
      table: 'a_table_with_a_name_that_is_as_long_as_postgres_lets_it_be_001',
      column: 'a_column_with_a_name_that_is_as_long_as_postgres_lets_it_be_001',
      to: 'another_column_with_a_name_that_is_as_long_as_it_may_be_at_all',
      ...large,
    },
  },
  {
    type,
    name: 'names that are taken',
    baseline: longNames,
    answers: { table: 'people', column: 'nick', to: 'alias', ...large },
  },
  {
    type,
    name: 'a unique index instead of a key',
    baseline: keyless,
    answers: { table: 'marks', column: 'mark', to: 'grade', ...large },
  },
  {
    type,
    name: 'no key at all',
    baseline: keyless,
    answers: { table: 'log', column: 'line', to: 'message' },
    refused: /no primary key.*change_primary_key/,
  },
  {
    type,
    name: 'a column that is not there',
    baseline: plain,
    answers: { table: 'users', column: 'usernam', to: 'handle' },
    refused: /no column usernam in users\. Did you mean username\?/,
  },
  {
    type,
    name: 'a name that is taken',
    baseline: plain,
    answers: { table: 'users', column: 'username', to: 'email' },
    refused: /has a column email already/,
  },
  {
    type,
    name: 'the partition key',
    baseline: partitioned,
    answers: { table: 'readings', column: 'taken_at', to: 'at' },
    refused: /primary key|partition/,
  },
];
