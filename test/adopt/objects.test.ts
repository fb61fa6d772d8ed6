// What adopt finds where levelb is not installed, and what a protection then takes, are the same objects.
import { expect, test } from 'vitest'
import { readObjects } from '../../src/adopt/objects.ts'
import { full } from '../protect/shop.ts'
import { world } from '../world.ts'

test('adopt and levelb._owned_in list the same objects', async () => {
  const w = await world()
  await w.sql.unsafe(`
    create schema lib authorization ${w.role('app')};
    create table lib."T" (id serial primary key, other int generated always as identity, tags text[]);
    create index on lib."T" (other);
    create statistics lib.known on id, other from lib."T";
    create table lib.event (at int) partition by range (at);
    create view lib.v as select id from lib."T";
    create view lib.invoker with (security_invoker = on) as select id from lib."T";
    create view lib.definer with (security_invoker = off) as select id from lib."T";
    create materialized view lib.m as select id from lib."T";
    create sequence lib.free;
    create type lib.pair as (a int, b int);
    create type lib.mood as enum ('calm');
    create type lib.span as range (subtype = int);
    create domain lib.cents as bigint;
    create function lib.f() returns int language sql as 'select 1';
    create function lib.lends() returns int language sql security definer as 'select 1';
    create procedure lib.p() language sql as 'select 1';
    create aggregate lib.most(int) (sfunc = int4larger, stype = int);
    create operator lib.=== (leftarg = int, rightarg = int, function = int4eq);
    create operator family lib.family using btree;
    create collation lib.plain from "C";
    create text search configuration lib.words (copy = simple);
    create text search dictionary lib.dictionary (template = simple);`)
  const taken = await w.sql`
    select o.object_type as type, o.identity, r.rolname as owner, o.is_code as "runsAsOwner", o.follows
      from levelb._owned_in(array['lib', 'shop']) o join pg_roles r on r.oid = o.owner`
  const found = (await readObjects(w.sql))
    .filter(({ schema }) => schema === 'lib' || schema === 'shop')
    .map(({ type, identity, owner, runsAsOwner, follows }) => ({
      // a routine in ALTER, and told apart for people
      type: type === 'aggregate' ? 'routine' : type,
      identity,
      owner,
      runsAsOwner,
      follows,
    }))
  const sorted = (rows: readonly unknown[]) => rows.map((row) => JSON.stringify(row)).sort()
  expect(taken.length).toBeGreaterThan(25)
  // from 17 on a multirange has no owner of its own
  const [server] = await w.sql`select current_setting('server_version_num')::int as version`
  expect(
    (await readObjects(w.sql)).filter(({ range }) => range !== null).map((each) => [each.identity, each.range]),
  ).toEqual(server?.version < 170000 ? [['lib.span_multirange', 'lib.span']] : [])
  expect(sorted(found)).toEqual(sorted(taken))
})

test('a range type and its multirange are taken from one owner (docs/limits.md)', async () => {
  const w = await world()
  await w.sql.unsafe(`
    grant create on database ${w.name} to levelb_deploy;
    create schema lib authorization ${w.role('app')};
    create type lib.span as range (subtype = int);
    alter type lib.span owner to ${w.role('app')}`)
  await w.urlOf('boss')
  const taken = async (id: string) => {
    await w.stage(id, full('lib'))
    await w.approve(id)
    return w.activate(id)
  }
  const [server] = await w.sql`select current_setting('server_version_num')::int as version`
  if (server?.version < 170000) {
    // whoever restored the dump, as an ordinary login
    await w.sql.unsafe(
      `grant ${w.role('boss')} to levelb_deploy; alter type lib.span_multirange owner to ${w.role('boss')}`,
    )
    expect(await taken('0001_protect')).toMatchObject({ outcome: 'failed', code: 'LB305' })
    await w.sql.unsafe(`alter type lib.span_multirange owner to ${w.role('app')}`)
  }
  expect(await taken('0002_protect')).toMatchObject({ outcome: 'activated', code: null })
})
