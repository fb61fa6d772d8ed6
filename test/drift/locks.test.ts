// Who looks gives back at once what the look had to lock: a sitter makes nobody wait.
import { expect, test } from 'vitest'
import { protectedWorld } from './fixture.ts'

test.each([
  'select * from levelb.drift()',
  'select * from levelb.drift(full => true)',
  'select * from levelb.record_drift()',
  'select * from levelb.catalog_state',
])('%s leaves no lock on what drifted', async (look) => {
  const w = await protectedWorld()
  await w.past(`create view shop.fresh as select * from shop.orders join shop.items using (id);
    alter view shop.fresh owner to levelb_definer; alter table shop.orders add check (id > 0)`)
  const aud = await w.as('aud')
  await aud`begin`
  try {
    expect((await aud.unsafe(look)).length).toBeGreaterThan(0)
    const held = await w.sql`select l.relation::regclass::text as held from pg_locks l
        join pg_class c on c.oid = l.relation join pg_namespace n on n.oid = c.relnamespace
       where l.pid = ${(await aud`select pg_backend_pid() as pid`)[0]?.pid} and n.nspname in ('shop', 'other')
         and l.database = (select d.oid from pg_database d where d.datname = current_database())`
    expect(held).toEqual([])
  } finally {
    await aud`rollback`
  }
})
