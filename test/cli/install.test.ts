import { expect, test } from 'vitest'
import { FailureOutput } from '../../src/cli/failure.ts'
import { InstallOutput } from '../../src/cli/install.ts'
import { otherUrl } from '../client.ts'
import { emptyDatabase } from '../database.ts'
import { levelb } from './levelb.ts'

test('install says what it did, and the second time that nothing was changed', async () => {
  const { url, name } = await emptyDatabase()
  expect(await levelb(['install', '--url', url])).toEqual({
    status: 0,
    stdout: `levelb 0.1.0 is installed in database ${name}\n  next: select * from levelb.readiness();\n`,
    stderr: '',
  })
  const again = await levelb(['install', '--json'], { LEVELB_URL: url })
  expect(again).toMatchObject({ status: 0, stderr: '' })
  expect(InstallOutput.parse(JSON.parse(again.stdout))).toEqual({ installed: false, version: '0.1.0', database: name })
})

test('install takes the variables of libpq', async () => {
  const { url, name } = await emptyDatabase()
  const { hostname, port, password } = new URL(url)
  const env = { PGHOST: hostname, PGPORT: port, PGUSER: 'postgres', PGPASSWORD: password, PGDATABASE: name }
  const { status, stdout } = await levelb(['install', '--json'], env)
  expect([status, JSON.parse(stdout)]).toEqual([0, { installed: true, version: '0.1.0', database: name }])
})

test('a refusal is exit 1, with the hint of the server as next step', async () => {
  const { url, sql } = await emptyDatabase()
  await sql`create schema levelb`
  const { status, stdout, stderr } = await levelb(['install', '--json', '--url', url])
  expect(status).toBe(1)
  expect(FailureOutput.parse(JSON.parse(stdout)).error).toMatchObject({
    what: expect.stringContaining('levelb was not installed: a schema named levelb'),
    next: expect.stringContaining('Rename or drop it first'),
    code: '42P06',
  })
  expect(stderr).toMatch(/^levelb: levelb was not installed: .*\n {2}next: .*\n$/)
})

test('a wrong password is exit 3 and is not shown', async () => {
  const { url } = await emptyDatabase()
  const { status, stdout, stderr } = await levelb(['install', '--url', otherUrl(url, { password: 'hunter2' })])
  expect({ status, stdout }).toEqual({ status: 3, stdout: '' })
  expect(stderr).toMatch(/^levelb: cannot connect\n {2}why: {2}password authentication failed/)
  expect(stderr).not.toContain('hunter2')
})

test.for([['status'], ['review', '0001_x'], ['metrics']])(
  '%j without levelb says so, and how to install it',
  async (args) => {
    const { url, name } = await emptyDatabase()
    const { status, stderr } = await levelb([...args, '--url', url])
    expect(status).toBe(1)
    expect(stderr).toMatch(
      new RegExp(`^levelb: levelb is not installed in database ${name}\\n {2}next: levelb install --url `),
    )
  },
)
