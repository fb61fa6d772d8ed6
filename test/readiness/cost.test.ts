// What an activation asks costs the same at any number of tables: nothing reads a catalog from end to end.
import { expect, test } from 'vitest'
import { world } from '../world.ts'

test('mode and channel_intact read no catalog from end to end that grows with tables', async () => {
  const { sql } = await world()
  await sql.unsafe(`
    do $$ begin for i in 1..1500 loop execute format('create table shop.t%s (id int primary key, a text)', i); end loop; end $$;
    analyze`)
  // rows returned by sequential scans: those of an index are counted by the index
  const read = () => sql<{ relname: string; read: number }[]>`
    select c.relname, pg_stat_get_xact_tuples_returned(c.oid)::int as read from pg_class c
     where c.relname in ('pg_class', 'pg_attribute', 'pg_constraint', 'pg_depend', 'pg_index', 'pg_type', 'pg_shdepend')
       and c.relnamespace = 'pg_catalog'::regnamespace order by 1`
  await sql`begin`
  await sql`select levelb.channel_intact(), levelb.mode()`
  const rows = await read()
  await sql`commit`
  // a look that ends at its first row reads one
  expect(rows.filter(({ read }) => read > 10)).toEqual([])
  await sql`begin`
  await sql`select count(*) from pg_class`
  const [scanned] = (await read()).filter(({ relname }) => relname === 'pg_class')
  await sql`commit`
  expect(scanned?.read).toBeGreaterThan(1500)
})
