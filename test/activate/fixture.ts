// What the tests of activate share: sessions of the operator, the record they leave, and a superuser's ways to tamper.
import { expect } from 'vitest'
import type { Client } from '../client.ts'
import { pastGuard } from '../past-guard.ts'
import { arm, type Json, type Row, type World } from '../world.ts'

/** A change that the read-back covers, undone by `isOpen`'s answer false. */
export const grant = 'grant select on shop.orders to public'

/** The effect of a GRANT SELECT on a table of schema shop to PUBLIC. */
export const granted = (table: string): Json => ({
  class: 'acl',
  object_type: 'table',
  identity: `shop.${table}`,
  attribute: 'PUBLIC',
  before: null,
  after: 'select',
})

/** A connection of its own for an operator, with statement_timeout armed. */
export async function session(w: World, login = 'olga', milliseconds = 30_000): Promise<Client> {
  const client = await w.another(login)
  await arm(client, milliseconds)
  return client
}

export async function activate(client: Client, id: string): Promise<Row> {
  const [row] = await client`select * from levelb.activate(${id})`
  return row as Row
}

/** Whether PUBLIC may read this table of schema shop: what `grant` changes. */
export async function isOpen(w: World, table = 'orders'): Promise<boolean> {
  const [row] = await w.sql`select exists (select from pg_class c, aclexplode(c.relacl) a
    where c.oid = ${`shop.${table}`}::regclass and a.grantee = 0) as open`
  return row?.open as boolean
}

/** How many rows each table of facts has. */
export async function facts(w: World): Promise<Json> {
  const [row] = await w.sql`select (select count(*)::int from levelb.activation) as activation,
    (select count(*)::int from levelb.approval) as approval, (select count(*)::int from levelb.leaf) as leaf,
    (select count(*)::int from levelb.ledger) as ledger, (select count(*)::int from levelb._token) as token`
  return row as Json
}

/** Activations of one migration, oldest first. */
export async function activations(w: World, id: string): Promise<Row[]> {
  return w.sql`select * from levelb.activation where migration_id = ${id} order by activation_id` as unknown as Promise<
    Row[]
  >
}

/** DETAIL of a refusal or failure that levelb itself judged. */
export function detailOf(row: Row): Json {
  return JSON.parse(String((row.error as Json).detail)) as Json
}

/** Stages and approves `apply` and activates it in this session. */
export async function run(w: World, client: Client, id: string, apply: string | Json): Promise<Row> {
  await w.stage(id, apply)
  await w.approve(id)
  return activate(client, id)
}

/** The activation failed with this code at step 1, said so once, and its work is undone. */
export async function expectFailed(w: World, id: string, apply: string | Json, code: string): Promise<Row> {
  const row = await w.through(id, apply)
  expect([row.outcome, row.code, (row.error as Json).sqlstate, (row.error as Json).step]).toEqual([
    'failed',
    code,
    code,
    1,
  ])
  expect([row.effects, row.effects_hash, row.rollback_snapshot, await isOpen(w)]).toEqual([[], null, null, false])
  expect(await activations(w, id)).toHaveLength(1)
  return row
}

/** Runs SQL as a superuser who has switched the guards of one table off, and on again after. */
export async function tamper(w: World, table: string, text: string): Promise<void> {
  await pastGuard(
    w.sql,
    `begin;
    alter table levelb.${table} disable trigger user;
    ${text};
    alter table levelb.${table} enable always trigger levelb_10_channel_only;
    alter table levelb.${table} enable always trigger levelb_20_append_only;
    alter table levelb.${table} enable always trigger levelb_30_no_truncate;
    alter table levelb.${table} enable always trigger levelb_90_leaf;
    commit`,
  )
}

/** A name for each migration of a file. */
export function names(): () => string {
  let count = 0
  return () => `${String(++count).padStart(4, '0')}_change`
}
