// What the commands that only look have in common: one statement, the rows checked, and times as people read them.
import type { Sql } from 'postgres'
import { z } from 'zod'
import { Failure } from './failure.ts'

/** A time in JSON: UTC, `2026-11-22T12:25:51.123Z`. */
export const Time = z.date().transform((date) => date.toISOString())

/** Duties of who may look at everything, as a person reads them; an author may look at migrations only. */
const watchers = 'approver, operator or auditor'
export const everyDuty = `author, ${watchers}`

/** No right on levelb's objects; not enrolled, or without the duty. */
const refusals = ['42501', 'LB201']

/** Asks the database; where it refuses this login, says as whom to connect. */
export async function asked<T>(ask: () => Promise<T>, duties = watchers): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    const { code, message } = error as { code?: string; message?: string }
    if (code === undefined || !refusals.includes(code)) throw error
    throw new Failure(1, {
      what: message ?? 'refused',
      next: `connect as a login with duty ${duties}`,
      code,
    })
  }
}

/** The rows of one view, each as its schema says. */
export async function rowsOf<S extends z.ZodType>(
  sql: Sql,
  schema: S,
  query: string,
  parameters: readonly string[] = [],
  duties?: string,
): Promise<z.output<S>[]> {
  return asked(async () => z.array(schema).parse([...(await sql.unsafe(query, [...parameters]))]), duties)
}

/** `2026-11-22 12:25:51Z (13:25:51 here)`; without the bracket where UTC is the local time. */
export function timeOf(time: string): string {
  const date = new Date(time)
  const utc = `${time.slice(0, 19).replace('T', ' ')}Z`
  if (date.getTimezoneOffset() === 0) return utc
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString()
  const day = local.slice(0, 10) === time.slice(0, 10) ? '' : `${local.slice(0, 10)} `
  return `${utc} (${day}${local.slice(11, 19)} here)`
}

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}
