// What a zod error says, in the words and paths that the database uses in DETAIL.
import type { z } from 'zod'

/** How every message begins that stands for LB012. */
export const unsupported = 'is not supported by this version of levelb'

export interface Problem {
  /** `steps[0].apply`, `quorum[1].groups.dba`; the name of the whole, `document` for instance, when it is all of it. */
  readonly field: string
  readonly problem: string
  /** LB012 for a value whose mechanism is missing; LB006, LB011, LB014 for what a text holds; else LB001. */
  readonly code: 'LB001' | 'LB006' | 'LB011' | 'LB012' | 'LB014'
}

/** `steps[0].apply`; `whole` is what the path of nothing is called. */
export function fieldOf(path: readonly PropertyKey[], whole = ''): string {
  const text = path.reduce<string>(
    (above, key) =>
      typeof key === 'number' ? `${above}[${key}]` : above === '' ? String(key) : `${above}.${String(key)}`,
    path[0] !== undefined && typeof path[0] === 'number' ? whole : '',
  )
  return text === '' ? whole : text
}

const ofTexts = ['LB006', 'LB011', 'LB014'] as const

function codeOf(issue: z.core.$ZodIssue): Problem['code'] {
  if (issue.message.startsWith(unsupported)) return 'LB012'
  const code: unknown = issue.code === 'custom' ? issue.params?.code : undefined
  return ofTexts.find((each) => each === code) ?? 'LB001'
}

/** For `safeParse(value, { error: inWords })`: what zod says in words of its own, in those of the database. */
export function inWords(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'unrecognized_keys') {
    const { shape } = (issue.inst as z.core.$ZodObject)._zod.def
    return `is unknown; known are ${Object.keys(shape).join(', ')}`
  }
  return (issue.input ?? null) === null && issue.code !== 'custom' ? 'is required' : undefined
}

const byCodePoint = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b))

/** All problems of a value; the database names the first of them. `whole` is what the value is called there. */
export function problems(error: z.ZodError, whole: 'document' | 'policy' | 'principals'): Problem[] {
  const unknown: Problem[] = []
  const others: Problem[] = []
  for (const issue of error.issues) {
    if (issue.code === 'unrecognized_keys') {
      for (const key of [...issue.keys].sort(byCodePoint))
        unknown.push({ field: fieldOf([...issue.path, key], whole), problem: issue.message, code: 'LB001' })
    } else {
      others.push({ field: fieldOf(issue.path, whole), problem: issue.message, code: codeOf(issue) })
    }
  }
  return [...unknown, ...others]
}
