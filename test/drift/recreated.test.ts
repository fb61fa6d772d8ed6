// What has nothing besides what is compared is another row when it was made again: the baseline follows it, or a quick look
// would miss the old row for ever.
import { expect, test } from 'vitest'
import { watched } from './fixture.ts'

test('what was taken away and given again as it was keeps nobody waiting', async () => {
  const w = await watched({ drift: 'refuse' })
  await w.past(`create table shop.many (a int default 1, b int constraint k check (b > 0), c int primary key, d int references shop.many);
    alter table shop.many owner to levelb_deploy`)
  await w.sql`select levelb.rebind('prepared')`
  await w.past(`revoke {lent} from {reader}; grant {lent} to {reader};
    alter domain shop.amount drop constraint amount_check;
    alter domain shop.amount add constraint amount_check check (value > 0);
    alter table shop.many alter a drop default; alter table shop.many alter a set default 1;
    alter table shop.many drop constraint k, add constraint k check (b > 0);
    alter table shop.many drop constraint many_d_fkey, drop constraint many_pkey, add primary key (c);
    alter table shop.many add foreign key (d) references shop.many`)
  const shown = await w.drift()
  expect(await w.drift(true)).toEqual(shown)
  const keyOf16 = Number((await w.sql`show server_version_num`)[0]?.server_version_num) >= 160000
  expect(shown).toEqual([
    ...(keyOf16 ? ['role: role membership reader in lent: (recreated): - → as it was (expected)'] : []),
    'structure: domain constraint amount_check on shop.amount: (recreated): - → as it was (expected)',
    'structure: table column shop.many.a: (recreated): - → as it was (expected)',
    'structure: table constraint k on shop.many: (recreated): - → as it was (expected)',
    'structure: table constraint many_d_fkey on shop.many: (recreated): - → as it was (expected)',
    'structure: table constraint many_pkey on shop.many: (recreated): - → as it was (expected)',
  ])
  for (const id of ['0001_next', '0002_next']) {
    expect(await w.through(id, `comment on table shop.many is '${id}'`)).toMatchObject({ outcome: 'activated' })
    expect([await w.drift(), await w.drift(true)]).toEqual([[], []])
  }
  await w.past('drop role {r9}; create role {r9}')
  expect(await w.through('0003_next', 'grant select on shop.many to public')).toMatchObject({ code: 'LB302' })
  const left = ['role: role r9: (recreated): - → as it was']
  expect([await w.drift(), await w.drift(true)]).toEqual([left, left])
})

test('a base type that was made again is another one, of which only owner and rights are compared', async () => {
  const w = await watched({ drift: 'refuse' })
  const make = 'create type shop.shell; alter type shop.shell owner to levelb_deploy'
  await w.past(make)
  await w.sql`select levelb.rebind('prepared')`
  await w.past(`drop type shop.shell; ${make}`)
  const shown = ['acl: type shop.shell: (other columns): - → changed']
  expect([await w.drift(), await w.drift(true)]).toEqual([shown, shown])
  expect(await w.through('0001_next', 'grant select on shop.items to public')).toMatchObject({ code: 'LB302' })
})
