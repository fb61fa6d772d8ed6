import { expect, test } from 'vitest'
import { install } from '../../src/install.ts'
import { connect, otherUrl } from '../client.ts'
import { bundleText, type TestDatabase } from '../database.ts'
import { arm, documentOf, policy, principalsOf, type Row } from '../world.ts'
import { failure, lines } from './effects.ts'
import { startInEpoch1 } from './epoch.ts'

test('after 2^32 transactions our rows are still told from others, replaced and written ones', async () => {
  const server = await startInEpoch1()
  const as = (login: string) => connect(otherUrl(server.url, { login }))
  const sql = connect(server.url)
  try {
    await install(sql, { bundle: bundleText() })
    const principals = principalsOf({ role: (name: string) => name } as TestDatabase)
    for (const { principal } of principals) await sql.unsafe(`create role ${principal} login`)
    const document = { ...policy, break_glass: { logins: ['postgres'] } }
    await sql`select levelb.bootstrap(${sql.json(document as never)}::jsonb, ${sql.json(principals as never)}::jsonb)`
    await sql`create table public.a (id int)`
    await sql`create table public.b (id int)`
    await sql`grant insert on public.a to public`
    await sql`alter table public.a owner to levelb_deploy`
    await sql`alter table public.b owner to levelb_deploy`
    const text = `grant select on public.a to public; alter default privileges grant select on tables to ci;
      do $$ begin grant delete on public.b to public; raise 'no'; exception when raise_exception then null; end $$`

    const [ann, bob, carol, olga] = [as('ann'), as('bob'), as('carol'), as('olga')]
    const [manifest] = await ann`select * from levelb.stage('0001_x', ${ann.json(documentOf(text) as never)})`
    for (const approver of [bob, carol]) {
      await approver`select levelb.approve('0001_x', ${(manifest as Row).manifest_hash as Buffer})`
    }
    await arm(olga)
    const [row] = await olga`select * from levelb.activate('0001_x')`
    await Promise.all([ann, bob, carol, olga].map((client) => client.end()))

    const [{ epoch } = {}] = await sql`select (pg_current_xact_id()::text::numeric / 4294967296)::int as epoch`
    expect([epoch, failure(row as Row), lines(row as Row)]).toEqual([
      1,
      { outcome: 'activated', code: null, detail: null },
      [
        'acl: default acl for role levelb_deploy on tables: ci: - → select',
        'acl: table public.a: PUBLIC: insert → insert, select',
      ],
    ])
  } finally {
    await sql.end()
    await server.stop()
  }
})
