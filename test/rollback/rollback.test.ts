// stage_rollback and what it stages: the approved texts backwards, the effects inverted, under the original's author.
import { beforeAll, describe, expect, test } from 'vitest'
import { detailOf } from '../activate/fixture.ts'
import { privilegedState } from '../effects/state.ts'
import { type Json, type Row, refusal, type World, world } from '../world.ts'
import { changes, expectActivated, rollBack, stageRollback, stateOf, thereAndBack } from './fixture.ts'

let w: World
beforeAll(async () => {
  w = await world({ policy: { cluster: 'govern' } })
})

let count = 0
const next = () => `${String(++count).padStart(4, '0')}_change`

const grant = (to: string, more: Json = {}, on = 'orders') =>
  changes(
    [
      {
        apply: `grant select on shop.${on} to ${w.role(to)}`,
        rollback: `revoke select on shop.${on} from ${w.role(to)}`,
      },
    ],
    more,
  )

describe('what is staged', () => {
  test('the steps backwards, the effects inverted, the author of the original, the operator as the login', async () => {
    const id = next()
    await w.through(
      id,
      changes(
        [
          {
            apply: `grant select on shop.orders to ${w.role('reader')}`,
            rollback: `revoke select on shop.orders from ${w.role('reader')}`,
          },
          {
            apply: 'alter table shop.items owner to levelb_deploy',
            rollback: `alter table shop.items owner to ${w.role('app')}`,
          },
        ],
        { change_ref: 'OPS-7', search_path: 'shop' },
      ),
    )
    const staged = await stageRollback(w, id)
    expect(staged).toMatchObject({
      migration_id: `${id}.rollback`,
      revision: 1,
      kind: 'rollback',
      title: 'Roll back: a change',
      description: 'it broke',
      change_ref: 'OPS-7',
      search_path: 'shop, pg_temp',
      classes: ['acl', 'owner'],
      author: 'ann',
      login: w.role('olga'),
      payload: { migration_id: id, reason: 'it broke', kind: 'sql' },
      effects: [
        {
          class: 'acl',
          object_type: 'table',
          identity: 'shop.orders',
          attribute: w.role('reader'),
          before: 'select',
          after: null,
        },
        {
          class: 'owner',
          object_type: 'table',
          identity: 'shop.items',
          attribute: 'owner',
          before: 'levelb_deploy',
          after: w.role('app'),
        },
      ],
    })
    const steps =
      await w.sql`select position, name, apply, rollback, verify from levelb.step where migration_id = ${`${id}.rollback`} order by 1`
    expect([...steps]).toEqual([
      {
        position: 1,
        name: 'step1',
        apply: `alter table shop.items owner to ${w.role('app')}`,
        rollback: 'alter table shop.items owner to levelb_deploy',
        verify: null,
      },
      {
        position: 2,
        name: 'step0',
        apply: `revoke select on shop.orders from ${w.role('reader')}`,
        rollback: `grant select on shop.orders to ${w.role('reader')}`,
        verify: null,
      },
    ])
    await w.approve(`${id}.rollback`)
    expectActivated(await w.activate(`${id}.rollback`))
  })

  test('audit names the operator as who staged it', async () => {
    const id = next()
    await w.through(id, grant('reader'))
    await stageRollback(w, id)
    const [line] = await w.sql`select who, what from levelb.audit where ref = ${`manifest ${id}.rollback 1`}`
    expect(line).toEqual({
      who: 'olga',
      what: `staged ${id}.rollback revision 1, the rollback of ${id}: Roll back: a change`,
    })
    await w.approve(`${id}.rollback`)
    await w.activate(`${id}.rollback`)
  })

  test('a long name is shortened with a hash of it, so that two do not meet', async () => {
    const long = (end: string) => `billing/${'x'.repeat(62)}${end}`
    const ids: string[] = []
    for (const end of ['a', 'b']) {
      await w.through(long(end), grant('reader'))
      const staged = await stageRollback(w, long(end))
      ids.push(String(staged.migration_id))
      await w.approve(String(staged.migration_id))
      expectActivated(await w.activate(String(staged.migration_id)))
      expect(await stateOf(w, long(end))).toBe('rolled_back')
    }
    expect(ids.map((id) => id.replace(/[0-9a-f]{16}/, 'HASH'))).toEqual(
      Array(2).fill(`billing/${'x'.repeat(37)}.HASH.rollback`),
    )
    expect(new Set(ids).size).toBe(2)
  })
})

