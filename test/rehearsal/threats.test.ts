// What an author could try with a text that nobody has approved: by the numbers of the list of attacks.
import { beforeAll, expect, test } from 'vitest'
import { full } from '../protect/shop.ts'
import { arm, hidden, type Row, type World, world } from '../world.ts'
import { stepOf, tried } from './fixture.ts'

let w: World
beforeAll(async () => {
  w = await world({
    policy: { rehearsal: { required: 'none', max_seconds: 30 } },
    before: async ({ sql, name, role }) => {
      await sql.unsafe(`grant create on database ${name} to levelb_deploy;
        create schema beside; create table beside.secret (card text); insert into beside.secret values ('4111');
        grant usage on schema beside to ${role('app')}, levelb_definer; grant select on beside.secret to ${role('app')}, levelb_definer;
        create table public.plain (id int);
        set role ${role('app')};
        create function shop.invoker() returns trigger language plpgsql as $$ begin
          raise 'as %', current_user; end $$;
        create function shop.definer() returns trigger language plpgsql security definer as $$ begin
          raise 'as % of %', current_user, (select string_agg(card, ' ') from beside.secret); end $$;
        create trigger invoker before insert on shop.orders for each row execute function shop.invoker();
        create trigger definer before insert on shop.items for each row execute function shop.definer();
        reset role`)
    },
  })
  expect(await w.through('0001_protect', full('shop'))).toMatchObject({ outcome: 'activated' })
})

test.each([
  ['shop.orders', 'P0001', 'as levelb_sandbox'],
  // on the live object it reads with the rights of its owner
  ['shop.items', '42501', 'permission denied for schema beside'],
])('B208 › a trigger of the application on %s fires with the rights of the sandbox', async (table, code, reason) => {
  const row = await tried(w, stepOf(`insert into ${table} (id) values (9)`, `delete from ${table}`))
  expect(row).toMatchObject({ outcome: code === '42501' ? 'incomplete' : 'failed', code, reason })
})

test('B209 › a text that fills the disk ends in time, its files are gone, and it lifts no limit', async () => {
  const size = async () => Number((await w.sql`select pg_database_size(current_database()) as size`)[0]?.size)
  const filling = (more: string) =>
    `${more}create table shop.big as select g, repeat('x', 1000) as x from generate_series(1, 1000000000) g`
  const ann = await w.as('ann')
  const rehearsed = async (text: string): Promise<Row> => {
    const document = ann.json(stepOf(text, 'drop table shop.big') as never)
    return (await ann`select * from levelb_sandbox.try(${document})`)[0] as Row
  }
  const before = await size()
  await arm(ann, 1500)
  expect(await rehearsed(filling(''))).toMatchObject({ outcome: 'failed', code: '57014' })
  // what a checkpoint has still to unlink is cut to nothing
  expect((await size()) - before).toBeLessThan(4_000_000)

  await w.sql.unsafe(`alter role ${w.role('arno')} set temp_file_limit = '1MB'`)
  const sorting = 'select g from generate_series(1, 2000000) g order by md5(g::text)'
  expect(
    await tried(w, stepOf(`create table shop.sorted as ${sorting}`, 'drop table shop.sorted'), 'arno'),
  ).toMatchObject({ outcome: 'failed', code: '53400' })
  expect(await tried(w, stepOf(hidden('set temp_file_limit = -1'), 'select 1'), 'arno')).toMatchObject({
    ...{ outcome: 'incomplete', code: '42501', reason: 'permission denied to set parameter "temp_file_limit"' },
  })
})

test.each([
  ['a name with its schema', 'insert into public.plain values (1)', 'permission denied for table plain'],
  ['a new object elsewhere', 'create table public.mine ()', 'permission denied for schema public'],
  ['what is not protected', 'select card from beside.secret', 'permission denied for schema beside'],
  [
    'a search_path of its own',
    `do $$ begin perform set_config('search_path', 'beside', true); perform card from secret; end $$`,
    'relation "secret" does not exist',
  ],
])('B210 › out of the sandbox by %s', async (_, text, reason) => {
  const row = await tried(w, stepOf(text, 'select 1'))
  expect(row).toMatchObject({ reason })
  expect([row.outcome, row.code]).toEqual(
    reason.startsWith('permission') ? ['incomplete', '42501'] : ['failed', '42P01'],
  )
})

test.each(
  ['LB310', 'LB303'].flatMap((code) =>
    ['card 4111', '{"missing": [{"expected": "perhaps"}], "unexpected": [], "differences": [1]}'].map((detail) => [
      code,
      detail,
    ]),
  ),
)('a text that raises %s itself, with DETAIL %s, is recorded as any other', async (code, detail) => {
  const raised = `do $$ begin raise 'mine' using errcode = '${code}', detail = '${detail}'; end $$`
  const row = await tried(w, stepOf('create table shop.mine ()', raised))
  expect(row).toMatchObject({
    ...{ outcome: 'failed', code, rollback_restored: false },
    rollback_difference: { error: { message: 'mine' } },
  })
})
