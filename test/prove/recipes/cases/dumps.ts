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
];
