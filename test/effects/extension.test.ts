// Extensions: what their own scripts make is told by name and version; nothing else can be hidden in one.
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type World, world } from '../world.ts'
import { failure, halfWay, lines, run } from './effects.ts'

let w: World
let version: number
let folder: string
/** The folder in which that is, where it is of one's own. */
let own: string | undefined

/** The scripts of extensions made for these tests, by name: what the control file adds, and version 1. */
const scripts: Record<string, [string, string]> = {
  trusting: [
    'trusted = true',
    `create function lend() returns text language sql security definer as 'select 1';
     create table conf (a int, b int);
     grant select on conf to public; grant select (a) on conf to public;
     revoke execute on function lend() from public; grant execute on function lend() to public;
     create view looks as select * from conf;
     create type pair as (a int, b int); create domain positive as int check (value > 0);
     create cast (pair as text) with inout;
     create function gone() returns int language sql as 'select 1'; drop function gone();
     comment on table conf is 'from the script'`,
  ],
  bare: ['superuser = false', ''],
  plain: [
    'superuser = false',
    `create function planted() returns int language sql as 'select 1'; create table plant (a int)`,
  ],
}

/** The files of the extensions. */
const files = Object.entries(scripts).flatMap(([name, [control, sql]]) => [
  [`${name}.control`, `default_version = '1'\nrelocatable = true\n${control}\n`],
  [`${name}--1.sql`, sql],
  [`${name}--1--2.sql`, `create function more() returns int language sql as 'select 2'`],
]) as [name: string, text: string][]

beforeAll(async () => {
  w = await world({ policy: { quorum: [{ approvals: 1 }] } })
  version = Number((await w.sql`show server_version_num`)[0]?.server_version_num)
  folder = join(await controlFolder(), 'extension')
  await mkdir(folder, { recursive: true })
  await chmod(folder, 0o755)
  for (const [name, text] of files) await writeFile(join(folder, name), text)
  await w.sql.unsafe(`
    grant create on database ${w.name} to levelb_deploy;
    create schema e; create schema f;
    grant usage, create on schema e, f to levelb_deploy`)
})

/** A folder of one's own, where the server can be told of one; before 18 it is the server's. */
async function controlFolder(): Promise<string> {
  if (version < 180000) return (await w.sql`select setting from pg_config where name = 'SHAREDIR'`)[0]?.setting
  own = await mkdtemp(join(tmpdir(), 'extensions-'))
  await chmod(own, 0o755)
  await w.sql.unsafe(`alter database ${w.name} set extension_control_path = '$system:${own}'`)
  return own
}

afterAll(async () => {
  for (const [name] of files) await rm(join(folder, name), { force: true })
  if (own) await rm(own, { recursive: true })
})

beforeEach(async () => {
  await w.sql.unsafe(`drop extension if exists hstore, pg_trgm, btree_gist, trusting, plain, bare cascade;
    drop table if exists e.t, e.own; drop type if exists e.mine cascade; drop function if exists e.f(), e.g() cascade`)
})

const made = (name: string, version: string, schema = 'e') => [
  `extension: extension ${name}: exists: - → present`,
  `extension: extension ${name}: schema: - → ${schema}`,
  `extension: extension ${name}: version: - → ${version}`,
]

async function effects(text: string): Promise<unknown> {
  const row = await run(w, text)
  return row.outcome === 'activated' ? lines(row) : failure(row)
}

async function install(name: string, version?: string): Promise<void> {
  expect(await effects(`create extension ${name} schema e ${version ? `version '${version}'` : ''}`)).toContain(
    `extension: extension ${name}: exists: - → present`,
  )
}

