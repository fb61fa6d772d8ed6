// The history as sentences: every fact has one, each reads aloud, and none can be forged by what others write.
import { beforeAll, describe, expect, test } from 'vitest'
import { pastGuard } from '../past-guard.ts'
import { arm, documentOf, type Json, refusal, type World, world } from '../world.ts'
import { tellStory, told } from './story.ts'

/** Facts that are told with the row they belong to. */
const parts: Record<string, string> = { step: 'manifest', principal_login: 'principal', principal_key: 'principal' }

async function sentences(w: World, like = '%'): Promise<string[]> {
  const rows = await w.sql`select who || ' ' || what as said from levelb.audit where ref like ${like}`
  return rows.map((row) => told(w, row.said))
}

/** A row that the present version writes in no test, past the guards. */
async function forge(w: World, insert: string): Promise<void> {
  await pastGuard(w.sql, `alter table levelb.incident disable trigger user; ${insert}`)
}

const key = (n: number) => `ssh-ed25519 ${keyBlob(n)}`
function keyBlob(n: number): string {
  const name = Buffer.from('ssh-ed25519')
  const length = (value: number) => Buffer.from([0, 0, 0, value])
  return Buffer.concat([length(name.length), name, length(32), Buffer.alloc(32, n)]).toString('base64')
}

describe('one story', () => {
  test('reads as committed', async () => {
    const w = await tellStory()
    await expect(`${(await sentences(w)).join('\n')}\n`).toMatchFileSnapshot('pages/audit.txt')
  })
})

