// The quorum against an exhaustive model, and which rules of a policy apply.
import { beforeAll, expect, test } from 'vitest'
import { asChannel } from '../as-channel.ts'
import { pastGuard } from '../past-guard.ts'
import { type Json, type World, world } from '../world.ts'
import { judge, type Slot } from './model.ts'

const needed = { approvals: 2, groups: { dba: 1, security: 1 } }

let there: World
beforeAll(async () => {
  there = await world({ policy: { quorum: [needed] } })
  await there.stage('0001_pattern', 'select 1')
})

// A slot decides nothing, rejects, approves and revokes, or approves with one of three sets of groups.
const groupSets = [[], ['dba'], ['dba', 'security']]
const kinds: readonly { decision: Slot['decision']; set: number }[] = [
  { decision: 'none', set: 0 },
  { decision: 'reject', set: 0 },
  { decision: 'revoke', set: 1 },
  ...groupSets.map((_, set) => ({ decision: 'approve' as const, set })),
]

/** Four persons, or three of whom the first decides through two principals. */
const shapes = [
  ['p', 'q', 'r', 's'],
  ['a', 'b', 'r', 's'],
] as const
const personOf = (principal: string) => (/^[ab]\d/.test(principal) ? 'twin' : principal)

function slotsOf(shape: readonly string[], chosen: readonly number[]): Slot[] {
  return chosen.map((kind, i) => {
    const { decision, set } = kinds[kind] ?? { decision: 'none', set: 0 }
    const principal = `${shape[i]}${set}`
    return { principal, person: personOf(principal), groups: groupSets[set] ?? [], decision }
  })
}

/** All choices of four kinds; those of the last two slots, which nothing tells apart, in one order only. */
function* choices(): Generator<number[]> {
  const all = kinds.map((_, i) => i)
  for (const one of all)
    for (const two of all)
      for (const three of all) for (const four of all) if (three <= four) yield [one, two, three, four]
}

type Case = { id: string; slots: Slot[]; author: string; operator: string }

function cases(): Case[] {
  const found: Case[] = []
  for (const shape of shapes)
    for (const chosen of choices()) {
      const slots = slotsOf(shape, chosen)
      const id = `${shape[0]}${chosen.join('')}`
      const [first, second] = slots.map((slot) => slot.principal) as [string, string]
      found.push({ id, slots, author: 'ann', operator: 'olga' })
      found.push({ id, slots, author: first, operator: 'olga' })
      found.push({ id, slots, author: 'ann', operator: first })
      if (shape === shapes[0]) found.push({ id, slots, author: first, operator: second })
    }
  return found
}

test('it is met exactly when the model says so, in every combination of four approvers', async () => {
  const { sql } = there
  const all = cases()
  const principals = ['p', 'q', 'r', 's', 'a', 'b'].flatMap((name) =>
    groupSets.map((groups, set) => ({ principal: `${name}${set}`, person: personOf(`${name}${set}`), groups })),
  )
  const decisions = [...new Map(all.map((one) => [one.id, one.slots])).entries()].flatMap(([id, slots]) =>
    slots.flatMap(({ principal, decision }) =>
      decision === 'none'
        ? []
        : (decision === 'revoke' ? ['approve', 'revoke'] : [decision]).map((given) => [id, principal, given]),
    ),
  )
  // Some thousand rows: without the triggers, which other tests are about.
  await pastGuard(
    sql,
    'alter table levelb.approval disable trigger user; alter table levelb.principal disable trigger user',
  )
  await sql`
    insert into levelb.principal (principal, version, nature, person, duties, groups, enabled, at)
      select e ->> 'principal', 1, 'person', e ->> 'person', '{approver}',
          array(select jsonb_array_elements_text(e -> 'groups')), true, now()
        from jsonb_array_elements(${sql.json([...principals, { principal: 'twin', groups: [] }])}) e`
  await sql`
    insert into levelb.approval (migration_id, revision, decision, principal, login, manifest_hash, policy_version, policy_hash,
        incarnation, expires_at, decision_text, decided_at, transaction_id)
      select d ->> 0, 1, d ->> 2, d ->> 1, 'x', m.manifest_hash, p.version, p.hash, 1, 'infinity', 'x', now(), '1'
        from jsonb_array_elements(${sql.json(decisions)}) with ordinality d (d, i), levelb.manifest m, levelb.active_policy p
       order by i`
  await sql.unsafe('analyze levelb.approval; analyze levelb.principal; set jit = off')
  const given = all.map(({ id, author, operator }) => [id, author, personOf(operator)])
  const judged = await sql`
    select q.approvals_met as approvals, q.met, q.rejected_by as rejected, q.missing, jsonb_array_length(q.counted) as counted
      from jsonb_array_elements(${sql.json(given)}) with ordinality c (c, i), levelb.manifest m, levelb.active_policy p,
        lateral (select jsonb_populate_record(m, jsonb_build_object('migration_id', c ->> 0, 'author', c ->> 1)) as m) x,
        lateral levelb._judge_quorum(x.m, p, c ->> 2, '[{"class": "acl", "schema": "shop"}]') q
     order by i`

  const expected = all.map(({ slots, author, operator }) => {
    const { approvals, groups, rejected, met } = judge(slots, personOf(author), personOf(operator), needed)
    const missing = [
      ...(approvals < 2 ? [`${2 - approvals} more approval${approvals === 1 ? '' : 's'}`] : []),
      ...Object.entries(groups).flatMap(([name, count]) => (count < 1 ? [`1 of group ${name}`] : [])),
      ...(rejected.length > 0 ? [`an end to the rejection by ${rejected.sort().join(', ')}`] : []),
    ]
    return { approvals, met, rejected: rejected.sort(), missing: missing.join(', ') }
  })
  const different = all.flatMap((one, i) => {
    const { counted: _, ...found } = judged[i] ?? {}
    return JSON.stringify(found) === JSON.stringify(expected[i]) ? [] : [{ ...one, found, expected: expected[i] }]
  })
  expect(different.slice(0, 3)).toEqual([])
  expect(judged).toHaveLength(36 * 21 * 7)
  expect(new Set(judged.map((row) => row.met))).toEqual(new Set([true, false]))
})

