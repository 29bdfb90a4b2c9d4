import type { Scene } from './model.ts';

/** Statements that Postgres refuses inside a transaction block. */
export const alone: Scene = {
  name: 'alone',
  setup: `
CREATE TABLE parent (id int PRIMARY KEY, name text);
INSERT INTO parent SELECT g, 'x' FROM generate_series(1, 50) g;
CREATE TABLE t (id int PRIMARY KEY, a int, b text, parent_id int REFERENCES parent);
INSERT INTO t SELECT g, g, g::text, g FROM generate_series(1, 50) g;
CREATE INDEX t_b_idx ON t (b);
ALTER TABLE t CLUSTER ON t_pkey;
CREATE UNIQUE INDEX t_a_uq ON t (a);
CREATE TABLE child (id serial PRIMARY KEY, t_id int REFERENCES t (id));
INSERT INTO child (t_id) SELECT g FROM generate_series(1, 40) g;
CREATE VIEW v AS SELECT id, a FROM t;
CREATE MATERIALIZED VIEW mv AS SELECT id, a FROM t;
CREATE UNIQUE INDEX mv_id ON mv (id);
CREATE TABLE p (id int, k int) PARTITION BY RANGE (k);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (100);
CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (100) TO (200);
CREATE INDEX p_id_idx ON p (id);
INSERT INTO p SELECT g, g FROM generate_series(0, 150) g;
CREATE TABLE par (id int);
CREATE TABLE heir () INHERITS (par);
INSERT INTO par SELECT generate_series(1, 50);
INSERT INTO heir SELECT generate_series(1, 50);
CREATE SCHEMA app;
CREATE TABLE app.o (id int PRIMARY KEY);
INSERT INTO app.o SELECT generate_series(1, 50);
CREATE PROCEDURE work() LANGUAGE plpgsql AS 'BEGIN UPDATE public.t SET a = -a; COMMIT; DELETE FROM public.child; END';
`,
  forms: {
    'CREATE INDEX CONCURRENTLY': `
create index concurrently on t (a)
create index concurrently n on t (a) include (b)
create unique index concurrently n on t (b)
create index concurrently on t (lower(b)) where a > 3
create index concurrently if not exists n on t (a)
create index concurrently if not exists t_b_idx on t (b)
create index concurrently on mv (a)
create index concurrently on p1 (k)
create index concurrently on heir (id)
create index concurrently on app.o (id)
create index concurrently on p (k) -- refused
`,
    'DROP INDEX CONCURRENTLY': `
drop index concurrently t_b_idx
drop index concurrently if exists t_b_idx
drop index concurrently if exists nope
drop index concurrently mv_id
drop index concurrently p_id_idx -- refused
drop index concurrently t_pkey -- refused
`,
    REINDEX: `
reindex index concurrently t_b_idx
reindex index concurrently t_pkey
reindex index concurrently mv_id
reindex table concurrently t
reindex table concurrently mv
reindex table concurrently heir
reindex table p
reindex table concurrently p
reindex index p_id_idx
reindex index concurrently p_id_idx
reindex index concurrently p1_id_idx
reindex (concurrently off, verbose) table p
reindex (concurrently true) table t
reindex schema app
reindex schema concurrently app
`,
    VACUUM: `
vacuum t
vacuum analyze t (a), parent
vacuum full t
vacuum (full, analyze) t
vacuum analyze t
vacuum (freeze, disable_page_skipping) t
vacuum (index_cleanup off, truncate off) t
vacuum p
vacuum full p
vacuum analyze p
vacuum (only_database_stats)
vacuum (skip_database_stats) t
vacuum only par
vacuum par
vacuum full par
vacuum analyze par
vacuum mv
vacuum full mv
vacuum (parallel 0) t
vacuum (process_main false) t
vacuum (process_toast false) t
vacuum v
vacuum
`,
    partitions: `
alter table p detach partition p1 concurrently
alter table p detach partition p1 finalize -- refused
cluster
cluster verbose
cluster p using p_id_idx
`,
    code: `
call work()
do $$ begin perform count(*) from t; commit; update parent set name = 'y'; end $$
`,
    'no table': `
create database made
alter system set work_mem = '8MB'
drop database if exists nope
create tablespace n location '/nowhere' -- refused
drop tablespace if exists nope
`,
  },
};
