// Views and functions that are replaced, renamed, dropped and made again: everything that is silently lost is an effect.
import { beforeAll, describe, expect, test } from 'vitest'
import { connect } from '../client.ts'
import { documentOf, type Row, type World, world } from '../world.ts'
import { failure, halfWay, lines, run, runAccepting } from './effects.ts'

const activated = { outcome: 'activated', code: null, detail: null }

/** One company; each test has a schema of its own in it, `S`, with the objects below. */
let w: World
let made = 0
beforeAll(async () => {
  w = await world()
  await w.sql.unsafe(`grant create on database ${w.name} to levelb_deploy`)
})

const objects = `
  create schema S;
  grant usage, create on schema S to levelb_deploy, levelb_definer;
  create table S.orders (id int primary key, customer text);
  create table S.orders_v2 (id int, customer text, total numeric);
  create view S.inv with (security_invoker = true, security_barrier = true) as select id from S.orders;
  grant select on S.inv to reader!; grant update (id) on S.inv to reader!;
  comment on view S.inv is 'mine'; comment on column S.inv.id is 'number';
  create function S.f(a int) returns int language sql security definer set search_path = S set work_mem = '1MB' as 'select 1';
  grant execute on function S.f(int) to reader!;
  create function S.atomic(a int) returns int language sql begin atomic select a + 1; end`

async function schema(): Promise<string> {
  made += 1
  const name = `s${made}`
  const text = objects.replaceAll(/\bS\b/g, name).replaceAll('reader!', w.role('reader'))
  await w.sql.unsafe(
    `grant create on database ${w.name} to ${w.role('app')}; set role ${w.role('app')}; ${text}; reset role`,
  )
  return name
}

/** Effects of a text over a fresh schema S, which they are told with. */
async function effects(text: string): Promise<string[] | unknown> {
  const name = await schema()
  const row = await runAccepting(w, text.replaceAll(/\bS\b/g, name).replaceAll('reader!', w.role('reader')))
  if (row.outcome !== 'activated') return failure(row)
  return lines(row)
    .map((line) => line.replaceAll(new RegExp(`\\b${name}\\b`, 'g'), 'S').replaceAll(w.role(''), ''))
    .map((line) => line.replaceAll(/sha256 [0-9a-f]{64}/g, 'sha256'))
    .toSorted()
}

const lostOfView = [
  'security: view S.inv: security_barrier: true → -',
  'security: view S.inv: security_invoker: true → -',
]

