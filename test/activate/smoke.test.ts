import { expect, test } from 'vitest'
import { world } from '../world.ts'

test('activate › a grant goes from text to a committed proof', async () => {
  const { through, rows } = await world()
  const row = await through('0001_grant', 'grant select on shop.orders to public')
  expect(row).toMatchObject({ outcome: 'activated', code: null, error: null })
  expect(row.effects).toEqual([
    { class: 'acl', object_type: 'table', identity: 'shop.orders', attribute: 'PUBLIC', before: null, after: 'select' },
  ])
  expect(await rows('proof')).toHaveLength(1)
})
