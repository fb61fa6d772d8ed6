// Everything that can be said of a migration before it is staged: what the database will refuse, and what only a
// parser of SQL sees. The database has the last word.
import { z } from 'zod'
import type { Accept } from '../json/accept.ts'
import { isLintRule, type Part, parts } from '../json/lint-findings.ts'
import { MigrationDocument } from '../json/migration-document.ts'
import { fieldOf, inWords, problems } from '../json/problems.ts'
import { findSecret } from '../json/secrets.ts'
import type { TextFinding } from '../json/statements.ts'
import { findHidden } from '../json/text.ts'
import { documentTexts } from '../json/texts.ts'
import { ruleFindings } from './findings.ts'
import { rules } from './rules/rules.ts'
import { statementFindings } from './statements.ts'

export const Finding = z.object({
  /** `LB011`, `index-not-concurrent` */
  rule: z.string(),
  /** error: the database refuses it. warning: it is not to be done, or accepted. notice: it is to be known. */
  severity: z.enum(['error', 'warning', 'notice']),
  /** `steps[0].apply` */
  field: z.string(),
  /** In characters from 1; null where the whole field is meant. */
  position: z.int().nullable(),
  line: z.int().nullable(),
  column: z.int().nullable(),
  /** Name of the step, and which of its texts. */
  step: z.string().nullable(),
  part: z.enum(parts).nullable(),
  /** What an acceptance names. */
  object: z.string().nullable(),
  /** Why it is a finding. */
  message: z.string(),
  /** The way out. */
  hint: z.string().nullable(),
  /** The reason of the document's acceptance. */
  accepted: z.string().nullable(),
})
export type Finding = z.output<typeof Finding>

const titles: Record<string, string> = {
  LB006: 'holds a character that readers cannot see',
  LB011: 'cannot run in the channel',
  LB014: 'holds a secret',
}

/** Of `steps[0].apply`: 0, and the part. */
function stepOf(field: string): { index: number; part: Part | null } {
  const [, index, part] = /^steps\[(\d+)\](?:\.(\w+))?/.exec(field) ?? []
  return { index: Number(index ?? -1), part: parts.find((each) => each === part) ?? null }
}

const nowhere = { position: null, line: null, column: null }
const general = { severity: 'error', object: null, accepted: null } as const

function place(source: string, at: number) {
  const before = source.slice(0, at)
  const lines = before.split('\n')
  return { position: [...before].length + 1, line: lines.length, column: [...(lines.at(-1) ?? '')].length + 1 }
}

/** What is wrong with a document, in its order; empty when nothing is known. `accept` of the document is respected. */
export async function lint(document: MigrationDocument): Promise<Finding[]> {
  const parsed = MigrationDocument.safeParse(document, { error: inWords })
  const said = parsed.error === undefined ? [] : problems(parsed.error, 'document')
  const { steps, accept } = document as { steps?: { name: string }[] | null; accept?: Accept | null }
  const inStep = (field: string) => {
    const { index, part } = stepOf(field)
    return { step: steps?.[index]?.name ?? null, part }
  }
  const refused = (rule: string, field: string, source: string, { at, reason, hint }: TextFinding): Finding => ({
    ...{ ...general, rule, field, ...inStep(field), ...place(source, at) },
    ...{ message: `${titles[rule]}: ${reason}`, hint },
  })
  const findings: Finding[] = said
    .filter(({ code }) => titles[code] === undefined)
    .map(({ code, field, problem }) => ({
      ...{ ...general, rule: code, field, ...inStep(field), ...nowhere },
      ...{ message: problem, hint: null },
    }))
  const texts = documentTexts(document)
  for (const { path, source, isSql, required } of texts) {
    const field = fieldOf(path)
    const hidden = findHidden(source, isSql || field === 'description')
    if (hidden !== undefined) findings.push(refused('LB006', field, source, hidden))
    const secret = findSecret(source)
    if (secret !== undefined && said.some(({ code, field: where }) => code === 'LB014' && where === field))
      findings.push(refused('LB014', field, source, secret))
    if (!isSql) continue
    for (const finding of await statementFindings(source, required, document.kind === 'attended'))
      findings.push(refused('LB011', field, source, finding))
  }
  const sources = new Map(texts.map(({ path, source }) => [fieldOf(path), source]))
  const used = new Set<string>()
  for (const { rule, step, part, object, at } of await ruleFindings(document)) {
    const field = `steps[${step}].${part}`
    const accepted = accept?.find((each) => each.rule === `lint:${rule.id}` && each.object === object)
    if (accepted !== undefined) used.add(JSON.stringify([accepted.rule, object]))
    findings.push({
      ...{ rule: rule.id, severity: rule.severity, field, ...inStep(field) },
      ...(part === 'roles' ? nowhere : place(sources.get(field) ?? '', at)),
      ...{ object, message: rule.why, hint: rule.instead, accepted: accepted?.reason ?? null },
    })
  }
  return [...inOrder(findings), ...unused(accept ?? [], used)]
}

/** By steps and their parts, then by place; what was said of no step comes first. */
function inOrder(findings: readonly Finding[]): Finding[] {
  const key = ({ field, part, position }: Finding) => [
    stepOf(field).index,
    part ? parts.indexOf(part) : -1,
    position ?? 0,
  ]
  return findings
    .map((finding) => ({ finding, key: key(finding) }))
    .sort((one, other) => {
      const differs = one.key.findIndex((each, index) => each !== other.key[index])
      return differs < 0 ? 0 : (one.key[differs] ?? 0) - (other.key[differs] ?? 0)
    })
    .map(({ finding }) => finding)
}

/** Acceptances of this lint that accept nothing: they would hide what a later revision brings. */
function unused(accept: Accept, used: ReadonlySet<string>): Finding[] {
  return accept.flatMap(({ rule, object }, index): Finding[] => {
    if (!isLintRule(rule) || used.has(JSON.stringify([rule, object]))) return []
    const isKnown = rules.some(({ id }) => rule === `lint:${id}`)
    return [
      {
        ...{
          rule: 'unused-accept',
          severity: 'warning',
          field: `accept[${index}]`,
          step: null,
          part: null,
          ...nowhere,
        },
        ...{ object, accepted: null },
        message: isKnown ? `${rule} finds nothing in ${object}` : `there is no rule ${rule}`,
        hint: 'Take the entry out: it would hide what a later revision brings.',
      },
    ]
  })
}
