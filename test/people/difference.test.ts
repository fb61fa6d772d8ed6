// The difference of two texts, against another implementation: what it says, applied, must give the other text.
import { applyPatch, diffArrays } from 'diff'
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { freshDatabase, type TestDatabase } from '../database.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await freshDatabase()
})

async function difference(old: readonly string[], next: readonly string[]): Promise<string[]> {
  const [row] = await database.sql`select levelb._line_difference(${[...old]}::text[], ${[...next]}::text[]) as lines`
  return row?.lines
}

const line = fc.constantFrom('', 'a', 'b', 'c', 'd', 'grant select', '-- c')
const text = fc.oneof(
  { weight: 3, arbitrary: fc.array(line, { maxLength: 12 }) },
  { weight: 1, arbitrary: fc.array(line, { maxLength: 60 }) },
)

test('applied to the old text it gives the new one, and no shorter one would', async () => {
  await fc.assert(
    fc.asyncProperty(text, text, async (old, next) => {
      const lines = await difference(old, next)
      const whole = (all: readonly string[]) => all.map((one) => `${one}\n`).join('')
      const patch = `--- old\n+++ new\n${whole(lines)}`
      if (lines.length > 0) expect(applyPatch(whole(old), patch)).toBe(whole(next))
      else expect(next).toEqual(old)
      const edits = (sign: string) => lines.filter((one) => one.startsWith(sign)).length
      const shortest = diffArrays([...old], [...next]).reduce(
        (sum, part) => sum + (part.added || part.removed ? part.count : 0),
        0,
      )
      expect(edits('+') + edits('-')).toBe(shortest)
    }),
    { numRuns: 150 },
  )
})

test('shows three lines around a change, and line numbers', async () => {
  const old = Array.from({ length: 40 }, (_, index) => `line ${index + 1}`)
  const next = old.with(19, 'other').toSpliced(35, 1)
  expect(await difference(old, next)).toEqual([
    ...[
      '@@ -17,7 +17,7 @@',
      ' line 17',
      ' line 18',
      ' line 19',
      '-line 20',
      '+other',
      ' line 21',
      ' line 22',
      ' line 23',
    ],
    ...['@@ -33,7 +33,6 @@', ' line 33', ' line 34', ' line 35', '-line 36', ' line 37', ' line 38', ' line 39'],
  ])
})

test('says how many lines differ where there are more than 600', async () => {
  const old = Array.from({ length: 700 }, (_, index) => `old ${index}`)
  expect(await difference([...old, 'same'], ['same', 'new'])).toEqual([
    'differs in more than 600 lines: 700 gone, 1 new',
  ])
})
