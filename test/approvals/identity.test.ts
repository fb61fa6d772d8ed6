// Who a caller is: by login, oid and principal row, never by name or membership alone; and as whom they count.
import { beforeAll, expect, test } from 'vitest'
import { asChannel } from '../as-channel.ts'
import { connect } from '../client.ts'
import { type World, world } from '../world.ts'
import { enrol, hashOf, nextVersion, refused, toggle } from './company.ts'

const text = toggle
const id = '0001_open'

let there: World
beforeAll(async () => {
  there = await world()
  await there.stage(id, text)
  await enrol(there, 'carol2', { person: 'carol', groups: ['security'] })
  await enrol(there, 'ann2', { person: 'ann', duties: ['author', 'approver', 'operator'], groups: ['dba'] })
  await enrol(there, 'gone', { duties: ['author', 'approver', 'operator', 'auditor'] })
  await asChannel(there, nextVersion('gone', { enabled: 'false' }))
})

/** Every verb but activate, as SQL that `by` sends. */
const verbs: Record<string, string> = {
  stage: `select levelb.stage('0002_more', '{}')`,
  restage: `select levelb.restage('${id}', '{}')`,
  withdraw: `select levelb.withdraw('${id}', 'r')`,
  decision_text: `select levelb.decision_text('${id}')`,
  approve: `select levelb.approve('${id}', '\\x00')`,
  reject: `select levelb.reject('${id}', '\\x00', 'r')`,
  revoke: `select levelb.revoke('${id}', 'r')`,
  quorum: `select levelb.quorum('${id}')`,
  activate: `select levelb.activate('${id}')`,
}

test.each(Object.entries(verbs))(
  '%s › a disabled principal may not, whatever roles its login holds (LB201)',
  async (_, sql) => {
    const gone = await there.as('gone')
    expect(await refused(there, () => gone.unsafe(sql))).toEqual({
      code: 'LB201',
      detail: { login: there.role('gone'), principal: null, duties: expect.any(Array) },
    })
  },
)

test.each(Object.entries(verbs))(
  '%s › a login that carries the authenticated one as a mask may not (LB202)',
  async (_, sql) => {
    const mask = connect(there.url)
    try {
      await mask.unsafe(`set session authorization ${there.role('gone')}`)
      expect(await refused(there, () => mask.unsafe(sql))).toEqual({
        code: 'LB202',
        detail: { session_user: there.role('gone') },
      })
    } finally {
      await mask.end()
    }
  },
)

test.each([
  ['levelb_author', 'bob', verbs.stage, ['author']],
  ['levelb_author', 'bob', verbs.restage, ['author']],
  ['levelb_author', 'aud', verbs.withdraw, ['author', 'approver', 'operator']],
  ['levelb_approver', 'olga', verbs.decision_text, ['approver']],
  ['levelb_approver', 'olga', verbs.approve, ['approver']],
  ['levelb_approver', 'olga', verbs.reject, ['approver']],
  ['levelb_approver', 'olga', verbs.revoke, ['approver']],
  ['levelb_operator', 'bob', verbs.activate, ['operator']],
] as const)('membership in %s is not the duty: %s is refused (LB201) (%#)', async (role, by, sql, duties) => {
  await there.sql.unsafe(`grant ${role} to ${there.role(by)}`)
  try {
    const client = await there.as(by)
    expect(await refused(there, () => client.unsafe(sql ?? ''))).toEqual({
      code: 'LB201',
      detail: { login: there.role(by), principal: by, duties },
    })
  } finally {
    await there.sql.unsafe(`revoke ${role} from ${there.role(by)}`)
  }
})

test.each(['approve', 'reject', 'revoke'] as const)(
  '%s › without the duty role PostgreSQL itself refuses',
  async (verb) => {
    const olga = await there.as('olga')
    expect((await refused(there, () => olga.unsafe(verbs[verb] ?? ''))).code).toBe('42501')
  },
)

const decide = async (by: string, verb: 'approve' | 'reject') => {
  const [sql, hash] = [await there.as(by), await hashOf(there, id)]
  return verb === 'approve'
    ? sql`select levelb.approve(${id}, ${hash})`
    : sql`select levelb.reject(${id}, ${hash}, 'no')`
}

test.each(['approve', 'reject'] as const)(
  'B015 › %s of the own migration by a second principal is refused (LB203)',
  async (verb) => {
    expect(await refused(there, () => decide('ann2', verb))).toEqual({
      code: 'LB203',
      detail: { author: 'ann', principal: 'ann2' },
    })
  },
)

