// Publications, foreign data, large objects and extensions.
import { alone, dropped, familyList, foreignTables, fresh, made, one } from '../statement.ts'

const { list, succeeds, fails } = familyList()

succeeds(
  'create publication',
  made(
    (o) => o.publications,
    (r, name, o) =>
      `create publication ${name}${r.one(
        '',
        ...alone(o)
          .slice(0, 3)
          .map((table) => ` for table ${table.name}`),
      )}`,
    false,
  ),
)
succeeds(
  'tables of publication',
  one(
    (o) => o.publications,
    (r, { name, tables: has }, o) => {
      const gone = r.pick(has)
      const more = r.pick(alone(o).filter((table) => table.persistence === 'p' && !has.includes(table.name)))
      return gone && r.chance(0.5)
        ? `alter publication ${name} drop table ${gone}`
        : more
          ? `alter publication ${name} ${r.one('add', 'set')} table ${more.name}${r.one('', ' where (1 > 0)')}`
          : null
    },
  ),
)
succeeds(
  'alter publication',
  one(
    (o) => o.publications,
    (r, { name }) =>
      r.one(
        `alter publication ${name} set (publish = '${r.one('insert', 'insert, update', 'delete, truncate', 'update')}')`,
        `alter publication ${name} rename to ${fresh(r).name}`,
        `alter publication ${name} set (publish_via_partition_root = ${r.one('true', 'false')})`,
      ),
  ),
)
succeeds(
  'drop publication',
  dropped(
    (o) => o.publications,
    (_, { name }) => `drop publication ${name}`,
  ),
)
succeeds(
  'create server',
  made(
    (o) => o.servers,
    (r, name) =>
      `create server ${name} ${r.one('', `type 'file' `, `version '${r.int(10)}' `)}foreign data wrapper gen_wrap options (place 'there ${r.int(100)}')`,
    false,
  ),
)
succeeds(
  'alter server',
  one(
    (o) => o.servers,
    (r, { name }) =>
      r.one(
        `alter server ${name} options (set place 'place ${r.int(1e6)}')`,
        `alter server ${name} version '${r.int(1e6)}'`,
        `alter server ${name} rename to ${fresh(r).name}`,
      ),
  ),
)
succeeds(
  'drop server',
  dropped(
    (o) => o.servers,
    (_, { name }) => `drop server ${name} cascade`,
  ),
)
succeeds('create user mapping', (r, o) => {
  const user = r.one('gen_reader', 'gen_writer', 'public', 'gen_app')
  const server = r.pick(
    o.servers.filter(({ name }) => !o.mappings.some((mapping) => mapping.server === name && mapping.user === user)),
  )
  return (
    server && {
      apply: `create user mapping for ${user} server ${server.name} options (who 'number ${r.int(100)}')`,
      word: server.word,
    }
  )
})
succeeds(
  'alter user mapping',
  one(
    (o) => o.mappings,
    (r, { user, server }) => `alter user mapping for ${user} server ${server} options (set who 'now ${r.int(1e6)}')`,
  ),
)
succeeds(
  'drop user mapping',
  one(
    (o) => (o.mappings.length > 1 ? o.mappings : []),
    (_, { user, server }) => `drop user mapping for ${user} server ${server}`,
  ),
)
succeeds(
  'create foreign table',
  made(foreignTables, (r, name, o) => {
    const server = r.pick(o.servers)
    return server
      ? `create foreign table ${name} (a int, b text options (place 'x')) server ${server.name} options (file 'f ${r.int(100)}')`
      : null
  }),
)
succeeds(
  'alter foreign table',
  one(foreignTables, (r, { name }) =>
    r.one(
      `alter foreign table ${name} add column ${fresh(r).name} int`,
      `alter foreign table ${name} options (add g_${r.int(1e6)} 'yes')`,
      `alter foreign table ${name} rename to ${fresh(r).name}`,
      `alter foreign table ${name} alter a options (add g_${r.int(1e6)} 'yes')`,
    ),
  ),
)
succeeds(
  'drop foreign table',
  dropped(foreignTables, (_, { name }) => `drop foreign table ${name}`),
)
succeeds('create large object', (r, o) => {
  const word = `${100000 + r.int(1e6)}`
  return o.largeObjects.length > 10 ? null : { apply: `select lo_create(${word})`, word }
})
succeeds(
  'write large object',
  one(
    (o) => o.largeObjects.map(({ name }) => ({ name, word: 'pg_largeobject' })),
    (r, { name }) => `select lo_put(${name}, 0, '\\x${10000 + r.int(80000)}0')`,
  ),
)
succeeds(
  'drop large object',
  dropped(
    (o) => o.largeObjects,
    (_, { name }) => `select lo_unlink(${name})`,
  ),
)
succeeds('create extension', (r, o) => {
  const name = r.pick(
    ['citext', 'hstore', 'pg_trgm', 'ltree', 'unaccent'].filter(
      (one) => !o.extensions.some(({ word }) => word === one),
    ),
  )
  return name === undefined ? null : { apply: `create extension ${name} schema ${r.one('shop', 'extra')}`, word: name }
})
// its members belong to the superuser that its script ran as
fails(
  'schema of extension',
  one(
    (o) => o.extensions,
    (_, { name }) => `alter extension ${name} set schema shop`,
  ),
)
succeeds(
  'drop extension',
  one(
    (o) => o.extensions,
    (_, { name }) => `drop extension ${name} cascade`,
  ),
)

export const foreignFamilies = list
