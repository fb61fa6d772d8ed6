// levelb lint: what the database will refuse of a migration, what only a parser sees, and what the rules advise against,
// before it is staged.
import { existsSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import type { LintFindings } from '../json/lint-findings.ts'
import type { MigrationDocument } from '../json/migration-document.ts'
import { fieldOf } from '../json/problems.ts'
import { documentTexts } from '../json/texts.ts'
import { carriedFindings } from '../lint/findings.ts'
import { Finding, lint } from '../lint/lint.ts'
import { MigrationFileError, readDraft, readText, writeFindings } from '../migration.ts'
import { command } from './command.ts'
import { Failure } from './failure.ts'
import { printJson } from './read.ts'

const Placed = Finding.extend({ file: z.string() })
type Placed = z.output<typeof Placed>

export const LintOutput = z.object({ folders: z.int(), findings: z.array(Placed) })
export type LintOutput = z.output<typeof LintOutput>

export function lintCommand() {
  return command('lint', 'Say what is wrong with migrations, and what is risky; needs no database.', [
    'levelb lint migrations/0001_report',
    'levelb lint migrations/0001_report --write',
    'levelb lint migrations/* --json',
    'levelb lint draft.sql',
  ])
    .argument('<dir...>', 'folders with levelb.json and apply.sql, or files of SQL')
    .option('--write', 'write what the rules find into levelb.json, for those who approve')
    .action(async (paths, { json, write }) => {
      const results = await Promise.all(
        paths.map((path) => (isFile(path) ? lintFile(path, write) : lintFolder(path, write))),
      )
      for (const { notes } of results) for (const note of notes) process.stderr.write(`levelb: note: ${note}\n`)
      const findings = results.flatMap(({ findings }) => findings)
      if (json) printJson(LintOutput.parse({ folders: paths.length, findings }))
      else for (const { findings, sources, steps } of results) process.stdout.write(page(findings, sources, steps))
      const failing = findings.filter(({ severity, accepted }) => severity !== 'notice' && accepted === null)
      if (failing.length > 0)
        throw new Failure(1, {
          what: `${failing.length} ${failing.length === 1 ? 'finding' : 'findings'} in ${paths.length} ${paths.length === 1 ? 'folder' : 'folders'}`,
          next: 'docs/lint.md explains the rules',
          answered: json,
        })
    })
}

/** Notes are what may be right, so that they are no findings. */
type Linted = { findings: Placed[]; sources: Map<string, string>; notes: string[]; steps: number }

const isFile = (path: string) => path.endsWith('.sql') && existsSync(path) && statSync(path).isFile()

/** A text alone, as the one step of a migration that nobody has described yet. */
async function lintFile(file: string, write: boolean | undefined): Promise<Linted> {
  if (write === true) throw new Failure(2, { what: `${file} is no folder with levelb.json, which --write needs` })
  const apply = orUsage(() => readText(file))
  const name = basename(file)
    .replace(/[^\w.-]/g, '_')
    .slice(0, 63)
  const draft: MigrationDocument = { title: name, description: name, steps: [{ name: 'sql', apply }] }
  const findings = (await lint(draft)).map((finding) => ({ ...finding, file }))
  return { findings, sources: new Map([['steps[0].apply', apply]]), notes: [], steps: 1 }
}

async function lintFolder(folder: string, write: boolean | undefined): Promise<Linted> {
  const head = join(folder, 'levelb.json')
  const next = existsSync(head) ? undefined : 'name folders of migrations: levelb lint migrations/*'
  const { draft, files, notes } = orUsage(() => readDraft(folder), next)
  const { findings: before, ...rest } = draft as { findings?: LintFindings | null } & MigrationDocument
  const now = await carriedFindings(rest as MigrationDocument)
  const isAsBefore = isDeepStrictEqual(before ?? null, now)
  const hasSteps = (draft as { steps?: unknown }).steps !== undefined
  if (write === true && hasSteps && !isAsBefore) orUsage(() => writeFindings(folder, now))
  const found = await lint({ ...rest, ...(write === true ? {} : { findings: before }) } as MigrationDocument)
  return {
    findings: found.map((finding) => ({ ...finding, file: files.get(finding.field) ?? head })),
    // Lines of levelb.json are not those of a text that stands in it.
    sources: new Map(
      documentTexts(draft)
        .map(({ path, source }): [string, string] => [fieldOf(path), source])
        .filter(([field]) => files.has(field)),
    ),
    notes: [
      ...notes,
      ...[...files]
        .filter(([field]) => field.endsWith('.apply') && !files.has(field.replace(/apply$/, 'rollback')))
        .map(([, file]) => `${file} has no rollback beside it: a policy may require it`),
      ...(write === true || before == null || isAsBefore
        ? []
        : [`the findings in ${head} are not what is found now; run levelb lint ${folder} --write`]),
    ],
    steps: ((draft as { steps?: unknown[] }).steps ?? []).length,
  }
}

function orUsage<T>(read: () => T, next?: string): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof MigrationFileError)) throw error
    throw new Failure(2, { what: error.message, ...(next === undefined ? {} : { next }) })
  }
}

/** Findings under their steps, where there are several. */
function page(findings: readonly Placed[], sources: ReadonlyMap<string, string>, steps: number): string {
  return findings
    .map((finding, nth) => {
      const { step, field } = finding
      const heading = steps > 1 && step !== null && findings[nth - 1]?.step !== step ? `step ${step}\n` : ''
      return heading + described(finding, sources.get(field))
    })
    .join('')
}

/** As compilers do it: place, message, the line, a caret under the column, the way out. */
function described(finding: Placed, source: string | undefined): string {
  const { file, rule, severity, field, line, column, object, message, hint, accepted } = finding
  const place = source === undefined || line === null ? `${file}: ${field}` : `${file}:${line}:${column}`
  const text = source?.split('\n')[(line ?? 1) - 1]?.replace(/\r$/, '')
  const shown = text === undefined || column === null || rule === 'LB014' ? [] : excerpt(text, column)
  const said = severity === 'error' ? `${rule} ${message}` : `${severity} ${rule} in ${object}: ${message}`
  const end = accepted === null ? (hint === null ? [] : [`  next: ${hint}`]) : [`  accepted: ${visible(accepted)}`]
  return `${[`${place}: ${visible(said)}`, ...shown, ...end].join('\n')}\n`
}

const visible = (text: string) => text.replace(/[^\P{C}\t]/gu, '?')

/** At most a hundred characters around the column; tabs stay, so that the caret stands under its character. */
function excerpt(text: string, column: number): string[] {
  const from = Math.max(0, column - 60)
  const characters = [...text].slice(from, from + 100)
  const before = characters.slice(0, column - 1 - from).map((character) => (character === '\t' ? '\t' : ' '))
  return [`  | ${visible(characters.join(''))}`, `  | ${before.join('')}^`]
}
