// Every object kind that has an owner or an ACL: the effects are exact, and rollback_snapshot gives the state back.
import { beforeAll, expect, test } from 'vitest'
import { type Json, type World, world } from '../world.ts'
import { failure, lines, run } from './effects.ts'
import { privilegedState, takeBack } from './state.ts'

let w: World
/** A privilege of tables since 17. */
let maintain = ''
/** Names of roles without the suffix of this database. */
const plain = (text: string) => text.replaceAll(w.name, 'db').replaceAll(w.role(''), '')

beforeAll(async () => {
  w = await world()
  const [server] = await w.sql`select current_setting('server_version_num')::int >= 170000 as is17`
  if (server?.is17) maintain = 'maintain, '
  const [app, boss, weird] = [w.role('app'), w.role('boss'), w.role('Wei"rd by Me').replaceAll('"', '""')]
  await Promise.all([w.urlOf('boss'), w.sql.unsafe(`create role "${weird}"`)])
  await w.sql.unsafe(`
    grant ${boss} to levelb_deploy;
    grant create on schema shop to ${boss};
    alter database ${w.name} owner to ${app};
    grant create on database ${w.name} to ${boss};
    create foreign data wrapper wrap;
    grant usage on foreign data wrapper wrap to ${boss}, ${app} with grant option;
    alter language plpgsql owner to ${app};
    set role ${app};
    create table shop.events (y int, note text) partition by range (y);
    create table shop."Odd "" one" ("Col "" x" int, b int);
    create materialized view shop.totals as select count(*) from shop.orders;
    create table shop.serials (id serial primary key, n int generated always as identity);
    alter sequence shop.serials_id_seq rename to a_serial;
    create server files foreign data wrapper wrap;
    create foreign table shop.remote (a int) server files;
    create procedure shop.close_day() language sql as 'select 1';
    create aggregate shop.many(*) (sfunc = int8inc, stype = int8, initcond = '0');
    create aggregate shop.most(int) (sfunc = int4larger, stype = int4);
    create type shop.pair as (a int, b int);
    create type shop.status as enum ('new', 'paid');
    create type shop.span as range (subtype = int4);
    create domain shop.email as text;
    create collation shop.plain (locale = 'C', provider = libc);
    create conversion shop.conv for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8;
    create operator shop.=== (function = int4eq, leftarg = int, rightarg = int);
    create statistics shop.stat on id, customer from shop.orders;
    create text search configuration shop.en (copy = pg_catalog.english);
    create text search dictionary shop.dict (template = simple);
    create publication news for table shop.orders;
    select lo_create(4242);
    reset role;
    create operator family shop.fam using btree;
    create operator class shop.cls for type int4 using btree family shop.fam as function 1 btint4cmp(int4, int4);
    alter operator family shop.fam using btree owner to ${app};
    alter operator class shop.cls using btree owner to ${app};
  `)
})

/** Activates, expects these effects and no others, takes them back with psql, and expects the state from before. */
async function thereAndBack(text: string, effects: string[], more: Json = {}) {
  const sql = text.replaceAll(/\b(app|boss|reader)!/g, (_, name) => w.role(name)).replaceAll('!db', w.name)
  const before = await privilegedState(w.sql)
  const proof = await run(w, sql, more)
  expect([failure(proof), lines(proof).map(plain).toSorted()]).toEqual([
    { outcome: 'activated', code: null, detail: null },
    effects.toSorted(),
  ])
  expect(await privilegedState(w.sql)).not.toEqual(before)
  await takeBack(w.url, proof)
  expect(await privilegedState(w.sql)).toEqual(before)
}

