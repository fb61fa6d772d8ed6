// Each verb of role documents, there and back: the rollback is derived from what the proof says was before.
import { beforeAll, describe, expect, test } from 'vitest'
import { privilegedState } from '../effects/state.ts'
import { changes, expectActivated, rollBack, stageRollback, thereAndBack } from '../rollback/fixture.ts'
import { type Json, type Row, refusal, type World, world } from '../world.ts'

let w: World
let has16: boolean
/** Names with what SQL, JSON and the texts of effects could trip over. */
const odd = () => w.role(`Odd "in" o'role, %I`)
const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`

beforeAll(async () => {
  w = await world({ policy: { cluster: 'govern' } })
  has16 = (await w.sql`select current_setting('server_version_num')::int >= 160000 as has`)[0]?.has as boolean
  await w.sql.unsafe(`create role ${w.role('agent')}`)
  // made by levelb, so that nothing about them is foreign to it
  expectActivated(
    await w.through(
      '0000_made',
      changes([
        {
          roles: {
            create: [
              { name: w.role('team') },
              { name: w.role('old'), inherit: false, connection_limit: 7 },
              { name: odd() },
            ],
            grant: [
              { role: w.role('team'), to: w.role('reader') },
              { role: w.role('old'), to: odd(), admin: true },
              { role: odd(), to: w.role('team') },
            ],
            set: [
              { role: w.role('old'), name: 'work_mem', value: '4MB' },
              { role: w.role('old'), name: 'search_path', value: 'shop, "$user", "a,b ""c"' },
              { role: w.role('old'), name: 'application_name', value: `it's "old"`, database: w.name },
              { role: odd(), name: 'TimeZone', value: 'UTC' },
            ],
          },
        },
      ]),
    ),
  )
})

let count = 0
const next = () => `${String(++count).padStart(4, '0')}_roles`
const thereAndBackRoles = (...roles: Json[]) => thereAndBack(w, next(), changes(roles.map((each) => ({ roles: each }))))

/** The role document that the rollback of this one holds. */
const derived = async (roles: Json): Promise<unknown> => {
  const id = next()
  expectActivated(await w.through(id, changes([{ roles }])))
  await stageRollback(w, id)
  const [step] = await w.sql`select roles from levelb.step where migration_id = ${`${id}.rollback`}`
  await w.approve(`${id}.rollback`)
  expectActivated(await w.activate(`${id}.rollback`))
  return step?.roles
}

describe('there and back', () => {
  test('create, with memberships in others and of others, and settings', () =>
    thereAndBackRoles({
      create: [{ name: w.role('fresh') }, { name: w.role('fresher'), inherit: false, connection_limit: 0 }],
      grant: [
        { role: w.role('fresh'), to: w.role('fresher') },
        { role: w.role('fresh'), to: odd(), admin: true },
        { role: w.role('old'), to: w.role('fresh') },
      ],
      set: [{ role: w.role('fresh'), name: 'work_mem', value: '8MB' }],
    }))

  test('alter', () =>
    thereAndBackRoles(
      { alter: [{ name: w.role('old'), inherit: true }] },
      { alter: [{ name: odd(), connection_limit: 3 }] },
      { alter: [{ name: w.role('team'), inherit: false, connection_limit: 1 }] },
    ))

  test('alter a role that can log in, whatever else it has', async () => {
    await w.sql.unsafe(`create role ${w.role('login')} login password 'x' connection limit 4 valid until '2031-01-01';
      grant ${w.role('login')} to levelb_roles with admin option`)
    await thereAndBackRoles({ alter: [{ name: w.role('login'), inherit: false, connection_limit: 9 }] })
  })

  test('grant, new and over what is there', () =>
    thereAndBackRoles({
      grant: [
        { role: w.role('team'), to: w.role('agent') },
        { role: w.role('team'), to: w.role('reader'), admin: true },
        { role: odd(), to: w.role('team'), admin: true },
      ],
    }))

  test('grant › INHERIT and SET', async () => {
    if (!has16) return
    await thereAndBackRoles({
      grant: [
        { role: w.role('team'), to: w.role('reader'), inherit: false, set: false },
        { role: w.role('team'), to: w.role('agent'), admin: true, set: false },
      ],
    })
  })

  test('revoke', () =>
    thereAndBackRoles({
      revoke: [
        { role: w.role('old'), from: odd() },
        { role: w.role('team'), from: w.role('reader') },
      ],
    }))

  test('revoke and grant of one membership in one document', () =>
    thereAndBackRoles({
      revoke: [{ role: w.role('old'), from: odd() }],
      grant: [{ role: w.role('old'), to: odd() }],
    }))

  test('set › new, another value, reset, everywhere and in one database', () =>
    thereAndBackRoles({
      set: [
        { role: w.role('old'), name: 'work_mem', value: '16MB' },
        { role: w.role('old'), name: 'statement_timeout', value: '5s' },
        { role: w.role('old'), name: 'search_path', value: 'public' },
        { role: w.role('old'), name: 'application_name', value: null, database: w.name },
        { role: odd(), name: 'timezone', value: null },
        { role: odd(), name: 'search_path', value: '', database: w.name },
      ],
    }))

  test('set › reset all', async () => {
    const { there } = await thereAndBackRoles({ set: [{ role: w.role('old'), name: 'all', value: null }] })
    expect((there.effects as Json[]).map((effect) => effect.attribute).sort()).toEqual(['search_path', 'work_mem'])
    await thereAndBackRoles({ set: [{ role: w.role('old'), name: 'ALL', value: null, database: w.name }] })
  })

  test('drop › with memberships, both ways, and settings', () => thereAndBackRoles({ drop: [w.role('old'), odd()] }))

  test('several steps on the same roles, with a text between that needs them', async () => {
    const name = w.role('stepped')
    await thereAndBack(
      w,
      next(),
      changes([
        { roles: { create: [{ name }], grant: [{ role: name, to: w.role('agent') }] } },
        { apply: `grant select on shop.orders to ${name}`, rollback: `revoke select on shop.orders from ${name}` },
        { roles: { alter: [{ name, connection_limit: 5 }], set: [{ role: name, name: 'work_mem', value: '8MB' }] } },
        { roles: { set: [{ role: name, name: 'work_mem', value: '9MB' }] } },
      ]),
    )
  })

  test('and there again: the rollback of the rollback', async () => {
    const before = await privilegedState(w.sql)
    const id = next()
    expectActivated(
      await w.through(
        id,
        changes([{ roles: { drop: [w.role('old')], alter: [{ name: odd(), connection_limit: 2 }] } }]),
      ),
    )
    const after = await privilegedState(w.sql)
    expectActivated(await rollBack(w, id))
    expect(await privilegedState(w.sql)).toEqual(before)
    expectActivated(await rollBack(w, `${id}.rollback`))
    expect(await privilegedState(w.sql)).toEqual(after)
    expectActivated(await rollBack(w, `${id}.rollback.rollback`))
    expect(await privilegedState(w.sql)).toEqual(before)
  })
})

