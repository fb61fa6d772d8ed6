// break_glass without a migration: who may, what it leaves behind, and what ends it.
import { expect, test } from 'vitest'
import { protectedWorld } from '../drift/fixture.ts'
import { pastGuard } from '../past-guard.ts'
import { type Json, refusal, world } from '../world.ts'
import { breakGlass, explained, isOpen, mode, runOut, superuser, untilNobodyIsIn } from './fixture.ts'

test('an emergency opens the guard for one session, on record, and nothing is activated until it is explained', async () => {
  const w = await protectedWorld({ drift: 'refuse', break_glass: { logins: ['postgres'], minutes: 5 } })
  const root = superuser(w)
  const listener = superuser(w)
  const told: string[] = []
  await listener.listen('levelb', (payload) => void told.push(payload))
  expect([await isOpen(root), await mode(w)]).toEqual([false, 'OPERATOR_HANDOFF'])

  await root.unsafe('set client_min_messages = log')
  const incident = await breakGlass(root, 'orders are locked out, ticket OPS-3')
  const details = incident.details as Json
  expect(incident).toMatchObject({
    kind: 'break_glass',
    login: 'postgres',
    reason: 'orders are locked out, ticket OPS-3',
  })
  const [own] = await root`select pg_backend_pid() as backend`
  expect(details).toMatchObject({ minutes: 5, backend: own?.backend })
  const left = Date.parse(String(details.until)) - Date.now()
  expect(left).toBeGreaterThan(290_000)
  expect(left).toBeLessThanOrEqual(300_000)
  const log = root.notices.find(({ severity }) => severity === 'LOG')?.message ?? ''
  expect(JSON.parse(log.replace('levelb ', ''))).toEqual({
    ...{ event: 'break_glass', database: w.name, login: 'postgres', incident: Number(incident.incident_id) },
    ...{ reason: incident.reason, until: details.until, client: incident.client_address },
  })
  expect(root.notices.at(-1)).toMatchObject({
    severity: 'WARNING',
    message: expect.stringMatching(/^the guard is open for this session until .*Z, as incident \d+$/),
    hint: expect.stringContaining(`"incidents": [${incident.incident_id}]`),
  })
  expect([await isOpen(root), await isOpen(w.sql)]).toEqual([true, false])
  await root`begin`
  expect(await isOpen(root)).toBe(true)
  await root`rollback`
  expect(await isOpen(root)).toBe(true)

  expect(await mode(w)).toBe('AUTHOR_MODE')
  const [item] = await w.sql`select * from levelb.readiness() where item = 'break_glass'`
  expect(item).toMatchObject({ ok: false, required: true, artifact: 'approval_record' })
  expect(item?.detail).toMatch(new RegExp(`^incident ${incident.incident_id} of .* by postgres is not explained$`))
  expect(item?.hint).toContain(`"incidents": [${incident.incident_id}]`)
  await w.stage('0001_next', 'grant select on shop.items to public')
  await w.approve('0001_next')
  expect(await w.activate('0001_next')).toMatchObject({ outcome: 'refused', code: 'LB210' })

  await w.past('grant select on shop.orders to {reader}')
  const id = Number(incident.incident_id)
  expect(await refusal(w.stage('0002_answer', explained([id])))).toMatchObject({
    code: 'LB001',
    detail: {
      field: 'payload.incidents[0]',
      problem: expect.stringMatching(/^is not over: the guard is open for backend \d+/),
    },
  })
  await root.end()
  await untilNobodyIsIn(w)
  const drifted = (await w.findings(true)).map(({ expected: _, ...effect }) => effect)
  const row = await w.through('0002_answer', explained([id], drifted))
  expect(row).toMatchObject({ outcome: 'activated', error: null })
  expect(row.effects).toEqual([
    ...drifted,
    {
      ...{ class: 'governance', object_type: 'incident', identity: String(id) },
      ...{ attribute: 'explained', before: null, after: 'yes' },
    },
  ])
  expect([await mode(w), await w.drift(true)]).toEqual(['OPERATOR_HANDOFF', []])
  expect(await w.activate('0001_next')).toMatchObject({ outcome: 'activated' })

  expect(told.map((text) => JSON.parse(text) as Json)[0]).toEqual({
    ...{ break_glass: id, login: 'postgres', until: details.until },
  })
  const lines = await w.sql`select who, what from levelb.audit where what ~ 'glass |incident' order by at`
  expect(lines.map(({ who, what }) => `${who} ${what}`)).toEqual([
    'postgres broke the glass for at most 5 minutes in an emergency: orders are locked out, ticket OPS-3',
    `ann staged 0002_answer revision 1, an answer for 1 change past the channel and incident ${id}: what was done by hand`,
    `olga answered for incident ${id} and took over what had drifted by 0002_answer revision 1 with 2 effects, approved by bob and carol`,
  ])
  expect(await w.sql`select ok from levelb.verify_ledger()`).toEqual([{ ok: true }])
  expect(await refusal(w.stage('0003_again', explained([id])))).toMatchObject({
    detail: { problem: 'is explained already' },
  })
})

