// A list of principals, as bootstrap takes it. Judges like levelb._check_principals, which has the last word.
import { z } from 'zod'
import { choice, list } from './lists.ts'
import { name, role } from './text.ts'

// 51 bytes: the length and text "ssh-ed25519", the length 32, the key. Base64 of them has no padding and no spare bit,
// so that two keys are equal when their texts are.
const Key = z.string().regex(/^ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI[A-P][A-Za-z0-9+/]{42}$/, {
  error: 'must be "ssh-ed25519 " and the 68 base64 characters of the key, without a comment',
})

export const Principal = z
  .strictObject({
    principal: name(),
    nature: choice(['person', 'service', 'agent']),
    logins: list(role(), 1, 100),
    duties: list(choice(['author', 'approver', 'operator', 'auditor']), 0, 4).nullish(),
    keys: z.array(Key).max(100).nullish(),
    /** Principal as whom this one counts. */
    person: name().nullish(),
    groups: list(name(), 0, 100).nullish(),
  })
  .superRefine(({ nature, duties }, context) => {
    const message =
      nature !== 'person' && duties?.includes('approver')
        ? `a principal of nature ${nature} cannot be approver, only a person can`
        : nature === 'agent' && duties?.includes('operator')
          ? 'an agent cannot be operator; a person or a service can'
          : undefined
    if (message !== undefined) context.addIssue({ code: 'custom', path: ['duties'], message })
  })
export type Principal = z.output<typeof Principal>

function wrongPerson(entry: Principal, all: readonly Principal[]): string | undefined {
  if (entry.person == null) return undefined
  if (entry.person === entry.principal) return 'names the principal itself; leave it out'
  const person = all.find((each) => each.principal === entry.person)
  if (person === undefined) return `${entry.person} is not in this list`
  if (person.nature !== 'person') return `${entry.person} is not a person`
  return person.person == null ? undefined : `${entry.person} counts as somebody else; name that person`
}

/** Where a word stands that an earlier one equals, and the word. */
function repeated(words: readonly string[], earlier: ReadonlySet<string>): number | undefined {
  const seen = new Set(earlier)
  const index = words.findIndex((word) => seen.size === seen.add(word).size)
  return index < 0 ? undefined : index
}

export const Principals = z
  .array(Principal)
  .min(1)
  .max(1000)
  .superRefine((all, context) => {
    const refuse = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message })
    const names = new Set<string>()
    const logins = new Set<string>()
    const keys = new Set<string>()
    for (const [index, entry] of all.entries()) {
      if (names.has(entry.principal)) refuse([index, 'principal'], `${entry.principal} is given twice`)
      const login = repeated(entry.logins, logins)
      if (login !== undefined) refuse([index, 'logins', login], 'is a login of another principal')
      const key = repeated(entry.keys ?? [], keys)
      if (key !== undefined) refuse([index, 'keys', key], 'is given twice; a key belongs to one principal')
      const wrong = wrongPerson(entry, all)
      if (wrong !== undefined) refuse([index, 'person'], wrong)
      names.add(entry.principal)
      for (const each of entry.logins) logins.add(each)
      for (const each of entry.keys ?? []) keys.add(each)
    }
  })
export type Principals = z.output<typeof Principals>
