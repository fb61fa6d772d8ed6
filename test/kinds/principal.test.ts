// Kind principal: who is enrolled, changed and disabled, and as whom they count afterwards.
import { generateKeyPairSync } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { activate, session, voidOf } from '../concurrency/two-sessions.ts'
import { failure, lines } from '../effects/effects.ts'
import { waitUntilBlocked } from '../steps.ts'
import { type Json, type Row, refusal, type World, world } from '../world.ts'
import { documentOfKind, nextId, person, problemOf, throughKind } from './documents.ts'

function newKey(): string {
  const { x } = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' })
  const wire = Buffer.concat([
    Buffer.from('\0\0\0\x0bssh-ed25519\0\0\0\x20', 'latin1'),
    Buffer.from(x as string, 'base64url'),
  ])
  return `ssh-ed25519 ${wire.toString('base64')}`
}

const change = (w: World, payload: Json) => throughKind(w, 'principal', payload)
const staged = (w: World, payload: Json) => w.stage(nextId(), documentOfKind('principal', payload))
const text = 'grant select on shop.orders to public'

describe('enrol, change, disable', () => {
  let w: World
  beforeAll(async () => {
    w = await world()
  })

  test('who is enrolled can do what the duties say; each line of the principal is an effect, the open door too', async () => {
    const key = newKey()
    const row = await change(w, { enrol: [await person(w, 'erin', { groups: ['dba', 'security'], keys: [key] })] })
    const login = w.role('erin')
    expect([failure(row).code, lines(row)]).toEqual([
      null,
      [
        'governance: principal erin: duties: - → approver',
        'governance: principal erin: enabled: false → true',
        'governance: principal erin: groups: - → dba, security',
        `governance: principal erin: keys: - → ${key}`,
        `governance: principal erin: logins: - → ${login}`,
        'governance: principal erin: nature: - → person',
        `governance: role membership ${login} in levelb_approver: duty: - → granted`,
      ],
    ])
    await w.stage('0001_erin', text)
    expect(await w.approve('0001_erin', ['erin'])).toMatchObject({ principal: 'erin' })
    expect(await w.sql`select version, reason, activation_id from levelb.principal where principal = 'erin'`).toEqual([
      { version: 1, reason: `migration ${row.migration_id}`, activation_id: row.activation_id },
    ])
    expect(row.rollback_snapshot).toContain(`revoke levelb_approver from ${login} granted by levelb_owner;`)
  })

  test('a change is of what it names, and counts at once', async () => {
    const row = await change(w, {
      change: [await person(w, 'dan', { groups: ['security', 'dba'], duties: ['approver', 'auditor'] })],
    })
    expect(lines(row)).toEqual([
      'governance: principal dan: duties: approver → approver, auditor',
      'governance: principal dan: groups: security → dba, security',
      `governance: role membership ${w.role('dan')} in levelb_auditor: duty: - → granted`,
    ])
  })

  test('who is disabled may do nothing and decided nothing; the door stays open for other databases', async () => {
    await w.stage('0002_void', text)
    await w.approve('0002_void', ['bob', 'dan'])
    const row = await change(w, { disable: [{ principal: 'dan', reason: 'left the company' }] })
    expect(lines(row)).toContain('governance: principal dan: enabled: true → false')
    expect(
      await w.sql`select reason from levelb.principal where principal = 'dan' order by version desc limit 1`,
    ).toEqual([{ reason: 'left the company' }])
    const dan = await w.as('dan')
    expect(await refusal(dan`select levelb.quorum('0002_void')`)).toMatchObject({ code: 'LB201' })
    expect(await w.sql`select pg_has_role(${w.role('dan')}, 'levelb_approver', 'member') as member`).toEqual([
      { member: true },
    ])
    expect(voidOf(await w.activate('0002_void'))).toEqual([{ principal: 'dan', why: 'principal disabled' }])
  })

  test('who is enrolled again has another version, and no earlier decision back', async () => {
    await change(w, { enrol: [await person(w, 'dan', { groups: ['security'] })] })
    expect(voidOf(await w.activate('0002_void'))).toEqual([{ principal: 'dan', why: 'principal was disabled since' }])
    await w.approve('0002_void', ['dan'])
    expect(await w.activate('0002_void')).toMatchObject({ outcome: 'activated' })
    expect(await w.sql`select count(*)::int as versions from levelb.principal where principal = 'dan'`).toEqual([
      { versions: 4 },
    ])
  })

  test('a login goes from one to another in one migration, never to two', async () => {
    const login = w.role('erin')
    const heir = { ...(await person(w, 'heir')), logins: [login] }
    expect(await refusal(staged(w, { enrol: [heir] }))).toMatchObject({
      code: 'LB001',
      detail: { field: 'payload.enrol[0].logins[0]', problem: `${login} is a login of another principal` },
    })
    expect(await change(w, { enrol: [heir], disable: [{ principal: 'erin', reason: 'renamed' }] })).toMatchObject({
      outcome: 'activated',
    })
    expect(await (await w.as('erin'))`select levelb.quorum('0001_erin')`).toHaveLength(1)
  })

  test('B013 › whoever staged it does not approve it under another name (LB203)', async () => {
    await w.stage('0003_own', text)
    const moved = { ...(await person(w, 'moved')), logins: [w.role('ann')], duties: ['approver', 'operator'] }
    await change(w, {
      enrol: [moved, await person(w, 'ann2', { duties: ['author'] })],
      disable: [{ principal: 'ann', reason: 'renamed' }],
    })
    expect(await refusal(w.approve('0003_own', ['ann']))).toMatchObject({ code: 'LB203' })
    await w.approve('0003_own')
    expect(await w.activate('0003_own', 'ann')).toMatchObject({ outcome: 'refused', code: 'LB212' })
  })
})

