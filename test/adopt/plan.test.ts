// What is planned for a state, without a server.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { filesOf } from '../../src/adopt/folder.ts'
import type { OwnedObject } from '../../src/adopt/objects.ts'
import { type Plan, planOf, type Wishes } from '../../src/adopt/plan.ts'
import type { Present } from '../../src/adopt/present.ts'
import { farReaching, ownersOfLevelb, type Role } from '../../src/adopt/roles.ts'
import { settingValue } from '../../src/adopt/statement.ts'
import { wayBack } from '../../src/cli/adopt.ts'
import { MigrationDocument } from '../../src/json/migration-document.ts'
import { PolicyDocument } from '../../src/json/policy-document.ts'
import { Principals } from '../../src/json/principals.ts'

const role = (name: string, more: Partial<Role> = {}): Role => ({
  oid: 20000,
  name,
  canLogin: true,
  isSuperuser: false,
  createsRoles: false,
  bypassesRowSecurity: false,
  replicates: false,
  inherits: true,
  connectionLimit: -1,
  validUntil: null,
  sessions: 0,
  ...more,
})

const table = (identity: string, owner: string, more: Partial<OwnedObject> = {}): OwnedObject => ({
  type: 'table',
  identity,
  schema: 'shop',
  owner,
  runsAsOwner: false,
  rowSecurity: 'off',
  isSuperusers: false,
  follows: false,
  range: null,
  isOpen: false,
  ...more,
})

/** postgres is the superuser; shop_app is an ordinary login that owns all. */
const ordinary: Present = {
  version: 180_004,
  systemIdentifier: '7',
  database: 'app',
  databaseOwner: 'postgres',
  openToPublic: ['connect', 'temporary'],
  otherDatabases: [],
  reader: 'postgres',
  reserved: ['user', 'order'],
  roles: [role('postgres', { oid: 10, isSuperuser: true }), role('shop_app')],
  memberships: [],
  objects: [table('shop', 'shop_app', { type: 'schema' }), table('shop.orders', 'shop_app')],
  named: { grants: [], policies: [], settings: [], defaults: [], mappings: [] },
  levelb: null,
}

const plan = (present: Present, wishes: Partial<Wishes> = {}): Plan =>
  planOf(present, { schemas: [], level: 'full', breakGlass: [], ...wishes })

const textOf = (present: Present, path: string, wishes?: Partial<Wishes>): string | undefined =>
  filesOf(present, plan(present, wishes)).find((file) => file.path.endsWith(path))?.text

test('where the owner is an ordinary login, a superuser only lends', () => {
  expect(plan(ordinary)).toMatchObject({ application: 'shop_app', loans: ['shop_app'], problems: [], succession: null })
  expect(filesOf(ordinary, plan(ordinary)).map(({ path }) => path)).toEqual([
    'policy.json',
    'principals.json',
    'migrations/0001_protect_shop/levelb.json',
    '02-lend.sql',
    '03-take-back.sql',
  ])
})

test('at level privileged nothing is lent, and the tool that owns it is named as migrator', () => {
  expect(plan(ordinary, { level: 'privileged' })).toMatchObject({ loans: [], migrators: ['shop_app'] })
  expect(JSON.parse(textOf(ordinary, 'levelb.json', { level: 'privileged' }) ?? '').payload).toEqual({
    schemas: [{ name: 'shop', level: 'privileged', migrators: ['shop_app'], repoint: true }],
  })
})

test('the drafts are documents that levelb takes', () => {
  for (const level of ['full', 'privileged'] as const)
    MigrationDocument.parse(JSON.parse(textOf(ordinary, 'levelb.json', { level }) ?? ''))
  PolicyDocument.parse(JSON.parse(textOf(ordinary, 'policy.json') ?? ''))
  Principals.parse(JSON.parse(textOf(ordinary, 'principals.json') ?? ''))
})

