// One module per verb: its arguments, its caller. The statement stands in it word for word, as a reviewer wants to read it.
import { argumentType, encoded, quote, resultType, schemaOf } from './expressions.ts'
import { header, type Layout } from './layout.ts'
import type { Argument, Doc, Value, Verb } from './model.ts'
import { byCodePoint, kebab, pascal } from './names.ts'
import { jsdoc } from './render-doc.ts'
import { readbackStatement, type Statement, statement } from './statement.ts'

/** `{ a, b }`, or a line for each where that would be long. */
const braced = (items: readonly string[]): string =>
  items.join(', ').length < 80 ? `{ ${items.join(', ')} }` : `{\n${items.map((item) => `  ${item},\n`).join('')}}`

/** A verb whose rows may record any error takes all classes; any other only those it raises, for the bundler. */
const records = ({ channel }: Verb): boolean => channel !== null && channel.outcome !== null
const tableOf = (verb: Verb): string => (records(verb) ? 'errorClasses' : 'raises')

const errorClass = (name: string): string => pascal(name)

/** Schemas and types of generated/types.ts and of jsonb places that a value names. */
function namesOf(value: Value): { domain?: string; json?: string } {
  if (value.kind === 'list') return namesOf(value.item)
  if (value.kind === 'domain') return { domain: value.name }
  return value.kind === 'json' ? { json: value.schema } : {}
}

/** The statement as a tagged template; `subject` is the expression of an argument. */
function template({ head, parameters, tail }: Statement, subject: (argument: Argument) => string): string {
  const parts = parameters.map(({ argument, before, cast }) => {
    const parameter = `${before}\${${encoded(argument, subject(argument))}}${cast}`
    return argument.optional ? `\${${subject(argument)} === undefined ? sql\`\` : sql\`${parameter}\`}` : parameter
  })
  return `sql\`\n  ${head}${parts.join('')}${tail}\``.replaceAll('\n', '\n  ').replace('sql`\n    ', 'sql`')
}

function argumentsInterface(verb: Verb): string {
  if (verb.args.length === 0) return ''
  const fields = verb.args.map(({ property, value, nullable, optional, default: expression }) => {
    const doc: Doc = { summary: `Default: ${expression}`, body: '' }
    const shown = expression === null ? '' : jsdoc(doc, '  ')
    const type = `${argumentType(value)}${nullable ? ' | null' : ''}${optional ? ' | undefined' : ''}`
    return `${shown}  readonly ${property}${optional ? '?' : ''}: ${type}\n`
  })
  return `export interface ${pascal(verb.identifier)}Args {\n${fields.join('')}}\n\n`
}

/** Type of one row, and the schema expression that checks it. */
function rowOf({ result }: Verb): { type: string; schema: string } {
  if (result.kind === 'void') return { type: 'void', schema: 'z.object({})' }
  if (result.kind === 'composite') return { type: result.composite.identifier, schema: result.composite.identifier }
  const nullable = result.nullable
  const schema = `z.object({ value: ${schemaOf(result.value)}${nullable ? '.nullable()' : ''} })`
  return { type: `${resultType(result.value)}${nullable ? ' | null' : ''}`, schema }
}

function returned(verb: Verb, type: string): string {
  if (verb.cardinality === 'many')
    return verb.result.kind === 'scalar' && type.includes('|') ? `(${type})[]` : `${type}[]`
  return verb.cardinality === 'maybe' && !type.endsWith('| null') ? `${type} | null` : type
}

function body(verb: Verb): string {
  const at = quote(`${verb.schema}.${verb.name}`)
  const isScalar = verb.result.kind === 'scalar'
  const schema = verb.result.kind === 'composite' ? rowOf(verb).schema : 'Row'
  const sent = template(statement(verb), ({ property }) => `args.${property}`)
  const call = `await run(\n    ${at},\n    ${sent},\n    ${schema},\n    raises,\n    options,\n  )`
  if (verb.result.kind === 'void') return `  ${call}\n`
  const rows = `  const rows = ${call}\n`
  if (verb.cardinality === 'many') return `${rows}  return rows${isScalar ? '.map(({ value }) => value)' : ''}\n`
  if (!isScalar) return `${rows}  return ${verb.cardinality}(${at}, rows)\n`
  return `${rows}  return ${verb.cardinality}(${at}, rows)${verb.cardinality === 'maybe' ? '?.value ?? null' : '.value'}\n`
}

