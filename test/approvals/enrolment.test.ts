// Which people and quorums bootstrap takes: one key one principal, one person one vote, no quorum of nobody.
import { beforeAll, expect, test } from 'vitest'
import { freshDatabase, type TestDatabase } from '../database.ts'
import { type Json, policy, principalsOf, refusal } from '../world.ts'

let there: TestDatabase
let people: Json[]
beforeAll(async () => {
  there = await freshDatabase()
  people = principalsOf(there)
  await Promise.all(people.map(({ principal }) => there.urlOf(principal as string)))
})

/** How bootstrap refuses these; nothing is written. */
async function refusedBootstrap(document: Json, principals: Json[]): Promise<Json> {
  const { sql } = there
  const superusers = await sql`select rolname from pg_roles where rolsuper and rolcanlogin`
  const given = { break_glass: { logins: superusers.map((row) => row.rolname) }, ...document }
  const call = sql`select levelb.bootstrap(${sql.json(given as never)}::jsonb, ${sql.json(principals as never)}::jsonb)`
  const { code, detail } = await refusal(call)
  expect(await sql`select from levelb.incident`).toHaveLength(0)
  return { code, detail }
}

const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBERERERERERERERERERERERERERERERERERERERERER'
const raw = 'ERERERERERERERERERERERERERERERERERERERERERE='

test.each<[string, [string, string], Json]>([
  ['twice', [key, key], { field: 'principals[3].keys[0]', problem: 'is given twice; a key belongs to one principal' }],
  ['with a comment', [key, `${key} carol@home`], { field: 'principals[3].keys[0]' }],
  ['as its raw 32 bytes', [key, raw], { field: 'principals[3].keys[0]' }],
  ['with a line end', [key, `${key}\n`], { field: 'principals[3].keys[0]' }],
])(
  'B012 B014 › one key of two principals, the second time %s, is refused (LB001)',
  async (_, [first, second], detail) => {
    const principals = people.map((entry, i) =>
      i === 2 || i === 3 ? { ...entry, keys: [i === 2 ? first : second] } : entry,
    )
    expect(await refusedBootstrap(policy, principals)).toEqual({
      code: 'LB001',
      detail: expect.objectContaining(detail),
    })
  },
)

const groups = (quorum: Json) => ({ ...policy, quorum: [quorum] })

test.each<[string, Json, (people: Json[]) => Json[], string, Json]>([
  ['no approval', groups({ approvals: 0 }), (p) => p, 'LB005', { field: 'quorum[0].approvals' }],
  [
    'no member of a group',
    groups({ approvals: 1, groups: { dba: 0 } }),
    (p) => p,
    'LB005',
    { field: 'quorum[0].groups.dba' },
  ],
  ['no group', groups({ approvals: 1, groups: {} }), (p) => p, 'LB005', { field: 'quorum[0].groups' }],
  ['no rule', { ...policy, quorum: [] }, (p) => p, 'LB005', { field: 'quorum' }],
  ['no rule for everything', groups({ approvals: 1, classes: ['acl'] }), (p) => p, 'LB005', { field: 'quorum' }],
  [
    'more than there are',
    groups({ approvals: 5 }),
    (p) => p,
    'LB013',
    { problem: expect.stringContaining('asks for 5, 4 can approve') },
  ],
  [
    'more of a group than there are',
    groups({ approvals: 1, groups: { security: 2 } }),
    (p) => p,
    'LB013',
    { problem: expect.stringContaining('of group security asks for 2, 1 can approve') },
  ],
  [
    'more persons than stand behind its principals',
    groups({ approvals: 1, groups: { security: 2 } }),
    (p) =>
      p.map((e) => (e.principal === 'aud' ? { ...e, duties: ['approver'], groups: ['security'], person: 'dan' } : e)),
    'LB013',
    { problem: expect.stringContaining('of group security asks for 2, 1 can approve') },
  ],
  [
    'a group twice',
    policy,
    (p) => p.map((e) => (e.principal === 'bob' ? { ...e, groups: ['dba', 'dba'] } : e)),
    'LB001',
    { field: 'principals[2].groups[1]' },
  ],
  [
    'a person who is itself',
    policy,
    (p) => p.map((e) => (e.principal === 'bob' ? { ...e, person: 'bob' } : e)),
    'LB001',
    { field: 'principals[2].person' },
  ],
  [
    'persons in a circle',
    policy,
    (p) =>
      p.map((e) =>
        e.principal === 'bob' ? { ...e, person: 'carol' } : e.principal === 'carol' ? { ...e, person: 'bob' } : e,
      ),
    'LB001',
    { field: 'principals[2].person' },
  ],
])('B126 › %s is refused by bootstrap (%#)', async (_, document, change, code, detail) => {
  expect(await refusedBootstrap(document, change(people))).toEqual({ code, detail: expect.objectContaining(detail) })
})
