// What the operator brings in does not change what the text means: the executors pin it. Each is seen to matter: the
// condition holds with the pin and not with the operator's value.
import { beforeAll, expect, test } from 'vitest'
import type { Client } from '../client.ts'
import { pastGuard } from '../past-guard.ts'
import { refusal, type World, world } from '../world.ts'
import { activations, granted, names, run, session } from './fixture.ts'

const next = names()
let w: World
let olga: Client

beforeAll(async () => {
  w = await world()
  olga = await session(w)
  await w.sql.unsafe(`
    alter table shop.items enable row level security;
    alter table shop.items force row level security;
    create view shop."Quoted" as select 1 as n`)
})

/** Setting, the operator's value, a condition in SQL. */
const meant: [string, string, string][] = [
  ['standard_conforming_strings', 'off', `length('a\\n') = 3`],
  ['backslash_quote', 'off', `E'\\'' = ''''`],
  ['transform_null_equals', 'on', '(1 = null) is null'],
  ['array_nulls', 'off', `('{NULL}'::text[])[1] is null`],
  ['quote_all_identifiers', 'on', `quote_ident('plain') = 'plain'`],
  ['xmlbinary', 'hex', `current_setting('xmlbinary') = 'base64'`],
  ['xmloption', 'document', `current_setting('xmloption') = 'content'`],
  ['bytea_output', 'escape', `'\\x41'::bytea::text = '\\x41'`],
  ['datestyle', 'German', `'2026-02-01'::date::text = '2026-02-01' and '02/01/2026'::date = '2026-02-01'`],
  ['intervalstyle', 'iso_8601', `'1 day 02:00'::interval::text = '1 day 02:00:00'`],
  ['timezone', 'Asia/Tokyo', `'2026-01-01 00:00'::timestamptz = '2026-01-01 00:00Z'`],
  ['extra_float_digits', '-15', `(0.1::float8 + 0.2::float8)::text = '0.30000000000000004'`],
  ['lc_monetary', 'C.UTF-8', `current_setting('lc_monetary') = 'C'`],
  ['lc_numeric', 'C.UTF-8', `current_setting('lc_numeric') = 'C'`],
  ['lc_time', 'C.UTF-8', `current_setting('lc_time') = 'C'`],
  ['temp_tablespaces', 'pg_default', `current_setting('temp_tablespaces') <> 'pg_default'`],
  ['default_tablespace', 'pg_default', `current_setting('default_tablespace') = ''`],
  ['row_security', 'off', `(select count(*) from shop.items) = 0`],
]

const text = (condition: string) =>
  `do $pin$ begin if not coalesce(${condition}, false) then raise exception 'it means something else'; end if; end $pin$;
   grant select on shop.orders to public`

test.each(meant)('B053 to B056 › %s = %s of the operator changes nothing', async (name, value, condition) => {
  await olga.unsafe('reset all; set statement_timeout = 30000')
  await olga.unsafe(`set ${name} = '${value}'`)
  const row = await run(w, olga, next(), text(condition))
  await w.sql`revoke all on shop.orders from public`
  expect([row.outcome, row.reason]).toEqual(['activated', null])
})

test('B064 › all these of the database together change nothing', async () => {
  for (const [name, value] of meant) await w.sql.unsafe(`alter database ${w.name} set ${name} = '${value}'`)
  const client = await session(w, 'ci')
  const row = await run(w, client, next(), text(meant.map(([, , condition]) => `(${condition})`).join(' and ')))
  await w.sql.unsafe(`alter database ${w.name} reset all; revoke all on shop.orders from public`)
  expect([row.outcome, row.reason]).toEqual(['activated', null])
})

test('B053 › two literals that an approver reads do not become one', async () => {
  await olga.unsafe('reset all; set statement_timeout = 30000; set standard_conforming_strings = off')
  const row = await run(
    w,
    olga,
    next(),
    `grant select on shop.orders to public; do 'begin end --\\'; grant select on shop.recent to public; --'`,
  )
  expect([row.outcome, row.effects]).toEqual([
    'activated',
    [granted('orders'), { ...granted('recent'), object_type: 'view' }],
  ])
  await w.sql`revoke all on shop.orders, shop.recent from public`
})

test.each([
  ['check_function_bodies', 'off', `create function shop.bad() returns int language sql as 'nonsense'`, '42601'],
  ['plpgsql.check_asserts', 'off', 'do $$ begin assert false; end $$', 'P0004'],
])('B055 › %s = %s of the operator changes nothing: the text fails as it should', async (name, value, sql, code) => {
  await olga.unsafe('reset all; set statement_timeout = 30000')
  await olga.unsafe(`set ${name} = ${value}`)
  const row = await run(w, olga, next(), sql)
  expect([row.outcome, row.code]).toEqual(['failed', code])
})

test('B055 › default_table_access_method of the operator changes nothing', async () => {
  await w.sql`create access method heap_two type table handler heap_tableam_handler`
  await olga.unsafe('reset all; set statement_timeout = 30000; set default_table_access_method = heap_two')
  const row = await run(w, olga, next(), text(`current_setting('default_table_access_method') = 'heap'`))
  await olga.unsafe('reset all; set statement_timeout = 30000')
  await w.sql.unsafe('drop access method heap_two; revoke all on shop.orders from public')
  expect([row.outcome, row.reason]).toEqual(['activated', null])
})

