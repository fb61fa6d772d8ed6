// Functions of PostgreSQL that run a text as whoever calls: an owner of a table may lay what the deployer reads into it.
import { beforeAll, expect, test } from 'vitest'
import { detailOf } from '../activate/fixture.ts'
import { protectedWorld, type Watched } from '../drift/fixture.ts'

let w: Watched
beforeAll(async () => {
  w = await protectedWorld()
  await w.past(
    'grant usage on schema other to levelb_deploy; select lo_create(4242); alter large object 4242 owner to levelb_deploy',
  )
})

const cards = `query_to_xml('select card from shop.orders', true, true, '')::text`
const ways: [string, string, string][] = [
  ['a default', `create table other.T (id int, what text default ${cards})`, 'insert into other.T (id) values (1)'],
  ['a check', `create table other.T (id int check (${cards} <> ''))`, 'insert into other.T values (1)'],
  [
    'a default of a domain',
    `create domain other.T_d as text default ${cards}; create table other.T (id int, what other.T_d)`,
    'insert into other.T (id) values (1)',
  ],
  [
    'a view',
    `create table other.T (what text); create view other.T_v as select ${cards} as what`,
    'insert into other.T select what from other.T_v',
  ],
  [
    'a policy',
    `create table other.T (id int); alter table other.T enable row level security; create policy p on other.T using (${cards} <> '')`,
    'select id from other.T',
  ],
  [
    'a large object',
    `create table other.T (id int, what bytea default lo_get(4242))`,
    'insert into other.T (id) values (1)',
  ],
]
test.each(ways)('attack › in %s (LB307)', async (what, objects, text) => {
  const name = `t${ways.findIndex(([each]) => each === what)}`
  const own = (each: string) => each.replaceAll(/\bT(?=\b|_)/g, name)
  await (await w.as('app')).unsafe(own(objects))
  await w.past(`grant select, insert on all tables in schema other to levelb_deploy`)
  const row = await w.through(`000_${name}`, `${own(text)}; grant select on shop.spare to public`)
  expect([row.outcome, row.code, row.code === 'LB307' && detailOf(row)]).toEqual([
    'failed',
    'LB307',
    {
      rule: 'code_of_others_ran',
      functions: [expect.stringMatching(/^function pg_catalog\.(query_to_xml|lo_get)\(/)],
    },
  ])
})
