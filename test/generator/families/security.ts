// Row level security, policies, triggers and rules.
import type { Objects, Relation } from '../objects.ts'
import {
  alone,
  dropped,
  familyList,
  fresh,
  grantee,
  one,
  own,
  renamed,
  tables,
  tablesAndPartitioned,
  views,
} from '../statement.ts'

const { list, succeeds } = familyList()

succeeds(
  'row level security',
  one(
    tablesAndPartitioned,
    (_, { name, secured }) => `alter table ${name} ${secured ? 'disable' : 'enable'} row level security`,
  ),
)
succeeds(
  'row level security of the owner',
  one(
    tablesAndPartitioned,
    (_, { name, forced }) => `alter table ${name} ${forced ? 'no ' : ''}force row level security`,
  ),
)
succeeds('create policy', (r, o) => {
  const table = r.pick(tables(o))
  if (!table || o.policies.length > 12) return null
  const { word, name } = fresh(r)
  const command = r.one('all', 'select', 'insert', 'update', 'delete')
  const condition =
    command === 'insert' ? 'with check (true)' : r.one('using (true)', 'using (current_user is not null)')
  return {
    apply: `create policy ${name} on ${table.name} as ${r.one('permissive', 'restrictive')} for ${command} to ${grantee(r)} ${condition}`,
    word,
  }
})
succeeds(
  'alter policy',
  one(
    (o) => o.policies,
    (r, { name, table, kind }) => {
      const to = `alter policy ${name} on ${table} to ${r.one('gen_reader', 'gen_writer', 'gen_reader, gen_writer')}`
      return kind === 'a' ? to : r.one(to, `alter policy ${name} on ${table} using (${r.int(1000)} > 0)`)
    },
  ),
)
succeeds(
  'rename policy',
  renamed(
    (o) => o.policies,
    ({ name, table }, to) => `alter policy ${name} on ${table} rename to ${to}`,
  ),
)
succeeds(
  'drop policy',
  dropped(
    (o) => o.policies,
    (_, { name, table }) => `drop policy ${name} on ${table}`,
  ),
)
const triggerFunction = (o: Objects, table: Relation) =>
  o.routines.filter(
    ({ returns, owner }) => returns === 'trigger' && (!table.owner.startsWith('levelb') || owner === 'levelb_deploy'),
  )
succeeds('create trigger', (r, o) => {
  const table = r.pick(alone(o))
  const code = table && r.pick(triggerFunction(o, table))
  if (!table || !code || o.triggers.length > 12) return null
  const { word, name } = fresh(r)
  const head = r.one(
    `create trigger ${name} ${r.one('before', 'after')} ${r.one('insert', 'update', 'delete', 'insert or update')} on ${table.name} for each row`,
    `create trigger ${name} ${r.one('before', 'after')} truncate on ${table.name} for each statement`,
    `create constraint trigger ${name} after insert on ${table.name} deferrable initially deferred for each row`,
  )
  return { apply: `${head} execute function ${code.name}`, word }
})
succeeds(
  'replace trigger',
  one(
    (o) => own(o.triggers).filter(({ kind, state }) => kind === 'r' && state === 'O'),
    (r, { name, table, tableWord }, o) => {
      const code = r.pick(
        triggerFunction(
          o,
          o.relations.find(({ word }) => word === tableWord) ?? ({ owner: 'levelb_deploy' } as Relation),
        ),
      )
      return code
        ? `create or replace trigger ${name} ${r.one('before', 'after')} ${r.one('insert', 'update', 'delete')} on ${table} for each row execute function ${code.name}`
        : null
    },
  ),
)
succeeds(
  'state of trigger',
  one(
    (o) => o.triggers,
    (r, { name, table, state }) =>
      `alter table ${table} ${state === 'O' ? r.one('disable', 'enable always', 'enable replica') : 'enable'} trigger ${name}`,
  ),
)
succeeds(
  'rename trigger',
  renamed(
    (o) => own(o.triggers),
    ({ name, table }, to) => `alter trigger ${name} on ${table} rename to ${to}`,
  ),
)
succeeds(
  'drop trigger',
  dropped(
    (o) => own(o.triggers),
    (_, { name, table }) => `drop trigger ${name} on ${table}`,
  ),
)
succeeds('create rule', (r, o) => {
  const target = r.pick([...views(o), ...alone(o)])
  if (!target || o.rules.length > 10) return null
  const { word, name } = fresh(r)
  return {
    apply: `create rule ${name} as on ${r.one('insert', 'update', 'delete')} to ${target.name} ${r.one('do instead nothing', 'do also select 1')}`,
    word,
  }
})
succeeds(
  'replace rule',
  one(
    (o) => o.rules,
    (r, { name, table }) =>
      `create or replace rule ${name} as on ${r.one('insert', 'update', 'delete')} to ${table} do also select ${r.int(1000)}`,
  ),
)
succeeds(
  'state of rule',
  one(
    (o) => o.rules.filter(({ kind }) => kind === 'r'),
    (r, { name, table, state }) =>
      `alter table ${table} ${state === 'O' ? r.one('disable', 'enable always', 'enable replica') : 'enable'} rule ${name}`,
  ),
)
succeeds(
  'rename rule',
  renamed(
    (o) => o.rules,
    ({ name, table }, to) => `alter rule ${name} on ${table} rename to ${to}`,
  ),
)
succeeds(
  'drop rule',
  dropped(
    (o) => o.rules,
    (_, { name, table }) => `drop rule ${name} on ${table}`,
  ),
)

export const securityFamilies = list
