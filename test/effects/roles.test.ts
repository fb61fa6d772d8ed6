// Roles, memberships with their options and grantors, role settings: exact effects, and rollback_snapshot gives them back.
import { beforeAll, expect, test } from 'vitest'
import { type Json, type World, world } from '../world.ts'
import { failure, lines, nextId } from './effects.ts'
import { privilegedState, takeBack } from './state.ts'

let w: World
let is16 = true
const odd = () => w.role('Odd "x" by y')
const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`
const plain = (text: string) => text.replaceAll(w.name, 'db').replaceAll(w.role(''), '')

beforeAll(async () => {
  w = await world({ policy: { cluster: 'govern' } })
  const [server] = await w.sql`select current_setting('server_version_num')::int >= 160000 as is16`
  is16 = server?.is16
  await w.sql.unsafe(`
    create role ${w.role('team')} connection limit 7; create role ${w.role('old')} noinherit; create role ${quoted(odd())};
    create role ${w.role('agent')};
    grant ${w.role('team')}, ${w.role('old')} to levelb_roles with admin option;
    set role levelb_roles; grant ${w.role('old')} to ${w.role('reader')}; grant ${w.role('team')} to ${w.role('agent')};
    reset role;
    alter role ${w.role('team')} set work_mem = '4MB';
    alter role ${w.role('team')} set search_path = shop, "$user", public;
    alter role ${w.role('old')} in database ${w.name} set application_name = 'it''s old'`)
})

/** Activates a role document, expects these effects, takes them back with psql, and expects the state from before. */
async function thereAndBack(roles: Json, effects: string[]) {
  const before = await privilegedState(w.sql)
  const id = nextId()
  await w.stage(id, { title: 'roles', description: 'for a test', steps: [{ name: 'one', roles }] })
  await w.approve(id)
  const proof = await w.activate(id)
  expect([failure(proof), lines(proof).map(plain)]).toEqual([
    { outcome: 'activated', code: null, detail: null },
    effects,
  ])
  expect(await privilegedState(w.sql)).not.toEqual(before)
  await takeBack(w.url, proof)
  expect(await privilegedState(w.sql)).toEqual(before)
}

/** Options of a membership as this version has them. */
const options = (admin: boolean, inherit = true, set = true) =>
  is16 ? `admin ${admin}, inherit ${inherit}, set ${set}` : `admin ${admin}`

test('a role that is created, administered by levelb_roles, and granted', () =>
  thereAndBack(
    {
      create: [{ name: w.role('fresh'), inherit: false, connection_limit: 3 }],
      grant: [{ role: w.role('fresh'), to: odd(), admin: true }],
    },
    [
      'role: role fresh: attributes: - → nologin noinherit connection limit 3',
      `role: role membership "Odd ""x"" by y" in fresh: by levelb_roles: - → ${options(true)}`,
      is16
        ? 'role: role membership levelb_roles in fresh: by postgres: - → admin true, inherit false, set false'
        : 'role: role membership levelb_roles in fresh: by levelb_roles: - → admin true',
    ],
  ))

test('a role that is dropped, with members and a setting', () =>
  thereAndBack({ drop: [w.role('old')] }, [
    'role: role old: attributes: nologin noinherit → -',
    `role: role membership levelb_roles in old: by postgres: ${options(true, false)} → -`,
    `role: role membership reader in old: by levelb_roles: ${options(false)} → -`,
    "role: role setting role old in database db: application_name: it's old → -",
  ]))

test('attributes of a role', () =>
  thereAndBack({ alter: [{ name: w.role('team'), inherit: false, connection_limit: 9 }] }, [
    'role: role team: attributes: nologin inherit connection limit 7 → nologin noinherit connection limit 9',
  ]))

test('options of a membership', () =>
  thereAndBack(
    {
      grant: [
        { role: w.role('team'), to: w.role('agent'), admin: true, ...(is16 ? { inherit: false, set: false } : {}) },
      ],
    },
    [`role: role membership agent in team: by levelb_roles: ${options(false)} → ${options(true, false, false)}`],
  ))

test('a membership that is taken away and one that is given', () =>
  thereAndBack(
    {
      revoke: [{ role: w.role('team'), from: w.role('agent') }],
      grant: [{ role: w.role('team'), to: odd(), ...(is16 ? { inherit: false } : {}) }],
    },
    [
      `role: role membership "Odd ""x"" by y" in team: by levelb_roles: - → ${options(false, false)}`,
      `role: role membership agent in team: by levelb_roles: ${options(false)} → -`,
    ],
  ))

test('settings of a role, lists and quotes too; search_path is a repoint', () =>
  thereAndBack(
    {
      set: [
        { role: w.role('team'), name: 'work_mem', value: '8MB' },
        { role: w.role('team'), name: 'search_path', value: '' },
        { role: w.role('team'), name: 'application_name', value: "it's \\ new" },
        { role: w.role('team'), name: 'plpgsql.extra_warnings', value: 'all', database: w.name },
        { role: w.role('old'), name: 'application_name', value: null, database: w.name },
      ],
    },
    [
      'repoint: role setting role team: search_path: shop, "$user", public → ""',
      "role: role setting role old in database db: application_name: it's old → -",
      "role: role setting role team: application_name: - → it's \\ new",
      'role: role setting role team: work_mem: 4MB → 8MB',
      'role: role setting role team in database db: plpgsql.extra_warnings: - → all',
    ],
  ))
