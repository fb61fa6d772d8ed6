// Sequences, types and domains.
import type { Objects } from '../objects.ts'
import {
  dropped,
  familyList,
  fresh,
  literal,
  made,
  one,
  renamed,
  sequences,
  simpleType,
  tables,
  types,
} from '../statement.ts'

const { list, succeeds } = familyList()

succeeds(
  'create sequence',
  made(
    sequences,
    (r, name) => `create sequence ${name} increment ${1 + r.int(9)} start ${1 + r.int(100)} cache ${1 + r.int(9)}`,
  ),
)
const freeSequences = (o: Objects) => sequences(o).filter(({ word }) => !word.endsWith('_seq'))
succeeds(
  'alter sequence',
  one(freeSequences, (r, { name }) =>
    r.one(
      `alter sequence ${name} increment ${10 + r.int(90)}`,
      `alter sequence ${name} maxvalue ${1000 + r.int(1e6)}`,
      `alter sequence ${name} ${r.one('cycle', 'no cycle')} cache ${20 + r.int(50)}`,
    ),
  ),
)
succeeds(
  'restart sequence',
  one(sequences, (r, { name }) => `alter sequence ${name} restart${r.one('', ` with ${1 + r.int(100)}`)}`),
)
succeeds('owned by of sequence', (r, o) => {
  const sequence = r.pick(freeSequences(o))
  const table = r.pick(tables(o).filter((one) => one.schema === sequence?.schema && one.owner === sequence?.owner))
  const column = r.pick(table?.columns ?? [])
  return (
    sequence && {
      apply: `alter sequence ${sequence.name} owned by ${table && column ? `${table.name}.${column.name}` : 'none'}`,
      word: sequence.word,
    }
  )
})
succeeds(
  'rename sequence',
  renamed(freeSequences, ({ name }, to) => `alter sequence ${name} rename to ${to}`),
)
succeeds(
  'drop sequence',
  dropped(freeSequences, (_, { name }) => `drop sequence ${name}`),
)
succeeds(
  'create type',
  made(
    types('e', 'c', 'r'),
    (r, name) =>
      `create type ${name} as ${r.one(`enum ('a', 'b')`, '(a int, b text)', `range (subtype = ${r.one('int4', 'numeric', 'date')})`, 'enum ()')}`,
  ),
)
succeeds(
  'add value to enum',
  one(
    types('e'),
    (r, { name, labels }) =>
      `alter type ${name} add value 'v ${r.int(1e6)}'${r.pick(labels) && r.chance(0.5) ? ` ${r.one('before', 'after')} ${literal(labels[0] ?? '')}` : ''}`,
  ),
)
succeeds(
  'rename value of enum',
  one(
    (o) => types('e')(o).filter(({ labels }) => labels.length > 0),
    (r, { name, labels }) => `alter type ${name} rename value ${literal(r.pick(labels) ?? '')} to 'w ${r.int(1e6)}'`,
  ),
)
succeeds(
  'attributes of type',
  one(types('c'), (r, { name, attributes }) =>
    r.one(
      `alter type ${name} add attribute ${fresh(r).name} ${simpleType(r)}`,
      attributes.length > 1
        ? `alter type ${name} drop attribute ${attributes.at(-1)}`
        : `alter type ${name} add attribute ${fresh(r).name} int`,
      `alter type ${name} alter attribute ${attributes[0]} type ${r.one('bigint', 'text', 'numeric')}`,
    ),
  ),
)
succeeds(
  'rename type',
  renamed(types('e', 'c', 'r'), ({ name }, to) => `alter type ${name} rename to ${to}`),
)
succeeds(
  'schema of type',
  one(
    types('e', 'c', 'r'),
    (r, { name }, o) =>
      `alter type ${name} set schema ${r.pick(o.schemas.filter((one) => !name.startsWith(`${one.name}.`)))?.name ?? 'extra'}`,
  ),
)
succeeds(
  'drop type',
  dropped(types('e', 'c', 'r'), (_, { name }) => `drop type ${name} cascade`),
)
succeeds(
  'create domain',
  made(
    types('d'),
    (r, name) =>
      `create domain ${name} as ${r.one('int', 'text', 'numeric(5,1)')}${r.one('', ' not null', ' default null', ` check (value is not null or ${r.int(100)} > 0)`)}`,
  ),
)
succeeds(
  'alter domain',
  one(types('d'), (r, { name }) =>
    r.one(
      `alter domain ${name} ${r.one('set', 'drop')} not null`,
      `alter domain ${name} set default null`,
      `alter domain ${name} drop default`,
      `alter domain ${name} add constraint ${fresh(r).name} check (value is not null or ${r.int(1000)} > 0)`,
    ),
  ),
)
succeeds(
  'rename domain',
  renamed(types('d'), ({ name }, to) => `alter domain ${name} rename to ${to}`),
)
succeeds(
  'drop domain',
  dropped(types('d'), (_, { name }) => `drop domain ${name} cascade`),
)

export const typesFamilies = list
