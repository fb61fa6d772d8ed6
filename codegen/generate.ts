// introspect → build → render; nothing is written here.
import type postgres from 'postgres'
import { build } from './build.ts'
import { describeProblems } from './describe.ts'
import { introspect } from './introspect.ts'
import { jsonSchemas } from './json-schemas.ts'
import type { Files, Layout } from './layout.ts'
import type { Model } from './model.ts'
import { syntaxErrors } from './print.ts'
import { render } from './render.ts'

export interface Generated {
  readonly model: Model
  readonly files: Files
}

/** The files of the installed library, in memory. Throws where a shape is refused or the self-check fails. */
export async function generate(sql: postgres.Sql, layout: Layout, version: string): Promise<Generated> {
  const model = build(await introspect(sql, layout.schemas))
  // Together, as they ask different machines: the server plans while the schemas load.
  const [schemas, wrong] = await Promise.all([
    jsonSchemas(layout.jsonFolder, layout.json.replace(/^(\.\.\/)+/, ''), model.schemas),
    describeProblems(sql, model),
  ])
  const files = render(model, layout, { version, jsonSchemas: schemas })
  const failed = [...wrong, ...syntaxErrors(files)]
  if (failed.length > 0) throw new Error(`the self-check failed\n${failed.join('\n')}`)
  return { model, files }
}
