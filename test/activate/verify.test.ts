// verify: one read-only query of a step, run after all steps, that must answer true; it leaves nothing behind.
import { beforeAll, expect, test } from 'vitest'
import { hidden, type Json, type Row, refusal, type World, world } from '../world.ts'
import { detailOf, granted, isOpen, names } from './fixture.ts'

const next = names()
let w: World

beforeAll(async () => {
  w = await world()
})

const verified = async (verify: string, apply = 'grant select on shop.orders to public'): Promise<Row> => {
  const id = next()
  await w.stage(id, { title: 'a change', description: 'for a test', steps: [{ name: 'one', apply, verify }] })
  await w.approve(id)
  const row = await w.activate(id)
  expect(await isOpen(w)).toBe(row.outcome === 'activated')
  await w.sql`revoke all on shop.orders from public`
  return row
}

test.each([
  ['true', 'select true'],
  ['what the steps did', `select has_table_privilege('public', 'shop.orders', 'select')`],
  ['a first column that is true, whatever follows', `select 'yes', 'no'`],
])('verify › %s keeps the change', async (_, verify) => {
  const row = await verified(verify)
  expect([row.outcome, row.effects]).toEqual(['activated', [granted('orders')]])
})

test.each([
  ['false', 'select false', false],
  ['null', 'select null::boolean', null],
  ['no row', 'select true where false', false],
  ['two rows', 'select true from generate_series(1, 2)', false],
])('verify › %s takes it back (LB311)', async (_, verify, answer) => {
  const row = await verified(verify)
  expect([row.outcome, row.code, detailOf(row)]).toEqual(['failed', 'LB311', { step: 1, answer }])
})

test.each([
  ['an error', 'select 1 / 0 = 1', '22012'],
  ['a statement that answers nothing', 'do $$ begin end $$', '42601'],
  ['what is no boolean', `select 'perhaps'`, '22P02'],
  [
    'the end of the subtransaction, played by the text',
    `do $$ begin raise sqlstate 'UNDO0'; end $$; select true`,
    'LB311',
  ],
  ['a write', 'insert into shop.orders values (3); select true', '25006'],
  ['a write of a function', 'select count(shop.put()) = 1', '25006'],
  ['a number of a sequence', `select nextval('shop.tickets') > 0`, '25006'],
  ['DDL', 'create table shop.kept (n int); select true', '25006'],
  ['leaving read-only mode: SET TRANSACTION', 'set transaction read write; select true', '25001'],
  [
    'leaving read-only mode: transaction_read_only',
    `select set_config('transaction_read_only', 'off', true) is not null`,
    '25001',
  ],
  ['leaving read-only mode: BEGIN', `${hidden('begin read write')}; select true`, '0A000'],
  ['F14 › taking the token of its step', 'select (levelb._pending_step($$apply$$)).verify is not null', '25006'],
])('verify › %s takes it back', async (_, verify, code) => {
  await w.sql.unsafe(`create or replace function shop.put() returns int language sql as
    'insert into shop.orders values (4) returning id'; grant execute on function shop.put() to public;
    grant usage on sequence shop.tickets to levelb_deploy`)
  const row = await verified(verify)
  expect([row.outcome, row.code, (row.error as Json).step]).toEqual(['failed', code, 1])
  expect(await w.sql`select id from shop.orders order by id`).toEqual([{ id: 1 }, { id: 2 }])
})

test('LB011 › a plain BEGIN in a verify is refused when it is staged', async () => {
  const refused = await refusal(verified('begin read write'))
  expect([refused.code, refused.detail.field]).toEqual(['LB011', 'steps[0].verify'])
})

test('F14 › after a verify the transaction can write: the proof is there, and the operator goes on', async () => {
  const id = next()
  await w.stage(id, {
    title: 'a change',
    description: 'for a test',
    steps: [{ name: 'one', apply: 'grant select on shop.items to public', verify: 'select true' }],
  })
  await w.approve(id)
  const client = await w.as('olga')
  await client.unsafe('begin')
  const row = await w.activate(id)
  const [after] = await client`select current_setting('transaction_read_only') as read_only`
  await client.unsafe('commit')
  expect([row.outcome, after?.read_only]).toEqual(['activated', 'off'])
})

test('verify › what it sets and locks is gone too', async () => {
  const row = await verified(`select set_config('work_mem', '77MB', false) is not null
    and pg_advisory_lock(7)::text is not null`)
  const [held] = await w.sql`select count(*)::int as locks from pg_locks where locktype = 'advisory'`
  const [shown] = await (await w.as('olga')).unsafe('show work_mem')
  const touched = { settings: [], cursors: [], prepared_statements: [], locks: 1 }
  expect([row.outcome, row.session_touched, held?.locks, shown?.work_mem]).toEqual(['activated', touched, 0, '4MB'])
})

test('steps run in their order, and every verify after all of them', async () => {
  const id = next()
  await w.stage(id, {
    title: 'a change',
    description: 'for a test',
    search_path: 'shop',
    steps: [
      {
        name: 'first',
        apply: 'update orders set card = card || 1',
        verify: `select card = '41111234' from orders where id = 1`,
      },
      { name: 'second', apply: 'update orders set card = card || 2' },
      {
        name: 'third',
        apply: 'update orders set card = card || 3; update orders set card = card || 4',
        verify: 'select true',
      },
    ],
  })
  await w.approve(id)
  const row = await w.activate(id)
  expect([row.outcome, (row.commands as Json[]).map((c) => [c.position, c.name, c.part])]).toEqual([
    'activated',
    [
      [1, 'first', 'apply'],
      [2, 'second', 'apply'],
      [3, 'third', 'apply'],
      [1, 'first', 'verify'],
      [3, 'third', 'verify'],
    ],
  ])
})
