// Rows written to user tables: one effect per table and verb, whoever caused it.
import { beforeAll, describe, expect, test } from 'vitest'
import { hidden, refusal, type World, world } from '../world.ts'
import { failure, lines, run } from './effects.ts'

let w: World
const activated = { outcome: 'activated', code: null, detail: null }

beforeAll(async () => {
  w = await world()
  await w.sql.unsafe(`
    set role ${w.role('app')};
    create table shop.events (y int, note text) partition by range (y);
    create table shop.events_1 partition of shop.events for values from (1) to (2);
    create table shop.events_2 partition of shop.events for values from (2) to (3);
    create table shop.parent (id int primary key);
    create table shop.child (id int references shop.parent on delete cascade);
    insert into shop.parent values (1), (2); insert into shop.child values (1);
    create table shop.long (id int generated always as identity, body text);
    create table shop.serial (id serial, note text);
    create table shop."Odd "" one" (id int);
    create table shop.full (id int); insert into shop.full values (1);
    reset role;
    grant create on schema shop to levelb_deploy`)
})

const written: [string, string[]][] = [
  ["insert into shop.orders select 10 + g, 'x', 'y' from generate_series(1, 3) g", ['orders: insert']],
  ['update shop.orders set card = card where id = 1', ['orders: update']],
  [
    'with gone as (delete from shop.orders where id = 2 returning *) insert into shop.orders select 3, customer, card from gone',
    ['orders: delete', 'orders: insert'],
  ],
  ["insert into shop.orders values (1, 'x', 'y') on conflict (id) do update set customer = 'z'", ['orders: update']],
  [
    "merge into shop.orders o using (values (1), (99)) v (id) on o.id = v.id when matched then update set card = 'm' when not matched then insert values (v.id)",
    ['orders: insert', 'orders: update'],
  ],
  ["insert into shop.recent values (50, 'through a view')", ['orders: insert']],
  ["insert into shop.events values (1, 'a'), (2, 'b')", ['events_1: insert', 'events_2: insert']],
  ['update shop.events set y = 2 where y = 1', ['events_1: delete', 'events_2: insert']],
  ['delete from shop.parent where id = 1', ['child: delete', 'parent: delete']],
  [
    "insert into shop.long (body) select string_agg(md5(g::text), '') from generate_series(1, 3000) g",
    ['long: insert'],
  ],
  ['insert into shop."Odd "" one" values (1)', ['"Odd "" one": insert']],
  ['truncate shop.full', ['"full": truncate']],
  ['truncate shop.parent cascade', ['child: truncate', 'parent: truncate']],
]

test.each(written)('%s', async (statement, effects) => {
  const row = await run(w, statement, { classes: ['data'] })
  const shown = lines(row).filter((line) => !line.startsWith('data: sequence '))
  expect([failure(row), shown]).toEqual([activated, effects.map((effect) => `data: table shop.${effect}: - → -`)])
})

test('a statement that writes no row is no effect', async () => {
  const row = await run(w, 'update shop.orders set id = 1 where false; grant select on shop.items to public')
  expect([failure(row), lines(row)]).toEqual([activated, ['acl: table shop.items: PUBLIC: - → select']])
})

test('a sequence that is restarted is an effect', async () => {
  const row = await run(w, 'truncate shop.long restart identity')
  expect(lines(row)).toEqual([
    'data: sequence shop.long_id_seq: restart: - → -',
    'data: table shop.long: truncate: - → -',
  ])
})

