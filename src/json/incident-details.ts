import { z } from 'zod'

/** What an incident took over or did, by kind. */
export const IncidentDetails = z.looseObject({})
export type IncidentDetails = z.output<typeof IncidentDetails>
