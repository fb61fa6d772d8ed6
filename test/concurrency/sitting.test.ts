// An author, an approver of something else and an auditor sit in open transactions; activations do not wait for them.
import { beforeAll, beforeEach, expect, test } from 'vitest'
import type { Client } from '../client.ts'
import { pastGuard } from '../past-guard.ts'
import { full } from '../protect/shop.ts'
import { rehearse } from '../rehearsal/fixture.ts'
import { documentOf, type World, world } from '../world.ts'
import { activate, ready, type Session, session, wordOf } from './two-sessions.ts'

// Whoever waits for a lock longer than this fails, activations as well as readers.
const patience = '250 ms'

let there: World
let operator: Session
let reader: Session
let hash: string
let n = 0

beforeAll(async () => {
  there = await world({
    policy: { timeouts: { lock: patience, statement: '60s' }, rehearsal: { required: 'none', max_seconds: 30 } },
  })
  await there.through('0000_pointer', {
    title: 'Name the orders',
    description: 'for a test',
    kind: 'pointer',
    payload: { pointer: 'orders_api', target: 'shop.orders' },
  })
  // to write it out, PostgreSQL locks what the view reads
  await pastGuard(
    there.sql,
    `create view shop.told as select id from shop.orders; grant usage, create on schema shop to levelb_deploy;
     alter view shop.told owner to levelb_deploy; grant select on shop.orders to levelb_deploy`,
  )
  await there.stage('told', 'create or replace view shop.told as select id from shop.orders where id > 1')
  await there.approve('told', ['bob'])
  expect(await rehearse(there, 'told')).toMatchObject({ outcome: 'passed' })
  ;[operator, reader] = [await session(there, 'olga'), await session(there, 'reader')]
  await there.sql.unsafe(`
    grant usage on schema shop to ${there.role('reader')};
    grant select on shop.orders to ${there.role('reader')}`)
  await pastGuard(there.sql, 'create schema kept authorization levelb_deploy')
  await there.through('0000_protect', full('kept'))
  await reader.sql.unsafe(`set lock_timeout = '${patience}'`)
})

/** Fresh for each test: what is to be activated, and what the sitter decides on meanwhile. */
let target: string
let other: string
beforeEach(async () => {
  n += 1
  // Takes the strongest lock that there is on the table the reader reads.
  const [table] =
    await there.sql`select relowner::regrole::text as owner from pg_class where oid = 'shop.orders'::regclass`
  const owner = table?.owner === 'levelb_deploy' ? there.role('app') : 'levelb_deploy'
  target = await ready(there, `target_${n}`, `alter table shop.orders owner to ${owner}`)
  other = `other_${n}`
  const row = await there.stage(other, 'select 1')
  await there.approve(other, ['carol'])
  hash = `'\\x${(row.manifest_hash as Buffer).toString('hex')}'`
})

type Verb = { by: string; call: () => string }
const tables =
  'manifest step withdrawal approval activation policy principal principal_login principal_key pointer protection incident leaf ledger rehearsal audit metrics proof active_policy active_principal active_protection catalog_state'

const looks = [
  'select * from levelb.status',
  `select levelb.quorum('OTHER')`,
  `select levelb.review('OTHER')`,
  'select levelb.errors()',
  'select levelb.version()',
  'select levelb.mode()',
  'select levelb.channel_intact()',
  'select levelb.effect_text(null)',
  `select levelb.resolve('orders_api')`,
]
const tools = [
  'select levelb.readiness()',
  'select levelb.readiness(true)',
  'select levelb.drift()',
  'select levelb.drift(true)',
  'select levelb.record_drift()',
  'select levelb.seal()',
  'select levelb.verify_ledger()',
  tables
    .split(' ')
    .map((table) => `select * from levelb.${table}`)
    .join('; '),
]
const document = `'{"title": "t", "description": "d", "steps": [{"name": "one", "apply": "select 1"}]}'`

const verbs: Record<string, readonly string[]> = {
  ann: [
    `select levelb.stage('new_NUMBER', ${document})`,
    `select levelb.restage('OTHER', ${document})`,
    `select levelb.withdraw('OTHER', 'r')`,
    `select levelb_sandbox.rehearse('OTHER')`,
    `select levelb_sandbox.try(${document})`,
    `select levelb_sandbox.seed('kept')`,
    `select levelb.derive_rollback('told')`,
    ...looks,
  ],
  bob: [
    `select levelb.decision_text('OTHER')`,
    `select levelb.approve('OTHER', HASH)`,
    `select levelb.allow_rehearsal('OTHER', HASH)`,
    `select levelb.reject('OTHER', HASH, 'r')`,
    `select levelb.withdraw('OTHER', 'r')`,
    ...looks,
    ...tools,
  ],
  carol: [`select levelb.revoke('OTHER', 'r')`],
  aud: [...looks, ...tools],
}

const everything: [string, string, Verb][] = Object.entries(verbs).flatMap(([by, texts]) =>
  texts.map((text): [string, string, Verb] => {
    const call = () => text.replace('OTHER', other).replace('HASH', hash).replace('NUMBER', String(n))
    return [
      by,
      text.includes(';')
        ? 'reading every table'
        : text.replace(/^select (\* from )?levelb(_sandbox)?\./, '').replace(/\(.+\)$/, '(…)'),
      { by, call },
    ]
  }),
)

test.each(everything)('%s sits after %s: an activation and a reader do not wait', async (_, __, { by, call }) => {
  const sitter: Client = await there.as(by)
  await sitter`set statement_timeout = '30s'`
  await sitter`begin`
  try {
    await sitter.unsafe(call())
    const reading = reader.sql`select count(*)::int as rows from shop.orders`
    expect(await wordOf(activate(operator.sql, target))).toBe('activated')
    expect(await reading).toEqual([{ rows: 2 }])
    expect(await reader.sql`select count(*)::int as rows from shop.orders`).toEqual([{ rows: 2 }])
    expect(await sitter`select 1 as still_there`).toEqual([{ still_there: 1 }])
  } finally {
    await sitter`rollback`
  }
})

test('the sitters above call every verb, and read every table, that they may', async () => {
  for (const by of ['ann', 'bob', 'aud']) {
    const client = await there.as(by)
    const may = await client<{ name: string }[]>`
      select p.proname as name from pg_proc p
       where p.pronamespace in (select oid from pg_namespace where nspname in ('levelb', 'levelb_sandbox'))
         and p.proname not like '\\_%' and has_function_privilege(p.oid, 'execute')
       union select c.relname from pg_class c
       where c.relnamespace = 'levelb'::regnamespace and c.relkind in ('r', 'v') and has_table_privilege(c.oid, 'select')`
    const texts = [...(verbs[by] ?? []), ...(by === 'bob' ? (verbs.carol ?? []) : [])]
    const called = new Set(
      texts.flatMap((text) => [...text.matchAll(/levelb(?:_sandbox)?\.(\w+)/g)].map((found) => found[1])),
    )
    expect(may.map(({ name }) => name).filter((name) => !called.has(name))).toEqual([])
  }
})
