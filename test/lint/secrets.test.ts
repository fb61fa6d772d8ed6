// Text is kept for ever: what looks like a secret is refused when it is staged, and never repeated.
import { beforeAll, describe, expect, test } from 'vitest'
import { findSecret, secretRules } from '../../src/json/secrets.ts'
import { zodVerdicts } from '../check/judge.ts'
import type { Json } from '../check/mutations.ts'
import { documentOf, refusal, type World, world } from '../world.ts'

let w: World

beforeAll(async () => {
  w = await world()
})

const key = ['-----BEGIN OPENSSH', 'PRIVATE KEY-----'].join(' ')
const access = `AKIA${'ABCDEFGHIJKLMNOP'}`

const secrets: [string, string][] = [
  ['password', `alter user mapping for a server s options (add password 'Zq7!')`],
  ['password', `create user mapping for a server s options (user 'u', "password" $p$Zq7!$p$)`],
  ['password', `do $$ begin execute 'alter role a password ''Zq7!'''; end $$`],
  ['password', `select 1 -- the passphrase 'Zq7!'`],
  ['password', `select 1 /* encrypted password E'Zq7!' */`],
  ['password in a connection string', `select dblink_connect('host=db user=u password=Zq7!')`],
  [
    'password in a connection string',
    `create subscription s connection 'password=''Zq7!'' host=db' publication p with (connect = false)`,
  ],
  ['password in a URL', `select dblink_connect('postgres://u:Zq7!@db/x')`],
  ['password in a URL', `comment on table t is 'see https://bot:Zq7!@example.org/'`],
  ['secret in options', `create server s foreign data wrapper w options (api_key 'Zq7!')`],
  ['secret in a setting', `alter database d set "app.jwt_secret" to 'Zq7!'`],
  ['secret in a setting', `set local app.api_key = 'Zq7!'`],
  ['password verifier', `select 'SCRAM-SHA-256$4096:Zq7Zq7Zq7Zq7$x:y'`],
  ['password verifier', `select 'md5${'0123456789abcdef'.repeat(2)}'`],
  ['private key', `select '${key}'`],
  ['access key', `select '${access}'`],
]

const innocent = [
  'alter role a password null',
  'select password from users',
  'update users set password = crypt(new.password, gen_salt($$bf$$))',
  `select format('host=%s user=%s password=%s', h, u, p)`,
  `select format('postgres://%s:%s@db', u, p)`,
  `set password_encryption = 'scram-sha-256'`,
  `comment on column users.password is 'a hash'`,
  `select * from t where password = $1`,
  `raise notice 'password ''%'' is short', x`,
  `options (user 'u', password '<password>')`,
  `select 'password=***'`,
  'https://example.org:8080/x@y',
  `alter role a valid until 'x'`,
  'host=db user=u dbname=x',
  'postgres://u@db/x',
  `grant select (token) on t to a`,
]

test('the rules are the same in SQL and in TypeScript', async () => {
  expect([...(await w.sql`select secret, pattern, hint from levelb._secret_rules()`)]).toEqual(secretRules)
})

test.each(secrets)('a %s: %s', async (secret, text) => {
  const document = documentOf('select 1', {
    steps: [{ name: 'one', apply: 'select 1', rollback: `select 'é😀';\n${text}` }],
  })
  const error = await refusal(w.stage('0001_secret', document))
  expect(error).toMatchObject({ code: 'LB014', detail: { field: 'steps[0].rollback', line: 2, secret } })
  expect(JSON.stringify(error)).not.toMatch(/Zq7|AKIA|0123456789/)
  expect(zodVerdicts('document', document as Json)[0]).toEqual({ code: 'LB014', field: 'steps[0].rollback' })
  const at = findSecret(`select 'é😀';\n${text}`)?.at ?? 0
  expect(error.detail.position).toBe([...`select 'é😀';\n${text}`.slice(0, at)].length + 1)
})

test('what only names a password passes', async () => {
  const rows = await w.sql<{ text: string }[]>`
    select e.value as text from jsonb_array_elements_text(${JSON.stringify(innocent)}::text::jsonb) e
     where (levelb._find_secret(e.value)).position is not null`
  expect(rows.map((row) => row.text)).toEqual([])
  expect(innocent.filter((text) => findSecret(text) !== undefined)).toEqual([])
})

