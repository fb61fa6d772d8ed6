// Level privileged: what a migration tool does every day is no drift; owners, rights and security are.
import { beforeAll, describe, expect, test } from 'vitest'
import { failure } from '../effects/effects.ts'
import { documentOfKind } from '../kinds/documents.ts'
import { pastGuard } from '../past-guard.ts'
import { type Json, type Row, type World, world } from '../world.ts'

const privileged = (w: World, more: Json = {}) =>
  documentOfKind('protect', {
    schemas: [{ name: 'shop', level: 'privileged', migrators: [w.role('app')], ...more }],
  })

async function migrated(
  more: Json = {},
  policy: Json = { drift: 'refuse' },
): Promise<{ w: World; row: Row; drift: (full?: boolean) => Promise<string[]> }> {
  const w = await world({ policy })
  await w.sql.unsafe(`
    grant select on shop.orders to ${w.role('reader')};
    alter default privileges for role ${w.role('app')} in schema shop grant select on tables to ${w.role('reader')}`)
  await w.sql`select levelb.rebind('rights that reader has')`
  const row = await w.through('0001_protect', privileged(w, more))
  const drift = async (full = false) => {
    const rows = await w.sql`select effect::text as line from levelb.drift(${full}) d, levelb.effect_text(d) effect`
    return rows.map(({ line }) => (line as string).replaceAll(w.role(''), ''))
  }
  return { w, row, drift }
}

/** What the guard refuses to the migration tool, done with its event triggers off. */
const past = (w: World, text: string) => pastGuard(w.sql, `set role ${w.role('app')}; ${text}; reset role`)

/** Up and down of a migration tool, a statement each. */
const tool = [
  'create table shop.schema_migrations (version text primary key)',
  'create table shop.parts (id serial primary key, order_id int references shop.orders, body text default lower($$A$$))',
  'create index on shop.parts (body)',
  "create type shop.mood as enum ('calm')",
  'create view shop.part_list with (security_invoker) as select id from shop.parts',
  "create function shop.more() returns int language sql as 'select 2'",
  'alter table shop.orders add column note text default $$none$$, alter column card type varchar(20)',
  'alter table shop.orders add constraint dear check (id > 0)',
  'create table shop.gone (x int); drop table shop.gone',
  'drop function shop.total(int)',
  'create aggregate shop.most(int) (sfunc = int4larger, stype = int)',
  'drop view shop.recent',
  'create view shop.recent as select id from shop.orders',
]

