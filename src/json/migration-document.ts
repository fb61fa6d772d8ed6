// A migration document, as `levelb.stage` takes it. Judges like levelb._check_document, which has the last word.
import { z } from 'zod'
import { Accept, acceptRules } from './accept.ts'
import { Effects } from './effects.ts'
import { Explanation } from './explanation.ts'
import { isLintRule, LintFindings } from './lint-findings.ts'
import { type Class, choice, classes, list } from './lists.ts'
import { PointerChange } from './pointer-change.ts'
import { PolicyDocument } from './policy-document.ts'
import { PrincipalChange } from './principal-change.ts'
import { inWords } from './problems.ts'
import { Protection } from './protection.ts'
import { RoleDocument } from './role-document.ts'
import { name, slug, text } from './text.ts'
import { refusedTexts } from './texts.ts'

const mebibyte = 1048576

/** SQL text, or a role document, which brings its own rollback. */
export type Step =
  | { name: string; apply: string; rollback?: string; verify?: string }
  | { name: string; roles: RoleDocument }

const sqlText = () => text(mebibyte, true).nullish()

// One object and not a union of two: a union reports at the step what is wrong in a member.
const Step = z
  .strictObject({
    name: name(),
    apply: sqlText(),
    rollback: sqlText(),
    verify: sqlText(),
    roles: RoleDocument.nullish(),
  })
  .superRefine((step, context) => {
    if ((step.roles ?? null) === null) {
      if ((step.apply ?? null) === null) context.addIssue({ code: 'custom', path: ['apply'], message: 'is required' })
      return
    }
    for (const key of ['apply', 'rollback', 'verify'] as const)
      if ((step[key] ?? null) !== null)
        context.addIssue({ code: 'custom', path: [key], message: 'cannot stand beside roles' })
  }) as unknown as z.ZodType<Step, Step>

const Steps = z
  .array(Step)
  .min(1)
  .max(100)
  .superRefine((steps, context) => {
    const names = steps.map((step) => step.name)
    const second = names.findIndex((each, index) => names.indexOf(each) < index)
    if (second >= 0)
      context.addIssue({ code: 'custom', path: [second, 'name'], message: `${names[second]} is given twice` })
  })

function wrongSearchPath(value: string): string | undefined {
  const schemas = value.split(',').map((schema) => schema.replace(/^ +| +$/g, ''))
  for (const schema of schemas) {
    if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema)) return `"${schema}" is not a plain schema name`
    if (schema.startsWith('pg_') && !['pg_catalog', 'pg_temp'].includes(schema)) return `${schema} cannot be named here`
    if (schemas.indexOf(schema) !== schemas.lastIndexOf(schema)) return `${schema} is given twice`
    if (schema === 'pg_temp' && schemas.at(-1) !== 'pg_temp') return 'pg_temp must come last'
  }
  return undefined
}

const SearchPath = text(1000).superRefine((value, context) => {
  const message = wrongSearchPath(value)
  if (message !== undefined) context.addIssue({ code: 'custom', message })
})

const local = String.raw`^[1-9]\d{3}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.(\d{1,6}))?`
const withoutOffset = new RegExp(`${local}$`)
const withOffset = new RegExp(`${local}(Z|[+-](0\\d|1[0-4]):[0-5]\\d)$`)

function wrongTime(value: string): string | undefined {
  if (withoutOffset.test(value)) return 'needs an offset, for instance 2026-11-01T08:00:00Z'
  if (!withOffset.test(value)) return 'must be a time with an offset, for instance 2026-11-01T08:00:00Z'
  const day = value.slice(0, 10)
  const parsed = new Date(`${day}T00:00:00Z`)
  const exists = !Number.isNaN(parsed.valueOf()) && parsed.toISOString().startsWith(day)
  return exists ? undefined : 'is not a day of the calendar'
}

const Time = z.string().superRefine((value, context) => {
  const message = wrongTime(value)
  if (message !== undefined) context.addIssue({ code: 'custom', message })
})

/** Date has milliseconds; the database compares microseconds. */
function microseconds(time: string): bigint {
  const fraction = withOffset.exec(time)?.[2] ?? ''
  const seconds = Date.parse(fraction === '' ? time : time.replace(`.${fraction}`, ''))
  return BigInt(seconds) * 1000n + BigInt(fraction.padEnd(6, '0'))
}

/** What the database carries out itself, by kind: a payload instead of steps. */
const payloads = {
  policy: PolicyDocument,
  principal: PrincipalChange,
  pointer: PointerChange,
  explain: Explanation,
  protect: Protection,
}
type Native = keyof typeof payloads
const isNative = (kind: unknown): kind is Native => typeof kind === 'string' && Object.hasOwn(payloads, kind)

type Common = {
  title: string
  description: string
  /** Ticket or operational-tool id. */
  change_ref?: string | null | undefined
  /** Left out it claims all classes; of a native kind they are known. */
  classes?: Class[] | null | undefined
  depends_on?: string[] | null | undefined
  not_before?: string | null | undefined
  not_after?: string | null | undefined
  effects?: Effects | null | undefined
}

