// Documents of the kinds that the database carries out itself.
import { type Json, policy, type Row, type World } from '../world.ts'

let last = 0
export function nextId(): string {
  last += 1
  return `${String(last).padStart(4, '0')}_kind`
}

export const documentOfKind = (kind: string, payload: Json, more: Json = {}): Json => ({
  title: `a change of kind ${kind}`,
  description: 'for a test',
  kind,
  payload,
  ...more,
})

/** The policy of the test world with other members; break-glass logins are the cluster's superusers. */
export async function policyWith(w: World, change: Json = {}): Promise<Json> {
  const superusers = await w.sql`select rolname from pg_roles where rolsuper and rolcanlogin`
  return { ...policy, break_glass: { logins: superusers.map((row) => row.rolname) }, ...change }
}

/** A principal as bootstrap takes it, with one login of the same name, which is made. */
export async function person(w: World, principal: string, more: Json = {}): Promise<Json> {
  await w.urlOf(principal)
  return { principal, nature: 'person', logins: [w.role(principal)], duties: ['approver'], groups: ['dba'], ...more }
}

/** stage, approve as bob and carol, activate, under a name of its own. */
export const throughKind = (w: World, kind: string, payload: Json): Promise<Row> =>
  w.through(nextId(), documentOfKind(kind, payload))

/** Problem in words of an error's or a row's DETAIL. */
export function problemOf(row: Row): unknown {
  const { detail } = row.error as { detail: string }
  return (JSON.parse(detail) as Json).problem
}
