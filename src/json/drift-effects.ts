// Drift as effects: what changed past the channel, and whether the policy calls it normal life.
import { z } from 'zod'
import { Effect } from './effects.ts'

export const DriftEffects = z.array(Effect.extend({ expected: z.boolean() }))
export type DriftEffects = z.output<typeof DriftEffects>
