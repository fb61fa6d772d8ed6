// Fixture schemas in databases of their own, and the generator run on them.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { generate } from '../../codegen/generate.ts'
import type { Files, Layout } from '../../codegen/layout.ts'
import { Refusals } from '../../codegen/refusal.ts'
import type { Client } from '../client.ts'
import { emptyDatabase, type TestDatabase } from '../database.ts'

/** Any character PostgreSQL can hold; fast-check's own unit for it takes a second to build its tables. */
export const character = fc
  .oneof(
    fc.integer({ min: 1, max: 0xd7ff }),
    fc.integer({ min: 0xe000, max: 0x10ffff }),
    fc.integer({ min: 1, max: 127 }),
  )
  .map((code) => String.fromCodePoint(code))

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))

export const shopFolder = path('shop/generated')
export const shopSchema = (): string => readFileSync(path('shop/schema.sql'), 'utf8')

export const shopLayout: Layout = {
  schemas: ['shop'],
  runtime: '../../../../src',
  json: '../json',
  jsonFolder: path('shop/json'),
}

/** A database that holds `schema`; gone after the test, or after the file when made outside of one. */
export async function installed(schema: string): Promise<TestDatabase> {
  const database = await emptyDatabase()
  await database.sql.unsafe(schema).simple()
  return database
}

export async function files(sql: Client): Promise<Files> {
  return (await generate(sql, shopLayout, '0.0.0')).files
}

/** What the generator refuses in this database, one text per refusal. */
export async function refusals(sql: Client): Promise<string[]> {
  const error = await files(sql).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error instanceof Refusals) return error.refusals.map(({ message }) => message)
  throw error ?? new Error('nothing was refused')
}
