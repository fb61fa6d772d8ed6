// What the tests of rollbacks share: staging one, and taking a migration through and back.
import { expect } from 'vitest'
import { privilegedState } from '../effects/state.ts'
import type { Json, Row, World } from '../world.ts'

/** Stages the rollback of `id` as `by`, default olga. */
export async function stageRollback(w: World, id: string, by = 'olga', reason = 'it broke'): Promise<Row> {
  const client = await w.as(by)
  const [row] = await client`select * from levelb.stage_rollback(${id}, ${reason})`
  return row as Row
}

/** stage_rollback, approve, activate; returns the row of the activation. */
export async function rollBack(w: World, id: string): Promise<Row> {
  const staged = await stageRollback(w, id)
  await w.approve(String(staged.migration_id))
  return w.activate(String(staged.migration_id))
}

export type Change = { apply: string; rollback?: string; verify?: string } | { roles: Json }

/** A document of these steps. */
export function changes(steps: Change[], more: Json = {}): Json {
  return {
    title: 'a change',
    description: 'for a test',
    steps: steps.map((step, i) => ({ name: `step${i}`, ...step })),
    ...more,
  }
}

/** Activated; else what went wrong is in the message. */
export function expectActivated(row: Row): Row {
  expect([row.outcome, row.code, row.error]).toEqual(['activated', null, null])
  return row
}

/** Takes a migration through and back: it changes the privileged state, and its rollback gives the one from before. */
export async function thereAndBack(w: World, id: string, document: Json): Promise<{ there: Row; back: Row }> {
  const before = await privilegedState(w.sql)
  const there = expectActivated(await w.through(id, document))
  expect(await privilegedState(w.sql)).not.toEqual(before)
  const back = expectActivated(await rollBack(w, id))
  expect(await privilegedState(w.sql)).toEqual(before)
  return { there, back }
}

/** State of a migration as the view shows it. */
export async function stateOf(w: World, id: string): Promise<unknown> {
  const [row] = await w.sql`select state from levelb.status where migration_id = ${id}`
  return row?.state
}
