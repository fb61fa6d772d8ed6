// Readiness: what it says of a channel that was really disturbed, that mode() says the same in one word, and that the
// SQL in its hint really mends it.

import { beforeAll, describe, expect, test } from 'vitest'
import { asChannelFunction } from '../as-channel.ts'
import { freshDatabase } from '../database.ts'
import { pastGuard } from '../past-guard.ts'
import { policy, principalsOf, type Row, refusal, type World, world } from '../world.ts'

let w: World
/** The functions' own text, to put a replaced one back. */
let checkExpiry: string

beforeAll(async () => {
  w = await world()
  await pastGuard(w.sql, asChannelFunction)
  await w.stage('0001_ready', 'grant select on shop.orders to public')
  await w.approve('0001_ready')
  const [texts] = await w.sql`
    select pg_get_functiondef('levelb._check_expiry(timestamptz)'::regprocedure) as f`
  checkExpiry = texts?.f
})

const readiness = (world: Pick<World, 'sql'>) =>
  world.sql<{ item: string; ok: boolean | null; required: boolean; hint: string | null; detail: string }[]>`
    select item, ok, required, hint, detail from levelb.readiness()`

const mode = async (world: Pick<World, 'sql'>) => (await world.sql`select levelb.mode() as mode`)[0]?.mode as string

/** The required items that do not hold, after making sure that mode() says the same. */
async function broken(world: Pick<World, 'sql'>) {
  const items = (await readiness(world)).filter((item) => item.required && item.ok === false)
  expect(await mode(world)).toBe(items.length === 0 ? 'OPERATOR_HANDOFF' : 'AUTHOR_MODE')
  return items
}

/** What the hints say a superuser runs; undefined where no statement does. */
const statementsOf = (items: { hint: string | null }[]) =>
  items.flatMap(({ hint }) => /As a superuser: (.*;)$/s.exec(hint ?? '')?.[1] ?? []).join('\n')

const principal = (name: string, enabled: boolean) => `
  select public.as_channel(format('select levelb._write_principal(%L::jsonb, ${enabled}, ''test'')', jsonb_build_object(
    'principal', '${name}', 'nature', 'person', 'duties', array['approver'], 'groups', array['dba'], 'logins', array['$${name}'], 'keys', '[]'::jsonb)))`

test('an undisturbed database is ready, and says of what it does not check that it is not checked', async () => {
  expect(await broken(w)).toEqual([])
  const unchecked = (await w.sql`select item, required, checked from levelb.readiness() where ok is null`) as Row[]
  expect(unchecked.map((row) => ({ required: row.required, checked: row.checked }))).toEqual(
    unchecked.map(() => ({ required: false, checked: 'not checked' })),
  )
})

test('every one of the five artifacts has an item, and every item one of the five', async () => {
  const rows = await w.sql`select distinct artifact from levelb.readiness() order by 1`
  expect(rows.map((row) => row.artifact)).toEqual([
    'approval_record',
    'entrypoint',
    'owner_credential',
    'proof_log',
    'rollback',
  ])
})

/** Writes over the incarnation entry, as a superuser can. */
const incarnation = (set: string) => `
  begin; alter table levelb.incident disable trigger levelb_20_append_only;
  update levelb.incident set ${set} where kind = 'bootstrap';
  alter table levelb.incident enable always trigger levelb_20_append_only; commit`

/** And over the head. */
const head = (size: string) => `
  begin; alter table levelb._head disable trigger levelb_10_channel_only; update levelb._head set size = ${size};
  alter table levelb._head enable always trigger levelb_10_channel_only; commit`

