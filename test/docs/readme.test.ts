import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { install } from '../../src/install.ts'
import { RoleDocument } from '../../src/json/role-document.ts'
import { bundleText, freshDatabase, type TestDatabase } from '../database.ts'
import { pastGuard } from '../past-guard.ts'
import { psql } from '../psql.ts'
import { blocks, sessions } from './console.ts'
import { membersOf, membersOfSchema } from './members.ts'

const page = (name: string) => new URL(`../../${name}`, import.meta.url)
const people = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank', 'ci', 'reporting', 'metabase', 'shop_app']

/** Roles are one for the cluster: the page's names stand for this test's roles. */
const renamed = (database: TestDatabase, text: string) =>
  text.replaceAll(new RegExp(`\\b(${people.join('|')})\\b`, 'g'), (name) => database.role(name))
const asWritten = (database: TestDatabase, text: string) =>
  text.replaceAll(new RegExp(`\\b(${people.join('|')})${database.role('')}`, 'g'), '$1')

async function company(): Promise<TestDatabase> {
  const database = await freshDatabase()
  await Promise.all(people.map((name) => database.urlOf(name)))
  const superusers = await database.sql`select rolname from pg_roles where rolsuper and rolcanlogin`
  await database.sql.unsafe(
    'create schema app authorization levelb_deploy; create table app.orders (id int); alter table app.orders owner to levelb_deploy',
  )
  const policy = {
    name: 'readme',
    cluster: 'ignore',
    quorum: [{ approvals: 2, groups: { dba: 1 } }],
    effects: 'classes',
    break_glass: { logins: superusers.map((row) => row.rolname) },
  }
  const principals = [
    ['alice', 'author', []],
    ['bob', 'approver', ['dba']],
    ['carol', 'approver', ['dba']],
    ['erin', 'operator', []],
  ].map(([name, duty, groups]) => ({
    principal: name,
    nature: 'person',
    logins: [database.role(name as string)],
    duties: [duty],
    groups,
  }))
  await database.sql`select levelb.bootstrap(${database.sql.json(policy as never)}, ${database.sql.json(principals as never)})`
  return database
}

test('README › the psql sessions print what the page says', async () => {
  const database = await company()
  const [first = '', second = '', past = '', mode = ''] = blocks(page('README.md'), 'console')
  const run = async (login: string | undefined, calls: { statement: string; output: string[] }[]) => {
    const url = login === undefined ? database.url : await database.urlOf(login)
    const result = await psql(url, ...calls.flatMap(({ statement }) => ['-c', renamed(database, statement)]))
    const printed = asWritten(database, result.stdout + result.stderr)
    for (const line of calls.flatMap(({ output }) => output)) expect(printed).toContain(line)
  }
  expect(sessions(first)).toHaveLength(2)
  for (const { login, calls } of sessions(first)) await run(login, calls)
  const [manifest] = await database.sql`select manifest_hash::text as hash from levelb.manifest`
  for (const name of ['bob', 'carol']) {
    const approved = await psql(
      await database.urlOf(name),
      '-c',
      `select levelb.approve('0001_report', '${manifest?.hash}')`,
    )
    expect(approved).toMatchObject({ status: 0 })
  }
  await run('erin', [
    { statement: "set statement_timeout = '60s'", output: [] },
    { statement: "select outcome from levelb.activate('0001_report')", output: ['activated'] },
  ])
  for (const { calls } of sessions(second)) await run('erin', calls)
  expect(sessions(past).map(({ login, calls }) => [login, calls.length])).toEqual([
    [undefined, 2],
    ['bob', 1],
  ])
  for (const { login, calls } of sessions(past)) await run(login, calls)
  for (const { calls } of sessions(mode)) await run('bob', calls)

  // what stands below: nothing else is activated
  const next = { title: 't', description: 'd', classes: ['acl'] }
  const steps = [{ name: 'one', apply: 'grant select on app.orders to public', rollback: 'select 1' }]
  const alice = await database.as('alice')
  const [{ hash } = { hash: '' }] = await alice<{ hash: string }[]>`
    select manifest_hash::text as hash from levelb.stage('0002_next', ${alice.json({ ...next, steps })})`
  for (const name of ['bob', 'carol'])
    await psql(await database.urlOf(name), '-c', `select decision from levelb.approve('0002_next', '${hash}')`)
  const refused = await psql(
    await database.urlOf('erin'),
    ...['-c', "set statement_timeout = '60s'", '-c', "select code from levelb.activate('0002_next')"],
  )
  expect(refused.stdout).toContain('LB302')
})

