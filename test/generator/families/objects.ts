// Schemas, the database, and what else lives in them.
import { dropped, familyList, fresh, made, one, renamed, schema } from '../statement.ts'

const { list, succeeds } = familyList()

succeeds(
  'create schema',
  made(
    (o) => o.schemas.slice(4),
    (r, name) => `create schema ${name}${r.one('', ' authorization gen_app', ' authorization gen_boss')}`,
    false,
  ),
)
succeeds(
  'rename schema',
  renamed(
    (o) => o.schemas.filter(({ name }) => name !== 'shop' && name !== 'extra'),
    ({ name }, to) => `alter schema ${name} rename to ${to}`,
  ),
)
succeeds(
  'drop schema',
  dropped(
    (o) => o.schemas.filter(({ name }) => name !== 'shop' && name !== 'extra'),
    (_, { name }) => `drop schema ${name} cascade`,
  ),
)
succeeds(
  'setting of database',
  one(
    (o) => [o.database],
    (r, { name }) =>
      r.one(
        `alter database ${name} set work_mem = '${1 + r.int(1000)}MB'`,
        `alter database ${name} set statement_timeout = ${60000 + r.int(1000)}`,
        `alter database ${name} set search_path = ${r.one('shop', 'extra', 'shop, extra')}`,
      ),
  ),
)
succeeds(
  'create collation',
  made(
    (o) => o.collations,
    (r, name) => `create collation ${name} ${r.one(`(provider = libc, locale = 'C')`, 'from "C"', 'from "POSIX"')}`,
  ),
)
succeeds(
  'rename collation',
  renamed(
    (o) => o.collations,
    ({ name }, to) => `alter collation ${name} rename to ${to}`,
  ),
)
succeeds(
  'drop collation',
  dropped(
    (o) => o.collations,
    (_, { name }) => `drop collation ${name}`,
  ),
)
succeeds(
  'create conversion',
  made(
    (o) => o.conversions,
    (_, name) => `create conversion ${name} for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8`,
  ),
)
succeeds(
  'rename conversion',
  renamed(
    (o) => o.conversions,
    ({ name }, to) => `alter conversion ${name} rename to ${to}`,
  ),
)
succeeds(
  'drop conversion',
  dropped(
    (o) => o.conversions,
    (_, { name }) => `drop conversion ${name}`,
  ),
)
succeeds(
  'create dictionary',
  made(
    (o) => o.dictionaries,
    (r, name) => `create text search dictionary ${name} (template = simple, accept = ${r.one('true', 'false')})`,
  ),
)
succeeds(
  'alter dictionary',
  one(
    (o) => o.dictionaries,
    (r, { name }) =>
      r.one(
        `alter text search dictionary ${name} (accept = ${r.one('true', 'false')})`,
        `alter text search dictionary ${name} rename to ${fresh(r).name}`,
      ),
  ),
)
succeeds(
  'drop dictionary',
  dropped(
    (o) => o.dictionaries,
    (_, { name }) => `drop text search dictionary ${name} cascade`,
  ),
)
succeeds(
  'create search configuration',
  made(
    (o) => o.configurations,
    (r, name) =>
      `create text search configuration ${name} (${r.one('copy = pg_catalog.english', 'copy = pg_catalog.simple', 'parser = pg_catalog.default')})`,
  ),
)
succeeds(
  'alter search configuration',
  one(
    (o) => o.configurations,
    (r, { name }, o) => {
      const dictionary = r.pick(o.dictionaries)?.name ?? 'pg_catalog.simple'
      return r.one(
        `alter text search configuration ${name} alter mapping for ${r.one('word', 'asciiword', 'hword')} with ${dictionary}`,
        `alter text search configuration ${name} drop mapping if exists for ${r.one('url', 'email', 'host', 'float')}`,
        `alter text search configuration ${name} rename to ${fresh(r).name}`,
      )
    },
  ),
)
succeeds(
  'drop search configuration',
  dropped(
    (o) => o.configurations,
    (_, { name }) => `drop text search configuration ${name}`,
  ),
)
succeeds('create operator', (r, o) => {
  if (o.operators.length > 12) return null
  const word = `${r.one('<', '>', '~', '=')}${Array.from({ length: 5 }, () => r.one('#', '%', '&', '|', '@')).join('')}`
  return {
    apply: `create operator ${schema(r, o)}.${word} (function = ${r.one('int4eq', 'int4ne', 'int4lt')}, leftarg = int, rightarg = int)`,
    word,
  }
})
succeeds(
  'alter operator',
  one(
    (o) => o.operators,
    (r, { name }) => `alter operator ${name} set (restrict = ${r.one('eqsel', 'neqsel', 'none', 'scalarltsel')})`,
  ),
)
succeeds(
  'schema of operator',
  one(
    (o) => o.operators,
    (r, { name }, o) =>
      `alter operator ${name} set schema ${r.pick(o.schemas.filter((one) => !name.startsWith(`${one.name}.`)))?.name ?? 'extra'}`,
  ),
)
succeeds(
  'drop operator',
  dropped(
    (o) => o.operators,
    (_, { name }) => `drop operator ${name}`,
  ),
)
succeeds(
  'rename operator family',
  renamed(
    (o) => o.operatorFamilies,
    ({ name }, to) => `alter operator family ${name} rename to ${to}`,
  ),
)
succeeds(
  'rename operator class',
  renamed(
    (o) => o.operatorClasses,
    ({ name }, to) => `alter operator class ${name} rename to ${to}`,
  ),
)
succeeds('create cast', (r, o) => {
  const type = r.pick(
    o.types.filter(
      ({ kind, name }) => (kind === 'e' || kind === 'c') && !o.casts.some((cast) => cast.name.includes(name)),
    ),
  )
  return (
    type && {
      apply: `create cast (${type.name} as ${r.one('int4', 'xml', 'json')}) with inout${r.one('', ' as assignment')}`,
      word: type.word,
    }
  )
})
succeeds(
  'drop cast',
  one(
    (o) => o.casts,
    (_, { name }) => `drop cast ${name}`,
  ),
)
succeeds(
  'rename language',
  renamed(
    (o) => o.languages,
    ({ name }, to) => `alter language ${name} rename to ${to}`,
  ),
)

export const objectsFamilies = list
