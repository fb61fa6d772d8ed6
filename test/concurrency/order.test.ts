// A decision and an activation of one migration follow one another, in either order; steps are explicit.
import { beforeAll, expect, test } from 'vitest'
import { hashOf, nextPolicy, toggle } from '../approvals/company.ts'
import { asChannel } from '../as-channel.ts'
import { waitUntilBlocked } from '../steps.ts'
import { documentOf, type World, world } from '../world.ts'
import { activate, codeOf, ready, refusal, type Session, session, superuser, voidOf, wordOf } from './two-sessions.ts'

let there: World
let operator: Session
let count = 0
const fresh = () => `${String(++count).padStart(4, '0')}_order`

beforeAll(async () => {
  there = await world({ policy: { timeouts: { lock: '10s', statement: '60s' } } })
  operator = await session(there, 'olga')
})

/** `by` decides in an open transaction; the activation waits for its end, and judges after it. */
async function decidesFirst(by: string, verb: string, id: string, end: 'commit' | 'rollback' = 'commit') {
  const { sql, pid } = await session(there, by)
  await sql`begin`
  await sql.unsafe(verb)
  const activation = activate(operator.sql, id)
  expect(await waitUntilBlocked(there.sql, operator.pid)).toEqual([pid])
  await sql.unsafe(end)
  return activation
}

/** The activation is done and not committed; `by`'s decision waits, and is made after the commit. */
async function activatesFirst(by: string, verb: string, id: string, end: 'commit' | 'rollback' = 'commit') {
  const { sql, pid } = await session(there, by)
  await operator.sql`begin`
  expect(await activate(operator.sql, id)).toMatchObject({ outcome: 'activated' })
  const decision = codeOf(sql.unsafe(verb))
  expect(await waitUntilBlocked(there.sql, pid)).toEqual([operator.pid])
  await operator.sql.unsafe(end)
  return decision
}

const step = `'{"title": "t", "description": "d", "steps": [{"name": "a", "apply": "select 1"}]}'`

/** Each verb, who calls it, and what a committed one makes of the activation that waited. */
const verbs: [string, string, (id: string, hash: string) => string, object][] = [
  ['revoke', 'bob', (id) => `select levelb.revoke('${id}', 'r')`, { outcome: 'refused', code: 'LB204' }],
  ['reject', 'dan', (id, hash) => `select levelb.reject('${id}', ${hash}, 'r')`, { outcome: 'refused', code: 'LB208' }],
  ['withdraw', 'ann', (id) => `select levelb.withdraw('${id}', 'r')`, { outcome: 'refused', code: 'LB009' }],
  [
    'restage',
    'ann',
    (id) => `select levelb.restage('${id}', ${step})`,
    { outcome: 'refused', code: 'LB204', revision: 2 },
  ],
  ['approve', 'dan', (id, hash) => `select levelb.approve('${id}', ${hash})`, { outcome: 'activated' }],
]

const made = async (text: (id: string, hash: string) => string) => {
  const id = await ready(there, fresh())
  return { id, call: text(id, `'\\x${(await hashOf(there, id)).toString('hex')}'`) }
}

test.each(verbs)(
  'B111 › %s before the activation: it waits, and counts what was committed',
  async (_, by, text, outcome) => {
    const { id, call } = await made(text)
    expect(await decidesFirst(by, call, id)).toMatchObject(outcome)
  },
)

test.each(verbs)('B111 › %s taken back before the activation: it waits, and is carried out', async (_, by, text) => {
  const { id, call } = await made(text)
  expect(await decidesFirst(by, call, id, 'rollback')).toMatchObject({ outcome: 'activated', revision: 1 })
})

test.each(verbs)('B111 › %s after the activation: it waits, and comes too late (LB008)', async (_, by, text) => {
  const { id, call } = await made(text)
  expect(await activatesFirst(by, call, id)).toBe('LB008')
})

test.each(verbs)('B111 › %s after an activation that was taken back: it waits, and is made', async (_, by, text) => {
  const { id, call } = await made(text)
  expect(await activatesFirst(by, call, id, 'rollback')).toBe('done')
})

test('the approval that was missing counts when it commits while the activation waits', async () => {
  const id = fresh()
  await there.stage(id, toggle)
  await there.approve(id, ['bob'])
  const hash = (await hashOf(there, id)).toString('hex')
  expect(await decidesFirst('carol', `select levelb.approve('${id}', '\\x${hash}')`, id)).toMatchObject({
    outcome: 'activated',
  })
})

