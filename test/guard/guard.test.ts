// What the guard refuses and lets pass, by level and by who does it. One database for all: each attempt is undone.
import { beforeAll, describe, expect, test } from 'vitest'
import type { Client } from '../client.ts'
import { pastGuard } from '../past-guard.ts'
import { type Guarded, guarded } from './fixture.ts'

let g: Guarded
/** Superuser, owner of vault's things, login of the migrators of app, owner of the database. */
let actors: Record<string, { client: Client; before: string }>

beforeAll(async () => {
  g = await guarded()
  actors = {
    superuser: { client: g.sql, before: '' },
    'superuser who is the owner': { client: g.sql, before: 'set local role levelb_deploy' },
    migrator: { client: await g.as('tool'), before: '' },
    'database owner': { client: await g.as('dbo'), before: '' },
  }
})

const attempt = (actor: string, sql: string, before = '') => {
  const { client, before: first } = actors[actor] as { client: Client; before: string }
  return g.attempt(client, sql, `${before}; ${first}`)
}

/** Refused in vault, by the guard for whoever PostgreSQL lets at it. */
const inFull = [
  'B087 › grant select on vault.t to public',
  'B087 › revoke select on vault.t from {other}',
  'B087 › grant select (secret) on vault.t to {other}',
  'B087 › grant usage on schema vault to public',
  'B087 › grant execute on function vault.f() to {other}',
  'B087 › grant usage on type vault.mood to {other}',
  'B087 › grant usage on sequence vault.s to {other}',
  'B087 › grant select on all tables in schema vault to {other}',
  'B087 › alter table vault.t owner to levelb_definer',
  'B088 › alter routine vault.f() owner to levelb_definer',
  'B088 › alter function vault.f() owner to levelb_definer',
  'B088 › alter procedure vault.p() owner to levelb_definer',
  'B088 › alter routine vault.f() security definer',
  'B098 › do $$ begin grant select on vault.t to public; end $$',
  `B098 › do $$ begin execute 'alter table vault.t owner to levelb_definer'; end $$`,
  'alter default privileges in schema vault grant select on tables to public',
  'alter default privileges for role levelb_deploy grant select on tables to public',
  'alter table vault.t add column more int',
  'alter table vault.t drop column secret',
  'alter table vault.t rename to u',
  'alter table vault.t rename column secret to open',
  'alter table vault.parts set schema free',
  'alter function vault.fires() set schema free',
  'alter type vault.mood set schema free',
  `alter type vault.mood add value 'busy'`,
  'alter table free.old set schema vault',
  'alter schema vault rename to old',
  'alter schema vault owner to {tool}',
  'drop schema vault cascade',
  'create table vault.more (id int)',
  'create table vault.more as select 1 as id',
  'select 1 as id into vault.more',
  'create view vault.more as select 1 as id',
  'create index on vault.t (secret)',
  'create statistics free.about on id, secret from vault.t',
  'create or replace view vault.v as select id from vault.t where id > 1',
  `create or replace function vault.f() returns int language sql as 'select 2'`,
  'create policy more on vault.t using (true)',
  'alter policy mine on vault.t using (false)',
  'drop policy mine on vault.t',
  'create trigger more before insert on vault.t for each row execute function vault.fires()',
  'alter trigger fires on vault.t rename to other',
  'drop trigger fires on vault.t',
  'create rule more as on delete to vault.t do also nothing',
  'alter table vault.t enable row level security',
  'alter table vault.t disable trigger fires',
  'alter table vault.t alter secret type varchar(10)',
  `comment on table vault.t is 'mine'`,
  `comment on column vault.t.secret is 'mine'`,
  'drop table vault.t cascade',
  'drop view vault.v',
  'create table free.child () inherits (vault.t)',
  'create table free.part partition of vault.parts for values from (1) to (2)',
  'create table free.part (id int); alter table vault.parts attach partition free.part for values from (1) to (2)',
  'alter table free.t add foreign key (id) references vault.t',
  'create table free.more (id int references vault.t)',
  'create publication mine for table vault.t',
  'create publication mine for tables in schema vault',
  'create publication mine for all tables',
  'create cast (vault.mood as int) with inout',
  'create extension hstore',
  'drop owned by {other}',
]

