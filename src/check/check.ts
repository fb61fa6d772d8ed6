// One migration carried out for real where nothing is lost: activated, rolled back for real, activated again.
import { basename, join } from 'node:path'
import { z } from 'zod'
import {
  type Activation,
  activate,
  approve,
  type Rehearsal,
  rehearseLive,
  stage,
  stageRollback,
} from '../../generated/index.ts'
import { arrayLiteral } from '../array-text.ts'
import { LevelbError } from '../errors.ts'
import { Effects } from '../json/effects.ts'
import type { MigrationDocument } from '../json/migration-document.ts'
import { RehearsalWarnings } from '../json/rehearsal-warnings.ts'
import { RehearsedLocks } from '../json/rehearsed-locks.ts'
import { RehearsedStatements } from '../json/rehearsed-statements.ts'
import { Finding, lint } from '../lint/lint.ts'
import { MigrationFileError, readDraft, readMigration } from '../migration.ts'
import { effectsDifference, type Said, saidOf } from './difference.ts'
import type { Stand } from './stand.ts'

const Problem = z.object({
  /** What was done then: `stage`, `activate`, `roll back`, `activate again`. */
  during: z.string(),
  code: z.string(),
  message: z.string(),
  hint: z.string().nullable(),
  /** What levelb says besides, where it is no difference. */
  detail: z.string().nullable(),
  /** As lines of a diff: `-` was expected and did not happen, `+` happened and was not expected. */
  difference: z.array(z.string()),
})
export type Problem = z.output<typeof Problem>

export const Checked = z.object({
  migration_id: z.string(),
  folder: z.string(),
  title: z.string(),
  description: z.string(),
  kind: z.string(),
  /** `differs`: carried out, and its effects are not those that levelb.json says. `skipped`: needs people. */
  outcome: z.enum(['passed', 'differs', 'failed', 'skipped']),
  findings: z.array(Finding.extend({ file: z.string() })),
  notes: z.array(z.string()),
  problem: Problem.nullable(),
  milliseconds: z.number().nullable(),
  /** Null where it was not carried out. */
  effects: Effects.nullable(),
  effect_lines: z.array(z.string()),
  /** Between levelb.json (`-`) and what happened (`+`); null where the file says none, or nothing happened. */
  effects_difference: z.array(z.string()).nullable(),
  written: z.boolean(),
  /** Each with the file and line of its first word. */
  statements: z.array(RehearsedStatements.element.extend({ place: z.string() })),
  /** Null where they were not measured: a note says why. */
  locks: RehearsedLocks.nullable(),
  warnings: RehearsalWarnings,
  /** Null where it was not tried: nothing to roll back, or a step without a rollback. */
  rollback_restored: z.boolean().nullable(),
})
export type Checked = z.output<typeof Checked>

/** Kinds that change who decides: on a stand the people are others, and they would decide for the rest of the run. */
const skipped: Record<string, string> = {
  policy: 'it would be the policy of this check',
  principal: 'its people are not here',
  explain: 'there is no drift here to answer for',
  attended: 'a superuser runs it, under break-glass',
}

export async function checkMigration(stand: Stand, folder: string): Promise<Checked> {
  const { name, draft, files } = readDraft(folder)
  const head = join(folder, 'levelb.json')
  const report: Checked = {
    migration_id: name,
    folder,
    title: String(draft.title ?? ''),
    description: String(draft.description ?? ''),
    kind: String(draft.kind ?? 'sql'),
    outcome: 'passed',
    findings: (await lint(draft)).map((finding) => ({ ...finding, file: files.get(finding.field) ?? head })),
    notes: [],
    problem: null,
    milliseconds: null,
    effects: null,
    effect_lines: [],
    effects_difference: null,
    written: false,
    statements: [],
    locks: null,
    warnings: [],
    rollback_restored: null,
  }
  let document: MigrationDocument
  try {
    document = readMigration(folder).document
  } catch (error) {
    if (!(error instanceof MigrationFileError)) throw error
    return failed(report, {
      during: 'read',
      code: 'LB001',
      message: error.message,
      hint: null,
      detail: null,
      difference: [],
    })
  }
  const why = skipped[report.kind]
  if (why !== undefined) return { ...report, outcome: 'skipped', notes: [`kind ${report.kind} is not tried: ${why}`] }
  return tried(stand, report, document, files)
}

