// Interleavings of two connections with explicit steps: who waits for whom is asked of the server, never slept for.
import type { Sql } from 'postgres'

/** The backend of a one-connection client. Ask before the step that blocks. */
export async function backendPid(sql: Sql): Promise<number> {
  const [row] = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`
  if (!row) throw new Error('pg_backend_pid() returned no row')
  return row.pid
}

/** The backends that `pid` waits for; empty when it does not wait for a lock. */
export async function blockers(sql: Sql, pid: number): Promise<number[]> {
  const [row] = await sql<{ pids: number[] }[]>`select pg_blocking_pids(${pid}) as pids`
  return row?.pids ?? []
}

/** Resolves with the blocking backends once `pid` waits for a lock; `sql` must be a third connection. */
export async function waitUntilBlocked(sql: Sql, pid: number, milliseconds = 5000): Promise<number[]> {
  for (const until = Date.now() + milliseconds; ; ) {
    const pids = await blockers(sql, pid)
    if (pids.length > 0) return pids
    if (Date.now() > until) {
      const [activity] =
        await sql`select state, wait_event_type, wait_event, query from pg_stat_activity where pid = ${pid}`
      throw new Error(`backend ${pid} does not wait for a lock: ${JSON.stringify(activity ?? 'it is gone')}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** Resolves once the text that `pid` runs is in pg_sleep; `sql` must be another connection. */
export async function waitUntilAsleep(sql: Sql, pid: number, milliseconds = 20_000): Promise<void> {
  for (const until = Date.now() + milliseconds; ; ) {
    const [activity] = await sql`select state, wait_event, query from pg_stat_activity where pid = ${pid}`
    if (activity?.wait_event === 'PgSleep') return
    if (Date.now() > until)
      throw new Error(`backend ${pid} does not sleep: ${JSON.stringify(activity ?? 'it is gone')}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** Whether a promise is still open after every step that was due: use after waitUntilBlocked to say "it waits". */
export async function isPending(promise: Promise<unknown>): Promise<boolean> {
  const open = Symbol('open')
  const first = await Promise.race([promise.catch(() => {}), new Promise((resolve) => setImmediate(resolve, open))])
  return first === open
}
