// A page stays readable, and is made at all, whatever an author stages.
import { beforeAll, expect, test } from 'vitest'
import { documentOf, type World, world } from '../world.ts'

let w: World

beforeAll(async () => {
  w = await world()
  return () => w.end()
})

const megabyte = 1 << 20

test.each([
  ['one line of letters', `select '${'a'.repeat(megabyte - 20)}'`],
  ['one line of letters outside of ASCII', `select '${'é'.repeat(megabyte / 2 - 20)}'`],
  ['line ends', `select 1${'\n'.repeat(megabyte - 20)}`],
  ['tabs', `select${'\t'.repeat(megabyte - 20)}1`],
])(
  'a megabyte of %s is shown as head and tail, and the page says so',
  async (what, text) => {
    const id = `0001_${what.replaceAll(' ', '_').toLowerCase()}`
    await w.stage(id, documentOf(text))
    const bob = await w.as('bob')
    const [row] = await bob`select page from levelb.review(${id})`
    expect(row?.page).toContain('step one: apply is too long for this page, which shows its head and tail')
    expect(row?.page).toMatch(/\d+ characters are left out here/)
    expect(row?.page.length).toBeLessThan(1_000_000)
  },
  60_000,
)

test('characters that nobody sees are spelled out in a long line too', async () => {
  const bell = await w.sql`select levelb._visible(${`a\u0007\u0007b${'c'.repeat(100_000)}\u200b`}) as shown`
  expect(bell[0]?.shown).toBe(`a{U+0007}{U+0007}b${'c'.repeat(100_000)}{U+200B}`)
})
