import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { files, installed, shopFolder, shopSchema } from './fixture.ts'

test('the fixture generates the committed files, byte by byte', async () => {
  const { sql } = await installed(shopSchema())
  const generated = await files(sql)
  // vitest -u writes them; an extra file on disk is drift too.
  for (const [name, text] of generated) await expect(text).toMatchFileSnapshot(`${shopFolder}/${name}`)
  expect(readdirSync(shopFolder).sort()).toEqual([...generated.keys()])
})