describe('where texts stand', () => {
  const text = `password 'Zq7!'`
  test.each([
    ['title', { title: text }],
    ['description', { description: text }],
    ['change_ref', { change_ref: text }],
    ['steps[0].verify', { steps: [{ name: 'a', apply: 'select 1', verify: `select ${text}` }] }],
    [
      'steps[0].roles.set[0].value',
      { steps: [{ name: 'a', roles: { set: [{ role: 'r', name: 'app.dsn', value: 'host=a password=Zq7!' }] } }] },
    ],
  ])('%s', async (field, change) => {
    const document = documentOf('select 1', change)
    expect(await refusal(w.stage('0001_secret', document))).toMatchObject({ code: 'LB014', detail: { field } })
    expect(zodVerdicts('document', document as Json)[0]).toEqual({ code: 'LB014', field })
  })

  test('the reason of a decision', async () => {
    await w.stage('0002_reasons', 'select 1')
    const [row] = await w.sql`select manifest_hash as hash from levelb.manifest where migration_id = '0002_reasons'`
    const [bob, ann] = [await w.as('bob'), await w.as('ann')]
    const detail = { field: 'reason', position: 1, line: 1, column: 1, secret: 'password' }
    for (const call of [
      bob`select * from levelb.approve('0002_reasons', ${row?.hash}, ${text})`,
      bob`select * from levelb.reject('0002_reasons', ${row?.hash}, ${text})`,
      ann`select * from levelb.withdraw('0002_reasons', ${text})`,
    ])
      expect(await refusal(call)).toMatchObject({ code: 'LB014', detail })
  })
})

describe('accept', () => {
  const looks = `comment on table shop.orders is 'password ''none'''`
  const entry = { rule: 'LB014', object: 'steps[0].apply', reason: 'A label, no password.' }
  const judge = async (accept: unknown, apply = looks) => {
    const document = documentOf(apply, { accept })
    const [row] = await w.sql`
      select (levelb._check_document(${w.sql.json(document as never)}) -> 'accept')::text as accept`.catch((error) => [
      { refused: { code: error.code, ...JSON.parse(error.detail) } },
    ])
    const verdict = row?.refused ? { code: row.refused.code, field: row.refused.field } : null
    expect(zodVerdicts('document', document as Json)[0] ?? null).toEqual(verdict)
    return verdict
  }

  test('a finding that the document accepts is none, and the reason is part of what is approved', async () => {
    expect(await judge([entry])).toBe(null)
    const manifest = await w.stage('0003_accepted', documentOf(looks, { accept: [entry] }))
    expect(JSON.parse(manifest.content as string)).toMatchObject({ accept: [entry] })
  })

  test('it accepts this rule at this field and no other', async () => {
    expect(await judge([{ ...entry, object: 'steps[0].rollback' }])).toEqual({ code: 'LB014', field: 'steps[0].apply' })
    expect(await judge([entry], `vacuum; ${looks}`)).toEqual({ code: 'LB011', field: 'steps[0].apply' })
  })

  test('an entry that accepts nothing is refused: it would hide what a later revision brings', async () => {
    expect(await judge([entry], 'select 1')).toEqual({ code: 'LB001', field: 'accept[0]' })
    expect(await judge([entry, { ...entry, object: 'title' }])).toEqual({ code: 'LB001', field: 'accept[1]' })
  })

  test('its shape is {rule, object, reason}, each once', async () => {
    expect(await judge([entry, entry])).toEqual({ code: 'LB001', field: 'accept[1]' })
    expect(await judge([{ ...entry, rule: 'LB006' }])).toEqual({ code: 'LB001', field: 'accept[0].rule' })
    expect(await judge([{ rule: 'LB014', object: 'steps[0].apply' }])).toEqual({
      code: 'LB001',
      field: 'accept[0].reason',
    })
    expect(await judge([{ ...entry, reason: ' ' }])).toEqual({ code: 'LB001', field: 'accept[0].reason' })
  })
})
