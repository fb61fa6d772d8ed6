// Whoever leaves a transaction open after a verb that writes loses the connection after five seconds.
import { beforeAll, expect, test } from 'vitest'
import { documentOf, type World, world } from '../world.ts'
import { activate, ready, type Session, session } from './two-sessions.ts'

let there: World
let sitter: Session
let since: number

beforeAll(async () => {
  there = await world()
  sitter = await session(there, 'ann')
  await sitter.sql`begin`
  const document = sitter.sql.json(documentOf('select 1') as never)
  await sitter.sql`select levelb.stage('0001_left_open', ${document})`
  since = Date.now()
})

const calls: readonly [string, string, string][] = [
  [
    'stage',
    'ann',
    `select levelb.stage('0009_new', '{"title": "t", "description": "d", "steps": [{"name": "a", "apply": "select 1"}]}')`,
  ],
  [
    'restage',
    'ann',
    `select levelb.restage('0002_open', '{"title": "t", "description": "d", "steps": [{"name": "a", "apply": "select 1"}]}')`,
  ],
  ['withdraw', 'ann', `select levelb.withdraw('0002_open', 'r')`],
  ['approve', 'bob', `select levelb.approve('0002_open', HASH)`],
  ['reject', 'bob', `select levelb.reject('0002_open', HASH, 'r')`],
  ['revoke', 'carol', `select levelb.revoke('0002_open', 'r')`],
  ['seal', 'aud', 'select levelb.seal()'],
  ['activate', 'olga', `select levelb.activate('0002_open')`],
]

test.each(calls)(
  'F9 › %s gives its transaction five seconds of idleness, and the session its own setting back',
  async (_, by, text) => {
    const rows = await there.sql`select manifest_hash from levelb.manifest where migration_id = '0002_open'`
    const hash = (rows[0]?.manifest_hash ?? (await openOne())) as Buffer
    const { sql } = await session(there, by)
    const before = await sql`show idle_in_transaction_session_timeout`
    await sql`begin`
    await sql.unsafe(text.replace('HASH', `'\\x${hash.toString('hex')}'`))
    expect(await sql`show idle_in_transaction_session_timeout`).toEqual([{ idle_in_transaction_session_timeout: '5s' }])
    await sql`rollback`
    expect(await sql`show idle_in_transaction_session_timeout`).toEqual(before)
  },
)

async function openOne(): Promise<Buffer> {
  const row = await there.stage('0002_open', 'select 1')
  await there.approve('0002_open', ['carol'])
  return row.manifest_hash as Buffer
}

test('an activation whose caller leaves its transaction open is undone when the server ends the session', async () => {
  const { sql, pid } = await session(there, 'olga')
  const id = await ready(there, '0003_left_open')
  await sql`begin`
  expect(await activate(sql, id)).toMatchObject({ outcome: 'activated' })
  // Shortened here; that the verb sets it is the claim above.
  await sql`set local idle_in_transaction_session_timeout = '50 ms'`
  await expect.poll(() => alive(pid)).toBe(false)
  expect(await there.sql`select from levelb.proof where migration_id = ${id}`).toHaveLength(0)
  expect(await there.activate(id)).toMatchObject({ outcome: 'activated' })
})

test('F9 › the session of an author who stages and leaves is ended after five seconds, and nothing was staged', async () => {
  await expect.poll(() => alive(sitter.pid), { timeout: 9000, interval: 50 }).toBe(false)
  expect(Date.now() - since).toBeGreaterThan(4900)
  expect(await there.sql`select from levelb.manifest where migration_id = '0001_left_open'`).toHaveLength(0)
})

async function alive(pid: number): Promise<boolean> {
  return (await there.sql`select from pg_stat_activity where pid = ${pid}`).length === 1
}
