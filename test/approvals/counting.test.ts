// Which approvals count at activation, why the others are void, and what ends a rejection.
import { beforeAll, expect, test } from 'vitest'
import { asChannel } from '../as-channel.ts'
import { connect, otherUrl } from '../client.ts'
import { cluster } from '../database.ts'
import { pastGuard } from '../past-guard.ts'
import { arm, documentOf, type Json, type Row, type World, world } from '../world.ts'
import { enrol, hashOf, nextPolicy, nextVersion, refused, toggle } from './company.ts'

const text = toggle
let there: World
let count = 0
const fresh = () => `${String(++count).padStart(4, '0')}_counting`

beforeAll(async () => {
  there = await world()
  for (const name of ['eve', 'fay', 'gil', 'hal', 'ida'])
    await enrol(there, name, { groups: ['dba'], duties: ['approver', 'operator'] })
})

/** Stages, lets `principal` and dan approve, does `then`, and activates: the refusal's code and void approvals. */
async function voided(principal: string, then: (id: string) => Promise<unknown>, operator = 'olga'): Promise<Json> {
  const id = fresh()
  await there.stage(id, text)
  await there.approve(id, ['dan', principal])
  await then(id)
  return outcome(await there.activate(id, operator))
}

const outcome = (row: Row): Json => {
  const detail = JSON.parse((row.error as { detail: string } | null)?.detail ?? '{}') as Json
  return {
    code: row.code,
    void: (detail.void as Json[] | undefined)?.map(({ principal, why }) => ({ principal, why })),
  }
}

test('void › revoked', async () => {
  const revoke = async (id: string) => (await there.as('bob'))`select levelb.revoke(${id}, 'second thoughts')`
  expect(await voided('bob', revoke)).toEqual({ code: 'LB204', void: [{ principal: 'bob', why: 'revoked' }] })
})

test('void › B125 principal disabled', async () => {
  const disable = () => asChannel(there, nextVersion('eve', { enabled: 'false' }))
  expect(await voided('eve', disable)).toEqual({
    code: 'LB204',
    void: [{ principal: 'eve', why: 'principal disabled' }],
  })
})

test('void › principal is no approver any more', async () => {
  const dismiss = () => asChannel(there, nextVersion('fay', { duties: `array['author']` }))
  expect(await voided('fay', dismiss)).toEqual({
    code: 'LB204',
    void: [{ principal: 'fay', why: 'principal is no approver' }],
  })
})

test('void › B105 given for another manifest', async () => {
  const forge = (id: string) =>
    asChannel(
      there,
      `insert into levelb.approval (migration_id, revision, decision, principal, login, manifest_hash, policy_version,
        policy_hash, incarnation, expires_at, decision_text, decided_at, transaction_id)
      select migration_id, revision, decision, principal, login, sha256('another'), policy_version, policy_hash, incarnation,
        expires_at, decision_text, decided_at, transaction_id
        from levelb.approval where migration_id = '${id}' and principal = 'carol'`,
    )
  expect(await voided('carol', forge)).toEqual({
    code: 'LB204',
    void: [{ principal: 'carol', why: 'given for another manifest' }],
  })
})

test('void › B114 expired by the clock, in a transaction that began before', async () => {
  const [id, olga] = [fresh(), await there.as('olga')]
  await there.stage(id, text)
  const [dan, bob, hash] = [await there.as('dan'), await there.as('bob'), await hashOf(there, id)]
  await arm(olga)
  const [row] = await olga.begin(async (tx) => {
    await tx`select now()`
    const soon = new Date(Date.now() + 2000).toISOString()
    await dan`select levelb.approve(${id}, ${hash})`
    await bob`select levelb.approve(${id}, ${hash}, null, ${soon}::pg_catalog.text::pg_catalog.timestamptz)`
    await there.sql`select pg_sleep_until(${soon})`
    return tx`select * from levelb.activate(${id})`
  })
  expect(outcome(row as Row)).toEqual({ code: 'LB204', void: [{ principal: 'bob', why: 'expired' }] })
})

