import { expect, test } from 'vitest'
import { DevOutput } from '../../src/cli/dev.ts'
import { connect } from '../client.ts'
import { leftoversAfter } from '../embedded/processes.ts'
import { levelb, levelbUp } from './levelb.ts'

const nothing = { processes: [], folder: false }

async function folderOf(url: string): Promise<string> {
  const sql = connect(url)
  try {
    const [row] = await sql<{ data: string }[]>`select current_setting('data_directory') as data`
    return row?.data.replace(/\/data$/, '') ?? ''
  } finally {
    await sql.end()
  }
}

test('dev --json prints one line: a URL for each principal, and each works', { timeout: 30_000 }, async () => {
  const { child, line } = await levelbUp(['dev', '--json'])
  const { url, principals } = DevOutput.parse(JSON.parse(line))
  expect(principals.map(({ duties, groups, nature }) => [...duties, ...groups, nature].join(' '))).toEqual([
    'author person',
    'approver dba person',
    'approver dba person',
    'approver dba person',
    'approver security person',
    'operator person',
    'operator service',
    'auditor person',
  ])
  for (const { principal, url, duties } of principals) {
    const sql = connect(url)
    const rows = await sql`select session_user::text as login, pg_has_role(${`levelb_${duties[0]}`}, 'usage') as duty`
    expect(rows).toEqual([{ login: principal, duty: true }])
    await sql.end()
  }
  const sql = connect(url)
  expect(await sql`select release from levelb.version()`).toEqual([{ release: '0.1.0' }])
  expect(await sql`select name from (select document ->> 'name' as name from levelb.active_policy) p`).toHaveLength(1)
  await sql.end()

  const folder = await folderOf(url)
  // As Ctrl-C does: to npm, tsx and node alike.
  process.kill(-(child.pid as number), 'SIGINT')
  expect(await leftoversAfter(folder, 5000)).toEqual(nothing)
})

test('five seconds after SIGKILL of npm, which is all that a script may know of, nothing is left', {
  timeout: 30_000,
}, async () => {
  const { child, line } = await levelbUp(['dev', '--json'])
  const folder = await folderOf(DevOutput.parse(JSON.parse(line)).url)
  child.kill('SIGKILL')
  expect(await leftoversAfter(folder, 5000)).toEqual(nothing)
})

test('dev says what to do where it cannot start', async () => {
  const { status, stderr } = await levelb(['dev', '--nonsense'])
  expect({ status, stderr }).toEqual({
    status: 2,
    stderr: `levelb: unknown option '--nonsense'\n  next: levelb dev --help\n`,
  })
})
