import { z } from 'zod'

/**
 * Statements of a rehearsal in the order in which they ran. `position` is that of the first word in the text of the step,
 * in characters from 1; WAL is that of the whole server, so at most this; `locks` are those that the statement took and
 * that others wait for, `rewritten` the tables that it wrote anew.
 */
export const RehearsedStatements = z.array(
  z.object({
    phase: z.enum(['apply', 'rollback']),
    step: z.int().positive(),
    part: z.enum(['apply', 'rollback']),
    statement: z.int().positive(),
    position: z.int().positive(),
    tag: z.string(),
    milliseconds: z.number().nonnegative(),
    rows: z.number().nonnegative(),
    wal_bytes: z.number().nonnegative(),
    rewritten: z.array(z.string()),
    locks: z.array(z.object({ table: z.string(), mode: z.string() })),
  }),
)
export type RehearsedStatements = z.output<typeof RehearsedStatements>
