// The real verbs, called by an approver who does not know: each vehicle carries the call, and none decides anything.
import { beforeAll, expect, test } from 'vitest'
import { pastGuard } from '../past-guard.ts'
import { type World, world } from '../world.ts'
import { hashOf, refused } from './company.ts'

const id = '0001_wanted'

let there: World
let calls: Record<'approve' | 'reject' | 'revoke' | 'activate', string>

/** app owns the objects; bob and olga use them by habit. */
beforeAll(async () => {
  there = await world()
  await there.stage(id, 'grant select on shop.orders to public')
  const hash = `'\\x${(await hashOf(there, id)).toString('hex')}'`
  calls = {
    approve: `levelb.approve('${id}', ${hash})`,
    reject: `levelb.reject('${id}', ${hash}, 'stolen')`,
    revoke: `levelb.revoke('${id}', 'stolen')`,
    activate: `levelb.activate('${id}')`,
  }
  await pastGuard(
    there.sql,
    `
    create schema evil authorization ${there.role('app')};
    grant usage on schema evil to public;
    grant usage on schema levelb to ${there.role('app')};
    alter default privileges for role ${there.role('app')} in schema evil grant all on tables to public`,
  )
  const app = await there.as('app')
  await app.unsafe(`
    create function evil.steal() returns text language plpgsql as $$ begin perform ${calls.approve}; return 'x'; end $$;
    create function evil.steal_row() returns trigger language plpgsql as $$ begin perform ${calls.approve}; return new; end $$`)
})

type Vehicle = { setup?: (call: string) => string; sends: (call: string) => string[] }

const trap = (setup: string, ...sends: string[]): Vehicle => ({ setup: () => setup, sends: () => sends })
const own = (...sends: string[]): Vehicle => ({ sends: (call) => sends.map((text) => text.replace('CALL', call)) })

const vehicles: Record<string, Vehicle> = {
  'a view column': {
    setup: (call) => `create view evil.v1 as select 'sales' as x, (${call}).migration_id::text as y`,
    sends: () => ['select * from evil.v1'],
  },
  'a view column that is not selected': {
    setup: (call) => `create view evil.v2 as select 'sales' as x, (${call}).migration_id::text as y`,
    sends: () => ['select x from evil.v2'],
  },
  'an inlined SQL function': {
    setup: (call) => `create function evil.f() returns text language sql as $$ select (${call}).decision $$`,
    sends: () => ['select evil.f()'],
  },
  'a before trigger': trap(
    'create table evil.t1 (x int); create trigger a before insert on evil.t1 for each row execute function evil.steal_row()',
    'insert into evil.t1 values (1)',
  ),
  'a deferred trigger': trap(
    `create table evil.t2 (x int);
      create constraint trigger a after insert on evil.t2 initially deferred for each row execute function evil.steal_row()`,
    'begin',
    'insert into evil.t2 values (1)',
    'commit',
  ),
  'a deferred trigger that fires at the end of another call': trap(
    'select 1',
    'begin',
    'insert into evil.t2 values (1)',
    'set constraints all immediate',
  ),
  'a row-security policy': trap(
    `create table evil.t3 (x int); insert into evil.t3 values (1); alter table evil.t3 enable row level security;
      create policy a on evil.t3 using (evil.steal() = 'x')`,
    'select * from evil.t3',
  ),
  'a column default': trap(
    'create table evil.t4 (x int, y text default evil.steal())',
    'insert into evil.t4 (x) values (1)',
  ),
  'a domain check': trap(`create domain evil.d as int check (evil.steal() = 'x')`, 'select 1::evil.d'),
  'a table check': trap(`create table evil.t5 (x int check (evil.steal() = 'x'))`, 'insert into evil.t5 values (1)'),
  'a rule': {
    setup: (call) => `create table evil.t6 (x int); create rule a as on insert to evil.t6 do also select ${call}`,
    sends: () => ['insert into evil.t6 values (1)'],
  },
  'an operator': trap(
    `create function evil.plus(int, int) returns text language sql as 'select evil.steal()';
      create operator evil.+ (leftarg = int, rightarg = int, function = evil.plus)`,
    'select 1 operator(evil.+) 1',
  ),
  'a cast': trap(
    `create type evil.pair as (a int);
      create function evil.to_text(evil.pair) returns text language sql as 'select evil.steal()';
      create cast (evil.pair as text) with function evil.to_text`,
    'select row(1)::evil.pair::text',
  ),
  'a cursor': own('begin', 'declare c cursor for select CALL', 'fetch c'),
  'a prepared EXECUTE': own('prepare p as select CALL', 'execute p'),
  'a DO block': own('do $$ begin perform CALL; end $$'),
  'a CTE': own('with x as (select CALL) select * from x'),
  'EXPLAIN ANALYZE': own('explain analyze select CALL'),
  'CREATE TABLE AS': own('create temp table m as select (CALL).decision'),
  'a first statement': own('select 1; select CALL'),
  'a field': own('select (CALL).decision'),
  'a comment in front': own('/* weekly report */ select CALL'),
}

/** Sends all in one session of its own, gives the last one's refusal. */
async function carry(by: string, vehicle: Vehicle, call: string) {
  if (vehicle.setup) await (await there.as('app')).unsafe(vehicle.setup(call))
  const [last, ...before] = vehicle.sends(call).reverse()
  const victim = await there.another(by)
  try {
    for (const text of before.reverse()) await victim.unsafe(text)
    return await refused(there, () => victim.unsafe(last ?? ''))
  } finally {
    await victim.end({ timeout: 0 })
  }
}

test.each(Object.entries(vehicles))('B103 B104 › no approval is stolen by %s (LB205)', async (_, vehicle) => {
  expect(await carry('bob', vehicle, calls.approve)).toEqual({ code: 'LB205', detail: { verb: 'levelb.approve' } })
})

const view = (name: string): Vehicle => ({
  setup: (call) => `create view evil.${name} as select 'sales' as x, (${call}).migration_id::text as y`,
  sends: () => [`select x from evil.${name}`],
})

test.each(['reject', 'revoke'] as const)('B103 › no %s is stolen by a view column (LB205)', async (verb) => {
  expect(await carry('bob', view(verb), calls[verb])).toEqual({ code: 'LB205', detail: { verb: `levelb.${verb}` } })
})

test('B139 › no activation is stolen by a view column (LB205)', async () => {
  const armed = { ...view('activated'), sends: () => ['set statement_timeout = 30000', 'select x from evil.activated'] }
  expect(await carry('olga', armed, calls.activate)).toEqual({ code: 'LB205', detail: { verb: 'levelb.activate' } })
})

test('the same call as the whole statement decides', async () => {
  const bob = await there.as('bob')
  expect(await bob.unsafe(`select ${calls.approve}`)).toHaveLength(1)
})
