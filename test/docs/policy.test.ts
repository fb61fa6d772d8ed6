// docs/policy.md: its documents are policies, and its table has a line for every field and every refused value.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { PolicyDocument } from '../../src/json/policy-document.ts'
import { freshDatabase } from '../database.ts'
import type { Json } from '../world.ts'
import { blocks } from './console.ts'
import { membersOf, membersOfSchema } from './members.ts'

const page = new URL('../../docs/policy.md', import.meta.url)
const [whole, least, completed] = blocks(page, 'json').map((text) => JSON.parse(text) as Json)

/** Field, and the cells after it. */
const lines = [...readFileSync(page, 'utf8').matchAll(/^\| `([^`]+)` \| (.*) \|$/gm)].map(
  ([, field = '', cells = '']) => ({ field, cells }),
)

test('every field of the schema has a line, and no line is of another', () => {
  expect(lines.map(({ field }) => field).sort()).toEqual(membersOfSchema(PolicyDocument))
})

test('every value that this version refuses is named in its line', async () => {
  const { sql } = await freshDatabase()
  const refused = await sql`select path, value #>> '{}' as value from levelb._unsupported_policy_values()`
  expect(refused.length).toBeGreaterThan(0)
  for (const { path, value } of refused) {
    const cells = lines.find(({ field }) => field === path)?.cells
    expect(cells, path).toContain('LB012')
    if (value !== null) expect(cells, path).toContain(`\`"${value}"\``)
  }
})

test('the whole policy has every field that this version carries out, and is bootstrapped', async () => {
  const { sql, role, urlOf } = await freshDatabase()
  const refusedWhole = lines.filter(({ cells }) => cells.startsWith('LB012')).map(({ field }) => field)
  const groups = ['quorum[].groups.dba', 'quorum[].groups.security']
  expect(membersOf(whole)).toEqual(
    [...membersOfSchema(PolicyDocument).filter((field) => !refusedWhole.includes(field)), ...groups].sort(),
  )
  expect(PolicyDocument.safeParse(whole).success).toBe(true)
  const superusers = await sql`select rolname from pg_roles where rolsuper and rolcanlogin`
  const policy = {
    ...whole,
    // other tests of this cluster may govern
    cluster: 'ignore',
    break_glass: { minutes: 30, logins: superusers.map((row) => row.rolname as string) },
  }
  const people = { ann: ['author'], bob: ['approver'], dan: ['approver'], eve: ['approver'], olga: ['operator'] }
  await Promise.all(Object.keys(people).map(urlOf))
  const principals = Object.entries(people).map(([principal, duties]) => ({
    ...{ principal, nature: 'person', logins: [role(principal)], duties, groups: ['dba', 'security'] },
  }))
  await sql`select levelb.bootstrap(${sql.json(policy as never)}, ${sql.json(principals)})`
  const [row] = await sql`select document from levelb.active_policy`
  expect(row?.document).toEqual({ ...policy, break_glass: { minutes: 30, logins: policy.break_glass.logins.sort() } })
  expect(await sql`select levelb.mode() as mode`).toEqual([{ mode: 'OPERATOR_HANDOFF' }])
})

test('the least policy becomes what stands under it', async () => {
  const { sql } = await freshDatabase()
  expect(PolicyDocument.safeParse(least).success).toBe(true)
  const [row] = await sql`select levelb._check_policy(${sql.json(least as never)}) as document`
  expect(row?.document).toEqual(completed)
})