describe('refused when it is staged, at its place', () => {
  let w: World
  const key = newKey()
  beforeAll(async () => {
    w = await world()
    await change(w, {
      enrol: [
        await person(w, 'erin', { keys: [key] }),
        await person(w, 'cd', { nature: 'service', duties: ['operator'], person: 'erin' }),
        await person(w, 'gone', { keys: [newKey()] }),
      ],
    })
    await change(w, { disable: [{ principal: 'gone', reason: 'left' }] })
    await w.urlOf('creator')
    await w.sql.unsafe(`create role ${w.role('nologin')} nologin`)
  })

  test.each<[string, (w: World) => Promise<Json> | Json, string, string]>([
    [
      'who is enrolled already',
      async (w) => ({ enrol: [await person(w, 'bob')] }),
      'enrol[0].principal',
      'bob is enrolled already; write it under change',
    ],
    [
      'a change of nobody, as a new name would be',
      async (w) => ({ change: [await person(w, 'bobby')] }),
      'change[0].principal',
      'bobby is not enrolled; a principal keeps its name, so write a new one under enrol',
    ],
    [
      'the end of nobody',
      () => ({ disable: [{ principal: 'gone', reason: 'twice' }] }),
      'disable[0].principal',
      'gone is not enrolled; a principal keeps its name, so write a new one under enrol',
    ],
    [
      'B014 › the key of another',
      async (w) => ({ enrol: [await person(w, 'new'), await person(w, 'thief', { keys: [newKey(), key] })] }),
      'enrol[1].keys[1]',
      'belongs to erin, for ever; make a new key',
    ],
    [
      'a person who is nobody',
      async (w) => ({ enrol: [await person(w, 'x', { person: 'nobody' })] }),
      'enrol[0].person',
      'nobody is not enrolled',
    ],
    [
      'a service as person',
      async (w) => ({ enrol: [await person(w, 'x', { person: 'ci' })] }),
      'enrol[0].person',
      'ci is not a person',
    ],
    [
      'another person behind who is enrolled: it would part the two',
      async (w) => ({ change: [await person(w, 'cd', { nature: 'service', duties: ['operator'] })] }),
      'change[0].person',
      'cd counts as erin, for ever; disable it and enrol another name',
    ],
    [
      'a person behind who was enrolled before',
      async (w) => ({ enrol: [await person(w, 'gone', { person: 'bob' })] }),
      'enrol[0].person',
      'gone counts as itself, for ever; disable it and enrol another name',
    ],
    [
      'the end of a person whose service stays',
      () => ({ disable: [{ principal: 'erin', reason: 'left' }] }),
      'disable[0].principal',
      'cd counts as erin: change or disable cd too',
    ],
    [
      'an approver that is a service',
      async (w) => ({ enrol: [await person(w, 'x', { nature: 'service' })] }),
      'enrol[0].duties',
      'a principal of nature service cannot be approver, only a person can',
    ],
    [
      'an approver that is an agent',
      async (w) => ({ enrol: [await person(w, 'x', { nature: 'agent' })] }),
      'enrol[0].duties',
      'a principal of nature agent cannot be approver, only a person can',
    ],
  ])('%s', async (_, payload, field, problem) => {
    expect(await refusal(staged(w, await payload(w)))).toMatchObject({
      code: 'LB001',
      detail: { field: `payload.${field}`, problem },
    })
  })

  test('logins that are none, or could go round the channel', async () => {
    const x = { principal: 'x', nature: 'person', duties: ['approver'] }
    const problems = []
    for (const login of ['nobody here', w.role('nologin'), 'postgres'])
      problems.push((await refusal(staged(w, { enrol: [{ ...x, logins: [w.role('creator'), login] }] }))).detail)
    expect(problems).toEqual([
      { field: 'payload.enrol[0].logins[1]', problem: 'role "nobody here" does not exist' },
      { field: 'payload.enrol[0].logins[1]', problem: `role ${w.role('nologin')} is no login` },
      { field: 'payload.enrol[0].logins[1]', problem: expect.stringContaining('could go round the channel') },
    ])
  })

  test('B016 › a login that was renamed is still the one it was enrolled for, who would count twice', async () => {
    const [old, renamed] = [w.role('dan'), w.role('renamed')]
    await w.sql.unsafe(`alter role ${old} rename to ${renamed}`)
    const twin = { ...(await person(w, 'twin')), logins: [renamed] }
    expect((await refusal(staged(w, { enrol: [twin] }))).detail).toEqual({
      field: 'payload.enrol[0].logins[0]',
      problem: `role ${renamed} was enrolled for dan, as ${old}; change or disable dan too`,
    })
    // and the principal whose login it is takes it along under its new name
    const row = await change(w, {
      change: [{ ...(await person(w, 'other', { groups: ['security'] })), principal: 'dan', logins: [renamed] }],
    })
    expect(lines(row)[0]).toBe(`governance: principal dan: logins: ${old} (no longer that role) → ${renamed}`)
  })

  test('LB013 › the last of a duty, or too few for the policy, with the problem in words', async () => {
    const entry = async (name: string, duties: string[]) => person(w, name, { duties, groups: [] })
    const problems = []
    for (const payload of [
      { disable: ['ann', 'arno'].map((principal) => ({ principal, reason: 'left' })) },
      { disable: ['arno', 'olga', 'ci', 'cd'].map((principal) => ({ principal, reason: 'left' })) },
      {
        change: [await entry('bob', ['auditor']), await entry('carol', ['auditor']), await entry('erin', ['auditor'])],
        disable: [{ principal: 'arno', reason: 'left' }],
      },
    ])
      problems.push(await refusal(staged(w, payload)))
    expect(problems.map(({ code, detail }) => [code, detail.problem])).toEqual([
      ['LB013', 'nobody is author'],
      ['LB013', 'nobody is operator'],
      ['LB013', expect.stringContaining('quorum[0] asks for 2, 1 can approve')],
    ])
  })
})

