// Lists and words as sql/41-json.sql judges them.
import { z } from 'zod'
import { unsupported } from './problems.ts'

/** The classes of effects, by code point. */
export const classes = [
  'acl',
  'data',
  'extension',
  'governance',
  'owner',
  'repoint',
  'role',
  'security',
  'setting',
  'structure',
] as const
export type Class = (typeof classes)[number]

/** A list of different words. */
export const list = <T extends string>(entry: z.ZodType<T, T>, fewest: number, most: number) =>
  z
    .array(entry)
    .min(fewest)
    .max(most)
    .superRefine((words, context) => {
      const second = words.findIndex((word, index) => words.indexOf(word) < index)
      if (second >= 0) context.addIssue({ code: 'custom', path: [second], message: `${words[second]} is given twice` })
    })

/** One of the supported words; those of a later version are refused by name. */
export const choice = <const T extends string>(supported: readonly T[], later: readonly string[] = []) =>
  z.enum(supported, {
    error: (issue) =>
      later.includes(issue.input as string)
        ? `${unsupported}: write ${supported.map((word) => `"${word}"`).join(' or ')}, or leave it out`
        : `must be one of ${supported.join(', ')}`,
  })
