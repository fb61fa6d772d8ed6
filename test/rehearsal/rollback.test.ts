// What a rollback may leave: each difference has a kind, some kinds can be accepted, and a rehearsal says which there are.
import { beforeAll, describe, expect, test } from 'vitest'
import { changes, expectActivated, rollBack } from '../rollback/fixture.ts'
import { documentOf, type Json, type Row, refusal, type World, world } from '../world.ts'
import { rehearse } from './fixture.ts'

let w: World
beforeAll(async () => {
  w = await world({ policy: { rehearsal: { required: 'none', max_hold: '30 s' } } })
  await w.sql.unsafe(`
    create type shop.mood as enum ('calm', 'cross');
    create table shop.t (a int, b text not null, c text not null, constraint positive check (a > 0));
    create function shop.tf() returns trigger language plpgsql as 'begin return new; end';
    alter type shop.mood owner to levelb_deploy;
    alter table shop.t owner to levelb_deploy;
    alter function shop.tf() owner to levelb_deploy;
    create trigger stamp before insert on shop.t for each row execute function shop.tf();
    create schema own authorization levelb_deploy;
    create table own.x (i int);
    alter table own.x owner to levelb_deploy;
    grant create on schema shop to levelb_deploy;
    do $$ begin execute format('grant create on database %I to levelb_deploy', current_database()); end $$;`)
})

let count = 0
const nextId = () => `00${10 + count++}_back`
type Entry = { rule: string; object: string; reason: string }
const entry = (rule: string, object: string): Entry => ({ rule, object, reason: 'it may stay' })

/** Stages, approves and rehearses one step. */
async function tried(apply: string, rollback: string, accept: Entry[] = []): Promise<[Row, string]> {
  const id = nextId()
  await w.stage(id, changes([{ apply, rollback }], { accept }))
  await w.approve(id)
  return [await rehearse(w, id), id]
}
const said = (row: Row) =>
  (row.rollback_difference as { differences: Row[] } | null)?.differences.map((d) => [
    d.kind,
    d.object,
    d.privileged,
    d.accepted,
  ])
const pageOf = async (id: string) => String((await (await w.as('bob'))`select page from levelb.review(${id})`)[0]?.page)

// a server in a container or by URL is taken for the newest
const version = Number(/^\d+$/.exec(process.env.LEVELB_TEST_PG ?? '')?.[0] ?? 18)
const cosmetic = [
  [
    'column_order',
    'table shop.t',
    'alter table shop.t drop column b',
    'alter table shop.t add column b text not null',
    15,
  ],
  [
    'not_null_name',
    'table shop.t',
    'alter table shop.t rename c to d; alter table shop.t alter d drop not null',
    'alter table shop.t alter d set not null; alter table shop.t rename d to c',
    18,
  ],
  ['extension_left', 'extension citext', 'create extension if not exists citext schema shop', '-- it stays', 15],
  ['enum_value_left', 'type shop.mood', `alter type shop.mood add value if not exists 'glad'`, '-- it stays', 15],
  ['LB310', 'table column shop.t.a', 'alter table shop.t alter a set default 1', '-- it stays', 15],
] as const

describe.each(cosmetic.filter(([, , , , since]) => version >= since))('%s', (rule, object, apply, rollback) => {
  const kind = rule === 'LB310' ? 'structure' : rule

  test('is told, and how to accept it; accepted, the rehearsal passes, and review says both', async () => {
    const [row, id] = await tried(apply, rollback)
    expect([row.outcome, row.code, row.rollback_restored]).toEqual(['failed', 'LB310', false])
    expect(said(row)).toEqual([[kind, object, false, false]])
    expect((row.error as Row).hint).toContain(
      `restage with "accept": [{"rule": "${rule}", "object": "${object}", "reason": "…"}]`,
    )
    expect(await pageOf(id)).toContain(`${kind} in ${object}`)

    const [accepted, next] = await tried(apply, rollback, [entry(rule, object)])
    expect([accepted.error, accepted.outcome, accepted.rollback_restored]).toEqual([null, 'passed', true])
    expect(said(accepted)).toEqual([[kind, object, false, true]])
    const page = await pageOf(next)
    expect(page).toContain(`The author accepts ${rule} in ${object}`)
    expect(page).toContain('restores the state from before, but for what the document accepts')
    expect(page).toContain(`${kind} in ${object}, accepted`)
  })
})