describe('who activates or approved it', () => {
  test('may be disabled by it: the quorum is that of before, and nothing more is theirs', async () => {
    const w = await world()
    await w.stage(
      '0001_leave',
      documentOfKind('principal', {
        disable: ['olga', 'bob'].map((principal) => ({ principal, reason: 'left' })),
      }),
    )
    await w.approve('0001_leave')
    const row = await w.activate('0001_leave')
    expect([row.outcome, (row.approvals as { principal: string }[]).map(({ principal }) => principal)]).toEqual([
      'activated',
      ['bob', 'carol'],
    ])
    expect(await refusal(w.activate('0001_leave'))).toMatchObject({ code: 'LB201' })
  })

  test("an author who would be the accomplice's sponsor does not decide on it (LB203)", async () => {
    const w = await world()
    await w.stage(
      '0001_two',
      documentOfKind('principal', {
        enrol: [await person(w, 'one'), await person(w, 'two')],
      }),
      'arno',
    )
    expect(await refusal(w.approve('0001_two', ['arno']))).toMatchObject({ code: 'LB203' })
  })

  test('at activation everything is asked again: a login that was dropped since is refused (LB001)', async () => {
    const w = await world()
    await w.stage('0001_enrol', documentOfKind('principal', { enrol: [await person(w, 'erin')] }))
    await w.approve('0001_enrol')
    await w.sql.unsafe(`drop role ${w.role('erin')}`)
    const row = await w.activate('0001_enrol')
    expect([row.outcome, row.code, problemOf(row)]).toEqual([
      'refused',
      'LB001',
      `role ${w.role('erin')} does not exist`,
    ])
  })
})

