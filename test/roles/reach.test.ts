// How far role documents reach, and what PostgreSQL says where they do not.
import { beforeAll, describe, expect, test } from 'vitest'
import { detailOf } from '../activate/fixture.ts'
import { privilegedState } from '../effects/state.ts'
import { changes, expectActivated, thereAndBack } from '../rollback/fixture.ts'
import { documentOf, hidden, type Json, type Row, refusal, type World, world } from '../world.ts'

let w: World
beforeAll(async () => {
  w = await world({ policy: { cluster: 'govern' } })
})

let count = 0
const next = () => `${String(++count).padStart(4, '0')}_reach`
const through = (...roles: Json[]): Promise<Row> => w.through(next(), changes(roles.map((each) => ({ roles: each }))))

/** It failed with this code, and nothing is left of it. */
const expectFailed = async (code: string, work: () => Promise<Row>): Promise<Row> => {
  const before = await privilegedState(w.sql)
  const row = await work()
  expect([row.outcome, row.code]).toEqual(['failed', code])
  expect(await privilegedState(w.sql)).toEqual(before)
  return row
}

describe('adopting', () => {
  test('the refusal says how, a superuser does what it says, and then it works and can be taken back', async () => {
    const name = w.role('Adopted')
    await w.sql.unsafe(`create role "${name}"`)
    const document = { alter: [{ name, connection_limit: 1 }], grant: [{ role: name, to: w.role('reader') }] }
    const row = await expectFailed('LB001', () => through(document))
    expect(detailOf(row)).toEqual({
      field: 'roles.alter[0]',
      problem: `levelb neither created nor adopted role "${name}"`,
    })
    const [, statement] = /^To adopt it, a superuser runs: (grant .*;)$/.exec(String((row.error as Json).hint)) ?? []
    await w.sql.unsafe(statement ?? 'no statement in the hint')
    await thereAndBack(w, next(), changes([{ roles: document }]))
    await thereAndBack(w, next(), changes([{ roles: { set: [{ role: name, name: 'work_mem', value: '8MB' }] } }]))
  })

  test('a role whose objects levelb_deploy takes over can be adopted and granted on', async () => {
    await w.sql.unsafe(`grant ${w.role('app')} to levelb_roles with admin option`)
    await thereAndBack(w, next(), changes([{ roles: { grant: [{ role: w.role('app'), to: w.role('reader') }] } }]))
  })
})