test('dangerous logins lose what is dangerous, break-glass ones and standbys do not', () => {
  const present = {
    ...ordinary,
    roles: [
      ...ordinary.roles,
      role('ann', { isSuperuser: true }),
      role('night', { isSuperuser: true }),
      role('standby', { replicates: true }),
      role('bea'),
      role('admins', { canLogin: false, createsRoles: true }),
    ],
    memberships: [{ role: 'admins', member: 'bea', grantor: 'postgres', admin: false, inherit: true, set: true }],
  }
  expect(plan(present, { breakGlass: ['night'] })).toMatchObject({ breakGlass: ['postgres', 'night', 'standby'] })
  const script = textOf(present, '01-superuser.sql', { breakGlass: ['night'] }) ?? ''
  expect(script.match(/^(alter role|revoke).*$/gm)).toEqual([
    'alter role ann nosuperuser;',
    'revoke admins from bea granted by postgres;',
  ])
  expect(textOf(present, '99-way-back.sql', { breakGlass: ['night'] })?.match(/^(alter role|grant).*$/gm)).toEqual([
    'alter role ann superuser;',
    'grant admins to bea with admin false, inherit true, set true;',
  ])
})

test('what a superuser owns beside the application goes to a role that can be lent', () => {
  // the sequence of a column goes with its table, so that nobody lends the superuser itself
  const sequence = table('shop.audit_id_seq', 'postgres', { type: 'sequence', follows: true })
  const present = { ...ordinary, objects: [...ordinary.objects, table('shop.audit', 'postgres'), sequence] }
  const application = 'shop_app'
  expect(plan(present, { application })).toMatchObject({
    newOwner: 'app_owner',
    loans: ['app_owner', 'shop_app'],
    problems: [],
  })
  expect(textOf(present, '01-superuser.sql', { application })).toContain('alter table shop.audit owner to app_owner;')
  expect(plan(present, { application, level: 'privileged' })).toMatchObject({
    newOwner: null,
    migrators: ['shop_app'],
  })
})

test('a database and a schema public of the application go to where it cannot reach them', () => {
  const present = {
    ...ordinary,
    databaseOwner: 'shop_app',
    objects: [
      table('public', 'pg_database_owner', { type: 'schema', schema: 'public' }),
      table('public.note', 'shop_app', { schema: 'public' }),
    ],
  }
  expect(textOf(present, '01-superuser.sql')?.match(/^alter (database|schema).*$/gm)).toEqual([
    'alter database app owner to postgres;',
    'alter schema public owner to levelb_deploy;',
  ])
})

const bootstrap: Present = {
  ...ordinary,
  roles: [role('user', { oid: 10, isSuperuser: true })],
  objects: [table('shop', 'user', { type: 'schema' }), table('shop.orders', 'user')],
}

test('a multirange goes where its range goes', () => {
  const type = (identity: string, owner: string, range: string | null = null) =>
    table(identity, owner, { type: 'type', range })
  const types = [
    type('shop.days', 'postgres', 'shop.day'),
    type('shop.day', 'shop_app'),
    type('shop.span', 'postgres'),
    type('shop.spans', 'shop_app', 'shop.span'),
  ]
  const present = { ...ordinary, objects: [...ordinary.objects, ...types] }
  expect(plan({ ...present, objects: [...ordinary.objects, ...types.slice(0, 2)] })).toMatchObject({
    moves: [{ from: 'postgres', to: 'shop_app', objects: [types[0]] }],
    newOwner: null,
    loans: ['shop_app'],
  })
  const application = 'shop_app'
  expect(textOf(present, '01-superuser.sql', { application })?.match(/alter type.*$/gm)).toEqual([
    'alter type shop.span owner to app_owner;',
    'alter type shop.days owner to shop_app;',
    'alter type shop.spans owner to app_owner;',
  ])
  expect(textOf(present, '99-way-back.sql', { application })?.match(/alter type.*$/gm)).toEqual([
    'alter type shop.span owner to postgres;',
    'alter type shop.days owner to postgres;',
    'alter type shop.spans owner to shop_app;',
  ])
  const renamed = {
    ...bootstrap,
    objects: [...bootstrap.objects, type('shop.days', 'ann', 'shop.day'), type('shop.day', 'user')],
  }
  expect(textOf(renamed, '99-way-back.sql')?.match(/alter type.*$/gm)).toEqual(['alter type shop.days owner to ann;'])
})

