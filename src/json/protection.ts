// Which schemas are protected, the payload of kind protect. Judges like levelb._check_protection.
import { z } from 'zod'
import { choice, list } from './lists.ts'
import { unsupported } from './problems.ts'
import { identifier, role } from './text.ts'

const ProtectedSchema = z
  .strictObject({
    name: identifier().refine((name) => !/^(levelb$|levelb_|pg_)/.test(name) && name !== 'information_schema', {
      error: 'cannot be protected',
    }),
    /** full: every change goes through the channel. privileged: owners, rights and security do. none ends it. */
    level: choice(['full', 'privileged', 'none']),
    /** At level privileged: the roles of the migration tools that own what is in the schema. */
    migrators: list(role(), 1, 100).nullish(),
    /** At level privileged: whether migrators may also replace views and functions. */
    repoint: z.boolean().nullish(),
  })
  .superRefine(({ level, migrators, repoint }, context) => {
    const refuse = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message })
    if (level === 'privileged') {
      if ((migrators ?? null) === null) refuse('migrators', 'is required')
      return
    }
    if ((migrators ?? null) !== null) refuse('migrators', `has no meaning at level ${level}`)
    if ((repoint ?? null) !== null) refuse('repoint', `has no meaning at level ${level}`)
  })

export const Protection = z.strictObject({
  schemas: z
    .array(ProtectedSchema)
    .min(1)
    .max(30)
    .superRefine((schemas, context) => {
      const names = schemas.map(({ name }) => name)
      const second = names.findIndex((name, index) => names.indexOf(name) < index)
      if (second >= 0)
        context.addIssue({ code: 'custom', path: [second, 'name'], message: `${names[second]} is given twice` })
    }),
  objects: z
    .array(z.unknown())
    .max(0, { error: `${unsupported}: leave it out` })
    .nullish(),
})
export type Protection = z.output<typeof Protection>
