// Sealing: who waits for whom, what it refuses, and which entry a leaf gets.
import { expect, test } from 'vitest'
import type { Client } from '../client.ts'
import { backendPid, waitUntilBlocked } from '../steps.ts'
import { emptyLedger, factRows, type Ledger, refusal, sealedLedger } from './ledger.ts'

/** A further connection of the superuser, who is the auditor of the ledger; closed with the database. */
async function session(ledger: Ledger): Promise<Client> {
  const sql = await ledger.another('second')
  await ledger.sql.unsafe(`alter role ${ledger.role('second')} superuser`)
  await ledger.channel(`insert into levelb.principal
      select '${ledger.role('second')}', 1, 'person', null, '{auditor}', '{}', true, null, now()
       where not exists (select from levelb.principal where principal = '${ledger.role('second')}');
    insert into levelb.principal_login
      select '${ledger.role('second')}', 1, '${ledger.role('second')}', '${ledger.role('second')}'::regrole
       where not exists (select from levelb.principal_login where principal = '${ledger.role('second')}')`)
  await ledger.seal()
  return sql
}

/** A sealing that is not the last step of its transaction, as `levelb.activate` does it. */
const sealing = (wait: boolean) => `select levelb._seal(${wait})`

async function entries(ledger: Ledger): Promise<{ entry: number; leaf_id: number }[]> {
  return ledger.sql`select entry::int, leaf_id::int from levelb.ledger order by entry`
}

test('seal gives every leaf its entry, in the order the leaves were written', async () => {
  const ledger = await emptyLedger()
  await ledger.facts(3)
  expect(await ledger.seal()).toEqual({
    ok: true,
    entries: 5n,
    unsealed: 0n,
    root: expect.any(Uint8Array),
    first_bad: null,
    problem: null,
  })
  expect(await entries(ledger)).toEqual([1, 2, 3, 4, 5].map((n) => ({ entry: n, leaf_id: n })))
})

test('seal with nothing to do changes nothing', async () => {
  const ledger = await sealedLedger(3)
  const before = await ledger.verify()
  expect(await ledger.seal()).toEqual(before)
})

test('the report of verify names the same root as the seal before it', async () => {
  const ledger = await emptyLedger()
  await ledger.facts(3)
  const sealed = await ledger.seal()
  await ledger.facts(2)
  expect(await ledger.verify()).toEqual({ ...sealed, unsealed: 2n })
})

test('a leaf that is numbered earlier and committed later gets a later entry', async () => {
  const ledger = await emptyLedger()
  const late = await session(ledger)
  const size = (await ledger.verify()).entries
  await late`begin`
  await ledger.channel(factRows(1, 'late'), late)
  await ledger.channel(factRows(1, 'early'))
  await ledger.seal()
  await late`commit`
  await ledger.seal()
  const rows = await ledger.sql`select l.row_key, l.leaf_id::int as leaf from levelb.ledger g
    join levelb.leaf l using (leaf_id) where entry > ${`${size}`} order by entry`
  const [first, second] = rows
  expect(rows.map((row) => row.row_key)).toEqual(['["early", 1]', '["late", 1]'])
  expect(second?.leaf).toBeLessThan(first?.leaf)
  expect(await ledger.verify()).toMatchObject({ ok: true, problem: null })
})

test('a rolled-back fact leaves a gap among leaves and none among entries (B086)', async () => {
  const ledger = await sealedLedger(1)
  await ledger.sql.begin(async (sql) => {
    await sql`savepoint a`
    await sql`select public.as_channel(${factRows(3)})`
    await sql`rollback to savepoint a`
    await sql`select public.as_channel(${factRows(1)})`
  })
  await ledger.seal()
  expect(await entries(ledger)).toEqual([
    { entry: 1, leaf_id: 1 },
    { entry: 2, leaf_id: 2 },
    { entry: 3, leaf_id: 3 },
    { entry: 4, leaf_id: 7 },
  ])
  expect(await ledger.verify()).toMatchObject({ ok: true, problem: null })
})

test('a second sealer waits for the first and continues where it ended', async () => {
  const ledger = await emptyLedger()
  const second = await session(ledger)
  const size = (await ledger.verify()).entries
  await ledger.facts(3)
  const first = ledger.sql
  const pid = await backendPid(second)
  const third = await ledger.another('third')
  await ledger.sql.unsafe(`alter role ${ledger.role('third')} superuser`)

  await first`begin`
  expect(await ledger.seal(first)).toMatchObject({ entries: size + 3n })
  await ledger.channel(factRows(2, '0002_more'), third)
  const waiting = ledger.seal(second)
  await waitUntilBlocked(third, pid)
  await first`commit`
  expect(await waiting).toMatchObject({ ok: true, entries: size + 5n, unsealed: 0n })
  expect(await ledger.verify()).toMatchObject({ ok: true, problem: null })
})

