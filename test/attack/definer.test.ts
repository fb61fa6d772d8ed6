// SECURITY DEFINER functions that would lend the rights of levelb_definer to everybody, in the second migration.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { detailOf } from '../activate/fixture.ts'
import { type Row, world } from '../world.ts'

const make = `create function shop.cards() returns bigint language sql security definer set search_path = pg_catalog
  as 'select count(*) from shop.orders'`

const refused = (row: Row) => [row.outcome, row.code, row.code === 'LB306' && detailOf(row)]
const lentTo = (objects: string[]) => ['failed', 'LB306', { objects, rule: 'definer_code_is_not_for_public' }]

test('attack › one that PUBLIC may execute is not taken over by levelb_definer; shut first, it is', async () => {
  const w = await world()
  const app = await w.as('app')
  await app.unsafe(make)
  await w.sql.unsafe('grant create on schema shop to levelb_definer')
  const take = 'alter function shop.cards() owner to levelb_definer'
  expect(refused(await w.through('0001_x', take))).toEqual(lentTo(['shop.cards()']))
  expect(await w.through('0002_x', `${take}; revoke execute on function shop.cards() from public`)).toMatchObject({
    outcome: 'activated',
  })
})

test('attack › one of levelb_definer is not given to PUBLIC later, nor does it become SECURITY DEFINER while it is', async () => {
  const w = await world()
  const own = `revoke execute on function shop.cards() from public; alter function shop.cards() owner to levelb_definer`
  await w.sql.unsafe('grant create on schema shop to levelb_definer')
  expect(await w.through('0001_x', `${make}; ${own}`)).toMatchObject({ outcome: 'activated' })
  const open = 'grant execute on function shop.cards() to public'
  expect(refused(await w.through('0002_x', open))).toEqual(lentTo(['shop.cards()']))
  expect(await w.through('0003_x', `alter function shop.cards() security invoker; ${open}`)).toMatchObject({
    outcome: 'activated',
  })
  expect(refused(await w.through('0004_x', 'alter function shop.cards() security definer'))).toEqual(
    lentTo(['shop.cards()']),
  )
})

test('attack › one that was lent before gets no other code; closing it is a migration like any', async () => {
  const w = await world()
  await w.sql.unsafe(`grant create on schema shop to levelb_definer; ${make};
    alter function shop.cards() owner to levelb_definer`)
  const replaced = make.replace('create function', 'create or replace function').replace('count(*)', 'max(id)')
  expect(refused(await w.through('0001_x', replaced))).toEqual(lentTo(['shop.cards()']))
  expect(await w.through('0002_x', 'revoke execute on function shop.cards() from public')).toMatchObject({
    outcome: 'activated',
  })
})

test('attack › a rollback does not open one again either (LB306), as docs/rollback.md says', async () => {
  const w = await world()
  await w.sql.unsafe(`grant create on schema shop to levelb_definer; ${make};
    alter function shop.cards() owner to levelb_definer`)
  const step = {
    name: 'shut',
    apply: 'revoke execute on function shop.cards() from public',
    rollback: 'grant execute on function shop.cards() to public',
  }
  expect(await w.through('0001_x', { title: 'a', description: 'b', steps: [step] })).toMatchObject({
    outcome: 'activated',
  })
  await (await w.as('olga'))`select levelb.stage_rollback('0001_x', 'because')`
  await w.approve('0001_x.rollback')
  expect(refused(await w.activate('0001_x.rollback'))).toEqual(lentTo(['shop.cards()']))
  expect(readFileSync(new URL('../../docs/rollback.md', import.meta.url), 'utf8')).toMatch(
    /LB306 with `definer_code_is_not_for_public`.*nobody can accept/,
  )
})
