// The commands that people look with: what they print, and what they say when they may not.
import { beforeAll, describe, expect, test } from 'vitest'
import { AuditOutput } from '../../src/cli/audit.ts'
import { FailureOutput } from '../../src/cli/failure.ts'
import { MetricsOutput } from '../../src/cli/metrics.ts'
import { ReviewOutput } from '../../src/cli/review.ts'
import { StatusOutput } from '../../src/cli/status.ts'
import { levelb } from '../cli/levelb.ts'
import type { World } from '../world.ts'
import { tellStory, told } from './story.ts'

let w: World
beforeAll(async () => {
  w = await tellStory()
}, 30_000)

const as = async (by: string, args: readonly string[], env: Record<string, string> = {}) =>
  levelb([...args, '--url', await w.urlOf(by)], env)
const jsonOf = async (by: string, args: readonly string[]) => {
  const { status, stdout, stderr } = await as(by, [...args, '--json'])
  expect({ status, stderr, lines: stdout.split('\n').length }).toEqual({ status: 0, stderr: '', lines: 2 })
  return JSON.parse(stdout)
}

describe('review', () => {
  test('prints the page, and the data as one line of JSON', async () => {
    const { status, stdout } = await as('dan', ['review', '0002_report'])
    const dan = await w.as('dan')
    const [row] = await dan`select page from levelb.review('0002_report')`
    expect({ status, stdout }).toEqual({ status: 0, stdout: row?.page })
    expect(ReviewOutput.parse(await jsonOf('dan', ['review', '0002_report']))).toMatchObject({
      ...{ migration_id: '0002_report', revision: 2, state: 'staged', difference: { revision: 1, you_decided: true } },
    })
  })

  test('of a migration that is not there is exit 1 with the next step', async () => {
    expect(await as('ann', ['review', '0099_none'])).toEqual({
      status: 1,
      stdout: '',
      stderr: 'levelb: unknown migration\n  next: select migration_id from levelb.status;\n',
    })
  })

  test('without a name is a usage error', async () => {
    expect(await as('ann', ['review'])).toMatchObject({ status: 2, stdout: '' })
  })
})

describe('status', () => {
  test('prints a table, for authors too', async () => {
    const { status, stdout } = await as('ann', ['status'])
    expect(status).toBe(0)
    await expect(told(w, stdout)).toMatchFileSnapshot('pages/status.txt')
  })

  test('--open leaves out what is over; --json is what the schema says', async () => {
    const all = StatusOutput.parse(await jsonOf('ann', ['status']))
    const open = StatusOutput.parse(await jsonOf('ann', ['status', '--open']))
    expect(all.map((line) => line.migration_id)).toEqual(['0001_take_shop', '0002_report', '0003_count', '0004_policy'])
    expect(open).toEqual(all.slice(1))
  })
})

describe('audit', () => {
  test('prints a line a sentence with its time, and the rows as JSON', async () => {
    const { status, stdout } = await as('aud', ['audit'])
    const rows = AuditOutput.parse(await jsonOf('aud', ['audit']))
    const line = ({ at, who, what }: AuditOutput[number]) => `${at.slice(0, 19).replace('T', ' ')}Z  ${who} ${what}\n`
    expect({ status, stdout }).toEqual({ status: 0, stdout: rows.map(line).join('') })
  })

  test('--since takes a duration or a time', async () => {
    const all = AuditOutput.parse(await jsonOf('aud', ['audit']))
    const [staged] = await w.sql`
      select to_char(staged_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at from levelb.manifest where migration_id = '0004_policy'`
    expect(AuditOutput.parse(await jsonOf('aud', ['audit', '--since', '1h']))).toEqual(all)
    expect(AuditOutput.parse(await jsonOf('aud', ['audit', '--since', staged?.at]))).toEqual(all.slice(-1))
    expect(await jsonOf('aud', ['audit', '--since', '2999-01-01T00:00:00+02:00'])).toEqual([])
  })

  test.for(['yesterday', '7 days', '2026-11-01T00:00:00'])('--since %s is a usage error', async (since) => {
    const { status, stderr } = await as('aud', ['audit', '--since', since])
    expect(status).toBe(2)
    expect(stderr).toContain('neither 30m, 12h, 7d nor a time with an offset')
  })
})

const everything = 'approver, operator or auditor'
test.for([
  ['ann', ['audit'], everything, '42501'],
  ['ann', ['metrics'], everything, '42501'],
  ['ann', ['readiness'], everything, '42501'],
  ['ann', ['drift'], everything, '42501'],
  ['ann', ['drift', '--record'], everything, '42501'],
  ['ann', ['drift', '--explain', 'why'], everything, '42501'],
  ['nobody', ['drift'], everything, '42501'],
  ['nobody', ['status'], `author, ${everything}`, '42501'],
  ['nobody', ['review', '0002_report'], `author, ${everything}`, '42501'],
  ['former', ['drift'], everything, 'LB201'],
  ['former', ['review', '0002_report'], `author, ${everything}`, 'LB201'],
] as const)('%s, who may not run %s, is told to connect with duty %s', async ([login, args, duties, code]) => {
  const url = await w.urlOf(login)
  // its duty role was granted for another database of the cluster
  if (login === 'former') await w.sql.unsafe(`grant levelb_auditor to ${w.role(login)}`)
  const { status, stdout, stderr } = await levelb([...args, '--json', '--url', url])
  expect(status).toBe(1)
  const next = `connect as a login with duty ${duties}`
  expect(FailureOutput.parse(JSON.parse(stdout)).error).toMatchObject({ next, code })
  expect(stderr).toContain(`\n  next: ${next}\n`)
})

test('metrics prints what Prometheus reads, line by line', async () => {
  const { status, stdout } = await as('aud', ['metrics'])
  expect(status).toBe(0)
  const lines = stdout.trimEnd().split('\n')
  const sample = /^levelb_[a-z_]+(\{[a-z_]+="[^"\\]*"(,[a-z_]+="[^"\\]*")*\})? -?\d+(\.\d+)?(e-?\d+)?$/
  expect(
    lines.filter(
      (line) => !/^# (HELP levelb_[a-z_]+ .+|TYPE levelb_[a-z_]+ (counter|gauge))$/.test(line) && !sample.test(line),
    ),
  ).toEqual([])
  expect(lines).toContain('levelb_activations_total{code="LB204",outcome="refused"} 1')
  const described = lines.filter((line) => line.startsWith('# TYPE'))
  expect(new Set(described).size).toBe(described.length)
  expect(MetricsOutput.parse(await jsonOf('aud', ['metrics'])).length).toBe(lines.length - 2 * described.length)
})

test('a database without levelb is told so', async () => {
  const url = new URL(w.url)
  url.pathname = '/postgres'
  const { status, stderr } = await levelb(['status', '--url', url.href])
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr: expect.stringMatching(/^levelb: levelb is not installed in database postgres\n {2}next: levelb install /),
  })
})

test.for(['review', 'status', 'audit', 'metrics'])('%s --help shows an example', async (command) => {
  const { status, stdout } = await levelb([command, '--help'])
  expect({ status, example: /Examples:\n {2}\$ levelb /.test(stdout) }).toEqual({ status: 0, example: true })
})
