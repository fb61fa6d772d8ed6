// Numbers for monitoring: each follows from the rows, and the word for the whole is that of mode().
import { beforeAll, expect, test } from 'vitest'
import { freshDatabase } from '../database.ts'
import { type Row, type World, world } from '../world.ts'
import { tellStory } from './story.ts'

let w: World
beforeAll(async () => {
  w = await tellStory()
}, 30_000)

async function metric(of: Pick<World, 'sql'>, name: string): Promise<Record<string, number>> {
  const rows = await of.sql`select value, labels from levelb.metrics where name = ${name}`
  const key = (row: Row) => Object.values(row.labels as Row).join(' ')
  return Object.fromEntries(rows.map((row) => [key(row), row.value as number]))
}

test('counts migrations, calls, decisions, principals and incidents as the tables hold them', async () => {
  expect(await metric(w, 'levelb_migrations')).toEqual({
    ...{ staged: 2, approved: 1, rejected: 0, expired: 0, withdrawn: 0, activated: 1, rolled_back: 0 },
  })
  expect(await metric(w, 'levelb_activations_total')).toEqual({
    ' activated': 1,
    'LB204 refused': 1,
    'P0001 failed': 1,
  })
  expect(await metric(w, 'levelb_activation_duration_seconds_count')).toEqual({ activated: 1, refused: 1, failed: 1 })
  expect(await metric(w, 'levelb_decisions_total')).toEqual({ approve: 6, reject: 1, revoke: 0, rehearse: 0 })
  expect(await metric(w, 'levelb_principals')).toEqual({ author: 2, approver: 4, operator: 3, auditor: 1 })
  expect(await metric(w, 'levelb_refused_activations_last_day')).toEqual({ '': 1 })
  expect(await metric(w, 'levelb_policy_version')).toEqual({ '': 1 })
  expect(await metric(w, 'levelb_incidents_total')).toEqual({
    bootstrap: 1,
    rebind: 0,
    rebootstrap: 0,
    break_glass: 0,
    drift: 0,
  })
  const [ledger] = await w.sql`select entries, unsealed from levelb.verify_ledger()`
  expect(await metric(w, 'levelb_ledger_entries')).toEqual({ '': Number(ledger?.entries) })
  expect(await metric(w, 'levelb_ledger_unsealed_leaves')).toEqual({ '': Number(ledger?.unsealed) })
})

test('states are those of status', async () => {
  const rows = await w.sql`select state, count(*)::int as n from levelb.status group by state`
  const counted = Object.entries(await metric(w, 'levelb_migrations')).filter(([, n]) => n > 0)
  expect(Object.fromEntries(counted)).toEqual(Object.fromEntries(rows.map((row) => [row.state, row.n])))
})

test('seconds and ages are those of the rows', async () => {
  const [row] = await w.sql`
    select extract(epoch from sum(finished_at - started_at) filter (where outcome = 'activated'))::float8 as took,
        extract(epoch from clock_timestamp() - max(finished_at) filter (where outcome = 'activated'))::float8 as age,
        (select extract(epoch from clock_timestamp() - staged_at)::float8 from levelb.status where migration_id = '0002_report') as waits
      from levelb.activation`
  expect((await metric(w, 'levelb_activation_duration_seconds_sum')).activated).toBeCloseTo(row?.took, 4)
  const age = (await metric(w, 'levelb_last_activation_age_seconds'))['']
  expect(age).toBeGreaterThanOrEqual(row?.age)
  const waits = (await metric(w, 'levelb_open_migration_oldest_age_seconds')).staged
  expect(waits).toBeGreaterThanOrEqual(row?.waits)
  expect(waits).toBeLessThan(row?.waits + 60)
})

test('the mode is that of mode(), and the item that fails is told', async () => {
  const failing = async () =>
    Object.entries(await metric(w, 'levelb_readiness_failing')).flatMap(([item, value]) => (value === 1 ? [item] : []))
  const mode = async () => (await w.sql`select levelb.mode() as mode`)[0]?.mode
  expect([await mode(), await metric(w, 'levelb_operator_handoff')]).toEqual(['OPERATOR_HANDOFF', { '': 1 }])
  expect((await failing()).filter((item) => item.startsWith('true'))).toEqual([])
  await w.sql.unsafe(`alter role ${w.role('reader')} createrole`)
  try {
    expect([await mode(), await metric(w, 'levelb_operator_handoff')]).toEqual(['AUTHOR_MODE', { '': 0 }])
    expect((await failing()).join()).toContain('dangerous_logins')
  } finally {
    await w.sql.unsafe(`alter role ${w.role('reader')} nocreaterole`)
  }
})

test('every sample is named and described as Prometheus wants it, and none comes twice', async () => {
  const rows = await w.sql`select name, value, labels, type, help from levelb.metrics`
  expect(rows.filter((row) => row.value === null || row.help === null || !/^levelb_[a-z_]+$/.test(row.name))).toEqual(
    [],
  )
  const counters = rows.filter((row) => row.type === 'counter').map((row) => row.name as string)
  expect(counters.filter((name) => !/_(total|sum|count)$/.test(name))).toEqual([])
  expect(rows.filter((row) => row.type === 'gauge' && /_total$/.test(row.name))).toEqual([])
  const keys = rows.map((row) => `${row.name} ${JSON.stringify(row.labels)}`)
  expect(new Set(keys).size).toBe(keys.length)
  // lines of one name stand together, as its format demands
  const names = rows.map((row) => row.name as string)
  expect(names.filter((name, index) => name !== names[index - 1])).toEqual([...new Set(names)])
})

test('a service with duty auditor reads them: a monitoring login', async () => {
  const other = await world({
    principals: (database) => [
      ...['bob', 'carol', 'dan', 'olga', 'ann'].map((principal) => ({
        ...{ principal, nature: 'person', logins: [database.role(principal)], groups: ['dba'] },
        duties: [{ olga: 'operator', ann: 'author' }[principal] ?? 'approver'],
      })),
      { principal: 'monitoring', nature: 'service', logins: [database.role('reader')], duties: ['auditor'] },
    ],
  })
  expect((await (await other.as('reader'))`select from levelb.metrics`).length).toBeGreaterThan(20)
})

test('before bootstrap there are numbers too', async () => {
  const { sql } = await freshDatabase()
  expect(await metric({ sql }, 'levelb_operator_handoff')).toEqual({ '': 0 })
  expect(await metric({ sql }, 'levelb_policy_version')).toEqual({ '': 0 })
})
