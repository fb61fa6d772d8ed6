// Role documents: carried out by one fixed function with the rights of levelb_roles, in a fixed order, on the roles that
// levelb made or was given, and on no others.
import { beforeAll, describe, expect, test } from 'vitest'
import { hidden, type Json, type Row, refusal, type World, world } from '../world.ts'
import { activate, activations, detailOf, names, session } from './fixture.ts'

const next = names()
let w: World
let has16: boolean

beforeAll(async () => {
  w = await world({ policy: { cluster: 'govern' } })
  has16 = (await w.sql`select current_setting('server_version_num')::int >= 160000 as has`)[0]?.has as boolean
  await w.sql.unsafe(`
    create role ${w.role('adopted')};
    grant ${w.role('adopted')} to levelb_roles with admin option;
    create role ${w.role('foreign')};
    create role ${w.role('strong')} createrole;
    grant ${w.role('aud')} to levelb_roles with admin option`)
})

const documented = async (...roles: Json[]): Promise<Row> => {
  const id = next()
  await w.stage(id, {
    title: 'a change',
    description: 'for a test',
    steps: roles.map((document, i) => ({ name: `step${i}`, roles: document })),
  })
  await w.approve(id)
  return w.activate(id)
}

const role = (name: string) => w.role(name)

const attributes = async (name: string) => {
  const [row] = await w.sql`select rolcanlogin, rolinherit, rolconnlimit, rolsuper, rolcreaterole, rolcreatedb,
      rolreplication, rolbypassrls from pg_roles where rolname = ${role(name)}`
  return row
}

const members = async (of: string) =>
  (
    await w.sql`select m.rolname as member, a.admin_option as admin from pg_auth_members a join pg_roles r on r.oid = a.roleid
      join pg_roles m on m.oid = a.member where r.rolname = ${role(of)} order by 1, 2`
  ).map((row) => ({ member: row.member, admin: row.admin }))

const modest = {
  rolcanlogin: false,
  rolsuper: false,
  rolcreaterole: false,
  rolcreatedb: false,
  rolreplication: false,
  rolbypassrls: false,
}

