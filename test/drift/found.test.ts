// Every change past the channel is found, by a quick look and by a full one alike, and undoing it clears it.
import { beforeAll, describe, expect, test } from 'vitest'
import { cases } from './cases.ts'
import { type Watched, watched } from './fixture.ts'

let w: Watched
let superuser = ''
let standing: string[] = []
beforeAll(async () => {
  w = await watched()
  superuser = String((await w.sql`select quote_ident(rolname) as name from pg_roles where oid = 10`)[0]?.name)
})

/** What only later versions have: NOT NULL as a constraint, more options of a subscription, oids of memberships. */
const later =
  /_not_null on |^security: subscription \w+: (failover|origin|passwordrequired|runasowner|stream):|^role: role membership .*: \(recreated\)/

/** Without what differs from server to server and from version to version. */
const told = (lines: string[]) =>
  lines
    .filter((line) => !later.test(line))
    .map((line) =>
      line
        .replace(/\b([0-9a-f]{64}|[0-9a-f]{32})\b/g, 'HASH')
        .replace(/(admin (true|false)), inherit true, set true/g, '$1')
        .replace(', maintain,', ',')
        .replace(/(citext|pg_trgm|hstore): version: .*$/, '$1: version')
        .replaceAll(`by ${superuser}`, 'by SUPERUSER')
        .replace(new RegExp(`(owner: .* )${superuser}( |$)`), '$1SUPERUSER$2'),
    )
    .sort()
const besides = (lines: string[]) => lines.filter((line) => !standing.includes(line))

describe.each([...new Set(cases.map(({ of }) => of))])('%s', (of) => {
  const mine = cases.filter((each) => each.of === of)
  test.each([...new Set(mine.map(({ round }) => round))])('round %i', async (round) => {
    const together = mine.filter((each) => each.round === round)
    let left: string[] = []
    try {
      for (const { change } of together) await w.past(change)
      const quick = await w.drift()
      expect(told(besides(quick))).toEqual(told(together.flatMap(({ found }) => found)))
      expect(await w.drift(true)).toEqual(quick)
    } finally {
      for (const { undo } of together.toReversed()) if (undo) await w.past(undo)
      const after = await w.drift()
      left = told(besides(after))
      standing = after
    }
    expect(left).toEqual(told(together.flatMap(({ undo, found, left = [] }) => (undo === undefined ? found : left))))
  })
})

test('a full look finds no more than all that is left', async () => {
  expect(await w.drift(true)).toEqual(standing)
})
