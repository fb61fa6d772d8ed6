// When the text of the moment is a call and something else is running: portals, pipelines, commits, function calls.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { asMallory, type Scene, scene } from './fixture.ts'
import { bind, execute, extended, functionCall, parse, query, sync, wire } from './wire.ts'

const call = `select levelb.probe('mine')`
const callWith = 'select levelb.probe($1)'

let there: Scene

beforeAll(async () => {
  there = await scene()
  await asMallory(
    there.database,
    `create table evil.deferred (x int);
      grant usage on schema evil to levelb_owner;
      grant insert on evil.deferred to levelb_owner;
      create constraint trigger a after insert on evil.deferred initially deferred for each row
        execute function evil.steal_row();
      create view evil.trap as select levelb.probe('stolen');
      create function evil.swap() returns void language plpgsql as $$
        declare
          "C_1" refcursor := 'C_1';
        begin
          close "C_1";
          open "C_1" for select levelb.probe('stolen');
        end $$;
      create domain evil.name as text check (evil.steal_always(value) is not null)`,
  )
})
afterAll(() => there.alice.end())
beforeEach(async () => {
  await there.alice.send(sync())
  await there.alice.run('rollback', 'discard all')
})

test('extended protocol, with and without parameters', async () => {
  const { notices, errors } = await there.alice.send(extended(call), extended(callWith, ['also']), sync())
  expect({ notices, errors }).toEqual({ notices: ['mine: t', 'also: t'], errors: [] })
})

test('each statement of a pipeline is judged by its own text', async () => {
  const { notices } = await there.alice.send(
    extended('select * from evil.trap'),
    extended(callWith, ['mine']),
    extended('select * from evil.trap'),
    sync(),
  )
  expect(notices).toEqual(['stolen: f', 'mine: t', 'stolen: f'])
})

test('a call that was parsed and bound, and not yet executed, lends nothing', async () => {
  const { notices } = await there.alice.send(parse(call), bind(), query('select * from evil.trap'))
  expect(notices).toEqual(['stolen: f'])
})

test('the function-call protocol is refused', async () => {
  const [probe] = await there.database.sql`select 'levelb.probe_scalar'::regproc::oid::int as oid`
  const { notices, errors } = await there.alice.send(functionCall(probe?.oid, ['mine']))
  expect({ notices, errors }).toEqual({ notices: ['mine: f'], errors: [] })
})

test('a cursor that a function put in place of the one a client fetches from', async () => {
  await there.alice.run('begin')
  await there.alice.send(parse('select generate_series(1, 2)'), bind([], 'C_1'), execute('C_1'), sync())
  await there.alice.run('select evil.swap()')
  const { notices, errors } = await there.alice.send(execute('C_1'), sync())
  expect({ notices, errors }).toEqual({ notices: ['stolen: f'], errors: [] })
})

test('a named portal is refused, being the same thing', async () => {
  const { notices } = await there.alice.send(parse(call), bind([], 'mine'), execute('mine'), sync())
  expect(notices).toEqual(['mine: f'])
})

test('the check of a parameter that the client declared as a domain runs before the call does', async () => {
  const [name] = await there.database.sql`select 'evil.name'::regtype::oid::int as oid`
  const { notices } = await there.alice.send(parse(callWith, [name?.oid]), bind(['mine']), execute(), sync())
  expect(notices).toEqual(['stolen: f', 'mine: t'])
})

test('a deferred trigger at the end of a pipeline', async () => {
  const { notices } = await there.alice.send(
    extended('insert into evil.deferred values (1)'),
    extended(callWith, ['mine']),
    sync(),
  )
  expect(notices).toEqual(['mine: t', 'stolen: f'])
})

test('a deferred trigger at the end of a simple query that follows without a Sync', async () => {
  const first = await there.alice.send(extended('insert into evil.deferred values (1)'), query(call))
  const rest = await there.alice.send(sync())
  // Newer servers leave the transaction of the pipeline open, and the trigger never fires.
  expect(['mine: t', 'mine: t, stolen: f']).toContain([...first.notices, ...rest.notices].join(', '))
})

test('a deferred trigger that the call itself queued, while its text still stands', async () => {
  const { notices, errors } = await there.alice.run(
    `select levelb.probe('mine', document => '{"run": "insert into evil.deferred values (1)"}')`,
  )
  expect({ notices, errors }).toEqual({ notices: ['mine: t', 'stolen: f'], errors: [] })
})

test('a cursor with hold that the call itself left, read when it commits', async () => {
  const { notices, errors } = await there.alice.run(
    `select levelb.probe('mine', document => '{"run": "declare c cursor with hold for select levelb.probe(''stolen'')"}')`,
  )
  expect({ notices, errors }).toEqual({ notices: ['mine: t', 'stolen: f'], errors: [] })
})

test('what the call itself runs is not told apart: a verb that runs text must refuse to be entered twice', async () => {
  const { notices } = await there.alice.run(
    `select levelb.probe('mine', document => '{"run": "select levelb.probe(''inner'')"}')`,
  )
  expect(notices).toEqual(['mine: t', 'inner: t'])
})

test('a login trigger runs before any query; before 17 there is none', async () => {
  const { sql } = there.database
  await sql.unsafe(`
    create table evil.logged (direct boolean);
    grant insert on evil.logged to public;
    create function evil.at_login() returns event_trigger language plpgsql as
      'begin insert into evil.logged values (levelb._is_direct(''probe'')); end';
    grant execute on function levelb._is_direct to public`)
  const [server] = await sql`select current_setting('server_version_num')::int >= 170000 as "hasLoginTriggers"`
  const made = sql`create event trigger at_login on login execute function evil.at_login()`
  if (!server?.hasLoginTriggers) {
    await expect(made).rejects.toMatchObject({ code: '42601', message: 'unrecognized event name "login"' })
    return
  }
  await made
  const alice = await wire(await there.database.urlOf('alice'))
  await sql`drop event trigger at_login`
  alice.end()
  expect(await sql`select distinct direct from evil.logged`).toEqual([{ direct: false }])
})
