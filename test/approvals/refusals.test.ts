// What the verbs refuse, with the code and DETAIL of each, and that a refusal writes nothing.
import { beforeAll, expect, test } from 'vitest'
import { asChannel } from '../as-channel.ts'
import { documentOf, type Json, type World, world } from '../world.ts'
import { hashOf, nextVersion, refused } from './company.ts'

const text = 'grant select on shop.orders to public'
const open = '0001_open'
const done = '0002_done'
const withdrawn = '0003_withdrawn'
const unknown = '0009_unknown'
const arnos = '0004_arnos'
const decided = '0005_decided'
const other = Buffer.alloc(32, 7)

let there: World
let strict: World

beforeAll(async () => {
  ;[there, strict] = await Promise.all([world(), world({ policy: { effects: 'exact', rollback: { required: true } } })])
  for (const id of [open, withdrawn, decided]) await there.stage(id, text)
  await there.stage(arnos, text, 'arno')
  await there.through(done, text)
  const ann = await there.as('ann')
  await ann`select levelb.withdraw(${withdrawn}, 'a mistake')`
  const bob = await there.as('bob')
  await there.approve(decided, ['bob'])
  await bob`select levelb.revoke(${decided}, 'no')`
  await strict.stage('0001_text', documentOf(text, { steps: [{ name: 'one', apply: text, rollback: 'select 1' }] }))
})

/** Calls as the caller would write them; undefined leaves the argument out. */
const calls = {
  stage: async (by: string, id: string | null, document: Json, on = there) => {
    const sql = await on.as(by)
    return sql`select levelb.stage(${id}, ${sql.json(document as never)})`
  },
  restage: async (by: string, id: string | null, document: Json) => {
    const sql = await there.as(by)
    return sql`select levelb.restage(${id}, ${sql.json(document as never)})`
  },
  withdraw: async (by: string, id: string | null, reason: string | null = 'a mistake') => {
    const sql = await there.as(by)
    return sql`select levelb.withdraw(${id}, ${reason})`
  },
  approve: async (by: string, id: string | null, more: Json = {}, on = there) => {
    const sql = await on.as(by)
    const hash = 'hash' in more ? (more.hash as Buffer | null) : await hashOf(on, id ?? '')
    const [reason, expires] = [(more.reason ?? null) as string | null, (more.expires ?? null) as string | null]
    return sql`select levelb.approve(${id}, ${hash}, ${reason}, ${expires}::pg_catalog.text::pg_catalog.timestamptz, ${(more.signature ?? null) as string | null})`
  },
  reject: async (by: string, id: string | null, reason: string | null = 'no', more: Json = {}) => {
    const sql = await there.as(by)
    const hash = 'hash' in more ? (more.hash as Buffer | null) : await hashOf(there, id ?? '')
    return sql`select levelb.reject(${id}, ${hash}, ${reason}, ${(more.signature ?? null) as string | null})`
  },
  revoke: async (by: string, id: string | null, reason: string | null = 'no', signature: string | null = null) => {
    const sql = await there.as(by)
    return sql`select levelb.revoke(${id}, ${reason}, ${signature})`
  },
  decisionText: async (id: string | null, more: Json = {}) => {
    const sql = await there.as('bob')
    const decision = ('decision' in more ? more.decision : 'approve') as string | null
    const [expires, reason] = [(more.expires ?? null) as string | null, (more.reason ?? null) as string | null]
    return sql`select levelb.decision_text(${id}, ${decision}, ${expires}, ${reason})`
  },
  quorum: async (id: string | null) => (await there.as('bob'))`select levelb.quorum(${id})`,
}

const step = (more: Json) => documentOf(text, { steps: [{ name: 'one', apply: text, ...more }] })
const slugProblem = { field: 'migration_id', problem: expect.stringContaining('must look like 0007_repoint_orders') }
const migration = { field: 'migration_id', migration_id: unknown }
const invisible = { field: 'reason', position: 3, line: 1, column: 3, codepoint: 'U+200B' }
const hidden = 'no\u200b'