test('README › an approval may hold the hash as psql quotes a variable', async () => {
  const database = await company()
  const alice = await database.as('alice')
  const document = {
    title: 't',
    description: 'd',
    classes: ['acl'],
    steps: [{ name: 'one', apply: 'select 1', rollback: 'select 1' }],
  }
  const [manifest] =
    await alice`select manifest_hash::text as hash from levelb.stage('0001_x', ${alice.json(document)})`
  const bob = await database.as('bob')
  // what psql sends for :'hash'
  const [row] = await bob.unsafe(`select decision from levelb.approve('0001_x', E'\\\\x${manifest?.hash.slice(2)}')`)
  expect(row).toEqual({ decision: 'approve' })
})

test('README › the TypeScript runs, and what is missing is said as the comment says', async () => {
  const database = await company()
  const [block = ''] = blocks(page('README.md'), 'ts')
  const [, imported = '', code = ''] = /^import \{([^}]*)\} from 'levelb'\n([\s\S]*)$/.exec(block) ?? []
  const parent = mkdtempSync(join(tmpdir(), 'levelb-readme-'))
  onTestFinished(() => rmSync(parent, { recursive: true }))
  const folder = join(parent, '0001_report')
  mkdirSync(folder)
  writeFileSync(
    join(folder, 'levelb.json'),
    '{"title": "Let reporting read orders", "description": "OPS-7", "classes": ["acl"]}',
  )
  writeFileSync(join(folder, 'apply.sql'), renamed(database, 'grant select on app.orders to reporting;'))
  writeFileSync(join(folder, 'rollback.sql'), renamed(database, 'revoke select on app.orders from reporting;'))
  const said: string[] = []
  const say = (value: unknown) => said.push(JSON.stringify(value))
  const given = {
    author: await database.as('alice'),
    bob: await database.as('bob'),
    process: { env: { OPERATOR_URL: await database.urlOf('erin') } },
    console: { log: say, error: say },
  }
  const levelb: Record<string, unknown> = await import('../../src/index.ts')
  const names = imported.split(',').map((name) => name.trim())
  expect(names.filter((name) => !(name in levelb))).toEqual([])
  const run = async (text: string) => {
    const body = new Function(...names, ...Object.keys(given), `return (async () => {${text}})()`)
    await body(...names.map((name) => levelb[name]), ...Object.values(given))
  }
  await run(code.replace("'migrations/0001_report'", JSON.stringify(folder)))
  expect(said).toEqual([expect.stringContaining('"missing":"1 more approval"')])
  const hash = "select manifest_hash as hash from levelb.review('0001_report') \\gset"
  const script = join(parent, 'carol.psql')
  writeFileSync(script, `${hash}\nselect decision from levelb.approve('0001_report', :'hash');`)
  expect(await psql(await database.urlOf('carol'), '-f', script)).toMatchObject({ status: 0, stderr: '' })
  await run(`const migrationId = '0001_report'; ${code.slice(code.indexOf('try {'))}`)
  expect(said[1]).toContain('app.orders')
})

test('docs › the bootstrap of install.md is accepted and makes the database ready', async () => {
  const database = await freshDatabase()
  await Promise.all(people.map((name) => database.urlOf(name)))
  const [superuser] = await database.sql`select current_user as name`
  const [bootstrap = '', takeover = ''] = blocks(page('docs/install.md'), 'sql')
  const here = (text: string) =>
    renamed(database, text)
      .replace('["postgres"]', JSON.stringify([superuser?.name]))
      .replace('"govern"', '"ignore"')
  await database.sql.unsafe(here(bootstrap))
  expect(await database.sql`select levelb.mode()`).toEqual([{ mode: 'OPERATOR_HANDOFF' }])
  const [grant, revoke] = here(takeover).split('\n')
  await database.sql.unsafe(grant ?? '')
  const detail = async () => (await database.sql`select ok from levelb.readiness() where item = 'takeover'`)[0]?.ok
  expect(await detail()).toBe(false)
  await database.sql.unsafe(revoke ?? '')
  expect(await detail()).toBe(true)
})

