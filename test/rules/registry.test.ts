// The registry of rules is what the errors, "accept" of a document and docs/rules.md come from.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { acceptRules } from '../../src/json/accept.ts'
import { freshDatabase } from '../database.ts'
import { sqlText } from '../refusals/codes.ts'

type Rule = { rule: string; code: string; refuses: string; accepted_as: string | null; hint: string }
const rules = async () => {
  const { sql } = await freshDatabase()
  return (await sql`select * from levelb._rules()`) as unknown as Rule[]
}

test('what a document may accept is the same in the database and in TypeScript', async () => {
  const { sql } = await freshDatabase()
  const [row] = await sql`select levelb._accept_rules() as rules`
  expect(row?.rules).toEqual([...acceptRules])
  expect(
    (await rules())
      .filter((rule) => rule.accepted_as !== null)
      .map(({ rule }) => rule)
      .sort(),
  ).toEqual([...acceptRules].sort())
})

test('every LB306, LB307 and LB308 of sql/ names a rule of the registry, and every rule is used', async () => {
  const text = sqlText(/^(?!43-rules|12-)/)
  const known = await rules()
  const code = new Map(known.map((rule) => [rule.rule, rule.code]))
  expect([...text.matchAll(/_raise\(\s*'LB30[678]'/g)]).toEqual([])
  const judged = [...text.matchAll(/_refusal\('(LB30[678])', jsonb_build_object\('rule', '(\w+)'/g)]
  expect(judged).toHaveLength([...text.matchAll(/_refusal\(\s*'LB30[678]'/g)].length)
  for (const [, raised, rule] of judged) expect([rule, code.get(rule as string)]).toEqual([rule, raised])
  const used = [
    ...judged.map(([, , rule]) => rule),
    // kinds of differences that LB310 raises together
    ...[...text.matchAll(/"(\w+)": "\1"/g)].map(([, rule]) => rule),
    ...[...text.matchAll(/(?:_raise_rule\(|_require_accepted\(accept, )'(\w+)'/g)].map(([, rule]) => rule),
  ]
  expect([...new Set(used)].sort()).toEqual(
    known
      .map(({ rule }) => rule)
      .filter((rule) => !/^LB/.test(rule))
      .sort(),
  )
})

test('docs/rules.md says what the registry says', async () => {
  const cell = (text: string) => text.replaceAll('|', '\\|')
  const lines = (await rules()).map(
    ({ rule, code, refuses, accepted_as, hint }) =>
      `| \`${rule}\` | ${code} | ${cell(refuses)} | ${accepted_as === null ? 'never' : cell(accepted_as)} | ${cell(hint)} |`,
  )
  const page = readFileSync(new URL('../../docs/rules.md', import.meta.url), 'utf8')
  expect(page.split('\n').filter((line) => line.startsWith('| `'))).toEqual(lines)
})
