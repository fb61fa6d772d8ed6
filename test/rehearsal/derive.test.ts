// levelb.derive_rollback: what it writes passes the live rehearsal that judges any rollback.
import { beforeAll, expect, test } from 'vitest'
import { type Change, changes, thereAndBack } from '../rollback/fixture.ts'
import { type Json, type Row, refusal, type World, world } from '../world.ts'
import { rehearse } from './fixture.ts'

let w: World
let reader: string
beforeAll(async () => {
  w = await world({ policy: { cluster: 'govern', rehearsal: { required: 'none', max_hold: '30 s' } } })
  reader = w.role('reader')
  await w.sql.unsafe(`
    grant usage, create on schema shop to levelb_deploy;
    grant create on schema shop to levelb_definer;
    grant select on shop.orders to levelb_deploy with grant option;
    grant update (card) on shop.orders to ${reader};
    create table shop.mine (id int, note text);
    comment on table shop.mine is 'it''s mine';
    alter table shop.mine owner to levelb_deploy;
    create view shop.narrow with (security_invoker = true) as select id from shop.mine;
    comment on view shop.narrow is 'narrow';
    comment on column shop.narrow.id is 'the id';
    grant select, update (id) on shop.narrow to ${reader} with grant option;
    alter view shop.narrow owner to levelb_deploy;
    create view shop.above as select id from shop.narrow;
    alter view shop.above owner to levelb_deploy;
    create function shop.twice(i int) returns int language plpgsql immutable security definer set search_path = pg_catalog as $$ begin return i * 2; end $$;
    revoke execute on function shop.twice(int) from public;
    grant execute on function shop.twice(int) to ${reader};
    alter function shop.twice(int) owner to levelb_definer;
    create procedure shop.run() language plpgsql as $$ begin null; end $$;
    alter procedure shop.run() owner to levelb_deploy;
    do $$ begin execute format('alter database %I owner to levelb_deploy', current_database()); end $$;`)
})

let count = 0
const nextId = () => `00${10 + count++}_derived`
async function rehearsed(document: Json): Promise<[Row, string]> {
  const id = nextId()
  await w.stage(id, document)
  await w.approve(id)
  return [await rehearse(w, id), id]
}
const derive = async (id: string, by = 'ann') =>
  (await (await w.as(by))`select * from levelb.derive_rollback(${id})`)[0] as Row

/** Rehearses the steps without a rollback, derives one, and rehearses them with that. */
async function derived(...steps: string[]): Promise<Row> {
  const [draft, id] = await rehearsed(changes(steps.map((apply) => ({ apply }))))
  expect([draft.outcome, draft.error]).toEqual(['passed', null])
  const row = await derive(id)
  const whole = (i: number) => (i === 0 ? String(row.rollback) : '-- see the first step')
  const [again] = await rehearsed(changes(steps.map((apply, i): Change => ({ apply, rollback: whole(i) }))))
  expect([row.rollback, again.outcome, again.error]).toEqual([row.rollback, 'passed', null])
  expect([again.rollback_restored, again.rollback_difference]).toEqual([true, null])
  return row
}

const cases: Record<string, () => string> = {
  'an owner, with the rights that it had': () => 'alter table shop.orders owner to levelb_deploy',
  'rights on a table, a column and a function': () => `grant select, delete on shop.mine to ${reader} with grant option;
     grant insert (note) on shop.mine to public; revoke execute on function shop.twice(int) from ${reader}; revoke execute on procedure shop.run() from public`,
  'rights that were taken, and one on a table over one on a column': () =>
    `grant update on shop.orders to ${reader}; revoke execute on procedure shop.run() from public`,
  'rights of the owner': () => 'revoke all on shop.mine from levelb_deploy; grant select on shop.mine to levelb_deploy',
  'default privileges': () => `alter default privileges in schema shop grant select on tables to ${reader};
     alter default privileges revoke execute on functions from public`,
  comments: () =>
    `comment on table shop.mine is null; comment on column shop.mine.note is 'a \\ note'; comment on function shop.twice(int) is 'twice'`,
  'a setting of the database': () =>
    `do $$ begin execute format('alter database %I set work_mem = ''8MB''', current_database()); end $$`,
  'a view that was replaced': () =>
    'create or replace view shop.narrow with (security_invoker = true, security_barrier) as select id from shop.mine where id > 0',
  'a view that gained a column, under another': () =>
    'drop view shop.above; create or replace view shop.narrow with (security_invoker = true) as select id, note from shop.mine; create view shop.above as select id, note from shop.narrow',
  'a view, a function and a procedure that were dropped, with the rights on them': () =>
    'drop view shop.above, shop.narrow; drop function shop.twice(int); drop procedure shop.run()',
  'views and functions that were made':
    () => `create view shop.base as select 1 as one; create view shop.over as select one from shop.base;
     grant select on shop.over to ${reader}; create function shop.f(a text[]) returns int language sql return 1; revoke all on function shop.f(text[]) from public`,
  'a function that was replaced, and a procedure': () =>
    `create or replace function shop.twice(i int) returns int language plpgsql stable security definer set search_path = pg_catalog as $$ begin return i + i; end $$;
     create or replace procedure shop.run() language plpgsql as $$ begin perform 1; end $$`,
  'a function that returns something else': () =>
    `drop function shop.twice(int);
     create function shop.twice(i int) returns bigint language sql immutable security definer set search_path = pg_catalog as 'select 2'; revoke execute on function shop.twice(int) from public;
     alter function shop.twice(int) owner to levelb_definer; grant execute on function shop.twice(int) to ${reader}`,
}

