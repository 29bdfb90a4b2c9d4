/** On the database of `objects`: types, functions, what is published, granted and said of objects, schemas. */
export const objectsOfOtherKinds: Readonly<Record<string, string>> = {
  types: `
create type n as enum ('a', 'b')
create type n as (x int, y text)
create type n as range (subtype = float8)
create type n
create domain n as text check (value <> '')
create domain n as dom
alter type mood add value 'great'
alter type mood add value if not exists 'ok'
alter type mood add value 'so so' before 'ok'
alter type mood rename value 'ok' to 'fine'
alter type mood rename to humour
alter type mood set schema app
alter type mood owner to postgres
alter type pair add attribute z int -- refused
alter type pair add attribute z int cascade
alter type pair rename attribute x to xx cascade
alter type pair alter attribute x type bigint cascade -- refused
alter type pair drop attribute y cascade
alter type span set schema app
drop type mood -- refused
drop type mood cascade
drop type pair cascade
drop type span
drop type if exists nope
alter domain dom add constraint big check (value < 1000)
alter domain dom add constraint big check (value < 1000) not valid
alter domain dom drop constraint dom_check
alter domain dtext drop constraint short
alter domain dtext drop constraint if exists nope
alter domain dtext validate constraint short
alter domain dtext rename constraint short to brief
alter domain dom set not null
alter domain dom drop not null
alter domain dom set default 5
alter domain dom drop default
alter domain dom rename to dom2
alter domain dom set schema app
alter domain dom owner to postgres
drop domain dom cascade
drop domain dtext cascade
comment on type mood is 'x'
comment on domain dom is 'x'
comment on constraint short on domain dtext is 'x'
grant usage on type mood to public
create table n of pair
alter table typed not of
alter table other of pair -- refused
`,
  'functions and procedures': `
create function n() returns int language sql as 'select 1'
create function n() returns bigint language sql as 'select count(*) from t'
create function n() returns bigint language sql begin atomic select count(*) from t; end
create function n() returns setof t language sql as 'select * from t'
create function n(x t) returns int language sql as 'select x.a'
create function n(x t.a%type) returns int language plpgsql as 'begin return x; end'
create or replace function double(i int) returns int language sql immutable as 'select i + i'
create or replace function used(i int) returns int language plpgsql immutable as 'begin return i + 1; end'
create procedure n() language sql as 'delete from other'
create procedure n() language sql begin atomic insert into other values (100, 1); update parent set name = 'x'; end
create or replace procedure proc() language plpgsql as 'begin end'
alter function double(int) rename to twice
alter function double(int) set schema app
alter function double(int) owner to postgres
alter function double(int) stable
alter function double(int) set search_path = public
alter function used(int) immutable
alter procedure proc() rename to proc2
alter routine double(int) rename to twice
drop function double(int)
drop function double
drop function if exists nope(int)
drop function used(int) cascade
drop function touch() cascade
drop procedure proc()
drop routine double(int)
drop aggregate total (int)
create aggregate n (int) (sfunc = int4pl, stype = int)
grant execute on function double(int) to public
revoke all on all functions in schema public from public
comment on function double(int) is 'x'
create cast (mood as int) with function enum_larger(anyenum, anyenum) -- refused
create operator #== (leftarg = int, rightarg = int, function = int4eq)
drop operator === (int, int)
call proc()
select double(3)
select rows_of()
select used(a) from t
`,
  'extensions, publications, statistics': `
create extension if not exists plpgsql
create extension if not exists plpgsql with schema public
alter extension plpgsql update
alter extension plpgsql add function double(int)
comment on extension plpgsql is 'x'
drop extension if exists nope
create publication n
create publication n for table t
create publication n for table t, other
create publication n for table t (id, a)
create publication n for table t where (a > 3)
create publication n for tables in schema app
create publication n for all tables
create publication n for table only t with (publish = 'insert')
alter publication pub add table other
alter publication pub drop table t
alter publication pub set table other
alter publication pub set table t, other
alter publication pub set (publish = 'insert, update')
alter publication pub add tables in schema app
alter publication pub rename to pub2
alter publication pub owner to postgres
drop publication pub
drop publication pub_all
drop publication if exists nope
comment on publication pub is 'x'
create statistics n on a, b from t
create statistics n (ndistinct, mcv) on a, b from t
create statistics n on (a + 1), lower(b) from t
create statistics if not exists st on a, b from t
create statistics on a, b from t
alter statistics st rename to st2
alter statistics st set statistics 100
alter statistics st set statistics default
alter statistics st set schema app
alter statistics st owner to postgres
drop statistics st
drop statistics if exists st
drop statistics if exists nope
comment on statistics st is 'x'
`,
  'grants, comments, owners': `
grant all on t to public
grant select (id, a) on t to public
grant select, insert on t, other, v to public
grant select on all tables in schema public to public
grant usage on schema app to public
grant create on database postgres to public
revoke select on t from public
revoke select (id) on t from public
alter default privileges in schema public grant select on tables to public
reassign owned by current_user to postgres -- refused
comment on table t is 'x'
comment on table t is null
comment on column t.a is 'x'
comment on index t_b_idx is 'x'
comment on constraint t_pkey on t is 'x'
comment on schema app is 'x'
comment on database postgres is 'x'
comment on collation german is 'x'
comment on operator === (int, int) is 'x'
comment on aggregate total (int) is 'x'
alter table t owner to current_user
alter index t_b_idx rename to n
alter schema app rename to app2
alter schema app owner to postgres
alter collation german rename to german2
alter collation german refresh version
alter database postgres set work_mem = '4MB'
alter role postgres set work_mem = '4MB'
create role n
create role n login password 'x'
drop role if exists nope
grant postgres to postgres -- refused
set search_path = app, public
set local lock_timeout = '2s'
reset lock_timeout
show lock_timeout
set role postgres
set session authorization default
set constraints all deferred
discard plans
listen n
unlisten n
notify n
savepoint n
checkpoint
security label on table t is 'x' -- refused
load 'plpgsql'
deallocate all
`,
  schemas: `
create schema n
create schema if not exists app
create schema n create table n.x (id int primary key)
create schema n create view vx as select id from public.t
create schema n authorization postgres
drop schema bare
drop schema app cascade
drop schema if exists nope
drop schema bare, app cascade
alter table t set schema app
alter table app.o set schema public
create collation n from "C"
drop collation german
create text search configuration n (copy = english)
drop text search configuration if exists nope
create event trigger n on ddl_command_start execute function touch() -- refused
create server n foreign data wrapper nope -- refused
`,
  'enter and leave': `
prepare q as select * from t
prepare q as select * from t where id = $1
prepare q as update t set a = 1
prepare q (int) as insert into other values ($1, 1)
explain select * from t
explain update t set a = 1
explain (analyze, costs off) select * from other
explain (analyze false) delete from t
declare c cursor for select * from t
declare c cursor with hold for select * from t
declare c scroll cursor for select * from t
`,
};
