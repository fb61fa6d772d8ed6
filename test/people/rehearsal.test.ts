// What the page says of rehearsals, to whom, and how it shows effects that are not those approved.
import { beforeAll, expect, test } from 'vitest'
import { review } from '../../generated/review.ts'
import { full } from '../protect/shop.ts'
import { inSandbox, stepOf } from '../rehearsal/fixture.ts'
import { arm, documentOf, type Json, type World, world } from '../world.ts'
import { told } from './story.ts'

let w: World
beforeAll(async () => {
  w = await world({ policy: { rehearsal: { required: 'none', max_hold: '30 s' } } })
})

const column = (name: string) => ({
  ...{ class: 'structure', object_type: 'table column', identity: `shop.orders.${name}` },
  ...{ attribute: 'column', before: null, after: 'integer' },
})
const change = (apply: string, rollback: string, more: Json = {}): Json =>
  documentOf('', { classes: ['structure'], steps: [{ name: 'one', apply, rollback }], ...more })

async function rehearse(id: string, document: Json): Promise<void> {
  await w.stage(id, document)
  const [row] = await w.sql`select manifest_hash from levelb.manifest where migration_id = ${id}`
  const bob = await w.as('bob')
  await bob`select * from levelb.allow_rehearsal(${id}, ${row?.manifest_hash as Buffer})`
  await again(id)
}
async function again(id: string): Promise<void> {
  const olga = await w.as('olga')
  await arm(olga)
  await olga`select * from levelb.rehearse_live(${id})`
}
const page = async (id: string, by: string) => (await review(await w.as(by), { migrationId: id })).page
const data = async (id: string, by: string) => (await review(await w.as(by), { migrationId: id })).data
/** Durations, sizes and versions differ from run to run. */
const measured = (text: string) =>
  told(w, text)
    .replaceAll(/\b[\d.]+ ms\b/g, '1.0 ms')
    .replaceAll(/\b\d+ (?:bytes|kB)\b/g, '8 kB')
    .replaceAll(/PostgreSQL [\d.]+/g, 'PostgreSQL 18.4')

test('one page to put before a change board', async () => {
  const id = '0001_columns'
  await rehearse(
    id,
    change(
      'alter table shop.orders add column a int;\nupdate shop.orders set a = id; -- both\nalter table shop.orders add column b int',
      'alter table shop.orders drop column a, drop column b',
      { classes: ['data', 'structure'] },
    ),
  )
  await expect(measured(await page(id, 'bob'))).toMatchFileSnapshot(`pages/${id}.txt`)
})

test('of a live rehearsal an author sees outcome and effects, and nothing that could tell what is in a row', async () => {
  const id = '0002_peeks'
  // a text can raise what looks like levelb's, with whatever it has read
  const leak = `do $$ declare c text := (select card from shop.orders limit 1); begin
    raise exception 'card %', c using errcode = 'LB310', detail = json_build_object('missing', json_build_array(
      json_build_object('class', 'acl', 'object_type', c, 'identity', c)))::text; end $$`
  await rehearse(
    id,
    change('create table shop.more (id int); update shop.orders set customer = customer', leak, {
      classes: ['data', 'structure'],
    }),
  )
  const seen = await data(id, 'ann')
  expect(seen.rehearsals).toMatchObject([
    {
      place: 'live',
      outcome: 'failed',
      code: 'LB310',
      rollback_restored: false,
      withheld: true,
      statements: [],
      locks: [],
    },
  ])
  expect(seen.rehearsals[0]?.effects.length).toBeGreaterThan(0)
  expect(JSON.stringify(seen) + (await page(id, 'ann'))).not.toContain('4111')
  expect(await page(id, 'ann')).toContain('withheld      from authors: statements')
  const approvers = await data(id, 'bob')
  expect(approvers.rehearsals).toMatchObject([{ withheld: false, reason: 'card 4111' }])
  expect(approvers.rehearsals[0]?.statements).not.toEqual([])

  const other = '0011_peeks_too'
  await (await w.as('app'))`create table shop.counted (id int generated always as identity)`
  const counts = 'insert into shop.counted default values; alter table shop.orders add column other int'
  await rehearse(other, change(counts, leak.replace('LB310', 'LB999'), { classes: ['data', 'structure'] }))
  expect((await data(other, 'ann')).rehearsals).toMatchObject([
    { code: 'LB999', reason: null, rollback_error: null, locks: [], warnings: [] },
  ])
  expect(await page(other, 'ann')).not.toMatch(/^ {2}(held|warning) /m)
  expect((await data(other, 'bob')).rehearsals).toMatchObject([
    {
      rollback_error: 'card 4111',
      ...{ locks: [{ table: 'shop.orders' }], warnings: [{ kind: 'sequences moved' }] },
    },
  ])
  expect(await page(other, 'bob')).toContain('  warning       sequences moved: shop.counted_id_seq\n')
  expect(await page(other, 'bob')).toContain('does not restore the state from before: card 4111')
})

