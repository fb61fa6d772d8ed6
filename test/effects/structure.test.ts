// Tables, columns, constraints, sequences, types and schemas, and comments on them.
import { beforeAll, expect, test } from 'vitest'
import { type World, world } from '../world.ts'
import { failure, lines, run, runAccepting } from './effects.ts'

let w: World
let made = 0
beforeAll(async () => {
  w = await world()
  await w.sql.unsafe(`grant create on database ${w.name} to levelb_deploy, ${w.role('app')}`)
})

const objects = `
  create schema S;
  grant usage, create on schema S to levelb_deploy;
  create type S.status as enum ('new', 'paid');
  create domain S.email as text;
  create sequence S.tickets;
  create table S.plain (a int default 0, b text, c S.status, "D d" text default 'x');
  insert into S.plain values (1, 'x', 'new');
  comment on column S.plain.b is 'hey'; grant select (b) on S.plain to reader!;
  create table S.days (d int) partition by range (d)`

async function effects(text: string): Promise<string[] | unknown> {
  made += 1
  const name = `s${made}`
  const own = (sql: string) => sql.replaceAll(/\bS\b/g, name).replaceAll('reader!', w.role('reader'))
  await w.sql.unsafe(`set role ${w.role('app')}; ${own(objects)}; analyze ${name}.plain; reset role`)
  const row = await runAccepting(w, own(text))
  if (row.outcome !== 'activated') return failure(row)
  return (
    lines(row)
      .map((line) => line.replaceAll(new RegExp(`\\b${name}\\b`, 'g'), 'S').replaceAll(w.role(''), ''))
      // since 18, NOT NULL has a constraint of its own
      .toSorted()
      .filter((line) => !/^structure: (table|domain) constraint \S*_not_null on /.test(line))
  )
}