// By the function that decides, since the conditions are narrower than what a text can easily bring about.
describe('a kind that can be accepted is no more than it says', () => {
  const effect = (
    object_type: string,
    identity: string,
    attribute: string,
    before: string | null,
    after: string | null,
  ) => ({
    ...{
      class: object_type === 'extension' ? 'extension' : 'structure',
      object_type,
      identity,
      attribute,
      before,
      after,
    },
  })
  const kindsOf = async (missing: object[], unexpected: object[] = []) => {
    const rows =
      await w.sql`select kind, object from levelb._left_effects(${w.sql.json(missing as never)}, ${w.sql.json(unexpected as never)})`
    return [...new Set(rows.map((row) => `${row.kind}: ${row.object}`))].sort()
  }
  const notNull = (name: string, text = 'NOT NULL a', table = 'shop.t') =>
    effect('table constraint', `${name} on ${table}`, 'definition', null, text)

  test('not_null_name: the same text on the same table', async () => {
    expect(await kindsOf([notNull('one')], [notNull('two')])).toEqual(['not_null_name: table shop.t'])
    for (const other of [notNull('two', 'NOT NULL b'), notNull('two', 'NOT NULL a', 'shop.u')])
      expect(await kindsOf([notNull('one')], [other])).toEqual([
        'structure: table constraint one on shop.t',
        `structure: table constraint ${other.identity}`,
      ])
  })

  test('enum_value_left: a label that is to go, on a type of which nothing else is wrong', async () => {
    const label = effect('type', 'shop.mood', "label 'glad'", 'at 3', null)
    expect(await kindsOf([label])).toEqual(['enum_value_left: type shop.mood'])
    expect(await kindsOf([label], [effect('type', 'shop.mood', "label 'sad'", null, 'at 3')])).toEqual([
      'structure: type shop.mood',
    ])
    expect(await kindsOf([label, effect('type', 'shop.mood', "label 'odd'", null, 'at 4')])).toEqual([
      'structure: type shop.mood',
    ])
  })

  test('extension_left: one that is to go as a whole, and is there', async () => {
    const part = (identity: string, attribute: string, before: string) =>
      effect('extension', identity, attribute, before, null)
    const whole = (identity: string) => [part(identity, 'exists', 'present'), part(identity, 'version', '1.0')]
    expect(await kindsOf(whole('plpgsql'))).toEqual(['extension_left: extension plpgsql'])
    expect(await kindsOf(whole('absent'))).toEqual(['other: extension absent'])
    expect(await kindsOf(whole('plpgsql').slice(1))).toEqual(['other: extension plpgsql'])
  })

  test('column_order: the same columns', async () => {
    const of = async (before: string[], after: string[]) =>
      (
        await w.sql`select levelb._order_differences(null::levelb.manifest, ${w.sql.json({ t: before })}, ${w.sql.json({ t: after })}) as found`
      )[0]?.found.length
    expect(await of(['a', 'b'], ['b', 'a'])).toBe(1)
    for (const after of [['a', 'b'], ['b', 'a', 'c'], ['b'], ['b', 'c']]) expect(await of(['a', 'b'], after)).toBe(0)
  })
})

test('attack › who makes a table again makes no index on another one, and no sequence that belongs to none', async () => {
  await w.sql.unsafe(`create table shop.comes_back (i int primary key, n serial); create table shop.stays (a int);
    alter table shop.comes_back owner to levelb_deploy; alter table shop.stays owner to levelb_deploy`)
  const again = 'create table shop.comes_back (i int primary key, n serial)'
  const [fine] = await tried('drop table shop.comes_back', `${again}; create index more on shop.comes_back (n)`)
  expect([fine.outcome, fine.error]).toEqual(['passed', null])
  const [row] = await tried(
    'drop table shop.comes_back',
    `${again}; create unique index sneaky on shop.stays (a); create sequence shop.extra`,
  )
  expect([row.outcome, said(row)]).toEqual([
    'failed',
    [
      ['other', 'index shop.sneaky', false, false],
      ['other', 'sequence shop.extra', false, false],
    ],
  ])
})

