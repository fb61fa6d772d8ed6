// Types of the catalog to values, domains and composites of the model. Only what a caller needs is built.
import type { Catalog, CatalogColumn, CatalogType } from './catalog.ts'
import { labels, recognise } from './checks.ts'
import { type Comment, columnTags, operand, parseComment, typeTags } from './comment.ts'
import type { Column, Composite, Doc, Domain, Value } from './model.ts'
import { camel, checkName, pascal } from './names.ts'
import { attempts, refuse } from './refusal.ts'
import { instead, isBase } from './type-map.ts'

export interface Types {
  /** The value of a type at a place; `schema` is the operand of @json there. */
  readonly value: (place: string, type: string, schema: string | undefined) => Value
  readonly composite: (place: string, type: string) => Composite
  readonly typeOf: (type: string) => CatalogType
  readonly domains: () => Domain[]
  readonly composites: () => Composite[]
  readonly schemas: () => string[]
}

export const typeName = ({ schema, name, element }: CatalogType, of: (type: string) => CatalogType): string => {
  if (element !== null) return `${typeName(of(element), of)}[]`
  return schema === 'pg_catalog' ? name : `${schema}.${name}`
}

export function docOf(place: string, comment: Comment): Doc {
  const since = operand(place, comment, 'since')
  const deprecated = operand(place, comment, 'deprecated')
  const { summary, body } = comment
  return {
    summary,
    body,
    ...(since === undefined ? {} : { since }),
    ...(deprecated === undefined ? {} : { deprecated }),
  }
}

export function resolver(catalog: Catalog): Types {
  const domains = new Map<string, Domain>()
  const composites = new Map<string, Composite>()
  const schemas = new Set<string>()

  const typeOf = (type: string): CatalogType => {
    const found = catalog.types[type]
    if (found === undefined) throw new Error(`type ${type} is missing from the catalog document`)
    return found
  }

  const jsonSchema = (schema: string): Value => {
    schemas.add(schema)
    return { kind: 'json', schema }
  }

  const domain = (type: CatalogType): Value => {
    const place = `domain ${type.schema}.${type.name}`
    const known = domains.get(place)
    if (known) return { kind: 'domain', base: known.base, name: known.identifier }
    let base = type
    const definitions: string[] = []
    for (; base.kind === 'd'; base = typeOf(base.base)) definitions.push(...base.checks)
    if (!isBase(base.name) || base.schema !== 'pg_catalog') return refuseType(place, base)
    checkName(place, type.name)
    const doc = docOf(place, parseComment(place, type.comment, typeTags))
    const { schema, name } = type
    const made: Domain = {
      schema,
      name,
      identifier: pascal(name),
      base: base.name,
      checks: definitions.map(recognise),
      doc,
    }
    domains.set(place, made)
    return { kind: 'domain', base: made.base, name: made.identifier }
  }

  const refuseType = (place: string, type: CatalogType): never => {
    const name = typeName(type, typeOf)
    if (type.kind === 'p') return refuse(place, `pseudo-type ${name}`, instead.record ?? '')
    if (type.kind === 'e') return refuse(place, `enum ${name}`, "use a domain over text with check (value in ('…'))")
    if (type.kind === 'r' || type.kind === 'm') return refuse(place, `range ${name}`, 'use two columns, from and until')
    if (type.kind === 'c')
      return refuse(
        place,
        `composite ${name} inside a value`,
        'use jsonb with @json <Schema>, or mark the function @internal',
      )
    return refuse(place, `type ${name}`, instead[type.name] ?? 'use one of the types of codegen/type-map.ts')
  }

  const value = (place: string, type: string, schema: string | undefined): Value => {
    const found = typeOf(type)
    if (found.schema === 'pg_catalog' && found.name === 'jsonb' && schema !== undefined) {
      if (!/^[A-Z][A-Za-z0-9]*$/.test(schema)) refuse(place, `@json ${schema}`, 'name a schema in PascalCase')
      return jsonSchema(schema)
    }
    if (schema !== undefined)
      refuse(place, `@json on type ${typeName(found, typeOf)}`, 'take the tag away, or make it jsonb')
    if (found.element !== null) {
      const item =
        typeOf(found.element).kind === 'c'
          ? refuseType(place, typeOf(found.element))
          : value(place, found.element, undefined)
      if (baseOf(item) !== 'text')
        refuse(place, `array of ${typeName(typeOf(found.element), typeOf)}`, 'use text[], or setof')
      return { kind: 'list', item }
    }
    if (found.kind === 'd') return domain(found)
    if (found.kind === 'b' && found.schema === 'pg_catalog' && isBase(found.name))
      return { kind: 'base', base: found.name }
    return refuseType(place, found)
  }

  const column = (place: string, owner: CatalogType, found: CatalogColumn): Column => {
    checkName(place, found.name)
    if (found.name === 'r') refuse(place, 'a column named r', 'rename it: statements call the row r')
    const comment = parseComment(place, found.comment, columnTags)
    const nullable = comment.tags.has('null')
    if (comment.tags.get('null')?.some((operands) => operands !== ''))
      refuse(place, '@null with an operand', 'write only @null')
    // Tables can be held to it; a composite's columns are checked by zod on every call.
    if (owner.relation === 'r' && nullable === found.notNull)
      refuse(
        place,
        nullable ? '@null on a column that is not null' : 'may be null',
        'make column and tag agree: not null, or @null',
      )
    const resolved = value(place, found.type, operand(place, comment, 'json'))
    const allowed = found.checks.map(labels).find((list) => list !== undefined)
    const narrowed: Value =
      allowed && baseOf(resolved) === 'text' && resolved.kind === 'base'
        ? { kind: 'labels', labels: allowed }
        : resolved
    return { name: found.name, property: camel(found.name), value: narrowed, nullable, doc: docOf(place, comment) }
  }

  const composite = (place: string, type: string): Composite => {
    const found = typeOf(type)
    const { schema, name } = found
    if (found.kind !== 'c') return refuseType(place, found)
    const key = `type ${schema}.${name}`
    const known = composites.get(key)
    if (known) return known
    checkName(key, name)
    const { attempt, settle } = attempts()
    const columns = found.columns.flatMap(
      (each) => attempt(() => column(`column ${schema}.${name}.${each.name}`, found, each)) ?? [],
    )
    const doc = attempt(() => docOf(key, parseComment(key, found.comment, typeTags)))
    attempt(() =>
      unique(
        key,
        columns.map(({ property, name: from }) => [property, from]),
      ),
    )
    settle()
    const made = {
      schema,
      name,
      identifier: pascal(name),
      isRelation: found.relation !== 'c',
      columns,
      doc: doc as Doc,
    }
    composites.set(key, made)
    return made
  }

  return {
    value,
    composite,
    typeOf,
    domains: () => [...domains.values()],
    composites: () => [...composites.values()],
    schemas: () => [...schemas],
  }
}

export const baseOf = (value: Value): string =>
  value.kind === 'base' || value.kind === 'domain' ? value.base : value.kind === 'labels' ? 'text' : value.kind

/** Refuse two names of SQL that become one identifier of TypeScript. */
export function unique(place: string, pairs: readonly (readonly [identifier: string, from: string])[]): void {
  const seen = new Map<string, string>()
  for (const [identifier, from] of pairs) {
    const other = seen.get(identifier)
    if (other !== undefined) refuse(place, `${other} and ${from} both become ${identifier}`, 'rename one of them')
    seen.set(identifier, from)
  }
}
