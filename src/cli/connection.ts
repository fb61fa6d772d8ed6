// Which database a command works on: --url, else LEVELB_URL, else the variables of libpq.
import postgres, { type Sql } from 'postgres'
import { Failure, usage } from './failure.ts'

export const urlOption = ['--url <url>', 'postgres:// URL (default: LEVELB_URL, then PGHOST, PGUSER, …)'] as const

/** Runs the work on one connection and closes it. */
export async function connected<T>(url: string | undefined, work: (sql: Sql) => Promise<T>): Promise<T> {
  const sql = open(url ?? process.env.LEVELB_URL)
  try {
    return await work(sql)
  } catch (error) {
    throw (await notInstalled(sql, error)) ?? error
  } finally {
    await sql.end({ timeout: 5 })
  }
}

/** What the server says then is that a schema, function or table is not there, in its own language. */
async function notInstalled(sql: Sql, error: unknown): Promise<Failure | undefined> {
  const { code } = error as { code?: unknown }
  if (code !== '3F000' && code !== '42883' && code !== '42P01') return undefined
  const [found] = await sql`
    select current_database() as database, pg_catalog.to_regnamespace('levelb') is null as is_missing`
  if (found?.is_missing !== true) return undefined
  return new Failure(1, {
    what: `levelb is not installed in database ${found.database}`,
    next: 'levelb install --url postgres://SUPERUSER@HOST/DATABASE, or name another database',
    code,
  })
}

function open(url: string | undefined): Sql {
  // fetch_types is a query of its own before ours, and looks names up where the database says.
  const options = { max: 1, fetch_types: false, onnotice: () => {}, connect_timeout: 10 } as const
  if (url) {
    if (!/^postgres(ql)?:\/\/./.test(url) || !URL.canParse(url)) {
      throw usage('the URL of the database is not of the form postgres://user@host:5432/database', 'levelb --help')
    }
    return postgres(url, options)
  }
  // libpq would take the database that is named like the user: a guess, and levelb is installed into what was meant.
  if (!process.env.PGDATABASE) {
    throw usage('no database is named', 'add --url postgres://…, or set LEVELB_URL, or PGHOST, PGUSER and PGDATABASE')
  }
  return postgres(options)
}
