// Drift that is explained, the payload of kind explain. Judges like levelb._check_explanation.
import { z } from 'zod'
import { Effects } from './effects.ts'

export const Explanation = z.strictObject({
  /** As levelb.drift() says them. */
  effects: Effects.refine((effects) => effects.length > 0, {
    error: 'is empty; name the drift that is explained',
  }).refine((effects) => effects.every((effect) => effect.class !== 'governance'), {
    error: "names levelb's own objects: no explanation covers them, levelb.rebind(reason) takes them over",
  }),
})
export type Explanation = z.output<typeof Explanation>
