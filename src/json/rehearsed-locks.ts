import { z } from 'zod'

/** Tables that an activation would keep others waiting for, from the statement that took the lock to the end of the texts. */
export const RehearsedLocks = z.array(
  z.object({
    table: z.string(),
    mode: z.string(),
    blocks: z.enum(['reads and writes', 'writes']),
    milliseconds: z.number().nonnegative(),
    bytes: z.number().nonnegative(),
  }),
)
export type RehearsedLocks = z.output<typeof RehearsedLocks>