test.each<[string, () => Promise<unknown>, string, Json]>([
  ['a name that is no slug', () => calls.stage('ann', 'Bad Name', documentOf(text)), 'LB001', slugProblem],
  [
    'no name',
    () => calls.stage('ann', null, documentOf(text)),
    'LB001',
    { field: 'migration_id', problem: 'is required' },
  ],
  [
    'an unknown field',
    () => calls.stage('ann', unknown, documentOf(text, { aply: 1 })),
    'LB001',
    { field: 'aply', problem: expect.stringContaining('is unknown') },
  ],
  [
    'a dependency nobody staged',
    () => calls.stage('ann', unknown, documentOf(text, { depends_on: [open, '0008_missing'] })),
    'LB002',
    { field: 'depends_on[1]', migration_id: '0008_missing' },
  ],
  [
    'a name that is taken',
    () => calls.stage('ann', open, documentOf(text)),
    'LB003',
    { field: 'migration_id', migration_id: open },
  ],
  [
    'a name that was withdrawn',
    () => calls.stage('arno', withdrawn, documentOf(text)),
    'LB003',
    { field: 'migration_id', migration_id: withdrawn },
  ],
  [
    'a character that readers cannot see',
    () => calls.stage('ann', unknown, documentOf('select\n 1\u202e')),
    'LB006',
    { field: 'steps[0].apply', position: 10, line: 2, column: 3, codepoint: 'U+202E' },
  ],
  [
    'a role document in a database that does not govern roles',
    () => calls.stage('ann', unknown, documentOf(text, { steps: [{ name: 'one', roles: { drop: ['x'] } }] })),
    'LB001',
    { field: 'steps[0].roles', problem: 'this database does not govern the roles of its cluster', database: null },
  ],
])('stage › %s is refused (%#)', async (_, call, code, detail) => {
  expect(await refused(there, call)).toEqual({ code, detail: expect.objectContaining(detail) })
})

test.each<[string, string, Json]>([
  ['rollback', 'LB001', { field: 'kind', problem: expect.stringContaining('levelb.stage_rollback') }],
  ...['policy', 'principal', 'pointer', 'explain', 'protect'].map((kind): [string, string, Json] => [
    kind,
    'LB001',
    { field: 'steps', problem: `has no meaning in kind ${kind}` },
  ]),
])('B109 › text staged as kind %s is refused (%s)', async (kind, code, detail) => {
  expect(await refused(there, () => calls.stage('ann', unknown, documentOf(text, { kind })))).toEqual({ code, detail })
})

test('stage › a step without rollback is refused where the policy requires one (LB001)', async () => {
  const call = () => calls.stage('ann', unknown, documentOf(text), strict)
  expect(await refused(strict, call)).toEqual({
    code: 'LB001',
    detail: { field: 'steps[0].rollback', problem: 'is required by the policy' },
  })
})

test('stage › the 501st open migration of an author is refused (LB107), withdrawn ones do not count', async () => {
  await asChannel(
    there,
    `
    insert into levelb.manifest (migration_id, revision, title, description, kind, classes, search_path, depends_on, content,
        manifest_hash, author, login, staged_at, transaction_id)
      select 'filler_' || g, 1, 't', 'd', 'sql', '{acl}', 'pg_temp', '{}', '{}', sha256(''), 'carol', 'carol', now(), '1'
        from generate_series(1, 501) g;
    insert into levelb._migration_gate values ('filler_2', 0);
    insert into levelb.withdrawal select 'filler_1', 1, 'carol', 'carol', 'r', now(), '1'`,
  )
  const [row] =
    await there.sql`select count(*)::int as open from levelb.status where author = 'carol' and state <> 'withdrawn'`
  expect(row).toEqual({ open: 500 })
  await there.sql.unsafe(`grant levelb_author to ${there.role('carol')}`)
  await asChannel(there, nextVersion('carol', { duties: `array['author', 'approver']` }))
  expect(await refused(there, () => calls.stage('carol', unknown, documentOf(text)))).toEqual({
    code: 'LB107',
    detail: { author: 'carol', open_migrations: 500 },
  })
  await (await there.as('carol'))`select levelb.withdraw('filler_2', 'room')`
  await expect(calls.stage('carol', '0006_room', documentOf(text))).resolves.toHaveLength(1)
})

