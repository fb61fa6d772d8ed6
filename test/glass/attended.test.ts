// Kind attended: approved as ever, run by a superuser under break-glass, compared when it is closed.
import { expect, test } from 'vitest'
import { detailOf } from '../activate/fixture.ts'
import { protectedWorld, type Watched } from '../drift/fixture.ts'
import { pastGuard } from '../past-guard.ts'
import { stageRollback, stateOf } from '../rollback/fixture.ts'
import { documentOf, type Json, refusal } from '../world.ts'
import {
  approved,
  attended,
  breakGlass,
  close,
  explained,
  isOpen,
  mode,
  runOut,
  superuser,
  untilNobodyIsIn,
} from './fixture.ts'

const index = 'create index concurrently by_order on shop.items (order_id)'
const made: Json[] = [
  { attribute: 'definition', before: null, after: 'btree on shop.items (order_id)' },
  { attribute: 'exists', before: null, after: 'present' },
].map((each) => ({ class: 'structure', object_type: 'index', identity: 'shop.by_order', ...each }))
const gone: Json[] = made.slice(1).map((each) => ({ ...each, before: 'present', after: null }))
const classes = { classes: ['structure'] }
const failed = (row: Json) => [row.outcome, row.code]

test('CREATE INDEX CONCURRENTLY is approved, run by a superuser, compared, and taken back the same way', async () => {
  const w = await protectedWorld({ drift: 'refuse', effects: 'exact', rollback: { required: true } })
  const id = '0001_index'
  const document = attended(index, { effects: made, ...classes }, 'drop index concurrently shop.by_order')
  await w.stage(id, document)
  const root = superuser(w)
  expect(await refusal(breakGlass(root, 'ticket 7', id))).toMatchObject({ code: 'LB204' })
  await w.approve(id)
  expect(await w.activate(id)).toMatchObject({
    ...{ outcome: 'refused', code: 'LB011' },
    error: { hint: expect.stringContaining(`levelb.break_glass('why', '${id}')`) },
  })

  const incident = await breakGlass(root, 'ticket 7', id)
  expect(incident.details).toMatchObject({ migration_id: id, revision: 1, minutes: 30 })
  expect(root.notices.at(-1)?.hint).toContain(`levelb.close_attended('${id}')`)
  // the hint, to the letter
  const steps = /(select apply from .*) \\gexec/s.exec(String(root.notices.at(-1)?.hint))?.[1] ?? ''
  expect([await isOpen(root), await mode(w)]).toEqual([true, 'OPERATOR_HANDOFF'])
  expect(await stateOf(w, id)).toBe('approved')
  const [review] = await (await w.as('bob'))`select page from levelb.review(${id})`
  // the page says the same, to the letter
  const lines = String(root.notices.at(-1)?.hint).split('\n').slice(1)
  expect(lines[0]).toMatch(/^set search_path = /)
  expect(review?.page).toContain(
    [
      `  carry out select levelb.break_glass('why', '${id}');  (a superuser, in psql)`,
      ...lines.map((line) => `            ${line}`),
    ].join('\n'),
  )
  for (const { apply } of await root.unsafe(steps)) await root.unsafe(apply)
  const row = await close(root, id)
  expect(row).toMatchObject({
    ...{ outcome: 'activated', code: null, error: null, operator: 'postgres', login: 'postgres' },
    ...{ incident_id: incident.incident_id, effects: made },
    commands: [{ position: 1, name: 'one', part: 'attended' }],
    rollback_snapshot: expect.stringContaining('drop index concurrently shop.by_order\n;\n'),
  })
  expect((row.approvals as Json[]).map(({ principal }) => principal)).toEqual(['bob', 'carol'])
  expect([await isOpen(root), await stateOf(w, id), await mode(w)]).toEqual([false, 'activated', 'OPERATOR_HANDOFF'])
  expect([await w.drift(true), await w.rows('_open_guard')]).toEqual([[], []])
  expect(await refusal(close(root, id))).toMatchObject({ code: 'LB001', detail: { problem: 'is not open' } })
  expect(await refusal(breakGlass(root, 'once more', id))).toMatchObject({ code: 'LB008' })
  expect(await w.sql`select what from levelb.audit where ref = ${`activation ${row.activation_id}`}`).toEqual([
    { what: `carried out ${id} revision 1 by hand with 2 effects, approved by bob and carol` },
  ])

  // what depends on it may go on; its rollback is attended too
  const next = await w.through('0002_next', {
    ...{ title: 'next', description: 'for a test', depends_on: [id], classes: ['acl'] },
    steps: [
      {
        name: 'one',
        apply: 'grant select on shop.items to public',
        rollback: 'revoke select on shop.items from public',
      },
    ],
    effects: [
      {
        class: 'acl',
        object_type: 'table',
        identity: 'shop.items',
        attribute: 'PUBLIC',
        before: null,
        after: 'select',
      },
    ],
  })
  expect(next).toMatchObject({ outcome: 'activated', error: null })
  expect(await refusal(stageRollback(w, id))).toMatchObject({ code: 'LB310', detail: { blocked_by: ['0002_next'] } })
  await stageRollback(w, '0002_next')
  await w.approve('0002_next.rollback')
  expect(await w.activate('0002_next.rollback')).toMatchObject({ outcome: 'activated' })

  const back = await stageRollback(w, id)
  expect([back.kind, (back.payload as Json).kind]).toEqual(['rollback', 'attended'])
  await w.approve(`${id}.rollback`)
  expect(failed(await w.activate(`${id}.rollback`))).toEqual(['refused', 'LB011'])
  await breakGlass(root, 'it was the wrong index', `${id}.rollback`)
  await root.unsafe('drop index concurrently shop.by_order')
  expect(await close(root, `${id}.rollback`)).toMatchObject({
    ...{ outcome: 'activated', error: null, effects: gone },
    rollback_snapshot: expect.stringContaining(`${index}\n;\n`),
  })
  expect([await stateOf(w, id), await w.drift(true)]).toEqual(['rolled_back', []])
  expect(await w.sql`select ok from levelb.verify_ledger()`).toEqual([{ ok: true }])
}, 40_000)

