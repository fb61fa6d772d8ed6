// What goes wrong while the text runs is a row too: outcome failed, SQLSTATE, message, step, context; the work undone.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Client } from '../client.ts'
import { backendPid, waitUntilAsleep } from '../steps.ts'
import { documentOf, hidden, type Json, refusal, type World, world } from '../world.ts'
import { activate, activations, detailOf, expectFailed, facts, grant, isOpen, names, run, session } from './fixture.ts'

const next = names()
let w: World
let olga: Client

beforeAll(async () => {
  w = await world()
  olga = await session(w)
  await w.sql.unsafe(`
    set role ${w.role('app')};
    create table shop.parent (id int primary key);
    create table shop.child (id int references shop.parent deferrable initially deferred);
    create type shop.mood as enum ('glad');
    create table shop.late (n int);
    create table shop.early (n int);
    create table shop.silent (n int);
    create view shop.pane as select 1 as n;
    create table shop.loud (n int);
    create function shop.nothing() returns trigger language plpgsql as 'begin return null; end';
    reset role;
    create function shop.mine() returns trigger language plpgsql as $$ begin
      set constraints all deferred; insert into shop.loud values (1); return null; end $$;
    alter function shop.mine() owner to levelb_deploy;
    create constraint trigger late after insert on shop.late deferrable initially deferred
      for each row execute function shop.mine();
    create trigger early after insert on shop.early for each row execute function shop.nothing();
    create trigger silent before insert on shop.silent for each row execute function shop.nothing();
    create trigger pane instead of insert on shop.pane for each row execute function shop.nothing();
    create schema desk authorization ${w.role('olga')};
    grant usage on schema desk to levelb_deploy;
    set role ${w.role('olga')};
    create function desk.again(id text) returns text language plpgsql security definer as
      'begin perform levelb.activate(id); return null; end';
    reset role`)
})

afterEach(async () => {
  expect(await isOpen(w)).toBe(false)
  expect((await facts(w)).token).toBe(0)
})

/** The backend as a process of this machine. */
function localProcess(pid: number): { limitMemory(more: number): void } | undefined {
  const folder = `/proc/${pid}`
  if (!existsSync(folder) || !readFileSync(`${folder}/comm`, 'utf8').startsWith('postgres')) return undefined
  return {
    limitMemory(more) {
      const kilobytes = Number(/^VmSize:\s+(\d+) kB/m.exec(readFileSync(`${folder}/status`, 'utf8'))?.[1])
      // A soft limit, as the user of the server: that needs no capability, which root in a container may lack.
      const { uid, gid } = statSync(folder)
      execFileSync('prlimit', ['--pid', String(pid), `--as=${kilobytes * 1024 + more}:`], { uid, gid })
    },
  }
}

const granting = (text: string) => `${grant};\n${text}`