test('when the first sealer rolls back, the second seals its leaves', async () => {
  const ledger = await emptyLedger()
  const second = await session(ledger)
  const size = (await ledger.verify()).entries
  await ledger.facts(3)
  const pid = await backendPid(second)
  await ledger.sql`begin`
  await ledger.seal()
  const waiting = ledger.seal(second)
  await waitUntilBlocked(ledger.sql, pid)
  await ledger.sql`rollback`
  expect(await waiting).toMatchObject({ ok: true, entries: size + 3n, unsealed: 0n })
  expect(await ledger.verify()).toMatchObject({ ok: true, problem: null })
})

test('twelve sessions that write and seal at the same time make one gapless tree', async () => {
  const ledger = await emptyLedger()
  const sessions: Client[] = []
  for (let n = 0; n < 12; n++) sessions.push(await session(ledger))
  const size = (await ledger.verify()).entries
  await Promise.all(
    sessions.map(async (sql, n) => {
      for (let turn = 0; turn < 8; turn++) {
        await ledger.channel(factRows(1 + (turn % 3), `writer_${n}`), sql)
        await ledger.seal(sql)
      }
    }),
  )
  expect(await ledger.verify()).toMatchObject({ ok: true, entries: size + 12n * 15n, unsealed: 0n, problem: null })
}, 60_000)

test('an idle sealer makes the next one give up after the lock timeout of the policy (LB102)', async () => {
  const ledger = await emptyLedger()
  const idle = await session(ledger)
  await ledger.channel(`insert into levelb.policy (version, hash, document, content, activated_at)
    values (1, sha256(''), '{"timeouts": {"lock": "150ms"}}', '', now())`)
  await idle`begin`
  await ledger.seal(idle)
  const before = Date.now()
  expect(await refusal(ledger.seal())).toEqual({ code: 'LB102', detail: { table: '_head', timeout: '150ms' } })
  expect(Date.now() - before).toBeLessThan(1500)
})

test('without a policy the lock timeout of seal is 2 s', async () => {
  const ledger = await emptyLedger()
  const idle = await session(ledger)
  await idle`begin`
  await ledger.seal(idle)
  expect(await refusal(ledger.seal())).toEqual({ code: 'LB102', detail: { table: '_head', timeout: '2s' } })
})

test('an activation does not wait for an idle sealer: it leaves its leaf to the next seal', async () => {
  const ledger = await emptyLedger()
  const idle = await session(ledger)
  await ledger.facts(1)
  const size = (await ledger.verify()).entries
  await idle`begin`
  await ledger.seal(idle)
  await ledger.sql`set lock_timeout = '1ms'`
  await ledger.channel(`${factRows(1, 'activation')}; ${sealing(false)}`)
  await idle`rollback`
  expect(await ledger.verify()).toMatchObject({ ok: true, entries: size, unsealed: 2n, problem: null })
  await ledger.channel(sealing(false))
  expect(await ledger.verify()).toMatchObject({ ok: true, entries: size + 2n, unsealed: 0n, problem: null })
})

test('an open transaction that has written a fact makes no sealer wait (F9)', async () => {
  const ledger = await emptyLedger()
  const author = await session(ledger)
  await author`begin`
  await ledger.channel(factRows(1), author)
  await ledger.sql`set lock_timeout = '1ms'`
  expect(await ledger.seal()).toMatchObject({ ok: true, unsealed: 0n })
})

test('after seal an open transaction is ended when it idles for 5 s', async () => {
  const ledger = await sealedLedger(1)
  const timeout = await ledger.sql.begin(async (sql) => {
    await sql`select levelb.seal()`
    return sql`select current_setting('idle_in_transaction_session_timeout') as idle`
  })
  expect(timeout).toEqual([{ idle: '5s' }])
  expect(await ledger.sql`show idle_in_transaction_session_timeout`).toEqual([
    { idle_in_transaction_session_timeout: '0' },
  ])
})

test.each(['repeatable read', 'serializable'] as const)(
  'seal refuses %s: a stale snapshot has no place in it (LB103)',
  async (isolation) => {
    const ledger = await sealedLedger(1)
    const sealed = ledger.sql.begin(`isolation level ${isolation}`, (sql) => sql`select levelb.seal()`)
    expect(await refusal(sealed)).toEqual({ code: 'LB103', detail: { isolation } })
  },
)

