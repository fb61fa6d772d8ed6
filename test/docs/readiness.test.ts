// docs/readiness.md lists the items that the function lists, in its order, and says of each what it is.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { waivable } from '../../src/json/policy-document.ts'
import { freshDatabase } from '../database.ts'
import { world } from '../world.ts'

const page = readFileSync(new URL('../../docs/readiness.md', import.meta.url), 'utf8')
const [, items = '', rest = ''] = page.split('\n## ')
const lines = (section: string) =>
  [...section.matchAll(/^\| `(\w+)` \|(.*)\|$/gm)].map(([, item = '', cells = '']) => ({ item, cells }))

test('every item has its line, in the order of the function', async () => {
  const { sql } = await freshDatabase()
  const listed = await sql`select item from levelb.readiness(true)`
  expect(lines(items).map(({ item }) => item)).toEqual(listed.map((row) => row.item))
})

test('the line says R of what is required, F of what only full asks, and "not checked" of the rest', async () => {
  const { sql } = await world()
  const listed = await sql`
    select a.item, f.required, a.ok is null and f.ok is not null as is_full, f.ok is null as is_open
      from levelb.readiness() a join levelb.readiness(true) f using (item)`
  const byItem = (a: { item?: string }, b: { item?: string }) => ((a.item ?? '') < (b.item ?? '') ? -1 : 1)
  const said = lines(items).map(({ item, cells }) => ({
    item,
    required: /^ R/.test(cells),
    is_full: /^ R? ?F /.test(cells),
    is_open: cells.includes('not checked'),
  }))
  expect(said.sort(byItem)).toEqual(listed.map((row) => ({ ...row })).sort(byItem))
})

test('the items that can be waived are those of the policy', () => {
  expect(lines(rest).map(({ item }) => item)).toEqual([...waivable])
})
