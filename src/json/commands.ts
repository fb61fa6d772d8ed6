import { z } from 'zod'

/**
 * Steps that were run, in order: `[{"position":1,"name":"repoint","part":"apply","milliseconds":3.2,"ddl":[…]}]`, with the
 * DDL that each ran as the guard saw it. GRANT and REVOKE name no object but its kind. Without `ddl` there was none, or
 * no guard. Those that a superuser ran past the channel are `attended`, and how long they took is not known.
 */
export const Commands = z.array(
  z.object({
    position: z.int().positive(),
    name: z.string(),
    part: z.enum(['apply', 'roles', 'verify', 'attended']),
    milliseconds: z.number().nonnegative().optional(),
    ddl: z.array(z.object({ tag: z.string(), object: z.string().nullable() })).optional(),
  }),
)
export type Commands = z.output<typeof Commands>
