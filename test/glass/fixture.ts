// What the tests of break-glass share: superuser sessions, a document, and time that runs out.
import { onTestFinished } from 'vitest'
import { type Client, connect } from '../client.ts'
import { pastGuard } from '../past-guard.ts'
import type { Json, Row, World } from '../world.ts'

/** A further session of the declared superuser. */
export function superuser(w: World): Client {
  const client = connect(w.url)
  onTestFinished(() => client.end({ timeout: 0 }))
  return client
}

export async function breakGlass(client: Client, reason: string, id?: string): Promise<Row> {
  const [row] =
    id === undefined
      ? await client`select * from levelb.break_glass(${reason})`
      : await client`select * from levelb.break_glass(${reason}, ${id})`
  return row as Row
}

export async function close(client: Client, id: string): Promise<Row> {
  const [row] = await client`select * from levelb.close_attended(${id})`
  return row as Row
}

export const isOpen = async (client: Client): Promise<unknown> =>
  (await client`select levelb._guard_is_open() as is_open`)[0]?.is_open

/** A document of kind attended with one step. */
export const attended = (apply: string, more: Json = {}, rollback?: string): Json => ({
  title: 'what only a superuser can run',
  description: 'for a test',
  kind: 'attended',
  steps: [{ name: 'one', apply, ...(rollback === undefined ? {} : { rollback }) }],
  ...more,
})

/** Stages and approves. */
export async function approved(w: World, id: string, document: Json): Promise<void> {
  await w.stage(id, document)
  await w.approve(id)
}

export const explained = (incidents: number[], effects: Json[] = []): Json => ({
  title: 'what was done by hand',
  description: 'during the outage',
  kind: 'explain',
  payload: { effects, incidents },
})

/** Lets the time of an incident run out, as only who writes past the guards of the tables can. */
export async function runOut(w: World, incident: unknown): Promise<void> {
  const past = '2026-01-01T00:00:00.000000Z'
  await pastGuard(
    w.sql,
    `
    begin; alter table levelb.incident disable trigger levelb_20_append_only;
    alter table levelb._open_guard disable trigger levelb_10_channel_only;
    update levelb.incident set details = details || '{"until": "${past}"}' where incident_id = ${incident};
    update levelb._open_guard set until = '${past}' where incident_id = ${incident};
    alter table levelb.incident enable always trigger levelb_20_append_only;
    alter table levelb._open_guard enable always trigger levelb_10_channel_only; commit`,
  )
}

export async function mode(w: World): Promise<unknown> {
  return (await w.sql`select levelb.mode() as mode`)[0]?.mode
}

/** A backend ends a moment after its client has gone. */
export async function untilNobodyIsIn(w: World): Promise<void> {
  for (const until = Date.now() + 10_000; Date.now() < until; ) {
    const held = await w.sql`select from levelb._open_guard g where levelb._is_held(g)`
    if (held.length === 0) return
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  throw new Error('the guard is still open for somebody')
}
