// Role documents.
import type { Objects } from '../objects.ts'
import type { Random } from '../random.ts'
import { familyList, type Make } from '../statement.ts'

const { list, succeeds } = familyList()

const document =
  (make: (r: Random, o: Objects) => { roles: Record<string, unknown>; word: string } | null | undefined): Make =>
  (r, o) => {
    const made = make(r, o)
    return made && { apply: made.roles, word: made.word }
  }
succeeds(
  'role document: create',
  document((r, o) =>
    o.roles.length > 8
      ? null
      : (({ name }) => ({ roles: { create: [{ name, inherit: r.chance(0.5) }] }, word: name }))({
          name: `g_${r.int(1e6)}`,
        }),
  ),
)
succeeds(
  'role document: alter',
  document((r, o) =>
    (({ role }) => role && { roles: { alter: [{ name: role.word, connection_limit: r.int(1000) }] }, word: role.word })(
      { role: r.pick(o.roles) },
    ),
  ),
)
succeeds(
  'role document: grant',
  document((r, o) =>
    (({ role }) =>
      role && {
        roles: { grant: [{ role: r.one('gen_reader', 'gen_writer'), to: role.word, admin: r.chance(0.3) }] },
        word: role.word,
      })({ role: r.pick(o.roles) }),
  ),
)
succeeds(
  'role document: set',
  document((r, o) =>
    (({ role }) =>
      role && {
        roles: { set: [{ role: role.word, name: r.one('work_mem', 'temp_buffers'), value: `${1 + r.int(1000)}MB` }] },
        word: role.word,
      })({ role: r.pick(o.roles) }),
  ),
)
succeeds(
  'role document: drop',
  document((r, o) =>
    (({ role }) => role && { roles: { drop: [role.word] }, word: role.word })({ role: r.pick(o.roles.slice(1)) }),
  ),
)

export const rolesFamilies = list
