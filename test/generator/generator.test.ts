// Random privileged statements through the channel, and whether the eye that watches them sees. The long run, of which
// docs/generator.md is the table: npm run generate
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasOwnClusters, needsOwnCluster, startServer } from '../server.ts'
import { catalogsOf } from './catalogs.ts'
import { families } from './families.ts'
import { Chain, type Effect, type Watch, watch, wrongs } from './oracle.ts'
import { familiesOf } from './page.ts'
import { openPlace, type Place, type Sessions } from './place.ts'
import { randomOf } from './random.ts'
import { generate } from './run.ts'

test('the table of the docs has the families of the generator, at least 60 and each once', () => {
  const names = families.map(({ name }) => name)
  const committed = familiesOf(readFileSync(new URL('../../docs/generator.md', import.meta.url), 'utf8'))
  expect(committed.toSorted()).toEqual(names.toSorted())
  expect([new Set(names).size, names.length > 60]).toEqual([names.length, true])
})

test('a seed gives the same choices again, and another one others', () => {
  const choices = (seed: string) => {
    const r = randomOf(seed)
    return Array.from({ length: 20 }, () => r.int(1000))
  }
  expect(choices('1/7')).toEqual(choices('1/7'))
  expect(choices('1/7')).not.toEqual(choices('1/8'))
})

test('effects of one attribute that do not begin where the last one ended are found', () => {
  const owner = (before: string, after: string): Effect => ({
    class: 'owner',
    object_type: 'table',
    identity: 'shop.t',
    attribute: 'owner',
    before,
    after,
  })
  const chain = new Chain()
  expect(chain.follow([owner('a', 'b')])).toEqual([])
  expect(chain.follow([owner('b', 'c')])).toEqual([])
  expect(chain.follow([owner('a', 'd')])).toEqual([
    'table shop.t: owner:owner was said to be c and then to have been a',
  ])
})

test.skipIf(!hasOwnClusters)(
  'what a sandbox rehearsal that passes says is what the activation does',
  async () => {
    const place = await openPlace(await startServer({ autovacuum: 'off' }), true)
    try {
      const options = { seed: 'mirror', scripts: 24, length: 24, rehearse: true }
      const { wrongs, activated, compared } = await generate([place], options)
      // 9 of them pass as a whole; of what is left out or not mirrored nothing is compared
      expect([wrongs, activated > 14, compared > 6]).toEqual([[], true, true])
    } finally {
      await place.stop()
    }
  },
  120_000,
)

describe.skipIf(!hasOwnClusters)(`on servers of its own${hasOwnClusters ? '' : `, ${needsOwnCluster}`}`, () => {
  let places: Place[] = []
  beforeAll(async () => {
    places = await Promise.all([1, 2].map(async () => openPlace(await startServer({ autovacuum: 'off' }))))
  }, 120_000)
  afterAll(async () => {
    await Promise.all(places.map((place) => place.stop()))
  })

  test('nothing is silent, nothing that failed leaves a trace, and what must fail does', async () => {
    const { wrongs, uncovered, scripts, activated } = await generate(places, { seed: 'test', scripts: 160, length: 40 })
    expect([wrongs, uncovered]).toEqual([[], []])
    // most are activated, or nothing was tried
    expect([scripts, activated > 100]).toEqual([160, true])
  }, 600_000)

  /** What is said of a change by a superuser, which nobody told of. */
  const untold = (text: string, row: Record<string, unknown>) =>
    eye(async (watched, { sql }) => {
      await watched.begin(['shop.orders'])
      await sql.unsafe(text)
      return wrongs(row, await watched.end())
    })
  const eye = <T>(work: (watched: Watch, sessions: Sessions) => Promise<T>): Promise<T> =>
    (places[0] as Place).episode(async (sessions) =>
      work(await watch(sessions.sql, sessions.before, await catalogsOf(sessions.sql)), sessions),
    )

  const changes: readonly (readonly [text: string, told: string])[] = [
    ['grant select on shop.orders to gen_reader', 'pg_class'],
    ['grant select (card) on shop.orders to gen_reader', 'pg_attribute'],
    ['drop policy mine on shop.orders', 'pg_policy'],
    ['alter table shop.items disable trigger items_touch', 'pg_trigger'],
    ['alter role gen_reader set work_mem = 64; alter role gen_reader reset work_mem; create role g_x', 'pg_authid'],
    [`comment on table shop.orders is 'x'`, 'pg_description'],
    ['insert into shop.orders values (3)', 'rows of shop.orders'],
  ]
  test.each(changes)('it sees that nobody told of: %s', async (text, told) => {
    const other: Effect = { class: 'acl', object_type: 'x', identity: 'x', attribute: 'x', before: null, after: null }
    const [silent = 'nothing'] = await untold(text, { outcome: 'activated', effects: [other] })
    expect(silent.slice(0, `no effect tells of ${told}`.length)).toBe(`no effect tells of ${told}`)
    expect((await untold(text, { outcome: 'failed' })).join()).toContain(
      told.startsWith('rows') ? `failed, and wrote ${told}` : `failed, and left ${told}`,
    )
  })

  test('what goes with its object is told by that, and what is altered by its own name alone', () =>
    eye(async (watched, { sql }) => {
      const effect = (identity: string): Effect[] => [
        { class: 'x', object_type: 'x', identity, attribute: 'x', before: null, after: null },
      ]
      const after = async (text: string, identity: string) => {
        await watched.begin([])
        await sql.unsafe(text)
        return wrongs({ outcome: 'activated', effects: effect(identity) }, await watched.end())
      }
      await sql.unsafe(`comment on column shop.orders.card is 'x'`)
      expect(await after('alter table shop.orders drop column card cascade', 'shop.orders.card')).toEqual([])
      expect(await after('drop table shop.events_rest', 'shop.events_rest')).toEqual([])
      expect(await after('alter table shop.orders alter total set not null', 'shop.orders')).not.toEqual([])
      expect(await after('alter table shop.orders set schema extra', 'shop.orders')).toEqual([])
    }))

  test('it sees an activation without effects, and effects without a change', async () => {
    expect(await untold('grant select on shop.orders to gen_reader', { outcome: 'activated', effects: [] })).toContain(
      'activated without effects',
    )
    expect(await untold('select 1', { outcome: 'activated', effects: [{ class: 'acl' }] })).toEqual([
      'activated with 1 effects, and nothing was written',
    ])
  })

  test('the digests of all rows find what was written when nobody looked', () =>
    eye(async (watched, { sql }) => {
      expect(await watched.settle()).toEqual([])
      await sql.unsafe('grant select on shop.orders to gen_reader')
      expect(await watched.settle()).toEqual(
        ['pg_class', 'pg_shdepend'].map((name) => `${name} has rows that nobody was seen to write`),
      )
      await watched.begin([])
      await sql.unsafe('grant select on shop.orders to gen_writer')
      await watched.end()
      expect(await watched.settle()).toEqual([])
    }))
})
