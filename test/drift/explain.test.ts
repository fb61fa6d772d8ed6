// Kind explain: what drifted is answered for under the quorum of its classes, all of a row or nothing of it.
import { expect, test } from 'vitest'
import { detailOf } from '../activate/fixture.ts'
import { documentOfKind } from '../kinds/documents.ts'
import { told } from '../people/story.ts'
import { changes, expectActivated, rollBack, stageRollback } from '../rollback/fixture.ts'
import { documentOf, type Json, refusal } from '../world.ts'
import { protectedWorld, type Watched, watched } from './fixture.ts'

const effects = async (w: Watched): Promise<Json[]> =>
  (await w.findings(true)).filter((row) => !row.expected).map(({ expected: _, ...effect }) => effect)
const explanation = (explained: Json[]): Json => ({
  ...{ title: 'what was done by hand', description: 'during the outage', kind: 'explain' },
  payload: { effects: explained },
})

test('an explanation ends the drift, under drift: refuse too, and says what it took over', async () => {
  const w = await protectedWorld({ drift: 'refuse' })
  await w.past('grant select on shop.orders to {reader}; alter table shop.items add by_hand int; drop table shop.spare')
  const drifted = await effects(w)
  expect(await w.drift(true)).toEqual([
    'acl: table shop.orders: reader: - → select',
    'structure: table shop.spare: exists: present → -',
    'structure: table column shop.items.by_hand: column: - → integer',
  ])
  const manifest = await w.stage('0001_answer', explanation(drifted))
  expect(manifest.classes).toEqual(['acl', 'structure'])
  await w.approve('0001_answer')
  const row = await w.activate('0001_answer')
  expect([row.outcome, row.error]).toEqual(['activated', null])
  expect(row.effects).toEqual(drifted)
  expect([await w.drift(), await w.drift(true)]).toEqual([[], []])
  expect(await w.through('0002_next', 'grant select on shop.items to public')).toMatchObject({ outcome: 'activated' })

  const olga = await w.as('olga')
  const [report] = await olga`select ok from levelb.verify_ledger()`
  expect(report?.ok).toBe(true)
  expect(await olga`select kind, state from levelb.status where migration_id = '0001_answer'`).toEqual([
    { kind: 'explain', state: 'activated' },
  ])
  const told =
    await olga`select who, what from levelb.audit where ref ~ '0001_answer' or ref = ${`activation ${row.activation_id}`} order by at`
  expect(told.map(({ who, what }) => `${who} ${what}`)).toEqual([
    'ann staged 0001_answer revision 1, an answer for 3 changes past the channel: what was done by hand',
    'olga took over what had drifted by 0001_answer revision 1 with 3 effects, approved by bob and carol',
  ])
  // it changed nothing, so that there is nothing to take back
  expect(await refusal(stageRollback(w, '0001_answer'))).toMatchObject({
    code: 'LB001',
    detail: { problem: 'is an explanation, which changed nothing' },
    hint: expect.stringContaining('write a migration'),
  })
})

// It cannot be rolled back, so that whatever it was about could never be taken back.
test('an explanation about the same object blocks no rollback', async () => {
  const w = await protectedWorld({ drift: 'refuse' })
  const apply = 'grant select on shop.orders to public'
  expectActivated(
    await w.through('0001_grant', changes([{ apply, rollback: 'revoke select on shop.orders from public' }])),
  )
  await w.past('grant select on shop.orders to {reader}')
  expectActivated(await w.through('0002_answer', explanation(await effects(w))))
  expectActivated(await rollBack(w, '0001_grant'))
  expect(await w.drift(true)).toEqual([])
})

test('the page of an explanation says what differs, line by line, and why', async () => {
  const w = await protectedWorld({ drift: 'record' })
  await w.past('grant select on shop.orders to {reader}; alter table shop.items add by_hand int; drop table shop.spare')
  await w.stage('0001_answer', explanation(await effects(w)))
  const bob = await w.as('bob')
  const [row] = await bob`select page from levelb.review('0001_answer')`
  await expect(told(w, row?.page as string)).toMatchFileSnapshot('../people/pages/0001_answer.txt')
})

test('an explanation needs the quorum of the classes of what drifted', async () => {
  const w = await protectedWorld({
    drift: 'record',
    quorum: [{ approvals: 1 }, { classes: ['acl'], groups: { security: 1 } }],
  })
  await w.past('grant select on shop.orders to {reader}')
  await w.stage('0001_answer', explanation(await effects(w)))
  await w.approve('0001_answer')
  expect(await w.activate('0001_answer')).toMatchObject({ outcome: 'refused', code: 'LB204' })
  await w.approve('0001_answer', ['dan'])
  expect(await w.activate('0001_answer')).toMatchObject({ outcome: 'activated' })
})

