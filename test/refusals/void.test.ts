// Every reason for which an approval does not count, once, as DETAIL of LB204 names it.
import { beforeAll, expect, test } from 'vitest'
import { detailOf, names } from '../activate/fixture.ts'
import { enrol, nextPolicy, nextVersion } from '../approvals/company.ts'
import { asChannel } from '../as-channel.ts'
import { documentOf, type Json, type World, world } from '../world.ts'
import { sqlText } from './codes.ts'

const text = 'grant select on shop.orders to public'
const next = names()
let w: World

/** Who approves beside dan, and after which change their approval is void; the last ones void every approval. */
const cases: Record<string, readonly [who: string, then: (id: string) => Promise<unknown>]> = {
  'given for revision 1': [
    'bob',
    async (id) => {
      const ann = await w.as('ann')
      await ann`select levelb.restage(${id}, ${ann.json(documentOf(text) as never)})`
      await w.approve(id, ['dan'])
    },
  ],
  revoked: ['bob', async (id) => (await w.as('bob'))`select levelb.revoke(${id}, 'second thoughts')`],
  'principal disabled': ['eve', () => asChannel(w, nextVersion('eve', { enabled: 'false' }))],
  'person disabled': [
    'fay',
    () => asChannel(w, nextVersion('fay', { person: `'gil'` }) + nextVersion('gil', { enabled: 'false' })),
  ],
  'principal was disabled since': [
    'hal',
    async () => {
      await asChannel(w, nextVersion('hal', { enabled: 'false' }))
      await asChannel(w, nextVersion('hal', { enabled: 'true' }))
    },
  ],
  'principal is no approver': ['ida', () => asChannel(w, nextVersion('ida', { duties: `array['auditor']` }))],
  'given for another manifest': ['carol', (id) => changed(id, 'carol', { manifest_hash: `sha256('another')` })],
  expired: ['carol', (id) => changed(id, 'carol', { expires_at: 'decided_at' })],
  'author of the migration': ['jan', () => asChannel(w, nextVersion('jan', { person: `'ann'` }))],
  'operator of the activation': ['kim', () => asChannel(w, nextVersion('kim', { person: `'olga'` }))],
  'given under another policy': ['bob', () => asChannel(w, nextPolicy({ name: 'the next' }))],
  'given before the database was rebound': ['bob', () => w.sql`select levelb.rebind('a test')`],
}

/** Decides once more for `who`, as the verb would have it been called otherwise. */
const changed = (id: string, who: string, other: Readonly<Record<string, string>>) => {
  const columns = ['migration_id', 'revision', 'decision', 'principal', 'login', 'manifest_hash', 'policy_version']
  columns.push('policy_hash', 'incarnation', 'expires_at', 'decision_text', 'decided_at', 'transaction_id')
  return asChannel(
    w,
    `insert into levelb.approval (${columns}) select ${columns.map((column) => other[column] ?? column)}
      from levelb.approval where migration_id = '${id}' and principal = '${who}'`,
  )
}

beforeAll(async () => {
  w = await world()
  for (const name of ['eve', 'fay', 'gil', 'hal', 'ida', 'jan', 'kim']) await enrol(w, name, { groups: ['dba'] })
})

test.each(Object.entries(cases))('void › %s', async (why, [who, then]) => {
  const id = next()
  await w.stage(id, text)
  await w.approve(id, ['dan', who])
  await then(id)
  const row = await w.activate(id)
  expect([row.outcome, row.code]).toEqual(['refused', 'LB204'])
  const approval = (
    await w.sql`select max(approval_id)::int as id from levelb.approval where migration_id = ${id} and principal = ${who}`
  )[0]?.id
  expect((detailOf(row).void as Json[]).filter(({ principal }) => principal === who)).toEqual([
    { approval, principal: who, why },
  ])
})

test('these are all: every reason that levelb._decisions can give has its case', () => {
  const source = sqlText()
  const from = source.indexOf('create function levelb._decisions(')
  const text = source.slice(from, source.indexOf('$_decisions$;', from))
  const reasons = [...text.matchAll(/\bthen '([^']+)'( \|\| a\.revision)?/g)].map(
    ([, reason, revision]) => `${reason}${revision ? '1' : ''}`,
  )
  expect(text.match(/\bwhen\b/g)).toHaveLength(reasons.length)
  expect(Object.keys(cases).sort()).toEqual(reasons.sort())
})
