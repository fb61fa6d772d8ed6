// Functions of the catalog to verbs of the model: what a caller must give, gets, and may have to catch.
import { docOf, type Types, typeName, unique } from './build-types.ts'
import type { CatalogArgument, CatalogError, CatalogFunction } from './catalog.ts'
import { type Comment, functionTags, operand, parseComment } from './comment.ts'
import type { Argument, Cardinality, Channel, Result, Verb } from './model.ts'
import { byCodePoint, camel, checkName, isTaken, kebab } from './names.ts'
import { attempts, refuse } from './refusal.ts'

const optionalLimit = 6
const moduleNames = new Set(['types', 'errors', 'index', 'model'])

/** `@json document Document` names an argument, `@json Document` the result; likewise `@null`. */
function operandsByPlace(comment: Comment, tag: 'json' | 'null', words: number): Map<string, string> {
  const lines = (comment.tags.get(tag) ?? []).map((line) => line.split(/\s+/).filter((word) => word !== ''))
  return new Map(lines.map((line) => (line.length > words ? [line[0] ?? '', line[1] ?? ''] : ['', line[0] ?? ''])))
}

function argument(
  types: Types,
  place: string,
  found: CatalogArgument,
  strict: boolean,
  json: Map<string, string>,
  nulls: Map<string, string>,
): Argument {
  if (found.mode === 'v') refuse(place, 'VARIADIC', 'take an array')
  if (found.mode !== 'i') refuse(place, 'an OUT, INOUT or TABLE argument', 'return a named composite')
  if (found.name === '') refuse(place, 'an argument without a name', 'name it: callers use name => value')
  const at = `argument ${found.name} of ${place}`
  checkName(at, found.name)
  const value = types.value(at, found.type, json.get(found.name))
  const nullDefault = found.default !== null && /^NULL(::|$)/.test(found.default)
  const nullable = !strict && (nullDefault || nulls.has(found.name))
  const { name, quoted } = found
  return {
    name,
    quoted,
    property: camel(name),
    value,
    nullable,
    optional: found.default !== null,
    default: found.default,
  }
}

function result(
  types: Types,
  place: string,
  found: CatalogFunction,
  json: Map<string, string>,
  nulls: Map<string, string>,
): Result {
  const type = types.typeOf(found.returns)
  if (type.schema === 'pg_catalog' && type.name === 'void') return { kind: 'void' }
  if (type.kind === 'c') return { kind: 'composite', composite: types.composite(place, found.returns) }
  return {
    kind: 'scalar',
    value: types.value(`result of ${place}`, found.returns, json.get('')),
    nullable: nulls.has(''),
  }
}

function cardinality(place: string, { returnsSet }: CatalogFunction, made: Result, { tags }: Comment): Cardinality {
  if (tags.has('one') && tags.has('maybe')) refuse(place, '@one and @maybe', 'keep one of them')
  if (tags.has('one') && !returnsSet)
    refuse(place, '@one on a function that returns one row anyhow', 'take the tag away')
  if (tags.has('maybe') && (made.kind === 'void' || (made.kind === 'scalar' && !returnsSet)))
    refuse(place, '@maybe on a scalar', 'use @null')
  if (tags.has('maybe')) return 'maybe'
  return returnsSet && !tags.has('one') ? 'many' : 'one'
}

function channel(place: string, comment: Comment, made: Result, found: CatalogFunction): Channel | null {
  const dependents = ['arms', 'outcome', 'readback'].filter((tag) => comment.tags.has(tag))
  if (!comment.tags.has('connection'))
    return dependents.length === 0 ? null : refuse(place, `@${dependents[0]} without @connection`, 'add @connection')
  if (made.kind !== 'composite' || found.returnsSet)
    return refuse(place, '@connection on a function that does not return one composite', 'return a table row')
  const { columns, isRelation, schema, name } = made.composite
  const arms = operand(place, comment, 'arms') ?? null
  if (arms !== null && arms !== 'statement_timeout')
    return refuse(place, `@arms ${arms}`, 'use @arms statement_timeout')
  const outcome = operand(place, comment, 'outcome') ?? null
  const needed = outcome === null ? [] : ['outcome', 'code']
  const missing = needed.find((column) => !columns.some((each) => each.name === column))
  if (missing) refuse(place, `@outcome, but ${schema}.${name} has no column ${missing}`, 'add the column')
  const key = operand(place, comment, 'readback')
  if (key === undefined) return { arms, outcome, readback: null }
  const readback = columns.find((column) => column.name === key)
  if (!isRelation || readback === undefined || readback.nullable)
    return refuse(place, `@readback ${key}`, 'return the row type of a table that has this column, not null')
  return { arms, outcome, readback }
}

