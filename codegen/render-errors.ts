// generated/errors.ts: a class per code of levelb.errors(), so that `instanceof` and `error.code` narrow alike.
import type { CatalogError } from './catalog.ts'
import { quote } from './expressions.ts'
import { header, type Layout } from './layout.ts'
import { pascal } from './names.ts'
import { jsdoc } from './render-doc.ts'

function errorClass({ code, name, message, hint, retryable }: CatalogError): string {
  const identifier = pascal(name)
  const doc = { summary: `${code} ${name}: ${message}.`, body: hint }
  return (
    jsdoc(doc) +
    `export class ${identifier} extends LevelbError {\n` +
    `  declare readonly code: ${quote(code)}\n` +
    '  constructor(report: ErrorReport) {\n' +
    `    super(report, { name: ${quote(identifier)}, code: ${quote(code)}, retryable: ${retryable} })\n` +
    '  }\n}\n'
  )
}

export function renderErrors(errors: readonly CatalogError[], layout: Layout): string {
  if (errors.length === 0) return `${header('errors()')}export {}\n`
  const base = `import { type ErrorReport, LevelbError } from '${layout.runtime}/errors.ts'\n`
  const table = errors.map(({ code, name }) => `  ${code}: ${pascal(name)},\n`).join('')
  const all = `/** Every class by its code, for calls that record any of them. */\nexport const errorClasses = {\n${table}}\n`
  return `${header('errors()')}${base}\n${errors.map(errorClass).join('\n')}\n${all}`
}
