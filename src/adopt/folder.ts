// The folder that adopting leaves: every file, or none.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { migrationDocument, migrationName, policyDraft, principalsDraft } from './drafts.ts'
import type { Plan } from './plan.ts'
import type { Present } from './present.ts'
import { type Scripts, scriptsOf } from './script.ts'

/** Path below the folder, and text. */
export type File = { path: string; text: string }

export function filesOf(present: Present, plan: Plan): File[] {
  const scripts: Scripts = scriptsOf(present, plan)
  const file = (path: string, text: string | null) => (text === null ? [] : [{ path, text }])
  const json = (path: string, document: object) => file(path, `${JSON.stringify(document, null, 2)}\n`)
  const isNew = present.levelb?.isBootstrapped !== true
  return [
    ...file('01-superuser.sql', scripts.superuser),
    ...(isNew ? json('policy.json', policyDraft(present, plan)) : []),
    ...(isNew ? json('principals.json', principalsDraft()) : []),
    ...json(join('migrations', migrationName(present, plan), 'levelb.json'), migrationDocument(plan)),
    ...file('02-lend.sql', scripts.lend),
    ...file('03-take-back.sql', scripts.takeBack),
    ...file('99-way-back.sql', scripts.wayBack),
  ]
}

/** Those that are there already; nothing is written over them unasked. */
export function existing(folder: string, files: readonly File[]): string[] {
  return files.map(({ path }) => join(folder, path)).filter((path) => existsSync(path))
}

export function write(folder: string, files: readonly File[]): string[] {
  return files.map(({ path, text }) => {
    const target = join(folder, path)
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, text)
    return target
  })
}
