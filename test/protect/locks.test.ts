// A schema is taken over and given back while an application works in it.
import { expect, test } from 'vitest'
import { failure } from '../effects/effects.ts'
import { documentOfKind } from '../kinds/documents.ts'
import { type Row, type World, world } from '../world.ts'

const full = (...names: string[]) =>
  documentOfKind('protect', { schemas: names.map((name) => ({ name, level: 'full' })) })

async function stepsOf(w: World, id: string): Promise<Row[]> {
  return w.sql`select name, apply, rollback from levelb.step where migration_id = ${id} order by position`
}

const firstLine = (text: unknown) => (text as string).split('\n')[0]

test('F4 › apply and rollback begin with the views, newest first, and one LOCK TABLE of all tables, by name', async () => {
  const w = await world()
  await w.urlOf('boss')
  const r = w.role
  await w.sql.unsafe(`
    grant create on database ${w.name} to levelb_deploy;
    create extension if not exists postgres_fdw;
    create schema lib authorization ${r('boss')}; grant ${r('boss')} to levelb_deploy;
    create server away foreign data wrapper postgres_fdw;
    grant usage on foreign server away to ${r('app')};
    set role ${r('boss')};
    create table lib.rate (x int);
    reset role; set role ${r('app')};
    create table shop."Last one
drop table shop.items" (x int);
    create table shop.event (at int) partition by range (at);
    create table shop.event_1 partition of shop.event for values from (0) to (10);
    create foreign table shop.far (x int) server away;
    create view shop.newest with (security_invoker) as select * from shop.recent;
    create materialized view shop.totals as select count(*) from shop.orders;
    create table shop.kept_for_ever (x int);
    revoke insert, update, delete, truncate on shop.kept_for_ever from ${r('app')};
    reset role;
    create schema elsewhere;
    create table elsewhere.child () inherits (shop.orders)`)
  await w.sql`select levelb.rebind('more is there')`
  const manifest = await w.stage('0001_protect', full('shop', 'lib'))
  const steps = await stepsOf(w, '0001_protect')
  const tables = `lock table only lib.rate, only shop."Last one
drop table shop.items", only shop.event, only shop.event_1, only shop.items, only shop.orders in access exclusive mode;
`
  const views = (owner: string, other: string) => `alter view shop.newest owner to ${other};
alter view shop.recent owner to ${owner};
`
  const [first, last] = [steps[0]?.apply as string, steps.at(-1)?.rollback as string]
  expect(first.slice(0, first.indexOf('alter schema'))).toBe(views(r('app'), r('app')) + tables)
  expect(last.startsWith(views('levelb_definer', 'levelb_deploy') + tables)).toBe(true)
  expect(steps.flatMap((step) => `${step.apply}${step.rollback}`.match(/lock table/g) ?? [])).toHaveLength(2)
  expect(manifest.classes).toEqual(['acl', 'governance', 'owner'])
  await w.approve('0001_protect')
  const activated = await w.activate('0001_protect')
  expect(failure(activated)).toMatchObject({ outcome: 'activated' })
  await (await w.as('olga'))`select levelb.stage_rollback('0001_protect', 'to see')`
  await w.approve('0001_protect.rollback')
  expect(failure(await w.activate('0001_protect.rollback'))).toMatchObject({ outcome: 'activated' })
}, 40_000)

test('F4 › where no table changes hands nothing is locked', async () => {
  const w = await world()
  const r = w.role
  await w.sql.unsafe(`
    grant create on database ${w.name} to levelb_deploy;
    create schema calls authorization ${r('app')};
    set role ${r('app')}; create function calls.one() returns int language sql as 'select 1'; reset role`)
  await w.stage('0001_protect', full('calls'))
  const steps = await stepsOf(w, '0001_protect')
  expect(firstLine(steps[0]?.apply)).toBe('alter schema calls owner to levelb_deploy;')
  expect(JSON.stringify(steps)).not.toContain('lock table')
})

test('F4 › beside workers that write to two tables and read a view, apply and rollback come through', async () => {
  const w = await world({ policy: { timeouts: { lock: '900ms', statement: '60s' } } })
  await w.sql.unsafe(`grant create on database ${w.name} to levelb_deploy`)
  let working = true
  let transactions = 0
  const failures: string[] = []
  const work = async (texts: string[]) => {
    const app = await w.another('app')
    while (working) {
      try {
        await app.begin(async (sql) => {
          for (const text of texts) {
            await sql.unsafe(text)
            await new Promise((done) => setTimeout(done, 10))
          }
        })
        transactions += 1
      } catch (error) {
        failures.push((error as { code: string }).code)
      }
    }
  }
  const two = (id: number) => [
    `update shop.items set order_id = ${id} where id = ${id}`,
    `update shop.orders set customer = 'x' where id = ${id}`,
  ]
  await w.sql`insert into shop.orders values (3), (4)`
  await w.sql`insert into shop.items values (1, 1), (2, 2), (3, 3), (4, 4)`
  const workers = [...[1, 2, 3, 4].map((id) => work(two(id))), work(['select * from shop.recent'])]
  const tries: number[] = []
  try {
    for (const id of ['0001_protect', '0001_protect.rollback']) {
      if (id === '0001_protect') await w.stage(id, full('shop'))
      else await (await w.as('olga'))`select levelb.stage_rollback('0001_protect', 'to see')`
      await w.approve(id)
      let count = 0
      let row: Row
      do {
        count += 1
        row = await w.activate(id)
      } while (row.outcome !== 'activated' && count < 5)
      tries.push(count)
      expect(failure(row)).toMatchObject({ outcome: 'activated' })
    }
  } finally {
    working = false
    await Promise.all(workers)
  }
  expect(failures).toEqual([])
  expect(transactions).toBeGreaterThan(10)
  expect(tries.filter((count) => count > 2)).toEqual([])
}, 60_000)