test('seal refuses a read-only transaction (LB105); verify does not need to write (B215)', async () => {
  const ledger = await sealedLedger(1)
  const sealed = ledger.sql.begin('read only', (sql) => sql`select levelb.seal()`)
  expect(await refusal(sealed)).toMatchObject({ code: 'LB105' })
  const verified = await ledger.sql.begin('read only', (sql) => sql`select ok from levelb.verify_ledger()`)
  expect(verified).toEqual([{ ok: true }])
})

test('verify reads one snapshot: what is sealed meanwhile is no contradiction', async () => {
  const ledger = await sealedLedger(5)
  const other = await session(ledger)
  const size = (await ledger.verify()).entries
  await ledger.sql`begin isolation level repeatable read`
  const first = await ledger.verify()
  await ledger.channel(factRows(4, '0002_more'), other)
  await ledger.seal(other)
  expect(await ledger.verify()).toEqual(first)
  await ledger.sql`commit`
  expect(await ledger.verify()).toMatchObject({ ok: true, entries: size + 4n })
})

test('every part of the check is STABLE, or each would read a snapshot of its own', async () => {
  const { sql } = await emptyLedger()
  const rows = await sql`select proname, provolatile from pg_proc
    where pronamespace = 'levelb'::regnamespace
      and proname in ('_check_head', '_check_leaves', '_check_rows', '_check_tree', '_verify_ledger', 'verify_ledger')
    order by 1`
  expect(rows.map((row) => row.provolatile)).toEqual(['s', 's', 's', 's', 's', 's'])
})

/** A login that may call the verbs of auditors: whether it gets anything is for its principal row to say. */
async function auditor(ledger: Ledger): Promise<Client> {
  const sql = await ledger.as('other')
  await ledger.sql.unsafe(`grant levelb_auditor to ${ledger.role('other')}`)
  return sql
}

const enrol = (ledger: Ledger, duty: string) =>
  ledger.channel(`insert into levelb.principal values ('otto', 1, 'person', null, '{${duty}}', '{}', true, null, now());
    insert into levelb.principal_login values ('otto', 1, '${ledger.role('other')}', '${ledger.role('other')}'::regrole)`)

test.each(['seal', 'verify_ledger'])('%s refuses who is not enrolled (LB201)', async (verb) => {
  const ledger = await sealedLedger(1)
  const other = await auditor(ledger)
  expect(await refusal(other.unsafe(`select levelb.${verb}()`))).toMatchObject({ code: 'LB201' })
})

test.each(['seal', 'verify_ledger'])('%s refuses an author (LB201)', async (verb) => {
  const ledger = await sealedLedger(1)
  const other = await auditor(ledger)
  await enrol(ledger, 'author')
  expect(await refusal(other.unsafe(`select levelb.${verb}()`))).toMatchObject({ code: 'LB201' })
})

test.each(['auditor', 'approver', 'operator'])('an enrolled %s may seal and verify', async (duty) => {
  const ledger = await sealedLedger(1)
  const other = await auditor(ledger)
  await enrol(ledger, duty)
  expect(await ledger.seal(other)).toMatchObject({ ok: true, entries: 5n })
  expect(await ledger.verify(other)).toMatchObject({ ok: true, entries: 5n })
})

test('a superuser who is not enrolled may verify and not seal', async () => {
  const ledger = await sealedLedger(1)
  const other = await ledger.as('other')
  await ledger.sql.unsafe(`alter role ${ledger.role('other')} superuser`)
  expect(await ledger.verify(other)).toMatchObject({ ok: true, entries: 3n })
  expect(await refusal(ledger.seal(other))).toMatchObject({ code: 'LB201' })
})

test('verify of an empty ledger reports size 0 and the root of the empty tree', async () => {
  const ledger = await emptyLedger()
  await ledger.tamper(`delete from levelb.ledger; delete from levelb.leaf; delete from levelb._head;
    create or replace function levelb._enter(duties text[]) returns levelb._call language sql as 'select null::levelb._call';
    delete from levelb.principal; delete from levelb.principal_login`)
  const [row] =
    await ledger.sql`select ok, entries, unsealed, encode(root, 'hex') as root, problem from levelb.verify_ledger()`
  expect(row).toEqual({
    ok: true,
    entries: '0',
    unsealed: '0',
    root: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    problem: null,
  })
})
