// All rules, and what they find in a statement.
import type { Statement } from '../parsed.ts'
import { nameOf, nodes, unwrapped } from '../tree.ts'
import { changeRules } from './changes.ts'
import { lockRules } from './locks.ts'
import { privilegeRules } from './privilege.ts'
import type { Look, Objects, Rule, Transaction } from './rule.ts'

/** The rules by families, as docs/lint.md has them. */
export const families: Readonly<Record<string, readonly Rule[]>> = {
  Privileges: privilegeRules,
  Locks: lockRules,
  'Programs and rows': changeRules,
}
export const rules: readonly Rule[] = Object.values(families).flat()

const looks = new Map<string, { rule: Rule; look: Look }[]>()
for (const rule of rules)
  for (const [type, look] of Object.entries(rule.finds)) looks.set(type, [...(looks.get(type) ?? []), { rule, look }])

export interface Found {
  readonly rule: Rule
  /** Undefined where the statement names none. */
  readonly object: string | undefined
  /** In units of UTF-16 from 0. */
  readonly at: number
}

const named = (objects: Objects): (string | undefined)[] => {
  if (objects === true || objects === '') return [undefined]
  if (typeof objects === 'string') return [objects]
  return objects ? [...new Set(objects)].map((name) => name || undefined) : []
}

/** What all rules find in one statement. */
export function findIn({ type, node, at, placed }: Statement, transaction: Transaction): Found[] {
  const table = type === 'AlterTableStmt' ? nameOf(node.relation) : ''
  const ask = (key: string, value: typeof node, location?: unknown) =>
    (looks.get(key) ?? []).flatMap(({ rule, look }) =>
      named(look(value, transaction, table)).map((object) => ({
        rule,
        object,
        at: location === undefined ? at : placed(location),
      })),
    )
  const found = ask('Statement', { [type]: node })
  for (const [each, value] of nodes({ [type]: node })) {
    const isCommand = each === 'AlterTableCmd'
    const location = isCommand ? unwrapped(value.def)[1].location : value.location
    found.push(...ask(isCommand ? String(value.subtype) : each, value, value === node ? undefined : location))
  }
  return found
}
