import { z } from 'zod'

/** Approvals that do not count: `[{"approval":8,"principal":"carol","why":"expired"}]`. */
export const VoidApprovals = z.array(z.object({ approval: z.int(), principal: z.string(), why: z.string() }))
export type VoidApprovals = z.output<typeof VoidApprovals>
