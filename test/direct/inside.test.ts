// A robber's code inside the approver's own statement: the text names the call, and something else in it runs as well.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { asMallory, type Scene, scene } from './fixture.ts'

let there: Scene

beforeAll(async () => {
  there = await scene()
  await asMallory(
    there.database,
    `
    create domain evil.text as pg_catalog.text check (evil.steal_always(value) is not null);
    create domain evil.bytea as pg_catalog.bytea check (evil.steal_always(value) is not null);
    create domain evil.timestamptz as pg_catalog.timestamptz check (evil.steal_always(value) is not null);
    create domain evil."bigint" as int8 check (evil.steal_always(value) is not null);
    create domain evil."timestamp with time zone" as pg_catalog.timestamptz check (evil.steal_always(value) is not null);
    create function evil.evil(levelb.probed) returns text language sql as 'select evil.steal()';
    create function evil.note(levelb.probed) returns text language sql as 'select evil.steal()';
    create function evil.to_char(timestamp, text) returns text language sql as 'select evil.steal()';
    create function evil.timezone(text, timestamptz) returns timestamp language sql as
      'select evil.steal(); select now()::timestamp';
    create function evil."not"(boolean) returns boolean language sql as 'select evil.steal() is null';`,
  )
})
afterAll(() => there.alice.end())
beforeEach(async () => void (await there.alice.run('rollback', 'discard all', 'set search_path = evil, pg_catalog')))

const robbed: Record<string, string> = {
  'a type found through search_path': `select levelb.probe('mine'::text)`,
  'a column of a type found through search_path': `select r.note::text from levelb.probe('mine') as r`,
  'a column that is a function': `select r.evil from levelb.probe('mine') as r`,
  'a quoted column that is a function': `select r."evil" from levelb.probe('mine') as r`,
  'a function found through search_path': `select to_char(r.probed_at at time zone 'UTC', 'Y') from levelb.probe('mine') as r`,
  'a quoted keyword that is a function': `select * from levelb.probe('mine') as r where "not" (r is null)`,
  'a quoted keyword that is a type': `select r.size::"bigint" from levelb.probe('mine') as r`,
}

test.each(Object.entries(robbed))('%s steals nothing', async (_, text) => {
  const { notices } = await there.alice.run(text)
  expect(new Set(notices)).toEqual(new Set(['mine: f', 'stolen: f']))
})

test('a type in pg_temp, which comes before every search_path, steals nothing', async () => {
  const { notices } = await there.alice.run(
    'reset search_path',
    'create domain pg_temp.text as pg_catalog.text check (evil.steal_always(value) is not null)',
    `select levelb.probe('mine'::text)`,
  )
  expect(new Set(notices)).toEqual(new Set(['mine: f', 'stolen: f']))
})

test('a column before a function of its name, keyword types and what stands in pg_catalog are not redirected', async () => {
  const { notices, errors } = await there.alice.run(
    `select r.note, r.size::bigint, pg_catalog.to_char(r.probed_at at time zone 'UTC', 'Y')
       from levelb.probe('mine', null::pg_catalog.bytea, null::timestamp with time zone, null, 1::bigint) as r
      where not (r is null)`,
  )
  expect({ notices, errors }).toEqual({ notices: ['mine: t'], errors: [] })
})

test('with standard_conforming_strings off literals end where they ended', async () => {
  const { notices, errors } = await there.alice.run(
    'set standard_conforming_strings = off',
    'set escape_string_warning = off',
    `select levelb.probe('mine', '\\x4142')`,
    // Two literals where the setting is on; where it is off the first ends later, and code follows.
    `select levelb.probe('\\', '||evil.steal(), null)--')`,
  )
  expect({ notices, errors }).toEqual({ notices: ['mine: t', 'stolen: f', `', x: f`], errors: [] })
})

test('a name alone that is no column of the result is not direct', async () => {
  const { sql } = there.database
  const [row] = await sql`select levelb._is_call_of('select distinct note from levelb.probe()', 'probe') as word,
    levelb._is_call_of('select evil from levelb.probe()', 'probe') as evil,
    levelb._is_call_of('select note from levelb.probe()', 'probe') as note`
  expect(row).toEqual({ word: false, evil: false, note: true })
})
