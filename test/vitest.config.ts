import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { hasOwnClusters } from './server.ts'

export default defineConfig({
  test: {
    root: fileURLToPath(new URL('..', import.meta.url)),
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/clusters.ts'],
    setupFiles: ['test/setup.ts'],
    // A cluster for each worker; more than four only compete for the disk. One more than there are processors: a test waits
    // for its server, and a server for its locks. One cluster given by URL: one worker.
    maxWorkers: hasOwnClusters ? Math.min(4, availableParallelism() + 1) : 1,
    pool: 'forks',
    // Test files share their worker's process and modules: a process for each would cost more than most tests.
    isolate: false,
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
})
