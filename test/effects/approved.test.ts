// What happened against what was approved: classes and schemas (LB304), effects (LB303).
import { beforeAll, describe, expect, test } from 'vitest'
import { documentOf, type Json, refusal, type World, world } from '../world.ts'
import { type Effect, failure, lines, nextId, run } from './effects.ts'

const activated = { outcome: 'activated', code: null, detail: null }

/** stage, approve by these, activate. */
async function approvedBy(w: World, by: string[], apply: string, more: Json = {}) {
  const id = nextId()
  await w.stage(id, documentOf(apply, more))
  await w.approve(id, by)
  return w.activate(id)
}

describe('quorum by what happened', () => {
  let w: World
  beforeAll(async () => {
    w = await world({
      policy: {
        quorum: [
          { approvals: 1 },
          { classes: ['owner'], approvals: 2 },
          { classes: ['data'], approvals: 2, groups: { dba: 2 } },
          { schemas: ['Vault 1'], approvals: 1, groups: { security: 1 } },
        ],
      },
    })
    await w.urlOf('boss')
    await w.sql.unsafe(`create schema "Vault 1" authorization ${w.role('app')};
      create table "Vault 1".coins (id int); alter table "Vault 1".coins owner to ${w.role('app')};
      grant create on schema shop to ${w.role('boss')}; grant ${w.role('boss')} to levelb_deploy`)
  })
  const acl = { classes: ['acl'] }
  const lb304 = (missing: string, classes: string[]) => ({
    outcome: 'failed',
    code: 'LB304',
    detail: { missing, classes, effects: expect.any(Array) },
  })

  test('what the claimed classes allow is activated', async () => {
    const row = await approvedBy(w, ['bob'], 'grant select on shop.orders to public', acl)
    expect([failure(row), lines(row)]).toEqual([activated, ['acl: table shop.orders: PUBLIC: - → select']])
  })

  const unclaimed = (classes: string[]) => ({
    outcome: 'failed',
    code: 'LB304',
    detail: { missing: 'a claim of these classes', classes, claimed: ['acl'], effects: expect.any(Array) },
  })

  test('a class that was not claimed fails (LB304), and leaves nothing', async () => {
    const row = await approvedBy(
      w,
      ['bob'],
      `grant insert on shop.items to public; alter table shop.items owner to ${w.role('boss')}`,
      acl,
    )
    const [kept] =
      await w.sql`select relacl, relowner::regrole::text as owner from pg_class where oid = 'shop.items'::regclass`
    expect([failure(row), kept]).toEqual([unclaimed(['owner']), { relacl: null, owner: w.role('app') }])
  })

  test('a class that was not claimed fails where its quorum was met all the same: nobody read it (LB304)', async () => {
    const text = `alter view shop.recent owner to ${w.role('boss')}; grant delete on shop.orders to public`
    expect([
      failure(await approvedBy(w, ['bob', 'dan'], text, acl)),
      failure(await approvedBy(w, ['bob', 'dan'], text, { classes: ['acl', 'owner'] })),
    ]).toEqual([unclaimed(['owner']), activated])
  })

  test('a rule for a schema holds for what was touched in it, whatever was claimed (LB304)', async () => {
    const text = 'grant select on "Vault 1".coins to public'
    expect([
      failure(await approvedBy(w, ['bob'], text, acl)),
      failure(await approvedBy(w, ['dan'], text, acl)),
    ]).toEqual([lb304('1 of group security', ['acl']), activated])
  })

  test('a rule for a schema holds for a column, the schema itself and its default privileges', async () => {
    const texts = [
      'grant select (id) on "Vault 1".coins to public',
      'grant usage on schema "Vault 1" to public',
      `alter default privileges for role ${w.role('app')} in schema "Vault 1" grant select on tables to public`,
    ]
    for (const text of texts) {
      expect(failure(await approvedBy(w, ['bob'], text, acl))).toEqual(lb304('1 of group security', ['acl']))
    }
  })

  test('of all rules that match, the strictest of each number (LB304)', async () => {
    const text = 'grant insert on "Vault 1".coins to public; insert into "Vault 1".coins values (1)'
    const both = { classes: ['acl', 'data'] }
    expect([
      failure(await approvedBy(w, ['bob', 'carol'], text, both)),
      failure(await approvedBy(w, ['bob', 'carol', 'dan'], text, both)),
    ]).toEqual([lb304('1 of group security', ['acl', 'data']), activated])
    // what the claim alone asks for is judged before anything runs
    const refused = await approvedBy(w, ['bob', 'dan'], text, both)
    expect([failure(refused).outcome, failure(refused).code]).toEqual(['refused', 'LB204'])
  })
})

