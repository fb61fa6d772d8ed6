// The migrations of the packages: what each says itself, and what has to be done with it to make a migration of levelb.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'libpg-query'
import { readDraft } from '../../src/migration.ts'

/** What of a document is made here. */
export type Document = {
  title: string
  description: string
  search_path: string
  steps: { name: string; apply: string; rollback?: string; verify?: string }[]
}

export type Change = {
  package: string
  /** As the package calls it. */
  name: string
  /** As levelb does: `types/0002_attachment`. */
  migrationId: string
  document: Document
  /** Texts that had a BEGIN and COMMIT around them. */
  pairs: number
  hasRollback: boolean
  /** Whether the package's verify script stands in the document; null where it has none. */
  verified: boolean | null
}

/** In the order in which they need each other. */
export const pgpm = [
  'verify',
  'types',
  'base32',
  'inflection',
  'database-jobs',
  'metaschema-schema',
  'services',
  'metaschema-modules',
].map((name) => `@pgpm/${name}`)

export const packages = [...pgpm, 'graphile-worker']

const inPackage = (name: string, ...path: string[]) => join(import.meta.dirname, 'node_modules', name, ...path)
const read = (path: string) => readFileSync(path, 'utf8')

function readIfThere(path: string): string | undefined {
  try {
    return read(path)
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return undefined
    throw error
  }
}

/** As the package has them. */
type Texts = { name: string; apply: string; rollback?: string; verify?: string; hasVerify: boolean }

export async function textsOf(name: string): Promise<Texts[]> {
  return name === 'graphile-worker' ? ofGraphileWorker(name) : await ofPlan(name)
}

export async function changesOf(name: string): Promise<Change[]> {
  return (await textsOf(name)).map((each, index) => asChange(name, index, each))
}

/** A line of pgpm.plan is the change, in brackets what it requires, and who wrote it when; `@` begins a tag. */
async function ofPlan(name: string): Promise<Texts[]> {
  const lines = read(inPackage(name, 'pgpm.plan')).split('\n')
  const names = lines.flatMap((line) => /^[^%#@\s]\S*/.exec(line)?.[0] ?? [])
  return Promise.all(
    names.map(async (change) => {
      const script = readIfThere(inPackage(name, 'verify', `${change}.sql`))
      // of @pgpm/verify they call what its later changes make
      const verify = script === undefined || name === '@pgpm/verify' ? undefined : await asVerify(script)
      return {
        name: change,
        apply: read(inPackage(name, 'deploy', `${change}.sql`)),
        rollback: read(inPackage(name, 'revert', `${change}.sql`)),
        ...(verify === undefined ? {} : { verify }),
        hasVerify: script !== undefined,
      }
    }),
  )
}

function ofGraphileWorker(name: string): Texts[] {
  return readdirSync(inPackage(name, 'sql'))
    .sort()
    .map((file) => ({
      name: file,
      // as its own migrate.js does
      apply: read(inPackage(name, 'sql', file)).replace(/:GRAPHILE_WORKER_SCHEMA\b/g, '"graphile_worker"'),
      hasVerify: false,
    }))
}

/**
 * A verify script of pgpm passes when nothing in it raises, and ends with ROLLBACK; a verify text of levelb is one query
 * that is true. Where each statement of it is a call that returns true, that is the same; else it is left out.
 */
async function asVerify(script: string): Promise<string | undefined> {
  const bytes = Buffer.from(script)
  const { stmts = [] } = await parse(script)
  const checks = stmts
    .filter(({ stmt }) => !('TransactionStmt' in (stmt as object)))
    .map(({ stmt, stmt_location: from = 0, stmt_len: length }) => ({
      isCheck:
        /^\{"SelectStmt":\{"targetList":\[\{"ResTarget":\{"val":\{"FuncCall":[^[]*\[[^\]]*"(?:verify_|has_)/.test(
          JSON.stringify(stmt),
        ),
      text: bytes
        .subarray(from, length === undefined ? undefined : from + length)
        .toString()
        .replace(/^(?:\s|--[^\n]*\n)+/, ''),
    }))
  if (checks.length === 0 || checks.some(({ isCheck }) => !isCheck)) return undefined
  return `select ${checks.map(({ text }) => `(${text})`).join('\n   and ')}\n`
}

/** Through a folder, as people bring theirs: BEGIN and COMMIT are taken out there. */
function asChange(name: string, index: number, { name: change, hasVerify, ...texts }: Texts): Change {
  const folder = mkdtempSync(join(tmpdir(), 'levelb-corpus-'))
  try {
    const path = join(folder, slug(index, change))
    mkdirSync(path)
    writeFileSync(join(path, 'levelb.json'), JSON.stringify(head(name, change)))
    for (const [key, text] of Object.entries(texts)) writeFileSync(join(path, `${key}.sql`), text)
    const { name: id, draft, notes } = readDraft(path)
    return {
      package: name,
      name: change,
      migrationId: `${name.replace('@pgpm/', '')}/${id}`,
      document: draft as unknown as Document,
      pairs: notes.length,
      hasRollback: texts.rollback !== undefined,
      verified: hasVerify ? texts.verify !== undefined : null,
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** `0007_get_entity_from_str`: the number is the place in the plan. */
function slug(index: number, change: string): string {
  const [last = '', ...before] = change
    .replace(/\.sql$/, '')
    .split('/')
    .reverse()
  const word = /^(?:table|schema)$/.test(last) ? [before[0], last].filter(Boolean).join('_') : last
  return `${String(index + 1).padStart(4, '0')}_${word.slice(0, 40)}`.toLowerCase()
}

const head = (name: string, change: string) => ({
  title: `${name} ${change}`,
  description: `As ${name} has it.`,
  // what a session has that says nothing
  search_path: 'public',
})