/** What to do here, where levelb speaks of the database that people work with. */
function nextStep({ code, message, hint }: LevelbError, during: string, differs: boolean): string | null {
  // a structure names only roles that own something or have rights
  const role = code === '42704' ? /^role "(.+)" does not exist$/.exec(message)?.[1] : undefined
  if (role !== undefined) return `where there is such a role, say so: --role ${role}`
  if (code === 'LB003') return 'this shadow holds it from before: take a new one'
  if (code === 'LB303' && during === 'activate again' && differs)
    return 'it does not do the same twice: let the text say each name that it makes'
  return hint ?? null
}

const failed = (report: Checked, problem: Problem): Checked => ({ ...report, outcome: 'failed', problem })

/**
 * The trial has a name of its own, since what was rolled back cannot be activated again; the second activation has the
 * real one and the effects of the first, which it must produce again.
 */
async function tried(
  stand: Stand,
  report: Checked,
  document: MigrationDocument,
  files: ReadonlyMap<string, string>,
): Promise<Checked> {
  const trial = `check/${report.migration_id}`
  let during = 'stage'
  try {
    await staged(stand, trial, await bare(stand, document, document.effects == null))
    const rehearsal =
      report.kind === 'sql' ? await rehearse(stand, trial, report, (each) => placeIn(document, files, each)) : undefined
    during = 'activate'
    const proof = await activate(stand.urlOf('operator'), { migrationId: trial }, { timeoutMs: 600_000 })
    await takeEffects(stand, report, document, proof)

    const without = stepsWithoutRollback(document)
    if (without.length > 0) {
      report.notes.push(`no rollback: ${without.join(', ')}`)
      return report
    }
    during = 'roll back'
    report.rollback_restored = false
    const { migrationId, manifestHash: hash } = await stageRollback(stand.as('operator'), {
      migrationId: trial,
      reason: 'levelb check',
    })
    await approve(stand.as('approver'), { migrationId, manifestHash: hash })
    await activate(stand.urlOf('operator'), { migrationId }, { timeoutMs: 600_000 })
    // the order of columns is seen by a rehearsal alone
    if (rehearsal?.code === 'LB310') return failed(report, await unrestored(stand, rehearsal))
    report.rollback_restored = true

    during = 'activate again'
    await staged(stand, report.migration_id, { ...(await bare(stand, document, true)), effects: proof.effects })
    await activate(stand.urlOf('operator'), { migrationId: report.migration_id }, { timeoutMs: 600_000 })
    return report
  } catch (error) {
    if (!(error instanceof LevelbError)) throw error
    const difference = await saidOf(stand.root, error.detail)
    return failed(report, {
      during,
      code: error.code,
      message: error.message,
      hint: nextStep(error, during, difference.length > 0),
      detail: error.detail === undefined || difference.length > 0 ? null : JSON.stringify(error.detail),
      difference: difference.map(({ sign, text }) => `${sign} ${text}`),
    })
  }
}

async function staged(stand: Stand, migrationId: string, document: MigrationDocument): Promise<void> {
  const { manifestHash } = await stage(stand.as('author'), { migrationId, document })
  await approve(stand.as('approver'), { migrationId, manifestHash })
}

/**
 * Without what only holds elsewhere: times, and migrations that were carried out before this run. Without effects, so
 * that they can be found out; a document that says effects need not claim their classes.
 */
