// levelb status: a line for each migration.
import Table from 'cli-table3'
import { z } from 'zod'
import { command } from './command.ts'
import { connected, urlOption } from './connection.ts'
import { everyDuty, printJson, rowsOf, Time, timeOf } from './read.ts'

const StatusLine = z.object({
  migration_id: z.string(),
  revision: z.int(),
  title: z.string(),
  kind: z.string(),
  state: z.enum(['staged', 'approved', 'rejected', 'expired', 'withdrawn', 'activated', 'rolled_back']),
  author: z.string(),
  approvals_met: z.int(),
  approvals_needed: z.int(),
  missing: z.string(),
  staged_at: Time,
  activated_at: Time.nullable(),
  last_outcome: z.enum(['activated', 'refused', 'failed']).nullable(),
  last_code: z.string().nullable(),
})
export const StatusOutput = z.array(
  StatusLine.extend({ staged_at: z.iso.datetime(), activated_at: z.iso.datetime().nullable() }),
)
export type StatusOutput = z.output<typeof StatusOutput>

const over = ['withdrawn', 'activated', 'rolled_back']

export function statusCommand() {
  return command('status', 'List the migrations: where each stands and what is missing.', [
    'levelb status --url postgres://ann@localhost/app',
    'levelb status --open --json',
  ])
    .option(...urlOption)
    .option('--open', 'only those that may still be activated')
    .action(async ({ url, json, open }) => {
      const columns = Object.keys(StatusLine.shape).join(', ')
      const all = await connected(url, (sql) =>
        rowsOf(sql, StatusLine, `select ${columns} from levelb.status order by staged_at, migration_id`, [], everyDuty),
      )
      const lines = open ? all.filter(({ state }) => !over.includes(state)) : all
      if (json) printJson(StatusOutput.parse(lines))
      else process.stdout.write(page(lines))
    })
}

function page(lines: StatusOutput): string {
  if (lines.length === 0) return 'no migrations\n'
  const table = new Table({
    head: ['migration', 'rev', 'state', 'approvals', 'what is missing, or happened'],
    style: { head: [], border: [], compact: true },
  })
  for (const line of lines)
    table.push([
      line.migration_id,
      line.revision,
      line.state.replace('_', ' '),
      `${line.approvals_met} of ${line.approvals_needed}`,
      said(line),
    ])
  return `${table.toString()}\n`
}

function said({ state, missing, activated_at, last_outcome, last_code }: StatusOutput[number]): string {
  if (activated_at !== null) return timeOf(activated_at)
  if (state === 'withdrawn') return ''
  const last = last_outcome === null ? '' : `last call ${last_outcome}: ${last_code}`
  return [missing, last].filter(Boolean).join('; ')
}
