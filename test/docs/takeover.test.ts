// "Taking objects over" of docs/install.md, as it stands: copied to a shell and to psql, on a cluster of its own.
import { spawn } from 'node:child_process'
import { dirname } from 'node:path'
import { expect, test } from 'vitest'
import { install } from '../../src/install.ts'
import { levelb } from '../cli/levelb.ts'
import { connect } from '../client.ts'
import { bundleText } from '../database.ts'
import { findPsql, psql } from '../psql.ts'
import { hasOwnClusters, startServer } from '../server.ts'
import { blocks, sessions } from './console.ts'

const page = new URL('../../docs/install.md', import.meta.url)

/** A block in the reader's shell; stops at the first statement that fails, which a reader would see. */
async function shell(url: URL, block: string): Promise<string> {
  const child = spawn('sh', ['-e', '-c', block.replaceAll(/^psql /gm, 'psql -v ON_ERROR_STOP=1 ')], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: `${dirname(findPsql())}:${process.env.PATH}`,
      LC_ALL: 'C.UTF-8',
      PGHOST: url.hostname,
      PGPORT: url.port,
      PGPASSWORD: url.password,
    },
  })
  const printed = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text) => {
    printed.stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text) => {
    printed.stderr += text
  })
  const status = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve))
  expect([status, printed.stderr], block).toEqual([0, ''])
  return printed.stdout
}

/** Lines without psql's padding. */
const plain = (text: string) => text.split('\n').map((line) => line.trim().replaceAll(/ +/g, ' '))

test.runIf(hasOwnClusters)('the example takes a schema over, and readiness and drift are content', async () => {
  const server = await startServer()
  const first = connect(server.url)
  const url = new URL(server.url)
  url.pathname = '/app'
  const urlOf = (login: string) => Object.assign(new URL(url), { username: login }).href
  try {
    await first.unsafe('create database app')
    const logins = ['alice', 'bob', 'dave', 'erin', 'frank', 'ci']
    for (const login of logins) await first.unsafe(`create role ${login} login password '${url.password}'`)
    const commands = blocks(page, 'sh')
    const [schema = '', query = '', stage = '', approve = '', activate = '', look = ''] = commands
    expect(commands).toHaveLength(6)
    const [bootstrap = ''] = blocks(page, 'sql')

    await shell(url, schema)
    await first.unsafe(`alter role shop_app password '${url.password}'`)
    await install(url.href, { bundle: bundleText() })
    expect(await psql(url.href, '-c', bootstrap)).toMatchObject({ status: 0 })
    const statements = await shell(url, query)
    expect(statements).toBe(blocks(page, 'text')[0])
    for (const statement of statements.trim().split('\n')) expect(stage).toContain(`\n${statement}\n`)
    await shell(url, stage)
    await shell(url, approve)
    expect(await shell(url, activate)).toContain('activated')

    expect(await shell(url, query)).toBe('')
    const lines = look.trim().split('\n')
    expect(lines).toHaveLength(2)
    for (const line of lines) {
      const args = line.replace('postgres://frank@localhost/app', urlOf('frank')).split(' ').slice(1)
      const { status, stdout } = await levelb(args)
      expect([line, status]).toEqual([line, 0])
      expect(stdout).toMatch(
        line.includes('drift') ? /levelb_deploy in shop_app .* yes +│\n/ : /^OPERATOR_HANDOFF\n[\s\S]*takeover +│ yes/,
      )
    }
    const [session] = blocks(page, 'console')
      .flatMap(sessions)
      .filter(({ login }) => login === 'shop_app')
    expect(session?.calls).toHaveLength(5)
    for (const { statement, output } of session?.calls ?? []) {
      const run = await psql(urlOf('shop_app'), '-t', '-c', statement)
      expect(plain(run.stdout + run.stderr)).toEqual(expect.arrayContaining(plain(output.join('\n'))))
    }

    // the way back, which the page says needs the loan again
    const back = '0001_take_shop.rollback'
    const staged = await psql(urlOf('erin'), '-c', "select levelb.stage_rollback('0001_take_shop', 'try the way back')")
    expect(staged).toMatchObject({ status: 0 })
    await shell(url, approve.replaceAll('0001_take_shop', back))
    expect(await shell(url, activate.replaceAll('0001_take_shop', back))).toContain('activated')
    expect(await shell(url, query)).toBe(statements)
  } finally {
    await first.end()
    await server.stop()
  }
})
