// The hand-written schemas of jsonb places: src/json/<kebab-name>.ts exports <Name>. A missing one stops the generator.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { z } from 'zod'
import { kebab } from './names.ts'
import { attempts, Refusal } from './refusal.ts'

const isSchema = (value: unknown): value is z.ZodType => value instanceof z.ZodType

async function load(folder: string, shown: string, schema: string): Promise<z.ZodType> {
  const place = `@json ${schema}`
  const name = `${kebab(schema)}.ts`
  const file = join(folder, name)
  if (!existsSync(file)) throw new Refusal(place, 'no such file', `write ${shown}/${name} exporting ${schema}`)
  const loaded = (await import(pathToFileURL(file).href)) as Record<string, unknown>
  const found = loaded[schema]
  if (isSchema(found)) return found
  throw new Refusal(
    place,
    `${name} does not export a zod schema ${schema}`,
    `export const ${schema} = z.… in ${shown}/${name}`,
  )
}

/** JSON Schema by name, for readers that do not speak zod. */
export async function jsonSchemas(
  folder: string,
  shown: string,
  names: readonly string[],
): Promise<Record<string, unknown>> {
  const { attempt, settle } = attempts()
  const results = await Promise.allSettled(names.map((name) => load(folder, shown, name)))
  const entries = results.flatMap((result, index): [string, unknown][] => {
    const schema = attempt(() => {
      if (result.status === 'rejected') throw result.reason
      return result.value
    })
    const name = names[index] ?? ''
    return schema === undefined ? [] : [[name, z.toJSONSchema(schema, { unrepresentable: 'any', io: 'input' })]]
  })
  settle()
  return Object.fromEntries(entries)
}
