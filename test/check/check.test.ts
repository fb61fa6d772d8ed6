// levelb check: what it says of migrations, what it writes, and which databases it does not touch.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { review } from '../../generated/review.ts'
import { Checked } from '../../src/check/check.ts'
import { markdown } from '../../src/check/markdown.ts'
import { withMember } from '../../src/check/member.ts'
import { readStructure } from '../../src/check/structure.ts'
import { CheckOutput } from '../../src/cli/check.ts'
import { FailureOutput } from '../../src/cli/failure.ts'
import { type EmbeddedServer, startEmbedded } from '../../src/embedded.ts'
import { readMigration } from '../../src/migration.ts'
import { detailOf } from '../activate/fixture.ts'
import { levelb } from '../cli/levelb.ts'
import { connect, otherUrl } from '../client.ts'
import { cluster } from '../database.ts'
import { blocks } from '../docs/console.ts'
import { type Json, refusal, world } from '../world.ts'

const structureText = `--
\\restrict kVtPtIvO
SET statement_timeout = 0;
SELECT pg_catalog.set_config('search_path', '', false);
CREATE SCHEMA shop;
ALTER SCHEMA shop OWNER TO shop_app;
CREATE TABLE shop.orders (order_id bigint NOT NULL, status text DEFAULT 'new'::text NOT NULL);
ALTER TABLE shop.orders OWNER TO shop_app;
CREATE TABLE shop.ticket (id bigserial, of bigint);
ALTER TABLE shop.ticket ENABLE ROW LEVEL SECURITY;
CREATE FUNCTION shop.unowned() RETURNS text LANGUAGE plpgsql AS $$
\\begin
$$;
GRANT USAGE ON SCHEMA shop TO reporting;
\\unrestrict kVtPtIvO
`.replace('\\begin', "begin return E'\n\\\\no command'; end")

let folder: string
let structure: string
let server: EmbeddedServer
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'levelb-check-'))
  structure = write('structure.sql', structureText)
  server = await startEmbedded({ databases: ['first', 'second', 'third'] })
})
afterAll(async () => {
  await server.stop()
  rmSync(folder, { recursive: true })
})

function write(path: string, text: string): string {
  const target = join(folder, path)
  mkdirSync(join(target, '..'), { recursive: true })
  writeFileSync(target, text)
  return target
}

/** A folder of a migration; `head` is its levelb.json or what stands in it besides a title. */
function migration(name: string, head: object | string, files: Record<string, string> = {}): string {
  const json = typeof head === 'string' ? head : JSON.stringify({ title: name, description: 'for a test', ...head })
  write(`${name}/levelb.json`, json)
  for (const [file, text] of Object.entries(files)) write(`${name}/${file}.sql`, text)
  return join(folder, name)
}

const urlOf = (database: string) => server.url.replace(/postgres$/, database)
const report = ({ stdout }: { stdout: string }) => CheckOutput.parse(JSON.parse(stdout))
const outcomes = (output: CheckOutput) => output.migrations.map((one) => [one.migration_id, one.outcome])

