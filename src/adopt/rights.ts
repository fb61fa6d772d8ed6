// What the bootstrap superuser holds by its name: grants on what others own, policies, settings, default privileges.
// A login that takes its name over gets the same. What it owns is not here: rights on that go with the ownership.
import type { Sql } from 'postgres'
import { bootstrapOid } from './roles.ts'

/** `grant PRIVILEGE on ON to …`; the column stands in the privilege. */
export type Grant = { privilege: string; on: string; grantable: boolean }

export type NamedPolicy = {
  policy: string
  table: string
  /** All of its roles, the bootstrap superuser among them. */
  roles: string[]
}

export type Setting = {
  name: string
  value: string
  /** Null: in every database. */
  database: string | null
}

export type DefaultPrivilege = {
  /** Whose objects to come; the bootstrap superuser's, or another's that name it as grantee. */
  owner: string
  schema: string | null
  objects: string
  /** Null is PUBLIC. */
  grantee: string | null
  privilege: string
  grantable: boolean
  /** What PostgreSQL gives by itself and was taken away. */
  isRevoke: boolean
}

export type NamedRights = {
  grants: Grant[]
  policies: NamedPolicy[]
  settings: Setting[]
  defaults: DefaultPrivilege[]
  /** Foreign servers with a user mapping of it. */
  mappings: string[]
}

export async function readNamedRights(sql: Sql): Promise<NamedRights> {
  return {
    grants: await readGrants(sql),
    policies: await readPolicies(sql),
    settings: await readSettings(sql),
    defaults: await readDefaults(sql),
    mappings: (
      await sql<{ server: string }[]>`
      select s.srvname as server from pg_user_mappings m join pg_foreign_server s on s.oid = m.srvid
       where m.umuser = ${bootstrapOid} order by 1`
    ).map(({ server }) => server),
  }
}

async function readGrants(sql: Sql): Promise<Grant[]> {
  const rows = await sql<Grant[]>`
    with named (acl, owner, target, part) as (
      select c.relacl, c.relowner, format('%s %s', case c.relkind when 'S' then 'sequence' else 'table' end,
          c.oid::regclass), null
        from pg_class c
      union all
      select a.attacl, c.relowner, format('table %s', c.oid::regclass), format(' (%I)', a.attname)
        from pg_attribute a join pg_class c on c.oid = a.attrelid
      union all select n.nspacl, n.nspowner, format('schema %I', n.nspname), null from pg_namespace n
      union all select p.proacl, p.proowner, format('routine %s', p.oid::regprocedure), null from pg_proc p
      union all select t.typacl, t.typowner, format('type %s', t.oid::regtype), null from pg_type t
      union all select l.lanacl, l.lanowner, format('language %I', l.lanname), null from pg_language l
      union all select s.srvacl, s.srvowner, format('foreign server %I', s.srvname), null from pg_foreign_server s
      union all select w.fdwacl, w.fdwowner, format('foreign data wrapper %I', w.fdwname), null from pg_foreign_data_wrapper w
      union all select m.lomacl, m.lomowner, format('large object %s', m.oid), null from pg_largeobject_metadata m
      union all select d.datacl, d.datdba, format('database %I', d.datname), null from pg_database d
         where d.datname = current_database()
    )
    select lower(a.privilege_type) || coalesce(n.part, '') as privilege, n.target as on, a.is_grantable as grantable
      from named n cross join lateral aclexplode(n.acl) a
     where a.grantee = ${bootstrapOid} and n.owner <> ${bootstrapOid}
     order by n.target, 1`
  return [...rows]
}

async function readPolicies(sql: Sql): Promise<NamedPolicy[]> {
  const rows = await sql<NamedPolicy[]>`
    select p.polname as policy, p.polrelid::regclass::text as table,
        to_json(array(select pg_get_userbyid(r)::text from unnest(p.polroles) r)) as roles
      from pg_policy p where ${bootstrapOid}::oid = any(p.polroles) order by 2, 1`
  return [...rows]
}

async function readSettings(sql: Sql): Promise<Setting[]> {
  const rows = await sql<Setting[]>`
    select split_part(c, '=', 1) as name, substring(c from strpos(c, '=') + 1) as value, d.datname as database
      from pg_db_role_setting s left join pg_database d on d.oid = s.setdatabase cross join lateral unnest(s.setconfig) c
     where s.setrole = ${bootstrapOid} order by 3 nulls first, 1`
  return [...rows]
}

async function readDefaults(sql: Sql): Promise<DefaultPrivilege[]> {
  const rows = await sql<DefaultPrivilege[]>`
    with entry as (
      select d.defaclrole, d.defaclnamespace, d.defaclobjtype, a.grantee, a.privilege_type, a.is_grantable, false as is_revoke
        from pg_default_acl d cross join lateral aclexplode(d.defaclacl) a
      union all
      -- in a schema the list is added to what holds everywhere, and takes nothing away
      select d.defaclrole, d.defaclnamespace, d.defaclobjtype, b.grantee, b.privilege_type, b.is_grantable, true
        from pg_default_acl d
          cross join lateral aclexplode(acldefault(case d.defaclobjtype when 'S' then 's'::"char" else d.defaclobjtype end, d.defaclrole)) b
       where d.defaclnamespace = 0 and not exists (select from aclexplode(d.defaclacl) a
         where a.grantee = b.grantee and a.privilege_type = b.privilege_type)
    )
    select pg_get_userbyid(e.defaclrole) as owner, n.nspname as schema,
        case e.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions'
          when 'T' then 'types' when 'n' then 'schemas' else 'large objects' end as objects,
        case when e.grantee <> 0 then pg_get_userbyid(e.grantee) end as grantee,
        lower(e.privilege_type) as privilege, e.is_grantable as grantable, e.is_revoke as "isRevoke"
      from entry e left join pg_namespace n on n.oid = e.defaclnamespace
     where (e.defaclrole = ${bootstrapOid} or e.grantee = ${bootstrapOid})
       -- the owner's own, which every owner has
       and (e.is_revoke or e.defaclrole <> e.grantee)
     order by 1, 2 nulls first, 3, 7 desc, 4, 5`
  return [...rows]
}
