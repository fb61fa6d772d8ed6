// Keeping a trace: record_drift, the line in the server's log, the sentence, the metric, and the command.
import { describe, expect, test } from 'vitest'
import { DriftOutput } from '../../src/cli/drift.ts'
import { detailOf } from '../activate/fixture.ts'
import { levelb } from '../cli/levelb.ts'
import { connect } from '../client.ts'
import { cluster } from '../database.ts'
import { breakGlass, mode, superuser, untilNobodyIsIn } from '../glass/fixture.ts'
import { type Json, refusal } from '../world.ts'
import { protectedWorld, type Watched } from './fixture.ts'

const past = 'grant select on shop.orders to {reader}'
const undo = 'revoke select on shop.orders from {reader}'

const recorded = async (w: Watched) => {
  const aud = await w.as('aud')
  const [row] = await aud`select incident_id, unexpected, effects from levelb.record_drift()`
  return row as { incident_id: string | null; unexpected: number; effects: Json[] }
}
const metric = async (w: Watched) =>
  (await w.sql`select value from levelb.metrics where name = 'levelb_drift_unexpected'`)[0]?.value

test('record_drift writes an incident for each different set, and when it is over', async () => {
  const w = await protectedWorld({ drift: 'refuse' })
  expect(await recorded(w)).toEqual({ incident_id: null, unexpected: 0, effects: [] })
  expect(await metric(w)).toBe(0)
  await w.past(past)
  const first = await recorded(w)
  expect(first).toMatchObject({ unexpected: 1, effects: [{ identity: 'shop.orders', expected: false }] })
  expect(await recorded(w)).toEqual(first)
  expect(await metric(w)).toBe(1)
  await w.past('grant select on shop.items to {reader}')
  const second = await recorded(w)
  expect(second.unexpected).toBe(2)
  await w.past(`${undo}; revoke select on shop.items from {reader}`)
  const over = await recorded(w)
  expect(over).toMatchObject({ unexpected: 0, effects: [] })
  expect([new Set([first.incident_id, second.incident_id, over.incident_id]).size, await recorded(w)]).toEqual([
    3,
    over,
  ])
  expect(await metric(w)).toBe(0)
  const told = await w.sql`select who, what from levelb.audit where what ~ '^found' order by at`
  const reader = w.role('reader')
  const orders = `acl: table shop.orders: ${reader}: nothing → select`
  expect(told).toEqual(
    [
      `found 1 change past the channel: ${orders}`,
      `found 2 changes past the channel: acl: table shop.items: ${reader}: nothing → select; ${orders}`,
      'found that nothing drifts any more',
    ].map((what) => ({ who: w.role('aud'), what })),
  )
  const [report] = await w.sql`select ok from levelb.verify_ledger()`
  expect(report?.ok).toBe(true)
})

test('what is kept of much drift is a hundred effects, the count and a hash of all', async () => {
  const w = await protectedWorld({ drift: 'refuse' })
  await w.past(`do $$ begin for i in 1..120 loop execute format(
    'create table shop.many_%s (); alter table shop.many_%1$s owner to levelb_deploy', i); end loop; end $$`)
  const { incident_id, unexpected, effects } = await recorded(w)
  expect([unexpected, effects.length]).toEqual([120, 120])
  const first = effects.slice(0, 100).map(({ expected: _, ...effect }) => effect)
  const [kept] = await w.sql`select details from levelb.incident where incident_id = ${incident_id}`
  expect(kept?.details).toEqual({ count: 120, hash: expect.stringMatching(/^[0-9a-f]{64}$/), effects: first })
  const row = await w.through('0001_next', 'grant select on shop.items to public')
  expect([row.outcome, row.code, detailOf(row)]).toEqual(['refused', 'LB302', { count: 120, effects: first }])
  // the last of all, which is not among them
  await w.past('alter table shop.many_99 rename to many_last')
  const renamed = await recorded(w)
  expect(renamed.unexpected).toBe(120)
  expect(renamed.incident_id).not.toBe(incident_id)
  const [other] = await w.sql`select details from levelb.incident where incident_id = ${renamed.incident_id}`
  expect(other?.details.hash).not.toBe(kept?.details.hash)
  expect(other?.details.effects).toEqual(first)
})

