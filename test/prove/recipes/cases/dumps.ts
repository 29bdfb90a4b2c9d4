import { large, type RecipeCase } from '../model.ts';

/**
 * What dumps of applications hold: no search path, ALTER TABLE ONLY, columns that a CHECK requires and not NOT NULL,
 * names that are words of SQL, defaults on the whole of a partitioned table alone.
 */
const dump = `
SELECT pg_catalog.set_config('search_path', '', false);
CREATE FUNCTION public.shorten(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT left($1, 20)';
CREATE TABLE public.language (id bigint NOT NULL, name text NOT NULL);
CREATE TABLE public.book (
  id bigint NOT NULL,
  title text,
  written_in bigint,
  shelf bigint,
  pages integer DEFAULT 0 NOT NULL,
  CONSTRAINT book_has_title CHECK ((title IS NOT NULL)),
  CONSTRAINT book_has_shelf CHECK ((shelf IS NOT NULL))
);
CREATE SEQUENCE public.book_id_seq START WITH 1 INCREMENT BY 1 NO MINVALUE NO MAXVALUE CACHE 1;
ALTER SEQUENCE public.book_id_seq OWNED BY public.book.id;
ALTER TABLE ONLY public.book ALTER COLUMN id SET DEFAULT nextval('public.book_id_seq'::regclass);
ALTER TABLE ONLY public.language ADD CONSTRAINT language_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.book ADD CONSTRAINT book_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.book
  ADD CONSTRAINT book_written_in_fkey FOREIGN KEY (written_in) REFERENCES public.language(id) ON DELETE CASCADE;
CREATE INDEX book_written_in ON public.book USING btree (written_in);
`;

const dumpedPartitions = `
CREATE SCHEMA parts;
CREATE TABLE public.a_rather_long_name_of_a_table_with_loans (
  branch bigint NOT NULL,
  id bigint NOT NULL,
  attempts smallint,
  last_attempt timestamp with time zone
) PARTITION BY LIST (branch);
ALTER TABLE ONLY public.a_rather_long_name_of_a_table_with_loans ALTER COLUMN attempts SET DEFAULT 0;
CREATE TABLE parts.a_rather_long_name_of_a_table_with_loans_1 (
  branch bigint NOT NULL,
  id bigint NOT NULL,
  attempts smallint DEFAULT 0,
  last_attempt timestamp with time zone
);
CREATE TABLE parts.a_rather_long_name_of_a_table_with_loans_2
  PARTITION OF public.a_rather_long_name_of_a_table_with_loans FOR VALUES IN (2);
ALTER TABLE ONLY public.a_rather_long_name_of_a_table_with_loans
  ATTACH PARTITION parts.a_rather_long_name_of_a_table_with_loans_1 FOR VALUES IN ('1');
ALTER TABLE public.a_rather_long_name_of_a_table_with_loans ADD CONSTRAINT loans_pkey PRIMARY KEY (branch, id);
`;
/** A domain with a check, a trigger of the server's own that is told names of columns, foreign keys that lack something. */
const library = `
CREATE DOMAIN public.edition AS integer CONSTRAINT edition_check CHECK (((VALUE >= 1) AND (VALUE <= 99)));
CREATE TABLE public.author (id integer PRIMARY KEY, name text NOT NULL);
CREATE TABLE public.work (
  id bigint PRIMARY KEY,
  title character varying(200),
  summary text,
  edition public.edition,
  writer smallint REFERENCES public.author(id) ON DELETE SET NULL,
  written timestamp without time zone,
  price numeric(5,2),
  words tsvector
);
CREATE INDEX work_titled ON public.work USING btree (title) WHERE ((title)::text <> ''::text);
CREATE TRIGGER work_words BEFORE INSERT OR UPDATE ON public.work
  FOR EACH ROW EXECUTE FUNCTION tsvector_update_trigger('words', 'pg_catalog.english', 'summary');
CREATE TABLE public.shelved (
  work bigint NOT NULL, shelf smallint NOT NULL, changed timestamp DEFAULT now() NOT NULL, PRIMARY KEY (shelf, work)
);
CREATE FUNCTION public.note_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.changed = CURRENT_TIMESTAMP;
  RETURN NEW;
END $$;
CREATE TRIGGER note_change BEFORE UPDATE ON public.shelved FOR EACH ROW EXECUTE FUNCTION public.note_change();
CREATE UNIQUE INDEX shelved_then ON public.shelved USING btree (work, shelf, changed);
CREATE TABLE public.log (id bigint PRIMARY KEY, said text);
CREATE TABLE public.log_2020 (CHECK (id < 1000)) INHERITS (public.log);
ALTER TABLE ONLY public.log_2020 ADD CONSTRAINT log_2020_pkey PRIMARY KEY (id);
`;
const work = { table: 'work', ...large };

