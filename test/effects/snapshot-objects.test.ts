// rollback_snapshot gives extensions, servers, publications and casts back, and says what it does not.
import { beforeAll, expect, test } from 'vitest'
import { type Studio, studio } from './snapshot.ts'

let s: Studio
beforeAll(async () => {
  s = await studio(objects)
  await s.w.sql.unsafe(
    `create foreign data wrapper wrap; grant usage on foreign data wrapper wrap to levelb_deploy, ${s.w.role('app')}`,
  )
  await s.w.sql.unsafe(`alter foreign data wrapper wrap options (add a '1')`)
})

const objects = `
  create schema S;
  create table S.t (id int primary key, a int, b text); create table S.u (id int primary key);
  create type S.pair as (a int); create function S.as_int(S.pair) returns int language sql as 'select 1';
  create cast (S.pair as int) with function S.as_int(S.pair) as assignment;
  create server S_files version '1' foreign data wrapper wrap options (host 'h', place 'x'); comment on server S_files is 's';
  create publication S_news for table S.t (id, a) where (id > 1) with (publish = 'insert, update')`

const whole: [string, string][] = [
  ['an extension made', 'create extension citext schema S'],
  ['options of a server', "alter server S_files version '2' options (set host 'i', drop place, add port '5')"],
  ['a server made', 'create server S_more foreign data wrapper wrap; create user mapping for public server S_more'],
  ['a server dropped', 'drop server S_files'],
  [
    'a server renamed, with a successor under its name',
    'alter server S_files rename to S_other; create server S_files foreign data wrapper wrap',
  ],
  [
    'a publication altered',
    "alter publication S_news set (publish = 'delete', publish_via_partition_root = true); alter publication S_news add table S.u; alter publication S_news drop table S.t",
  ],
  ['a publication dropped', 'drop publication S_news'],
  ['a publication made again', 'drop publication S_news; create publication S_news for table S.u'],
  [
    'a publication made and one renamed',
    'alter publication S_news rename to S_old; create publication S_news for table S.u',
  ],
  [
    'a cast dropped and one made',
    'drop cast (S.pair as int); create cast (S.pair as int) with function S.as_int(S.pair); create cast (S.pair as text) with inout',
  ],
]

test.each(whole)('%s: all of it comes back', async (_, text) => {
  expect(await s.thereAndBack(text)).not.toContain('not restored')
})
