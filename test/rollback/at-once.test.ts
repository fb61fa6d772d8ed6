// Rollbacks while others act on the same migrations.
import { expect, test } from 'vitest'
import { backendPid, waitUntilBlocked } from '../steps.ts'
import { arm, type Row, refusal, type World, world } from '../world.ts'
import { changes, expectActivated, stageRollback } from './fixture.ts'

const id = '0001_change'

async function company(): Promise<World> {
  const w = await world({ policy: { cluster: 'govern' } })
  const select = 'select on shop.orders'
  await w.stage(
    id,
    changes([
      { apply: `grant ${select} to ${w.role('reader')}`, rollback: `revoke ${select} from ${w.role('reader')}` },
    ]),
  )
  await w.approve(id)
  return w
}

test('LB102 › while the migration is being activated its rollback is not staged', async () => {
  const w = await company()
  const olga = await w.another('olga')
  await arm(olga)
  await olga.unsafe('begin')
  expectActivated(((await olga`select * from levelb.activate(${id})`)[0] ?? {}) as Row)
  expect((await refusal(stageRollback(w, id, 'ci'))).code).toBe('LB102')
  await olga.unsafe('commit')
  expect((await stageRollback(w, id, 'ci')).revision).toBe(1)
})

test('LB003 › of two who stage it at once the second is told', async () => {
  const w = await company()
  expectActivated(await w.activate(id))
  const [olga, ci] = [await w.another('olga'), await w.another('ci')]
  await olga.unsafe('begin')
  await olga`select levelb.stage_rollback(${id}, 'first')`
  const pid = await backendPid(ci)
  const second = refusal(Promise.resolve(ci`select levelb.stage_rollback(${id}, 'second')`))
  await waitUntilBlocked(w.sql, pid)
  await olga.unsafe('commit')
  expect((await second).code).toBe('LB003')
})

test('LB101 › of two who activate it at once one does, and the other is told', async () => {
  const w = await company()
  expectActivated(await w.activate(id))
  await stageRollback(w, id)
  await w.approve(`${id}.rollback`)
  const olga = await w.another('olga')
  await arm(olga)
  await olga.unsafe('begin')
  expectActivated(((await olga`select * from levelb.activate(${`${id}.rollback`})`)[0] ?? {}) as Row)
  expect((await refusal(w.activate(`${id}.rollback`, 'ci'))).code).toBe('LB101')
  await olga.unsafe('commit')
  const again = await w.activate(`${id}.rollback`, 'ci')
  expect([again.outcome, again.code]).toEqual(['refused', 'LB008'])
})