const owned = [
  ['table shop.orders', 'table shop.orders'],
  ['table shop.events', 'table shop.events'],
  ['table shop."Odd "" one"', 'table shop."Odd "" one"'],
  ['table shop.serials', 'table shop.serials'],
  ['view shop.recent', 'view shop.recent'],
  ['materialized view shop.totals', 'materialized view shop.totals'],
  ['foreign table shop.remote', 'foreign table shop.remote'],
  ['sequence shop.tickets', 'sequence shop.tickets'],
  ['function shop.total(int)', 'function shop.total(integer)'],
  ['procedure shop.close_day()', 'procedure shop.close_day()'],
  ['aggregate shop.many(*)', 'aggregate shop.many()'],
  ['aggregate shop.most(int)', 'aggregate shop.most(integer)'],
  ['type shop.pair', 'type shop.pair'],
  ['type shop.status', 'type shop.status'],
  ['type shop.span', 'type shop.span'],
  ['domain shop.email', 'type shop.email'],
  ['language plpgsql', 'language plpgsql'],
  ['server files', 'server files'],
  ['large object 4242', 'large object 4242'],
  ['collation shop.plain', 'collation shop.plain'],
  ['conversion shop.conv', 'conversion shop.conv'],
  ['operator shop.=== (int, int)', 'operator shop.===(integer,integer)'],
  ['operator class shop.cls using btree', 'operator class shop.cls USING btree'],
  ['operator family shop.fam using btree', 'operator family shop.fam USING btree'],
  ['statistics shop.stat', 'statistics object shop.stat'],
  ['text search configuration shop.en', 'text search configuration shop.en'],
  ['text search dictionary shop.dict', 'text search dictionary shop.dict'],
  ['publication news', 'publication news'],
] as const

test('the owner of every kind of object is an effect, and comes back', () =>
  thereAndBack(
    owned.map(([object]) => `alter ${object} owner to boss!;`).join('\n'),
    [...owned.map((row) => row[1]), 'sequence shop.a_serial', 'sequence shop.serials_n_seq'].flatMap((name) => [
      // whoever takes code over takes what it does
      ...(/^(function|procedure|view|materialized view) /.test(name) ? [`owner: ${name}: definition: - → sha256`] : []),
      `owner: ${name}: owner: app → boss`,
    ]),
  ))

test('a new owner of a schema loses the entry it had, and gets it back', () =>
  thereAndBack('alter schema shop owner to boss!', [
    'acl: schema shop: boss: create → -',
    'owner: schema shop: owner: app → boss',
  ]))

const granted = [
  ['select on shop.orders', 'table shop.orders', 'select'],
  ['insert on shop.events', 'table shop.events', 'insert'],
  ['delete, truncate on shop."Odd "" one"', 'table shop."Odd "" one"', 'delete, truncate'],
  ['select on shop.recent', 'view shop.recent', 'select'],
  ['select on shop.totals', 'materialized view shop.totals', 'select'],
  ['select, update on shop.remote', 'foreign table shop.remote', 'select, update'],
  ['usage on sequence shop.tickets', 'sequence shop.tickets', 'usage'],
  ['execute on function shop.total(int)', 'function shop.total(integer)', 'execute'],
  ['execute on procedure shop.close_day()', 'procedure shop.close_day()', 'execute'],
  ['execute on function shop.many()', 'aggregate shop.many()', 'execute'],
  ['usage on schema shop', 'schema shop', 'usage'],
  ['usage on type shop.pair', 'type shop.pair', 'usage'],
  ['usage on type shop.status', 'type shop.status', 'usage'],
  ['usage on type shop.span', 'type shop.span', 'usage'],
  ['usage on domain shop.email', 'type shop.email', 'usage'],
  ['usage on language plpgsql', 'language plpgsql', 'usage'],
  ['usage on foreign data wrapper wrap', 'foreign-data wrapper wrap', 'usage'],
  ['usage on foreign server files', 'server files', 'usage'],
  ['select on large object 4242', 'large object 4242', 'select'],
  ['create on database !db', 'database db', 'create'],
  ['update (customer)  on shop.orders', 'table column shop.orders.customer', 'update'],
  ['select ("Col "" x") on shop."Odd "" one"', 'table column shop."Odd "" one"."Col "" x"', 'select'],
  ['select (id) on shop.recent', 'view column shop.recent.id', 'select'],
] as const

