// docs/rollback.md: its sessions print what it says, in the order of the page.
import { expect, test } from 'vitest'
import { blocks, sessions } from '../docs/console.ts'
import { privilegedState } from '../effects/state.ts'
import { psql } from '../psql.ts'
import { type World, world } from '../world.ts'
import { changes, expectActivated } from './fixture.ts'

const page = new URL('../../docs/rollback.md', import.meta.url)

async function report(): Promise<World> {
  const w = await world({ policy: { cluster: 'govern' } })
  await w.sql.unsafe(`create role ${w.role('reporting')}; create schema app authorization levelb_deploy;
    create table app.orders (); alter table app.orders owner to levelb_deploy`)
  const orders = `select on app.orders`
  const step = {
    apply: `grant ${orders} to ${w.role('reporting')}`,
    rollback: `revoke ${orders} from ${w.role('reporting')}`,
  }
  expectActivated(await w.through('0001_report', changes([step])))
  return w
}

test('with levelb › the sessions of the operator', async () => {
  const w = await report()
  const here = (text: string) => text.replaceAll(/\b(reporting)\b/g, (name) => w.role(name))
  const run = async (block: string | undefined) => {
    const calls = sessions(block ?? '').flatMap((session) => session.calls)
    const result = await psql(await w.urlOf('olga'), '-A', '-t', ...calls.flatMap(({ statement }) => ['-c', statement]))
    expect([result.stderr, result.status]).toEqual(['', 0])
    for (const line of calls.flatMap(({ output }) => output)) expect(result.stdout).toContain(here(line))
  }
  const [staged, activated] = blocks(page, 'console')
  await run(staged)
  await w.approve('0001_report.rollback')
  await run(activated)
})

test('without levelb › the SQL of the proof, when the schema is gone', async () => {
  const w = await report()
  const script = blocks(page, 'console').at(-1) ?? ''
  const query = /-c "([^"]+)"/.exec(script)?.[1] ?? ''
  const saved = (await psql(w.url, '-X', '-A', '-t', '-c', query)).stdout
  await w.sql.unsafe('drop schema levelb, levelb_exec, levelb_sandbox cascade')
  const before = await privilegedState(w.sql)
  const run = await psql(w.url, '-X', '-v', 'ON_ERROR_STOP=1', '-c', saved)
  expect([run.stderr, run.status]).toEqual(['', 0])
  const lost = before.filter((line) => line.includes(w.role('reporting')) && line.includes('SELECT'))
  expect(lost).toHaveLength(1)
  const after = await privilegedState(w.sql)
  expect(before.filter((line) => !after.includes(line))).toEqual(lost)
})
