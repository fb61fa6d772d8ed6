// What a policy may waive: it is said to be waived, never to hold, and it stops nothing. And the gate of minor releases.
import { expect, test } from 'vitest'
import { install } from '../../src/install.ts'
import { PolicyDocument, waivable } from '../../src/json/policy-document.ts'
import { bundleText, emptyDatabase, freshDatabase, type TestDatabase } from '../database.ts'
import { documentOfKind, nextId, policyWith, throughKind } from '../kinds/documents.ts'
import { type Json, policy, principalsOf, refusal, type World, world } from '../world.ts'

const itemOf = async ({ sql }: Pick<World, 'sql'>, name: string) =>
  (await sql`select ok, required, waived, checked, detail, hint from levelb.readiness() where item = ${name}`)[0]
const modeOf = async ({ sql }: Pick<World, 'sql'>) => (await sql`select levelb.mode() as mode`)[0]?.mode

const eventTrigger = `
  create function public.seen() returns event_trigger language plpgsql as $$ begin end $$;
  create event trigger seen on ddl_command_end execute function public.seen()`

/** Bootstraps with the small company's principals. */
async function bootstrapped(database: TestDatabase, change: Json) {
  await Promise.all(['ann', 'arno', 'bob', 'carol', 'dan', 'olga', 'ci', 'aud'].map((name) => database.urlOf(name)))
  const superusers = await database.sql`select rolname from pg_roles where rolsuper and rolcanlogin`
  const document = { ...policy, break_glass: { logins: superusers.map((row) => row.rolname) }, ...change }
  await database.sql`select levelb.bootstrap(${database.sql.json(document as never)}::jsonb, ${database.sql.json(principalsOf(database) as never)}::jsonb)`
}

test('a policy that waives an item ends AUTHOR_MODE by the quorum, and readiness says waived, never ok', async () => {
  const w = await world()
  await w.sql.unsafe(eventTrigger)
  expect(await modeOf(w)).toBe('AUTHOR_MODE')
  expect(await itemOf(w, 'foreign_event_triggers')).toMatchObject({ ok: false, required: true, waived: false })

  const payload = await policyWith(w, { waive: ['foreign_event_triggers'] })
  expect(await throughKind(w, 'policy', payload)).toMatchObject({ outcome: 'activated' })
  expect(await modeOf(w)).toBe('OPERATOR_HANDOFF')
  expect(await itemOf(w, 'foreign_event_triggers')).toEqual({
    ok: null,
    required: false,
    waived: true,
    checked: 'waived by policy version 2',
    detail: expect.stringContaining('event trigger seen runs'),
    hint: null,
  })
  expect(await w.through('0050_on', 'grant select on shop.items to public')).toMatchObject({ outcome: 'activated' })

  await w.sql.unsafe('drop event trigger seen')
  expect(await itemOf(w, 'foreign_event_triggers')).toMatchObject({ ok: null, waived: true, detail: 'none is enabled' })
})

test('a policy that ends a waiver is refused while what it waived does not hold (LB210)', async () => {
  const w = await world({ policy: { waive: ['foreign_event_triggers'] } })
  await w.sql.unsafe(eventTrigger)
  expect(await modeOf(w)).toBe('OPERATOR_HANDOFF')
  const id = nextId()
  await w.stage(id, documentOfKind('policy', await policyWith(w, { waive: [] })))
  await w.approve(id)
  expect(await w.activate(id)).toMatchObject({ outcome: 'refused', code: 'LB210' })
  await w.sql.unsafe('drop event trigger seen')
  expect(await w.activate(id)).toMatchObject({ outcome: 'activated' })
})

test('a waiver of event triggers does not reach those whose function is not of a superuser', async () => {
  const w = await world({ policy: { waive: ['foreign_event_triggers', 'minor_version'] } })
  await w.sql.unsafe(`${eventTrigger}; alter function public.seen() owner to ${w.role('app')}`)
  expect(await modeOf(w)).toBe('AUTHOR_MODE')
  expect(await itemOf(w, 'untrusted_event_triggers')).toMatchObject({ ok: false, required: true })
})

test('an event trigger that is disabled, or that an extension brought, needs no waiver', async () => {
  const w = await world()
  await w.sql.unsafe(`${eventTrigger}; alter event trigger seen disable`)
  expect(await modeOf(w)).toBe('OPERATOR_HANDOFF')
  await w.sql.unsafe('alter event trigger seen enable; alter extension plpgsql add event trigger seen')
  expect(await modeOf(w)).toBe('OPERATOR_HANDOFF')
})

test.each([
  ['roles', 'LB005'],
  ['append_only', 'LB005'],
  ['database_identity', 'LB005'],
  ['ledger_head', 'LB005'],
  ['secrets', 'LB012'],
])('%s cannot be waived (%s), says the database and says zod', async (item, code) => {
  const { sql } = await freshDatabase()
  const given = { ...policy, break_glass: { logins: ['postgres'] }, waive: ['minor_version', item] }
  expect(await refusal(sql`select levelb._check_policy(${sql.json(given as never)})`)).toMatchObject({
    code,
    detail: { field: 'waive[1]' },
  })
  expect(PolicyDocument.safeParse(given).error?.issues.map(({ path }) => path)).toEqual([['waive', 1]])
})

test('what zod lets waive is what the database lets waive, and each is an item', async () => {
  const { sql } = await freshDatabase()
  const [row] = await sql`select levelb._waivable() as items`
  expect(row?.items).toEqual([...waivable])
  for (const name of waivable) expect(await itemOf({ sql }, name === 'event_triggers' ? 'guard' : name)).toBeDefined()
})

/** levelb of a day when a newer minor release is needed. */
async function withGate(gate: string): Promise<TestDatabase> {
  const database = await emptyDatabase()
  const text = bundleText()
  const changed = text.replace(/when 15 then 150018 when 16 then 160014 when 17 then 170010 when 18 then 180004/, gate)
  expect(changed).not.toBe(text)
  await install(database.sql, { bundle: changed })
  return database
}

test.each([
  ['below the gate', 'when 15 then 150999 when 16 then 160999 when 17 then 170999 when 18 then 180999', /needed is/],
  ['of a major version that levelb was not tried on', 'when 99 then 990000', /not tried on/],
])('a server %s is AUTHOR_MODE, and a policy may waive it', async (_, gate, detail) => {
  const strict = await withGate(gate)
  await bootstrapped(strict, {})
  expect(await modeOf(strict)).toBe('AUTHOR_MODE')
  expect(await itemOf(strict, 'minor_version')).toMatchObject({
    ok: false,
    required: true,
    detail: expect.stringMatching(detail),
    hint: expect.stringContaining('newest minor release'),
  })
  const waiving = await withGate(gate)
  await bootstrapped(waiving, { waive: ['minor_version'] })
  expect(await modeOf(waiving)).toBe('OPERATOR_HANDOFF')
  expect(await itemOf(waiving, 'minor_version')).toMatchObject({ ok: null, waived: true })
})