describe('at level full', () => {
  test.each(inFull)('%s', async (title) => {
    const sql = title.replace(/^B\d+ › /, '')
    const found: Record<string, string> = {}
    for (const actor of Object.keys(actors)) found[actor] = await attempt(actor, sql)
    expect(found.superuser).toBe('LB211')
    // who is not allowed by PostgreSQL does not get as far
    for (const code of Object.values(found)) expect(code).toMatch(/^(LB211|42501|2BP01)$/)
  })

  test.each([
    'reindex table vault.t',
    'refresh materialized view vault.m',
    'analyze vault.t',
    'truncate vault.parts',
    `insert into vault.t values (1, 'x'); update vault.t set secret = 'y'; delete from vault.t`,
    // was linked before, and what is dropped is not vault's
    'alter table free.keeps add column more int',
    'drop table free.keeps',
  ])('%s passes', async (sql) => {
    expect(await attempt('superuser', sql)).toBe('passes')
  })

  test('B087 › the owner is refused like anybody', async () => {
    expect(await attempt('superuser who is the owner', 'grant select on vault.t to public')).toBe('LB211')
    expect(await attempt('superuser who is the owner', 'alter table vault.t add column more int')).toBe('LB211')
  })
})

/** What a migration tool does in app. */
const letPass = [
  'create table app.more (id int primary key, t int references app.t); create index on app.more (t); alter table app.more add column b text',
  `alter table app.t add column more int default 1; alter table app.t alter name type varchar(20); comment on table app.t is 'x'`,
  'alter table app.t drop column name',
  'alter table app.t rename column name to title',
  'drop table app.t cascade',
  'drop table app.rows',
  'alter table app.rows add column more int',
  `create function app.more() returns int language sql as 'select 1'; create or replace function app.more() returns int language sql as 'select 2'; drop function app.more()`,
  'create view app.more as select 1 as id; create or replace view app.more as select 2 as id',
  'create type app.size as (a int); alter type app.size add attribute b int; drop type app.size',
  `alter type app.mood add value 'busy'`,
  'create aggregate app.more(int) (sfunc = int4larger, stype = int); create or replace aggregate app.more(int) (sfunc = int4smaller, stype = int)',
  'drop aggregate app.most(int); create aggregate app.most(int) (sfunc = int4smaller, stype = int)',
  'create sequence app.more owned by app.t.id; alter sequence app.s increment 2',
  'drop view app.v; drop function app.f()',
  'create trigger more before insert on app.t for each row execute function app.fires(); drop trigger fires on app.t',
  // docs/guard.md says so: to drop it comes to the same
  'drop trigger fires on app.t; create trigger fires before insert on app.t for each row execute function app.fires(); alter table app.t disable trigger fires',
  'create table free.more (id int references app.t); alter table free.old add column more int; drop table free.old',
  'alter table free.old set schema app',
  // names are compared, however the session spells them
  'set local quote_all_identifiers = on; alter table app.t add column more int; alter table app.rows add column more int',
  'begin; create table app.more (id int); grant select on free.t to {other}; create table free.more (id int); revoke all on free.more from {other}',
  'reindex table app.t',
  'create table app.more (id int); alter table app.more drop column id; alter table app.more rename to less; drop table app.less',
  // by code of the migrators, whoever calls it
  `select free.definer('create table app.more (id int)')`,
]

