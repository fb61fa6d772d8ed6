// Migrations in one line, and an activation that another session meets half-way.
import type { Client } from '../client.ts'
import { backendPid, waitUntilBlocked } from '../steps.ts'
import { arm, documentOf, type Json, type Row, type World } from '../world.ts'

export type Effect = {
  class: string
  object_type: string
  identity: string
  attribute: string
  before: string | null
  after: string | null
}

/** `acl: table shop.orders: PUBLIC: nothing → select`, one line per effect, in canonical order. */
export function lines(row: Row): string[] {
  return (row.effects as Effect[]).map(
    (e) =>
      `${e.class}: ${e.object_type} ${e.identity}: ${e.attribute}: ${e.before ?? '-'} → ${e.after?.replace(/^sha256 [0-9a-f]{64}$/, 'sha256') ?? '-'}`,
  )
}

/** What a failed row says: code, and DETAIL as JSON. */
export function failure(row: Row): { outcome: unknown; code: unknown; detail: unknown } {
  const error = row.error as { detail?: string } | null
  let detail: unknown = error?.detail ?? null
  try {
    detail = JSON.parse(String(detail))
  } catch {}
  return { outcome: row.outcome, code: row.code, detail }
}

let last = 0
export function nextId(): string {
  last += 1
  return `${String(last).padStart(4, '0')}_x`
}

/** stage, approve, activate under a name of its own. */
export function run(w: World, apply: string, more: Json = {}): Promise<Row> {
  return w.through(nextId(), documentOf(apply, more))
}

/** The same, and where protections are lost, once more with what accepts that, as DETAIL names it. */
export async function runAccepting(w: World, apply: string, more: Json = {}): Promise<Row> {
  const row = await run(w, apply, more)
  const { rule, lost } = (failure(row).detail ?? {}) as { rule?: string; lost?: { object: string }[] }
  if (rule !== 'protection_lost') return row
  const accept = lost?.map(({ object }) => ({ rule, object, reason: 'it is meant' }))
  return run(w, apply, { ...more, accept })
}

/** Activates `before; <wait>; after` and runs `meanwhile` while it waits. */
export async function halfWay(
  w: World,
  before: string,
  after: string,
  meanwhile: () => Promise<unknown>,
): Promise<Row> {
  const id = nextId()
  await w.stage(id, `${before}; select pg_advisory_xact_lock(4711); ${after}`)
  await w.approve(id)
  const holder = (await w.another('holder')) as Client
  const olga = await w.another('olga')
  try {
    await holder`select pg_advisory_lock(4711)`
    await arm(olga)
    const pid = await backendPid(olga)
    const activation = olga`select * from levelb.activate(${id})`
    activation.catch(() => {})
    await waitUntilBlocked(w.sql, pid)
    await meanwhile()
    await holder`select pg_advisory_unlock(4711)`
    const [row] = await activation
    return row as Row
  } finally {
    await Promise.all([holder.end(), olga.end()])
  }
}
