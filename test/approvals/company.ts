// What these tests do beside the verbs: count rows, and write what only the channel may write.
import { expect } from 'vitest'
import { asChannel } from '../as-channel.ts'
import type { Client } from '../client.ts'
import { type Json, type Row, refusal, type World } from '../world.ts'

/** A change that is one each time it is carried out. */
export const toggle = `do $$ begin
  if has_table_privilege('public', 'shop.orders', 'select') then revoke select on shop.orders from public;
  else grant select on shop.orders to public; end if; end $$`

let counting: string | undefined

/** Rows of every table of levelb, by table. */
export async function rowCounts(sql: Client): Promise<Row> {
  const tables = async () =>
    await sql<{ relname: string }[]>`
      select relname from pg_class where relnamespace = 'levelb'::regnamespace and relkind = 'r' order by relname`
  counting ??= (await tables())
    .map(({ relname }) => `(select count(*)::int from levelb.${relname}) as ${relname}`)
    .join()
  const [row] = await sql.unsafe(`select ${counting}`, [], { prepare: true })
  return row as Row
}

/** Code and DETAIL of a refusal that has written nothing. */
export async function refused(there: World, call: () => Promise<unknown>): Promise<{ code: string; detail: Json }> {
  const before = await rowCounts(there.sql)
  const { code, detail } = await refusal(call())
  expect(await rowCounts(there.sql)).toEqual(before)
  return { code, detail }
}

/** The newest revision's hash. */
export async function hashOf(there: World, id: string): Promise<Buffer> {
  const [row] = await there.sql`
    select manifest_hash from levelb.manifest where migration_id = ${id} order by revision desc limit 1`
  return (row?.manifest_hash ?? Buffer.alloc(32)) as Buffer
}

/** The next version of a principal, with these columns as SQL; its logins stay unless `logins` says which remain. */
export function nextVersion(principal: string, change: Readonly<Record<string, string>>): string {
  const columns = { nature: 'nature', person: 'person', duties: 'duties', groups: 'groups', enabled: 'enabled' }
  const { logins = 'true', ...changed } = change
  const selected = Object.values({ ...columns, ...changed }).join(', ')
  const newest = `(select max(version) from levelb.principal where principal = '${principal}')`
  return `
    insert into levelb.principal (principal, version, ${Object.keys(columns).join(', ')}, at)
      select principal, version + 1, ${selected}, clock_timestamp() from levelb.principal
       where principal = '${principal}' and version = ${newest};
    insert into levelb.principal_login (principal, version, login, login_oid)
      select principal, version + 1, login, login_oid from levelb.principal_login
       where principal = '${principal}' and version = ${newest} - 1 and (${logins});`
}

/** Makes another policy active: this one with other members. */
export function nextPolicy(change: Json): string {
  return `select levelb._set_policy(document || '${JSON.stringify(change)}', 1, null) from levelb.active_policy`
}

/** Enrols a further person, login included; in later versions this is kind `principal`. */
export async function enrol(there: World, principal: string, more: Json = {}): Promise<void> {
  await there.urlOf(principal)
  const entry = {
    principal,
    nature: 'person',
    duties: ['approver'],
    groups: [],
    keys: [],
    logins: [there.role(principal)],
  }
  await asChannel(there, `select levelb._write_principal('${JSON.stringify({ ...entry, ...more })}', true, 'a test')`)
}
