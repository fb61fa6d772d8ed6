// What readers cannot see is refused at its place, on the way in.
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { text } from '../../src/json/text.ts'
import { connect } from '../client.ts'
import { freshDatabase, type TestDatabase } from '../database.ts'
import { document } from './examples.ts'
import { ask, makeJudge, sqlVerdicts, zodVerdicts } from './judge.ts'

let database: TestDatabase

beforeAll(async () => {
  database = await freshDatabase()
  await makeJudge(database.sql)
  return () => database.end()
})

// Said by Unicode's properties here and by ranges in the sources.
const invisible =
  /[\p{Cc}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u{2800}\u{fff9}-\u{fffb}\u{13430}-\u{1343f}]|(?! )\p{Zs}/u
const everything = Array.from({ length: 0x110000 - 1 }, (_, index) => index + 1)
  .filter((code) => code < 0xd800 || code > 0xdfff)
  .map((code) => String.fromCodePoint(code))
const hidden = everything.filter((character) => invisible.test(character))
const shown = everything.filter((character) => !invisible.test(character)).join('')
const name = (character: string) => `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`

const step = (apply: string) => ({ ...document, findings: [], steps: [{ name: 'a', apply }] })

describe('invisible characters', () => {
  test('each of them is refused at its place (LB006), first, between and last', async () => {
    const places = ['first', 'between', 'last'] as const
    const cases = hidden
      .filter((character) => !['\n', '\t'].includes(character))
      .map((character, index) => {
        const place = places[index % 3] ?? 'first'
        const value = { first: `${character}select 1`, between: `a\nbé😀${character}c`, last: `a\r\nb${character}` }[
          place
        ]
        const at = { first: [1, 1, 1], between: [6, 2, 4], last: [5, 2, 2] }[place]
        return {
          value,
          detail: { field: 'f', position: at[0], line: at[1], column: at[2], codepoint: name(character) },
        }
      })
    await database.sql.unsafe(`
      create function pg_temp.refused(value text) returns jsonb language plpgsql as $refused$
      declare v_detail text;
      begin
        perform levelb._check_text('f', value, 1000, true);
        return null;
      exception when sqlstate 'LB006' then
        get stacked diagnostics v_detail = pg_exception_detail;
        return v_detail;
      end
      $refused$`)
    const rows = await database.sql<{ detail: unknown }[]>`
      select pg_temp.refused(e.value) as detail
        from jsonb_array_elements_text(${JSON.stringify(cases.map(({ value }) => value))}::text::jsonb)
          with ordinality as e (value, n) order by e.n`
    expect(cases.length).toBeGreaterThan(4000)
    expect(rows.map((row) => row.detail)).toEqual(cases.map(({ detail }) => detail))
    const schema = text(1000, true)
    expect(cases.filter(({ value }) => schema.safeParse(value).success)).toEqual([])
  })

  test('every other character of Unicode passes', async () => {
    const [row] = await database.sql`select levelb._check_text('f', ${shown}::text, 10000000) = ${shown}::text as same`
    expect(row?.same).toBe(true)
    expect(text(10_000_000).safeParse(shown).success).toBe(true)
  })

  test('line ends are \\n or \\r\\n, and only where lines are', async () => {
    const texts = ['a\nb', 'a\r\nb', 'a\rb', 'a\r', 'a\r\r\nb', 'a\tb', '\r\na']
    const lines = await sqlVerdicts(database.sql, 'document', texts.map(step))
    const titles = await sqlVerdicts(
      database.sql,
      'document',
      texts.map((title) => ({ ...document, title })),
    )
    const apply = { code: 'LB006', field: 'steps[0].apply' }
    expect(lines).toEqual([null, null, apply, apply, apply, null, null])
    expect(titles).toEqual(texts.map(() => ({ code: 'LB006', field: 'title' })))
    expect(texts.map((value) => zodVerdicts('document', step(value))[0] ?? null)).toEqual(lines)
    expect(texts.map((title) => zodVerdicts('document', { ...document, title })[0])).toEqual(titles)
  })

  test('the session cannot change what a pattern means', async () => {
    // A session of its own: functions that have run keep how their patterns were read.
    const sql = connect(database.url)
    onTestFinished(() => sql.end({ timeout: 0 }))
    await sql.unsafe('set standard_conforming_strings = off')
    await makeJudge(sql)
    const values = [document, step('a\u200b'), step('a\r'), { ...document, title: 'a\\u200b' }]
    expect(await sqlVerdicts(sql, 'document', values)).toEqual([
      null,
      { code: 'LB006', field: 'steps[0].apply' },
      { code: 'LB006', field: 'steps[0].apply' },
      null,
    ])
  })

  test.each([
    ['role', { steps: [{ name: 'a', roles: { drop: ['bob\u00a0'] } }] }, 'LB006', 'steps[0].roles.drop[0]'],
    ['step', { steps: [{ name: 'аdd', apply: 'x' }] }, 'LB001', 'steps[0].name'],
    ['title', { title: 'a\u202eb' }, 'LB006', 'title'],
    ['change_ref', { change_ref: 'CHG\u00ad1' }, 'LB006', 'change_ref'],
  ])('the name of a %s has one appearance', async (_, change, code, field) => {
    const value = { ...document, ...change }
    expect(await sqlVerdicts(database.sql, 'document', [value])).toEqual([{ code, field }])
    expect(zodVerdicts('document', value)[0]).toEqual({ code, field })
  })

  test('effects may name what cannot be seen: they say what the catalogs say', async () => {
    const effect = {
      class: 'role',
      object_type: 'role',
      identity: 'bob\u00a0',
      attribute: 'role',
      before: 'x\r',
      after: null,
    }
    const value = { ...document, effects: [effect] }
    expect(await sqlVerdicts(database.sql, 'document', [value])).toEqual([null])
    expect(zodVerdicts('document', value)).toEqual([])
  })
})

