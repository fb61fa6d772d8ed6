// "Uninstall" of docs/install.md to its end, on a cluster of its own: roles are gone, memberships are not.
import { expect, test } from 'vitest'
import { install } from '../../src/install.ts'
import { connect } from '../client.ts'
import { bundleText } from '../database.ts'
import { hasOwnClusters, startServer } from '../server.ts'
import { blocks } from './console.ts'

test.runIf(hasOwnClusters)('the statements of "Uninstall" run in the order of the page', async () => {
  const server = await startServer()
  const sql = connect(server.url)
  try {
    const [version] = await sql`select current_setting('server_version_num')::int >= 160000 as has16`
    const has16 = version?.has16 as boolean
    const page = new URL('../../docs/install.md', import.meta.url)
    const [here = '', query = '', cluster = ''] = blocks(page, 'sql').slice(-3)
    await install(server.url, { bundle: bundleText() })
    await sql.unsafe(`create role new_owner; create role reporting; create role metabase; create role ada; create role boss; create role clerk; create role old_owner;
      create table taken (); grant select on taken to levelb_deploy; create table owned ();
      alter table owned owner to levelb_deploy; grant select on owned to reporting;
      set role levelb_owner; grant levelb_author to ada; reset role; grant old_owner to levelb_deploy;
      grant reporting to levelb_roles with admin option; set role levelb_roles;
      create role made; grant reporting to metabase; grant made to metabase ${has16 ? 'with inherit false' : ''}; grant made to boss with admin option;
      set role boss; grant made to clerk; reset role`)
    await sql.unsafe(here.replaceAll(/NEW_(OWNER|DEFINER)/g, 'new_owner'))
    for (const { statement } of await sql.unsafe(query)) await sql.unsafe(statement as string)
    await sql.unsafe(cluster)
    expect(await sql`select rolname from pg_roles where rolname like 'levelb%'`).toEqual([])
    const memberships = await sql`select roleid::regrole::text || ' to ' || member::regrole::text as granted,
      admin_option as admin, to_jsonb(m) ->> 'inherit_option' is distinct from 'false' as inherits from pg_auth_members m where roleid in ('reporting'::regrole, 'made'::regrole)`
    expect(memberships.map(({ granted, admin, inherits }) => `${granted} ${admin} ${inherits}`).sort()).toEqual([
      'made to boss true true',
      'made to clerk false true',
      `made to metabase false ${!has16}`,
      'reporting to metabase false true',
    ])
    expect(
      await sql`select pg_get_userbyid(relowner) as owner, has_table_privilege('reporting', oid, 'select') as reads
      from pg_class where relname = 'owned'`,
    ).toEqual([{ owner: 'new_owner', reads: true }])
  } finally {
    await sql.end()
    await server.stop()
  }
})