describe('errors of the text', () => {
  const texts: Record<string, [string, string]> = {
    'division by zero': ['select 1 / 0', '22012'],
    'a syntax error': ['grant everything', '42601'],
    'a failed assertion, which OTHERS does not catch': ['do $$ begin assert false; end $$', 'P0004'],
    'F25 › a deferred foreign key': ['insert into shop.child values (7)', '23503'],
    'F37, B142 › SET TRANSACTION READ ONLY': ['set transaction read only', '25006'],
    'F37, B142 › transaction_read_only': [`select set_config('transaction_read_only', 'on', true)`, '25006'],
    'B143 › COMMIT': [hidden('commit'), '0A000'],
    'B143 › ROLLBACK': [hidden('rollback'), '0A000'],
    'B143 › SAVEPOINT': [hidden('savepoint s'), '0A000'],
    'B143 › PREPARE TRANSACTION': [hidden(`prepare transaction 'x'`), '0A000'],
    'B143 › COMMIT in a DO block': ['do $$ begin commit; end $$', '2D000'],
    'B143 › ROLLBACK in a DO block': ['do $$ begin rollback; end $$', '2D000'],
    'B144 › CREATE INDEX CONCURRENTLY': [hidden('create index concurrently on shop.orders (customer)'), '25001'],
    'B144 › REINDEX CONCURRENTLY': [hidden('reindex table concurrently shop.orders'), '25001'],
    'B144 › VACUUM': [hidden('vacuum shop.orders'), '25001'],
    'B144 › ALTER SYSTEM': [hidden(`alter system set work_mem = '1MB'`), '25001'],
    'B144 › CREATE DATABASE': [hidden('create database other'), '25001'],
    'B145 › a value added to an enumeration and used': [
      `alter type shop.mood add value 'sad'; select 'sad'::shop.mood`,
      '55P04',
    ],
    'B003 › SET ROLE': [hidden('set role levelb_owner'), '42501'],
    'B003 › SET LOCAL ROLE': [hidden('set local role levelb_owner'), '42501'],
    'B003 › RESET ROLE': [hidden('reset role'), '42501'],
    'B003 › set_config of role': [`select set_config('role', 'levelb_owner', false)`, '42501'],
    'B003 › SET SESSION AUTHORIZATION': [hidden('set session authorization levelb_owner'), '42501'],
    'B169 › COPY TO PROGRAM': [hidden(`copy shop.orders to program 'cat'`), '42501'],
    'B169 › COPY FROM PROGRAM': [hidden(`copy shop.orders from program 'cat'`), '42501'],
    'COPY TO STDOUT': [hidden('copy shop.orders to stdout'), '0A000'],
    'B141 › a cancel of its own session': ['select pg_cancel_backend(pg_backend_pid())', '42501'],
    'B149 › LOAD of a library': [hidden(`load 'auto_explain'`), '42501'],
    'a stack that overflows': [
      `create function shop.deep() returns int language sql return shop.total(1);
       do $$ begin execute 'create or replace function shop.deep() returns int language plpgsql as ''begin return shop.deep(); end'''; end $$;
       select shop.deep()`,
      '54001',
    ],
    'B166 › a change of levelb': ['drop trigger levelb_20_append_only on levelb.approval', '42501'],
    'B167 › a forged principal': [
      `insert into levelb.principal values ('eve', 1, 'person', null, '{operator}', '{}', true, null, now())`,
      '42501',
    ],
    'B020 › a call of the executor': ['select levelb_exec.execute_step()', '42501'],
    'B020 › a call for another step': ['select levelb._pending_step($$apply$$)', 'LB211'],
    'F16 › an executor given away by its owner': [
      `grant execute on function levelb_exec.execute_step() to ${'public'}`,
      '42501',
    ],
    'B140 › recursion': [`select levelb.activate('0000_other')`, '42501'],
  }

  test.each(Object.entries(texts))('%s', async (_, [text, code]) => {
    await expectFailed(w, next(), granting(text), code)
  })

  test('the record says what, where and in which words', async () => {
    const row = await expectFailed(w, next(), granting('select 1 / 0'), '22012')
    expect([row.reason, row.error]).toEqual([
      'division by zero',
      {
        sqlstate: '22012',
        message: 'division by zero',
        detail: null,
        hint: null,
        step: 1,
        context: expect.stringMatching(
          /^SQL statement "grant select[\s\S]*select 1 \/ 0"\nPL\/pgSQL function levelb_exec.execute_step\(\)/,
        ),
      },
    ])
  })

  test('the step is the one that failed, and the work of those before it is undone', async () => {
    const id = next()
    const row = await w.through(id, {
      ...documentOf(''),
      steps: [
        { name: 'one', apply: grant },
        { name: 'two', apply: 'grant select on shop.items to public; insert into shop.child values (8)' },
        { name: 'three', apply: 'select 1' },
      ],
    })
    expect([row.outcome, row.code, (row.error as Json).step]).toEqual(['failed', '23503', 2])
    expect([await isOpen(w), await isOpen(w, 'items')]).toEqual([false, false])
  })

  test('a text that says whatever it likes at whatever length fills no row', async () => {
    const id = next()
    const row = await w.through(
      id,
      `do $$ begin raise exception using message = repeat('m', 1000000),
      detail = repeat('d', 1000000), hint = repeat('h', 1000000), errcode = 'LB008'; end $$`,
    )
    const error = row.error as Record<string, string>
    expect([row.outcome, String(row.reason).length]).toEqual(['failed', 4000])
    expect([error.message?.length, error.detail?.length, error.hint?.length]).toEqual([4000, 100_000, 4000])
  })
})

describe('B140 › recursion through a function of an operator, as whom levelb would know the call', () => {
  test('fails, and nothing of the inner migration happens', async () => {
    const [inner, outer] = [next(), next()]
    await w.stage(inner, 'grant select on shop.items to public')
    await w.approve(inner)
    const row = await run(w, olga, outer, granting(`select desk.again('${inner}')`))
    expect([row.outcome, row.code]).toEqual(['failed', 'LB104'])
    expect([await activations(w, inner), await isOpen(w, 'items')]).toEqual([[], false])
  })

  test('also where the text swallows the error', async () => {
    const [inner, outer] = [next(), next()]
    await w.stage(inner, 'grant select on shop.items to public')
    await w.approve(inner)
    const row = await run(
      w,
      olga,
      outer,
      `do $$ begin perform desk.again('${inner}'); exception when others then null; end $$;
      select 1 / 0`,
    )
    expect([row.outcome, row.code]).toEqual(['failed', '22012'])
    expect([await activations(w, inner), await isOpen(w, 'items')]).toEqual([[], false])
  })
})

