// The roles of the cluster: what they may, what they are members of, and which logins could go round the channel.
import type { Sql } from 'postgres'

export type Role = {
  oid: number
  name: string
  canLogin: boolean
  isSuperuser: boolean
  createsRoles: boolean
  bypassesRowSecurity: boolean
  replicates: boolean
  inherits: boolean
  connectionLimit: number
  validUntil: string | null
  /** Sessions of clients in this database now, that of the reader left out. */
  sessions: number
}

export type Membership = {
  role: string
  member: string
  grantor: string
  admin: boolean
  /** Null on 15, where a membership has no such option. */
  inherit: boolean | null
  set: boolean | null
}

/** The superuser that initdb made: the only role that 16 and later never let go of SUPERUSER. */
export const bootstrapOid = 10

export async function readRoles(sql: Sql): Promise<Role[]> {
  const rows = await sql<Role[]>`
    select r.oid, r.rolname as name, r.rolcanlogin as "canLogin", r.rolsuper as "isSuperuser",
        r.rolcreaterole as "createsRoles", r.rolbypassrls as "bypassesRowSecurity", r.rolreplication as replicates, r.rolinherit as inherits,
        r.rolconnlimit as "connectionLimit", r.rolvaliduntil::text as "validUntil",
        (select count(*)::int from pg_stat_activity a
          where a.usesysid = r.oid and a.datname = current_database() and a.backend_type = 'client backend'
            and a.pid <> pg_backend_pid()) as sessions
      from pg_roles r order by r.rolname`
  return [...rows]
}

export async function readMemberships(sql: Sql): Promise<Membership[]> {
  // Version 15 has no columns for the options; a grantor may be gone there.
  const rows = await sql<Membership[]>`
    select g.rolname as role, m.rolname as member, coalesce(b.rolname, '') as grantor, a.admin_option as admin,
        (to_jsonb(a) ->> 'inherit_option')::boolean as inherit, (to_jsonb(a) ->> 'set_option')::boolean as set
      from pg_auth_members a join pg_roles g on g.oid = a.roleid join pg_roles m on m.oid = a.member
        left join pg_roles b on b.oid = a.grantor
     order by g.rolname, m.rolname`
  return [...rows]
}

/** What a login could go round the channel with: attributes of its own, and memberships that lead to strong roles. */
export type Danger = {
  login: string
  attributes: Attribute[]
  memberships: Membership[]
}

export const attributes = ['superuser', 'createrole', 'bypassrls', 'replication'] as const
export type Attribute = (typeof attributes)[number]

/** As levelb._far_reaching_roles and levelb._owner_roles name them; here for a database where levelb is not installed. */
export const farReaching: ReadonlySet<string> = new Set([
  'pg_execute_server_program',
  'pg_read_server_files',
  'pg_write_server_files',
  'pg_write_all_data',
])
export const ownersOfLevelb: ReadonlySet<string> = new Set([
  'levelb_owner',
  'levelb_deploy',
  'levelb_definer',
  'levelb_roles',
  'levelb_sandbox',
])

export function attributesOf(role: Role): Attribute[] {
  const held = {
    superuser: role.isSuperuser,
    createrole: role.createsRoles,
    bypassrls: role.bypassesRowSecurity,
    replication: role.replicates,
  }
  return attributes.filter((attribute) => held[attribute])
}

/** Every login that holds something dangerous, itself or by SET ROLE to what it is a member of. */
export function dangers(roles: readonly Role[], memberships: readonly Membership[]): Danger[] {
  const strong = new Set(
    roles
      .filter(({ name, ...role }) => attributesOf({ name, ...role }).length > 0 || farReaching.has(name))
      .map(({ name }) => name),
  )
  for (const name of ownersOfLevelb) strong.add(name)
  const leadsToStrength = (role: string, seen: ReadonlySet<string> = new Set()): boolean =>
    strong.has(role) ||
    memberships.some(
      ({ member, role: next }) => member === role && !seen.has(next) && leadsToStrength(next, new Set([...seen, next])),
    )
  return roles
    .filter(({ canLogin, name }) => canLogin && !name.startsWith('levelb_'))
    .map((role) => ({
      login: role.name,
      attributes: attributesOf(role),
      memberships: memberships.filter(({ member, role: next }) => member === role.name && leadsToStrength(next)),
    }))
    .filter((danger) => danger.attributes.length > 0 || danger.memberships.length > 0)
}
