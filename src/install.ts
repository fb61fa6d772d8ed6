// Installs the bundle that the package ships into one database, in one transaction.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import postgres, { type Sql, type TransactionSql } from 'postgres'
import { packageRoot, packageVersion } from './package-root.ts'

export type InstallOptions = {
  /** Text to install instead of the bundle of this package. */
  bundle?: string
}

export type Installation = {
  /** False when levelb was there already: then nothing was changed. */
  installed: boolean
  /** The release that the database holds now. */
  version: string
  database: string
}

/** The server refused; `message` says what and why, `hint` the next step, `code` is the SQLSTATE. */
export class InstallError extends Error {
  override name = 'InstallError'
  readonly code: string
  readonly hint: string | undefined

  constructor(message: string, code: string, hint?: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.hint = hint
  }
}

/** Installs levelb into the database of the URL or connection, as superuser. Nothing is left behind by a failure. */
export async function install(target: string | Sql, options: InstallOptions = {}): Promise<Installation> {
  const text = options.bundle ?? bundleText()
  if (typeof target !== 'string') return installInto(target, text)
  // Nothing may be looked up where the database's owner says before we have said where: fetch_types sends a query.
  const sql = postgres(target, { max: 1, fetch_types: false, onnotice: () => {} })
  try {
    return await installInto(sql, text)
  } finally {
    await sql.end({ timeout: 5 })
  }
}

/** `generated/levelb--VERSION.sql`, what `psql -f` would run. */
export function bundleText(): string {
  const file = join(packageRoot(), 'generated', `levelb--${packageVersion()}.sql`)
  if (!existsSync(file)) throw new Error(`${file} is missing: run "npm run codegen", or install the package again`)
  return readFileSync(file, 'utf8')
}

async function installInto(sql: Sql, text: string): Promise<Installation> {
  try {
    return await sql.begin((transaction) => installOnce(transaction, text))
  } catch (error) {
    // FATAL is about the session: a wrong password, a missing database. That is no refusal of levelb's.
    if (!(error instanceof postgres.PostgresError) || error.severity === 'FATAL') throw error
    // Whoever waited for another installer is told by the server that there is nothing to do: the same as if it had
    // come later.
    if (error.code === '42P06') {
      const found = await sql.begin(present)
      if (found) return found
    }
    throw refusal(error, text)
  }
}

async function installOnce(sql: TransactionSql, text: string): Promise<Installation> {
  await refuseForeignServer(sql)
  const found = await present(sql)
  if (found) return found
  // The simple protocol: the only one that takes many statements, and what psql uses.
  await sql.unsafe(text).simple()
  const now = await present(sql)
  if (!now) throw new Error('the bundle ran and levelb is not there: it is not a bundle of levelb')
  return { ...now, installed: true }
}

/**
 * The bundle says the same in its first statement. Sent as one text, as here, an older server may fail to parse a later
 * statement before it runs the first, and another encoding may lack a character of a comment.
 */
async function refuseForeignServer(sql: TransactionSql): Promise<void> {
  const show = async (setting: string) =>
    String(Object.values((await sql.unsafe(`show ${setting}`).simple())[0] ?? {})[0])
  if (Number(await show('server_version_num')) < 150000) {
    const reason = `it needs PostgreSQL 15 or newer, this server is ${await show('server_version')}`
    throw new InstallError(`levelb was not installed: ${reason}`, '0A000', 'Upgrade the server; nothing was changed.')
  }
  const encoding = await show('server_encoding')
  if (encoding !== 'UTF8') {
    const reason = `it needs a database with encoding UTF8, this one has ${encoding}`
    throw new InstallError(`levelb was not installed: ${reason}`, '0A000', 'Use another database; nothing was changed.')
  }
}

/**
 * What the catalog says about levelb here. The function `levelb.version()` is read, not called: until it is known to
 * be levelb's it may be anybody's code, and the caller is a superuser.
 */
async function present(sql: TransactionSql): Promise<Installation | undefined> {
  await sql.unsafe('set local role none; set local search_path = pg_catalog, pg_temp').simple()
  const [row] = await sql<{ database: string; version: string | null }[]>`
    select current_database() as database,
      (select substring(pg_get_function_sqlbody(p.oid) from '''(\\d+\\.\\d+\\.\\d+)''')
         from pg_proc p join pg_namespace n on n.oid = p.pronamespace
        where p.oid = to_regprocedure('levelb.version()')
          and pg_get_userbyid(p.proowner) = 'levelb_owner' and pg_get_userbyid(n.nspowner) = 'levelb_owner') as version`
  return row?.version ? { installed: false, version: row.version, database: row.database } : undefined
}

function refusal(error: postgres.PostgresError, text: string): InstallError {
  const place = placeOf(text, Number(error.position))
  const message = `levelb was not installed: ${error.message}${place ? ` (${place})` : ''}`
  return new InstallError(message, error.code, error.hint, { cause: error })
}

/** `sql/20-tables.sql line 12`, from the marks that the bundle has between its files. */
function placeOf(text: string, position: number): string | undefined {
  if (!(position > 0)) return undefined
  const before = text.slice(0, position)
  const mark = [...before.matchAll(/^-- (sql\/\S+\.sql)$/gm)].at(-1)
  const line = before.slice(mark ? mark.index + mark[0].length : 0).split('\n').length
  return mark ? `${mark[1]} line ${line - 1}` : `line ${line}`
}