test('a throw-away server: each migration is activated, rolled back and activated again', {
  timeout: 60_000,
}, async () => {
  const folders = [
    migration(
      '0001_report',
      {
        classes: ['role', 'acl'],
        not_after: '2020-01-01T00:00:00Z',
        depends_on: ['0000_before_this'],
        steps: [
          { name: 'role', roles: { create: [{ name: 'analyst' }] } },
          { name: 'grant', apply: 'apply.sql', rollback: 'rollback.sql' },
        ],
      },
      {
        apply: '-- rights\ngrant select on shop.orders to analyst, reporting;',
        rollback: 'revoke select on shop.orders from analyst, reporting;',
      },
    ),
    migration(
      '0002_note',
      {
        depends_on: ['0001_report'],
        effects: [
          {
            class: 'structure',
            object_type: 'table column',
            identity: 'shop.orders.remark',
            attribute: 'column',
            before: null,
            after: 'text',
          },
        ],
      },
      { apply: 'alter table shop.orders add column note text;', rollback: 'alter table shop.orders drop column note;' },
    ),
    migration(
      '0003_half',
      { classes: ['structure'] },
      {
        apply: 'alter table shop.orders add column a int, add column b int;',
        rollback: 'alter table shop.orders drop column a;',
      },
    ),
    migration('0004_broken', { classes: ['acl'], title: 'calls @team `now`' }, { apply: 'do $$ begin commit; end $$' }),
    migration('0005_no_way_back', { classes: ['structure'] }, { apply: "comment on table shop.orders is 'x'" }),
    migration(
      '0006_once',
      { classes: ['structure'] },
      {
        apply: 'do $$ begin create table shop.t (); perform pg_advisory_lock(1); end $$',
        rollback: 'drop table shop.t',
      },
    ),
    migration(
      '0009_order',
      { classes: ['structure'] },
      {
        apply: 'alter table shop.orders drop column status',
        rollback: `alter table shop.orders add column status text not null default 'new'`,
      },
    ),
    migration(
      '0010_fails',
      { classes: ['structure'] },
      {
        apply: 'alter table shop.orders add column c int; select 1 / 0',
        rollback: 'alter table shop.orders drop column c',
      },
    ),
    migration(
      '0011_pretends',
      { classes: ['structure'] },
      {
        apply: `do $$ begin raise 'mine' using errcode = 'LB310', detail = '{"missing": [{"expected": "perhaps"}], "unexpected": []}'; end $$`,
      },
    ),
    migration(
      '0012_in_parentheses',
      { classes: ['structure'] },
      {
        apply: '(select 1); alter table shop.orders add column d int',
        rollback: 'alter table shop.orders drop column d',
      },
    ),
    migration('0007_dan_left', { kind: 'principal', payload: { disable: [{ principal: 'dan', reason: 'left' }] } }),
    migration('0008_stranger', { classes: ['acl'] }, { apply: 'grant select on shop.orders to grace' }),
  ]
  const page = join(folder, 'review.md')
  // the database that people work with is not asked
  const run = await levelb(['check', ...folders, '--structure', structure, '--markdown', page, '--json'], {
    LEVELB_URL: 'postgres://nobody@127.0.0.1:1/live',
    PGHOST: '127.0.0.1',
  })
  expect(run.status).toBe(1)
  const output = report(run)
  expect(output).toMatchObject({
    structure: { statements: 10, skipped: ['\\restrict', '\\unrestrict'] },
    roles: ['reporting', 'shop_app'],
    protected: ['public', 'shop'],
    notes: [],
  })
  expect(outcomes(output)).toEqual([
    ['0001_report', 'passed'],
    ['0002_note', 'differs'],
    ['0003_half', 'failed'],
    ['0004_broken', 'failed'],
    ['0005_no_way_back', 'passed'],
    ['0006_once', 'passed'],
    ['0009_order', 'failed'],
    ['0010_fails', 'failed'],
    ['0011_pretends', 'failed'],
    ['0012_in_parentheses', 'passed'],
    ['0007_dan_left', 'skipped'],
    ['0008_stranger', 'failed'],
  ])

  const of = (name: string) => output.migrations.find((one) => one.migration_id === name)
  expect(of('0001_report')).toMatchObject({
    rollback_restored: true,
    effects_difference: null,
    effect_lines: [
      'acl: table shop.orders: analyst: nothing → select',
      'acl: table shop.orders: reporting: nothing → select',
      'role: role analyst: attributes: none → nologin inherit',
      'role: role membership levelb_roles in analyst: by postgres: none → admin true, inherit false, set false',
    ],
    statements: [
      { place: 'apply.sql:2', tag: 'GRANT' },
      { place: 'rollback.sql:1', tag: 'REVOKE' },
    ],
  })
  expect(of('0002_note')).toMatchObject({
    effects_difference: [
      '+ structure: table column shop.orders.note: column: none → text',
      '- structure: table column shop.orders.remark: column: none → text',
    ],
    locks: [{ table: 'shop.orders', blocks: 'reads and writes' }],
  })
  expect(of('0003_half')).toMatchObject({
    rollback_restored: false,
    problem: {
      during: 'roll back',
      code: 'LB310',
      difference: ['- structure: table column shop.orders.b: column: integer → none'],
    },
  })
  expect(of('0004_broken')).toMatchObject({
    findings: [{ rule: 'LB011', line: 1 }],
    effects: null,
    problem: { during: 'activate', code: '2D000' },
  })
  expect(of('0005_no_way_back')).toMatchObject({
    rollback_restored: null,
    notes: ['no rollback: step 0005_no_way_back'],
  })
  expect(of('0006_once')).toMatchObject({
    rollback_restored: true,
    notes: [expect.stringContaining('LB011')],
    ...{ statements: [], locks: null },
  })
  // what a rehearsal alone can see
  expect(of('0009_order')).toMatchObject({
    rollback_restored: false,
    problem: { during: 'roll back', code: 'LB310', detail: expect.stringContaining('column_order') },
  })
  expect(of('0010_fails')).toMatchObject({ locks: null, notes: [expect.stringMatching(/^no times and locks .*22012/)] })
  expect(of('0011_pretends')?.problem).toMatchObject({ code: 'LB310', difference: [] })
  expect(of('0012_in_parentheses')).toMatchObject({
    ...{ notes: [], statements: [{ tag: 'SELECT' }, { tag: 'ALTER TABLE' }, { tag: 'ALTER TABLE' }] },
    locks: [{ table: 'shop.orders' }],
  })
  expect(of('0007_dan_left')?.notes).toEqual(['kind principal is not tried: its people are not here'])
  expect(of('0008_stranger')?.problem?.hint).toBe('where there is such a role, say so: --role grace')

  const written = readFileSync(page, 'utf8')
  expect(written).toContain('| `0003_half` | failed | 2 | does not restore the state from before |')
  expect(written).toContain('`` calls @team `now` ``')
  expect(written).toContain('```diff\n+ structure: table column shop.orders.note')
  // of what was not measured nothing is said
  expect(written.split('## `0010_fails`')[1]?.split('## `')[0]).not.toContain('Locks')
  expect(written.split('## `0006_once`')[1]?.split('## `')[0]).not.toContain('Locks')
})