test('who may record: not authors, nor anybody who is not enrolled', async () => {
  const w = await protectedWorld()
  const ann = await w.as('ann')
  expect(await refusal(ann`select levelb.record_drift()`)).toMatchObject({ code: '42501' })
  expect(await refusal(w.sql`select levelb.record_drift()`)).toMatchObject({ code: 'LB201' })
})

test('the log of the server has one line with one JSON object, whatever the names are', async () => {
  const w = await protectedWorld()
  await w.past(`create table shop."a\nb""c'\\d" (); revoke all on shop."a\nb""c'\\d" from public`)
  const aud = await w.another('aud')
  await aud.unsafe('set client_min_messages = log')
  aud.notices.length = 0
  await aud`select levelb.drift()`
  await aud`select levelb.record_drift()`
  expect(aud.notices.map((notice) => [notice.severity, String(notice.message).split('\n').length])).toEqual([
    ['LOG', 1],
    ['LOG', 1],
  ])
  for (const { message } of aud.notices) {
    const [, json = ''] = /^levelb (\{.*\})$/.exec(String(message)) ?? []
    expect(JSON.parse(json)).toMatchObject({
      ...{ event: 'drift', database: w.name, login: w.role('aud'), unexpected: 2 },
      effects: [{ class: 'owner' }, { identity: `shop."a\nb""c'\\d"`, attribute: 'exists' }],
    })
  }
})

