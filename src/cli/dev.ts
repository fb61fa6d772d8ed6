// levelb dev: a throw-away server with levelb and a cast of principals, until Ctrl-C.
import postgres from 'postgres'
import { z } from 'zod'
import { startEmbedded } from '../embedded.ts'
import { install } from '../install.ts'
import { command } from './command.ts'
import { bootstrapDemo, demoPrincipals } from './demo.ts'
import { Failure } from './failure.ts'
import { whenLauncherIsGone } from './launcher.ts'

export const DevOutput = z.object({
  /** The superuser's. */
  url: z.url({ protocol: /^postgres$/ }),
  principals: z.array(
    z.object({
      principal: z.string(),
      nature: z.enum(['person', 'service']),
      duties: z.array(z.enum(['author', 'approver', 'operator', 'auditor'])),
      groups: z.array(z.string()),
      url: z.url({ protocol: /^postgres$/ }),
    }),
  ),
})
export type DevOutput = z.infer<typeof DevOutput>

export function devCommand() {
  return command('dev', 'Keep a throw-away PostgreSQL with levelb and demo principals up until Ctrl-C.', [
    'levelb dev',
    'npm run --silent levelb -- dev --json',
  ]).action(async ({ json }) => {
    const request = stopRequest()
    try {
      const server = await startEmbedded({ databases: ['demo'] })
      try {
        const output = await setUp(otherUrl(server.url, 'postgres'))
        process.stdout.write(json ? `${JSON.stringify(DevOutput.parse(output))}\n` : page(server.version, output))
        await Promise.race([request.stopped, server.ended.then(() => crashed())])
      } finally {
        await server.stop()
      }
    } finally {
      request.withdraw()
    }
  })
}

/** From now on a signal ends the command in order, not at once. */
function stopRequest(): { stopped: Promise<void>; withdraw(): void } {
  // Nothing else keeps the process up: the server is made not to.
  const up = setInterval(() => {}, 2 ** 30)
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve())
    whenLauncherIsGone(resolve)
  })
  return { stopped, withdraw: () => clearInterval(up) }
}

function crashed(): never {
  throw new Failure(1, { what: 'the server ended by itself', next: 'levelb dev' })
}

async function setUp(url: string): Promise<DevOutput> {
  await install(url)
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  try {
    const passwords = await bootstrapDemo(sql)
    const principals = demoPrincipals().map(({ principal, nature, duties, groups }) => ({
      principal,
      nature,
      duties,
      groups,
      url: otherUrl(url, principal, passwords.get(principal)),
    }))
    return DevOutput.parse({ url, principals })
  } finally {
    await sql.end({ timeout: 5 })
  }
}

function otherUrl(url: string, login: string, password?: string): string {
  const other = new URL(url)
  other.pathname = '/demo'
  other.username = login
  if (password !== undefined) other.password = password
  return other.href
}

function page(version: string, { url, principals }: DevOutput): string {
  const rows = [
    ['superuser', '', url],
    ...principals.map((one) => [one.principal, [...one.duties, ...one.groups].join(', '), one.url]),
  ]
  const width = (column: number) => Math.max(...rows.map((row) => (row[column] ?? '').length))
  const lines = rows.map(
    ([who = '', what = '', where = '']) => `${who.padEnd(width(0))}  ${what.padEnd(width(1))}  ${where}`,
  )
  return `PostgreSQL ${version} with levelb, until Ctrl-C; then all of it is thrown away.\n\n${lines.join('\n')}\n`
}
