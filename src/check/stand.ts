// Where migrations are tried: a database with levelb, a policy that asks for one approval, and three people with logins
// that exist for this run alone.
import { randomBytes } from 'node:crypto'
import postgres, { type Sql } from 'postgres'
import { bootstrap, rebootstrap } from '../../generated/index.ts'
import { install } from '../install.ts'
import type { PolicyDocument } from '../json/policy-document.ts'
import type { Principal } from '../json/principals.ts'

const people = ['author', 'approver', 'operator'] as const
export type Person = (typeof people)[number]

export type Stand = {
  /** The superuser, on one connection. */
  root: Sql
  as(person: Person): Sql
  urlOf(person: Person): string
  serverVersion: string
  notes: string[]
  close(): Promise<void>
}

/** What was found makes it unfit to be tried upon. */
export class StandError extends Error {
  override name = 'StandError'
  readonly next: string

  constructor(message: string, next: string) {
    super(message)
    this.next = next
  }
}

/** What the owner of the database allows to be done to it. */
export type Consent = { install: boolean; shadow: boolean }

/** Drift is not looked for and effects need not be claimed: what they are is to be found out. */
function policyOf(superusers: readonly string[], cluster: 'govern' | 'ignore'): PolicyDocument {
  return {
    name: 'check',
    cluster,
    quorum: [{ approvals: 1 }],
    approval: { ttl: '1 day', signature: 'off' },
    rehearsal: { required: 'none', max_seconds: 600, max_hold: '60 s' },
    effects: 'classes',
    drift: 'off',
    rollback: { required: false },
    timeouts: { lock: '10s', statement: '10 minutes' },
    break_glass: { logins: [...superusers] },
  }
}

const connection = (url: string) =>
  postgres(url, { max: 1, fetch_types: false, onnotice: () => {}, connect_timeout: 10 })

/** Makes the stand; `prepare` runs as superuser between install and bootstrap, and is told a login that owns nothing. */
export async function openStand(
  url: string,
  consent: Consent,
  prepare: (root: Sql, login: string) => Promise<void>,
): Promise<Stand> {
  const root = connection(url)
  const suffix = randomBytes(3).toString('hex')
  const loginOf = (person: Person) => `check_${person}_${suffix}`
  const password = randomBytes(16).toString('hex')
  // for a run that is ended from outside and drops nothing
  const until = new Date(Date.now() + 6 * 3_600_000).toISOString()
  const clients = new Map<Person, Sql>()
  const urlOf = (person: Person) => {
    const other = new URL(url)
    other.username = loginOf(person)
    other.password = password
    return other.href
  }
  const close = async () => {
    for (const client of clients.values()) await client.end({ timeout: 5 })
    const logins = people.map(loginOf).join(', ')
    await root.end({ timeout: 5 })
    // another session: a structure that failed may have left this one in a transaction, or with another role
    const last = connection(url)
    await last
      .unsafe(`drop role if exists ${logins}`)
      .simple()
      .catch(() => {})
    await last.end({ timeout: 5 })
  }
  try {
    const found = await look(root)
    refuse(found, consent)
    if (!found.isInstalled) await install(root)
    for (const person of people)
      await root.unsafe(`create role ${loginOf(person)} login password '${password}' valid until '${until}'`).simple()
    await prepare(root, loginOf('author'))
    const notes = await begin(
      root,
      found,
      people.map((person) => principalOf(person, loginOf(person))),
    )
    return {
      root,
      urlOf,
      as: (person) => {
        const client =
          clients.get(person) ?? postgres(urlOf(person), { max: 1, fetch_types: false, onnotice: () => {} })
        clients.set(person, client)
        return client
      },
      serverVersion: found.serverVersion,
      notes,
      close,
    }
  } catch (error) {
    await close().catch(() => {})
    throw error
  }
}

const principalOf = (person: Person, login: string): Principal => ({
  principal: `check_${person}`,
  nature: 'person',
  logins: [login],
  duties: [person],
  groups: [],
})

type Found = {
  database: string
  serverVersion: string
  isSuperuser: boolean
  isInstalled: boolean
  isBootstrapped: boolean
  governor: string | null
  superusers: string[]
}

async function look(root: Sql): Promise<Found> {
  await root`select pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', false)`
  const [row] = await root<Omit<Found, 'isBootstrapped'>[]>`
    select current_database() as database, current_setting('server_version') as "serverVersion",
        (select r.rolsuper from pg_roles r where r.rolname = session_user) as "isSuperuser",
        to_regclass('levelb.manifest') is not null as "isInstalled",
        (select d.datname from pg_db_role_setting s join pg_database d on d.oid = s.setdatabase, unnest(s.setconfig) c
          where c like 'levelb.role_home=%' and d.datname <> current_database() limit 1) as governor,
        to_json(array(select r.rolname::text from pg_roles r where r.rolsuper and r.rolcanlogin order by 1)) as superusers`
  if (row === undefined) throw new Error('the session does not say which database it is in')
  const [policy] = row.isInstalled ? await root`select from levelb.policy limit 1` : []
  return { ...row, isBootstrapped: policy !== undefined }
}

/** Nobody runs this against the database that the migrations are meant for by mistake. */
function refuse(found: Found, consent: Consent): void {
  const { database } = found
  if (!found.isSuperuser)
    throw new StandError('the login is no superuser', 'connect as a superuser of the shadow database')
  if (!found.isInstalled && !consent.install)
    throw new StandError(
      `levelb is not installed in database ${database}`,
      `where ${database} is a shadow that may be changed: add --install`,
    )
  if (found.isBootstrapped && !consent.shadow)
    throw new StandError(
      `database ${database} has a policy and people: it may be the one that the migrations are meant for`,
      `where ${database} is a shadow that may be changed, people and policy replaced: add --shadow`,
    )
}

/** One database governs the roles of a cluster; where that is another, role documents cannot be tried here. */
async function begin(root: Sql, found: Found, principals: Principal[]): Promise<string[]> {
  const policy = policyOf(found.superusers, found.governor === null ? 'govern' : 'ignore')
  if (found.isBootstrapped) await rebootstrap(root, { policy, principals, reason: 'levelb check' })
  else await bootstrap(root, { policy, principals })
  return found.governor === null
    ? []
    : [`database ${found.governor} governs the roles of this cluster: what changes roles is refused here`]
}