test('B055 › default_toast_compression of the operator changes nothing, where the server knows more than one', async () => {
  await olga.unsafe('reset all; set statement_timeout = 30000')
  const [known] = await w.sql`select enumvals from pg_settings where name = 'default_toast_compression'`
  const other = ((known?.enumvals ?? []) as string[]).includes('lz4') ? 'lz4' : 'pglz'
  await olga.unsafe(`set default_toast_compression = ${other}`)
  const row = await run(w, olga, next(), text(`current_setting('default_toast_compression') = 'pglz'`))
  await w.sql.unsafe('revoke all on shop.orders from public')
  expect([row.outcome, row.reason]).toEqual(['activated', null])
})

test.each([
  ['quote_all_identifiers', 'on'],
  ['standard_conforming_strings', 'off'],
  ['datestyle', 'German'],
  ['timezone', 'Asia/Tokyo'],
  ['bytea_output', 'escape'],
  ['search_path', ''],
  ['transform_null_equals', 'on'],
  ['array_nulls', 'off'],
  ['extra_float_digits', '-15'],
])('B056 › the record does not depend on %s = %s of the operator', async (name, value) => {
  await w.sql.unsafe(`grant usage on schema shop to ${w.role('reader')} with grant option`)
  const change = `grant select, update on shop.orders to ${w.role('reader')} with grant option; grant select (id) on shop.items to public;
    alter default privileges in schema shop grant select on tables to public`
  const recorded = async () => {
    const id = next()
    await run(w, olga, id, change)
    const [row] = await activations(w, id)
    await w.sql.unsafe(`revoke all on shop.orders from ${w.role('reader')}; revoke all on shop.items from public;
      revoke all (id) on shop.items from public;
      alter default privileges for role levelb_deploy in schema shop revoke all on tables from public`)
    return { ...row, ...Object.fromEntries(volatile.map((column) => [column, null])) }
  }
  await olga.unsafe('reset all; set statement_timeout = 30000')
  const plain = await recorded()
  await olga.unsafe(`set ${name} = '${value}'`)
  expect(plain).toMatchObject({ outcome: 'activated', code: null })
  expect(await recorded()).toEqual(plain)
})

test.each([
  ['datestyle', 'German'],
  ['timezone', 'Asia/Tokyo'],
  ['bytea_output', 'escape'],
  ['intervalstyle', 'iso_8601'],
  ['extra_float_digits', '-15'],
])(
  'B056 › what is read of definitions, and the SQL that puts them back, does not depend on %s = %s',
  async (name, value) => {
    const recorded = async () => {
      await pastGuard(
        w.sql,
        `drop table if exists shop.written; create table shop.written (at timestamptz default '2026-03-04 05:06+00',
         bytes bytea default '\\x0102', span interval default '1 year 2 days', share float8 default 0.12345678901234567,
         constraint late check (at > '2001-02-03 04:05+00'));
       create index early on shop.written (at) where at < '2099-01-01 00:00+00';
       create function shop.since(timestamptz default '2026-03-04 05:06+00') returns int language sql return 1;
       alter table shop.written owner to levelb_deploy; alter function shop.since(timestamptz) owner to levelb_deploy`,
      )
      const row = await run(
        w,
        olga,
        next(),
        `alter table shop.written drop constraint late, alter at drop default, alter bytes drop default, alter span drop default,
         alter share drop default; drop index shop.early; drop function shop.since(timestamptz)`,
      )
      const { outcome, effects, rollback_snapshot } = row
      return { outcome, effects, rollback_snapshot }
    }
    await olga.unsafe('reset all; set statement_timeout = 30000')
    const plain = await recorded()
    await olga.unsafe(`set ${name} = '${value}'`)
    expect(plain).toMatchObject({ outcome: 'activated', rollback_snapshot: expect.stringContaining('05:06:00+00') })
    expect(await recorded()).toEqual(plain)
  },
)

const volatile = [
  'activation_id',
  'migration_id',
  'manifest_hash',
  'approvals',
  'started_at',
  'finished_at',
  'transaction_id',
  'wal_position',
  'commands',
]

test('B054 to B056 › the settings that only a superuser may change, or nobody, are not pinned: a pin would end every activation', async () => {
  const [row] = await w.sql`select coalesce(json_agg(s.name), '[]') as names
    from pg_proc p, unnest(p.proconfig) c join pg_settings s on s.name = lower(split_part(c, '=', 1)) or s.name = split_part(c, '=', 1)
    where p.pronamespace = 'levelb_exec'::regnamespace and s.context <> 'user'`
  expect(row?.names).toEqual([])
})

test('B063 › with client_min_messages = error the warning is not seen, and the row says the same', async () => {
  await olga.unsafe('reset all; set statement_timeout = 30000; set client_min_messages = error')
  const id = next()
  await w.stage(id, 'grant select on shop.orders to public')
  const before = olga.notices.length
  const [row] = await olga`select * from levelb.activate(${id})`
  expect([row?.outcome, row?.code, olga.notices.length - before]).toEqual(['refused', 'LB204', 0])
})

test('B062 › a statement_timeout of a millisecond ends in an error or a failed row, never in a change', async () => {
  const id = next()
  await w.stage(id, 'grant select on shop.orders to public')
  await w.approve(id)
  await olga.unsafe('reset all; set statement_timeout = 1')
  const outcome = await olga`select * from levelb.activate(${id})`.then(
    ([row]) => row?.code as string,
    (error: { code: string }) => error.code,
  )
  await olga.unsafe('reset all; set statement_timeout = 30000')
  expect(outcome).toBe('57014')
  expect((await refusal(w.sql`select 1 / (select count(*) from levelb.proof where migration_id = ${id})`)).code).toBe(
    '22012',
  )
})
