// What PostgreSQL's own grammar makes of a text.
import { parse } from 'libpg-query'

/** Its statements, without the places at which they stand. */
export async function parsed(source: string): Promise<object[]> {
  const { stmts = [] } = await parse(source)
  return JSON.parse(
    JSON.stringify(
      stmts.map(({ stmt }) => stmt),
      (key, value) => (key === 'location' ? undefined : value),
    ),
  )
}
