import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import type { Instant } from '../../src/codec.ts'
import type { TestDatabase } from '../database.ts'
import { character, installed, shopSchema } from './fixture.ts'
import { Digest, echo, Quantity, ShortSku, Sku } from './shop/generated/index.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await installed(shopSchema())
})

const text = fc.string({ unit: character })
const awkward = fc.constantFrom('', 'NULL', 'null', '{}', '"', '\\', '\\"', ',', ' a ', '\t', 'ä', '\u2028', '🜁', "'")
const words = fc.oneof(text, awkward)
const sku = fc.stringMatching(/^([a-z]{1,8}\/)?[a-z0-9][a-z0-9_.-]{0,6}$/).map((value) => Sku.parse(value))
const micros = fc.integer({ min: 0, max: 999_999 }).map((value) => String(value).padStart(6, '0'))
const second = fc.date({
  min: new Date('0001-01-01T00:00:00Z'),
  max: new Date('9999-12-31T23:59:59Z'),
  noInvalidDate: true,
})
const instant = fc
  .tuple(second, micros)
  .map(([date, fraction]) => `${date.toISOString().slice(0, 19)}.${fraction}Z` as Instant)
const lsn = fc
  .tuple(fc.nat(0xffffffff), fc.nat(0xffffffff))
  .map(([high, low]) => `${high.toString(16)}/${low.toString(16)}`.toUpperCase())

const parcel = fc.record({
  words,
  flag: fc.boolean(),
  small: fc.integer(),
  large: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  tx: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  place: lsn,
  raw: fc.uint8Array(),
  at: instant,
  label: sku,
  digest: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((value) => Digest.parse(value)),
  state: fc.constantFrom('open' as const, "it's sold" as const),
  pieces: fc.integer({ min: 1, max: 1000 }).map((value) => Quantity.parse(2 * value)),
  nick: sku.map((value) => ShortSku.parse(value.slice(-8).replace(/^[^a-z0-9]+/, '') || 'a')),
  note: fc.record({ text: words, count: fc.integer(), snake_case: fc.array(words) }),
  tags: fc.array(words),
  skus: fc.array(sku),
  absent: fc.option(words),
})

const bytes = ({ raw, digest, ...rest }: { raw: Uint8Array; digest: Uint8Array }) => ({
  ...rest,
  raw: Buffer.from(raw).toString('hex'),
  digest: Buffer.from(digest).toString('hex'),
})

test('a value of every type survives the way there and back', async () => {
  await fc.assert(
    fc.asyncProperty(parcel, async (given) => {
      expect(bytes(await echo(database.sql, given))).toEqual(bytes(given))
    }),
    { numRuns: 200 },
  )
})

test('what a domain refuses is refused on both sides', async () => {
  expect(Sku.safeParse('Not a name').success).toBe(false)
  expect(Digest.safeParse(new Uint8Array(31)).success).toBe(false)
  const [given] = fc.sample(parcel, 1)
  if (given === undefined) throw new Error('no sample')
  const label = 'Not a name' as Sku
  await expect(echo(database.sql, { ...given, label })).rejects.toMatchObject({ code: '23514' })
})