/** Without `undo`, the hints are what mends it. */
const disturbances: [title: string, items: string[], how: string, undo?: string][] = [
  ['a login is given SUPERUSER', ['dangerous_logins'], 'alter role $reader superuser'],
  ['a login is given CREATEROLE', ['dangerous_logins'], 'alter role $reader createrole'],
  ['a login is given BYPASSRLS', ['dangerous_logins'], 'alter role $reader bypassrls'],
  ['a login is given REPLICATION', ['dangerous_logins'], 'alter role $reader replication'],
  [
    'B025 › pg_authid is written by hand',
    ['dangerous_logins'],
    `update pg_authid set rolsuper = true where rolname = '$reader'`,
  ],
  ['B006 › a login may write all data', ['dangerous_logins'], 'grant pg_write_all_data to $reader'],
  ['B006 › a login may run programs', ['dangerous_logins'], 'grant pg_execute_server_program to $reader'],
  ['B004 › a login is member of levelb_owner', ['dangerous_logins', 'roles'], 'grant levelb_owner to $reader'],
  ['B008 › a login is member of levelb_deploy', ['dangerous_logins', 'roles'], 'grant levelb_deploy to $reader'],
  [
    'B008 › a login may grant a duty role',
    ['roles'],
    'grant levelb_approver to $reader with admin option',
    'revoke levelb_approver from $reader',
  ],
  ['B005 › levelb_owner can log in', ['dangerous_logins', 'roles'], 'alter role levelb_owner login'],
  ['levelb_deploy can log in', ['dangerous_logins', 'roles'], 'alter role levelb_deploy login'],
  ['levelb_roles can log in', ['dangerous_logins', 'roles'], 'alter role levelb_roles login'],
  ['levelb_deploy lacks levelb_definer', ['roles'], 'revoke levelb_definer from levelb_deploy'],
  ['levelb_deploy lacks levelb_sandbox', ['roles'], 'revoke levelb_sandbox from levelb_deploy'],
  ['levelb_deploy may create roles', ['roles'], 'alter role levelb_deploy createrole'],
  ['levelb_deploy is member of a predefined role', ['roles'], 'grant pg_write_all_data to levelb_deploy'],
  [
    'levelb_deploy is member of a role that replicates',
    ['roles'],
    'create role $replica replication; grant $replica to levelb_deploy',
  ],
  ['B064 › a role of levelb has settings', ['roles'], `alter role levelb_deploy set work_mem = '1MB'`],
  [
    'B069 › a trigger is disabled',
    ['append_only', 'installed_objects'],
    'alter table levelb.leaf disable trigger levelb_20_append_only',
  ],
  [
    'B068 › a trigger fires in ordinary sessions only',
    ['append_only', 'installed_objects'],
    'alter table levelb.leaf enable trigger levelb_30_no_truncate',
  ],
  [
    'a function is replaced',
    ['installed_objects'],
    `create or replace function levelb._check_expiry(expires_at timestamptz) returns void language plpgsql stable set search_path = pg_catalog, pg_temp as $$ begin end $$`,
    '$checkExpiry',
  ],
  [
    'a function loses its settings',
    ['installed_objects'],
    'alter function levelb._enter(text[]) set search_path = public',
    'alter function levelb._enter(text[]) set search_path = pg_catalog, pg_temp',
  ],
  [
    'B032 › a function is added',
    ['installed_objects'],
    'create function levelb.activate(int) returns int language sql as $$ select 1 $$',
    'drop function levelb.activate(int)',
  ],
  [
    // Not create or replace: put back from its own text, a view is not the same to the byte on version 15.
    'a view that judges is replaced',
    ['installed_objects'],
    `alter view levelb.active_policy rename to other;
     create view levelb.active_policy as select o.* from levelb.other o; alter view levelb.active_policy owner to levelb_owner`,
    'drop view levelb.active_policy; alter view levelb.other rename to active_policy',
  ],
  [
    'B040 › a verb is granted to PUBLIC',
    ['installed_objects'],
    'grant execute on function levelb.activate(text) to public',
    'revoke execute on function levelb.activate(text) from public',
  ],
  [
    'a schema is granted to PUBLIC',
    ['installed_objects'],
    'grant usage on schema levelb to public',
    'revoke usage on schema levelb from public',
  ],
  [
    'B033 › a schema has another owner',
    ['installed_objects', 'schema_create'],
    'alter schema levelb_exec owner to postgres',
  ],
  [
    'a view has another owner',
    ['installed_objects'],
    'alter view levelb.audit owner to postgres',
    'alter view levelb.audit owner to levelb_owner',
  ],
  [
    'B071 › a table has a child',
    ['installed_objects', 'tables_plain'],
    'create table shop.child () inherits (levelb.leaf)',
  ],
  [
    'B073 › a table has a rule',
    ['installed_objects', 'tables_plain'],
    'create rule nothing as on insert to levelb.leaf do also nothing',
  ],
  [
    'B074 › a table has row security',
    ['installed_objects', 'tables_plain'],
    'alter table levelb.leaf enable row level security',
  ],
  ['B078 › a table is unlogged', ['installed_objects', 'tables_plain'], 'alter table levelb._token set unlogged'],
  [
    'a table has one more trigger',
    ['append_only', 'installed_objects'],
    'create trigger more before insert on levelb.leaf for each row execute function levelb._guard_channel()',
  ],
  [
    // Not drop and add: a constraint made again is not the same to the byte on version 15.
    'a constraint lets everything pass',
    ['installed_objects'],
    `alter table levelb.approval rename constraint approval_decision to other;
     alter table levelb.approval add constraint approval_decision check (true)`,
    'alter table levelb.approval drop constraint approval_decision; alter table levelb.approval rename constraint other to approval_decision',
  ],
  [
    'a column may be null',
    ['installed_objects'],
    'alter table levelb.approval alter principal drop not null',
    'alter table levelb.approval alter principal set not null',
  ],
  [
    'the index that makes activation happen once has another name',
    ['installed_objects'],
    'alter index levelb.activation_happens_once rename to other',
    'alter index levelb.other rename to activation_happens_once',
  ],
  [
    'the restore door is open',
    ['installed_objects', 'restore_door'],
    'grant insert on levelb.leaf to pg_database_owner',
  ],
  ['B016 › an enrolled login is renamed', ['logins_bound'], 'alter role $dan rename to $renamed'],
  [
    'a login holds a dangerous role through a group',
    ['dangerous_logins'],
    'create role $group; grant pg_write_server_files to $group; grant $group to $reader',
  ],
  [
    'a login may set what the server runs as a program',
    ['dangerous_logins'],
    'grant alter system on parameter archive_command to $reader',
  ],
  [
    'everybody may set which libraries a session loads',
    ['dangerous_logins'],
    'grant set on parameter session_preload_libraries to public',
  ],
  ['levelb_deploy may hand out levelb_definer', ['roles'], 'grant levelb_definer to levelb_deploy with admin option'],
  ['levelb_roles uses the rights of the roles it administers', ['roles'], 'alter role levelb_roles inherit'],
  ['levelb_owner may not enrol readers', ['roles'], 'revoke levelb_reader from levelb_owner'],
  [
    'a login may write to a table',
    ['installed_objects', 'tables_select_only'],
    'grant insert, delete on levelb.leaf to $reader',
  ],
  [
    'everybody may write to a column',
    ['installed_objects', 'tables_select_only'],
    'grant update (content) on levelb.leaf to public',
  ],
  [
    'a login may pass on what it reads',
    ['installed_objects', 'tables_select_only'],
    'grant select on levelb.leaf to $reader with grant option',
    'revoke select on levelb.leaf from $reader',
  ],
  [
    'a login may create in a schema of levelb',
    ['installed_objects', 'schema_create'],
    'grant create on schema levelb to $reader; grant create on schema levelb_sandbox to $reader',
  ],
  [
    'a superuser has an event trigger',
    ['foreign_event_triggers'],
    `create function public.seen() returns event_trigger language plpgsql as $$ begin end $$;
     create event trigger "Seen" on ddl_command_end execute function public.seen()`,
  ],
  [
    'the function of an event trigger belongs to an application',
    ['untrusted_event_triggers'],
    `alter function public.seen() owner to $app; alter event trigger "Seen" enable replica`,
  ],
  ['the newest entry and the head do not agree', ['ledger_head'], head('size + 1'), head('size - 1')],
  [
    'the ledger names another database',
    ['database_identity'],
    incarnation(`database_identity = database_identity || '{"database_oid": "1"}'`),
    incarnation(
      `database_identity = database_identity || jsonb_build_object('database_oid', (select oid::text from pg_database where datname = current_database()))`,
    ),
  ],
  [
    'the ledger names another major version',
    ['server_version'],
    incarnation(`server_version = '14.' || server_version`),
    incarnation(`server_version = substr(server_version, 4)`),
  ],
  [
    'too few people are left',
    ['policy_satisfiable'],
    `${principal('bob', false)}; ${principal('carol', false)}; ${principal('dan', false)}`,
    `${principal('bob', true)}; ${principal('carol', true)}; ${principal('dan', true)}`,
  ],
]

