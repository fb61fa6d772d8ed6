// Starts one cluster for each vitest worker before the run and stops them after it.
// Here and not in the workers: a worker may end without a word, and a container would then stay.
import type { TestProject } from 'vitest/node'
import { startServer } from './server.ts'

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
  return async () => void (await Promise.all(servers.map((server) => server.stop())))
}
