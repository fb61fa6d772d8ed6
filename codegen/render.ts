// Model to files, in memory.
import { type Files, header, type Layout } from './layout.ts'
import type { Model } from './model.ts'
import { byCodePoint, pascal } from './names.ts'
import { renderErrors } from './render-errors.ts'
import { renderModel } from './render-model.ts'
import { renderTypes } from './render-types.ts'
import { renderVerb } from './render-verb.ts'

function renderIndex({ verbs }: Model): string {
  const exports = verbs.map(({ identifier, args, file }) => {
    const names = [identifier, ...(args.length > 0 ? [`type ${pascal(identifier)}Args`] : [])]
    return `export { ${names.join(', ')} } from './${file}.ts'\n`
  })
  return `${header('the library')}${exports.join('')}export * from './errors.ts'\nexport * from './types.ts'\n`
}

export interface Extras {
  readonly version: string
  readonly jsonSchemas: Readonly<Record<string, unknown>>
}

export function render(model: Model, layout: Layout, { version, jsonSchemas }: Extras): Files {
  const files: [string, string][] = [
    ...model.verbs.map((verb): [string, string] => [`${verb.file}.ts`, renderVerb(verb, layout)]),
    ['types.ts', renderTypes(model, layout)],
    ['errors.ts', renderErrors(model.errors, layout)],
    ['index.ts', renderIndex(model)],
    ['model.json', renderModel(model, version, jsonSchemas)],
  ]
  return new Map(files.sort(([a], [b]) => byCodePoint(a, b)))
}
