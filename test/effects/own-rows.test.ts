// Which row versions are ours: exact whatever others do meanwhile and whatever the text rolls back.
import { beforeAll, describe, expect, test } from 'vitest'
import { type Client, connect } from '../client.ts'
import { hidden, refusal, type World, world } from '../world.ts'
import { failure, halfWay, lines, run } from './effects.ts'

let w: World
let other: Client
let app: string
let reader: string

beforeAll(async () => {
  w = await world()
  other = connect(w.url)
  app = w.role('app')
  reader = w.role('reader')
  return () => other.end()
})

/** Two tables that no other test has touched. */
let made = 0
async function tables(): Promise<[string, string]> {
  made += 1
  const names: [string, string] = [`shop.x${made}`, `shop.y${made}`]
  for (const name of names) await w.sql.unsafe(`create table ${name} (id int); alter table ${name} owner to ${app}`)
  return names
}
const activated = { outcome: 'activated', code: null, detail: null }
const publicSelect = (table: string) => `acl: table ${table}: PUBLIC: - → select`

describe('another session, between two statements of the text', () => {
  test('commits a GRANT on another table: not an effect', async () => {
    const [ours, theirs] = await tables()
    const row = await halfWay(w, 'select 1', `grant select on ${ours} to public`, () =>
      other.unsafe(`grant select on ${theirs} to public`),
    )
    expect([failure(row), lines(row)]).toEqual([activated, [publicSelect(ours)]])
  })

  test('has an uncommitted GRANT on another table: not an effect, and no reason to fail', async () => {
    const [ours, theirs] = await tables()
    const row = await halfWay(w, 'select 1', `grant select on ${ours} to public`, () =>
      other.unsafe(`begin; grant select on ${theirs} to public`),
    )
    await other.unsafe('rollback')
    expect([failure(row), lines(row)]).toEqual([activated, [publicSelect(ours)]])
  })

  test('has an uncommitted GRANT on another table in a savepoint: not an effect', async () => {
    const [ours, theirs] = await tables()
    const row = await halfWay(w, 'select 1', `grant select on ${ours} to public`, () =>
      other.unsafe(`begin; savepoint s; grant select on ${theirs} to public; release s; savepoint t`),
    )
    await other.unsafe('rollback')
    expect([failure(row), lines(row)]).toEqual([activated, [publicSelect(ours)]])
  })

  test('rolled a GRANT back: not an effect', async () => {
    const [ours, theirs] = await tables()
    const row = await halfWay(w, 'select 1', `grant select on ${ours} to public`, () =>
      other.unsafe(`begin; grant select on ${theirs} to public; rollback`),
    )
    expect([failure(row), lines(row)]).toEqual([activated, [publicSelect(ours)]])
  })

  test('commits a GRANT on the same table: LB101, nothing kept, and the second try shows only ours', async () => {
    const [ours] = await tables()
    const text = `grant insert on ${ours} to public`
    const row = await halfWay(w, 'select 1', text, () => other.unsafe(`grant select on ${ours} to public`))
    expect(failure(row)).toEqual({
      outcome: 'failed',
      code: 'LB101',
      detail: { others_changed: [{ catalog: 'pg_class' }, { catalog: 'pg_class', object: `table ${ours}` }] },
    })
    expect(lines(await run(w, text))).toEqual([`acl: table ${ours}: PUBLIC: select → insert, select`])
  })

  test('commits a change of the same default privileges: LB101', async () => {
    await other.unsafe(`alter default privileges for role ${app} grant select on tables to ${reader}`)
    const row = await halfWay(
      w,
      'select 1',
      `alter default privileges for role ${app} grant insert on tables to ${reader}`,
      () => other.unsafe(`alter default privileges for role ${app} grant delete on tables to ${reader}`),
    )
    expect(failure(row)).toMatchObject({ outcome: 'failed', code: 'LB101' })
  })

  test('makes default privileges that the text then changes: LB101', async () => {
    const row = await halfWay(
      w,
      'select 1',
      `alter default privileges for role ${app} grant usage on sequences to ${reader}`,
      () => other.unsafe(`alter default privileges for role ${app} grant select on sequences to ${reader}`),
    )
    expect(failure(row)).toMatchObject({ outcome: 'failed', code: 'LB101' })
  })

  test('renames a role in the ACL: LB101, not the loss of one grant and the gain of another', async () => {
    const [ours] = await tables()
    await other.unsafe(`grant select on ${ours} to ${reader}`)
    const row = await halfWay(w, 'select 1', `grant insert on ${ours} to public`, () =>
      other.unsafe(`alter role ${reader} rename to re_${reader}`),
    )
    await other.unsafe(`alter role re_${reader} rename to ${reader}`)
    expect(failure(row)).toEqual({
      outcome: 'failed',
      code: 'LB101',
      detail: { others_changed: [{ catalog: 'pg_authid', object: `role ${reader}` }] },
    })
  })

  test('B146 › creates, grants, alters and drops roles: not effects', async () => {
    const [ours] = await tables()
    const fresh = w.role('fresh')
    const row = await halfWay(w, 'select 1', `grant select on ${ours} to public`, () =>
      other.unsafe(`create role ${fresh}; grant ${reader} to ${fresh}; alter role ${fresh} connection limit 3; alter role
        ${fresh} set work_mem = '8MB'; revoke ${reader} from ${fresh}; drop role ${fresh}`),
    )
    expect([failure(row), lines(row)]).toEqual([activated, [publicSelect(ours)]])
  })

  test('vacuums and freezes the catalogs: the row versions we replaced stay readable', async () => {
    const [ours] = await tables()
    const row = await halfWay(w, `grant insert on ${ours} to public`, `grant select on ${ours} to public`, () =>
      other.unsafe(`vacuum (freeze) pg_class`).then(() => other.unsafe('vacuum (freeze) pg_attribute')),
    )
    expect([failure(row), lines(row)]).toEqual([activated, [`acl: table ${ours}: PUBLIC: - → insert, select`]])
  })

  test('rewrites pg_class: it has to wait for the activation', async () => {
    const [ours] = await tables()
    let rewritten: unknown
    const row = await halfWay(w, `grant insert on ${ours} to public`, `grant select on ${ours} to public`, async () => {
      await other.unsafe(`set lock_timeout = '50ms'`)
      rewritten = await other.unsafe('vacuum full pg_class').catch((error) => error.code)
    })
    expect([rewritten, failure(row), lines(row)]).toEqual([
      '55P03',
      activated,
      [`acl: table ${ours}: PUBLIC: - → insert, select`],
    ])
  })
})

