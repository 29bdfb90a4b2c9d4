import type { Scene } from './model.ts';
import { typeChanges } from './type-changes.ts';

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
    ...typeChanges,
  },
};
