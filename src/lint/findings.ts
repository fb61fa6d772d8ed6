// What the rules find in the steps of a document, and what of it the document carries.
import { loadModule } from 'libpg-query'
import type { LintFindings, Part } from '../json/lint-findings.ts'
import type { MigrationDocument } from '../json/migration-document.ts'
import type { RoleDocument } from '../json/role-document.ts'
import { begin, note, takenBy } from './made.ts'
import { parseStatements, type Statement } from './parsed.ts'
import type { Rule, Transaction } from './rules/rule.ts'
import { findIn } from './rules/rules.ts'
import { judged } from './statements.ts'

export interface RuleFinding {
  readonly rule: Rule
  readonly step: number
  readonly part: Part
  readonly object: string
  /** In units of UTF-16 from 0. */
  readonly at: number
}

type StepTexts = { name: string; roles?: RoleDocument | null } & { [key in Part]?: unknown }

const stepsOf = (document: MigrationDocument) => ((document as { steps?: unknown }).steps ?? []) as StepTexts[]

const inQuotes = (name: string) => `"${name.replaceAll('"', '""')}"`

/** What rules know of a role document, as the statements that it stands for. */
function sqlOf({ grant, set }: RoleDocument): string {
  return [
    ...(grant ?? []).map(
      ({ role, to, admin }) => `grant ${inQuotes(role)} to ${inQuotes(to)} with admin ${admin === true}`,
    ),
    ...(set ?? []).map(({ role, name }) => `alter role ${inQuotes(role)} set ${inQuotes(name)} to default`),
  ].join(';\n')
}

/** Statements of a part of a step; none of a text that is no SQL, which is a finding of another kind. */
function statementsOf(step: StepTexts, part: Part): Statement[] {
  const text = part === 'roles' && step.roles ? sqlOf(step.roles) : step[part]
  if (typeof text !== 'string') return []
  try {
    return parseStatements(text)
  } catch {
    return []
  }
}

/** What all rules find in a document, in its order. The first of several findings of a rule in the same object of a
 * text stands for all of them. */
export async function ruleFindings(document: MigrationDocument): Promise<RuleFinding[]> {
  await loadModule()
  const steps = stepsOf(document)
  const attended = document.kind === 'attended'
  const read = (part: Part) => steps.map((step) => statementsOf(step, part))
  const run = (part: Part, texts: Statement[][], transaction: Transaction, backwards = false): RuleFinding[] => {
    const order = [...texts.keys()]
    if (backwards) order.reverse()
    return order.flatMap((step) =>
      (texts[step] ?? []).flatMap((statement) => {
        // what can never run is refused, and needs no advice
        const found = !attended && part !== 'roles' && judged(statement) ? [] : findIn(statement, transaction)
        note(statement, transaction)
        return found.map(({ rule, object, at }) => {
          const name = object ?? `${part} of ${steps[step]?.name}`
          return { rule, step, part, object: name.replace(/\p{C}/gu, '?'), at: part === 'roles' ? 0 : at }
        })
      }),
    )
  }
  const [apply, rollback, verify, roles] = [read('apply'), read('rollback'), read('verify'), read('roles')]
  const forth = begin('apply', apply.flat())
  const found = [
    ...run('apply', apply, forth),
    ...run(
      'rollback',
      rollback,
      begin('rollback', rollback.flat(), { undoes: forth.makes, taken: takenBy(apply.flat()) }),
      true,
    ),
    ...run('verify', verify, begin('verify', verify.flat(), { made: forth.made })),
    ...run('roles', roles, begin('roles', roles.flat())),
  ]
  return firsts(found).sort((one, other) => one.step - other.step || byPart(one, other) || one.at - other.at)
}

const parts: readonly Part[] = ['apply', 'rollback', 'verify', 'roles']
const byPart = (one: RuleFinding, other: RuleFinding) => parts.indexOf(one.part) - parts.indexOf(other.part)

function firsts(found: readonly RuleFinding[]): RuleFinding[] {
  const seen = new Set<string>()
  return found.filter(({ rule, step, part, object }) => {
    const key = JSON.stringify([rule.id, step, part, object])
    return !seen.has(key) && seen.add(key)
  })
}

/** At most this many stand in a document. */
const most = 200

/** The findings as a document carries them; warnings alone where there are too many. */
export async function carriedFindings(document: MigrationDocument): Promise<LintFindings> {
  const all = await ruleFindings(document)
  const kept = all.length <= most ? all : all.filter(({ rule }) => rule.severity === 'warning').slice(0, most)
  const steps = stepsOf(document)
  return kept.map(({ rule, step, part, object, at }) => ({
    ...{ rule: rule.id, step: steps[step]?.name ?? '', part },
    position: [...String(part === 'roles' ? '' : steps[step]?.[part]).slice(0, at)].length + 1,
    ...{ object, why: rule.why },
  }))
}