test('an extension that only a superuser installs, under a policy of classes', async () => {
  const w = await protectedWorld({ drift: 'refuse' })
  const [found] = await w.sql`
    select name from pg_available_extensions where name in ('pageinspect', 'pgrowlocks', 'pg_buffercache') and installed_version is null limit 1`
  const name = String(found?.name)
  await approved(w, '0001_extension', attended(`create extension ${name} schema public`))
  const root = superuser(w)
  await breakGlass(root, 'ticket 8', '0001_extension')
  await root.unsafe(`create extension ${name} schema public`)
  const row = await close(root, '0001_extension')
  expect(row).toMatchObject({ outcome: 'activated', error: null })
  expect(row.effects).toEqual(
    expect.arrayContaining([expect.objectContaining({ class: 'extension', object_type: 'extension', identity: name })]),
  )
  expect([await w.drift(true), await mode(w)]).toEqual([[], 'OPERATOR_HANDOFF'])
})

test('LB303 › more than was approved is not taken over: it is recorded, stays drift, and the guard is closed', async () => {
  const w = await protectedWorld({ drift: 'refuse' })
  const id = '0001_index'
  await approved(w, id, attended(index, { effects: made, ...classes }))
  const root = superuser(w)
  const incident = await breakGlass(root, 'ticket 7', id)
  await root.unsafe(index)
  await root.unsafe(`grant select on shop.orders to ${w.role('reader')}`)
  const row = await close(root, id)
  expect([...failed(row), row.incident_id]).toEqual(['failed', 'LB303', incident.incident_id])
  const detail = detailOf(row)
  expect(detail).toMatchObject({ missing: [], unexpected: [{ class: 'acl', identity: 'shop.orders' }] })
  expect((row.error as Json).hint).toContain('stays drift')
  expect(row.effects).toEqual([])
  expect([await isOpen(root), (await w.drift(true)).length, await stateOf(w, id)]).toEqual([false, 3, 'approved'])
  // drift is what stops everything now; it was compared, so it is no emergency
  expect(await mode(w)).toBe('OPERATOR_HANDOFF')
  expect(await refusal(breakGlass(root, 'again', id))).toMatchObject({ code: 'LB302', detail: { count: 3 } })
  expect(await refusal(w.stage('0002_answer', explained([Number(incident.incident_id)])))).toMatchObject({
    detail: { problem: expect.stringContaining('was closed') },
  })
  expect(await w.sql`select what from levelb.audit where ref = ${`activation ${row.activation_id}`}`).toEqual([
    { what: expect.stringContaining(`failed to carry out ${id} revision 1: LB303 effects are not those approved`) },
  ])
})

test('LB303 › less than was approved, as when nothing was run', async () => {
  const w = await protectedWorld({ drift: 'record' })
  const id = '0001_index'
  await approved(w, id, attended(index, classes))
  const root = superuser(w)
  await breakGlass(root, 'ticket 7', id)
  const row = await close(root, id)
  expect(failed(row)).toEqual(['failed', 'LB303'])
  expect(detailOf(row)).toMatchObject({ classes_without_effect: ['structure'] })
  expect([await isOpen(root), await w.drift(true)]).toEqual([false, []])
  // and can be tried again; what is of no class that was claimed was not in what approvers read
  await breakGlass(root, 'ticket 7, again', id)
  await root.unsafe(index)
  await root.unsafe(`grant select on shop.orders to ${w.role('reader')}`)
  expect(failed(await close(root, id))).toEqual(['failed', 'LB304'])
})

