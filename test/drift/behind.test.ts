// Code that watched things run is watched, wherever it is; it comes under the watch and leaves it with them.
import { expect, test } from 'vitest'
import type { Json } from '../world.ts'
import { protectedWorld, type Watched } from './fixture.ts'

const make = (body = 'return new') =>
  `create or replace function other.fires() returns trigger language plpgsql as 'begin ${body}; end'`
const trigger = 'create trigger fires before insert on shop.items for each row execute function other.fires()'
const replaced = [expect.stringMatching(/^repoint: function other.fires\(\): definition: sha256 \w+ → sha256 \w+$/)]
const both = async (w: Watched) => [await w.drift(), await w.drift(true)]

let count = 0
const activated = async (w: Watched, document: string | Json) => {
  count += 1
  const row = await w.through(`${String(count).padStart(4, '0')}_next`, document as string)
  expect([row.outcome, row.error]).toEqual(['activated', null])
}
/** Answers for all that drifts. */
const explained = async (w: Watched) => {
  const effects = (await w.findings(true)).map(({ expected, ...effect }) => effect)
  await activated(w, {
    title: 'why',
    description: 'it is so',
    kind: 'explain',
    payload: { effects },
  } as unknown as Json)
}

test('with the trigger that a migration makes and drops', async () => {
  const w = await protectedWorld({ drift: 'record' })
  await w.past(make())
  await w.past(make('perform 1; return new'))
  expect(await both(w)).toEqual([[], []])
  await activated(w, trigger)
  expect(await both(w)).toEqual([[], []])
  await w.past(make('return null'))
  expect(await both(w)).toEqual([replaced, replaced])
  await w.past(make('perform 1; return new'))
  expect(await both(w)).toEqual([[], []])
  await activated(w, 'drop trigger fires on shop.items')
  await w.past(make('return null'))
  expect(await both(w)).toEqual([[], []])
})

test('that drifts, it stays shown when the trigger is dropped through the channel', async () => {
  const w = await protectedWorld({ drift: 'record' })
  await w.past(make())
  await activated(w, trigger)
  await w.past(make('return null'))
  await activated(w, 'drop trigger fires on shop.items')
  expect(await both(w)).toEqual([replaced, replaced])
})

test('with the trigger that an explanation answers for', async () => {
  const w = await protectedWorld({ drift: 'record' })
  await w.past(`${make()}; ${trigger}`)
  const made = await w.drift()
  expect(made.map((line) => line.split(':')[1])).toEqual([
    ' trigger fires on shop.items',
    ' trigger fires on shop.items',
  ])
  expect(await w.drift(true)).toEqual(made)
  await explained(w)
  expect(await both(w)).toEqual([[], []])
  await w.past(make('return null'))
  expect(await both(w)).toEqual([replaced, replaced])
})

const hash = "update pg_proc set prosrc = 'citext_cmp' where proname = 'citext_hash'"
const rehashed = [
  expect.stringMatching(/^repoint: function shop.citext_hash\(shop.citext\): definition: md5 \w+ → md5 \w+$/),
]

test('with the extension that a migration makes', async () => {
  const w = await protectedWorld({ drift: 'record' })
  await w.past("do $$ begin execute format('grant create on database %I to levelb_deploy', current_database()); end $$")
  await w.sql`select levelb.rebind('prepared')`
  await activated(w, "create extension citext schema shop version '1.4'; alter extension citext update to '1.5'")
  expect(await both(w)).toEqual([[], []])
  await w.past(hash)
  expect(await both(w)).toEqual([rehashed, rehashed])
})

test('an extension that was updated past the channel is one change, and answered for as one', async () => {
  const w = await protectedWorld({ drift: 'record' })
  await w.past("create extension citext schema shop version '1.4'")
  await w.sql`select levelb.rebind('prepared')`
  await w.past('alter extension citext update')
  const updated = [expect.stringMatching(/^extension: extension citext: version: 1.4 → /)]
  expect(await both(w)).toEqual([updated, updated])
  await explained(w)
  expect(await both(w)).toEqual([[], []])
  await w.past(hash)
  expect(await both(w)).toEqual([rehashed, rehashed])
})
