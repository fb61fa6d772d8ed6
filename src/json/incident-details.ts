import { z } from 'zod'
import { Effects } from './effects.ts'

/** What an incident took over, did or found, by kind. */
export const IncidentDetails = z.looseObject({
  /** Of kind drift: what drifted and the policy did not expect, empty when that is over. */
  effects: Effects.optional(),
  /** Of kind break_glass: for how long at most, and until when. */
  minutes: z.int().optional(),
  until: z.string().optional(),
  /** Of kind break_glass: the migration of kind attended, null or missing in an emergency. */
  migration_id: z.string().nullish(),
})
export type IncidentDetails = z.output<typeof IncidentDetails>
