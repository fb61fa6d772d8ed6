// What the text leaves in the session is put back where it can be seen, and said; what the operator had stays.
import { afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { Client } from '../client.ts'
import { type Json, type Row, refusal, type World, world } from '../world.ts'
import { detailOf, grant, granted, names, run, session } from './fixture.ts'

const next = names()
let w: World
let olga: Client

beforeAll(async () => {
  w = await world()
  olga = await session(w)
  await w.sql.unsafe(`
    create schema evil;
    grant usage on schema evil to public;
    create function evil.sha256(bytea) returns bytea language sql as $$ select '\\x00'::bytea $$;
    create function evil.never(text, text) returns boolean language sql as 'select false';
    create operator evil.= (leftarg = text, rightarg = text, function = evil.never);
    create function evil.now() returns timestamptz language sql as $$ select '-infinity'::timestamptz $$;
    create function evil.jsonb_agg(jsonb) returns jsonb language sql as $$ select '[]'::jsonb $$;
    create function evil.current_setting(text) returns text language sql as $$ select 'forged' $$`)
})

afterEach(async () => {
  expect(
    await w.sql`select from pg_class c, aclexplode(c.relacl) a where c.oid = 'shop.orders'::regclass and a.grantee = 0`,
  ).toHaveLength(0)
})

const nothing = { settings: [], cursors: [], prepared_statements: [], locks: 0 }

/** Activates a grant with this text before it, and takes the grant back. */
const touching = async (text: string, client = olga): Promise<Row> => {
  const row = await run(w, client, next(), `${text};\n${grant}`)
  await w.sql`revoke all on shop.orders from public`
  return row
}

/** Activates such a text in a transaction of the operator, and rolls it back. */
const inTransaction = async (client: Client, text: string, then: (row: Row) => Promise<void>) => {
  onTestFinished(() => client.end({ timeout: 0 }))
  await client.unsafe('begin')
  await then(await run(w, client, next(), `${text};\n${grant}`))
}

const shown = async (client: Client, name: string) => (await client.unsafe(`show ${name}`))[0]?.[name] as string

test('a text that leaves nothing is said to have left nothing', async () => {
  const row = await touching('select 1')
  expect([row.outcome, row.session_touched]).toEqual(['activated', nothing])
})

describe('settings', () => {
  test.each([
    ['SET', 'work_mem', `set work_mem = '77MB'`],
    ['SET LOCAL', 'work_mem', `set local work_mem = '77MB'`],
    ['set_config', 'work_mem', `select set_config('work_mem', '77MB', false)`],
    ['B061 › SET', 'row_security', 'set row_security = off'],
    [
      'B061 › SET SESSION CHARACTERISTICS',
      'default_transaction_read_only',
      'set session characteristics as transaction read only',
    ],
    ['B061 › SET', 'statement_timeout', 'set statement_timeout = 0'],
    ['SET TIME ZONE', 'TimeZone', `set time zone 'Asia/Tokyo'`],
    ['SET', 'client_encoding', 'set client_encoding = latin1'],
    ['a setting that activate pins: SET', 'jit', 'set jit = on'],
    ['a setting that activate pins: SET', 'quote_all_identifiers', 'set quote_all_identifiers = on'],
    ['a setting that activate pins: SET', 'standard_conforming_strings', 'set standard_conforming_strings = off'],
    ['a setting that activate pins: SET', 'lock_timeout', 'set lock_timeout = 0'],
    [
      'a setting that activate pins: SET',
      'idle_in_transaction_session_timeout',
      `set idle_in_transaction_session_timeout = '1h'`,
    ],
    ['a setting that activate pins: SET', 'synchronous_commit', 'set synchronous_commit = remote_write'],
    ['a setting that the executor pins: SET', 'bytea_output', 'set bytea_output = escape'],
  ])('%s of %s', async (_, name, text) => {
    const client = await session(w)
    const before = await shown(client, name)
    const row = await touching(text, client)
    expect([row.outcome, row.session_touched]).toEqual(['activated', { ...nothing, settings: [name] }])
    expect(await shown(client, name)).toBe(before)
  })

  test('what the operator had set is what stays, in its units; what activate pins is what it was when the session began', async () => {
    const client = await session(w)
    const [zone, style] = [await shown(client, 'TimeZone'), await shown(client, 'DateStyle')]
    await client.unsafe(
      `set work_mem = '9MB'; set time zone 'Asia/Tokyo'; set datestyle = 'German'; set temp_tablespaces = ''`,
    )
    const row = await touching(`set work_mem = '1GB'; set time zone 'Europe/Paris'; set datestyle = 'SQL'`, client)
    expect((row.session_touched as Json).settings).toEqual(['DateStyle', 'TimeZone', 'work_mem'])
    expect([
      await shown(client, 'work_mem'),
      await shown(client, 'TimeZone'),
      await shown(client, 'DateStyle'),
    ]).toEqual(['9MB', zone, style])
  })

  test('what the operator had set and the text left alone stays too', async () => {
    const client = await session(w)
    await client.unsafe(
      `set lock_timeout = '7s'; set jit = off; set search_path = shop; set synchronous_commit = local`,
    )
    const row = await touching('select 1', client)
    expect(row.session_touched).toEqual(nothing)
    expect(
      await Promise.all(
        ['lock_timeout', 'jit', 'search_path', 'synchronous_commit'].map((name) => shown(client, name)),
      ),
    ).toEqual(['7s', 'off', 'shop', 'local'])
  })

  test('B060 › the commit of an activation waits for the disk, whatever session and text say', async () => {
    const client = await session(w)
    await client.unsafe('set synchronous_commit = off')
    await inTransaction(client, 'set local synchronous_commit = off', async () => {
      expect(await shown(client, 'synchronous_commit')).toBe('on')
    })
  })

  test('a failed text leaves no setting either', async () => {
    const client = await session(w)
    const row = await run(w, client, next(), `set work_mem = '77MB'; select 1 / 0`)
    expect([row.outcome, row.session_touched, await shown(client, 'work_mem')]).toEqual(['failed', nothing, '4MB'])
  })
})

describe('search_path', () => {
  test.each([
    ['B030 › SET', 'set search_path = evil, pg_catalog'],
    ['B030 › SET SESSION', 'set session search_path = evil, pg_catalog'],
    ['B030 › SET LOCAL', 'set local search_path = evil, pg_catalog'],
    ['B030 › SET SCHEMA', `set schema 'evil'`],
    ['B031 › set_config for the session', `select set_config('search_path', 'evil, pg_catalog', false)`],
    ['B031 › set_config for the transaction', `select set_config('search_path', 'evil, pg_catalog', true)`],
    ['B030 › SET in a DO block', `do $$ begin set search_path = evil, pg_catalog; end $$`],
    ['B030 › RESET', 'reset search_path'],
  ])('%s redirects nothing of levelb, and is gone', async (_, text) => {
    const client = await session(w)
    const before = await shown(client, 'search_path')
    const plain = await touching('select 1')
    const row = await touching(text, client)
    expect([row.outcome, row.effects, row.effects_hash, row.state_after, row.rollback_snapshot]).toEqual([
      'activated',
      [granted('orders')],
      plain.effects_hash,
      plain.state_after,
      plain.rollback_snapshot,
    ])
    expect(await shown(client, 'search_path')).toBe(before)
    expect((await w.sql`select ok from levelb.verify_ledger()`)[0]?.ok).toBe(true)
  })

  test('B030 › RESET ALL, which would also stop the count of what is called, is refused (LB307)', async () => {
    const row = await touching('reset all')
    expect([row.code, detailOf(row)]).toEqual(['LB307', { rule: 'called_code_is_counted' }])
  })

  test('the next step has the path that was approved', async () => {
    const id = next()
    const row = await run(w, await session(w), id, {
      title: 'a change',
      description: 'for a test',
      search_path: 'shop',
      steps: [
        { name: 'one', apply: 'set search_path = evil, pg_catalog' },
        {
          name: 'two',
          apply: 'grant select on orders to public',
          verify: `select current_setting('search_path') = 'shop, pg_temp'`,
        },
      ],
    })
    await w.sql`revoke all on shop.orders from public`
    expect([row.outcome, (row.session_touched as Json).settings]).toEqual(['activated', ['search_path']])
  })
})

describe('cursors, prepared statements, locks', () => {
  test.each([
    ['B133 › a cursor', 'declare leak cursor for select card from shop.orders', 'fetch all leak', '34000'],
    [
      'B132 › a cursor that would be read at commit',
      'declare leak cursor with hold for select card from shop.orders',
      'fetch all leak',
      '34000',
    ],
    [
      'B133 › a refcursor',
      `do $$ declare c refcursor := 'leak'; begin open c for select card from shop.orders; end $$`,
      'fetch all leak',
      '34000',
    ],
    [
      'B133 › a cursor of a name that asks for quotes',
      `do $$ declare c refcursor := E'x"\\ny'; begin open c for select card from shop.orders; end $$`,
      `fetch all "x""\ny"`,
      '34000',
    ],
  ])('%s left open is closed: the operator fetches nothing', async (_, text, fetch, code) => {
    const client = await session(w)
    await inTransaction(client, text, async (row) => {
      expect([row.outcome, ((row.session_touched as Json).cursors as string[]).length]).toEqual(['activated', 1])
      expect((await refusal(client.unsafe(fetch))).code).toBe(code)
    })
  })

  test.each([
    ['leak', 'prepare leak as select 1'],
    ['x"\ny', 'prepare "x""\ny" as select 1'],
  ])('B134 › prepared statement %j is taken away', async (name, text) => {
    const client = await session(w)
    const row = await touching(text, client)
    expect([row.outcome, row.session_touched]).toEqual(['activated', { ...nothing, prepared_statements: [name] }])
    expect(await client`select from pg_prepared_statements where name = ${name}`).toHaveLength(0)
  })

  test('B134 › of a text that fails too, where a rollback does not help', async () => {
    const client = await session(w)
    const row = await run(w, client, next(), 'prepare leak as select 1; select pg_advisory_lock(7); select 1 / 0')
    expect([row.outcome, row.code, row.session_touched]).toEqual([
      'failed',
      '22012',
      { ...nothing, prepared_statements: ['leak'], locks: 1 },
    ])
    expect(await client`select from pg_prepared_statements where name = 'leak'`).toHaveLength(0)
    expect(await w.sql`select from pg_locks where locktype = 'advisory'`).toHaveLength(0)
  })

  test('F11 › one of the operator that was swapped is gone, so that the swap is not run', async () => {
    const client = await session(w)
    await client.unsafe('prepare mine as select 1')
    const row = await touching('deallocate mine; prepare mine as select 2', client)
    expect((row.session_touched as Json).prepared_statements).toEqual(['mine'])
    expect((await refusal(client.unsafe('execute mine'))).code).toBe('26000')
  })

  test('F11 › one of the operator that was taken away is named', async () => {
    const client = await session(w)
    await client.unsafe('prepare mine as select 1')
    const row = await touching('deallocate mine', client)
    expect((row.session_touched as Json).prepared_statements).toEqual(['mine'])
  })

  test('one of the operator that was left alone stays', async () => {
    const client = await session(w)
    await client.unsafe('prepare mine as select 41 + 1 as answer')
    await touching('prepare leak as select 1', client)
    expect((await client.unsafe('execute mine'))[0]?.answer).toBe(42)
  })

  const held = () => w.sql`select classid, objid, objsubid, mode from pg_locks where locktype = 'advisory'`

  test('a lock of the session, of one key or of two, shared or not, taken twice or once, is released', async () => {
    const row =
      await touching(`select pg_advisory_lock(5000000000), pg_advisory_lock(5000000000), pg_advisory_lock(-3, 4),
      pg_advisory_lock_shared(-8), pg_advisory_xact_lock(9)`)
    expect([row.outcome, (row.session_touched as Json).locks]).toEqual(['activated', 5 - 1])
    expect(await held()).toHaveLength(0)
  })

  test('those of the operator stay while those of the text go', async () => {
    const client = await session(w)
    await client`select pg_advisory_lock(1), pg_advisory_lock(-2, -3)`
    await touching(
      `select pg_advisory_lock(5000000000), pg_advisory_lock(5000000000), pg_advisory_lock(-3, 4),
      pg_advisory_lock_shared(-8)`,
      client,
    )
    const [one] =
      await client`select count(*)::int as locks from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()`
    await client`select pg_advisory_unlock_all()`
    expect(one?.locks).toBe(2)
  })
})

test('B147 › a temporary table of the text, which would stay in the session, fails', async () => {
  const row = await touching('create temporary table kept (n int)')
  expect([row.outcome, row.code]).toEqual(['failed', 'LB305'])
  expect(await olga`select from pg_class where relname = 'kept'`).toHaveLength(0)
})
