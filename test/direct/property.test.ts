// Whatever is done to an admitted text, it is admitted only as long as it is one call. The judge is PostgreSQL itself:
// the text becomes the body of a function, and its dependencies and its deparsed form tell what would run.
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Client } from '../client.ts'
import { asMallory, type Scene, scene } from './fixture.ts'

const bases = [
  `select levelb . probe ( )`,
  `select levelb . probe ( 'a' , null , null ) ;`,
  `select * from levelb . probe ( note => 'a' :: pg_catalog . text ) as r`,
  `select r . note as "note" , r . size :: pg_catalog . text from levelb . probe ( 'a' , size => 7 :: bigint ) as r where not ( r is null )`,
  `select pg_catalog . to_char ( r . probed_at at time zone 'UTC' , 'Y' ) as "at" from levelb . probe ( $1 ) as r ;`,
].map((text) => text.split(' '))

const tokens = [
  ...new Set(bases.flat()),
  ...`evil text bytea steal() to_char timezone not now() "evil" "note" "bigint" "select" "levelb.probe()" U&"note" E'a' N'a'
    'it''s' '\\x00' '\\' '\\'' ' " $$ $a$ $2 -1 1.5 0x1F 1_0 || + @ /* */ -- := [ ] [] :: . .. , ( ) ; * true union all
    with distinct where and or order by limit 1 for share join lateral ordinality rows cast row array case current_user is
    r r.evil r.note r.* evil.evil evil.text evil.steal() é \u00a0`
    .trim()
    .split(/[ \n]+/),
]

const edit = fc.record({
  kind: fc.constantFrom('insert', 'delete', 'duplicate', 'replace', 'swap'),
  at: fc.nat({ max: 40 }),
  token: fc.constantFrom(...tokens),
})

type Edit = typeof edit extends fc.Arbitrary<infer Value> ? Value : never

function apply(text: readonly string[], { kind, at, token }: Edit): readonly string[] {
  const index = at % (text.length + 1)
  const [before, here, after] = [text.slice(0, index), text.slice(index, index + 1), text.slice(index + 1)]
  switch (kind) {
    case 'insert':
      return [...before, token, ...here, ...after]
    case 'delete':
      return [...before, ...after]
    case 'duplicate':
      return [...before, ...here, ...here, ...after]
    case 'replace':
      return [...before, token, ...after]
    default:
      return [...before, ...after.slice(0, 1), ...here, ...after.slice(1)]
  }
}

const mutants = fc
  .record({
    base: fc.constantFrom(...bases),
    edits: fc.array(edit, { minLength: 1, maxLength: 3 }),
    glue: fc.constantFrom(' ', ' ', '\n', ''),
  })
  .map(({ base, edits, glue }) => edits.reduce(apply, base as readonly string[]).join(glue))

let there: Scene
let sql: Client

beforeAll(async () => {
  there = await scene()
  sql = there.database.sql
  await asMallory(
    there.database,
    ['text', 'bytea', 'bool', 'int8', 'bigint', 'pg_catalog']
      .map((name) => `create domain evil."${name}" as pg_catalog.text check (evil.steal_always(value) is not null);`)
      .concat(
        ['note', 'evil', 'size', 'probe', 'r'].map(
          (name) =>
            `create function evil."${name}"(levelb.probed) returns pg_catalog.text language sql as 'select evil.steal()';`,
        ),
      )
      .join('\n'),
  )
  await sql.unsafe(`
    create function public.judge(query text) returns jsonb language plpgsql set search_path = evil, pg_catalog as $judge$
    declare
      v_body pg_catalog.text;
      v_uses pg_catalog.jsonb;
    begin
      begin
        execute 'create function public.judged(pg_catalog.text) returns void language sql begin atomic ' || query || '; end';
      exception when others then
        return null;
      end;
      v_body := pg_get_function_sqlbody(to_regproc('public.judged'));
      v_uses := (select jsonb_agg(distinct i.identity) from pg_depend d, pg_identify_object(d.refclassid, d.refobjid, 0) i
                  where d.classid = 'pg_proc'::regclass and d.objid = to_regproc('public.judged') and i.type <> 'schema');
      drop function public.judged;
      return jsonb_build_object('body', v_body, 'uses', v_uses);
    end
    $judge$`)
})
afterAll(() => there.alice.end())