test('docs › the role document of path.md has every member there is, and does what it says', async () => {
  const database = await company()
  const { sql, role } = database
  const text = blocks(page('docs/path.md'), 'json')[0] ?? ''
  const [adopted, member, old, made] = [role('app_ro'), role('intern'), role('app_old'), role('reporting')]
  await sql.unsafe(`drop role ${made}; create role ${adopted}; create role ${member}; create role ${old};
    alter role ${adopted} set work_mem = '8MB'; grant ${adopted}, ${old} to levelb_roles with admin option;
    set role levelb_roles; grant ${adopted} to ${member}; reset role`)
  // the cluster's other databases may govern
  const here = renamed(database, text)
    .replaceAll(/"(app_ro|app_old|intern)"/g, (_, name) => `"${role(name)}"`)
    .replace('"database": "shop"', `"database": "${database.name}"`)
  const step = JSON.parse(here)
  expect(membersOf(step.roles)).toEqual(membersOfSchema(RoleDocument))
  const document = { title: 't', description: 'd', steps: [step] }
  const [row] = await sql`select levelb._check_document(${sql.json(document)}) -> 'steps' -> 0 as step`
  expect(row?.step).toEqual(step)
  await sql.begin(async (sql) => {
    // the step alone, as an activation hands it out: no database of a test governs the roles of the cluster
    await pastGuard(
      sql,
      `create or replace function levelb._pending_step(part text) returns levelb._pending language sql
      as $$ select null::text[], null, '${JSON.stringify(step.roles)}'::jsonb, null, false $$`,
    )
    await sql`select levelb_exec.execute_roles()`
  })
  const state = await sql`select rolname as name, rolinherit as inherit, rolconnlimit as limit from pg_roles
    where rolname = any(${[adopted, old, made]}) order by rolname`
  expect(state).toEqual([
    { name: adopted, inherit: false, limit: 20 },
    { name: made, inherit: true, limit: 5 },
  ])
  const memberships = await sql`select member::regrole::text as name from pg_auth_members
    where roleid = ${adopted}::regrole and member <> 'levelb_roles'::regrole`
  expect(memberships).toEqual([{ name: made }])
  const settings = await sql`select unnest(setconfig) as setting from pg_db_role_setting
    where setrole = any(${[adopted, made]}::text[]::regrole[]) order by 1`
  expect(settings.map(({ setting }) => setting)).toEqual(['search_path=app, public', 'statement_timeout=5min'])
})

test('docs › every link of the pages leads to a file', () => {
  const pages = ['README.md', ...readdirSync(page('docs')).map((name) => `docs/${name}`)]
  const broken = pages.flatMap((name) =>
    [...readFileSync(page(name), 'utf8').matchAll(/\]\(([^)#]+)\)/g)]
      .map((match) => match[1] ?? '')
      .filter((target) => !target.startsWith('http') && !existsSync(new URL(target, page(name)))),
  )
  expect(broken).toEqual([])
})

test('docs › the psql script of path.md succeeds where the migration was activated, and only there', async () => {
  const database = await company()
  const script = /^```\n(\\set ON_ERROR_STOP[\s\S]*?)^```$/m.exec(readFileSync(page('docs/path.md'), 'utf8'))?.[1] ?? ''
  const folder = mkdtempSync(join(tmpdir(), 'levelb-docs-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'script.psql'), script)
  const document = {
    title: 't',
    description: 'two\nlines',
    classes: ['acl'],
    steps: [
      { name: 'grant', apply: `grant select on app.orders\nto ${database.role('reporting')};\n`, rollback: 'select 1' },
    ],
  }
  writeFileSync(join(folder, 'document.json'), JSON.stringify(document))
  const staged = `\\set document \`cat ${join(folder, 'document.json')}\`
select manifest_hash from levelb.stage('0001_report', :'document') \\gset
\\echo :manifest_hash\n`
  writeFileSync(join(folder, 'stage.psql'), staged)
  const [hash] = (await psql(await database.urlOf('alice'), '-f', join(folder, 'stage.psql'))).stdout.trim().split('\n')
  const run = async () => (await psql(await database.urlOf('erin'), '-f', join(folder, 'script.psql'))).status

  expect(await run()).toBe(3)
  for (const name of ['bob', 'carol']) {
    await psql(await database.urlOf(name), '-c', `select decision from levelb.approve('0001_report', '${hash}')`)
  }
  expect(await run()).toBe(0)
  const [step] = await database.sql`select apply from levelb.step`
  expect(step?.apply).toBe(document.steps[0]?.apply)
})

/** The three blocks of "Uninstall": of the database, what to grant again, of the cluster. */
const uninstall = () => blocks(page('docs/install.md'), 'sql').slice(-3) as [string, string, string]

test('docs › the uninstall of install.md leaves nothing in the database, and levelb installs again', async () => {
  const database = await company()
  const owner = database.role('new_owner')
  await database.sql.unsafe(`create role ${owner}`)
  await database.sql.unsafe(uninstall()[0].replaceAll(/NEW_(OWNER|DEFINER)/g, owner))
  expect(
    await database.sql`select 'app.orders'::regclass::oid as oid, relowner::regrole::text as owner from pg_class
    where oid = 'app.orders'::regclass`,
  ).toMatchObject([{ owner }])
  const left = await database.sql`
    select 'right on the database' as what where has_database_privilege('levelb_deploy', current_database(), 'create')
    union all select 'role home' from pg_db_role_setting s join pg_database d on d.oid = s.setdatabase where d.datname = current_database()
    union all select 'right on pg_authid' from pg_attribute
      where attrelid::regclass::text in ('pg_authid', 'pg_user_mapping', 'pg_subscription')
        and attacl::text like '%levelb_owner%'
    union all select 'schema ' || nspname from pg_namespace where starts_with(nspname, 'levelb')`
  expect(left).toEqual([])
  expect(await install(database.url, { bundle: bundleText() })).toMatchObject({ installed: true })
})
