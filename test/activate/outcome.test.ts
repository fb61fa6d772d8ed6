// The row that activate returns: its columns, its warning and its notification, and what becomes of it in transactions.
import { createHash } from 'node:crypto'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { Client } from '../client.ts'
import { type Json, refusal, type World, world } from '../world.ts'
import { activate, activations, facts, granted, isOpen, names, run, session } from './fixture.ts'

const next = names()
let w: World
let olga: Client
const change = 'grant select on shop.orders to public'

beforeAll(async () => {
  w = await world()
  olga = await session(w)
})

const takenBack = () => w.sql`revoke all on shop.orders from public`

const staged = async () => {
  const id = next()
  await w.stage(id, change)
  await w.approve(id)
  return id
}

test('activate › a grant goes from text to a committed proof', async () => {
  const started = Date.now()
  const id = await staged()
  const manifest = (await w.sql`select * from levelb.manifest where migration_id = ${id}`)[0]
  const row = await activate(olga, id)
  await takenBack()
  const [policy] = await w.rows('active_policy')
  const effects = [granted('orders')]
  const text = (await w.sql`select effects::text from levelb.activation where migration_id = ${id}`)[0]
    ?.effects as string
  const [client] = await (await w.as('olga'))`select host(inet_client_addr()) as address`
  expect(row).toEqual({
    activation_id: expect.anything(),
    migration_id: id,
    revision: 1,
    outcome: 'activated',
    code: null,
    reason: null,
    manifest_hash: manifest?.manifest_hash,
    effects_hash: createHash('sha256').update(text).digest(),
    policy_version: 1,
    policy_hash: policy?.hash,
    approvals: ['bob', 'carol'].map((principal) => ({
      approval_id: expect.any(Number),
      principal,
      person: principal,
      groups: ['dba'],
      signature: 'none',
    })),
    operator: 'olga',
    login: w.role('olga'),
    authenticated_user: row.authenticated_user,
    client_address: client?.address,
    started_at: expect.any(Date),
    finished_at: expect.any(Date),
    transaction_id: expect.stringMatching(/^\d+$/),
    wal_position: expect.stringMatching(/^[0-9A-F]+\/[0-9A-F]+$/),
    incident_id: null,
    server_version: (await w.sql`show server_version`)[0]?.server_version,
    database_identity: { name: w.name, database_oid: expect.any(String), system_identifier: expect.any(String) },
    commands: [
      {
        position: 1,
        name: 'one',
        part: 'apply',
        milliseconds: expect.any(Number),
        ddl: [{ tag: 'GRANT', object: 'TABLE' }],
      },
    ],
    effects,
    write_tally: { pg_class: { inserted: 0, updated: 1, deleted: 0 } },
    state_before: expect.any(Buffer),
    state_after: expect.any(Buffer),
    rollback_snapshot: expect.stringContaining('revoke'),
    session_touched: { settings: [], cursors: [], prepared_statements: [], locks: 0 },
    accepted: null,
    dropped: null,
    error: null,
  })
  expect(await w.sql`select * from levelb.proof where migration_id = ${id}`).toEqual([row])
  const [from, to] = [row.started_at as Date, row.finished_at as Date]
  expect(started <= from.getTime() + 5 && from <= to && to.getTime() <= Date.now() + 5).toBe(true)
})

test('a refusal and a failure warn, a proof does not', async () => {
  const [refused, failed, activated] = [next(), next(), await staged()]
  const client = await session(w)
  await w.stage(refused, change)
  await activate(client, refused)
  await run(w, client, failed, 'select 1 / 0')
  await activate(client, activated)
  await takenBack()
  expect(client.notices.map((n) => [n.severity, n.message])).toEqual([
    ['WARNING', `${refused}: refused LB204 quorum not met`],
    ['WARNING', `${failed}: failed 22012 division by zero`],
  ])
})

