import { z } from 'zod'

/** Steps that were run, in order: `[{"position":1,"name":"repoint","part":"apply","milliseconds":3.2}]`. */
export const Commands = z.array(
  z.object({
    position: z.int().positive(),
    name: z.string(),
    part: z.enum(['apply', 'roles', 'verify']),
    milliseconds: z.number().nonnegative(),
  }),
)
export type Commands = z.output<typeof Commands>
