import { z } from 'zod'

/** The approvals that count: `[{"approval_id":7,"principal":"bob","person":"bob","groups":["dba"],"signature":"none"}]`. */
export const CountedApprovals = z.array(
  z.object({
    approval_id: z.int(),
    principal: z.string(),
    person: z.string(),
    groups: z.array(z.string()),
    signature: z.string(),
    /** True where an approval of the original stands for its rollback. */
    preapproved: z.literal(true).optional(),
  }),
)
export type CountedApprovals = z.output<typeof CountedApprovals>
