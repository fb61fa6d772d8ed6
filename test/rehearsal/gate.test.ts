// Live rehearsal: each of the gates that it shares with an activation, and what it leaves in the session.
import { beforeAll, describe, expect, test } from 'vitest'
import { detailOf, tamper } from '../activate/fixture.ts'
import { freshDatabase } from '../database.ts'
import { documentOfKind } from '../kinds/documents.ts'
import { pastGuard } from '../past-guard.ts'
import { arm, documentOf, type Json, refusal, type World, world } from '../world.ts'
import { rehearse } from './fixture.ts'

const steps = (apply: string, rollback: string): Json => ({
  ...documentOf(apply),
  steps: [{ name: 'one', apply, rollback }],
})
const harmless = steps('create table shop.more (id int)', 'drop table shop.more')

let w: World
let count = 0
const staged = async (document: Json = harmless) => {
  const id = `00${10 + count++}_try`
  await w.stage(id, document)
  await w.approve(id, ['bob'])
  return id
}

beforeAll(async () => {
  w = await world({ policy: { rehearsal: { required: 'none', max_seconds: 30, max_hold: '30 s' } } })
})

describe('refused before anything runs', () => {
  test.each([
    [
      'LB306',
      'levelb is not as it was installed',
      'grant execute on function levelb.version() to public',
      'revoke execute on function levelb.version() from public',
    ],
    [
      'LB210',
      'something required is not ready',
      `create function public.look() returns event_trigger language plpgsql as 'begin end';
       create event trigger look on ddl_command_end execute function public.look()`,
      'drop event trigger look; drop function public.look()',
    ],
  ])('%s while %s', async (code, _, disturb, mend) => {
    const id = await staged()
    await pastGuard(w.sql, disturb)
    const refused = await refusal(rehearse(w, id)).finally(() => pastGuard(w.sql, mend))
    expect(refused.code).toBe(code)
    expect(await rehearse(w, id)).toMatchObject({ outcome: 'passed' })
  })

  test('LB101 while something is activated, and the other way round', async () => {
    const [id, other] = [await staged(), await staged()]
    const operator = await w.as('arno')
    await arm(operator)
    await operator`begin`
    await operator`select outcome from levelb.rehearse_live(${other})`
    expect(await refusal(rehearse(w, id))).toMatchObject({ code: 'LB101' })
    await w.approve(id, ['carol'])
    expect(await refusal(w.activate(id))).toMatchObject({ code: 'LB101' })
    await operator`rollback`
  })

  test('LB106 with a statement_timeout that is longer than rehearsal.max_seconds', async () => {
    const id = await staged()
    const client = await w.as('olga')
    await arm(client, 30_001)
    expect(await refusal(client`select * from levelb.rehearse_live(${id})`)).toMatchObject({
      code: 'LB106',
      detail: { limit_ms: 30_000 },
    })
  })

  test('LB001 for a kind that the database carries out itself', async () => {
    const id = await staged(documentOfKind('pointer', { pointer: 'orders_api', target: 'shop.orders' }))
    expect(await refusal(rehearse(w, id))).toMatchObject({ code: 'LB001', detail: { field: 'migration_id' } })
  })
})

test('a text that does something else the second time (LB303)', async () => {
  const id = await staged(
    steps(
      `do $$ begin
         if not exists (select from shop.orders where id = 99) then create table shop.first (); end if;
         insert into shop.orders values (99) on conflict do nothing;
       end $$`,
      'drop table shop.first',
    ),
  )
  const row = await rehearse(w, id)
  expect([row.outcome, row.code, row.rollback_restored]).toEqual(['failed', 'LB303', true])
  expect(detailOf(row)).toMatchObject({ phase: 'apply again', missing: [{ identity: 'shop.first' }] })
  expect(await w.sql`select from shop.orders where id = 99`).toEqual([])
})

test('effects on the cluster, in a database that does not govern it (LB306)', async () => {
  const other = await freshDatabase()
  await w.sql.unsafe(`alter database ${other.name} owner to ${w.role('app')}`)
  const id = await staged(
    steps(`grant create on database ${other.name} to public`, `revoke create on database ${other.name} from public`),
  )
  const row = await rehearse(w, id)
  await w.sql.unsafe(`alter database ${other.name} owner to postgres`)
  expect([row.outcome, row.code]).toEqual(['failed', 'LB306'])
  expect(detailOf(row)).toMatchObject({ rule: 'cluster_governed_elsewhere' })
})

test.each([
  ['passed', 'create table shop.n ()'],
  ['failed', 'select 1 / 0'],
])('what outlives a rollback in a session is not left there by a rehearsal that %s', async (outcome, last) => {
  const id = await staged(steps(`prepare left_over as select 1; ${last}`, 'drop table shop.n'))
  expect(await rehearse(w, id)).toMatchObject({ outcome })
  const left = await (await w.as('olga'))`select from pg_prepared_statements where name = 'left_over'`
  expect(left).toHaveLength(0)
})

test('a rehearsal counts for the manifest that was rehearsed, where it passed, on this major version (LB209)', async () => {
  const strict = await world({ policy: { rehearsal: { required: 'live', max_hold: '30 s' } } })
  const rehearsed = async () => {
    const [row] = await strict.sql`select manifest_hash from levelb.manifest order by revision desc limit 1`
    await (await strict.as('bob'))`select * from levelb.allow_rehearsal('0001_more', ${row?.manifest_hash as Buffer})`
    return rehearse(strict, '0001_more')
  }
  const restaged = async (document: Json) =>
    (await strict.as('ann'))`select * from levelb.restage('0001_more', ${strict.sql.json(document as never)})`

  await strict.stage('0001_more', steps('create table shop.more (id int)', 'drop table shop.nothing'))
  expect(await rehearsed()).toMatchObject({ outcome: 'failed' })
  expect(await refusal(strict.approve('0001_more'))).toMatchObject({ code: 'LB209' })

  await restaged(harmless)
  expect(await rehearsed()).toMatchObject({ outcome: 'passed' })
  await strict.approve('0001_more', ['carol'])
  await restaged(steps('create table shop.more (id bigint)', 'drop table shop.more'))
  expect(await refusal(strict.approve('0001_more'))).toMatchObject({ code: 'LB209' })

  expect(await rehearsed()).toMatchObject({ outcome: 'passed' })
  await tamper(strict, 'rehearsal', `update levelb.rehearsal set server_version = '14.1'`)
  expect(await refusal(strict.approve('0001_more'))).toMatchObject({ code: 'LB209' })
})
