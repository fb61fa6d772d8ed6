// What can never run in the channel is refused when it is staged: by the database, by zod, and by the parser alike.
import { beforeAll, describe, expect, test } from 'vitest'
import { channelRules, findStatement, mask } from '../../src/json/statements.ts'
import { statementFindings } from '../../src/lint/statements.ts'
import type { Client } from '../client.ts'
import { freshDatabase } from '../database.ts'
import { allowed, onlyParser, refused } from './corpus.ts'

let sql: Client

beforeAll(async () => {
  const database = await freshDatabase()
  sql = database.sql
  await sql.unsafe(`
    create function pg_temp.said(source text) returns jsonb language plpgsql as $said$
    declare v_detail text; v_hint text;
    begin
      perform levelb._check_statements('f', source, true, false);
      return null;
    exception when sqlstate 'LB011' then
      get stacked diagnostics v_detail = pg_exception_detail, v_hint = pg_exception_hint;
      return v_detail::jsonb || jsonb_build_object('hint', v_hint);
    end
    $said$`)
  return () => database.end()
})

type Said = { position: number; line: number; column: number; reason: string; statement?: string; hint: string } | null

async function said(sources: readonly string[]): Promise<Said[]> {
  const rows = await sql<{ said: Said }[]>`
    select pg_temp.said(e.value) as said
      from jsonb_array_elements_text(${JSON.stringify(sources)}::text::jsonb) with ordinality as e (value, n) order by e.n`
  return rows.map((row) => row.said)
}

const characters = (source: string, at: number) => [...source.slice(0, at)].length + 1

test('the rules are the same in SQL and in TypeScript', async () => {
  const rows = await sql`select reason, pattern, hint from levelb._channel_rules()`
  expect([...rows]).toEqual(channelRules)
})

describe.each(Object.entries(refused))('%s', (reason, statements) => {
  test('each statement is refused at its place by the database, by zod and by the parser', async () => {
    const texts = statements.map((statement) => `select 'é😀;';\n ${statement};\nselect 2`)
    const answers = await said(texts)
    const parsed = await Promise.all(texts.map((text) => statementFindings(text, true)))
    const first = /^(?:\/\*.*?\*\/\s*|--[^\n]*\n\s*)*/
    expect(answers.map((answer) => answer && [answer.reason, answer.position, answer.line > 1])).toEqual(
      texts.map((_, index) => [reason, 16 + (first.exec(statements[index] ?? '')?.[0].length ?? 0), true]),
    )
    expect(texts.map((text) => findStatement(text, true)?.reason)).toEqual(texts.map(() => reason))
    expect(texts.map((text) => characters(text, findStatement(text, true)?.at ?? 0))).toEqual(
      answers.map((answer) => answer?.position),
    )
    // MAPPING alone is a name to the lexer and half a command to the grammar.
    const half = (text: string) => /user mapping;/.test(text)
    expect(
      texts.flatMap((text, index) =>
        half(text) ? [] : [[parsed[index]?.[0]?.reason, characters(text, parsed[index]?.[0]?.at ?? 0)]],
      ),
    ).toEqual(texts.flatMap((text, index) => (half(text) ? [] : [[reason, answers[index]?.position]])))
  })
})

test('what could be right is not refused', async () => {
  expect((await said(allowed)).map((answer, index) => answer && [allowed[index], answer])).toEqual(
    allowed.map(() => null),
  )
  expect(allowed.filter((text) => findStatement(text, true) !== undefined)).toEqual([])
  for (const text of allowed) expect([text, await statementFindings(text, true)]).toEqual([text, []])
})

test.each(Object.entries(onlyParser))('only the parser sees: %s', async (text, reason) => {
  expect(await said([text])).toEqual([null])
  expect((await statementFindings(text, true)).map((finding) => finding.reason)).toEqual([reason])
})

test.each([
  [`select 'a`, 'a string constant does not end', 8],
  ['select 1 /* /* */', 'a comment does not end', 10],
  ['select "a', 'a quoted name does not end', 8],
  ['do $x$ begin end $$', 'a string constant does not end', 4],
  ['select 1;\n\\i other.sql', 'a backslash: psql reads it, PostgreSQL does not', 11],
  ['select 1 \\gset', 'a backslash: psql reads it, PostgreSQL does not', 10],
  ['\\set x 1\nbegin', 'a backslash: psql reads it, PostgreSQL does not', 1],
  ['-- nothing\n/* at all */;', 'no statement, only comments', 1],
  [`copy t from stdin;\n1\tit's\n\\.\n`, 'data from the client', 1],
])('%j: %s', async (text, reason, position) => {
  expect(await said([text])).toMatchObject([{ reason, position }])
  expect(findStatement(text, true)).toMatchObject({ reason, at: position - 1 })
  expect((await statementFindings(text, true))[0]).toMatchObject({ reason, at: position - 1 })
})

