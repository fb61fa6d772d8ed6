// The last resort: another policy and other people without any quorum, by a declared superuser, on record.
import { beforeAll, describe, expect, test } from 'vitest'
import { refused } from '../approvals/company.ts'
import type { Client } from '../client.ts'
import { voidOf } from '../concurrency/two-sessions.ts'
import { freshDatabase } from '../database.ts'
import { pastGuard } from '../past-guard.ts'
import { type Json, principalsOf, type Row, refusal, type World, world } from '../world.ts'
import { person, policyWith } from './documents.ts'

const text = 'grant select on shop.orders to public'

const rebootstrap = (sql: Client, policy: Json, principals: Json[], reason = 'all keys are lost') =>
  sql`select * from levelb.rebootstrap(${sql.json(policy as never)}::jsonb, ${sql.json(principals as never)}::jsonb, ${reason})`

/** ann authors, erin approves, olga operates. */
async function fewPeople(w: World): Promise<Json[]> {
  return [
    await person(w, 'ann', { duties: ['author'], groups: [] }),
    await person(w, 'erin', { groups: ['dba'] }),
    await person(w, 'olga', { duties: ['operator'], groups: [] }),
  ]
}

describe('what it does', () => {
  let w: World
  beforeAll(async () => {
    w = await world()
    await w.stage('0001_open', text)
    await w.approve('0001_open')
  })

  test('the new policy and people hold, all others are disabled, and the incident shows both sides', async () => {
    const policy = await policyWith(w, { name: 'after', quorum: [{ approvals: 1 }] })
    const [incident] = await rebootstrap(w.sql, policy, await fewPeople(w))
    expect(incident).toMatchObject({
      kind: 'rebootstrap',
      reason: 'all keys are lost',
      login: 'postgres',
      details: {
        old: { policy_version: 1, policy: { name: 'test' } },
        new: { policy_version: 2, policy: { name: 'after' } },
      },
    })
    const { old, new: now } = (incident as Row).details as { old: { principals: Json[] }; new: { principals: Json[] } }
    expect([old.principals.length, now.principals.map(({ principal }) => principal)]).toEqual([
      8,
      ['ann', 'erin', 'olga'],
    ])
    expect(await w.sql`select principal from levelb.active_principal order by 1`).toEqual(
      ['ann', 'erin', 'olga'].map((principal) => ({ principal })),
    )
    expect(await w.sql`select version, incident_id from levelb.policy order by 1 desc limit 1`).toEqual([
      { version: 2, incident_id: incident?.incident_id },
    ])
    expect(await w.sql`select reason from levelb.principal where principal = 'bob' and not enabled`).toEqual([
      { reason: 'rebootstrap: all keys are lost' },
    ])
    expect(await w.sql`select ok, unsealed::int from levelb.verify_ledger()`).toEqual([{ ok: true, unsealed: 0 }])
    expect(await w.sql`select levelb.mode() as mode`).toEqual([{ mode: 'OPERATOR_HANDOFF' }])
  })

  test('approvals given before are void, even under the same policy; who stayed approves again', async () => {
    await w.approve('0001_open', ['erin'])
    const policy = await policyWith(w, { name: 'after', quorum: [{ approvals: 1 }] })
    await rebootstrap(w.sql, policy, await fewPeople(w), 'once more')
    const row = await w.activate('0001_open')
    expect([row.code, voidOf(row).map(({ principal }) => principal)]).toEqual(['LB204', ['bob', 'carol', 'erin']])
    expect(voidOf(row)[2]?.why).toBe('given before the database was rebound')
    await w.approve('0001_open', ['erin'])
    expect(await w.activate('0001_open')).toMatchObject({ outcome: 'activated' })
  })
})

