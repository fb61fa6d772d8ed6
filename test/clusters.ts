// Starts one cluster for each vitest worker before the run and stops them after it.
// Here and not in the workers: a worker may end without a word, and a container would then stay.
import type { TestProject } from 'vitest/node'
import { connect } from './client.ts'
import { hasOwnClusters, startServer } from './server.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Superuser URL of the cluster of the worker whose VITEST_POOL_ID is the index + 1. */
    clusters: string[]
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const workers = project.config.maxWorkers
  const servers = await Promise.all(Array.from({ length: workers }, () => startServer()))
  project.provide(
    'clusters',
    servers.map((server) => server.url),
  )
  return async () => {
    if (!hasOwnClusters) await dropDatabases(servers[0]?.url ?? '')
    await Promise.all(servers.map((server) => server.stop()))
  }
}

/** A cluster that stays gets its templates removed, and what an interrupted run left. */
async function dropDatabases(url: string): Promise<void> {
  const sql = connect(url)
  try {
    const names =
      await sql`select datname from pg_database where datname ~ '^levelb_(t|template)_[0-9a-f]+(_building)?$'`
    for (const { datname } of names) await sql`drop database ${sql(datname)} with (force)`
  } finally {
    await sql.end()
  }
}
