// Live rehearsal: what it needs, what it records, that it keeps nothing, and what is refused.
import postgres from 'postgres'
import { beforeAll, describe, expect, test } from 'vitest'
import { detailOf } from '../activate/fixture.ts'
import { documentOf, type Json, type Row, refusal, type World, world } from '../world.ts'
import { rehearse } from './fixture.ts'

const steps = (apply: string, rollback: string | null, more: Json = {}): Json => ({
  ...documentOf(apply),
  steps: [{ name: 'one', apply, ...(rollback === null ? {} : { rollback }), ...more }],
})

let w: World
beforeAll(async () => {
  w = await world({ policy: { rehearsal: { required: 'none', max_hold: '30 s' } } })
})

let count = 0
const nextId = () => `00${10 + count++}_try`

const allow = async (id: string, by = 'bob') => {
  const [row] =
    await w.sql`select manifest_hash from levelb.manifest where migration_id = ${id} order by revision desc limit 1`
  const client = await w.as(by)
  await client`select * from levelb.allow_rehearsal(${id}, ${row?.manifest_hash as Buffer})`
}
const through = async (document: Json) => {
  const id = nextId()
  await w.stage(id, document)
  await allow(id)
  return rehearse(w, id)
}
/** Each statement as [phase, statement, tag]. */
const run = (row: Row) => (row.statements as Row[]).map((s) => [s.phase, s.statement, s.tag])
const columns = async () =>
  (
    await w.sql`select attname from pg_attribute where attrelid = 'shop.orders'::regclass and attnum > 0 order by attnum`
  ).map((row) => row.attname)

describe('a rehearsal that passes', () => {
  test('runs apply, rollback and apply again, records effects, statements and locks, and keeps nothing', async () => {
    const row = await through(
      steps(
        'alter table shop.orders add column note text; create index on shop.orders (note); create table shop.extra (id int)',
        'drop table shop.extra; alter table shop.orders drop column note',
      ),
    )
    expect(row.error).toBeNull()
    expect([row.outcome, row.rollback_restored, row.warnings]).toEqual(['passed', true, []])
    expect(row.effects).toContainEqual(
      expect.objectContaining({ object_type: 'table column', identity: 'shop.orders.note' }),
    )
    expect(
      (row.statements as Row[]).map((s) => [
        s.phase,
        s.step,
        s.statement,
        s.position,
        s.tag,
        (s.locks as Row[]).map((l) => l.table),
      ]),
    ).toEqual([
      ['apply', 1, 1, 1, 'ALTER TABLE', ['shop.orders']],
      ['apply', 1, 2, 47, 'CREATE INDEX', []],
      ['apply', 1, 3, 83, 'CREATE TABLE', []],
      ['rollback', 1, 1, 1, 'DROP TABLE', []],
      ['rollback', 1, 2, 24, 'ALTER TABLE', []],
    ])
    expect(row.locks).toMatchObject([{ table: 'shop.orders', mode: 'AccessExclusiveLock', blocks: 'reads and writes' }])
    expect(await columns()).toEqual(['id', 'customer', 'card'])
    expect(await w.sql`select to_regclass('shop.extra') as t`).toEqual([{ t: null }])
    expect(await w.sql`select count(*)::int as n from levelb._rehearsed_statement`).toEqual([{ n: 0 }])
  })
})

