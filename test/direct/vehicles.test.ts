// Each vehicle really carries a call of the approver to the verb, and the verb notices.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { asMallory, type Scene, scene } from './fixture.ts'

const steal = `levelb.probe('stolen')`
const call = `select ${steal}`

interface Vehicle {
  /** What the robber has put in place. */
  readonly setup?: string
  /** What the approver sends, one simple query each. */
  readonly sends: readonly string[]
}

const sends = (...texts: string[]): Vehicle => ({ sends: texts })
const trap = (setup: string, ...texts: string[]): Vehicle => ({ setup, sends: texts })
const trigger = (table: string, kind: string, timing = '') =>
  `create table evil.${table} (x int);
    create ${kind} insert on evil.${table} ${timing} for each row execute function evil.steal_row()`

const vehicles: Record<string, Vehicle> = {
  'a view column': trap(`create view evil.v1 as select 'sales' x, ${steal} y`, 'select * from evil.v1'),
  'a view column that is not selected': trap(`create view evil.v2 as select 1 x, ${steal} y`, 'select x from evil.v2'),
  'create table as': sends(`create temp table m as ${call}`),
  'an inlined SQL function': trap(
    `create function evil.f() returns text language sql as $$ select (${steal}).note $$`,
    'select evil.f()',
  ),
  'a PL/pgSQL function': sends('select evil.steal()'),
  'a procedure': trap(`create procedure evil.p() language sql as $$ ${call} $$`, 'call evil.p()'),
  'a DO block': sends(`do $$ begin perform ${steal}; end $$`),
  'a before trigger': trap(trigger('t1', 'trigger a before'), 'insert into evil.t1 values (1)'),
  'an after trigger': trap(trigger('t2', 'trigger a after'), 'insert into evil.t2 values (1)'),
  'a deferred trigger': trap(
    trigger('t3', 'constraint trigger a after', 'initially deferred'),
    'begin',
    'insert into evil.t3 values (1)',
    'commit',
  ),
  'an instead-of trigger': trap(
    `create view evil.v3 as select 1 x; create trigger a instead of insert on evil.v3 for each row
      execute function evil.steal_row()`,
    'insert into evil.v3 values (1)',
  ),
  'a rule': trap(
    `create table evil.t4 (x int); create rule a as on insert to evil.t4 do also ${call}`,
    'insert into evil.t4 values (1)',
  ),
  'a row-security policy': trap(
    `create table evil.t5 (x int); insert into evil.t5 values (1); alter table evil.t5 enable row level security;
      create policy a on evil.t5 using (evil.steal() = 'x')`,
    'select * from evil.t5',
  ),
  'a row-security check': trap(
    `create table evil.t6 (x int); alter table evil.t6 enable row level security;
      create policy a on evil.t6 with check (evil.steal() = 'x')`,
    'insert into evil.t6 values (1)',
  ),
  'a COPY under a row-security policy': sends('copy evil.t5 to stdout'),
  'a column default': trap(
    'create table evil.t7 (x int, y text default evil.steal())',
    'insert into evil.t7 values (1)',
  ),
  'a generated column': trap(
    'create table evil.t8 (x int, y int generated always as (evil.steal_always(x)) stored)',
    'insert into evil.t8 values (1)',
  ),
  'a domain check': trap(`create domain evil.d as int check (evil.steal() = 'x')`, 'select 1::evil.d'),
  'a table check': trap(`create table evil.t9 (x int check (evil.steal() = 'x'))`, 'insert into evil.t9 values (1)'),
  'an index expression': trap(
    'create table evil.t10 (x int); create index on evil.t10 (evil.steal_always(x))',
    'insert into evil.t10 values (1)',
  ),
  'an index predicate': trap(
    'create table evil.t11 (x int); create index on evil.t11 (x) where evil.steal_always(x) > 0',
    'insert into evil.t11 values (1)',
  ),
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
  'an aggregate': trap(
    `create function evil.step(text, int) returns text language sql as 'select evil.steal()';
      create aggregate evil.total(int) (sfunc = evil.step, stype = text)`,
    'select evil.total(1)',
  ),
  'a text search over a query': sends(`select * from ts_stat('select to_tsvector((levelb.probe(''stolen'')).note)')`),
  'a cursor': sends('begin', `declare c cursor for ${call}`, 'fetch c', 'commit'),
  'a cursor with hold': sends('begin', `declare c cursor with hold for ${call}`, 'commit', 'close c'),
  'a prepared statement': sends(`prepare p as ${call}`, 'execute p', 'deallocate p'),
  'create table as execute': sends(`prepare p as ${call}`, 'create temp table e as execute p', 'deallocate p'),
  'EXPLAIN ANALYZE': sends(`explain analyze ${call}`),
  'COPY of a query': sends(`copy (${call}) to stdout`),
  'select into': sends(`select * into temp i from ${steal}`),
  'a CTE': sends(`with x as (${call}) select * from x`),
  'a CTE in front': sends(`with x as (select 1) ${call}`),
  'a sublink': sends(`select (${call})`),
  'a subquery': sends(`select * from (${call}) x`),
  'a lateral join': sends(`select * from generate_series(1, 1) g, lateral ${steal} r`),
  'a cross join': sends(`select * from ${steal} a, ${steal} b`),
  'with ordinality': sends(`select * from ${steal} with ordinality`),
  'rows from': sends(`select * from rows from (${steal})`),
  union: sends(`${call} union all ${call}`),
  case: sends(`select case when true then (${steal}).note end`),
  where: sends(`select 1 where (${steal}).note = 'stolen'`),
  'another where': sends(`select * from ${steal} as r where not (r is null) and true`),
  'order by': sends(`select 1 order by ${steal}`),
  limit: sends(`${call} limit 1`),
  offset: sends(`${call} offset 0`),
  distinct: sends(`select distinct ${steal}`),
  all: sends(`select all ${steal}`),
  'group by': sends(`select 1 group by (${steal}).note`),
  having: sends(`select 1 having (${steal}).note = 'stolen'`),
  returning: trap('create table evil.t12 (x int)', `insert into evil.t12 values (1) returning ${steal}`),
  'an update': trap(
    'create table evil.t13 (x text); insert into evil.t13 values (1)',
    `update evil.t13 set x = (${steal}).note`,
  ),
  'a delete': trap(
    'create table evil.t14 (x int); insert into evil.t14 values (1)',
    `delete from evil.t14 where ${steal} is null`,
  ),
  values: sends(`values (${steal})`),
  parentheses: sends(`(${call})`),
  'a field': sends(`select (${steal}).note`),
  'all fields': sends(`select (${steal}).*`),
  'a second column': sends(`${call}, 1`),
  'a second call': sends(`${call}, ${steal}`),
  'a second statement': sends(`select 1; ${call}`),
  'a first statement': sends(`${call}; select 1`),
  'an empty second statement': sends(`${call};;`),
  'a call as argument': sends(`select levelb.probe((${steal}).note)`),
  'an operator in an argument': sends(`select levelb.probe('sto' || 'len')`),
  'a function in an argument': sends(`select levelb.probe(lower('STOLEN'))`),
  'a query as argument': sends(`select levelb.probe((select 'stolen'))`),
  'a row comparison': sends(`select ${steal} is null`),
  'the name without its schema': sends('set search_path = levelb', `select probe('stolen')`, 'reset search_path'),
  'a function named like the call': trap(
    `create function evil."${steal}"() returns text language sql as 'select evil.steal()'`,
    'set search_path = evil',
    `select "${steal}"()`,
    'reset search_path',
  ),
  'a schema named like the call': trap(
    `create function evil.probe(text) returns text language sql as 'select evil.steal()'`,
    `select evil.probe('stolen')`,
  ),
}

let there: Scene

beforeAll(async () => {
  there = await scene()
  for (const { setup } of Object.values(vehicles)) if (setup) await asMallory(there.database, setup)
})
afterAll(() => there.alice.end())

test.each(Object.entries(vehicles))('no decision is stolen by %s', async (_, { sends }) => {
  const { notices, errors } = await there.alice.run(...sends)
  expect(errors).toEqual([])
  expect(new Set(notices)).toEqual(new Set(['stolen: f']))
})
