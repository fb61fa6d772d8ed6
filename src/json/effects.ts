// Effects: what a migration changes, as the author claims it and as the catalogs show it.
import { z } from 'zod'
import { choice, classes } from './lists.ts'

const mebibyte = 1048576

const value = () =>
  z.string().refine((text) => Buffer.byteLength(text) <= mebibyte, { error: `is over ${mebibyte} bytes long` })

/** One thing that changes: `{"class":"owner","object_type":"table","identity":"app.orders","attribute":"owner","before":"bob","after":"levelb_deploy"}`. */
export const Effect = z.strictObject({
  class: choice(classes),
  object_type: value().min(1),
  identity: value().min(1),
  attribute: value(),
  before: value().nullable().default(null),
  after: value().nullable().default(null),
})
export type Effect = z.output<typeof Effect>

const textOf = (effect: Effect) =>
  JSON.stringify([effect.class, effect.object_type, effect.identity, effect.attribute, effect.before, effect.after])

/** A set of effects; the database returns them in canonical order. */
export const Effects = z
  .array(Effect)
  .max(10_000)
  .superRefine((effects, context) => {
    const seen = new Set<string>()
    const second = effects.findIndex((effect) => seen.size === seen.add(textOf(effect)).size)
    if (second >= 0) context.addIssue({ code: 'custom', path: [second], message: 'is given twice' })
  })
export type Effects = z.output<typeof Effects>