export type MigrationDocument =
  | (Common & {
      /** attended: what only a superuser can run, and does, under break-glass. */
      kind?: 'sql' | 'attended' | null | undefined
      search_path?: string | null | undefined
      accept?: Accept | null | undefined
      /** What `levelb lint --write` found. */
      findings?: LintFindings | null | undefined
      steps: Step[]
    })
  | {
      [K in Native]: Common & { kind: K; payload: z.output<(typeof payloads)[K]> } & (K extends 'protect'
          ? { accept?: Accept | null | undefined }
          : unknown)
    }[Native]

function nativeClasses(kind: Native, payload: unknown): Class[] {
  const { expected, target, effects, incidents, schemas } = (payload ?? {}) as {
    expected?: unknown
    target?: unknown
    effects?: Effects
    incidents?: number[] | null
    schemas?: Protection['schemas']
  }
  if (schemas?.some(({ level }) => level === 'full')) return ['acl', 'governance', 'owner']
  if (kind === 'explain') {
    const own: Class[] = (incidents ?? null) === null ? [] : ['governance']
    return [...new Set([...(effects ?? []).map((effect) => effect.class), ...own])].sort()
  }
  return kind === 'pointer' && (expected ?? null) !== null && (target ?? null) !== null ? ['repoint'] : ['governance']
}

// One object and not a union of kinds, for the same reason as with steps.
export const MigrationDocument = z
  .strictObject({
    title: text(200),
    description: text(16384, true),
    change_ref: text(200).nullish(),
    kind: choice(['sql', 'attended', 'policy', 'principal', 'pointer', 'explain', 'protect']).nullish(),
    classes: list(choice(classes), 1, 10).nullish(),
    search_path: SearchPath.nullish(),
    depends_on: list(slug(), 0, 100).nullish(),
    not_before: Time.nullish(),
    not_after: Time.nullish(),
    accept: Accept.nullish(),
    effects: Effects.nullish(),
    findings: LintFindings.nullish(),
    steps: Steps.nullish(),
    payload: z.unknown().optional(),
  })
  .superRefine((document, context) => {
    const { kind, not_before: from, not_after: until } = document
    const refuse = (path: PropertyKey[], message: string) => context.addIssue({ code: 'custom', path, message })
    const others =
      kind === 'protect'
        ? (['search_path', 'findings', 'steps'] as const)
        : (['search_path', 'accept', 'findings', 'steps'] as const)
    for (const key of isNative(kind) ? others : (['payload'] as const))
      if ((document[key] ?? null) !== null) refuse([key], `has no meaning in kind ${kind ?? 'sql'}`)
    const judgeTexts = () => {
      for (const { path, code, message } of refusedTexts(document))
        context.addIssue({ code: 'custom', path: [...path], message, params: { code } })
    }
    const judgeFindings = () => {
      for (const [index, { step, part }] of (document.findings ?? []).entries())
        if (
          !(document.steps ?? []).some(
            (each) => each.name === step && ((each as Record<string, unknown>)[part] ?? null) !== null,
          )
        )
          refuse(['findings', index, 'step'], 'is no step of the document, or has no such part')
    }
    const judgeAttended = () => {
      for (const [index, step] of (document.steps ?? []).entries())
        for (const key of ['verify', 'roles'] as const)
          if (((step as Record<string, unknown>)[key] ?? null) !== null)
            refuse(['steps', index, key], 'has no meaning in kind attended: a superuser runs its text')
      if ((document.effects ?? []).some((effect) => effect.class === 'governance'))
        refuse(['effects'], "names levelb's own objects: no attended migration changes them")
    }
    const known = (time: typeof from): time is string => time != null && wrongTime(time) === undefined
    if (known(from) && known(until) && microseconds(from) >= microseconds(until))
      refuse(['not_after'], 'must be later than not_before')
    if (!isNative(kind)) {
      if ((document.steps ?? null) === null) refuse(['steps'], 'is required')
      judgeFindings()
      if (kind === 'attended') judgeAttended()
      judgeTexts()
      return
    }
    // no author wrote its text
    for (const [index, { rule }] of (document.accept ?? []).entries())
      if (isLintRule(rule)) refuse(['accept', index, 'rule'], `must be one of ${acceptRules.join(', ')}`)
    if ((document.payload ?? null) === null) return refuse(['payload'], 'is required')
    const judged = payloads[kind].safeParse(document.payload, { error: inWords })
    for (const issue of judged.error?.issues ?? [])
      context.addIssue({ ...issue, path: ['payload', ...issue.path] } as never)
    if (document.classes != null && judged.success) {
      const only = nativeClasses(kind, judged.data)
      if (String([...document.classes].sort()) !== String(only))
        refuse(['classes'], `is ${JSON.stringify(only)} in this document; leave it out`)
    }
    judgeTexts()
  }) as unknown as z.ZodType<MigrationDocument, MigrationDocument>
