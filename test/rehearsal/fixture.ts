// What the tests of rehearsals share.
import { arm, documentOf, type Json, type Row, type World } from '../world.ts'

/** Rehearses on the live objects as `by`, default olga; returns the row whatever its outcome. */
export async function rehearse(w: World, id: string, by = 'olga'): Promise<Row> {
  const client = await w.as(by)
  await arm(client)
  const [row] = await client`select * from levelb.rehearse_live(${id})`
  return row as Row
}

/** Rehearses in the sandbox as `by`, default ann; returns the row whatever its outcome. */
export async function inSandbox(w: World, id: string, by = 'ann'): Promise<Row> {
  const client = await w.as(by)
  await arm(client)
  const [row] = await client`select * from levelb_sandbox.rehearse(${id})`
  return row as Row
}

/** A document with one step and, unless null, its way back. */
export const stepOf = (apply: string, rollback: string | null, more: Json = {}): Json => ({
  ...documentOf(apply),
  steps: [{ name: 'one', apply, ...(rollback === null ? {} : { rollback }), ...more }],
})

/** Tries a document as `by`, default ann; returns the record, of which nothing is kept. */
export async function tried(w: World, document: Json, by = 'ann'): Promise<Row> {
  const client = await w.as(by)
  await arm(client)
  const [row] = await client`select * from levelb_sandbox.try(${client.json(document as never)})`
  return row as Row
}
