// The PostgreSQL that tests run on: one interface, three providers, chosen by LEVELB_TEST_PG.
//
//   embedded   (default) a throw-away PostgreSQL 18 from npm, one for each vitest worker
//   15 16 17   the same of another version, from test/matrix, which `npm run matrix` installs; 18 is embedded
//   container  a container of LEVELB_TEST_IMAGE (default postgres:18), one for each vitest worker
//   <url>      one running cluster, as superuser. Test files run one after the other, test databases and roles are
//              removed, roles named levelb_* stay. Tests that need a cluster of their own are skipped.
import { randomBytes } from 'node:crypto'
import { GenericContainer } from 'testcontainers'
import { type Server, startEmbedded } from '../src/embedded.ts'
import { embeddedPlatform } from '../src/embedded-binaries.ts'
import { connect } from './client.ts'

export type TestServer = Pick<Server, 'url' | 'stop'>

const chosen = process.env.LEVELB_TEST_PG || 'embedded'

/** `embedded`, `15`, `16`, `17`, `container` or `url`. */
export const provider = /^postgres(ql)?:\/\//.test(chosen) ? 'url' : chosen === '18' ? 'embedded' : chosen

/** Whether each worker, and a test that asks for it, can have a cluster for itself. */
export const hasOwnClusters = provider !== 'url'

/** What is said where a test is skipped because there is only the cluster of the URL. */
export const needsOwnCluster = 'needs a cluster of its own: LEVELB_TEST_PG=embedded, 15, 16, 17 or container'

/** Where node looks the packages of the other versions up. */
const matrixPackages = new URL('matrix/package.json', import.meta.url).href

export async function startServer(settings: Readonly<Record<string, string>> = {}): Promise<TestServer> {
  switch (provider) {
    case 'embedded':
      return startEmbedded({ settings })
    case '15':
    case '16':
    case '17':
      return startEmbedded({ settings, package: `pg${provider}-${embeddedPlatform}`, from: matrixPackages })
    case 'container':
      return startContainer(process.env.LEVELB_TEST_IMAGE || 'postgres:18', settings)
    case 'url':
      return { url: chosen, stop: async () => {} }
    default:
      throw new Error(
        `LEVELB_TEST_PG is "${chosen}": it must be embedded, 15, 16, 17, 18, container or a postgres:// URL`,
      )
  }
}

async function startContainer(image: string, settings: Readonly<Record<string, string>>): Promise<TestServer> {
  const password = randomBytes(16).toString('hex')
  const all = { fsync: 'off', full_page_writes: 'off', max_prepared_transactions: '10', timezone: 'UTC', ...settings }
  const container = await new GenericContainer(image)
    .withEnvironment({ POSTGRES_USER: 'postgres', POSTGRES_PASSWORD: password })
    .withCommand(['postgres', ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])])
    .withExposedPorts(5432)
    .start()
  const url = `postgres://postgres:${password}@${container.getHost()}:${container.getMappedPort(5432)}/postgres`
  const stop = async () => void (await container.stop())
  try {
    await answers(url)
    return { url, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** An open port is docker's, not yet PostgreSQL's. */
async function answers(url: string): Promise<void> {
  for (const until = Date.now() + 60_000; ; ) {
    const sql = connect(url)
    try {
      await sql`select 1`
      return
    } catch (error) {
      if (Date.now() > until) throw error
      await new Promise((resolve) => setTimeout(resolve, 100))
    } finally {
      await sql.end({ timeout: 1 })
    }
  }
}