test('an operator who makes a habit of it is seen in metrics and audit', async () => {
  const w = await protectedWorld({ drift: 'refuse' })
  for (const reason of ['just this grant', 'just that grant']) {
    const root = superuser(w)
    await breakGlass(root, reason)
    expect(await isOpen(root)).toBe(true)
    await root.end()
    await untilNobodyIsIn(w)
  }
  const open = superuser(w)
  await breakGlass(open, 'and another')
  const rows =
    await w.sql`select name, value, labels from levelb.metrics where name ~ 'break_glass' order by name, labels::text`
  expect(rows.map(({ name, value, labels }) => [name, (labels as Json).use, value])).toEqual([
    ['levelb_break_glass_last_month', 'attended', 0],
    ['levelb_break_glass_last_month', 'emergency', 3],
    ['levelb_break_glass_open', undefined, 1],
    ['levelb_break_glass_total', 'attended', 0],
    ['levelb_break_glass_total', 'emergency', 3],
    ['levelb_break_glass_unexplained', undefined, 3],
  ])
  const [item] = await w.sql`select detail, hint from levelb.readiness() where item = 'break_glass'`
  expect(item?.detail.match(/is not explained/g)).toHaveLength(3)
  expect(item?.hint).toMatch(/"incidents": \[\d+, \d+, \d+\]/)
  expect(await w.sql`select what from levelb.audit where what ~ '^broke the glass'`).toHaveLength(3)
  // one that left nothing behind is answered for too
  const ids = (await w.rows('incident'))
    .filter(({ kind }) => kind === 'break_glass')
    .map((row) => Number(row.incident_id))
  await open.end()
  await untilNobodyIsIn(w)
  expect(await w.through('0001_answer', explained(ids))).toMatchObject({ outcome: 'activated', error: null })
  expect(await mode(w)).toBe('OPERATOR_HANDOFF')
})