/** PL/pgSQL blocks are savepoints. */
const undone = (sql: string) => `begin ${sql} raise 'no'; exception when raise_exception then null; end;`
const kept = (sql: string) => `begin ${sql} exception when raise_exception then null; end;`

describe('savepoints of the text', () => {
  test('one that was rolled back does not hide what came before and after it', async () => {
    const [first, second] = await tables()
    const row = await run(
      w,
      `do $$ begin grant select on ${first} to public; ${undone(`grant insert on ${first} to public;`)}
         grant select on ${second} to public; end $$`,
    )
    expect([failure(row), lines(row)]).toEqual([activated, [publicSelect(first), publicSelect(second)]])
  })

  test('nested ones count as far as they were released', async () => {
    const [first, second] = await tables()
    const row = await run(
      w,
      `do $$ begin
         ${kept(`${kept(`grant select on ${first} to public;`)} ${undone(`grant insert on ${second} to public;`)}`)}
         ${undone(kept(`grant delete on ${first} to public;`))}
         ${kept(`grant select on ${second} to public;`)}
       end $$`,
    )
    expect([failure(row), lines(row)]).toEqual([activated, [publicSelect(first), publicSelect(second)]])
  })

  test('200 of them, half rolled back', async () => {
    const [first, second] = await tables()
    const row = await run(
      w,
      `do $$ begin for i in 1..200 loop
         begin
           if i % 2 = 0 then grant insert on ${first} to public; raise 'no'; end if;
           grant select on ${first} to public;
           if i = 199 then grant select on ${second} to public; end if;
         exception when raise_exception then null; end;
       end loop; end $$`,
    )
    expect([failure(row), lines(row)]).toEqual([activated, [publicSelect(first), publicSelect(second)]])
  })

  test('work that was all rolled back is a write without trace (LB305)', async () => {
    const [first] = await tables()
    const row = await run(w, `do $$ begin ${undone(`grant select on ${first} to public;`)} end $$`)
    expect(failure(row)).toEqual({
      outcome: 'failed',
      code: 'LB305',
      detail: {
        uncovered: [{ catalog: 'pg_class', change: 'written without trace' }],
      },
    })
  })

  test('a temporary table that was rolled back is a write without trace (LB305)', async () => {
    const [first] = await tables()
    const row = await run(
      w,
      `do $$ begin grant select on ${first} to public; ${undone('create temp table q ();')} end $$`,
    )
    expect(failure(row)).toMatchObject({ outcome: 'failed', code: 'LB305' })
  })

  test('B165 › a row that came and went beside one that stayed is a write without trace (LB305)', async () => {
    const row = await run(
      w,
      `alter default privileges for role ${app} grant usage on schemas to ${reader};
       alter default privileges for role ${app} revoke usage on schemas from ${reader};
       alter default privileges for role ${app} grant usage on types to ${reader} with grant option`,
    )
    expect(failure(row)).toEqual({
      outcome: 'failed',
      code: 'LB305',
      detail: { uncovered: [{ catalog: 'pg_default_acl', change: 'written without trace' }] },
    })
  })
})