test.each(Object.entries(cases))('takes back %s', async (_, apply) => {
  expect((await derived(apply())).not_derived).toEqual([])
})

test('a mixed change of several steps, for good', async () => {
  const steps = [
    `alter table shop.orders owner to levelb_deploy; grant select on shop.orders to ${reader}; comment on table shop.orders is 'taken over'`,
    'create view shop.taken as select id from shop.orders; create or replace view shop.narrow with (security_invoker = true) as select id + 0 as id from shop.mine',
    `create or replace function shop.twice(i int) returns int language plpgsql immutable security definer set search_path = pg_catalog as $$ begin return 2 * i; end $$;
     grant select on shop.taken to ${reader}`,
  ]
  const row = await derived(...steps)
  expect(row.not_derived).toEqual([])
  const id = nextId()
  await thereAndBack(
    w,
    id,
    changes(steps.map((apply, i) => ({ apply, rollback: i === 0 ? String(row.rollback) : '-- see the first step' }))),
  )
  expect(await refusal(derive(id))).toMatchObject({ code: 'LB008' })
})

test('where nothing can be derived there is no text', async () => {
  const table = changes([{ apply: 'create table shop.more (id int)', rollback: 'drop table shop.more' }])
  const [, none] = await rehearsed(table)
  expect(await derive(none)).toMatchObject({
    rollback: null,
    not_derived: expect.arrayContaining([expect.stringMatching(/table shop.more: exists/)]),
  })
})

test('what it cannot derive it names, and the rehearsal does not pass without', async () => {
  const apply = `alter table shop.mine add column more int; alter table shop.mine rename to yours; comment on table shop.yours is 'x';
    create policy own on shop.yours using (true); insert into shop.yours values (1)`
  const [, id] = await rehearsed(changes([{ apply }]))
  const row = await derive(id)
  expect(row.not_derived).toEqual([
    'data: table shop.yours: insert rows',
    'repoint: table shop.yours: name: shop.mine → shop.yours',
    'security: policy own on shop.yours: command: none → all',
    'security: policy own on shop.yours: definition: none → using (true)',
    'security: policy own on shop.yours: exists: none → present',
    'security: policy own on shop.yours: kind: none → permissive',
    'security: policy own on shop.yours: roles: none → PUBLIC',
    'structure: table column shop.yours.more: column: none → integer',
  ])
  expect(row.rollback).toMatch(/^(-- not derived: .*\n)+comment on table shop\.yours is 'it''s mine';\n$/)
  const [again] = await rehearsed(changes([{ apply, rollback: String(row.rollback) }]))
  expect([again.outcome, again.code]).toEqual(['failed', 'LB310'])
  const whole = `${row.rollback} drop policy own on shop.yours; alter table shop.yours drop column more; alter table shop.yours rename to mine`
  const [mended] = await rehearsed(changes([{ apply, rollback: whole }]))
  expect([mended.outcome, mended.code, mended.error]).toEqual(['passed', null, null])
})

test('what is refused, and that nothing is written', async () => {
  expect(await refusal(derive('0000_none'))).toMatchObject({ code: 'LB002' })
  const id = nextId()
  await w.stage(id, changes([{ apply: 'select 1' }]))
  expect(await refusal(derive(id))).toMatchObject({ code: 'LB001', detail: { field: 'migration_id' } })
  for (const by of ['bob', 'olga', 'aud']) expect(await refusal(derive(id, by))).toMatchObject({ code: '42501' })
  // what a document claims is an author's text, and no name that PostgreSQL has written
  const claimed = nextId()
  const effect = { class: 'acl', object_type: 'table', identity: 'a; drop table shop.mine; --', attribute: reader }
  await w.stage(claimed, changes([{ apply: 'select 1' }], { effects: [{ ...effect, before: null, after: 'select' }] }))
  expect(await refusal(derive(claimed))).toMatchObject({
    code: 'LB001',
    detail: { field: 'migration_id' },
    hint: `Its author: select outcome from levelb_sandbox.rehearse('${claimed}').`,
  })
  const [, told] = await rehearsed(changes([{ apply: `grant select on shop.mine to ${reader}` }]))
  const ann = await w.as('ann')
  await ann`start transaction read only`
  expect((await ann`select * from levelb.derive_rollback(${told})`)[0]).toMatchObject({
    revision: 1,
    rollback: `revoke select on table shop.mine from ${reader} cascade;\n`,
  })
  await ann`rollback`
})