test('LB303 › part of what drifted on one object', async () => {
  const w = await protectedWorld({ drift: 'record' })
  await w.past('grant select on shop.orders to {reader}; alter table shop.orders set (fillfactor = 40)')
  const both = await effects(w)
  const row = await w.through('0001_answer', explanation(both.slice(0, 1)))
  expect([row.outcome, row.code]).toEqual(['failed', 'LB303'])
  expect(detailOf(row)).toEqual({ missing: [], unexpected: both.slice(1) })
  expect((await w.drift(true)).length).toBe(2)
})

test('LB303 › drift that has changed since', async () => {
  const w = await protectedWorld({ drift: 'record' })
  await w.past('grant select on shop.orders to {reader}')
  const then = await effects(w)
  await w.past('grant update on shop.orders to {reader}')
  const row = await w.through('0001_answer', explanation(then))
  expect([row.outcome, row.code]).toEqual(['failed', 'LB303'])
  expect(detailOf(row)).toEqual({ missing: then, unexpected: await effects(w) })
})

test('LB303 › drift that is no more', async () => {
  const w = await protectedWorld({ drift: 'record' })
  await w.past('grant select on shop.orders to {reader}')
  const then = await effects(w)
  await w.past('revoke select on shop.orders from {reader}')
  const row = await w.through('0001_answer', explanation(then))
  expect([row.outcome, row.code, detailOf(row)]).toEqual(['failed', 'LB303', { missing: then, unexpected: [] }])
})

test('what the files of the server say is explained too, and what is no part of the baseline', async () => {
  const w = await watched()
  await w.past("alter system set log_min_messages = 'error'")
  try {
    await w.past(
      "create role {later}; alter role {r1} rename to {renamed}; update pg_language set lanpltrusted = true where lanname = 'c'",
    )
    const drifted = await effects(w)
    expect(drifted.map((effect) => `${effect.object_type}: ${effect.attribute}`)).toEqual([
      'role: attributes',
      'role: name',
      'catalog: system rows',
      'server setting: value',
    ])
    expect(await w.through('0001_answer', explanation(drifted))).toMatchObject({ outcome: 'activated', error: null })
    expect([await w.drift(), await w.drift(true)]).toEqual([[], []])
  } finally {
    await w.past('alter system reset log_min_messages')
  }
})

test('one object may be explained and another left', async () => {
  const w = await protectedWorld({ drift: 'record' })
  await w.past('grant select on shop.orders to {reader}; grant select on shop.items to {reader}')
  const both = await effects(w)
  expect(await w.through('0001_answer', explanation(both.slice(0, 1)))).toMatchObject({ outcome: 'activated' })
  expect([await effects(w), (await w.drift()).length]).toEqual([both.slice(1), 1])
})

test('LB001 › what was done to levelb itself is not explained', async () => {
  const w = await protectedWorld({ drift: 'record' })
  await w.past(`create or replace function levelb._and(words text[]) returns text language sql immutable
    set search_path = pg_catalog, pg_temp return 'x'`)
  const found = await effects(w)
  expect(found).toMatchObject([{ class: 'governance', identity: 'levelb', attribute: 'installed objects' }])
  expect(await refusal(w.stage('0001_answer', explanation(found)))).toMatchObject({
    code: 'LB001',
    hint: expect.anything(),
    detail: { field: 'payload.effects' },
  })
})

test('who explains a table that was made again answers for the policy, trigger and check that it lost', async () => {
  const w = await protectedWorld({ drift: 'refuse' })
  await w.past(`create table shop.secret (id int check (id > 0)); alter table shop.secret owner to levelb_deploy;
    alter table shop.secret enable row level security; create policy own on shop.secret using (false)`)
  await w.sql`select levelb.rebind('with shop.secret')`
  await w.past(
    'drop table shop.secret; create table shop.secret (id int); alter table shop.secret owner to levelb_deploy',
  )
  const all = await effects(w)
  const one = all.filter((effect) => effect.attribute === 'exists' && effect.object_type === 'table')
  expect(one).toEqual([expect.objectContaining({ identity: 'shop.secret', after: 'recreated' })])
  const short = await w.through('0001_short', explanation(one))
  expect([short.outcome, short.code]).toEqual(['failed', 'LB303'])
  expect(await effects(w)).toEqual(all)
  const whole = await w.through('0002_whole', explanation(all))
  expect([whole.outcome, whole.error]).toEqual(['activated', null])
  expect([await w.drift(), await w.drift(true)]).toEqual([[], []])
})