test('each outcome is told on channel levelb once it is committed', async () => {
  const listener = await w.another('aud')
  const told: Json[] = []
  await listener.listen('levelb', (payload) => void told.push(JSON.parse(payload) as Json))
  const [refused, failed, activated] = [next(), next(), await staged()]
  await w.stage(refused, change)
  const rows = [
    await activate(olga, refused),
    await run(w, olga, failed, 'select 1 / 0'),
    await activate(olga, activated),
  ]
  await takenBack()
  while (told.length < 3) await listener`select 1`
  expect(told).toEqual(
    rows.map(({ migration_id, outcome, code, activation_id }) => ({
      migration_id,
      outcome,
      code,
      activation_id: Number(activation_id),
    })),
  )
})

test('every outcome is sealed in the ledger before it is returned', async () => {
  await run(w, olga, next(), 'select 1 / 0')
  const [report] = await w.sql`select ok, unsealed::int from levelb.verify_ledger()`
  expect(report).toEqual({ ok: true, unsealed: 0 })
})

describe('in a transaction of the caller', () => {
  const begun = async () => {
    const client = await session(w)
    onTestFinished(() => client.end({ timeout: 0 }))
    await client.unsafe('begin')
    return client
  }

  test('B136 › ROLLBACK leaves neither change nor record', async () => {
    const id = await staged()
    const before = await facts(w)
    const client = await begun()
    expect((await activate(client, id)).outcome).toBe('activated')
    await client.unsafe('rollback')
    expect([await activations(w, id), await isOpen(w), await facts(w)]).toEqual([[], false, before])
    expect((await activate(client, id)).outcome).toBe('activated')
    await takenBack()
  })

  test('B137 › ROLLBACK TO a savepoint takes both as well, and COMMIT keeps neither', async () => {
    const id = await staged()
    const client = await begun()
    await client.unsafe('savepoint s')
    await activate(client, id)
    await client.unsafe('rollback to s')
    await client.unsafe('commit')
    expect([await activations(w, id), await isOpen(w)]).toEqual([[], false])
  })

  test('COMMIT keeps both, and nobody sees either before', async () => {
    const id = await staged()
    const client = await begun()
    const row = await activate(client, id)
    expect([await activations(w, id), await isOpen(w)]).toEqual([[], false])
    await client.unsafe('commit')
    expect([await activations(w, id), await isOpen(w)]).toEqual([[row], true])
    await takenBack()
  })

  test('B135 › PREPARE TRANSACTION is refused: no proof hangs between done and undone (0A000)', async () => {
    const id = await staged()
    const client = await begun()
    await activate(client, id)
    const [server] = await w.sql`select current_setting('max_prepared_transactions')::int > 0 as prepares`
    expect((await refusal(client.unsafe(`prepare transaction 'x'`))).code).toBe(server?.prepares ? '0A000' : '55000')
    await client.unsafe('rollback')
    expect([await activations(w, id), await isOpen(w)]).toEqual([[], false])
  })

  test('a second activation in the same transaction is refused (LB104)', async () => {
    const [first, second] = [await staged(), await staged()]
    const client = await begun()
    await activate(client, first)
    expect((await refusal(activate(client, second))).code).toBe('LB104')
    await client.unsafe('rollback')
  })

  test('who leaves it open loses the connection, so that others wait no longer than seconds', async () => {
    const id = await staged()
    const client = await begun()
    await activate(client, id)
    const [set] = await client`select current_setting('idle_in_transaction_session_timeout') as timeout`
    expect(set?.timeout).toBe('5s')
    await client.unsafe('rollback')
  })
})

test('a failure leaves approvals standing: mended by others, the same text activates', async () => {
  const id = next()
  const row = await run(w, olga, id, 'grant select on shop.later to public')
  await w.sql.unsafe(`create table shop.later (n int); alter table shop.later owner to levelb_deploy`)
  const again = await activate(olga, id)
  expect([row.code, again.outcome]).toEqual(['42P01', 'activated'])
  expect((await activations(w, id)).map((a) => a.outcome)).toEqual(['failed', 'activated'])
})

test('what has been activated stays activated: the revision cannot run twice', async () => {
  const id = await staged()
  await activate(olga, id)
  await takenBack()
  expect([(await activate(olga, id)).code, await isOpen(w)]).toEqual(['LB008', false])
})
