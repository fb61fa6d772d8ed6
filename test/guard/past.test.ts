// Who can make the guard look away: an activation, break_glass, a restore and levelb itself, and nobody else by any
// statement. And what goes past it is found.
import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { connect } from '../client.ts'
import { pastGuard } from '../past-guard.ts'
import { hidden, type Row } from '../world.ts'
import { type Guarded, guarded } from './fixture.ts'

let g: Guarded

beforeAll(async () => {
  g = await guarded()
})

const refusedGrant = 'grant insert on vault.t to public'

describe('an activation', () => {
  test('changes what is protected, and its commands are recorded', async () => {
    const row = await g.through(
      '0001_grant',
      'grant select on vault.t to public; alter table vault.t add column more int; drop view vault.v',
    )
    expect(row).toMatchObject({ outcome: 'activated' })
    expect((row.commands as { ddl: unknown }[])[0]?.ddl).toEqual([
      { tag: 'GRANT', object: 'TABLE' },
      { tag: 'ALTER TABLE', object: 'table vault.t' },
      { tag: 'DROP VIEW', object: 'view vault.v' },
    ])
    expect(await g.rows('_command')).toHaveLength(0)
    expect(await g.attempt(g.sql, 'revoke select on vault.t from public')).toBe('LB211')
  })

  test.each([
    ['drop owned by levelb_deploy cascade', 'LB211'],
    ['alter function levelb_exec.execute_step() security invoker', '42501'],
    ['alter default privileges in schema levelb_exec grant execute on functions to public', 'LB211'],
    [
      `insert into levelb._token (transaction_id, backend, part, used) values (pg_current_xact_id(), pg_backend_pid(), 'own', true)`,
      '42501',
    ],
    [`update levelb._token set part = 'own'`, '42501'],
    [`insert into levelb._open_guard select pg_backend_pid(), 1, 10, 1, 'infinity'`, '42501'],
    ['select levelb._begin_own_change()', '42501'],
    [`delete from levelb._protected`, '42501'],
    [
      `create function vault.mine() returns event_trigger language plpgsql as 'begin end'; create event trigger mine on sql_drop execute function vault.mine()`,
      '42501',
    ],
    ['alter event trigger levelb_sql_drop disable', '42501'],
    ['set local session_replication_role = replica', '42501'],
  ])('B095 › cannot %s', async (sql, code) => {
    const id = `0002_${String(Math.random()).slice(2, 12)}`
    expect(await g.through(id, hidden(sql))).toMatchObject({ outcome: 'failed', code })
  })
})

describe('the token', () => {
  const rows = [
    `insert into levelb._token (transaction_id, backend, part, used) values (pg_current_xact_id(), pg_backend_pid(), 'own', true)`,
    `insert into levelb._open_guard select pg_backend_pid(), 1, 10, 1, 'infinity'`,
    'delete from levelb._protected',
    'delete from levelb._head',
  ]
  test.each(['ann', 'bob', 'olga', 'aud', 'app', 'reader', 'tool', 'dbo'])(
    'is made by no statement of %s',
    async (name) => {
      const client = await g.as(name)
      for (const sql of rows) expect(await g.attempt(client, sql)).toBe('42501')
      expect(await g.attempt(client, 'select levelb._begin_own_change()')).toBe('42501')
    },
  )

  test.each([
    'levelb_owner',
    'levelb_deploy',
    'levelb_definer',
    'levelb_roles',
    'levelb_sandbox',
    'levelb_author',
    'levelb_approver',
    'levelb_operator',
    'levelb_auditor',
    'levelb_reader',
  ])('is made by nobody as %s', async (role) => {
    for (const sql of [...rows, 'select levelb._begin_own_change()'])
      expect(await g.attempt(g.sql, sql, `set local role ${role}`)).toMatch(/^(42501|LB301)$/)
  })

  test('is made by no superuser as such', async () => {
    for (const sql of rows) expect(await g.attempt(g.sql, sql)).toBe('LB301')
    for (const sql of rows)
      expect(await g.attempt(g.sql, sql, 'set local session_replication_role = replica')).toBe('LB301')
    expect(await g.attempt(g.sql, 'select levelb._begin_own_change()')).toBe('LB301')
    for (const setting of [
      `"levelb.installing" = '1'`,
      `role = 'levelb_deploy'`,
      `session_authorization = 'levelb_owner'`,
    ])
      expect(await g.attempt(g.sql, refusedGrant, `set local ${setting}`)).toMatch(/^(LB211|42501)$/)
  })

  test('of another transaction or backend means nothing', async () => {
    await g.channel(`insert into levelb._token (transaction_id, backend, part, used)
      values ((pg_current_xact_id()::text::bigint + 1)::text::xid8, 1, 'own', true), ('3', pg_backend_pid(), 'own', true)`)
    expect(await g.attempt(g.sql, refusedGrant)).toBe('LB211')
    await g.channel('delete from levelb._token')
  })
})