test('the guard is open for the backend, the login and the session that opened it, until its time is over', async () => {
  const w = await world()
  const root = superuser(w)
  const incident = await breakGlass(root, 'a try')
  expect(await isOpen(root)).toBe(true)
  const [guard] = await w.rows('_open_guard')
  // the number of a backend comes back, and with it neither the lock nor the login
  const change = async (set: string) => {
    await pastGuard(
      w.sql,
      `begin; alter table levelb._open_guard disable trigger levelb_10_channel_only;
      update levelb._open_guard set ${set}; alter table levelb._open_guard enable always trigger levelb_10_channel_only; commit`,
    )
    return isOpen(root)
  }
  expect(await change('session_key = session_key # 1')).toBe(false)
  expect(await change(`session_key = ${guard?.session_key}`)).toBe(true)
  expect(await change("login = 'levelb_owner'::regrole")).toBe(false)
  expect(await change(`login = ${guard?.login}`)).toBe(true)
  expect(await change('backend = backend + 1')).toBe(false)
  expect(await change(`backend = ${guard?.backend}`)).toBe(true)
  await root`select pg_advisory_unlock_all()`
  expect(await isOpen(root)).toBe(false)
  // in the same backend again, in its place
  await breakGlass(root, 'again')
  expect([await isOpen(root), (await w.rows('_open_guard')).length]).toEqual([true, 1])
  await runOut(w, (await w.rows('_open_guard'))[0]?.incident_id)
  expect([await isOpen(root), incident.kind]).toEqual([false, 'break_glass'])
  expect(await refusal(root`insert into levelb._open_guard select * from levelb._open_guard`)).toMatchObject({
    code: 'LB301',
  })
})

test('only a declared superuser, as itself, by a call of its own', async () => {
  const w = await world()
  const reader = w.role('reader')
  const call = "select levelb.break_glass('let me in')"
  expect(await refusal((await w.as('reader')).unsafe(call))).toMatchObject({ code: '42501' })
  expect(await refusal((await w.as('olga')).unsafe(call))).toMatchObject({ code: '42501' })
  await w.sql.unsafe(`alter role ${reader} superuser`)
  try {
    expect(await refusal((await w.as('reader')).unsafe(call))).toMatchObject({
      code: 'LB201',
      hint: expect.stringContaining('break_glass.logins'),
    })
    expect(await refusal((await w.as('reader')).unsafe("select levelb.close_attended('0001_x')"))).toMatchObject({
      code: 'LB201',
    })
    // version 15 asks what the login was when the session began
    const other = await w.another('reader')
    await other.unsafe('set session authorization postgres')
    expect(await refusal(other.unsafe(call))).toMatchObject({ code: 'LB202' })
  } finally {
    await w.sql.unsafe(`alter role ${reader} nosuperuser`)
  }
  const root = superuser(w)
  await root.unsafe(`set session authorization ${reader}`)
  expect(await refusal(root.unsafe(call))).toMatchObject({ code: '42501' })
  await root.unsafe('reset session authorization')
  expect(await refusal(root.unsafe("do $$ begin perform levelb.break_glass('let me in'); end $$"))).toMatchObject({
    code: 'LB205',
  })
  expect(await refusal(root.unsafe("select levelb.break_glass('let ' || 'me in')"))).toMatchObject({ code: 'LB205' })
  expect(await refusal(root.unsafe("select levelb.break_glass('')"))).toMatchObject({ code: 'LB001' })
  await root.unsafe('begin isolation level repeatable read')
  expect(await refusal(root.unsafe(call))).toMatchObject({ code: 'LB103' })
  await root.unsafe('rollback')
  expect(await w.rows('_open_guard')).toEqual([])
})

test('it waits for no activation and is not refused by a broken channel', async () => {
  const w = await world()
  const holder = superuser(w)
  await holder.unsafe(
    "begin; select from levelb._gate where name = 'activation' for update; select from levelb._head for update",
  )
  const root = superuser(w)
  expect(await breakGlass(root, 'an activation hangs')).toMatchObject({ kind: 'break_glass' })
  await holder.unsafe('rollback')
  await pastGuard(
    w.sql,
    `begin; alter table levelb._head disable trigger levelb_10_channel_only; update levelb._head set size = 9;
    alter table levelb._head enable always trigger levelb_10_channel_only; commit`,
  )
  expect(await breakGlass(root, 'the ledger is broken')).toMatchObject({ kind: 'break_glass' })
})

test('before bootstrap there is nobody declared', async () => {
  const { freshDatabase } = await import('../database.ts')
  const { sql } = await freshDatabase()
  expect(await refusal(sql`select levelb.break_glass('first')`)).toMatchObject({ code: 'LB201' })
})