const loans = 'a_rather_long_name_of_a_table_with_loans';

export const dumpCases: readonly RecipeCase[] = [
  {
    type: 'rename_column',
    name: 'a foreign key of a dump',
    baseline: dump,
    answers: { table: 'book', column: 'written_in', to: 'language', ...large },
  },
  {
    type: 'rename_column',
    name: 'that a CHECK requires',
    baseline: dump,
    answers: { table: 'book', column: 'title', to: 'name', ...large },
  },
  {
    type: 'rename_table',
    name: 'that has the name of a word in CREATE FUNCTION',
    baseline: dump,
    answers: { table: 'language', to: 'tongue', ...large },
  },
  {
    type: 'drop_table',
    name: 'that a dump refers to',
    baseline: dump,
    answers: { table: 'language', ...large },
  },
  {
    type: 'drop_column',
    name: 'that a CHECK requires',
    baseline: dump,
    answers: { table: 'book', column: 'shelf', fill: '0', ...large },
  },
  {
    type: 'change_column_type',
    name: 'of a column that a CHECK requires',
    baseline: dump,
    answers: { table: 'book', column: 'shelf', type: 'numeric', ...large },
  },
  {
    type: 'change_column_type',
    name: 'of a column that a CHECK requires, and with no way back',
    baseline: dump,
    answers: { table: 'book', column: 'shelf', type: 'text', using: "'shelf ' || shelf", ...large },
  },
  {
    type: 'add_check',
    name: 'what NOT NULL says already',
    baseline: dump,
    answers: { table: 'book', condition: 'pages IS NOT NULL' },
    refused: /pages of book is NOT NULL already/,
  },
  {
    type: 'add_index',
    name: 'on partitions with long names in another schema',
    baseline: dumpedPartitions,
    answers: { table: loans, columns: 'last_attempt,attempts', ...large },
  },
  {
    type: 'change_column_type',
    name: 'with a default on the whole alone, or on a partition too',
    baseline: dumpedPartitions,
    answers: { table: loans, column: 'attempts', type: 'integer', ...large },
  },
  {
    type: 'rename_column',
    name: 'beside a trigger that is told other names',
    baseline: library,
    answers: { ...work, column: 'price', to: 'cost' },
  },
  {
    type: 'rename_column',
    name: 'that a trigger is told the name of',
    baseline: library,
    answers: { ...work, column: 'summary', to: 'abstract' },
    refused: /trigger work_words passes the name summary/,
  },
  {
    type: 'rename_column',
    name: 'of a domain with a check',
    baseline: library,
    answers: { ...work, column: 'edition', to: 'release' },
    refused: /change_column_type --table work --column edition --type integer/,
  },
  {
    type: 'rename_column',
    name: 'with a foreign key that is narrower than its target, and without an index',
    baseline: library,
    answers: { ...work, column: 'writer', to: 'author' },
  },
  {
    type: 'rename_column',
    name: 'that is inherited',
    baseline: library,
    answers: { table: 'log_2020', column: 'said', to: 'line' },
    refused: /log_2020 has said from log/,
  },
  {
    type: 'change_column_type',
    name: 'from a domain with a check',
    baseline: library,
    answers: { ...work, column: 'edition', type: 'text' },
  },
  {
    type: 'change_column_type',
    name: 'that would build an index anew',
    baseline: library,
    answers: { ...work, column: 'title', type: 'text' },
  },
  {
    type: 'change_column_type',
    name: 'to more digits on both sides of the point',
    baseline: library,
    answers: { ...work, column: 'price', type: 'numeric(12,4)' },
  },
  {
    type: 'change_column_type',
    name: 'of a foreign key alone',
    baseline: library,
    answers: { ...work, column: 'writer', type: 'text' },
    refused: /--table author --column id/,
  },
  {
    type: 'change_column_type',
    name: 'to a time with a zone, of which none is said',
    baseline: library,
    answers: { ...work, column: 'written', type: 'timestamptz' },
    refused: /written AT TIME ZONE 'UTC'/,
  },
  {
    type: 'change_column_type',
    name: 'of a part of the key, beside a trigger that notes each change',
    baseline: library,
    answers: { table: 'shelved', column: 'shelf', type: 'bigint', ...large },
  },
  {
    type: 'change_column_type',
    name: 'to one that those who refer to it cannot be compared with',
    baseline: library,
    answers: { table: 'author', column: 'id', type: 'text', ...large },
    refused: /work refers to it by .* a query that joins them would compare integer with text/,
  },
  {
    type: 'replace_index',
    name: 'a unique one by a narrower one',
    baseline: library,
    answers: { table: 'shelved', index: 'shelved_then', columns: 'work,shelf', ...large },
  },
  {
    type: 'change_column_type',
    name: 'of a foreign key alone, to a number of another kind',
    baseline: library,
    answers: { ...work, column: 'writer', type: 'numeric' },
    refused: /compares no numeric with it/,
  },
  {
    type: 'split_column',
    name: 'beside a unique one with a default, which no application leaves to it',
    baseline: `CREATE TABLE member (id bigint PRIMARY KEY, email text DEFAULT '' NOT NULL, name text);
CREATE UNIQUE INDEX member_email ON member (email);`,
    answers: {
      table: 'member',
      column: 'name',
      into: 'given,family',
      using: "split_part(name, ' ', 1); substr(name, strpos(name || ' ', ' ') + 1)",
      join: "concat_ws(' ', given, family)",
      ...large,
    },
  },
  {
    type: 'change_column_type',
    name: 'from a number to a text, which may be none',
    baseline: 'CREATE TABLE bill (id bigint PRIMARY KEY, number integer NOT NULL UNIQUE);',
    answers: { table: 'bill', column: 'number', type: 'text', ...large },
  },
  {
    type: 'split_column',
    name: 'that a unique index is on',
    baseline: `${library}CREATE UNIQUE INDEX author_name ON author (name);`,
    answers: { table: 'author', column: 'name', into: 'a,b', using: 'name; name', join: 'a || b' },
    refused: /author_name is on author.name/,
  },
  {
    type: 'add_generated_column',
    name: 'computed by settings of the session',
    baseline: library,
    from: 18,
    answers: { ...work, name: 'then', type: 'text', expression: 'written::text', kept: 'virtual' },
    refused: /how written reads as text depends on settings/,
  },
  {
    type: 'set_default',
    name: 'one value for a column that is unique',
    baseline: library,
    answers: { table: 'author', column: 'id', default: '7' },
    refused: /the second one that is written without id would be refused/,
  },
  {
    type: 'add_unique',
    name: 'with what decides the partition',
    baseline: dumpedPartitions,
    answers: { table: loans, columns: 'branch,attempts', ...large },
  },
  {
    type: 'partition_table',
    name: 'by a column that may be NULL',
    baseline: 'CREATE TABLE reading (id bigint PRIMARY KEY, taken timestamptz);',
    answers: { table: 'reading', column: 'taken', bounds: '2100-01-01,2101-01-01' },
    refused: /taken may be NULL/,
  },
  {
    type: 'rename_table',
    name: 'in other capitals',
    baseline: 'CREATE TABLE "User" (id bigint PRIMARY KEY); CREATE TABLE "Used" (id bigint PRIMARY KEY);',
    answers: { table: 'user', to: 'people' },
    refused: /Did you mean "User"\?/,
  },
  {
    type: 'add_required_column',
    name: 'of a domain with a check',
    baseline: library,
    answers: { ...work, name: 'reprint', type: 'edition', default: '1' },
    refused: /Take integer, and add what the domain asks as a check/,
  },
];
