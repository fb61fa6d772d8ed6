// The day on which levelb is the problem: it is dropped, and the snapshots of its proofs still run, whatever names say.
import { expect, test } from 'vitest'
import type { Row } from '../world.ts'
import { world } from '../world.ts'
import { failure, run } from './effects.ts'
import { takeBack } from './state.ts'
import { wholeState } from './whole-state.ts'

const activated = { outcome: 'activated', code: null, detail: null }
const withoutSchemas = (lines: string[]) => lines.filter((line) => !/levelb/.test(line))

test('psql alone puts back what a migration changed in every class, after drop schema levelb', async () => {
  const w = await world()
  await w.sql.unsafe(
    `grant create on schema shop to levelb_deploy; grant create on database ${w.name} to levelb_deploy`,
  )
  const before = withoutSchemas(await wholeState(w.sql))
  const proof: Row = await run(
    w,
    `grant select on shop.orders to ${w.role('reader')};
     create schema extra;
     alter table shop.orders rename to archive; alter table shop.items rename to orders;
     create or replace view shop.recent as select id, 'x'::text as customer from shop.orders;
     alter function shop.total(int) immutable;
     alter table shop.archive enable row level security;
     create policy mine on shop.archive using (id > 1);
     create view extra.v as select id from shop.recent;
     comment on table shop.archive is 'old'`,
  )
  expect(failure(proof)).toEqual(activated)
  await w.sql.unsafe('drop schema levelb, levelb_exec cascade')
  await takeBack(w.url, proof)
  expect(withoutSchemas(await wholeState(w.sql)), String(proof.rollback_snapshot)).toEqual(before)
})

test('names that end lines, quotes, percent signs and dollar quotes run nothing', async () => {
  const w = await world()
  const evil = `E'"%s%I\n; alter role ${w.role('reader')} superuser; --$function$ $$`
  const [name, text] = [`"${evil.replaceAll('"', '""')}"`, `'${evil.replaceAll("'", "''")}'`]
  const app = w.role('app')
  await w.sql.unsafe(`grant create on schema shop to levelb_deploy; grant create on schema shop to ${app}; set role ${app};
    create table shop.odd (${name} int, b text, constraint ${name} check (b <> ${text}));
    create view shop.${name} as select ${name}, ${text}::text as a from shop.odd;
    create type shop."T${name.slice(1)} as enum (${text});
    create function shop.${name}() returns text language plpgsql
      as $body$ begin return '$function$; alter role ${w.role('reader')} superuser; $$'; end $body$;
    reset role`)
  const before = await wholeState(w.sql)
  const proof = await run(
    w,
    `drop view shop.${name}; drop function shop.${name}(); create view shop.${name} as select ${text}::text as b;
     drop type shop."T${name.slice(1)}; comment on view shop.${name} is ${text}; comment on table shop.odd is ${text};
     alter table shop.odd drop constraint ${name}; alter table shop.odd add constraint ${name} check (b > ${text});
     alter table shop.odd alter ${name} set default 3; alter table shop.odd rename ${name} to plain;
     alter table shop.odd alter b set default ${text}; alter table shop.odd rename to ${name.slice(0, -1)}t"`,
  )
  expect(failure(proof)).toEqual(activated)
  await takeBack(w.url, proof)
  const [role] = await w.sql`select rolsuper from pg_roles where rolname = ${w.role('reader')}`
  expect(role?.rolsuper).toBe(false)
  expect(await wholeState(w.sql), String(proof.rollback_snapshot)).toEqual(before)
})

test('a name in a line about what is lost ends no line', async () => {
  const w = await world()
  const name = `"x\n; alter role ${w.role('reader')} superuser; --"`
  await w.sql.unsafe(`set role ${w.role('app')}; create table shop.${name} (${name} int, b int); reset role`)
  const proof = await run(w, `alter table shop.${name} drop column ${name}`)
  expect(failure(proof)).toEqual(activated)
  expect(String(proof.rollback_snapshot)).not.toMatch(/^; alter/m)
  await takeBack(w.url, proof)
})

test('lists that a session made up and kept as a setting run nothing', async () => {
  const w = await world({ policy: { cluster: 'govern' } })
  const [app, reader] = [w.role('app'), w.role('reader')]
  const evil = `x;alter/**/role/**/${reader}/**/superuser`
  await w.sql.unsafe(`grant ${reader} to levelb_roles with admin option; grant create on schema shop to ${app};
    select set_config('search_path', '${evil}, "b, c"', false);
    alter role ${reader} set search_path from current;
    alter role ${reader} in database ${w.name} set temp_tablespaces = pg_default, "${evil}";
    set role ${app};
    create function shop.f() returns int language sql as 'select 1';
    alter function shop.f() set search_path from current;
    alter function shop.f() set temp_tablespaces = pg_default, "${evil}";
    reset role; reset search_path`)
  const before = await wholeState(w.sql)
  const proof: Row = await w.through('0001_settings', {
    title: 'settings',
    description: 'for a test',
    steps: [
      {
        name: 'roles',
        roles: {
          set: [
            { role: reader, name: 'search_path', value: 'shop' },
            { role: reader, name: 'temp_tablespaces', value: '', database: w.name },
          ],
        },
      },
      { name: 'code', apply: "alter function shop.f() reset all; comment on function shop.f() is 'plain'" },
    ],
  })
  expect(failure(proof)).toEqual(activated)
  await takeBack(w.url, proof)
  const [role] = await w.sql`select rolsuper from pg_roles where rolname = ${reader}`
  expect(role?.rolsuper).toBe(false)
  // the same names: SET writes a list with the quotes that a session may leave out
  const names = (lines: string[]) => lines.map((line) => line.replaceAll(/["\\]/g, ''))
  expect(names(await wholeState(w.sql)), String(proof.rollback_snapshot)).toEqual(names(before))
})
