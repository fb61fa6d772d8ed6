// Values of the model as expressions of TypeScript.
import { baseOf } from './build-types.ts'
import type { Argument, Check, Domain, Value } from './model.ts'
import { isBase, typeMap } from './type-map.ts'

/** A string literal in single quotes, as the house writes them. */
export const quote = (text: string): string =>
  `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`

const union = (labels: readonly string[]): string => labels.map(quote).join(' | ')
const enumeration = (labels: readonly string[]): string => `z.enum([${labels.map(quote).join(', ')}])`

export function schemaOf(value: Value): string {
  switch (value.kind) {
    case 'base':
      return typeMap[value.base].schema
    case 'domain':
      return value.name
    case 'labels':
      return enumeration(value.labels)
    case 'json':
      return `codec.Json(${value.schema})`
    case 'list':
      return `codec.List(${schemaOf(value.item)})`
  }
}

export function argumentType(value: Value): string {
  switch (value.kind) {
    case 'base':
      return typeMap[value.base].argument
    case 'domain':
      return value.name
    case 'labels':
      return union(value.labels)
    case 'json':
      return `z.input<typeof ${value.schema}>`
    case 'list':
      return value.item.kind === 'labels'
        ? `readonly (${union(value.item.labels)})[]`
        : `readonly ${argumentType(value.item)}[]`
  }
}

/** Type of a scalar result: what its schema puts out. */
export function resultType(value: Value): string {
  if (value.kind === 'json') return `z.output<typeof ${value.schema}>`
  if (value.kind === 'list') return `${resultType(value.item)}[]`
  const base = baseOf(value)
  return value.kind === 'base' && base === 'timestamptz' ? 'codec.Instant' : argumentType(value)
}

/** Call of the encoder on `subject`, which may be null where the argument may. */
export function encoded(argument: Pick<Argument, 'value' | 'nullable' | 'property'>, subject: string): string {
  const base = baseOf(argument.value)
  const encoder = `codec.${isBase(base) ? typeMap[base].encoder : base}`
  const place = quote(argument.property)
  return argument.nullable ? `codec.nullable(${encoder}, ${subject}, ${place})` : `${encoder}(${subject}, ${place})`
}

function checked(schema: string, check: Check): string {
  switch (check.kind) {
    case 'matches':
      // `source` escapes what a literal needs escaped, a slash for one.
      return `${schema}.regex(/${new RegExp(check.pattern, 'u').source}/u)`
    case 'bytes':
      return `${schema}.refine((value) => value.length === ${check.length}, '${check.length} bytes')`
    default:
      return schema
  }
}

/** Schema of a domain: labels are a union, anything else is a brand over its base. */
export function domainSchema({ base, checks, identifier }: Domain): string {
  const labels = checks.find((check) => check.kind === 'labels')
  if (labels) return enumeration(labels.labels)
  return `${checks.reduce(checked, typeMap[base].schema)}.brand<${quote(identifier)}>()`
}