test('one explanation is enough for a view that is new, or made again, with its columns', async () => {
  const w = await protectedWorld({ drift: 'refuse' })
  await w.past('create view shop.fresh as select id from shop.orders; alter view shop.fresh owner to levelb_deploy')
  const fresh = await w.through('0001_fresh', explanation(await effects(w)))
  expect([fresh.outcome, fresh.error]).toEqual(['activated', null])
  expect([await w.drift(), await w.drift(true)]).toEqual([[], []])
  await w.past(`drop view shop.fresh; create view shop.fresh as select id from shop.orders;
    alter view shop.fresh owner to levelb_deploy`)
  const again = await w.through('0002_again', explanation(await effects(w)))
  expect([again.outcome, again.error]).toEqual(['activated', null])
  expect([await w.drift(), await w.drift(true)]).toEqual([[], []])
})

test('who explains a table that was made again answers for the default of a column that it lost', async () => {
  const w = await protectedWorld({ drift: 'refuse' })
  await w.past('create table shop.dated (at timestamptz default now()); alter table shop.dated owner to levelb_deploy')
  await w.sql`select levelb.rebind('with shop.dated')`
  await w.past(
    'drop table shop.dated; create table shop.dated (at timestamptz); alter table shop.dated owner to levelb_deploy',
  )
  const all = await effects(w)
  const one = all.filter((effect) => effect.object_type === 'table')
  const short = await w.through('0001_short', explanation(one))
  expect([short.outcome, short.code]).toEqual(['failed', 'LB303'])
  expect(await effects(w)).toEqual(all)
})

test.each(['drop extension hstore', 'drop extension hstore; create extension hstore'])(
  'after %s its members are answered for with it',
  async (past) => {
    const w = await protectedWorld({ drift: 'refuse' })
    await w.past('create extension hstore')
    await w.sql`select levelb.rebind('prepared')`
    await w.past(past)
    expect(await w.drift(true)).toHaveLength(1)
    expect(await w.through('0001_answer', explanation(await effects(w)))).toMatchObject({ outcome: 'activated' })
    expect([await w.drift(), await w.drift(true)]).toEqual([[], []])
  },
)

const policyThat = (now: Json, change: Json): Json => documentOfKind('policy', { ...now, ...change })

test.each([
  {
    found: 'dangerous_logins',
    past: 'create role {strong} login superuser',
    known: (w: Watched, now: Json) =>
      policyThat(now, {
        break_glass: { logins: [...(now.break_glass as { logins: string[] }).logins, w.role('strong')] },
      }),
  },
  {
    found: 'foreign_event_triggers',
    past: `create function other.sees() returns event_trigger language plpgsql as 'begin end';
      create event trigger {sees} on ddl_command_end execute function other.sees()`,
    known: (_: Watched, now: Json) => policyThat(now, { waive: ['foreign_event_triggers'] }),
  },
  {
    found: 'logins_bound',
    past: 'alter role {arno} rename to {renamed}',
    known: () => documentOfKind('principal', { disable: [{ principal: 'arno', reason: 'left' }] }),
  },
  {
    found: 'policy_satisfiable',
    // nobody but dan is of security
    past: 'alter role {dan} nologin',
    known: (_: Watched, now: Json) => policyThat(now, { quorum: [{ approvals: 2 }] }),
  },
])('what is drift and $found is explained first, then policy or principals know it', async ({ found, past, known }) => {
  const w = await watched({
    drift: 'refuse',
    quorum: [{ approvals: 2 }, { classes: ['extension'], groups: { security: 1 } }],
  })
  const [now] = await w.sql`select document from levelb.active_policy`
  await w.past(past)
  expect(await w.through('0001_known', known(w, now?.document))).toMatchObject({ outcome: 'refused', code: 'LB302' })
  const grant = documentOf('grant select on shop.items to public', { classes: ['acl'] })
  await w.stage('0002_text', grant)
  await w.approve('0002_text')
  const text = await w.activate('0002_text')
  expect([text.code, detailOf(text)]).toEqual(['LB210', { items: [found] }])
  await w.stage('0003_answer', explanation(await effects(w)))
  await w.approve('0003_answer')
  const bob = await w.as('bob')
  const [review] = await bob`select data -> 'refusals' as refusals from levelb.review('0003_answer')`
  expect(review?.refusals).toEqual([])
  expect(await w.activate('0003_answer')).toMatchObject({ outcome: 'activated', error: null })
  expect(await w.activate('0001_known')).toMatchObject({ outcome: 'activated', error: null })
  expect(await w.through('0004_next', grant)).toMatchObject({ outcome: 'activated', error: null })
})
