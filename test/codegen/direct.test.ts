import { expect, test } from 'vitest'
import { build } from '../../codegen/build.ts'
import { introspect } from '../../codegen/introspect.ts'
import { sqlText, statement } from '../../codegen/statement.ts'
import { freshDatabase } from '../database.ts'

test('the database takes every statement of a @direct verb for a direct call, with any of its optional arguments', async () => {
  const { sql } = await freshDatabase()
  const { verbs } = build(await introspect(sql, ['levelb', 'levelb_sandbox']))
  const direct = verbs.filter((verb) => verb.direct)
  expect(direct.map(({ name }) => name)).toEqual(expect.arrayContaining(['activate', 'approve', 'reject', 'revoke']))
  for (const verb of direct) {
    const optional = verb.args.filter((argument) => argument.optional)
    for (let subset = 0; subset < 2 ** optional.length; subset++) {
      const text = sqlText(statement(verb), (argument) => (subset & (1 << optional.indexOf(argument))) !== 0)
      const [row] =
        await sql`select levelb._is_call_of(${text}, ${verb.schema === 'levelb' ? verb.name : `${verb.schema}.${verb.name}`}) as yes`
      expect({ text, yes: row?.yes }).toEqual({ text, yes: true })
    }
  }
})
