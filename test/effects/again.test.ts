// Rows that go and come again within the text under the key they had: comments and settings everywhere, memberships
// before 16. Told like any other change, and they hide no row that came and went besides.
import { beforeAll, describe, expect, test } from 'vitest'
import { changes, thereAndBack } from '../rollback/fixture.ts'
import { type Json, type Row, type World, world } from '../world.ts'
import { failure, lines, nextId, run } from './effects.ts'

let w: World
let role: string
let to: string

beforeAll(async () => {
  w = await world({ policy: { cluster: 'govern', quorum: [{ approvals: 1 }] } })
  role = w.role('team')
  to = w.role('member')
  await w.sql.unsafe(`
    alter table shop.orders owner to levelb_deploy; comment on table shop.orders is 'before';
    alter table shop.items owner to levelb_deploy;
    grant create on schema shop to levelb_deploy;
    alter default privileges for role levelb_deploy in schema shop grant select on tables to ${w.role('reader')};
    create role ${role}; create role ${to};
    grant ${role} to levelb_roles with admin option;
    set role levelb_roles; grant ${role} to ${to}; reset role;
    alter role ${role} set work_mem = '4MB'`)
})

const through = (...roles: Json[]) => w.through(nextId(), changes(roles.map((each) => ({ roles: each }))))
const revoke = () => ({ revoke: [{ role, from: to }] })
const grant = (admin = false) => ({ grant: [{ role, to, admin }] })
const set = (name: string, value: string | null) => ({ set: [{ role, name, value }] })

const told = (row: Row) => [failure(row), lines(row).map((line) => line.replaceAll(w.role(''), ''))]
const activated = { outcome: 'activated', code: null, detail: null }
const withoutTrace = (catalog: string) => ({
  outcome: 'failed',
  code: 'LB305',
  detail: { uncovered: [{ catalog, change: 'written without trace' }] },
})

describe('a membership', () => {
  test('revoked and granted with another option is one change, which can be taken back', async () => {
    const { there } = await thereAndBack(w, nextId(), changes([{ roles: revoke() }, { roles: grant(true) }]))
    expect(told(there)).toEqual([
      activated,
      [expect.stringMatching(/^role: role membership member in team: by levelb_roles: admin false.* → admin true/)],
    ])
  })

  test('revoked and granted as it was is told too, and there is nothing to take back', async () => {
    const { there } = await thereAndBack(
      w,
      nextId(),
      changes([{ roles: revoke() }, { roles: grant() }, { roles: set('application_name', 'x') }]),
    )
    expect(told(there)).toEqual([
      activated,
      [
        'role: role membership member in team: (rewritten): - → -',
        'role: role setting role team: application_name: - → x',
      ],
    ])
  })

  test('that came and went besides is a write without trace (LB305)', async () => {
    const row = await through(revoke(), grant(), revoke(), grant(true))
    expect(failure(row)).toEqual(withoutTrace('pg_auth_members'))
  })
})

test('the only setting of a role, reset and set', async () => {
  expect(told(await through(set('work_mem', null), set('work_mem', '5MB')))).toEqual([
    activated,
    ['role: role setting role team: work_mem: 4MB → 5MB'],
  ])
})

test('a comment', async () => {
  const row = await run(w, `comment on table shop.orders is null; comment on table shop.orders is 'after'`)
  expect(told(row)).toEqual([activated, ['structure: table shop.orders: comment: before → after']])
})

test('an entry of default privileges is another row then, and told like the others', async () => {
  const of = 'alter default privileges in schema shop'
  const reader = w.role('reader')
  const row = await run(
    w,
    `${of} revoke select on tables from ${reader}; ${of} grant select on tables to ${reader};
     grant select on shop.items to public`,
  )
  expect(told(row)).toEqual([
    activated,
    [
      'acl: default acl for role levelb_deploy in schema shop on tables: (rewritten): - → -',
      'acl: table shop.items: PUBLIC: - → select',
    ],
  ])
})

test.each([
  ['beside it', `comment on table shop.items is 'x'; comment on table shop.items is null`],
  ['of it, twice', `comment on table shop.orders is null; comment on table shop.orders is 'z'`],
])('a comment that came and went %s is a write without trace (LB305)', async (_, besides) => {
  const row = await run(
    w,
    `comment on table shop.orders is null; comment on table shop.orders is 'y'; ${besides};
     grant select (id) on shop.items to public`,
  )
  expect(failure(row)).toEqual(withoutTrace('pg_description'))
})

test('nor does an update beside it hide one', async () => {
  const row = await run(
    w,
    `comment on table shop.orders is 'updated';
     comment on table shop.items is 'x'; comment on table shop.items is null;
     grant select (id) on shop.items to public`,
  )
  expect(failure(row)).toEqual(withoutTrace('pg_description'))
})
