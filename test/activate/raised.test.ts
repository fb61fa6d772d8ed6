// What is wrong with the call itself is raised: it leaves no row, and the approvals carry the next call.
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Client, connect } from '../client.ts'
import { arm, type Json, refusal, type World, world } from '../world.ts'
import { activate, facts, grant, isOpen, session } from './fixture.ts'

let w: World
let before: Json

beforeAll(async () => {
  w = await world({ policy: { timeouts: { lock: '100ms', statement: '60s' } } })
  await w.stage('0001_grant', grant)
  await w.approve('0001_grant')
  await w.sql.unsafe(`
    create schema desk authorization ${w.role('olga')};
    set role ${w.role('olga')};
    create table desk.note (n int);
    create function desk.fire() returns trigger language plpgsql as 'begin return null; end';
    create constraint trigger late after insert on desk.note deferrable initially deferred
      for each row execute function desk.fire();
    reset role`)
})

beforeEach(async () => {
  before = await facts(w)
})

afterEach(async () => {
  const open = await isOpen(w)
  if (open) await w.sql`revoke all on shop.orders from public`
  expect([await facts(w), open]).toEqual([before, false])
})

// One connection for each login, as new as SQL can make it: a connection for each test would be most of its time.
const given = async (login: string, ...statements: string[]): Promise<Client> => {
  const client = await w.as(login)
  await client.unsafe('rollback')
  await client.unsafe('reset all; discard temp')
  await arm(client)
  for (const statement of statements) await client.unsafe(statement)
  return client
}
const raised = async (client: Client, id: string | null = '0001_grant') => {
  const { code, detail } = await refusal(activate(client, id as string))
  return { code, detail }
}

test.each([
  ['null', null, 'is required'],
  ['empty', '', undefined],
  ['no slug', 'Grant it', undefined],
  ['a name with a zero-width space', '0001\u200b_grant', undefined],
  ['a megabyte', 'x'.repeat(1 << 20), undefined],
])('a migration_id that is %s is refused (LB001)', async (_, id, problem) => {
  const { code, detail } = await raised(await given('olga'), id)
  expect([code, detail.field]).toEqual(['LB001', 'migration_id'])
  expect(detail.problem).toMatch(problem ?? 'must look like')
})

test('a migration that was never staged is refused (LB002)', async () => {
  expect(await raised(await given('olga'), '0002_unknown')).toEqual({
    code: 'LB002',
    detail: { field: 'migration_id', migration_id: '0002_unknown' },
  })
})

test('while another activation runs, a second one is refused at once (LB101)', async () => {
  await w.sql.unsafe(`begin; select from levelb._gate where name = 'activation' for update`)
  expect(await raised(await given('olga'))).toEqual({ code: 'LB101', detail: { gate: 'activation' } })
  await w.sql.unsafe('rollback')
})

test('B062 › while an approver decides, it waits as long as the policy says and no longer, whatever the session says (LB102)', async () => {
  const bob = await w.another('bob')
  const client = await given('olga', 'set lock_timeout = 0')
  const hash = (await w.rows('manifest'))[0]?.manifest_hash as Buffer
  await bob.unsafe('begin')
  await bob`select levelb.approve('0001_grant', ${hash})`
  expect(await raised(client)).toEqual({ code: 'LB102', detail: { migration_id: '0001_grant' } })
  await bob.unsafe('rollback')
})

test.each(['repeatable read', 'serializable'])(
  'B110 › %s, whose snapshot is stale, is refused (LB103)',
  async (level) => {
    const client = await given('olga', `begin isolation level ${level}`)
    expect(await raised(client)).toEqual({ code: 'LB103', detail: { isolation: level } })
  },
)

const written = { code: 'LB104', detail: { problem: 'the transaction has written already' } }

test('B127 › a transaction in which the operator queued a deferred trigger is refused (LB104)', async () => {
  expect(await raised(await given('olga', 'begin', 'insert into desk.note values (1)'))).toEqual(written)
})

