// What pg_dump writes of levelb is what the deparser says. A restored database is told that its functions are not as
// shipped, for ever, where that text read again says another.
import { expect, test } from 'vitest'
import { freshDatabase } from '../database.ts'

test('functions and views made from their own text have that text again', async () => {
  const { sql } = await freshDatabase()
  const functions = () => sql<{ name: string; text: string }[]>`
    select oid::regprocedure::text as name, pg_get_functiondef(oid) as text from pg_proc
     where pronamespace in ('levelb'::regnamespace, 'levelb_exec'::regnamespace) and prokind in ('f', 'p')
     order by oid`
  const views = () => sql<{ name: string; text: string }[]>`
    select oid::regclass::text as name, pg_get_viewdef(oid) as text from pg_class
     where relnamespace = 'levelb'::regnamespace and relkind = 'v' order by oid`
  const before = { functions: await functions(), views: await views() }
  expect(before.functions.length).toBeGreaterThan(100)
  await sql.begin(async (tx) => {
    for (const { text } of before.functions) {
      await tx.unsafe(text)
    }
    for (const { name, text } of before.views) {
      await tx.unsafe(`create or replace view ${name} as ${text}`)
    }
  })
  const differing = (await functions()).filter(
    ({ name, text }) => before.functions.find((b) => b.name === name)?.text !== text,
  )
  expect(differing.map((f) => f.name)).toEqual([])
  expect(await views()).toEqual(before.views)
})
