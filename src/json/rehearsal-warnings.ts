import { z } from 'zod'

/** What could not be checked or undone. */
export const RehearsalWarnings = z.array(z.object({ kind: z.string(), detail: z.unknown() }))
export type RehearsalWarnings = z.output<typeof RehearsalWarnings>