describe('when', () => {
  test.each(disturbances)(
    '%s, readiness names %j, mode is AUTHOR_MODE and nothing is activated',
    async (_title, items, how, undo) => {
      const statement = (text: string) =>
        text
          .replaceAll('$checkExpiry', () => checkExpiry)
          .replaceAll(/\$([a-z]+)\b(?!\$)/g, (_, name: string) => w.role(name))
      await pastGuard(w.sql, statement(how))
      let found: Awaited<ReturnType<typeof broken>>
      let row: Row
      try {
        found = await broken(w)
        row = await w.activate('0001_ready')
      } finally {
        await pastGuard(w.sql, statement(undo ?? statementsOf(await broken(w))))
      }
      expect(found.map((item) => item.item).sort()).toEqual(items)
      expect(found.filter((item) => !item.hint || !item.detail)).toEqual([])
      expect(row).toMatchObject({ outcome: 'refused', code: expect.stringMatching(/^LB(204|210|306|309|312)$/) })
      expect(await broken(w)).toEqual([])
    },
  )

  test('all of that is undone: whoever was disabled meanwhile decides again, and the migration is activated', async () => {
    expect(await w.activate('0001_ready')).toMatchObject({
      outcome: 'refused',
      code: 'LB204',
      error: { detail: expect.stringContaining('principal was disabled since') },
    })
    await w.approve('0001_ready')
    expect(await w.activate('0001_ready')).toMatchObject({ outcome: 'activated' })
  })
})