describe('what a rehearsal finds', () => {
  test('a rollback that does not restore: the difference, and outcome failed', async () => {
    const row = await through(
      steps('alter table shop.orders add column a int, add column b int', 'alter table shop.orders drop column a'),
    )
    expect([row.outcome, row.code, row.rollback_restored]).toEqual(['failed', 'LB310', false])
    expect((row.rollback_difference as { missing: Row[] }).missing).toMatchObject([
      { identity: 'shop.orders.b', after: null },
    ])
    expect(row.effects).toHaveLength(2)
    expect(await columns()).toEqual(['id', 'customer', 'card'])
  })

  test('a rollback that fails', async () => {
    const row = await through(steps('create table shop.more (id int)', 'drop table shop.nothing'))
    expect([row.outcome, row.code, row.rollback_restored]).toEqual(['failed', '42P01', false])
    expect(row.rollback_difference).toMatchObject({ error: { sqlstate: '42P01', step: 1 } })
  })

  test('B202 › a failure says its SQLSTATE and no message that could carry rows', async () => {
    const row = await through(steps('select card::date from shop.orders', 'select 1'))
    expect([row.outcome, row.code, row.rollback_restored]).toEqual(['failed', '22007', null])
    expect(JSON.stringify(row)).not.toContain('4111')
  })

  test('B201 › a NOTICE is not sent', async () => {
    const notices: string[] = []
    const id = nextId()
    await w.stage(
      id,
      steps(
        `do $$ begin raise notice '%', (select max(card) from shop.orders); end $$; create table shop.n ()`,
        'drop table shop.n',
      ),
    )
    await allow(id)
    const url = await w.urlOf('olga')
    const client = postgres(url, { max: 1, onnotice: (notice) => notices.push(JSON.stringify(notice)) })
    await client`set statement_timeout = 30000`
    const [row] = await client`select outcome from levelb.rehearse_live(${id})`
    await client.end()
    expect([row?.outcome, notices]).toEqual(['passed', []])
  })

  test('a step without a rollback text, and one whose verify says no', async () => {
    const without = await through(steps('create table shop.more (id int)', null))
    expect([without.outcome, without.rollback_restored, without.warnings]).toEqual([
      'passed',
      null,
      [{ kind: 'no rollback', detail: ['one'] }],
    ])
    const unverified = await through(
      steps('create table shop.more (id int)', 'drop table shop.more', { verify: 'select false' }),
    )
    expect([unverified.outcome, unverified.code]).toEqual(['failed', 'LB311'])
  })

  test('effects other than those the manifest says', async () => {
    const row = await through({ ...steps('create table shop.more (id int)', 'drop table shop.more'), effects: [] })
    expect([row.outcome, row.code]).toEqual(['failed', 'LB303'])
    expect(row.effects).not.toEqual([])
  })

  test('a table that is written anew, and rows', async () => {
    const row = await through(
      steps(
        `alter table shop.orders alter card type varchar(40); update shop.orders set customer = 'x'`,
        'alter table shop.orders alter card type text',
      ),
    )
    expect(run(row)).toEqual([
      ['apply', 1, 'ALTER TABLE'],
      ['apply', 2, 'UPDATE'],
      ['rollback', 1, 'ALTER TABLE'],
    ])
    expect((row.statements as Row[]).map((s) => [s.rewritten, s.rows])).toEqual([
      [['table shop.orders'], 0],
      [[], 2],
      [[], 0],
    ])
    expect(await w.sql`select customer from shop.orders order by 1`).toEqual([{ customer: 'Ada' }, { customer: 'Ben' }])
  })

  test('B200 › a sequence that an INSERT counted on is named', async () => {
    const app = await w.as('app')
    await app`create table shop.counted (id int generated always as identity)`
    const row = await through(steps('insert into shop.counted default values', 'delete from shop.counted'))
    expect(row.warnings).toEqual([{ kind: 'sequences moved', detail: ['shop.counted_id_seq'] }])
  })

  test('B207 › LB213 where others would wait longer than max_hold; what waits is named', async () => {
    const tight = await world({ policy: { rehearsal: { required: 'none', max_hold: '50 ms' } } })
    await tight.stage(
      '0001_slow',
      steps('lock table shop.orders; select pg_sleep(0.2); create table shop.n ()', 'drop table shop.n'),
    )
    await tight.approve('0001_slow', ['bob'])
    const row = await rehearse(tight, '0001_slow')
    expect([row?.outcome, row?.code]).toEqual(['failed', 'LB213'])
    expect(detailOf(row as Row)).toMatchObject({ max_hold_ms: 50, tables: ['shop.orders'] })
    const [read] = await (await tight.as('bob'))`select page from levelb.review('0001_slow')`
    expect(read?.page).toMatch(/code +LB213 .*: shop\.orders for \d+ ms, where max_hold\s+is 50 ms/)
    expect(read?.page).toMatch(/held +not known: it ended before/)
    expect(read?.page).toMatch(/effects +not known: it ended before/)
    // each statement is short, and they wait for all of them
    const naps = Array(5).fill('select pg_sleep(0.02)').join('; ')
    await tight.stage(
      '0003_naps',
      steps(`create table shop.n (); lock table shop.orders; ${naps}`, 'drop table shop.n'),
    )
    await tight.approve('0003_naps', ['bob'])
    expect(await rehearse(tight, '0003_naps')).toMatchObject({ code: 'LB213', statements: [] })
    // stopped is not found wrong
    const back = 'lock table shop.orders; select pg_sleep(0.2); drop table shop.n'
    await tight.stage('0002_slow_back', steps('create table shop.n ()', back))
    await tight.approve('0002_slow_back', ['bob'])
    expect(await rehearse(tight, '0002_slow_back')).toMatchObject({ code: 'LB213', rollback_restored: null })
  })
})

