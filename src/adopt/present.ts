// The present state of a live database, read in one snapshot and before anything is decided.
import type { Sql } from 'postgres'
import { type OwnedObject, readObjects } from './objects.ts'
import { type NamedRights, readNamedRights } from './rights.ts'
import { type Membership, type Role, readMemberships, readRoles } from './roles.ts'

export type Present = {
  /** `180004` */
  version: number
  systemIdentifier: string
  database: string
  databaseOwner: string
  /** What PUBLIC may in this database: `connect`, `temporary`. */
  openToPublic: string[]
  /** Others of the cluster that take connections, `postgres` left out. */
  otherDatabases: string[]
  /** Whom the reader is connected as. */
  reader: string
  /** Words that stand in SQL only in double quotes. */
  reserved: string[]
  roles: Role[]
  memberships: Membership[]
  objects: OwnedObject[]
  named: NamedRights
  /** Null where it is not installed. */
  levelb: { isBootstrapped: boolean; breakGlass: string[]; lastNumber: number } | null
}

export async function readPresent(sql: Sql): Promise<Present> {
  return (await sql.begin('isolation level repeatable read read only', async (transaction) => {
    // Names in the catalogs are whoever's who made them: nothing of theirs is called while they are read, and every
    // name that is printed carries its schema.
    await transaction`select pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true)`
    const inside = transaction as unknown as Sql
    const [database] = await transaction<
      Pick<
        Present,
        | 'version'
        | 'systemIdentifier'
        | 'database'
        | 'databaseOwner'
        | 'openToPublic'
        | 'otherDatabases'
        | 'reader'
        | 'reserved'
      >[]
    >`
      select current_setting('server_version_num')::int as version,
          (select c.system_identifier::text from pg_control_system() c) as "systemIdentifier",
          d.datname as database, pg_get_userbyid(d.datdba) as "databaseOwner", session_user as reader,
          to_json(array(select p from unnest(array['connect', 'temporary']) p
            where has_database_privilege('public', d.oid, p))) as "openToPublic",
          to_json(array(select o.datname::text from pg_database o
            where o.datallowconn and not o.datistemplate and o.datname not in ('postgres', d.datname) order by 1)) as "otherDatabases",
          to_json(array(select k.word from pg_get_keywords() k where k.catcode <> 'U')) as reserved
        from pg_database d where d.datname = current_database()`
    if (database === undefined) throw new Error('pg_database does not show the database of the session')
    return {
      ...database,
      roles: await readRoles(inside),
      memberships: await readMemberships(inside),
      objects: await readObjects(inside),
      named: await readNamedRights(inside),
      levelb: await readLevelb(inside),
    }
  })) as Present
}

/** Its tables say it to whoever may read them; else only that it is there. */
async function readLevelb(sql: Sql): Promise<Present['levelb']> {
  const [found] = await sql`
    select bool_and(has_table_privilege(c.oid, 'select')) as readable
      from pg_class c
     -- a view of that name would be somebody else's code
     where c.oid in (to_regclass('levelb.policy'), to_regclass('levelb.manifest')) and c.relkind = 'r'
       and pg_get_userbyid(c.relowner) = 'levelb_owner'
    having count(*) = 2`
  if (found === undefined) return null
  if (found.readable !== true) return { isBootstrapped: false, breakGlass: [], lastNumber: 0 }
  const [row] = await sql<NonNullable<Present['levelb']>[]>`
    select exists (select from levelb.policy) as "isBootstrapped",
        to_json(array(select jsonb_array_elements_text(p.document -> 'break_glass' -> 'logins')
          from levelb.policy p where p.version = (select max(l.version) from levelb.policy l))) as "breakGlass",
        coalesce((select max(substring(m.migration_id from '([0-9]{4})_[^/]*$')::int) from levelb.manifest m), 0) as "lastNumber"`
  return row ?? null
}
