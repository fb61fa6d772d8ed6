// A ledger to test: facts written as the verbs write them, and a superuser's ways to change them afterwards.
import { asChannelFunction } from '../as-channel.ts'
import { type Client, connect } from '../client.ts'
import { freshDatabase, type TestDatabase } from '../database.ts'

export type Report = {
  ok: boolean
  entries: bigint
  unsealed: bigint
  root: Buffer
  first_bad: bigint | null
  problem: string | null
}

export type Ledger = TestDatabase & {
  /** Runs SQL as the verbs of levelb do: inside a SECURITY DEFINER function of levelb_owner. */
  channel(text: string, sql?: Client): Promise<void>
  /** Writes so many facts, each with its leaf. */
  facts(count: number, sql?: Client): Promise<void>
  seal(sql?: Client): Promise<Report>
  verify(sql?: Client): Promise<Report>
  /** Runs SQL as a superuser who has switched off every trigger by a catalog update, and on again after (B070). */
  tamper(text: string): Promise<void>
}

/** Entries that `emptyLedger()` makes by enrolling its auditor: principal and principal_login. */
export const enrolment = 2

/** levelb with the superuser as its only auditor, and those two rows sealed. */
export async function emptyLedger(): Promise<Ledger> {
  const database = await freshDatabase()
  await database.sql.unsafe(asChannelFunction)
  const ledger: Ledger = {
    ...database,
    async channel(text, sql = database.sql) {
      await sql`select public.as_channel(${text})`
    },
    facts: (count, sql) => ledger.channel(factRows(count), sql),
    seal: (sql = database.sql) => report(sql, 'seal'),
    verify: (sql = database.sql) => report(sql, 'verify_ledger'),
    tamper: (text) => withoutTriggers(database, text),
  }
  // Not by bootstrap: what these tests claim holds without anything that is built upon the ledger.
  await ledger.channel(`
    select levelb._close_restore_door();
    insert into levelb.principal values ('ann', 1, 'person', null, '{auditor}', '{}', true, null, now());
    insert into levelb.principal_login values ('ann', 1, session_user, session_user::regrole)`)
  await ledger.seal()
  return ledger
}

/** So many sealed facts: withdrawal of revision n is entry n + 2, its leaf too. */
export async function sealedLedger(count: number): Promise<Ledger> {
  const ledger = await emptyLedger()
  await ledger.facts(count)
  await ledger.seal()
  return ledger
}

/** `insert` of so many withdrawals, the smallest table of facts, of revisions that follow those that are there. */
export function factRows(count: number, migration = '0001_grant'): string {
  return `
    insert into levelb.withdrawal (migration_id, revision, principal, login, reason, at, transaction_id)
    select '${migration}', n + (select count(*) from levelb.withdrawal where migration_id = '${migration}'),
      'bob', 'bob', 'because', '2026-11-02 10:00:00.123456+01', '42' from generate_series(1, ${count}) n`
}

/** What a refusal says: code and DETAIL. */
export async function refusal(running: Promise<unknown>): Promise<{ code: string; detail: unknown }> {
  try {
    await running
  } catch (error) {
    const { code, detail } = error as { code: string; detail?: string }
    return { code, detail: detail?.startsWith('{') ? JSON.parse(detail) : detail }
  }
  throw new Error('it was not refused')
}

async function report(sql: Client, verb: 'seal' | 'verify_ledger'): Promise<Report> {
  const [row] = await sql<Report[]>`
    select ok, entries, unsealed, root::bytea, first_bad, problem from levelb.${sql(verb)}()`
  if (!row) throw new Error(`levelb.${verb}() returned no row`)
  const number = (value: unknown) => (value === null ? null : BigInt(value as string))
  return { ...row, entries: BigInt(row.entries), unsealed: BigInt(row.unsealed), first_bad: number(row.first_bad) }
}

async function withoutTriggers(database: TestDatabase, text: string): Promise<void> {
  const on = `update pg_trigger set tgenabled = 'A' where tgname ~ '^levelb_';
    update pg_event_trigger set evtenabled = 'A' where evtname ~ '^levelb'`
  await database.sql.unsafe(on.replaceAll(`'A'`, `'D'`))
  // A new session: those that have seen the table keep its triggers as they were.
  const sql = connect(database.url)
  try {
    await sql.unsafe(text)
  } finally {
    await sql.end()
    await database.sql.unsafe(on)
  }
}
