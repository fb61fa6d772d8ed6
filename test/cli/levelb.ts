// The levelb command: in this process for what prints and ends, as a process of its own for what stays.
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { vi } from 'vitest'
import { run } from '../../src/cli/program.ts'

export type Run = { status: number; stdout: string; stderr: string }

const ofTester = /^(PG|LEVELB_URL)/

/** What a process would have printed; a process for each would take most of a second. */
export async function levelb(args: readonly string[], env: Record<string, string> = {}): Promise<Run> {
  const before = { ...process.env }
  const stdout = capture(process.stdout)
  const stderr = capture(process.stderr)
  for (const name of Object.keys(process.env).filter((name) => ofTester.test(name))) delete process.env[name]
  Object.assign(process.env, env)
  try {
    const status = await run(args)
    return { status, stdout: stdout.text(), stderr: stderr.text() }
  } finally {
    stdout.restore()
    stderr.restore()
    for (const name of Object.keys(env)) delete process.env[name]
    Object.assign(process.env, before)
  }
}

function capture(stream: NodeJS.WriteStream): { text(): string; restore(): void } {
  const spy = vi.spyOn(stream, 'write').mockReturnValue(true)
  return {
    text: () => spy.mock.calls.map(([chunk]) => String(chunk)).join(''),
    restore: () => spy.mockRestore(),
  }
}

/** Starts a command that stays by `npm run levelb --`, as leader of a process group; with its first line. */
export async function levelbUp(args: readonly string[]): Promise<{ child: ChildProcess; line: string }> {
  const child = spawn('npm', ['run', '--silent', 'levelb', '--', ...args], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const line of createInterface({ input: child.stdout as Readable })) return { child, line }
  throw new Error('it ended without a line')
}
