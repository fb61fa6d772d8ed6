// A database of its own for each test, with levelb installed, in about 30 ms: a clone of a template.
import { createHash, randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { inject, onTestFinished, TestRunner } from 'vitest'
import { bundle } from '../codegen/bundle.ts'
import { install } from '../src/install.ts'
import { type Client, connect, connectKnowing, type KnownTypes, otherUrl, typesOf } from './client.ts'

export type TestDatabase = {
  /** Superuser's. */
  url: string
  name: string
  /** Superuser, one connection. */
  sql: Client
  /** The name in this cluster of the role that this test calls `name`: roles are cluster-wide, tests are not. */
  role(name: string): string
  /** Makes sure that login `role(name)` exists and returns its URL. */
  urlOf(name: string): Promise<string>
  /** The one connection of login `role(name)` that the test shares; made on demand. */
  as(name: string): Promise<Client>
  /** A further connection of login `role(name)`. */
  another(name: string): Promise<Client>
  /** Closes all connections, drops the database and every role of this test. Happens by itself. */
  end(): Promise<void>
}

const password = 'levelb-test'

/** The cluster of this worker: superuser URL, database postgres. */
export function cluster(): string {
  const urls = inject('clusters')
  const url = urls[Number(process.env.VITEST_POOL_ID ?? 1) - 1]
  if (url === undefined) throw new Error(`no cluster for vitest worker ${process.env.VITEST_POOL_ID} of ${urls.length}`)
  return url
}

/** The text that every template is made from: of sql/ as it is now, not of the last run of codegen. */
export function bundleText(): string {
  return bundle(fileURLToPath(new URL('..', import.meta.url)))
}

/** A database with levelb installed and not bootstrapped. Gone after the test, or after the file when made in beforeAll. */
export async function freshDatabase(): Promise<TestDatabase> {
  const source = await template()
  return clone(source.name, source.types)
}

/** A database without levelb. */
export async function emptyDatabase(): Promise<TestDatabase> {
  return clone('template0')
}

let admin: Client | undefined

/** The worker's connection to its cluster's database postgres. */
function clusterClient(): Client {
  admin ??= connect(cluster(), { idle_timeout: 1 })
  return admin
}

/** Made once for each text of the bundle; a failure is remembered, so that every test says the same at once. */
const templates = new Map<string, Promise<Template>>()

type Template = { name: string; types: KnownTypes }

function template(): Promise<Template> {
  const text = bundleText()
  const name = `levelb_template_${createHash('sha256').update(text).digest('hex').slice(0, 12)}`
  const made = templates.get(name) ?? makeTemplate(name, text)
  templates.set(name, made)
  return made
}

async function makeTemplate(name: string, text: string): Promise<Template> {
  const sql = clusterClient()
  const building = `${name}_building`
  // Renamed when complete: a template left half-made by an interrupted run on a URL is never used.
  const [found] = await sql`select from pg_database where datname = ${name}`
  if (!found) {
    await sql`drop database if exists ${sql(building)} with (force)`
    await sql`create database ${sql(building)} template template0`
    await withDatabase(building, (inside) => install(inside, { bundle: text }))
    await sql`alter database ${sql(building)} rename to ${sql(name)}`
  }
  return { name, types: await withDatabase(name, typesOf) }
}

async function withDatabase<T>(database: string, work: (sql: Client) => Promise<T>): Promise<T> {
  const sql = connect(otherUrl(cluster(), { database }))
  try {
    return await work(sql)
  } finally {
    await sql.end({ timeout: 5 })
  }
}

async function clone(source: string, types?: KnownTypes): Promise<TestDatabase> {
  const sql = clusterClient()
  const id = randomBytes(3).toString('hex')
  const name = `levelb_t_${id}`
  await sql`create database ${sql(name)} template ${sql(source)} strategy file_copy`

  const url = otherUrl(cluster(), { database: name })
  const clients: Client[] = []
  let ended: Promise<void> | undefined
  const open = (target: string) => {
    // A test that was given up for its timeout goes on, and would open connections that nobody closes.
    if (ended) throw new Error(`database ${name} is closed: its test has ended`)
    const client = types ? connectKnowing(target, types) : connect(target)
    clients.push(client)
    return client
  }
  const role = (short: string) => `${short}_${id}`
  const logins = new Map<string, Promise<string>>()
  const urlOf = (short: string) => {
    const made = logins.get(short) ?? ensureLogin(role(short), url)
    logins.set(short, made)
    return made
  }
  const shared = new Map<string, Promise<Client>>()

  const database: TestDatabase = {
    url,
    name,
    sql: open(url),
    role,
    urlOf,
    another: async (short) => open(await urlOf(short)),
    as(short) {
      const client = shared.get(short) ?? urlOf(short).then(open)
      shared.set(short, client)
      return client
    },
    end() {
      ended ??= remove(name, id, clients)
      return ended
    },
  }
  if (TestRunner.getCurrentTest()) onTestFinished(() => database.end())
  else ofFile.push(database)
  return database
}

async function ensureLogin(login: string, url: string): Promise<string> {
  const sql = clusterClient()
  const [found] = await sql`select from pg_roles where rolname = ${login}`
  if (!found) await sql.unsafe(`create role ${quote(login)} login password '${password}'`)
  return otherUrl(url, { login, password })
}

async function remove(name: string, id: string, clients: Client[]): Promise<void> {
  const sql = clusterClient()
  await Promise.all(clients.map((client) => client.end({ timeout: 0 })))
  await sql`drop database if exists ${sql(name)} with (force)`
  // Roles that migrations of the test made count too, when they were named by role().
  const rows = await sql<{ rolname: string }[]>`select rolname from pg_roles where right(rolname, 7) = ${`_${id}`}`
  if (rows.length === 0) return
  const roles = rows.map((row) => quote(row.rolname)).join(', ')
  // drop owned takes grants on shared objects and memberships that the roles granted to others.
  await sql.unsafe(`drop owned by ${roles}; drop role ${roles}`)
}

/** Made outside of a test: in beforeAll, or at the top of a file. */
const ofFile: TestDatabase[] = []

/** For setup.ts. A hook made here would not do: within beforeAll, vitest takes an afterAll and never calls it. */
export async function endDatabasesOfFile(): Promise<void> {
  await Promise.all(ofFile.splice(0).map((database) => database.end()))
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