describe('what is refused', () => {
  const document = steps('create table shop.more (id int)', 'drop table shop.more')
  const staged = async (change: Json = document, by = 'ann') => {
    const id = nextId()
    await w.stage(id, change, by)
    return id
  }

  test('without somebody who allows it, and for the author in every part (LB204, LB203, LB212)', async () => {
    const id = await staged()
    expect(await refusal(rehearse(w, id))).toMatchObject({
      code: 'LB204',
      hint: expect.stringContaining('levelb.allow_rehearsal'),
    })
    const own = await staged(document, 'arno')
    expect(await refusal(w.approve(own, ['arno']))).toMatchObject({ code: 'LB203' })
    expect(await refusal(rehearse(w, own, 'arno'))).toMatchObject({ code: 'LB212' })
    expect(await w.sql`select 1 from levelb.rehearsal where migration_id = ${id}`).toEqual([])
  })

  test("a decision to allow is no approval, and an operator's own does not count", async () => {
    const id = await staged()
    await allow(id, 'bob')
    await allow(id, 'carol')
    expect(await w.activate(id)).toMatchObject({ outcome: 'refused', code: 'LB204' })
    const own = await staged()
    await allow(own, 'arno')
    expect(await refusal(rehearse(w, own, 'arno'))).toMatchObject({ code: 'LB204' })
    expect(await rehearse(w, own)).toMatchObject({ outcome: 'passed' })
  })

  test('after a rejection, which allowing leaves as it is (LB208)', async () => {
    const id = await staged()
    const [row] = await w.sql`select manifest_hash from levelb.manifest where migration_id = ${id}`
    await (await w.as('carol'))`select * from levelb.reject(${id}, ${row?.manifest_hash as Buffer}, 'no')`
    await allow(id, 'carol')
    expect(await refusal(rehearse(w, id))).toMatchObject({ code: 'LB208' })
  })

  test.each(['setval', 'nextval', 'pg_advisory_lock', 'dblink_exec', 'lo_export', 'pg_logical_emit_message'])(
    'B203, B204, B205 › a text that names %s, which a rollback does not undo (LB011)',
    async (name) => {
      const id = await staged(steps(`do $$ begin perform ${name}('x', 1); end $$`, 'select 1'))
      await allow(id)
      expect(await refusal(rehearse(w, id))).toMatchObject({
        code: 'LB011',
        detail: { outlives_a_rollback: [{ step: 'one', part: 'apply', name }] },
      })
    },
  )

  test('a call among others, or by an author or approver', async () => {
    const id = await staged()
    await allow(id)
    const olga = await w.as('olga')
    expect(await refusal(olga`select r.outcome, 1 as more from levelb.rehearse_live(${id}) r`)).toMatchObject({
      code: 'LB205',
    })
    for (const name of ['ann', 'bob', 'aud'])
      expect(await refusal(rehearse(w, id, name))).toMatchObject({ code: '42501' })
  })

  test('a text that notes statements itself', async () => {
    const row = await through(steps('select levelb._statement_ran(1); create table shop.n ()', 'drop table shop.n'))
    expect([row.outcome, row.code]).toEqual(['failed', 'LB306'])
  })
})

test('a policy that asks for a live rehearsal: none is approved or activated without (LB209)', async () => {
  const strict = await world({ policy: { rehearsal: { required: 'live', max_hold: '30 s' } } })
  await strict.stage('0001_more', steps('create table shop.more (id int)', 'drop table shop.more'))
  expect(await refusal(strict.approve('0001_more'))).toMatchObject({
    code: 'LB209',
    detail: { policy: 'rehearsal.required: live' },
    hint: expect.stringContaining('levelb.rehearse_live'),
  })
  const [manifest] = await strict.sql`select manifest_hash from levelb.manifest`
  await (await strict.as(
    'bob',
  ))`select * from levelb.allow_rehearsal('0001_more', ${manifest?.manifest_hash as Buffer})`
  const row = await rehearse(strict, '0001_more')
  expect(row).toMatchObject({ outcome: 'passed' })
  await strict.approve('0001_more')
  const done = await strict.activate('0001_more')
  expect([done.outcome, done.effects]).toEqual(['activated', row?.effects])
  const [proven] = await strict.sql`select ok, detail from levelb.readiness() where item = 'rollback_proven'`
  expect(proven).toEqual({
    ok: true,
    detail: 'of 1 migration activated, 1 had a live rehearsal whose rollback restored',
  })
  expect(await strict.sql`select ok from levelb.verify_ledger()`).toEqual([{ ok: true }])
})

test('steps and role documents are taken back in turn, and applied again', async () => {
  const governing = await world({ policy: { cluster: 'govern', rehearsal: { required: 'none', max_hold: '30 s' } } })
  const made = governing.role('made')
  await governing.stage('0001_role', {
    title: 'a change',
    description: 'for a test',
    steps: [
      { name: 'role', roles: { create: [{ name: made }] } },
      {
        name: 'right',
        apply: `grant select on shop.orders to ${made}`,
        rollback: `revoke select on shop.orders from ${made}`,
      },
      { name: 'limit', roles: { alter: [{ name: made, connection_limit: 3 }] } },
    ],
  })
  await governing.approve('0001_role')
  const row = await rehearse(governing, '0001_role')
  expect([row.outcome, row.error, row.rollback_restored]).toEqual(['passed', null, true])
  expect(await governing.sql`select from pg_roles where rolname = ${made}`).toHaveLength(0)
  expect((await governing.activate('0001_role')).effects).toEqual(row.effects)
})

test('a rollback is rehearsed as a migration of its own', async () => {
  const id = nextId()
  await w.through(id, steps('create table shop.gone (id int)', 'drop table shop.gone'))
  await (await w.as('olga'))`select levelb.stage_rollback(${id}, 'it broke')`
  await w.approve(`${id}.rollback`)
  const row = await rehearse(w, `${id}.rollback`)
  expect([row.outcome, row.error, row.rollback_restored]).toEqual(['passed', null, true])
  expect((await w.activate(`${id}.rollback`)).effects).toEqual(row.effects)
})
