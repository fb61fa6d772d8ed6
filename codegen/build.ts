// Catalog document to model. All refusals of one run are thrown together.
import { resolver, unique } from './build-types.ts'
import { buildVerb } from './build-verbs.ts'
import type { Catalog } from './catalog.ts'
import type { Model, Verb } from './model.ts'
import { byCodePoint, checkName, pascal } from './names.ts'
import { attempts, refuse } from './refusal.ts'

const sorted = <T>(items: readonly T[], key: (item: T) => string): T[] =>
  [...items].sort((a, b) => byCodePoint(key(a), key(b)))

export function build(catalog: Catalog): Model {
  const types = resolver(catalog)
  const { attempt, settle } = attempts()

  const count = new Map<string, number>()
  for (const { schema, name } of catalog.functions)
    count.set(`${schema}.${name}`, (count.get(`${schema}.${name}`) ?? 0) + 1)
  const overloaded = (found: Catalog['functions'][number]): boolean =>
    (count.get(`${found.schema}.${found.name}`) ?? 0) > 1

  const errors = sorted(catalog.errors, ({ code }) => code)
  attempt(() =>
    unique(
      'errors()',
      errors.map(({ code }) => [code, code]),
    ),
  )
  for (const { code, name } of errors) attempt(() => checkName(`error ${code}`, name))

  const verbs = catalog.functions.flatMap((found): Verb[] => {
    const place = `function ${found.schema}.${found.name}`
    const verb = attempt(() => {
      if (overloaded(found)) refuse(place, 'overloaded', 'one name, one function: use a default, or another name')
      return buildVerb(types, found, errors)
    })
    return verb ? [verb] : []
  })

  const domains = sorted(types.domains(), ({ identifier }) => identifier)
  const composites = sorted(types.composites(), ({ identifier }) => identifier)
  const schemas = sorted(types.schemas(), (schema) => schema)
  attempt(() =>
    unique('names', [
      ...domains.map((domain) => [domain.identifier, `domain ${domain.schema}.${domain.name}`] as const),
      ...composites.map((type) => [type.identifier, `type ${type.schema}.${type.name}`] as const),
      ...schemas.map((schema) => [schema, `@json ${schema}`] as const),
      ...errors.map(({ name, code }) => [pascal(name), `error ${code} ${name}`] as const),
      ...verbs.map((verb) => [verb.identifier, `function ${verb.schema}.${verb.name}`] as const),
      ...verbs.map((verb) => [`${pascal(verb.identifier)}Args`, `arguments of ${verb.schema}.${verb.name}`] as const),
    ]),
  )
  attempt(() =>
    unique(
      'files',
      verbs.map((verb) => [verb.file, `${verb.schema}.${verb.name}`]),
    ),
  )
  settle()
  return { domains, composites, errors, schemas, verbs: sorted(verbs, ({ file }) => file) }
}
