import { z } from 'zod'
import { choice } from './lists.ts'
import { text } from './text.ts'

/** Rules of docs/rules.md that a document may accept, as levelb._accept_rules() lists them. */
export const acceptRules = [
  'LB014',
  'LB310',
  'code_of_others_ran',
  'protection_lost',
  'rights_of_others',
  'row_security_of_owner',
] as const

/** Findings that the author knows of and answers for; docs/rules.md says what `object` of each rule is. */
export const Accept = z
  .array(z.strictObject({ rule: choice(acceptRules), object: text(1000), reason: text(2000, true) }))
  .max(1000)
  .superRefine((entries, context) => {
    const names = entries.map(({ rule, object }) => JSON.stringify([rule, object]))
    const second = names.findIndex((each, index) => names.indexOf(each) < index)
    if (second >= 0) context.addIssue({ code: 'custom', path: [second], message: 'is given twice' })
  })
export type Accept = z.output<typeof Accept>