test('what a reader sees of a broken item is a sentence and SQL: the row of a login that is superuser', async () => {
  await w.sql.unsafe(`alter role ${w.role('reader')} superuser createrole`)
  const [item] = await broken(w)
  await w.sql.unsafe(statementsOf(item ? [item] : []))
  expect(item).toMatchObject({
    detail: `${w.role('reader')} holds SUPERUSER and CREATEROLE`,
    hint: `Declare it, by a migration of kind policy that names it in break_glass.logins, or take it away. As a superuser: alter role ${w.role('reader')} nosuperuser nocreaterole;`,
  })
  expect(await broken(w)).toEqual([])
})

test('a role of levelb that can log in keeps what it was installed with, and is nobody to declare', async () => {
  const memberships = () => w.sql`select roleid, member, grantor, to_jsonb(m) - 'oid' as options from pg_auth_members m
    where pg_get_userbyid(member) ~ '^levelb_' order by 1, 2, 3`
  const before = await memberships()
  await w.sql`alter role levelb_deploy login`
  const items = await broken(w)
  await w.sql.unsafe(statementsOf(items))
  expect(items.map(({ item, hint }) => [item, hint])).toEqual([
    ['roles', 'As a superuser: alter role levelb_deploy nologin;'],
    ['dangerous_logins', 'As a superuser: alter role levelb_deploy nologin;'],
  ])
  expect(await memberships()).toEqual(before)
  expect(await broken(w)).toEqual([])
})

test('a membership of levelb that lost an option is given it back', async () => {
  const [version] = await w.sql`select current_setting('server_version_num')::int >= 160000 as has_options`
  if (!version?.has_options) return
  await w.sql`grant levelb_definer to levelb_deploy with inherit false`
  const items = await broken(w)
  await w.sql.unsafe(statementsOf(items))
  expect(items).toMatchObject([
    {
      item: 'roles',
      detail: 'levelb_deploy lacks its membership in levelb_definer',
      hint: 'As a superuser: grant levelb_definer to levelb_deploy with inherit true, set true;',
    },
  ])
  expect(await broken(w)).toEqual([])
})

