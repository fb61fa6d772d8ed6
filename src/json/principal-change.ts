// A change of principals, the payload of kind principal. Judges like levelb._check_principal_change.
import { z } from 'zod'
import { Principal } from './principals.ts'
import { name, text } from './text.ts'

const entries = <T extends z.ZodType>(entry: T) => z.array(entry).min(1).max(1000).nullish()

export const PrincipalChange = z
  .strictObject({
    /** Whole principals, as bootstrap takes them. */
    enrol: entries(Principal),
    change: entries(Principal),
    disable: entries(z.strictObject({ principal: name(), reason: text(2000, true) })),
  })
  .superRefine((change, context) => {
    const verbs = ['enrol', 'change', 'disable'] as const
    if (verbs.every((verb) => (change[verb] ?? null) === null))
      context.addIssue({ code: 'custom', message: 'says nothing; write at least one of enrol, change, disable' })
    const seen = new Set<string>()
    for (const verb of verbs)
      for (const [index, { principal }] of (change[verb] ?? []).entries()) {
        if (seen.has(principal))
          context.addIssue({
            code: 'custom',
            path: [verb, index, 'principal'],
            message: `${principal} is given twice`,
          })
        seen.add(principal)
      }
  })
export type PrincipalChange = z.output<typeof PrincipalChange>
