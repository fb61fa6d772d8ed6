// generated/types.ts: domains as brands, composites as objects whose keys are the columns in their order.
import { domainSchema, schemaOf } from './expressions.ts'
import { header, type Layout } from './layout.ts'
import type { Composite, Domain, Model, Value } from './model.ts'
import { byCodePoint, kebab } from './names.ts'
import { jsdoc } from './render-doc.ts'

// Inside a function: a bundler drops an unused call it may take for pure, but not the calls among its arguments.
const constant = (name: string, expression: string): string =>
  `export const ${name} = /* @__PURE__ */ (() =>${expression.startsWith('\n') ? '' : ' '}${expression})()\nexport type ${name} = z.output<typeof ${name}>\n`

function domain(found: Domain): string {
  const server = found.checks.flatMap((check) =>
    check.kind === 'server' ? [`The server also checks: ${check.definition}`] : [],
  )
  const body = [found.doc.body, ...server].filter((text) => text !== '').join('\n\n')
  return jsdoc({ ...found.doc, body }) + constant(found.identifier, domainSchema(found))
}

function composite(found: Composite): string {
  const columns = found.columns.map(
    ({ property, value, nullable, doc }) =>
      `${jsdoc(doc, '    ')}    ${property}: ${schemaOf(value)}${nullable ? '.nullable()' : ''},\n`,
  )
  return jsdoc(found.doc) + constant(found.identifier, `\n  z.object({\n${columns.join('')}  })`)
}

const jsonSchema = (value: Value): string[] =>
  value.kind === 'list' ? jsonSchema(value.item) : value.kind === 'json' ? [value.schema] : []

export function renderTypes({ domains, composites }: Model, layout: Layout): string {
  const texts = [...domains.map(domain), ...composites.map(composite)]
  const schemas = composites.flatMap(({ columns }) => columns.flatMap(({ value }) => jsonSchema(value)))
  const imports = [...new Set(schemas)]
    .sort(byCodePoint)
    .map((schema) => `import { ${schema} } from '${layout.json}/${kebab(schema)}.ts'\n`)
  const usesCodec = texts.some((text) => text.includes('codec.'))
  const codec = usesCodec ? `import * as codec from '${layout.runtime}/codec.ts'\n` : ''
  if (texts.length === 0) return `${header('types')}export {}\n`
  return `${header('the types of the library')}import { z } from 'zod'\n${codec}${imports.join('')}\n${texts.join('\n')}`
}
