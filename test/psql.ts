// psql, as an operator would run it. PostgreSQL's client is not in npm: it is Debian's, any version from 15 works
// against every server.
import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

export type Run = { status: number | null; stdout: string; stderr: string }

/** Runs psql -X with the arguments on the database of the URL. */
export async function psql(url: string, ...args: string[]): Promise<Run> {
  const child = spawn(findPsql(), ['-X', '-d', url, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // Messages in English, whatever the tester's locale.
    env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8' },
  })
  const run: Run = { status: null, stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text) => {
    run.stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text) => {
    run.stderr += text
  })
  run.status = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve))
  return run
}

/** On PATH, or where Debian and Ubuntu keep the versioned ones. */
export function findPsql(): string {
  const debian = '/usr/lib/postgresql'
  const folders = [
    ...(process.env.PATH ?? '').split(':').filter(Boolean),
    ...(existsSync(debian) ? readdirSync(debian).map((version) => join(debian, version, 'bin')) : []),
  ]
  const found = folders.map((folder) => join(folder, 'psql')).find((file) => existsSync(file))
  if (!found)
    throw new Error('this test needs psql: apt-get install postgresql-client (.ci/run does it), or put it on PATH')
  return found
}