function raised(place: string, { tags }: Comment, errors: readonly CatalogError[]): CatalogError[] {
  const codes = (tags.get('raises') ?? []).flatMap((line) => line.split(/[\s,]+/)).filter((code) => code !== '')
  return [...new Set(codes)].sort(byCodePoint).map((code) => {
    const entry = errors.find((error) => error.code === code)
    return (
      entry ??
      refuse(place, `@raises ${code}, which errors() does not list`, 'add it to the registry, or correct the tag')
    )
  })
}

/** The verb, or null for a function that is marked @internal. */
export function buildVerb(types: Types, found: CatalogFunction, errors: readonly CatalogError[]): Verb | null {
  const place = `function ${found.schema}.${found.name}`
  const comment = parseComment(place, found.comment, functionTags)
  if (comment.tags.has('internal')) return null
  if (found.kind !== 'f') refuse(place, 'a procedure, aggregate or window function', 'make it a function')
  checkName(place, found.name)
  const identifier = operand(place, comment, 'name') ?? camel(found.name)
  if (isTaken(identifier))
    refuse(place, `TypeScript cannot name a function ${identifier}`, 'add a tag: @name <otherName>')

  const { attempt, settle } = attempts()
  const json = operandsByPlace(comment, 'json', 1)
  const nulls = operandsByPlace(comment, 'null', 0)
  const args = found.args.flatMap(
    (each) => attempt(() => argument(types, place, each, found.strict, json, nulls)) ?? [],
  )
  const made = attempt(() => result(types, place, found, json, nulls))
  const raises = attempt(() => raised(place, comment, errors)) ?? []
  attempt(() =>
    unique(
      place,
      args.map(({ property, name }) => [property, name]),
    ),
  )
  attempt(() => {
    const known = new Set(['', ...found.args.map(({ name }) => name)])
    const stray = [...json.keys(), ...nulls.keys()].find((name) => !known.has(name))
    if (stray !== undefined) refuse(place, `a tag for argument ${stray}, which it does not have`, 'correct the tag')
    if (nulls.has('') && made?.kind !== 'scalar') refuse(place, '@null on a result that is no scalar', 'use @maybe')
    const optional = args.filter((each) => each.optional)
    if (optional.length > optionalLimit)
      refuse(place, `${optional.length} optional arguments`, `at most ${optionalLimit}: take one jsonb`)
    if (optional.length > 1 && optional.length === args.length)
      refuse(place, 'several arguments, all of them optional', 'make one of them required')
  })
  attempt(() => {
    const isSingle = made === undefined || (made.kind === 'composite' && !found.returnsSet)
    if (comment.tags.has('direct') && !isSingle)
      refuse(place, '@direct on a function that does not return one composite', 'return a composite')
  })
  const doc = attempt(() => docOf(place, comment))
  const own = attempt(() => (made ? channel(place, comment, made, found) : null))
  const rows = attempt(() => (made ? cardinality(place, found, made, comment) : 'one'))
  settle()
  const file = kebab(identifier)
  return {
    schema: found.schema,
    name: found.name,
    identifier,
    file: moduleNames.has(file) ? `${file}-call` : file,
    signature: `${found.schema}.${found.name}(${found.args.map(({ type }) => typeName(types.typeOf(type), types.typeOf)).join(', ')})`,
    args,
    result: made as Result,
    returnsSet: found.returnsSet,
    cardinality: rows as Cardinality,
    raises,
    direct: comment.tags.has('direct'),
    channel: own ?? null,
    doc: doc as Verb['doc'],
  }
}
