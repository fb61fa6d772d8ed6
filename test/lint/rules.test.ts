// Every rule of the lint finds what it is there for, and leaves alone what is much the same.
import { describe, expect, test } from 'vitest'
import { isLintRule, LintFindings } from '../../src/json/lint-findings.ts'
import type { MigrationDocument } from '../../src/json/migration-document.ts'
import { carriedFindings, ruleFindings } from '../../src/lint/findings.ts'
import { type Finding, lint } from '../../src/lint/lint.ts'
import { rules } from '../../src/lint/rules/rules.ts'
import { idioms } from '../idioms/corpus.ts'
import { examples } from './examples.ts'

type Texts = string | { apply: string; rollback?: string; verify?: string }

const documentOf = (texts: Texts, more: object = {}) =>
  ({
    title: 't',
    description: 'd',
    steps: [{ name: 'own', ...(typeof texts === 'string' ? { apply: texts } : texts) }],
    ...more,
  }) as MigrationDocument

const said = async (texts: Texts, more: object = {}) =>
  (await lint(documentOf(texts, more))).map(({ rule, object }) => `${rule} ${object}`)

test('every rule has an example, a name that an acceptance can have, and a way out', () => {
  expect(rules.map(({ id }) => id).sort()).toEqual(Object.keys(examples).sort())
  expect(rules.filter(({ id }) => !isLintRule(`lint:${id}`))).toEqual([])
  expect(rules.filter(({ why, instead }) => !/^\S.*\.$/.test(why) || !/^\S.*\.$/.test(instead))).toEqual([])
  for (let nth = 1; nth <= 20; nth++) expect(rules.some(({ id }) => id.startsWith(`P${nth}-`))).toBe(true)
})

describe.each(Object.entries(examples))('%s', (rule, { finds, object, not, attended }) => {
  const more = attended ? { kind: 'attended' } : {}

  test('finds it', async () => {
    expect(await said(finds, more)).toContain(`${rule} ${object}`)
  })

  test('leaves alone what is much the same', async () => {
    expect((await said(not, more)).filter((each) => each.startsWith(`${rule} `))).toEqual([])
  })
})

const one = async (texts: Texts, more: object = {}) => (await lint(documentOf(texts, more)))[0] as Finding

test('a finding has its place: the statement, the subcommand, the line of a block', async () => {
  const places = await Promise.all(
    [
      `-- für\nselect 1;\n\ngrant select on shop.orders to public`,
      `alter table shop.orders\n  add a text,\n  add b text not null`,
      `do $$\nbegin\n  truncate shop.orders;\nend $$`,
    ].map(async (text) => {
      const { rule, line, column, position, step, part } = await one(text)
      return [rule, line, column, position, step, part]
    }),
  )
  expect(places).toEqual([
    ['P1-grant-to-public', 4, 1, 19, 'own', 'apply'],
    ['add-required-column', 3, 7, 45, 'own', 'apply'],
    ['truncate', 3, 3, 15, 'own', 'apply'],
  ])
})

test('what a step made is known to the steps after it, and what apply made to the rollback', async () => {
  const steps = [
    { name: 'one', apply: 'create table shop.n (id int)', rollback: 'drop table shop.n' },
    { name: 'two', apply: 'create index on shop.n (id)', rollback: '-- goes with the table' },
  ]
  expect(await lint(documentOf('', { steps }))).toEqual([])
  const turned = await lint(documentOf('', { steps: [steps[1], { ...steps[0], rollback: 'drop table shop.orders' }] }))
  expect(turned.map(({ rule, step, part }) => [rule, step, part])).toEqual([
    ['index-not-concurrent', 'two', 'apply'],
    ['drop-table', 'one', 'rollback'],
  ])
})

test('a table that may have been there before is no new one', async () => {
  const text = 'create table if not exists shop.n (id int); create index on shop.n (id)'
  expect(await said(text)).toEqual(['index-not-concurrent shop.n'])
})

test('a role document is read as the statements that it stands for', async () => {
  const roles = { grant: [{ role: 'app', to: 'bob', admin: true }], set: [{ role: 'app', name: 'a.b', value: 'x' }] }
  const found = await lint(documentOf('', { steps: [{ name: 'people', roles }] }))
  expect(found.map(({ rule, step, part, position }) => [rule, step, part, position])).toEqual([
    ['P2-right-to-grant-on', 'people', 'roles', null],
    ['P13-lasting-setting', 'people', 'roles', null],
  ])
})

test('what the channel refuses anyway is one finding', async () => {
  expect(await said('create role app superuser; vacuum full shop.orders')).toEqual(['LB011 null', 'LB011 null'])
})

test('only the manifest accepts, one rule in one object, and an entry that accepts nothing is a finding', async () => {
  const entry = (rule: string, object: string) => ({ rule: `lint:${rule}`, object, reason: 'Ten rows.' })
  const text = '-- lint:ignore truncate\ntruncate shop.orders; truncate shop.items'
  const accept = [entry('truncate', 'shop.orders'), entry('truncate', 'shop.n'), entry('trunk', 'shop.orders')]
  const found = await lint(documentOf(text, { accept }))
  expect(found.map(({ rule, severity, object, accepted }) => [rule, severity, object, accepted])).toEqual([
    ['truncate', 'warning', 'shop.orders', 'Ten rows.'],
    ['truncate', 'warning', 'shop.items', null],
    ['unused-accept', 'warning', 'shop.n', null],
    ['unused-accept', 'warning', 'shop.orders', null],
  ])
})

test('a document carries at most 200 findings, warnings before notices', async () => {
  const many = (n: number) =>
    Array.from({ length: n }, (_, nth) => `alter table shop.a alter c${nth} drop not null, drop d${nth}`).join(';')
  expect((await carriedFindings(documentOf(many(90)))).length).toBe(180)
  const carried = await carriedFindings(documentOf(many(300)))
  expect(carried.length).toBe(200)
  expect(new Set(carried.map(({ rule }) => rule))).toEqual(new Set(['drop-column']))
})

test('the idioms of the corpus are all read, and what it finds fits into a document', async () => {
  const found = await Promise.all(
    idioms.map(({ statement, undo }) =>
      carriedFindings(documentOf({ apply: statement, ...(undo ? { rollback: undo } : {}) }, { kind: 'attended' })),
    ),
  )
  expect(idioms.length).toBeGreaterThan(150)
  for (const findings of found) expect(LintFindings.safeParse(findings).error).toBeUndefined()
  const of = (id: string) => found[idioms.findIndex((idiom) => idiom.id === id)]?.map(({ rule }) => rule)
  expect(of('P091')).toEqual(['P10-default-revoke-without-effect'])
  expect(found.filter((findings) => findings.length > 0).length).toBeGreaterThan(90)
})

test('what is no document is judged as far as it goes', async () => {
  for (const steps of [undefined, null, [], [{}], [{ name: 'x', apply: 5 }], [{ name: 'x', apply: 'frm' }]])
    expect(await ruleFindings({ title: 't', steps } as never)).toEqual([])
})
