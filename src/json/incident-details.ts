import { z } from 'zod'
import { Effects } from './effects.ts'

/** What an incident took over, did or found, by kind. */
export const IncidentDetails = z.looseObject({
  /** Of kind drift: what drifted and the policy did not expect, empty when that is over. */
  effects: Effects.optional(),
})
export type IncidentDetails = z.output<typeof IncidentDetails>
