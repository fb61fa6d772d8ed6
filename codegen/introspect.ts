// From a live database to a checked catalog document; one round trip, and one more for the registry of errors.
import { readFileSync } from 'node:fs'
import type postgres from 'postgres'
import { Catalog } from './catalog.ts'

const query = readFileSync(new URL('introspect.sql', import.meta.url), 'utf8')

/** Read the public functions of `schemas`, the types they reach, and the errors of the first schema's `errors()`. */
export async function introspect(sql: postgres.Sql, schemas: readonly string[]): Promise<Catalog> {
  const [row] = await sql.begin(async (tx) => {
    // Types outside this path print with their schema, whatever the connecting role has set.
    // Compiling the query, as the server would by its estimates, takes ten times as long as running it.
    await tx`select pg_catalog.set_config('search_path', 'pg_catalog', true), pg_catalog.set_config('jit', 'off', true)`
    return tx.unsafe<{ catalog: string }[]>(query, [JSON.stringify(schemas)])
  })
  const document = JSON.parse(row?.catalog ?? '{}') as { functions: { schema: string; name: string }[] }
  const [home = ''] = schemas
  const hasErrors = document.functions.some(({ schema, name }) => schema === home && name === 'errors')
  const errors = hasErrors ? await sql`select code, name, message, hint, retryable from ${sql(home)}.errors()` : []
  return Catalog.parse({ ...document, errors: [...errors] })
}
