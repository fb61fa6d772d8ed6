// Cases of the threat catalogue that no other file names.
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { install } from '../../src/install.ts'
import { lint } from '../../src/lint/lint.ts'
import { detailOf } from '../activate/fixture.ts'
import { asChannel } from '../as-channel.ts'
import { bundleText, freshDatabase } from '../database.ts'
import { pristineCluster } from '../install/cluster.ts'
import { documentOfKind, person } from '../kinds/documents.ts'
import { sealedLedger } from '../ledger/ledger.ts'
import { hasOwnClusters } from '../server.ts'
import { documentOf, type Json, policy, type Row, refusal, type World, world } from '../world.ts'

let w: World
let n = 0
beforeAll(async () => {
  w = await world()
  return () => w.end()
})

const through = (apply: string) => {
  n += 1
  return w.through(`${String(n).padStart(4, '0')}_x`, apply)
}

test('B007 › a login with CREATEROLE, which could reset an approver’s password on 15, stops activation (LB210)', async () => {
  await w.urlOf('helpdesk')
  await w.sql.unsafe(`alter role ${w.role('helpdesk')} createrole`)
  expect(await through('grant select on shop.orders to public')).toMatchObject({ outcome: 'refused', code: 'LB210' })
  await w.sql.unsafe(`alter role ${w.role('helpdesk')} nocreaterole`)
})

describe.skipIf(!hasOwnClusters)('a cluster before levelb', () => {
  const cluster = pristineCluster()

  test('B009 › a role of levelb’s name that its maker kept a way into is not taken for levelb’s', async () => {
    const [row] = await cluster.sql`select current_setting('server_version_num')::int >= 160000 as has16`
    // from 16 on the setting makes the membership; before, who may create roles grants it
    const keep = row?.has16
      ? `set createrole_self_grant = 'set, inherit'; create role levelb_owner`
      : 'create role levelb_owner; grant levelb_owner to maker'
    await cluster.sql.unsafe(`create role maker createrole; set role maker; ${keep}; reset role`)
    const error = await install(cluster.url, { bundle: bundleText() }).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: '0P000',
      message: expect.stringMatching(/role maker is a member of levelb_owner/),
    })
    expect(await cluster.sql`select from pg_namespace where nspname ~ '^levelb'`).toHaveLength(0)
  })
})

test('B024 › an effect of a membership names its grantor, and a membership opens nothing by itself', async () => {
  const govern = await world({ policy: { cluster: 'govern' } })
  const steps = [
    {
      name: 'roles',
      roles: {
        create: [{ name: govern.role('team') }],
        grant: [{ role: govern.role('team'), to: govern.role('reader') }],
      },
    },
  ]
  await govern.stage('0001_team', documentOf('', { steps }))
  await govern.approve('0001_team')
  const row = await govern.activate('0001_team')
  expect(
    (row.effects as Json[]).filter(
      (effect) => effect.identity === `${govern.role('reader')} in ${govern.role('team')}`,
    ),
  ).toMatchObject([{ class: 'role', object_type: 'role membership', attribute: 'by levelb_roles' }])
  await govern.sql.unsafe(`grant levelb_operator to ${govern.role('reader')} granted by levelb_owner`)
  const reader = await govern.as('reader')
  expect(await refusal(reader`select levelb.activate('0001_team')`)).toMatchObject({ code: 'LB201' })
})

test('B034 › nothing of levelb is in schema public, and no function of levelb looks there', async () => {
  const { sql } = await freshDatabase()
  expect(
    await sql`select p.oid::regprocedure from pg_proc p where p.pronamespace in
      (select oid from pg_namespace where nspname ~ '^levelb') and 'search_path=pg_catalog, pg_temp' <> all(coalesce(p.proconfig, '{""}'))`,
  ).toEqual([])
  expect(
    await sql`select o.* from pg_shdepend d cross join lateral pg_identify_object(d.classid, d.objid, d.objsubid) o
      where d.dbid = (select oid from pg_database where datname = current_database())
        and d.refobjid in (select oid from pg_roles where starts_with(rolname, 'levelb_')) and d.deptype = 'o' and o.schema = 'public'`,
  ).toEqual([])
})

const item = async (name: string, on = w) =>
  (await on.sql`select ok, required, detail, hint from levelb.readiness() where item = ${name}`)[0] as Row

test.each([
  ['B035', 'create_in_public', 'grant create on schema public to public'],
  ['B051', 'temporary_of_public', 'grant temporary on database $database to public'],
])(
  '%s › readiness, without requiring it, says what PUBLIC may do (%s), and its hint ends it',
  async (_, name, grant) => {
    await w.sql.unsafe(grant.replace('$database', w.name))
    const open = await item(name)
    expect(open).toMatchObject({
      ok: false,
      required: false,
      hint: expect.stringMatching(/ As a superuser: revoke .* from public;$/),
    })
    await w.sql.unsafe((open.hint as string).replace(/^.*As a superuser: /, ''))
    expect(await item(name)).toMatchObject({ ok: true, hint: null })
    expect(await w.sql`select levelb.mode()`).toEqual([{ mode: 'OPERATOR_HANDOFF' }])
  },
)

