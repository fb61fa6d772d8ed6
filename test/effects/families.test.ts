// The families of catalog rows themselves: every row has one, its names are PostgreSQL's, and no column is left out.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freshDatabase, type TestDatabase } from '../database.ts'

let db: TestDatabase

beforeAll(async () => {
  db = await freshDatabase()
  await db.sql.unsafe(
    `
    create schema "Odd ""S""";
    create type "Odd ""S"""."E n" as enum ('a', 'b');
    create type public.pair as (a int, b "Odd ""S"""."E n"[]);
    create domain public.em as varchar(20) not null check (value <> '');
    create domain public.ems as public.em[];
    create type public.span as range (subtype = int4);
    create table public.t (id serial primary key, n int generated always as identity, txt text default 'x' collate "C",
      num numeric(10,2)[] not null, g int generated always as (id * 2) stored, e "Odd ""S"""."E n", check (id > 0));
    create table public.parts (a int, b text) partition by range (a);
    create table public.part_1 partition of public.parts for values from (1) to (2);
    create table "Odd ""S"""."tab ""q" (id int references public.t);
    create view "Odd ""S""".v as select * from public.t;
    create materialized view public.m as select 1 as a, 'x'::text b;
    create function public.many(text, int, json, varchar, "Odd ""S"""."E n", "Odd ""S"""."E n"[], public.pair, public.t[],
      public.span, public.ems, timestamptz, name, int[], text[], out o int) returns int language sql as 'select 1';
    create procedure public.p(inout a int, variadic b text[]) language sql as 'select 1';
    create aggregate public.agg(*) (sfunc = int8inc, stype = int8, initcond = '0');
    create function public.atomic(a int) returns int language sql begin atomic select a + 1; end;
    create sequence public.sq owned by public.t.id;
    create function public.fire() returns trigger language plpgsql as 'begin return new; end';
    create trigger "T ""t" before insert on "Odd ""S"""."tab ""q" for each row execute function public.fire();
    create constraint trigger late after insert on public.t deferrable for each row execute function public.fire();
    create trigger parts before update on public.parts for each row execute function public.fire();
    create policy "P ""p" on "Odd ""S"""."tab ""q" to current_user, pg_monitor using (true);
    create rule "R ""r" as on delete to "Odd ""S"""."tab ""q" do instead nothing;
    create function public.seen() returns event_trigger language plpgsql as 'begin end';
    create event trigger "Ev t" on ddl_command_end when tag in ('DROP TABLE') execute function public.seen();
    create index "I ""i" on "Odd ""S"""."tab ""q" ((id + 1)) where id > 2;
    alter table "Odd ""S"""."tab ""q" add constraint "K k" unique (id) deferrable;
    create index on public.parts (b);
    create table public.child (more int) inherits (public.t);
    create statistics "Odd ""S"""."St s" on id, txt from public.t;
    create foreign data wrapper wrap; create server files foreign data wrapper wrap;
    create foreign table public.far (a int) server files;
    comment on table public.t is 'x'; comment on column public.t.n is 'y';
    create temp table here (a int);
    create function pg_temp.f(here) returns int language sql as 'select 1';
    create extension hstore; create extension btree_gist;
    create foreign data wrapper "W ""r" options (mode 'x');
    create server "S v" type 'a' version '1' foreign data wrapper "W ""r" options (host 'x', password 'y');
    create user mapping for public server "S v" options (password 'y');
    create user mapping for levelb_deploy server "S v";
    create publication "P ub" for table public.t (id, txt) where (id > 0);
    create publication every for all tables;
    create publication spaces for tables in schema "Odd ""S""";
    create subscription "S ub" connection 'host=x password=y' publication "P ub" with (connect = false, slot_name = none);
    create cast (text as "Odd ""S"""."E n") with inout as assignment;
    create trusted language "L ang" handler plpgsql_call_handler;
    create function public.out_of(internal) returns internal language internal immutable as 'boolsend';
    create transform for public.hstore language "L ang" (from sql with function public.out_of(internal));
    create access method heap_too type table handler heap_tableam_handler;
    create operator "Odd ""S""".=== (function = int4eq, leftarg = int, rightarg = int,
      commutator = operator("Odd ""S""".====));
    create operator "Odd ""S""".!!! (function = int4um, rightarg = int);
    create operator class "Odd ""S"""."op c" for type int using btree as operator 1 <, function 1 btint4cmp(int, int);
    create conversion "Odd ""S"""."v v" for 'UTF8' to 'LATIN1' from utf8_to_iso8859_1;
    create collation "Odd ""S"""."c c" (locale = 'C', provider = libc);
    create text search dictionary "Odd ""S"""."d d" (template = simple, stopwords = english);
    create text search parser "Odd ""S"""."p p" (start = prsd_start, gettoken = prsd_nexttoken, end = prsd_end,
      lextypes = prsd_lextype);
    create text search template "Odd ""S"""."t t" (lexize = dsimple_lexize);
    create text search configuration "Odd ""S"""."c f" (copy = english);
    create text search configuration public.other (parser = "Odd ""S"""."p p");
    alter text search configuration public.other add mapping for word with "Odd ""S"""."d d";
    select lo_create(4242);
    grant set on parameter work_mem to levelb_deploy;
    create table rows as select r.*, 0 as family from unnest(null::levelb._state_row[]) r`,
  )
  await db.sql.unsafe(`
    do $$ declare f record; begin
      for f in select x as family, row_number() over () as n from levelb._families() x loop
        execute format('insert into rows select r.*, %s from (%s) r', f.n, levelb._family_query(f.family, 'true', 'null::xid8', true));
      end loop;
    end $$`)
})