describe('a second login or service counts as its person', () => {
  let w: World
  beforeAll(async () => {
    w = await world()
    await change(w, {
      enrol: [
        await person(w, 'bob-bot', { nature: 'agent', duties: ['author'], groups: [], person: 'bob' }),
        await person(w, 'bob-ci', { nature: 'service', duties: ['operator'], groups: [], person: 'bob' }),
        await person(w, 'bob-admin', { duties: ['approver', 'operator'], person: 'bob' }),
      ],
    })
  })

  test('as author: bob cannot approve what his agent staged (LB203)', async () => {
    await w.stage('0001_bot', text, 'bob-bot')
    expect(await refusal(w.approve('0001_bot', ['bob']))).toMatchObject({ code: 'LB203' })
  })

  test('as approver: two logins of bob are one approval', async () => {
    await w.stage('0002_twice', text)
    await w.approve('0002_twice', ['bob', 'bob-admin'])
    const row = await w.activate('0002_twice')
    expect([row.code, failure(row).detail]).toEqual(['LB204', expect.objectContaining({ approvals: 1, needed: 2 })])
  })

  test("as operator: bob's approval does not count where his service activates, and his agent's text is his own", async () => {
    await w.approve('0002_twice', ['carol'])
    const row = await w.activate('0002_twice', 'bob-ci')
    expect([row.code, voidOf(row).map(({ why }) => why)]).toEqual([
      'LB204',
      ['operator of the activation', 'operator of the activation'],
    ])
    await w.approve('0001_bot', ['carol', 'dan'])
    expect(await w.activate('0001_bot', 'bob-ci')).toMatchObject({ code: 'LB212' })
    expect(await w.activate('0001_bot')).toMatchObject({ outcome: 'activated' })
  })
})

test("a principal whose login is gone stands in nobody's way, and is disabled like others", async () => {
  const w = await world()
  await w.sql.unsafe(`drop owned by ${w.role('dan')}; drop role ${w.role('dan')}`)
  await w.sql`select levelb.rebind('dan has left')`
  expect(await change(w, { enrol: [await person(w, 'erin')] })).toMatchObject({ outcome: 'activated' })
  expect(lines(await change(w, { disable: [{ principal: 'dan', reason: 'left' }] }))).toContain(
    'governance: principal dan: enabled: true → false',
  )
})