test('a close that was forgotten: its time runs out, what was done is drift, and an emergency to be explained', async () => {
  const w = await protectedWorld({ drift: 'record' })
  const id = '0001_index'
  await approved(w, id, attended(index, classes))
  const root = superuser(w)
  const incident = Number((await breakGlass(root, 'ticket 7', id)).incident_id)
  await root.unsafe(index)
  expect(await refusal(w.stage('0002_answer', explained([incident])))).toMatchObject({
    detail: { problem: expect.stringMatching(/^is not over/) },
  })
  await root.end()
  await untilNobodyIsIn(w)
  expect(await refusal(w.stage('0002_answer', explained([incident])))).toMatchObject({
    detail: {
      problem: expect.stringMatching(
        /^is not over: postgres closes it with levelb\.close_attended\('0001_index'\), until/,
      ),
    },
  })
  expect(await mode(w)).toBe('OPERATOR_HANDOFF')
  await runOut(w, incident)
  expect(await mode(w)).toBe('AUTHOR_MODE')
  const [item] = await w.sql`select detail from levelb.readiness() where item = 'break_glass'`
  expect(item?.detail).toContain(`, ${id} that was not closed, is not explained`)
  expect(await refusal(close(superuser(w), id))).toMatchObject({
    ...{ code: 'LB001', detail: { problem: 'its time ran out', incident } },
    hint: expect.stringContaining(`"incidents": [${incident}]`),
  })
  expect(failed(await w.through('0003_next', 'grant select on shop.items to public'))).toEqual(['refused', 'LB210'])
  const drifted = (await w.findings(true)).map(({ expected: _, ...found }) => found)
  expect(drifted).toEqual(made)
  expect(await w.through('0002_answer', explained([incident], drifted))).toMatchObject({
    outcome: 'activated',
    error: null,
  })
  expect([await mode(w), await w.drift(true)]).toEqual(['OPERATOR_HANDOFF', []])
})

test('another session of the same login closes it, nobody else; meanwhile it is neither restaged nor withdrawn', async () => {
  const w = await protectedWorld({ drift: 'record' })
  const id = '0001_index'
  const document = attended(index, classes)
  await approved(w, id, document)
  const root = superuser(w)
  await breakGlass(root, 'ticket 7', id)
  const ann = await w.as('ann')
  expect(await refusal(ann`select levelb.restage(${id}, ${ann.json(document as never)})`)).toMatchObject({
    ...{ code: 'LB101', detail: { login: 'postgres', migration_id: id } },
  })
  expect(await refusal((await w.as('olga'))`select levelb.withdraw(${id}, 'no longer')`)).toMatchObject({
    code: 'LB101',
  })
  // and there is only one at a time, since the effects of two could not be told apart
  await approved(w, '0002_other', document)
  expect(await refusal(breakGlass(root, 'ticket 9', '0002_other'))).toMatchObject({
    ...{ code: 'LB101', detail: { migration_id: id } },
  })
  await root.unsafe(index)
  await root.end()

  const reader = w.role('reader')
  await w.sql.unsafe(`alter role ${reader} superuser`)
  try {
    expect(await refusal((await w.as('reader'))`select levelb.close_attended(${id})`)).toMatchObject({ code: 'LB201' })
  } finally {
    await w.sql.unsafe(`alter role ${reader} nosuperuser`)
  }
  const second = superuser(w)
  await second.unsafe('begin; create table public.undecided ()')
  expect(await refusal(close(second, id))).toMatchObject({ code: 'LB104' })
  await second.unsafe('rollback')
  expect(await refusal(second.unsafe(`do $$ begin perform levelb.close_attended('${id}'); end $$`))).toMatchObject({
    code: 'LB205',
  })
  expect(await close(second, id)).toMatchObject({ outcome: 'activated', error: null })
})

test('LB302 › it is not opened over drift, whatever the policy does about that', async () => {
  const w = await protectedWorld({ drift: 'off' })
  await approved(w, '0001_index', attended(index, classes))
  await w.past('grant select on shop.orders to {reader}')
  expect(await refusal(breakGlass(superuser(w), 'ticket 7', '0001_index'))).toMatchObject({
    ...{ code: 'LB302', detail: { count: 1, effects: [{ class: 'acl', identity: 'shop.orders' }] } },
  })
  expect((await w.rows('incident')).filter(({ kind }) => kind === 'break_glass')).toEqual([])
})

