import type { Scene } from './model.ts';

/** Reading and writing rows, with what hangs on it: foreign keys, triggers, partitions, sequences, functions. */
export const queries: Scene = {
  name: 'queries',
  setup: `
CREATE TABLE parent (id int PRIMARY KEY, name text);
INSERT INTO parent SELECT g, 'x' FROM generate_series(1, 50) g;
CREATE TABLE t (id int PRIMARY KEY, a int, b text, parent_id int REFERENCES parent);
INSERT INTO t SELECT g, g, g::text, g FROM generate_series(1, 50) g;
CREATE INDEX t_a_idx ON t (a);
CREATE TABLE child (id serial PRIMARY KEY, t_id int REFERENCES t (id) ON DELETE CASCADE);
INSERT INTO child (t_id) SELECT g FROM generate_series(1, 20) g;
CREATE INDEX child_t_id_idx ON child (t_id);
CREATE TABLE leaf (id int PRIMARY KEY, child_id int REFERENCES child (id) ON DELETE SET NULL ON UPDATE CASCADE);
INSERT INTO leaf SELECT g, g FROM generate_series(1, 10) g;
CREATE TABLE log (id bigserial PRIMARY KEY, what text, at timestamptz DEFAULT now());
INSERT INTO log (what) SELECT 'x' FROM generate_series(1, 50) g;
CREATE TABLE other (id int PRIMARY KEY, v int, w int DEFAULT 3);
INSERT INTO other SELECT g, g FROM generate_series(1, 50) g;
CREATE VIEW v AS SELECT id, a FROM t;
CREATE VIEW vv AS SELECT v.id, o.v FROM v JOIN other o USING (id);
CREATE MATERIALIZED VIEW mv AS SELECT id, a FROM t;
CREATE TABLE p (id int, k int, note text) PARTITION BY RANGE (k);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (100);
CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (100) TO (200);
CREATE TABLE p3 PARTITION OF p DEFAULT;
INSERT INTO p SELECT g, g FROM generate_series(0, 250) g;
CREATE TABLE pl (id int, r text) PARTITION BY LIST (r);
CREATE TABLE pla PARTITION OF pl FOR VALUES IN ('a', 'b');
CREATE TABLE plc PARTITION OF pl FOR VALUES IN ('c');
INSERT INTO pl SELECT g, 'a' FROM generate_series(1, 50) g;
CREATE TABLE ph (id int PRIMARY KEY, v int) PARTITION BY HASH (id);
CREATE TABLE ph0 PARTITION OF ph FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE ph1 PARTITION OF ph FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO ph SELECT g, g FROM generate_series(1, 50) g;
CREATE TABLE par (id int, v int);
CREATE TABLE heir () INHERITS (par);
INSERT INTO heir SELECT g, g FROM generate_series(1, 50) g;
CREATE TABLE audited (id int PRIMARY KEY, v int);
INSERT INTO audited SELECT g, g FROM generate_series(1, 50) g;
CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO log (what) VALUES ('x'); RETURN new; END $$;
CREATE TRIGGER audit AFTER INSERT OR UPDATE ON audited FOR EACH ROW EXECUTE FUNCTION audit();
CREATE TABLE ruled (id int PRIMARY KEY, v int);
INSERT INTO ruled SELECT g, g FROM generate_series(1, 50) g;
CREATE RULE ruled_log AS ON UPDATE TO ruled DO ALSO INSERT INTO log (what) VALUES ('x');
CREATE SEQUENCE s;
CREATE TABLE numbered (id int DEFAULT nextval('s'), v int);
INSERT INTO numbered (v) SELECT generate_series(1, 50);
CREATE TABLE selfref (id int PRIMARY KEY, up int REFERENCES selfref (id) ON DELETE CASCADE);
INSERT INTO selfref SELECT g, nullif(g - 1, 0) FROM generate_series(1, 10) g;
CREATE FUNCTION read_other() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT count(*) FROM other';
CREATE FUNCTION write_other() RETURNS void LANGUAGE sql AS 'UPDATE other SET v = v';
CREATE FUNCTION pure(i int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT i + 1';
CREATE FUNCTION inner_plpgsql() RETURNS int LANGUAGE plpgsql AS $$ BEGIN PERFORM 1 FROM other; RETURN 1; END $$;
`,
  forms: {
    select: `
select 1
select now()
select count(*) from only par
select count(*) from par
select * from t, other
select * from t join other using (id)
select * from t left join parent on parent.id = t.parent_id where t.id = 3
select * from t where id = 3
select * from t where id in (1, 2)
select * from t where a > 3
select * from t where exists (select from other where other.id = t.id)
select * from t order by b limit 3
select * from t limit 1
select distinct b from t
select b, count(*) from t group by b having count(*) > 1
select id from t union all select id from other
select id from t except select id from other
select * from vv
select * from (values (1)) x
select * from generate_series(1, 3)
select * from mv
select * from t tablesample system (10)
select (select max(v) from other)
select * from t for update
select * from t for no key update
select * from t for share
select * from t for key share skip locked
select * from t where id = 3 for update nowait
select * from t join other using (id) for update
select * from t join other using (id) for update of t
select * from t join other o using (id) for share of o
select * from v for update
select * from t, v for update of v
select * from (select * from t) x for update
with x as (select * from t) select * from x for update
select * from p where k = 5
select * from p where k < 50
select * from p where k = 150 or k = 5
select * from p where k between 5 and 8
select * from p where id = 3
select * from p where k = $1 -- refused
select count(*) from p
select * from p for update
select * from pl where r = 'a'
select * from pl where r in ('a', 'c')
select * from ph where id = 3
select * from ph
with recursive x as (select id, up from selfref where id = 1 union all select s.id, s.up from selfref s join x on s.up = x.id) select * from x
select read_other()
select pure(a) from t
select pure(3)
select write_other()
select inner_plpgsql()
select * from t where a = pure(3)
select * from pg_class
select * from information_schema.tables
select pg_relation_size('t')
select 't'::regclass
select pg_sleep(0)
select pg_advisory_xact_lock(1)
select lastval()
table t
values (1), (2)
select * into made from t
select id into temp made from t where id = 3
`,
    insert: `
insert into t values (100, 1, 'x', 1)
insert into t (id) values (100)
insert into t (id, parent_id) values (100, 1), (101, 2)
insert into t (id, a) values (100, (select max(v) from other))
insert into t select g, g, 'x', 1 from generate_series(100, 110) g
insert into t (id, a) select id + 100, v from other
insert into t (id, a) select id + 100, v from other where id < 10
insert into t values (1, 1, 'x', 1) on conflict do nothing
insert into t values (1, 1, 'x', 1) on conflict (id) do update set a = excluded.a
insert into t values (1, 1, 'x', 1) on conflict (id) do update set parent_id = 2 where t.a > 0
insert into t (id) values (100) returning *
insert into child (t_id) values (1)
insert into child default values
insert into child (id, t_id) values (100, 1)
insert into child values (default, 1)
insert into log (what) values ('x')
insert into numbered (v) values (1)
insert into numbered values (1, 1)
insert into numbered (id, v) values (nextval('s'), 1)
insert into p values (5, 5)
insert into p values (5, 150)
insert into p values (5, 5), (5, 150)
insert into p select g, g from generate_series(0, 150) g
insert into p1 values (5, 5)
insert into pl values (1, 'c')
insert into ph values (100, 1)
insert into par values (1, 1)
insert into v (id, a) values (100, 1)
insert into audited values (100, 1)
insert into selfref values (100, 1)
insert into other select * from other where false
with x as (insert into other values (100, 1) returning id) insert into log (what) select id::text from x
insert into made values (1) -- refused
`,
    update: `
update t set a = 1
update t set a = 1 where id = 3
update t set a = 1 where id in (1, 2, 3)
update t set a = 1 where a > 3
update t set a = (select max(v) from other)
update t set a = o.v from other o where o.id = t.id
update t set parent_id = 2
update t set parent_id = null where id = 3
update t set id = id + 1000 where id = 40
update t set id = id where id = 40
update t set b = read_other()::text where id = 3
update child set id = id + 1000 where id = 3
update parent set name = 'y'
update parent set id = 1000 where id = 45 -- refused
update only par set v = 1
update par set v = 1
update p set note = 'x'
update p set note = 'x' where k = 5
update p set k = 150 where k = 5
update p1 set note = 'x'
update pl set id = 1 where r = 'c'
update ph set v = 1 where id = 3
update v set a = 1 where id = 3
update audited set v = 1 where id = 3
update ruled set v = 1 where id = 3
update selfref set up = 1 where id = 5
update numbered set id = default where v = 3
update t set a = 1 where ctid = '(0,1)'
update t set a = 1 where current of nope -- refused
with gone as (delete from other returning id) update t set a = 1 from gone where gone.id = t.id
with batch as (select id from t where a is null limit 10 for update skip locked) update t set a = 1 from batch where batch.id = t.id
update t set a = 1 where id in (select id from t where a is null limit 10)
update t set (a, b) = (select v, 'x' from other where other.id = t.id)
`,
    delete: `
delete from t
delete from t where id = 3
delete from t where a > 1000
delete from t using other where other.id = t.id and other.v > 1000
delete from t where not exists (select from other where other.id = t.id)
delete from child where id = 3
delete from leaf
delete from parent where id = 50 -- refused
delete from only par
delete from par
delete from p where k = 5
delete from p
delete from pl where r = 'c'
delete from ph where id = 3
delete from v where id = 3
delete from audited where id = 3
delete from selfref where id = 1
delete from log where at < now() - interval '1 day'
with x as (delete from log returning *) select count(*) from x
delete from other where id = any (array[1, 2])
`,
    merge: `
merge into other o using t on t.id = o.id when matched then update set v = t.a when not matched then insert values (t.id, t.a)
merge into other o using (values (1, 2)) x (id, v) on x.id = o.id when matched then delete
merge into t using other o on o.id = t.id when matched then update set parent_id = 1
merge into t using other o on o.id = t.id when not matched then insert (id, parent_id) values (o.id, 1)
merge into p using other o on o.id = p.k when matched then do nothing
merge into child c using other o on o.id = c.id when not matched then insert (t_id) values (1)
merge into other o using t on t.id = o.id when not matched by source then delete
merge into other o using t on t.id = o.id when matched then delete returning o.id
merge into parent using other o on o.id = parent.id when matched and o.id > 45 then delete -- refused
merge into v using other o on o.id = v.id when matched then update set a = 1
`,
    'copy, truncate, lock': `
copy t to stdout
copy (select * from other) to stdout
copy (select * from t where id = 3) to stdout
copy (delete from other returning *) to stdout
copy t from '/nowhere' -- refused
copy v to stdout -- refused
copy p to stdout -- refused
copy p1 to stdout
truncate t cascade
truncate t, child, leaf
truncate leaf
truncate only par
truncate par
truncate p
truncate p1
truncate log restart identity
truncate log continue identity
truncate numbered restart identity
truncate selfref
truncate audited, ruled
truncate parent -- refused
lock table t
lock t in access share mode
lock t in row share mode
lock t in row exclusive mode
lock t in share update exclusive mode
lock t in share mode
lock t in share row exclusive mode
lock t in exclusive mode
lock t in access exclusive mode nowait
lock only p
lock p in share mode
lock par in share mode
lock only par in share mode
lock t, other in exclusive mode
lock v in share mode
lock vv in exclusive mode
`,
    'create as': `
create table made as select * from t
create table made as select * from t with no data
create table made as select * from t where id = 3
create table made as select t.id, o.v from t join other o using (id)
create table made as values (1)
create table made (x, y) as select id, a from t
create table if not exists made as select * from other
create table if not exists t as select * from other
create temp table made on commit drop as select * from t
create unlogged table made as table other
create table made as execute nope -- refused
create table made as with x as (delete from other returning *) select * from x
create table made as select * from vv
create table made as select * from p where k = 5
create table made as select read_other() as n
`,
    'do blocks': `
do $$ begin update t set a = 1; end $$
do $$ begin update t set a = 1 where id = 3; delete from other; end $$
do $$ begin perform 1 from t; end $$
do $$ begin alter table t add column x int; end $$
do $$ begin if exists (select from t) then update other set v = 1; end if; end $$
do $$ begin if false then update other set v = 1; end if; end $$
do $$ declare r record; begin for r in select * from t loop update other set v = r.a where id = r.id; end loop; end $$
do $$ begin execute 'update t set a = 1'; end $$
do $$ begin execute format('update %I set a = 1', 't'); end $$
do $$ begin raise notice 'x'; end $$
do $$ begin null; end $$
do $$ declare n int; begin select count(*) into n from t; end $$
do $$ begin perform read_other(); end $$
do $$ begin create table made (id int); insert into made values (1); end $$
do $$ begin lock table t in exclusive mode; exception when others then null; end $$
do $$ begin while false loop delete from t; end loop; end $$
do language plpgsql 'begin drop table leaf; end'
do $$ begin update nope set a = 1; exception when undefined_table then update t set a = 1; end $$
`,
  },
};
