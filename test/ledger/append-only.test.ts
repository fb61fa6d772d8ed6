// Append-only means it, for superusers too while the triggers are on.
import { expect, test } from 'vitest'
import { connect } from '../client.ts'
import { factRows, refusal, sealedLedger } from './ledger.ts'

const tables = ['withdrawal', 'leaf', 'ledger'] as const

test.each([...tables, '_head'])('a superuser cannot UPDATE, DELETE or TRUNCATE %s (B066, B067)', async (table) => {
  const { sql } = await sealedLedger(1)
  const column = { withdrawal: 'reason', leaf: 'content', ledger: 'root', _head: 'root' }[table]
  for (const [operation, text] of [
    ['UPDATE', `update levelb.${table} set ${column} = ${column}`],
    ['DELETE', `delete from levelb.${table}`],
    ['TRUNCATE', `truncate levelb.${table}`],
  ] as const)
    expect(await refusal(sql.unsafe(text))).toEqual({ code: 'LB301', detail: { table, operation } })
})

test.each(tables)('session_replication_role = replica does not open %s (B068)', async (table) => {
  const { sql } = await sealedLedger(1)
  await sql`set session_replication_role = replica`
  expect(await refusal(sql.unsafe(`delete from levelb.${table}`))).toEqual({
    code: 'LB301',
    detail: { table, operation: 'DELETE' },
  })
})

test('a superuser cannot INSERT a fact', async () => {
  const { sql } = await sealedLedger(1)
  expect(await refusal(sql.unsafe(factRows(1)))).toEqual({
    code: 'LB301',
    detail: { table: 'withdrawal', operation: 'INSERT' },
  })
})

test.each(['withdrawal', 'leaf', 'ledger', '_unsealed'])('COPY does not load rows into %s (B075)', async (table) => {
  const { sql } = await sealedLedger(1)
  const rows = {
    withdrawal: '0001_grant,9,bob,bob,because,2026-11-02,42',
    leaf: '99,withdrawal,[],{},2026-11-02',
    ledger: `99,99,\\x${'00'.repeat(32)},\\x${'00'.repeat(32)},2026-11-02`,
    _unsealed: '99',
  }[table]
  const loading = sql.unsafe(
    `copy levelb.${table} from program 'echo ''${rows?.replaceAll('\\', '\\\\')}''' (format csv)`,
  )
  expect(await refusal(loading)).toEqual({ code: 'LB301', detail: { table, operation: 'INSERT' } })
})

test('logical apply cannot write: as the owner, but in replica mode (B076)', async () => {
  const ledger = await sealedLedger(1)
  const sql = connect(ledger.url)
  try {
    await sql`set session_replication_role = replica`
    expect(await refusal(ledger.channel(factRows(1), sql))).toEqual({
      code: 'LB301',
      detail: { table: 'withdrawal', operation: 'INSERT' },
    })
  } finally {
    await sql.end()
  }
})

test('set role levelb_owner is not the channel', async () => {
  const { sql } = await sealedLedger(1)
  await sql`set role levelb_owner`
  expect(await refusal(sql.unsafe(factRows(1)))).toEqual({
    code: 'LB301',
    detail: { table: 'withdrawal', operation: 'INSERT' },
  })
})

test('set session authorization levelb_owner is not the channel', async () => {
  const { sql } = await sealedLedger(1)
  await sql`set session authorization levelb_owner`
  expect(await refusal(sql.unsafe(factRows(1)))).toMatchObject({ code: 'LB301' })
})

test('a superuser cannot put a leaf or an entry into the tree by calling the private functions (B082)', async () => {
  const ledger = await sealedLedger(1)
  await ledger.facts(1)
  expect(await refusal(ledger.sql`select levelb._seal(true)`)).toMatchObject({ code: 'LB301' })
})

test('the channel itself can neither change nor delete a fact, a leaf or an entry', async () => {
  const ledger = await sealedLedger(1)
  for (const table of tables)
    for (const [operation, text] of [
      [
        'UPDATE',
        `update levelb.${table} set ${table === 'ledger' ? 'sealed_at = sealed_at' : table === 'leaf' ? 'at = at' : 'at = at'}`,
      ],
      ['DELETE', `delete from levelb.${table}`],
    ] as const)
      expect(await refusal(ledger.channel(text))).toEqual({ code: 'LB301', detail: { table, operation } })
})