describe('what an extension makes, changes and drops is its own business', () => {
  test('installed: name, version and schema, and nothing of its 100 functions, operators and types', async () => {
    expect(await effects('create extension hstore schema e')).toEqual(made('hstore', '1.8'))
  })

  test('installed with what it requires', async () => {
    expect(await effects('create extension if not exists btree_gist with schema e version "1.7" cascade')).toEqual(
      made('btree_gist', '1.7'),
    )
  })

  test('a version of its own, and later the newest', async () => {
    await install('hstore', '1.7')
    expect(await effects('alter extension hstore update')).toEqual(['extension: extension hstore: version: 1.7 → 1.8'])
  })

  test('moved, which PostgreSQL lets only the owner of its objects do', async () => {
    await install('hstore')
    expect(await effects('alter extension hstore set schema f')).toMatchObject({ code: '42501' })
    await install('bare')
    expect(await effects('alter extension bare set schema f')).toEqual(['extension: extension bare: schema: e → f'])
  })

  test('dropped; dropped and made again', async () => {
    await install('hstore')
    expect(await effects('drop extension hstore; create extension hstore schema e')).toEqual([
      'extension: extension hstore: exists: present → recreated',
    ])
    expect(await effects('drop extension hstore')).toEqual(['extension: extension hstore: exists: present → -'])
  })

  test('dropped with what uses it, which shows', async () => {
    await install('hstore')
    await w.sql.unsafe(`create table e.t (a int, h e.hstore); alter table e.t owner to levelb_deploy`)
    expect(await effects('drop extension hstore cascade')).toEqual([
      'extension: extension hstore: exists: present → -',
      'structure: table column e.t.h: column: e.hstore → -',
    ])
  })

  test('a comment that is not the one of its control file shows', async () => {
    expect(await effects(`create extension hstore schema e; comment on extension hstore is 'ours'`)).toEqual([
      ...made('hstore', '1.8'),
      'structure: extension hstore: comment: - → ours',
    ])
  })

  test('tables, columns, grants, casts of a trusted script are its own; code that runs as superuser shows', async () => {
    expect(await effects('create extension trusting schema e')).toEqual([
      ...made('trusting', '1'),
      'owner: function e.lend(): owner: levelb_deploy → postgres',
      'repoint: function e.lend(): definition: - → sha256',
      'repoint: function e.lend(): exists: - → present',
      'security: function e.lend(): security: - → definer',
    ])
    expect(await effects('alter extension trusting update to "2"')).toEqual([
      'extension: extension trusting: version: 1 → 2',
    ])
  })

  test('another session makes one meanwhile: not ours', async () => {
    const row = await halfWay(w, 'create table e.own (a int)', 'select 1', () =>
      w.sql.unsafe('create extension hstore schema f'),
    )
    expect(lines(row)).toEqual([
      'structure: table e.own: exists: - → present',
      'structure: table column e.own.a: column: - → integer',
    ])
  })
})

