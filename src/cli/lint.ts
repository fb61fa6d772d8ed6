// levelb lint: what the database will refuse of a migration, and what only a parser sees, before it is staged.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { fieldOf } from '../json/problems.ts'
import { documentTexts } from '../json/texts.ts'
import { Finding, lint } from '../lint/lint.ts'
import { MigrationFileError, readDraft } from '../migration.ts'
import { command } from './command.ts'
import { Failure } from './failure.ts'
import { printJson } from './read.ts'

const Placed = Finding.extend({ file: z.string() })
type Placed = z.output<typeof Placed>

export const LintOutput = z.object({ folders: z.int(), findings: z.array(Placed) })
export type LintOutput = z.output<typeof LintOutput>

export function lintCommand() {
  return command('lint', 'Say what the database would refuse of migrations; needs no database.', [
    'levelb lint migrations/0001_report',
    'levelb lint migrations/* --json',
  ])
    .argument('<dir...>', 'folders with levelb.json and apply.sql')
    .action(async (folders, { json }) => {
      const results = await Promise.all(folders.map(lintFolder))
      for (const { notes } of results) for (const note of notes) process.stderr.write(`levelb: note: ${note}\n`)
      const findings = results.flatMap(({ findings }) => findings)
      if (json) {
        printJson(LintOutput.parse({ folders: folders.length, findings }))
      } else {
        for (const { findings, sources } of results)
          for (const finding of findings) process.stdout.write(described(finding, sources.get(finding.field)))
      }
      if (findings.length > 0)
        throw new Failure(1, {
          what: `${findings.length} ${findings.length === 1 ? 'finding' : 'findings'} in ${folders.length} ${folders.length === 1 ? 'folder' : 'folders'}`,
          next: 'docs/lint.md explains the rules',
          answered: json,
        })
    })
}

/** Notes are what may be right, so that they are no findings. */
type Linted = { findings: Placed[]; sources: Map<string, string>; notes: string[] }

async function lintFolder(folder: string): Promise<Linted> {
  const head = join(folder, 'levelb.json')
  try {
    const { draft, files } = readDraft(folder)
    const found = await lint(draft)
    return {
      findings: found.map((finding) => ({ ...finding, file: files.get(finding.field) ?? head })),
      // Lines of levelb.json are not those of a text that stands in it.
      sources: new Map(
        documentTexts(draft)
          .map(({ path, source }): [string, string] => [fieldOf(path), source])
          .filter(([field]) => files.has(field)),
      ),
      notes: [...files]
        .filter(([field]) => field.endsWith('.apply') && !files.has(field.replace(/apply$/, 'rollback')))
        .map(([, file]) => `${file} has no rollback beside it: a policy may require it`),
    }
  } catch (error) {
    if (!(error instanceof MigrationFileError)) throw error
    const next = existsSync(head) ? undefined : 'name folders of migrations: levelb lint migrations/*'
    throw new Failure(2, { what: error.message, next })
  }
}

/** As compilers do it: place, message, the line, a caret under the column, the way out. */
function described({ file, rule, field, line, column, message, hint }: Placed, source: string | undefined): string {
  const place = source === undefined || line === null ? `${file}: ${field}` : `${file}:${line}:${column}`
  const text = source?.split('\n')[(line ?? 1) - 1]?.replace(/\r$/, '')
  const shown = text === undefined || column === null || rule === 'LB014' ? [] : excerpt(text, column)
  return `${[`${place}: ${rule} ${message}`, ...shown, ...(hint === null ? [] : [`  next: ${hint}`])].join('\n')}\n`
}

/** At most a hundred characters around the column; tabs stay, so that the caret stands under its character. */
function excerpt(text: string, column: number): string[] {
  const from = Math.max(0, column - 60)
  const characters = [...text].slice(from, from + 100)
  const before = characters.slice(0, column - 1 - from).map((character) => (character === '\t' ? '\t' : ' '))
  return [`  | ${characters.join('').replace(/[^\P{C}\t]/gu, '?')}`, `  | ${before.join('')}^`]
}
