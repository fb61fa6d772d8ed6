// Who is calling: the authenticated login, bound by name and oid to a principal row, and nothing else.
import { beforeAll, describe, expect, test } from 'vitest'
import { principalsOf, refusal, type World, world } from '../world.ts'

/** Logins of the second principals that two of the people have. */
const secondOfArno = 'reader'
const secondOfBob = 'app'

let w: World

beforeAll(async () => {
  w = await world({
    principals: (database) => [
      ...principalsOf(database),
      {
        principal: 'arno2',
        nature: 'person',
        person: 'arno',
        duties: ['approver', 'operator'],
        groups: ['dba'],
        logins: [database.role('reader')],
      },
      {
        principal: 'bob2',
        nature: 'person',
        person: 'bob',
        duties: ['approver'],
        groups: ['security'],
        logins: [database.role('app')],
      },
    ],
  })
  await w.stage('0001_ann', 'grant select on shop.orders to public')
  await w.stage('0002_arno', 'grant select on shop.items to public', 'arno')
})

const hash = async (id: string) =>
  (await w.sql`select manifest_hash from levelb.manifest where migration_id = ${id} order by revision desc limit 1`)[0]
    ?.manifest_hash

describe('roles', () => {
  test.each(['levelb_owner', 'levelb_deploy', 'levelb_roles', 'levelb_sandbox', 'levelb_definer'])(
    'B001 › an operator cannot become %s',
    async (role) => {
      const olga = await w.as('olga')
      expect((await refusal(olga.unsafe(`set role ${role}`))).code).toBe('42501')
    },
  )

  test('B002 › an operator cannot become another login', async () => {
    const olga = await w.as('olga')
    expect((await refusal(olga.unsafe(`set session authorization ${w.role('bob')}`))).code).toBe('42501')
  })

  test('B010 › a membership that is not inherited opens no door', async () => {
    await w.urlOf('distant')
    await w.sql.unsafe(`alter role ${w.role('distant')} noinherit; grant levelb_approver to ${w.role('distant')}`)
    const distant = await w.as('distant')
    expect((await refusal(distant`select * from levelb.status`)).code).toBe('42501')
  })

  test('B021 › the shared login of a pooler decides nothing', async () => {
    await w.urlOf('pool')
    await w.sql.unsafe(`grant levelb_approver to ${w.role('pool')}`)
    const pool = await w.as('pool')
    const found = await refusal(pool`select * from levelb.approve('0001_ann', ${await hash('0001_ann')})`)
    expect(found).toMatchObject({
      code: 'LB201',
      detail: { login: w.role('pool'), principal: null, duties: ['approver'] },
    })
  })
})

describe('a superuser', () => {
  test('B011 › cannot approve without a principal row', async () => {
    const found = await refusal(w.sql`select * from levelb.approve('0001_ann', ${await hash('0001_ann')})`)
    expect(found).toMatchObject({ code: 'LB201', detail: { login: 'postgres', principal: null, duties: ['approver'] } })
  })

  test('B011 › cannot activate without a principal row', async () => {
    expect(await refusal(w.sql`select * from levelb.activate('0001_ann')`)).toMatchObject({ code: 'LB201' })
  })

  test('cannot approve as another login (LB202)', async () => {
    const given = await hash('0001_ann')
    await w.sql.unsafe(`set session authorization ${w.role('bob')}`)
    const found = await refusal(w.sql`select * from levelb.approve('0001_ann', ${given})`)
    await w.sql`reset session authorization`
    expect(found).toMatchObject({ code: 'LB202', detail: { session_user: w.role('bob') } })
  })
})

describe('a person', () => {
  test('B015 › does not decide on an own migration through a second principal (LB203)', async () => {
    const second = await w.as(secondOfArno)
    const found = await refusal(second`select * from levelb.approve('0002_arno', ${await hash('0002_arno')})`)
    expect(found).toMatchObject({ code: 'LB203', detail: { author: 'arno', principal: 'arno2' } })
  })

  test('B015 › does not activate an own migration through a second principal (LB212)', async () => {
    expect(await w.activate('0002_arno', secondOfArno)).toMatchObject({ outcome: 'refused', code: 'LB212' })
  })

  test('B013 › counts once, however often and as whomever they approve', async () => {
    await w.stage('0003_once', 'grant select on shop.orders to public')
    await w.approve('0003_once', ['bob', 'bob', secondOfBob])
    const aud = await w.as('aud')
    const [row] = await aud`select met, approvals_met, approvals_needed, missing from levelb.quorum('0003_once')`
    expect(row).toEqual({ met: false, approvals_met: 1, approvals_needed: 2, missing: '1 more approval' })
  })

  test('B018 › does not count for what they activate', async () => {
    await w.stage('0004_both', 'grant select on shop.orders to public')
    await w.approve('0004_both', ['arno', 'carol'])
    expect(await w.activate('0004_both', 'arno')).toMatchObject({ outcome: 'refused', code: 'LB204' })
    expect(await w.activate('0004_both', secondOfArno)).toMatchObject({ outcome: 'refused', code: 'LB204' })
    expect(await w.activate('0004_both', 'olga')).toMatchObject({ outcome: 'activated' })
  })

  test('B019 › two operators together are no quorum', async () => {
    await w.stage('0005_collude', 'grant select on shop.items to public')
    expect(await w.activate('0005_collude', 'olga')).toMatchObject({ outcome: 'refused', code: 'LB204' })
    expect(await w.activate('0005_collude', 'ci')).toMatchObject({ outcome: 'refused', code: 'LB204' })
  })
})