describe('out of reach', () => {
  test('a role that is a member of one with a dangerous attribute, or of levelb_deploy', async () => {
    await w.sql.unsafe(`
      create role ${w.role('strong')} bypassrls;
      create role ${w.role('through')}; grant ${w.role('strong')} to ${w.role('through')};
      create role ${w.role('further')}; grant ${w.role('through')} to ${w.role('further')};
      create role ${w.role('files')}; grant pg_read_server_files to ${w.role('files')};
      create role ${w.role('readers')}; grant pg_read_all_data to ${w.role('readers')};
      grant ${w.role('further')}, ${w.role('files')}, ${w.role('readers')} to levelb_roles with admin option`)
    for (const name of ['further', 'files', 'readers']) {
      const row = await expectFailed('LB001', () => through({ grant: [{ role: w.role(name), to: w.role('reader') }] }))
      expect(detailOf(row)).toEqual({
        field: 'roles.grant[0].role',
        problem: `role ${w.role(name)} is out of reach of role documents`,
      })
    }
  })

  test('a role that levelb_deploy is a member of, itself or through another, is granted nothing', async () => {
    await w.sql.unsafe(`
      create role ${w.role('lent')}; create role ${w.role('lender')}; grant ${w.role('lender')} to ${w.role('app')};
      grant ${w.role('lent')} to levelb_roles with admin option`)
    for (const name of ['app', 'lender']) {
      const row = await expectFailed('LB001', () => through({ grant: [{ role: w.role('lent'), to: w.role(name) }] }))
      expect(detailOf(row)).toEqual({
        field: 'roles.grant[0].to',
        problem: `levelb_deploy is a member of role ${w.role(name)} and would gain what that is granted`,
      })
    }
    await thereAndBack(w, next(), changes([{ roles: { grant: [{ role: w.role('lent'), to: w.role('reader') }] } }]))
    // what levelb_deploy has the rights of already is no gain, but to pass it on is one
    await w.sql.unsafe(`grant ${w.role('lent')} to levelb_deploy`)
    const again = (admin: boolean) => ({ grant: [{ role: w.role('lent'), to: w.role('app'), admin }] })
    await expectFailed('LB001', () => through(again(true)))
    await thereAndBack(w, next(), changes([{ roles: again(false) }]))
  })

  test.each([
    'role',
    'session_authorization',
    'session_replication_role',
    'createrole_self_grant',
    'dynamic_library_path',
    'local_preload_libraries',
    'SESSION_preload_libraries',
    'levelb.role_home',
  ])('LB001 › set %s is refused when it is staged', async (name) => {
    const refused = await refusal(
      w.stage(next(), changes([{ roles: { set: [{ role: w.role('reader'), name, value: 'x' }] } }])),
    )
    expect(refused).toMatchObject({
      code: 'LB001',
      detail: { field: 'steps[0].roles.set[0].name', problem: `${name} is out of reach of role documents` },
    })
  })

  test('LB001 › all settings can be reset and not set', async () => {
    const refused = await refusal(
      w.stage(next(), changes([{ roles: { set: [{ role: w.role('reader'), name: 'all', value: 'x' }] } }])),
    )
    expect([refused.code, refused.detail.field]).toEqual(['LB001', 'steps[0].roles.set[0].value'])
  })

  test.each(['log_statement', 'track_counts', 'lo_compat_privileges'])(
    '42501 › %s, which only a superuser sets',
    async (name) => {
      const role = w.role(`made_${name}`)
      await expectFailed('42501', () => through({ create: [{ name: role }], set: [{ role, name, value: 'on' }] }))
    },
  )

  test.each([
    ['itself by name', hidden('alter role levelb_deploy set work_mem = 1024')],
    ['itself by CURRENT_USER', hidden('alter role current_user set work_mem = 1024')],
    [
      'itself by CURRENT_ROLE in this database',
      `do $$ begin execute format('alter role current_role in database %I set work_mem = 1024', current_database()); end $$`,
    ],
    ['itself, reset all', hidden('alter role current_user reset all; alter role current_user set search_path = shop')],
  ])('LB306 › text that changes the settings of levelb_deploy › %s', async (_, apply) => {
    await expectFailed('LB306', () => w.through(next(), documentOf(apply)))
  })

  test.each([
    ['create role', hidden('create role sneaky')],
    ['drop role', hidden('drop role if exists levelb_reader')],
    ['grant', hidden('grant levelb_operator to levelb_deploy')],
    ['alter role of another', hidden('alter role levelb_owner set work_mem = 1024')],
  ])('42501 › text that changes roles › %s', async (_, apply) => {
    await expectFailed('42501', () => w.through(next(), documentOf(apply)))
  })

  test.each([
    'create role sneaky',
    'drop role if exists levelb_reader',
    'grant levelb_operator to levelb_deploy',
    'alter role levelb_owner set work_mem = 1024',
    'alter role levelb_deploy set work_mem = 1024',
    'alter role current_user set work_mem = 1024',
    'alter role current_role in database shop set work_mem = 1024',
    'alter role current_user reset all',
  ])('LB011 › %s is refused when it is staged', async (apply) => {
    const refused = await refusal(w.stage(next(), apply))
    expect(refused).toMatchObject({ code: 'LB011', detail: { reason: 'roles are changed by role documents' } })
  })
})

