// Code of the application that an approved text sets off: it must not run as levelb_owner, nor after the proof, nor lend
// itself the deployer's rights for good. Each of these was an attack that succeeded.
import { expect, test } from 'vitest'
import { documentOf, type World, world } from '../world.ts'

/** Runs as the application's login, which owns schema shop. */
async function asApp(w: World, text: string): Promise<void> {
  const app = await w.as('app')
  await app.unsafe(text)
}

test('attack › a deferrable exclusion constraint over a function of the application is refused (LB308)', async () => {
  const w = await world()
  await asApp(
    w,
    `create function shop.f(i bigint) returns int language sql immutable as 'select 1';
     create table shop.bonus (id bigint, v int);
     alter table shop.bonus add constraint bonus_x exclude using btree (shop.f(id) with =) deferrable initially deferred`,
  )
  const row = await w.through('0001_x', 'insert into shop.bonus values (2, 10)')
  expect(row).toMatchObject({ outcome: 'failed', code: 'LB308' })
  expect(JSON.parse((row.error as { detail: string }).detail)).toEqual({
    rule: 'nothing_deferred',
    triggers: [{ table: 'shop.bonus', trigger: 'bonus_x' }],
  })
})

test('attack › a deferrable foreign key over a type of the application is refused (LB308)', async () => {
  const w = await world()
  await asApp(
    w,
    `create type shop.k as enum ('1', '2');
     create function shop.k2i(shop.k) returns int language sql immutable as 'select $1::text::int';
     create cast (shop.k as int) with function shop.k2i(shop.k) as implicit;
     create table shop.p (id int primary key); insert into shop.p values (1), (2);
     create table shop.c (k shop.k references shop.p deferrable initially deferred)`,
  )
  expect(await w.through('0001_x', `insert into shop.c values ('1')`)).toMatchObject({
    outcome: 'failed',
    code: 'LB308',
  })
})

test('attack › a deferrable foreign key over types of PostgreSQL is checked and activated', async () => {
  const w = await world()
  await asApp(w, 'create table shop.c (id int references shop.orders deferrable initially deferred)')
  expect(await w.through('0001_x', 'insert into shop.c values (1)')).toMatchObject({ outcome: 'activated' })
})

test('attack › deferred checks run with the rights of the text, never as levelb_owner', async () => {
  const { sql } = await world()
  const [row] = await sql`select pg_get_userbyid(proowner) as owner, prosecdef from pg_proc
    where oid = 'levelb_exec.check_constraints()'::regprocedure`
  expect(row).toEqual({ owner: 'levelb_deploy', prosecdef: true })
  const [activate] = await sql`select count(*)::int as n from pg_proc where pronamespace = 'levelb'::regnamespace
    and prosrc ~* 'set\\s+constraints'`
  expect(activate?.n).toBe(0)
})

test('attack › a SECURITY DEFINER function is not taken over by levelb_deploy (LB306)', async () => {
  const w = await world()
  const id = '0001_take'
  await w.stage(id, documentOf('alter function shop.total(int) owner to levelb_deploy'))
  await w.approve(id)
  // after the approvals, before the activation
  await asApp(
    w,
    `create or replace function shop.total(int) returns int language plpgsql security definer as 'begin return 2; end'`,
  )
  const row = await w.activate(id)
  expect(row).toMatchObject({ outcome: 'failed', code: 'LB306' })
  expect(row.error).toMatchObject({ hint: expect.stringContaining('levelb_definer') })
})

test('attack › a function replaced after its approval has other effects than were approved (LB303)', async () => {
  const w = await world({ policy: { effects: 'exact' } })
  const take = 'alter function shop.total(int) owner to levelb_deploy'
  const effect = (attribute: string, before: string | null, after: string) => ({
    class: 'owner',
    object_type: 'function',
    identity: 'shop.total(integer)',
    attribute,
    before,
    after,
  })
  const owner = effect('owner', w.role('app'), 'levelb_deploy')
  await w.stage('0001_try', documentOf(take, { effects: [owner] }))
  await w.approve('0001_try')
  const tried = await w.activate('0001_try')
  const { unexpected } = JSON.parse((tried.error as { detail: string }).detail)
  expect(unexpected).toEqual([effect('definition', null, expect.stringMatching(/^sha256 [0-9a-f]{64}$/) as never)])

  await w.stage('0002_take', documentOf(take, { effects: [owner, ...unexpected] }))
  await w.approve('0002_take')
  await asApp(w, `create or replace function shop.total(int) returns int language sql as 'select 666'`)
  expect(await w.activate('0002_take')).toMatchObject({ outcome: 'failed', code: 'LB303' })
})

