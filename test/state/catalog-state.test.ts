// The view catalog_state: it says what effects say, of everything, and nothing that is secret.
import { beforeAll, expect, test, vi } from 'vitest'
import { type Effect, run } from '../effects/effects.ts'
import type { Row } from '../world.ts'
import { type World, world } from '../world.ts'

// each reading renders thousands of functions, and other tests run beside
vi.setConfig({ testTimeout: 120_000 })

let w: World
beforeAll(async () => {
  w = await world()
  await w.sql.unsafe(`
    create foreign data wrapper plain;
    create server files foreign data wrapper plain options (host 'x', password 'hush4711');
    create user mapping for public server files options (password 'hush4711');
    grant create on schema shop to levelb_deploy;
    set role ${w.role('app')};
    create function shop.fired() returns trigger language plpgsql as 'begin return new; end';
    create policy everyone on shop.items using (true);
    create domain shop.email as text check (value <> '');
    create materialized view shop.totals as select count(*) as n from shop.orders;
    comment on column shop.orders.card is 'old';
    reset role`)
})

/** Every line of the view. */
async function state(): Promise<Set<string>> {
  const rows = await w.sql<Row[]>`select class, object_type, identity, attribute, value from levelb.catalog_state`
  return new Set(
    rows.map((row) => JSON.stringify([row.class, row.object_type, row.identity, row.attribute, row.value])),
  )
}

test('before and after an activation it says what the effects say, and nothing else differs', async () => {
  const before = await state()
  const row = await run(
    w,
    `grant select (card), insert on shop.orders to ${w.role('reader')};
     revoke execute on function shop.total(int) from public;
     alter table shop.items enable row level security;
     alter policy everyone on shop.items using (id > 0);
     create trigger fired before insert on shop.orders for each row execute function shop.fired();
     alter table shop.orders add column note text default 'x', add constraint short check (note <> ''), drop column customer cascade;
     comment on column shop.orders.card is 'new';
     create index on shop.orders (card);
     alter domain shop.email set default 'a@b';
     alter function shop.total(int) security definer;
     create sequence shop.fresh;
     alter default privileges for role ${w.role('app')} in schema shop grant select on tables to public`,
  )
  expect(row).toMatchObject({ outcome: 'activated' })
  const after = await state()
  const effects = (row.effects as Effect[]).filter((e) => e.class !== 'data' && e.attribute !== '(rewritten)')
  const line = (e: Effect, value: string | null) =>
    JSON.stringify([e.class, e.object_type, e.identity, e.attribute, value])
  expect(effects.length).toBeGreaterThanOrEqual(20)
  expect(effects.filter((e) => e.before !== null && !before.has(line(e, e.before)))).toEqual([])
  expect(effects.filter((e) => e.after !== null && !after.has(line(e, e.after)))).toEqual([])

  const shown = new Set(effects.flatMap((e) => [line(e, e.before), line(e, e.after)]))
  // owners and defaults of what is new are no effects, and what was part of an object went with it
  const made = effects.filter((e) => e.attribute === 'exists').map((e) => e.identity)
  const differing = [...new Set([...before, ...after])]
    .filter((each) => before.has(each) !== after.has(each) && !shown.has(each))
    .filter((each) => !made.some((identity) => (JSON.parse(each) as string[])[2]?.startsWith(identity)))
  // the text of a function has a header, which says security definer too: what changed it is shown by that
  const names = differing.map((each) => (JSON.parse(each) as string[]).slice(0, 4))
  const definition = ['repoint', 'function', 'shop.total(integer)', 'definition']
  expect(names).toEqual([definition, definition])
})

test('B186 › it tells owners, privileges and definer rights of what initdb made, and no structure', async () => {
  const told = () => w.sql`
    select class, attribute, value from levelb.catalog_state
     where object_type = 'function' and identity = 'pg_catalog.pg_stat_reset()' order by 1, 2`
  expect(await told()).toEqual([
    { class: 'extension', attribute: 'initial privileges', value: '{postgres=X/postgres}' },
    { class: 'owner', attribute: 'owner', value: 'postgres' },
    { class: 'repoint', attribute: 'exists', value: 'present' },
  ])
  await w.sql`alter function pg_catalog.pg_stat_reset() security definer`
  await w.sql`grant execute on function pg_catalog.pg_stat_reset() to public`
  expect(await told()).toEqual(
    expect.arrayContaining([
      { class: 'acl', attribute: 'PUBLIC', value: 'execute' },
      { class: 'security', attribute: 'security', value: 'definer' },
    ]),
  )
  expect(
    await w.sql`select from levelb.catalog_state where class = 'structure' and schema in ('pg_catalog', 'information_schema')`,
  ).toEqual([])
})

test('every line names an object, and no secret or temporary object is among them', async () => {
  await w.sql`create temp table zz_here as select 1 as a`
  const other = await w.another('app')
  await other`create temp table zz_there as select 1 as a`
  const rows = await w.sql<{ line: string; named: boolean }[]>`
    select s::text as line, num_nulls(class, object_type, identity, attribute, value, catalog, key, written_by) = 0 as named
      from levelb.catalog_state s`
  expect(rows.filter((row) => !row.named)).toEqual([])
  expect(rows.filter((row) => /hush4711|zz_|pg_(toast_)?temp_/.test(row.line))).toEqual([])
  expect(rows.map((row) => row.line)).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/server.*option password.*set/),
      expect.stringMatching(/user mapping.*set/),
    ]),
  )
})

test('reading it writes nothing and takes no transaction id: it works on a standby', async () => {
  const rows = await w.sql.begin('read only', async (sql) => {
    const [read] = await sql`select count(*)::int > 1000 as read from levelb.catalog_state`
    const [id] = await sql`select pg_current_xact_id_if_assigned() as id`
    return { ...read, ...id }
  })
  expect(rows).toEqual({ read: true, id: null })
})