const texts: [string, string[]][] = [
  [
    'create table S.t (id int not null, body text default $$x$$, e S.status check (e <> $$new$$)); grant select on S.t to reader!; grant update (id) on S.t to reader!; comment on table S.t is $$c$$',
    [
      'acl: table S.t: reader: - → select',
      'acl: table column S.t.id: reader: - → update',
      'structure: table S.t: comment: - → c',
      'structure: table S.t: exists: - → present',
      'structure: table column S.t.body: column: - → text',
      "structure: table column S.t.body: default: - → 'x'::text",
      'structure: table column S.t.e: column: - → S.status',
      'structure: table column S.t.id: column: - → integer not null',
      "structure: table constraint t_e_check on S.t: definition: - → CHECK ((e <> 'new'::S.status))",
    ],
  ],
  [
    'create table S.t as select 1 as a',
    ['structure: table S.t: exists: - → present', 'structure: table column S.t.a: column: - → integer'],
  ],
  [
    'create table S.t (n int generated always as identity, g int generated always as (n * 2) stored, s serial) with (fillfactor = 70)',
    [
      'structure: sequence S.t_n_seq: exists: - → present',
      'structure: sequence S.t_n_seq: sequence: - → integer start 1 increment 1 minimum 1 maximum 2147483647 cache 1',
      'structure: sequence S.t_s_seq: exists: - → present',
      'structure: sequence S.t_s_seq: owned by: - → S.t.s',
      'structure: sequence S.t_s_seq: sequence: - → integer start 1 increment 1 minimum 1 maximum 2147483647 cache 1',
      'structure: table S.t: exists: - → present',
      'structure: table S.t: option fillfactor: - → 70',
      'structure: table column S.t.g: column: - → integer generated stored',
      'structure: table column S.t.g: default: - → (n * 2)',
      'structure: table column S.t.n: column: - → integer not null generated always as identity',
      'structure: table column S.t.s: column: - → integer not null',
      "structure: table column S.t.s: default: - → nextval('S.t_s_seq'::regclass)",
    ],
  ],
  [
    'create table S.copied (like S.plain including all)',
    [
      'structure: table S.copied: exists: - → present',
      'structure: table column S.copied."D d": column: - → text',
      `structure: table column S.copied."D d": default: - → 'x'::text`,
      'structure: table column S.copied.a: column: - → integer',
      'structure: table column S.copied.a: default: - → 0',
      'structure: table column S.copied.b: column: - → text',
      'structure: table column S.copied.b: comment: - → hey',
      'structure: table column S.copied.c: column: - → S.status',
    ],
  ],
  ['drop table S.plain', ['structure: table S.plain: exists: present → -']],
  [
    'drop table S.plain; create table S.plain (a int, b text)',
    [
      'acl: table column S.plain.b: reader: select → -',
      'owner: table S.plain: owner: app → levelb_deploy',
      'structure: table S.plain: exists: present → recreated',
      'structure: table column S.plain."D d": column: text → -',
      'structure: table column S.plain.a: default: 0 → -',
      'structure: table column S.plain.b: comment: hey → -',
      'structure: table column S.plain.c: column: S.status → -',
    ],
  ],
  [
    'alter table S.plain add column more numeric(10,2)',
    ['structure: table column S.plain.more: column: - → numeric(10,2)'],
  ],
  [
    'alter table S.plain drop column b',
    ['acl: table column S.plain.b: reader: select → -', 'structure: table column S.plain.b: column: text → -'],
  ],
  [
    'alter table S.plain rename column b to "B b"',
    ['structure: table column S.plain."B b": name: S.plain.b → S.plain."B b"'],
  ],
  [
    'alter table S.plain alter column a type bigint',
    [
      'data: table S.plain: rewrite or truncate: - → -',
      'structure: table column S.plain.a: column: integer → bigint',
      'structure: table column S.plain.a: default: 0 → 0',
    ],
  ],
  [
    'alter table S.plain alter column a type bigint; alter table S.plain alter column b type int using 1',
    [
      'data: table S.plain: rewrite or truncate: - → -',
      'structure: table column S.plain.a: column: integer → bigint',
      'structure: table column S.plain.a: default: 0 → 0',
      'structure: table column S.plain.b: column: text → integer',
    ],
  ],
  ['alter table S.plain alter column a set default 2', ['structure: table column S.plain.a: default: 0 → 2']],
  ['alter table S.plain alter column a drop default', ['structure: table column S.plain.a: default: 0 → -']],
  [
    'alter table S.plain alter column b set not null',
    ['structure: table column S.plain.b: column: text → text not null'],
  ],
  [
    'alter table S.plain alter column b set statistics 10, alter column b set storage external, alter column b set (n_distinct = 5)',
    [
      'structure: table column S.plain.b: options: - → n_distinct=5',
      'structure: table column S.plain.b: statistics: - → 10',
      'structure: table column S.plain.b: storage: - → external',
    ],
  ],
  ['alter table S.plain set (fillfactor = 70)', ['structure: table S.plain: option fillfactor: - → 70']],
  [
    'alter table S.plain set unlogged',
    ['data: table S.plain: rewrite or truncate: - → -', 'structure: table S.plain: persistence: - → unlogged'],
  ],
  ['alter table S.plain replica identity full', ['structure: table S.plain: replica identity: - → full']],
  [
    'alter table S.plain enable row level security, force row level security',
    [
      'security: table S.plain: row security: - → enabled',
      'security: table S.plain: row security of the owner: - → forced',
    ],
  ],
  [
    'alter table S.plain add constraint "P q" check (a > 0) not valid',
    ['structure: table constraint "P q" on S.plain: definition: - → CHECK ((a > 0)) NOT VALID'],
  ],
  [
    'alter table S.plain add constraint k check (a > 0); alter table S.plain rename constraint k to l',
    ['structure: table constraint l on S.plain: definition: - → CHECK ((a > 0))'],
  ],
  [
    'create sequence S.s increment 5 cycle',
    [
      'structure: sequence S.s: exists: - → present',
      'structure: sequence S.s: sequence: - → bigint start 1 increment 5 minimum 1 maximum 9223372036854775807 cache 1 cycle',
    ],
  ],
  [
    'alter sequence S.tickets owned by S.plain.a',
    [
      'data: sequence S.tickets: setval, nextval or alter: - → -',
      'structure: sequence S.tickets: owned by: - → S.plain.a',
    ],
  ],
  [
    'alter sequence S.tickets owned by S.plain.a; alter sequence S.tickets owned by none; grant select on S.plain to reader!',
    [
      'data: sequence S.tickets: setval, nextval or alter: - → -',
      'acl: table S.plain: reader: - → select',
      'structure: sequence S.tickets: (rewritten): - → -',
    ],
  ],
  [
    'create type S.pair as (a int, b text)',
    [
      'structure: composite type column S.pair.a: column: - → integer',
      'structure: composite type column S.pair.b: column: - → text',
      'structure: type S.pair: exists: - → present',
    ],
  ],
  ["alter type S.status add value 'void' before 'paid'", ["structure: type S.status: label 'void': - → at 1.5"]],
  [
    "alter type S.status rename value 'new' to 'fresh'",
    ["structure: type S.status: label 'fresh': - → at 1", "structure: type S.status: label 'new': at 1 → -"],
  ],
  [
    "alter type S.status rename to status_old; create type S.status as enum ('new')",
    [
      'repoint: type S.status_old: name: S.status → S.status_old',
      'structure: type S.status: exists: - → present',
      "structure: type S.status: label 'new': - → at 1",
    ],
  ],
  [
    "create domain S.mail as varchar(9) default 'x' check (value <> '')",
    [
      "structure: domain constraint mail_check on S.mail: definition: - → CHECK (((VALUE)::text <> ''::text))",
      "structure: type S.mail: default: - → 'x'::character varying",
      'structure: type S.mail: domain: - → character varying(9)',
      'structure: type S.mail: exists: - → present',
    ],
  ],
  ['alter domain S.email set not null', ['structure: type S.email: domain: text → text not null']],
  ['create schema more_s', ['structure: schema more_s: exists: - → present']],
  [
    "comment on schema S is 'x'; comment on column S.plain.b is null; comment on sequence S.tickets is 'y'",
    [
      'structure: schema S: comment: - → x',
      'structure: sequence S.tickets: comment: - → y',
      'structure: table column S.plain.b: comment: hey → -',
    ],
  ],
]