test('docs/check.md prints what the page says', { timeout: 60_000 }, async () => {
  const [, block = ''] = blocks(new URL('../../docs/check.md', import.meta.url), 'console')
  const [line = '', ...lines] = block.trimEnd().split('\n')
  const timeless = (text: string) => text.replaceAll(/\b[\d.]+(?= ms\b)|(?<=PostgreSQL )[\d.]+/g, 'N')
  const { status, stdout } = await levelb(line.replace('$ npm run levelb -- ', '').split(' '))
  expect(status).toBe(0)
  const printed = timeless(stdout).split('\n')
  for (const said of lines.map(timeless)) expect(printed).toContain(said)
})

describe('a shadow database', () => {
  const grant = () =>
    migration(
      '0001_grant',
      { classes: ['acl'] },
      {
        apply: 'grant select on shop.orders to reporting',
        rollback: 'revoke select on shop.orders from reporting',
      },
    )
  const failure = async (args: readonly string[], env = {}) => {
    const run = await levelb(['check', ...args, '--json'], env)
    return { status: run.status, ...FailureOutput.parse(JSON.parse(run.stdout)).error }
  }

  test('is installed into when that is said, and not used again unless it is said to be one', {
    timeout: 60_000,
  }, async () => {
    const url = urlOf('first')
    expect(await failure([grant(), '--url', url])).toMatchObject({
      ...{ status: 1, what: 'levelb is not installed in database first', next: expect.stringContaining('--install') },
    })
    const first = await levelb(['check', grant(), '--url', url, '--install', '--structure', structure, '--write'])
    expect(first).toMatchObject({ status: 0, stderr: '' })
    expect(first.stdout).toContain('0001_grant: passed')
    expect(first.stdout).toContain('effects written')
    const head = join(folder, '0001_grant', 'levelb.json')
    const kept = readFileSync(head, 'utf8')
    expect(JSON.parse(kept).effects).toHaveLength(1)

    const again = migration('0002_again', kept, {
      apply: 'revoke select on shop.orders from reporting; grant insert on shop.orders to reporting',
      rollback: 'grant select on shop.orders to reporting; revoke insert on shop.orders from reporting',
    })
    expect(await failure([again, '--url', url, '--install'])).toMatchObject({
      ...{ status: 1, what: expect.stringMatching(/^database first has a policy and people/) },
      next: expect.stringContaining('--shadow'),
    })
    const never = migration(
      '0003_never_the_same',
      { classes: ['structure'] },
      {
        apply: `do $$ begin execute format('create type shop.%I as ()', gen_random_uuid()); end $$`,
        rollback: `do $$ declare t text; begin select typname into t from pg_type where typname like '%-%-%' and typtype = 'c';
          execute format('drop type shop.%I', t); end $$`,
      },
    )
    const later = migration('0004_later', { classes: ['structure'] }, { apply: 'create type shop.later as ()' })
    const folders = [again, never, later, join(folder, '0001_grant')]
    const shadow = await levelb(['check', ...folders, '--url', url, '--shadow', '--json', '--write'])
    expect(shadow.status).toBe(1)
    expect(outcomes(report(shadow))).toEqual([
      ['0002_again', 'passed'],
      ['0003_never_the_same', 'failed'],
      ['0004_later', 'passed'],
      ['0001_grant', 'failed'],
    ])
    const [changed, second, third, fourth] = report(shadow).migrations
    expect(changed).toMatchObject({
      written: true,
      effects_difference: [
        '- acl: table shop.orders: reporting: nothing → select',
        '+ acl: table shop.orders: reporting: select → insert',
      ],
    })
    expect(JSON.parse(readFileSync(join(again, 'levelb.json'), 'utf8')).effects).toEqual(changed?.effects)
    expect(second).toMatchObject({
      ...{ written: false, rollback_restored: true },
      problem: { during: 'activate again', code: 'LB303', hint: expect.stringContaining('the same twice') },
    })
    expect(second?.problem?.difference.map((line) => line.slice(0, 24))).toEqual([
      expect.stringMatching(/^[-+] structure: type shop/),
      expect.stringMatching(/^[-+] structure: type shop/),
    ])
    // found on what the one before left, which is not what will be there
    expect(third?.notes).toContain('effects not written: 0003_never_the_same failed')
    for (const not of [never, later]) expect(readFileSync(join(not, 'levelb.json'), 'utf8')).not.toContain('effects')
    expect(fourth?.problem).toMatchObject({ during: 'stage', code: 'LB003', hint: expect.stringContaining('new one') })
    const sql = connect(url)
    expect(await sql`select 1 from pg_roles where rolname like 'check\_%'`).toEqual([])
    await sql.end()
  })

  test('is none where people have been enrolled, though nothing was activated yet', async () => {
    const w = await world()
    const url = otherUrl(cluster(), { database: w.name })
    expect(await failure([grant(), '--url', url, '--install'])).toMatchObject({
      ...{
        status: 1,
        what: `database ${w.name} has a policy and people: it may be the one that the migrations are meant for`,
      },
    })
    expect(await w.sql`select from levelb.incident where kind = 'rebootstrap'`).toHaveLength(0)
  })

  test('beside another that governs the roles of the cluster says so', { timeout: 60_000 }, async () => {
    // what levelb owns already is protected too, and where nobody had rights that come back nothing is granted
    const owned = write('owned.sql', structureText.replaceAll('shop_app', 'levelb_deploy'))
    const open = migration(
      '0002_open',
      { classes: ['acl'] },
      {
        apply: 'grant select on shop.orders to public',
        rollback: 'revoke select on shop.orders from public',
      },
    )
    const effect = { class: 'acl', object_type: 'table', identity: 'shop.orders', attribute: 'reporting' }
    const said = migration(
      '0003_said',
      { effects: [{ ...effect, before: 'select', after: 'insert, select' }] },
      { apply: 'grant insert on shop.orders to reporting' },
    )
    const before = readFileSync(join(said, 'levelb.json'), 'utf8')
    const args = ['--url', urlOf('second'), '--install', '--structure', owned, '--json', '--write']
    const output = report(await levelb(['check', grant(), open, said, ...args]))
    expect([output.notes, outcomes(output)]).toEqual([
      ['database first governs the roles of this cluster: what changes roles is refused here'],
      [
        ['0001_grant', 'passed'],
        ['0002_open', 'passed'],
        ['0003_said', 'passed'],
      ],
    ])
    expect(output.migrations.map((one) => one.written)).toEqual([true, true, false])
    expect(readFileSync(join(said, 'levelb.json'), 'utf8')).toBe(before)
    await activatesExactly(readMigration(open).document as Json)
  })

  /** What check wrote, where the policy asks for exactly that and the live table is another than that of the check. */
  async function activatesExactly(document: Json): Promise<void> {
    const w = await world({ policy: { effects: 'exact' } })
    await w.sql`grant insert on shop.orders to public`
    expect(await w.through('0002_open', document)).toMatchObject({ outcome: 'failed', code: 'LB303' })
    const lines = [
      '- acl: table shop.orders: PUBLIC: nothing → select',
      '+ acl: table shop.orders: PUBLIC: insert → insert, select',
    ]
    const seen = async (by: string) => review(await w.as(by), { migrationId: '0002_open' })
    expect((await seen('bob')).data.activations).toMatchObject([{ code: 'LB303', difference: lines }])
    expect((await seen('bob')).page).toContain(lines.map((line) => `    | ${line}\n`).join(''))

    // with those effects it is another manifest, and who decided on the first sees what is other
    const [failed] = await w.rows('activation')
    const ann = await w.as('ann')
    const mended = ann.json({ ...document, effects: detailOf(failed ?? {}).effects } as never)
    await ann`select * from levelb.restage('0002_open', ${mended})`
    expect((await seen('bob')).data.difference).toMatchObject({ revision: 1, you_decided: true })
    const effectLines = (await seen('bob')).data.difference?.lines.filter((line) => /^[+-]/.test(line))
    expect(effectLines).toEqual(lines.map((line) => line.replace(' ', 'effect: ')))
    const bob = await w.as('bob')
    expect(
      await refusal(bob`select * from levelb.approve('0002_open', ${failed?.manifest_hash as Buffer})`),
    ).toMatchObject({
      code: 'LB004',
    })
    await w.approve('0002_open')
    expect(await w.activate('0002_open')).toMatchObject({ outcome: 'activated' })
  }

  test('is left as it is where the login is no superuser, and 3 is that nobody answers', async () => {
    const sql = connect(urlOf('third'))
    await sql.unsafe("create role plain login password 'p'")
    await sql.end()
    const plain = new URL(urlOf('third'))
    plain.username = 'plain'
    plain.password = 'p'
    expect(await failure([grant(), '--url', plain.href, '--install'])).toMatchObject({
      ...{ status: 1, what: 'the login is no superuser' },
    })
    expect(await failure([grant(), '--url', 'postgres://x@127.0.0.1:1/x'])).toMatchObject({
      ...{ status: 3, next: 'check --url' },
    })
  })

  test('usage: no migration, no structure, no URL of PostgreSQL, flags without --url', async () => {
    const one = grant()
    for (const args of [
      [join(folder, 'nothing')],
      [one, '--structure', join(folder, 'nothing.sql')],
      [one, '--url', 'http://x'],
      [one, '--shadow'],
      [one, one],
      [one, '--role', 'levelb_x'],
      [one, '--markdown', join(folder, 'nowhere', 'page.md')],
      [one, '--markdown', folder],
      [],
    ])
      expect(await failure(args)).toMatchObject({ status: 2, next: expect.any(String) })
    expect(
      await failure([one, '--structure', write('copy.sql', 'create table t ();\nCOPY t FROM stdin;\n1\t2\n\\.\n')]),
    ).toMatchObject({
      ...{ status: 1, what: expect.stringContaining('copy.sql: line 3: syntax error') },
    })
    expect(
      await failure([
        one,
        '--url',
        urlOf('third'),
        '--install',
        '--structure',
        write('bad.sql', 'select 1;\n\nselect 1 / 0;'),
      ]),
    ).toMatchObject({ status: 1, what: `${join(folder, 'bad.sql')}:3: division by zero`, code: '22012' })
  })
})