test('a login that is dangerous in several ways is named once, and every way is closed', async () => {
  const [reader, group] = [w.role('reader'), w.role('files')]
  await w.sql.unsafe(`create role ${group}; grant pg_read_server_files, pg_write_server_files to ${group};
    alter role ${reader} replication; grant ${group} to ${reader}`)
  const [item] = await broken(w)
  await w.sql.unsafe(statementsOf(item ? [item] : []))
  expect(item).toMatchObject({
    detail: `${reader} holds REPLICATION and pg_read_server_files and pg_write_server_files`,
    hint: expect.stringContaining(
      `As a superuser: alter role ${reader} noreplication; revoke ${group} from ${reader};`,
    ),
  })
  expect(await broken(w)).toEqual([])
  await w.sql.unsafe(`drop role ${group}`)
})

test('channel_intact says of the channel alone what mode says of all', async () => {
  const aud = await w.as('ann')
  const ask = async () => (await aud`select levelb.channel_intact() as intact, levelb.mode() as mode`)[0]
  expect(await ask()).toEqual({ intact: true, mode: 'OPERATOR_HANDOFF' })
  await w.sql.unsafe(`alter role ${w.role('reader')} superuser`)
  expect(await ask()).toEqual({ intact: true, mode: 'AUTHOR_MODE' })
  await w.sql.unsafe(`alter role ${w.role('reader')} nosuperuser; grant levelb_owner to ${w.role('reader')}`)
  expect(await ask()).toEqual({ intact: false, mode: 'AUTHOR_MODE' })
  await w.sql.unsafe(`revoke levelb_owner from ${w.role('reader')}`)
  expect(await ask()).toEqual({ intact: true, mode: 'OPERATOR_HANDOFF' })
})

test('before bootstrap anyone with the right may look, nothing is ready, and the hint says what to do', async () => {
  const database = await freshDatabase()
  expect((await broken(database)).find((item) => item.item === 'bootstrapped')).toMatchObject({
    hint: 'select levelb.bootstrap(policy, principals);',
  })
  for (const { item, hint } of await broken(database))
    expect([item, hint]).toEqual([item, expect.stringMatching(/bootstrap/i)])
})

test('a trigger that was off before bootstrap is still named after it', async () => {
  const database = await freshDatabase()
  await Promise.all(['ann', 'arno', 'bob', 'carol', 'dan', 'olga', 'ci', 'aud'].map((name) => database.urlOf(name)))
  await database.sql`alter table levelb.approval disable trigger levelb_20_append_only`
  const document = { ...policy, break_glass: { logins: ['postgres'] } }
  await database.sql`select levelb.bootstrap(${database.sql.json(document as never)}::jsonb, ${database.sql.json(principalsOf(database) as never)}::jsonb)`
  expect((await broken(database)).map((item) => item.item)).toEqual(['append_only'])
})

test.each([
  'quote_all_identifiers = on',
  `datestyle = 'German'`,
  'extra_float_digits = -15',
  `bytea_output = 'escape'`,
  `search_path = ''`,
])('the setting %s of a session does not look like a change of the installed objects', async (setting) => {
  const aud = await w.another('aud')
  await aud.unsafe(`set ${setting}`)
  expect((await aud`select levelb.mode() as mode`)[0]?.mode).toBe('OPERATOR_HANDOFF')
})

test('full recomputes the ledger and says so', async () => {
  const [row] = await w.sql`select item, ok, checked from levelb.readiness(true) where item = 'ledger'`
  expect(row).toEqual({ item: 'ledger', ok: true, checked: 'every entry of the ledger recomputed' })
})

test('a superuser may look without a principal row, under another login not (LB202)', async () => {
  expect((await readiness(w)).length).toBeGreaterThan(10)
  const impersonating = await w.another('app')
  expect((await refusal(impersonating`select levelb.readiness()`)).code).toBe('42501')
  await w.sql.unsafe(`set session authorization ${w.role('aud')}`)
  const found = await refusal(w.sql`select levelb.readiness()`)
  await w.sql`reset session authorization`
  expect(found.code).toBe('LB202')
})
