// What can never be activated. It must fail, and leave every catalog as it was.
import { hidden } from '../../world.ts'
import type { Objects } from '../objects.ts'
import type { Random } from '../random.ts'
import { alone, familyList, fresh } from '../statement.ts'

const { list, fails } = familyList()

fails('create and drop', (r) => {
  const { word, name } = fresh(r)
  return {
    apply: r.one(
      `create table shop.${name} (); drop table shop.${name}`,
      `create view shop.${name} as select 1 as a; drop view shop.${name}`,
      `create function shop.${name}() returns int language sql return 1; drop function shop.${name}()`,
      `create type shop.${name} as enum ('a'); drop type shop.${name}`,
    ),
    word,
  }
})
fails('swallowed failure alone', (r, o) => {
  const table = r.pick(alone(o))
  return (
    table && {
      apply: `do $$ begin grant select on ${table.name} to gen_reader; perform 1 / 0; exception when division_by_zero then null; end $$`,
      word: table.word,
    }
  )
})
fails('temporary objects', (r) => ({
  apply: r.one(
    'create temp table g_t (a int)',
    'create temp view g_t as select 1 as a',
    `create function pg_temp.g_t() returns int language sql return 1`,
    'create temp sequence g_t',
  ),
  word: 'g_t',
}))
fails('nothing at all', (r) => ({
  apply: r.one(
    'select 1',
    'grant select on pg_catalog.pg_authid to gen_reader',
    'do $$ begin end $$',
    'drop table if exists shop.g_none',
    'analyze shop.orders',
  ),
  word: 'g_none',
}))
fails('definer code of the deployer', (r) => {
  const { word, name } = fresh(r)
  return {
    apply: `create function shop.${name}() returns int language sql security definer return ${r.int(100)}`,
    word,
  }
})
const beyond = (name: string, write: (r: Random, o: Objects) => string) =>
  fails(name, (r, o) => ({ apply: write(r, o), word: 'g_none' }))
beyond(
  'event trigger',
  (r) =>
    `create function shop.g_event() returns event_trigger language plpgsql as 'begin end'; create event trigger g_event on ${r.one('ddl_command_start', 'ddl_command_end', 'sql_drop')} execute function shop.g_event()`,
)
beyond('role statement', (r) =>
  hidden(
    r.one(
      'create role g_new',
      'alter role gen_app createrole',
      'grant gen_reader to gen_app',
      'drop role gen_reader',
      'alter role gen_app superuser',
      'create role g_new superuser',
      `alter role gen_reader set work_mem = '1MB'`,
    ),
  ),
)
beyond('levelb: roles', (r) =>
  hidden(
    r.one(
      'grant levelb_owner to gen_app',
      'alter role levelb_deploy login',
      'drop role levelb_reader',
      `alter role levelb_deploy set work_mem = '1GB'`,
      'grant levelb_deploy to gen_app',
      'alter role current_user bypassrls',
    ),
  ),
)
beyond('levelb: objects', (r) =>
  r.one(
    'grant usage on schema levelb to public',
    'delete from levelb.activation',
    'alter schema levelb owner to gen_app',
    'alter function levelb_exec.execute_step() security invoker',
    'alter function levelb_exec.execute_step() reset all',
    'grant execute on function levelb_exec.verify_step() to public',
    'drop function levelb_exec.execute_step()',
    'alter table levelb.policy disable trigger all',
    'drop owned by levelb_deploy',
    'alter default privileges in schema levelb_exec grant execute on functions to public',
    'create table levelb.g_t ()',
  ),
)
beyond('leakproof, untrusted and support code', (r) =>
  r.one(
    'alter function shop.total(int) leakproof',
    `create function shop.g_c() returns int language c as 'nothing', 'nothing'`,
    `create function shop.g_internal() returns int language internal as 'int4pl'`,
    'alter function shop.total(int) support pg_catalog.generate_series_int4_support',
    'create access method g_am type index handler bthandler',
    'create operator class shop.g_cls for type int4 using btree as function 1 btint4cmp(int4, int4)',
    'create cast (int4 as shop.mood) without function',
    'create type shop.g_base',
  ),
)
beyond('cluster and server', (r) =>
  hidden(
    r.one(
      `alter system set work_mem = '1GB'`,
      'create database g_db',
      `create tablespace g_space location ''''`,
      'drop tablespace gen_space',
      `copy shop.orders to program 'true'`,
      `copy shop.orders from '/etc/hostname'`,
      `load 'auto_explain'`,
      'vacuum shop.orders',
      'checkpoint; create extension dblink',
      'alter tablespace gen_space owner to gen_app',
      "alter foreign data wrapper gen_wrap options (add a 'b')",
      'create foreign data wrapper g_wrap',
      'create extension adminpack',
      'create language g_lang handler plpgsql_call_handler',
    ),
  ),
)
beyond('catalogs by hand', (r) =>
  r.one(
    `update pg_catalog.pg_class set relacl = null`,
    `delete from pg_catalog.pg_policy`,
    `insert into pg_catalog.pg_auth_members select`,
    `update pg_catalog.pg_authid set rolsuper = true`,
    `alter table pg_catalog.pg_class add column g int`,
    `grant select on pg_catalog.pg_authid to gen_app; update pg_catalog.pg_authid set rolname = 'g'`,
    `create table pg_catalog.g_t ()`,
  ),
)
beyond('session', (r) =>
  hidden(
    r.one(
      'set session authorization postgres',
      'set role gen_app',
      'reset role; set role none; create role g_x',
      `set session_replication_role = replica; delete from shop.orders`,
      'commit',
      'prepare transaction $$g$$',
      `create subscription g_sub connection 'dbname=x' publication p`,
    ),
  ),
)

export const neverFamilies = list
