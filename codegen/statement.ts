// The SQL a caller sends. Everything that is looked up by name is qualified: an unqualified `text`, `to_char` or `=` is
// found through search_path, where another schema's may come first.
//
// The server admits a *direct* call by its tokens (levelb._is_direct). What is emitted here, for a function that returns
// one composite, is exactly this; white space between tokens is free, there are no comments, words are lower case:
//
//   statement = 'select' item { ',' item }
//               'from' schema '.' verb '(' [ argument { ',' argument } ] ')' 'as' 'r'
//               'where' 'not' '(' 'r' 'is' 'null' ')'
//   item      = 'r' '.' column 'as' alias
//             | 'r' '.' column '::' 'pg_catalog' '.' 'text' 'as' alias
//             | 'pg_catalog' '.' 'to_char' '(' 'r' '.' column 'at' 'time' 'zone' `'UTC'` ',' `'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'` ')' 'as' alias
//   argument  = name '=>' parameter '::' 'pg_catalog' '.' 'text' [ '::' 'pg_catalog' '.' type [ '[' ']' ] ]
//   parameter = '$1' | '$2' | …            numbered from 1 in the order of the text, each used once
//   column    = [a-z][a-z0-9_]*            alias = '"' [a-z][A-Za-z0-9]* '"'
//   name      = as column, or the same in double quotes where PostgreSQL's quote_ident asks for it
//   type      = bool | bytea | int4 | int8 | jsonb | pg_lsn | text | timestamptz | xid8
//
// Required arguments come first, in the order of the function; optional ones are left out when not given, which lets
// their defaults apply. A null is sent as a parameter, never as a word. The other shapes, never direct: a set has no
// `where`; a scalar is `select r as "value"` (with the same casts); void is `select from …`.
import { baseOf } from './build-types.ts'
import type { Argument, Column, Composite, Value, Verb } from './model.ts'
import { isBase, typeMap } from './type-map.ts'

/** One parameter: text before it, and the cast behind it. */
export interface Parameter {
  readonly argument: Argument
  readonly before: string
  readonly cast: string
}

export interface Statement {
  readonly head: string
  readonly parameters: readonly Parameter[]
  readonly tail: string
  /** Name and type OID of each column it must describe. */
  readonly columns: readonly { readonly name: string; readonly type: number }[]
}

const utc = `'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'`

const selectOf = (value: Value): 'plain' | 'text' | 'instant' => {
  const base = baseOf(value)
  return isBase(base) ? typeMap[base].select : 'text'
}

function item(source: string, value: Value, alias: string): string {
  const how = selectOf(value)
  if (how === 'instant') return `pg_catalog.to_char(${source} at time zone ${utc}) as "${alias}"`
  return how === 'text' ? `${source}::pg_catalog.text as "${alias}"` : `${source} as "${alias}"`
}

function described(value: Value): number {
  const base = baseOf(value)
  return isBase(base) ? typeMap[base].described : typeMap.text.described
}

/** `$1` of a text, then the type the function wants: every driver sends text alike. */
export function castOf(value: Value): string {
  const base = baseOf(value)
  const type = base === 'json' ? 'jsonb' : base === 'list' ? 'text[]' : base
  return type === 'text' ? '::pg_catalog.text' : `::pg_catalog.text::pg_catalog.${type}`
}

const items = ({ columns }: Composite): string =>
  columns.map(({ name, property, value }) => `\n    ${item(`r.${name}`, value, property)}`).join(',')

const describedColumns = ({ columns }: Composite): Statement['columns'] =>
  columns.map(({ property, value }) => ({ name: property, type: described(value) }))

export function statement(verb: Verb): Statement {
  const { result, returnsSet } = verb
  const ordered = [...verb.args.filter(({ optional }) => !optional), ...verb.args.filter(({ optional }) => optional)]
  const parameters = ordered.map((argument, index) => ({
    argument,
    before: `${index === 0 ? '' : ','}\n    ${argument.quoted} => `,
    cast: castOf(argument.value),
  }))
  const from = `\n  from ${verb.schema}.${verb.name}(`
  const close = `${parameters.some(({ argument }) => !argument.optional) ? '\n  ' : ''}) as r`
  if (result.kind === 'void') return { head: `select${from}`, parameters, tail: close, columns: [] }
  if (result.kind === 'scalar') {
    const columns = [{ name: 'value', type: described(result.value) }]
    return { head: `select ${item('r', result.value, 'value')}${from}`, parameters, tail: close, columns }
  }
  const tail = returnsSet ? close : `${close}\n  where not (r is null)`
  return {
    head: `select${items(result.composite)}${from}`,
    parameters,
    tail,
    columns: describedColumns(result.composite),
  }
}

/** The same columns, of one stored row. */
export function readbackStatement(composite: Composite, key: Column): Statement {
  const { name, property, value } = key
  const argument = { name, quoted: name, property, value, nullable: false, optional: false, default: null }
  const table = `\n  from ${composite.schema}.${composite.name} as r`
  const before = `\n  where r.${key.name} operator(pg_catalog.=) `
  const parameters = [{ argument, before, cast: castOf(key.value) }]
  return { head: `select${items(composite)}${table}`, parameters, tail: '', columns: describedColumns(composite) }
}

/** The text as the server gets it, with these optional arguments given. */
export function sqlText({ head, parameters, tail }: Statement, given: (argument: Argument) => boolean): string {
  const sent = parameters.filter(({ argument }) => !argument.optional || given(argument))
  return head + sent.map(({ before, cast }, index) => `${before}$${index + 1}${cast}`).join('') + tail
}