describe('sizes', () => {
  const mebibyte = 1048576

  test('a step holds 1 MiB of UTF-8 and not a byte more', async () => {
    const values = [
      'x'.repeat(mebibyte),
      'x'.repeat(mebibyte + 1),
      'é'.repeat(mebibyte / 2),
      'é'.repeat(mebibyte / 2 + 1),
    ].map(step)
    const refused = { code: 'LB001', field: 'steps[0].apply' }
    expect(await sqlVerdicts(database.sql, 'document', values)).toEqual([null, refused, null, refused])
    expect(values.map((value) => zodVerdicts('document', value)[0] ?? null)).toEqual([null, refused, null, refused])
  })

  test('20 MB are refused by their size, both sizes told', async () => {
    const [answer] = await database.sql`
      select pg_temp.judge('_check_document', jsonb_build_object('title', 't', 'description', 'd', 'steps',
        jsonb_build_array(jsonb_build_object('name', 'a', 'apply', repeat('-- comment' || chr(10), 2000000) || chr(8203))))) as said`
    expect(answer?.said).toMatchObject({
      code: 'LB001',
      detail: { field: 'steps[0].apply', problem: 'is 22000003 bytes long, at most 1048576 are allowed' },
    })
  })

  test('ten thousand effects are a document, one more is not', async () => {
    const effects = Array.from({ length: 10_001 }, (_, index) => ({
      class: 'acl',
      object_type: 'table',
      identity: `app.t${index}`,
      attribute: 'bob',
      before: null,
      after: 'SELECT',
    }))
    const values = [effects.slice(1), effects].map((each) => ({ ...document, effects: each }))
    const answers = await ask(database.sql, 'document', values)
    expect(answers.map(({ code, detail }) => [code, detail?.field])).toEqual([
      [undefined, undefined],
      ['LB001', 'effects'],
    ])
    expect(values.map((value) => zodVerdicts('document', value)[0]?.field)).toEqual([undefined, 'effects'])
  })
})

describe('single checks', () => {
  const refusal = async (call: string): Promise<string | null> => {
    const error: unknown = await database.sql.unsafe(`select levelb.${call}`).then(
      () => null,
      (reason: unknown) => reason,
    )
    if (error === null) return null
    const { code, detail } = error as { code: string; detail: string }
    return `${code} ${(JSON.parse(detail) as { problem: string }).problem.slice(0, 24)}`
  }

  test.each([
    [`_check_slug('f', '0007_repoint_orders')`, null],
    [`_check_slug('f', 'billing/0007_x.y-z')`, null],
    [`_check_slug('f', '${'a'.repeat(63)}')`, null],
    [`_check_slug('f', '${'a'.repeat(64)}')`, 'LB001 must look like 0007_repo'],
    [`_check_slug('f', 'A')`, 'LB001 must look like 0007_repo'],
    [`_check_slug('f', E'a\\n')`, 'LB001 must look like 0007_repo'],
    [`_check_slug('f', '')`, 'LB001 must look like 0007_repo'],
    [`_check_slug('f', null)`, 'LB001 is required'],
    [`_check_hash('f', sha256(''))`, null],
    [`_check_hash('f', '\\x00')`, 'LB001 is 1 bytes long, a SHA-2'],
    [`_check_hash('f', null)`, 'LB001 is required'],
    [`_check_name('f', 'a.b-c_1')`, null],
    [`_check_name('f', '-a')`, 'LB001 must be 1 to 63 letters,'],
    [`_check_name('f', '')`, 'LB001 must be 1 to 63 letters,'],
    [`_check_name('f', 'аdmin')`, 'LB001 holds U+0430 at position'],
    [`_check_text('f', null, 10)`, 'LB001 is required'],
    [`_check_text('f', E' \\n\\t ', 10, true)`, 'LB001 is empty'],
    [`_check_text('f', 'éé', 3)`, 'LB001 is 4 bytes long, at most '.slice(0, 30)],
  ])('%s', async (call, said) => {
    expect(await refusal(call)).toBe(said)
  })
})