test('void › author of the migration', async () => {
  const join = () => asChannel(there, nextVersion('gil', { person: `'ann'` }))
  expect(await voided('gil', join)).toEqual({
    code: 'LB204',
    void: [{ principal: 'gil', why: 'author of the migration' }],
  })
})

test('void › operator of the activation, by person', async () => {
  const join = () => asChannel(there, nextVersion('hal', { person: `'olga'` }))
  expect(await voided('hal', join)).toEqual({
    code: 'LB204',
    void: [{ principal: 'hal', why: 'operator of the activation' }],
  })
})

test('void › a principal that left the group does not stand for it', async () => {
  const leave = () => asChannel(there, nextVersion('ida', { groups: `'{}'` }))
  expect(await voided('ida', leave)).toEqual({ code: 'LB204', void: [] })
})

test('a refused activation leaves approvals standing', async () => {
  const id = fresh()
  await there.stage(id, text)
  await there.approve(id, ['bob'])
  expect(await there.activate(id)).toMatchObject({
    outcome: 'refused',
    code: 'LB204',
    approvals: [{ principal: 'bob' }],
  })
  await there.approve(id, ['carol'])
  expect(await there.activate(id)).toMatchObject({
    outcome: 'activated',
    approvals: [{ principal: 'bob' }, { principal: 'carol' }],
  })
})

test('B105 › the hash of one migration does not approve another (LB004)', async () => {
  const [one, two, bob] = [fresh(), fresh(), await there.as('bob')]
  await there.stage(one, text)
  await there.stage(two, text)
  const hash = await hashOf(there, one)
  expect((await refused(there, () => bob`select levelb.approve(${two}, ${hash})`)).code).toBe('LB004')
})

test('a restaged migration needs new approvals, even with the same text and hash', async () => {
  const [id, ann] = [fresh(), await there.as('ann')]
  await there.stage(id, text)
  await there.approve(id)
  await ann`select levelb.restage(${id}, ${ann.json(documentOf(text) as never)})`
  const refused = await there.activate(id)
  expect(refused).toMatchObject({ revision: 2, outcome: 'refused', code: 'LB204', approvals: [] })
  expect(JSON.parse((refused.error as { detail: string }).detail).void).toMatchObject([
    { principal: 'bob', why: 'given for revision 1' },
    { principal: 'carol', why: 'given for revision 1' },
  ])
  await there.approve(id)
  expect(await there.activate(id)).toMatchObject({ revision: 2, outcome: 'activated' })
})

const wider = 'grant all on shop.orders to public'

test.each<[string, 'step' | 'manifest', (at: string) => string]>([
  ['another text', 'step', (at) => `update levelb.step set apply = '${wider}' ${at}`],
  [
    'another text with its hash',
    'step',
    (at) => `update levelb.step set apply = '${wider}', apply_hash = sha256('${wider}') ${at}`,
  ],
  [
    'one step more',
    'step',
    (at) =>
      `insert into levelb.step (migration_id, revision, position, name, apply, apply_hash) select migration_id, revision, 2, name, apply, apply_hash from levelb.step ${at}`,
  ],
  ['another search_path', 'manifest', (at) => `update levelb.manifest set search_path = 'public, pg_temp' ${at}`],
  [
    'another title, in its content too',
    'manifest',
    (at) => `update levelb.manifest set title = 'a chance', content = replace(content, 'a change', 'a chance') ${at}`,
  ],
])('B106 › %s, put in place after the approval, is not run (LB309)', async (_, table, tamper) => {
  const id = fresh()
  await there.stage(id, text)
  await there.approve(id)
  await pastGuard(
    there.sql,
    `
    alter table levelb.${table} disable trigger user;
    ${tamper(`where migration_id = '${id}'`)};
    alter table levelb.${table} enable always trigger levelb_10_channel_only;
    alter table levelb.${table} enable always trigger levelb_20_append_only;
    alter table levelb.${table} enable always trigger levelb_30_no_truncate;
    alter table levelb.${table} enable always trigger levelb_90_leaf`,
  )
  expect(await there.activate(id)).toMatchObject({ outcome: 'refused', code: 'LB309' })
})

