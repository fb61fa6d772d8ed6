// Two sessions at one database: open transactions, and what an activation does beside them.
import { onTestFinished, TestRunner } from 'vitest'
import { toggle } from '../approvals/company.ts'
import { type Client, connect } from '../client.ts'
import { backendPid } from '../steps.ts'
import { arm, type Row, refusal, type World } from '../world.ts'

export type Session = { sql: Client; pid: number }

/** A further connection of a login, with its backend; closed with the test that asks for it. */
export async function session(there: World, login: string): Promise<Session> {
  const sql = await there.another(login)
  if (TestRunner.getCurrentTest()) onTestFinished(() => sql.end({ timeout: 0 }))
  await arm(sql)
  return { sql, pid: await backendPid(sql) }
}

/** A further connection of the superuser, closed with the test. */
export async function superuser(there: World): Promise<Session> {
  const sql = connect(there.url)
  onTestFinished(() => sql.end({ timeout: 0 }))
  return { sql, pid: await backendPid(sql) }
}

/** Stages and approves, ready to be activated. */
export async function ready(there: World, id: string, apply = toggle): Promise<string> {
  await there.stage(id, apply)
  await there.approve(id)
  return id
}

export const activate = (by: Client, id: string): Promise<Row> =>
  by`select * from levelb.activate(${id})`.then((rows) => rows[0] as Row)

/** Outcome and code of an activation, or the code that was raised, in one word. */
export async function wordOf(activation: Promise<Row>): Promise<string> {
  return activation.then(
    (row) => (row.outcome === 'activated' ? 'activated' : `${row.outcome} ${row.code}`),
    (error: { code: string }) => `raised ${error.code}`,
  )
}

/** `done` or the code that was raised. */
export async function codeOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'done',
    (error: { code: string }) => error.code,
  )
}

/** What the error of a refused activation says about approvals that do not count. */
export function voidOf(row: Row): { principal: string; why: string }[] {
  const { detail } = row.error as { detail: string }
  return JSON.parse(detail).void.map(({ principal, why }: { principal: string; why: string }) => ({ principal, why }))
}

export { refusal }
