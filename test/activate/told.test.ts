// What people are told when it did not go through: the operator by the warning, the author by the status.
import { expect, test } from 'vitest'
import { world } from '../world.ts'

test('the warning of a refusal says what is missing and what to do', async () => {
  const w = await world()
  await w.stage('0001_x', 'grant select on shop.orders to public')
  await w.activate('0001_x')
  const { notices } = await w.as('olga')
  const warning = notices.find((notice) => notice.severity === 'WARNING')
  expect(warning).toMatchObject({
    message: '0001_x: refused LB204 quorum not met',
    hint: 'Ask for the approvals named in DETAIL.',
  })
  expect(JSON.parse(warning?.detail ?? '')).toMatchObject({ missing: '2 more approvals, 1 of group dba' })
})

test('a text without the rights of the owner is told how levelb_deploy gets them', async () => {
  const w = await world()
  await w.sql.unsafe(`revoke ${w.role('app')} from levelb_deploy`)
  const row = await w.through('0001_x', 'alter table shop.orders owner to levelb_deploy')
  expect(row).toMatchObject({ outcome: 'failed', code: '42501' })
  expect(row.error).toMatchObject({ hint: expect.stringContaining('a superuser may grant it the role that owns') })
})

test('the author sees in the status how the last call of activate ended', async () => {
  const w = await world()
  await w.through('0001_x', 'select 1 / 0')
  const ann = await w.as('ann')
  const rows = await ann`select state, missing, last_outcome, last_code from levelb.status`
  expect(rows).toEqual([{ state: 'approved', missing: '', last_outcome: 'failed', last_code: '22012' }])
})

test('a policy is satisfiable only by principals that can log in', async () => {
  const w = await world({ policy: { quorum: [{ approvals: 2, groups: { security: 1 } }] } })
  const ok = async () => (await w.sql`select ok from levelb.readiness() where item = 'policy_satisfiable'`)[0]?.ok
  expect(await ok()).toBe(true)
  await w.sql.unsafe(`alter role ${w.role('dan')} nologin`)
  expect(await ok()).toBe(false)
  expect(await w.sql`select levelb.mode()`).toEqual([{ mode: 'AUTHOR_MODE' }])
})

test('the warning has no DETAIL and no HINT where there is nothing to say', async () => {
  const w = await world()
  await w.through('0001_x', 'select 1 / 0')
  const { notices } = await w.as('olga')
  const warning = notices.find((notice) => notice.severity === 'WARNING')
  expect(warning?.message).toBe('0001_x: failed 22012 division by zero')
  expect(warning).not.toHaveProperty('detail')
  expect(warning).not.toHaveProperty('hint')
})
