// What the read-back does not cover fails and leaves nothing: LB305. What is levelb's own cannot be changed: LB306.
import { beforeAll, describe, expect, test } from 'vitest'
import { hidden, type Row, refusal, type World, world } from '../world.ts'
import { failure, run } from './effects.ts'

let w: World

beforeAll(async () => {
  w = await world({ policy: { quorum: [{ approvals: 1 }] } })
  await w.sql.unsafe(`
    grant create on database ${w.name} to ${w.role('app')};
    grant create on schema shop to levelb_deploy;
    grant create on database ${w.name} to levelb_deploy;
    set role ${w.role('app')};
    create schema extra;
    create type shop.status as enum ('new', 'paid');
    create domain shop.email as text;
    create table shop.days (d int) partition by range (d);
    create table shop.old (n int);
    create function shop.touch() returns trigger language plpgsql as 'begin return new; end';
    create trigger touch before update on shop.items for each row execute function shop.touch();
    create policy everyone on shop.items using (true);
    create materialized view shop.totals as select count(*) as n from shop.orders;
    create statistics shop.stat on id, customer from shop.orders;
    create index named on shop.orders (customer);
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
  ['create temp table t (id int)', { object: 'table pg_temp.t', change: 'created, and temporary' }],
  ['create temp view t as select 1 as a', { object: 'view pg_temp.t', change: 'created, and temporary' }],
  [
    "create function pg_temp.f() returns int language sql as 'select 1'",
    { catalog: 'pg_proc', change: 'created, and temporary' },
  ],
  [
    'alter table shop.orders add column z int; alter table shop.orders drop column z',
    { change: 'created and dropped' },
  ],
  [
    "comment on table shop.orders is null; comment on table shop.orders is 'y'; comment on table shop.orders is null",
    { catalog: 'pg_description', change: 'written without trace' },
  ],
  ['create table shop.t (); drop table shop.t', { catalog: 'pg_class', change: 'written without trace' }],
  ['create view shop.t as select 1 as a; drop view shop.t', { catalog: 'pg_rewrite', change: 'written without trace' }],
  [
    'alter table shop.old add column z int; drop table shop.old',
    { catalog: 'pg_attribute', change: 'written without trace' },
  ],
  [
    'alter table shop.old alter column n type bigint; drop table shop.old',
    { catalog: 'pg_class', change: 'written without trace' },
  ],
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

describe('a text cannot change anything of levelb: PostgreSQL refuses (42501), the guard (LB211) or the read-back (LB306)', () => {
  /** The statement, what it fails with when it runs, and what the plain text is refused with when it is staged. */
  const cannot: [statement: string, ran: string, staged?: 'LB011' | 'LB014'][] = [
    ['alter function levelb_exec.execute_step() rename to execute_that', '42501'],
    ['grant execute on function levelb_exec.execute_step() to public', '42501'],
    ['grant execute on function levelb_exec.verify_step() to current_user', '42501'],
    ['alter function levelb_exec.execute_step() reset all', '42501'],
    ['alter function levelb_exec.verify_step() security invoker', '42501'],
    ['alter function levelb_exec.execute_step() owner to APP', '42501'],
    ['drop function levelb_exec.verify_step()', '42501'],
    ['drop owned by current_user', 'LB211'],
    ['reassign owned by current_user to APP', '42501'],
    ["alter role current_user set work_mem = '1GB'", 'LB306', 'LB011'],
    ["alter role current_user password 'mine'", 'LB306', 'LB014'],
    ['alter default privileges in schema levelb_exec grant execute on functions to public', 'LB211'],
    ['create or replace function levelb_exec.execute_step() returns void language sql as $$$$', '42501'],
    ['create table levelb_exec.t ()', '42501'],
    ['grant select on levelb.activation to public', '42501'],
    ['delete from levelb.activation', '42501'],
    ['alter table levelb.activation disable trigger all', '42501'],
    ['grant usage on schema levelb to public', 'LB211'],
    ['alter schema levelb owner to current_user', '42501'],
    ['grant levelb_owner to APP', '42501', 'LB011'],
    ['grant levelb_deploy to APP', '42501', 'LB011'],
    ['alter role levelb_owner login', '42501', 'LB011'],
    ['drop role levelb_reader', '42501', 'LB011'],
    ['select levelb._pending_step($$apply$$)', 'LB211'],
    ["select levelb.activate('0001_x')", '42501'],
  ]

  test.each(cannot)('%s', async (statement, ran, staged) => {
    const before = await own()
    const apply = `grant usage on schema shop to public; ${statement.replaceAll('APP', w.role('app'))}`
    if (staged) expect((await refusal(run(w, apply))).code).toBe(staged)
    // a quote inside parts the word that the lexer looks for
    const row = await run(w, staged ? hidden(apply.replace('password', 'pass$sql$ || $sql$word')) : apply)
    expect([row.outcome, row.code, await own()]).toEqual(['failed', ran, before])
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
