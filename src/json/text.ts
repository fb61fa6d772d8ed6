// Texts and names as sql/40-text.sql judges them.
import { z } from 'zod'

// The same characters as in levelb._check_text, which gives the reasons.
const invisible =
  '\\u007f-\\u00a0\\u00ad\\u034f\\u061c\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f' +
  '\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb' +
  '\\u{13430}-\\u{1343f}\\u{1bca0}-\\u{1bca3}\\u{1d173}-\\u{1d17a}\\u{e0000}-\\u{e0fff}'
const inOneLine = new RegExp(`[\\u0000-\\u001f${invisible}]`, 'u')
const inLines = new RegExp(`[\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f${invisible}]|\\r(?!\\n)`, 'u')

const codepoint = (value: string) => `U+${(value.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`

/** The first character that readers cannot see: where, in units of UTF-16 from 0, and which. */
export function findHidden(value: string, multiline: boolean) {
  const at = value.search(multiline ? inLines : inOneLine)
  return at < 0
    ? undefined
    : { at, reason: codepoint(value.slice(at)), hint: "Remove it, or write it as an escape: U&'\\200B'." }
}

interface Refused {
  readonly message: string
  readonly code?: 'LB006'
}

function wrongText(value: string, maxBytes: number, multiline: boolean): Refused | undefined {
  const bytes = Buffer.byteLength(value)
  if (bytes > maxBytes) return { message: `is ${bytes} bytes long, at most ${maxBytes} are allowed` }
  if (/^[ \t\r\n]*$/.test(value)) return { message: 'is empty' }
  const hidden = findHidden(value, multiline)
  if (hidden === undefined) return undefined
  const before = value.slice(0, hidden.at).split('\n')
  const column = [...(before.at(-1) ?? '')].length + 1
  return {
    message: `holds ${hidden.reason} at line ${before.length}, column ${column}, which readers cannot see`,
    code: 'LB006',
  }
}

function wrongIdentifier(value: string): Refused | undefined {
  const wrong = wrongText(value, 63, false)
  if (wrong !== undefined) return wrong
  return /^ | $/.test(value) ? { message: 'begins or ends with a space' } : undefined
}

function wrongRole(value: string): Refused | undefined {
  const wrong = wrongIdentifier(value)
  if (wrong !== undefined) return wrong
  if (/^(levelb_|pg_)/.test(value))
    return { message: `names role ${value}; roles beginning with levelb_ or pg_ are out of reach` }
  return ['public', 'none'].includes(value) ? { message: `${value} is not a role` } : undefined
}

const judged = (wrong: (value: string) => Refused | undefined) =>
  z.string().superRefine((value, context) => {
    const refused = wrong(value)
    if (refused !== undefined)
      context.addIssue({ code: 'custom', message: refused.message, params: { code: refused.code ?? 'LB001' } })
  })

/** A text that is not blank, at most so many bytes of UTF-8, without characters that readers cannot see. */
export const text = (maxBytes: number, multiline = false) => judged((value) => wrongText(value, maxBytes, multiline))

/** Name of a schema or database. */
export const identifier = () => judged(wrongIdentifier)

/** Name of a role that callers may name. */
export const role = () => judged(wrongRole)

/** Name of a principal, group or step. */
export const name = () =>
  z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}$/, {
    error: 'must be 1 to 63 letters, digits, _ . and -, and begin with a letter, a digit or _',
  })

/** Name of a migration. */
export const slug = () =>
  z.string().regex(/^([a-z0-9][a-z0-9_-]{0,30}\/)?[a-z0-9][a-z0-9_.-]{0,62}$/, {
    error: 'must look like 0007_repoint_orders or billing/0007_repoint_orders',
  })
