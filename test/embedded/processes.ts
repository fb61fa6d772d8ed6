// What is left of an embedded server: processes that name its folder, and the folder.
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'

export type Fixture = { child: ChildProcess; url: string; folder: string; native: string }

/** Starts `fixture.ts` under tsx, as leader of a process group of its own. */
export function spawnFixture(options: SpawnOptions = {}, ...args: string[]): ChildProcess {
  const file = fileURLToPath(new URL('fixture.ts', import.meta.url))
  return spawn(process.execPath, ['--import', import.meta.resolve('tsx'), file, ...args], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
    ...options,
  })
}

/** The same, and waits until its server is up. */
export async function startFixture(options: SpawnOptions = {}, ...args: string[]): Promise<Fixture> {
  const child = spawnFixture(options, ...args)
  for await (const line of createInterface({ input: child.stdout as Readable })) return { child, ...JSON.parse(line) }
  throw new Error('the fixture ended before its server was up')
}

/** Processes whose arguments or working folder name the folder; reads /proc, so Linux only. */
export function processesOf(folder: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => ({
      pid,
      text: `${attempt(() => readlinkSync(`/proc/${pid}/cwd`))} ${attempt(() => commandLine(pid))}`,
    }))
    .filter(({ text }) => text.includes(folder))
    .map(({ pid, text }) => `${pid} ${text}`)
}

export function leftovers(folder: string): { processes: string[]; folder: boolean } {
  return { processes: processesOf(folder), folder: existsSync(folder) }
}

/** Polls until nothing is left; returns what is left after the time. */
export async function leftoversAfter(folder: string, milliseconds: number): Promise<ReturnType<typeof leftovers>> {
  for (const until = Date.now() + milliseconds; ; ) {
    const left = leftovers(folder)
    if ((left.processes.length === 0 && !left.folder) || Date.now() > until) return left
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

function commandLine(pid: string): string {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
}

function attempt(read: () => string): string {
  try {
    return read()
  } catch {
    return ''
  }
}