describe('nothing can be hidden in an extension', () => {
  test('a function that the text makes and puts into it', async () => {
    expect(
      await effects(`create extension hstore schema e version '1.7';
        create function e.f() returns int language sql as 'select 1'; alter extension hstore add function e.f()`),
    ).toEqual([
      ...made('hstore', '1.7'),
      'extension: function e.f(): member of hstore: - → yes',
      'repoint: function e.f(): definition: - → sha256',
      'repoint: function e.f(): exists: - → present',
    ])
    // and it stays readable: an update of the extension does not hide that it is replaced
    expect(
      await effects(`alter extension hstore update;
        create or replace function e.f() returns int language sql as 'select 2'`),
    ).toEqual([
      'extension: extension hstore: version: 1.7 → 1.8',
      expect.stringMatching(/^repoint: function e\.f\(\): definition: sha256 [0-9a-f]{64} → sha256$/),
    ])
  })

  test('a function that is there, put in and taken out', async () => {
    await install('hstore')
    await w.sql.unsafe(
      `create function e.g() returns int language sql as 'select 1'; alter function e.g() owner to levelb_deploy`,
    )
    const added = await effects('alter extension hstore add function e.g()')
    expect(added).toEqual(['extension: function e.g(): member of hstore: - → yes'])
    expect(await effects('alter extension hstore drop function e.g()')).toEqual([
      'extension: function e.g(): member of hstore: yes → -',
    ])
    expect(await effects('alter extension hstore add function e.g(); drop extension hstore')).toEqual([
      'extension: extension hstore: exists: present → -',
      'repoint: function e.g(): exists: present → -',
    ])
  })

  test('a function that goes with it', async () => {
    await install('hstore')
    await w.sql.unsafe(
      `create function e.g() returns int language sql as 'select 1'; alter function e.g() owner to levelb_deploy`,
    )
    expect(await effects('alter function e.g() depends on extension hstore')).toEqual([
      'extension: function e.g(): depends on hstore: - → yes',
    ])
  })

  test('a cast of a type of the text', async () => {
    expect(
      await effects(`create extension hstore schema e; create type e.mine as enum ('a');
        create cast (text as e.mine) with inout as implicit; alter extension hstore add cast (text as e.mine)`),
    ).toEqual(
      expect.arrayContaining([
        'security: cast (pg_catalog.text AS e.mine): context: - → implicit',
        'extension: cast (pg_catalog.text AS e.mine): member of hstore: - → yes',
      ]),
    )
  })

  test('a grant on what belongs to it', async () => {
    await install('hstore', '1.7')
    await w.sql.unsafe(`revoke execute on function e.hstore(text, text) from public;
      grant execute on function e.hstore(text, text) to levelb_deploy with grant option`)
    expect(
      await effects(`alter extension hstore update;
        grant execute on function e.hstore(text, text) to ${w.role('reader')}`),
    ).toEqual([
      `acl: function e.hstore(pg_catalog.text,pg_catalog.text): ${w.role('reader')} by levelb_deploy: - → execute`,
      'extension: extension hstore: version: 1.7 → 1.8',
    ])
  })

  test('a grant on a column, and emptying a table, of it', async () => {
    await install('trusting')
    await w.sql.unsafe(`grant truncate on e.conf to levelb_deploy;
      grant select (b) on e.conf to levelb_deploy with grant option; insert into e.conf values (1)`)
    expect(
      await effects(`alter extension trusting update to "2"; truncate e.conf; grant select (b) on e.conf to public`),
    ).toEqual([
      'acl: table column e.conf.b: PUBLIC by levelb_deploy: - → select',
      'data: table e.conf: truncate: - → -',
      'extension: extension trusting: version: 1 → 2',
    ])
  })

  test('a trigger on a table of it', async () => {
    await install('trusting')
    await w.sql.unsafe('grant trigger on e.conf to levelb_deploy')
    expect(
      await effects(`alter extension trusting update to "2";
        create function e.g() returns trigger language plpgsql as 'begin return new; end';
        create trigger fires before insert on e.conf for each row execute function e.g()`),
    ).toContain('security: trigger fires on e.conf: exists: - → present')
  })

  test('what a script makes that does not run as superuser: it belongs to levelb_deploy', async () => {
    expect(await effects('create extension plain schema e')).toEqual([
      ...made('plain', '1'),
      'extension: function e.planted(): member of plain: - → yes',
      'extension: table e.plant: member of plain: - → yes',
      // before 17 the types that come along with a table are no members
      ...(version >= 170000
        ? ['extension: type e.plant: member of plain: - → yes', 'extension: type e.plant[]: member of plain: - → yes']
        : []),
      'repoint: function e.planted(): definition: - → sha256',
      'repoint: function e.planted(): exists: - → present',
      'structure: table e.plant: exists: - → present',
      'structure: table column e.plant.a: column: - → integer',
    ])
  })

  test('what comes and goes within the text, of catalogs in which no script works', async () => {
    await install('hstore', '1.7')
    expect(
      await effects(`alter extension hstore update;
        alter default privileges grant select on tables to public; alter default privileges revoke select on tables from public`),
    ).toMatchObject({
      code: 'LB305',
      detail: { uncovered: [{ catalog: 'pg_default_acl', change: 'written without trace' }] },
    })
  })
})

test('an extension goes into no schema that every name is looked up in first (LB306)', async () => {
  expect(await effects('create extension hstore')).toEqual({
    outcome: 'failed',
    code: 'LB306',
    detail: { objects: ['hstore'], rule: 'extension_outside_pg_catalog' },
  })
})

test('one that a superuser made stays theirs', async () => {
  await w.sql.unsafe('create extension hstore schema e')
  for (const text of [
    'drop extension hstore',
    'alter extension hstore set schema f',
    'alter extension hstore update',
  ]) {
    expect(await effects(text)).toMatchObject({ outcome: 'failed', code: '42501' })
  }
})
