// Cases of the threat catalogue that no other file names.
import { beforeAll, expect, test } from 'vitest'
import { refusal, type World, world } from '../world.ts'

let w: World
let n = 0
beforeAll(async () => {
  w = await world()
  return () => w.end()
})

const through = (apply: string) => {
  n += 1
  return w.through(`${String(n).padStart(4, '0')}_x`, apply)
}

test('B007 › a login with CREATEROLE, which could reset an approver’s password on 15, stops activation (LB210)', async () => {
  await w.urlOf('helpdesk')
  await w.sql.unsafe(`alter role ${w.role('helpdesk')} createrole`)
  expect(await through('grant select on shop.orders to public')).toMatchObject({ outcome: 'refused', code: 'LB210' })
  await w.sql.unsafe(`alter role ${w.role('helpdesk')} nocreaterole`)
})

test('B041 › a SECURITY DEFINER function that PUBLIC may execute is not made (LB305)', async () => {
  await w.sql`grant create on schema shop to levelb_deploy`
  const row = await through(`create function shop.door() returns int language sql security definer as 'select 1'`)
  expect(row).toMatchObject({ outcome: 'failed', code: 'LB305' })
})

test('B042 › a default privilege revoked in a schema that never held there is nothing (LB303)', async () => {
  const row = await through('alter default privileges in schema shop revoke execute on functions from public')
  expect(row).toMatchObject({ outcome: 'failed', code: 'LB303' })
})

test('B043 › a default privilege that waits for tables to come is an effect', async () => {
  const row = await through('alter default privileges in schema shop grant all on tables to public')
  expect(row.effects).toMatchObject([
    {
      class: 'acl',
      object_type: 'default acl',
      identity: 'for role levelb_deploy in schema shop on tables',
      attribute: 'PUBLIC',
    },
  ])
})

test('B049 › nobody grants in the name of another', async () => {
  const row = await through(`grant select on shop.orders to public granted by ${w.role('app')}`)
  expect(row).toMatchObject({ outcome: 'failed', code: '0A000' })
})

test('B050 › an object is not given to a role that levelb_deploy cannot become', async () => {
  await through('alter table shop.items owner to levelb_deploy')
  const row = await through(`alter table shop.items owner to ${w.role('reader')}`)
  expect(row).toMatchObject({ outcome: 'failed', code: '42501' })
})

test('B052 › rights on functions of PostgreSQL itself are not the channel’s to give', async () => {
  // without the right to grant it is a warning, and then nothing happened
  const row = await through('grant execute on function pg_read_file(text) to public')
  expect(row).toMatchObject({ outcome: 'failed' })
  expect(await w.sql`select has_function_privilege('public', 'pg_read_file(text)', 'execute') as held`).toEqual([
    { held: false },
  ])
})

test('B079 › an operator cannot drop what levelb owns, nor the role', async () => {
  const olga = await w.as('olga')
  for (const text of ['drop owned by levelb_owner', 'drop schema levelb cascade', 'drop role levelb_owner']) {
    expect(await refusal(olga.unsafe(text).then())).toMatchObject({ code: '42501' })
  }
})

test('B080 › the language levelb is written in is not the application’s to drop', async () => {
  const app = await w.as('app')
  expect(await refusal(app.unsafe('drop extension plpgsql cascade').then())).toMatchObject({ code: '42501' })
})
