import { describe, expect, test } from 'vitest'
import { install } from '../../src/install.ts'
import { connect } from '../client.ts'
import { bundleText } from '../database.ts'
import { psql } from '../psql.ts'
import { hasOwnClusters, startServer } from '../server.ts'
import { bundleFile } from './cluster.ts'

/** Restarts the server of the URL as a standby: a backend that dies of SIGKILL makes it recover, by standby.signal. */
async function becomeReplica(url: string): Promise<void> {
  const dies = await psql(
    url,
    '-c',
    `copy (select) to program 'touch standby.signal'`,
    '-c',
    `copy (select) to program 'kill -9 $PPID'`,
  )
  expect(dies.stderr).toMatch('server closed the connection unexpectedly')
  for (let attempt = 0; attempt < 100; attempt++) {
    const { stdout } = await psql(url, '-Atc', 'select pg_is_in_recovery()')
    if (stdout === 't\n') return
  }
  throw new Error('the server did not come back as a replica')
}

describe.skipIf(!hasOwnClusters)('on a replica', () => {
  test('installing is refused, by psql and by install', { timeout: 60_000 }, async ({ onTestFinished }) => {
    const server = await startServer()
    onTestFinished(server.stop)
    await becomeReplica(server.url)
    const { status, stderr } = await psql(server.url, '-1', '-v', 'ON_ERROR_STOP=1', '-f', bundleFile())
    expect(status).toBe(3)
    expect(stderr).toMatch(
      /levelb cannot be installed on a replica\nHINT: {2}Install on the primary; the replica receives it/,
    )
    await expect(install(server.url, { bundle: bundleText() })).rejects.toMatchObject({
      message: 'levelb was not installed: levelb cannot be installed on a replica',
      hint: 'Install on the primary; the replica receives it.',
    })
    const sql = connect(server.url)
    onTestFinished(() => sql.end())
    expect(await sql`select from pg_roles where rolname like 'levelb%'`).toHaveLength(0)
  })
})
