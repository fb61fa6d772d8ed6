// Connections of tests: one backend each, notices kept.
import postgres, { type Notice, type Sql } from 'postgres'

/** A postgres.js client that is exactly one connection, so that its session state and its transactions are one's own. */
export type Client = Sql & {
  /** Everything the server said below ERROR, in order. */
  notices: Notice[]
}

export function connect(url: string, options: postgres.Options<Record<string, never>> = {}): Client {
  const notices: Notice[] = []
  const sql = postgres(url, { max: 1, onnotice: (notice) => void notices.push(notice), ...options })
  return Object.assign(sql, { notices })
}

/** What a connection asks the server about its array types before the first statement of its own. */
export type KnownTypes = Pick<Sql['options'], 'parsers' | 'serializers'> & { shared: { typeArrayMap: object } }

/** The array types of the client's database, OIDs and all, for connections to clones of it. */
export async function typesOf(sql: Client): Promise<KnownTypes> {
  await sql`select`
  return optionsOf(sql)
}

/** The same as connect, a third cheaper: it does not ask again what is known. */
export function connectKnowing(url: string, types: KnownTypes): Client {
  const sql = connect(url, { fetch_types: false })
  const own = optionsOf(sql)
  Object.assign(own.parsers, types.parsers)
  Object.assign(own.serializers, types.serializers)
  Object.assign(own.shared.typeArrayMap, types.shared.typeArrayMap)
  return sql
}

/** `shared` is in no type of postgres.js: where it keeps which array type belongs to which element type. */
function optionsOf(sql: Client): KnownTypes {
  return sql.options as unknown as KnownTypes
}

/** The same server, another database or login. */
export function otherUrl(url: string, change: { database?: string; login?: string; password?: string }): string {
  const other = new URL(url)
  if (change.database !== undefined) other.pathname = `/${encodeURIComponent(change.database)}`
  if (change.login !== undefined) other.username = encodeURIComponent(change.login)
  if (change.password !== undefined) other.password = encodeURIComponent(change.password)
  return other.href
}
