// Functions, procedures and aggregates.
import type { Objects, Routine } from '../objects.ts'
import type { Random } from '../random.ts'
import { behavior, dropped, familyList, fresh, made, one, renamed, routines } from '../statement.ts'

const { list, succeeds } = familyList()

const body = (r: Random) =>
  r.one(
    `language sql as 'select ${r.int(1000)}'`,
    `language sql return ${r.int(1000)}`,
    `language plpgsql as 'begin return ${r.int(1000)}; end'`,
  )
succeeds(
  'create function',
  made(
    routines('f'),
    (r, name) => `create function ${name}(a int${r.one('', ', b text default null')}) returns int ${body(r)}`,
  ),
)
succeeds(
  'create trigger function',
  made(
    (o) => o.routines.filter(({ returns }) => returns === 'trigger'),
    (r, name) =>
      `create function ${name}() returns trigger language plpgsql as 'begin return new; /* ${r.int(1000)} */ end'`,
  ),
)
succeeds('create definer function', (r, o) => {
  if (o.routines.length > 20) return null
  const { word, name } = fresh(r)
  const signature = `extra.${name}(a int)`
  return {
    apply: `create function ${signature} returns int security definer set search_path = pg_catalog, pg_temp ${body(r)}; revoke execute on function ${signature} from public; grant create on schema extra to levelb_definer; alter function ${signature} owner to levelb_definer`,
    word,
  }
})
const plainFunctions = (o: Objects) =>
  routines('f')(o).filter(({ returns, arguments: given }) => returns === 'integer' && given === 'a integer')
succeeds(
  'replace function',
  one(
    (o) => plainFunctions(o).filter(({ definer }) => !definer),
    (r, { name }) => `create or replace function ${name.replace(/\(.*\)$/, '(a int)')} returns int ${body(r)}`,
  ),
)
const ofFunction = (kind: string, write: (r: Random, thing: Routine) => string | null) =>
  succeeds(`${kind} of function`, one(plainFunctions, write))
ofFunction('security', (r, { name, definer, owner }) =>
  definer || owner === 'levelb_deploy'
    ? `alter function ${name} security invoker`
    : `alter function ${name} security ${r.one('definer', 'invoker')}`,
)
ofFunction('settings', (r, { name }) =>
  r.one(
    `alter function ${name} set search_path = ${r.one('shop', 'extra', 'pg_catalog, pg_temp')}`,
    `alter function ${name} set work_mem = '${1 + r.int(100)}MB'`,
    `alter function ${name} reset all`,
  ),
)
ofFunction(
  'volatility',
  (r, { name }) =>
    `alter function ${name} ${r.one('immutable', 'stable', 'volatile', 'strict', 'called on null input', 'parallel safe', 'parallel restricted')}`,
)
ofFunction('cost', (r, { name }) => `alter function ${name} cost ${1 + r.int(1000)}`)
ofFunction(
  'schema',
  (_, { name }) => `alter function ${name} set schema ${name.startsWith('shop.') ? 'extra' : 'shop'}`,
)
succeeds(
  'rename function',
  renamed(plainFunctions, ({ name }, to) => `alter function ${name} rename to ${to}`),
)
succeeds(
  'drop function',
  dropped(plainFunctions, (r, { name }) => `drop function ${name}${behavior(r)}`),
)
succeeds(
  'create procedure',
  made(routines('p'), (r, name) => `create procedure ${name}() language sql as 'select ${r.int(1000)}'`),
)
succeeds(
  'replace procedure',
  one(routines('p'), (r, { name }) => `create or replace procedure ${name} language sql as 'select ${r.int(1000)}'`),
)
succeeds(
  'drop procedure',
  dropped(routines('p'), (_, { name }) => `drop procedure ${name}`),
)
succeeds(
  'create aggregate',
  made(
    routines('a'),
    (r, name) =>
      `create aggregate ${name}(int) (sfunc = ${r.one('int4larger', 'int4smaller')}, stype = int4, initcond = '${r.int(100)}')`,
  ),
)
succeeds(
  'rename aggregate',
  renamed(routines('a'), ({ name }, to) => `alter aggregate ${name} rename to ${to}`),
)
succeeds(
  'drop aggregate',
  dropped(routines('a'), (_, { name }) => `drop aggregate ${name}`),
)

export const routinesFamilies = list