describe('what a document does', () => {
  test('create › a role that cannot log in, administered by levelb_roles and by nobody else', async () => {
    const row = await documented({
      create: [{ name: role('made') }, { name: role('plain'), inherit: false, connection_limit: 3 }],
    })
    expect([row.outcome, row.reason]).toEqual(['activated', null])
    expect([await attributes('made'), await attributes('plain')]).toEqual([
      { ...modest, rolinherit: true, rolconnlimit: -1 },
      { ...modest, rolinherit: false, rolconnlimit: 3 },
    ])
    expect(await members('made')).toEqual([{ member: 'levelb_roles', admin: true }])
    const classes = new Set((row.effects as Json[]).map((effect) => effect.class))
    expect([...classes]).toEqual(['role'])
  })

  test('alter › inherit and connection limit', async () => {
    const row = await documented(
      { create: [{ name: role('altered') }] },
      { alter: [{ name: role('altered'), inherit: false, connection_limit: 7 }] },
    )
    expect([row.outcome, await attributes('altered')]).toEqual([
      'activated',
      { ...modest, rolinherit: false, rolconnlimit: 7 },
    ])
  })

  test('grant and revoke › a membership, with the right to grant it on or without', async () => {
    const roles = { group: role('group'), one: role('one'), two: role('two') }
    const made = await documented(
      { create: [{ name: roles.group }, { name: roles.one }, { name: roles.two }] },
      {
        grant: [
          { role: roles.group, to: roles.one },
          { role: roles.group, to: roles.two, admin: true },
        ],
      },
    )
    expect([made.outcome, made.reason]).toEqual(['activated', null])
    expect(await members('group')).toEqual([
      { member: 'levelb_roles', admin: true },
      { member: roles.one, admin: false },
      { member: roles.two, admin: true },
    ])
    const taken = await documented({ revoke: [{ role: roles.group, from: roles.one }] })
    expect(taken.outcome).toBe('activated')
    expect(await members('group')).toEqual([
      { member: 'levelb_roles', admin: true },
      { member: roles.two, admin: true },
    ])
  })

  test('grant › INHERIT and SET, where the version knows them (LB012 where not)', async () => {
    const row = await documented({
      create: [{ name: role('narrow') }, { name: role('holder') }],
      grant: [{ role: role('narrow'), to: role('holder'), inherit: false, set: false }],
    })
    if (!has16) {
      expect([row.outcome, row.code]).toEqual(['failed', 'LB012'])
      return
    }
    const [option] = await w.sql`select to_jsonb(a) ->> 'inherit_option' as inherit, to_jsonb(a) ->> 'set_option' as set
      from pg_auth_members a where a.member = ${role('holder')}::regrole`
    expect([row.outcome, option]).toEqual(['activated', { inherit: 'false', set: 'false' }])
  })

  test('set › a setting everywhere, and in one database', async () => {
    const name = role('adopted')
    const settings = async () =>
      (
        await w.sql`select d.datname as database, s.setconfig from pg_db_role_setting s left join pg_database d on d.oid = s.setdatabase
        where s.setrole = ${name}::regrole order by 1 nulls first`
      ).map((row) => [row.database, row.setconfig])
    const made = await documented({
      set: [
        { role: name, name: 'search_path', value: 'shop, pg_temp' },
        { role: name, name: 'work_mem', value: '8MB', database: w.name },
        { role: name, name: 'application_name', value: `it's` },
      ],
    })
    expect([made.outcome, made.reason]).toEqual(['activated', null])
    expect(await settings()).toEqual([
      [null, ['search_path=shop, pg_temp', `application_name=it's`]],
      [w.name, ['work_mem=8MB']],
    ])
  })

  test('drop › a role it made', async () => {
    await documented({ create: [{ name: role('gone') }] })
    const row = await documented({ drop: [role('gone')] })
    expect([row.outcome, await attributes('gone')]).toEqual(['activated', undefined])
  })

  test('one document in the order create, alter, revoke, grant, set, drop, however it is written', async () => {
    await documented({ create: [{ name: role('old') }] })
    const row = await documented({
      drop: [role('old')],
      set: [{ role: role('fresh'), name: 'work_mem', value: '8MB' }],
      grant: [{ role: role('fresh'), to: role('fresher') }],
      alter: [{ name: role('fresh'), connection_limit: 1 }],
      create: [{ name: role('fresh') }, { name: role('fresher') }],
    })
    expect([row.outcome, row.reason]).toEqual(['activated', null])
    expect([await attributes('old'), (await attributes('fresh'))?.rolconnlimit]).toEqual([undefined, 1])
  })

  test('F17 › createrole_self_grant of the operator gives nobody anything', async () => {
    if (!has16) return expect((await refusal(w.sql`set createrole_self_grant = 'set'`)).code).toBe('42704')
    const client = await session(w)
    await client.unsafe(`set createrole_self_grant = 'set, inherit'`)
    const id = next()
    await w.stage(id, {
      title: 'a change',
      description: 'for a test',
      steps: [{ name: 'one', roles: { create: [{ name: role('lone') }] } }],
    })
    await w.approve(id)
    expect((await activate(client, id)).outcome).toBe('activated')
    expect(await members('lone')).toEqual([{ member: 'levelb_roles', admin: true }])
  })

  test('what carries it out is no code of others for the text of a later step', async () => {
    const id = next()
    await w.stage(id, {
      title: 'a role and what it may',
      description: 'for a test',
      steps: [
        { name: 'role', roles: { create: [{ name: role('reporting') }] } },
        { name: 'grant', apply: `grant select on shop.orders to ${role('reporting')}` },
      ],
    })
    await w.approve(id)
    expect(await w.activate(id)).toMatchObject({ outcome: 'activated', error: null })
  })
})

