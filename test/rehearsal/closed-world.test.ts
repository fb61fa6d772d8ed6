// F2: whatever would let the text of an author act with more than the rights of levelb_sandbox refuses a rehearsal there,
// by name, with SQL that closes it.
import { beforeAll, expect, test } from 'vitest'
import { pastGuard } from '../past-guard.ts'
import { full } from '../protect/shop.ts'
import { type Json, refusal, type World, world } from '../world.ts'
import { stepOf, tried } from './fixture.ts'

let w: World
beforeAll(async () => {
  w = await world({
    before: async ({ sql, name }) => {
      await sql.unsafe(`grant create on database ${name} to levelb_deploy`)
    },
  })
  expect(await w.through('0001_protect', full('shop'))).toMatchObject({ outcome: 'activated' })
  await pastGuard(
    w.sql,
    `create schema tool; grant usage on schema tool to public; create schema closed; create type tool.pair as (x int);
     create function tool.definer(int) returns int language plpgsql security definer set search_path = shop, pg_temp
       as 'begin insert into orders values ($1); return $1; end';
     revoke execute on function tool.definer(int) from public;
     create function closed.as_owner(int) returns int language sql security definer as 'select $1'`,
  )
})

const harmless = stepOf('alter table shop.orders add column n int', 'alter table shop.orders drop column n')

test.each([
  [
    "a function with its owner's rights",
    'grant execute on function tool.definer(int) to public',
    'function tool.definer(integer)',
  ],
  [
    'a function of somebody who is no superuser',
    `create function tool.deployed() returns void language sql security definer as ''; alter function tool.deployed() owner to levelb_deploy`,
    'function tool.deployed()',
  ],
  [
    'a function beside those of PostgreSQL',
    `create function pg_catalog.late() returns int language sql security definer as 'select 1'`,
    'function pg_catalog.late()',
  ],
  [
    'an aggregate that nobody asks whether it may',
    `create function tool.sum(int, int) returns int language sql security definer as 'select $1';
     revoke execute on function tool.sum(int, int) from public;
     create aggregate tool.sums(int) (sfunc = tool.sum, stype = int)`,
    'function tool.sum(integer,integer)',
  ],
  ['a table that all may write to', 'create table tool.t (a int); grant insert on tool.t to public', 'table tool.t'],
  ['a column that all may write', 'create table tool.c (a int); grant update (a) on tool.c to public', 'table tool.c'],
  [
    'a table for which all may make triggers',
    'create table tool.g (a int); grant trigger on tool.g to public',
    'table tool.g',
  ],
  ...['update', 'truncate', 'references'].map((right) => [
    `a table on which all have ${right}`,
    `create table tool.on_${right} (a int); grant ${right} on tool.on_${right} to public`,
    `table tool.on_${right}`,
  ]),
  ...['insert', 'references'].map((right) => [
    `a column on which all have ${right}`,
    `create table tool.of_${right} (a int); grant ${right} (a) on tool.of_${right} to public`,
    `table tool.of_${right}`,
  ]),
  ...(
    [
      ['cast', '(tool.pair)', 'int', 'create cast (tool.pair as int) with function closed.by_cast(tool.pair)'],
      [
        'operator',
        '(int, int)',
        'bool',
        'create operator tool.=== (function = closed.by_operator, leftarg = int, rightarg = int)',
      ],
      [
        'support',
        '(int, int)',
        'int',
        'create operator class tool.ints for type int using btree as function 1 closed.by_support(int, int)',
      ],
      [
        'difference',
        '(float8, float8)',
        'float8',
        'create type tool.span as range (subtype = float8, subtype_diff = closed.by_difference)',
      ],
    ] as const
  ).map(([name, parameters, result, made]) => [
    `a function that a ${name} calls, though nobody may execute it`,
    `create function closed.by_${name}${parameters} returns ${result} language sql immutable security definer
       as 'select null::${result}'; revoke execute on function closed.by_${name}${parameters} from public; ${made}`,
    `function closed.by_${name}`,
  ]),
  [
    'a view that all may write to',
    'create view tool.v as select 1 as a; grant delete on tool.v to public',
    'view tool.v',
  ],
  [
    'a table of the mirrored schema itself',
    'grant usage on schema shop to public; grant insert on shop.orders to public',
    'table shop.orders',
  ],
  [
    'a sequence that all may move',
    'create sequence tool.s; grant usage on sequence tool.s to public',
    'sequence tool.s',
  ],
  [
    "an event trigger with its owner's rights",
    `create function closed.seen() returns event_trigger language plpgsql security definer as 'begin end';
     create event trigger seen on ddl_command_end execute function closed.seen()`,
    'event trigger seen',
  ],
  [
    'a function that nobody may name and a view calls',
    'create view tool.called as select closed.as_owner(1)',
    'function closed.as_owner(integer)',
  ],
  [
    'a function that nobody may name and a stored body calls',
    `grant execute on function closed.as_owner(int) to public;
     create function tool.calls() returns int language sql begin atomic select closed.as_owner(1); end`,
    'function closed.as_owner(integer)',
  ],
  [
    'a function that nobody may name and a check calls',
    `create function closed.fits(int) returns bool language sql security definer as 'select true';
     create domain tool.checked as int check (closed.fits(value))`,
    'function closed.fits(integer)',
  ],
  [
    'a table that nobody may name and a stored body writes to',
    `create table closed.log (a int); grant insert on closed.log to public;
     create function tool.log() returns void language sql begin atomic insert into closed.log values (1); end`,
    'table closed.log',
  ],
  [
    'a table that nobody may name and a view hands on',
    `create table closed.base (a int); grant insert on closed.base to public;
     create view tool.base with (security_invoker) as select * from closed.base`,
    'table closed.base',
  ],
  [
    'a sequence that nobody may name and a view moves',
    `create sequence closed.moved; grant usage on sequence closed.moved to public;
     create view tool.moves as select nextval('closed.moved')`,
    'sequence closed.moved',
  ],
  [
    'a foreign server that all may use',
    `create foreign data wrapper far; create server far foreign data wrapper far; grant usage on foreign server far to public`,
    'server far',
  ],
  ['a database where all may create', 'grant create on database DATABASE to public', 'database DATABASE'],
])('%s (LB307)', async (_, make, object) => {
  const named = (text: string) => text.replaceAll('DATABASE', w.name)
  await pastGuard(w.sql, named(make))
  const refused = await refusal(tried(w, harmless))
  const [door] = (refused.detail.objects ?? []) as Json[]
  expect(refused).toMatchObject({
    code: 'LB307',
    detail: { rule: 'closed_world', objects: [{ object: expect.stringContaining(named(object)) }] },
  })
  expect(refused.hint).toContain(door?.remedy)
  await pastGuard(w.sql, door?.remedy as string)
  expect(await tried(w, harmless)).toMatchObject({ outcome: 'passed' })
})