test('the door for a restore is opened by no GRANT', async () => {
  const opens = 'grant insert on levelb._head to pg_database_owner'
  expect(await g.attempt(g.sql, opens)).toBe('LB211')
  expect(await g.attempt(g.sql, `begin; ${opens}; create table vault.more (id int)`)).toBe('LB211')
})

describe('an open guard', () => {
  const open = (more: { login?: string; until?: string; backend?: string } = {}) => `
    insert into levelb._open_guard select ${more.backend ?? 'pg_backend_pid()'}, 4711, ${more.login ?? 'session_user::regrole'}, 1,
      clock_timestamp() + '${more.until ?? '1 minute'}'`
  const close = () => g.channel('delete from levelb._open_guard')

  test('lets the session that opened it pass, whatever it is, until it ends', async () => {
    await g.channel(open())
    expect(await g.attempt(g.sql, refusedGrant)).toBe('LB211')
    await g.sql`select pg_advisory_lock_shared(4711)`
    expect(await g.attempt(g.sql, refusedGrant)).toBe('passes')
    expect(await g.attempt(g.sql, 'create extension hstore')).toBe('passes')
    expect(await g.attempt(g.sql, `comment on table levelb.leaf is 'x'`)).toBe('passes')
    const other = connect(g.url)
    expect(await g.attempt(other, refusedGrant, 'select pg_advisory_xact_lock_shared(4711)')).toBe('LB211')
    await other.end()
    await close()
    expect(await g.attempt(g.sql, refusedGrant)).toBe('LB211')
    await g.sql`select pg_advisory_unlock_shared(4711)`
  })

  test.each([{ until: '-1 second' }, { login: '6171' }, { backend: '1' }])('of %j is none', async (more) => {
    await g.sql`select pg_advisory_lock_shared(4711)`
    await g.channel(open(more))
    expect(await g.attempt(g.sql, refusedGrant)).toBe('LB211')
    await close()
    await g.sql`select pg_advisory_unlock_shared(4711)`
  })
})

describe('readiness', () => {
  const broken = async () =>
    await g.sql<{ item: string; hint: string; detail: string }[]>`
      select item, hint, detail from levelb.readiness() where required and ok is false`

  test.each([
    ['B095 › is dropped', 'drop event trigger levelb_sql_drop'],
    ['B095 › is disabled', 'alter event trigger levelb_ddl_command_end disable'],
    ['B101 › fires in ordinary sessions only', 'alter event trigger levelb_table_rewrite enable'],
    ['fires in replicas only', 'alter event trigger levelb_sql_drop enable replica'],
    [
      'runs another function',
      `create function public.idle() returns event_trigger language plpgsql as 'begin end';
       drop event trigger levelb_sql_drop; create event trigger levelb_sql_drop on sql_drop execute function public.idle();
       alter event trigger levelb_sql_drop enable always`,
    ],
    [
      'fires for some tags',
      `drop event trigger levelb_sql_drop; create event trigger levelb_sql_drop on sql_drop when tag in ('DROP VIEW')
         execute function levelb._guard(); alter event trigger levelb_sql_drop enable always`,
    ],
  ])('a trigger of the guard %s: AUTHOR_MODE, drift, and the hint mends it', async (_, sql) => {
    await g.sql.unsafe(sql)
    const items = await broken()
    const drift = await g.sql`select class, attribute from levelb.drift() where class = 'governance'`
    await g.sql.unsafe(/As a superuser: (.*;)/s.exec(items.find(({ item }) => item === 'guard')?.hint ?? '')?.[1] ?? '')
    expect(items.map(({ item }) => item)).toContain('guard')
    expect(drift).toEqual([{ class: 'governance', attribute: 'installed objects' }])
    expect((await broken()).map(({ item }) => item).filter((item) => item === 'guard')).toEqual([])
    expect(await g.attempt(g.sql, 'drop policy mine on vault.t')).toBe('LB211')
    // made anew it is another row, which rebind takes for right
    await g.sql`select levelb.rebind('the trigger is back')`
  })

  test('a setting that skips event triggers is named, with the way back', async ({ skip }) => {
    const [server] = await g.sql`select current_setting('event_triggers', true) is not null as has_setting`
    skip(!server?.has_setting, 'before 17 there is no such setting')
    for (const sql of [
      'alter role {tool} set event_triggers = off',
      'alter role {tool} in database DATABASE set event_triggers = off',
      'alter database DATABASE set event_triggers = off',
      'grant set on parameter event_triggers to {tool}',
    ]) {
      await g.sql.unsafe(g.text(sql))
      const items = await broken()
      const item = items.find(({ item }) => item === 'guard')
      await g.sql.unsafe(/As a superuser: (.*;)/s.exec(item?.hint ?? '')?.[1] ?? 'select 1')
      expect([sql, item?.detail]).toEqual([sql, expect.stringContaining('event_triggers')])
      expect((await broken()).filter(({ item }) => item === 'guard')).toEqual([])
    }
    await g.sql`set event_triggers = off`
    expect((await broken()).map(({ item }) => item)).toContain('guard')
    await g.sql`reset event_triggers`
  })
})

