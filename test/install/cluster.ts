// A cluster for the tests of one file, put back to "never heard of levelb" before each of them.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, onTestFinished, TestRunner } from 'vitest'
import { type Client, connect, otherUrl } from '../client.ts'
import { bundleText } from '../database.ts'
import { startServer, type TestServer } from '../server.ts'

export type PristineCluster = {
  /** Superuser's, database postgres. */
  url: string
  sql: Client
  /** The bundle as a file, for psql -f. */
  bundle: string
  /** Creates a database and returns its superuser URL. */
  create(database: string, options?: string): Promise<string>
}

/** Call at the top of a file; what it returns is filled in before the first test. */
export function pristineCluster(): PristineCluster {
  let server: TestServer | undefined
  const cluster = {} as PristineCluster
  cluster.create = async (database, options = '') => {
    await cluster.sql.unsafe(`create database ${database} template template0 strategy file_copy ${options}`)
    return otherUrl(server?.url ?? '', { database })
  }
  cluster.bundle = bundleFile()
  beforeAll(async () => {
    // twenty installations at once, of some 1,700 locks each
    server = await startServer({ max_locks_per_transaction: '512' })
    cluster.url = server.url
    cluster.sql = connect(server.url)
  })
  beforeEach(() => reset(cluster.sql))
  afterAll(async () => {
    await cluster.sql?.end()
    await server?.stop()
  })
  return cluster
}

/** The bundle as a file, until the end of the test file or test that asks. */
export function bundleFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'levelb-test-'))
  const remove = () => rmSync(folder, { recursive: true })
  if (TestRunner.getCurrentTest()) onTestFinished(remove)
  else afterAll(remove)
  const file = join(folder, 'levelb.sql')
  writeFileSync(file, bundleText())
  return file
}

async function reset(sql: Client): Promise<void> {
  const databases = await sql`select datname from pg_database where oid >= 16384`
  for (const { datname } of databases) await sql`drop database ${sql(datname)} with (force)`
  const roles = await sql`select rolname from pg_roles where oid >= 16384`
  if (roles.length === 0) return
  const names = roles.map(({ rolname }) => `"${rolname}"`).join(', ')
  await sql.unsafe(`drop owned by ${names}; drop role ${names}`)
}
