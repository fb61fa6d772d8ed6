// What an adopted function sets off runs as levelb_definer whenever somebody calls it, and what that makes belongs to
// levelb_definer. Here login app calls shop.note, which writes to a table of app.
import { expect, test } from 'vitest'
import { detailOf } from '../activate/fixture.ts'
import { documentOf, type Json, type Row, type World, world } from '../world.ts'

/** An adopted shop.note(text), as carefully made as can be, and a table that levelb_deploy writes to. */
async function adopted(policy: Json): Promise<World> {
  const w = await world({ policy })
  const app = w.role('app')
  await w.sql.unsafe(`
    create table shop.secret (t text);
    insert into shop.secret values ('s3cret');
    alter table shop.secret owner to levelb_deploy;
    set role ${app};
    create table shop.log (t text);
    grant insert on shop.log to levelb_definer;
    grant insert, select on shop.orders to levelb_deploy;
    grant usage, create on schema shop to levelb_definer, levelb_deploy;
    reset role`)
  await w.sql`select levelb.rebind('prepared')`
  const row = await w.through(
    '0001_adopt',
    `create function shop.note(t text) returns void language sql security definer set search_path = pg_catalog, pg_temp
       as $$ insert into shop.log values (t) $$;
     revoke execute on function shop.note(text) from public;
     grant execute on function shop.note(text) to ${app};
     alter function shop.note(text) owner to levelb_definer`,
  )
  expect(row).toMatchObject({ outcome: 'activated' })
  return w
}

/** Calls shop.note as app, so that a trigger on its table runs `text` as levelb_definer; then `use` as app. */
async function borrow(w: World, text: string, use: string): Promise<void> {
  const app = await w.as('app')
  await app.unsafe(`
    create temp table t ();
    create function shop.hook() returns trigger language plpgsql as $h$ begin ${text}; return new; end $h$;
    create trigger hook before insert on shop.log for each row execute function shop.hook();
    select shop.note('x');
    ${use}`)
}

const stealing = (schema: string) => `create function ${schema}.trg() returns trigger language plpgsql as $t$ begin
  new.customer := current_user || ' read ' || (select t from shop.secret); return new; end $t$`
const firing = (schema: string) =>
  `create trigger zz before insert on shop.orders for each row execute function ${schema}.trg()`
const write = documentOf(`insert into shop.orders values (3, 'Cy')`, { classes: ['data'] })
const ruleOf = (row: Row) => [row.outcome, row.code, detailOf(row).rule]
const stolen = async (w: World) => (await w.sql`select from shop.orders where customer ~ 'read'`).length

test.each([
  ['where drift does not look', 'refuse', 'pg_temp'],
  ['where nobody looks', 'off', 'shop'],
])('a trigger function made as levelb_definer %s does not run as levelb_deploy', async (_, drift, schema) => {
  const w = await adopted({ drift })
  await borrow(w, stealing(schema), firing(schema))
  const [made] = await w.sql`select proowner::regrole::text from pg_proc where proname = 'trg'`
  expect(made).toEqual({ proowner: 'levelb_definer' })
  expect(ruleOf(await w.through('0002_write', write))).toEqual(['failed', 'LB307', 'code_of_others_in_triggers'])
  expect(await stolen(w)).toBe(0)
})

test('nor does the body of an adopted one, replaced as levelb_definer', async () => {
  const w = await adopted({ drift: 'off' })
  const row = await w.through(
    '0002_trigger',
    `create function shop.trg() returns trigger language plpgsql as 'begin return new; end';
     alter function shop.trg() owner to levelb_definer`,
  )
  expect(row).toMatchObject({ outcome: 'activated' })
  await borrow(w, stealing('shop').replace('create', 'create or replace'), firing('shop'))
  expect(ruleOf(await w.through('0003_write', write))).toEqual(['failed', 'LB307', 'code_of_others_in_triggers'])
  expect(await stolen(w)).toBe(0)
})

test('granted by hand and taken back, an adopted one is what it was', async () => {
  const w = await adopted({ drift: 'off' })
  await w.through(
    '0002_trigger',
    `create function shop.trg() returns trigger language plpgsql as 'begin return new; end';
     revoke execute on function shop.trg() from public;
     alter function shop.trg() owner to levelb_definer`,
  )
  const reader = w.role('reader')
  await w.sql.unsafe(`grant execute on function shop.trg() to ${reader}; ${firing('shop')}`)
  expect(ruleOf(await w.through('0003_write', write))).toEqual(['failed', 'LB307', 'code_of_others_in_triggers'])
  await w.sql.unsafe(`revoke execute on function shop.trg() from ${reader}`)
  expect(await w.through('0004_write', write)).toMatchObject({ outcome: 'activated' })
})

test('a default made as levelb_definer does not either', async () => {
  const w = await adopted({ drift: 'refuse' })
  await borrow(
    w,
    `create function pg_temp.dflt() returns text language plpgsql as $t$
     begin return current_user || ' read ' || (select t from shop.secret); end $t$`,
    'alter table shop.orders alter customer set default pg_temp.dflt()',
  )
  const row = await w.through(
    '0002_write',
    documentOf('insert into shop.orders (id) values (3)', { classes: ['data'] }),
  )
  expect(ruleOf(row)).toEqual(['failed', 'LB307', 'code_of_others_ran'])
  expect(await stolen(w)).toBe(0)
})

test('a view made as levelb_definer is not taken into a relation of levelb', async () => {
  const w = await adopted({ drift: 'off' })
  await borrow(w, 'create view shop.strange as select id from shop.log l, lateral (select 1 as id) i', '')
  await w.sql.unsafe('grant select on shop.strange to levelb_deploy')
  const row = await w.through(
    '0002_view',
    'create materialized view shop.kept as select * from shop.strange with no data',
  )
  expect(ruleOf(row)).toEqual(['failed', 'LB307', 'code_of_others_in_relation'])
})

test('what one step takes over, the next does not run unread: its owner had it after the approvals', async () => {
  const w = await adopted({ drift: 'refuse' })
  const app = await w.as('app')
  const stamp = (body: string) =>
    `create or replace function shop.trg() returns trigger language plpgsql as $t$ begin ${body} return new; end $t$`
  await app.unsafe(`${stamp('')}; ${firing('shop')}`)
  await w.stage('0002_two', {
    title: 'Take over and write',
    description: 'in two steps',
    classes: ['data', 'owner'],
    steps: [
      { name: 'take', apply: 'alter function shop.trg() owner to levelb_deploy' },
      { name: 'write', apply: `insert into shop.orders values (3, 'Cy')` },
    ],
  })
  await w.approve('0002_two')
  await app.unsafe(stamp(`new.customer := current_user || ' read ' || (select t from shop.secret);`))
  expect(ruleOf(await w.activate('0002_two'))).toEqual(['failed', 'LB307', 'code_of_others_ran'])
  expect(await stolen(w)).toBe(0)
})
