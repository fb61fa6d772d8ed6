// The first policy and principals: once, by a superuser, all or nothing; and the door for a dump that it closes.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect } from '../client.ts'
import { freshDatabase, type TestDatabase } from '../database.ts'
import { type Json, policy, principalsOf, type Row, refusal } from '../world.ts'
import { rowCounts } from './catalog.ts'

const names = ['ann', 'arno', 'bob', 'carol', 'dan', 'olga', 'ci', 'aud']
const document: Json = { ...policy, break_glass: { logins: ['postgres'] } }

async function prepared(): Promise<TestDatabase> {
  const database = await freshDatabase()
  await Promise.all(names.map((name) => database.urlOf(name)))
  return database
}

const bootstrap = (
  database: TestDatabase,
  given: { policy?: unknown; principals?: unknown } = {},
  sql = database.sql,
) =>
  sql`select * from levelb.bootstrap(${sql.json((given.policy ?? document) as never)}::jsonb,
    ${sql.json((given.principals ?? principalsOf(database)) as never)}::jsonb)`

describe('refused, and nothing is written', () => {
  let database: TestDatabase

  beforeAll(async () => {
    database = await prepared()
    await Promise.all(['dangerous', 'creator', 'bypasser', 'replicator'].map((name) => database.urlOf(name)))
    await database.sql.unsafe(`
      alter role ${database.role('creator')} createrole;
      alter role ${database.role('bypasser')} bypassrls; alter role ${database.role('replicator')} replication;
      create role ${database.role('group')} nologin; grant levelb_approver to ${database.role('dangerous')}`)
  })

  // At once and not with the file: some of its roles are dangerous, and roles are the cluster's.
  afterAll(() => database.end())

  async function refused(given: { policy?: unknown; principals?: unknown }) {
    const before = await rowCounts(database.sql)
    const members = `select count(*)::int as n from pg_auth_members`
    const memberships = (await database.sql.unsafe(members))[0]?.n
    const found = await refusal(bootstrap(database, given))
    expect(await rowCounts(database.sql)).toEqual(before)
    expect((await database.sql.unsafe(members))[0]?.n).toBe(memberships)
    return { code: found.code, field: found.detail.field ?? null, problem: found.detail.problem ?? null }
  }

  const withLogin = (login: string) =>
    principalsOf(database).map((entry) => (entry.principal === 'ann' ? { ...entry, logins: [login] } : entry))

  test.each([
    ['another person without the duties', 'nobody', 'does not exist'],
    ['a group', 'group', 'is no login'],
    [
      'a CREATEROLE',
      'creator',
      'holds SUPERUSER, CREATEROLE, BYPASSRLS or REPLICATION, itself or through a role, and could go round the channel',
    ],
    [
      'a BYPASSRLS',
      'bypasser',
      'holds SUPERUSER, CREATEROLE, BYPASSRLS or REPLICATION, itself or through a role, and could go round the channel',
    ],
    [
      'a REPLICATION',
      'replicator',
      'holds SUPERUSER, CREATEROLE, BYPASSRLS or REPLICATION, itself or through a role, and could go round the channel',
    ],
  ])('a login that is %s', async (_what, name, problem) => {
    expect(await refused({ principals: withLogin(database.role(name)) })).toEqual({
      code: 'LB001',
      field: 'principals[0].logins[0]',
      problem: `role ${database.role(name)} ${problem}`,
    })
  })

  test('a login that is a superuser', async () => {
    expect(await refused({ principals: withLogin('postgres') })).toEqual({
      code: 'LB001',
      field: 'principals[0].logins[0]',
      problem:
        'role postgres holds SUPERUSER, CREATEROLE, BYPASSRLS or REPLICATION, itself or through a role, and could go round the channel',
    })
  })

  test('a break-glass login that does not exist (LB005)', async () => {
    const given = { ...document, break_glass: { logins: ['postgres', database.role('nobody')] } }
    expect(await refused({ policy: given })).toMatchObject({ code: 'LB005', field: 'break_glass.logins[1]' })
  })

  test('a policy that these people cannot meet (LB013)', async () => {
    const given = { ...document, quorum: [{ approvals: 9 }] }
    expect(await refused({ policy: given })).toEqual({
      code: 'LB013',
      field: null,
      problem:
        'quorum[0] asks for 9, 4 can approve beside ann as author and ci as operator; it takes 11 people, 7 are enabled',
    })
  })

  test('a policy value whose mechanism comes later (LB012)', async () => {
    expect(await refused({ policy: { ...document, approval: { signature: 'required' } } })).toMatchObject({
      code: 'LB012',
    })
  })

  test.each([
    [
      'B012 › a login given to two principals',
      (all: Json[]) => [...all, { ...all[2], principal: 'eve' }],
      'principals[8].logins[0]',
    ],
    [
      'B012, B014 › a key given to two principals',
      (all: Json[]) => all.map((entry, i) => (i > 1 && i < 4 ? { ...entry, keys: [key] } : entry)),
      'principals[3].keys[0]',
    ],
    [
      'an approver that is a service',
      (all: Json[]) => all.map((entry) => (entry.principal === 'ci' ? { ...entry, duties: ['approver'] } : entry)),
      'principals[6].duties',
    ],
    [
      'a principal that counts as somebody who is not there',
      (all: Json[]) => all.map((entry, i) => (i === 0 ? { ...entry, person: 'eve' } : entry)),
      'principals[0].person',
    ],
  ])('%s', async (_what, change, field) => {
    expect(await refused({ principals: change(principalsOf(database)) })).toMatchObject({ code: 'LB001', field })
  })

  test('a caller who is no superuser (42501), even with every duty role', async () => {
    await database.sql.unsafe(
      `grant levelb_author, levelb_approver, levelb_operator, levelb_auditor to ${database.role('dangerous')}`,
    )
    const sql = await database.as('dangerous')
    expect((await refusal(bootstrap(database, {}, sql))).code).toBe('42501')
  })

  test('a caller who is impersonated (LB202)', async () => {
    await database.sql.unsafe(`alter role ${database.role('dangerous')} superuser`)
    const sql = connect(database.url)
    await sql.unsafe(`set session authorization ${database.role('dangerous')}`)
    const found = await refusal(bootstrap(database, {}, sql))
    await sql.end()
    await database.sql.unsafe(`alter role ${database.role('dangerous')} nosuperuser`)
    expect(found.code).toBe('LB202')
  })
})

