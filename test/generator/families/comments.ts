// Comments.
import type { Objects } from '../objects.ts'
import {
  columnOf,
  comment,
  familyList,
  one,
  routines,
  sequences,
  tablesAndPartitioned,
  types,
  views,
} from '../statement.ts'

const { list, succeeds } = familyList()

const commentOn = (kind: string, things: (o: Objects) => readonly { name: string; word: string }[]) =>
  succeeds(
    `comment on ${kind}`,
    one(things, (r, { name }) => `comment on ${kind} ${name} is ${comment(r)}`),
  )
commentOn('table', tablesAndPartitioned)
commentOn('view', views)
commentOn('function', routines('f'))
commentOn('schema', (o) => o.schemas)
commentOn('type', types('e', 'c', 'r'))
commentOn('index', (o) => o.indexes)
commentOn('sequence', sequences)
commentOn('database', (o) => [o.database])
commentOn('publication', (o) => o.publications)
commentOn('server', (o) => o.servers)
succeeds(
  'comment on column',
  columnOf((r, { name }, column) => `comment on column ${name}.${column.name} is ${comment(r)}`),
)
succeeds('comment on part of table', (r, o) => {
  const [kind, part] = r.one(
    ['constraint', r.pick(o.constraints)] as const,
    ['trigger', r.pick(o.triggers)] as const,
    ['policy', r.pick(o.policies)] as const,
    ['rule', r.pick(o.rules)] as const,
  )
  return part && { apply: `comment on ${kind} ${part.name} on ${part.table} is ${comment(r)}`, word: part.word }
})

export const commentsFamilies = list