test('what a structure names and does not make are roles; what is of levelb or psql is left out', async () => {
  const { roles, skipped, statements } = await readStructure(`\\connect app
\\echo don't
    begin; create role joe; grant joe, staff to ann; set role bob; set session authorization dora; set role none; grant select on t to public, "Ä b", levelb_reader, pg_read_all_data;
    alter default privileges for role zed revoke execute on functions from public;
    create policy p on t to current_user, carl using (true);
    create event trigger levelb_guard on ddl_command_end execute function levelb._guard();
    comment on event trigger levelb_guard is 'x'; alter event trigger levelb_guard disable`)
  expect([roles, skipped, statements.length]).toEqual([
    ['ann', 'bob', 'carl', 'dora', 'staff', 'zed', 'Ä b'],
    ['\\connect', '\\echo', 'transaction statements', 'event triggers of levelb'],
    8,
  ])
  await expect(readStructure('create schema levelb')).rejects.toThrow('it holds levelb itself')
})

test('one that differs is enough for exit 1', async () => {
  const column = { class: 'structure', object_type: 'table column', attribute: 'column', before: null, after: 'text' }
  const one = migration(
    '0001_differs',
    { effects: [{ ...column, identity: 'shop.orders.remark' }] },
    { apply: 'alter table shop.orders add column note text', rollback: 'alter table shop.orders drop column note' },
  )
  const { status, stdout } = await levelb(['check', one, '--structure', structure])
  expect([status, stdout.split('\n').find((line) => line.startsWith('0001_differs'))]).toEqual([
    1,
    expect.stringContaining('0001_differs: differs'),
  ])
})

