// F4: who a schema is taken from, and everybody else, sees the same rows and has the same DML and calls as before.
import { beforeAll, describe, expect, test } from 'vitest'
import type { Client } from '../client.ts'
import { failure } from '../effects/effects.ts'
import { documentOfKind } from '../kinds/documents.ts'
import { type Json, type Row, refusal, type World, world } from '../world.ts'
import { full, protect, shop } from './shop.ts'

const people = ['app', 'boss', 'reader', 'writer', 'tenant', 'viewer', 'member', 'nobody']

/** What each role may do with each object by the catalogs, and PUBLIC's EXECUTE aside who may call what. */
async function rights(w: World): Promise<Row[]> {
  return await w.sql.unsafe(
    `
    with who as (select r.oid, split_part(r.rolname, '_', 1) as who from pg_roles r where r.rolname = any($1)),
      relation as (select c.oid, c.oid::regclass::text as name, c.relkind from pg_class c
        where c.relnamespace in ('shop'::regnamespace, 'lib'::regnamespace) and c.relkind in ('r', 'p', 'v', 'm', 'S'))
    select w.who, r.name, array_agg(p order by p) as may from who w, relation r,
        unnest(case r.relkind when 'S' then array['usage'] else array['select', 'insert', 'update', 'delete', 'truncate'] end) p
     where case when r.relkind = 'S' then has_sequence_privilege(w.oid, r.oid, p) else has_table_privilege(w.oid, r.oid, p) end
       -- an owner has them on a view too, where they mean nothing
       and not (r.relkind = 'v' and p = 'truncate' or r.relkind = 'm' and p <> 'select')
     group by 1, 2
    union all
    select w.who, r.name || '.' || a.attname, array_agg(p order by p) from who w, relation r
      join pg_attribute a on a.attrelid = r.oid and a.attnum > 0, unnest(array['select', 'insert', 'update']) p
     where r.relkind in ('r', 'p', 'v') and has_column_privilege(w.oid, r.oid, a.attnum, p) group by 1, 2
    union all
    select w.who, f.oid::regprocedure::text, array['execute'] from who w, pg_proc f
     where f.pronamespace in ('shop'::regnamespace, 'lib'::regnamespace) and f.prorettype <> 'trigger'::regtype
       and has_function_privilege(w.oid, f.oid, 'execute')
       -- where it may not enter the schema it could call nothing
       and has_schema_privilege(w.oid, f.pronamespace, 'usage')
    union all
    select w.who, n.nspname, array['usage'] from who w, pg_namespace n
     where n.nspname in ('shop', 'lib') and has_schema_privilege(w.oid, n.oid, 'usage')
    union all
    select w.who, t.typname, array['usage'] from who w, pg_type t
     where t.typname in ('cents', 'state') and has_type_privilege(w.oid, t.oid, 'usage')
     order by 1, 2`,
    [people.map((name) => w.role(name))] as never,
  )
}

const uses = [
  'customer',
  'orders',
  'log',
  'ledger',
  'event',
  'event_1',
  'open_order',
  'balance',
  'rates',
  'through',
  'totals',
  'names',
]
  .map((name) => `select * from shop.${name} order by 1`)
  .concat([
    'select * from lib.rate',
    'select * from lib.closed',
    "select lib.percent('vat')",
    "insert into shop.customer (name) values ('Cy')",
    'insert into shop.orders (customer, price) values (1, 7) returning customer, state',
    "update shop.open_order set state = 'sent' where id = 1",
    "update shop.orders set state = 'sent' where id = 1",
    'delete from shop.orders where id = 2',
    'truncate shop.log',
    'truncate shop.customer cascade',
    'delete from shop.log',
    "insert into shop.ledger values ('a', 3)",
    "insert into shop.ledger values ('b', 3)",
    'select shop.place(1, 9) > 0',
    'select shop.pay(1)',
    'call shop.tidy()',
    'select shop.price(1)',
    'select shop.most(x) from (values (1)) v (x)',
    "select nextval('shop.invoice') > 0",
    "insert into shop.event values (1, 'x')",
    "select 'new'::shop.state",
  ])

/** What comes of each statement, as each role: its rows, or the code of its error. */
async function answers(w: World): Promise<string[]> {
  const all: string[] = []
  await w.sql.unsafe("set app.tenant = 'a'")
  for (const name of people)
    for (const use of uses) {
      const answer = await w.sql
        .begin(async (sql) => {
          await sql.unsafe(`set local role ${w.role(name)}`)
          const rows = await sql.unsafe(use)
          throw { rows: JSON.stringify(rows.map(({ changed: _, ...row }) => row)), count: rows.count }
        })
        .catch((end: { rows?: string; count?: number; code?: string }) =>
          end.rows === undefined ? end.code : `${end.count} ${end.rows}`,
        )
      all.push(`${name}: ${use}: ${answer}`)
    }
  await w.sql.unsafe('reset app.tenant')
  return all
}

