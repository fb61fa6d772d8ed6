import postgres from 'postgres'
import { beforeAll, describe, expect, test } from 'vitest'
import { LevelbError, UnexpectedResult } from '../../src/errors.ts'
import { connect } from '../client.ts'
import type { TestDatabase } from '../database.ts'
import { installed, shopSchema } from './fixture.ts'
import * as shop from './shop/generated/index.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await installed(shopSchema())
})

const soldOut = { code: 'LB001', name: 'sold_out', message: 'sold out', hint: 'Ask for another.', retryable: false }

describe('optional arguments', () => {
  test.each([
    [{ name: 'Ada' }, 'hi Ada'],
    [{ name: 'Ada', greeting: undefined, suffix: undefined }, 'hi Ada'],
    [{ name: 'Ada', suffix: null }, 'hi Ada'],
    [{ name: 'Ada', suffix: '.', full: true }, 'hi Ada.!'],
    [{ name: 'Ada', greeting: 'so', full: false }, 'so Ada'],
  ])('greet(%o) is %s', async (args, said) => {
    expect(await shop.greet(database.sql, args)).toBe(said)
  })

  test('may be all there is', async () => {
    expect(await shop.listing(database.sql)).toEqual([soldOut])
    expect(await shop.listing(database.sql, { full: true })).toHaveLength(3)
  })
})

describe('rows', () => {
  test('@maybe is the row or null, and refuses two', async () => {
    expect(await shop.find(database.sql, { code: 'LB001' })).toEqual(soldOut)
    expect(await shop.find(database.sql, { code: 'none' })).toBe(null)
    await expect(shop.find(database.sql, { code: 'all' })).rejects.toThrow('shop.find returned 3 rows instead of one')
  })

  test('@one refuses none', async () => {
    expect(await shop.get(database.sql, { code: 'LB001' })).toEqual(soldOut)
    await expect(shop.get(database.sql, { code: 'none' })).rejects.toThrow(UnexpectedResult)
  })

  test('a null composite is no row', async () => {
    expect(await shop.look(database.sql, { code: 'none' })).toBe(null)
  })

  test('a scalar may be null where @null says so', async () => {
    expect(await shop.shout(database.sql, { words: 'hi' })).toBe('HI')
  })

  test('a null where none is declared names verb and column', async () => {
    const { sql } = await installed(`${shopSchema()}
      create or replace function shop.get(code text) returns setof shop.error_entry rows 1 language sql
        begin atomic select 'LB001', null, 'm', 'h', true; end;`)
    const error = await shop.get(sql, { code: 'LB001' }).catch((reason: unknown) => reason)
    expect(error).toMatchObject({
      message: 'shop.get returned a row that its declaration excludes',
      detail: { problems: [expect.stringMatching(/^name: /)] },
    })
  })

  test('void is undefined', async () => {
    expect(await shop.wait(database.sql, { seconds: 0 })).toBe(undefined)
  })

  test("a NULL inside an array is told from the word 'NULL'", async () => {
    expect(await shop.tags(database.sql, { literal: '{a,"NULL"," "}' })).toEqual(['a', 'NULL', ' '])
    await expect(shop.tags(database.sql, { literal: '{a,NULL}' })).rejects.toThrow(UnexpectedResult)
    await expect(shop.tags(database.sql, { literal: '{{a},{b}}' })).rejects.toThrow(UnexpectedResult)
    await expect(shop.tags(database.sql, { literal: '[2:3]={a,b}' })).rejects.toThrow(UnexpectedResult)
  })
})

describe('errors', () => {
  const fail = (code: string, detail: string) =>
    shop.fail(database.sql, { code, detail }).catch((reason: unknown) => reason)

  test('have the class of their code, with parsed detail', async () => {
    const error = await fail('LB101', '{"till": 1}')
    expect(error).toBeInstanceOf(shop.TillBusy)
    expect(error).toMatchObject({
      code: 'LB101',
      name: 'TillBusy',
      detail: { till: 1 },
      hint: 'Next step.',
      retryable: true,
    })
  })

  test('of a code the verb does not declare are LevelbError', async () => {
    const error = await fail('LB999', 'no json')
    expect(error).toBeInstanceOf(LevelbError)
    expect(error).toMatchObject({ code: 'LB999', name: 'LevelbError', detail: 'no json', retryable: false })
  })

  test('of PostgreSQL are passed on untouched', async () => {
    expect(await fail('P0001', '')).toBeInstanceOf(postgres.PostgresError)
  })

  test('show no parameter when printed', async () => {
    const error = await fail('LB101', '{"secret": "not here"}').then((reason) => reason as LevelbError)
    expect(JSON.stringify(error.cause)).not.toContain('parameters')
    expect(Object.keys(error)).toEqual(['code', 'detail', 'hint', 'retryable'])
  })
})

describe('cancelling', () => {
  test('a signal ends the statement on the server, with its reason', async () => {
    const reason = new Error('enough')
    const started = Date.now()
    const call = shop.wait(database.sql, { seconds: 10 }, { signal: AbortSignal.timeout(50) })
    await expect(call).rejects.toMatchObject({ name: 'TimeoutError' })
    const aborted = shop.wait(database.sql, { seconds: 0 }, { signal: AbortSignal.abort(reason) })
    await expect(aborted).rejects.toBe(reason)
    expect(Date.now() - started).toBeLessThan(5000)
  })
})

describe('any client gives the same', () => {
  const parcel = (sql: postgres.Sql) => shop.note(sql, { note: { text: 'a', count: 1, snake_case: ['b'] } })

  test.each([
    ['camel', { transform: postgres.camel }],
    ['pascal', { transform: postgres.pascal }],
    ['bigint', { types: { bigint: postgres.BigInt } }],
    ['unprepared', { prepare: false }],
    ['without types', { fetch_types: false }],
  ])('%s', async (_name, options) => {
    const sql = connect(database.url, options as object)
    try {
      expect(await parcel(sql)).toEqual({ text: 'a', count: 1, snake_case: ['b'] })
      expect(await shop.find(sql, { code: 'LB001' })).toEqual(soldOut)
      expect(await shop.moment(sql, { at: new Date(0) })).toBe('1970-01-01T00:00:00.000000Z')
      expect(await sql.begin((tx) => shop.tags(tx, { literal: '{a}' }))).toEqual(['a'])
    } finally {
      await sql.end()
    }
  })

  test('in any time zone, date style and search path', async () => {
    const shadow = 'create schema evil; create domain evil.text as pg_catalog.text check (false);'
    const { sql } = await installed(shopSchema() + shadow)
    await sql
      .unsafe("set timezone = 'Asia/Kathmandu'; set datestyle = 'German'; set search_path = evil, pg_catalog")
      .simple()
    const at = '2026-11-02T08:15:00.123456Z' as Parameters<typeof shop.moment>[1]['at']
    expect(await shop.moment(sql, { at })).toBe(at)
  })
})

describe('arguments of the wrong type name their place', () => {
  const wrong = async (call: Promise<unknown>) => (await call.catch((reason: unknown) => reason)) as Error

  test('before anything is sent', async () => {
    const name = undefined as unknown as string
    expect(await wrong(shop.greet(database.sql, { name }))).toEqual(
      new TypeError('name must be a string, not undefined'),
    )
    expect(await wrong(shop.greet(database.sql, { name: 'a\ud800' }))).toEqual(
      new TypeError('name holds half of a surrogate pair'),
    )
    const note = { text: 'a', count: Number.NaN }
    expect(await wrong(shop.note(database.sql, { note }))).toEqual(
      new TypeError('note.count is NaN, which JSON cannot hold'),
    )
  })
})
