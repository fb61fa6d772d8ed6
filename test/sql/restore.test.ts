// A dump of the rows, table by table in the order of pg_dump, loaded into an installed levelb. The embedded server brings
// no pg_dump; COPY is what one does with rows.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { freshDatabase, type TestDatabase } from '../database.ts'
import { pastGuard } from '../past-guard.ts'
import { psql } from '../psql.ts'
import { refusal, world } from '../world.ts'

async function tables(database: TestDatabase): Promise<string[]> {
  const rows = await database.sql`select relname::text from pg_class
    where relnamespace = 'levelb'::regnamespace and relkind = 'r' order by relname collate "C"`
  return rows.map((row) => row.relname)
}

async function copyRows(from: TestDatabase, to: TestDatabase): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'levelb-dump-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const names = await tables(from)
  const copies = (direction: 'to' | 'from') =>
    names.flatMap((name) => ['-c', `\\copy levelb.${name} ${direction} '${join(folder, name)}'`])
  // a dump sets the sequences too
  const numbers = ['incident', 'approval', 'activation', 'leaf'].flatMap((name) => [
    '-c',
    `select setval('levelb.${name}_${name}_id_seq', max(${name}_id)) from levelb.${name}`,
  ])
  for (const run of [
    await psql(from.url, ...copies('to')),
    await psql(to.url, '-v', 'ON_ERROR_STOP=1', ...copies('from'), ...numbers),
  ]) {
    expect(run).toMatchObject({ status: 0 })
  }
}

test('B077 › rows of a dump load into an installed levelb, and rebind makes it whole', async () => {
  const source = await world()
  await source.through('0001_x', 'grant select on shop.orders to public')
  const target = await freshDatabase()
  await copyRows(source, target)
  expect(await target.sql`select levelb.mode()`).toEqual([{ mode: 'AUTHOR_MODE' }])
  await target.sql`select levelb.rebind('restored')`
  expect(await target.sql`select ok, problem from levelb.verify_ledger()`).toEqual([{ ok: true, problem: null }])
  expect(await target.sql`select levelb.mode()`).toEqual([{ mode: 'OPERATOR_HANDOFF' }])
  const again = refusal(target.sql`insert into levelb._gate values ('other')`.then())
  expect(await again).toMatchObject({ code: 'LB301' })
})

test('B077 › a dump that was edited on its way is not rebound (LB309)', async () => {
  const source = await world()
  await source.through('0001_x', 'grant select on shop.orders to public')
  await pastGuard(source.sql, 'alter table levelb.activation disable trigger all')
  await source.sql`update levelb.activation set operator = 'nobody'`
  const target = await freshDatabase()
  await copyRows(source, target)
  const error = await refusal(target.sql`select levelb.rebind('restored')`.then())
  expect(error).toMatchObject({ code: 'LB309' })
  expect(error.detail.problem).toMatch(/activation/)
})