describe('a row that was rewritten and is as before', () => {
  /** What the text shows besides a grant on another table. */
  async function shown(text: (table: string) => string, prepare?: (table: string) => string) {
    const [table, another] = await tables()
    if (prepare) await w.sql.unsafe(prepare(table))
    const row = await run(w, `${text(table)}; grant select on ${another} to public`)
    const [is] = await w.sql`select relacl is not null as explicit from pg_class where oid = ${table}::regclass`
    const effects = lines(row).filter((line) => line !== publicSelect(another))
    return [is, effects.map((line) => line.replace(table, 'TABLE'))]
  }
  const rewritten = [{ explicit: true }, ['acl: table TABLE: (rewritten): - → -']]

  test('B165 › a grant and its revoke are shown', async () => {
    expect(await shown((table) => `grant select on ${table} to public; revoke select on ${table} from public`)).toEqual(
      rewritten,
    )
  })

  test('B195 › the default, written out, is the default', async () => {
    expect(await shown((table) => `grant all on ${table} to ${app}`)).toEqual(rewritten)
  })

  test('B195 › entries in another order are the same', async () => {
    expect(
      await shown(
        (table) => `revoke all on ${table} from ${reader}; grant select on ${table} to ${reader}`,
        (table) => `grant select on ${table} to ${reader}; grant select on ${table} to public`,
      ),
    ).toEqual(rewritten)
  })
})

describe('the session', () => {
  test('DISCARD ALL in the text fails; CLOSE ALL, DISCARD PLANS and DISCARD SEQUENCES blind nobody', async () => {
    const [first] = await tables()
    expect((await refusal(run(w, 'discard all'))).code).toBe('LB011')
    expect(failure(await run(w, hidden('discard all')))).toMatchObject({ outcome: 'failed', code: '25001' })
    const row = await run(
      w,
      `close all; discard plans; grant select on ${first} to public; discard sequences; close all`,
    )
    expect([failure(row), lines(row)]).toEqual([activated, [publicSelect(first)]])
  })
})