describe('there and back', () => {
  test('acl of a table and of a column', async () => {
    await thereAndBack(w, next(), grant('reader'))
    await thereAndBack(
      w,
      next(),
      changes([
        {
          apply: `grant select (customer) on shop.orders to ${w.role('reader')} with grant option`,
          rollback: `revoke all (customer) on shop.orders from ${w.role('reader')}`,
        },
      ]),
    )
  })

  test('owner of a table, and of code with the definition that was handed over', async () => {
    const app = w.role('app')
    const { there, back } = await thereAndBack(
      w,
      next(),
      changes([
        {
          apply:
            'alter table shop.orders owner to levelb_deploy; alter function shop.total(int) owner to levelb_deploy',
          rollback: `alter table shop.orders owner to ${app}; alter function shop.total(int) owner to ${app}`,
        },
      ]),
    )
    const definition = (row: Row) => (row.effects as Json[]).find((effect) => effect.attribute === 'definition')
    expect(definition(there)?.after).toMatch(/^sha256/)
    expect(definition(back)).toEqual(definition(there))
  })

  test('default privileges', () =>
    thereAndBack(
      w,
      next(),
      changes([
        {
          apply: `alter default privileges for role levelb_deploy in schema shop grant select on tables to ${w.role('reader')}`,
          rollback: `alter default privileges for role levelb_deploy in schema shop revoke select on tables from ${w.role('reader')}`,
        },
      ]),
    ))

  test('a stable view repointed from v1 to v2, and its owner with it', async () => {
    await w.sql.unsafe(`create view shop.orders_v1 as select id from shop.orders; create view shop.orders_v2 as select id from shop.items;
      create view shop.stable as select id from shop.orders_v1; alter view shop.orders_v1 owner to levelb_deploy;
      alter view shop.orders_v2 owner to levelb_deploy; alter view shop.stable owner to ${w.role('app')}`)
    const shown = async () => (await w.sql`select pg_get_viewdef('shop.stable'::regclass) as text`)[0]?.text
    const before = await shown()
    const { there, back } = await thereAndBack(
      w,
      next(),
      changes([
        {
          apply:
            'alter view shop.stable owner to levelb_deploy; create or replace view shop.stable as select id from shop.orders_v2',
          rollback: `create or replace view shop.stable as select id from shop.orders_v1; alter view shop.stable owner to ${w.role('app')}`,
        },
      ]),
    )
    expect((there.effects as Json[]).map((effect) => effect.class)).toContain('repoint')
    expect(await shown()).toBe(before)
    expect((back.effects as Json[]).map((effect) => effect.class)).toContain('repoint')
  })

  test('rows of data are left to the text, and its class needs its quorum', async () => {
    const id = next()
    expectActivated(
      await w.through(
        id,
        changes([
          {
            apply: `update shop.orders set customer = 'Eve' where id = 1`,
            rollback: `update shop.orders set customer = 'Ada' where id = 1`,
          },
        ]),
      ),
    )
    const staged = await stageRollback(w, id)
    expect([staged.classes, staged.effects]).toEqual([['data'], []])
    await w.approve(`${id}.rollback`)
    const back = expectActivated(await w.activate(`${id}.rollback`))
    expect((back.effects as Json[]).map((effect) => [effect.class, effect.attribute])).toEqual([['data', 'update']])
    expect(await w.sql`select customer from shop.orders where id = 1`).toEqual([{ customer: 'Ada' }])
  })

  test('status › rolled_back; a rollback of the rollback puts the change in force again, and again', async () => {
    const id = next()
    const open = async () =>
      (await w.sql`select has_table_privilege(${w.role('reader')}, 'shop.items', 'select') as may`)[0]?.may
    await w.through(id, grant('reader', {}, 'items'))
    const chain = [id, `${id}.rollback`, `${id}.rollback.rollback`, `${id}.rollback.rollback.rollback`]
    for (const [i, each] of chain.slice(0, 3).entries()) {
      expectActivated(await rollBack(w, each))
      expect(await open()).toBe(i % 2 === 1)
      const states = await Promise.all(chain.slice(0, i + 2).map((name) => stateOf(w, name)))
      // the last is in force; before it they alternate
      expect(states).toEqual(states.map((_, n) => ((states.length - 1 - n) % 2 === 0 ? 'activated' : 'rolled_back')))
    }
  })
})

