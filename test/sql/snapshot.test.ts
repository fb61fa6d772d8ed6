// The installed catalog as one text in git: every change of the schema is a diff that a reviewer reads.
// After a change that is meant: npx vitest run --config test/vitest.config.ts test/sql/snapshot -u
import { expect, test } from 'vitest'
import { freshDatabase } from '../database.ts'
import { catalogText } from './catalog-text.ts'

test('the installed catalog is the one in test/schema.snapshot.sql', async () => {
  const { sql } = await freshDatabase()
  await expect(await catalogText(sql)).toMatchFileSnapshot('../schema.snapshot.sql')
})

test('the text does not depend on the order of the catalog or on settings of the session', async () => {
  const { sql } = await freshDatabase()
  const text = await catalogText(sql)
  await sql`set search_path = levelb, public`
  await sql`set datestyle = 'German'`
  expect(await catalogText(sql)).toBe(text)
})
