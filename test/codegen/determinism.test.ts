import fc from 'fast-check'
import { expect, test } from 'vitest'
import { files, installed, shopSchema } from './fixture.ts'

/** The statements of the fixture that may come in any order once their types are there. */
function parts(schema: string): { first: string; loose: string[] } {
  const pieces = schema.split(/(?=^create (?:function|table|domain|type|schema))/m)
  const isLoose = (piece: string) => piece.startsWith('create function') && !piece.includes('shop.errors()')
  return { first: pieces.filter((piece) => !isLoose(piece)).join(''), loose: pieces.filter(isLoose) }
}

test('twice gives the same, and so does any order of creation', async () => {
  const { first, loose } = parts(shopSchema())
  const [shuffled = []] = fc.sample(fc.shuffledSubarray(loose, { minLength: loose.length }), { numRuns: 1, seed: 7 })
  const [one, other] = await Promise.all([installed(shopSchema()), installed(`${first} ${shuffled.join('\n')}`)])
  const expected = await files(one.sql)
  expect(await files(one.sql)).toEqual(expected)
  expect(await files(other.sql)).toEqual(expected)
})

test('says nothing of the machine: no OIDs, no paths, \\n only', async () => {
  const { sql } = await installed(shopSchema())
  const text = [...(await files(sql)).values()].join('')
  expect(text).not.toMatch(/\r|\b\d{5,6}\b|\/home|\/work|\/tmp|[ \t]$/m)
})
