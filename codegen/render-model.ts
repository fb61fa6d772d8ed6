// generated/model.json: the same model for documentation and for other languages; nothing of one database is in it.
import type { Domain, Model, Value, Verb } from './model.ts'
import { castOf, sqlText, statement } from './statement.ts'

function typeText(value: Value): string {
  switch (value.kind) {
    case 'base':
      return value.base
    case 'domain':
      return value.name
    case 'labels':
      return value.labels.map((label) => `'${label}'`).join(' | ')
    case 'json':
      return `jsonb ${value.schema}`
    case 'list':
      return `${typeText(value.item)}[]`
  }
}

const domain = ({ schema, name, identifier, base, checks, doc }: Domain) => ({
  schema,
  name,
  identifier,
  base,
  checks,
  ...doc,
})

function verb(found: Verb) {
  const { schema, name, identifier, args, result, cardinality, raises, direct, channel, doc } = found
  const resultText =
    result.kind === 'scalar' ? typeText(result.value) : result.kind === 'void' ? 'void' : result.composite.identifier
  return {
    schema,
    name,
    identifier,
    ...doc,
    arguments: args.map(({ name, property, value, nullable, optional, default: expression }) => ({
      name,
      property,
      type: typeText(value),
      cast: castOf(value),
      nullable,
      optional,
      default: expression,
    })),
    result: resultText,
    nullable: result.kind === 'scalar' && result.nullable,
    cardinality,
    raises: raises.map(({ code }) => code),
    direct,
    connection: channel && { ...channel, readback: channel.readback?.name ?? null },
    statement: sqlText(statement(found), () => true),
  }
}

/** `jsonSchemas`: JSON Schema of each hand-written schema, by name. */
export function renderModel(model: Model, version: string, jsonSchemas: Readonly<Record<string, unknown>>): string {
  const composites = model.composites.map(({ schema, name, identifier, columns, doc }) => ({
    schema,
    name,
    identifier,
    ...doc,
    columns: columns.map(({ name, property, value, nullable, doc }) => ({
      name,
      property,
      type: typeText(value),
      nullable,
      ...doc,
    })),
  }))
  const document = {
    version,
    functions: model.verbs.map(verb),
    types: composites,
    domains: model.domains.map(domain),
    errors: model.errors,
    jsonSchemas,
  }
  return `${JSON.stringify(document, null, 2)}\n`
}
