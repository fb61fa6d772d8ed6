import { z } from 'zod'

/** Why an activation was refused or failed; `step` is the position or name of the step that did. */
export const ActivationError = z.object({
  sqlstate: z.string(),
  message: z.string(),
  detail: z.string().nullish(),
  hint: z.string().nullish(),
  context: z.string().nullish(),
  /** Sequences whose value the text may have moved, which a failure does not take back. */
  sequences_moved: z.array(z.string()).optional(),
  step: z.union([z.string(), z.int()]).nullish(),
})
export type ActivationError = z.output<typeof ActivationError>
