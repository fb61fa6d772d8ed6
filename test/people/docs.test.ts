// docs/review.md as a reader follows it.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { freshDatabase, type TestDatabase } from '../database.ts'
import { blocks, sessions } from '../docs/console.ts'
import { psql } from '../psql.ts'
import { documentOf, policy } from '../world.ts'

const page = new URL('../../docs/review.md', import.meta.url)
const people: Record<string, string> = { alice: 'author', bob: 'approver', carol: 'approver', erin: 'operator' }

async function company(): Promise<TestDatabase> {
  const database = await freshDatabase()
  await Promise.all(Object.keys(people).map((name) => database.urlOf(name)))
  const superusers = await database.sql`select rolname from pg_roles where rolsuper and rolcanlogin`
  const document = { ...policy, break_glass: { logins: superusers.map((row) => row.rolname) } }
  const principals = Object.entries(people).map(([principal, duty]) => ({
    ...{ principal, nature: 'person', logins: [database.role(principal)], duties: [duty], groups: ['dba'] },
  }))
  const { sql } = database
  await sql`select levelb.bootstrap(${sql.json(document as never)}, ${sql.json(principals as never)})`
  return database
}

test('the psql sessions print what the page says', async () => {
  const database = await company()
  for (const block of blocks(page, 'console'))
    for (const { login, calls } of sessions(block))
      for (const { statement, output } of calls) {
        const url = login === undefined ? database.url : await database.urlOf(login)
        const { stdout, stderr } = await psql(url, '-c', statement)
        for (const line of output) expect(stdout + stderr).toContain(line)
      }
})

test('the TypeScript names are exported, and the fields there', async () => {
  const database = await company()
  const [block = ''] = blocks(page, 'ts')
  const names = /import \{([^}]*)\}/.exec(block)?.[1]?.split(',') ?? []
  const all: Record<string, unknown> = await import('../../src/index.ts')
  expect(names.map((name) => typeof all[name.trim()])).toEqual(['function'])
  const alice = await database.as('alice')
  await alice`select levelb.stage('0002_report', ${alice.json(documentOf('select 1') as never)})`
  const [row] = await (await database.as('bob'))`select data from levelb.review('0002_report')`
  for (const [, field] of block.matchAll(/data\.(\w+)/g)) expect(Object.keys(row?.data)).toContain(field)
})

test('every metric has its line, and no line is of another', async () => {
  const database = await company()
  const rows = await database.sql`select distinct name from levelb.metrics`
  // these come with the first activation or the first migration
  const later = [
    'levelb_activations_total',
    'levelb_activation_duration_seconds_sum',
    'levelb_last_activation_age_seconds',
  ]
  const known = new Set([
    ...rows.map((row) => row.name as string),
    ...later,
    'levelb_open_migration_oldest_age_seconds',
  ])
  known.delete('levelb_info')
  const told = new Set(
    [...readFileSync(page, 'utf8').matchAll(/^\| .*$/gm)].flatMap(([line]) =>
      [...line.matchAll(/`(levelb_[a-z_]+)/g)].map((match) => match[1]),
    ),
  )
  expect([...told].sort()).toEqual([...known].sort())
})