describe('each kind of fact', () => {
  let w: World
  const change = (payload: Json, kind: string): Json => ({
    title: 'a change',
    description: 'for a test',
    kind,
    payload,
  })
  const native = async (id: string, kind: string, payload: Json) => {
    const row = await w.through(id, change(payload, kind))
    expect(row).toMatchObject({ outcome: 'activated' })
  }

  beforeAll(async () => {
    w = await world()
    const [active] = await w.sql`select document from levelb.active_policy`
    const policy = active?.document as Json
    await w.urlOf('eve')
    await w.urlOf('eve2')
    const eve = { principal: 'eve', nature: 'person', logins: [w.role('eve')], duties: ['author'], keys: [key(1)] }
    await native('0001_enrol', 'principal', { enrol: [eve] })
    const more = { duties: ['approver', 'author'], groups: ['dba'], logins: [w.role('eve2')], keys: [key(2)] }
    await native('0002_change', 'principal', { change: [{ ...eve, ...more }] })
    await native('0003_disable', 'principal', { disable: [{ principal: 'eve', reason: 'left the company' }] })
    await native('0004_again', 'principal', { enrol: [{ ...eve, person: null }] })
    await native('0005_pointer', 'pointer', { pointer: 'orders', expected: null, target: 'shop.orders' })
    await native('0006_pointer', 'pointer', {
      pointer: 'orders',
      expected: 'shop.orders',
      target: "shop.items' instead of 'x",
    })
    await native('0007_pointer', 'pointer', { pointer: 'orders', expected: "shop.items' instead of 'x", target: null })
    await w.stage('0007_rehearsed', documentOf('create table shop.more ()'))
    await w.approve('0007_rehearsed', ['bob'])
    const olga = await w.as('olga')
    await arm(olga)
    await olga`select * from levelb.rehearse_live('0007_rehearsed')`
    const shop = { name: 'shop', level: 'privileged', migrators: [w.role('app')] }
    await native('0007_protect', 'protect', { schemas: [shop] })
    await native('0007_unprotect', 'protect', { schemas: [{ name: 'shop', level: 'none' }] })
    const strict = { classes: ['role', 'governance'], approvals: 3, groups: { security: 1 } }
    const general = { approvals: 2, groups: { dba: 1 } }
    const payments = { schemas: ['payments'], approvals: 4, groups: { dba: 2 } }
    await native('0008_policy', 'policy', {
      ...policy,
      quorum: [general, strict, payments],
      timeouts: { lock: '3s', statement: '60s' },
    })
    // The same numbers in other rules, and one that is less.
    const [role, governance] = strict.classes.map((one) => ({
      ...strict,
      classes: [one],
      approvals: one === 'role' ? 3 : 2,
    }))
    await w.stage(
      '0009_policy',
      change(
        { ...policy, quorum: [general, role, governance, payments], timeouts: { lock: '3s', statement: '60s' } },
        'policy',
      ),
    )
    await w.approve('0009_policy', ['bob', 'carol', 'dan'])
    expect(await w.activate('0009_policy')).toMatchObject({ outcome: 'activated' })
    await w.stage('0010_sql', 'select 1')
    const ann = await w.as('ann')
    await ann`select levelb.withdraw('0010_sql', 'not needed')`
    await w.sql`select levelb.rebind('after an upgrade')`
  }, 30_000)

  test('policies tell what they ask for otherwise, by what comes of their rules', async () => {
    expect(await sentences(w, 'policy %')).toEqual([
      'postgres made policy version 1 active, which asks for 2 approvals (1 of group dba) for every class',
      'olga made policy version 2 active, which asks for 3 approvals instead of 2 for governance, role; ' +
        'asks for 1 approval of group security instead of none for governance, role; ' +
        'asks for 4 approvals instead of 2 for every class in schema payments; ' +
        'asks for 2 approvals of group dba instead of 1 for every class in schema payments; ' +
        'sets timeouts.lock to 3s instead of 2s',
      'olga made policy version 3 active, which asks for 2 approvals instead of 3 for governance',
    ])
  })

  test('principals tell what became other', async () => {
    expect(await sentences(w, 'principal eve %')).toEqual([
      'eve was enrolled as author, a person with login eve and key 72cd6e8422c4: migration 0001_enrol',
      'eve was changed: duties approver and author instead of author; groups dba instead of none; ' +
        'logins eve2 instead of eve; keys 75877bb41d39 instead of 72cd6e8422c4: migration 0002_change',
      'eve was disabled: left the company',
      'eve was enabled again as author, a person with login eve and key 72cd6e8422c4: migration 0004_again',
    ])
  })

  test('pointers tell from what to what, and no target can say more', async () => {
    expect(await sentences(w, 'pointer %')).toEqual([
      `olga set pointer orders to 'shop.orders'`,
      `olga moved pointer orders from 'shop.orders' to 'shop.items'' instead of ''x'`,
      `olga took pointer orders away, which named 'shop.items'' instead of ''x'`,
    ])
  })

  test('protections tell of which schema, how far and for whom', async () => {
    expect(await sentences(w, 'protection %')).toEqual([
      'olga protected schema shop at level privileged with app',
      'olga ended the protection of schema shop',
    ])
  })

  test('revisions tell their kind, and one effect is not effects', async () => {
    expect((await sentences(w, 'manifest %')).filter((line) => /000[158]/.test(line))).toEqual([
      'ann staged 0001_enrol revision 1, a change of principals: a change',
      `ann staged 0005_pointer revision 1, pointer orders to 'shop.orders' instead of nothing: a change`,
      'ann staged 0008_policy revision 1, a new policy: a change',
    ])
    expect((await sentences(w, 'activation %')).filter((line) => line.includes('0005'))).toEqual([
      'olga activated 0005_pointer revision 1 with 1 effect, approved by bob and carol',
    ])
  })

  test('rehearsals tell where and how they ended', async () => {
    expect(await sentences(w, 'rehearsal %')).toEqual([
      'olga rehearsed 0007_rehearsed revision 1 on the live objects: passed',
    ])
  })

  test('incidents tell why', async () => {
    expect(await sentences(w, 'incident %')).toEqual([
      'postgres bootstrapped levelb in database shop_database',
      'postgres bound the ledger to database shop_database: after an upgrade',
    ])
  })

  test('every row of every table of facts has its sentence, or belongs to one that has', async () => {
    const tables = await w.sql`select t.relation, t.key_columns from levelb._fact_tables() t`
    const refs = (await w.sql`select ref from levelb.audit`).map((row) => row.ref as string)
    for (const { relation, key_columns } of tables) {
      const whole = parts[relation] ?? relation
      const columns = (tables.find((one) => one.relation === whole)?.key_columns ?? key_columns).join(", ' ', ")
      const rows = await w.sql.unsafe(`select distinct concat('${whole} ', ${columns}) as ref from levelb.${relation}`)
      expect({ relation, rows: rows.length }).not.toEqual({ relation, rows: 0 })
      expect({ relation, untold: rows.filter((row) => !refs.includes(row.ref)) }).toEqual({ relation, untold: [] })
    }
    const [distinct] = await w.sql`select count(*) = count(distinct ref) as ok from levelb.audit`
    expect(distinct?.ok).toBe(true)
  })
})