const rejected = async (): Promise<string> => {
  const id = fresh()
  await there.stage(id, text)
  await there.approve(id, ['arno', 'carol'])
  const [dan, hash] = [await there.as('dan'), await hashOf(there, id)]
  await dan`select levelb.reject(${id}, ${hash}, 'too wide')`
  expect(await there.activate(id)).toMatchObject({
    outcome: 'refused',
    code: 'LB208',
    error: { detail: '{"rejected_by": ["dan"]}' },
  })
  return id
}

test('rejection › it ends when its principal revokes it', async () => {
  const id = await rejected()
  await (await there.as('dan'))`select levelb.revoke(${id}, 'explained to me')`
  expect(await there.activate(id)).toMatchObject({ outcome: 'activated' })
})

test('rejection › it ends when its principal approves', async () => {
  const id = await rejected()
  await there.approve(id, ['dan'])
  expect(await there.activate(id)).toMatchObject({ outcome: 'activated' })
})

test('rejection › it ends by restage, and the new revision is open to all', async () => {
  const [id, ann] = [await rejected(), await there.as('ann')]
  await ann`select levelb.restage(${id}, ${ann.json(documentOf(text) as never)})`
  await there.approve(id)
  expect(await there.activate(id)).toMatchObject({ outcome: 'activated' })
})

test('rejection › it stands though its principal is no approver any more, and ends when they are disabled', async () => {
  const id = await rejected()
  await asChannel(there, nextVersion('dan', { duties: `array['auditor']` }))
  expect(await there.activate(id)).toMatchObject({ outcome: 'refused', code: 'LB208' })
  await asChannel(there, nextVersion('dan', { enabled: 'false' }))
  expect(await there.activate(id)).toMatchObject({ outcome: 'activated' })
})

test('void › B108 given under another policy; a rejection stands under every policy', async () => {
  const [one, two] = [fresh(), fresh()]
  for (const id of [one, two]) await there.stage(id, text)
  await there.approve(one)
  const [bob, hash] = [await there.as('bob'), await hashOf(there, two)]
  await bob`select levelb.reject(${two}, ${hash}, 'no')`
  await asChannel(there, nextPolicy({ name: 'the next' }))
  expect(outcome(await there.activate(one))).toEqual({
    code: 'LB204',
    void: ['bob', 'carol'].map((principal) => ({ principal, why: 'given under another policy' })),
  })
  await there.approve(two, ['arno', 'carol'])
  expect(await there.activate(two)).toMatchObject({ outcome: 'refused', code: 'LB208' })
  await there.approve(one)
  expect(await there.activate(one)).toMatchObject({ outcome: 'activated' })
})

test('B107 › a clone refuses what was approved in the original (LB312), and after rebind the approvals are void', async () => {
  const [origin, id] = [await world(), '0001_clone']
  await origin.stage(id, text)
  await origin.approve(id)
  const [admin, name] = [connect(cluster()), `${origin.name}_clone`]
  const olga = connect(otherUrl(await origin.urlOf('olga'), { database: name }))
  const root = connect(otherUrl(origin.url, { database: name }))
  try {
    await admin`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${origin.name}`
    await admin`create database ${admin(name)} template ${admin(origin.name)} strategy file_copy`
    await arm(olga)
    const [first] = await olga`select * from levelb.activate(${id})`
    expect(first).toMatchObject({ outcome: 'refused', code: 'LB312' })
    await root`select levelb.rebind('a staging clone')`
    const [second] = await olga`select * from levelb.activate(${id})`
    const why = 'given before the database was rebound'
    expect(outcome(second as Row)).toEqual({
      code: 'LB204',
      void: ['bob', 'carol'].map((principal) => ({ principal, why })),
    })
  } finally {
    await Promise.all([olga.end({ timeout: 0 }), root.end({ timeout: 0 })])
    await admin`drop database if exists ${admin(name)} with (force)`
    await admin.end()
  }
})