describe("PostgreSQL's own refusals are on record, with the next step", () => {
  test('a cycle of memberships (0LP01)', async () => {
    const [one, two] = [w.role('one'), w.role('two')]
    expectActivated(await through({ create: [{ name: one }, { name: two }], grant: [{ role: one, to: two }] }))
    const row = await expectFailed('0LP01', () => through({ grant: [{ role: two, to: one }] }))
    expect(row.reason).toContain('is a member of role')
    await expectFailed('0LP01', () => through({ grant: [{ role: one, to: one }] }))
  })

  test('drop of a role that owns something or has rights (2BP01)', async () => {
    const name = w.role('owner')
    expectActivated(await through({ create: [{ name }] }))
    await w.sql.unsafe(`create table shop.owned (); alter table shop.owned owner to ${name}`)
    const row = await expectFailed('2BP01', () => through({ drop: [name] }))
    expect(row.error).toMatchObject({
      detail: 'owner of table shop.owned',
      hint: expect.stringContaining('earlier step'),
    })
    await w.sql.unsafe(`drop table shop.owned; grant select on shop.orders to ${name}`)
    expect((await expectFailed('2BP01', () => through({ drop: [name] }))).error).toMatchObject({
      detail: 'privileges for table shop.orders',
    })
  })

  test('a role, database or setting that does not exist', async () => {
    const name = w.role('made')
    expectActivated(await through({ create: [{ name }] }))
    await expectFailed('LB001', () => through({ drop: [w.role('nobody')] }))
    await expectFailed('42704', () => through({ grant: [{ role: name, to: w.role('nobody') }] }))
    await expectFailed('42704', () => through({ set: [{ role: name, name: 'no_such_setting', value: '1' }] }))
    await expectFailed('3D000', () =>
      through({ set: [{ role: name, name: 'work_mem', value: '1MB', database: 'nowhere' }] }),
    )
    await expectFailed('22023', () => through({ set: [{ role: name, name: 'work_mem', value: 'many' }] }))
  })

  test('a revoke of what was not granted did not happen (LB303)', async () => {
    const name = w.role('ungranted')
    expectActivated(await through({ create: [{ name }] }))
    await expectFailed('LB303', () => through({ revoke: [{ role: name, from: w.role('reader') }] }))
  })
})

describe('a list in a setting', () => {
  test.each([
    ['shop, pg_temp', 'shop, pg_temp'],
    ['shop,pg_catalog', 'shop, pg_catalog'],
    ['$user, public', '"$user", public'],
    ['"$user",public', '"$user", public'],
    ['Shop', '"Shop"'],
    ['"a,b", "c""d"', '"a,b", "c""d"'],
    ['', '""'],
    ['""', '""'],
    ["it's", `"it's"`],
    ['a; alter role b createrole', '"a; alter role b createrole"'],
    ['"a; b", c', '"a; b", c'],
    ['"", shop', '"", shop'],
  ])('search_path = %s', async (value, stored) => {
    const role = w.role(`path${next()}`)
    expectActivated(await through({ create: [{ name: role }], set: [{ role, name: 'search_path', value }] }))
    const [row] = await w.sql`select setconfig from pg_db_role_setting where setrole = ${`"${role}"`}::regrole`
    expect(row?.setconfig).toEqual([`search_path=${stored}`])
  })

  test.each(['"a"; create role sneaky; select 1 as "b"', '"a" b', 'a "b"', 'a, "b', 'a"b', 'a,,b', 'a,', ','])(
    'LB001 › %s is no list of names, and never runs',
    async (value) => {
      for (const name of ['search_path', 'Temp_Tablespaces']) {
        const refused = await refusal(
          w.stage(next(), changes([{ roles: { set: [{ role: w.role('reader'), name, value }] } }])),
        )
        expect(refused).toMatchObject({ code: 'LB001', detail: { field: 'steps[0].roles.set[0].value' } })
      }
    },
  )

  test('whatever a list says, its statement holds literals alone', async () => {
    const value = '"a"; create role sneaky; select 1 as "b", c\'d, e\\f'
    const [row] = await w.sql`select levelb._setting_sql('search_path', ${value}) as sql`
    expect(row?.sql).toBe(`set search_path = 'a', '; create role sneaky; select 1 as "b"', 'c''d', E'e\\\\f'`)
  })
})
