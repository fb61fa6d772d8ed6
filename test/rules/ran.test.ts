// B164: code of others that the text has run, by whatever way: it would run with the rights of levelb_deploy.
import { beforeAll, expect, test } from 'vitest'
import { detailOf } from '../activate/fixture.ts'
import { areaOf } from '../effects/area.ts'
import { halfWay, run } from '../effects/effects.ts'
import { documentOf, hidden, type Json, type Row, type World, world } from '../world.ts'

let w: World
beforeAll(async () => {
  w = await world()
})

const objects = `
  create function S.one() returns int language plpgsql as 'begin return 1; end';
  create function S.ok(int) returns boolean language plpgsql immutable as 'begin return true; end';
  create function S.fails() returns int language plpgsql as 'begin raise exception $$no$$; end';
  create function S.definer() returns int language plpgsql security definer as 'begin return 1; end';
  create procedure S.proc() language plpgsql as 'begin null; end';
  create domain S.dom as int check (S.ok(value));
  create table S.plain (id int); create table S.bare (id int); insert into S.bare values (1);
  create table S.defaulted (id int, v int default S.one());
  create table S.checked (id int check (S.ok(id)));
  create table S.typed (id S.dom);
  create table S.indexed (id int); create index on S.indexed (S.ok(id));
  create table S.guarded (id int); alter table S.guarded enable row level security, force row level security;
  create policy p on S.guarded using (S.ok(id)) with check (S.ok(id));
  create view S.v as select S.one() as one;
  insert into S.plain values (1);
  create function S.equal(int, int) returns boolean language plpgsql immutable as 'begin return true; end';
  create operator S.=== (function = S.equal, leftarg = int, rightarg = int);
  create function S.inlined(int) returns boolean language sql immutable as 'select $1 > 0';
  create table S.by_operator (id int check (id operator(S.===) any (array[1, 2])));
  create table S.by_inlined (id int check (S.inlined(id)));
  create function S.add(int, int) returns int language plpgsql as 'begin return 1; end';
  create aggregate S.total(int) (sfunc = S.add, stype = int);
  create table S.by_aggregate (id int);
  create rule r as on insert to S.by_aggregate do also select S.total(id) from S.plain`

