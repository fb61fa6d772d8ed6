import { expect, test } from 'vitest'
import { FailureOutput } from '../../src/cli/failure.ts'
import { levelb } from './levelb.ts'

test.for(['install', 'dev', 'lint'])('%s --help shows an example and exits 0', async (command) => {
  const { status, stdout } = await levelb([command, '--help'])
  expect({ status, example: /Examples:\n {2}\$ .*levelb/.test(stdout), json: stdout.includes('--json') }).toEqual({
    status: 0,
    example: true,
    json: true,
  })
})

test('without a command it shows help and exits 2', async () => {
  const { status, stderr } = await levelb([])
  expect({ status, help: stderr.includes('Usage: levelb') }).toEqual({ status: 2, help: true })
})

test.for([
  [['nonsense'], `unknown command 'nonsense'`],
  [['install', '--nonsense'], `unknown option '--nonsense'`],
  [['install', '--url'], `option '--url <url>' argument missing`],
  [['install', 'more'], 'too many arguments'],
  [['install', '--url', 'mysql://x'], 'not of the form postgres://'],
  [['install'], 'no database is named'],
] as const)('%j is a usage error: exit 2, what and next', async ([args, what]) => {
  const { status, stdout, stderr } = await levelb(args)
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  expect(stderr).toMatch(/^levelb: .*\n {2}next: .*\n$/)
  expect(stderr).toContain(what)
})

test('a server that is not there is exit 3, without stack or password', async () => {
  const { status, stdout, stderr } = await levelb([
    'install',
    '--json',
    '--url',
    'postgres://eve:s3cret@127.0.0.1:1/app',
  ])
  expect(status).toBe(3)
  expect(FailureOutput.parse(JSON.parse(stdout))).toEqual({
    error: {
      what: 'cannot connect',
      why: expect.stringContaining('ECONNREFUSED'),
      next: expect.stringContaining('--url'),
      code: 'ECONNREFUSED',
    },
  })
  expect(stderr).toMatch(/^levelb: cannot connect\n {2}why: {2}.*\n {2}next: .*\n$/)
  expect(stdout + stderr).not.toMatch(/s3cret|^\s+at /m)
})
