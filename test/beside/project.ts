// A copy of one tool's project, which a test may change, and its commands.
import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { blocks } from '../docs/console.ts'

export type Run = { status: number | null; output: string }

export type Project = {
  read(path: string): string
  write(path: string, text: string): void
  /** The one block of a language on the page. */
  documented(language: string): string
  /** Runs a command as the page has it. */
  run(command: string): Promise<Run>
  /** The same where it must end with 0. */
  made(command: string): Promise<string>
}

export const page = new URL('../../docs/beside.md', import.meta.url)

/** `url` is what the tool finds as DATABASE_URL. */
export function projectOf(tool: string, url: string): Project {
  const folder = mkdtempSync(join(tmpdir(), `levelb-${tool}-`))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  cpSync(join(import.meta.dirname, tool), folder, { recursive: true })
  symlinkSync(join(import.meta.dirname, 'node_modules'), join(folder, 'node_modules'))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  // prisma fetches the engines that it was told to do without, unless these name a file; of one it only asks whether the
  // database is there.
  const engine = join(folder, 'engine')
  writeFileSync(engine, '#!/bin/sh\nexit 0\n', { mode: 0o755 })
  const env = {
    PATH: [join(folder, 'node_modules/.bin'), dirname(process.execPath), process.env.PATH].join(delimiter),
    HOME: folder,
    LC_ALL: 'C',
    NO_COLOR: '1',
    DATABASE_URL: url,
    PRISMA_QUERY_ENGINE_LIBRARY: engine,
    PRISMA_SCHEMA_ENGINE_BINARY: engine,
    CHECKPOINT_DISABLE: '1',
  }

  const self: Project = {
    read: (path) => readFileSync(join(folder, path), 'utf8'),
    write(path, text) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    },
    documented: (language) => blocks(page, language)[0] ?? '',
    async run(command) {
      // npx would do no more than find it in node_modules, half a second later.
      const [name = '', ...args] = command.replace(/^npx /, '').split(' ')
      const child = spawn(name, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
      let output = ''
      const add = (text: string) => {
        output += text
      }
      child.stdout.setEncoding('utf8').on('data', add)
      child.stderr.setEncoding('utf8').on('data', add)
      const status = await new Promise<number | null>((resolve, reject) =>
        child.once('error', reject).once('close', resolve),
      )
      return { status, output }
    },
    async made(command) {
      const { status, output } = await self.run(command)
      if (status !== 0) throw new Error(`${command} ended with ${status}:\n${output}`)
      return output
    },
  }
  return self
}