describe('a sequence whose value the text moved', () => {
  const moved = (name: string, how = 'setval or nextval') => `data: sequence shop.${name}: ${how}: - → -`
  const rewritten = (name: string) => `structure: sequence shop.${name}: (rewritten): - → -`
  /** Statements on shop.tickets, and what they show besides a grant. */
  const statements: [string, string[]][] = [
    ["select setval('shop.tickets', 500)", [moved('tickets')]],
    ["select nextval('shop.tickets')", [moved('tickets')]],
    [
      "do $$ begin perform setval('shop.tickets', 600); raise 'no'; exception when raise_exception then null; end $$",
      [moved('tickets')],
    ],
    // what it says of the columns is not new, and would be a place to hide the rest
    [
      "select setval('shop.long_id_seq', 700); alter sequence shop.serial_id_seq owned by shop.serial.id",
      [
        moved('long_id_seq'),
        moved('serial_id_seq', 'setval, nextval or alter'),
        rewritten('serial_id_seq'),
        rewritten('serial_id_seq'),
      ],
    ],
    [
      "alter sequence shop.tickets restart; select setval('shop.tickets', 800)",
      ['data: sequence shop.tickets: restart: - → -', rewritten('tickets')],
    ],
    ["insert into shop.serial (note) values ('x')", [moved('serial_id_seq'), 'data: table shop.serial: insert: - → -']],
    ['insert into shop.long values (default, null)', [moved('long_id_seq'), 'data: table shop.long: insert: - → -']],
    // of a new one, and of what leaves the value alone, nothing
    [
      "create sequence shop.fresh; select setval('shop.fresh', 9)",
      ['structure: sequence shop.fresh: exists: - → present'],
    ],
    ['select last_value from shop.tickets', []],
    ['grant select on shop.tickets to public', ['acl: sequence shop.tickets: PUBLIC: - → select']],
  ]

  test.each(statements)('B200 › %s', async (statement, effects) => {
    const row = await run(w, `${statement}; grant update on shop.items to ${w.role('reader')}`)
    await w.sql.unsafe(`revoke update on shop.items from ${w.role('reader')}`)
    const shown = lines(row).filter(
      (line) => !line.startsWith('acl: table shop.items') && !/fresh: (owner|sequence)/.test(line),
    )
    expect([failure(row), shown]).toEqual([activated, effects])
  })

  test('is named where the activation failed, since it stays', async () => {
    const row = await run(w, "select setval('shop.tickets', 900), nextval('shop.long_id_seq'); select 1 / 0")
    expect(row.error).toMatchObject({
      sqlstate: '22012',
      sequences_moved: ['shop.long_id_seq', 'shop.tickets'],
    })
    expect(await w.sql`select last_value from shop.tickets`).toEqual([{ last_value: '900' }])
    expect((await run(w, 'select 1 / 0')).error).not.toHaveProperty('sequences_moved')
  })
})

test('rows that the session wrote before, and whose count is not flushed, are no effect', async () => {
  await w.sql.unsafe(`grant usage on schema shop to ${w.role('olga')}; grant insert on shop.items to ${w.role('olga')}`)
  const olga = await w.as('olga')
  for (let i = 0; i < 3; i++) await olga`insert into shop.items values (${i}, null)`
  const row = await run(w, 'grant insert on shop.items to public')
  expect(lines(row)).toEqual(['acl: table shop.items: PUBLIC: select → insert, select'])
})

test('rollback_snapshot says which rows it cannot restore, truncated ones too', async () => {
  const row = await run(w, `insert into shop."full" values (1); truncate shop.events_1`)
  const line = (name: string) => `-- rows of ${name} were written: data is restored from a backup, not from here\n`
  expect(row.rollback_snapshot).toContain(`;\n${line('shop."full"')}${line('shop.events_1')}commit;\n`)
})

test.each([
  ['copy shop.orders from stdin', '0A000'],
  ["copy shop.orders from program 'echo 1'", '42501'],
  ["copy shop.orders to '/tmp/orders'", '42501'],
])('%s cannot run in a text: LB011 when it is staged, %s where it runs', async (statement, code) => {
  expect((await refusal(run(w, statement))).code).toBe('LB011')
  expect(await run(w, hidden(statement))).toMatchObject({ outcome: 'failed', code })
})
