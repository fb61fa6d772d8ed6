// Callers that need a session of their own: a migration's text can leave traces in a session that nobody can see, so
// the session that ran it is thrown away; and what it returned is believed once another session reads it committed.
import { isDeepStrictEqual } from 'node:util'
import postgres from 'postgres'
import { type CallOptions, parsedDetail } from './call.ts'
import { type ErrorTable, ExecutionFailed, LevelbError, OutcomeUnknown, ReadbackMismatch } from './errors.ts'

/** A URL, options of postgres.js, or a client whose address and credentials are used for new connections. */
export type Connection = string | ConnectionOptions | postgres.Sql

export type ConnectionOptions = postgres.Options<Record<string, postgres.PostgresType>>

export interface OwnConnectionOptions extends CallOptions {
  /** `statement_timeout` of the call, in milliseconds; 60 000 unless given. The policy limits it. */
  readonly timeoutMs?: number | undefined
}

/** A call on a connection of its own, as the generated caller describes it. */
export interface OwnCall<Row> {
  readonly verb: string
  readonly connection: Connection
  readonly options: OwnConnectionOptions
  readonly errors: ErrorTable
  readonly arms?: 'statement_timeout'
  /** The only `outcome` that is a success. */
  readonly outcome?: string
  readonly call: (sql: postgres.Sql) => Promise<Row>
  readonly readback?: (sql: postgres.Sql, row: Row) => Promise<Row | null>
}

// No types and no transform of the client's: results are decoded here.
const own = { max: 1, fetch_types: false } as const
const silent = (): void => {}

// What says where and as whom; picked, not spread: parsed options carry parsers and counters of the client's own pool.
const kept = (
  'host port path database user username pass password ssl sslnegotiation connect_timeout keep_alive backoff ' +
  'prepare debug connection target_session_attrs socket onnotice'
).split(' ')

function open(connection: Connection): postgres.Sql {
  if (typeof connection === 'string') return postgres(connection, { ...own, onnotice: silent })
  const given: object = typeof connection === 'function' ? connection.options : connection
  const set = Object.entries(given).filter(([name, value]) => kept.includes(name) && value !== undefined)
  return postgres({ onnotice: silent, ...Object.fromEntries(set), ...own })
}

function refuseTransaction(verb: string, connection: Connection): void {
  if (typeof connection !== 'function' || typeof connection.begin === 'function') return
  throw new TypeError(
    `${verb} opens a connection of its own and cannot run inside begin or on a reserved connection: ` +
      'pass the client itself, its options or a URL',
  )
}

async function on<T>(connection: Connection, work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = open(connection)
  try {
    return await work(sql)
  } finally {
    // At once: nothing is outstanding, and after a broken connection the driver would wait for it.
    await sql.end({ timeout: 0 })
  }
}

/** Whether the server may have committed although the client was not told. */
function leavesDoubt(error: unknown): boolean {
  const { code, severity_local: severity } = error as { code?: unknown; severity_local?: unknown }
  if (typeof code !== 'string') return false
  return severity === undefined ? /^(CONNECTION_|E[A-Z]+$)/.test(code) : code.startsWith('57P')
}

function doubt(verb: string, cause: unknown): OutcomeUnknown {
  return new OutcomeUnknown({
    message: `the connection broke while ${verb} ran`,
    hint: 'It may have been committed: look for its row before calling again.',
    cause,
  })
}

/** What the column `error` of a recorded refusal holds, as far as it is read here. */
interface RecordedError {
  readonly detail: string | null
  readonly hint: string | null
}

function refused(row: unknown, errors: ErrorTable): LevelbError {
  const { code, reason, error } = row as { code?: unknown; reason?: unknown; error?: Partial<RecordedError> | null }
  const sqlstate = typeof code === 'string' ? code : 'LB901'
  const report = {
    message: typeof reason === 'string' ? reason : `not done: ${sqlstate}`,
    detail: parsedDetail(error?.detail),
    hint: error?.hint ?? undefined,
    row,
  }
  const Known = Object.hasOwn(errors, sqlstate) ? errors[sqlstate] : undefined
  if (Known) return new Known(report)
  if (!sqlstate.startsWith('LB')) return new ExecutionFailed(report, sqlstate)
  return new LevelbError(report, { name: 'LevelbError', code: sqlstate, retryable: false })
}

/** Arm, call, close; judge the outcome; then read the row back on another connection. Returns what is committed. */
export async function ownConnection<Row>(own: OwnCall<Row>): Promise<Row> {
  const { verb, connection, options } = own
  refuseTransaction(verb, connection)
  options.signal?.throwIfAborted()
  const timeoutMs = options.timeoutMs ?? 60_000
  if (!Number.isInteger(timeoutMs) || timeoutMs < 1) throw new TypeError('timeoutMs must be a positive integer')
  const row = await on(connection, async (sql) => {
    // A statement of its own: a timeout that the running statement sets does not limit that statement.
    if (own.arms) await sql`select pg_catalog.set_config(${own.arms}, ${`${timeoutMs}ms`}, false)`
    return own.call(sql).catch((error: unknown) => {
      throw leavesDoubt(error) ? doubt(verb, error) : error
    })
  })
  if (own.outcome !== undefined && (row as { outcome?: unknown }).outcome !== own.outcome)
    throw refused(row, own.errors)
  const { readback } = own
  if (readback === undefined) return row
  const stored = await on(connection, (sql) => readback(sql, row))
  if (isDeepStrictEqual(stored, row)) return row
  throw new ReadbackMismatch({
    message: `${verb} returned a row that another connection ${stored === null ? 'does not find' : 'reads differently'}`,
    hint: 'Stop, and call a DBA: do not rely on what was returned.',
    row,
  })
}
