import { z } from 'zod'
import { choice } from './lists.ts'
import { name, text } from './text.ts'

/** Names of rules of the lint; in "accept" of a document they begin with `lint:`. */
const ruleName = /^[A-Za-z][A-Za-z0-9-]{0,62}$/
export const isLintRule = (rule: string) => rule.startsWith('lint:') && ruleName.test(rule.slice('lint:'.length))

/** Of a step: its texts, or its role document. */
export const parts = ['apply', 'rollback', 'verify', 'roles'] as const
export type Part = (typeof parts)[number]

/** What the lint found in a document, as the document carries it: no more than a reader needs. */
export const LintFindings = z
  .array(
    z.strictObject({
      rule: z.string().regex(ruleName, { error: 'must be the name of a rule of levelb lint' }),
      /** Name of the step. */
      step: name(),
      part: choice(parts),
      /** In characters from 1; 1 in a role document. */
      position: z.int().min(1).max(1048576),
      object: text(1000),
      why: text(1000),
    }),
  )
  .max(200)
export type LintFindings = z.output<typeof LintFindings>
