// One fixture per shape that levelb does not use: refused by name, with the fix.
import { beforeAll, expect, test } from 'vitest'
import type { TestDatabase } from '../database.ts'
import { installed, refusals } from './fixture.ts'

// One database for all: a clone for each would cost more than the rest of the test.
let database: TestDatabase
beforeAll(async () => {
  database = await installed('')
})

async function refused(schema: string): Promise<string[]> {
  await database.sql.unsafe(`drop schema if exists shop cascade; create schema shop; ${schema}`).simple()
  return refusals(database.sql)
}

const plain = 'create function shop.f(a text) returns text language sql return a; comment on function shop.f is '
const table = (column: string, comment: string) => `
  create table shop.thing (${column}); comment on table shop.thing is 'T.'; comment on column shop.thing.c is '${comment}';
  create function shop.f() returns setof shop.thing language sql begin atomic select * from shop.thing; end;
  comment on function shop.f is 'F.';`
const returning = (type: string, value: string) =>
  `create function shop.f() returns ${type} language sql return ${value}; comment on function shop.f is 'F.';`

test.each<[string, string, RegExp]>([
  [
    'an overload',
    `${plain}'F.'; create function shop.f(a int4) returns int4 language sql return a; comment on function shop.f(int4) is 'F.';`.replace(
      'function shop.f is',
      'function shop.f(text) is',
    ),
    /^function shop\.f: overloaded\n {2}fix: one name, one function/,
  ],
  [
    'VARIADIC',
    "create function shop.f(variadic a text[]) returns text language sql return a[1]; comment on function shop.f is 'F.';",
    /^function shop\.f: VARIADIC\n {2}fix: take an array/,
  ],
  [
    'OUT',
    "create function shop.f(out a text) language sql return 'x'; comment on function shop.f is 'F.';",
    /an OUT, INOUT or TABLE argument\n {2}fix: return a named composite/,
  ],
  [
    'RETURNS TABLE',
    "create function shop.f() returns table (a text) language sql return 'x'; comment on function shop.f is 'F.';",
    /an OUT, INOUT or TABLE argument/,
  ],
  [
    'an argument without a name',
    "create function shop.f(text) returns text language sql return $1; comment on function shop.f is 'F.';",
    /an argument without a name\n {2}fix: name it/,
  ],
  [
    'record',
    returning('record', "row('a', 1)"),
    /^result of function shop\.f: pseudo-type record\n {2}fix: return a named composite/,
  ],
  [
    'a polymorphic argument',
    "create function shop.f(a anyelement) returns text language sql as 'select 1::text'; comment on function shop.f is 'F.';",
    /^argument a of function shop\.f: pseudo-type anyelement/,
  ],
  [
    'a procedure',
    "create procedure shop.f(a text) language sql begin atomic select 1; end; comment on procedure shop.f is 'F.';",
    /a procedure, aggregate or window function\n {2}fix: make it a function/,
  ],
  [
    'bytea[]',
    "create function shop.f(a bytea[]) returns text language sql return 'x'; comment on function shop.f is 'F.';",
    /^argument a of function shop\.f: array of bytea\n {2}fix: use text\[\], or setof/,
  ],
  ['an array of anything but text', returning('int4[]', 'array[1]'), /array of int4\n {2}fix: use text\[\], or setof/],
  [
    'interval',
    returning('interval', "interval '1 day'"),
    /type interval\n {2}fix: use int4 or int8 with the unit in the name/,
  ],
  ['numeric', returning('numeric', '1.5'), /type numeric\n {2}fix: use int8, or text/],
  ['a range', returning('int4range', "'[1,2)'::int4range"), /range int4range\n {2}fix: use two columns/],
  [
    'an enum',
    `create type shop.mood as enum ('good'); ${returning('shop.mood', "'good'::shop.mood")}`,
    /enum shop\.mood\n {2}fix: use a domain over text with check/,
  ],
  [
    'a composite argument',
    "create type shop.pair as (a text); create function shop.f(a shop.pair) returns text language sql return 'x'; comment on function shop.f is 'F.';",
    /composite shop\.pair inside a value\n {2}fix: use jsonb/,
  ],
  [
    'a composite inside a composite',
    `create type shop.pair as (a text); ${table('c shop.pair not null', 'C.')}`,
    /^column shop\.thing\.c: composite shop\.pair inside a value/,
  ],
  ['jsonb without a schema', returning('jsonb', "'{}'::jsonb"), /type jsonb\n {2}fix: name its schema: @json <Schema>/],
  [
    'a schema that is not written',
    "create function shop.f(a jsonb) returns text language sql return 'x'; comment on function shop.f is '@json a NoSuch\n\nF.';",
    /^@json NoSuch: no such file\n {2}fix: write json\/no-such\.ts exporting NoSuch/,
  ],
  ['a tag for no argument', `${plain}'@json b ShopNote\n\nF.';`, /a tag for argument b, which it does not have/],
  ['no comment', plain.replace(/comment on.*/, ''), /^function shop\.f: no comment/],
  ['a column without a comment', table('c text not null', ''), /^column shop\.thing\.c: no comment/],
  [
    'a table column that may be null',
    table('c text', 'C.'),
    /^column shop\.thing\.c: may be null\n {2}fix: make column and tag agree/,
  ],
  ['@null on a column that is not', table('c text not null', '@null\n\nC.'), /@null on a column that is not null/],
  ['a column named r', table('r text not null, c text not null', 'C.'), /a column named r\n {2}fix: rename it/],
  ['an unknown tag', `${plain}'@maybee\n\nF.';`, /unknown tag @maybee\n {2}fix: use one of @json/],
  ['a tag after the text', `${plain}'F.\n\n@maybe';`, /"@maybe" after the text\n {2}fix: tags come first/],
  ['tags without text', `${plain}'@null';`, /no text after the tags/],
  ['@raises of an unknown code', `${plain}'@raises LB777\n\nF.';`, /@raises LB777, which errors\(\) does not list/],
  ['@maybe on a scalar', `${plain}'@maybe\n\nF.';`, /@maybe on a scalar\n {2}fix: use @null/],
  ['@one on a single row', `${plain}'@one\n\nF.';`, /@one on a function that returns one row anyhow/],
  [
    '@arms without @connection',
    `${plain}'@arms statement_timeout\n\nF.';`,
    /@arms without @connection\n {2}fix: add @connection/,
  ],
  [
    '@connection on a scalar',
    `${plain}'@connection\n\nF.';`,
    /@connection on a function that does not return one composite/,
  ],
  ['@direct on a scalar', `${plain}'@direct\n\nF.';`, /@direct on a function that does not return one composite/],
  [
    'a reserved word',
    "create function shop.try() returns text language sql return 'x'; comment on function shop.try is 'F.';",
    /cannot name a function try\n {2}fix: add a tag: @name <otherName>/,
  ],
  [
    'a name that is not snake_case',
    `${plain}'F.';`.replaceAll('shop.f', 'shop."camelCase"'),
    /name "camelCase" is not snake_case/,
  ],
  [
    'two names that become one',
    `${plain}'@name g\n\nF.'; create function shop.g() returns text language sql return 'x'; comment on function shop.g is 'G.';`,
    /function shop\.f and function shop\.g both become g/,
  ],
  [
    'several arguments, all optional',
    "create function shop.f(a text default 'x', b text default 'y') returns text language sql return a; comment on function shop.f is 'F.';",
    /several arguments, all of them optional/,
  ],
  [
    'seven optional arguments',
    `create function shop.f(z text, ${[...'abcdefg'].map((name) => `${name} text default 'x'`).join(', ')}) returns text language sql return a; comment on function shop.f is 'F.';`,
    /7 optional arguments\n {2}fix: at most 6/,
  ],
])('%s', async (_name, schema, refusal) => {
  expect(await refused(schema)).toContainEqual(expect.stringMatching(refusal))
})

test('all refusals of a run are one list', async () => {
  const other = "create function shop.g(a interval, b oid) returns text language sql return 'x';"
  expect(await refused(`${returning('numeric', '1.5')} ${other}`)).toEqual([
    expect.stringContaining('result of function shop.f: type numeric'),
    expect.stringContaining('function shop.g: no comment'),
  ])
})