describe('what goes past the guard', () => {
  test('B087 › is drift', async () => {
    await pastGuard(g.sql, g.text('grant insert on vault.t to {other}'))
    const found = (await g.sql`select class, identity from levelb.drift() where class = 'acl'`) as Row[]
    await pastGuard(g.sql, g.text('revoke insert on vault.t from {other}'))
    expect(found).toEqual([{ class: 'acl', identity: 'vault.t' }])
  })

  test('B096 › an event trigger of somebody else is made by no login', async () => {
    const dbo = await g.as('dbo')
    const sql = `create function free.mine() returns event_trigger language plpgsql as 'begin end'; create event trigger mine on sql_drop execute function free.mine()`
    expect(await g.attempt(dbo, `set role {tool}; ${sql}`)).toBe('42501')
  })

  test('B093 › TRUNCATE is no privileged change and fires nothing', async () => {
    expect(await g.attempt(g.sql, 'truncate vault.t cascade')).toBe('passes')
  })
})

/** What no event trigger sees: the test that says it is found. A row whose text is gone fails. */
const elsewhere: [number: string, file: string, text: string][] = [
  ['B089 REASSIGN OWNED', 'test/drift/cases.ts', 'reassign owned'],
  ['B090 roles', 'test/drift/cases.ts', 'alter role'],
  ['B091 the database', 'test/drift/cases.ts', 'alter database'],
  ['B092 parameters', 'test/drift/cases.ts', 'on parameter'],
  ['B094 large objects', 'test/drift/cases.ts', 'large object'],
  ['B096 foreign event triggers', 'test/readiness/flips.test.ts', 'foreign_event_triggers'],
  ['B097 catalogs written where no trigger fires', 'test/drift/cases.ts', 'update pg_'],
  ['B102 what many temporary tables cost', 'bench/guard.ts', 'CREATE TEMP TABLE'],
]

test.each(elsewhere)('%s is asked in %s', (_number, file, text) => {
  expect(readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')).toContain(text)
})

test('a rebind changes its own triggers and closes the door, and a restore into an installed levelb is not stopped', async () => {
  await pastGuard(
    g.sql,
    'alter table levelb.leaf disable trigger all; grant insert on all tables in schema levelb to pg_database_owner',
  )
  // the door is open: as in pg_restore --data-only --disable-triggers
  expect(await g.attempt(g.sql, 'alter table levelb.leaf enable trigger all')).toBe('passes')
  expect(await g.attempt(g.sql, 'alter table vault.t add column loaded int')).toBe('passes')
  await g.sql`select levelb.rebind('restored')`
  expect(await g.attempt(g.sql, 'alter table levelb.leaf enable trigger all')).toBe('LB211')
  expect(await g.attempt(g.sql, 'alter table vault.t add column loaded int')).toBe('LB211')
})