describe('what is derived', () => {
  test('only what the entries say, with the values from before', async () => {
    const name = w.role('old')
    expect(
      await derived({
        alter: [{ name, connection_limit: 8 }],
        set: [
          { role: name, name: 'WORK_MEM', value: '5MB' },
          { role: name, name: 'application_name', value: 'x', database: w.name },
        ],
        grant: [{ role: w.role('team'), to: w.role('agent') }],
      }),
    ).toEqual({
      alter: [{ name, inherit: false, connection_limit: 7 }],
      revoke: [{ role: w.role('team'), from: w.role('agent') }],
      set: [
        { role: name, name: 'work_mem', value: '4MB' },
        { role: name, name: 'application_name', value: `it's "old"`, database: w.name },
      ],
    })
  })

  test('a step that changed nothing has nothing to take back', async () => {
    const id = next()
    expectActivated(
      await w.through(
        id,
        changes([
          { roles: { alter: [{ name: w.role('old'), connection_limit: 8 }] } },
          { roles: { set: [{ role: w.role('old'), name: 'work_mem', value: '4MB' }] } },
        ]),
      ),
    )
    await stageRollback(w, id)
    expect(await w.sql`select name from levelb.step where migration_id = ${`${id}.rollback`}`).toEqual([
      { name: 'step0' },
    ])
    await w.approve(`${id}.rollback`)
    expectActivated(await w.activate(`${id}.rollback`))
  })
})

describe('what no role document takes back', () => {
  const irreversible = async (roles: Json): Promise<{ code: string; detail: Json; hint: string }> => {
    const id = next()
    expectActivated(await w.through(id, changes([{ roles }])))
    const refused = await refusal(stageRollback(w, id))
    const [proof] =
      (await w.sql`select rollback_snapshot from levelb.proof where migration_id = ${id}`) as unknown as Row[]
    await w.sql.unsafe(String(proof?.rollback_snapshot))
    return refused
  }

  test('a role that could log in is not made again without its password (LB001)', async () => {
    await w.sql.unsafe(`create role ${w.role('person')} login password 'x';
      grant ${w.role('person')} to levelb_roles with admin option`)
    const refused = await irreversible({ drop: [w.role('person')] })
    expect(refused).toMatchObject({
      code: 'LB001',
      detail: {
        field: 'steps[0].roles.drop[0]',
        problem: `role ${w.role('person')} was login inherit: no role document makes it again`,
      },
    })
    expect(refused.hint).toContain('rollback_snapshot')
  })

  test('a membership that somebody else granted is lost with the role (LB001)', async () => {
    if (!has16) return
    await w.sql.unsafe(`create role ${w.role('shared')}; grant ${w.role('shared')} to levelb_roles with admin option;
      grant ${w.role('shared')} to ${w.role('app')}`)
    const refused = await irreversible({ drop: [w.role('shared')] })
    expect([refused.code, refused.detail.field]).toEqual(['LB001', 'steps[0].roles'])
  })
})

test('the names of this file are as odd as they say', async () => {
  const [row] = await w.sql`select rolname from pg_roles where oid = to_regrole(${quoted(odd())})`
  expect(row?.rolname).toBe(odd())
})
