import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { startEmbedded } from '../../src/embedded.ts'
import { connect, otherUrl } from '../client.ts'
import { leftovers, leftoversAfter, processesOf, spawnFixture, startFixture } from './processes.ts'

const nothing = { processes: [], folder: false }

test('a server answers on 127.0.0.1 alone, with a password', async () => {
  const server = await startEmbedded({ databases: ['shop'] })
  onTestFinished(server.stop)
  const sql = connect(otherUrl(server.url, { database: 'shop' }))
  onTestFinished(() => sql.end())
  expect(
    await sql`select current_setting('listen_addresses') as address, current_setting('server_version') as version,
    current_setting('unix_socket_directories') as socket, session_user::text as login, current_database() as database`,
  ).toEqual([{ address: '127.0.0.1', version: server.version, socket: '', login: 'postgres', database: 'shop' }])
  const stranger = connect(otherUrl(server.url, { password: 'guess' }))
  await expect(stranger`select 1`).rejects.toMatchObject({ code: '28P01' })
})

test('stop leaves neither process nor folder, waits for no busy session, and may be called twice', async () => {
  const server = await startEmbedded()
  const sql = connect(server.url)
  const busy = sql`select pg_sleep(60)`.catch((error) => error.code)
  await sleep(100)
  expect(processesOf(server.folder)).not.toEqual([])
  await Promise.all([server.stop(), server.stop()])
  await server.stop()
  expect(leftovers(server.folder)).toEqual(nothing)
  expect(await busy).toMatch(/57P0[12]|CONNECTION_CLOSED/)
  await sql.end({ timeout: 0 })
})

test('the settings of the caller reach the server, the environment of the caller does not', async () => {
  process.env.PGPORT = '1'
  process.env.PGOPTIONS = '-c work_mem=64kB'
  onTestFinished(() => {
    delete process.env.PGPORT
    delete process.env.PGOPTIONS
  })
  const server = await startEmbedded({ settings: { work_mem: '9MB', 'levelb.text': `it's "quoted" $x` } })
  onTestFinished(server.stop)
  const sql = connect(server.url)
  onTestFinished(() => sql.end())
  expect(await sql`select current_setting('work_mem') as work_mem, current_setting('levelb.text') as text`).toEqual([
    { work_mem: '9MB', text: `it's "quoted" $x` },
  ])
})

test('two at once', async () => {
  const servers = await Promise.all([1, 2].map(() => startEmbedded()))
  expect(new Set(servers.map((server) => server.url)).size).toBe(2)
  await Promise.all(servers.map((server) => server.stop()))
  expect(servers.map((server) => leftovers(server.folder))).toEqual(servers.map(() => nothing))
})

test('a server that cannot start says why and leaves nothing', async () => {
  await expect(startEmbedded({ settings: { shared_buffers: 'lots' } })).rejects.toThrow(
    /did not start: .*invalid value for parameter "shared_buffers"/s,
  )
})

test.for([1, 2])('five seconds after SIGKILL of the caller nothing is left (%i)', { timeout: 30_000 }, async () => {
  const { child, folder } = await startFixture()
  expect(processesOf(folder)).not.toEqual([])
  child.kill('SIGKILL')
  expect(await leftoversAfter(folder, 5000)).toEqual(nothing)
})

test('nor after SIGKILL of the whole process group of the caller, with a session busy', {
  timeout: 30_000,
}, async () => {
  const { child, folder, url } = await startFixture()
  const sql = connect(url)
  const busy = sql`do $$ begin loop end loop; end $$`.catch((error) => error.code)
  await sleep(200)
  process.kill(-(child.pid as number), 'SIGKILL')
  expect(await leftoversAfter(folder, 5000)).toEqual(nothing)
  await busy
})

test.for([0, 300])('nor when it is killed %i ms into starting', { timeout: 30_000 }, async (milliseconds) => {
  const TMPDIR = mkdtempSync(join(tmpdir(), 'levelb-test-'))
  chmodSync(TMPDIR, 0o777)
  onTestFinished(() => rmSync(TMPDIR, { recursive: true }))
  const child = spawnFixture({ env: { ...process.env, TMPDIR }, stdio: 'ignore' })
  // From the moment the folder is there: node and tsx take half a second before.
  while (serversIn(TMPDIR).length === 0 && child.exitCode === null) await sleep(1)
  await sleep(milliseconds)
  child.kill('SIGKILL')
  const [folder] = serversIn(TMPDIR)
  expect(await leftoversAfter(join(TMPDIR, folder ?? 'none'), 5000)).toEqual(nothing)
  expect(serversIn(TMPDIR)).toEqual([])
})

/** Not what tsx keeps there. */
function serversIn(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.startsWith('levelb-pg-'))
}

test('a script that forgets to stop its server still ends, and the server with it', async () => {
  const script = `const { startEmbedded } = await import('${join(import.meta.dirname, '../../src/embedded.ts')}')
    console.log((await startEmbedded()).folder)`
  const folder = execFileSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    encoding: 'utf8',
    timeout: 10_000,
  }).trim()
  expect(await leftoversAfter(folder, 5000)).toEqual(nothing)
})
