// Tables that the text made and that PostgreSQL then wrote anew: the second table of the while is no row that came and went.
import { beforeAll, expect, test } from 'vitest'
import { type World, world } from '../world.ts'
import { areaOf, effectsOver, told } from './area.ts'
import { run } from './effects.ts'

let w: World

beforeAll(async () => {
  w = await world({ policy: { quorum: [{ approvals: 1 }] } })
})

const exists = 'structure: table S.t: exists: - → present'

const texts: readonly (readonly [text: string, says: string])[] = [
  ['create unlogged table S.t (a int, b text); alter table S.t set logged', exists],
  [
    'create table S.t (a int, b text); alter table S.t alter a type bigint',
    'structure: table column S.t.a: column: - → bigint',
  ],
  ['create table S.t (a int); alter table S.t add b timestamptz default clock_timestamp()', exists],
]

test.each(texts)('%s', async (text, says) => {
  expect(await effectsOver(w, 'select', text)).toEqual(expect.arrayContaining([exists, says]))
})

test('a table that came and went beside one that is new and was not rewritten is not covered (LB305)', async () => {
  const area = await areaOf(w, 'select')
  const row = await run(w, area.own('create table S.t (a int); create table S.gone (); drop table S.gone'))
  expect(told(area, row)).toMatchObject({ code: 'LB305' })
})
