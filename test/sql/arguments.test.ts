// Every argument of every public function, from the catalog, tried with everything its type allows and its meaning
// does not: one clear error of class LB that names the field, and nothing written.
import { beforeAll, describe, expect, test } from 'vitest'
import { documentOf, policy, principalsOf, refusal, type World, world } from '../world.ts'
import { type PublicFunction, publicFunctions, rowCounts } from './catalog.ts'

/** Who calls, by function; the superuser where it is not named. */
const caller: Record<string, string> = {
  stage: 'ann',
  restage: 'ann',
  withdraw: 'ann',
  derive_rollback: 'ann',
  decision_text: 'bob',
  approve: 'bob',
  reject: 'bob',
  revoke: 'bob',
  allow_rehearsal: 'bob',
  activate: 'olga',
  rehearse_live: 'olga',
  rehearse: 'ann',
  try: 'ann',
  seed: 'ann',
  stage_rollback: 'olga',
  quorum: 'aud',
  review: 'aud',
  readiness: 'aud',
  record_drift: 'aud',
}

const mebibyte = 1024 * 1024
const literal = (value: string) => `'${value.replaceAll("'", "''")}'`
const json = (value: unknown) => literal(JSON.stringify(value))
const bytes = (length: number) => `'\\x${'ab'.repeat(length)}'`

/** Values that no argument of the type may have, as SQL. */
const bad: Record<string, Record<string, string>> = {
  text: {
    empty: `''`,
    blank: `' '`,
    'tabs and line ends': literal('\t\r\n'),
    '1 MiB': literal('x'.repeat(mebibyte)),
    'a control character': literal('x\u0001y'),
    'a vertical tab': literal('x\u000by'),
    'a zero-width space': literal('x\u200by'),
    'a right-to-left override': literal('x\u202ey'),
    'a line separator': literal('x\u2028y'),
    'a no-break space': literal('x\u00a0y'),
  },
  jsonb: {
    'JSON null': `'null'`,
    'a string': `'"text"'`,
    'a number': `'1'`,
    'a boolean': `'true'`,
    'an empty object': `'{}'`,
    'an empty array': `'[]'`,
    'an array of null': `'[null]'`,
    'an array in an array': `'[[]]'`,
    'an unknown field': json({ surprise: 1 }),
    'an array of an unknown field': json([{ surprise: 1 }]),
    'a string of 1 MiB': json('x'.repeat(mebibyte)),
    'a bidi key': json({ 'ti\u202etle': 'x' }),
    'a hundred levels': `'${'['.repeat(100)}${']'.repeat(100)}'`,
  },
  bytea: { empty: bytes(0), '31 bytes': bytes(31), '33 bytes': bytes(33), '1 MiB': bytes(mebibyte) },
  'timestamp with time zone': {
    infinity: `'infinity'`,
    '-infinity': `'-infinity'`,
    'a past time': `'2001-01-01Z'`,
    'a time beyond the ttl': `'2999-01-01Z'`,
  },
  boolean: {},
}

let w: World
let functions: PublicFunction[]
let good: Record<string, string>

beforeAll(async () => {
  w = await world()
  const staged = await w.stage('0001_staged', 'create table shop.extra ()')
  const hash = `'\\x${(staged.manifest_hash as Buffer).toString('hex')}'`
  good = {
    migration_id: `'0001_staged'`,
    document: json(documentOf('create table shop.more ()')),
    reason: `'because'`,
    manifest_hash: hash,
    decision: `'approve'`,
    expires_at: 'null',
    signature: 'null',
    accept: 'null',
    full: 'false',
    policy: json({ ...policy, break_glass: { logins: ['postgres'] } }),
    principals: json(principalsOf(w)),
    pointer: `'orders_api'`,
    schema_name: `'shop'`,
    sql: `'select 1'`,
    effect: `row('acl', 'table', 'shop.orders', 'reader', null, 'SELECT', null)`,
  }
  functions = await publicFunctions(w.sql)
})

async function call(f: PublicFunction, argument: string, value: string) {
  const login = caller[f.name]
  const client = login ? await w.as(login) : w.sql
  // what runs text asks for it
  await client`set statement_timeout = '30s'`
  const values = f.arguments.map(({ name }) => `"${name}" => ${name === argument ? value : (good[name] ?? `'?'`)}`)
  // Sent whole, as psql does: what takes approvals looks at the statement.
  return client.unsafe(`select * from ${f.schema}.${f.name}(${values.join(', ')})`)
}

test('there is a good value and a caller for every argument of the catalog', () => {
  const used = functions.flatMap((f) => f.arguments.map(({ name }) => name))
  expect([...new Set(used)].filter((name) => !(name in good))).toEqual([])
})

// Names are not known before the database is there, so one test walks all functions for each kind of value.
describe('nothing is written, and one error of class LB names the field, when an argument is', () => {
  const trials = Object.entries(bad).flatMap(([type, values]) =>
    Object.entries(values).map(([title, value]) => ({ type, title, value })),
  )

  test.each([...trials, { type: 'any', title: 'null', value: 'null' }])('$type: $title', async ({ type, value }) => {
    const before = await rowCounts(w.sql)
    const problems: string[] = []
    for (const f of functions)
      for (const argument of f.arguments) {
        if (type !== 'any' && argument.type !== type) continue
        // Leaving an optional one out is not a mistake; its default may be null, and then null is that.
        if (type === 'any' && argument.optional && argument.name !== 'full' && argument.name !== 'decision') continue
        if (argument.type === 'levelb.effect') continue
        const at = `${f.name}.${argument.name}`
        const found = await refusal(call(f, argument.name, value)).catch((error: Error) => error.message)
        if (typeof found === 'string') problems.push(`${at}: ${found}`)
        else if (!f.raises.includes(found.code)) problems.push(`${at}: ${found.code} ${found.message}, not in @raises`)
        else if (!namesField(found.detail, argument))
          problems.push(`${at}: ${found.code} ${JSON.stringify(found.detail).slice(0, 200)}`)
        else if (found.hint === '') problems.push(`${at}: no hint`)
        else if (JSON.stringify(found.detail).length > 2000)
          problems.push(`${at}: echoes ${JSON.stringify(found.detail).length} characters`)
      }
    expect(problems).toEqual([])
    expect(await rowCounts(w.sql)).toEqual(before)
  })
})

/** The argument itself, or a path inside of the JSON that it is. */
function namesField(detail: Record<string, unknown>, argument: { name: string; type: string }): boolean {
  const { field } = detail
  if (typeof field !== 'string' || field === '') return false
  return argument.type === 'jsonb' ? /^[^.[]/.test(field) : field === argument.name
}