describe('what no document reaches', () => {
  /** The activation failed with this field and problem, and left the roles as they were. */
  const unreached = async (roles: Json, field: string, problem: string) => {
    const before =
      await w.sql`select r.*, (select json_agg(m) from pg_auth_members m where m.roleid = r.oid) as members from pg_roles r order by 1`
    const row = await documented(roles)
    expect([row.outcome, row.code, detailOf(row)]).toEqual(['failed', 'LB001', { field, problem }])
    expect(
      await w.sql`select r.*, (select json_agg(m) from pg_auth_members m where m.roleid = r.oid) as members from pg_roles r order by 1`,
    ).toEqual(before)
  }
  const out = (name: string) => `role ${role(name)} is out of reach of role documents`

  test('the login of a principal › alter', () =>
    unreached({ alter: [{ name: role('aud'), connection_limit: 0 }] }, 'roles.alter[0].name', out('aud')))
  test('the login of a principal › drop', () => unreached({ drop: [role('aud')] }, 'roles.drop[0]', out('aud')))
  test('the login of a principal › set', () =>
    unreached({ set: [{ role: role('aud'), name: 'search_path', value: 'evil' }] }, 'roles.set[0].role', out('aud')))
  test('the login of a principal › to be granted', () =>
    unreached({ grant: [{ role: role('aud'), to: role('adopted') }] }, 'roles.grant[0].role', out('aud')))
  test('the login of a principal › to grant to', () =>
    unreached({ grant: [{ role: role('adopted'), to: role('aud') }] }, 'roles.grant[0].to', out('aud')))
  test('the login of a principal › to revoke from', () =>
    unreached({ revoke: [{ role: role('adopted'), from: role('aud') }] }, 'roles.revoke[0].from', out('aud')))
  test('a role with a dangerous attribute, adopted or not', () =>
    unreached({ grant: [{ role: role('strong'), to: role('adopted') }] }, 'roles.grant[0].role', out('strong')))
  test('a superuser', async () => {
    const [superuser] = await w.sql`select session_user as name`
    const name = String(superuser?.name)
    await unreached(
      { alter: [{ name, connection_limit: 0 }] },
      'roles.alter[0].name',
      `role ${name} is out of reach of role documents`,
    )
  })

  const neither = (name: string) => `levelb neither created nor adopted role ${role(name)}`
  test('a role that levelb neither made nor was given › alter', () =>
    unreached({ alter: [{ name: role('foreign'), connection_limit: 0 }] }, 'roles.alter[0]', neither('foreign')))
  test('a role that levelb neither made nor was given › drop', () =>
    unreached({ drop: [role('foreign')] }, 'roles.drop[0]', neither('foreign')))
  test('a role that levelb neither made nor was given › set', () =>
    unreached({ set: [{ role: role('foreign'), name: 'work_mem', value: '8MB' }] }, 'roles.set[0]', neither('foreign')))
  test('a role that levelb neither made nor was given › grant', () =>
    unreached({ grant: [{ role: role('foreign'), to: role('adopted') }] }, 'roles.grant[0]', neither('foreign')))
  test('a role that levelb neither made nor was given › revoke', () =>
    unreached({ revoke: [{ role: role('foreign'), from: role('adopted') }] }, 'roles.revoke[0]', neither('foreign')))

  test.each(['levelb_owner', 'levelb_operator', 'pg_read_all_data', 'pg_monitor'])(
    '%s cannot even be staged (LB001)',
    async (name) => {
      const id = next()
      const refused = await refusal(
        w.stage(id, {
          title: 'a change',
          description: 'for a test',
          steps: [{ name: 'one', roles: { grant: [{ role: name, to: role('adopted') }] } }],
        }),
      )
      expect([refused.code, refused.detail.field]).toEqual(['LB001', 'steps[0].roles.grant[0].role'])
    },
  )

  test('a role that exists already is not made again, and what came before is undone (42710)', async () => {
    const row = await documented({ create: [{ name: role('first') }] }, { create: [{ name: role('foreign') }] })
    expect([row.outcome, row.code, (row.error as Json).step, await attributes('first')]).toEqual([
      'failed',
      '42710',
      2,
      undefined,
    ])
  })

  test('SQL text has not the rights of role documents: LB011 when it is staged, 42501 where it runs', async () => {
    const text = `create role ${role('sneaky')}`
    expect((await refusal(w.stage(next(), text))).code).toBe('LB011')
    const row = await w.through(next(), hidden(text))
    expect([row.outcome, row.code]).toEqual(['failed', '42501'])
  })
})

test('LB210 › a database that lost the roles of its cluster to nobody or another refuses role documents', async () => {
  const id = next()
  await w.stage(id, {
    title: 'a change',
    description: 'for a test',
    steps: [{ name: 'one', roles: { create: [{ name: role('never') }] } }],
  })
  await w.approve(id)
  await w.sql.unsafe(`alter role levelb_owner in database ${w.name} reset levelb.role_home`)
  const row = await w.activate(id)
  expect([row.outcome, row.code, detailOf(row)]).toEqual(['refused', 'LB210', { items: ['role_home'], database: null }])
  expect(await activations(w, id)).toHaveLength(1)
})
