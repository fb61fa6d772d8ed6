// What a person types and what the generated callers send counts as direct, whatever the spelling.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Client } from '../client.ts'
import { type Scene, scene } from './fixture.ts'
import { query } from './wire.ts'

const admitted = [
  `select levelb.probe()`,
  `select levelb.probe();`,
  `select levelb.probe('probe', '\\xdeadBEEF');`,
  `SELECT LevelB.PROBE ( NOTE => 'probe' , HASH => NULL ) ;`,
  `\n\tselect\r\n\tlevelb . probe\n(\n\t'probe'\n,\tnull\f)\n;\n`,
  `select * from levelb.probe('probe')`,
  `select*from levelb.probe('probe')as r`,
  `select * from levelb.probe() probe;`,
  `select note, hash from levelb.probe('probe', E'\\\\xdeadBEEF')`,
  `select levelb.probe(size => 7, "full" => true, note => 'probe'::pg_catalog.text)`,
  `select levelb.probe('probe', null::pg_catalog.bytea, null::timestamp with time zone, null, 7::bigint, false::boolean)`,
  `select levelb.probe(document => '{"a": [1, null]}'::pg_catalog.text::pg_catalog.jsonb)`,
  `select r from levelb.probe() as r`,
  `select r::pg_catalog.text as "value" from levelb.probe() as r`,
  `select r.note, R.hash as digest, r.size::pg_catalog.text as "theSize" from levelb.probe() as r where not (r is null)`,
  `select
     r.note as "note",
     pg_catalog.to_char(r.probed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "probedAt"
   from levelb.probe(
     note => 'probe'::pg_catalog.text
   ) as r
   where not (r is null)`,
]

let there: Scene
let alice: Client

beforeAll(async () => {
  there = await scene()
  alice = await there.database.as('alice')
})
afterAll(() => there.alice.end())

test.each(admitted)('as typed: %s', async (text) => {
  expect(await there.alice.run(text)).toEqual({ notices: ['probe: t'], errors: [] })
})

test('in a transaction too', async () => {
  const { notices } = await there.alice.run('begin', 'select levelb.probe()', 'commit')
  expect(notices).toEqual(['probe: t'])
})

test('a scalar verb', async () => {
  const { notices } = await there.alice.run(
    `select levelb.probe_scalar('a')`,
    `select r as "value" from levelb.probe_scalar('b') as r`,
    `select r.r from levelb.probe_scalar('c') as r`,
  )
  expect(notices).toEqual(['a: t', 'b: t', 'c: f'])
})

test('with an apostrophe, a comment sign, a dollar and a call inside of literals', async () => {
  const text = `it's -- $1 /* select levelb.probe(''x'') */ "`
  const { notices } = await there.alice.run(`select levelb.probe('${text.replaceAll(`'`, `''`)}')`)
  expect(notices).toEqual([`${text}: t`])
})

test('by a tagged template of postgres.js, prepared or not', async () => {
  alice.notices.length = 0
  for (const note of ['a', 'b'])
    await alice`select levelb.probe(${note}, hash => ${Buffer.from('x')}::pg_catalog.bytea)`
  await alice.unsafe('select * from levelb.probe($1)', ['c'])
  expect(alice.notices.map((notice) => notice.message)).toEqual(['a: t', 'b: t', 'c: t'])
})

test('by the statement of a generated caller', async () => {
  alice.notices.length = 0
  const rows = await alice.unsafe(
    `select
    r.note as "note",
    r.hash as "hash",
    r.size::pg_catalog.text as "size"
  from levelb.probe(
    note => $1::pg_catalog.text,
    size => $2::pg_catalog.text::pg_catalog.int8,
    "full" => $3::pg_catalog.text::pg_catalog.bool
  ) as r
  where not (r is null)`,
    ['a', '9007199254740993', 'true'],
    { prepare: true },
  )
  expect(rows).toEqual([{ note: 'a', hash: null, size: '9007199254740993' }])
  expect(alice.notices.map((notice) => notice.message)).toEqual(['a: t'])
})

test('in another client encoding, where the second byte of a letter is a backslash', async () => {
  const letter = Buffer.from([0x95, 0x5c])
  await there.alice.run(`set client_encoding = 'SJIS'`)
  const { notices, errors } = await there.alice.send(
    query(Buffer.concat([Buffer.from(`select levelb.probe('`), letter, Buffer.from(`')`)])),
  )
  await there.alice.run(`reset client_encoding`)
  expect({ notices, errors }).toEqual({ notices: [`${letter}: t`], errors: [] })
})

const spellings = {
  'a comment before': `/* app:web */ select levelb.probe()`,
  'a comment behind': `select levelb.probe() -- app:web`,
  'a comment inside': `select levelb.probe(/**/)`,
  'a quoted schema': `select "levelb".probe()`,
  'a quoted verb': `select levelb."probe"()`,
  'a Unicode identifier': `select levelb.U&"\\0070robe"()`,
  'a Unicode literal': `select levelb.probe(U&'probe')`,
  'an escape string': `select levelb.probe(E'probe')`,
  'a national string': `select levelb.probe(N'probe')`,
  'a dollar quote': `select levelb.probe($$probe$$)`,
  'a tagged dollar quote': `select levelb.probe($a$probe$a$)`,
  'a bit string': `select levelb.probe(hash => X'00'::pg_catalog.text::pg_catalog.bytea)`,
  'a continued literal': `select levelb.probe('pro'\n'be')`,
  'the older :=': `select levelb.probe(note := 'probe')`,
  'a negative number': `select levelb.probe(size => -1)`,
  'a decimal': `select levelb.probe(note => 1.5::pg_catalog.text)`,
  'an array': `select levelb.probe(note => array['probe']::pg_catalog.text)`,
  'a typed literal': `select levelb.probe(pg_catalog.text 'probe')`,
  'an unqualified type': `select levelb.probe('probe'::text)`,
  'a type modifier': `select levelb.probe('probe'::pg_catalog.varchar(3))`,
  'an unqualified type of a column': `select r.note::text from levelb.probe() as r`,
  'an unqualified to_char': `select to_char(r.probed_at at time zone 'UTC', 'Y') from levelb.probe() as r`,
  'a literal as column': `select r.note, 1 from levelb.probe() as r`,
  'a star of the alias': `select r.* from levelb.probe() as r`,
  'a column list': `select * from levelb.probe() as r (a, b, c, d)`,
  'a lock': `select * from levelb.probe() for share`,
  variadic: `select levelb.probe(variadic array['probe'])`,
} as const

test.each(Object.entries(spellings))('refused, so as to keep the grammar short: %s', async (_, text) => {
  const { notices } = await there.alice.run(text)
  expect(notices.filter((notice) => notice.endsWith(': t'))).toEqual([])
})

test('a text over 16 KiB is refused; as a parameter it is no part of the text', async () => {
  const long = 'x'.repeat(16384)
  alice.notices.length = 0
  await alice.unsafe(`select levelb.probe('${long}')`)
  await alice`select levelb.probe(${long})`
  expect(alice.notices.map((notice) => notice.message)).toEqual([`${long}: f`, `${long}: t`])
})
