import type { Scene } from './model.ts';

/** Constraints in every form, and the type changes and defaults that they decide. */
export const constraints: Scene = {
  name: 'constraints',
  setup: `
CREATE EXTENSION btree_gist;
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE parent (id int PRIMARY KEY, code text UNIQUE, pair_a int, pair_b int, UNIQUE (pair_a, pair_b));
INSERT INTO parent SELECT g, g::text, g, g FROM generate_series(1, 50) g;
CREATE TABLE t (id int PRIMARY KEY, a int, b text, c varchar(10), n numeric(10, 2), ts timestamptz, d date, j jsonb, r int4range, u int, arr int[], pa int, pb int, bit8 bit(8), vb bit varying(8), tm time(3), f real, ch char(5), e text, g int);
INSERT INTO t SELECT g, g, g::text, g::text, g, now(), now(), '{}', int4range(g, g + 1), g, '{1}', g, g, B'00000000', B'0000', '10:00', g, 'x', g::text, g FROM generate_series(1, 50) g;
CREATE UNIQUE INDEX t_a_uq ON t (a);
CREATE UNIQUE INDEX t_partial ON t (a) WHERE b IS NOT NULL;
CREATE UNIQUE INDEX t_expr ON t ((a + 1));
CREATE UNIQUE INDEX t_pa_pb ON t (pa, pb);
CREATE INDEX t_b_idx ON t (b);
CREATE INDEX t_c_pattern ON t (c varchar_pattern_ops);
CREATE INDEX t_c_where ON t (id) WHERE c <> '';
CREATE INDEX t_lower_c ON t (lower(c));
CREATE INDEX t_b_collated ON t (b COLLATE "C");
CREATE INDEX t_ts_idx ON t (ts);
CREATE INDEX t_n_idx ON t (n) INCLUDE (c);
CREATE INDEX t_brin ON t USING brin (d);
CREATE INDEX t_gin ON t USING gin (j);
CREATE INDEX t_hash ON t USING hash (u);
ALTER TABLE t ADD CONSTRAINT pos CHECK (a > 0);
ALTER TABLE t ADD CONSTRAINT pos_nv CHECK (u > 0) NOT VALID;
ALTER TABLE t ADD CONSTRAINT c_len CHECK (length(c) < 100);
ALTER TABLE t ADD CONSTRAINT b_nn CHECK (b IS NOT NULL);
ALTER TABLE t ADD CONSTRAINT d_nn CHECK (d IS NOT NULL) NOT VALID;
ALTER TABLE t ADD CONSTRAINT both_nn CHECK (pa IS NOT NULL AND pb IS NOT NULL);
ALTER TABLE t ADD CONSTRAINT t_fk FOREIGN KEY (u) REFERENCES parent (id) NOT VALID;
CREATE TABLE child (id int PRIMARY KEY, t_id int CONSTRAINT child_fk REFERENCES t DEFERRABLE INITIALLY DEFERRED, a int UNIQUE, m mood NOT NULL DEFAULT 'ok');
INSERT INTO child SELECT g, g, g FROM generate_series(1, 50) g;
CREATE TABLE excl (id int, during int4range, CONSTRAINT no_overlap EXCLUDE USING gist (during WITH &&));
INSERT INTO excl SELECT g, int4range(g, g + 1) FROM generate_series(1, 50) g;
CREATE TABLE sib (id int PRIMARY KEY, code text, parent_id int, pair_a int, pair_b int);
INSERT INTO sib SELECT g, g::text, g, g, g FROM generate_series(1, 50) g;
CREATE TABLE many (id int NOT NULL, ref int);
INSERT INTO many SELECT g, g FROM generate_series(1, 50) g;
CREATE UNIQUE INDEX many_id ON many (id);
CREATE TABLE gen (a int, s int GENERATED ALWAYS AS (a * 2) STORED, t text);
INSERT INTO gen (a) SELECT generate_series(1, 50);
CREATE INDEX gen_s ON gen (s);
CREATE TABLE viewed (id int PRIMARY KEY, a int, unused int);
INSERT INTO viewed SELECT g, g, g FROM generate_series(1, 50) g;
CREATE VIEW viewing AS SELECT id, a FROM viewed;
`,
  forms: {
    check: `
alter table t add check (a > 0)
alter table t add constraint x check (a > 0) no inherit
alter table t add constraint x check (a > 0) not valid
alter table t add constraint x check (a > 0), add constraint y check (u > 0)
alter table t add constraint x check (true)
alter table t validate constraint pos
alter table t validate constraint pos_nv
alter table t validate constraint pos_nv, validate constraint t_fk
alter table t drop constraint pos
alter table t drop constraint pos_nv
alter table t drop constraint if exists nope
alter table t drop constraint pos, add constraint pos check (a > 1) not valid
alter table t rename constraint pos to pos2
alter table t drop constraint pos, drop constraint c_len
comment on constraint pos on t is 'x'
`,
    'not null': `
alter table t alter a set not null
alter table t alter b set not null
alter table t alter d set not null
alter table t alter pa set not null
alter table t alter pa set not null, alter pb set not null
alter table t alter a set not null, alter b set not null
alter table t alter id set not null
alter table t alter a drop not null
alter table t alter id drop not null -- refused
alter table child alter m drop not null
alter table t add constraint x not null b
alter table t add constraint x not null a
alter table t add constraint x not null a not valid
alter table t add constraint x not null a no inherit
alter table t add constraint x check (a is not null), alter a set not null
alter table t validate constraint d_nn, alter d set not null
alter table t add column x int not null -- refused
alter table t add column x int not null default 3
alter table t add column x text not null default 'a' check (x <> '')
`,
    'unique and primary key': `
alter table t add unique (u)
alter table t add constraint x unique (a, b)
alter table t add constraint x unique (a) include (b)
alter table t add constraint x unique (a) deferrable
alter table t add constraint x unique nulls not distinct (a)
alter table t add constraint x unique (a) with (fillfactor = 70)
alter table t add constraint x unique using index t_a_uq
alter table t add constraint t_a_uq unique using index t_a_uq
alter table t add unique using index t_a_uq
alter table t add constraint x unique using index t_a_uq deferrable initially deferred
alter table t add constraint x unique using index t_partial -- refused
alter table t add constraint x unique using index t_expr -- refused
alter table t add constraint x unique using index t_pa_pb
alter table many add primary key (id)
alter table many add primary key (ref)
alter table many add constraint x primary key using index many_id
alter table many add primary key using index many_id
alter table t drop constraint t_pkey, add primary key (id) -- refused
alter table t drop constraint t_pkey cascade
alter table t drop constraint t_pkey cascade, add constraint t_pkey primary key using index t_a_uq
alter table child drop constraint child_a_key
alter table parent drop constraint parent_code_key
alter table t rename constraint t_pkey to t_pk
drop index t_a_uq
drop index child_a_key -- refused
drop index t_b_idx, t_ts_idx
alter table child replica identity using index child_a_key -- refused
alter table many replica identity using index many_id
alter table many replica identity default
alter table many replica identity nothing
alter table many replica identity full
`,
    'foreign key': `
alter table sib add foreign key (parent_id) references parent
alter table sib add constraint x foreign key (parent_id) references parent (id) on delete cascade
alter table sib add constraint x foreign key (code) references parent (code)
alter table sib add constraint x foreign key (pair_a, pair_b) references parent (pair_a, pair_b) match full
alter table sib add constraint x foreign key (parent_id) references parent not valid
alter table sib add constraint x foreign key (parent_id) references parent deferrable initially deferred
alter table sib add constraint x foreign key (parent_id) references parent on delete set null (parent_id)
alter table sib add constraint x foreign key (parent_id) references sib (id)
alter table sib add column x int references parent
alter table sib add column x int references parent default null
alter table sib add column x int references parent not null default 1
alter table sib add column x int constraint x_fk references sib
alter table sib add constraint x foreign key (parent_id) references parent, add constraint y foreign key (pair_a) references parent
alter table sib add constraint x foreign key (parent_id) references nope -- refused
alter table t validate constraint t_fk
alter table t drop constraint t_fk
alter table child drop constraint child_fk
alter table child alter constraint child_fk not deferrable
alter table child alter constraint child_fk deferrable initially immediate
alter table child drop constraint child_fk, add constraint child_fk foreign key (t_id) references t on delete cascade not valid
alter table child rename constraint child_fk to fk
alter table t drop column u
alter table t drop column id cascade
drop table child
drop table t cascade
create table made (id int primary key, t_id int references t)
create table made (id int primary key, t_id int, foreign key (t_id) references t (id) on delete cascade)
create table made (id int references parent, x int references t)
create table made (like child including all)
create table made (like child including constraints including defaults)
`,
    exclusion: `
alter table t add constraint x exclude using gist (r with &&)
alter table t add constraint x exclude using gist (a with =, r with &&) where (a > 0)
alter table t add exclude using btree (a with =)
alter table excl drop constraint no_overlap
alter table excl add constraint x unique (id, during without overlaps)
alter table excl add primary key (id, during without overlaps)
`,
    'type changes': `
alter table t alter a type bigint
alter table t alter a type smallint
alter table t alter a type int
alter table t alter a type numeric
alter table t alter a type text -- refused
alter table t alter g type text
alter table t alter a type oid -- refused
alter table t alter g type oid
alter table t alter b type varchar
alter table t alter b type varchar(100)
alter table t alter b type text
alter table t alter b type text collate "C"
alter table t alter b type text using b
alter table t alter b type text using trim(b)
alter table t alter b type int using b::int -- refused
alter table t alter e type int using e::int
alter table t alter e type bytea using e::bytea
alter table t alter e type jsonb using to_jsonb(e)
alter table t alter e type text collate "C"
alter table t alter e type text using e || 'x'
alter table t alter b type char(10)
alter table t alter c type varchar(20)
alter table t alter c type varchar(10)
alter table t alter c type varchar(5)
alter table t alter c type varchar
alter table t alter c type text
alter table t alter c type char(10) -- refused
alter table t alter e type char(10)
alter table t alter c type varchar(20) collate "C"
alter table t alter n type numeric
alter table t alter n type numeric(12, 2)
alter table t alter n type numeric(12, 4)
alter table t alter n type numeric(8, 2)
alter table t alter n type decimal(14, 2)
alter table t alter n type bigint
alter table t alter n type double precision
alter table t alter ts type timestamp
alter table t alter ts type timestamptz(3)
alter table t alter ts type timestamptz(6)
alter table t alter ts type date
alter table t alter ts type timestamp using ts at time zone 'UTC'
alter table t alter d type timestamptz
alter table t alter j type json -- refused
alter table t alter j type text -- refused
alter table t alter r type int8range using int8range(lower(r), upper(r))
alter table t alter arr type bigint[]
alter table t alter arr type text[]
alter table t alter arr type int[]
alter table t alter bit8 type bit(9) -- refused
alter table t alter bit8 type bit varying(8)
alter table t alter vb type bit varying(16)
alter table t alter vb type bit varying
alter table t alter tm type time(6)
alter table t alter tm type time
alter table t alter tm type time(1)
alter table t alter f type double precision
alter table t alter ch type char(10)
alter table t alter ch type text
alter table t alter ch type varchar(5)
alter table child alter m type text
alter table child alter m type varchar
alter table child alter m drop default, alter m type text using m::text, alter m set default 'ok'
alter table child alter t_id type bigint
alter table t alter u type bigint
alter table t alter u type bigint, alter a type bigint
alter table gen alter s type bigint
alter table gen alter a type bigint -- refused
alter table gen alter t type varchar
alter table viewed alter a type bigint -- refused
alter table viewed alter unused type bigint
`,
    'defaults and generated': `
alter table t add column x int default 1 + 1
alter table t add column x text default 'a' || 'b'
alter table t add column x date default current_date
alter table t add column x timestamptz default current_timestamp
alter table t add column x timestamptz not null default clock_timestamp()
alter table t add column x uuid default gen_random_uuid()
alter table t add column x uuid default uuidv7()
alter table t add column x text default md5(random()::text)
alter table t add column x int default case when false then random()::int else 1 end
alter table t add column x int default case when random() > 2 then 1 else 2 end
alter table t add column x text default current_user
alter table t add column x jsonb not null default '{}'::jsonb
alter table t add column x int[] default array[1, 2]
alter table t add column x int default null
alter table t add column x mood default 'ok'
alter table t add column x bigserial
alter table t add column x int generated by default as identity
alter table t add column x int generated always as identity primary key -- refused
alter table t add column x int generated always as (a * 2) stored
alter table t add column x text generated always as (lower(b)) stored
alter table t add column x int generated always as (a * 2) virtual
alter table t add column x text collate "C" default 'x'
alter table t add column x int unique
alter table t add column x int unique default null
alter table many add column x serial primary key
alter table many add column x int primary key generated always as identity
alter table t add column x int, add column y int default 3, add column z timestamptz default now()
alter table t add column x text storage external
alter table t add column x text compression pglz
alter table t add column x int check (x > 0)
alter table t add column x int default 5 check (x > 0)
alter table t add column x int check (x > 0) no inherit
alter table t alter a set default random()
alter table t alter a drop default
alter table gen alter s drop expression
alter table gen alter s drop expression if exists
alter table gen alter a drop expression if exists
alter table gen alter s set expression as (a * 3)
alter table gen drop column a -- until 14
alter table gen drop column a cascade
`,
    combinations: `
alter table t add column x int, drop column b
alter table t add column x int default 3, alter a set not null
alter table t alter a type bigint, alter a set not null, alter a set default 3
alter table t alter a type bigint, drop column b
alter table t alter a set statistics 100, alter b set statistics 5
alter table t alter a set statistics 100, alter a set default 3
alter table t add constraint x check (a > 0) not valid, validate constraint pos_nv
alter table t validate constraint pos_nv, alter a set statistics 3
alter table sib add constraint x foreign key (parent_id) references parent not valid, add column y int
alter table sib add constraint x foreign key (parent_id) references parent not valid, alter code set statistics 3
alter table t enable trigger all, alter a set statistics 3
alter table t drop constraint pos, alter a type bigint
alter table t add column x bigint, add constraint y unique (x)
alter table t add column x bigint default 3, add constraint y check (x > 0)
alter table t set unlogged, add column x int -- refused
`,
    'create index': `
create index on t (a)
create index on t (a, b desc nulls last)
create index on t (lower(b), a)
create index on t (a) where b is null
create index on t (b text_pattern_ops)
create index on t using gin (j jsonb_path_ops)
create index on t using brin (ts)
create index on t using hash (b)
create index on t using gist (r)
create unique index on t (b)
create unique index on t (b) nulls not distinct
create index if not exists n on t (a)
create index if not exists t_b_idx on t (a)
create index n on only t (a)
create index n on t (a) with (fillfactor = 70)
create index n on t (a) include (b, c)
create index n on t (b collate "C")
create index n on viewing (a) -- refused
alter index t_b_idx rename to n
alter index t_b_idx set (fillfactor = 70)
alter index t_b_idx reset (fillfactor)
alter index t_expr alter column 1 set statistics 100
alter index if exists nope rename to n
alter index t_b_idx depends on extension btree_gist
alter index t_b_idx no depends on extension btree_gist
reindex index t_b_idx
reindex table t
reindex (verbose) table t
reindex table many
drop index if exists t_b_idx
drop index if exists nope
drop index t_b_idx cascade
`,
    'table settings': `
alter table t set (fillfactor = 70)
alter table t set (autovacuum_enabled = off, fillfactor = 80)
alter table t set (toast.autovacuum_enabled = off)
alter table t reset (fillfactor)
alter table t set (parallel_workers = 4)
alter table t set logged
alter table child set logged
alter table excl set unlogged
alter table t set without oids
alter table t set access method heap
alter table t set tablespace pg_default
alter table t set without cluster
alter table t cluster on t_b_idx
alter table t alter b set storage main
alter table t alter b set compression default
alter table t alter b set compression pglz
alter table t alter a set (n_distinct = -1)
alter table t alter a reset (n_distinct)
alter table t alter a set statistics 500
alter table t alter a set statistics default
alter table t options (add x 'y') -- refused
alter table t owner to postgres
alter table t rename to t2
alter table t rename a to aa
alter table t rename column a to aa
alter table t set schema pg_temp -- refused
alter index t_b_idx set tablespace pg_default
alter table all in tablespace pg_default set tablespace pg_default
cluster t using t_a_uq
cluster t using t_b_idx
cluster t -- refused
alter table t drop column a, drop column if exists nope
alter table t drop column if exists nope
alter table if exists t drop column if exists b
alter table t drop column c
alter table t drop column n restrict
`,
  },
};
