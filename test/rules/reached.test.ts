// B163: a relation of levelb_deploy reaches no code of others, in however many steps: autovacuum would run it.
import { beforeAll, expect, test } from 'vitest'
import { detailOf } from '../activate/fixture.ts'
import { areaOf } from '../effects/area.ts'
import { run } from '../effects/effects.ts'
import { type World, world } from '../world.ts'

let w: World
beforeAll(async () => {
  w = await world()
})

const objects = `
  create table S.t (id int);
  create function S.bad(int) returns boolean language plpgsql immutable as 'begin return true; end';
  create function S.outer(x int) returns boolean language sql immutable begin atomic select S.bad(x); end;
  create operator S.=== (function = S.bad, rightarg = int);
  create domain S.inner as int check (S.bad(value));
  create domain S.dom as S.inner;
  create view S.under as select id, S.bad(id) as b from S.t;
  create view S.over as select * from S.under;
  create function S.step(boolean, boolean) returns boolean language plpgsql immutable as 'begin return true; end';
  create aggregate S.every(boolean) (sfunc = S.step, stype = boolean)`

/** Takes over all but what is named last, so that only the way there is left. */
const operatorClass = `create function S.cmp(int, int) returns int language plpgsql immutable as 'begin return 0; end';
  reset role; create operator class S.mine for type int using btree as operator 1 <, operator 2 <=, operator 3 =,
    operator 4 >=, operator 5 >, function 1 S.cmp(int, int); set role app!;
  create index on S.t (id S.mine)`
const ways: [string, string, string, string][] = [
  ['through an operator class, which a superuser made', operatorClass, 'select 1', 'function S.cmp(integer,integer)'],
  [
    'through a BEGIN ATOMIC body',
    'create index on S.t (S.outer(id))',
    'alter function S.outer(int) owner to levelb_deploy',
    'function S.bad(integer)',
  ],
  [
    'through an operator',
    'create index on S.t ((operator(S.===) id))',
    'alter operator S.=== (none, int) owner to levelb_deploy',
    'function S.bad(integer)',
  ],
  [
    'through domains',
    'alter table S.t add check (id::S.dom > 0)',
    'alter domain S.dom owner to levelb_deploy; alter domain S.inner owner to levelb_deploy',
    'function S.bad(integer)',
  ],
  [
    'through views of a materialized view',
    'create materialized view S.m as select * from S.over',
    'alter view S.over owner to levelb_deploy; alter view S.under owner to levelb_deploy',
    'function S.bad(integer)',
  ],
  [
    'in a view of others that a materialized view reads',
    'create materialized view S.m as select id from S.over',
    'alter function S.bad(int) owner to levelb_deploy; alter view S.over owner to levelb_deploy',
    'view S.under',
  ],
  [
    'through an aggregate',
    'create materialized view S.m as select S.every(id > 0) as e from S.t',
    'alter aggregate S.every(boolean) owner to levelb_deploy',
    'function S.step(boolean,boolean)',
  ],
  [
    'through a policy that reads a view',
    'alter table S.t enable row level security; create policy p on S.t using (exists (select from S.over))',
    'alter view S.over owner to levelb_deploy; alter view S.under owner to levelb_deploy',
    'function S.bad(integer)',
  ],
]
test.each(ways)('B163 › code of others reached %s is refused (LB307)', async (_, made, taken, uses) => {
  const area = await areaOf(w, `${objects}; ${made}`)
  const relation = made.includes('materialized') ? 'materialized view S.m' : 'table S.t'
  const row = await run(w, area.own(`${taken}; alter ${relation} owner to levelb_deploy`))
  expect([row.outcome, row.code]).toEqual(['failed', 'LB307'])
  const { rule, code } = JSON.parse(area.say(JSON.stringify(detailOf(row)))) as {
    rule: string
    code: { uses: string }[]
  }
  expect([rule, code.map((each) => each.uses)]).toEqual(['code_of_others_in_relation', [uses]])
})

test('B163 › with all of it taken over, the relation is too', async () => {
  const area = await areaOf(w, `${objects}; create index on S.t (S.outer(id))`)
  const take = ['function S.bad(int)', 'function S.outer(int)', 'table S.t'].map(
    (each) => `alter ${each} owner to levelb_deploy`,
  )
  expect(await run(w, area.own(take.join('; ')))).toMatchObject({ outcome: 'activated' })
})

test('B163 › a table whose rule writes to a table that got a trigger of others is not altered any more', async () => {
  const area = await areaOf(
    w,
    `${objects}; create table S.log (id int);
     create function S.touch() returns trigger language plpgsql as 'begin return new; end'`,
  )
  const rule = 'create rule r as on insert to S.t do also insert into S.log values (new.id)'
  expect(await run(w, area.own(`alter table S.t owner to levelb_deploy; ${rule}`))).toMatchObject({
    outcome: 'activated',
  })
  const app = await w.as('app')
  await app.unsafe(area.own('create trigger touch before insert on S.log for each row execute function S.touch()'))
  const row = await run(w, area.own('alter table S.t add column v int'))
  expect([row.code, JSON.parse(area.say(JSON.stringify(detailOf(row))))]).toEqual([
    'LB307',
    { rule: 'code_of_others_in_relation', code: [{ object: 'S.t', uses: 'function S.touch()' }] },
  ])
})
