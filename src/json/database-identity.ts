// Which database a ledger belongs to.
import { z } from 'zod'

// Texts: a system identifier is beyond what a JavaScript number holds, and both are names, not quantities.
const digits = () => z.string().regex(/^[0-9]+$/)

/** `{"system_identifier":"7467291022046015813","database_oid":"16384","name":"shop"}` */
export const DatabaseIdentity = z.object({ system_identifier: digits(), database_oid: digits(), name: z.string() })
export type DatabaseIdentity = z.output<typeof DatabaseIdentity>
