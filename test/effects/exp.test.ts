import { expect, test } from 'vitest'
import { world } from '../world.ts'
import { connect } from '../client.ts'
import { failure, halfWay, lines, run } from './effects.ts'
const show = (r: any) => console.log(r.outcome, r.code, JSON.stringify(failure(r).detail), lines(r).join('\n   '), '\n', r.rollback_snapshot)
test('exp', async () => {
  const w = await world()
  const other = connect(w.url)
  const A = w.role('app'), R = w.role('reader')
  console.log('--- uncommitted other in same catalog')
  await w.sql.unsafe(`create table shop.a(); create table shop.b(); alter table shop.a owner to ${A}; alter table shop.b owner to ${A}`)
  show(await halfWay(w, 'grant select on shop.a to public', 'grant select on shop.a to public', async () => {
    await other.unsafe(`begin; grant select on shop.b to public`)
  }))
  await other.unsafe('rollback')
  console.log('--- net zero adp + uncommitted other drop of adp')
  await w.sql.unsafe(`alter default privileges for role ${A} grant select on tables to ${R}`)
  show(await halfWay(w, `do $$ begin alter default privileges for role ${A} in schema shop grant select on tables to public; raise exception 'x'; exception when others then null; end $$; alter default privileges for role ${A} grant usage on sequences to public; `, 'grant select on shop.a to public', async () => {
    await other.unsafe(`begin; alter default privileges for role ${A} revoke select on tables from ${R}`)
  }))
  await other.unsafe('rollback')
  console.log('--- role rename meanwhile')
  await w.sql.unsafe(`grant select on shop.b to ${R}`)
  show(await halfWay(w, `select 1`, 'grant insert on shop.b to public', async () => {
    await other.unsafe(`alter role ${R} rename to zz_${R}`)
  }))
  await other.unsafe(`alter role zz_${R} rename to ${R}`)
  console.log('--- setval')
  show(await run(w, `select setval('shop.tickets', 100); grant select on shop.items to public`))
  show(await run(w, `select setval('shop.tickets', 100)`))
  console.log('--- unflushed')
  const olga = await w.as('olga')
  await w.sql.unsafe(`grant all on shop.items to ${w.role('olga')}; grant usage on schema shop to ${w.role('olga')}`)
  await olga.unsafe(`insert into shop.items values (1), (2)`)
  show(await run(w, `update shop.items set id = 1 where false; grant select on shop.items to public`))
  console.log('--- refresh')
  await w.sql.unsafe(`create materialized view shop.mv as select id from shop.orders; alter materialized view shop.mv owner to ${A}; grant create on schema shop to levelb_deploy`)
  show(await run(w, `refresh materialized view shop.mv`))
  show(await run(w, `truncate shop.items`))
  show(await run(w, `close all; discard plans; discard sequences; grant delete on shop.items to public`))
  await other.end()
})