test('what a structure raises is spelled out, each line behind the first one indented', async () => {
  const loud = write('loud.sql', "do $$ begin raise exception E'\\x1b[2Jfine\\nlevelb: ok'; end $$;")
  const one = migration('0001_loud', { classes: ['acl'] }, { apply: 'grant select on shop.orders to reporting' })
  const { status, stderr } = await levelb(['check', one, '--structure', loud])
  expect([status, stderr]).toEqual([1, `levelb: ${loud}:1: \\u{1b}[2Jfine\n        levelb: ok\n`])
})

test.each([
  ['{}', '{\n  "effects": []\n}'],
  ['{ "a": {"effects": 1} }\n', '{ "a": {"effects": 1},\n  "effects": []\n}\n'],
  ['{\n\t"effects" : [ {"x": "]}\\"" } ] ,\n\t"b": [1,  2]}', '{\n\t"effects" : [] ,\n\t"b": [1,  2]}'],
  ['{"eff\\u0065cts": null}', '{"eff\\u0065cts": []}'],
  ['{"effects": 1, "effects": 2}', '{"effects": 1, "effects": []}'],
])('one member of %j is written and the rest stays', (before, after) => {
  expect(withMember(before, 'effects', [])).toBe(after)
})

test('what others wrote is no table, no heading and nothing that cannot be seen, on the page for a pull request', () => {
  const page = markdown(
    [
      Checked.parse({
        ...{
          migration_id: '0001_x',
          folder: 'x',
          title: 'a\n# b\u202e',
          description: 'c\u202e',
          kind: 'sql',
          outcome: 'passed',
        },
        ...{
          findings: [],
          notes: [],
          problem: null,
          milliseconds: 1,
          effects: [],
          effect_lines: [],
          effects_difference: null,
        },
        ...{ written: false, locks: [], warnings: [], rollback_restored: null },
        statements: [
          {
            ...{
              place: 'a|b.sql:1',
              step: 1,
              part: 'apply',
              phase: 'apply',
              position: 1,
              tag: 'SELECT',
              milliseconds: 1,
            },
            ...{ rows: 0, wal_bytes: 0, rewritten: [], statement: 1, locks: [] },
          },
        ],
      }),
    ],
    '18.4',
  )
  expect(page).toContain('\n`a # b\\u{202e}`\n')
  expect(page).toContain('```text\nc\\u{202e}\n```')
  expect(page).toContain('\n| `a\\|b.sql:1` | SELECT |')
})