test('B113 › an approval that expires while the activation waits does not count', async () => {
  const [id, carol] = [fresh(), await there.as('carol')]
  await there.stage(id, toggle)
  await there.approve(id, ['dan'])
  const hash = await hashOf(there, id)
  const soon = new Date(Date.now() + 2500).toISOString()
  await carol`select levelb.approve(${id}, ${hash}, null, ${soon}::pg_catalog.text::pg_catalog.timestamptz)`
  const { sql, pid } = await session(there, 'dan')
  await sql`begin`
  await sql`select levelb.approve(${id}, ${hash})`
  const activation = activate(operator.sql, id)
  expect(await waitUntilBlocked(there.sql, operator.pid)).toEqual([pid])
  const [clock] = await there.sql`select clock_timestamp() < ${soon} as is_early, pg_sleep_until(${soon})::text`
  await sql`commit`
  expect(clock?.is_early).toBe(true)
  const row = await activation
  expect(row).toMatchObject({ outcome: 'refused', code: 'LB204' })
  expect(voidOf(row)).toEqual([{ principal: 'carol', why: 'expired' }])
})

test('B108 › a policy that commits while the activation waits for its gate is the one that judges', async () => {
  const id = await ready(there, fresh())
  const changer = await superuser(there)
  await changer.sql`begin`
  await changer.sql`select from levelb._gate where name = 'policy' for update`
  await asChannel(there, 'select 1')
  const activation = activate(operator.sql, id)
  expect(await waitUntilBlocked(there.sql, operator.pid)).toEqual([changer.pid])
  await changer.sql`select public.as_channel(${nextPolicy({ name: 'the next', timeouts: { lock: '10s', statement: '60s' } })})`
  await changer.sql`commit`
  const row = await activation
  expect(row).toMatchObject({ outcome: 'refused', code: 'LB204', policy_version: 2 })
  expect(voidOf(row).map(({ why }) => why)).toEqual(['given under another policy', 'given under another policy'])
})

test('B108 › an activation that is under way holds back a change of the policy', async () => {
  const id = await ready(there, fresh())
  const changer = await superuser(there)
  await operator.sql`begin`
  expect(await activate(operator.sql, id)).toMatchObject({ outcome: 'activated' })
  const changing = changer.sql`select from levelb._gate where name = 'policy' for update`
  const done = codeOf(changing)
  expect(await waitUntilBlocked(there.sql, changer.pid)).toEqual([operator.pid])
  await operator.sql`commit`
  expect(await done).toBe('done')
})

const impatient: [string, string, (id: string, hash: string) => string][] = [
  ...verbs.map(([verb, by, text]): [string, string, typeof text] => [verb, by, text]),
  ['activate', 'olga', (id) => `select levelb.activate('${id}')`],
]

test.each(impatient)('%s › who does not get the migration in time is told so (LB102)', async (_, by, text) => {
  const { id, call } = await made(text)
  const holder = await session(there, 'carol')
  const waiting = await session(there, by)
  await asChannel(there, nextPolicy({ timeouts: { lock: '30 ms', statement: '60s' } }))
  await holder.sql`begin`
  await holder.sql`select levelb.revoke(${id}, 'r')`
  expect(await refusal(waiting.sql.unsafe(call))).toMatchObject({ code: 'LB102', detail: { migration_id: id } })
  await holder.sql`rollback`
  await asChannel(there, nextPolicy({ timeouts: { lock: '10s', statement: '60s' } }))
})

test('two decisions on one migration follow one another, and both are kept', async () => {
  const id = fresh()
  await there.stage(id, toggle)
  const [bob, carol, hash] = [await session(there, 'bob'), await session(there, 'carol'), await hashOf(there, id)]
  await bob.sql`begin`
  await bob.sql`select levelb.approve(${id}, ${hash})`
  const second = codeOf(carol.sql`select levelb.approve(${id}, ${hash})`)
  expect(await waitUntilBlocked(there.sql, carol.pid)).toEqual([bob.pid])
  await bob.sql`commit`
  expect([await second, await wordOf(activate(operator.sql, id))]).toEqual(['done', 'activated'])
})

test('an approval of what is being restaged waits, and is refused with both hashes (LB004)', async () => {
  const [id, ann, bob] = [fresh(), await session(there, 'ann'), await session(there, 'bob')]
  await there.stage(id, 'select 1')
  const hash = await hashOf(there, id)
  await ann.sql`begin`
  await ann.sql`select levelb.restage(${id}, ${ann.sql.json(documentOf('select 2') as never)})`
  const approval = refusal(bob.sql`select levelb.approve(${id}, ${hash})`)
  expect(await waitUntilBlocked(there.sql, bob.pid)).toEqual([ann.pid])
  await ann.sql`commit`
  const staged = (await hashOf(there, id)).toString('hex')
  expect(await approval).toMatchObject({ code: 'LB004', detail: { revision: 2, given: hash.toString('hex'), staged } })
})