test('B036, B037 › readiness compares the minor release with the one that mended what others could create', async () => {
  const [row] = await w.sql`select current_setting('server_version_num')::int as number`
  const floors: Record<number, number> = { 15: 150018, 16: 160014, 17: 170010, 18: 180004 }
  const number = row?.number as number
  const floor = floors[Math.trunc(number / 10000)] as number
  expect(await item('minor_version')).toMatchObject({
    ok: number >= floor,
    required: true,
    detail: expect.stringContaining(`needed is ${Math.trunc(floor / 10000)}.${floor % 10000}`),
    hint: number >= floor ? null : expect.stringMatching(/^Install the newest minor release/),
  })
})

/** What refuses a document: advice left aside. */
const errorsOf = async (document: Json) =>
  (await lint(document as never)).filter(({ severity }) => severity === 'error')

test('B039 › a name that PostgreSQL cuts off: lint says so, and the effects have the name that was changed', async () => {
  const real = 'customers_of_the_northern_region_'.padEnd(63, 'x')
  await w.sql.unsafe(`set role ${w.role('app')}; create table shop.${real} (id int); reset role`)
  const text = `grant select on shop.${real}_readonly to public`
  expect(await errorsOf({ ...documentOf(text), classes: ['acl'] })).toMatchObject([
    {
      rule: 'LB011',
      field: 'steps[0].apply',
      position: 22,
      message: expect.stringContaining('72 bytes'),
      hint: expect.stringContaining(real),
    },
  ])
  expect(
    await errorsOf(documentOf(`grant select on shop.${real} to public; select '${real}_', $q$${real}_$q$ -- ${real}_`)),
  ).toEqual([])
  expect(await errorsOf(documentOf(`grant select on shop."${'ä'.repeat(32)}" to public`))).toMatchObject([
    {
      message: expect.stringContaining('64 bytes, which PostgreSQL cuts off after 62'),
      hint: expect.stringMatching(/ä{31}$/),
    },
  ])
  expect((await through(text)).effects).toMatchObject([{ identity: `shop.${real}`, attribute: 'PUBLIC' }])
})

test('B041 › a SECURITY DEFINER function that PUBLIC may execute is not made (LB306)', async () => {
  await w.sql`grant create on schema shop to levelb_deploy`
  const row = await through(`create function shop.door() returns int language sql security definer as 'select 1'`)
  expect(row).toMatchObject({ outcome: 'failed', code: 'LB306' })
})

test('B042 › a default privilege revoked in a schema that never held there is nothing (LB303)', async () => {
  const row = await through('alter default privileges in schema shop revoke execute on functions from public')
  expect(row).toMatchObject({ outcome: 'failed', code: 'LB303' })
})

test('B043 › a default privilege that waits for tables to come is an effect', async () => {
  const row = await through('alter default privileges in schema shop grant all on tables to public')
  expect(row.effects).toMatchObject([
    {
      class: 'acl',
      object_type: 'default acl',
      identity: 'for role levelb_deploy in schema shop on tables',
      attribute: 'PUBLIC',
    },
  ])
})

test('B049 › nobody grants in the name of another', async () => {
  const row = await through(`grant select on shop.orders to public granted by ${w.role('app')}`)
  expect(row).toMatchObject({ outcome: 'failed', code: '0A000' })
})

test('B050 › an object is not given to a role that levelb_deploy cannot become', async () => {
  await through('alter table shop.items owner to levelb_deploy')
  const row = await through(`alter table shop.items owner to ${w.role('reader')}`)
  expect(row).toMatchObject({ outcome: 'failed', code: '42501' })
})

test('B052 › rights on functions of PostgreSQL itself are not the channel’s to give', async () => {
  // without the right to grant it is a warning, and then nothing happened
  const row = await through('grant execute on function pg_read_file(text) to public')
  expect(row).toMatchObject({ outcome: 'failed' })
  expect(await w.sql`select has_function_privilege('public', 'pg_read_file(text)', 'execute') as held`).toEqual([
    { held: false },
  ])
})

test('B079 › an operator cannot drop what levelb owns, nor the role', async () => {
  const olga = await w.as('olga')
  for (const text of ['drop owned by levelb_owner', 'drop schema levelb cascade', 'drop role levelb_owner']) {
    expect(await refusal(olga.unsafe(text).then())).toMatchObject({ code: '42501' })
  }
})

test('B080 › the language levelb is written in is not the application’s to drop', async () => {
  const app = await w.as('app')
  expect(await refusal(app.unsafe('drop extension plpgsql cascade').then())).toMatchObject({ code: '42501' })
})

test('B072 › no table of facts takes a partition, from a superuser either', async () => {
  await w.sql.unsafe('create table public.forged (like levelb.approval)')
  const attach = w.sql.unsafe('alter table levelb.approval attach partition public.forged default')
  // 15 says invalid_object_definition, newer ones wrong_object_type
  expect((await refusal(attach)).code).toMatch(/^(42P17|42809)$/)
})

