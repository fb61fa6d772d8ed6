// Everything an installation may leave: one text line for each thing, to be compared before and after.
import type { Sql } from 'postgres'
import { connect } from '../client.ts'

/** Of the cluster: roles, their attributes, settings and memberships. Row versions too, so that a rewrite shows. */
export async function clusterState(sql: Sql): Promise<string[]> {
  return lines(sql, [
    `select 'role', rolname, a::text, xmin::text from pg_authid a where oid >= 16384 or rolname = 'postgres'`,
    `select 'member', roleid::regrole::text, m::text, xmin::text from pg_auth_members m`,
    `select 'setting', setdatabase::text, setrole::regrole::text, setconfig::text from pg_db_role_setting`,
    `select 'comment', classoid::regclass::text, objoid::text, description from pg_shdescription where objoid >= 16384`,
  ])
}

/** Of one database: objects that initdb did not make, and the rights on those that it made. */
export async function databaseState(url: string): Promise<string[]> {
  const sql = connect(url)
  try {
    return await lines(sql, [
      `select 'schema', n.nspname, n::text, xmin::text from pg_namespace n where nspname !~ '^pg_(toast_)?temp'`,
      `select 'relation', c.oid::regclass::text, relowner::regrole::text, xmin::text from pg_class c where oid >= 16384`,
      `select 'function', p.oid::regprocedure::text, proowner::regrole::text, xmin::text from pg_proc p where oid >= 16384`,
      `select 'type', t.oid::regtype::text, typowner::regrole::text, xmin::text from pg_type t where oid >= 16384`,
      `select 'trigger', tgrelid::regclass::text, tgname, xmin::text from pg_trigger`,
      `select 'event trigger', evtname, evtevent, xmin::text from pg_event_trigger`,
      `select 'extension', extname, extversion, xmin::text from pg_extension`,
      `select 'default acl', defaclrole::regrole::text, defaclacl::text, '' from pg_default_acl`,
      `select 'comment', classoid::regclass::text, objoid::text, objsubid::text || description from pg_description where objoid >= 16384`,
      `select 'relation acl', c.oid::regclass::text, relacl::text, '' from pg_class c where oid < 16384 and relacl is not null`,
      `select 'column acl', attrelid::regclass::text, attname, attacl::text from pg_attribute where attacl is not null`,
      `select 'function acl', p.oid::regprocedure::text, proacl::text, '' from pg_proc p where oid < 16384 and proacl is not null`,
    ])
  } finally {
    await sql.end()
  }
}

async function lines(sql: Sql, queries: string[]): Promise<string[]> {
  const rows = await sql.unsafe(queries.join(' union all ')).values()
  return rows.map((row) => row.join(' | ')).sort()
}