describe('what nobody can accept', () => {
  const grant = () => `grant select on shop.t to ${w.role('reader')}; alter table shop.t alter a set default 1`

  test('attack › a right that is left, whatever the document accepts', async () => {
    const [row, id] = await tried(grant(), '-- it stays', [
      entry('LB310', 'table shop.t'),
      entry('LB310', 'table column shop.t.a'),
      ...['column_order', 'not_null_name'].map((rule) => entry(rule, 'table shop.t')),
    ])
    expect([row.outcome, row.code, row.rollback_restored]).toEqual(['failed', 'LB310', false])
    expect(said(row)).toEqual([
      ['other', 'table shop.t', true, false],
      ['structure', 'table column shop.t.a', false, true],
    ])
    expect((row.error as Row).hint).not.toContain('"accept"')
    expect(await pageOf(id)).toContain('other in table shop.t, privileged')
  })

  test.each(['other', 'privileged', 'acl', 'structure'])(
    '%s is no rule that a document can name (LB001)',
    async (rule) => {
      const document = changes([{ apply: grant(), rollback: '-- it stays' }], { accept: [entry(rule, 'table shop.t')] })
      expect(await refusal(w.stage(nextId(), document))).toMatchObject({
        code: 'LB001',
        detail: { field: 'accept[0].rule' },
      })
    },
  )

  test('an object that is left, an extension that was moved, a label under another name, a check that is no NOT NULL', async () => {
    const object = 'table shop.made'
    const [made] = await tried('create table shop.made (i int)', '-- it stays', [entry('LB310', object)])
    expect([made.outcome, said(made)]).toEqual([
      'failed',
      [
        ['other', object, false, false],
        ['structure', 'table column shop.made.i', false, false],
      ],
    ])
    const [moved] = await tried(
      'create extension if not exists citext schema shop',
      'drop extension citext; create extension citext schema own',
      [entry('extension_left', 'extension citext')],
    )
    expect([moved.outcome, said(moved)]).toEqual([
      'failed',
      [
        ['extension_left', 'extension citext', false, true],
        ['other', 'extension citext', true, false],
      ],
    ])
    const [label] = await tried(
      `alter type shop.mood add value if not exists 'glad'`,
      `alter type shop.mood rename value 'glad' to 'sad'`,
      [entry('enum_value_left', 'type shop.mood')],
    )
    expect([label.outcome, said(label)]).toEqual(['failed', [['structure', 'type shop.mood', false, false]]])
    const [check] = await tried(
      'alter table shop.t drop constraint positive',
      'alter table shop.t add constraint plus check (a > 0)',
      [entry('not_null_name', 'table shop.t')],
    )
    expect(said(check)?.map(([kind]) => kind)).toEqual(['structure', 'structure'])
  })
})

describe('what was renamed', () => {
  test.each([
    ['alter table shop.t rename b to bb', 'alter table shop.t rename bb to b'],
    ['alter type shop.mood rename to temper', 'alter type shop.temper rename to mood'],
    [
      `alter trigger stamp on shop.t rename to mark; alter table shop.t rename to "t 2"; alter table shop."t 2" add d int`,
      `alter table shop."t 2" drop d; alter table shop."t 2" rename to t; alter trigger mark on shop.t rename to stamp`,
    ],
    [
      'alter table shop.t rename to t2; alter table shop.t2 drop constraint positive; create table shop.t (x int); grant select (x), insert on shop.t to public',
      'drop table shop.t; alter table shop.t2 rename to t; alter table shop.t add constraint positive check (a > 0)',
    ],
    [
      `alter schema own rename to own2; comment on table own2.x is 'x'`,
      'comment on table own2.x is null; alter schema own2 rename to own',
    ],
  ])('is named as before by its rollback: %s', async (apply, rollback) => {
    const [row] = await tried(apply, rollback)
    expect([row.outcome, row.error, row.rollback_difference]).toEqual(['passed', null, null])
  })

  test('attack › a right that stays on it is a difference', async () => {
    const [row] = await tried(
      `alter table shop.t rename to t2; grant select on shop.t2 to ${w.role('reader')}; create table shop.t (x int)`,
      'drop table shop.t; alter table shop.t2 rename to t',
    )
    expect([row.outcome, said(row)]).toEqual(['failed', [['other', 'table shop.t', true, false]]])
  })
})

