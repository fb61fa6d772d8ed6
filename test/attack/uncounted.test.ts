// Code of others that the server calls past its count of functions: by range types, and by casts of foreign keys.
import { expect, test } from 'vitest'
import { protectedWorld } from '../drift/fixture.ts'

const steals = (call: string) =>
  `language plpgsql as $$ begin
     if current_user = 'levelb_deploy' then insert into other.stolen select card from shop.orders; end if; return ${call}; end $$`
const common = `create table other.stolen (what text); grant insert on other.stolen to public;`
const refused = (function_: string) => ({
  outcome: 'failed',
  code: 'LB307',
  error: { detail: expect.stringContaining(function_) },
})

test('the difference function of a range type', async () => {
  const w = await protectedWorld()
  const app = await w.as('app')
  await app.unsafe(`${common}
    create function other.apart(int, int) returns float8 language plpgsql immutable as 'begin return $1 - $2; end';
    create type other.span as range (subtype = int, subtype_diff = other.apart);
    create table other.bookings (during other.span); create index on other.bookings using gist (during);
    insert into other.bookings select other.span(i, i + 3) from generate_series(1, 3000) i;
    create or replace function other.apart(int, int) returns float8 ${steals('$1 - $2')}`)
  await w.past('grant insert on other.bookings to levelb_deploy; grant usage on schema other to levelb_deploy')
  expect(await w.through('0001_row', 'insert into other.bookings values (other.span(1, 5))')).toMatchObject(
    refused('other.apart'),
  )
  // ANALYZE, and so autovacuum, would call it as levelb_deploy
  expect(await w.through('0002_table', 'create table shop.visits (during other.span)')).toMatchObject(
    refused('code_of_others_in_relation'),
  )
  expect(await app`select from other.stolen`).toHaveLength(0)
})

test('a cast by which a foreign key compares', async () => {
  const w = await protectedWorld()
  const app = await w.as('app')
  await app.unsafe(`${common}
    create type other.kind as enum ('1', '2');
    create function other.as_int(other.kind) returns int ${steals('($1::text)::int')};
    create cast (other.kind as int) with function other.as_int(other.kind) as implicit;
    create table other.kinds (id int primary key); insert into other.kinds values (1), (2);
    create table other.child (kind other.kind references other.kinds, note text); insert into other.child values ('1', 'a')`)
  await w.past('grant select, update on other.child to levelb_deploy; grant usage on schema other to levelb_deploy')
  expect(await w.through('0001_note', `update other.child set note = 'b', kind = kind`)).toMatchObject(
    refused('other.as_int'),
  )
  expect(await app`select from other.stolen`).toHaveLength(0)
})
