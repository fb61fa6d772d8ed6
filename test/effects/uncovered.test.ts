// What the read-back does not cover fails and leaves nothing: LB305. What is levelb's own cannot be changed: LB306.
import { beforeAll, describe, expect, test } from 'vitest'
import { type Row, type World, world } from '../world.ts'
import { failure, run } from './effects.ts'

let w: World

beforeAll(async () => {
  w = await world({ policy: { quorum: [{ approvals: 1 }] } })
  await w.sql.unsafe(`
    grant create on database ${w.name} to ${w.role('app')};
    grant create on schema shop to levelb_deploy;
    grant create on database ${w.name} to levelb_deploy;
    create foreign data wrapper wrap;
    grant usage on foreign data wrapper wrap to ${w.role('app')};
    set role ${w.role('app')};
    create schema extra;
    create type shop.status as enum ('new', 'paid');
    create domain shop.email as text;
    create table shop.days (d int) partition by range (d);
    create function shop.touch() returns trigger language plpgsql as 'begin return new; end';
    create trigger touch before update on shop.items for each row execute function shop.touch();
    create policy everyone on shop.items using (true);
    create publication news for table shop.orders;
    create materialized view shop.totals as select count(*) as n from shop.orders;
    create server files foreign data wrapper wrap;
    create statistics shop.stat on id, customer from shop.orders;
    create index named on shop.orders (customer);
    select lo_create(4242);
    reset role`)
})

/** A hash over all rows of each catalog, but for the columns of pg_class that change by themselves. */
async function catalogs(): Promise<unknown> {
  const names = await w.sql`select relname from pg_class where oid < 16384 and relkind = 'r' and relname ~ '^pg_'
    and relname !~ '^pg_(statistic|statistic_ext_data|subscription|authid|auth_members|db_role_setting|shdepend|database)$'`
  const hashes = names.map(({ relname }) => {
    const row =
      relname === 'pg_class' ? `array[oid::text, relname, relkind::text, relacl::text, reloptions::text]` : 'c'
    return `select '${relname}' as name, md5(string_agg(${row}::text, '|' order by ctid)) as hash from ${relname} c`
  })
  return [...(await w.sql.unsafe(`${hashes.join(' union all ')} order by 1`))]
}

