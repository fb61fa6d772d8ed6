// The transactions that no verb writes in, and the locks by which nobody holds an activation up.
import { beforeAll, expect, test } from 'vitest'
import { hashOf, refused } from '../approvals/company.ts'
import { type World, world } from '../world.ts'
import { activate, ready, type Session, session, wordOf } from './two-sessions.ts'

const id = '0001_open'
let there: World
let hash: string

beforeAll(async () => {
  // Short: who waits for what these tests lock fails.
  there = await world({ policy: { timeouts: { lock: '250 ms', statement: '60s' } } })
  await there.stage(id, 'grant select on shop.orders to public')
  hash = `'\\x${(await hashOf(there, id)).toString('hex')}'`
})

const document = `'{"title": "t", "description": "d", "steps": [{"name": "a", "apply": "select 1"}]}'`

const verbs: [string, string, () => string][] = [
  ['stage', 'ann', () => `select levelb.stage('0009_new', ${document})`],
  ['restage', 'ann', () => `select levelb.restage('${id}', ${document})`],
  ['withdraw', 'ann', () => `select levelb.withdraw('${id}', 'r')`],
  ['approve', 'bob', () => `select levelb.approve('${id}', ${hash})`],
  ['reject', 'bob', () => `select levelb.reject('${id}', ${hash}, 'r')`],
  ['revoke', 'bob', () => `select levelb.revoke('${id}', 'r')`],
  ['seal', 'aud', () => 'select levelb.seal()'],
  ['activate', 'olga', () => `select levelb.activate('${id}')`],
]

/** The refusal of a verb in a transaction that begins like this. */
async function inside(begin: string, by: string, text: string) {
  const { sql } = await session(there, by)
  await sql.unsafe(`begin ${begin}`)
  try {
    return await refused(there, () => sql.unsafe(text))
  } finally {
    await sql`rollback`
  }
}

const stale = ['repeatable read', 'serializable'].flatMap((level) => verbs.map((verb) => [level, ...verb] as const))

test.each(stale)('B110 › %s: %s is refused (LB103)', async (level, _, by, text) => {
  expect(await inside(`isolation level ${level}`, by, text())).toEqual({ code: 'LB103', detail: { isolation: level } })
})

test.each(verbs)('%s is refused in a read-only transaction (LB105)', async (_, by, text) => {
  expect(await inside('read only', by, text())).toEqual({ code: 'LB105', detail: {} })
})

test.each(verbs)('%s is refused under session_replication_role = replica (LB104)', async (_, by, text) => {
  await there.sql.unsafe(`grant set on parameter session_replication_role to ${there.role(by)}`)
  const { sql } = await session(there, by)
  await sql`set session_replication_role = replica`
  const { code, detail } = await refused(there, () => sql.unsafe(text()))
  expect({ code, detail }).toEqual({
    code: 'LB104',
    detail: expect.objectContaining({ setting: 'session_replication_role', value: 'replica' }),
  })
  await there.sql.unsafe(`revoke set on parameter session_replication_role from ${there.role(by)}`)
})

test('B110 › a revocation that a stale snapshot cannot see is not gone round', async () => {
  const stolen = await ready(there, '0002_stale')
  const { sql } = await session(there, 'olga')
  await sql`begin isolation level repeatable read`
  await sql`select 1 from pg_class limit 1`
  await (await there.as('bob'))`select levelb.revoke(${stolen}, 'r')`
  expect(await wordOf(activate(sql, stolen))).toBe('raised LB103')
  await sql`rollback`
  expect(await wordOf(activate(sql, stolen))).toBe('refused LB204')
})

test('F8 › the gate of a migration is updated by each decision, which a stale snapshot cannot pass', async () => {
  const counted = await ready(there, '0003_gate')
  const [row] = await there.sql`select version::int from levelb._migration_gate where migration_id = ${counted}`
  expect(row).toEqual({ version: 2 })
})

const modes = [
  'access share',
  'row share',
  'row exclusive',
  'share update exclusive',
  'share',
  'share row exclusive',
  'exclusive',
  'access exclusive',
]

/** Takes what it can get: of every relation the strongest lock that is allowed, and advisory locks on all that has a name. */
async function hoard({ sql }: Session): Promise<string[]> {
  const relations = await sql<{ name: string }[]>`
    select format('%I.%I', n.nspname, c.relname) as name
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname in ('levelb', 'pg_catalog') and c.relkind in ('r', 'v')`
  await sql`begin`
  for (const { name } of relations)
    await sql.unsafe(`do $$
      declare mode text;
      begin
        foreach mode in array '{${[...modes].reverse().join(',')}}'::text[] loop
          begin
            execute format('lock table ${name} in %s mode nowait', mode);
            exit;
          exception when insufficient_privilege or wrong_object_type or lock_not_available then null;
          end;
        end loop;
      end $$`)
  await sql`
    select pg_advisory_lock(key), pg_advisory_lock(key::int, 0), pg_advisory_xact_lock(0, key::int)
      from (select oid::bigint from pg_class union select oid::bigint from pg_namespace
        union select hashtext(word)::bigint from unnest(array['levelb', 'levelb.install', 'activation', 'policy', 'levelb_seal']) word
        union select generate_series(0, 99)) k (key)`
  const held = await sql<{ name: string }[]>`
    select relation::regclass::text as name from pg_locks
     where pid = pg_backend_pid() and mode not in ('AccessShareLock', 'RowShareLock') and relation is not null`
  return held.map(({ name }) => name)
}

test.each(['reader', 'ann', 'bob', 'olga', 'aud'])(
  'B231 B046 › %s holds every lock they can get, pg_settings too, and a migration goes its whole way beside it',
  async (who) => {
    const hoarder = await session(there, who)
    // No lock that a reader waits for, but of the one view that PUBLIC may UPDATE.
    expect(await hoard(hoarder)).toEqual(['pg_settings'])
    const beside = `${who}_beside`
    await there.stage(
      beside,
      `${who === 'ann' || who === 'olga' ? 'revoke insert on shop.orders from' : 'grant insert on shop.orders to'} public`,
    )
    await there.approve(beside)
    const { sql } = await session(there, 'ci')
    expect(await wordOf(activate(sql, beside))).toBe('activated')
    expect(await hoarder.sql`select 1 as still_there`).toEqual([{ still_there: 1 }])
    await hoarder.sql`rollback`
  },
)
