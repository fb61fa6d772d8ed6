// Drift and uses of break-glass that are explained, the payload of kind explain. Judges like levelb._check_explanation.
import { z } from 'zod'
import { Effects } from './effects.ts'

export const Explanation = z
  .strictObject({
    /** As levelb.drift() says them; empty only where incidents are named. */
    effects: Effects.refine((effects) => effects.every((effect) => effect.class !== 'governance'), {
      error: "names levelb's own objects: no explanation covers them, levelb.rebind(reason) takes them over",
    }),
    /** Numbers of incidents of break-glass. */
    incidents: z
      .array(z.int().min(1).max(2147483647))
      .min(1)
      .max(1000)
      .superRefine((ids, context) => {
        const second = ids.findIndex((id, index) => ids.indexOf(id) < index)
        if (second >= 0) context.addIssue({ code: 'custom', path: [second], message: 'is given twice' })
      })
      .nullish(),
  })
  .superRefine(({ effects, incidents }, context) => {
    if (effects.length === 0 && (incidents ?? null) === null)
      context.addIssue({ code: 'custom', path: ['effects'], message: 'is empty; name the drift that is explained' })
  })
export type Explanation = z.output<typeof Explanation>
