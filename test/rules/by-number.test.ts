// B146 to B177 of the threat catalogue, where no other file names them: what the content of a migration may try.
import { readFileSync } from 'node:fs'
import { beforeAll, expect, test } from 'vitest'
import { findStatement } from '../../src/json/statements.ts'
import { detailOf, granted } from '../activate/fixture.ts'
import { areaOf } from '../effects/area.ts'
import { type Effect, lines, run } from '../effects/effects.ts'
import { hidden, refusal, type World, world } from '../world.ts'

let w: World
beforeAll(async () => {
  w = await world()
  await w.sql.unsafe('grant create on schema shop to levelb_deploy')
})
const grant = 'grant select on shop.orders to public'
const revoke = 'revoke select on shop.orders from public'

test('B148 › a NOTIFY of a text is delivered and is no effect, as docs/limits.md says', async () => {
  const heard: string[] = []
  const { unlisten } = await w.sql.listen('app_channel', (payload) => heard.push(payload))
  const row = await run(w, `${grant}; notify app_channel, 'do-it'`)
  expect(row.effects).toEqual([granted('orders')])
  await expect.poll(() => heard).toEqual(['do-it'])
  await unlisten()
  await run(w, revoke)
  const limits = readFileSync(new URL('../../docs/limits.md', import.meta.url), 'utf8')
  expect(limits).toMatch(/NOTIFY .* neither undone nor shown/)
})

const unseen: [string, string, number][] = [
  ['B150 › a carriage return, which ends a comment', '-- harmless\rgrant all on shop.orders to public', 0x0d],
  ['B151 › U+2028, at which viewers break a line and PostgreSQL does not', '-- text\u2028select 1', 0x2028],
  ['B151 › U+2029', '-- text\u2029select 1', 0x2029],
  ['B151 › U+0085', '-- text\u0085select 1', 0x85],
  ['B152 › U+000B, white space since version 17', 'select\u000b1', 0x0b],
  ['B152 › U+000C', 'select\u000c1', 0x0c],
  ['B153 › U+202E, which turns the line round', `select 'a\u202eb'`, 0x202e],
  ['B153 › U+2066', 'select 1 -- \u2066', 0x2066],
  ['B153 › U+200F', 'create role "a\u200f"', 0x200f],
  ['B154 › U+200B in a name', 'grant x to bo\u200bb', 0x200b],
  ['B154 › U+FEFF', '\ufeffselect 1', 0xfeff],
  ['B154 › U+2060', 'select 1\u2060', 0x2060],
  ['B154 › U+00A0, which is a letter to PostgreSQL', 'grant x to bob\u00a0', 0xa0],
]
test.each(unseen)('%s is not staged (LB006)', async (_, text, code) => {
  expect(await refusal(w.stage('9001_unseen', text))).toMatchObject({
    code: 'LB006',
    detail: { field: 'steps[0].apply', codepoint: `U+${code.toString(16).toUpperCase().padStart(4, '0')}` },
  })
})

test.each([
  ['B156 › that ends in a space', ' '],
  ['B156 › that holds a line of its own', '\nacl: table shop.orders: nobody: nothing → all'],
  ['B156 › that holds what separates', '|=r/,"'],
])('a role %s is one name in effects and one line of text', async (_, tail) => {
  const role = `${w.role('reader')}${tail}`.slice(0, 60)
  const quoted = `"${role.replaceAll('"', '""')}"`
  await w.sql.unsafe(`create role ${quoted}`)
  try {
    // a step may hold any line end; the name comes in through a string
    const row = await run(
      w,
      `do $do$ begin execute format('grant select on shop.orders to %I', ${`'${role}'`}); end $do$`,
    )
    const [effect] = row.effects as Effect[]
    expect([row.outcome, effect?.attribute, effect?.after]).toEqual(['activated', quoted, 'select'])
    const [told] =
      await w.sql`select levelb.effect_text(e) as line from jsonb_populate_recordset(null::levelb.effect, ${w.sql.json(row.effects as never)}) e`
    expect(told?.line).not.toContain('\n')
  } finally {
    await w.sql.unsafe(`drop owned by ${quoted}; drop role ${quoted}`)
  }
})