test('attack › a table whose index runs a function of the application is not taken over (LB307)', async () => {
  const w = await world()
  await asApp(
    w,
    `create function shop.f(int) returns int language sql immutable as 'select $1';
     create table shop.idx (i int); create index on shop.idx (shop.f(i))`,
  )
  expect(await w.through('0001_x', 'alter table shop.idx owner to levelb_deploy')).toMatchObject({ code: 'LB307' })
  expect(
    await w.through(
      '0002_x',
      'alter function shop.f(int) owner to levelb_deploy; alter table shop.idx owner to levelb_deploy',
    ),
  ).toMatchObject({ outcome: 'activated' })
})

test('attack › a TRUNCATE trigger of the application is refused (LB307)', async () => {
  const w = await world()
  await asApp(
    w,
    `create table shop.tt (i int);
     create function shop.t() returns trigger language plpgsql as 'begin return null; end';
     create trigger t after truncate on shop.tt execute function shop.t()`,
  )
  expect(await w.through('0001_x', 'truncate shop.tt')).toMatchObject({ outcome: 'failed', code: 'LB307' })
})

test('attack › a WHEN condition of the application on a trigger of PostgreSQL is refused (LB307)', async () => {
  const w = await world()
  await asApp(
    w,
    `create table shop.tt (i int);
     create function shop.w(int) returns boolean language sql as 'select true';
     create trigger t before update on shop.tt for each row when (shop.w(new.i)) execute function suppress_redundant_updates_trigger()`,
  )
  expect(await w.through('0001_x', 'update shop.tt set i = 1')).toMatchObject({ outcome: 'failed', code: 'LB307' })
})

test('attack › a SECURITY DEFINER trigger is refused like any other of the application (LB307)', async () => {
  const w = await world()
  await asApp(
    w,
    `create table shop.tt (i int);
     create function shop.t() returns trigger language plpgsql security definer as 'begin return new; end';
     create trigger t before insert on shop.tt for each row execute function shop.t()`,
  )
  expect(await w.through('0001_x', 'insert into shop.tt values (1)')).toMatchObject({
    outcome: 'failed',
    code: 'LB307',
  })
})

const taken = {
  'a trigger': `create function shop.t() returns trigger language plpgsql as 'begin return old; end';
    create trigger t before delete on shop.c for each row execute function shop.t()`,
  'a default': `create function shop.d() returns int language sql as 'select 1'; alter table shop.c alter i set default shop.d()`,
  'a check': `create function shop.h() returns int language sql as 'select 1'; alter table shop.c add check (shop.h() = 1)`,
  'an operator in an index': `create function shop.o(int, int) returns boolean language sql immutable as 'select true';
    create operator shop.~~~ (function = shop.o, leftarg = int, rightarg = int); create index on shop.c ((i operator(shop.~~~) 1))`,
  'a domain in an index': 'create domain shop.dm as int; create index on shop.c ((i::shop.dm))',
  statistics: `create function shop.f(int) returns int language sql immutable as 'select $1';
    create statistics shop.s on (shop.f(i)) from shop.c`,
  'a foreign key over a type': `create type shop.k as enum ('1'); create table shop.p2 (k shop.k primary key);
    alter table shop.c add column k shop.k references shop.p2`,
  'a rule': 'create rule r as on insert to shop.c do also notify r',
}
for (const [what, text] of Object.entries(taken)) {
  test(`attack › a table with ${what} of the application is not taken over (LB307)`, async () => {
    const w = await world()
    await asApp(w, `create table shop.c (i int); ${text}`)
    const row = await w.through('0001_x', 'alter table shop.c owner to levelb_deploy')
    expect(row).toMatchObject({ outcome: 'failed', code: 'LB307' })
  })
}

test('attack › a partitioned table whose key calls a function of the application is not taken over (LB307)', async () => {
  const w = await world()
  await asApp(
    w,
    `create function shop.h(int) returns int language sql immutable as 'select $1';
     create table shop.c (i int) partition by range (shop.h(i))`,
  )
  expect(await w.through('0001_x', 'alter table shop.c owner to levelb_deploy')).toMatchObject({ code: 'LB307' })
})
