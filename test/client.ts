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

/** The same server, another database or login. */
export function otherUrl(url: string, change: { database?: string; login?: string; password?: string }): string {
  const other = new URL(url)
  if (change.database !== undefined) other.pathname = `/${encodeURIComponent(change.database)}`
  if (change.login !== undefined) other.username = encodeURIComponent(change.login)
  if (change.password !== undefined) other.password = encodeURIComponent(change.password)
  return other.href
}