/** The owner of a foreign-data wrapper is a superuser: app grants by the option it has. */
const by = (name: string) => (name.startsWith('foreign-data wrapper') ? ' by app' : '')
const star = (privileges: string) => privileges.replaceAll(/\w+/g, '$&*')

test('a grant on every kind of object, with grant option, to a login', () =>
  thereAndBack(
    granted.map(([object]) => `grant ${object} to reader! with grant option;`).join('\n'),
    granted.map(([, name, privileges]) => `acl: ${name}: reader${by(name)}: - → ${star(privileges)}`),
  ))

test('a grant on every kind of object to PUBLIC; where PUBLIC has it by default nothing differs', () =>
  thereAndBack(
    granted.map(([object]) => `grant ${object} to public;`).join('\n'),
    granted.map(([, name, privileges]) =>
      /^(function|procedure|aggregate|type|language) /.test(name)
        ? `acl: ${name}: (rewritten): - → -`
        : name === 'database db'
          ? 'acl: database db: PUBLIC: connect, temporary → connect, create, temporary'
          : `acl: ${name}: PUBLIC${by(name)}: - → ${privileges}`,
    ),
  ))

test('a grant on every kind of object to a role whose name needs quotes and looks like a grantor', () =>
  thereAndBack(
    granted.map(([object]) => `grant ${object} to "Wei""rd by Me${w.role('')}";`).join('\n'),
    granted.map(([, name, privileges]) => `acl: ${name}: "Wei""rd by Me"${by(name)}: - → ${privileges}`),
  ))

test('what PUBLIC has by default and loses is an effect on every kind that has such a default', () =>
  thereAndBack(
    `revoke all on function shop.total(int) from public; revoke all on procedure shop.close_day() from public;
     revoke all on function shop.many() from public; revoke all on type shop.pair, shop.status, shop.span from public;
     revoke all on domain shop.email from public; revoke all on language plpgsql from public;
     revoke connect on database !db from public`,
    [
      'acl: database db: PUBLIC: connect, temporary → temporary',
      ...['function shop.total(integer)', 'procedure shop.close_day()', 'aggregate shop.many()'].map(
        (name) => `acl: ${name}: PUBLIC: execute → -`,
      ),
      ...['type shop.pair', 'type shop.status', 'type shop.span', 'type shop.email', 'language plpgsql'].map(
        (name) => `acl: ${name}: PUBLIC: usage → -`,
      ),
    ],
  ))

const defaults = [
  ['select', 'tables'],
  ['usage', 'sequences'],
  ['usage', 'schemas'],
] as const

test('default privileges, global and in a schema', () =>
  thereAndBack(
    `${defaults.map(([privilege, kind]) => `alter default privileges for role app! grant ${privilege} on ${kind} to reader! with grant option;`).join('\n')}
     alter default privileges for role app! in schema shop grant select on tables to public, app!;
     alter default privileges for role app! revoke execute on functions from public;
     alter default privileges for role app! revoke usage on types from app!`,
    [
      ...defaults.map(([privilege, kind]) => `acl: default acl for role app on ${kind}: reader: - → ${privilege}*`),
      'acl: default acl for role app in schema shop on tables: PUBLIC: - → select',
      'acl: default acl for role app in schema shop on tables: (owner): - → select',
      'acl: default acl for role app on functions: PUBLIC: execute → -',
      'acl: default acl for role app on types: (owner): - → none',
    ],
  ))

/** Runs the setup as superuser and the claim after it. */
async function after(setup: string, text: string, effects: string[]) {
  await w.sql.unsafe(setup.replaceAll(/\b(app|boss|reader)!/g, (_, name) => w.role(name)))
  await thereAndBack(text, effects)
}

test('a revoke on a table takes column privileges along, and all of them come back', () =>
  after(
    'grant select on shop.items to reader!; grant select (id), update (order_id) on shop.items to reader! with grant option',
    'revoke all on shop.items from reader!',
    [
      'acl: table shop.items: reader: select → -',
      'acl: table column shop.items.id: reader: select* → -',
      'acl: table column shop.items.order_id: reader: update* → -',
    ],
  ))

