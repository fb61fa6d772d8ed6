// Views and materialized views.
import {
  alone,
  behavior,
  columnOf,
  dropped,
  familyList,
  fresh,
  made,
  materialized,
  one,
  renamed,
  views,
} from '../statement.ts'

const { list, succeeds } = familyList()

succeeds(
  'create view',
  made(views, (r, name, o) => {
    const table = r.pick(alone(o))
    const options = r.one('', ' with (security_invoker)', ' with (security_barrier)')
    return `create view ${name}${options} as select ${table && r.chance(0.7) ? `count(*) as n, ${r.int(1000)} as k from ${table.name}` : `${r.int(1000)} as k`}`
  }),
)
// a column may be added and no other changed
succeeds(
  'replace view',
  one(
    (o) =>
      views(o).filter(
        ({ columns }) => columns.length < 8 && columns.every(({ type }) => /^(integer|text|bigint)$/.test(type)),
      ),
    (r, { name, columns }) =>
      `create or replace view ${name} as select ${columns.map((column) => `${r.int(1000)}::${column.type} as ${column.name}`).join(', ')}${r.chance(0.5) ? `, 1 as more_${r.int(1e6)}` : ''}`,
  ),
)
succeeds(
  'options of view',
  one(views, (r, { name, options }) =>
    options === null
      ? `alter view ${name} set (${r.one('security_invoker', 'security_barrier', 'security_barrier, security_invoker')} = ${r.one('true', 'false')})`
      : `alter view ${name} reset (security_invoker, security_barrier)`,
  ),
)
succeeds(
  'rename view',
  renamed(views, ({ name }, to) => `alter view ${name} rename to ${to}`),
)
succeeds(
  'schema of view',
  one(views, (r, { name, schema: from }, o) => {
    const to = r.pick(o.schemas.filter((other) => other.name !== from))
    return to ? `alter view ${name} set schema ${to.name}` : null
  }),
)
succeeds('rename view column', (r, o) => {
  const view = r.pick(views(o))
  const column = r.pick(view?.columns ?? [])
  return (
    view &&
    column && { apply: `alter view ${view.name} rename column ${column.name} to ${fresh(r).name}`, word: view.word }
  )
})
succeeds(
  'default of view column',
  columnOf(
    (r, { name }, column) =>
      /^(integer|bigint)$/.test(column.type)
        ? `alter view ${name} alter ${column.name} ${column.default ? 'drop default' : `set default ${r.int(1000)}`}`
        : null,
    views,
  ),
)
succeeds(
  'drop view',
  dropped(views, (r, { name }) => `drop view ${name}${behavior(r)}`),
)
succeeds(
  'create materialized view',
  made(materialized, (r, name, o) => {
    const table = r.pick(alone(o))
    return `create materialized view ${name} as select ${table ? `count(*) as n from ${table.name}` : '1 as n'} ${r.one('with data', 'with no data')}`
  }),
)
succeeds(
  'refresh materialized view',
  one(materialized, (r, { name }) => `refresh materialized view ${name}${r.one('', ' with no data')}`),
)
succeeds(
  'alter materialized view',
  one(materialized, (r, { name }) =>
    r.one(
      `alter materialized view ${name} set (fillfactor = ${10 + r.int(90)})`,
      `alter materialized view ${name} rename to ${fresh(r).name}`,
      `alter materialized view ${name} alter n set statistics ${r.int(100)}`,
    ),
  ),
)
succeeds(
  'drop materialized view',
  dropped(materialized, (r, { name }) => `drop materialized view ${name}${behavior(r)}`),
)

export const viewsFamilies = list
