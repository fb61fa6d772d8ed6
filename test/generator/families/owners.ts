// Owners of every kind of object.
import type { Objects, Thing } from '../objects.ts'
import {
  familyList,
  foreignTables,
  materialized,
  ofKind,
  one,
  owner,
  routines,
  sequences,
  tables,
  types,
  views,
} from '../statement.ts'

const { list, succeeds, fails } = familyList()

const ownerOf = (kind: string, things: (o: Objects) => readonly Thing[], keyword = kind) =>
  succeeds(
    `owner of ${kind}`,
    one(things, (r, thing) => `alter ${keyword} ${thing.name} owner to ${owner(r, thing)}`),
  )
ownerOf('table', (o) => tables(o).filter(({ parent }) => parent === null))
ownerOf('partitioned table', ofKind('p'), 'table')
ownerOf('view', views)
ownerOf('materialized view', materialized)
ownerOf('foreign table', foreignTables)
ownerOf('sequence', (o) => sequences(o).filter(({ word }) => !word.endsWith('_seq')))
ownerOf('schema', (o) => o.schemas.filter(({ name }) => name !== 'shop'))
ownerOf('function', routines('f'))
ownerOf('procedure', routines('p'))
ownerOf('aggregate', routines('a'))
ownerOf('type', types('e', 'c', 'r'))
ownerOf('domain', types('d'))
ownerOf('language', (o) => o.languages)
// without CREATEDB nobody gives a database away
fails(
  'owner of database',
  one(
    (o) => [o.database],
    (_, { name, owner }) => `alter database ${name} owner to ${owner === 'gen_app' ? 'levelb_deploy' : 'gen_app'}`,
  ),
)
ownerOf('server', (o) => o.servers)
ownerOf('publication', (o) => o.publications)
ownerOf('collation', (o) => o.collations)
ownerOf('conversion', (o) => o.conversions)
ownerOf('operator', (o) => o.operators)
ownerOf('operator family', (o) => o.operatorFamilies)
ownerOf('operator class', (o) => o.operatorClasses)
ownerOf('statistics', (o) => o.statistics)
ownerOf('text search configuration', (o) => o.configurations)
ownerOf('text search dictionary', (o) => o.dictionaries)
ownerOf('large object', (o) => o.largeObjects)
succeeds('reassign owned', (r, o) => {
  const thing = r.pick([...o.schemas, ...o.relations, ...o.types].filter(({ owner }) => owner === 'gen_boss'))
  return thing && { apply: 'reassign owned by gen_boss to gen_app', word: thing.word }
})

export const ownersFamilies = list