test('a grant on a table leaves column privileges alone, and so does taking it back', () =>
  after(
    'revoke all on shop.items from reader!; grant select (id), update (order_id) on shop.items to reader!',
    'grant select, delete on shop.items to reader!; grant update (id) on shop.items to reader!',
    [
      'acl: table shop.items: reader: - → delete, select',
      'acl: table column shop.items.id: reader: select → select, update',
    ],
  ))

test('a grant option given and one taken away', () =>
  after(
    'revoke all on shop.items from reader!; grant select, insert on shop.items to reader!; grant insert on shop.items to reader! with grant option',
    'grant select on shop.items to reader! with grant option; revoke grant option for insert on shop.items from reader!',
    ['acl: table shop.items: reader: insert*, select → insert, select*'],
  ))

test('privileges of the owner itself', () =>
  after('select', 'revoke delete on shop.orders from app!; grant select (card) on shop.orders to app!', [
    `acl: table shop.orders: (owner): - → insert, ${maintain}references, select, trigger, truncate, update`,
    'acl: table column shop.orders.card: (owner): - → select',
  ]))

test('a grantor other than the owner: its grants go with its option, and come back as its own', () =>
  after(
    `grant usage on schema shop to boss!;
     create table shop.chain (a int); alter table shop.chain owner to app!;
     grant select on shop.chain to boss! with grant option;
     set role boss!; grant select on shop.chain to reader! with grant option; reset role`,
    'revoke select on shop.chain from boss! cascade',
    ['acl: table shop.chain: boss: select* → -', 'acl: table shop.chain: reader by boss: select* → -'],
  ))

test('a grant by a grantor other than the owner goes alone', () =>
  after(
    `grant select on shop.chain to boss! with grant option; set role boss!; revoke select on shop.chain from reader!; reset role;
     grant update on shop.chain to boss! with grant option; revoke app! from levelb_deploy`,
    'grant select on shop.chain to reader! with grant option; grant update on shop.chain to reader!',
    ['acl: table shop.chain: reader by boss: - → select*, update'],
  ).finally(() => w.sql.unsafe(`grant ${w.role('app')} to levelb_deploy`)))

test('a new owner that had privileges, a former owner that gets some', () =>
  after(
    `create table shop.moved (a int, b int); alter table shop.moved owner to app!;
     grant select on shop.moved to boss! with grant option; grant select (a) on shop.moved to boss!;
     set role boss!; grant select on shop.moved to reader!; reset role`,
    'alter table shop.moved owner to boss!; grant select, insert on shop.moved to app!; grant update (b) on shop.moved to app!',
    [
      'acl: table column shop.moved.a: (owner): - → select',
      'acl: table column shop.moved.a: boss: select → -',
      'acl: table column shop.moved.b: app: - → update',
      `acl: table shop.moved: (owner): - → delete, insert, ${maintain}references, select*, trigger, truncate, update`,
      'acl: table shop.moved: app: - → insert, select',
      'acl: table shop.moved: boss: select* → -',
      'acl: table shop.moved: reader by boss: select → -',
      'acl: table shop.moved: reader: - → select',
      'owner: table shop.moved: owner: app → boss',
    ],
  ))

test('many grants of one text, and a table with a column for each', () =>
  after(
    `do $$ begin for i in 1..100 loop
       execute format('create table shop.t%s (a int, b int); alter table shop.t%1$s owner to app!', i); end loop; end $$`,
    `do $$ begin for i in 1..100 loop
       execute format('grant select on shop.t%s to reader!; grant insert on shop.t%1$s to public; grant update (b) on shop.t%1$s to reader!', i); end loop; end $$`,
    Array.from({ length: 100 }, (_, i) => `shop.t${i + 1}`).flatMap((table) => [
      `acl: table ${table}: PUBLIC: - → insert`,
      `acl: table ${table}: reader: - → select`,
      `acl: table column ${table}.b: reader: - → update`,
    ]),
  ))
