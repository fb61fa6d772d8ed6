// A migration as files: levelb.json, apply.sql, rollback.sql, verify.sql in a folder that is named like the migration.
// What the database carries out itself is levelb.json alone: its payload stands in it.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { z } from 'zod'
import type { LintFindings } from './json/lint-findings.ts'
import { MigrationDocument } from './json/migration-document.ts'
import { inWords, problems } from './json/problems.ts'
import { takenNote, withoutOuterTransaction } from './outer-transaction.ts'

/** The folder holds something else than a migration; `message` names the file and what to do. */
export class MigrationFileError extends Error {
  override name = 'MigrationFileError'
}

export type Migration = {
  migrationId: string
  document: MigrationDocument
  /** What the document has otherwise than the files: a BEGIN and COMMIT around a text, which are taken out. */
  notes: string[]
}

/** A step of levelb.json: SQL is named by file, relative to the folder; a role document stands in it. */
const StepFiles = z.strictObject({
  name: z.string(),
  apply: z.string().optional(),
  rollback: z.string().optional(),
  verify: z.string().optional(),
  roles: z.unknown().optional(),
})
type StepFiles = z.output<typeof StepFiles>

/** levelb.json is the document with file names in its steps; without steps there is one, of the folder's three files. */
const Head = z.looseObject({ kind: z.unknown().optional(), steps: z.array(StepFiles).optional() })

/**
 * Reads a migration from its folder. The text of a step is the file's bytes, so that `sha256sum apply.sql` prints the
 * step's hash. One BEGIN and COMMIT around a file become blanks, and `notes` says so with the hash.
 *
 * ```
 * 0001_take_shop/levelb.json   {"title": …, "description": …, "classes": ["owner", "acl"]}
 * 0001_take_shop/apply.sql     0001_take_shop/rollback.sql     0001_take_shop/verify.sql
 * 0002_dan_left/levelb.json    {"title": …, "description": …, "kind": "principal", "payload": {"disable": …}}
 * ```
 */
export function readMigration(folder: string, service?: string): Migration {
  const { name, draft, notes } = readDraft(folder)
  const document = MigrationDocument.safeParse(draft, { error: inWords })
  if (!document.success) throw new MigrationFileError(`${join(folder, 'levelb.json')}: ${said(document.error)}`)
  return { migrationId: service === undefined ? name : `${service}/${name}`, document: document.data, notes }
}

/** What the files say, not judged yet. */
export type Draft = {
  name: string
  draft: MigrationDocument
  /** The file of each text: `steps[0].apply` → `0001_x/apply.sql`. */
  files: Map<string, string>
  notes: string[]
}

export function readDraft(folder: string): Draft {
  const name = basename(resolve(folder))
  const head = parsed(Head, folder, text(folder, 'levelb.json'))
  if (!['sql', 'attended'].includes(String(head.kind ?? 'sql'))) {
    refuseFiles(folder, String(head.kind))
    return { name, draft: head as unknown as MigrationDocument, files: new Map(), notes: [] }
  }
  const steps: StepFiles[] = head.steps ?? [
    { name, apply: 'apply.sql', rollback: optional(folder, 'rollback.sql'), verify: optional(folder, 'verify.sql') },
  ]
  const files = new Map(
    steps.flatMap((step, index) =>
      (['apply', 'rollback', 'verify'] as const).flatMap((key): [string, string][] => {
        const file = step[key]
        return file === undefined ? [] : [[`steps[${index}].${key}`, join(folder, file)]]
      }),
    ),
  )
  const notes: string[] = []
  const read = (file: string) => {
    const source = text(folder, file)
    // Whoever carries out an attended text by hand may need its transactions.
    const taken = head.kind === 'attended' ? undefined : withoutOuterTransaction(source)
    if (taken !== undefined) notes.push(takenNote(join(folder, file), taken))
    return taken?.text ?? source
  }
  const draft = { ...head, steps: steps.map((step) => withTexts(step, read)) }
  return { name, draft: draft as unknown as MigrationDocument, files, notes }
}

/** SQL that nothing would run is a mistake about the kind; whoever reviews the folder would take it for the change. */
function refuseFiles(folder: string, kind: string): void {
  const file = ['apply.sql', 'rollback.sql', 'verify.sql'].find((each) => existsSync(join(folder, each)))
  if (file !== undefined)
    throw new MigrationFileError(
      `${join(folder, file)} has no meaning in kind ${kind}: the payload in levelb.json says all of it`,
    )
}

/** The files of a step in place of their names; whether it is a step is judged with the document. */
function withTexts({ apply, rollback, verify, ...step }: StepFiles, read: (file: string) => string) {
  return {
    ...step,
    ...(apply === undefined ? {} : { apply: read(apply) }),
    ...(rollback === undefined ? {} : { rollback: read(rollback) }),
    ...(verify === undefined ? {} : { verify: read(verify) }),
  }
}

function optional(folder: string, file: string): string | undefined {
  return existsSync(join(folder, file)) ? file : undefined
}

function text(folder: string, file: string): string {
  return readText(join(folder, file))
}

/** The text of a file, whose bytes are hashed. */
export function readText(path: string): string {
  try {
    // A byte that is no UTF-8 would be replaced silently, and then the hash is of another text than the file's.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(path))
  } catch (error) {
    const why = (error as { code?: string }).code === 'ENOENT' ? 'is missing' : 'cannot be read as UTF-8'
    throw new MigrationFileError(`${path} ${why}: a migration is a folder with levelb.json and apply.sql`, {
      cause: error,
    })
  }
}

/** Writes findings of the lint into levelb.json; the rest of it keeps its members and their order. */
export function writeFindings(folder: string, findings: LintFindings): void {
  const path = join(folder, 'levelb.json')
  const head = fromJson(path, text(folder, 'levelb.json')) as object
  writeFileSync(path, `${JSON.stringify({ ...head, findings }, null, 2)}\n`)
}

function parsed<S extends z.ZodType>(schema: S, folder: string, json: string): z.output<S> {
  const path = join(folder, 'levelb.json')
  const head = schema.safeParse(fromJson(path, json), { error: inWords })
  if (!head.success) throw new MigrationFileError(`${path}: ${said(head.error)}`)
  return head.data
}

function fromJson(path: string, json: string): unknown {
  try {
    return JSON.parse(json)
  } catch (error) {
    const { message } = error as Error
    const before = json.slice(0, placeOf(message, json)).split('\n')
    const what = message.replace(/,? (in JSON at position |\.{0,3}").*$/s, '')
    throw new MigrationFileError(`${path}:${before.length}:${(before.at(-1) ?? '').length + 1}: is no JSON: ${what}`)
  }
}

/** Where JSON.parse stopped. Of an unexpected token it names what stands around it and not the place, but the shortest
 * beginning that has the token ends with it. */
function placeOf(message: string, json: string): number {
  const said = /at position (\d+)/.exec(message)?.[1]
  if (said !== undefined) return Number(said)
  let valid = 0
  let broken = json.length
  if (!hasToken(json)) return broken
  while (broken - valid > 1) {
    const middle = (valid + broken) >> 1
    if (hasToken(json.slice(0, middle))) broken = middle
    else valid = middle
  }
  return valid
}

function hasToken(json: string): boolean {
  try {
    JSON.parse(json)
    return false
  } catch (error) {
    return (error as Error).message.startsWith('Unexpected token')
  }
}

function said(error: z.ZodError): string {
  return problems(error, 'document')
    .map(({ field, problem }) => `${field}: ${problem}`)
    .join('; ')
}