const refused = (row: Row, name: string) => {
  const { rule, functions } = row.outcome === 'failed' && row.code === 'LB307' ? (detailOf(row) as Json) : ({} as Json)
  expect([row.outcome, row.code, rule, (functions as string[])?.map((each) => each.replace(/\(.*$/, ''))]).toEqual([
    'failed',
    'LB307',
    'code_of_others_ran',
    [name],
  ])
}

const ways: [string, string, string][] = [
  ['is called', 'select S.one()', 'function S.one'],
  ['is called by a DO block', 'do $$ begin perform S.one(); end $$', 'function S.one'],
  [
    'is called in a savepoint that is undone',
    'do $$ begin perform S.one(); raise exception $x$ $x$; exception when others then end $$',
    'function S.one',
  ],
  ['is called and fails', 'do $$ begin perform S.fails(); exception when others then null; end $$', 'function S.fails'],
  ['is SECURITY DEFINER, which its owner could end meanwhile', 'select S.definer()', 'function S.definer'],
  ['is a procedure', 'call S.proc()', 'procedure S.proc'],
  ['is called by a view', 'select * from S.v', 'function S.one'],
  ['is a default', 'insert into S.defaulted (id) values (1)', 'function S.one'],
  ['is a default of a new column', 'alter table S.plain add v int default S.one()', 'function S.one'],
  ['is in a check', 'insert into S.checked values (1)', 'function S.ok'],
  ['is in a check that is added', 'alter table S.plain add check (S.ok(id))', 'function S.ok'],
  ['is in a domain', 'select 1::S.dom', 'function S.ok'],
  ['is in the domain of a column', 'insert into S.typed values (1)', 'function S.ok'],
  ['is in an index', 'insert into S.indexed values (1)', 'function S.ok'],
  ['is in an index that is made', 'create index on S.plain (S.ok(id))', 'function S.ok'],
  ['is in USING of ALTER TYPE', 'alter table S.bare alter id type bigint using S.one()', 'function S.one'],
  [
    'is run and dropped',
    'select S.one(); drop view S.v; drop table S.defaulted; drop function S.one()',
    'function \\d+, dropped',
  ],
  ['is run and taken over', 'select S.one(); alter function S.one() owner to levelb_deploy', 'function S.one'],
  [
    'is behind an operator in ANY, where no call is counted',
    'insert into S.by_operator values (1)',
    'function S.equal',
  ],
  [
    'is in SQL and written out in place, where no call is counted',
    'insert into S.by_inlined values (1)',
    'function S.inlined',
  ],
  ['is of an aggregate in a rule, where no call is counted', 'insert into S.by_aggregate values (1)', 'function S.add'],
]
test.each(ways)('B164 › a function of others that %s is refused (LB307)', async (_, text, name) => {
  const area = await areaOf(w, objects)
  const row = await run(w, area.own(`grant select on S.plain to public; ${text}`))
  if (/dropped/.test(name)) {
    expect(detailOf(row)).toMatchObject({ functions: [expect.stringMatching(/^function \d+, dropped$/)] })
    expect((row.error as Json).hint).not.toContain('accept')
  } else refused(row, area.own(name))
})

test('B164 › what only levelb_deploy and superusers own runs', async () => {
  const area = await areaOf(w, objects)
  const take = 'alter function S.one() owner to levelb_deploy'
  expect(await run(w, area.own(take))).toMatchObject({ outcome: 'activated' })
  expect(await run(w, area.own('insert into S.defaulted (id) values (1); select S.one()'))).toMatchObject({
    outcome: 'activated',
  })
})

test('B164 › code that the text makes, runs and gives away has been approved with it', async () => {
  const area = await areaOf(w, objects)
  const text = `create function S.mine() returns int language plpgsql as 'begin return 1; end'; select S.mine();
    alter function S.mine() owner to app!`
  expect(await run(w, area.own(text))).toMatchObject({ outcome: 'activated' })
})

test('it is accepted by name and hash, as the hint says; another body is not', async () => {
  const area = await areaOf(w, objects)
  const text = area.own('select S.one(); grant select on S.plain to public')
  const row = await run(w, text)
  const { functions } = detailOf(row) as { functions: string[] }
  const [, hint] = /"accept": (\[.*\])$/.exec((row.error as { hint: string }).hint) ?? []
  const accept = JSON.parse(String(hint))
  expect(accept).toEqual([{ rule: 'code_of_others_ran', object: functions[0], reason: '…' }])
  const app = await w.as('app')
  await app.unsafe(area.own("create or replace function S.one() returns int language plpgsql as 'begin return 2; end'"))
  refused(await run(w, text, { accept }), area.own('function S.one'))
  await app.unsafe(area.own("create or replace function S.one() returns int language plpgsql as 'begin return 1; end'"))
  const id = '9001_accepted'
  await w.stage(id, documentOf(text, { accept }))
  const bob = await w.as('bob')
  const [page] = await bob`select (levelb.review(${id})).*`
  expect(JSON.stringify(page)).toContain('The author accepts code_of_others_ran in function')
  await w.approve(id)
  expect(await w.activate(id)).toMatchObject({ outcome: 'activated' })
})

test('a function that puts the accepted body back when it has run is refused all the same, and cannot be accepted', async () => {
  const area = await areaOf(w, objects)
  const text = area.own('select S.one()')
  const plain = area.own("create or replace function S.one() returns int language plpgsql as 'begin return 1; end'")
  const { functions } = detailOf(await run(w, text)) as { functions: string[] }
  const accept = [{ rule: 'code_of_others_ran', object: functions[0] as string, reason: 'it only reads' }]
  const app = await w.as('app')
  await app.unsafe(
    area.own(
      `create or replace function S.one() returns int language plpgsql as $sly$ begin execute $q$${plain}$q$; return 1; end $sly$`,
    ),
  )
  const row = await run(w, text, { accept })
  expect(detailOf(row)).toEqual({ rule: 'code_of_others_ran', functions: [area.own('function S.one()')] })
  expect((row.error as Json).hint).not.toContain('accept')
})

test('B164 › a function that others make while the text runs, and that runs, is refused, and cannot be accepted', async () => {
  const area = await areaOf(w, objects)
  const app = await w.as('app')
  const row = await halfWay(w, area.own('grant select on S.bare to public'), area.own('select * from S.v'), () =>
    app.unsafe(
      area.own(`create function S.late() returns int language plpgsql as 'begin return 3; end';
        create or replace view S.v as select S.late() as one`),
    ),
  )
  expect(detailOf(row)).toEqual({ rule: 'code_of_others_ran', functions: [area.own('function S.late()')] })
})

test('a text cannot stop the count, and one that tries is refused', async () => {
  const area = await areaOf(w, objects)
  const off = await run(w, area.own('grant select on S.plain to public; set track_functions = none'))
  expect(off).toMatchObject({ outcome: 'failed', code: '42501' })
  const reset = await run(w, `${hidden('reset all')}; ${area.own('select S.one()')}`)
  expect([reset.code, detailOf(reset)]).toEqual(['LB307', { rule: 'called_code_is_counted' }])
})

test('what the operator called before in the same session does not count', async () => {
  const area = await areaOf(w, objects)
  const olga = w.role('olga')
  await w.sql.unsafe(area.own(`grant usage on schema S to public; alter role ${olga} set track_functions = 'all'`))
  const client = await w.another('olga')
  await w.stage('9002_plain', area.own('grant select on S.plain to public'))
  await w.approve('9002_plain')
  await client.unsafe(area.own(`set statement_timeout = '30s'; select S.one()`))
  const [before] = await client.unsafe(
    area.own(`select pg_stat_get_xact_function_calls('S.one()'::regprocedure) as calls`),
  )
  const [row] = await client`select * from levelb.activate('9002_plain')`
  expect([Number(before?.calls), row?.outcome]).toEqual([1, 'activated'])
  await client.end()
  await w.sql.unsafe(`alter role ${olga} reset track_functions`)
})

test('an acceptance that came to nothing is told by the proof and on the page, one that was needed is not', async () => {
  const area = await areaOf(w, objects)
  const text = area.own('select S.one(); grant select on S.plain to public')
  const { functions } = detailOf(await run(w, text)) as { functions: string[] }
  const accept = [functions[0] as string, area.own('function S.fails() sha256 00')].map((object) => ({
    rule: 'code_of_others_ran',
    object,
    reason: 'it only reads',
  }))
  const id = '9003_half'
  const row = await w.through(id, documentOf(text, { accept }))
  expect([row.outcome, row.accepted]).toEqual([
    'activated',
    accept.map(({ rule, object }, n) => ({ rule, object, found: n === 0 })),
  ])
  const [page] = await (await w.as('bob'))`select page from levelb.review(${id})`
  const told = String(page?.page).replaceAll(/\s+/g, ' ')
  expect(told).toContain(`Accepted, and did not occur: code_of_others_ran in ${accept[1]?.object}`)
  expect(told.split('did not occur')[1]).not.toContain(accept[0]?.object)
})
