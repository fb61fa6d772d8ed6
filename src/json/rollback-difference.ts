import { z } from 'zod'
import { ActivationError } from './activation-error.ts'
import { Effects } from './effects.ts'

/** Each as it is accepted: a kind, and the object. Of column_order the columns before and after. */
const Difference = z.object({
  kind: z.enum(['column_order', 'not_null_name', 'extension_left', 'enum_value_left', 'structure', 'other']),
  object: z.string(),
  /** About a right, so that nobody can accept it. */
  privileged: z.boolean(),
  accepted: z.boolean(),
  before: z.array(z.string()).optional(),
  after: z.array(z.string()).optional(),
})

/** What the rollback texts did not put back, or the error that they ended in. */
export const RollbackDifference = z.object({
  differences: z.array(Difference).optional(),
  missing: Effects.optional(),
  unexpected: Effects.optional(),
  error: ActivationError.optional(),
})
export type RollbackDifference = z.output<typeof RollbackDifference>
