// No activation absorbs drift: not by touching what drifted, and not by reading anew what is watched.
import { expect, test } from 'vitest'
import { policyWith, throughKind } from '../kinds/documents.ts'
import { protectedWorld, watched } from './fixture.ts'

test('what was made past the channel stays shown when a migration changes it', async () => {
  const w = await protectedWorld({ drift: 'record' })
  await w.past(`create function shop.backdoor() returns int language sql security definer as 'select 666';
    alter function shop.backdoor() owner to levelb_definer; revoke all on function shop.backdoor() from public;
    create table shop.evil (a int); alter table shop.evil owner to levelb_deploy; grant all on shop.evil to {reader};
    alter table shop.items add column by_hand int`)
  const bob = w.role('bob')
  const before = await w.drift(true)
  const row = await w.through(
    '0001_touch',
    `grant select on shop.evil to ${bob}; grant select (by_hand) on shop.items to ${bob};
     grant execute on function shop.backdoor() to ${bob}`,
  )
  expect(row).toMatchObject({ outcome: 'activated' })
  expect(await w.drift(true)).toEqual(expect.arrayContaining(before))
  expect(await w.drift()).toEqual(await w.drift(true))
})

const left = `alter table other.mine owner to {app}; alter function other.lends() security invoker`
const prepared = `create table other.mine (a int); alter table other.mine owner to levelb_deploy;
  create function other.lends() returns int language sql security definer as 'select 1'`

test.each([
  ['a take-over', 'alter table other.notes owner to levelb_deploy'],
  ['a new principal', null],
])('what left the watch past the channel stays shown after %s', async (_, apply) => {
  const w = await protectedWorld({ drift: 'record' })
  await w.past(prepared)
  await w.sql`select levelb.rebind('prepared')`
  await w.past(left)
  const before = await w.drift(true)
  expect(before).toHaveLength(2)
  const zed = { principal: 'zed', nature: 'person', duties: ['author'], groups: [], logins: [w.role('reader')] }
  const row = await w.through(
    '0001_next',
    apply ?? { title: 'zed', description: 'is new', kind: 'principal', payload: { enrol: [zed] } },
  )
  expect(row).toMatchObject({ outcome: 'activated' })
  expect([await w.drift(), await w.drift(true)]).toEqual([before, before])
})

test('a rebind that takes nothing over says so', async () => {
  const w = await protectedWorld()
  const [row] = await w.sql`select (levelb.rebind('nothing happened')).details -> 'taken_over' as taken`
  expect(row?.taken).toEqual({ count: 0, effects: [] })
})

test('what left the watch past the channel stays shown when a migration changes it', async () => {
  const w = await protectedWorld({ drift: 'record' })
  await w.past(prepared)
  await w.past('alter function other.lends() owner to {app}')
  await w.sql`select levelb.rebind('prepared')`
  await w.past(left)
  const before = await w.drift(true)
  const row = await w.through(
    '0001_touch',
    'alter table other.mine set (fillfactor = 90); alter function other.lends() cost 7',
  )
  expect(row).toMatchObject({ outcome: 'activated' })
  expect(await w.drift(true)).toEqual(expect.arrayContaining(before))
})

test('a membership by which a role reaches the files of the server is never normal life', async () => {
  const w = await watched({
    drift: 'record',
    expected: [{ class: 'role', object_type: 'role membership', identity: '* in *', reason: 'everybody moves' }],
  })
  await w.past(`create role {ops}; grant pg_execute_server_program to {ops};
    create role {root} superuser; create role {mid}; grant {root} to {mid}; create role {plain};
    create role {passed}`)
  await w.sql`select levelb.rebind('prepared')`
  await w.past(`grant {ops}, {mid}, {plain} to levelb_deploy; grant {ops}, {plain} to {reader};
    grant {passed} to levelb_deploy with admin option`)
  expect((await w.drift()).filter((line) => !line.endsWith('(expected)')).map((line) => line.split(':')[1])).toEqual([
    ' role membership levelb_deploy in mid',
    ' role membership levelb_deploy in ops',
    ' role membership levelb_deploy in passed',
    ' role membership reader in ops',
  ])
})

test.each(['principal', 'policy'])('under drift: off a change of kind %s absorbs nothing', async (kind) => {
  const w = await protectedWorld({ drift: 'off' })
  await w.past(prepared)
  await w.sql`select levelb.rebind('prepared')`
  await w.past(`${left}; create table shop.evil (); drop table shop.spare; grant select on shop.orders to {reader}`)
  const before = await w.drift(true)
  const payload =
    kind === 'policy'
      ? await policyWith(w, { name: 'next' })
      : { enrol: [{ principal: 'zed', nature: 'person', duties: ['author'], groups: [], logins: [w.role('reader')] }] }
  expect(await throughKind(w, kind, payload)).toMatchObject({ outcome: 'activated' })
  expect([await w.drift(), await w.drift(true)]).toEqual([before, before])
})

test('what is expected is not taken over while a part of it is not', async () => {
  const w = await protectedWorld({
    drift: 'record',
    expected: [{ class: 'structure', identity: 'shop.fresh', reason: 'of a test' }],
  })
  await w.past(`create table shop.fresh (); alter table shop.fresh owner to levelb_deploy;
    create policy sneaked on shop.fresh`)
  const all = await w.drift(true)
  expect(all.filter((line) => !line.startsWith('security: policy sneaked on shop.fresh'))).toEqual([
    'structure: table shop.fresh: exists: - → present (expected)',
  ])
  expect(await w.through('0001_next', 'grant select on shop.items to public')).toMatchObject({ outcome: 'activated' })
  expect([await w.drift(), await w.drift(true)]).toEqual([all, all])
  await w.past('drop policy sneaked on shop.fresh')
  expect(await w.through('0002_next', 'grant select on shop.spare to public')).toMatchObject({ outcome: 'activated' })
  expect([await w.drift(), await w.drift(true)]).toEqual([[], []])
})

test.each([
  [
    'the code',
    `create or replace function shop.total(int) returns int language sql as 'select 666'`,
    'grant execute on function shop.total(int) to {reader}',
  ],
  ['the name', 'alter table shop.spare rename to other_one', 'grant select on shop.other_one to {reader}'],
  [
    'what was written into the catalog by hand',
    `update pg_class set relispopulated = false where oid = 'shop.spare'::regclass`,
    'grant select on shop.spare to {reader}',
  ],
])('%s that drifted stays shown when a migration changes another thing of the row', async (_, past, apply) => {
  const w = await protectedWorld({ drift: 'record' })
  await w.past(past)
  const before = await w.drift(true)
  expect(before.length).toBeGreaterThan(0)
  const text = apply.replace('{reader}', w.role('reader'))
  expect(await w.through('0001_touch', text)).toMatchObject({ outcome: 'activated' })
  expect([await w.drift(), await w.drift(true)]).toEqual([before, before])
})

test.each(['refuse', 'record'])('changed rows of initdb stay drift for a quick look under %s', async (drift) => {
  const w = await protectedWorld({ drift })
  await w.past(`update pg_proc set procost = 7 where oid = 'pg_catalog.pg_read_file(text)'::regprocedure`)
  const found = await w.drift()
  expect(found).toEqual(await w.drift(true))
  expect(found).toHaveLength(1)
  for (const id of ['0001_one', '0002_two']) {
    const row = await w.through(id, `comment on table shop.orders is '${id}'`)
    expect(row).toMatchObject(drift === 'refuse' ? { outcome: 'refused', code: 'LB302' } : { outcome: 'activated' })
    expect(await w.drift()).toEqual(found)
  }
})