const rules = {
  quorum: [
    { approvals: 2, groups: { dba: 1 } },
    { classes: ['role', 'governance'], approvals: 3, groups: { security: 1 } },
    { schemas: ['payments'], groups: { dba: 2, payments_dba: 1 } },
    { classes: ['data'], schemas: ['payments'], approvals: 4 },
  ],
}

test.each<[string, Json[], Json]>([
  ['nothing', [], { approvals: 1, groups: {} }],
  ['a class that no rule names', [{ class: 'acl', schema: 'shop' }], { approvals: 2, groups: { dba: 1 } }],
  ['a class that a rule names', [{ class: 'role' }], { approvals: 3, groups: { dba: 1, security: 1 } }],
  [
    'a schema that a rule names',
    [{ class: 'acl', schema: 'payments' }],
    { approvals: 2, groups: { dba: 2, payments_dba: 1 } },
  ],
  ['that schema with another class', [{ class: 'acl', schema: 'Payments' }], { approvals: 2, groups: { dba: 1 } }],
  [
    'class and schema together',
    [{ class: 'data', schema: 'payments' }],
    { approvals: 4, groups: { dba: 2, payments_dba: 1 } },
  ],
  [
    'the class of one thing and the schema of another',
    [
      { class: 'data', schema: 'shop' },
      { class: 'acl', schema: 'payments' },
    ],
    { approvals: 2, groups: { dba: 2, payments_dba: 1 } },
  ],
  [
    'the strictest of each number',
    [
      { class: 'governance', schema: null },
      { class: 'acl', schema: 'payments' },
    ],
    { approvals: 3, groups: { dba: 2, payments_dba: 1, security: 1 } },
  ],
])('rules › %s', async (_, touched, expected) => {
  const { sql } = there
  const [row] = await sql`select levelb._quorum_needed(${sql.json(rules)}, ${sql.json(touched as never)}) as needed`
  expect(row?.needed).toEqual(expected)
})

test.each([
  ['table', 'payments.cards', 'payments'],
  ['table', '"Pay ""ments".cards', 'Pay "ments'],
  ['function', 'payments.total(shop.kind, integer)', 'payments'],
  ['schema', 'payments', 'payments'],
  ['schema', '"Pay.ments"', 'Pay.ments'],
  ['role', 'payments', null],
])('rules › a claimed effect on %s %s is of schema %s', async (type, identity, schema) => {
  const [row] = await there.sql`select levelb._schema_of(${type}, ${identity}) as schema`
  expect(row).toEqual({ schema })
})

test('rules › what really changed decides: no quorum admits a class that the claim left out (LB304)', async () => {
  const strict = await world({
    policy: { quorum: [{ approvals: 1 }, { classes: ['owner'], approvals: 2, groups: { security: 1 } }] },
  })
  const document = {
    title: 'claims less than it does',
    description: 'for a test',
    classes: ['acl'],
    steps: [
      { name: 'one', apply: 'grant select on shop.orders to public; alter table shop.orders owner to levelb_deploy' },
    ],
  }
  await strict.stage('0001_less', document)
  await strict.approve('0001_less', ['bob'])
  expect(await strict.activate('0001_less')).toMatchObject({ outcome: 'failed', code: 'LB304' })
  await strict.approve('0001_less', ['dan'])
  expect(await strict.activate('0001_less')).toMatchObject({ outcome: 'failed', code: 'LB304' })
  await strict.stage('0002_all', { ...document, classes: ['acl', 'owner'] })
  await strict.approve('0002_all', ['bob', 'dan'])
  expect(await strict.activate('0002_all')).toMatchObject({ outcome: 'activated' })
})

test('a group that the policy names stands for persons: two principals of one are one of it', async () => {
  const two = await world({ policy: { quorum: [{ approvals: 1, groups: { dba: 2 } }] } })
  await two.stage('0001_two', 'grant select on shop.orders to public')
  await two.approve('0001_two')
  await asChannel(
    two,
    `
    insert into levelb.principal select principal, 2, nature, 'bob', duties, groups, true, null, now()
      from levelb.principal where principal = 'carol';
    insert into levelb.principal_login select principal, 2, login, login_oid from levelb.principal_login where principal = 'carol'`,
  )
  const [row] = await (await two.as('olga'))`select met, approvals_met, missing from levelb.quorum('0001_two')`
  expect(row).toEqual({ met: false, approvals_met: 1, missing: '1 of group dba' })
})
