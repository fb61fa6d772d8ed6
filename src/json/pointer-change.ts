// A move of a pointer, the payload of kind pointer. Judges like levelb._check_pointer.
import { z } from 'zod'
import { name, text } from './text.ts'

export const PointerChange = z
  .strictObject({
    pointer: name(),
    /** What it names now; null when it is not set. */
    expected: text(200).nullish(),
    /** What it shall name; null ends it. */
    target: text(200).nullish(),
  })
  .refine(({ expected, target }) => (expected ?? null) !== (target ?? null), {
    path: ['target'],
    error: 'is what the pointer names already',
  })
export type PointerChange = z.output<typeof PointerChange>