test('B083 › a row taken out of its page, under every trigger and right, is found', async () => {
  const ledger = await sealedLedger(8)
  await ledger.sql.unsafe('create extension pg_surgery')
  expect(await ledger.verify()).toMatchObject({ ok: true })
  await ledger.sql`select heap_force_kill('levelb.withdrawal', array(select ctid from levelb.withdrawal where revision = 3))`
  expect(await ledger.verify()).toMatchObject({
    ok: false,
    first_bad: 5n,
    problem: 'table withdrawal, key ["0001_grant", 3]: the row of leaf 5 is missing',
  })
})

test('B085 › a history rewritten from its first entry verifies in itself: only a root kept outside tells', async () => {
  const ledger = await sealedLedger(8)
  const { root: kept } = await ledger.verify()
  await ledger.tamper(`
    update levelb.withdrawal set reason = 'since';
    update levelb.leaf set content = replace(content, 'because', 'since');
    update levelb.ledger g set leaf_hash = levelb._leaf_hash(l.content) from levelb.leaf l where l.leaf_id = g.leaf_id;
    create table public.tree as
      select t.* from levelb._tree_append(0, '{}', array(select leaf_hash::bytea from levelb.ledger order by entry)) t;
    update levelb.ledger set root = t.roots[entry] from public.tree t;
    update levelb._head set root = t.roots[size], frontier = t.frontier from public.tree t`)
  const { ok, problem, root } = await ledger.verify()
  expect({ ok, problem }).toEqual({ ok: true, problem: null })
  expect(root).not.toEqual(kept)
  const limits = readFileSync(new URL('../../docs/limits.md', import.meta.url), 'utf8')
  expect(limits).toContain('a history rewritten to its end is found only by comparing the root with one kept outside')
})

test('B115 › an activation with an earlier time than the one before shows that the clock was set', async () => {
  expect(await item('clock')).toMatchObject({ ok: true, required: false })
  await through('grant insert on shop.items to public')
  const columns = (
    await w.sql`select attname from pg_attribute where attrelid = 'levelb.activation'::regclass and attnum > 0`
  )
    .map(({ attname }) => attname as string)
    .filter((name) => name !== 'activation_id')
  const values = columns.map((name) => (name === 'finished_at' ? `finished_at - interval '1 hour'` : name))
  await asChannel(
    w,
    `insert into levelb.activation (${columns}) select ${values} from levelb.activation where outcome = 'refused' limit 1`,
  )
  expect(await item('clock')).toMatchObject({
    ok: false,
    detail: expect.stringMatching(/^activation \d+ ended before activation \d+/),
  })
  expect(await w.sql`select levelb.mode()`).toEqual([{ mode: 'OPERATOR_HANDOFF' }])
})

const newKey = () =>
  `ssh-ed25519 ${Buffer.concat([Buffer.from([0, 0, 0, 11]), Buffer.from('ssh-ed25519'), Buffer.from([0, 0, 0, 32]), randomBytes(32)]).toString('base64')}`

test('B124 › a new key needs the quorum of class governance; what was approved before stands, and the old key is nobody else’s', async () => {
  const there = await world({
    policy: { quorum: [...(policy.quorum as Json[]), { classes: ['governance'], approvals: 3 }] },
  })
  const step = async (id: string, payload: Json, by: readonly string[]) => {
    await there.stage(id, documentOfKind('principal', payload))
    await there.approve(id, by)
    return there.activate(id)
  }
  const bob = async (key: string) => ({ change: [{ ...(await person(there, 'bob')), keys: [key] }] })
  const lost = newKey()
  expect(await step('0001_first', await bob(lost), ['bob', 'carol', 'dan'])).toMatchObject({ outcome: 'activated' })
  await there.stage('0002_before', documentOf('grant select on shop.orders to public', { classes: ['acl'] }))
  await there.approve('0002_before')
  const approvals = await there.rows('approval')
  const row = await step('0003_lost', await bob(newKey()), ['bob', 'carol'])
  expect([row.outcome, row.code, detailOf(row).missing]).toEqual(['refused', 'LB204', '1 more approval'])
  await there.approve('0003_lost', ['dan'])
  expect(await there.activate('0003_lost')).toMatchObject({ outcome: 'activated' })
  expect((await there.rows('approval')).slice(0, approvals.length)).toEqual(approvals)
  expect(await there.activate('0002_before')).toMatchObject({
    outcome: 'activated',
    approvals: [{ principal: 'bob' }, { principal: 'carol' }],
  })
  const thief = { change: [{ ...(await person(there, 'carol')), keys: [lost] }] }
  expect(await refusal(there.stage('0004_thief', documentOfKind('principal', thief)))).toMatchObject({
    code: 'LB001',
    detail: { problem: expect.stringContaining('belongs to bob') },
  })
})
