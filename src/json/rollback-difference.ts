import { z } from 'zod'
import { ActivationError } from './activation-error.ts'
import { Effects } from './effects.ts'

/** What the rollback texts did not put back, or the error that they ended in. */
export const RollbackDifference = z.object({
  missing: Effects.optional(),
  unexpected: Effects.optional(),
  error: ActivationError.optional(),
})
export type RollbackDifference = z.output<typeof RollbackDifference>
