import { describe, expect, test } from 'vitest'
import { psql } from '../psql.ts'
import { hasOwnClusters } from '../server.ts'
import { clusterState, databaseState } from './catalog.ts'
import { pristineCluster } from './cluster.ts'

describe.skipIf(!hasOwnClusters)('psql -f of the bundle', () => {
  const cluster = pristineCluster()
  const state = async (url: string) => [...(await clusterState(cluster.sql)), ...(await databaseState(url))]
  const proper = ['-q', '-1', '-v', 'ON_ERROR_STOP=1', '-f']

  test('installs in one transaction', async () => {
    const url = await cluster.create('app')
    expect(await psql(url, ...proper, cluster.bundle)).toEqual({ status: 0, stdout: '', stderr: '' })
    const { stdout } = await psql(url, '-Atc', 'select release from levelb.version()')
    expect(stdout).toBe('0.1.0\n')
  })

  test('without one transaction creates nothing and says so', async () => {
    const url = await cluster.create('app')
    const before = await state(url)
    const { status, stderr } = await psql(url, '-v', 'ON_ERROR_STOP=1', '-f', cluster.bundle)
    expect(status).toBe(3)
    expect(stderr).toMatch(
      /ERROR: {2}levelb is installed in one transaction or not at all\nHINT: {2}Run it as: psql -X -1/,
    )
    expect(await state(url)).toEqual(before)
  })

  test('leaves nothing even where psql goes on after every error', async () => {
    const url = await cluster.create('app')
    const before = await state(url)
    const { stderr } = await psql(url, '-q', '-f', cluster.bundle)
    expect(stderr).toMatch('levelb is installed in one transaction or not at all')
    expect(await state(url)).toEqual(before)
  })

  test('nor in one transaction of which psql ignores the errors', async () => {
    const url = await cluster.create('app', `encoding 'SQL_ASCII' locale_provider libc locale 'C'`)
    const before = await state(url)
    const { stderr } = await psql(url, '-q', '-1', '-f', cluster.bundle)
    expect(stderr).toMatch('needs a database with encoding UTF8')
    expect(await state(url)).toEqual(before)
  })

  test('a mark typed by hand does not stand for the transaction', async () => {
    const url = await cluster.create('app')
    const before = await state(url)
    const { stderr } = await psql(url, '-q', '-c', `set levelb.installing = 'on'`, '-f', cluster.bundle)
    expect(stderr).toMatch('levelb is installed in one transaction or not at all')
    expect(await state(url)).toEqual(before)
  })

  test('a second run says that it is installed and changes nothing', async () => {
    const url = await cluster.create('app')
    await psql(url, ...proper, cluster.bundle)
    const before = await state(url)
    const { status, stderr } = await psql(url, ...proper, cluster.bundle)
    expect(status).toBe(3)
    expect(stderr).toMatch(
      /ERROR: {2}levelb 0\.1\.0 is already installed in database app\nHINT: {2}Nothing was changed/,
    )
    expect(await state(url)).toEqual(before)
  })

  test('of ten at once one installs and the others say that it is installed', { timeout: 60_000 }, async () => {
    const url = await cluster.create('app')
    const runs = await Promise.all(Array.from({ length: 10 }, () => psql(url, ...proper, cluster.bundle)))
    expect(runs.map(({ status }) => status).sort()).toEqual([0, 3, 3, 3, 3, 3, 3, 3, 3, 3])
    for (const { stderr } of runs.filter(({ status }) => status === 3)) expect(stderr).toMatch('is already installed')
  })
})
