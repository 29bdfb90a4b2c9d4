/** Inheritance and partitions three deep, domains of domains, and what hangs on them. */
export const treesFixture = `
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE DOMAIN dpos AS int CHECK (value > 0);
CREATE DOMAIN dd AS dpos;
CREATE DOMAIN dplain AS int;
CREATE DOMAIN dtext AS varchar(20);
CREATE DOMAIN dvol AS double precision DEFAULT random();
CREATE TYPE comp AS (x int, y text);
CREATE SEQUENCE s;
CREATE TABLE parent (id int PRIMARY KEY, code text UNIQUE);
INSERT INTO parent SELECT g, g::text FROM generate_series(1, 50) g;
CREATE TABLE t (id int PRIMARY KEY, a int UNIQUE, b text, iv interval, arr int[], dm dpos, w dtext, z dd, parent_id int REFERENCES parent);
INSERT INTO t (id, a, b, dm, w, z) SELECT g, g, g::text, 1, 'x', 1 FROM generate_series(1, 30) g;
CREATE INDEX t_b_idx ON t (b);
CREATE INDEX t_dm_idx ON t (dm);
CREATE INDEX t_arr_idx ON t USING gin (arr);
CREATE TABLE child (id serial PRIMARY KEY, t_id int REFERENCES t (id), a int REFERENCES t (a) ON DELETE CASCADE);
INSERT INTO child (t_id, a) SELECT g, g FROM generate_series(1, 20) g;
CREATE VIEW v AS SELECT id, b FROM t;
CREATE VIEW v2 AS SELECT id FROM v;
CREATE MATERIALIZED VIEW mv AS SELECT id, b FROM t;
CREATE UNIQUE INDEX mv_id ON mv (id);
CREATE TABLE gen (a int, b text, g int GENERATED ALWAYS AS (a * 2) STORED);
INSERT INTO gen SELECT g, 'x' FROM generate_series(1, 20) g;
CREATE INDEX gen_g ON gen (g);
CREATE TABLE idt (id int GENERATED ALWAYS AS IDENTITY, x int);
INSERT INTO idt (x) VALUES (1);
CREATE TABLE nn (id int, i1 int, i9 int, CONSTRAINT n1 CHECK (i1 IS NOT NULL), CONSTRAINT n9 CHECK (i9 IS DISTINCT FROM NULL));
INSERT INTO nn VALUES (1, 1, 1);
CREATE TABLE par (id int, v int, CONSTRAINT par_v CHECK (v > 0), CONSTRAINT par_ni CHECK (id > 0) NO INHERIT);
CREATE TABLE mid (m int) INHERITS (par);
CREATE TABLE leaf (l int) INHERITS (mid);
CREATE TABLE other (id int, v int, CONSTRAINT par_v CHECK (v > 0));
INSERT INTO par SELECT g, g FROM generate_series(1, 10) g;
INSERT INTO mid SELECT g, g, g FROM generate_series(1, 10) g;
INSERT INTO leaf SELECT g, g, g, g FROM generate_series(1, 10) g;
CREATE INDEX par_v_idx ON par (v);
CREATE TABLE p (id int, k int NOT NULL, r text, ref int) PARTITION BY RANGE (k);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (100) PARTITION BY LIST (r);
CREATE TABLE p1a PARTITION OF p1 FOR VALUES IN ('a');
CREATE TABLE p1b PARTITION OF p1 FOR VALUES IN ('b');
CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (100) TO (200);
INSERT INTO p SELECT g, g, CASE WHEN g % 2 = 0 THEN 'a' ELSE 'b' END, 1 + g % 40 FROM generate_series(0, 150) g;
CREATE INDEX p_id_idx ON p (id);
ALTER TABLE p ADD CONSTRAINT p_uq UNIQUE (id, k, r);
ALTER TABLE p ADD CONSTRAINT p_fk FOREIGN KEY (ref) REFERENCES parent (id);
CREATE TRIGGER ptr AFTER INSERT ON p FOR EACH ROW EXECUTE FUNCTION f();
CREATE TABLE pz (id int, k int NOT NULL, r text, ref int) PARTITION BY LIST (r);
CREATE TABLE pza PARTITION OF pz DEFAULT;
INSERT INTO pz SELECT g, 600 + g, 'a', 1 FROM generate_series(0, 50) g;
CREATE TABLE ph (id int PRIMARY KEY, v text) PARTITION BY HASH (id);
CREATE TABLE ph0 PARTITION OF ph FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE ph1 PARTITION OF ph FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO ph SELECT g, 'x' FROM generate_series(1, 50) g;
CREATE TABLE refp (id int PRIMARY KEY, ph_id int REFERENCES ph (id));
INSERT INTO refp SELECT g, g FROM generate_series(1, 30) g;
`;

