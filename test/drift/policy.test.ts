// What an activation does about drift, as the policy says.
import { describe, expect, test } from 'vitest'
import { detailOf } from '../activate/fixture.ts'
import type { Json } from '../world.ts'
import { protectedWorld, type Watched, watched } from './fixture.ts'

const past = 'grant select on shop.orders to {reader}'
const undo = 'revoke select on shop.orders from {reader}'
const found = ['acl: table shop.orders: reader: - → select']

const effect = (w: Watched): Json => ({
  ...{ class: 'acl', object_type: 'table', identity: 'shop.orders', attribute: w.role('reader') },
  ...{ before: null, after: 'select' },
})
const incidents = async (w: Watched) =>
  (
    await w.sql`select details -> 'effects' as effects from levelb.incident where kind = 'drift' order by incident_id`
  ).map((row) => row.effects)
let count = 0
const activated = async (w: Watched, apply = 'alter table shop.items set (fillfactor = 70)') => {
  count += 1
  // first the number: the names end in one too
  const text = apply.replace('= 70', `= ${50 + count}`).replace(/\{(\w+)\}/g, (_, name: string) => w.role(name))
  const row = await w.through(`${String(count).padStart(4, '0')}_next`, text)
  expect([row.outcome, row.error]).toEqual(['activated', null])
}

test('refuse › an activation is refused with what drifted, until that is undone', async () => {
  const w = await protectedWorld({ drift: 'refuse' })
  await w.past(past)
  const row = await w.through('0001_next', 'grant select on shop.items to public')
  expect([row.outcome, row.code]).toEqual(['refused', 'LB302'])
  expect(detailOf(row)).toEqual({ count: 1, effects: [effect(w)] })
  expect(await w.drift(true)).toEqual(found)
  await w.past(undo)
  expect(await w.activate('0001_next')).toMatchObject({ outcome: 'activated' })
  expect(await w.drift(true)).toEqual([])
})

test('refuse › drift that stands since an earlier look is refused again, however old its rows are', async () => {
  const w = await protectedWorld({ drift: 'refuse' })
  await w.past(past)
  await w.stage('0001_next', 'grant select on shop.items to public')
  await w.approve('0001_next')
  for (const _ of [1, 2, 3]) expect(await w.activate('0001_next')).toMatchObject({ outcome: 'refused', code: 'LB302' })
})

test('record › an activation goes on, an incident says it once, and once that it is over', async () => {
  const w = await protectedWorld({ drift: 'record' })
  await activated(w)
  expect(await incidents(w)).toEqual([])
  await w.past(past)
  await activated(w)
  await activated(w)
  expect(await incidents(w)).toEqual([[effect(w)]])
  expect(await w.drift()).toEqual(found)
  await w.past(undo)
  await activated(w)
  await activated(w)
  expect(await incidents(w)).toEqual([[effect(w)], []])
  await w.past(past)
  await activated(w)
  expect(await incidents(w)).toEqual([[effect(w)], [], [effect(w)]])
})

test('off › nothing is looked for', async () => {
  const w = await protectedWorld({ drift: 'off' })
  await w.past(past)
  await activated(w)
  expect(await incidents(w)).toEqual([])
  expect(await w.drift()).toEqual(found)
})

describe('an activation absorbs no drift', () => {
  test('of the object that it changes', async () => {
    const w = await protectedWorld({ drift: 'record' })
    await w.past(past)
    await activated(w, 'grant insert, select on shop.orders to public')
    expect([await w.drift(), await w.drift(true)]).toEqual([found, found])
    await w.past(undo)
    expect([await w.drift(), await w.drift(true)]).toEqual([[], []])
  })

  test('of a part of the object that it changes, nor under drift: off', async () => {
    const w = await protectedWorld({ drift: 'off' })
    await w.past('alter table shop.orders add sneaked text; create index sneaked on shop.orders (customer)')
    const both = await w.drift(true)
    expect(both.length).toBe(3)
    await activated(w, 'alter table shop.orders add wanted text')
    expect([await w.drift(), await w.drift(true)]).toEqual([both, both])
  })
})