function channelBody(verb: Verb): string {
  const { channel, result } = verb
  if (channel === null || result.kind !== 'composite') return ''
  const at = quote(`${verb.schema}.${verb.name}`)
  const { identifier } = result.composite
  const run = (to: Statement, subject: (argument: Argument) => string, rest: readonly string[]): string => {
    const parts = [at, template(to, subject).replaceAll('\n', '\n  '), identifier, ...rest]
    return `await run(\n${parts.map((part) => `        ${part},\n`).join('')}      )`
  }
  const called = run(statement(verb), ({ property }) => `args.${property}`, [tableOf(verb), 'options'])
  const lines = [
    `verb: ${at},`,
    'connection,',
    'options,',
    `errors: ${tableOf(verb)},`,
    ...(channel.arms === null ? [] : [`arms: ${quote(channel.arms)},`]),
    ...(channel.outcome === null ? [] : [`outcome: ${quote(channel.outcome)},`]),
    `call: async (sql) => {\n      const rows = ${called}\n      return ${verb.cardinality}(${at}, rows)\n    },`,
  ]
  if (channel.readback !== null) {
    // Without the caller's options: cancelling now would hide that the call is committed.
    const to = readbackStatement(result.composite, channel.readback)
    const read = run(to, ({ property }) => `row.${property}`, ['{}'])
    lines.push(`readback: async (sql, row) => {\n      const rows = ${read}\n      return maybe(${at}, rows)\n    },`)
  }
  return `  return ownConnection({\n${lines.map((line) => `    ${line}\n`).join('')}  })\n`
}

function imports(verb: Verb, layout: Layout): string {
  const { result, channel, args } = verb
  const text: string[] = []
  const usesCodec = args.length > 0 || result.kind === 'scalar' || channel?.readback
  const values = [...args.map(({ value }) => value), ...(result.kind === 'scalar' ? [result.value] : [])]
  const resultNames = result.kind === 'scalar' ? namesOf(result.value) : {}
  const uses = {
    run: [
      'run',
      ...(channel?.readback ? ['maybe'] : []),
      ...(verb.cardinality === 'many' || result.kind === 'void' ? [] : [verb.cardinality]),
    ],
    domains: values.flatMap((value) => namesOf(value).domain ?? []),
    schemas: values.flatMap((value) => namesOf(value).json ?? []),
  }
  const list = (names: readonly string[]): string[] => [...new Set(names)].sort(byCodePoint)
  const callTypes = channel ? [] : ['type CallOptions', 'type Queryable']
  const z = result.kind !== 'composite' ? 'z' : args.some(({ value }) => namesOf(value).json) ? 'type z' : ''
  if (z !== '') text.push(z === 'z' ? "import { z } from 'zod'" : "import type { z } from 'zod'")
  text.push(
    `import { ${[...new Set(uses.run)].sort(byCodePoint).concat(callTypes).join(', ')} } from '${layout.runtime}/call.ts'`,
  )
  if (usesCodec) text.push(`import * as codec from '${layout.runtime}/codec.ts'`)
  if (channel)
    text.push(
      `import { type Connection, type OwnConnectionOptions, ownConnection } from '${layout.runtime}/own-connection.ts'`,
    )
  for (const schema of [...new Set(uses.schemas)].sort(byCodePoint))
    text.push(
      `import ${resultNames.json === schema ? '' : 'type '}{ ${schema} } from '${layout.json}/${kebab(schema)}.ts'`,
    )
  const classes = records(verb) ? ['errorClasses'] : list(verb.raises.map(({ name }) => errorClass(name)))
  if (classes.length > 0) text.push(`import ${braced(classes)} from './errors.ts'`)
  const types = [...new Set(uses.domains)].filter((name) => name !== resultNames.domain).map((name) => `type ${name}`)
  const schemas = [
    ...(resultNames.domain ? [resultNames.domain] : []),
    ...(result.kind === 'composite' ? [result.composite.identifier] : []),
  ]
  const both = [...new Set(schemas)].sort(byCodePoint).concat(types.sort(byCodePoint))
  if (both.length > 0) text.push(`import { ${both.join(', ')} } from './types.ts'`)
  return `${text.join('\n')}\n\n`
}

export function renderVerb(verb: Verb, layout: Layout): string {
  const { type, schema } = rowOf(verb)
  const raises = verb.raises.map(({ code, name }) => `${code}: ${errorClass(name)}`)
  const table = records(verb) ? '' : `const raises = ${raises.length > 0 ? braced(raises) : '{}'}\n`
  const row = verb.result.kind === 'composite' ? '' : `const Row = /* @__PURE__ */ (() => ${schema})()\n`
  const recorded = records(verb)
    ? [`@throws the class of the recorded code, with the row, unless its outcome is ${verb.channel?.outcome}`]
    : []
  const throws = [
    ...verb.raises.map(({ code, name, message }) => `@throws {${errorClass(name)}} ${code} ${message}`),
    ...recorded,
  ]
  const optional = verb.args.length > 0 && verb.args.every((argument) => argument.optional)
  const given = verb.args.length === 0 ? '' : `  args: ${pascal(verb.identifier)}Args${optional ? ' = {}' : ''},\n`
  const first = verb.channel ? '  connection: Connection,\n' : '  sql: Queryable,\n'
  const options = `  options: ${verb.channel ? 'OwnConnectionOptions' : 'CallOptions'} = {},\n`
  return (
    header(verb.signature) +
    imports(verb, layout) +
    table +
    row +
    (table + row === '' ? '' : '\n') +
    argumentsInterface(verb) +
    jsdoc(verb.doc, '', throws) +
    `export async function ${verb.identifier}(\n${first}${given}${options}): Promise<${returned(verb, type)}> {\n` +
    (verb.channel ? channelBody(verb) : body(verb)) +
    '}\n'
  )
}
