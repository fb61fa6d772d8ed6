// B174, B175: what CREATE OR REPLACE, or DROP and CREATE, takes off in silence.
import { beforeAll, expect, test } from 'vitest'
import { detailOf } from '../activate/fixture.ts'
import { areaOf } from '../effects/area.ts'
import { run } from '../effects/effects.ts'
import { type Json, type World, world } from '../world.ts'

let w: World
beforeAll(async () => {
  w = await world()
})

const objects = `
  grant usage, create on schema S to levelb_definer;
  create table S.t (id int); grant select (id) on S.t to reader!;
  alter table S.t enable row level security, force row level security; create policy p on S.t for select using (id > 0);
  create view S.v with (security_invoker = true, security_barrier = true, check_option = local) as select id from S.t;
  grant select on S.v to reader! with grant option;
  create function S.f() returns int language sql security definer set search_path = pg_catalog set work_mem = '1MB' as 'select 1';
  revoke execute on function S.f() from public;
  create function S.g() returns int language sql as 'select 1'; revoke execute on function S.g() from public`

const replaceView = 'create or replace view S.v as select id from S.t where id > 1'
const replaceFunction = `create or replace function S.f() returns int language sql as 'select 2'`
const lost: [string, string, string[], string][] = [
  [
    'B174 › a view replaced',
    replaceView,
    ['view S.v option check_option', 'view S.v security_barrier', 'view S.v security_invoker'],
    'with (security_invoker = true)',
  ],
  [
    'B174 › a view replaced by the same query',
    'create or replace view S.v with (security_barrier, check_option = local) as select id from S.t',
    ['view S.v security_invoker'],
    'with (security_invoker = true)',
  ],
  [
    'B174 › a function replaced',
    replaceFunction,
    ['function S.f() search_path', 'function S.f() security', 'function S.f() set work_mem'],
    'set search_path = pg_catalog; security definer',
  ],
  [
    'B175 › a view made again',
    'drop view S.v; create view S.v with (security_invoker, security_barrier, check_option = local) as select id from S.t',
    ['view S.v privileges of reader'],
    'grant select on table S.v to reader with grant option',
  ],
  [
    'B175 › a function made again, which PUBLIC may execute then',
    "drop function S.g(); create function S.g() returns int language sql as 'select 1'",
    ['function S.g() privileges of PUBLIC'],
    'revoke all on function S.g() from PUBLIC',
  ],
  [
    'B175 › a table made again',
    'drop view S.v; drop table S.t; create table S.t (id int)',
    [
      'table S.t policy p',
      'table S.t privileges of reader on column id',
      'table S.t row security',
      'table S.t row security of the owner',
    ],
    'grant select (id) on table S.t to reader',
  ],
]
test.each(lost)('%s loses its protection (LB306), and the hint says what to write', async (_, text, found, write) => {
  const area = await areaOf(w, objects)
  const row = await run(w, area.own(`grant insert on S.t to reader!; ${text}`))
  expect([row.outcome, row.code]).toEqual(['failed', 'LB306'])
  const { rule, lost } = JSON.parse(area.say(JSON.stringify(detailOf(row)))) as { rule: string; lost: Json[] }
  expect([rule, lost.map(({ object }) => object)]).toEqual(['protection_lost', found])
  expect(area.say((row.error as { hint: string }).hint)).toContain(write)
})

test('B174 › replaced with its protections, the object keeps them and nothing is refused', async () => {
  const area = await areaOf(w, objects)
  const text = `create or replace view S.v with (security_invoker, security_barrier, check_option = local) as select id from S.t where id > 1;
    create or replace function S.f() returns int language sql security definer set search_path = pg_catalog set work_mem = '2MB' as 'select 2'`
  expect(await run(w, area.own(text))).toMatchObject({ outcome: 'activated' })
})

test('B174 › a statement that only takes a protection off says so, and is an effect like any', async () => {
  const area = await areaOf(w, objects)
  const text = `alter view S.v reset (security_invoker); alter function S.f() security invoker reset all;
    alter table S.t disable row level security; drop policy p on S.t; revoke select on S.v from reader!`
  expect(await run(w, area.own(text))).toMatchObject({ outcome: 'activated' })
})

test('a loss is accepted as the hint says, one by one, and never an object more', async () => {
  const area = await areaOf(w, objects)
  const [, hint] =
    /"accept": (\[.*\])$/.exec(((await run(w, area.own(replaceView))).error as { hint: string }).hint) ?? []
  const accept = JSON.parse(String(hint)) as Json[]
  expect(accept).toHaveLength(3)
  const part = await run(w, area.own(replaceView), { accept: accept.slice(1) })
  expect((detailOf(part).lost as Json[]).map(({ object }) => object)).toEqual([accept[0]?.object])
  const all = await run(w, area.own(replaceView), { accept })
  expect([all.outcome, all.accepted]).toEqual([
    'activated',
    accept.map(({ rule, object }) => ({ rule, object, found: true })),
  ])
})

test('a rollback that takes a protection off again, which the proof shows was not there before, is none', async () => {
  const area = await areaOf(w, `create table S.t (id int); create view S.v as select id from S.t`)
  const step = {
    name: 'one',
    apply: area.own('create or replace view S.v with (security_invoker = true) as select id from S.t'),
    rollback: area.own('create or replace view S.v as select id from S.t'),
  }
  const id = '9001_invoker'
  expect(await w.through(id, { title: 'a', description: 'b', steps: [step] })).toMatchObject({ outcome: 'activated' })
  const olga = await w.as('olga')
  await olga`select levelb.stage_rollback(${id}, 'because')`
  await w.approve(`${id}.rollback`)
  expect(await w.activate(`${id}.rollback`)).toMatchObject({ outcome: 'activated' })
})