const key = `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${'B'.repeat(43)}`

test('a second bootstrap is refused and says what to do instead', async () => {
  const database = await prepared()
  await bootstrap(database)
  const before = await rowCounts(database.sql)
  const found = await refusal(bootstrap(database))
  expect(found).toMatchObject({ code: 'LB001', detail: { problem: 'this database is bootstrapped already' } })
  expect(found.hint).toContain('levelb.rebind(reason)')
  expect(await rowCounts(database.sql)).toEqual(before)
})

test('of two at once one wins and the other is told so', async () => {
  const database = await prepared()
  const other = connect(database.url)
  const outcomes = await Promise.allSettled([bootstrap(database), bootstrap(database, {}, other)])
  await other.end()
  expect(outcomes.map((outcome) => outcome.status).sort()).toEqual(['fulfilled', 'rejected'])
  const refusals = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason.code as string] : []))
  expect(refusals).toEqual(['LB001'])
  expect(await database.sql`select kind from levelb.incident`).toHaveLength(1)
})

test('entry 1 of the ledger binds it to this database', async () => {
  const database = await prepared()
  await bootstrap(database)
  const [row] = await database.sql<Row[]>`
    select l.relation, l.content::jsonb -> 'row' -> 'database_identity' ->> 'name' as name, (select ok from levelb.verify_ledger()) as ok
      from levelb.ledger g join levelb.leaf l using (leaf_id) where g.entry = 1`
  expect(row).toEqual({ relation: 'incident', name: database.name, ok: true })
})

describe('the restore door', () => {
  const row = (id: string) => `
    insert into levelb.withdrawal (migration_id, revision, principal, login, reason, at, transaction_id)
    values ('${id}', 1, 'bob', 'bob', 'because', now(), '42')`

  test('takes rows of a dump from a superuser before bootstrap, and writes no leaf of its own', async () => {
    const database = await freshDatabase()
    await database.sql.unsafe(row('0001_old'))
    expect(await rowCounts(database.sql)).toMatchObject({ withdrawal: 1, leaf: 0, _unsealed: 0 })
  })

  test('takes inserts only', async () => {
    const database = await freshDatabase()
    await database.sql.unsafe(row('0001_old'))
    expect((await refusal(database.sql`update levelb.withdrawal set reason = 'other'`)).code).toBe('LB301')
    expect((await refusal(database.sql`delete from levelb.withdrawal`)).code).toBe('LB301')
  })

  test('is not open to replication', async () => {
    const database = await freshDatabase()
    await database.sql`set session_replication_role = replica`
    expect((await refusal(database.sql.unsafe(row('0001_old')))).code).toBe('LB301')
  })

  test('is not open to a login that neither owns the database nor is a superuser', async () => {
    const database = await freshDatabase()
    const nobody = await database.as('nobody')
    expect((await refusal(nobody.unsafe(row('0001_old')))).code).toBe('42501')
  })

  test('is closed by bootstrap', async () => {
    const database = await prepared()
    await bootstrap(database)
    expect(await refusal(database.sql.unsafe(row('0001_old')))).toMatchObject({
      code: 'LB301',
      detail: { table: 'withdrawal', operation: 'INSERT' },
    })
  })

  test('a principal that was loaded before cannot slip in beside those of bootstrap', async () => {
    const database = await prepared()
    await database.sql`insert into levelb.principal values ('mallory', 1, 'person', null, '{approver}', '{dba}', true, null, now())`
    expect(await refusal(bootstrap(database))).toMatchObject({
      code: 'LB001',
      detail: { problem: 'rows of a dump have been loaded here', table: 'principal' },
    })
  })
})
