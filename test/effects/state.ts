// Owners and privileges of everything, read from the catalogs without levelb's help.
import type { Client } from '../client.ts'
import { psql } from '../psql.ts'
import type { Row } from '../world.ts'

/** [catalog, owner column, acl column, kind for acldefault]. */
const catalogs = [
  ['pg_class', 'relowner', 'relacl', "case relkind when 'S' then 's' else 'r' end"],
  ['pg_proc', 'proowner', 'proacl', "'f'"],
  ['pg_namespace', 'nspowner', 'nspacl', "'n'"],
  ['pg_type', 'typowner', 'typacl', "'T'"],
  ['pg_database', 'datdba', 'datacl', "'d'"],
  ['pg_tablespace', 'spcowner', 'spcacl', "'t'"],
  ['pg_language', 'lanowner', 'lanacl', "'l'"],
  ['pg_foreign_data_wrapper', 'fdwowner', 'fdwacl', "'F'"],
  ['pg_foreign_server', 'srvowner', 'srvacl', "'S'"],
  ['pg_largeobject_metadata', 'lomowner', 'lomacl', "'L'"],
  ['pg_collation', 'collowner'],
  ['pg_conversion', 'conowner'],
  ['pg_operator', 'oprowner'],
  ['pg_opclass', 'opcowner'],
  ['pg_opfamily', 'opfowner'],
  ['pg_statistic_ext', 'stxowner'],
  ['pg_ts_config', 'cfgowner'],
  ['pg_ts_dict', 'dictowner'],
  ['pg_publication', 'pubowner'],
  ['pg_event_trigger', 'evtowner'],
] as const

const entries = (acl: string) =>
  `select format('%s %s%s to %s by %s', key, a.privilege_type, case when a.is_grantable then '*' else '' end,
     case a.grantee when 0 then 'public' else a.grantee::regrole::text end, a.grantor::regrole)
   from ${acl}, aclexplode(acl) a`

const stateSql = [
  ...catalogs.flatMap(([catalog, owner, acl, kind]) => {
    // Of the thousands of rows that initdb made, those that differ from what it made them.
    const changed = `oid >= 16384 or ${owner} <> 10${acl ? ` or ${acl} is not null` : ''}`
    const owners = `select format('${catalog} %s owner %s', oid, ${owner}::regrole) from ${catalog} where ${changed}`
    if (!acl) return [owners]
    const all = `coalesce(${acl}, acldefault((${kind})::"char", ${owner}))`
    return [owners, entries(`(select '${catalog} ' || oid as key, ${all} as acl from ${catalog} where ${changed}) c`)]
  }),
  entries(`(select format('column %s.%s', attrelid, attnum) as key, attacl as acl from pg_attribute) c`),
  entries(`(select format('default of %s in %s for %s', defaclrole, defaclnamespace, defaclobjtype) as key,
              defaclacl as acl from pg_default_acl) c`),
  `select format('role %s %s %s %s %s %s %s %s %s', rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin,
     rolreplication, rolconnlimit, rolbypassrls) from pg_roles`,
  `select (to_jsonb(m) - 'oid' || jsonb_build_object('roleid', roleid::regrole, 'member', member::regrole,
     'grantor', grantor::regrole))::text from pg_auth_members m`,
  `select format('setting %s of %s in %s', unnest(setconfig), setrole::regrole, setdatabase) from pg_db_role_setting`,
].join('\nunion all\n')

/** One line per owner, ACL entry, role, membership and setting of this database and its cluster, in order. */
export async function privilegedState(sql: Client): Promise<string[]> {
  const rows = await sql.unsafe(`select line from (${stateSql}) s (line) order by line collate "C"`)
  return rows.map((row) => row.line as string)
}

/** Runs the proof's rollback_snapshot as a superuser would: with psql, stopping at the first error. */
export async function takeBack(url: string, proof: Row): Promise<void> {
  const run = await psql(url, '-q', '-v', 'ON_ERROR_STOP=1', '-c', String(proof.rollback_snapshot))
  if (run.status !== 0 || run.stderr.includes('ERROR')) {
    throw new Error(`${run.stderr}\n${String(proof.rollback_snapshot)}`)
  }
}