async function bare(stand: Stand, document: MigrationDocument, keepsClasses: boolean): Promise<MigrationDocument> {
  const { effects: _, not_before: __, not_after: ___, depends_on, classes, ...rest } = document
  const rows = await stand.root`
    select a.migration_id::text as id from levelb.proof a where a.migration_id = any(${arrayLiteral(depends_on ?? [])}::text::text[])`
  const here = rows.map((row) => String(row.id))
  return {
    ...rest,
    ...(here.length > 0 ? { depends_on: here } : {}),
    ...(keepsClasses && classes != null ? { classes } : {}),
  } as MigrationDocument
}

/** What statements took and locked; where it is refused, for what a rollback does not undo, the real run says the rest. */
async function rehearse(
  stand: Stand,
  migrationId: string,
  report: Checked,
  place: (statement: RehearsedStatements[number]) => string,
): Promise<Rehearsal | undefined> {
  try {
    const record = await rehearseLive(stand.urlOf('operator'), { migrationId }, { timeoutMs: 600_000 })
    if (record.effectsHash === null) {
      report.notes.push(`no times and locks of statements: ${record.code} ${record.reason}`)
      return record
    }
    report.statements = record.statements.map((each) => ({ ...each, place: place(each) }))
    report.locks = record.locks
    report.warnings = record.warnings
    return record
  } catch (error) {
    if (!(error instanceof LevelbError)) throw error
    report.notes.push(`no times and locks of statements: ${error.code} ${error.message}`)
    return undefined
  }
}

async function unrestored(stand: Stand, { code, reason, error, rollbackDifference }: Rehearsal): Promise<Problem> {
  const difference = await saidOf(stand.root, rollbackDifference)
  return {
    during: 'roll back',
    code: code ?? '',
    message: reason ?? '',
    hint: error?.hint ?? null,
    detail: difference.length > 0 ? null : (error?.detail ?? null),
    difference: difference.map(({ sign, text }) => `${sign} ${text}`),
  }
}

/** Positions count characters as PostgreSQL does; the text of one step is asked for each of its statements. */
function lineAt(text: string, position: number): number {
  let starts = lineStarts.get(text)
  if (starts === undefined) {
    starts = [1]
    let at = 0
    for (const character of text) {
      at++
      if (character === '\n') starts.push(at + 1)
    }
    lineStarts.clear()
    lineStarts.set(text, starts)
  }
  const after = starts.findIndex((start) => start > position)
  return after < 0 ? starts.length : after
}
const lineStarts = new Map<string, number[]>()

/** `apply.sql:4` */
function placeIn(
  document: MigrationDocument,
  files: ReadonlyMap<string, string>,
  { step, part, position }: RehearsedStatements[number],
): string {
  const texts = 'steps' in document ? document.steps[step - 1] : undefined
  const text = texts !== undefined && 'apply' in texts ? (texts[part] ?? '') : ''
  const line = lineAt(text, position)
  return `${basename(files.get(`steps[${step - 1}].${part}`) ?? `step ${step}`)}:${line}`
}

async function takeEffects(stand: Stand, report: Checked, document: MigrationDocument, proof: Activation) {
  report.milliseconds = Date.parse(proof.finishedAt) - Date.parse(proof.startedAt)
  report.effects = proof.effects
  const happened: Said[] = await effectsDifference(stand.root, [], proof.effects)
  report.effect_lines = happened.map(({ text }) => text)
  if (document.effects == null) return
  const difference = await effectsDifference(stand.root, Effects.parse(document.effects), proof.effects)
  report.effects_difference = difference.map(({ sign, text }) => `${sign} ${text}`)
  if (difference.length > 0) report.outcome = 'differs'
}

function stepsWithoutRollback(document: MigrationDocument): string[] {
  if (!('steps' in document)) return []
  return document.steps.flatMap((step) => ('roles' in step || step.rollback != null ? [] : [`step ${step.name}`]))
}