describe('what was dropped', () => {
  const first =
    'create function shop.kept() returns int language sql return 1; alter function shop.kept() owner to levelb_deploy;'
  const rights = () =>
    `revoke execute on function shop.kept() from public; grant execute on function shop.kept() to ${w.role('reader')};`
  beforeAll(async () => {
    await w.sql.unsafe(`${first} ${rights()} create table shop.gone (id int primary key, note text default 'none');
      alter table shop.gone owner to levelb_deploy, enable row level security; create policy own on shop.gone using (true)`)
  })
  const kept = () =>
    w.sql`select proowner::regrole::text as owner, proacl::text as acl, pg_get_function_sqlbody(oid) as body
            from pg_proc where oid = to_regprocedure('shop.kept()')`
  const make = `create function shop.kept() returns int language sql return 1;`
  const gone = `create table shop.gone (id int primary key, note text default 'none'); alter table shop.gone enable row level security;`

  test.each([
    [
      'attack › without a right that it had',
      () => make + rights().replace(/grant.*$/, ''),
      'other',
      'function shop.kept()',
    ],
    ['attack › with a right that it had not', () => make, 'other', 'function shop.kept()'],
    [
      'attack › with other code',
      () => make.replace('return 1', 'return 2') + rights(),
      'other',
      'function shop.kept()',
    ],
  ])('comes back %s', async (_, rollback, kind, object) => {
    const [row] = await tried('drop function shop.kept()', rollback(), [entry('LB310', object)])
    expect([row.outcome, row.code, said(row)]).toEqual(['failed', 'LB310', [[kind, object, true, false]]])
  })

  test('a table comes back with its columns and its policy, or not as it was', async () => {
    const [whole] = await tried('drop table shop.gone', `${gone} create policy own on shop.gone using (true)`)
    expect([whole.outcome, whole.error, whole.rollback_difference]).toEqual(['passed', null, null])
    const [open] = await tried('drop table shop.gone', gone)
    expect([open.outcome, said(open)]).toEqual(['failed', [['other', 'policy own on shop.gone', true, false]]])
    const [other] = await tried(
      'drop table shop.gone',
      `${gone.replace('text', 'varchar')} create policy own on shop.gone using (true)`,
    )
    expect([other.outcome, said(other)?.map(([kind]) => kind)]).toEqual(['failed', ['structure']])
  })

  test('for good, and the proof says what went', async () => {
    const id = nextId()
    const before = await kept()
    const there = expectActivated(
      await w.through(id, changes([{ apply: 'drop function shop.kept()', rollback: make + rights() }])),
    )
    expect(await kept()).toEqual([])
    expectActivated(await rollBack(w, id))
    expect(await kept()).toEqual(before)
    expect(there.dropped).toContainEqual(
      expect.objectContaining({ class: 'acl', attribute: w.role('reader'), before: 'execute', after: null }),
    )
    expectActivated(await rollBack(w, `${id}.rollback`))
  })
})

test('a rollback for good leaves what its change accepts, on record', async () => {
  const used = cosmetic.filter(([, , , , since]) => version >= since)
  const id = nextId()
  const document = changes(
    used.map(([, , apply, rollback]) => ({ apply, rollback })),
    { accept: [...used.map(([rule, object]) => entry(rule, object)), entry('column_order', 'table shop.orders')] },
  )
  expect(expectActivated(await w.through(id, document)).accepted).toBeNull()
  expect(expectActivated(await rollBack(w, id)).accepted).toEqual([
    ...used.map(([rule, object]) => ({ rule, object, found: true })),
    { rule: 'column_order', object: 'table shop.orders', found: false },
  ])
})
