// Asks the server what each emitted statement takes and gives, before anything is written: a wrong cast or a renamed
// column fails here and not in somebody's test.
import type postgres from 'postgres'
import type { Model } from './model.ts'
import { readbackStatement, type Statement, sqlText, statement } from './statement.ts'

const textType = 25

async function problems(sql: postgres.Sql, place: string, one: Statement, all: boolean): Promise<string[]> {
  const text = sqlText(one, () => all)
  // `prepare` keeps the driver off the simple protocol, which describes nothing.
  const described = await sql
    .unsafe(text, [], { prepare: true })
    .describe()
    .catch((error: Error) => error)
  if (described instanceof Error) return [`${place}: ${described.message}\n${text}`]
  const types: readonly number[] = described.types
  const columns = described.columns.map(({ name, type }) => `${name} ${type}`)
  const wanted = one.columns.map(({ name, type }) => `${name} ${type}`)
  const notText = types.findIndex((type) => type !== textType)
  return [
    ...(notText < 0 ? [] : [`${place}: parameter $${notText + 1} is of type ${types[notText]}, not text`]),
    ...(columns.join() === wanted.join()
      ? []
      : [`${place}: describes ${columns.join(', ')}; expected ${wanted.join(', ')}`]),
  ]
}

/** What the live database says against the statements of `model`; empty when nothing. */
export async function describeProblems(sql: postgres.Sql, model: Model): Promise<string[]> {
  const found = model.verbs.map(async (verb) => {
    const { result, channel } = verb
    const place = `${verb.schema}.${verb.name}`
    const call = statement(verb)
    const optional = verb.args.some((argument) => argument.optional)
    const readback =
      result.kind === 'composite' && channel?.readback ? readbackStatement(result.composite, channel.readback) : null
    return [
      await problems(sql, place, call, true),
      optional ? await problems(sql, `${place} without its optional arguments`, call, false) : [],
      readback ? await problems(sql, `read-back of ${place}`, readback, true) : [],
    ].flat()
  })
  return (await Promise.all(found)).flat()
}
