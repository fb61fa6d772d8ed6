// What was shipped against what is there: also for what was changed before bootstrap wrote its fingerprint down, and
// from outside, where no function of the database is believed.
import { readFileSync } from 'node:fs'
import { beforeEach, expect, test } from 'vitest'
import { ReadinessOutput } from '../../src/cli/readiness.ts'
import { shippedDifferences } from '../../src/shipped.ts'
import { levelb } from '../cli/levelb.ts'
import { bundleText, freshDatabase, type TestDatabase } from '../database.ts'
import { pastGuard } from '../past-guard.ts'
import { type World, world } from '../world.ts'

let database: TestDatabase
beforeEach(async () => {
  database = await freshDatabase()
})

const inside = async () =>
  (await database.sql`select ok, required, detail from levelb.readiness(true) where item = 'shipped_objects'`)[0]
const outside = () => shippedDifferences(database.sql, bundleText())

test('an untouched database is as shipped, on every version of PostgreSQL', async () => {
  expect(await outside()).toEqual([])
  expect(await inside()).toEqual({ ok: true, required: true, detail: 'every object is as shipped' })
})

const changes: [title: string, statement: string, object: string, difference?: string][] = [
  [
    'a body',
    `create or replace function levelb._check_expiry(expires_at timestamptz) returns void language plpgsql stable
     set search_path = pg_catalog, pg_temp as $$ begin end $$`,
    'function levelb._check_expiry(timestamp with time zone)',
  ],
  [
    'a body of BEGIN ATOMIC',
    `create or replace function levelb._sha256(content text) returns bytea language sql immutable
     set search_path = pg_catalog, pg_temp return sha256(convert_to(lower(content), 'UTF8'))`,
    'function levelb._sha256(text)',
  ],
  [
    'whose rights a function has',
    'alter function levelb._enter(text[]) security definer',
    'function levelb._enter(text[])',
  ],
  ['an owner', 'alter function levelb.activate(text) owner to postgres', 'function levelb.activate(text)'],
  ['who may call', 'grant execute on function levelb._seal(boolean) to public', 'function levelb._seal(boolean)'],
  ['a setting', 'alter function levelb._enter(text[]) set search_path = public', 'function levelb._enter(text[])'],
  [
    'a function more',
    'create function levelb.more() returns int language sql as $$ select 1 $$',
    'function levelb.more()',
    'was added',
  ],
  [
    'a view that judges',
    'create or replace view levelb.active_policy as select p.version, p.hash, p.document, p.activated_at from only levelb.policy p order by p.version limit 1',
    'view levelb.active_policy',
  ],
  [
    'a guard less',
    'drop trigger levelb_20_append_only on levelb.approval',
    'trigger levelb_20_append_only on levelb.approval',
    'is missing',
  ],
  [
    'a guard that sleeps',
    'alter table levelb.approval enable trigger levelb_20_append_only',
    'trigger levelb_20_append_only on levelb.approval',
  ],
  [
    'a constraint less',
    'alter table levelb.approval drop constraint approval_decision',
    'constraint approval_decision on levelb.approval',
    'is missing',
  ],
  [
    'a constraint that is not valid',
    'alter table levelb.approval drop constraint approval_decision; alter table levelb.approval add constraint approval_decision check (true)',
    'constraint approval_decision on levelb.approval',
  ],
  ['an index less', 'drop index levelb.activation_happens_once', 'index levelb.activation_happens_once', 'is missing'],
  ['a column more', 'alter table levelb.approval add column more text', 'relation levelb.approval'],
  ['a schema open', 'grant create on schema levelb to public', 'schema levelb'],
]

test.each(changes)(
  '%s: changed before bootstrap, it is named inside and from outside',
  async (_, statement, object, difference = 'is not as shipped') => {
    await database.sql.unsafe(statement)
    expect(await outside()).toContainEqual({ object, difference })
    expect(await inside()).toMatchObject({ ok: false, detail: expect.stringContaining(`${object} ${difference}`) })
  },
)

test('B240 › a superuser who also replaces the list and the comparison is believed inside, and found from outside', async () => {
  await database.sql.unsafe(`
    alter table levelb.approval disable trigger levelb_20_append_only;
    create or replace function levelb._shipped_differences() returns table (object text, difference text) language sql stable
      set search_path = pg_catalog, pg_temp as $$ select ''::text, ''::text where false $$;
    create or replace function levelb._installed_objects() returns table (object text, digest text) language sql stable
      set search_path = pg_catalog, pg_temp as $$ select '', '' $$;
    create or replace function levelb._shipped_objects() returns table (object text, digest text) language sql immutable
      set search_path = pg_catalog, pg_temp as $$ select '', '' $$`)
  expect(await inside()).toMatchObject({ ok: true })
  expect((await outside()).map(({ object }) => object)).toEqual([
    'function levelb._installed_objects()',
    'function levelb._shipped_differences()',
    'trigger levelb_20_append_only on levelb.approval',
  ])
})