describe('refused, and nothing is written', () => {
  let w: World
  let policy: Json
  beforeAll(async () => {
    w = await world()
    policy = await policyWith(w)
  })

  test('everybody but a superuser whom the active policy names (LB201, 42501)', async () => {
    const rogue = w.role('rogue')
    await w.sql.unsafe(`create role ${rogue} superuser login password 'levelb-test'`)
    try {
      const found = await refusal(rebootstrap(await w.as('rogue'), policy, principalsOf(w)))
      expect(found).toMatchObject({ code: 'LB201', detail: { login: rogue } })
    } finally {
      await w.sql.unsafe(`alter role ${rogue} nosuperuser nologin`)
    }
    expect(await refusal(rebootstrap(await w.as('olga'), policy, principalsOf(w)))).toMatchObject({ code: '42501' })
  })

  test('a declared login that is no superuser any more (LB201)', async () => {
    const was = w.role('was')
    await pastGuard(
      w.sql,
      `create role ${was} login password 'levelb-test'; grant usage on schema levelb to ${was};
      grant execute on function levelb.rebootstrap(jsonb, jsonb, text) to ${was}`,
    )
    try {
      const named = await policyWith(w, { break_glass: { logins: ['postgres', was] } })
      await w.sql`select levelb.rebind('a right was granted by hand')`
      await rebootstrap(w.sql, named, principalsOf(w))
      expect(await refused(w, async () => rebootstrap(await w.as('was'), policy, principalsOf(w)))).toMatchObject({
        code: 'LB201',
      })
    } finally {
      await pastGuard(
        w.sql,
        `revoke execute on function levelb.rebootstrap(jsonb, jsonb, text) from ${was};
        revoke usage on schema levelb from ${was}`,
      )
      await w.sql`select levelb.rebind('and taken away')`
    }
  })

  test.each<[string, (w: World, p: Json) => Promise<[Json, Json[], string?]>, string, Json]>([
    [
      'a policy that the people cannot meet',
      async (w, p) => [{ ...p, quorum: [{ approvals: 9 }] }, principalsOf(w)],
      'LB013',
      {
        problem:
          'quorum[0] asks for 9, 4 can approve beside ann as author and ci as operator; it takes 11 people, 7 are enabled',
      },
    ],
    ['an unknown member', async (w, p) => [{ ...p, quorums: [] }, principalsOf(w)], 'LB005', { field: 'quorums' }],
    ['nobody', async (_, p) => [p, []], 'LB001', { field: 'principals' }],
    ['no reason', async (w, p) => [p, principalsOf(w), ' '], 'LB001', { field: 'reason' }],
    [
      'a login that does not exist',
      async (w, p) => [
        p,
        principalsOf(w).map((entry) => (entry.principal === 'ann' ? { ...entry, logins: ['nobody'] } : entry)),
      ],
      'LB001',
      { field: 'principals[0].logins[0]' },
    ],
    [
      'another person behind the same name',
      async (w, p) => [
        p,
        principalsOf(w).map((entry) => (entry.principal === 'dan' ? { ...entry, person: 'bob' } : entry)),
      ],
      'LB001',
      { field: 'principals[4].person' },
    ],
    [
      'a break-glass login that does not exist',
      async (w, p) => [{ ...p, break_glass: { logins: ['zz', 'postgres'] } }, principalsOf(w)],
      'LB005',
      { field: 'break_glass.logins[0]' },
    ],
  ])('%s', async (_, given, code, detail) => {
    const [changed, principals, reason] = await given(w, policy)
    expect(await refused(w, () => rebootstrap(w.sql, changed, principals, reason))).toEqual({
      code,
      detail: expect.objectContaining(detail),
    })
  })

  test('changed objects are not taken over on the way: rebind comes first (LB306)', async () => {
    await pastGuard(w.sql, 'grant execute on function levelb.seal() to public')
    const found = await refusal(rebootstrap(w.sql, policy, principalsOf(w)))
    expect(found).toMatchObject({
      code: 'LB306',
      detail: { rule: 'installed_objects_unchanged' },
      hint: expect.stringContaining('levelb.rebind(reason)'),
    })
    await pastGuard(w.sql, 'revoke execute on function levelb.seal() from public')
  })

  test('a ledger that does not verify (LB309)', async () => {
    const broken = await world()
    await pastGuard(
      broken.sql,
      `alter table levelb.policy disable trigger all;
      update levelb.policy set document = document || '{"name": "forged"}';
      alter table levelb.policy enable always trigger levelb_20_append_only`,
    )
    expect(await refusal(rebootstrap(broken.sql, policy, principalsOf(broken)))).toMatchObject({ code: 'LB309' })
  })

  test('a database without a ledger (LB001)', async () => {
    const empty = await freshDatabase()
    expect(await refusal(rebootstrap(empty.sql, policy, principalsOf(w)))).toMatchObject({
      code: 'LB001',
      hint: expect.stringContaining('levelb.bootstrap'),
    })
  })
})