describe('triggers of others', () => {
  test.each([
    ['B130, B131 › a deferrable one, which could put itself off past the proof', 'late', 'LB308', {}],
    ['B164 › one whose function belongs to the application', 'early', 'LB307', { owner: 'app' }],
    ['B164 › one that has run and let no row through', 'silent', 'LB307', { owner: 'app' }],
    ['B164 › one of a view', 'pane', 'LB307', { owner: 'app' }],
  ])('%s', async (_, relation, code, owner) => {
    const row = await expectFailed(w, next(), granting(`insert into shop.${relation} values (1)`), code)
    const found = { table: `shop.${relation}`, trigger: relation }
    expect(detailOf(row)).toEqual({
      rule: code === 'LB308' ? 'nothing_deferred' : 'code_of_others_in_triggers',
      triggers: [{ ...found, ...('owner' in owner ? { owner: w.role('app') } : {}) }],
    })
    expect(await w.sql`select from shop.loud`).toHaveLength(0)
  })
})

describe('time', () => {
  test('F13 › statement_timeout', async () => {
    const id = next()
    const row = await run(w, await session(w, 'olga', 1000), id, granting('select pg_sleep(20)'))
    expect([row.outcome, row.code, (row.error as Json).step]).toEqual(['failed', '57014', 1])
    expect(await activations(w, id)).toEqual([row])
  })

  test('F12 › a timeout that the text swallows', async () => {
    const id = next()
    const text = `do $$ begin perform pg_sleep(20); exception when query_canceled then null; end $$`
    const row = await run(w, await session(w, 'olga', 1000), id, granting(text))
    expect([row.outcome, row.code, row.reason]).toEqual([
      'failed',
      '57014',
      'statement_timeout ran out and the text went on',
    ])
  })

  test('F13 › pg_cancel_backend', async () => {
    const id = next()
    const client = await session(w)
    const pid = await backendPid(client)
    await w.stage(id, granting('select pg_sleep(20)'))
    await w.approve(id)
    const running = activate(client, id)
    await waitUntilAsleep(w.sql, pid)
    await w.sql`select pg_cancel_backend(${pid})`
    const row = await running
    expect([row.outcome, row.code, row.reason]).toEqual(['failed', '57014', 'canceling statement due to user request'])
    expect(await activations(w, id)).toEqual([row])
  })

  test('B141 › a killed backend leaves nothing, and the same approvals carry the next call', async () => {
    const id = next()
    const client = await session(w)
    const pid = await backendPid(client)
    await w.stage(id, 'grant select on shop.items to public; select pg_sleep(0.4)')
    await w.approve(id)
    const running = activate(client, id).then(
      () => 'answered',
      () => 'gone',
    )
    await waitUntilAsleep(w.sql, pid)
    await w.sql`select pg_terminate_backend(${pid})`
    expect([await running, await activations(w, id), await isOpen(w, 'items')]).toEqual(['gone', [], false])
    expect((await activate(olga, id)).outcome).toBe('activated')
    await w.sql`revoke select on shop.items from public`
  })
})

describe('memory', () => {
  test('an out-of-memory error of the backend (53200)', async ({ skip }) => {
    const id = next()
    const client = await session(w)
    const pid = await backendPid(client)
    const process = localProcess(pid)
    if (!process) return skip('the server runs on another machine')
    await w.stage(id, granting(`do $$ begin perform length(repeat('x', 900000000)); end $$`))
    await w.approve(id)
    // what it loads at the first call is loaded
    await refusal(activate(client, '0000_unknown'))
    process.limitMemory(64 << 20)
    const row = await activate(client, id)
    expect([row.outcome, row.code, row.reason, (row.error as Json).step]).toEqual([
      'failed',
      '53200',
      'out of memory',
      1,
    ])
    expect(await activations(w, id)).toEqual([row])
  })

  test('a lock table filled with locks that outlive a rollback (53200)', async () => {
    const row = await expectFailed(
      w,
      next(),
      granting('select pg_advisory_lock(n) from generate_series(1, 1000000) n'),
      '53200',
    )
    expect(row.reason).toBe('out of shared memory')
    expect(await w.sql`select from pg_locks where locktype = 'advisory'`).toHaveLength(0)
  })
})

test('B177 › a step of a whole megabyte is run to its last line', async () => {
  const id = next()
  const text = `${'-- nothing to see here\n'.repeat(45_500)}select 1 / 0`
  await expectFailed(w, id, text, '22012')
})
