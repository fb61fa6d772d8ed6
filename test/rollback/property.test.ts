// For random changes of owners and rights: a live rehearsal shows the effects that the activation then has, and leaves
// nothing; activate, stage_rollback, activate gives the state from before.
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { privilegedState } from '../effects/state.ts'
import { rehearse } from '../rehearsal/fixture.ts'
import { type World, world } from '../world.ts'
import { type Change, changes, expectActivated, rollBack } from './fixture.ts'

let w: World
beforeAll(async () => {
  w = await world({ policy: { cluster: 'govern', rehearsal: { required: 'none', max_hold: '30 s' } } })
})

/** Objects of schema shop, how GRANT names them, and what can be granted. */
const objects = [
  ['table', 'shop.orders', 'table', ['select', 'insert', 'update', 'references']],
  ['table', 'shop.items', 'table', ['select', 'delete', 'trigger', 'truncate']],
  ['view', 'shop.recent', 'table', ['select']],
  ['function', 'shop.total(int)', 'function', ['execute']],
  ['sequence', 'shop.tickets', 'sequence', ['usage', 'select']],
] as const
const grantees = ['reader', 'bob', 'dan'] as const

const owner = fc.constantFrom(...objects).map(([kind, name]) => ({
  key: `owner ${name}`,
  step: (): Change => ({
    apply: `alter ${kind} ${name} owner to levelb_deploy`,
    rollback: `alter ${kind} ${name} owner to ${w.role('app')}`,
  }),
}))

const grant = fc
  .constantFrom(...objects)
  .chain(([, name, kind, privileges]) =>
    fc.record({
      name: fc.constant(name),
      kind: fc.constant(kind),
      privileges: fc.subarray([...privileges], { minLength: 1 }),
      to: fc.constantFrom(...grantees),
      option: fc.boolean(),
    }),
  )
  .map(({ name, kind, privileges, to, option }) => ({
    key: `grant ${name} ${to}`,
    step: (): Change => ({
      apply: `grant ${privileges.join(', ')} on ${kind} ${name} to ${w.role(to)}${option ? ' with grant option' : ''}`,
      rollback: `revoke ${privileges.join(', ')} on ${kind} ${name} from ${w.role(to)} cascade`,
    }),
  }))

const column = fc
  .record({ column: fc.constantFrom('id', 'customer', 'card'), to: fc.constantFrom(...grantees) })
  .map(({ column, to }) => ({
    key: `grant shop.orders ${to}`,
    step: (): Change => ({
      apply: `grant select (${column}), update (${column}) on shop.orders to ${w.role(to)}`,
      rollback: `revoke select (${column}), update (${column}) on shop.orders from ${w.role(to)}`,
    }),
  }))

const defaults = fc
  .record({ kind: fc.constantFrom('tables', 'sequences', 'functions'), to: fc.constantFrom(...grantees) })
  .map(({ kind, to }) => ({
    key: `default ${kind} ${to}`,
    step: (): Change => {
      const privilege = kind === 'functions' ? 'execute' : 'select'
      const prefix = 'alter default privileges for role levelb_deploy in schema shop'
      return {
        apply: `${prefix} grant ${privilege} on ${kind} to ${w.role(to)}`,
        rollback: `${prefix} revoke ${privilege} on ${kind} from ${w.role(to)}`,
      }
    },
  }))

const migration = fc.uniqueArray(fc.oneof(owner, grant, column, defaults), {
  minLength: 1,
  maxLength: 6,
  selector: ({ key }) => key,
})

test('thirty migrations', async () => {
  const before = await privilegedState(w.sql)
  let count = 0
  await fc.assert(
    fc.asyncProperty(migration, async (parts) => {
      const id = `${String(++count).padStart(4, '0')}_change`
      await w.stage(id, changes(parts.map(({ step }) => step())))
      await w.approve(id)
      const rehearsed = await rehearse(w, id)
      expect([rehearsed.outcome, rehearsed.error, rehearsed.rollback_restored]).toEqual(['passed', null, true])
      expect(await privilegedState(w.sql)).toEqual(before)
      const activated = expectActivated(await w.activate(id))
      expect(rehearsed.effects).toEqual(activated.effects)
      expect(await privilegedState(w.sql)).not.toEqual(before)
      expectActivated(await rollBack(w, id))
      expect(await privilegedState(w.sql)).toEqual(before)
    }),
    { numRuns: 30, seed: 20261122, endOnFailure: true },
  )
}, 120_000)