test.each(texts)('%s', async (text, expected) => {
  expect(await effects(text)).toEqual(expected.toSorted())
})

test('the default of a domain shows by what it calls, and a collation by its schema, whatever their names', async () => {
  await w.sql.unsafe(`set role ${w.role('app')}; create schema other; create schema here;
    create function here.a() returns text language sql as $$ select 'safe' $$;
    create function other.a() returns text language sql as $$ select 'evil' $$;
    set search_path = here; create domain here.who as text default a(); reset search_path;
    create table here.t (name text); create domain here.name as text;
    create collation here."default" (provider = icu, locale = 'und-u-ks-level1', deterministic = false);
    grant usage on schema here, other to levelb_deploy; reset role`)
  const row = await run(
    w,
    `set local search_path = other; alter domain here.who set default a();
     alter table here.t alter column name type text collate here."default"`,
  )
  expect(failure(row)).toEqual({ outcome: 'activated', code: null, detail: null })
  const told = lines(row)
  expect(told).toContain('structure: type here.who: default: here.a() → other.a()')
  expect(told).toContain('structure: table column here.t.name: column: text → text collate here."default"')
})

test('a table made with a default of the application’s function is refused (LB307)', async () => {
  await w.sql.unsafe(`grant create on schema shop to levelb_deploy`)
  expect(failure(await run(w, 'create table shop.lender (a int default shop.total(1))'))).toEqual({
    outcome: 'failed',
    code: 'LB307',
    detail: {
      rule: 'code_of_others_in_relation',
      code: [{ object: 'shop.lender', uses: 'function shop.total(integer)' }],
    },
  })
})

test('so is one of levelb_deploy that is given such a default later (LB307)', async () => {
  await run(w, 'create table shop.lender (a int)')
  expect(failure(await run(w, 'alter table shop.lender alter column a set default shop.total(1)'))).toMatchObject({
    code: 'LB307',
  })
})

test('a drop and a truncate under the cover of a rewrite are named', async () => {
  expect(await effects('alter table S.plain alter column a type bigint; truncate S.plain')).toContain(
    'data: table S.plain: rewrite or truncate: - → -',
  )
})
