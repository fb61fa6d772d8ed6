// A migration as files: levelb.json, apply.sql, rollback.sql, verify.sql in a folder that is named like the migration.
import { existsSync, readFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { z } from 'zod'
import { MigrationDocument } from './json/migration-document.ts'
import { problems } from './json/problems.ts'

/** The folder holds something else than a migration; `message` names the file and what to do. */
export class MigrationFileError extends Error {
  override name = 'MigrationFileError'
}

export type Migration = {
  migrationId: string
  document: MigrationDocument
}

/** A step of levelb.json: SQL is named by file, relative to the folder; a role document stands in it. */
const StepFiles = z.union([
  z.strictObject({
    name: z.string(),
    apply: z.string(),
    rollback: z.string().optional(),
    verify: z.string().optional(),
  }),
  z.strictObject({ name: z.string(), roles: z.unknown() }),
])

/** levelb.json is the document with file names in its steps; without steps there is one, of the folder's three files. */
const Head = z.looseObject({ steps: z.array(StepFiles).optional() })

/**
 * Reads a migration from its folder. The text of a step is the file's bytes, so that `sha256sum apply.sql` prints the
 * step's hash.
 *
 * ```
 * 0001_take_shop/levelb.json   {"title": …, "description": …, "classes": ["owner", "acl"]}
 * 0001_take_shop/apply.sql     0001_take_shop/rollback.sql     0001_take_shop/verify.sql
 * ```
 */
export function readMigration(folder: string, service?: string): Migration {
  const name = basename(resolve(folder))
  const head = parsed(Head, folder, text(folder, 'levelb.json'))
  const steps = head.steps ?? [
    { name, apply: 'apply.sql', rollback: optional(folder, 'rollback.sql'), verify: optional(folder, 'verify.sql') },
  ]
  const document = MigrationDocument.safeParse({
    ...head,
    steps: steps.map((step) => ('roles' in step ? step : withTexts(folder, step))),
  })
  if (!document.success) throw new MigrationFileError(`${join(folder, 'levelb.json')}: ${said(document.error)}`)
  return { migrationId: service === undefined ? name : `${service}/${name}`, document: document.data }
}

function withTexts(
  folder: string,
  step: { name: string; apply: string; rollback?: string | undefined; verify?: string | undefined },
) {
  return {
    name: step.name,
    apply: text(folder, step.apply),
    ...(step.rollback === undefined ? {} : { rollback: text(folder, step.rollback) }),
    ...(step.verify === undefined ? {} : { verify: text(folder, step.verify) }),
  }
}

function optional(folder: string, file: string): string | undefined {
  return existsSync(join(folder, file)) ? file : undefined
}

function text(folder: string, file: string): string {
  const path = join(folder, file)
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

function parsed<S extends z.ZodType>(schema: S, folder: string, json: string): z.output<S> {
  const path = join(folder, 'levelb.json')
  try {
    return schema.parse(JSON.parse(json))
  } catch (error) {
    const why = error instanceof z.ZodError ? said(error) : (error as Error).message
    throw new MigrationFileError(`${path}: ${why}`, { cause: error })
  }
}

function said(error: z.ZodError): string {
  return problems(error, 'document')
    .map(({ field, problem }) => `${field}: ${problem}`)
    .join('; ')
}