/** Statements that were once told wrong. */
export const treesCases: Readonly<Record<string, string>> = {
  'trees, domains and what hangs on them': `
alter table t add column y dd
alter table t add column y dvol
alter table p add column y dd
alter table nn add column y bigint default nextval('s'::regclass)
alter table nn add column y int references ph
alter table par add column y int unique
alter table par add column y int default 1 references parent
alter table par add column y int check (y > 0) no inherit
alter table par add column if not exists m int
alter table par add column if not exists l int default random()
alter table t alter column arr type int[]
alter table t alter column a type dplain
alter table t alter column dm type int
alter table t alter column iv type interval day to second
alter table t alter column iv type interval(6)
alter table t alter column iv type interval(3)
alter table t alter column iv type interval year to month
alter table t alter column w type varchar(20)
alter table t alter column w type text
alter table t alter column z type int
alter table t alter column parent_id type dplain
alter table p alter column id type dplain
alter table child alter column id type bigint
alter table idt alter column id type bigint
alter table gen drop column a cascade
alter table refp alter column ph_id type bigint
alter table nn alter i9 set not null
alter table nn alter i1 set not null, drop constraint n1
alter table par add constraint q not null v no inherit
alter table only par drop column v
alter table only par drop constraint par_v
alter table par drop constraint par_ni
alter table p disable trigger ptr
alter table p enable trigger all
alter table ph alter column id set not null
alter table ph alter column id add generated always as identity
alter table p drop constraint p_uq
alter table other inherit par
alter table par inherit other
alter table p alter constraint p_fk deferrable
alter table child alter constraint child_t_id_fkey enforced
alter table p attach partition pz for values from (600) to (700)
alter table p detach partition p1
alter table p detach partition p2
alter table t drop constraint t_a_key cascade
alter table parent drop constraint parent_code_key cascade
alter table ph drop constraint ph_pkey cascade
alter table refp drop constraint refp_ph_id_fkey
alter table t drop column b cascade
alter table t add column y int, cluster on t_pkey
alter table t add column y int unique, add column y2 serial
alter table t add column y serial, drop column arr
alter table t drop column iv, add column iv int
alter table par alter v set statistics 5, add column y int
alter type comp rename to comp2
drop trigger ptr on p
drop trigger if exists nope on t
drop table p1
drop table p1a
drop table refp
drop table ph0 cascade
truncate ph0 cascade
cluster par using par_v_idx
cluster mv using mv_id
alter materialized view mv cluster on mv_id
analyze par
create view n as select * from v
create policy n on t using (exists (select 1 from parent))
create publication n for table t, p
explain select * from t
explain analyze select * from parent
prepare q as select * from t
declare c cursor for select * from parent
update p set id = id + 1
delete from p
select * from only par
delete from only par
update only par set v = 2
insert into par values (1, 1)
insert into idt (x) values (3)
with x as (select id from parent) update t set dm = 1 from x where x.id = t.id
select * from (select * from parent) x
select array(select id from parent)
`,
};