describe('a login', () => {
  test('B022 › stays itself after SET ROLE', async () => {
    await w.stage('0006_as', 'grant select on shop.items to public')
    await w.sql.unsafe(`grant ${w.role('carol')} to ${w.role('bob')}`)
    const bob = await w.another('bob')
    await bob.unsafe(`set role ${w.role('carol')}`)
    const [row] = await bob`select principal, login from levelb.approve('0006_as', ${await hash('0006_as')})`
    await w.sql.unsafe(`revoke ${w.role('carol')} from ${w.role('bob')}`)
    expect(row).toEqual({ principal: 'bob', login: w.role('bob') })
  })

  test('B023 › leaves what the server authenticated in every decision', async () => {
    await w.stage('0007_authenticated', 'grant select on shop.items to public')
    const row = await w.approve('0007_authenticated', ['bob'])
    const version = Number((await w.sql`show server_version_num`)[0]?.server_version_num)
    const bob = await w.as('bob')
    const [system] = version >= 160000 ? await bob.unsafe('select system_user as name') : [{ name: null }]
    expect({ user: row.authenticated_user, address: row.client_address }).toEqual({
      user: system?.name,
      address: (await bob`select host(inet_client_addr()) as at`)[0]?.at,
    })
  })

  test('B016 › that is renamed is nobody, and the name of another is not enough', async () => {
    await w.sql.unsafe(`alter role ${w.role('dan')} rename to ${w.role('renamed')}`)
    await w.sql.unsafe(`alter role ${w.role('renamed')} password 'levelb-test'`)
    try {
      const renamed = await w.another('renamed')
      const found = await refusal(renamed`select * from levelb.approve('0001_ann', ${await hash('0001_ann')})`)
      expect(found).toMatchObject({ code: 'LB201', detail: { login: w.role('renamed'), principal: null } })
    } finally {
      await w.sql.unsafe(`alter role ${w.role('renamed')} rename to ${w.role('dan')}`)
    }
  })

  test('B017 › that is dropped and made anew is nobody: the oid differs', async () => {
    const login = w.role('ci')
    await w.sql.unsafe(`drop role ${login}`)
    await w.sql.unsafe(`create role ${login} login password 'levelb-test'; grant levelb_operator to ${login}`)
    const anew = await w.another('ci')
    expect(await refusal(anew`select * from levelb.activate('0001_ann')`)).toMatchObject({
      code: 'LB201',
      detail: { login, principal: null },
    })
    const items = await w.sql`select item, detail from levelb.readiness() where required and ok is false`
    expect([...items]).toEqual([{ item: 'logins_bound', detail: `${login} was made anew` }])
  })

  test('B017 › and is bound again by name when a superuser rebinds', async () => {
    await w.sql`select levelb.rebind('ci was made anew')`
    const [row] = await w.sql`select levelb.mode() as mode`
    expect(row?.mode).toBe('OPERATOR_HANDOFF')
  })
})

test('B020 › an operator cannot call an executor or fetch a step', async () => {
  const olga = await w.as('olga')
  for (const call of [
    'levelb_exec.execute_step()',
    'levelb_exec.execute_roles()',
    'levelb_exec.verify_step()',
    'levelb._pending_step($$apply$$)',
  ])
    expect({ call, code: (await refusal(olga.unsafe(`select ${call}`))).code }).toEqual({ call, code: '42501' })
})

test.each(['levelb_deploy', 'levelb_roles'])(
  'B020 › %s itself gets no step outside of an activation (LB211)',
  async (role) => {
    await w.sql.unsafe(`set role ${role}`)
    const found = await refusal(w.sql`select levelb._pending_step($$apply$$)`)
    await w.sql`reset role`
    expect(found.code).toBe('LB211')
  },
)