test('what cannot be reached does not matter', async () => {
  await pastGuard(
    w.sql,
    `create function closed.definer() returns int language sql security definer as 'select 1';
     create table closed.t (a int); grant insert on closed.t to public`,
  )
  expect(await tried(w, harmless)).toMatchObject({ outcome: 'passed' })
})

test('attack › a temporary function of the author, which may name what levelb_sandbox may not (LB104)', async () => {
  await pastGuard(w.sql, `grant usage on schema closed to ${w.role('ann')}`)
  const ann = await w.another('ann')
  const again = async () => {
    await ann`set statement_timeout = '30s'`
    return ann`select outcome, code from levelb_sandbox.try(${ann.json(harmless as never)})`
  }
  expect((await again()) as unknown).toMatchObject([{ outcome: 'passed' }])
  for (const made of [
    'create function pg_temp.go() returns int language sql as $$ select 1 $$',
    'create domain pg_temp.mine as int',
  ]) {
    await ann.unsafe(made)
    expect(await refusal(again())).toMatchObject({
      code: 'LB104',
      detail: { problem: 'the session has temporary objects' },
    })
    await ann.unsafe('discard temp')
  }
  await ann.end()
})

test('what others keep in their temporary schemas closes no sandbox', async () => {
  const stranger = await w.another('stranger')
  await stranger.unsafe(`create function pg_temp.sf(int, int) returns int language sql security definer as 'select 1';
    create aggregate pg_temp.ag(int) (sfunc = pg_temp.sf, stype = int)`)
  expect(await tried(w, harmless, 'arno')).toMatchObject({ outcome: 'passed' })
  await stranger.end()
})

test('MAINTAIN of everybody, where the server has it (LB307)', async () => {
  const [{ version } = { version: 0 }] = await w.sql`select current_setting('server_version_num')::int as version`
  await pastGuard(w.sql, 'create table tool.kept (a int)')
  const grant = 'grant maintain on tool.kept to public'
  if ((version as number) < 170_000) {
    await expect(w.sql.unsafe(grant)).rejects.toThrow(/unrecognized privilege/)
    return
  }
  await pastGuard(w.sql, grant)
  expect(await refusal(tried(w, harmless))).toMatchObject({
    code: 'LB307',
    detail: { objects: [{ object: 'table tool.kept', remedy: expect.stringContaining('maintain') }] },
  })
  await pastGuard(w.sql, 'revoke maintain on tool.kept from public')
})