describe('level privileged', () => {
  let there: Awaited<ReturnType<typeof migrated>>
  beforeAll(async () => {
    there = await migrated()
  })

  test('it is an effect of class governance, and moves no owner', async () => {
    const { w, row } = there
    expect(failure(row)).toMatchObject({ outcome: 'activated' })
    expect(row.effects).toMatchObject([
      { class: 'governance', object_type: 'protection', identity: 'shop', attribute: 'level', after: 'privileged' },
      { class: 'governance', attribute: 'migrators', after: w.role('app') },
    ])
    expect(await w.rows('step')).toEqual([])
    expect(await w.rows('_protected')).toMatchObject([{ level: 'privileged', repoint: false }])
    expect(await there.drift(true)).toEqual([])
  })

  test('audit and review say it in words', async () => {
    const { w } = there
    const said = `protection of schema shop at level privileged with ${w.role('app')}`
    expect((await w.sql`select what from levelb.audit`).map(({ what }) => what)).toContainEqual(
      expect.stringContaining(said),
    )
    await w.stage('0009_full', documentOfKind('protect', { schemas: [{ name: 'shop', level: 'full' }] }))
    const bob = await w.as('bob')
    const [{ page } = {}] = await bob`select page from levelb.review('0009_full')`
    expect(page).toContain('protects schema shop at level full; the steps, made by this database, hold 6 changes')
    expect(page).toContain('alter table shop.orders owner to levelb_deploy')
  })

  test('the ups and downs of a migration tool are no drift, and the next activation notes them', async () => {
    const { w, drift } = there
    const app = await w.as('app')
    for (const statement of tool) await app.unsafe(statement)
    expect([await drift(), await drift(true)]).toEqual([[], []])
    const row = await w.through('0002_grant', `grant select (id) on shop.parts to ${w.role('ann')}`)
    expect(failure(row)).toMatchObject({ outcome: 'activated' })
    await app.unsafe('alter table shop.parts add column size int; drop table shop.schema_migrations')
    expect([await drift(), await drift(true)]).toEqual([[], []])
    expect(failure(await w.through('0003_grant', `grant update (id) on shop.parts to ${w.role('ann')}`))).toMatchObject(
      {
        outcome: 'activated',
      },
    )
    const noted = await w.sql`
      select from levelb._baseline b where b.catalog = 'pg_class' and b.key = 'shop.parts'::regclass::oid::text
        and (b.state).attributes ? ${'owner:owner'}`
    expect(noted).toHaveLength(1)
    expect(await w.sql`select from levelb._baseline b where (b.state).identity = 'shop.schema_migrations'`).toEqual([])
    expect(await drift(true)).toEqual([])
  })

  test.each<[string, string[], string]>([
    [
      'grant select on shop.orders to {ann}',
      ['acl: table shop.orders: ann: nothing → select'],
      'revoke select on shop.orders from {ann}',
    ],
    [
      'create table shop.theirs (x int); grant insert on shop.theirs to {reader}',
      ['acl: table shop.theirs: reader: nothing → insert, select'],
      'drop table shop.theirs',
    ],
    [
      'alter table shop.items enable row level security',
      ['security: table shop.items: row security: none → enabled'],
      'alter table shop.items disable row level security',
    ],
    [
      'create policy everything on shop.items',
      ['security: policy everything on shop.items'],
      'drop policy everything on shop.items',
    ],
    [
      "create function shop.lend() returns int language sql security definer as 'select 1'",
      ['repoint: function shop.lend()', 'security: function shop.lend()'],
      'drop function shop.lend()',
    ],
    [
      'create or replace view shop.recent as select id + 1 as id from shop.orders',
      ['repoint: view shop.recent'],
      'create or replace view shop.recent as select id from shop.orders',
    ],
    ['alter table shop.items rename to item', ['repoint: table'], 'alter table shop.item rename to items'],
  ])('%s is drift', async (statement, told, undone) => {
    const { w, drift } = there
    await past(
      w,
      statement.replace(/\{(\w+)\}/g, (_, name: string) => w.role(name)),
    )
    const found = await drift()
    expect(await drift(true)).toEqual(found)
    await past(
      w,
      undone.replace(/\{(\w+)\}/g, (_, name: string) => w.role(name)),
    )
    for (const line of told) expect(found).toContainEqual(expect.stringContaining(line))
    expect(await drift()).toEqual([])
  })

  // the default privileges give reader all rows of the new one
  test('a table made again without its row security is drift', async () => {
    const { w, drift } = there
    expect(failure(await w.through('0005_rows', 'alter table shop.items enable row level security'))).toMatchObject({
      outcome: 'activated',
    })
    const app = await w.as('app')
    await app.unsafe(
      'create table shop.copy as table shop.items; drop table shop.items; alter table shop.copy rename to items',
    )
    const found = await drift()
    expect(found).toEqual([expect.stringContaining('security: table shop.items: row security: enabled → none')])
    expect(await drift(true)).toEqual(found)
    await past(w, 'alter table shop.items enable row level security')
    expect(await drift()).toEqual([])
    // noted
    expect(failure(await w.through('0006_grant', `grant update on shop.items to ${w.role('ann')}`))).toMatchObject({
      outcome: 'activated',
    })
  })

  test('so is an object of whoever is no migrator, and the schema itself', async () => {
    const { w, drift } = there
    await pastGuard(w.sql, 'create table shop.stray (x int)')
    expect(await drift()).toEqual([expect.stringMatching(/^owner: table shop.stray: none → /)])
    await pastGuard(w.sql, 'drop table shop.stray')
    await pastGuard(w.sql, 'alter schema shop rename to shops')
    expect((await drift()).join('\n')).toContain('schema')
    await pastGuard(w.sql, 'alter schema shops rename to shop')
    expect(await drift()).toEqual([])
  })

  test('when it ends the schema is watched no longer', async () => {
    const { w, drift } = there
    const none = documentOfKind('protect', { schemas: [{ name: 'shop', level: 'none' }] })
    expect(failure(await w.through('0004_end', none))).toMatchObject({ outcome: 'activated' })
    await w.sql.unsafe(`grant delete on shop.orders to ${w.role('ann')}; create table shop.stray (x int)`)
    expect(await drift(true)).toEqual([])
    expect(
      await w.sql`select from levelb._baseline b where (b.state).schema = 'shop'
      and b.catalog not in ('pg_default_acl')`,
    ).toEqual([])
    expect(await w.sql`select * from levelb.active_protection`).toEqual([])
  })
})

// What a migration tool did, and what the policy expects, is taken over by the activation that ends it: and is not watched
// again for that.
test.each(['refuse', 'record', 'off'])(
  'drift %s › when it ends, nothing that was noted then is watched',
  async (mode) => {
    const { w, drift } = await migrated(
      {},
      { drift: mode, expected: [{ class: 'acl', identity: 'shop.*', reason: 'of a test' }] },
    )
    const app = await w.as('app')
    for (const statement of tool) await app.unsafe(statement)
    await app.unsafe('drop table shop.items cascade')
    await past(w, `grant insert on shop.orders to ${w.role('reader')}`)
    expect(await drift(true)).toHaveLength(1)
    const none = documentOfKind('protect', { schemas: [{ name: 'shop', level: 'none' }] })
    expect(failure(await w.through('0002_end', none))).toMatchObject({ outcome: 'activated' })
    expect(
      await w.sql`select b.catalog, (b.state).identity from levelb._baseline b
      where ((b.state).schema = 'shop' or (b.state).identity ~ '^shop[.]') and b.catalog <> 'pg_default_acl'`,
    ).toEqual([])
    await app.unsafe('alter table shop.orders add more int; drop table shop.parts cascade')
    await w.sql.unsafe(`grant delete on shop.orders to ${w.role('ann')}`)
    expect([await drift(), await drift(true)]).toEqual([[], []])
  },
)

test('with repoint, migrators replace and rename too', async () => {
  const { w, drift } = await migrated({ repoint: true })
  const app = await w.as('app')
  await app.unsafe(`create or replace view shop.recent as select id, customer || 'x' as customer from shop.orders;
    alter table shop.items rename to item`)
  expect(await drift()).toEqual([])
  await past(w, `grant select on shop.item to ${w.role('ann')}`)
  expect(await drift()).toEqual([expect.stringContaining('acl: table shop.item: ann: nothing → select')])
})