describe('what is refused', () => {
  test('LB001 › not activated', async () => {
    const id = next()
    await w.stage(id, grant('reader'))
    expect(await refusal(stageRollback(w, id))).toMatchObject({
      code: 'LB001',
      detail: { field: 'migration_id', problem: 'is not activated', migration_id: id },
    })
  })

  test('LB002 › unknown', async () => {
    expect((await refusal(stageRollback(w, 'nothing'))).code).toBe('LB002')
  })

  test.each([
    ['null', null],
    ['empty', ''],
    ['invisible', 'a\u200bb'],
  ])('LB001, LB006 › a reason that is %s', async (_, reason) => {
    const refused = await refusal(stageRollback(w, 'nothing', 'olga', reason as never))
    expect([refused.code, refused.detail.field]).toEqual([_ === 'invisible' ? 'LB006' : 'LB001', 'reason'])
  })

  test.each(['ann', 'bob', 'aud'])('42501 › %s, who is no operator', async (name) => {
    expect((await refusal(stageRollback(w, 'nothing', name))).code).toBe('42501')
  })

  test('LB201 › the login of an operator of another database, with the door open and no principal', async () => {
    await w.urlOf('stranger')
    await w.sql.unsafe(`grant levelb_operator to ${w.role('stranger')}`)
    expect((await refusal(stageRollback(w, 'nothing', 'stranger'))).code).toBe('LB201')
  })

  test('LB001 › a step that was approved without a rollback is named, and the way out', async () => {
    const id = next()
    await w.through(
      id,
      changes([
        { apply: `grant update on shop.orders to ${w.role('reader')}` },
        {
          apply: `grant delete on shop.orders to ${w.role('reader')}`,
          rollback: `revoke delete on shop.orders from ${w.role('reader')}`,
        },
      ]),
    )
    const refused = await refusal(stageRollback(w, id))
    expect(refused).toMatchObject({
      code: 'LB001',
      detail: { field: 'steps[0].rollback', problem: 'step step0 was approved without one' },
    })
    expect(refused.hint).toContain('rollback_snapshot')
    await w.sql.unsafe(`revoke update, delete on shop.orders from ${w.role('reader')}`)
  })

  test('LB008 › rolled back already', async () => {
    const id = next()
    await thereAndBack(w, id, grant('reader'))
    expect(await refusal(stageRollback(w, id))).toMatchObject({
      code: 'LB008',
      detail: { migration_id: id, rolled_back_by: `${id}.rollback` },
    })
  })

  test('LB003 › staged already; after a withdrawal the next revision', async () => {
    const id = next()
    await w.through(id, grant('reader'))
    await stageRollback(w, id)
    const again = await refusal(stageRollback(w, id, 'ci'))
    expect(again).toMatchObject({ code: 'LB003', detail: { migration_id: `${id}.rollback` } })
    const olga = await w.as('olga')
    await olga`select levelb.withdraw(${`${id}.rollback`}, 'not yet')`
    expect(await stageRollback(w, id, 'ci', 'now')).toMatchObject({
      revision: 2,
      payload: { reason: 'now' },
    })
    await w.approve(`${id}.rollback`)
    expectActivated(await w.activate(`${id}.rollback`))
  })

  test('LB310 › a later migration on the same object, or one that depends on it: the newest first', async () => {
    const [first, second, third, fourth] = [next(), next(), next(), next()] as [string, string, string, string]
    await w.through(first, grant('reader', {}, 'items'))
    await w.through(second, grant('bob', {}, 'items'))
    await w.through(third, grant('bob', { depends_on: [first] }, 'orders'))
    await w.through(fourth, grant('reader', {}, 'orders'))
    const refused = await refusal(stageRollback(w, first))
    expect(refused).toMatchObject({ code: 'LB310', detail: { migration_id: first, blocked_by: [third, second] } })
    // third shares orders with fourth
    expect((await refusal(stageRollback(w, third))).detail.blocked_by).toEqual([fourth])
    for (const id of [fourth, third, second, first]) expectActivated(await rollBack(w, id))
  })

  test('LB310 › what came and went later does not count; what came back does, by its last name', async () => {
    const [first, second] = [next(), next()] as [string, string]
    await w.through(first, grant('reader', {}, 'items'))
    await w.through(second, grant('bob', {}, 'items'))
    await rollBack(w, second)
    const staged = await stageRollback(w, first)
    expect(staged.migration_id).toBe(`${first}.rollback`)
    await rollBack(w, `${second}.rollback`)
    // judged again when it is activated
    await w.approve(`${first}.rollback`)
    const row = await w.activate(`${first}.rollback`)
    expect([row.outcome, row.code, detailOf(row)]).toEqual([
      'refused',
      'LB310',
      { migration_id: first, blocked_by: [`${second}.rollback.rollback`] },
    ])
    expectActivated(await rollBack(w, `${second}.rollback.rollback`))
    expectActivated(await w.activate(`${first}.rollback`))
  })

  test('LB007 › what depends on a migration that was rolled back is not activated', async () => {
    const [first, second] = [next(), next()] as [string, string]
    await w.through(first, grant('reader', {}, 'items'))
    await w.stage(second, grant('bob', { depends_on: [first] }, 'items'))
    await w.approve(second)
    await rollBack(w, first)
    const row = await w.activate(second)
    expect([row.outcome, row.code, detailOf(row)]).toEqual(['refused', 'LB007', { depends_on: [first] }])
  })

  test('LB310 › drift between: nothing is kept, and the difference is in DETAIL', async () => {
    const id = next()
    await w.through(id, grant('reader', {}, 'items'))
    await w.sql.unsafe(`revoke select on shop.items from ${w.role('reader')}; grant select on shop.items to public`)
    const before = await privilegedState(w.sql)
    const row = await rollBack(w, id)
    expect([row.outcome, row.code, detailOf(row)]).toEqual([
      'failed',
      'LB310',
      {
        missing: [
          {
            class: 'acl',
            object_type: 'table',
            identity: 'shop.items',
            attribute: w.role('reader'),
            before: 'select',
            after: null,
          },
        ],
        unexpected: [],
        differences: [{ kind: 'other', object: 'table shop.items', privileged: true, accepted: false }],
      },
    ])
    expect(await privilegedState(w.sql)).toEqual(before)
    expect(await stateOf(w, id)).toBe('activated')
    await w.sql.unsafe(`revoke select on shop.items from public`)
  })

  test('LB310 › what the original accepts may differ in structure, and in nothing else', async () => {
    await w.sql.unsafe('create table shop.kept (id int); alter table shop.kept owner to levelb_deploy')
    const left = (accepted: string[], rest = '') =>
      changes(
        [
          {
            apply: `alter table shop.kept alter column id set default 1; grant select, update on shop.kept to ${w.role('reader')}`,
            rollback: `revoke select ${rest} on shop.kept from ${w.role('reader')}`,
          },
        ],
        { accept: accepted.map((object) => ({ rule: 'LB310', object, reason: 'a default that stays harms nobody' })) },
      )
    const back = async (document: Json) => {
      const id = next()
      expectActivated(await w.through(id, document))
      const row = await rollBack(w, id)
      await w.sql.unsafe(
        `alter table shop.kept alter column id drop default; revoke all on shop.kept from ${w.role('reader')}`,
      )
      return [row.outcome, row.code]
    }
    expect(await back(left(['table column shop.kept.id'], ', update'))).toEqual(['activated', null])
    // a name alone says nothing of which object it is the name
    expect(await back(left(['shop.kept.id'], ', update'))).toEqual(['failed', 'LB310'])
    expect(await back(left(['table shop.kept.id'], ', update'))).toEqual(['failed', 'LB310'])
    expect(await back(left(['table shop.other'], ', update'))).toEqual(['failed', 'LB310'])
    expect(await back(left(['table shop.kept', 'table column shop.kept.id']))).toEqual(['failed', 'LB310'])
  })

  test('LB310 › that an object is left, gone or another one is never accepted', async () => {
    const id = next()
    expectActivated(
      await w.through(
        id,
        changes(
          [
            {
              apply: `create table shop.left_over (); grant select on shop.items to ${w.role('reader')}`,
              rollback: `revoke select on shop.items from ${w.role('reader')}`,
            },
          ],
          { accept: [{ rule: 'LB310', object: 'table shop.left_over', reason: 'an empty table harms nobody' }] },
        ),
      ),
    )
    const row = await rollBack(w, id)
    expect([row.outcome, row.code]).toEqual(['failed', 'LB310'])
    expect((detailOf(row).missing as Json[]).map((effect) => [effect.class, effect.attribute])).toContainEqual([
      'structure',
      'exists',
    ])
    await w.sql.unsafe(`drop table shop.left_over; revoke select on shop.items from ${w.role('reader')}`)
  })

  test('LB304 › a rollback text that writes rows, where the change wrote none', async () => {
    const id = next()
    const step = {
      apply: `grant select on shop.items to ${w.role('reader')}`,
      rollback: `revoke select on shop.items from ${w.role('reader')}; delete from shop.orders`,
    }
    expectActivated(await w.through(id, changes([step], { classes: ['acl'] })))
    const [before] = await w.sql`select count(*)::int as rows from shop.orders`
    const row = await rollBack(w, id)
    expect([row.outcome, row.code, (row.error as Json).hint]).toEqual([
      'failed',
      'LB304',
      expect.stringContaining('stage a migration of kind sql'),
    ])
    expect(detailOf(row)).toMatchObject({ classes: ['data'], claimed: ['acl'] })
    expect(await w.sql`select count(*)::int as rows from shop.orders`).toEqual([before])
    expect(Number(before?.rows)).toBeGreaterThan(0)
    await w.sql.unsafe(`revoke select on shop.items from ${w.role('reader')}`)
  })

  test('rows that went with their table come back with it, under the class that the change had', async () => {
    const id = next()
    expectActivated(
      await w.through(
        id,
        changes([
          {
            apply: 'create table shop.seeded (); insert into shop.seeded default values',
            rollback: 'drop table shop.seeded',
          },
        ]),
      ),
    )
    expectActivated(await rollBack(w, id))
    expect((await stageRollback(w, `${id}.rollback`)).classes).toContain('data')
    await w.approve(`${id}.rollback.rollback`)
    expectActivated(await w.activate(`${id}.rollback.rollback`))
    expect(await w.sql`select count(*)::int as rows from shop.seeded`).toEqual([{ rows: 1 }])
    await w.sql.unsafe('drop table shop.seeded')
  })

  test('LB310 › a rollback text that does more, or something else', async () => {
    for (const rollback of [
      `revoke select on shop.items from ${w.role('reader')}; grant select on shop.items to ${w.role('bob')}`,
      `grant update on shop.items to ${w.role('reader')}`,
    ]) {
      const id = next()
      await w.through(id, changes([{ apply: `grant select on shop.items to ${w.role('reader')}`, rollback }]))
      const row = await rollBack(w, id)
      expect([row.outcome, row.code]).toEqual(['failed', 'LB310'])
      await w.sql.unsafe(`revoke all on shop.items from ${w.role('reader')}`)
    }
  })
})

