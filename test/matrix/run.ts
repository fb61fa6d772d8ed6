// The matrix: runs the tests on each version of PostgreSQL that levelb is for, one after the other.
//
//   npm run matrix                  15, 16 and 17; 18 is what `npm test` runs on
//   npm run matrix -- 18 15 16 17   those, in that order
//   npm run matrix -- 15 test/roles what is no number goes to vitest
//
// Ends with what failed, a line for each version, and one for all, `N passed, N failed`. Exits with 1 when a test
// failed, and when a version ran none.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { platform, tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { embeddedPlatform } from '../../src/embedded-binaries.ts'
import { installPackages } from '../packages.ts'

/** What the server's version says nothing about, or what takes minutes to say little. The run on 18 is complete. */
const eighteenAlone = [
  // these start PostgreSQL 18 from npm themselves
  'test/embedded/**',
  'test/cli/**',
  'test/quickstart/**',
  // migration tools, with packages of their own
  'test/beside/**',
  // migrations of others, in the same way
  'test/corpus/**',
  // files, documents and text, without a server's opinion
  'test/migration/**',
  'test/check/**',
  'test/lint/**',
  'test/codegen/**',
  'test/docs/**',
  'test/people/**',
  // run by hand where a version is new: npm run matrix -- 15 test/idioms
  'test/idioms/**',
  'test/generator/**',
  // how people, approvals and sessions are judged reads no catalog that differs
  'test/approvals/**',
  'test/refusals/**',
  'test/ledger/**',
  'test/direct/**',
  'test/harness/**',
  'test/concurrency/**',
  'test/kinds/**',
  // how an activation ends and what it says; what it reads and sets in a session stays
  ...['failed', 'outcome', 'raised', 'refused', 'told'].map((name) => `test/activate/${name}.test.ts`),
  // what a session may do with the guard, with readiness and after break-glass: levelb's own rows decide it
  'test/glass/**',
  ...['pooled', 'watch'].map((name) => `test/protect/${name}.test.ts`),
  ...['cost', 'flips', 'waived'].map((name) => `test/readiness/${name}.test.ts`),
  'test/rules/registry.test.ts',
  // how a rehearsal is judged; that a mirror is like what it mirrors stays
  ...['forged', 'gate', 'rollback', 'sandbox', 'threats'].map((name) => `test/rehearsal/${name}.test.ts`),
  // what is done about drift, and that it is found: in the same rows as effects, which every version is asked for
  ...['absorbed', 'explain', 'found', 'locks', 'meanwhile', 'policy', 'record'].map(
    (name) => `test/drift/${name}.test.ts`,
  ),
  // what levelb's own functions take and give, and who may call them
  ...['arguments', 'matrix', 'views'].map((name) => `test/sql/${name}.test.ts`),
  // what was approved, and whose rows are told; what is told of each kind of object stays
  ...['approved', 'own-rows', 'rewritten'].map((name) => `test/effects/${name}.test.ts`),
  // who must agree to a rollback; what a rollback does stays
  'test/rollback/quorum.test.ts',
]

/**
 * What is left out of the versions between the ends besides: it asks how levelb goes on, not what a catalog holds, and
 * the server does that alike on 15 and on 18.
 */
const endsAlone = [
  'test/activate/**',
  'test/attack/**',
  'test/adopt/**',
  // what 16 or 17 brought is in 18 too, and not in 15: the ends see both sides of it
  ...['closed-world', 'derive', 'live'].map((name) => `test/rehearsal/${name}.test.ts`),
  'test/guard/**',
  'test/protect/**',
  'test/rules/**',
  'test/install/**',
  'test/rollback/**',
  'test/sql/**',
]

/** By version. What 16 reads of a change is what 15 or 17 reads; state and roles, where it differs, stay. */
const leftOut: Readonly<Record<string, readonly string[]>> = {
  '15': eighteenAlone,
  '16': [...eighteenAlone, ...endsAlone, 'test/effects/**'],
  // 17 tells of tables and views, and of what ran before, as 18 does; of every kind of object and right it is asked
  '17': [
    ...eighteenAlone,
    ...endsAlone,
    ...['again', 'data', 'reach', 'replaced', 'silent', 'snapshot-*', 'structure*'].map(
      (name) => `test/effects/${name}.test.ts`,
    ),
  ],
}

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = fileURLToPath(new URL('.', import.meta.url))