describe('the watch', () => {
  test('follows an object that is taken over and given back', async () => {
    const w = await protectedWorld({ drift: 'record' })
    await w.past('alter table other.notes add before_it int')
    expect(await w.drift(true)).toEqual([])
    await activated(w, 'alter table other.notes owner to levelb_deploy')
    expect(await w.drift(true)).toEqual([])
    await w.past('alter table other.notes add sneaked int')
    const sneaked = ['structure: table column other.notes.sneaked: column: - → integer']
    expect([await w.drift(), await w.drift(true)]).toEqual([sneaked, sneaked])
    await w.past('alter table other.notes drop sneaked')
    await activated(w, 'alter table other.notes owner to {app}')
    await w.past('alter table other.notes add free int')
    expect([await w.drift(), await w.drift(true)]).toEqual([[], []])
  })

  test('is left past the channel by nothing', async () => {
    const w = await protectedWorld({ drift: 'record' })
    await activated(w, 'alter table other.notes owner to levelb_deploy')
    await w.past('alter table other.notes owner to {app}; alter schema shop owner to {app}')
    const left = [
      'owner: schema shop: owner: levelb_deploy → app',
      'owner: table other.notes: owner: levelb_deploy → app',
    ]
    expect([await w.drift(), await w.drift(true)]).toEqual([left, left])
    await activated(w, 'alter table shop.items set (autovacuum_enabled = off)')
    expect([await w.drift(), await w.drift(true)]).toEqual([left, left])
  })

  test('a secret that the channel wrote is no drift afterwards', async () => {
    const w = await protectedWorld({ drift: 'record' })
    await w.past(`create foreign data wrapper {w}; create server {s} foreign data wrapper {w} options (authmode 'a');
      alter server {s} owner to levelb_deploy`)
    await w.sql`select levelb.rebind('again')`
    await activated(w, "alter server {s} options (set authmode 'b')")
    expect([await w.drift(), await w.drift(true)]).toEqual([[], []])
    await w.past("alter server {s} options (set authmode 'c')")
    const secret = ['repoint: server s: secret: - → written anew, with the same attributes']
    expect([await w.drift(), await w.drift(true)]).toEqual([secret, secret])
  })
})

