// What the hashes cover, and that anybody can compute them.
import { createHash } from 'node:crypto'
import { beforeAll, expect, test } from 'vitest'
import { documentOf, type Json, type Row, type World, world } from '../world.ts'

const sha256 = (text: string) => createHash('sha256').update(text, 'utf8').digest('hex')
const hex = (value: unknown) => (value === null ? null : (value as Buffer).toString('hex'))

const apply = 'grant select on shop.orders to public;\r\n-- Größe, 大きさ, 😀, "", \\, $$\n'
const step = { name: 'one', apply, rollback: 'select 1', verify: 'select true\n' }
const effect = {
  class: 'acl',
  object_type: 'table',
  identity: 'shop.orders',
  attribute: 'PUBLIC',
  before: null,
  after: 'select',
}
const base = documentOf(apply, {
  change_ref: 'CHG-1',
  classes: ['acl', 'owner'],
  search_path: 'shop',
  depends_on: ['0000_first'],
  not_before: '2026-11-01T08:00:00Z',
  not_after: '2056-11-01T08:00:00Z',
  effects: [effect],
  steps: [step, { name: 'two', apply: 'select 2' }],
})

let there: World
let elsewhere: World
let first: Row

beforeAll(async () => {
  ;[there, elsewhere] = await Promise.all([world(), world({ policy: { name: 'elsewhere' } })])
  for (const company of [there, elsewhere])
    for (const id of ['0000_first', '0000_second']) await company.stage(id, 'select 1')
  first = await there.stage('0001_hash', base)
})

async function restage(document: Json): Promise<Row> {
  const ann = await there.as('ann')
  const [row] = await ann`select * from levelb.restage('0001_hash', ${ann.json(document as never)})`
  return row as Row
}

test('a step has the hash that sha256sum prints for each of its texts', async () => {
  const rows =
    await there.sql`select * from levelb.step where migration_id = '0001_hash' and revision = 1 order by position`
  expect(rows.map((row) => [row.apply_hash, row.rollback_hash, row.verify_hash].map(hex))).toEqual([
    [sha256(apply), sha256('select 1'), sha256('select true\n')],
    [sha256('select 2'), null, null],
  ])
})

test('a step keeps its text byte for byte', async () => {
  const [row] = await there.sql`
    select apply, rollback, verify from levelb.step where migration_id = '0001_hash' and revision = 1 and position = 1`
  expect(row).toEqual({ apply, rollback: step.rollback, verify: step.verify })
})

test('the manifest hash is that of its content, the effects hash that of its effects', async () => {
  const [row] =
    await there.sql`select effects::text from levelb.manifest where migration_id = '0001_hash' and revision = 1`
  expect(hex(first.manifest_hash)).toBe(sha256(first.content as string))
  expect(hex(first.effects_hash)).toBe(sha256(row?.effects))
})

test('the content of a manifest names no database, no revision, no author and no time of staging', () => {
  const content = JSON.parse(first.content as string) as Json
  expect(Object.keys(content).sort()).toEqual(['levelb', 'migration_id', 'accept', 'kind', ...Object.keys(base)].sort())
})

test('the same document has the same hash in another database, for another author and as another revision', async () => {
  const [abroad, again] = [await elsewhere.stage('0001_hash', base, 'arno'), await restage(base)]
  expect([abroad, again].map((row) => [row.revision, hex(row.manifest_hash)])).toEqual([
    [1, hex(first.manifest_hash)],
    [2, hex(first.manifest_hash)],
  ])
})

test('the order in which members, classes and effects are written does not matter', async () => {
  const turned = Object.fromEntries(Object.entries({ ...base, classes: ['owner', 'acl'] }).reverse())
  expect(hex((await restage(turned)).manifest_hash)).toBe(hex(first.manifest_hash))
})

test('one moment has one hash, however it is written', async () => {
  expect(hex((await restage({ ...base, not_before: '2026-11-01T09:00:00.000+01:00' })).manifest_hash)).toBe(
    hex(first.manifest_hash),
  )
})

const two = { name: 'two', apply: 'select 2' }

test.each<[string, Json]>([
  ['title', { title: 'a changed' }],
  ['description', { description: 'for a Test' }],
  ['change_ref', { change_ref: 'CHG-2' }],
  ['change_ref left out', { change_ref: null }],
  ['classes', { classes: ['acl'] }],
  ['search_path', { search_path: 'shop, public' }],
  ['depends_on', { depends_on: ['0000_second'] }],
  ['depends_on left out', { depends_on: [] }],
  ['not_before', { not_before: '2026-11-01T08:00:00.000001Z' }],
  ['not_after', { not_after: null }],
  ['effects', { effects: [{ ...effect, after: 'select, update' }] }],
  ['effects left out', { effects: null }],
  ['effects none', { effects: [] }],
  ["a step's name", { steps: [{ ...step, name: 'eins' }, two] }],
  ["a step's apply, by a line end", { steps: [{ ...step, apply: `${apply}\n` }, two] }],
  ["a step's rollback", { steps: [{ ...step, rollback: 'select 3' }, two] }],
  ["a step's rollback left out", { steps: [{ name: 'one', apply, verify: step.verify }, two] }],
  ["a step's verify", { steps: [{ ...step, verify: 'select true' }, two] }],
  [
    "a step's verify as its rollback",
    { steps: [{ name: 'one', apply, rollback: step.verify, verify: step.rollback }, two] },
  ],
  ['the order of steps', { steps: [two, step] }],
  ['one step less', { steps: [step] }],
  ['one step more', { steps: [step, two, { name: 'three', apply: 'select 3' }] }],
])('another %s is another hash', async (_, change) => {
  expect(hex((await restage({ ...base, ...change })).manifest_hash)).not.toBe(hex(first.manifest_hash))
})

test('another name is another hash', async () => {
  expect(hex((await there.stage('0002_hash', base)).manifest_hash)).not.toBe(hex(first.manifest_hash))
})

test('role documents have the hash of their canonical text, and another is another manifest hash', async () => {
  const { sql } = there
  const hashes = await sql`
    select levelb._manifest_content('x', jsonb_build_object('steps', jsonb_build_array(jsonb_build_object('name', 'r',
        'roles', jsonb_build_object('drop', jsonb_build_array(name)))))) as content from unnest(array['a', 'b']) name`
  const contents = hashes.map((row) => JSON.parse(row.content as string).steps[0].roles)
  expect(contents).toEqual([sha256('{"drop": ["a"]}'), sha256('{"drop": ["b"]}')])
})
