// What the tests of rehearsals share.
import { arm, type Row, type World } from '../world.ts'

/** Rehearses on the live objects as `by`, default olga; returns the row whatever its outcome. */
export async function rehearse(w: World, id: string, by = 'olga'): Promise<Row> {
  const client = await w.as(by)
  await arm(client)
  const [row] = await client`select * from levelb.rehearse_live(${id})`
  return row as Row
}
