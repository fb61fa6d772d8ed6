// What is no drift: what the application and PostgreSQL do all day, and what is shown and never refused.
import { beforeAll, expect, test } from 'vitest'
import { type Watched, watched } from './fixture.ts'

let w: Watched
beforeAll(async () => {
  w = await watched()
})

/** Each is a statement of its own, in this order. */
const life = [
  'vacuum shop.orders',
  'vacuum full shop.orders',
  'analyze',
  'vacuum (analyze, freeze) pg_catalog.pg_class',
  'vacuum full pg_catalog.pg_proc',
  'reindex table shop.orders',
  "insert into shop.orders values (7, 'Eve', '5')",
  'update shop.orders set card = null',
  'truncate shop.parts',
  "select nextval('shop.tickets')",
  "select setval('shop.tickets', 100)",
  'create temp table mine (id int primary key, body text); drop table mine',
  'create temp view seen as select * from shop.orders',
  'create table other.made (id int primary key, of int references other.notes)',
  'alter table other.notes add more text',
  "create function other.added() returns int language sql as 'select 1'",
  'create view other.recent as select * from shop.recent',
  'grant select on other.notes to {reader}',
  'drop table other.made',
  'select lo_create(777)',
  'begin; lock table shop.orders; commit',
  "do $$ begin execute format('comment on database %I is ''of a test''', current_database()); end $$",
]

test.each([false, true])('the life of an application is no drift (full: %s)', async (full) => {
  if (!full) for (const statement of life) await w.past(statement)
  expect(await w.drift(full)).toEqual([])
})

test.each([
  ['extra_float_digits', '-15'],
  ['timezone', 'Asia/Tokyo'],
  ['datestyle', 'German'],
  ['bytea_output', 'escape'],
])('nor is %s = %s of whoever asks', async (name, value) => {
  const auditor = await w.another('aud')
  await auditor.unsafe(`set ${name} = '${value}'`)
  expect(await auditor`select * from levelb.drift(true) where not expected`).toHaveLength(0)
})

test('another database is no concern of this one', async () => {
  const name = `${w.name}_beside`
  await w.sql.unsafe(`create database ${name} template template0`)
  try {
    await w.sql.unsafe(`alter database ${name} set work_mem = '1MB'; alter database ${name} connection limit 3`)
    expect([await w.drift(), await w.drift(true)]).toEqual([[], []])
  } finally {
    await w.sql.unsafe(`drop database ${name}`)
  }
})

test('what is normal everywhere is shown as expected, and an activation takes it over', async () => {
  await w.past("alter role {reader} password 'another'")
  await w.past('reindex index concurrently shop.by_customer')
  await w.past('cluster shop.orders using by_customer')
  await w.past('grant {r1} to levelb_deploy')
  await w.past("do $$ begin execute format('grant create on database %I to levelb_deploy', current_database()); end $$")
  const shown = [
    'acl: database DATABASE: levelb_deploy: - → create (expected)',
    'role: role reader: password: - → written anew, with the same attributes (expected)',
    expect.stringMatching(/^role: role membership levelb_deploy in r1: by \w+: - → admin false.* \(expected\)$/),
    'structure: index shop.by_customer: clustered: - → yes (expected)',
    'structure: index shop.by_customer: exists: present → recreated (expected)',
  ]
  expect(await w.drift()).toEqual(shown)
  expect(await w.drift(true)).toEqual(shown)
  expect(await w.through('0001_next', 'grant select on shop.free to public')).toMatchObject({ outcome: 'activated' })
  expect([await w.drift(), await w.drift(true)]).toEqual([[], []])
  expect(await w.sql`select count(*)::int as n from levelb.incident where kind = 'drift'`).toEqual([{ n: 0 }])
})
