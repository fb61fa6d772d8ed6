import { z } from 'zod'
import { isLintRule } from './lint-findings.ts'
import { text } from './text.ts'

/** Rules of docs/rules.md that a document may accept, as levelb._accept_rules() lists them. */
export const acceptRules = [
  'LB014',
  'LB310',
  'code_of_others_ran',
  'column_order',
  'enum_value_left',
  'extension_left',
  'not_null_name',
  'protection_lost',
  'rights_of_others',
  'row_security_of_owner',
] as const

const Rule = z.string().refine((rule) => isLintRule(rule) || (acceptRules as readonly string[]).includes(rule), {
  error: `must be one of ${acceptRules.join(', ')}, or lint: and the name of a rule of docs/lint.md`,
})

/** Findings that the author knows of and answers for; docs/rules.md and docs/lint.md say what `object` of a rule is. */
export const Accept = z
  .array(z.strictObject({ rule: Rule, object: text(1000), reason: text(2000, true) }))
  .max(1000)
  .superRefine((entries, context) => {
    const names = entries.map(({ rule, object }) => JSON.stringify([rule, object]))
    const second = names.findIndex((each, index) => names.indexOf(each) < index)
    if (second >= 0) context.addIssue({ code: 'custom', path: [second], message: 'is given twice' })
  })
export type Accept = z.output<typeof Accept>
