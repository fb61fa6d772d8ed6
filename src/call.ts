// The call layer under every generated caller: send one statement, check each row, give errors their class.
import type postgres from 'postgres'
import type { z } from 'zod'
import { type ErrorTable, LevelbError, UnexpectedResult } from './errors.ts'

/** A client of postgres.js, or what its `begin` hands over; nothing else of the driver is used. */
export type Queryable = postgres.ISql

export interface CallOptions {
  /** Cancels the statement on the server when aborted; `AbortSignal.timeout(ms)` limits it in time. */
  readonly signal?: AbortSignal | undefined
}

type Statement = postgres.PendingQuery<postgres.Row[]>

async function sent(statement: Statement, signal: AbortSignal | undefined): Promise<readonly unknown[][]> {
  // A statement of postgres.js is sent when awaited: one aborted before is never sent.
  signal?.throwIfAborted()
  // Arrays instead of objects: a client's column transform then cannot rename what the statement names.
  const pending = statement.values()
  const cancel = (): void => {
    // The driver returns a promise here although its types say void; cancelling is best effort.
    Promise.resolve(pending.cancel()).catch(() => {})
  }
  signal?.addEventListener('abort', cancel, { once: true })
  try {
    return await pending
  } catch (error) {
    if (signal?.aborted && (error as { code?: unknown }).code === '57014') throw signal.reason
    throw error
  } finally {
    signal?.removeEventListener('abort', cancel)
  }
}

/** DETAIL as levelb writes it, one JSON object; any other text as it is. */
export function parsedDetail(detail: unknown): unknown {
  if (typeof detail !== 'string') return undefined
  try {
    return JSON.parse(detail)
  } catch {
    return detail
  }
}

/** The class of an LBnnn report, by this call's table; whatever is not levelb's comes back untouched. */
export function translate(error: unknown, errors: ErrorTable): unknown {
  if (!(error instanceof Error)) return error
  // By fields, not by instanceof: the caller's postgres.js may be another copy than ours.
  const { code, detail, hint } = error as { code?: unknown; detail?: unknown; hint?: unknown }
  if (typeof code !== 'string' || !/^LB\d{3}$/.test(code)) return error
  const report = {
    message: error.message,
    detail: parsedDetail(detail),
    hint: typeof hint === 'string' ? hint : undefined,
    cause: error,
  }
  const Known = Object.hasOwn(errors, code) ? errors[code] : undefined
  return Known ? new Known(report) : new LevelbError(report, { name: 'LevelbError', code, retryable: false })
}

/** Send `statement` and return its rows, each checked against `row`, whose keys are the columns in their order. */
export async function run<S extends z.ZodObject>(
  verb: string,
  statement: Statement,
  row: S,
  errors: ErrorTable,
  options: CallOptions = {},
): Promise<z.output<S>[]> {
  const names = Object.keys(row.shape)
  const rows = await sent(statement, options.signal).catch((error: unknown) => {
    throw translate(error, errors)
  })
  return rows.map((values) => {
    const parsed = row.safeParse(Object.fromEntries(names.map((name, index) => [name, values[index]])))
    if (parsed.success) return parsed.data
    const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
    throw new UnexpectedResult({
      message: `${verb} returned a row that its declaration excludes`,
      detail: { problems },
      hint: 'The call took effect unless its transaction is rolled back. Compare the versions of levelb here and there.',
      cause: parsed.error,
    })
  })
}

/** The only row. */
export function one<T>(verb: string, rows: readonly T[]): T {
  const [row] = rows
  if (row !== undefined && rows.length === 1) return row
  throw new UnexpectedResult({ message: `${verb} returned ${rows.length} rows instead of one` })
}

/** The only row, or null where there is none. */
export function maybe<T>(verb: string, rows: readonly T[]): T | null {
  return rows.length === 0 ? null : one(verb, rows)
}
