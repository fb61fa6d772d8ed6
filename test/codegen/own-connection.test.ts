import postgres from 'postgres'
import { beforeAll, expect, test } from 'vitest'
import { ExecutionFailed, OutcomeUnknown, ReadbackMismatch } from '../../src/errors.ts'
import type { Connection } from '../../src/own-connection.ts'
import { connect } from '../client.ts'
import type { TestDatabase } from '../database.ts'
import { installed, shopSchema } from './fixture.ts'
import { NotPaid, sell, TillBusy } from './shop/generated/index.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await installed(shopSchema())
})

const failure = (mode: string) => sell(database.url, { sku: 'saw', mode }).catch((reason: unknown) => reason)

test('calls on a connection of its own, armed, and closes it', async () => {
  const sale = await sell(database.sql, { sku: 'saw' })
  const [here] = await database.sql`select pg_backend_pid() as pid`
  expect(sale).toMatchObject({ sku: 'saw', outcome: 'sold', timeout: '1min' })
  expect(sale.backend).not.toBe(here?.pid)
  await expect
    .poll(async () => (await database.sql`select from pg_stat_activity where pid = ${sale.backend}`).length)
    .toBe(0)
})

test('arms the timeout that is asked for', async () => {
  expect(await sell(database.url, { sku: 'saw' }, { timeoutMs: 1500 })).toMatchObject({ timeout: '1500ms' })
  await expect(sell(database.url, { sku: 'saw' }, { timeoutMs: 0 })).rejects.toThrow(TypeError)
})

test('sends one statement of the admitted grammar', async () => {
  const { query } = await sell(database.url, { sku: 'saw', mode: 'sold' })
  expect(query.split(/\s+/).join(' ')).toBe(
    'select r.sale_id::pg_catalog.text as "saleId", r.sku as "sku", r.outcome as "outcome", r.code as "code", ' +
      'r.reason as "reason", r.error::pg_catalog.text as "error", r.query as "query", r.timeout as "timeout", r.backend as "backend", ' +
      'pg_catalog.to_char(r.at at time zone \'UTC\', \'YYYY-MM-DD"T"HH24:MI:SS.US"Z"\') as "at" ' +
      'from shop.sell( sku => $1::pg_catalog.text, mode => $2::pg_catalog.text ) as r where not (r is null)',
  )
})

test.each<[string, (url: string) => Connection]>([
  ['a URL', (url) => url],
  ['options', (url) => ({ ...postgres(url).options, max: 3 }) as unknown as Connection],
  ['a client with transforms', (url) => connect(url, { transform: postgres.camel })],
])('takes %s', async (_name, connection) => {
  expect(await sell(connection(database.url), { sku: 'saw' })).toMatchObject({ outcome: 'sold' })
})

test('is refused inside begin, before anything is sent', async () => {
  const inside = database.sql.begin((tx) => sell(tx as unknown as Connection, { sku: 'saw' }))
  await expect(inside).rejects.toThrow(/^shop\.sell opens a connection of its own and cannot run inside begin/)
})

test('another outcome is thrown as the class of its code, with the row', async () => {
  const error = await failure('LB204')
  expect(error).toBeInstanceOf(NotPaid)
  expect(error).toMatchObject({
    message: 'LB204',
    detail: { missing: 2 },
    hint: 'Pay.',
    row: { outcome: 'refused', code: 'LB204' },
  })
})

test("a step's own error is ExecutionFailed, with its SQLSTATE and the row", async () => {
  const error = await failure('23505')
  expect(error).toBeInstanceOf(ExecutionFailed)
  expect(error).toMatchObject({ code: '23505', row: { outcome: 'refused' } })
})

test('what is raised has its class', async () => {
  expect(await failure('raise')).toBeInstanceOf(TillBusy)
})

test('a row that another connection reads differently is not believed', async () => {
  expect(await failure('lie')).toBeInstanceOf(ReadbackMismatch)
})

test('a connection that breaks leaves the outcome open, and says so', async () => {
  const error = await failure('die')
  expect(error).toBeInstanceOf(OutcomeUnknown)
  expect(error).toMatchObject({ code: '08007', message: 'the connection broke while shop.sell ran' })
})

test('a server that is not there is told from one that went away', async () => {
  const call = sell({ host: '127.0.0.1', port: 1, connect_timeout: 1 }, { sku: 'saw' })
  await expect(call).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})
