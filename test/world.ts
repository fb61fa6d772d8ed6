// A small company around one database: principals of every duty, an application schema, and the verbs as they use them.
import type { Client } from './client.ts'
import { freshDatabase, type TestDatabase } from './database.ts'

export type Json = Record<string, unknown>
export type Row = Record<string, unknown>

/** The policy most tests live under; `ignore`, so that several databases of one cluster can be bootstrapped. */
export const policy: Json = {
  name: 'test',
  cluster: 'ignore',
  quorum: [{ approvals: 2, groups: { dba: 1 } }],
  approval: { ttl: '7 days', signature: 'off' },
  rehearsal: { required: 'none' },
  effects: 'classes',
  drift: 'off',
  rollback: { required: false },
  timeouts: { lock: '2s', statement: '60s' },
}

/** Principal, duties, groups, nature. Logins are named like their principals, with the suffix of the database. */
const cast = [
  ['ann', ['author'], [], 'person'],
  ['arno', ['author', 'approver', 'operator'], ['dba'], 'person'],
  ['bob', ['approver'], ['dba'], 'person'],
  ['carol', ['approver'], ['dba'], 'person'],
  ['dan', ['approver'], ['security'], 'person'],
  ['olga', ['operator'], [], 'person'],
  ['ci', ['operator'], [], 'service'],
  ['aud', ['auditor'], [], 'person'],
] as const

export type World = TestDatabase & {
  /** Stages `apply` (or a whole document) as `by`, default ann; returns the manifest row. */
  stage(id: string, apply: string | Json, by?: string): Promise<Row>
  /** Approves the newest revision as each of these; default bob and carol. Returns the last row. */
  approve(id: string, by?: readonly string[]): Promise<Row>
  /** Activates as `by`, default olga, with statement_timeout armed; returns the row whatever its outcome. */
  activate(id: string, by?: string): Promise<Row>
  /** stage, approve, activate. */
  through(id: string, apply: string | Json): Promise<Row>
  /** Rows of one table of levelb, as superuser. */
  rows(table: string): Promise<Row[]>
}

/** A document with one step. */
export function documentOf(apply: string, more: Json = {}): Json {
  return { title: 'a change', description: 'for a test', steps: [{ name: 'one', apply }], ...more }
}

/** Text that staging would refuse (LB011), where the lexer cannot see it: to learn what happens when it runs. */
export function hidden(text: string): string {
  return `do $do$ begin execute $sql$${text}$sql$; end $do$`
}

/** The principals as bootstrap takes them. */
export function principalsOf(database: TestDatabase): Json[] {
  return cast.map(([principal, duties, groups, nature]) => ({
    principal,
    nature,
    duties,
    groups,
    logins: [database.role(principal)],
  }))
}

/**
 * A bootstrapped database with schema `shop` owned by login `app`, whose objects levelb_deploy may take over:
 * tables orders(id, customer, card) and items, view recent, function total(int), sequence tickets, two rows in orders.
 */
export async function world(
  change: {
    policy?: Json
    principals?: (database: TestDatabase) => Json[]
    /** What there is besides when levelb is bootstrapped. */
    before?: (database: TestDatabase) => Promise<void>
  } = {},
): Promise<World> {
  const database = await freshDatabase()
  const { sql, role } = database
  await Promise.all([...cast.map(([name]) => name), 'app', 'reader'].map((name) => database.urlOf(name)))
  await sql.unsafe(`
    create schema shop authorization ${role('app')};
    grant ${role('app')} to levelb_deploy;
    set role ${role('app')};
    create table shop.orders (id int primary key, customer text, card text);
    create table shop.items (id int primary key, order_id int references shop.orders);
    create view shop.recent as select id, customer from shop.orders;
    create function shop.total(int) returns int language sql as 'select 1';
    create sequence shop.tickets;
    insert into shop.orders values (1, 'Ada', '4111'), (2, 'Ben', '4222');
    reset role`)
  await change.before?.(database)
  const superusers = await sql`select rolname from pg_roles where rolsuper and rolcanlogin`
  const document = { ...policy, break_glass: { logins: superusers.map((row) => row.rolname) }, ...change.policy }
  const principals = change.principals?.(database) ?? principalsOf(database)
  await sql`select levelb.bootstrap(${sql.json(document as never)}::jsonb, ${sql.json(principals as never)}::jsonb)`

  const hashOf = async (id: string) => {
    const [row] =
      await sql`select manifest_hash from levelb.manifest where migration_id = ${id} order by revision desc limit 1`
    return row?.manifest_hash as Buffer
  }
  const self: World = {
    ...database,
    async stage(id, apply, by = 'ann') {
      const client = await database.as(by)
      const given = typeof apply === 'string' ? documentOf(apply) : apply
      const [row] = await client`select * from levelb.stage(${id}, ${client.json(given as never)})`
      return row as Row
    },
    async approve(id, by = ['bob', 'carol']) {
      const hash = await hashOf(id)
      let last: Row = {}
      for (const name of by) {
        const client = await database.as(name)
        const [row] = await client`select * from levelb.approve(${id}, ${hash})`
        last = row as Row
      }
      return last
    },
    async activate(id, by = 'olga') {
      const client = await database.as(by)
      await arm(client)
      const [row] = await client`select * from levelb.activate(${id})`
      return row as Row
    },
    async through(id, apply) {
      await self.stage(id, apply)
      await self.approve(id)
      return self.activate(id)
    },
    rows: (table) => sql`select * from levelb.${sql(table)}` as unknown as Promise<Row[]>,
  }
  return self
}

/** Arms statement_timeout, without which nothing is activated. */
export async function arm(client: Client, milliseconds = 30_000): Promise<void> {
  await client.unsafe(`set statement_timeout = ${milliseconds}`)
}

/** The error that a promise rejects with, as { code, detail, hint, message }; fails when it does not reject. */
export async function refusal(
  promise: Promise<unknown>,
): Promise<{ code: string; message: string; detail: Json; hint: string }> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason as { code: string; message: string; detail?: string; hint?: string },
  )
  if (error === undefined) throw new Error('it was not refused')
  let detail: Json = {}
  try {
    detail = JSON.parse(error.detail ?? '{}') as Json
  } catch {
    detail = { text: error.detail }
  }
  return { code: error.code, message: error.message, detail, hint: error.hint ?? '' }
}
