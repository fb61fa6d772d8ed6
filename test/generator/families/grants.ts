// Grants and default privileges, on every kind of object.
import type { Objects, Thing } from '../objects.ts'
import type { Random } from '../random.ts'
import {
  alone,
  columnOf,
  familyList,
  foreignTables,
  grantee,
  materialized,
  one,
  routines,
  sequences,
  tablesAndPartitioned,
  types,
  views,
} from '../statement.ts'

const { list, succeeds } = familyList()

const option = (r: Random, to: string) => (to !== 'public' && r.chance(0.3) ? ' with grant option' : '')
const grants = (
  kind: string,
  privileges: readonly string[],
  things: (o: Objects) => readonly Thing[],
  on: (thing: Thing) => string,
) => {
  succeeds(
    `grant on ${kind}`,
    one(things, (r, thing) => {
      const to = grantee(r)
      return `grant ${r.some(privileges).join(', ')} on ${on(thing)} to ${to}${option(r, to)}`
    }),
  )
  succeeds(
    `revoke on ${kind}`,
    one(things, (r, thing) => {
      // what nobody has cannot be taken: the owner always has something
      const from = r.one(grantee(r), thing.owner)
      return r.chance(0.2) && from !== 'public' && from !== thing.owner
        ? `grant all on ${on(thing)} to ${from} with grant option; revoke grant option for all on ${on(thing)} from ${from} cascade`
        : `grant all on ${on(thing)} to ${from}; revoke ${r.one('all', r.pick(privileges) ?? 'all')} on ${on(thing)} from ${from} cascade`
    }),
  )
}
const tableRights = ['select', 'insert', 'update', 'delete', 'truncate', 'references', 'trigger']
grants('table', tableRights, tablesAndPartitioned, ({ name }) => name)
grants('view', ['select', 'insert', 'update'], views, ({ name }) => name)
grants('materialized view', ['select'], materialized, ({ name }) => name)
grants('foreign table', ['select', 'update'], foreignTables, ({ name }) => name)
grants('sequence', ['usage', 'select', 'update'], sequences, ({ name }) => `sequence ${name}`)
grants(
  'schema',
  ['usage', 'create'],
  (o) => o.schemas,
  ({ name }) => `schema ${name}`,
)
grants('function', ['execute'], routines('f'), ({ name }) => `function ${name}`)
grants('procedure', ['execute'], routines('p'), ({ name }) => `procedure ${name}`)
grants('aggregate', ['execute'], routines('a'), ({ name }) => `function ${name}`)
grants('type', ['usage'], types('e', 'c', 'r'), ({ name }) => `type ${name}`)
grants('domain', ['usage'], types('d'), ({ name }) => `domain ${name}`)
grants(
  'language',
  ['usage'],
  (o) => o.languages,
  ({ name }) => `language ${name}`,
)
grants(
  'database',
  ['create', 'connect', 'temporary'],
  (o) => [o.database],
  ({ name }) => `database ${name}`,
)
grants(
  'server',
  ['usage'],
  (o) => o.servers,
  ({ name }) => `foreign server ${name}`,
)
grants(
  'large object',
  ['select', 'update'],
  (o) => o.largeObjects,
  ({ name }) => `large object ${name}`,
)
const wrapper = [{ name: 'gen_wrap', word: 'gen_wrap', owner: 'gen_reader' }]
const space = [{ name: 'gen_space', word: 'gen_space', owner: 'gen_reader' }]
const parameter = [{ name: 'log_min_duration_statement', word: 'log_min_duration_statement', owner: 'gen_reader' }]
succeeds(
  'grant on foreign-data wrapper',
  one(
    () => wrapper,
    (r) => `grant usage on foreign data wrapper gen_wrap to ${r.one('gen_reader', 'gen_writer', 'public')}`,
  ),
)
succeeds(
  'revoke on foreign-data wrapper',
  one(
    () => wrapper,
    (r) =>
      `grant usage on foreign data wrapper gen_wrap to gen_reader, gen_writer; revoke usage on foreign data wrapper gen_wrap from ${r.one('gen_reader', 'gen_writer')}`,
  ),
)
succeeds(
  'grant on tablespace',
  one(
    () => space,
    (r) => `grant create on tablespace gen_space to ${r.one('gen_reader', 'gen_writer', 'public')}`,
  ),
)
succeeds(
  'revoke on tablespace',
  one(
    () => space,
    (r) =>
      `grant create on tablespace gen_space to gen_reader, gen_writer; revoke create on tablespace gen_space from ${r.one('gen_reader', 'gen_writer')}`,
  ),
)
succeeds(
  'grant on parameter',
  one(
    () => parameter,
    (r) =>
      // ALTER SYSTEM in everybody's hands is a dangerous login, and stops every activation after
      `grant ${r.one('set on parameter log_min_duration_statement to public', `${r.one('set', 'alter system', 'set, alter system')} on parameter log_min_duration_statement to ${r.one('gen_reader', 'gen_writer')}`)}`,
  ),
)
succeeds(
  'revoke on parameter',
  one(
    () => parameter,
    (r) =>
      `grant set, alter system on parameter log_min_duration_statement to gen_reader, gen_writer; revoke ${r.one('set', 'alter system', 'all')} on parameter log_min_duration_statement from ${r.one('gen_reader', 'gen_writer')}`,
  ),
)
succeeds(
  'grant on columns',
  columnOf(
    (r, { name }, column) =>
      `grant ${r.one('select', 'insert', 'update', 'references')} (${column.name}) on ${name} to ${grantee(r)}`,
  ),
)
succeeds(
  'revoke on columns',
  columnOf(
    (r, { name }, column) =>
      `grant select (${column.name}), update (${column.name}) on ${name} to gen_writer; revoke ${r.one('select', 'update', 'all')} (${column.name}) on ${name} from gen_writer`,
  ),
)
succeeds(
  'grant on view columns',
  columnOf(
    (r, { name }, column) => `grant ${r.one('select', 'update')} (${column.name}) on ${name} to ${grantee(r)}`,
    views,
  ),
)
succeeds('grant on all of a schema', (r, o) => {
  const table = r.pick(alone(o))
  return (
    table && {
      apply: `grant ${r.some(tableRights).join(', ')} on all tables in schema ${table.schema} to ${r.one('gen_reader', 'gen_writer')}`,
      word: table.word,
    }
  )
})
const defaultKinds = {
  tables: 'select',
  sequences: 'usage',
  functions: 'execute',
  types: 'usage',
  schemas: 'usage',
} as const
const kindOfDefault = (r: Random) => r.pick(Object.entries(defaultKinds)) ?? (['tables', 'select'] as const)
succeeds('default privileges grant', (r) => {
  const role = r.one('gen_app', 'gen_boss')
  const [kind, right] = kindOfDefault(r)
  const where = kind !== 'schemas' && r.chance(0.5) ? ` in schema ${r.one('shop', 'extra')}` : ''
  return {
    apply: `alter default privileges for role ${role}${where} grant ${right} on ${kind} to ${r.one('gen_reader', 'gen_writer')}${option(r, 'x')}`,
    word: `role ${role}`,
  }
})
succeeds('default privileges revoke', (r) => {
  const role = r.one('gen_app', 'gen_boss')
  const kind = r.one('functions', 'types')
  return r.chance(0.5)
    ? { apply: `alter default privileges for role ${role} revoke all on ${kind} from public`, word: `role ${role}` }
    : {
        apply: `alter default privileges for role ${role} grant select on tables to gen_reader, gen_writer; alter default privileges for role ${role} revoke select on tables from gen_reader`,
        word: `role ${role}`,
      }
})

export const grantsFamilies = list