test('B015 › a second login of the own principal is the same author (LB203)', async () => {
  const home = await world()
  const second = await home.another('arno_home')
  await asChannel(
    home,
    `insert into levelb.principal_login select 'arno', 1, '${home.role('arno_home')}', '${home.role('arno_home')}'::regrole`,
  )
  await home.sql.unsafe(`grant levelb_approver to ${home.role('arno_home')}`)
  await home.stage(id, text, 'arno')
  const hash = await hashOf(home, id)
  expect(await refused(home, () => second`select levelb.approve(${id}, ${hash})`)).toEqual({
    code: 'LB203',
    detail: { author: 'arno', principal: 'arno' },
  })
})

test('B016 › a renamed login is nobody, also under the name of another (LB201)', async () => {
  const renamed = await world()
  await renamed.stage(id, text)
  const hash = await hashOf(renamed, id)
  const url = new URL(await renamed.urlOf('ann'))
  await renamed.sql.unsafe(`
    grant levelb_approver to ${renamed.role('ann')};
    alter role ${renamed.role('carol')} rename to ${renamed.role('carla')};
    alter role ${renamed.role('ann')} rename to ${renamed.role('carol')};
    alter role ${renamed.role('carol')} password 'levelb-test'`)
  url.username = renamed.role('carol')
  const ann = connect(url.href)
  try {
    expect(await refused(renamed, () => ann`select levelb.approve(${id}, ${hash})`)).toEqual({
      code: 'LB201',
      detail: { login: renamed.role('carol'), principal: null, duties: ['approver'] },
    })
  } finally {
    await ann.end()
  }
})

test('B017 › a login that was dropped and created again is nobody (LB201)', async () => {
  const broken = await world()
  await broken.stage(id, text)
  const bob = broken.role('bob')
  await broken.sql.unsafe(`
    drop role ${bob};
    create role ${bob} login password 'levelb-test' in role levelb_approver`)
  const [again, hash] = [await broken.as('bob'), await hashOf(broken, id)]
  expect(await refused(broken, () => again`select levelb.approve(${id}, ${hash})`)).toEqual({
    code: 'LB201',
    detail: { login: bob, principal: null, duties: ['approver'] },
  })
})

test('B125 › nothing is activated on the approval of a login that is gone (LB210)', async () => {
  const broken = await world()
  await broken.stage(id, text)
  await broken.approve(id)
  await (await broken.as('bob')).end()
  await broken.sql.unsafe(`drop role ${broken.role('bob')}`)
  expect(await broken.activate(id)).toMatchObject({
    outcome: 'refused',
    code: 'LB210',
    error: { detail: '{"items": ["logins_bound"]}' },
  })
})

test('B013 › an approver who approves twice counts once', async () => {
  await there.stage('0004_twice', text)
  await there.approve('0004_twice', ['bob', 'bob', 'bob'])
  const [row] = await there.sql`select * from levelb.approval where migration_id = '0004_twice'`.then((rows) => [
    rows.length,
  ])
  expect(row).toBe(3)
  expect(await (await there.as('bob'))`select met, approvals_met, missing from levelb.quorum('0004_twice')`).toEqual([
    { met: false, approvals_met: 1, missing: '1 more approval' },
  ])
})

test('B012 › two principals of one person count once, and stand for the groups of both', async () => {
  await there.stage('0005_person', text)
  await there.approve('0005_person', ['carol', 'carol2'])
  const [row] = await (await there.as(
    'bob',
  ))`select met, approvals_met, missing, counted from levelb.quorum('0005_person')`
  expect(row).toMatchObject({ met: false, approvals_met: 1, missing: '1 more approval' })
  expect(row?.counted).toMatchObject([
    { principal: 'carol', person: 'carol', groups: ['dba'] },
    { principal: 'carol2', person: 'carol', groups: ['security'] },
  ])
})

test("B018 › the activating operator's own approval does not count", async () => {
  await there.stage('0006_own', text)
  await there.approve('0006_own', ['arno', 'dan'])
  expect(await there.activate('0006_own', 'arno')).toMatchObject({ outcome: 'refused', code: 'LB204' })
  expect(await there.activate('0006_own', 'olga')).toMatchObject({ outcome: 'activated' })
})

test('B018 › an author does not activate, by a second principal neither (LB212)', async () => {
  await there.stage('0007_author', text)
  await there.approve('0007_author')
  expect(await there.activate('0007_author', 'ann2')).toMatchObject({ outcome: 'refused', code: 'LB212' })
})

test('B019 › two operators together are no quorum (LB204)', async () => {
  await there.stage('0008_operators', text)
  expect(await there.activate('0008_operators', 'olga')).toMatchObject({
    outcome: 'refused',
    code: 'LB204',
    approvals: [],
  })
  expect(await there.activate('0008_operators', 'ci')).toMatchObject({
    outcome: 'refused',
    code: 'LB204',
    approvals: [],
  })
})
