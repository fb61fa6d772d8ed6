// The text that stands for a decision: its bytes, and that it is a pure function.
import { createHash } from 'node:crypto'
import { beforeAll, expect, test } from 'vitest'
import { type Row, type World, world } from '../world.ts'
import { hashOf, rowCounts } from './company.ts'

const id = 'billing/0001_text'
const reason = 'ok: Größe\ngelesen'
const hex = (value: unknown) => (value as Buffer).toString('hex')

let there: World
let manifest: Row
let expected: (decision: string, principal: string, expires?: string, why?: string) => string

beforeAll(async () => {
  there = await world()
  manifest = await there.stage(id, 'grant select on shop.orders to public')
  const [facts] = await there.sql`
    select c.system_identifier::text as cluster, d.oid::text as oid, d.datname as name, encode(p.hash, 'hex') as policy
      from pg_control_system() c, pg_database d, levelb.policy p where d.datname = current_database()`
  expected = (decision, principal, expires = '-', why) =>
    [
      'levelb decision v1',
      `database: {"name": "${facts?.name}", "database_oid": "${facts?.oid}", "system_identifier": "${facts?.cluster}"}`,
      `migration: ${id}`,
      'revision: 1',
      `manifest: ${hex(manifest.manifest_hash)}`,
      `policy: ${facts?.policy}`,
      `decision: ${decision}`,
      `principal: ${principal}`,
      `expires: ${expires}`,
      `reason: ${why === undefined ? '-' : createHash('sha256').update(why).digest('hex')}`,
      '',
    ].join('\n')
})

const textOf = async (by: string, decision = 'approve', expires: string | null = null, why: string | null = null) => {
  const sql = await there.as(by)
  const [row] =
    await sql`select levelb.decision_text(${id}, ${decision}, ${expires}::text::timestamptz, ${why}) as text`
  return row?.text as string
}

test.each(['approve', 'reject', 'revoke'])('%s › the text is what the design says, byte for byte', async (decision) => {
  expect(await textOf('bob', decision)).toBe(expected(decision, 'bob'))
})

test('it names the caller, the expiry in UTC and the hash of the reason', async () => {
  const soon = new Date(Date.now() + 3_600_000).toISOString().replace('Z', '')
  const text = await textOf('carol', 'approve', `${soon}456+00:00`, reason)
  expect(text).toBe(expected('approve', 'carol', `${soon}456Z`, reason))
})

test('it is the same each time, whatever the session has set', async () => {
  const dan = await there.as('dan')
  const before = await textOf('dan')
  await dan.unsafe(`set timezone = 'Asia/Tokyo'; set datestyle = 'SQL, DMY'; set bytea_output = 'escape'`)
  expect(await textOf('dan')).toBe(before)
})

test('it writes nothing, also in a read-only REPEATABLE READ transaction', async () => {
  const before = await rowCounts(there.sql)
  const bob = await there.as('bob')
  const [row] = await bob.begin(
    'isolation level repeatable read read only',
    (tx) => tx`select levelb.decision_text(${id}) as text`,
  )
  expect(row?.text).toBe(expected('approve', 'bob'))
  expect(await rowCounts(there.sql)).toEqual(before)
})

test('it is what is kept with the decision', async () => {
  const [bob, hash] = [await there.as('bob'), await hashOf(there, id)]
  const [approved] = await bob`select decision_text from levelb.approve(${id}, ${hash}, ${reason})`
  const [rejected] = await bob`select decision_text from levelb.reject(${id}, ${hash}, ${reason})`
  const [revoked] = await bob`select decision_text from levelb.revoke(${id}, ${reason})`
  expect([approved, rejected, revoked]).toEqual(
    ['approve', 'reject', 'revoke'].map((decision) => ({ decision_text: expected(decision, 'bob', '-', reason) })),
  )
})

test('a decision keeps who, what and under which policy', async () => {
  const [carol, hash] = [await there.as('carol'), await hashOf(there, id)]
  const [row] = await carol`select * from levelb.approve(${id}, ${hash})`
  const [policy] = await there.sql`select version, hash from levelb.policy`
  const [client] = await carol`select host(inet_client_addr()) as address`
  expect(row).toMatchObject({
    migration_id: id,
    revision: 1,
    decision: 'approve',
    principal: 'carol',
    login: there.role('carol'),
    client_address: client?.address,
    manifest_hash: hash,
    policy_version: policy?.version,
    policy_hash: policy?.hash,
    incarnation: '1',
    reason: null,
    signature: null,
    key: null,
  })
  const [ttl] = await there.sql`select expires_at - decided_at between '6 days 23:59:59' and '7 days' as is_seven_days
    from levelb.approval where approval_id = ${row?.approval_id}`
  expect(ttl).toEqual({ is_seven_days: true })
})