describe('nothing happened (LB303)', () => {
  let w: World
  beforeAll(async () => {
    w = await world()
    await w.sql.unsafe(`create table shop.borrowed (id int); grant select on shop.borrowed to ${w.role('app')};
      grant select on shop.items to public`)
  })
  const lb303 = (detail: Json) => ({ outcome: 'failed', code: 'LB303', detail })
  const rewritten = (identity: string) => [
    { class: 'acl', object_type: 'table', identity, attribute: '(rewritten)', before: null, after: null },
  ]

  test('no effect at all', async () => {
    expect(failure(await run(w, 'select 1'))).toEqual(lb303({ classes_without_effect: [], effects: [] }))
  })

  test('a GRANT without the right to grant, which is only a warning to PostgreSQL', async () => {
    expect(failure(await run(w, 'grant select on shop.borrowed to public', { classes: ['acl'] }))).toEqual(
      lb303({ classes_without_effect: ['acl'], effects: rewritten('shop.borrowed') }),
    )
  })

  test('a GRANT without the right to grant, where everything was claimed', async () => {
    expect(failure(await run(w, 'grant select on shop.borrowed to public'))).toEqual(
      lb303({ classes_without_effect: [], effects: rewritten('shop.borrowed') }),
    )
  })

  test('another class than the claimed one: the hint names what happened', async () => {
    const row = await run(w, 'grant insert on shop.orders to public', { classes: ['data'] })
    expect([row.code, (row.error as Json).hint]).toEqual(['LB303', 'What happened is of class acl: claim that.'])
    const nothing = await run(w, 'select 1', { classes: ['data'] })
    expect((nothing.error as Json).hint).toMatch(/^Nothing of these classes happened/)
  })

  test('a GRANT of what was granted', async () => {
    expect(failure(await run(w, 'grant select on shop.items to public'))).toEqual(
      lb303({ classes_without_effect: [], effects: rewritten('shop.items') }),
    )
  })

  test('a claimed class without an effect', async () => {
    const row = await run(w, 'grant insert on shop.items to public', { classes: ['acl', 'data', 'owner'] })
    expect(failure(row)).toEqual(
      lb303({
        classes_without_effect: ['data', 'owner'],
        effects: [
          {
            class: 'acl',
            object_type: 'table',
            identity: 'shop.items',
            attribute: 'PUBLIC',
            before: 'select',
            after: 'insert, select',
          },
        ],
      }),
    )
  })
})

describe('effects in the document', () => {
  let w: World
  beforeAll(async () => {
    w = await world({ policy: { effects: 'exact' } })
  })
  const effect = (identity: string, after: string): Effect => ({
    class: 'acl',
    object_type: 'table',
    identity,
    attribute: 'PUBLIC',
    before: null,
    after,
  })
  const orders = effect('shop.orders', 'select')
  const items = effect('shop.items', 'select')
  const both = 'grant select on shop.orders to public; grant select on shop.items to public'
  const lb303 = (missing: Effect[], unexpected: Effect[], effects: Effect[]) => ({
    outcome: 'failed',
    code: 'LB303',
    detail: { missing, unexpected, effects },
  })

  test('one that did not happen (LB303)', async () => {
    expect(failure(await run(w, 'grant select on shop.orders to public', { effects: [orders, items] }))).toEqual(
      lb303([items], [], [orders]),
    )
  })

  test('one that happened and is not there (LB303)', async () => {
    expect(failure(await run(w, both, { effects: [orders] }))).toEqual(lb303([], [items], [items, orders]))
  })

  test('one with another value (LB303)', async () => {
    const more = effect('shop.orders', 'insert, select')
    expect(failure(await run(w, 'grant select, insert on shop.orders to public', { effects: [orders] }))).toEqual(
      lb303([orders], [more], [more]),
    )
  })

  test('none, where the policy says exact, cannot even be approved (LB209)', async () => {
    expect(await refusal(run(w, both))).toMatchObject({ code: 'LB209' })
  })

  test('an empty list is not "none": what happens is unexpected (LB303)', async () => {
    expect(failure(await run(w, both, { effects: [] }))).toEqual(lb303([], [items, orders], [items, orders]))
  })

  test('the same ones in another order are the same', async () => {
    const row = await run(w, both, { effects: [orders, items] })
    const [manifest] =
      await w.sql`select effects_hash from levelb.manifest where migration_id = ${String(row.migration_id)}`
    expect([failure(row), row.effects, row.effects_hash]).toEqual([activated, [items, orders], manifest?.effects_hash])
  })

  test('a rewritten row is an effect like others: approved, it is activated', async () => {
    const again = { ...orders, attribute: '(rewritten)', after: null }
    expect(failure(await run(w, 'grant select on shop.orders to public', { effects: [again] }))).toEqual(activated)
  })
})
