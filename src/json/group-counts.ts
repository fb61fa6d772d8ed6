import { z } from 'zod'

/** Group names with the approvals needed from each: `{"dba":1}`. */
export const GroupCounts = z.record(z.string(), z.int().nonnegative())
export type GroupCounts = z.output<typeof GroupCounts>
