// What a rollback accepts: what its change does, and what the operator who stages it says besides.
import { expect, test } from 'vitest'
import { detailOf } from '../activate/fixture.ts'
import { type Json, type Row, refusal, type World, world } from '../world.ts'
import { changes, expectActivated } from './fixture.ts'

type Entry = { rule: string; object: string; reason: string }
const id = '0001_change'
const rollback = `${id}.rollback`

/** A change whose rollback text calls a function of the application, activated, and the hash of that function. */
async function company(rollbackPolicy: Json = {}): Promise<[World, Entry, (accept?: Entry[]) => Json]> {
  const w = await world({ policy: { rollback: { required: false, ...rollbackPolicy } } })
  const app = await w.as('app')
  await app.unsafe(`create function shop.tell() returns int language plpgsql as 'begin return 1; end'`)
  const [row] =
    await w.sql`select encode(sha256(convert_to(pg_get_functiondef('shop.tell()'::regprocedure), 'UTF8')), 'hex') as hash`
  const entry = {
    rule: 'code_of_others_ran',
    object: `function shop.tell() sha256 ${row?.hash}`,
    reason: 'it only tells',
  }
  const change = {
    apply: `grant select on shop.orders to ${w.role('reader')}; grant usage on schema shop to levelb_deploy`,
    rollback: `select shop.tell(); revoke select on shop.orders from ${w.role('reader')}; revoke usage on schema shop from levelb_deploy`,
  }
  return [w, entry, (accept = []) => changes([change], { accept })]
}

const stage = async (w: World, accept: unknown) => {
  const [row] = await (await w.as(
    'olga',
  ))`select * from levelb.stage_rollback(${id}, 'it broke', ${w.sql.json(accept as never)})`
  return row as Row
}
const quorum = async (w: World) => (await (await w.as('aud'))`select (levelb.quorum(${rollback})).*`)[0] as Row

test('one that meets code of others is staged again with what the hint says, and approvers read that', async () => {
  const [w, entry, document] = await company()
  expectActivated(await w.through(id, document()))
  const olga = await w.as('olga')
  await olga`select levelb.stage_rollback(${id}, 'it broke')`
  await w.approve(rollback)
  const row = await w.activate(rollback)
  expect([row.code, detailOf(row)]).toEqual(['LB307', { rule: entry.rule, functions: [entry.object] }])
  const [, hint] =
    /withdraw the rollback and stage it again with accept => (\[.*\])$/.exec((row.error as { hint: string }).hint) ?? []
  const accept = JSON.parse(String(hint)) as Entry[]
  expect(accept).toEqual([{ ...entry, reason: '…' }])

  await olga`select levelb.withdraw(${rollback}, 'it calls shop.tell')`
  const unneeded = { rule: 'LB310', object: 'table column shop.orders.id', reason: 'it may stay' }
  expect(await stage(w, [entry, unneeded])).toMatchObject({ revision: 2, author: 'ann' })
  const [page] = await (await w.as('bob'))`select page from levelb.review(${rollback})`
  expect(String(page?.page)).toContain('It accepts code_of_others_ran in function shop.tell()')
  await w.approve(rollback)
  expect(expectActivated(await w.activate(rollback)).accepted).toEqual([
    { rule: entry.rule, object: entry.object, found: true },
    { rule: 'LB310', object: unneeded.object, found: false },
  ])
})

test('what the change accepts, its rollback does: the approvals of the change stand for that', async () => {
  const [w, entry, document] = await company({ preapproved_for: '24 hours' })
  expect(expectActivated(await w.through(id, document([entry]))).accepted).toEqual([
    { rule: entry.rule, object: entry.object, found: false },
  ])
  expect(JSON.parse((await stage(w, [entry])).content as string).accept).toEqual([entry])
  expect(await quorum(w)).toMatchObject({ met: true })
  expectActivated(await w.activate(rollback))
})

test('attack › the approvals of a change do not stand for what the operator accepts in its rollback', async () => {
  const [w, entry, document] = await company({ preapproved_for: '24 hours' })
  expectActivated(await w.through(id, document()))
  await stage(w, [entry])
  expect(await quorum(w)).toMatchObject({ met: false, counted: [] })
  expect(await w.activate(rollback)).toMatchObject({ outcome: 'refused', code: 'LB204' })
  await w.approve(rollback)
  expectActivated(await w.activate(rollback))
})

test('a structure that is left is accepted by who stages the rollback', async () => {
  const w = await world()
  const reader = w.role('reader')
  const apply = `alter table shop.orders alter column card set default 'none'; grant select on shop.orders to ${reader}`
  await w.sql.unsafe('alter table shop.orders owner to levelb_deploy')
  const accept = [{ rule: 'LB310', object: 'table column shop.orders.card', reason: 'it may stay' }]
  expectActivated(await w.through(id, changes([{ apply, rollback: `revoke select on shop.orders from ${reader}` }])))
  await stage(w, accept)
  await w.approve(rollback)
  expect(expectActivated(await w.activate(rollback)).accepted).toEqual([
    { rule: 'LB310', object: 'table column shop.orders.card', found: true },
  ])
})

test.each([
  ['LB014', 'steps[0].apply'],
  ['protection_lost', 'view shop.recent security_invoker'],
  ['definer_code_is_not_for_public', 'shop.total(integer)'],
])('%s is nothing that a rollback can accept (LB001)', async (rule, object) => {
  const [w, , document] = await company()
  expectActivated(await w.through(id, document()))
  expect(await refusal(stage(w, [{ rule, object, reason: 'why not' }]))).toMatchObject({
    code: 'LB001',
    detail: { field: 'accept[0].rule' },
  })
})
