// What the verbs of levelb do, with its owner's rights, done by a text of the test's own.
import type { Client } from './client.ts'
import type { TestDatabase } from './database.ts'
import { pastGuard } from './past-guard.ts'

/** Made past the guard, where that is on. */
export const asChannelFunction = `
  create or replace function public.as_channel(text text) returns void language plpgsql security definer
    set search_path = pg_catalog, pg_temp as $$ begin execute text; end $$;
  alter function public.as_channel(text) owner to levelb_owner`

/** Runs SQL as the verbs of levelb do. */
export async function asChannel(there: TestDatabase, text: string, sql: Client = there.sql): Promise<void> {
  await pastGuard(there.sql, asChannelFunction)
  await sql`select public.as_channel(${text})`
}