const texts: [string, string, string[]][] = [
  [
    'a view replaced with its options',
    'create or replace view S.inv with (security_invoker = true, security_barrier = true) as select id from S.orders where id > 2',
    ['repoint: view S.inv: definition: sha256 → sha256'],
  ],
  [
    'a view replaced without them loses them',
    'create or replace view S.inv as select id from S.orders where id > 2',
    ['repoint: view S.inv: definition: sha256 → sha256', ...lostOfView],
  ],
  [
    'a view dropped and made again loses grants, owner, options and comments',
    'drop view S.inv; create view S.inv as select id, customer from S.orders',
    [
      'acl: view S.inv: reader: select → -',
      'acl: view column S.inv.id: reader: update → -',
      'owner: view S.inv: owner: app → levelb_deploy',
      'repoint: view S.inv: definition: sha256 → sha256',
      'repoint: view S.inv: exists: present → recreated',
      ...lostOfView,
      'structure: view S.inv: comment: mine → -',
      'structure: view column S.inv.customer: column: - → text',
      'structure: view column S.inv.id: comment: number → -',
    ],
  ],
  [
    'so does one that is put into its place by renaming',
    'create view S.new as select id from S.orders_v2; drop view S.inv; alter view S.new rename to inv',
    [
      'acl: view S.inv: reader: select → -',
      'acl: view column S.inv.id: reader: update → -',
      'owner: view S.inv: owner: app → levelb_deploy',
      'repoint: view S.inv: definition: sha256 → sha256',
      'repoint: view S.inv: exists: present → recreated',
      ...lostOfView,
      'structure: view S.inv: comment: mine → -',
      'structure: view column S.inv.id: comment: number → -',
    ],
  ],
  ['a view dropped', 'drop view S.inv', ['repoint: view S.inv: exists: present → -']],
  [
    'a view made, with grants',
    'create view S.v with (security_barrier) as select 1 as a; grant select (a) on S.v to reader!',
    [
      'acl: view column S.v.a: reader: - → select',
      'repoint: view S.v: definition: - → sha256',
      'repoint: view S.v: exists: - → present',
      'security: view S.v: security_barrier: - → true',
    ],
  ],
  [
    'a column of a view renamed',
    'alter view S.inv rename column id to nr',
    ['structure: view column S.inv.nr: name: S.inv.id → S.inv.nr'],
  ],
  [
    'options of a view',
    'alter view S.inv reset (security_invoker); alter view S.inv set (check_option = local)',
    ['security: view S.inv: security_invoker: true → -', 'structure: view S.inv: option check_option: - → local'],
  ],
  [
    'two tables swapped by renaming',
    'alter table S.orders rename to orders_old; alter table S.orders_v2 rename to orders',
    [
      'repoint: table S.orders: name: S.orders_v2 → S.orders',
      'repoint: table S.orders_old: name: S.orders → S.orders_old',
    ],
  ],
  [
    'a table moved',
    'create schema more_s; alter table S.orders_v2 set schema more_s',
    [
      'repoint: table more_s.orders_v2: name: S.orders_v2 → more_s.orders_v2',
      'structure: schema more_s: exists: - → present',
    ],
  ],
  [
    'a materialized view made and refreshed',
    'create materialized view S.m as select 1 as a; refresh materialized view S.m',
    ['repoint: materialized view S.m: definition: - → sha256', 'repoint: materialized view S.m: exists: - → present'],
  ],
  [
    'a function replaced with its text alone',
    "create or replace function S.f(a int) returns int language sql security definer set search_path = S set work_mem = '1MB' as 'select 2'",
    ['repoint: function S.f(integer): definition: sha256 → sha256'],
  ],
  [
    'a function replaced loses SECURITY DEFINER and its settings',
    "create or replace function S.f(a int) returns int language sql as 'select 1'",
    [
      'repoint: function S.f(integer): search_path: S → -',
      'repoint: function S.f(integer): set work_mem: 1MB → -',
      'security: function S.f(integer): security: definer → -',
    ],
  ],
  [
    'a function dropped and made again loses its owner and grants too',
    "drop function S.f(int); create function S.f(a int) returns int language sql as 'select 1'",
    [
      'acl: function S.f(integer): reader: execute → -',
      'owner: function S.f(integer): owner: app → levelb_deploy',
      'repoint: function S.f(integer): definition: sha256 → sha256',
      'repoint: function S.f(integer): exists: present → recreated',
      'repoint: function S.f(integer): search_path: S → -',
      'repoint: function S.f(integer): set work_mem: 1MB → -',
      'security: function S.f(integer): security: definer → -',
    ],
  ],
  ['a function dropped', 'drop function S.f(int)', ['repoint: function S.f(integer): exists: present → -']],
  [
    'a function altered',
    'alter function S.atomic(int) immutable parallel safe strict cost 7',
    [
      'structure: function S.atomic(integer): cost: - → 7',
      'structure: function S.atomic(integer): parallel: - → safe',
      'structure: function S.atomic(integer): strict: - → yes',
      'structure: function S.atomic(integer): volatility: - → immutable',
    ],
  ],
  [
    'the settings of a function',
    'alter function S.atomic(int) set search_path = pg_catalog, pg_temp; alter function S.f(int) reset all',
    [
      'repoint: function S.atomic(integer): search_path: - → pg_catalog, pg_temp',
      'repoint: function S.f(integer): search_path: S → -',
      'repoint: function S.f(integer): set work_mem: 1MB → -',
    ],
  ],
  [
    'a body that is kept parsed',
    'create or replace function S.atomic(a int) returns int language sql begin atomic select a + 2; end',
    ['repoint: function S.atomic(integer): definition: sha256 → sha256'],
  ],
  [
    'overloaded functions',
    `create function S.f(text) returns int language sql as 'select 1'; create function S.f("Odd" S.orders[]) returns int language sql as 'select 1'`,
    [
      'repoint: function S.f(S.orders[]): definition: - → sha256',
      'repoint: function S.f(S.orders[]): exists: - → present',
      'repoint: function S.f(pg_catalog.text): definition: - → sha256',
      'repoint: function S.f(pg_catalog.text): exists: - → present',
    ],
  ],
  [
    'a function renamed, and its successor under its name',
    "alter function S.f(int) rename to f_old; create function S.f(a int) returns int language sql as 'select 3'",
    [
      'repoint: function S.f(integer): definition: - → sha256',
      'repoint: function S.f(integer): exists: - → present',
      'repoint: function S.f_old(integer): name: S.f(integer) → S.f_old(integer)',
    ],
  ],
  [
    'a procedure',
    "create procedure S.p() language sql as 'select 1'",
    ['repoint: procedure S.p(): definition: - → sha256', 'repoint: procedure S.p(): exists: - → present'],
  ],
  [
    'names that need quotes',
    `create view S."V "" w" as select 1 as "A b"; alter view S."V "" w" rename to "V'"`,
    [`repoint: view S."V'": definition: - → sha256`, `repoint: view S."V'": exists: - → present`],
  ],
  [
    'a view replaced and given back as it was',
    'create or replace view S.inv with (security_invoker = true, security_barrier = true) as select id from S.orders where id > 2; create or replace view S.inv with (security_invoker = true, security_barrier = true) as select id from S.orders; grant select on S.orders to reader!',
    [
      'acl: table S.orders: reader: - → select',
      'acl: view S.inv: (rewritten): - → -',
      'repoint: view S.inv: (rewritten): - → -',
    ],
  ],
  [
    'a function replaced by itself',
    'create or replace function S.atomic(a int) returns int language sql begin atomic select a + 1; end; grant select on S.orders to reader!',
    ['acl: table S.orders: reader: - → select', 'repoint: function S.atomic(integer): (rewritten): - → -'],
  ],
]