/** What a file of such a tool must not hold, and why. */
const inPrivileged: [sql: string, why: string][] = [
  ['B087 › grant select on app.t to public', 'acl'],
  ['B087 › revoke select on app.t from {other}', 'acl'],
  ['B087 › grant select (name) on app.t to {other}', 'acl'],
  ['B087 › create table app.more (id int); grant select on app.more to {other}', 'acl'],
  ['B087 › grant usage on schema app to public', 'acl'],
  ['B087 › grant execute on function app.f() to {other}', 'acl'],
  ['B087 › alter table app.t owner to {second}', 'owner'],
  ['B088 › alter routine app.f() owner to {second}', 'owner'],
  ['B088 › alter routine app.f() security definer', 'security'],
  ['B098 › do $$ begin grant select on app.t to public; end $$', 'acl'],
  ['B098 › create schema more create table t (id int) grant insert on app.t to {other}', 'acl'],
  [`B098 › select free.definer('grant select on app.t to public')`, 'acl'],
  ['alter default privileges in schema app grant select on tables to public', 'acl'],
  ['alter default privileges grant select on tables to public', 'acl'],
  ['alter table app.t enable row level security', 'security'],
  ['alter table app.rows disable row level security', 'security'],
  ['alter table app.t disable trigger fires', 'security'],
  ['create policy more on app.rows using (true)', 'security'],
  ['drop policy mine on app.rows', 'security'],
  ['create or replace trigger fires before delete on app.t for each row execute function app.fires()', 'security'],
  ['create rule more as on delete to app.t do also nothing', 'security'],
  [`create function app.more() returns int language sql security definer as 'select 1'`, 'security'],
  ['alter view app.v set (security_barrier)', 'security'],
  ['create publication mine for table app.t', 'security'],
  ['create or replace view app.v as select id from app.t where id > 1', 'repoint'],
  [`create or replace function app.f() returns int language sql as 'select 2'`, 'repoint'],
  ['create or replace aggregate app.most(int) (sfunc = int4smaller, stype = int)', 'repoint'],
  ['alter table app.t rename to u', 'repoint'],
  ['alter table app.rows set schema free', 'repoint'],
  ['create table free.more (id int); grant select on free.more to public; alter table free.more set schema app', 'acl'],
  [
    'create table free.more (id int); grant select (id) on free.more to public; alter table free.more set schema app',
    'acl',
  ],
  ['create extension hstore schema free', 'extension'],
  ['drop schema app cascade', 'security'],
  ['alter schema app rename to old', 'repoint'],
]

describe('at level privileged, the migrators', () => {
  test.each(letPass)('run: %s', async (sql) => {
    expect(await attempt('migrator', sql)).toBe('passes')
  })

  test.each(inPrivileged)('are refused: %s (%s)', async (title, why) => {
    const sql = title.replace(/^B\d+ › /, '')
    const tool = await g.as('tool')
    expect(await attempt('migrator', sql)).toBe('LB211')
    const { detail, hint } = await g.refusal(tool, sql)
    expect(detail.objects).toEqual([expect.objectContaining({ why: expect.stringContaining(why) })])
    expect(hint).toMatch(/migration of kind sql/)
  })

  test('a role that owns the database and is a member of the migrators is refused the same', async () => {
    expect(await attempt('database owner', 'grant select on app.t to public')).toBe('LB211')
    expect(await attempt('database owner', 'set role {tool}; alter table app.t add column more int')).toBe('passes')
  })

  test('what somebody else makes there is refused, and a superuser says as whom he works', async () => {
    expect(await attempt('superuser', 'create table app.more (id int)')).toBe('LB211')
    expect(await attempt('superuser', 'alter table app.t add column more int')).toBe('LB211')
    expect(await attempt('superuser', 'drop table app.rows')).toBe('LB211')
    expect((await g.refusal(g.sql, 'create table app.more (id int)')).hint).toMatch(/set role/)
    expect(await attempt('superuser', 'set local role {tool}; alter table app.t add column more int')).toBe('passes')
    expect(await attempt('superuser', 'set local role {tool}; grant select on app.t to public')).toBe('LB211')
    expect(await attempt('superuser', 'create table app.more (id int); set role {second}')).toBe('LB211')
  })

  test('what default privileges give to a new table is no GRANT of its own', async () => {
    const rights = 'alter default privileges for role {tool} in schema app grant select on tables to {other}'
    await pastGuard(g.sql, g.text(rights))
    expect(await attempt('migrator', 'create table app.more (id int); alter table app.more add column b int')).toBe(
      'passes',
    )
    expect(await attempt('migrator', 'create table app.more (id int); grant insert on app.more to {other}')).toBe(
      'LB211',
    )
    await pastGuard(g.sql, g.text(rights.replace(' grant ', ' revoke ').replace(' to ', ' from ')))
  })

  test('with repoint allowed, views and functions are theirs too', async () => {
    await g.channel(`update levelb._protected set repoint = true where schema_name = 'app'`)
    try {
      for (const [sql] of inPrivileged.filter(([sql, why]) => why === 'repoint' && !/schema/.test(sql)))
        expect([sql, await attempt('migrator', sql)]).toEqual([sql, 'passes'])
      expect(await attempt('migrator', 'alter schema app rename to old')).toBe('LB211')
    } finally {
      await g.channel(`update levelb._protected set repoint = false where schema_name = 'app'`)
    }
  })
})