test('B157 › a name that is written in code points is told as it is', async () => {
  const role = w.role('reader')
  const written = [...role].map((character) => `\\${character.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')
  const row = await run(w, `grant select on shop.orders to U&"${written}"`)
  expect(row.effects).toEqual([{ ...granted('orders'), attribute: role }])
  await run(w, `revoke select on shop.orders from ${role}`)
})

test('B158 › nested comments and dollar quotes hide no statement from staging', async () => {
  for (const text of ['/* /* */ */ vacuum', '/* a */ vacuum /* b */', '$a$ $b$ $a$; vacuum', "select 'a'; vacuum"])
    expect(await refusal(w.stage('9002_hidden', text.startsWith('$') ? `select ${text}` : text))).toMatchObject({
      code: 'LB011',
    })
  for (const text of ['/* /* */ vacuum */ select 1', 'select $a$ ; vacuum; $a$', '-- ; vacuum\nselect 1'])
    expect(findStatement(text, true)).toBeUndefined()
})

const claims: [string, string][] = [
  [
    'B159 › EXECUTE of decoded bytes',
    `do $$ begin execute convert_from(decode('${Buffer.from('grant select on shop.items to public').toString('hex')}', 'hex'), 'UTF8'); end $$`,
  ],
  [
    'B159 › EXECUTE of characters',
    `do $$ begin execute 'gr' || chr(97) || 'nt select on shop.items to public'; end $$`,
  ],
  [
    'B160 › what only levelb_deploy does',
    `do $$ begin if current_user = 'levelb_deploy' then grant select on shop.items to public; end if; end $$`,
  ],
  [
    'B160 › what only this hour does',
    `do $$ begin if now() > '2020-01-01' then grant select on shop.items to public; end if; end $$`,
  ],
  [
    'B160 › what only an activation does',
    `do $$ begin if pg_current_xact_id_if_assigned() is not null then grant select on shop.items to public; end if; end $$`,
  ],
]
test.each(claims)('%s is read back, and is not what was approved (LB303)', async (_, text) => {
  const row = await run(w, `${grant}; ${text}`, { effects: [granted('orders')] })
  expect([row.code, detailOf(row).unexpected]).toEqual(['LB303', [granted('items')]])
})

test('B161 › what a function says is in the effects, which tell what a later call runs', async () => {
  const area = await areaOf(w, 'create table S.t (id int)')
  const row = await run(w, area.own("create function S.f() returns int language plpgsql as 'begin return 1; end'"))
  const [hash] = await w.sql.unsafe(
    area.own(`select encode(sha256(convert_to(pg_get_functiondef('S.f()'::regprocedure), 'UTF8')), 'hex') as hash`),
  )
  expect(lines(row).length).toBeGreaterThan(1)
  expect((row.effects as Effect[]).find((effect) => effect.attribute === 'definition')?.after).toBe(
    `sha256 ${hash?.hash}`,
  )
})

test.each(['levelb_deploy', 'levelb_definer'])(
  'B162 › no SECURITY DEFINER function of %s that everybody may execute comes of a text (LB306)',
  async (owner) => {
    const area = await areaOf(w, 'grant create on schema S to levelb_definer')
    const make = `create function S.door() returns int language sql security definer as 'select 1'; alter function S.door() owner to ${owner}`
    expect(await run(w, area.own(make))).toMatchObject({ outcome: 'failed', code: 'LB306' })
    expect(await run(w, area.own(hidden(make.split(';')[0] as string)))).toMatchObject({ code: 'LB306' })
  },
)

test('B168 › channels that data leaves by are effects, or a superuser’s', async () => {
  const area = await areaOf(w, 'create table S.t (id int)')
  const text = 'alter table S.t owner to levelb_deploy; create publication S_news for table S.t'
  const row = await run(w, area.own(text).replace('S_news', `${area.name}_news`))
  expect(lines(row).filter((line) => /publication/.test(line)).length).toBeGreaterThan(0)
  for (const forbidden of [
    'create publication every_table for all tables',
    `create subscription s connection 'dbname=x' publication p with (connect = false, slot_name = none)`,
    'create foreign data wrapper w',
  ])
    expect(await run(w, forbidden)).toMatchObject({ outcome: 'failed', code: '42501' })
})

test('B170 › a loopback connection, whose work a rollback would not undo, is not opened by levelb_deploy', async () => {
  const there = await world()
  await there.sql.unsafe('create extension dblink schema public')
  const [row] =
    await there.sql`select current_setting('port') as port, rolsuper from pg_roles where rolname = 'levelb_deploy'`
  expect(row?.rolsuper).toBe(false)
  const to = `'host=127.0.0.1 port=${row?.port} dbname=postgres user=postgres'`
  expect(await there.through('0001_x', `select public.dblink_connect(${to})`)).toMatchObject({ code: '2F003' })
  expect(await there.through('0002_x', `select public.dblink_connect_u(${to})`)).toMatchObject({ code: '42501' })
})

test.each([
  ['c', `'$libdir/pgcrypto', 'pg_digest'`],
  ['internal', `'int4pl'`],
])('B171 › no function in %s is made (42501)', async (language, body) => {
  expect(await run(w, `create function shop.native(int) returns int language ${language} as ${body}`)).toMatchObject({
    outcome: 'failed',
    code: '42501',
  })
})

test.each([
  String.raw`\! touch /tmp/levelb`,
  String.raw`select 'grant select on shop.orders to public' \gexec`,
  String.raw`\copy shop.orders to x`,
])('B172 › commands of psql are not SQL: %s is not staged (LB011)', async (text) => {
  expect(await refusal(w.stage('9003_psql', text))).toMatchObject({ code: 'LB011' })
})

test('B172 › variables of psql are not SQL either (42601)', async () => {
  expect(await run(w, `${grant}; select :name`)).toMatchObject({ outcome: 'failed', code: '42601' })
})

test('B176 › tables swapped by renaming are told, though the view over one of them reads as before', async () => {
  const area = await areaOf(
    w,
    'create table S.t (id int); create table S.next (id int); create view S.v as select id from S.t',
  )
  const row = await run(w, area.own('alter table S.t rename to old; alter table S.next rename to t'))
  expect(lines(row).map(area.say)).toEqual([
    'repoint: table S.old: name: S.t → S.old',
    'repoint: table S.t: name: S.next → S.t',
  ])
})

test('no text makes anybody a member of a role of levelb, nor a role of levelb a member of one', async () => {
  const roles = ['levelb_owner', 'levelb_deploy', 'levelb_definer', 'levelb_roles', 'levelb_sandbox', 'levelb_operator']
  for (const role of roles)
    expect(await run(w, hidden(`grant ${role} to ${w.role('reader')}`))).toMatchObject({
      outcome: 'failed',
      code: /^(42501|LB306)$/,
    })
})

test('not even where levelb_deploy was given the right to grant it (LB306)', async () => {
  const team = w.role('team')
  await w.sql.unsafe(`create role ${team}; grant ${team} to levelb_deploy with admin option`)
  try {
    for (const [text, member] of [
      [`grant ${team} to levelb_owner`, 'levelb_owner'],
      [`grant ${team} to levelb_sandbox`, 'levelb_sandbox'],
    ] as const) {
      const row = await run(w, hidden(text))
      expect([row.code, detailOf(row)]).toEqual([
        'LB306',
        { rule: 'no_member_of_levelb_roles', objects: [`${member} in ${team}`] },
      ])
    }
  } finally {
    await w.sql.unsafe(`drop role ${team}`)
  }
})
