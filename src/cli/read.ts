// What the commands that only look have in common: one statement, the rows checked, and times as people read them.
import type { Sql } from 'postgres'
import { z } from 'zod'
import { Failure } from './failure.ts'

/** A time in JSON: UTC, `2026-11-22T12:25:51.123Z`. */
export const Time = z.date().transform((date) => date.toISOString())

const insufficientPrivilege = '42501'

/** The rows of one view, each as its schema says. */
export async function rowsOf<S extends z.ZodType>(
  sql: Sql,
  schema: S,
  query: string,
  parameters: readonly string[] = [],
): Promise<z.output<S>[]> {
  try {
    return z.array(schema).parse([...(await sql.unsafe(query, [...parameters]))])
  } catch (error) {
    const { code, message } = error as { code?: string; message?: string }
    if (code !== insufficientPrivilege) throw error
    throw new Failure(1, {
      what: message ?? 'refused',
      next: 'connect as a login with duty approver, operator or auditor',
      code,
    })
  }
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