type Count = { passed: number; failed: number; skipped: number }

/** Of vitest's report in JSON, what is read here. */
type Report = {
  numPassedTests: number
  numFailedTests: number
  numPendingTests: number
  numTodoTests: number
  testResults: {
    name: string
    status: string
    message: string
    assertionResults: { status: string; fullName: string; failureMessages: string[] }[]
  }[]
}

function main(versions: readonly string[], others: readonly string[]): number {
  const unknown = versions.filter((version) => !/^1[5-8]$/.test(version))
  if (unknown.length > 0) return usage(`no version of the matrix: ${unknown.join(', ')}; it has 15, 16, 17 and 18`)
  if (versions.some((version) => version !== '18')) {
    if (platform() !== 'linux') {
      return usage(
        'the matrix has PostgreSQL for Linux alone. Here: LEVELB_TEST_PG=container LEVELB_TEST_IMAGE=postgres:15 npm test',
      )
    }
    installPackages(
      folder,
      ['15', '16', '17'].map((version) => `pg${version}-${embeddedPlatform}`),
    )
  }
  const runs = versions.map((version) => ({ version, ...run(version, others) }))
  console.log()
  for (const { version, failures } of runs) for (const each of failures) console.log(`failed on ${version}: ${each}`)
  for (const { version, seconds, ...count } of runs) {
    console.log(`PostgreSQL ${version}: ${sentence(count)}, ${seconds} s`)
  }
  const total: Count = { passed: 0, failed: 0, skipped: 0 }
  for (const each of runs) for (const key of ['passed', 'failed', 'skipped'] as const) total[key] += each[key]
  console.log(sentence(total))
  return runs.every(({ ok }) => ok) ? 0 : 1
}

function usage(problem: string): number {
  console.error(problem)
  return 2
}

function run(
  version: string,
  others: readonly string[],
): Count & { ok: boolean; seconds: number; failures: readonly string[] } {
  console.log(`\n== tests on PostgreSQL ${version}`)
  const scratch = mkdtempSync(join(tmpdir(), 'levelb-matrix-'))
  const report = join(scratch, 'report.json')
  const excluded = others.length > 0 ? [] : (leftOut[version] ?? []).flatMap((pattern) => ['--exclude', pattern])
  const from = Date.now()
  try {
    const { status } = spawnSync(
      process.execPath,
      [
        join(root, 'node_modules', 'vitest', 'vitest.mjs'),
        ...['run', '--config', 'test/vitest.config.ts', '--reporter=default'],
        ...['--reporter=json', `--outputFile.json=${report}`, ...excluded, ...others],
      ],
      { cwd: root, stdio: 'inherit', env: { ...process.env, LEVELB_TEST_PG: version } },
    )
    const found: Report | undefined = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined
    const count = found ? counted(found) : { passed: 0, failed: 0, skipped: 0 }
    const seconds = Math.round((Date.now() - from) / 1000)
    // vitest says so too where nothing failed: a file that cannot be loaded, an error that no test caught.
    return { ...count, ok: status === 0 && count.passed > 0, seconds, failures: found ? failuresOf(found) : [] }
  } finally {
    rmSync(scratch, { recursive: true })
  }
}

function counted(report: Report): Count {
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests,
    skipped: report.numPendingTests + report.numTodoTests,
  }
}

/** Each with the file, its name and the first lines of the reason: what scrolled by an hour ago is not looked for. */
function failuresOf(report: Report): string[] {
  return report.testResults.flatMap((file) => {
    const name = relative(root, file.name)
    const failed = file.assertionResults.filter(({ status }) => status === 'failed')
    if (failed.length === 0) return file.status === 'failed' ? [`${name}: ${start(file.message)}`] : []
    return failed.map((each) => `${name} › ${each.fullName}: ${start(each.failureMessages[0] ?? '')}`)
  })
}

/** Of a message with its stack: without the frames of libraries. */
function start(message: string): string {
  const lines = stripVTControlCharacters(message).split('\n')
  return lines
    .filter((line) => !/node_modules|new Promise/.test(line))
    .slice(0, 6)
    .join('\n  ')
}

function sentence({ passed, failed, skipped }: Count): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}

const given = process.argv.slice(2)
const asked = given.filter((argument) => /^\d+$/.test(argument))
process.exitCode = main(
  asked.length > 0 ? asked : ['15', '16', '17'],
  given.filter((argument) => !asked.includes(argument)),
)
