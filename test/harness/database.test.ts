import { beforeAll, expect, test } from 'vitest'
import { connect } from '../client.ts'
import { cluster, emptyDatabase, endDatabasesOfFile, type TestDatabase } from '../database.ts'
import { backendPid, isPending, waitUntilBlocked } from '../steps.ts'

let former: TestDatabase | undefined
let shared: TestDatabase

beforeAll(async () => {
  shared = await emptyDatabase()
})

test('a database is there for one test', async () => {
  const database = await emptyDatabase()
  former = database
  const alice = await database.as('alice')
  await alice`select 1`
  await database.sql.unsafe(`create role ${database.role('reader')}; grant create on database ${database.name} to ${database.role('alice')};
    grant set on parameter log_min_messages to ${database.role('alice')} with grant option`)
  expect(await alice`select current_database() as database, session_user::text as login`).toEqual([
    { database: database.name, login: database.role('alice') },
  ])
})

test('after the test its database and its roles are gone', async () => {
  const sql = connect(cluster())
  try {
    const name = former?.name ?? ''
    expect(await sql`select from pg_database where datname = ${name}`).toHaveLength(0)
    expect(await sql`select from pg_roles where rolname like ${`%${name.slice(-7)}`}`).toHaveLength(0)
  } finally {
    await sql.end()
  }
})

test('a login has one connection, and more when asked for', async () => {
  const database = await emptyDatabase()
  const [first, same, other] = [await database.as('bob'), await database.as('bob'), await database.another('bob')]
  expect(same).toBe(first)
  expect(await backendPid(other)).not.toBe(await backendPid(first))
})

test('notices of a connection are kept', async () => {
  const { sql } = await emptyDatabase()
  await sql.unsafe(`do $$ begin raise notice 'hello'; end $$`)
  expect(sql.notices.map((notice) => notice.message)).toEqual(['hello'])
})

test('waitUntilBlocked says who waits for whom', async () => {
  const database = await emptyDatabase()
  const [holder, waiter] = [await database.another('a'), await database.another('b')]
  const [holderPid, waiterPid] = [await backendPid(holder), await backendPid(waiter)]
  await holder`begin`
  await holder`select pg_advisory_xact_lock(1)`
  const waiting = waiter`select pg_advisory_xact_lock(1)`.execute()
  expect(await waitUntilBlocked(database.sql, waiterPid)).toEqual([holderPid])
  expect(await isPending(waiting)).toBe(true)
  await holder`commit`
  await waiting
})

test('what is made in beforeAll lives until the hook of setup.ts', async () => {
  expect(await shared.sql`select 1 as one`).toEqual([{ one: 1 }])
  await endDatabasesOfFile()
  const sql = connect(cluster())
  expect(await sql`select from pg_database where datname = ${shared.name}`).toHaveLength(0)
  await sql.end()
})
