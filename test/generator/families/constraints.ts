// Constraints, indexes and statistics.
import type { Objects } from '../objects.ts'
import {
  alone,
  dropped,
  familyList,
  fresh,
  materialized,
  one,
  own,
  quoted,
  renamed,
  tablesAndPartitioned,
} from '../statement.ts'

const { list, succeeds } = familyList()

succeeds('add constraint', (r, o) => {
  const table = r.pick(alone(o))
  const column = r.pick(table?.columns ?? [])
  if (!table || !column || o.constraints.length > 40) return null
  const { word, name } = fresh(r)
  const rule = r.one(
    `check (${column.name} is not null or ${r.int(1000)} > 0)${r.one('', ' not valid')}`,
    `unique (${column.name})${r.one('', ' deferrable')}`,
    'check (true) no inherit',
  )
  return { apply: `alter table ${table.name} add constraint ${name} ${rule}`, word }
})
succeeds('add foreign key', (r, o) => {
  const table = r.pick(alone(o).filter(({ columns }) => columns.some(({ type }) => type === 'integer')))
  const column = table?.columns.find(({ type }) => type === 'integer')
  const target = r.pick(
    o.indexes.filter(
      ({ table: of, unique, constrained, plain }) =>
        unique &&
        constrained &&
        plain &&
        alone(o).some(
          (one) =>
            one.name === of &&
            one.columns[0]?.key &&
            one.columns[0].type === 'integer' &&
            one.persistence === table?.persistence,
        ),
    ),
  )
  if (!table || !column || !target || o.constraints.length > 40) return null
  const { word, name } = fresh(r)
  return {
    apply: `alter table ${table.name} add constraint ${name} foreign key (${column.name}) references ${target.table} ${r.one('', 'on delete cascade', 'on delete set null', 'deferrable initially deferred')} not valid`,
    word,
  }
})
succeeds(
  'validate constraint',
  one(
    (o) => o.constraints.filter(({ valid, copied }) => !valid && !copied),
    (_, { name, table }) => `alter table ${table} validate constraint ${name}`,
  ),
)
succeeds(
  'alter constraint',
  one(
    (o) => own(o.constraints).filter(({ kind }) => kind === 'f'),
    (r, { name, table }) =>
      `alter table ${table} alter constraint ${name} ${r.one('deferrable', 'deferrable initially deferred', 'not deferrable')}`,
  ),
)
succeeds(
  'rename constraint',
  renamed(
    (o) => own(o.constraints).filter(({ kind }) => 'cpuf'.includes(kind)),
    ({ name, table }, to) => `alter table ${table} rename constraint ${name} to ${to}`,
  ),
)
succeeds(
  'drop constraint',
  dropped(
    (o) => own(o.constraints).filter(({ kind, word }) => 'cuf'.includes(kind) && word.startsWith('g_')),
    (_, { name, table }) => `alter table ${table} drop constraint ${name} cascade`,
  ),
)
succeeds('create index', (r, o) => {
  const table = r.pick([...tablesAndPartitioned(o), ...materialized(o)])
  const column = r.pick((table?.columns ?? []).filter(({ type }) => !type.endsWith(']')))
  if (!table || !column || o.indexes.length > 30) return null
  const { word, name } = fresh(r)
  return {
    apply: `create index ${name} on ${table.name} ${r.one(`(${column.name})`, `(${column.name} desc)`, `((${column.name} is null))`, `(${column.name}) where ${column.name} is not null`, `using hash (${column.name})`)}`,
    word,
  }
})
succeeds('create unique index', (r, o) => {
  const table = r.pick(alone(o))
  const column = r.pick((table?.columns ?? []).filter(({ type }) => !type.endsWith(']')))
  if (!table || !column || o.indexes.length > 30) return null
  const { word, name } = fresh(r)
  return {
    apply: `create unique index ${name} on ${table.name} (${column.name})${r.one('', ' where false')}`,
    word,
  }
})
const freeIndexes = (o: Objects) => o.indexes.filter(({ constrained, copied }) => !constrained && !copied)
succeeds(
  'options of index',
  one(
    (o) => o.indexes.filter(({ kind, copied }) => !copied && (kind === 'btree' || kind === 'hash')),
    (r, { name }) =>
      `alter index ${name} ${r.one(`set (fillfactor = ${10 + r.int(90)})`, `set (fillfactor = ${10 + r.int(90)})`, 'reset (fillfactor)')}`,
  ),
)
succeeds(
  'rename index',
  renamed(freeIndexes, ({ name }, to) => `alter index ${name} rename to ${to}`),
)
succeeds(
  'tablespace of index',
  one(
    (o) => freeIndexes(o).filter(({ tableKind }) => tableKind !== 'p'),
    (_, { name, placed }) => `alter index ${name} set tablespace ${placed ? 'pg_default' : 'gen_space'}`,
  ),
)
succeeds(
  'constraint by index',
  one(
    (o) =>
      freeIndexes(o).filter(
        ({ unique, plain, kind, table }) =>
          unique && plain && kind === 'btree' && alone(o).some(({ name }) => name === table),
      ),
    (_, { word, table }) => `alter table ${table} add constraint ${quoted(word)} unique using index ${quoted(word)}`,
  ),
)
succeeds(
  'drop index',
  dropped(freeIndexes, (_, { name }) => `drop index ${name}`),
)
succeeds('create statistics', (r, o) => {
  const table = r.pick(
    alone(o).filter(
      ({ columns }) =>
        columns.filter(({ type, generated }) => generated === '' && /^(integer|text)$/.test(type)).length > 1,
    ),
  )
  if (!table || o.statistics.length > 12) return null
  const [a, b] = r.shuffled(
    table.columns.filter(({ type, generated }) => generated === '' && /^(integer|text)$/.test(type)),
  )
  const { word, name } = fresh(r)
  return {
    apply: `create statistics shop.${name} ${r.one('', '(ndistinct)', '(dependencies, mcv)')} on ${a?.name}, ${b?.name} from ${table.name}`,
    word,
  }
})
succeeds(
  'alter statistics',
  one(
    (o) => o.statistics,
    (r, { name }) =>
      r.one(
        `alter statistics ${name} set statistics ${r.int(1000)}`,
        `alter statistics ${name} rename to ${fresh(r).name}`,
      ),
  ),
)
succeeds(
  'drop statistics',
  dropped(
    (o) => o.statistics,
    (_, { name }) => `drop statistics ${name}`,
  ),
)

export const constraintsFamilies = list