describe('level full of two schemas', () => {
  let w: World
  let app: Client
  let before: { rights: Row[]; answers: string[] }
  let row: Row
  beforeAll(async () => {
    w = await shop()
    // connected before, during and after
    app = await w.as('app')
    before = { rights: await rights(w), answers: await answers(w) }
    row = await w.through('0001_protect', full('shop', 'lib'))
  })

  test("F4 › all of it belongs to levelb_deploy, and what runs with its owner's rights to levelb_definer", async () => {
    expect(failure(row)).toEqual({ outcome: 'activated', code: null, detail: null })
    const owners = await w.sql`
      select relname as name, relowner::regrole::text as owner from pg_class
       where relnamespace in ('shop'::regnamespace, 'lib'::regnamespace) and relkind in ('v', 'm')
      union all select proname, proowner::regrole::text from pg_proc where prosecdef and pronamespace in ('shop'::regnamespace, 'lib'::regnamespace)
      order by 1`
    expect(owners.map(({ name, owner }) => `${name} ${owner}`)).toEqual([
      'balance levelb_definer',
      'names levelb_definer',
      'noted levelb_definer',
      'open_order levelb_definer',
      'pay levelb_definer',
      'percent levelb_definer',
      'place levelb_definer',
      'rates levelb_deploy',
      'through levelb_definer',
      'tidy levelb_definer',
      'totals levelb_definer',
    ])
    expect(
      await w.sql`select count(*)::int from levelb._owned_in(array['shop', 'lib']) o
      where o.owner not in ('levelb_deploy'::regrole, 'levelb_definer'::regrole)`,
    ).toEqual([{ count: 0 }])
  })

  test('F4 › every role has the rights that it had, on each object and column', async () => {
    expect(await rights(w)).toEqual(before.rights)
  })

  test('of what each role tried, a good deal is allowed and a good deal is not', () => {
    const refused = before.answers.filter((answer) => answer.endsWith(': 42501'))
    expect(refused.length).toBeGreaterThan(80)
    expect(before.answers.length - refused.length).toBeGreaterThan(80)
  })

  test('F4 › every role sees the rows that it saw, and its calls and writes come to the same', async () => {
    expect(await answers(w)).toEqual(before.answers)
  })

  test('an application that is connected goes on, and can no longer alter what it owned', async () => {
    await app`begin`
    expect(await app`insert into shop.orders (customer, price) values (1, 3) returning state`).toEqual([
      { state: 'new' },
    ])
    await app`rollback`
    expect(await refusal(app`drop table shop.orders`)).toMatchObject({ code: '42501' })
    expect(await refusal(app`create table shop.more ()`)).toMatchObject({ code: '42501' })
  })

  test('what drift watches is as the activation left it', async () => {
    expect(await w.sql`select * from levelb.drift("full" => true) where not expected`).toEqual([])
  })

  test('the rollback gives it all back, and a rollback of that takes it again', async () => {
    const olga = await w.as('olga')
    for (const [id, levels] of [
      ['0001_protect', []],
      ['0001_protect.rollback', ['full', 'full']],
    ] as const) {
      await olga`select levelb.stage_rollback(${id}, 'to see')`
      await w.approve(`${id}.rollback`)
      if (levels.length > 0) {
        // a rollback has the steps that it has: what came meanwhile must not stay behind
        await w.sql.unsafe(`create table shop.late (x int); alter table shop.late owner to ${w.role('app')}`)
        const left = await w.activate(`${id}.rollback`)
        expect(failure(left)).toMatchObject({ outcome: 'failed', code: 'LB001' })
        expect(JSON.stringify(left.error)).toContain(`table shop.late of ${w.role('app')}`)
        await w.sql.unsafe('drop table shop.late')
      }
      expect(failure(await w.activate(`${id}.rollback`))).toMatchObject({ outcome: 'activated' })
      expect((await w.rows('_protected')).map(({ level }) => level)).toEqual(levels)
      expect(await rights(w)).toEqual(before.rights)
    }
    expect(await answers(w)).toEqual(before.answers)
    expect(await w.sql`select * from levelb.drift("full" => true) where not expected`).toEqual([])
  })
})