test('B128 › a CTE that writes before activate is refused: it is not the whole statement (LB205)', async () => {
  const client = await given('olga')
  const call = client.unsafe(`with x as (insert into desk.note values (1) returning 1)
    select levelb.activate('0001_grant') from x`)
  expect((await refusal(call)).code).toBe('LB205')
})

test('B129 › a write that was rolled back to a savepoint is refused all the same (LB104)', async () => {
  const client = await given('olga', 'begin', 'savepoint s', 'insert into desk.note values (1)', 'rollback to s')
  expect(await raised(client)).toEqual(written)
})

test('F34 › a session that owns temporary relations, to which names of the text could resolve, is refused (LB104)', async () => {
  const client = await given('olga', 'create temporary table orders (id int)')
  expect(await raised(client)).toEqual({
    code: 'LB104',
    detail: { problem: 'the session has temporary objects' },
  })
})

test.each([
  ['B057', 'session_replication_role', 'replica', 'origin'],
  ['F17', 'track_counts', 'off', 'on'],
  ['F17', 'allow_system_table_mods', 'on', 'off'],
  ['B058', 'event_triggers', 'off', 'on'],
  ['F17', 'zero_damaged_pages', 'on', 'off'],
  ['F17', 'lo_compat_privileges', 'on', 'off'],
])(
  '%s › a session with %s = %s is refused, even where the right to set it was given away (LB104)',
  async (_, name, value, needed) => {
    const [known] = await w.sql`select from pg_settings where name = ${name}`
    // event_triggers came with 17
    if (!known) return
    await w.sql.unsafe(`grant set on parameter ${name} to ${w.role('olga')}`)
    const client = await given('olga', `set ${name} = ${value}`)
    expect(await raised(client)).toEqual({ code: 'LB104', detail: { setting: name, value, needed } })
    await w.sql.unsafe(`revoke set on parameter ${name} from ${w.role('olga')}`)
  },
)

test('F17 › a connection opened with ignore_system_indexes, which everybody may, is refused (LB104)', async () => {
  const url = new URL(await w.urlOf('olga'))
  url.searchParams.set('ignore_system_indexes', 'on')
  const client = connect(url.href)
  await arm(client)
  expect(await raised(client)).toEqual({
    code: 'LB104',
    detail: { setting: 'ignore_system_indexes', value: 'on', needed: 'off' },
  })
  await client.end()
})

test('a read-only transaction is refused (LB105)', async () => {
  expect(await raised(await given('olga', 'begin read only'))).toEqual({ code: 'LB105', detail: {} })
})

test('a session that is read-only by default is refused (LB105)', async () => {
  expect(await raised(await given('olga', 'set default_transaction_read_only = on'))).toEqual({
    code: 'LB105',
    detail: {},
  })
})

test.each([
  ['not armed', 0],
  ['armed for longer than the policy allows', 60_001],
])('F12 › a statement_timeout that is %s is refused (LB106)', async (_, milliseconds) => {
  const client = await given('olga', `set statement_timeout = ${milliseconds}`)
  expect(await raised(client)).toEqual({
    code: 'LB106',
    detail: { statement_timeout: milliseconds, limit_ms: 60_000 },
  })
})

test.each(['ann', 'bob', 'aud'])(
  'PostgreSQL itself refuses %s, who holds no role of an operator (42501)',
  async (login) => {
    expect((await refusal(activate(await given(login), '0001_grant'))).code).toBe('42501')
  },
)

test('a login with the role of an operator that is nobody is refused (LB201)', async () => {
  await w.urlOf('stranger')
  await w.sql.unsafe(`grant levelb_operator to ${w.role('stranger')}`)
  expect(await raised(await given('stranger'))).toEqual({
    code: 'LB201',
    detail: { login: w.role('stranger'), principal: null, duties: ['operator'] },
  })
})

test('a principal without the duty is refused, whatever roles its login holds (LB201)', async () => {
  await w.sql.unsafe(`grant levelb_operator to ${w.role('dan')}`)
  expect(await raised(await given('dan'))).toEqual({
    code: 'LB201',
    detail: { login: w.role('dan'), principal: 'dan', duties: ['operator'] },
  })
  await w.sql.unsafe(`revoke levelb_operator from ${w.role('dan')}`)
})

