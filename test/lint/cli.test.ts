// levelb lint: compilers' lines, exit codes, and the page that shows it.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { LintOutput } from '../../src/cli/lint.ts'
import { secretRules } from '../../src/json/secrets.ts'
import { channelRules } from '../../src/json/statements.ts'
import { levelb } from '../cli/levelb.ts'
import { ruleTables } from './rule-table.ts'

const page = readFileSync(new URL('../../docs/lint.md', import.meta.url), 'utf8')

function folder(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), 'levelb-lint-'))
  onTestFinished(() => rmSync(root, { recursive: true }))
  const all = { 'levelb.json': '{"title": "t", "description": "d"}', 'apply.sql': 'select 1', ...files }
  for (const [name, text] of Object.entries(all)) {
    const file = join(root, '0001_report', name)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
  return join(root, '0001_report')
}

test('docs/lint.md shows what it prints', async () => {
  const shown = /```console\n\$ levelb lint \S+\n([\s\S]*?)```/.exec(page)?.[1] ?? ''
  const dir = folder({ 'apply.sql': 'grant select on app.orders to public;\nvacuum app.orders;\n' })
  const { status, stdout, stderr } = await levelb(['lint', dir])
  expect({ status, stdout: stdout.replaceAll(dir, 'migrations/0001_report') }).toEqual({ status: 1, stdout: shown })
  expect(stderr).toContain('2 findings in 1 folder')
})

test('docs/lint.md names every reason and every secret', () => {
  const rows = page.split('\n').filter((line) => line.startsWith('|'))
  const missing = [...new Set(channelRules.map(({ reason }) => reason))].filter(
    (reason) => !rows.some((row) => row.startsWith(`| ${reason} |`)),
  )
  expect(missing).toEqual([])
  const words = rows.join(' ')
  for (const { secret } of secretRules) expect(words).toContain(secret.split(' in ')[0])
})

test('docs/lint.md lists the rules as they are', () => {
  expect(page.slice(page.indexOf('### Privileges'))).toBe(`${ruleTables()}\n`)
})

test('a file of SQL is linted alone; a notice is exit 0, a warning 1', async () => {
  const dir = folder({ 'notice.sql': 'select 1 from orders', 'warning.sql': 'truncate app.orders' })
  const notice = await levelb(['lint', join(dir, 'notice.sql')])
  expect(notice).toMatchObject({ status: 0, stdout: expect.stringContaining('notice name-without-schema in orders: ') })
  expect(await levelb(['lint', join(dir, 'warning.sql')])).toMatchObject({ status: 1 })
  expect(await levelb(['lint', join(dir, 'warning.sql'), '--write'])).toMatchObject({ status: 2 })
})

test('findings stand under their steps, an accepted one with its reason, and are exit 0', async () => {
  const steps = [
    { name: 'one', apply: 'apply.sql', rollback: 'back.sql' },
    { name: 'two', apply: 'two.sql', rollback: 'back.sql' },
  ]
  const accept = ['app.a', 'app.b'].map((object) => ({ rule: 'lint:truncate', object, reason: `of ${object}` }))
  const dir = folder({
    'levelb.json': JSON.stringify({ title: 't', description: 'd', accept, steps }),
    'apply.sql': 'truncate app.a',
    'two.sql': 'select 1;\n  truncate app.b',
    'back.sql': '-- the rows are gone',
  })
  const why = 'Its rows are lost, and no rollback brings them back.'
  const expected = `step one
${dir}/apply.sql:1:1: warning truncate in app.a: ${why}
  | truncate app.a
  | ^
  accepted: of app.a
step two
${dir}/two.sql:2:3: warning truncate in app.b: ${why}
  |   truncate app.b
  |   ^
  accepted: of app.b
`
  expect(await levelb(['lint', dir])).toEqual({ status: 0, stdout: expected, stderr: '' })
})

const back = { 'rollback.sql': '-- nothing to undo' }

test('nothing found is exit 0 without a word', async () => {
  expect(await levelb(['lint', folder(back), folder(back)])).toEqual({ status: 0, stdout: '', stderr: '' })
})

test('a missing rollback is a note on standard error, and exit 0', async () => {
  const dir = folder({})
  const stderr = `levelb: note: ${dir}/apply.sql has no rollback beside it: a policy may require it\n`
  expect(await levelb(['lint', dir])).toEqual({ status: 0, stdout: '', stderr })
})

test('broken JSON is exit 2, with file, line and column', async () => {
  const dir = folder({ 'levelb.json': '{\n  "title": oops\n}' })
  const { status, stderr } = await levelb(['lint', dir])
  expect({ status, stderr }).toEqual({
    status: 2,
    stderr: `levelb: ${dir}/levelb.json:2:12: is no JSON: Unexpected token 'o'\n`,
  })
})

test('--json is one line, findings in the order of the document, each with its file', async () => {
  const dir = folder({
    'levelb.json': `{"title": "t", "description": "password 'Zq7!'"}`,
    'apply.sql': 'select 1;\n\tdo $$\nbegin\n  commit;\nend $$;\nselect é\u200b frm x y\n',
    'rollback.sql': 'select 1 frm x y\n',
  })
  const { status, stdout } = await levelb(['lint', '--json', dir])
  const { folders, findings } = LintOutput.parse(JSON.parse(stdout))
  expect({ status, folders }).toEqual({ status: 1, folders: 1 })
  expect(findings.map(({ file, rule, line, column }) => [file.replace(`${dir}/`, ''), rule, line, column])).toEqual([
    ['levelb.json', 'LB014', 1, 1],
    ['apply.sql', 'LB006', 6, 9],
    ['apply.sql', 'LB011', 6, 15],
    ['rollback.sql', 'LB011', 1, 14],
  ])
  expect(stdout).not.toContain('Zq7')
})

test('what is no migration is exit 2, with the file', async () => {
  const { status, stderr } = await levelb(['lint', join(tmpdir(), 'levelb-nowhere')])
  expect({ status, named: stderr.includes('levelb.json is missing') }).toEqual({ status: 2, named: true })
})

test('DO blocks are read with the grammar of PL/pgSQL', async () => {
  const dir = folder({ 'apply.sql': 'select 1;\n\tdo $$\nbegin\n  if true then\n    commit;\n  end if;\nend $$;\n' })
  const { stdout } = await levelb(['lint', dir])
  expect(stdout).toContain(
    `apply.sql:5:5: LB011 cannot run in the channel: in a DO block: transaction control\n  |     commit;\n  |     ^\n`,
  )
})