/** Before 17 a parsed query is kept with the places of its words, so the same query in another text is another one. */
const replacedBefore17: Record<string, string[]> = {
  'a view replaced and given back as it was': [
    'acl: table S.orders: reader: - → select',
    'repoint: view S.inv: definition: sha256 → sha256',
  ],
  'a function replaced by itself': [
    'acl: table S.orders: reader: - → select',
    'repoint: function S.atomic(integer): definition: sha256 → sha256',
  ],
}

test.each(texts)('%s', async (name, text, from17) => {
  const [server] = await w.sql`select current_setting('server_version_num')::int < 170000 as is_before`
  const expected = (server?.is_before && replacedBefore17[name]) || from17
  expect(await effects(text)).toEqual(expected.toSorted())
})

test('a view replaced by the same words over another table is replaced', async () => {
  const name = await schema()
  const row = await run(
    w,
    `alter table ${name}.orders rename to orders_old; alter table ${name}.orders_v2 rename to orders;
     create or replace view ${name}.inv with (security_invoker = true, security_barrier = true) as select id from ${name}.orders`,
  )
  const effect = (row.effects as Row[]).find((e) => e.attribute === 'definition')
  expect([failure(row), effect?.before === effect?.after, effect?.class]).toEqual([activated, true, 'repoint'])
})

test('a view over a renamed table has another text and is no effect, since nobody replaced it', async () => {
  expect(await effects('alter table S.orders rename to archive')).toEqual([
    'repoint: table S.archive: name: S.orders → S.archive',
  ])
})

test('schemas swapped by renaming', async () => {
  const [a, b] = [await schema(), await schema()]
  const row = await run(
    w,
    `alter schema ${a} rename to s_aside; alter schema ${b} rename to ${a}; grant select on ${a}.inv to public`,
  )
  expect([failure(row), lines(row)]).toEqual([
    activated,
    [
      `acl: view ${a}.inv: PUBLIC: - → select`,
      `repoint: schema ${a}: name: ${b} → ${a}`,
      `repoint: schema s_aside: name: ${a} → s_aside`,
    ],
  ])
})

test('what leaves a schema is judged by the rules of that schema (LB304)', async () => {
  const there = await world({ policy: { quorum: [{ approvals: 1 }, { schemas: ['shop'], groups: { security: 1 } }] } })
  await there.sql.unsafe(
    `create schema extra; grant create, usage on schema extra to ${there.role('app')}, levelb_deploy`,
  )
  const row = await there.through('0001_out', documentOf('alter view shop.recent set schema extra'))
  expect(failure(row)).toMatchObject({ code: 'LB304', detail: { missing: '1 of group security' } })
})

