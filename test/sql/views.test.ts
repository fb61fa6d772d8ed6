// The views that people read: every state, every sentence.
import { beforeAll, describe, expect, test } from 'vitest'
import { documentOf, type Row, refusal, type World, world } from '../world.ts'

let w: World

const seconds = (n: number) => new Promise((resolve) => setTimeout(resolve, n * 1000))
const grant = (table: string) => `grant select on shop.${table} to public`

async function decide(verb: 'reject' | 'revoke', id: string, by: string, reason: string) {
  const client = await w.as(by)
  const [row] =
    await w.sql`select manifest_hash from levelb.manifest where migration_id = ${id} order by revision desc limit 1`
  if (verb === 'reject') await client`select * from levelb.reject(${id}, ${row?.manifest_hash}, ${reason})`
  else await client`select * from levelb.revoke(${id}, ${reason})`
}

beforeAll(async () => {
  w = await world()
  await w.stage('0001_staged', grant('orders'))
  await w.stage('0002_half', grant('orders'))
  await w.approve('0002_half', ['dan'])
  await w.stage('0003_approved', grant('orders'))
  await w.approve('0003_approved')
  await w.stage('0004_rejected', grant('orders'))
  await w.approve('0004_rejected')
  await decide('reject', '0004_rejected', 'dan', 'not today')
  await w.stage('0005_withdrawn', grant('orders'))
  const ann = await w.as('ann')
  await ann`select * from levelb.withdraw('0005_withdrawn', 'not needed')`
  // Its window closes while it is staged, and the approvals of the next run out.
  const soon = new Date(Date.now() + 3000).toISOString()
  await w.stage('0006_window', documentOf(grant('orders'), { not_after: soon }))
  await w.stage('0007_ttl', grant('orders'))
  const [ttl] = await w.sql`select manifest_hash from levelb.manifest where migration_id = '0007_ttl'`
  for (const name of ['bob', 'carol']) {
    const client = await w.as(name)
    await client`select * from levelb.approve('0007_ttl', ${ttl?.manifest_hash}, expires_at => ${soon})`
  }
  await w.through('0008_activated', grant('items'))
  await w.stage('0009_failed', 'select 1 / 0')
  await w.approve('0009_failed')
  await w.activate('0009_failed')
  await w.stage('0010_refused', grant('orders'))
  await w.activate('0010_refused')
  await ann`select * from levelb.restage('0010_refused', ${ann.json(documentOf(grant('items')) as never)})`
  await w.stage('0011_revoked', grant('orders'))
  await w.approve('0011_revoked')
  await decide('revoke', '0011_revoked', 'bob', 'on second thought')
  await seconds(Math.max(0, (new Date(soon).getTime() - Date.now() + 50) / 1000))
})

describe('status', () => {
  test('has one line a migration, in its state, and says what is missing', async () => {
    const ann = await w.as('ann')
    const rows =
      await ann`select migration_id, revision, state, approvals_met, approvals_needed, missing from levelb.status order by 1`
    const line = (migration_id: string, state: string, met: number, missing: string, revision = 1) => ({
      ...{ migration_id, revision, state, approvals_met: met, approvals_needed: 2, missing },
    })
    expect([...rows]).toEqual([
      line('0001_staged', 'staged', 0, '2 more approvals, 1 of group dba'),
      line('0002_half', 'staged', 1, '1 more approval, 1 of group dba'),
      line('0003_approved', 'approved', 2, ''),
      line('0004_rejected', 'rejected', 2, 'an end to the rejection by dan'),
      line('0005_withdrawn', 'withdrawn', 0, '2 more approvals, 1 of group dba'),
      line('0006_window', 'expired', 0, '2 more approvals, 1 of group dba'),
      line('0007_ttl', 'expired', 0, '2 more approvals, 1 of group dba'),
      line('0008_activated', 'activated', 2, ''),
      line('0009_failed', 'approved', 2, ''),
      line('0010_refused', 'staged', 0, '2 more approvals, 1 of group dba', 2),
      line('0011_revoked', 'staged', 1, '1 more approval'),
    ])
  })

  test('tells when it was activated, and only then', async () => {
    const [proof] = await w.sql`select finished_at from levelb.proof`
    const rows = await w.sql`select migration_id, activated_at from levelb.status where activated_at is not null`
    expect([...rows]).toEqual([{ migration_id: '0008_activated', activated_at: proof?.finished_at }])
  })
})

test('proof holds the activations that were carried out and no other, whole', async () => {
  const all = await w.rows('activation')
  expect(await w.rows('proof')).toEqual(all.filter((row: Row) => row.outcome === 'activated'))
  expect(all.map((row) => row.outcome).sort()).toEqual(['activated', 'failed', 'refused'])
})

test('active_policy is the newest version with the hash of its text', async () => {
  const rows = await w.sql`
    select a.version, a.hash = sha256(convert_to(p.content, 'UTF8')) as hashed, a.document = p.document as same, a.document ->> 'name' as name
      from levelb.active_policy a join levelb.policy p using (version)`
  expect([...rows]).toEqual([{ version: 1, hashed: true, same: true, name: 'test' }])
})

test('active_principal shows each with its logins, duties, groups and person', async () => {
  const rows =
    await w.sql`select principal, version, nature, counts_as, duties, groups, logins, keys from levelb.active_principal where principal in ('arno', 'ci') order by 1`
  expect([...rows]).toEqual([
    {
      principal: 'arno',
      version: 1,
      nature: 'person',
      counts_as: 'arno',
      duties: ['approver', 'author', 'operator'],
      groups: ['dba'],
      logins: [w.role('arno')],
      keys: [],
    },
    {
      principal: 'ci',
      version: 1,
      nature: 'service',
      counts_as: 'ci',
      duties: ['operator'],
      groups: [],
      logins: [w.role('ci')],
      keys: [],
    },
  ])
})

test.each(['status', 'audit', 'metrics', 'proof', 'active_policy', 'active_principal'])(
  'nobody writes through %s',
  async (view) => {
    const aud = await w.as('aud')
    expect((await refusal(aud.unsafe(`delete from levelb.${view}`))).code).toMatch(/^42501$|^55000$/)
    expect((await refusal(w.sql.unsafe(`delete from levelb.${view}`))).code).toMatch(/^LB301$|^55000$/)
  },
)