test.each<[string, () => Promise<unknown>, string, Json]>([
  ['an unknown migration', () => calls.restage('ann', unknown, documentOf(text)), 'LB002', migration],
  ['a name that is no slug', () => calls.restage('ann', 'Bad', documentOf(text)), 'LB001', slugProblem],
  [
    'a document without title',
    () => calls.restage('ann', open, { ...documentOf(text), title: null }),
    'LB001',
    { field: 'title' },
  ],
  [
    'a missing dependency',
    () => calls.restage('ann', open, documentOf(text, { depends_on: [unknown] })),
    'LB002',
    { field: 'depends_on[0]' },
  ],
  [
    "somebody else's migration",
    () => calls.restage('arno', open, documentOf(text)),
    'LB201',
    { principal: 'arno', author: 'ann' },
  ],
  ['an activated migration', () => calls.restage('ann', done, documentOf(text)), 'LB008', { migration_id: done }],
  [
    'an invisible character',
    () => calls.restage('ann', open, step({ verify: 'select \u00a0true' })),
    'LB006',
    { field: 'steps[0].verify' },
  ],
])('restage › %s is refused (%#)', async (_, call, code, detail) => {
  expect(await refused(there, call)).toEqual({ code, detail: expect.objectContaining(detail) })
})

test.each<[string, () => Promise<unknown>, string, Json]>([
  ['an unknown migration', () => calls.withdraw('ann', unknown), 'LB002', migration],
  ['no reason', () => calls.withdraw('ann', open, null), 'LB001', { field: 'reason', problem: 'is required' }],
  ['a blank reason', () => calls.withdraw('bob', open, ' \n'), 'LB001', { field: 'reason', problem: 'is empty' }],
  ['a reason over 2000 bytes', () => calls.withdraw('bob', open, 'x'.repeat(2001)), 'LB001', { field: 'reason' }],
  ['an invisible character', () => calls.withdraw('olga', open, hidden), 'LB006', invisible],
  [
    "an author on somebody else's migration",
    () => calls.withdraw('ann', arnos),
    'LB201',
    { principal: 'ann', author: 'arno' },
  ],
  ['an activated migration', () => calls.withdraw('ann', done), 'LB008', { migration_id: done }],
  ['a withdrawn migration', () => calls.withdraw('ann', withdrawn), 'LB009', { migration_id: withdrawn, revision: 1 }],
])('withdraw › %s is refused (%#)', async (_, call, code, detail) => {
  expect(await refused(there, call)).toEqual({ code, detail: expect.objectContaining(detail) })
})

const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()

test.each<[string, () => Promise<unknown>, string, Json]>([
  [
    'no hash',
    () => calls.approve('bob', open, { hash: null }),
    'LB001',
    { field: 'manifest_hash', problem: 'is required' },
  ],
  ['half a hash', () => calls.approve('bob', open, { hash: Buffer.alloc(16) }), 'LB001', { field: 'manifest_hash' }],
  ['a name that is no slug', () => calls.approve('bob', 'Bad', { hash: other }), 'LB001', slugProblem],
  [
    'an empty reason',
    () => calls.approve('bob', open, { reason: '' }),
    'LB001',
    { field: 'reason', problem: 'is empty' },
  ],
  [
    'an expiry in the past',
    () => calls.approve('bob', open, { expires: inDays(-1) }),
    'LB001',
    { field: 'expires_at', problem: 'lies in the past' },
  ],
  [
    "an expiry beyond the policy's ttl",
    () => calls.approve('bob', open, { expires: inDays(8) }),
    'LB001',
    { field: 'expires_at', problem: 'lies beyond the ttl of the policy, 7 days' },
  ],
  [
    'an expiry that never comes',
    () => calls.approve('bob', open, { expires: 'infinity' }),
    'LB001',
    { field: 'expires_at', problem: 'must be a time' },
  ],
  ['an unknown migration', () => calls.approve('bob', unknown, { hash: other }), 'LB002', migration],
  ['an invisible character', () => calls.approve('bob', open, { reason: hidden }), 'LB006', invisible],
  ['an activated migration', () => calls.approve('bob', done), 'LB008', { migration_id: done }],
  ['a withdrawn migration', () => calls.approve('bob', withdrawn), 'LB009', { migration_id: withdrawn, revision: 1 }],
  [
    'a signature, which this version cannot check',
    () => calls.approve('bob', open, { signature: 'x' }),
    'LB012',
    { field: 'signature' },
  ],
  ['the own migration', () => calls.approve('arno', arnos), 'LB203', { author: 'arno', principal: 'arno' }],
])('approve › %s is refused (%#)', async (_, call, code, detail) => {
  expect(await refused(there, call)).toEqual({ code, detail: expect.objectContaining(detail) })
})

test('approve › a manifest without effects is refused where the policy wants them exact (LB209)', async () => {
  expect(await refused(strict, () => calls.approve('bob', '0001_text', {}, strict))).toEqual({
    code: 'LB209',
    detail: { migration_id: '0001_text', policy: 'effects: exact' },
  })
})