test('what a rollback does not restore, and effects that nobody approved, stand as a difference', async () => {
  await rehearse(
    '0003_half',
    change('alter table shop.items add column a int, add column b int', 'alter table shop.items drop column a'),
  )
  expect(await page('0003_half', 'bob')).toContain(
    '  rollback      does not restore the state from before\n                structure in table column shop.items.b\n                - structure: table column shop.items.b: column: integer → none\n',
  )
  expect((await data('0003_half', 'bob')).rehearsals[0]?.rollback_difference).toEqual([
    'structure in table column shop.items.b',
    '- structure: table column shop.items.b: column: integer → none',
  ])

  const id = '0004_other'
  await w.through(id, change('alter table shop.items add column found int', 'select 1', { effects: [column('meant')] }))
  const lines = [
    '+ structure: table column shop.items.found: column: none → integer',
    '- structure: table column shop.orders.meant: column: none → integer',
  ]
  expect((await data(id, 'bob')).activations[0]).toMatchObject({ code: 'LB303', difference: lines })
  expect(await page(id, 'bob')).toContain(lines.map((line) => `    | ${line}\n`).join(''))
  expect((await data(id, 'ann')).activations[0]).toMatchObject({ code: 'LB303', difference: [] })
})

test('what only looks like a difference is none', async () => {
  const differences = async (detail: unknown) =>
    (await w.sql`select to_jsonb(levelb._effect_differences(${w.sql.json(detail as never)})) as d`)[0]?.d
  for (const detail of [
    null,
    {},
    { missing: [1], unexpected: ['x'] },
    { missing: 'one', unexpected: { class: 'acl' } },
    { differences: [1, {}, { kind: 'PASSED. All' }] },
    { differences: [{ kind: 'other', accepted: 'perhaps' }] },
  ])
    expect(await differences(detail)).toEqual([])
  // the half that is one stays
  expect(await differences({ missing: 'one', unexpected: [column('more')] })).toEqual([
    '+ structure: table column shop.orders.more: column: none → integer',
  ])
})

test('says whether the effects are those that the author says, and of another revision nothing', async () => {
  const id = '0005_said'
  const text = change('alter table shop.orders add column said int', 'alter table shop.orders drop column said', {
    effects: [column('said')],
  })
  await rehearse(id, text)
  const first = Number((await data(id, 'aud')).rehearsals[0]?.rehearsal_id)
  await again(id)
  expect((await data(id, 'aud')).rehearsals).toMatchObject([{ rehearsal_id: first + 1, as_claimed: true }])
  expect(await page(id, 'aud')).toContain('1 effect, exactly those that the author says')
  expect(await page(id, 'aud')).not.toContain('EFFECTS, AS THAT REHEARSAL')
  const ann = await w.as('ann')
  await ann`select * from levelb.restage(${id}, ${ann.json({ ...text, title: 'another' } as never)})`
  expect((await data(id, 'aud')).rehearsals).toEqual([])
})

test('effects that the author does not say, and another time other ones, are lines of a difference', async () => {
  const id = '0006_unlike'
  await rehearse(
    id,
    change('alter table shop.orders add column actual int', 'alter table shop.orders drop column actual', {
      effects: [column('said')],
    }),
  )
  const lines = [
    '+ structure: table column shop.orders.actual: column: none → integer',
    '- structure: table column shop.orders.said: column: none → integer',
  ]
  for (const reader of ['ann', 'bob'])
    expect((await data(id, reader)).rehearsals).toMatchObject([{ as_claimed: false, code: 'LB303', difference: lines }])
  expect(await page(id, 'bob')).toContain(
    `  effects       1 effect, other than the author says\n${lines.map((line) => `                ${line}\n`).join('')}`,
  )

  const other = '0007_never_the_same'
  const made = `do $$ begin execute format('create type shop.%I as ()', 'made ' || gen_random_uuid()); end $$`
  const dropped = `do $$ begin execute (select format('drop type shop.%I', typname) from pg_type where typname ~ '^made '); end $$`
  await rehearse(other, change(made, dropped))
  const [seen] = (await data(other, 'bob')).rehearsals
  expect(seen?.difference.map((line) => line.replace(/made [^"]*/, 'made'))).toEqual(
    seen?.difference[0]?.startsWith('-')
      ? [
          '- structure: type shop."made": exists: none → present',
          '+ structure: type shop."made": exists: none → present',
        ]
      : [
          '+ structure: type shop."made": exists: none → present',
          '- structure: type shop."made": exists: none → present',
        ],
  )
  expect(await page(other, 'bob')).toMatch(
    / {2}code {10}LB303 effects are not those approved\n {16}[-+] structure: type/,
  )
  expect((await data(other, 'ann')).rehearsals).toMatchObject([{ code: 'LB303', difference: [] }])
})

test('of a sandbox everybody sees all, what it left out in words, and nothing of locks', async () => {
  await w.sql.unsafe(`grant create on database ${w.name} to levelb_deploy`)
  expect(await w.through('0008_protect', full('shop'))).toMatchObject({ outcome: 'activated' })
  const most = stepOf(
    'create aggregate shop.most(int) (sfunc = int4larger, stype = int)',
    'drop aggregate shop.most(int)',
  )
  expect(await w.through('0009_most', most)).toMatchObject({ outcome: 'activated' })
  const id = '0010_sandbox'
  const apply = `create table shop.plain (); alter table shop.plain\n owner to ${w.role('app')}; comment on aggregate shop.most(int) is 'most'`
  await w.stage(id, stepOf(apply, 'drop table shop.plain; comment on aggregate shop.most(int) is null'))
  await inSandbox(w, id)
  expect((await data(id, 'ann')).rehearsals).toMatchObject([{ place: 'sandbox', withheld: false }])
  await expect(measured(await page(id, 'ann'))).toMatchFileSnapshot(`pages/${id}.txt`)
})