test('B011 › a superuser is no operator (LB201)', async () => {
  await arm(w.sql)
  expect((await raised(w.sql)).code).toBe('LB201')
})

test('a superuser in the place of an operator is refused (LB202)', async () => {
  await w.sql.unsafe(`set session authorization ${w.role('olga')}`)
  await arm(w.sql)
  const outcome = await raised(w.sql)
  await w.sql.unsafe('reset session authorization')
  expect(outcome).toEqual({ code: 'LB202', detail: { session_user: w.role('olga') } })
})

const indirect = {
  'B138 › a DO block with an exception handler': `do $$ begin perform levelb.activate('0001_grant');
    exception when division_by_zero then null; end $$`,
  'B139 › a function of somebody else': 'select desk.call()',
  'B139 › a column of a view, not even selected': 'select x from desk.report',
  'B139 › a trigger': 'insert into desk.bell values (1)',
  'a query with more than the call': `select levelb.activate('0001_grant'), 1`,
  'two calls in one message': `select levelb.activate('0001_grant'); select levelb.activate('0001_grant')`,
  'EXPLAIN ANALYZE': `explain analyze select levelb.activate('0001_grant')`,
  'a cursor': `declare c cursor with hold for select levelb.activate('0001_grant')`,
}

test.each(Object.entries(indirect))('%s is refused (LB205)', async (_, text) => {
  await w.sql.unsafe(`set role ${w.role('olga')};
    create or replace function desk.call() returns text language plpgsql as
      'begin perform levelb.activate(''0001_grant''); return null; end';
    create or replace view desk.report as select 'x'::text as x, desk.call() as y;
    create table if not exists desk.bell (n int);
    create or replace function desk.ring() returns trigger language plpgsql as
      'begin perform desk.call(); return new; end';
    create or replace trigger ring before insert on desk.bell for each row execute function desk.ring();
    reset role`)
  const sent = text.includes('desk.report')
    ? 'select x from (select * from desk.report offset 0) r where y is null'
    : text
  expect((await refusal((await given('olga')).unsafe(sent))).code).toBe('LB205')
})

test('B059 › a custom setting opens nothing', async () => {
  const client = await given('olga', `set levelb.in_activation = 'on'`, `set levelb.token = '1'`)
  expect((await refusal(client.unsafe('select levelb_exec.execute_step()'))).code).toBe('42501')
})

test.each([
  'levelb_exec.execute_step()',
  'levelb_exec.verify_step()',
  'levelb_exec.execute_roles()',
  'levelb._pending_step($$apply$$)',
  "levelb._run_step(null, 1, 'apply', null, null, null)",
])('B020 › an operator who calls %s past activate is refused (42501)', async (call) => {
  expect((await refusal((await given('olga')).unsafe(`select ${call}`))).code).toBe('42501')
})

test('B020 › without a token of an activation nothing is handed out, to a superuser either (LB211)', async () => {
  expect((await refusal(w.sql`select levelb._pending_step($$apply$$)`)).code).toBe('LB211')
  expect((await refusal(w.sql`select levelb_exec.execute_step()`)).code).toBe('LB211')
})

test('after all these the same approvals carry the activation', async () => {
  const row = await activate(await given('olga'), '0001_grant')
  expect([row.outcome, (row.approvals as Json[]).map((a) => a.principal)]).toEqual(['activated', ['bob', 'carol']])
  await w.sql`revoke select on shop.orders from public`
  before = await facts(w)
})

test('B017 › a login that was dropped and made anew is nobody (LB201)', async () => {
  const name = w.role('ci')
  await w.sql.unsafe(`drop role ${name}; create role ${name} login password 'levelb-test';
    grant levelb_operator to ${name}; grant connect on database ${w.name} to ${name}`)
  expect((await raised(await session(w, 'ci'))).code).toBe('LB201')
})
