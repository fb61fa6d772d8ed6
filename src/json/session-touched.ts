import { z } from 'zod'

const names = () => z.array(z.string()).optional()

/** What the text left in the session: `{"settings":["search_path"],"cursors":[],"prepared_statements":[],"locks":0}`. */
export const SessionTouched = z.object({
  settings: names(),
  cursors: names(),
  prepared_statements: names(),
  locks: z.int().nonnegative().optional(),
})
export type SessionTouched = z.output<typeof SessionTouched>
