// Who reads a failure reads its reason and the next step.
import { beforeAll, expect, test } from 'vitest'
import type { Json } from '../world.ts'
import { type World, world } from '../world.ts'

let w: World

beforeAll(async () => {
  w = await world()
})

let n = 0

test.each([
  [`create event trigger x on sql_drop execute function shop.total()`, '42501', 'kind attended'],
  ['create extension dblink', '42501', 'not trusted'],
  ['create foreign data wrapper x', '42501', 'grants USAGE on it'],
  ['create publication p for all tables', '42501', 'name the tables'],
  [`create function shop.c(int) returns int language internal as 'int4abs'`, '42501', 'Functions in C'],
  ['create function shop.c(int) returns int language sql leakproof as $$ select 1 $$', '42501', 'LEAKPROOF'],
  [`set log_statement = 'all'`, '42501', 'grant set on parameter'],
  ['update pg_index set indisready = true where false', '42501', 'pg_catalog is a superuser'],
  ['alter function pg_catalog.lo_export(oid, text) owner to levelb_deploy', '42501', 'does not own it'],
  [`do $$ begin execute 'create role levelb_test_never'; end $$`, '42501', 'role documents'],
  [`do $$ begin execute 'set role postgres'; end $$`, '42501', 'stays it'],
  [`do $$ begin commit; end $$`, '2D000', 'one transaction'],
  [`do $$ begin execute 'vacuum'; end $$`, '25001', 'one transaction'],
  [`do $$ begin execute 'copy shop.orders to stdout'; end $$`, '0A000', 'INSERT'],
  ['select 1 from nowhere', '42P01', 'search_path'],
  ['create view v as select 1 as one', '42501', 'Names without a schema are created in pg_catalog'],
  ['create table t (id int)', '42501', 'Names without a schema are created in pg_catalog'],
  ['create extension pgcrypto', '42723', 'create extension … schema …'],
  ['grant everything', '42601', 'levelb lint'],
  ['grant select on shop.orders to public with grant option', '0LP01', 'PUBLIC cannot'],
])('%s (%s): …%s…', async (text, code, words) => {
  await w.sql.unsafe(
    `grant create on schema shop to levelb_deploy; grant create on database ${w.name} to levelb_deploy`,
  )
  const row = await w.through(`00${10 + n++}_fails`, text)
  expect([row.outcome, row.code]).toEqual(['failed', code])
  expect((row.error as Json).hint).toContain(words)
})