async function admitted(texts: readonly string[]): Promise<string[]> {
  const rows = await sql<{ text: string }[]>`
    select text from jsonb_array_elements_text(${sql.json(texts)}) text where levelb._is_call_of(text, 'probe')`
  return rows.map((row) => row.text)
}

/** Null when PostgreSQL cannot parse it, which calls nothing. */
async function judge(text: string): Promise<'one call' | 'more' | null> {
  const [row] = await sql<{ verdict: { body: string; uses: string[] | null } | null }[]>`
    select public.judge(${text}) as verdict`
  if (!row?.verdict) return null
  const { body, uses } = row.verdict
  const plain = body.replaceAll(/'(?:[^']|'')*'/g, `''`).replace(/^BEGIN ATOMIC/, '')
  // The alias of a function in FROM is printed with its columns, and so looks like a call.
  const called = [...plain.replace(/\) "?\w+"?\(note/, ') (note').matchAll(/([\w."]+)\(/g)].map((match) => match[1])
  const isOne =
    (plain.match(/\bSELECT\b/g) ?? []).length === 1 &&
    called.filter((name) => name === 'levelb.probe').length === 1 &&
    called.every((name) => name === 'levelb.probe' || name === 'to_char') &&
    !/\b(WITH|UNION|JOIN|ORDINALITY|LIMIT|FOR|DISTINCT)\b/.test(plain) &&
    (uses ?? []).every((name) => name.startsWith('levelb.prob'))
  return isOne ? 'one call' : 'more'
}

test('the judge knows one call from more', async () => {
  for (const base of bases) expect([base.join(' '), await judge(base.join(' '))]).toEqual([base.join(' '), 'one call'])
  for (const text of [
    `select levelb.probe(), evil.steal()`,
    `select levelb.probe('a'::text)`,
    `select r.evil from levelb.probe() as r`,
    `select r.note::bigint, r.note::text from levelb.probe() as r`,
    `select * from levelb.probe() a, levelb.probe() b`,
    `select levelb.probe(pg_catalog.lower('a'))`,
    `select levelb.probe((select 'a'))`,
  ])
    expect([text, await judge(text)]).toEqual([text, 'more'])
})

test('an edited text is admitted only when it is still one call', async () => {
  let calls = 0
  await fc.assert(
    fc.asyncProperty(fc.array(mutants, { minLength: 20, maxLength: 20 }), async (texts) => {
      for (const text of await admitted(texts)) {
        const verdict = await judge(text)
        if (verdict === 'one call') calls++
        expect([text, verdict]).not.toEqual([text, 'more'])
      }
    }),
    { numRuns: 150 },
  )
  expect(calls).toBeGreaterThan(0)
})

test('so is any text behind the parenthesis', async () => {
  const anything = fc.string({ unit: fc.constantFrom(...`'\\$",;):=>.*[]-/ \n\u00a0\u3000aEr01é表😀`), maxLength: 40 })
  await fc.assert(
    fc.asyncProperty(fc.array(anything, { minLength: 20, maxLength: 20 }), async (rests) => {
      for (const text of await admitted(rests.map((rest) => `select levelb.probe(${rest}`)))
        expect([text, await judge(text)]).not.toEqual([text, 'more'])
    }),
    { numRuns: 30 },
  )
})

test('the work is bounded, whatever the text', async () => {
  const parts = [`'`, `"`, `"a`, `'\\x`, '$', 'a ', `'a'`, 'r.note,', '(', '::'].map((part) => part.repeat(16384))
  const texts = [...parts, ...parts.map((part) => `select levelb.probe(${part}`)].map((text) => text.slice(0, 16384))
  const begun = performance.now()
  expect(await admitted([...texts, 'x'.repeat(10_000_000)])).toEqual([])
  // Seconds on a busy machine; where a pattern backtracks it is hours.
  expect(performance.now() - begun).toBeLessThan(15_000)
})
