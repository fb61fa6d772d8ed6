import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { labels, recognise } from '../../codegen/checks.ts'
import { parseComment } from '../../codegen/comment.ts'
import { byCodePoint, camel, kebab, pascal } from '../../codegen/names.ts'
import { arrayItems, arrayLiteral } from '../../src/array-text.ts'
import { stringify } from '../../src/stringify.ts'
import { character } from './fixture.ts'

describe('names', () => {
  test('of SQL become those of TypeScript', () => {
    expect(['started_at', 'x', 'a_1'].map(camel)).toEqual(['startedAt', 'x', 'a1'])
    expect(['started_at', 'errors'].map(pascal)).toEqual(['StartedAt', 'Errors'])
    expect(['started_at', 'startedAt', 'ShopNote'].map(kebab)).toEqual(['started-at', 'started-at', 'shop-note'])
  })

  test('are in order of code points, wherever the machine stands', () => {
    expect(['b', 'a_b', 'B', 'ä', 'a', '🜁', '\uffff', '_c'].sort(byCodePoint)).toEqual([
      'B',
      '_c',
      'a',
      'a_b',
      'b',
      'ä',
      '\uffff',
      '🜁',
    ])
  })
})

test('a comment is tags, a summary and a body', () => {
  expect(parseComment('x', '@raises LB001 LB002\n@maybe\n\nDo it.\n\nMore.\nLines.', ['raises', 'maybe'])).toEqual({
    tags: new Map([
      ['raises', ['LB001 LB002']],
      ['maybe', ['']],
    ]),
    summary: 'Do it.',
    body: 'More.\nLines.',
  })
})

describe('checks', () => {
  test.each([
    ["CHECK ((VALUE = ANY (ARRAY['a'::text, 'it''s'::text])))", ['a', "it's"]],
    ["CHECK ((VALUE = 'a'::text))", ['a']],
    ["CHECK (((code IS NULL) OR (code = ANY (ARRAY['a'::text, 'b'::text]))))", ['a', 'b']],
    ["CHECK (((VALUE = 'a'::text) OR (length(VALUE) > 3)))", undefined],
  ])('labels of %s', (definition, expected) => expect(labels(definition)).toEqual(expected))

  test.each(['(?i)^a$', '^\\w$', '^[[:alpha:]]$', 'a', '^(a)\\1$', '^a{2,1}$'])(
    'a pattern that JavaScript may read differently stays with the server: %s',
    (pattern) => expect(recognise(`CHECK ((VALUE ~ '${pattern}'::text))`)).toMatchObject({ kind: 'server' }),
  )
})

describe('array text', () => {
  test('reads what it writes', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: character })), (items) => {
        expect(arrayItems(arrayLiteral(items))).toEqual(items)
      }),
    )
  })

  test.each(['', '{', '{a', '{a}b', '{a,}', '{,}', '{{a}}', '[0:0]={a}', '{"a}'])('%s is none', (text) =>
    expect(arrayItems(text)).toBe(undefined),
  )
})

describe('stringify', () => {
  test('says exactly what JSON can hold', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: character }), (value) => {
        expect(JSON.parse(stringify(value))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })

  test.each<[unknown, string]>([
    [{ a: [1, undefined] }, 'value.a[1] is undefined, which JSON cannot hold'],
    [{ a: { b: 1n } }, 'value.a.b is a bigint, which JSON cannot hold'],
    [[Number.POSITIVE_INFINITY], 'value[0] is Infinity, which JSON cannot hold'],
    [new Array(1), 'value[0] is undefined, which JSON cannot hold'],
    [{ at: new Date(0) }, 'value.at is a Date, not a plain object'],
    [{ f: () => 1 }, 'value.f is a function, which JSON cannot hold'],
  ])('refuses %o', (value, message) => expect(() => stringify(value)).toThrow(new TypeError(message)))

  test('refuses a value inside itself', () => {
    const loop: { self?: unknown } = {}
    loop.self = [loop]
    expect(() => stringify(loop)).toThrow('value.self[0] contains itself')
  })
})