describe('expected', () => {
  const patterns = (...expected: Json[]) => ({
    expected: expected.map((pattern) => ({ reason: 'normal life here', ...pattern })),
  })

  test('what a pattern names refuses nothing and is taken over', async () => {
    const w = await protectedWorld({
      drift: 'refuse',
      ...patterns({ class: 'acl', object_type: 'table', identity: 'shop.ord*' }),
    })
    await w.past(past)
    expect(await w.drift()).toEqual([`${found[0]} (expected)`])
    await activated(w)
    expect([await w.drift(), await w.drift(true)]).toEqual([[], []])
    await w.past('grant select on shop.items to {reader}')
    expect(await w.drift()).toEqual(['acl: table shop.items: reader: - → select'])
  })

  test('is taken over with nothing that stands beside it on the same row', async () => {
    const w = await protectedWorld({
      drift: 'record',
      ...patterns({ class: 'acl', object_type: 'table', identity: 'shop.orders' }),
    })
    await w.past(`${past}; alter table shop.orders set (fillfactor = 40)`)
    const both = [`${found[0]} (expected)`, 'structure: table shop.orders: option fillfactor: - → 40']
    expect(await w.drift()).toEqual(both)
    await activated(w)
    expect([await w.drift(), await w.drift(true)]).toEqual([both, both])
  })

  describe('a policy that expects what drifts', () => {
    const next = async (w: Watched, ...expected: Json[]): Promise<Json> => {
      const [active] = await w.sql`select document from levelb.active_policy`
      const payload = { ...(active?.document as Json), ...patterns(...expected) }
      return { title: 'expect it', description: 'it is normal life', kind: 'policy', payload }
    }

    test('is not refused by it, and takes it over', async () => {
      const w = await protectedWorld({ drift: 'refuse' })
      await w.past(past)
      expect(await w.through('0001_expect', await next(w, { class: 'acl', identity: 'shop.orders' }))).toMatchObject({
        outcome: 'activated',
      })
      expect([await w.drift(), await w.drift(true)]).toEqual([[], []])
    })

    test('is refused by what it does not expect, and then nothing is taken over', async () => {
      const w = await protectedWorld({ drift: 'refuse' })
      await w.past(`${past}; alter table shop.items add by_hand int`)
      const row = await w.through('0001_expect', await next(w, { class: 'acl', identity: 'shop.orders' }))
      expect([row.outcome, row.code, detailOf(row).count]).toEqual(['refused', 'LB302', 1])
      const both = [...found, 'structure: table column shop.items.by_hand: column: - → integer']
      expect([await w.drift(), await w.drift(true)]).toEqual([both, both])
    })

    test('is refused by what no pattern covers', async () => {
      const w = await watched({ drift: 'refuse' })
      await w.past('create role {root} superuser')
      try {
        const row = await w.through('0001_expect', await next(w, { class: 'role', identity: '*r*' }))
        expect([row.outcome, row.code]).toEqual(['refused', 'LB302'])
      } finally {
        await w.past('drop role {root}')
      }
    })

    test('expects nothing when it fails', async () => {
      const w = await protectedWorld({ drift: 'refuse' })
      await w.past(past)
      await w.stage('0001_expect', await next(w, { class: 'acl', identity: 'shop.orders' }))
      await w.approve('0001_expect')
      await w.sql.begin(async (holder) => {
        await holder`lock table levelb.policy in share mode`
        expect(await w.activate('0001_expect')).toMatchObject({ outcome: 'failed', code: '55P03' })
      })
      expect([await w.drift(), await w.drift(true)]).toEqual([found, found])
    })
  })

  test('a pattern is text with *, and no regular expression', async () => {
    const w = await protectedWorld(
      patterns({ class: 'acl', identity: 'shop.order.' }, { class: 'acl', identity: '.*orders' }),
    )
    await w.past(past)
    expect(await w.drift()).toEqual(found)
  })

  test.each([{ object_type: 'sequence' }, { attribute: 'PUBLIC' }, { class: 'owner' }])(
    'a pattern covers nothing else than what it says: %o',
    async (other) => {
      const w = await protectedWorld(patterns({ class: 'acl', identity: 'shop.orders', ...other }))
      await w.past(past)
      expect(await w.drift()).toEqual(found)
    },
  )

  test('no pattern covers what gives the rights to go round the channel', async () => {
    const w = await watched(patterns(...['role', 'repoint', 'acl'].map((name) => ({ class: name, identity: '*e*' }))))
    const never = [
      'alter role {reader} superuser',
      'alter role {vault_one} createrole',
      'alter role {lent} bypassrls',
      'create role {later_e} replication',
      'grant levelb_owner to {reader}',
      'grant levelb_deploy to {reader}',
      'grant levelb_operator to {reader} with admin option',
      'grant pg_execute_server_program to {reader}',
      'grant pg_write_server_files to {reader}',
      'grant {lent} to {reader} with admin option',
      'alter role levelb_owner login',
      'alter role levelb_reader rename to levelb_read',
      'alter role levelb_deploy set search_path = evil',
      'grant levelb_owner to levelb_deploy',
    ]
    const expected = [
      'alter role {vault_one} nologin',
      'grant {r1} to {reader}',
      'alter role {reader} set search_path = e',
    ]
    for (const [statements, is] of [
      [never, false],
      [expected, true],
    ] as const) {
      const before = await w.drift()
      try {
        for (const statement of statements) await w.past(statement)
        const rows = await w.drift()
        const lines = rows.filter((line) => !before.includes(line))
        expect(lines.filter((line) => line.endsWith('(expected)') !== is)).toEqual([])
        expect(lines.length).toBeGreaterThanOrEqual(statements.length - 1)
      } finally {
        await w.past(`alter role {reader} nosuperuser; alter role {vault_one} nocreaterole; alter role {lent} nobypassrls;
          drop role if exists {later_e}; revoke levelb_owner, levelb_deploy, levelb_operator, pg_execute_server_program,
          pg_write_server_files from {reader}; revoke admin option for {lent} from {reader}; alter role levelb_owner nologin;
          alter role levelb_deploy reset search_path; revoke levelb_owner from levelb_deploy;
          do $$ begin alter role levelb_read rename to levelb_reader; exception when undefined_object then null; end $$`)
      }
    }
  })
})

test('readiness names first that something is new, and says of levelb itself that it is undone and not explained', async () => {
  const w = await protectedWorld({ drift: 'record' })
  const item = async () => (await w.sql`select detail, hint from levelb.readiness() where item = 'drift'`)[0]
  await w.past('create table shop.sneaked (id int)')
  expect(await item()).toEqual({
    detail: expect.stringMatching(/the first: structure: table shop\.sneaked: exists: none → present$/),
    hint: 'levelb drift, or select * from levelb.drift(), lists it: undo it, or explain it under quorum (docs/drift.md).',
  })
  await w.past('drop table shop.sneaked; create function levelb.sneaked() returns int language sql as $$ select 1 $$')
  expect((await item())?.hint).toBe(
    "What is of class governance is levelb's own, which no explanation covers: undo it.",
  )
})