describe('levelb drift', () => {
  const run = async (w: Watched, ...args: string[]) => levelb(['drift', '--url', await w.urlOf('aud'), ...args])

  test('says in one line that nothing drifts; 0', async () => {
    const w = await protectedWorld()
    expect(await run(w)).toEqual({ status: 0, stdout: 'nothing drifts\n', stderr: '' })
    expect(await run(w, '--full', '--record', '--json')).toEqual({
      ...{ status: 0, stderr: '' },
      stdout: '{"unexpected":0,"incident_id":null,"effects":[]}\n',
    })
  })

  test('lists what drifts, cuts what is long, keeps a name on its line; 1', async () => {
    const w = await protectedWorld({
      expected: [{ class: 'acl', identity: 'shop.orders', reason: 'of a test' }],
    })
    await w.past(`${past}; create table shop."two\nlines" ()`)
    const { status, stdout, stderr } = await run(w)
    expect(status).toBe(1)
    const lines = stdout.split('\n')
    expect(lines.find((line) => line.includes('shop.orders'))).toMatch(
      /│ acl +│ table shop.orders +│ reader_\w+ +│ nothing → select +│ yes +│/,
    )
    expect(lines.find((line) => line.includes('exists'))).toContain('two\\u{a}lines')
    expect(stderr).toContain('levelb: 2 changes past the channel that nobody has answered for\n')
    const json = await run(w, '--json')
    expect(json.status).toBe(1)
    expect(DriftOutput.parse(JSON.parse(json.stdout))).toMatchObject({
      unexpected: 2,
      incident_id: null,
      effects: [{ expected: true }, { expected: false }, { expected: false }],
    })
  })

  test('what is only expected is 0', async () => {
    const w = await protectedWorld({ expected: [{ class: 'acl', identity: 'shop.*', reason: 'of a test' }] })
    await w.past(past)
    expect(await run(w)).toMatchObject({ status: 0, stderr: '' })
  })

  test('--record keeps it', async () => {
    const w = await protectedWorld()
    await w.past(past)
    const { status, stdout } = await run(w, '--record', '--json')
    const { incident_id, effects } = DriftOutput.parse(JSON.parse(stdout))
    expect([status, effects.length]).toEqual([1, 1])
    expect(await w.sql`select kind from levelb.incident where incident_id = ${incident_id}`).toEqual([
      { kind: 'drift' },
    ])
  })

  test('--explain writes the document that ends it', async () => {
    const w = await protectedWorld({ drift: 'refuse' })
    await w.past(`${past}; alter table shop.items add by_hand int`)
    const { status, stdout, stderr } = await run(w, '--explain', 'INC-4711: during the outage')
    expect([status, stderr]).toEqual([0, ''])
    expect(await w.through('0001_answer', JSON.parse(stdout) as Json)).toMatchObject({ outcome: 'activated' })
    expect(await run(w, '--full')).toMatchObject({ status: 0 })
    expect(await run(w, '--explain', 'again')).toMatchObject({
      status: 1,
      stdout: '',
      stderr:
        'levelb: nothing drifts that an explanation could answer for, and every use of break-glass is answered for\n',
    })
  })

  test('--explain names the uses of break-glass that nobody has answered for, and says so', async () => {
    const w = await protectedWorld({ drift: 'refuse', break_glass: { logins: ['postgres'] } })
    const glass = async (reason: string) => {
      const root = superuser(w)
      const { incident_id } = await breakGlass(root, reason)
      await root.end()
      await untilNobodyIsIn(w)
      return Number(incident_id)
    }
    const first = await glass('nobody can read')
    await w.past(past)
    const both = [first, await glass('nor write')]
    const { status, stdout, stderr } = await run(w, '--explain', 'INC-4711')
    expect([status, stderr]).toEqual([
      0,
      `levelb: note: uses of break-glass that the document answers for: incident ${both[0]}, incident ${both[1]}\n`,
    ])
    const document = JSON.parse(stdout) as Json
    expect(document).toMatchObject({
      title: 'Explain drift: 1 change, and 2 uses of break-glass',
      payload: { incidents: both },
    })
    expect(await w.through('0001_answer', document)).toMatchObject({ outcome: 'activated' })
    expect(await mode(w)).toBe('OPERATOR_HANDOFF')

    // what left nothing behind
    const third = await glass('to look')
    expect(JSON.parse((await run(w, '--explain', 'a look', '--json')).stdout)).toEqual({
      ...{ title: 'Explain 1 use of break-glass', description: 'a look', kind: 'explain' },
      payload: { effects: [], incidents: [third] },
    })
  })

  test("--explain leaves out levelb's own objects, and says so", async () => {
    const w = await protectedWorld()
    await w.past(`${past}; create or replace function levelb._and(words text[]) returns text language sql immutable
      set search_path = pg_catalog, pg_temp return 'x'`)
    const { stdout, stderr } = await run(w, '--explain', 'why')
    expect(JSON.parse(stdout)).toMatchObject({ payload: { effects: [{ class: 'acl' }] } })
    expect(stderr).toContain('no explanation covers')
  })

  test('--explain with --record is a usage error', async () => {
    const w = await protectedWorld()
    expect(await run(w, '--record', '--explain', 'why')).toMatchObject({ status: 2 })
  })
})

test('a clone is told to rebind, and rebind lists what it takes over', async () => {
  const w = await protectedWorld()
  const name = `${w.name}_clone`
  const admin = connect(cluster())
  await admin`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${w.name}`
  await admin`create database ${admin(name)} template ${admin(w.name)}`
  const sql = connect(w.url.replace(w.name, name))
  const aud = connect((await w.urlOf('aud')).replace(w.name, name))
  try {
    await sql.unsafe(`grant select on shop.orders to ${w.role('reader')}`)
    expect(await refusal(aud`select levelb.drift()`)).toMatchObject({ code: 'LB312' })
    const [row] = await sql`select (levelb.rebind('a clone')).details -> 'taken_over' -> 'effects' as effects`
    expect(row?.effects).toContainEqual({
      ...{ class: 'acl', object_type: 'table', identity: 'shop.orders', attribute: w.role('reader') },
      ...{ before: null, after: 'select' },
    })
    expect(await aud`select * from levelb.drift(true)`).toEqual([])
    // objects without names of their own, functions, are matched too: nothing changed, nothing is taken over
    const [again] = await sql`select (levelb.rebind('once more')).details -> 'taken_over' as taken_over`
    expect(again?.taken_over).toEqual({ count: 0, effects: [] })
  } finally {
    await Promise.all([sql.end(), aud.end()])
    await admin`drop database ${admin(name)} with (force)`
    await admin.end()
  }
})