test('a line break in the name of a role does not end the comment that tells it', async () => {
  const w = await world()
  const line = w.role('line\ndrop table shop.other; --')
  await w.sql.unsafe(`
    grant create on database ${w.name} to levelb_deploy;
    create role "${line}"; grant "${line}" to levelb_deploy; grant usage, create on schema shop to "${line}";
    set role "${line}"; create table shop.mine (); create table shop.other ();
    alter default privileges grant select on tables to public; reset role`)
  expect(failure(await w.through('0001_protect', full('shop')))).toMatchObject({ outcome: 'activated' })
  const steps = await w.sql`select apply from levelb.step where apply like '-- Default privileges%'`
  expect(steps.map(({ apply }) => (apply as string).split('\n')[0])).toEqual([
    expect.stringMatching(/"line drop table shop.other; --.*Grant with it what is needed\.$/),
  ])
})

test('the classes are of what the steps do, whatever the name of a table says', async () => {
  const w = await world()
  await w.sql.unsafe(`
    grant create on database ${w.name} to levelb_deploy;
    drop schema shop cascade;
    set role levelb_deploy; create schema shop; reset role;
    grant create, usage on schema shop to ${w.role('app')};
    set role ${w.role('app')};
    create table shop."t
grant " ();
    revoke all on all tables in schema shop from ${w.role('app')};
    reset role;
    revoke create on schema shop from ${w.role('app')}`)
  expect(await w.stage('0001_protect', full('shop'))).toMatchObject({ classes: ['governance', 'owner'] })
  await w.sql.unsafe(`grant create on schema shop to ${w.role('app')}`)
  expect(await w.stage('0002_protect', full('shop'))).toMatchObject({ classes: ['acl', 'governance', 'owner'] })
  await w.approve('0002_protect')
  expect(failure(await w.activate('0002_protect'))).toMatchObject({ outcome: 'activated' })
})

describe('where a protection would change who sees what', () => {
  let w: World
  let stage: (schemas: Json[], more?: Json) => Promise<Row>
  let last = 0
  beforeAll(async () => {
    w = await world()
    await w.urlOf('clerk')
    await w.sql.unsafe(`
      grant create on database ${w.name} to levelb_deploy;
      set role ${w.role('app')};
      alter table shop.orders enable row level security;
      alter table shop.items enable row level security, force row level security;
      create policy mine on shop.items to ${w.role('app')} using (true);
      create view shop.list as select id from shop.items;
      reset role`)
    await w.sql`select levelb.rebind('the policies are there')`
    stage = (schemas, more) => {
      last += 1
      return w.stage(`000${last}_protect`, protect(schemas, more))
    }
  })
  const found = ['table shop.orders', 'view shop.list on table shop.items', 'view shop.recent on table shop.orders']
  const accept = found.map((object) => ({ rule: 'row_security_of_owner', object, reason: 'the policies allow all' }))

  test('F4 › a table whose owner its policies pass by, and code that they take for another, are refused (LB307)', async () => {
    const refused = await refusal(stage([{ name: 'shop', level: 'full' }]))
    expect([refused.code, refused.detail]).toEqual(['LB307', { rule: 'row_security_of_owner', objects: found }])
    expect(
      await refusal(
        stage([{ name: 'shop', level: 'full' }], { accept: [...accept, { ...accept[0], object: 'table shop.x' }] }),
      ),
    ).toMatchObject({
      code: 'LB001',
      detail: { field: 'accept[3]' },
    })
    expect(refused.hint).toContain('"object": "table shop.orders"')
  })

  test('what is accepted is staged; what is not as it was any more is refused when it is activated', async () => {
    const { migration_id: id } = await stage([{ name: 'shop', level: 'full' }], { accept })
    await w.sql.unsafe(`create table shop.late (x int); alter table shop.late owner to ${w.role('app')}`)
    await w.approve(id as string)
    const row = await w.activate(id as string)
    expect(row).toMatchObject({ outcome: 'refused', code: 'LB001' })
    expect(JSON.parse((row.error as { detail: string }).detail)).toMatchObject({
      problem: 'the schemas are not as they were when it was staged',
      steps: ['1-1-objects-of-shop-to-levelb_deploy', '3-1-rights-in-shop'],
    })
    await w.sql.unsafe('drop table shop.late')
    expect(await w.activate(id as string)).toMatchObject({
      outcome: 'activated',
      accepted: accept.map(({ rule, object }) => ({ rule, object, found: true })),
    })
  })

  test.each<[string, Json, Json]>([
    ['a schema that is not there', { name: 'nowhere', level: 'full' }, { field: 'payload.schemas[0].name' }],
    ['no protection to end', { name: 'public', level: 'none' }, { field: 'payload.schemas[0].name' }],
    ['what a superuser owns', { name: 'public', level: 'full' }, { schema: 'public' }],
  ])('refused is %s (LB001)', async (_, schema, detail) => {
    expect(await refusal(stage([schema]))).toMatchObject({ code: 'LB001', detail })
  })

  test('some objects of a schema are not supported, and the hint says what to do (LB012)', async () => {
    const objects = [{ type: 'table', name: 'shop.orders' }]
    const schemas = [{ name: 'shop', level: 'full' }]
    expect(await refusal(w.stage('0001_protect', documentOfKind('protect', { schemas, objects })))).toMatchObject({
      code: 'LB012',
      detail: { field: 'payload.objects', value: objects, supported: [] },
      hint: 'Leave payload.objects out: a schema is protected whole. What is not to be protected goes into another schema before.',
    })
  })

  test('refused are migrators that own not all of it, and those that could go round any protection (LB001)', async () => {
    const privileged = (name: string) => stage([{ name: 'lib', level: 'privileged', migrators: [w.role(name)] }])
    await w.sql.unsafe(`create schema lib; create table lib.t (); alter table lib.t owner to ${w.role('app')}`)
    expect(await refusal(privileged('clerk'))).toMatchObject({
      code: 'LB001',
      detail: { field: 'payload.schemas[0].migrators', objects: [`table lib.t of ${w.role('app')}`] },
    })
    await w.sql.unsafe(`alter role ${w.role('clerk')} createrole`)
    expect(await refusal(privileged('clerk'))).toMatchObject({
      code: 'LB001',
      detail: { problem: expect.stringContaining('could go round any protection') },
    })
  })
})
