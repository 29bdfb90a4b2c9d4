import type { Scene } from './model.ts';

/** Partitioned tables and inheritance: their own, and what they share with constraints, keys, indexes and triggers. */
export const partitions: Scene = {
  name: 'partitions',
  setup: `
CREATE SCHEMA app;
CREATE TABLE parent (id int PRIMARY KEY);
INSERT INTO parent SELECT generate_series(0, 300);
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE TABLE p (id int NOT NULL, k int NOT NULL, note text, ref int, PRIMARY KEY (id, k)) PARTITION BY RANGE (k);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (100);
CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (100) TO (200);
CREATE INDEX p_note ON p (note);
ALTER TABLE p ADD CONSTRAINT p_ref FOREIGN KEY (ref) REFERENCES parent;
ALTER TABLE p ADD CONSTRAINT p_check CHECK (id >= 0);
CREATE TRIGGER ptr AFTER INSERT ON p FOR EACH ROW EXECUTE FUNCTION touch();
INSERT INTO p SELECT g, g, 'x', g FROM generate_series(0, 199) g;
CREATE TABLE p3 (id int NOT NULL, k int NOT NULL, note text, ref int);
INSERT INTO p3 SELECT g, g, 'x', g FROM generate_series(200, 250) g;
CREATE TABLE p4 (id int NOT NULL, k int NOT NULL, note text, ref int, PRIMARY KEY (id, k), CONSTRAINT p4_k CHECK (k >= 300 AND k < 400), CONSTRAINT p_check CHECK (id >= 0), CONSTRAINT p4_ref FOREIGN KEY (ref) REFERENCES parent);
CREATE INDEX p4_note ON p4 (note);
INSERT INTO p4 SELECT g, g, 'x', 1 FROM generate_series(300, 350) g;
CREATE TABLE bare (id int, k int) PARTITION BY RANGE (k);
CREATE TABLE bare1 PARTITION OF bare FOR VALUES FROM (0) TO (100);
CREATE TABLE bared PARTITION OF bare DEFAULT;
INSERT INTO bare SELECT g, g FROM generate_series(0, 150) g;
CREATE TABLE loose (id int, k int, CONSTRAINT loose_k CHECK (k IS NOT NULL AND k >= 500 AND k < 600));
INSERT INTO loose SELECT g, g FROM generate_series(500, 550) g;
CREATE TABLE loose2 (id int, k int);
INSERT INTO loose2 SELECT g, g FROM generate_series(600, 650) g;
CREATE TABLE lone (id int, k int) PARTITION BY LIST (k);
CREATE TABLE lone1 PARTITION OF lone FOR VALUES IN (1);
INSERT INTO lone SELECT g, 1 FROM generate_series(1, 50) g;
CREATE INDEX lone_idx ON ONLY lone (id);
CREATE INDEX lone1_idx ON lone1 (id);
CREATE TABLE ph (id int PRIMARY KEY, v text) PARTITION BY HASH (id);
CREATE TABLE ph0 PARTITION OF ph FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE ph1 PARTITION OF ph FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO ph SELECT g, 'x' FROM generate_series(1, 50) g;
CREATE TABLE refs (id int PRIMARY KEY, ph_id int REFERENCES ph);
INSERT INTO refs SELECT g, g FROM generate_series(1, 50) g;
CREATE TABLE deep (id int, k int, r text) PARTITION BY RANGE (k);
CREATE TABLE deep1 PARTITION OF deep FOR VALUES FROM (0) TO (100) PARTITION BY LIST (r);
CREATE TABLE deep1a PARTITION OF deep1 FOR VALUES IN ('a');
CREATE TABLE deep1d PARTITION OF deep1 DEFAULT;
CREATE TABLE deep2 PARTITION OF deep FOR VALUES FROM (100) TO (200);
INSERT INTO deep SELECT g, g, 'a' FROM generate_series(0, 150) g;
INSERT INTO deep VALUES (1, 1, 'z');
CREATE TABLE par (id int PRIMARY KEY, v int, CONSTRAINT par_v CHECK (v > 0));
CREATE TABLE heir (extra int) INHERITS (par);
CREATE TABLE grand () INHERITS (heir);
INSERT INTO par SELECT g, g FROM generate_series(1, 50) g;
INSERT INTO heir SELECT g, g FROM generate_series(1, 50) g;
INSERT INTO grand SELECT g, g FROM generate_series(1, 50) g;
CREATE TABLE stranger (id int NOT NULL, v int, CONSTRAINT par_v CHECK (v > 0));
INSERT INTO stranger SELECT g, g FROM generate_series(1, 50) g;
`,
  forms: {
    'attach and detach': `
alter table p attach partition p3 for values from (200) to (300) -- refused
alter table bare attach partition p3 for values from (200) to (300) -- refused
alter table p attach partition p4 for values from (300) to (400)
alter table bare attach partition loose for values from (500) to (600)
alter table bare attach partition loose2 for values from (600) to (700)
alter table lone attach partition loose for values in (7) -- refused
alter table lone attach partition loose2 default
alter table p detach partition p1
alter table bare detach partition bared
alter table bare detach partition bare1
alter table deep detach partition deep1
alter table deep1 detach partition deep1a
alter table ph detach partition ph0 -- refused
alter table p detach partition nope -- refused
alter index lone_idx attach partition lone1_idx
alter table p detach partition p1 concurrently
alter table deep detach partition deep1 concurrently
alter table deep1 detach partition deep1a concurrently -- refused
alter table bare detach partition bare1 concurrently -- refused
create index concurrently n on p1 (ref)
drop index concurrently lone1_idx
reindex table concurrently p1
reindex index concurrently p_note
vacuum full deep1
vacuum deep
`,
    'create and drop': `
create table n partition of p for values from (500) to (600)
create table n partition of bare for values from (500) to (600)
create table n partition of lone default
create table n partition of deep for values from (200) to (300) partition by list (r)
create table n partition of p (note default 'x') for values from (500) to (600)
create table n partition of ph for values with (modulus 4, remainder 0) -- refused
create table if not exists p1 partition of p for values from (0) to (100)
create table n (like p including all) partition by range (k)
create table n () inherits (par)
create table n (w int) inherits (par, heir)
create temp table n () inherits (par)
drop table p
drop table p1
drop table p1, p2
drop table bared
drop table bare
drop table bare1
drop table deep1
drop table deep1a
drop table ph -- refused
drop table ph cascade
drop table ph0 cascade
drop table refs
drop table par -- refused
drop table par cascade
drop table heir -- refused
drop table grand
truncate p
truncate p1
truncate bare
truncate deep1
truncate ph cascade
truncate only heir
`,
    columns: `
alter table p add column x int
alter table p add column x int default 3
alter table p add column x int default random()
alter table p add column x int references parent
alter table p add column x int not null default 1 check (x > 0)
alter table only p add column x int -- refused
alter table p1 add column x int -- refused
alter table deep add column x serial
alter table par add column x int
alter table par add column x int default 3
alter table only par add column x int -- refused
alter table heir add column x int
alter table par add column extra int
alter table p drop column note
alter table p drop column k -- refused
alter table only p drop column note -- refused
alter table par drop column v
alter table only par drop column v
alter table heir drop column extra
alter table heir drop column v -- refused
alter table p alter note type varchar
alter table p alter note type varchar(50)
alter table p alter id type bigint
alter table p alter k type bigint -- refused
alter table par alter v type bigint
alter table heir alter extra type bigint
alter table only par alter v type bigint -- refused
alter table p alter note set not null
alter table p1 alter note set not null
alter table only p alter note set not null -- refused
alter table par alter v set not null
alter table heir alter extra set not null -- refused
alter table p alter note set default 'x'
alter table only p alter note set default 'x'
alter table p alter id drop not null -- refused
alter table par alter v drop not null
alter table p alter note set statistics 100
alter table p alter note set storage external
alter table p rename note to notes
alter table par rename v to vv
alter table p rename to pp
alter table p set schema app
alter table p1 rename to pp
alter table p owner to postgres
`,
    constraints: `
alter table p add constraint x check (k >= 0)
alter table p add constraint x check (k >= 0) not valid
alter table only p add constraint x check (k >= 0) -- refused
alter table p1 add constraint x check (k >= 0)
alter table p validate constraint p_check
alter table p drop constraint p_check
alter table p1 drop constraint p_check -- refused
alter table p drop constraint p_ref
alter table p drop constraint p_pkey
alter table p rename constraint p_check to x
alter table p rename constraint p_ref to x
alter table bare add primary key (id, k)
alter table bare add unique (k)
alter table bare add unique (id) -- refused
alter table only bare add unique (k)
alter table deep add unique (k, r)
alter table bare1 add unique (id)
alter table p add foreign key (id) references parent
alter table p add foreign key (id) references parent not valid
alter table p1 add foreign key (id) references parent
alter table refs add constraint x foreign key (id) references ph
alter table refs add constraint x foreign key (id) references ph not valid
alter table refs drop constraint refs_ph_id_fkey
alter table refs alter constraint refs_ph_id_fkey deferrable
alter table p alter constraint p_ref deferrable initially deferred
alter table par add constraint x check (v < 1000)
alter table par add constraint x check (v < 1000) not valid
alter table par add constraint x check (v < 1000) no inherit
alter table only par add constraint x check (v < 1000) -- refused
alter table heir add constraint x check (v < 1000)
alter table par drop constraint par_v
alter table only par drop constraint par_v
alter table heir drop constraint par_v -- refused
alter table par validate constraint par_v
alter table par rename constraint par_v to x
alter table par add unique (v)
alter table par drop constraint par_pkey
alter table heir no inherit par
alter table stranger inherit par
alter table stranger no inherit par -- refused
`,
    'indexes, triggers and the rest': `
create index n on p (ref)
create index n on only p (ref)
create unique index n on p (k, ref)
create unique index n on p (ref) -- refused
create index on deep (id)
create index on p1 (ref)
create index if not exists p_note on p (note)
create index n on par (v)
drop index p_note
drop index lone_idx
drop index lone1_idx
alter index p_note rename to n
alter index p1_note_idx rename to n
alter index p_note set (fillfactor = 70) -- refused
reindex index p1_note_idx
reindex table p1
reindex table par
create trigger n before insert on p for each row execute function touch()
create trigger n after insert on p for each statement execute function touch()
create trigger n after insert on p1 for each row execute function touch()
drop trigger ptr on p
alter trigger ptr on p rename to n
alter table p disable trigger ptr
alter table only p disable trigger ptr
alter table p1 disable trigger ptr
alter table p enable trigger all
alter table p disable trigger user
create policy n on p using (true)
alter table p enable row level security
create statistics n on id, k from p
analyze p
analyze p1
analyze par
analyze only p
cluster par using par_pkey
alter table p1 cluster on p1_note_idx
alter table p cluster on p_note -- refused
alter table p set without cluster -- refused
alter table p set (fillfactor = 70) -- refused
alter table p1 set (fillfactor = 70)
alter table p set logged -- until 17
alter table p set unlogged -- until 17
alter table p1 set unlogged
alter table p set tablespace pg_default
alter table p set access method heap
alter table p replica identity full
alter table p replica identity using index p_pkey
comment on table p is 'x'
grant select on p to public
lock table p
lock table par in share mode
create rule n as on delete to p do nothing
create publication n for table p
create publication n for table par
create view n as select * from p
refresh materialized view nope -- refused
`,
  },
};
