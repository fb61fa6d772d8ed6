// A database with levelb installed: the one named, or one of an embedded server that lives as long as the work.
import postgres from 'postgres'
import { startEmbedded } from '../src/embedded.ts'
import { install } from '../src/install.ts'

const options = { max: 4, fetch_types: false, onnotice: () => {} }

async function using<T>(url: string, work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = postgres(url, options)
  try {
    return await work(sql)
  } finally {
    await sql.end({ timeout: 5 })
  }
}

export async function withDatabase<T>(
  from: string | undefined,
  bundle: string,
  work: (sql: postgres.Sql) => Promise<T>,
): Promise<T> {
  if (from !== undefined) return using(from, work)
  const server = await startEmbedded()
  try {
    await install(server.url, { bundle })
    return await using(server.url, work)
  } finally {
    await server.stop()
  }
}
