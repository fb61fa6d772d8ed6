// REFRESH MATERIALIZED VIEW CONCURRENTLY: it works by temporary tables, which no text may leave and which are gone.
import { beforeAll, expect, test } from 'vitest'
import { detailOf } from '../activate/fixture.ts'
import { protectedWorld } from '../drift/fixture.ts'
import { type World, world } from '../world.ts'
import { type Area, areaOf, told } from './area.ts'
import { run } from './effects.ts'

let w: World
beforeAll(async () => {
  w = await world()
})

const objects = `create table S.t (id int primary key, v text); insert into S.t values (1, 'a'), (2, 'b');
  create function S.one() returns int language plpgsql as 'begin return 1; end';
  create materialized view S.m as select * from S.t; create unique index on S.m (id);
  create materialized view S.by_others as select id, S.one() as one from S.t; create unique index on S.by_others (id)`
const refresh = 'refresh materialized view concurrently S.m'
const shown = 'data: materialized view S.m: refresh: - → -'

async function protectedArea(): Promise<Area> {
  const area = await areaOf(w, objects)
  const own = area.own('alter table S.t owner to levelb_deploy; alter materialized view S.m owner to levelb_deploy')
  expect(await run(w, own)).toMatchObject({ outcome: 'activated' })
  return area
}

test('it is an effect of class data, whether rows changed or not', async () => {
  const area = await protectedArea()
  for (const change of ['select', "insert into S.t values (3, 'c'); delete from S.t where id = 1"]) {
    await w.sql.unsafe(area.own(change))
    expect(told(area, await run(w, area.own(refresh), { classes: ['data'] }))).toEqual([shown])
  }
  expect((await w.sql.unsafe(area.own('select id from S.m order by id'))).map(({ id }) => id)).toEqual([2, 3])
  // once, with that of a REFRESH of the other kind
  const both = `${refresh}; refresh materialized view S.m`
  expect(told(area, await run(w, area.own(both), { classes: ['data'] }))).toEqual([shown])
})

test('of a materialized view that the text made, and beside other changes of it', async () => {
  const area = await protectedArea()
  const made = 'create materialized view S.n as select * from S.t; create unique index on S.n (id)'
  const filled = told(area, await run(w, area.own(`${made}; ${refresh.replace('S.m', 'S.n')}`))) as string[]
  expect(filled.filter((line) => line.includes('materialized view S.n: '))).toEqual([
    expect.stringMatching(/^repoint: materialized view S.n: definition: /),
    'repoint: materialized view S.n: exists: - → present',
  ])
  expect(told(area, await run(w, area.own(`${refresh}; comment on materialized view S.m is 'x'`)))).toEqual([
    shown,
    'structure: materialized view S.m: comment: - → x',
  ])
})

test('nothing of it is drift, nor are the schemas that PostgreSQL made for it', async () => {
  const protected_ = await protectedWorld({ drift: 'refuse' })
  const make = 'create materialized view shop.m as select id from shop.orders; create unique index on shop.m (id)'
  for (const text of [make, 'refresh materialized view concurrently shop.m', 'grant select on shop.m to public'])
    expect(await protected_.through(`000${text.length}_x`, text)).toMatchObject({ outcome: 'activated' })
  expect(await protected_.drift(true)).toEqual([])
})

test('attack › it covers no temporary object that is left, and nothing where it was undone (LB305)', async () => {
  const area = await protectedArea()
  const left = await run(w, area.own(`${refresh}; create temp table left_over (id int)`))
  expect([left.code, JSON.stringify(detailOf(left))]).toEqual(['LB305', expect.stringContaining('pg_temp.left_over')])
  const undone = `do $$ begin ${refresh}; raise exception 'no'; exception when raise_exception then null; end $$`
  const row = await run(w, area.own(`grant select on S.t to reader!; ${undone}`))
  expect([row.code, JSON.stringify(detailOf(row))]).toEqual(['LB305', expect.stringContaining('written without trace')])
})

test('attack › no text takes the lock by which it is known without a REFRESH', async () => {
  const area = await protectedArea()
  for (const text of ['lock table S.m in exclusive mode', 'insert into S.m values (9)'])
    expect(await run(w, area.own(text))).toMatchObject({ outcome: 'failed', code: '42809' })
})

test('attack › code of others in its query is refused as ever (LB307)', async () => {
  const area = await areaOf(w, objects)
  const row = await run(w, area.own('refresh materialized view concurrently S.by_others'))
  expect([row.code, row.code === 'LB307' && detailOf(row).rule]).toEqual(['LB307', 'code_of_others_ran'])
})
