// F2: whatever would let the text of an author act with more than the rights of levelb_sandbox refuses a rehearsal there,
// by name, with SQL that closes it.
import { beforeAll, expect, test } from 'vitest'
import { pastGuard } from '../past-guard.ts'
import { full } from '../protect/shop.ts'
import { type Json, refusal, type World, world } from '../world.ts'
import { stepOf, tried } from './fixture.ts'

let w: World
beforeAll(async () => {
  w = await world({
    before: async ({ sql, name }) => {
      await sql.unsafe(`grant create on database ${name} to levelb_deploy`)
    },
  })
  expect(await w.through('0001_protect', full('shop'))).toMatchObject({ outcome: 'activated' })
  await pastGuard(
    w.sql,
    `create schema tool; grant usage on schema tool to public; create schema closed;
     create function tool.definer(int) returns int language plpgsql security definer set search_path = shop, pg_temp
       as 'begin insert into orders values ($1); return $1; end';
     revoke execute on function tool.definer(int) from public`,
  )
})

const harmless = stepOf('alter table shop.orders add column n int', 'alter table shop.orders drop column n')

test.each([
  [
    "a function with its owner's rights",
    'grant execute on function tool.definer(int) to public',
    'function tool.definer(integer)',
  ],
  [
    'a function of somebody who is no superuser',
    `create function tool.deployed() returns void language sql security definer as ''; alter function tool.deployed() owner to levelb_deploy`,
    'function tool.deployed()',
  ],
  [
    'a function beside those of PostgreSQL',
    `create function pg_catalog.late() returns int language sql security definer as 'select 1'`,
    'function pg_catalog.late()',
  ],
  [
    'an aggregate that nobody asks whether it may',
    `create function tool.sum(int, int) returns int language sql security definer as 'select $1';
     revoke execute on function tool.sum(int, int) from public;
     create aggregate tool.sums(int) (sfunc = tool.sum, stype = int)`,
    'function tool.sum(integer,integer)',
  ],
  ['a table that all may write to', 'create table tool.t (a int); grant insert on tool.t to public', 'table tool.t'],
  ['a column that all may write', 'create table tool.c (a int); grant update (a) on tool.c to public', 'table tool.c'],
  [
    'a table for which all may make triggers',
    'create table tool.g (a int); grant trigger on tool.g to public',
    'table tool.g',
  ],
  [
    'a view that all may write to',
    'create view tool.v as select 1 as a; grant delete on tool.v to public',
    'view tool.v',
  ],
  [
    'a table of the mirrored schema itself',
    'grant usage on schema shop to public; grant insert on shop.orders to public',
    'table shop.orders',
  ],
  [
    'a sequence that all may move',
    'create sequence tool.s; grant usage on sequence tool.s to public',
    'sequence tool.s',
  ],
  [
    "an event trigger with its owner's rights",
    `create function closed.seen() returns event_trigger language plpgsql security definer as 'begin end';
     create event trigger seen on ddl_command_end execute function closed.seen()`,
    'event trigger seen',
  ],
  ['a database where all may create', 'grant create on database DATABASE to public', 'database DATABASE'],
])('%s (LB307)', async (_, make, object) => {
  const named = (text: string) => text.replaceAll('DATABASE', w.name)
  await pastGuard(w.sql, named(make))
  const refused = await refusal(tried(w, harmless))
  const [door] = (refused.detail.objects ?? []) as Json[]
  expect(refused).toMatchObject({
    code: 'LB307',
    detail: { rule: 'closed_world', objects: [{ object: named(object) }] },
  })
  expect(refused.hint).toContain(door?.remedy)
  await pastGuard(w.sql, door?.remedy as string)
  expect(await tried(w, harmless)).toMatchObject({ outcome: 'passed' })
})

test('what cannot be reached does not matter', async () => {
  await pastGuard(
    w.sql,
    `create function closed.definer() returns int language sql security definer as 'select 1';
     create table closed.t (a int); grant insert on closed.t to public`,
  )
  expect(await tried(w, harmless)).toMatchObject({ outcome: 'passed' })
})