test('what the policy expects is normal life while it is open, but where the document says that it is to happen', async () => {
  const w = await protectedWorld({
    drift: 'refuse',
    expected: [{ class: 'structure', object_type: 'index', identity: 'shop.*', reason: 'indexes come and go' }],
  })
  const root = superuser(w)
  await root.unsafe('create index noise on shop.orders (customer)')
  await approved(w, '0001_named', attended(index, { effects: made, ...classes }))
  await breakGlass(root, 'ticket 7', '0001_named')
  await root.unsafe('create index more_noise on shop.orders (card)')
  await root.unsafe(index)
  expect(await close(root, '0001_named')).toMatchObject({ outcome: 'activated', effects: made, error: null })
  expect(await w.drift(true)).toEqual([
    'structure: index shop.more_noise: definition: - → btree on shop.orders (card) (expected)',
    'structure: index shop.more_noise: exists: - → present (expected)',
  ])
})

test('what the channel can run, or nobody may run now, is not opened', async () => {
  const w = await protectedWorld({ drift: 'record' })
  await approved(w, '0001_grant', documentOf('grant select on shop.items to public'))
  await approved(w, '0002_index', attended(index, { not_after: '2026-01-01T00:00:00Z', ...classes }))
  await approved(w, '0003_index', attended(index, classes))
  const root = superuser(w)
  expect(await refusal(breakGlass(root, 'ticket 7', '0001_grant'))).toMatchObject({
    ...{ code: 'LB001', detail: { problem: 'is not of kind attended' } },
    hint: expect.stringContaining('levelb.activate'),
  })
  expect(await refusal(breakGlass(root, 'ticket 7', '0009_none'))).toMatchObject({ code: 'LB002' })
  expect(await refusal(breakGlass(root, 'ticket 7', '0002_index'))).toMatchObject({ code: 'LB010' })
  const emergency = superuser(w)
  await breakGlass(emergency, 'a fire')
  expect(await refusal(breakGlass(root, 'ticket 7', '0003_index'))).toMatchObject({
    ...{ code: 'LB210', detail: { items: ['break_glass'] } },
  })
})

test('LB306 › what is done to levelb itself, or to the cluster that another database governs, closes nothing', async () => {
  const w = await protectedWorld({ drift: 'record' })
  const id = '0001_index'
  await approved(w, id, attended(index))
  const root = superuser(w)
  await breakGlass(root, 'ticket 7', id)
  await root.unsafe(`${index}`)
  await pastGuard(root, 'grant insert on levelb.approval to public')
  expect(await close(root, id)).toMatchObject({ outcome: 'failed', code: 'LB306', effects: [] })
  await pastGuard(root, 'revoke insert on levelb.approval from public; drop index shop.by_order')
  await w.sql`select levelb.rebind('the grants of a table were written anew')`
  await w.approve(id)
  await breakGlass(root, 'ticket 7, again', id)
  await root.unsafe(`${index}`)
  await root.unsafe(`alter role ${w.role('reader')} createrole`)
  const row = await close(root, id)
  expect(failed(row)).toEqual(['failed', 'LB306'])
  expect(detailOf(row)).toMatchObject({ rule: 'cluster_governed_elsewhere' })
})

test('the author does not carry it out, under whatever login, and nobody closes what another opened', async () => {
  const w = await protectedWorld({ drift: 'record' })
  await approved(w, '0001_index', attended(index, classes))
  const ann = w.role('ann')
  const root = superuser(w)
  await breakGlass(root, 'ticket 7', '0001_index')
  await w.sql.unsafe(`alter role ${ann} superuser`)
  try {
    // declared, and still the author
    await declare(w, ann)
    expect(await refusal(close(await w.as('ann'), '0001_index'))).toMatchObject({
      ...{ code: 'LB201', detail: { opened_by: 'postgres' } },
    })
    await close(root, '0001_index')
    expect(await refusal(breakGlass(await w.as('ann'), 'mine', '0001_index'))).toMatchObject({ code: 'LB212' })
  } finally {
    await w.sql.unsafe(`alter role ${ann} nosuperuser`)
  }
})

async function declare(w: Watched, login: string): Promise<void> {
  const [row] = await w.sql`select document from levelb.active_policy`
  const document = row?.document as Json
  const logins = [...(document.break_glass as { logins: string[] }).logins, login]
  const done = await w.through('0009_declare', {
    ...{
      title: 'declare it',
      description: 'for a test',
      kind: 'policy',
      payload: { ...document, break_glass: { logins } },
    },
  })
  expect(done).toMatchObject({ outcome: 'activated', error: null })
  await w.approve('0001_index')
}
