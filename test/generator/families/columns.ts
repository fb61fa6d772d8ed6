// Columns of tables.
import type { Column, Relation } from '../objects.ts'
import type { Random } from '../random.ts'
import {
  alone,
  familyList,
  freeColumns,
  fresh,
  type Make,
  one,
  simpleType,
  tablesAndPartitioned,
} from '../statement.ts'

const { list, succeeds } = familyList()

succeeds(
  'add column',
  one(
    (o) => tablesAndPartitioned(o).filter(({ columns, parent }) => columns.length < 12 && parent === null),
    (r, { name }) => {
      const column = fresh(r)
      return `alter table ${name} add column ${column.name} ${simpleType(r)}${r.one('', ' default null', ' check (true)')}`
    },
  ),
)
succeeds('drop column', (r, o) => {
  const table = r.pick(alone(o).filter((one) => freeColumns(one).length > 2))
  const column = r.pick(table ? freeColumns(table) : [])
  return table && column && { apply: `alter table ${table.name} drop column ${column.name} cascade`, word: column.word }
})
succeeds('rename column', (r, o) => {
  const table = r.pick(alone(o))
  const column = r.pick((table?.columns ?? []).filter(({ inherited }) => !inherited))
  return (
    table &&
    column && { apply: `alter table ${table.name} rename column ${column.name} to ${fresh(r).name}`, word: column.word }
  )
})
const columnThat =
  (
    fits: (column: Column, table: Relation) => boolean,
    write: (r: Random, table: Relation, column: Column) => string,
  ): Make =>
  (r, o) => {
    const table = r.pick(alone(o).filter((one) => one.columns.some((column) => fits(column, one))))
    const column = r.pick(table?.columns.filter((one) => fits(one, table)) ?? [])
    return table && column && { apply: write(r, table, column), word: column.word }
  }
const isFree = ({ inherited, key }: Column) => !inherited && !key
const isPlain = (column: Column) => isFree(column) && column.identity === '' && column.generated === ''
succeeds(
  'type of column',
  columnThat(
    isPlain,
    (r, { name }, column) =>
      `alter table ${name} alter ${column.name} drop default, alter ${column.name} type ${column.type === 'text' ? `varchar(${10 + r.int(100)})` : `text using ${column.name}::text`}`,
  ),
)
succeeds(
  'default of column',
  columnThat(
    isPlain,
    (r, { name }, column) =>
      `alter table ${name} alter ${column.name} ${column.default && r.chance(0.5) ? 'drop default' : `set default ${/int|numeric|bigint$/.test(column.type) && !column.type.endsWith(']') ? r.int(1000) : "'3'"}`}`,
  ),
)
succeeds(
  'not null of column',
  columnThat(
    isPlain,
    (_, { name }, column) => `alter table ${name} alter ${column.name} ${column.required ? 'drop' : 'set'} not null`,
  ),
)
succeeds(
  'identity of column',
  columnThat(
    ({ identity, type, default: has, generated, inherited }) =>
      identity !== '' || (type === 'integer' && !has && generated === '' && !inherited),
    (r, { name }, column) =>
      column.identity !== ''
        ? `alter table ${name} alter ${column.name} ${r.one('drop identity', `set generated ${column.identity === 'a' ? 'by default' : 'always'}`)}`
        : `alter table ${name} alter ${column.name} set not null, alter ${column.name} add generated ${r.one('always', 'by default')} as identity`,
  ),
)
succeeds(
  'statistics of column',
  columnThat(
    isFree,
    (r, { name }, column) =>
      `alter table ${name} alter ${column.name} set ${r.one(`statistics ${r.int(1000)}`, `(n_distinct = ${r.int(100)})`)}`,
  ),
)
succeeds(
  'storage of column',
  columnThat(
    ({ type }) => /^(text|numeric|character)/.test(type),
    (r, { name }, column) =>
      `alter table ${name} alter ${column.name} set storage ${r.one('external', 'main', 'plain')}`,
  ),
)
succeeds(
  'compression of column',
  columnThat(
    ({ type }) => type === 'text',
    (r, { name }, column) => `alter table ${name} alter ${column.name} set compression ${r.one('pglz', 'default')}`,
  ),
)

export const columnsFamilies = list