describe('what comes and goes with an object is no difference', () => {
  test('a table with columns, keys, index, sequences, comment and rights', async () => {
    const id = next()
    const apply = `create table shop.made (id int primary key, n serial, m int generated always as identity,
        note text not null check (note <> ''));
      create index made_note on shop.made (note); comment on table shop.made is 'x';
      grant select on shop.made to ${w.role('reader')}; alter table shop.made enable row level security;
      create policy mine on shop.made using (true)`
    expectActivated(await w.through(id, changes([{ apply, rollback: 'drop table shop.made' }])))
    expectActivated(await rollBack(w, id))
  })

  test('a column with its default, comment and rights', async () => {
    const id = next()
    const apply = `alter table shop.items add column note text default 'x' not null;
      comment on column shop.items.note is 'y'; grant select (note) on shop.items to ${w.role('reader')}`
    expectActivated(await w.through(id, changes([{ apply, rollback: 'alter table shop.items drop column note' }])))
    expectActivated(await rollBack(w, id))
  })

  test('a constraint with its comment, and a publication with its tables', async () => {
    await w.sql.unsafe(`grant create on database ${w.name} to levelb_deploy`)
    await w.through(next(), 'create table shop."new s" (id int)')
    const id = next()
    const apply = `alter table shop."new s" add constraint positive check (id > 0);
      comment on constraint positive on shop."new s" is 'x'; create publication news for table shop."new s"`
    const rollback = 'drop publication news; alter table shop."new s" drop constraint positive'
    expectActivated(await w.through(id, changes([{ apply, rollback }])))
    expectActivated(await rollBack(w, id))
  })

  test('a domain with its checks, and a type with its columns', async () => {
    const id = next()
    const apply = `create domain shop.link as text check (value ~ '^http') not null; create type shop.pair as (a int, b text)`
    expectActivated(await w.through(id, changes([{ apply, rollback: 'drop domain shop.link; drop type shop.pair' }])))
    expectActivated(await rollBack(w, id))
  })

  test('and comes again as it was when the rollback is rolled back: code, parts and rights', async () => {
    const id = next()
    const apply = `create view shop.again as select 1 as one; grant select on shop.again to ${w.role('reader')};
      create function shop.twice(int) returns int language sql as 'select $1 * 2';
      revoke execute on function shop.twice(int) from public;
      create table shop.both (id int primary key check (id > 0)); create index on shop.both (id)`
    const rollback = 'drop view shop.again; drop function shop.twice(int); drop table shop.both'
    const { effects } = expectActivated(await w.through(id, changes([{ apply, rollback }])))
    expectActivated(await rollBack(w, id))
    expect((await stageRollback(w, `${id}.rollback`)).effects).toEqual(effects)
    await w.approve(`${id}.rollback.rollback`)
    expectActivated(await w.activate(`${id}.rollback.rollback`))
  })

  test('but a right that stays is one, whatever else is dropped under a name that its name begins with', async () => {
    const id = next()
    await w.sql.unsafe(`grant create on database ${w.name} to levelb_deploy`)
    const apply = `create publication shop; grant select on shop.orders to ${w.role('reader')}`
    expectActivated(await w.through(id, changes([{ apply, rollback: 'drop publication shop' }])))
    expect(await rollBack(w, id)).toMatchObject({ outcome: 'failed', code: 'LB310' })
  })

  test('and rights on what is made again are', async () => {
    await w.through(next(), 'create view shop.gone as select 1 as one')
    const id = next()
    const apply = `drop view shop.gone; grant select on shop.items to ${w.role('reader')}`
    const rollback = `create view shop.gone as select 1 as one; grant select on shop.gone to public;
      revoke select on shop.items from ${w.role('reader')}`
    expectActivated(await w.through(id, changes([{ apply, rollback }])))
    expect(await rollBack(w, id)).toMatchObject({ outcome: 'failed', code: 'LB310' })
  })
})