describe('SECURITY DEFINER functions of levelb roles', () => {
  const make = "create function S.d() returns int language sql security definer as 'select 1'"
  const lb306 = (rule: string) => ({
    outcome: 'failed',
    code: 'LB306',
    detail: { objects: [expect.any(String)], rule },
  })

  test('a new one belongs to nobody whose rights it would lend (LB306)', async () => {
    expect(await effects(make)).toEqual(lb306('definer_code_belongs_to_levelb_definer'))
  })
  test('nor does one that becomes it (LB306)', async () => {
    expect(
      await effects(
        "create function S.d() returns int language sql as 'select 1'; alter function S.d() security definer",
      ),
    ).toEqual(lb306('definer_code_belongs_to_levelb_definer'))
  })
  test('one of levelb_definer that PUBLIC may execute is refused (LB306)', async () => {
    expect(await effects(`${make}; alter function S.d() owner to levelb_definer`)).toEqual(
      lb306('definer_code_is_not_for_public'),
    )
  })
  test('one of levelb_definer that PUBLIC may not execute is activated', async () => {
    expect(
      await effects(`${make}; revoke all on function S.d() from public; alter function S.d() owner to levelb_definer`),
    ).toEqual([
      'acl: function S.d(): PUBLIC: execute → -',
      'owner: function S.d(): owner: levelb_deploy → levelb_definer',
      'repoint: function S.d(): definition: - → sha256',
      'repoint: function S.d(): exists: - → present',
      'security: function S.d(): security: - → definer',
    ])
  })
})

describe('what code was before', () => {
  test('is not read where no class of code is claimed, and then it is not replaced (LB305)', async () => {
    const name = await schema()
    const text = `grant select on ${name}.orders to public; create or replace view ${name}.inv as select id from ${name}.orders where id > 1`
    expect(failure(await run(w, text, { classes: ['acl'] }))).toEqual({
      outcome: 'failed',
      code: 'LB305',
      detail: {
        uncovered: [
          { catalog: 'pg_rewrite', object: `view ${name}.inv`, change: 'replaced, and what it was has not been read' },
        ],
      },
    })
  })

  test('who holds a lock on a table under a view makes no activation wait, unless that view is replaced', async () => {
    const name = await schema()
    const app = await w.another('app')
    await app.unsafe(`begin; lock table ${name}.orders in access exclusive mode`)
    const row = await runAccepting(
      w,
      `create or replace function ${name}.f(a int) returns int language sql as 'select 5'`,
    )
    await app.unsafe('rollback')
    await app.end()
    expect([failure(row), lines(row).length]).toEqual([activated, 4])
  })

  test('is read without keeping a lock: others alter the tables under views meanwhile', async () => {
    const [ours, theirs] = [await schema(), await schema()]
    const other = connect(w.url)
    const row = await halfWay(w, 'select 1', `create view ${ours}.one as select 1 as a`, () =>
      other.unsafe(`alter table ${theirs}.orders add column more int`),
    )
    await other.end()
    expect(failure(row)).toEqual(activated)
  })

  test('another session that replaces the same view meanwhile: LB101', async () => {
    const name = await schema()
    const other = connect(w.url)
    const replace = (n: number) => `create or replace view ${name}.inv as select id from ${name}.orders where id > ${n}`
    const row = await halfWay(w, 'select 1', replace(1), () => other.unsafe(replace(2)))
    await other.end()
    expect(failure(row)).toMatchObject({ outcome: 'failed', code: 'LB101' })
  })

  test('another session that replaces and makes other code meanwhile: no effect', async () => {
    const [ours, theirs] = [await schema(), await schema()]
    const other = connect(w.url)
    const row = await halfWay(
      w,
      `create view ${ours}.one as select 1 as a`,
      `create view ${ours}.two as select 2 as a`,
      () =>
        other.unsafe(`create or replace view ${theirs}.inv as select id from ${theirs}.orders where id > 1; drop function ${theirs}.f(int);
        create table ${theirs}.t (id serial, body text default 'x', check (id > 0)); comment on table ${theirs}.t is 'x';
        alter table ${theirs}.orders_v2 rename to moved; create type ${theirs}.e as enum ('a')`),
    )
    await other.end()
    expect([failure(row), lines(row)]).toEqual([
      activated,
      [
        `repoint: view ${ours}.one: definition: - → sha256`,
        `repoint: view ${ours}.one: exists: - → present`,
        `repoint: view ${ours}.two: definition: - → sha256`,
        `repoint: view ${ours}.two: exists: - → present`,
      ],
    ])
  })
})
