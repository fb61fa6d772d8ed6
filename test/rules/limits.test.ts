// What docs/limits.md and docs/rules.md say is not found, or is refused though nothing is wrong: each claim executed.
import { readFileSync } from 'node:fs'
import { beforeAll, expect, test } from 'vitest'
import { detailOf } from '../activate/fixture.ts'
import { areaOf } from '../effects/area.ts'
import { lines, run } from '../effects/effects.ts'
import { type World, world } from '../world.ts'

let w: World
beforeAll(async () => {
  w = await world()
})
const page = (name: string) => readFileSync(new URL(`../../docs/${name}.md`, import.meta.url), 'utf8')

test('a CHECK that a table inherits already, added to it, is LB305', async () => {
  const area = await areaOf(
    w,
    'create table S.parent (id int, constraint positive check (id > 0)); create table S.child () inherits (S.parent)',
  )
  const row = await run(w, area.own('alter table S.child add constraint positive check (id > 0)'))
  expect([row.code, JSON.stringify(detailOf(row))]).toEqual(['LB305', expect.stringContaining('conislocal')])
  expect(page('limits')).toMatch(/a CHECK that the table inherits already/)
})

test('code that a trigger replaces is LB305 where plain statements fired it, and told where DO did', async () => {
  const area = await areaOf(
    w,
    `create function S.f() returns int language sql as 'select 1'; create table S.t (id int);
     create function S.swap() returns trigger language plpgsql as $f$ begin
       execute format('create or replace function S.f() returns int language sql as %L', 'select ' || new.id); return new; end $f$;
     create trigger swap before insert on S.t for each row execute function S.swap()`,
  )
  const own = ['table S.t', 'function S.f()', 'function S.swap()'].map((each) => `alter ${each} owner to levelb_deploy`)
  expect(await run(w, area.own(own.join('; ')))).toMatchObject({ outcome: 'activated' })
  const row = await run(w, area.own('insert into S.t values (2)'))
  expect([row.code, JSON.stringify(detailOf(row))]).toEqual(['LB305', expect.stringContaining('has not been read')])
  const told = await run(w, area.own('do $$ begin insert into S.t values (2); end $$'))
  expect(lines(told).map(area.say)).toContainEqual(
    expect.stringMatching(/^repoint: function S.f\(\): definition: sha256/),
  )
  expect(page('limits')).toMatch(/code that a trigger replaces.*DO block/)
})

test('a table that was made and dropped is told alone, and not beside one that was written anew', async () => {
  const area = await areaOf(w, 'create table S.t (id int); insert into S.t values (1); create table S.u ()')
  const passing = 'create table S.passing (id int); drop table S.passing'
  expect(await run(w, area.own(`${passing}; grant select on S.u to public`))).toMatchObject({ code: 'LB305' })
  const row = await run(w, area.own(`${passing}; alter table S.t alter id type bigint`))
  expect([row.outcome, JSON.stringify(row.effects)]).toEqual(['activated', expect.not.stringContaining('passing')])
  expect(page('limits')).toMatch(/made and dropped[^.]* is not told/)
})

const read = `create table S.t (id int, during int4range); insert into S.t values (1, '[1,2)');
  create function S.FUNCTION language plpgsql immutable as $f$ begin raise exception 'called as %', current_user; end $f$;`
const uncounted: [string, string, RegExp][] = [
  [
    'an operator in ANY, in a view that is only read',
    `${read.replace('FUNCTION', 'same(int, int) returns boolean')}
     create operator S.=== (function = S.same, leftarg = int, rightarg = int);
     create view S.v as select id from S.t where id operator(S.===) any (array[1, 2]); grant select on S.v to public`,
    /operators[^.]* in `any`|`x = any \(…\)`/,
  ],
  [
    'an aggregate, in a view that is only read',
    `${read.replace('FUNCTION', 'add(int, int) returns int')}
     create aggregate S.total(int) (sfunc = S.add, stype = int, initcond = '0');
     create view S.v as select S.total(id) from S.t; grant select on S.v to public`,
    /aggregates/,
  ],
]
test.each(uncounted)('not counted: %s', async (_, objects, says) => {
  const area = await areaOf(w, objects)
  // it fails with what the function says, which is how it shows that it ran; no rule has found it
  const row = await run(w, area.own('grant select on S.t to public; select * from S.v'))
  expect([row.code, row.reason]).toEqual(['P0001', 'called as levelb_deploy'])
  for (const name of ['limits', 'rules']) expect(page(name)).toMatch(says)
})

test('not counted: the difference function of a range type, where the text only reads', async () => {
  const body = (what: string) =>
    `create or replace function S.apart(int, int) returns float8 language plpgsql immutable as $f$ begin ${what}; end $f$`
  const area = await areaOf(
    w,
    `${body('return $1 - $2')}; create type S.span as range (subtype = int, subtype_diff = S.apart);
     create table S.t (during S.span); insert into S.t select S.span(i, i + 3) from generate_series(1, 3000) i;
     create view S.v as select count(*) from S.t where during && '[1,10)'::S.span; grant select on S.v to public`,
  )
  await w.sql.unsafe(area.own(`analyze S.t; ${body("raise exception 'called as %', current_user")}`))
  const row = await run(w, area.own('grant select on S.t to public; select * from S.v'))
  expect([row.code, row.reason]).toEqual(['P0001', 'called as levelb_deploy'])
  for (const name of ['limits', 'rules']) expect(page(name)).toMatch(/difference function of a range type/)
})