test('a login that is gone without a rebind stops all but the migration that ends or renews its principal', async () => {
  const w = await world()
  await w.sql.unsafe(`drop owned by ${w.role('dan')}; drop role ${w.role('dan')}`)
  expect(failure(await w.through('0001_x', text))).toMatchObject({ code: 'LB210', detail: { items: ['logins_bound'] } })
  expect(await change(w, { disable: [{ principal: 'dan', reason: 'left' }] })).toMatchObject({ outcome: 'activated' })
  expect(await w.activate('0001_x')).toMatchObject({ outcome: 'activated' })
})

test('hostile names of logins and groups are spelled out and change nothing else', async () => {
  const w = await world()
  const evil = `x"'\n-- %I $1, "y" ${w.role('e')}`
  await w.sql`select 1`
  await w.sql.unsafe(`create role "${evil.replaceAll('"', '""')}" login`)
  const refused = await refusal(staged(w, { enrol: [{ principal: 'evil', nature: 'person', logins: [evil] }] }))
  expect(refused).toMatchObject({ code: 'LB006' })
  const odd = `odd"'-- %I $1, "y" \\ ${w.role('e')}`
  await w.sql.unsafe(`alter role "${evil.replaceAll('"', '""')}" rename to "${odd.replaceAll('"', '""')}"`)
  const row = await change(w, { enrol: [{ principal: 'evil', nature: 'person', logins: [odd], duties: ['auditor'] }] })
  expect(lines(row)).toContain(`governance: principal evil: logins: - → ${JSON.stringify(odd)}`)
  expect(await w.sql`select pg_has_role(${odd}, 'levelb_auditor', 'member') as member`).toEqual([{ member: true }])
  // the snapshot takes the one membership back, as psql would
  await w.sql.unsafe(String(row.rollback_snapshot))
  expect(await w.sql`select pg_has_role(${odd}, 'levelb_auditor', 'member') as member`).toEqual([{ member: false }])
})

test('a thousand people are enrolled by one migration in seconds', async () => {
  const w = await world()
  const suffix = w.role('').slice(1)
  await w.sql.unsafe(
    `do $$ begin for i in 1..900 loop execute format('create role many%s_${suffix} login', i); end loop; end $$`,
  )
  const enrol = Array.from({ length: 900 }, (_, i) => ({
    principal: `many${i + 1}`,
    nature: 'person',
    logins: [`many${i + 1}_${suffix}`],
    duties: ['approver'],
    groups: ['dba'],
    keys: [newKey()],
  }))
  const row: Row = await change(w, { enrol })
  expect([failure(row).code, (row.effects as Json[]).length]).toEqual([null, 900 * 7])
  expect(Number(row.finished_at) - Number(row.started_at)).toBeLessThan(20_000)
  expect(await w.sql`select ok from levelb.verify_ledger()`).toEqual([{ ok: true }])
}, 90_000)

test('two databases of one cluster enrol the same logins at once', async () => {
  const one = await world()
  const two = await world()
  const names = ['n1', 'n2', 'n3', 'n4', 'n5']
  const enrol = await Promise.all(names.map((name) => person(one, name, { duties: ['approver', 'auditor'] })))
  for (const w of [one, two]) {
    await w.stage('0001_enrol', documentOfKind('principal', { enrol }))
    await w.approve('0001_enrol')
  }
  // the second has looked before the first commits, and waits for the same membership
  const [first, second] = [await session(one, 'olga'), await session(two, 'olga')]
  await first.sql`begin`
  const made = await activate(first.sql, '0001_enrol')
  const making = activate(second.sql, '0001_enrol')
  making.catch(() => {})
  await waitUntilBlocked(one.sql, second.pid)
  await first.sql`commit`
  const rows = [made, await making]
  expect(rows.map((row) => [row.outcome, row.code])).toEqual([
    ['activated', null],
    ['activated', null],
  ])
  // each membership is the effect of the one that made it
  const doors = rows.flatMap((row) => lines(row).filter((line) => line.includes('role membership')))
  expect(doors.sort()).toEqual(
    names.flatMap((name) =>
      ['approver', 'auditor'].map(
        (duty) => `governance: role membership ${one.role(name)} in levelb_${duty}: duty: - → granted`,
      ),
    ),
  )
})