/** Statement, and the uncovered entry that DETAIL must hold among others. */
const statements: [string, Row][] = [
  ['create table shop.t (id int)', { object: 'table shop.t', change: 'created' }],
  ['create table shop.t as select 1 as a', { object: 'table shop.t', change: 'created' }],
  ['create temp table t (id int)', { catalog: 'pg_class', change: 'created' }],
  [
    'create table shop.d1 partition of shop.days for values from (1) to (2)',
    { object: 'table shop.d1', change: 'created' },
  ],
  ['drop table shop.items', { catalog: 'pg_class', change: 'dropped' }],
  ['create view shop.v as select 1 as a', { object: 'view shop.v', change: 'created' }],
  [
    'create or replace view shop.recent as select id, customer from shop.orders where id > 1',
    { catalog: 'pg_rewrite', change: 'written' },
  ],
  [
    'alter view shop.recent set (security_invoker = true)',
    { object: 'view shop.recent', change: 'altered: reloptions' },
  ],
  ['drop view shop.recent', { catalog: 'pg_class', change: 'dropped' }],
  ['create materialized view shop.m as select 1 as a', { object: 'materialized view shop.m', change: 'created' }],
  ['refresh materialized view shop.totals', { catalog: 'pg_class', change: 'written without trace' }],
  ['create sequence shop.s', { object: 'sequence shop.s', change: 'created' }],
  ['alter sequence shop.tickets increment 5', { catalog: 'pg_sequence', change: 'written' }],
  ['alter sequence shop.tickets owned by shop.orders.id', { catalog: 'pg_depend', change: 'created' }],
  ['create index on shop.orders (card)', { object: 'index shop.orders_card_idx', change: 'created' }],
  ['alter index shop.named rename to other', { object: 'index shop.other', change: 'altered: relname' }],
  [
    "create function shop.f() returns int language sql as 'select 1'",
    { object: 'function shop.f()', change: 'created' },
  ],
  [
    "create or replace function shop.total(int) returns int language sql as 'select 2'",
    { object: 'function shop.total(integer)', change: 'altered: prosrc' },
  ],
  [
    'alter function shop.total(int) security definer',
    { object: 'function shop.total(integer)', change: 'altered: prosecdef' },
  ],
  [
    'alter function shop.total(int) set search_path = shop',
    { object: 'function shop.total(integer)', change: 'altered: proconfig' },
  ],
  [
    'alter function shop.total(int) rename to sum',
    { object: 'function shop.sum(integer)', change: 'altered: proname' },
  ],
  [
    'alter function shop.total(int) set schema extra',
    { object: 'function extra.total(integer)', change: 'altered: pronamespace' },
  ],
  ['drop function shop.total(int)', { catalog: 'pg_proc', change: 'dropped' }],
  ["create procedure shop.p() language sql as 'select 1'", { object: 'procedure shop.p()', change: 'created' }],
  [
    'create aggregate shop.agg(int) (sfunc = int4larger, stype = int4)',
    { object: 'aggregate shop.agg(integer)', change: 'created' },
  ],
  ['create type shop.pair as (a int)', { object: 'type shop.pair', change: 'created' }],
  ["alter type shop.status add value 'void'", { catalog: 'pg_enum', change: 'written' }],
  ['alter type shop.status rename to state', { object: 'type shop.state', change: 'altered: typname' }],
  ['create domain shop.mail as text', { object: 'type shop.mail', change: 'created' }],
  ["alter domain shop.email add check (value <> '')", { catalog: 'pg_constraint', change: 'written' }],
  [
    'create trigger t before insert on shop.orders for each row execute function shop.touch()',
    { catalog: 'pg_trigger', change: 'written' },
  ],
  ['alter table shop.items disable trigger touch', { catalog: 'pg_trigger', change: 'written' }],
  ['drop trigger touch on shop.items', { catalog: 'pg_trigger', change: 'written' }],
  ['create rule r as on delete to shop.orders do instead nothing', { catalog: 'pg_rewrite', change: 'written' }],
  ['create policy p on shop.orders using (true)', { catalog: 'pg_policy', change: 'written' }],
  ['alter policy everyone on shop.items using (false)', { catalog: 'pg_policy', change: 'written' }],
  [
    'alter table shop.orders enable row level security',
    { object: 'table shop.orders', change: 'altered: relrowsecurity' },
  ],
  [
    'alter table shop.orders force row level security',
    { object: 'table shop.orders', change: 'altered: relforcerowsecurity' },
  ],
  ['alter table shop.orders add column more int', { object: 'table column shop.orders.more', change: 'created' }],
  ['alter table shop.orders drop column card', { object: 'table column shop.orders."........pg.dropped.3........"' }],
  [
    'alter table shop.orders rename column card to pan',
    { object: 'table column shop.orders.pan', change: 'altered: attname' },
  ],
  [
    'alter table shop.orders alter column card set not null',
    { object: 'table column shop.orders.card', change: 'altered: attnotnull' },
  ],
  ['alter table shop.orders alter column card set default 1', { catalog: 'pg_attrdef', change: 'written' }],
  ['alter table shop.orders add check (id > 0)', { catalog: 'pg_constraint', change: 'written' }],
  ['alter table shop.orders set (fillfactor = 70)', { object: 'table shop.orders', change: 'altered: reloptions' }],
  ['alter table shop.orders replica identity full', { object: 'table shop.orders', change: 'altered: relreplident' }],
  ['alter table shop.days add primary key (d)', { object: 'index shop.days_pkey', change: 'created' }],
  ['alter table shop.orders rename to old_orders', { object: 'table shop.old_orders', change: 'altered: relname' }],
  ['alter table shop.orders cluster on orders_pkey', { catalog: 'pg_index', change: 'written' }],
  ['create schema more', { object: 'schema more', change: 'created' }],
  ['alter schema shop rename to store', { object: 'schema store', change: 'altered: nspname' }],
  ['create statistics shop.s on id, card from shop.orders', { object: 'statistics object shop.s', change: 'created' }],
  [
    'alter statistics shop.stat set statistics 10',
    { object: 'statistics object shop.stat', change: 'altered: stxstattarget' },
  ],
  ["create collation shop.c (locale = 'C', provider = libc)", { object: 'collation shop.c', change: 'created' }],
  ['create cast (shop.status as int) with inout', { catalog: 'pg_cast', change: 'written' }],
  [
    'create text search configuration shop.en (copy = pg_catalog.english)',
    { object: 'text search configuration shop.en', change: 'created' },
  ],
  ['create publication more for table shop.orders', { object: 'publication more', change: 'created' }],
  ['alter publication news set (publish = insert)', { object: 'publication news' }],
  ['create server more foreign data wrapper wrap', { object: 'server more', change: 'created' }],
  ["alter server files options (add host 'x')", { object: 'server files', change: 'altered: srvoptions' }],
  ['create user mapping for public server files', { catalog: 'pg_user_mapping', change: 'written' }],
  ["comment on table shop.orders is 'x'", { catalog: 'pg_description', change: 'written' }],
  [
    "comment on table shop.orders is null; comment on table shop.orders is 'y'; comment on table shop.orders is null",
    { catalog: 'pg_description', change: 'written' },
  ],
  ['create extension hstore', { catalog: 'pg_extension', change: 'written' }],
  ['select lo_create(4243)', { object: 'large object 4243', change: 'created' }],
  ["select lo_put(4242, 0, 'x')", { catalog: 'pg_largeobject', change: 'written' }],
  ['select lo_unlink(4242)', { catalog: 'pg_largeobject_metadata', change: 'dropped' }],
  ['create table shop.t (); drop table shop.t', { catalog: 'pg_class', change: 'written without trace' }],
]

