// A role document: what a step does to roles, since SQL text never may.
import { z } from 'zod'
import { list } from './lists.ts'
import { identifier, role, text } from './text.ts'

const entries = <T extends z.ZodType>(entry: T) => z.array(entry).min(1).max(1000).nullish()

const attributes = {
  name: role(),
  inherit: z.boolean().nullish(),
  connection_limit: z.int().min(-1).max(2147483647).nullish(),
}

const Grant = z.strictObject({
  role: role(),
  to: role(),
  admin: z.boolean().nullish(),
  inherit: z.boolean().nullish(),
  set: z.boolean().nullish(),
})

const Setting = z.strictObject({
  role: role(),
  name: text(100).regex(/^[A-Za-z_][A-Za-z0-9_]*([.][A-Za-z_][A-Za-z0-9_]*)*$/, {
    error: 'is not the name of a setting',
  }),
  /** null resets. */
  value: z.literal('').or(text(1000)).nullable(),
  database: identifier().nullish(),
})

const Alteration = z
  .strictObject(attributes)
  .refine((entry) => (entry.inherit ?? entry.connection_limit ?? null) !== null, {
    error: 'changes nothing; write inherit or connection_limit',
  })

export const RoleDocument = z
  .strictObject({
    create: entries(z.strictObject(attributes)),
    alter: entries(Alteration),
    grant: entries(Grant),
    revoke: entries(z.strictObject({ role: role(), from: role() })),
    set: entries(Setting),
    drop: list(role(), 1, 1000).nullish(),
  })
  .refine((document) => Object.values(document).some((member) => (member ?? null) !== null), {
    error: 'says nothing; write at least one of create, alter, grant, revoke, set, drop',
  })
export type RoleDocument = z.output<typeof RoleDocument>
