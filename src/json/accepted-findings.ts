import { z } from 'zod'

/** What a document accepts, and whether its activation found that: `[{"rule":"LB310","object":"column shop.t.a","found":true}]`. */
export const AcceptedFindings = z.array(z.object({ rule: z.string(), object: z.string(), found: z.boolean() }))
export type AcceptedFindings = z.output<typeof AcceptedFindings>
