// Tables, partitions and inheritance.
import {
  alone,
  dropped,
  familyList,
  fresh,
  made,
  ofKind,
  one,
  quoted,
  renamed,
  simpleType,
  tables,
} from '../statement.ts'

const { list, succeeds } = familyList()

succeeds(
  'create table',
  made(
    tables,
    (r, name) =>
      `create ${r.one('', '', 'unlogged ')}table ${name} (a int${r.one('', ' primary key', ' unique', ' not null')}, b ${simpleType(r)}${r.one('', ' default null', ' check (b is not null)')}, c int ${r.one('', 'generated always as identity', 'generated always as (1) stored')})`,
  ),
)
succeeds(
  'rename table',
  renamed(
    (o) => alone(o).filter(({ name }) => name !== 'shop.events_rest'),
    ({ name }, to) => `alter table ${name} rename to ${to}`,
  ),
)
succeeds(
  'schema of table',
  one(
    (o) => alone(o).filter(({ name }) => name !== 'shop.events_rest'),
    (r, { name, schema: from }, o) => {
      const to = r.pick(o.schemas.filter((other) => other.name !== from))
      return to ? `alter table ${name} set schema ${to.name}` : null
    },
  ),
)
succeeds(
  'options of table',
  one(tables, (r, { name, options }) =>
    options === null
      ? `alter table ${name} set (${r.one(`fillfactor = ${10 + r.int(90)}`, 'autovacuum_enabled = false', `parallel_workers = ${r.int(10)}`)})`
      : `alter table ${name} reset (fillfactor, autovacuum_enabled, parallel_workers)`,
  ),
)
succeeds(
  'options of toast table',
  one(
    (o) => tables(o).filter(({ columns }) => columns.some(({ type }) => type === 'text')),
    (r, { name }) =>
      `alter table ${name} ${r.one(`set (toast.autovacuum_vacuum_threshold = ${r.int(1e6)})`, `set (toast.autovacuum_enabled = ${r.one('true', 'false')})`)}`,
  ),
)
succeeds(
  'persistence of table',
  one(
    (o) => alone(o).filter(({ referenced, word }) => !referenced && word !== 'items'),
    (_, { name, persistence }) => `alter table ${name} set ${persistence === 'p' ? 'unlogged' : 'logged'}`,
  ),
)
succeeds(
  'tablespace of table',
  one(alone, (_, { name, placed }) => `alter table ${name} set tablespace ${placed ? 'pg_default' : 'gen_space'}`),
)
succeeds('replica identity', (r, o) => {
  const table = r.pick(tables(o))
  if (!table) return null
  const index = r.pick(
    o.indexes.filter(
      (one) => one.table === table.name && one.unique && one.plain && one.required && one.kind === 'btree',
    ),
  )
  const to = r.pick(
    [
      'full',
      'nothing',
      'default',
      ...(index ? [`using index ${index.name.replace(/^.*\.(?=[^.]*$)/, '')}`] : []),
    ].filter((way) => !way.startsWith({ f: 'full', n: 'nothing', d: 'default', i: 'using' }[table.identity] ?? '?')),
  )
  return {
    apply: `alter table ${table.name} replica identity ${to ?? 'full'}`,
    word: index && to?.startsWith('using') ? index.word : table.word,
  }
})
succeeds(
  'cluster on index',
  one(
    (o) =>
      o.indexes.filter(
        ({ kind, constrained, plain, table }) =>
          kind === 'btree' && plain && !constrained && alone(o).some(({ name }) => name === table),
      ),
    (_, { table, word }) => `alter table ${table} cluster on ${quoted(word)}`,
  ),
)
succeeds(
  'drop table',
  dropped(
    (o) => alone(o).filter(({ name }) => !/^(shop\.(orders|events_rest)|extra\.child)$/.test(name)),
    (_, { name }) => `drop table ${name} cascade`,
  ),
)
succeeds('create partition', (r, o) => {
  const table = o.relations.find(({ name, kind }) => name === 'shop.events' && kind === 'p')
  if (!table || o.relations.length > 40) return null
  const { word, name } = fresh(r)
  const from = 1000 + r.int(1e6)
  return {
    apply: `create table shop.${name} partition of shop.events for values from (${from}) to (${from + 1})`,
    word,
  }
})
succeeds('attach partition', (r, o) => {
  const table = o.relations.find(({ name, parent }) => name === 'shop.events_rest' && parent === null)
  const to = 5_000_000 + r.int(1e6)
  return (
    table && {
      apply: `alter table shop.events attach partition shop.events_rest for values from (${to}) to (${to + 1})`,
      word: 'events_rest',
    }
  )
})
succeeds(
  'detach partition',
  one(
    (o) =>
      o.relations.filter(
        ({ parent, word }) => parent === 'shop.events' && (word === 'events_rest' || word.startsWith('g_')),
      ),
    (_, { name }) => `alter table shop.events detach partition ${name}`,
  ),
)
succeeds(
  'create partitioned table',
  made(
    ofKind('p'),
    (r, name) =>
      `create table ${name} (a int not null, b text) partition by ${r.one('range (a)', 'list (b)', 'hash (a)')}`,
  ),
)
succeeds(
  'drop partitioned table',
  dropped(
    (o) => ofKind('p')(o).filter(({ name }) => name !== 'shop.events'),
    (_, { name }) => `drop table ${name}`,
  ),
)
succeeds('inherit', (_, o) => {
  const child = o.relations.find(({ name }) => name === 'extra.child')
  return (
    child && {
      apply: `alter table extra.child ${child.parent === null ? 'inherit' : 'no inherit'} extra.parent`,
      word: 'child',
    }
  )
})

export const tablesFamilies = list