describe('LB305 names what it does not cover, and nothing is left', () => {
  let before: unknown
  beforeAll(async () => {
    before = await catalogs()
  })

  test.each(statements)('%s', async (statement, entry) => {
    expect(failure(await run(w, `grant usage on schema shop to public; ${statement}`))).toEqual({
      outcome: 'failed',
      code: 'LB305',
      detail: { uncovered: expect.arrayContaining([expect.objectContaining(entry)]) },
    })
  })

  test('after all of them every catalog is as before', async () => {
    expect(await catalogs()).toEqual(before)
  })
})

describe('a text cannot change anything of levelb: PostgreSQL refuses (42501) or the read-back does (LB306)', () => {
  const cannot: [string, string][] = [
    ['alter function levelb_exec.execute_step() rename to execute_that', '42501'],
    ['grant execute on function levelb_exec.execute_step() to public', '42501'],
    ['grant execute on function levelb_exec.verify_step() to current_user', '42501'],
    ['alter function levelb_exec.execute_step() reset all', '42501'],
    ['alter function levelb_exec.verify_step() security invoker', '42501'],
    ['alter function levelb_exec.execute_step() owner to APP', '42501'],
    ['drop function levelb_exec.verify_step()', '42501'],
    ['drop owned by current_user', 'LB306'],
    ['reassign owned by current_user to APP', '42501'],
    ["alter role current_user set work_mem = '1GB'", 'LB306'],
    ["alter role current_user password 'mine'", 'LB306'],
    ['alter default privileges in schema levelb_exec grant execute on functions to public', 'LB306'],
    ['create or replace function levelb_exec.execute_step() returns void language sql as $$$$', '42501'],
    ['create table levelb_exec.t ()', '42501'],
    ['grant select on levelb.activation to public', '42501'],
    ['delete from levelb.activation', '42501'],
    ['alter table levelb.activation disable trigger all', '42501'],
    ['grant usage on schema levelb to public', 'LB306'],
    ['alter schema levelb owner to current_user', '42501'],
    ['grant levelb_owner to APP', '42501'],
    ['grant levelb_deploy to APP', '42501'],
    ['alter role levelb_owner login', '42501'],
    ['drop role levelb_reader', '42501'],
    ['select levelb._pending_step($$apply$$)', 'LB211'],
    ["select levelb.activate('0001_x')", '42501'],
  ]

  test.each(cannot)('%s', async (statement, code) => {
    const before = await own()
    const row = await run(w, `grant usage on schema shop to public; ${statement.replaceAll('APP', w.role('app'))}`)
    expect([row.outcome, row.code, await own()]).toEqual(['failed', code, before])
  })

  /** Everything about levelb's roles and objects that a text could be after. */
  async function own(): Promise<unknown> {
    return [
      ...(await w.sql.unsafe(`
        select p.oid, p.proname::text, p.proacl::text, p.proowner::regrole::text, p.prosecdef::text, p.proconfig::text
          from pg_proc p where pronamespace in ('levelb'::regnamespace, 'levelb_exec'::regnamespace)
        union all
        select c.oid, c.relname, c.relacl::text, c.relowner::regrole::text, '', '' from pg_class c
         where relnamespace in ('levelb'::regnamespace, 'levelb_exec'::regnamespace)
        union all
        select r.oid, r.rolname, r.rolpassword, r.rolcanlogin::text, r.rolsuper::text, s.setconfig::text
          from pg_authid r left join pg_db_role_setting s on s.setrole = r.oid where starts_with(rolname, 'levelb_')
         order by 1`)),
    ]
  }
})

test('effects › a write to a foreign table is not covered (LB305)', async () => {
  const there = await world()
  const { hostname, port, password } = new URL(await there.urlOf('app'))
  await there.sql.unsafe(`
    create extension postgres_fdw;
    create server itself foreign data wrapper postgres_fdw options (host '${hostname}', port '${port}', dbname '${there.name}');
    -- password_required: a server that trusts the network asks for none
    create user mapping for levelb_deploy server itself
      options (user '${there.role('app')}', password '${password}', password_required 'false');
    create foreign table shop.remote (id int, customer text) server itself options (schema_name 'shop', table_name 'orders');
    alter foreign table shop.remote owner to levelb_deploy;
    grant usage on schema shop to levelb_deploy`)
  const row = await there.through('0001_foreign', `insert into shop.remote values (9, 'Eve')`)
  expect(row).toMatchObject({ outcome: 'failed', code: 'LB305' })
  expect(await there.sql`select from shop.orders where id = 9`).toEqual([])
})