test('what the session sets does not look like a change', async () => {
  await database.sql.unsafe(
    `set quote_all_identifiers = on; set search_path = levelb, public; set bytea_output = 'escape'`,
  )
  expect(await outside()).toEqual([])
  expect(await inside()).toMatchObject({ ok: true })
})

test('the list of sql/ is that of the bundle', () => {
  const list = readFileSync(new URL('../../sql/78-shipped-objects.sql', import.meta.url), 'utf8')
  expect(bundleText()).toContain(list.trimEnd())
})

let w: World
const as = async (by: string, args: readonly string[]) => levelb(['readiness', ...args, '--url', await w.urlOf(by)])

test('levelb readiness › exit 0 with a table and with JSON, for those who may look', async () => {
  w = await world()
  const { status, stdout, stderr } = await as('aud', ['--full'])
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(stdout).toMatch(/^OPERATOR_HANDOFF\n/)
  expect(stdout).toMatch(/ledger\b.*yes/)
  const { status: exit, stdout: line } = await as('olga', ['--json'])
  const output = ReadinessOutput.parse(JSON.parse(line))
  expect({ exit, mode: output.mode }).toEqual({ exit: 0, mode: 'OPERATOR_HANDOFF' })
  expect(output.items.find(({ item }) => item === 'shipped_objects')).toMatchObject({
    ok: true,
    checked: 'every object of levelb against package levelb 0.1.0, from outside',
  })
  expect(await as('ann', [])).toMatchObject({
    status: 1,
    stdout: '',
    stderr: expect.stringContaining('approver, operator or auditor'),
  })
})

test('levelb readiness › exit 1 in AUTHOR_MODE with the hint, and where only the comparison from outside finds something', async () => {
  w = await world()
  await w.sql.unsafe('alter role levelb_deploy createrole')
  const broken = await as('aud', [])
  await w.sql.unsafe('alter role levelb_deploy nocreaterole')
  expect(broken).toMatchObject({
    status: 1,
    stdout: expect.stringContaining('roles: As a superuser: alter role levelb_deploy nocreaterole;'),
    stderr: 'levelb: AUTHOR_MODE: roles\n  next: docs/readiness.md says of each item how it is mended\n',
  })
  // what was done before the incarnation entry is what that entry says
  await pastGuard(w.sql, 'alter function levelb._seal(boolean) cost 7')
  await w.sql`select levelb.rebind('taken for right')`
  expect((await w.sql`select levelb.mode() as mode`)[0]?.mode).toBe('OPERATOR_HANDOFF')
  const { status, stdout } = await as('aud', ['--json'])
  const item = ReadinessOutput.parse(JSON.parse(stdout)).items.find(({ item }) => item === 'shipped_objects')
  expect([status, item?.ok, item?.detail]).toEqual([1, false, 'function levelb._seal(boolean) is not as shipped'])
  expect(await as('aud', [])).toMatchObject({
    status: 1,
    stdout: expect.stringMatching(/^OPERATOR_HANDOFF, says the database of itself, and it does not hold:\n/),
    stderr: expect.stringMatching(/^levelb: not as the database says: shipped_objects\n/),
  })
})

test('levelb readiness › what stops activations stands before what does not, and SQL on a line of its own', async () => {
  w = await world()
  const reader = w.role('reader')
  await w.sql.unsafe(`alter role ${reader} createrole; grant ${w.role('app')} to levelb_deploy`)
  const { stdout } = await as('aud', [])
  await w.sql.unsafe(`alter role ${reader} nocreaterole; revoke ${w.role('app')} from levelb_deploy`)
  expect(stdout.slice(stdout.indexOf('Activations are refused'))).toBe(`Activations are refused until this is done:
  dangerous_logins: Declare it, by a migration of kind policy that names it in break_glass.logins, or take it away.
    As a superuser: alter role ${reader} nocreaterole;
Also:
  temporary_of_public: Where no application makes any. Where bootstrap found it so, the revoke is drift, to be explained (docs/drift.md).
    As a superuser: revoke temporary on database ${w.name} from public;
  takeover: When ownership has moved.
    As a superuser: revoke ${w.role('app')} from levelb_deploy;
  create_on_database: As a superuser: grant create on database ${w.name} to levelb_deploy;
  drift: levelb drift, or select * from levelb.drift(), lists it: undo it, or explain it under quorum (docs/drift.md).
NO: activations are refused; no: told, not required; -: not checked.
`)
})

test('levelb readiness › who cannot log in is named where nobody can approve', async () => {
  w = await world()
  const set = (word: string) =>
    w.sql.unsafe(['bob', 'carol', 'dan'].map((name) => `alter role ${w.role(name)} ${word};`).join(' '))
  await set('nologin')
  const [item] = await w.sql`select hint from levelb.readiness() where item = 'policy_satisfiable'`
  await set('login')
  expect(item?.hint).toMatch(/^Let bob, carol, dan log in again; or a migration of kind principal enrols more,/)
  expect(item?.hint).toMatch(
    new RegExp(
      `As a superuser: ${['bob', 'carol', 'dan'].map((name) => `alter role ${w.role(name)} login;`).join(' ')}$`,
    ),
  )
})
