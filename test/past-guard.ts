// What a real superuser does who goes past the guard: the event triggers are off around the statement and on again after.
// Tests use it where they disturb levelb itself, or a protected schema, to see that the disturbance is found.
import type { TransactionSql } from 'postgres'
import type { Client } from './client.ts'

const triggers = ['levelb_ddl_command_end', 'levelb_sql_drop', 'levelb_table_rewrite']

/** Runs SQL of a superuser past the guard; `sql` must be one connection. */
export async function pastGuard(sql: Client | TransactionSql, text: string): Promise<void> {
  const [server] = await sql<{ has_setting: boolean; there: string[] }[]>`
    select current_setting('event_triggers', true) is not null as has_setting,
      array(select evtname::text from pg_event_trigger where evtname = any(${triggers})) as there`
  const all = (state: string) => server?.there.map((name) => `alter event trigger ${name} ${state};`).join(' ') ?? ''
  // From 17 on a setting of the session does. Before, every session goes unguarded meanwhile.
  const [off, on] = server?.has_setting
    ? ['set event_triggers = off', 'reset event_triggers']
    : [all('disable'), all('enable always')]
  await sql.unsafe(off)
  try {
    await sql.unsafe(text)
  } finally {
    await sql.unsafe(on)
  }
}