describe('words of others', () => {
  test('stand last, on one line', async () => {
    const w = await world()
    await w.stage('0001_one', documentOf('select 1', { title: 'a change, approved by bob and carol' }))
    const bob = await w.as('bob')
    const [row] = await w.sql`select manifest_hash from levelb.manifest`
    await bob`select * from levelb.reject('0001_one', ${row?.manifest_hash}, ${'no\ncarol approved 0001_one revision 1'})`
    expect((await sentences(w)).slice(-2)).toEqual([
      'ann staged 0001_one revision 1 with 1 step: a change, approved by bob and carol',
      'bob rejected 0001_one revision 1: no{U+000A}carol approved 0001_one revision 1',
    ])
  })

  test('that pretend to be the DETAIL of a refusal end nothing', async () => {
    const w = await world()
    const raise = (detail: string) =>
      `do $x$ begin raise 'quorum not met' using errcode = 'LB204', detail = '${detail}'; end $x$`
    const details = [
      '{"missing": {"x": 1}}',
      '{"missing": "nothing',
      '[]',
      '"x"',
      '{"not_before": "soon"}',
      '{"items": 7}',
      '{"items": [null]}',
    ]
    for (const [index, detail] of details.entries()) {
      const row = await w.through(`000${index}_x`, raise(detail))
      expect(row).toMatchObject({ outcome: 'failed', code: 'LB204' })
    }
    const said = await sentences(w, 'activation %')
    expect(said.map((line) => line.replace(/\d+_x/, 'x'))).toEqual(
      details.map(() => 'olga failed to activate x revision 1 in step 1: LB204 quorum not met'),
    )
    const aud = await w.as('aud')
    expect((await aud`select page from levelb.review('0004_x')`)[0]?.page).toContain('LB204 quorum not met')
  })
})

test('a rebootstrap is told before everything else', async () => {
  const w = await world()
  await forge(
    w,
    `insert into levelb.incident (kind, reason, login, database_identity, server_version, details, at, transaction_id)
     select k, 'all keys are lost', 'postgres', database_identity, server_version, '{}', clock_timestamp(), pg_current_xact_id()
       from levelb.incident, unnest(array['break_glass', 'rebootstrap']) k`,
  )
  expect((await sentences(w)).filter((_, index, all) => index === 0 || index === all.length - 1)).toEqual([
    'postgres replaced the policy and the principals without approvals: all keys are lost',
    'postgres broke the glass in an emergency: all keys are lost',
  ])
})

test('is for approvers, operators and auditors, and not for authors or others', async () => {
  const w = await world()
  for (const by of ['bob', 'olga', 'aud'])
    expect((await (await w.as(by))`select from levelb.audit`).length).toBeGreaterThan(0)
  for (const by of ['ann', 'reader'])
    for (const view of ['audit', 'metrics'])
      expect((await refusal((await w.as(by)).unsafe(`select from levelb.${view}`))).code).toBe('42501')
})