// a database with a subscription cannot be dropped
afterAll(() => db.sql`drop subscription "S ub"`)

test('object type and identity are those of pg_identify_object, for every row', async () => {
  const differing = await db.sql`
    select r.catalog, r.object_type, r.identity, i.type, i.identity as pg from rows r, lateral pg_identify_object(
        case when r.catalog = 'pg_attribute' or r.catalog = 'pg_rewrite' and r.object_type <> 'rule' then 'pg_class'
          when r.catalog = 'pg_largeobject_metadata' then 'pg_largeobject' else r.catalog end::regclass,
        case when r.catalog = 'pg_rewrite' and r.object_type <> 'rule' then (select ev_class from pg_rewrite where oid = r.key::oid)
          else split_part(r.key, '.', 1)::oid end,
        case r.catalog when 'pg_attribute' then split_part(r.key, '.', 2)::int else 0 end) i
     where r.catalog not in ('pg_depend', 'pg_description', 'pg_shdescription', 'pg_attrdef', 'pg_enum', 'pg_index',
         'pg_sequence', 'pg_auth_members', 'pg_db_role_setting', 'pg_default_acl', 'pg_inherits', 'pg_partitioned_table',
         'pg_range', 'pg_aggregate', 'pg_foreign_table', 'pg_init_privs', 'pg_seclabel', 'pg_shseclabel',
         'pg_ts_config_map', 'pg_subscription_rel', 'pg_replication_origin')
       and r.object_type is not null and r.attributes is not null
       -- versions before said "on language" of a transform
       and (r.object_type, r.identity) is distinct from (i.type, replace(i.identity, ' on language ', ' language '))`
  expect([...differing]).toEqual([])
  const [counted] =
    await db.sql`select count(*)::int as n from rows where catalog in ('pg_proc', 'pg_class', 'pg_type')`
  expect(counted?.n).toBeGreaterThan(4000)
})

test('what says something about an object is named as that object', async () => {
  const differing = await db.sql`
    select r.catalog, r.object_type, r.identity, i.type, i.identity as pg
      from rows r, lateral pg_identify_object(split_part(r.part_of, ' ', 1)::regclass, split_part(r.part_of, ' ', 2)::oid, 0) i
     where r.catalog in ('pg_index', 'pg_inherits', 'pg_partitioned_table', 'pg_range', 'pg_aggregate')
       and r.identity not like 'pg\_toast.%'
       and (r.object_type, r.identity) is distinct from (i.type, i.identity)`
  expect([...differing]).toEqual([])
})

test('every row of a catalog has exactly one family', async () => {
  const catalogs = await db.sql<{ relation: string }[]>`select distinct relation from levelb._families() order by 1`
  for (const { relation } of catalogs) {
    const [row] = await db.sql.unsafe(
      `select (select count(*)::int from ${relation}) as there, (select count(*)::int from rows where catalog = '${relation}') as read`,
    )
    expect([relation, row?.read]).toEqual([relation, row?.there])
  }
})

test('no option that may be a secret is in a row that is read', async () => {
  const known = await db.sql`
    select catalog, attributes from rows where catalog in ('pg_foreign_server', 'pg_user_mapping', 'pg_subscription')
       and identity in ('"S v"', 'public on server S v', '"S ub"') order by catalog`
  expect(known.map((row) => row.attributes)).toMatchObject([
    { 'repoint:option host': 'x', 'repoint:option password': 'set' },
    { 'security:connection': 'set' },
    { 'repoint:options': 'set' },
  ])
  const leaks = await db.sql`select catalog from rows r where to_jsonb(r)::text like '%password=y%'`
  expect([...leaks]).toEqual([])
})

test('of relations and their parts, functions, types and schemas nothing is left that could change unseen', async () => {
  const rest = await db.sql`
    select r.catalog, r.object_type, r.identity, r.rest from rows r
     where r.catalog in ('pg_class', 'pg_attribute', 'pg_attrdef', 'pg_proc', 'pg_namespace', 'pg_enum', 'pg_sequence',
         'pg_description', 'pg_constraint', 'pg_index', 'pg_policy', 'pg_trigger', 'pg_rewrite', 'pg_event_trigger', 'pg_inherits',
         'pg_partitioned_table', 'pg_statistic_ext', 'pg_range', 'pg_aggregate',
         'pg_extension', 'pg_cast', 'pg_language', 'pg_transform', 'pg_am', 'pg_operator',
         'pg_opclass', 'pg_opfamily', 'pg_amop', 'pg_amproc', 'pg_conversion', 'pg_collation', 'pg_foreign_server',
         'pg_foreign_data_wrapper', 'pg_user_mapping', 'pg_foreign_table', 'pg_publication', 'pg_publication_rel',
         'pg_publication_namespace', 'pg_subscription', 'pg_ts_config', 'pg_ts_config_map', 'pg_ts_dict', 'pg_ts_parser',
         'pg_ts_template', 'pg_tablespace', 'pg_parameter_acl', 'pg_init_privs') and r.rest <> '{}'`
  expect([...rest]).toEqual([])
})