test('the bootstrap superuser is renamed to a name that is free', () => {
  expect(plan(bootstrap)).toMatchObject({ application: 'user', breakGlass: ['postgres'], loans: ['user'] })
  expect(textOf(bootstrap, '01-superuser.sql')).toContain('alter role "user" rename to postgres;')
  const taken = { ...bootstrap, roles: [...bootstrap.roles, role('postgres')] }
  expect(plan(taken).succession?.newName).toBe('break_glass')
  expect(plan(taken, { breakGlass: ['postgres'] }).problems).toHaveLength(1)
})

test('who the application is, is asked where a superuser owns all and others are at work', () => {
  const present = { ...bootstrap, roles: [...bootstrap.roles, role('web', { sessions: 3 })] }
  expect(plan(present).problems).toEqual([
    { what: 'which login the application uses cannot be told: user, web', next: 'say it with --app LOGIN' },
  ])
  expect(plan(present, { application: 'web' })).toMatchObject({ newOwner: 'app_owner', succession: null, problems: [] })
})

test('row security that a superuser goes past and a login does not stops it, until it is accepted', () => {
  const present = {
    ...bootstrap,
    objects: [
      table('shop.own', 'user', { rowSecurity: 'on' }),
      table('shop.forced', 'user', { rowSecurity: 'forced' }),
    ],
  }
  expect(plan(present).problems.map(({ what }) => what)).toEqual([
    'as an ordinary login user sees only what row security lets it see of shop.forced',
  ])
  expect(plan(present, { acceptRowSecurity: true }).problems).toEqual([])
})

test('a name cannot end a block, a comment or a literal of a script that a superuser runs', () => {
  const present = {
    ...bootstrap,
    objects: [table('shop."$adopt$; drop role x; $adopt$"', 'user'), table('shop."a\'b"', 'user')],
  }
  const script = textOf(present, '01-superuser.sql') ?? ''
  expect(script).toContain('do $adopt_$\nbegin\n  for attempt')
  const hidden = { ...bootstrap, objects: [table('shop."a\nb"', 'user')] }
  expect(plan(hidden).problems.map(({ what }) => what)).toEqual([
    'a name holds characters that cannot be seen: "shop.\\"a\\nb\\""',
  ])
})

test('a setting of a role is written as PostgreSQL takes it', () => {
  expect(settingValue('search_path', 'shop, "$user", "a,""b"')).toBe(`'shop', '$user', 'a,"b'`)
  expect(settingValue('search_path', '""')).toBe("''")
  expect(settingValue('statement_timeout', '10s')).toBe("'10s'")
  expect(settingValue('app.path', "C:\\it's")).toBe("E'C:\\\\it''s'")
})

test('roles that go round the channel are those that levelb itself knows', () => {
  const source = readFileSync(new URL('../../sql/46-strong-roles.sql', import.meta.url), 'utf8')
  const listed = (name: string) => {
    const list =
      new RegExp(`create function levelb\\.${name}\\(\\)[^;]*?return array\\[([^\\]]*)\\]`).exec(source)?.[1] ?? ''
    return [...list.matchAll(/'([^']+)'/g)].map(([, role]) => role)
  }
  expect([...farReaching]).toEqual(listed('_far_reaching_roles'))
  expect([...ownersOfLevelb]).toEqual(listed('_owner_roles'))
})

test.each(['full', 'privileged'] as const)('at level %s the way back names the scripts that there are', (level) => {
  const made = plan(ordinary, { level })
  const files = filesOf(ordinary, made).map(({ path }) => path)
  const named = [...wayBack({ files, loans: made.loans }).matchAll(/\d\d-[a-z-]+\.sql/g)].map(([name]) => name)
  expect(named).toEqual(files.filter((path) => /^(02|03|99)-/.test(path)))
  expect(named.includes('02-lend.sql')).toBe(level === 'full')
})
