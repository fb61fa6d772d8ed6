// Whose code may run unasked with the deployer's rights: what only approved text or a superuser can change.
import { beforeAll, expect, test } from 'vitest'
import { detailOf } from '../activate/fixture.ts'
import { type Area, areaOf } from '../effects/area.ts'
import { run } from '../effects/effects.ts'
import { type Row, type World, world } from '../world.ts'

let w: World
beforeAll(async () => {
  w = await world()
})

// who a trigger ran as is what it leaves in the row
const stamp = (how: string, body = 'new.by := current_user; return new;') =>
  `create function S.stamp() returns trigger language plpgsql ${how} as $f$ begin ${body} end $f$;
   create trigger stamp before insert on S.t for each row execute function S.stamp();`
const objects = `grant usage, create on schema S to levelb_definer; create table S.t (id int, by text);
  create function S.theirs() returns int language plpgsql as 'begin return 1; end';`
const adopt = (owner = 'levelb_definer') =>
  `alter table S.t owner to levelb_deploy; alter function S.stamp() owner to ${owner};
   revoke execute on function S.stamp() from public`
const write = 'insert into S.t (id) values (1)'

/** Adopted by one migration and written to by the next. */
async function adopted(how: string, body?: string, owner?: string): Promise<[Area, () => Promise<Row>]> {
  const area = await areaOf(w, objects + stamp(how, body))
  expect(await run(w, area.own(adopt(owner)))).toMatchObject({ outcome: 'activated' })
  return [area, () => run(w, area.own(write))]
}
const ranAs = async (area: Area) => (await w.sql.unsafe(area.own('select by from S.t'))).map((row) => row.by)
const refusedBy = (row: Row) => [row.outcome, row.code === 'LB307' && detailOf(row).rule]

test.each([
  ['a SECURITY DEFINER function of levelb_definer', 'security definer', 'levelb_definer', 'levelb_definer'],
  [
    'one whose search_path is pinned',
    'security definer set search_path = pg_catalog',
    'levelb_definer',
    'levelb_definer',
  ],
  ['another function of levelb_definer', '', 'levelb_definer', 'levelb_deploy'],
  ['a function of levelb_deploy', '', 'levelb_deploy', 'levelb_deploy'],
])('%s fires in a later migration, with the rights that it was adopted for', async (_, how, owner, rights) => {
  const [area, insert] = await adopted(how, undefined, owner)
  expect(await insert()).toMatchObject({ outcome: 'activated' })
  expect(await ranAs(area)).toEqual([rights])
})

test('one that was given to PUBLIC past the channel is not what an activation left (LB307)', async () => {
  const [area, insert] = await adopted('security definer')
  await w.sql.unsafe(area.own('grant execute on function S.stamp() to public'))
  expect(refusedBy(await insert())).toEqual(['failed', 'code_of_others_in_triggers'])
  await w.sql.unsafe(area.own('revoke execute on function S.stamp() from public'))
  expect(await insert()).toMatchObject({ outcome: 'activated' })
  expect(await ranAs(area)).toEqual(['levelb_definer'])
})

test('its trigger replaced or disabled in the text that wrote is not hidden code of others', async () => {
  const [area] = await adopted('security definer')
  expect(await run(w, area.own(`${write}; alter table S.t disable trigger stamp`))).toMatchObject({
    outcome: 'activated',
  })
})

test('nor is one on TRUNCATE refused', async () => {
  const [area] = await adopted('security definer', 'return null;')
  await w.sql.unsafe(
    area.own('create trigger emptied after truncate on S.t for each statement execute function S.stamp()'),
  )
  expect(await run(w, area.own('truncate S.t'))).toMatchObject({ outcome: 'activated' })
})

test('attack › the same function given away is of others again (LB307)', async () => {
  const [area, insert] = await adopted('security definer')
  const app = w.role('app')
  expect(await run(w, area.own(`alter function S.stamp() owner to ${app}`))).toMatchObject({ outcome: 'activated' })
  expect(refusedBy(await insert())).toEqual(['failed', 'code_of_others_in_triggers'])
})

test('attack › taken over and written to in one migration, it is what others made until then (LB307)', async () => {
  const area = await areaOf(w, objects + stamp('security definer'))
  expect(refusedBy(await run(w, area.own(`${adopt()}; ${write}`)))).toEqual(['failed', 'code_of_others_ran'])
})

test.each([
  ['by name, in a SECURITY DEFINER function of levelb_definer', 'security definer', 'S.theirs()', 'levelb_definer'],
  ['by a search_path that the text sets', 'security definer', 'theirs()', 'levelb_definer'],
  ['by a search_path that is pinned to it', 'security definer set search_path = S', 'theirs()', 'levelb_definer'],
  ['by a function of levelb_definer with the rights of the text', '', 'S.theirs()', 'levelb_definer'],
  ['by a function of levelb_deploy', '', 'S.theirs()', 'levelb_deploy'],
])('attack › code of others that trusted code calls %s is refused (LB307)', async (_, how, call, owner) => {
  const [area] = await adopted(how, `perform ${call}; return new;`, owner)
  const row = await run(w, area.own(`set local search_path = S; ${write}`))
  expect(refusedBy(row)).toEqual(['failed', 'code_of_others_ran'])
  expect(await ranAs(area)).toEqual([])
})

test('code of levelb_sandbox is not trusted: authors run text with its rights before anybody agreed (LB307)', async () => {
  const area = await areaOf(w, objects + stamp(''))
  await w.sql.unsafe(area.own('alter function S.stamp() owner to levelb_sandbox'))
  await w.sql.unsafe(area.own('grant insert on S.t to levelb_deploy'))
  expect(refusedBy(await run(w, area.own(write)))).toEqual(['failed', 'code_of_others_in_triggers'])
})