test('the leading words are told, and no literal', async () => {
  const [answer] = await said([`alter role bob with password 's3cret' valid until 'x'`])
  expect(answer).toMatchObject({ statement: 'alter role bob with password', line: 1, column: 1 })
  expect(JSON.stringify(answer)).not.toContain('s3cret')
})

test('both lexers read any text alike', async () => {
  const bits = [
    `'`,
    `''`,
    '"',
    '$$',
    '$a$',
    '$',
    '\\',
    '--',
    '/*',
    '*/',
    '/',
    '*',
    '-',
    '\n',
    ' ',
    'e',
    'E',
    'x',
    'é',
    '1',
    ';',
    '(',
    ')',
    '😀',
    'begin',
  ]
  let state = 7
  const pick = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return bits[Math.floor((state / 2 ** 32) * bits.length)] ?? ''
  }
  const texts = Array.from({ length: 3000 }, () => Array.from({ length: 14 }, pick).join(''))
  const rows = await sql<{ masked: string; unfinished: string | null; position: number | null }[]>`
    select m.masked, m.unfinished, m.position
      from jsonb_array_elements_text(${JSON.stringify(texts)}::text::jsonb) with ordinality as e (value, n),
        levelb._mask(e.value) m order by e.n`
  // U+0001 and blanks stand for characters there and for units of UTF-16 here; line ends after comments are blanks there.
  const runs = new RegExp(`[${String.fromCharCode(1)} \r\n]+`, 'gu')
  const short = (masked: string) => masked.replace(runs, (run) => (run.startsWith('\u0001') ? '\u0001' : ' '))
  const apart = texts.flatMap((text, index) => {
    const row = rows[index]
    const { masked, unfinished } = mask(text)
    const mine = [short(masked), unfinished?.what ?? null, unfinished ? characters(text, unfinished.at) : null]
    const theirs = [short(row?.masked ?? ''), row?.unfinished, row?.position]
    return JSON.stringify(mine) === JSON.stringify(theirs) ? [] : [{ text, mine, theirs }]
  })
  expect(apart.slice(0, 5)).toEqual([])
})

test('a mebibyte is read in seconds at the very most', async () => {
  const line = `insert into shop.orders values (1, 'Ada''s'); -- and so on\n`
  const [row] = await sql`
    select levelb._check_statements('f', repeat(${line}, ${Math.floor(1048576 / line.length)}), true, false) as said,
      clock_timestamp() - statement_timestamp() < interval '5 s' as soon`
  expect(row?.soon).toBe(true)
})

test.each([
  [
    'create role r nologin noinherit connection limit 5',
    { create: [{ name: 'r', inherit: false, connection_limit: 5 }] },
  ],
  [
    'create role r in role a, b admin c',
    {
      create: [{ name: 'r' }],
      grant: [
        { role: 'a', to: 'r' },
        { role: 'b', to: 'r' },
        { role: 'r', to: 'c', admin: true },
      ],
    },
  ],
  [
    'GRANT "a", B TO c WITH ADMIN OPTION',
    {
      grant: [
        { role: 'a', to: 'c', admin: true },
        { role: 'b', to: 'c', admin: true },
      ],
    },
  ],
  ['grant a to b with inherit false, set true', { grant: [{ role: 'a', to: 'b', inherit: false, set: true }] }],
  [
    'revoke a from b, c',
    {
      revoke: [
        { role: 'a', from: 'b' },
        { role: 'a', from: 'c' },
      ],
    },
  ],
  ['alter role r connection limit -1', { alter: [{ name: 'r', connection_limit: -1 }] }],
  [
    `alter role r in database d set work_mem = '8MB'`,
    { set: [{ role: 'r', database: 'd', name: 'work_mem', value: '8MB' }] },
  ],
  ['alter role r set search_path to app, public', { set: [{ role: 'r', name: 'search_path', value: 'app, public' }] }],
  ['alter role r reset work_mem', { set: [{ role: 'r', name: 'work_mem', value: null }] }],
  ['alter group g drop user u', { revoke: [{ role: 'g', from: 'u' }] }],
  ['drop role if exists a, b', { drop: ['a', 'b'] }],
])('the way out of %s is its role document', async (statement, roles) => {
  const [answer] = await said([statement])
  const document = JSON.parse(answer?.hint.replace('Write a step of its own: ', '') ?? '{}') as unknown
  expect(document).toEqual({ name: 'roles', roles })
  const [checked] = await sql`select levelb._check_roles('roles', ${sql.json(roles as never)}) as roles`
  expect(checked?.roles).toEqual(roles)
})

test.each([
  'create role r login',
  'create user u',
  `alter role r password 'x'`,
  'alter role r superuser',
  'alter role a rename to b',
  'grant pg_monitor to a',
  'grant a to "B c"',
  'revoke a from b cascade',
  'alter role r reset all',
  'grant a to current_user',
])('no document says the same as %s', async (statement) => {
  const [answer] = await said([statement])
  expect(answer?.hint).toContain('a superuser outside of levelb')
})
