// Changes that the effects did not show, and words that did more than they said. Each of these was an attack that succeeded.
import { expect, test } from 'vitest'
import { documentOf, principalsOf, refusal, world } from '../world.ts'

test('attack › owner and rights of a domain over an array are effects', async () => {
  const w = await world()
  const app = await w.as('app')
  await app.unsafe('create domain shop.tags as text[]')
  const row = await w.through(
    '0001_x',
    'alter domain shop.tags owner to levelb_deploy; revoke usage on type shop.tags from public',
  )
  expect((row.effects as { attribute: string }[]).map((effect) => effect.attribute)).toEqual(['PUBLIC', 'owner'])
})

test('attack › rights on the row type of a table are effects, and rolled back', async () => {
  const w = await world()
  const row = await w.through('0001_x', `grant usage on type shop.orders to ${w.role('reader')} with grant option`)
  expect(row.effects).toEqual([
    {
      class: 'acl',
      object_type: 'type',
      identity: 'shop.orders',
      attribute: w.role('reader'),
      before: null,
      after: 'usage*',
    },
  ])
  const usable = async () => {
    const [found] =
      await w.sql`select has_type_privilege(${w.role('reader')}, 'shop.orders', 'usage with grant option') as held`
    return found?.held
  }
  expect(await usable()).toBe(true)
  await w.sql.unsafe(row.rollback_snapshot as string)
  expect(await usable()).toBe(false)
})

test('attack › the name of a table breaks no line of rollback_snapshot', async () => {
  const w = await world()
  const app = await w.as('app')
  await app.unsafe(`create table shop."a\nalter role ${w.role('app')} superuser; --" (i int)`)
  const row = await w.through('0001_x', `insert into shop."a\nalter role ${w.role('app')} superuser; --" values (1)`)
  expect(row).toMatchObject({ outcome: 'activated' })
  expect((row.rollback_snapshot as string).split('\n').filter((line) => /^alter role/.test(line))).toEqual([])
})

test('attack › a login that is a member of a NOLOGIN superuser or CREATEROLE role keeps the database in AUTHOR_MODE', async () => {
  const w = await world()
  for (const attribute of ['createrole', 'superuser']) {
    const helper = w.role(`help_${attribute}`)
    await w.sql.unsafe(`create role ${helper} nologin ${attribute}; grant ${helper} to ${w.role('reader')}`)
    expect(await w.sql`select levelb.mode()`).toEqual([{ mode: 'AUTHOR_MODE' }])
    await w.sql.unsafe(`drop role ${helper}`)
    expect(await w.sql`select levelb.mode()`).toEqual([{ mode: 'OPERATOR_HANDOFF' }])
  }
})

test('attack › such a login is not enrolled (LB001)', async () => {
  const error = await refusal(
    world({
      principals: (database) => {
        const help = database.role('help')
        // sent now, and before the bootstrap on the same connection
        database.sql
          .unsafe(`create role ${help} nologin createrole; grant ${help} to ${database.role('ann')}`)
          .execute()
        return principalsOf(database)
      },
    }),
  )
  expect(error).toMatchObject({ code: 'LB001', detail: { field: 'principals[0].logins[0]' } })
})

test('attack › a revocation holds where somebody has set the sequence of approvals back', async () => {
  const w = await world()
  await w.stage('0001_x', documentOf('grant select on shop.orders to public'))
  await w.sql`select setval('levelb.approval_approval_id_seq', 1000)`
  await w.approve('0001_x')
  await w.sql`select setval('levelb.approval_approval_id_seq', 500)`
  const carol = await w.as('carol')
  const [revoked] = await carol`select * from levelb.revoke('0001_x', 'changed my mind')`
  expect(revoked).toMatchObject({ approval_id: '1003' })
  expect(await w.activate('0001_x')).toMatchObject({ outcome: 'refused', code: 'LB204' })
})

test('attack › a document of more than 8 MiB is not staged (LB001)', async () => {
  const w = await world()
  const steps = Array.from({ length: 9 }, (_, i) => ({ name: `s${i}`, apply: `select '${'x'.repeat(1_000_000)}'` }))
  const error = await refusal(w.stage('0001_x', { title: 't', description: 'd', steps }))
  expect(error).toMatchObject({ code: 'LB001', detail: { field: 'document' } })
})
