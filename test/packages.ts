// Folders of tests with a package.json of their own: what is in them comes with no installation of levelb.
import { spawnSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/**
 * Installs the packages of `folder` unless they are there, as .ci/run does for the project: npm writes that file last.
 * npm is content where an optional package could not be fetched, so what counts is that the `needed` are there.
 * No scripts: none is needed, and prisma's would fetch its engine.
 */
export function installPackages(folder: string, needed: readonly string[]): void {
  const written = (name: string) => statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs ?? 0
  const isThere = () => needed.every((name) => written(`node_modules/${name}/package.json`) > 0)
  if (isThere() && written('node_modules/.package-lock.json') > written('package-lock.json')) return
  const where = relative(root, folder)
  console.log(`\n== npm ci in ${where}`)
  const { status } = spawnSync('npm', ['ci', '--ignore-scripts'], { cwd: folder, stdio: 'inherit' })
  if (status !== 0 || !isThere()) throw new Error(`npm ci in ${where} did not bring the packages of this platform`)
}
