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

/** Settings that would change who a session runs as, what code it loads, or how levelb finds its way. */
const guarded =
  /^(role|session_authorization|session_replication_role|createrole_self_grant|dynamic_library_path|(local|session|shared)_preload_libraries|levelb[.].*)$/i

/** As levelb._is_list_setting judges them. */
const isListSetting = (name: string) =>
  /^(search_path|temp_tablespaces|(local|session|shared)_preload_libraries|unix_socket_directories)$/i.test(name)

/** Each part is quoted from end to end, or without any quote. */
const settingList = /^ *("([^"]|"")*"|[^", ]([^",]*[^", ])?) *(, *("([^"]|"")*"|[^", ]([^",]*[^", ])?) *)*$/

const Setting = z
  .strictObject({
    role: role(),
    name: text(100)
      .regex(/^[A-Za-z_][A-Za-z0-9_]*([.][A-Za-z_][A-Za-z0-9_]*)*$/, { error: 'is not the name of a setting' })
      .refine((name) => !guarded.test(name), { error: 'is out of reach of role documents' }),
    /** null resets; with the name `all`, every setting. */
    value: z.literal('').or(text(1000)).nullable(),
    database: identifier().nullish(),
  })
  .refine(({ name, value }) => name.toLowerCase() !== 'all' || value === null, {
    path: ['value'],
    error: 'must be null: all settings can be reset and not set',
  })
  .refine(({ name, value }) => !isListSetting(name) || !value || settingList.test(value), {
    path: ['value'],
    error:
      'is not a list of names: put each name into double quotes as a whole, or not at all, and commas between them',
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