describe('a name that was protected', () => {
  test('is protected whatever schema bears it, and so is the schema whatever its name', async () => {
    // as after a swap past the guard
    await g.channel(`update levelb._protected set schema_name = 'stage' where schema_name = 'vault'`)
    try {
      expect(await attempt('superuser', 'alter table vault.t add column more int')).toBe('LB211')
      expect(await attempt('superuser', 'drop table vault.t cascade')).toBe('LB211')
      expect(await attempt('superuser', 'create schema stage')).toBe('LB211')
      expect(await attempt('superuser', 'alter schema free rename to stage')).toBe('LB211')
    } finally {
      await g.channel(`update levelb._protected set schema_name = 'vault' where schema_name = 'stage'`)
    }
  })
})

describe("levelb's own", () => {
  test.each([
    'alter table levelb.leaf disable trigger levelb_20_append_only',
    'alter table levelb.leaf set schema free',
    'grant insert on levelb._token to {tool}',
    'grant usage on schema levelb_exec to public',
    'grant execute on all functions in schema levelb_exec to public',
    'create table levelb.more (id int)',
    'create table free.child () inherits (levelb.leaf)',
    'alter schema levelb_exec rename to old',
    'drop schema levelb_exec cascade',
    'alter default privileges for role levelb_owner grant select on tables to public',
    'drop owned by levelb_auditor',
    `create function free.more() returns int language sql security definer as 'select 1'; alter function free.more() owner to levelb_owner`,
    `comment on table levelb.leaf is 'mine'`,
  ])('%s is refused', async (sql) => {
    expect(await attempt('superuser', sql)).toBe('LB211')
    expect(await attempt('superuser', sql, 'set local session_replication_role = replica')).toBe('LB211')
  })
})

describe('elsewhere', () => {
  test.each([
    'create table free.more (id int primary key); grant select on free.more to public; alter table free.more owner to {second}; drop table free.more',
    'create temp table more (id int); grant select on more to public; alter table more add column b int; drop table more',
    'create schema more; drop schema more',
    'create schema more create table t (id int) create view v as select id from t grant select on t to {other}',
    `comment on table free.t is 'x'; reindex table free.t`,
    'create view free.more as select id from vault.t',
    'create publication mine for table free.t; drop publication mine',
    'alter default privileges for role {second} grant select on tables to public',
    `do $$ begin create table free.more (id int); end $$`,
  ])('%s passes', async (sql) => {
    expect(await attempt('superuser', sql)).toBe('passes')
  })

  test('B100 › what a refused command set off is undone with it', async () => {
    expect(await attempt('superuser', 'alter table vault.t add column more int default free.seen()')).toBe('LB211')
    expect(await g.sql`select from free.log`).toHaveLength(0)
  })

  test('B099 › a trusted extension is refused for the owner of the database while something is protected', async () => {
    expect(await attempt('database owner', 'create extension hstore schema free')).toBe('LB211')
  })
})
