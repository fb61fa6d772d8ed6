// levelb audit: everything that happened, a sentence each.
import { z } from 'zod'
import { command } from './command.ts'
import { connected, urlOption } from './connection.ts'
import { usage } from './failure.ts'
import { printJson, rowsOf, Time, timeOf } from './read.ts'

const AuditLine = z.object({ at: Time, who: z.string(), what: z.string(), ref: z.string() })
export const AuditOutput = z.array(AuditLine.extend({ at: z.iso.datetime() }))
export type AuditOutput = z.output<typeof AuditOutput>

const units: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 }

export function auditCommand() {
  return command('audit', 'Tell what happened, a sentence each: a rebootstrap first, then oldest first.', [
    'levelb audit --url postgres://aud@localhost/app',
    'levelb audit --since 7d',
    'levelb audit --since 2026-11-01T00:00:00Z --json',
  ])
    .option(...urlOption)
    .option('--since <time>', 'only from then on: 30m, 12h, 7d, or a time with an offset')
    .action(async ({ url, json, since }) => {
      const from = since === undefined ? '-infinity' : instantOf(since)
      const lines = await connected(url, (sql) =>
        // The view is in order; a rebootstrap is told whenever it was.
        rowsOf(
          sql,
          AuditLine,
          'select at, who, what, ref from levelb.audit where at >= $1::pg_catalog.text::pg_catalog.timestamptz or is_first',
          [from],
        ),
      )
      if (json) printJson(AuditOutput.parse(lines))
      else process.stdout.write(lines.map(({ at, who, what }) => `${timeOf(at)}  ${who} ${what}\n`).join(''))
    })
}

function instantOf(since: string): string {
  const [, count, unit = ''] = /^(\d{1,6})([mhd])$/.exec(since) ?? []
  if (count !== undefined) return new Date(Date.now() - Number(count) * (units[unit] ?? 0)).toISOString()
  if (z.iso.datetime({ offset: true }).safeParse(since).success) return since
  throw usage(`--since ${since} is neither 30m, 12h, 7d nor a time with an offset`, 'levelb audit --help')
}