test.each<['approve' | 'reject', () => Promise<unknown>]>([
  ['approve', () => calls.approve('bob', open, { hash: other })],
  ['reject', () => calls.reject('bob', open, 'no', { hash: other })],
])('%s › another hash is refused and both are told (LB004)', async (_, call) => {
  const staged = (await hashOf(there, open)).toString('hex')
  expect(await refused(there, call)).toEqual({
    code: 'LB004',
    detail: { field: 'manifest_hash', revision: 1, given: other.toString('hex'), staged },
  })
})

test.each<[string, () => Promise<unknown>, string, Json]>([
  ['no hash', () => calls.reject('bob', open, 'no', { hash: null }), 'LB001', { field: 'manifest_hash' }],
  ['no reason', () => calls.reject('bob', open, null), 'LB001', { field: 'reason', problem: 'is required' }],
  ['an unknown migration', () => calls.reject('bob', unknown, 'no', { hash: other }), 'LB002', migration],
  ['an invisible character', () => calls.reject('bob', open, hidden), 'LB006', invisible],
  ['an activated migration', () => calls.reject('bob', done), 'LB008', { migration_id: done }],
  ['a withdrawn migration', () => calls.reject('bob', withdrawn), 'LB009', { migration_id: withdrawn, revision: 1 }],
  ['a signature', () => calls.reject('bob', open, 'no', { signature: 'x' }), 'LB012', { field: 'signature' }],
  ['the own migration', () => calls.reject('arno', arnos), 'LB203', { author: 'arno', principal: 'arno' }],
])('reject › %s is refused (%#)', async (_, call, code, detail) => {
  expect(await refused(there, call)).toEqual({ code, detail: expect.objectContaining(detail) })
})

const nothing = { field: 'migration_id', problem: 'you have no decision on it that could be revoked' }

test.each<[string, () => Promise<unknown>, string, Json]>([
  ['without an own decision', () => calls.revoke('carol', decided), 'LB001', nothing],
  ['a second time', () => calls.revoke('bob', decided), 'LB001', nothing],
  ['no reason', () => calls.revoke('bob', open, null), 'LB001', { field: 'reason', problem: 'is required' }],
  ['an unknown migration', () => calls.revoke('bob', unknown), 'LB002', migration],
  ['an invisible character', () => calls.revoke('bob', open, hidden), 'LB006', invisible],
  ['an activated migration', () => calls.revoke('bob', done), 'LB008', { migration_id: done }],
  ['a withdrawn migration', () => calls.revoke('bob', withdrawn), 'LB009', { migration_id: withdrawn, revision: 1 }],
  ['a signature', () => calls.revoke('bob', open, 'no', 'x'), 'LB012', { field: 'signature' }],
  ['the own migration', () => calls.revoke('arno', arnos), 'LB203', { author: 'arno', principal: 'arno' }],
])('revoke › %s is refused (%#)', async (_, call, code, detail) => {
  expect(await refused(there, call)).toEqual({ code, detail: expect.objectContaining(detail) })
})

test.each<[string, () => Promise<unknown>, string, Json]>([
  ['a decision that is none', () => calls.decisionText(open, { decision: 'practise' }), 'LB001', { field: 'decision' }],
  ['no decision', () => calls.decisionText(open, { decision: null }), 'LB001', { field: 'decision' }],
  ['an expiry in the past', () => calls.decisionText(open, { expires: inDays(-1) }), 'LB001', { field: 'expires_at' }],
  ['a name that is no slug', () => calls.decisionText('Bad'), 'LB001', slugProblem],
  ['an unknown migration', () => calls.decisionText(unknown), 'LB002', migration],
  ['an invisible character', () => calls.decisionText(open, { reason: hidden }), 'LB006', invisible],
])('decision_text › %s is refused (%#)', async (_, call, code, detail) => {
  expect(await refused(there, call)).toEqual({ code, detail: expect.objectContaining(detail) })
})

test.each<[string, string | null, string, Json]>([
  ['a name that is no slug', 'Bad', 'LB001', slugProblem],
  ['an unknown migration', unknown, 'LB002', migration],
])('quorum › %s is refused', async (_, id, code, detail) => {
  expect(await refused(there, () => calls.quorum(id))).toEqual({ code, detail: expect.objectContaining(detail) })
})
