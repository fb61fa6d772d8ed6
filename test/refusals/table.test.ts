// Every code of levelb.errors(), produced on a real database: its MESSAGE, its DETAIL, and a HINT that can be followed.
// What a session or a text can do to get one is told in depth by test/approvals and test/activate; here is one row a code.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { loadModule, parseSync } from 'libpg-query'
import { beforeAll, describe, expect, test } from 'vitest'
import { activations, detailOf, names } from '../activate/fixture.ts'
import { hashOf } from '../approvals/company.ts'
import { asChannel } from '../as-channel.ts'
import type { Client } from '../client.ts'
import { freshDatabase } from '../database.ts'
import { documentOfKind, person, policyWith } from '../kinds/documents.ts'
import { pastGuard } from '../past-guard.ts'
import { stageRollback } from '../rollback/fixture.ts'
import { arm, documentOf, type Json, type Row, type World, world } from '../world.ts'
import { mentionedInSql, raisedInSql, refusedInSql } from './codes.ts'

/** Codes that nothing of this version produces, and what will. */
const notYet: Record<string, string> = {
  LB206: 'signatures',
  LB207: 'signatures',
  LB901: 'raised where a state is found that cannot be; there is none so far',
}

/** Codes that end a rehearsal, which test/rehearsal produces. */
const ofRehearsals = ['LB213']

type Entry = { code: string; name: string; message: string; hint: string; retryable: boolean }
let errors: Entry[]
let w: World
let exact: World
let govern: World
let people: World
let strict: World
const next = names()

/** A change that is one each time it is carried out, and does `bad` while schema obstacle is there. */
const unless = (bad: string, otherwise = true) => `do $do$ begin
  if to_regnamespace('obstacle') is not null then ${bad}; ${otherwise ? '' : 'return;'} end if;
  if has_table_privilege('public', 'shop.orders', 'select') then revoke select on shop.orders from public;
  else grant select on shop.orders to public; end if; end $do$`
const plain = unless('null')

beforeAll(async () => {
  await loadModule()
  // one after the other: bootstraps wait for each other in the roles that databases share
  w = await world({ policy: { timeouts: { lock: '100ms', statement: '60s' } } })
  exact = await world({ policy: { effects: 'exact' } })
  govern = await world({ policy: { cluster: 'govern' } })
  people = await world()
  strict = await world({ policy: { drift: 'refuse' } })
  errors = (await w.sql`select * from levelb.errors()`) as unknown as Entry[]
  await w.sql.unsafe(`
    grant create on schema shop to levelb_deploy;
    create schema desk authorization ${w.role('olga')};
    grant usage on schema desk to levelb_deploy;
    set role ${w.role('olga')};
    create function desk.withdraw(id text) returns text language plpgsql security definer as
      'begin perform levelb.withdraw(id, ''by the text''); return null; end';
    set role ${w.role('app')};
    create table shop.early (n int);
    create table shop.late (n int);
    create function shop.nothing() returns trigger language plpgsql as 'begin return null; end';
    create trigger early after insert on shop.early for each row execute function shop.nothing();
    create constraint trigger late after insert on shop.late deferrable for each row execute function shop.nothing();
    reset role`)
})

/** SQL of a superuser who switches the guards of a table off for it, and on again. */
const tampered = (table: string, text: string) => `alter table levelb.${table} disable trigger user; ${text};
  do $do$ declare v record; begin
    for v in select tgname from pg_trigger where tgrelid = 'levelb.${table}'::regclass and not tgisinternal loop
      execute format('alter table levelb.${table} enable always trigger %I', v.tgname);
    end loop; end $do$`

const entry = (code: string) => errors.find((each) => each.code === code) as Entry

type Said = { code: string; message: string; detail?: string; hint?: string }

/** DETAIL as PostgreSQL sends it is one JSON object and nothing else. */
function oneObject(detail: string | undefined): Json {
  const parsed: unknown = JSON.parse(detail ?? 'null')
  expect(parsed).toBeTypeOf('object')
  expect(parsed).not.toBeNull()
  expect(Array.isArray(parsed)).toBe(false)
  return parsed as Json
}

/** SQL that a hint quotes, from its first word to the end of the statement or of the quotation. */
const quoted = /\b(?:select (?:\*|\w+) from levelb\.|set \w+ =|grant \S+ to|revoke \S+ from)/

/** The hint says something, and SQL in it is SQL that was tried: `runs` says as whom, and what of the hint. */
function expectHint(hint: string | undefined, runs?: string): void {
  expect(hint ?? '').toMatch(/^[A-Zsg].{10,}/)
  if (runs !== undefined) {
    expect(hint).toContain(runs)
    expect(() => parseSync(runs)).not.toThrow()
  }
  if (quoted.test(hint ?? '')) expect(runs).toBeDefined()
}

async function said(call: Promise<unknown>): Promise<Said> {
  return call.then(
    () => expect.fail('it was not refused'),
    (error: unknown) => error as Said,
  )
}

const clean = async (login: string, on = w): Promise<Client> => {
  const client = await on.as(login)
  await client.unsafe('rollback')
  await client.unsafe('reset all; discard temp')
  await arm(client)
  return client
}
const call = async (login: string, text: string, values: unknown[] = [], on = w) =>
  (await clean(login, on)).unsafe(text, values as never[])
const stage = (document: Json, id = next(), on = w) => call('ann', 'select levelb.stage($1, $2)', [id, document], on)
const activate = 'select * from levelb.activate($1)'
const place = { position: expect.any(Number), line: 1, column: expect.any(Number) }

/** Makes sure that there is one, staged and approved. */
let approved: string
const ready = async () => {
  if (approved === undefined) {
    approved = next()
    await w.stage(approved, plain)
    await w.approve(approved)
  }
  return approved
}

type Raised = {
  code: string
  /** Which verb, and what is wrong with the call. */
  when: string
  call: () => Promise<unknown>
  detail: Json
  /** SQL of the hint, and the login that runs it. */
  runs?: readonly [sql: string, as: string]
  /** Puts back what the case disturbed. */
  after?: () => Promise<unknown>
}

const raised: Raised[] = [
  {
    code: 'LB001',
    when: 'stage: a field it does not know',
    call: () => stage(documentOf(plain, { aply: 1 })),
    detail: { field: 'aply', problem: expect.stringContaining('is unknown') },
  },
  {
    code: 'LB002',
    when: 'activate: a name nobody staged',
    call: () => call('olga', activate, ['0000_unknown']),
    detail: { field: 'migration_id', migration_id: '0000_unknown' },
    runs: ['select migration_id from levelb.status;', 'olga'],
  },
  {
    code: 'LB003',
    when: 'stage: a name that is taken',
    call: async () => stage(documentOf(plain), await ready()),
    detail: { field: 'migration_id', migration_id: expect.any(String) },
  },
  {
    code: 'LB004',
    when: 'approve: another hash than the newest revision has',
    call: async () => call('bob', 'select levelb.approve($1, $2)', [await ready(), Buffer.alloc(32)]),
    detail: { field: 'manifest_hash', revision: 1, given: '00'.repeat(32), staged: expect.any(String) },
  },
  {
    code: 'LB005',
    when: 'stage: a policy with a rule that cannot be',
    call: async () => stage(documentOfKind('policy', await policyWith(w, { drift: 'sometimes' }))),
    detail: { field: 'payload.drift', problem: expect.any(String) },
  },
  {
    code: 'LB006',
    when: 'stage: a character that readers cannot see',
    call: () => stage(documentOf('select 1\u202e')),
    detail: { field: 'steps[0].apply', ...place, codepoint: 'U+202E' },
  },
  {
    code: 'LB008',
    when: 'approve: a migration that is activated',
    call: async () => {
      const id = next()
      await w.through(id, plain)
      return call('bob', 'select levelb.approve($1, $2)', [id, await hashOf(w, id)])
    },
    detail: { migration_id: expect.any(String) },
  },
  {
    code: 'LB009',
    when: 'approve: a migration that was withdrawn',
    call: async () => {
      const id = next()
      await w.stage(id, plain)
      await call('ann', 'select levelb.withdraw($1, $2)', [id, 'not now'])
      return call('bob', 'select levelb.approve($1, $2)', [id, await hashOf(w, id)])
    },
    detail: { migration_id: expect.any(String), revision: 1 },
  },
  {
    code: 'LB011',
    when: 'stage: a statement that no transaction can hold',
    call: () => stage(documentOf('vacuum shop.orders')),
    detail: {
      field: 'steps[0].apply',
      ...place,
      reason: 'cannot run inside a transaction',
      statement: 'vacuum shop . orders',
    },
  },
  {
    code: 'LB012',
    when: 'approve: a signature, which this version does not check',
    call: async () =>
      call('bob', 'select levelb.approve($1, $2, null, null, $3)', [
        await ready(),
        await hashOf(w, await ready()),
        'signed',
      ]),
    detail: { field: 'signature' },
  },
  {
    code: 'LB013',
    when: 'stage: a policy that the enrolled principals cannot meet',
    call: async () => stage(documentOfKind('policy', await policyWith(w, { quorum: [{ approvals: 9 }] }))),
    detail: { problem: expect.stringContaining('9') },
  },
  {
    code: 'LB014',
    when: 'stage: a password in the text',
    call: () => stage(documentOf(`comment on table shop.orders is 'postgres://a:hunter2@db/x'`)),
    detail: { field: 'steps[0].apply', ...place, secret: expect.any(String) },
  },
  {
    code: 'LB101',
    when: 'activate: another activation runs',
    call: async () => {
      await w.sql.unsafe(`begin; select from levelb._gate where name = 'activation' for update`)
      return call('olga', activate, [await ready()])
    },
    detail: { gate: 'activation' },
    after: () => w.sql.unsafe('rollback'),
  },
  {
    code: 'LB102',
    when: 'activate: an approver is deciding',
    call: async () => {
      await w.sql.unsafe(`begin; select from levelb._migration_gate where migration_id = '${await ready()}' for update`)
      return call('olga', activate, [await ready()])
    },
    detail: { migration_id: expect.any(String) },
    after: () => w.sql.unsafe('rollback'),
  },
  {
    code: 'LB103',
    when: 'activate: a snapshot that may be stale',
    call: async () => {
      const olga = await clean('olga')
      await olga.unsafe('begin isolation level serializable')
      return olga.unsafe(activate, [await ready()])
    },
    detail: { isolation: 'serializable' },
  },
  {
    code: 'LB104',
    when: 'activate: a transaction that has written',
    call: async () => {
      const olga = await clean('olga')
      await olga.unsafe('begin; select pg_current_xact_id()')
      return olga.unsafe(activate, [await ready()])
    },
    detail: { problem: 'the transaction has written already' },
  },
  {
    code: 'LB105',
    when: 'activate: a read-only transaction',
    call: async () => {
      const olga = await clean('olga')
      await olga.unsafe('begin read only')
      return olga.unsafe(activate, [await ready()])
    },
    detail: {},
  },
  {
    code: 'LB106',
    when: 'activate: no statement_timeout',
    call: async () => {
      const olga = await clean('olga')
      await olga.unsafe('set statement_timeout = 0')
      return olga.unsafe(activate, [await ready()])
    },
    detail: { statement_timeout: 0, limit_ms: 60_000 },
    runs: ['set statement_timeout = 60000;', 'olga'],
  },
  {
    code: 'LB107',
    when: 'stage: the 501st open migration of an author',
    call: async () => {
      await asChannel(
        w,
        `insert into levelb.manifest (migration_id, revision, title, description, kind, classes, search_path, depends_on,
            content, manifest_hash, author, login, staged_at, transaction_id)
          select 'filler_' || g, 1, 't', 'd', 'sql', '{acl}', 'pg_temp', '{}', '{}', sha256(''), 'arno', 'arno', now(), '1'
            from generate_series(1, 500) g`,
      )
      return call('arno', 'select levelb.stage($1, $2)', [next(), documentOf(plain)])
    },
    detail: { author: 'arno', open_migrations: 500 },
  },
  {
    code: 'LB201',
    when: 'approve: a login with the role that is nobody',
    call: async () => {
      await w.urlOf('stranger')
      await w.sql.unsafe(`grant levelb_approver to ${w.role('stranger')}`)
      return call('stranger', 'select levelb.approve($1, $2)', [await ready(), Buffer.alloc(32)])
    },
    detail: { login: expect.stringContaining('stranger'), principal: null, duties: ['approver'] },
    runs: ['select * from levelb.active_principal', 'aud'],
  },
  {
    code: 'LB202',
    when: 'activate: a superuser in the place of an operator',
    call: async () => {
      await w.sql.unsafe(`set session authorization ${w.role('olga')}; set statement_timeout = 1000`)
      return w.sql.unsafe(activate, [await ready()])
    },
    detail: { session_user: expect.stringContaining('olga') },
    after: () => w.sql.unsafe('reset session authorization; reset statement_timeout'),
  },
  {
    code: 'LB203',
    when: 'approve: the author',
    call: async () => {
      const id = next()
      await exact.stage(id, plain, 'arno')
      return call('arno', 'select levelb.approve($1, $2)', [id, await hashOf(exact, id)], exact)
    },
    detail: { author: 'arno', principal: 'arno' },
  },
  {
    code: 'LB205',
    when: 'activate: within more than the call',
    call: async () => call('olga', `select levelb.activate('${await ready()}'), 1`),
    detail: { verb: 'levelb.activate' },
  },
  {
    code: 'LB209',
    when: 'approve: no effects where the policy wants them exact',
    call: async () => {
      const id = next()
      await exact.stage(id, plain)
      return call('bob', 'select levelb.approve($1, $2)', [id, await hashOf(exact, id)], exact)
    },
    detail: { migration_id: expect.any(String), policy: 'effects: exact' },
  },
  {
    code: 'LB211',
    when: 'an executor without an activation, by a superuser too',
    call: () => w.sql.unsafe('select levelb_exec.execute_step()'),
    detail: {},
  },
  {
    code: 'LB301',
    when: 'update of a table of facts',
    call: async () => (await ready()) && w.sql.unsafe(`update levelb.manifest set title = 'another'`),
    detail: { table: 'manifest', operation: 'UPDATE' },
  },
  {
    code: 'LB309',
    when: 'seal: a head that is not the tree’s',
    call: async () => {
      await pastGuard(w.sql, `begin; ${tampered('_head', `update levelb._head set root = sha256('x')`)}`)
      return w.sql.unsafe('select levelb._seal(true)')
    },
    detail: { problem: expect.stringContaining('table _head') },
    runs: ['select * from levelb.verify_ledger()', 'aud'],
    after: () => w.sql.unsafe('rollback'),
  },
  {
    code: 'LB310',
    when: 'stage_rollback: a later migration changed the same',
    call: async () => {
      const [first, second] = [next(), next()]
      for (const id of [first, second]) await w.through(id, documentOf(plain, back))
      return stageRollback(w, first)
    },
    detail: { migration_id: expect.any(String), blocked_by: [expect.any(String)] },
  },
  {
    code: 'LB210',
    when: 'drift: nothing to compare with before bootstrap',
    call: async () => {
      const empty = await freshDatabase()
      return empty.sql.unsafe('select levelb.drift()')
    },
    detail: { item: 'bootstrapped' },
    runs: ['select * from levelb.readiness() where required and not ok;', 'olga'],
  },
  {
    code: 'LB312',
    when: 'drift: the baseline is of another database',
    call: async () => {
      await pastGuard(
        w.sql,
        `begin; ${tampered('incident', `update levelb.incident set database_identity = jsonb_set(database_identity, '{name}', '"x"')`)}`,
      )
      return w.sql.unsafe('select levelb.drift()')
    },
    detail: { ledger: expect.any(Object), database: expect.any(Object) },
    after: () => w.sql.unsafe('rollback'),
  },
]

const back: Json = { steps: [{ name: 'one', apply: plain, rollback: plain }] }

describe('raised', () => {
  test.each(raised.map((row) => [row.code, row.when, row] as const))('%s › %s', async (_, __, row) => {
    try {
      const error = await said(row.call())
      expect([error.code, error.message]).toEqual([row.code, entry(row.code).message])
      expect(oneObject(error.detail)).toEqual(row.detail)
      expectHint(error.hint, row.runs?.[0])
    } finally {
      await row.after?.()
    }
    if (row.runs) expect(await call(row.runs[1], row.runs[0])).toBeDefined()
  })
})

type Recorded = {
  code: string
  /** What stands in the way. */
  when: string
  document?: Json
  /** Everything before the obstacle; default: stage `document`, approve. Returns the name to activate. */
  prepare?: (id: string) => Promise<string>
  obstacle: (id: string) => Promise<unknown>
  /** Puts another DETAIL in the place of the first. */
  worse?: (id: string) => Promise<unknown>
  mend: (id: string) => Promise<unknown>
  /** Nothing makes it activated: it is. */
  isOver?: boolean
  /** Who activates, before and after. */
  operators?: readonly [string, string]
  detail: Json
  runs?: readonly [sql: string, as: string]
  /** The hint, where it is another than that of the registry. */
  hint?: RegExp
  on?: () => World
}

const alter = (text: string) => () => w.sql.unsafe(text)
const restaged =
  (document: () => Json, on = () => w) =>
  async (id: string) => {
    await call('ann', 'select levelb.restage($1, $2)', [id, document()], on())
    await on().approve(id)
  }
const broken = { missing: expect.any(String), approvals: 0, needed: 2, groups: { dba: 1 }, void: [] }
/** A change of kind principal, carried out in the world of those cases. */
const change = async (payload: Json) => {
  const id = next()
  await people.stage(id, documentOfKind('principal', payload))
  await people.approve(id)
  const row = await people.activate(id)
  expect([row.outcome, row.error]).toEqual(['activated', null])
}
const danLeaves = () => change({ disable: [{ principal: 'dan', reason: 'left' }] })
const danReturns = async () => change({ enrol: [await person(people, 'dan', { groups: ['security'] })] })
const policyOf = async (id: string, more: Json) => {
  await people.stage(id, documentOfKind('policy', await policyWith(people, more)))
  await people.approve(id)
  return id
}
const first = new Map<string, string>()

const refused: Recorded[] = [
  {
    code: 'LB001',
    when: 'a change of a principal that has left meanwhile',
    on: () => people,
    prepare: async (id) => {
      const dan = await person(people, 'dan', { groups: ['security', 'dba'] })
      await people.stage(id, documentOfKind('principal', { change: [dan] }))
      await people.approve(id)
      return id
    },
    obstacle: danLeaves,
    mend: danReturns,
    detail: { field: expect.stringMatching(/^payload\.change\[0\]/), problem: expect.stringContaining('dan') },
  },
  {
    code: 'LB005',
    when: 'a policy whose break-glass login was dropped meanwhile',
    on: () => people,
    prepare: async (id) => {
      await people.sql.unsafe(`create role ${people.role('breaker')} login`)
      const { break_glass: glass } = (await policyWith(people)) as { break_glass: { logins: string[] } }
      return policyOf(id, { break_glass: { logins: [...glass.logins, people.role('breaker')] } })
    },
    obstacle: () => people.sql.unsafe(`drop role ${people.role('breaker')}`),
    mend: () => people.sql.unsafe(`create role ${people.role('breaker')} login`),
    detail: {
      field: expect.stringMatching(/^payload\.break_glass\.logins\[\d+\]$/),
      problem: expect.stringContaining('does not exist'),
    },
  },
  {
    code: 'LB007',
    when: 'a dependency that is not activated',
    prepare: async (id) => {
      const on = next()
      first.set(id, on)
      await w.stage(on, 'grant select on shop.items to public')
      await w.approve(on)
      await w.stage(id, documentOf(plain, { depends_on: [on] }))
      await w.approve(id)
      return id
    },
    obstacle: async () => {},
    mend: (id) => w.activate(first.get(id) as string),
    detail: { depends_on: [expect.any(String)] },
  },
  {
    code: 'LB008',
    when: 'it was activated',
    obstacle: async (id) => first.set(id, String((await w.activate(id)).outcome)),
    mend: async () => {},
    isOver: true,
    detail: { migration_id: expect.any(String) },
  },
  {
    code: 'LB009',
    when: 'it was withdrawn',
    obstacle: (id) => call('ann', 'select levelb.withdraw($1, $2)', [id, 'not now']),
    mend: restaged(() => documentOf(plain)),
    detail: { by: 'ann', reason: 'not now', at: expect.any(String) },
  },
  {
    code: 'LB010',
    when: 'before its window',
    document: documentOf(plain, { not_before: '2999-01-01T00:00:00Z' }),
    obstacle: async () => {},
    mend: restaged(() => documentOf(plain)),
    detail: { not_before: expect.stringContaining('2999-01-01'), not_after: null },
  },
  {
    code: 'LB011',
    when: 'what a superuser carries out',
    document: { ...documentOf(plain), kind: 'attended' },
    obstacle: async () => {},
    mend: restaged(() => documentOf(plain)),
    detail: { migration_id: expect.any(String), kind: 'attended' },
    hint: /levelb\.break_glass\('why', '.*'\)/,
  },
  {
    code: 'LB013',
    when: 'a policy for which too few are left meanwhile',
    on: () => people,
    prepare: (id) => policyOf(id, { quorum: [{ approvals: 2, groups: { dba: 1, security: 1 } }] }),
    obstacle: danLeaves,
    mend: danReturns,
    detail: { problem: expect.stringContaining('security') },
  },
  {
    code: 'LB204',
    when: 'nobody has approved',
    prepare: async (id) => {
      await w.stage(id, plain)
      return id
    },
    obstacle: async () => {},
    worse: (id) => w.approve(id, ['dan']),
    mend: (id) => w.approve(id, ['bob']),
    detail: broken,
  },
  {
    code: 'LB208',
    when: 'somebody has rejected it',
    obstacle: async (id) => call('dan', 'select levelb.reject($1, $2, $3)', [id, await hashOf(w, id), 'too wide']),
    worse: async (id) => call('arno', 'select levelb.reject($1, $2, $3)', [id, await hashOf(w, id), 'too wide']),
    mend: async (id) => {
      for (const who of ['dan', 'arno']) await call(who, 'select levelb.revoke($1, $2)', [id, 'explained to me'])
    },
    detail: { rejected_by: ['dan'] },
  },
  {
    code: 'LB209',
    when: 'no effects where the policy wants them exact',
    on: () => exact,
    prepare: async (id) => {
      await exact.stage(id, plain)
      return id
    },
    obstacle: async () => {},
    mend: restaged(
      () =>
        documentOf(plain, {
          effects: [
            {
              class: 'acl',
              object_type: 'table',
              identity: 'shop.orders',
              attribute: 'PUBLIC',
              before: null,
              after: 'select',
            },
          ],
        }),
      () => exact,
    ),
    detail: { migration_id: expect.any(String), policy: 'effects: exact' },
  },
  {
    code: 'LB210',
    when: 'a login could go round the channel',
    obstacle: () => w.sql.unsafe(`create role ${w.role('sneak')} login createrole`),
    worse: () => w.sql.unsafe(`alter role ${w.role('ci')} rename to ${w.role('other')}`),
    mend: () => w.sql.unsafe(`drop role ${w.role('sneak')}; alter role ${w.role('other')} rename to ${w.role('ci')}`),
    detail: { items: ['dangerous_logins'] },
    runs: ['select * from levelb.readiness() where required and not ok;', 'olga'],
  },
  {
    code: 'LB212',
    when: 'the operator is its author',
    prepare: async (id) => {
      await exact.stage(id, documentOf(plain, { effects: [] }), 'arno')
      return id
    },
    on: () => exact,
    obstacle: async () => {},
    operators: ['arno', 'olga'],
    mend: async (id) => {
      await call('arno', 'select levelb.restage($1, $2)', [id, documentOf(plain, { effects: shut })], exact)
      await exact.approve(id)
    },
    detail: { author: 'arno', operator: 'arno' },
  },
  {
    code: 'LB306',
    when: 'an owner of levelb can log in',
    obstacle: alter('alter role levelb_owner login'),
    worse: alter('alter role levelb_deploy login'),
    mend: alter('alter role levelb_owner nologin; alter role levelb_deploy nologin'),
    detail: { rule: 'roles_as_installed', problem: 'levelb_owner can log in' },
    runs: ['select * from levelb.readiness() where required and not ok', 'olga'],
  },
  {
    code: 'LB309',
    when: 'the ledger does not end in its tree',
    obstacle: () =>
      pastGuard(
        w.sql,
        `create table public.kept as select * from levelb._head;
        ${tampered('_head', `update levelb._head set root = sha256('x')`)}`,
      ),
    mend: () =>
      pastGuard(
        w.sql,
        `${tampered('_head', 'update levelb._head h set root = k.root from public.kept k')};
        drop table public.kept`,
      ),
    detail: { problem: expect.stringContaining('table _head') },
    runs: ['select * from levelb.verify_ledger()', 'aud'],
  },
  {
    code: 'LB310',
    when: 'a rollback of what a later migration changed again',
    prepare: async (id) => {
      await w.through(id, documentOf(plain, back))
      await stageRollback(w, id)
      await w.approve(`${id}.rollback`)
      return `${id}.rollback`
    },
    obstacle: async (id) => {
      first.set(id, next())
      await w.through(first.get(id) as string, documentOf(plain, back))
    },
    mend: async (id) => {
      const later = first.get(id) as string
      await stageRollback(w, later)
      await w.approve(`${later}.rollback`)
      expect(await w.activate(`${later}.rollback`)).toMatchObject({ outcome: 'activated' })
    },
    hint: /^Roll those back first, in this order/,
    detail: { migration_id: expect.any(String), blocked_by: [expect.any(String)] },
  },
  {
    code: 'LB302',
    when: 'a right was given past the channel',
    on: () => strict,
    prepare: async (id) => {
      await strict.stage(id, plain)
      await strict.approve(id)
      return id
    },
    obstacle: () => strict.sql.unsafe(`alter role ${strict.role('ann')} connection limit 7`),
    worse: () => strict.sql.unsafe(`alter role ${strict.role('bob')} connection limit 7`),
    mend: () =>
      strict.sql.unsafe(`alter role ${strict.role('ann')} connection limit -1;
        alter role ${strict.role('bob')} connection limit -1`),
    detail: { count: expect.any(Number), effects: expect.any(Array) },
  },
  {
    code: 'LB312',
    when: 'the ledger is of another major version',
    obstacle: () => version(`'14.2'`),
    mend: () => version(`current_setting('server_version')`),
    detail: { ledger: expect.any(Object), database: expect.any(Object) },
  },
]

const shut = [
  { class: 'acl', object_type: 'table', identity: 'shop.orders', attribute: 'PUBLIC', before: 'select', after: null },
]
/** As a restore on another server leaves it. */
const version = (text: string) =>
  pastGuard(w.sql, tampered('incident', `update levelb.incident set server_version = ${text}`))

const documented = (roles: Json): Json => ({
  title: 'a change',
  description: 'for a test',
  steps: [{ name: 'roles', roles }],
})
const homeless = () => govern.sql.unsafe(`alter role levelb_owner in database ${govern.name} reset levelb.role_home`)

refused.push({
  code: 'LB210',
  when: 'a role document where no database governs the roles',
  on: () => govern,
  prepare: async (id) => {
    await govern.stage(id, documented({ create: [{ name: govern.role('made') }] }))
    await govern.approve(id)
    return id
  },
  obstacle: homeless,
  mend: () => govern.sql.unsafe(`alter role levelb_owner in database ${govern.name} set levelb.role_home = 'on'`),
  detail: { items: ['role_home'], database: null },
  hint: /^No database governs the roles of this cluster: /,
})

const obstacle = () => w.sql.unsafe('create schema obstacle')
const away = () => w.sql.unsafe('drop schema obstacle cascade')

const failed: Recorded[] = [
  {
    code: 'LB211',
    when: 'text that asks for a step of its own',
    document: documentOf(unless(`perform levelb._pending_step('apply')`)),
    detail: {},
    obstacle,
    mend: away,
  },
  {
    code: 'LB303',
    when: 'a claimed class in which nothing happened',
    document: documentOf(unless('null', false), { classes: ['acl'] }),
    hint: /^Nothing of these classes happened: /,
    detail: { classes_without_effect: ['acl'], effects: [] },
    obstacle,
    mend: away,
  },
  {
    code: 'LB304',
    when: 'an effect of a class that was not claimed',
    document: documentOf(unless('alter table shop.items owner to levelb_deploy'), { classes: ['acl'] }),
    hint: /^Restage with these classes claimed too/,
    detail: {
      missing: 'a claim of these classes',
      classes: ['owner'],
      claimed: ['acl'],
      effects: expect.arrayContaining([expect.objectContaining({ identity: 'shop.items' })]),
    },
    obstacle,
    mend: away,
  },
  {
    code: 'LB305',
    when: 'a change that the read-back does not cover',
    document: documentOf(unless('create temporary table t (id int)')),
    detail: { uncovered: expect.arrayContaining([expect.objectContaining({ object: 'table pg_temp.t' })]) },
    obstacle,
    mend: away,
  },
  {
    code: 'LB306',
    when: 'text that writes to levelb through a function of an operator',
    prepare: async (id) => {
      await w.stage(id, unless(`perform desk.withdraw('${await ready()}')`))
      await w.approve(id)
      return id
    },
    hint: /^Take out the statements that touch levelb/,
    detail: { rule: 'levelb_objects_unchanged', objects: expect.arrayContaining(['withdrawal']) },
    obstacle,
    mend: away,
  },
  {
    code: 'LB307',
    when: 'a trigger of the application ran with the deployer’s rights',
    document: documentOf(unless('insert into shop.early values (1)')),
    hint: /^Take its functions over/,
    detail: {
      rule: 'code_of_others_in_triggers',
      triggers: [{ table: 'shop.early', trigger: 'early', owner: expect.any(String) }],
    },
    obstacle,
    mend: away,
  },
  {
    code: 'LB308',
    when: 'a trigger that could wait until after the proof',
    document: documentOf(unless('insert into shop.late values (1)')),
    detail: { rule: 'nothing_deferred', triggers: [{ table: 'shop.late', trigger: 'late' }] },
    obstacle,
    mend: away,
  },
  {
    code: 'LB310',
    when: 'a rollback that does not give back what was',
    prepare: async (id) => {
      const rollback = unless('grant update on shop.items to public')
      await w.through(id, documentOf('', { steps: [{ name: 'one', apply: plain, rollback }] }))
      await stageRollback(w, id)
      await w.approve(`${id}.rollback`)
      return `${id}.rollback`
    },
    hint: /docs\/rollback\.md says what then/,
    detail: {
      missing: [],
      unexpected: [expect.objectContaining({ identity: 'shop.items' })],
      differences: [{ kind: 'other', object: 'table shop.items', privileged: true, accepted: false }],
    },
    obstacle,
    mend: away,
  },
  {
    code: 'LB311',
    when: 'a verify that does not say true',
    document: documentOf('', {
      steps: [{ name: 'one', apply: plain, verify: `select to_regnamespace('obstacle') is null` }],
    }),
    detail: { step: 1, answer: expect.anything() },
    obstacle,
    mend: away,
  },
]

describe.each([
  ['refused', refused],
  ['failed', failed],
] as const)('recorded as %s', (outcome, rows) => {
  test.each(rows.map((row) => [row.code, row.when, row] as const))('%s › %s', async (_, __, row) => {
    const there = row.on?.() ?? w
    const start = next()
    const prepared =
      row.prepare?.(start) ??
      there.stage(start, row.document ?? plain).then(async () => {
        await there.approve(start)
        return start
      })
    const id = await prepared
    const decisions = () => there.sql`select * from levelb.approval where migration_id = ${id} order by approval_id`
    const [before, after] = row.operators ?? ['olga', 'olga']
    await row.obstacle(start)
    const stand = await decisions()
    let record: Row
    try {
      record = await there.activate(id, before)
      expect([record.outcome, record.code, record.reason]).toEqual([outcome, row.code, entry(row.code).message])
      const { hint, detail, sqlstate } = record.error as { hint: string; detail: string; sqlstate: string }
      expect(sqlstate).toBe(row.code)
      expect(oneObject(detail)).toEqual(row.detail)
      expectHint(hint, row.runs?.[0])
      if (row.hint) expect(hint).toMatch(row.hint)
      else expect(hint).toBe(entry(row.code).hint)
      if (row.runs) expect((await call(row.runs[1], row.runs[0])).length).toBeGreaterThan(0)
      if (outcome === 'refused') {
        expect(await there.activate(id, before)).toEqual(record)
        expect((await activations(there, id)).filter((each) => each.outcome === 'refused')).toEqual([record])
      }
      expect(await decisions()).toEqual(stand)
      if (row.worse) {
        await row.worse(start)
        const another = await there.activate(id, before)
        expect(another.code).toBe(row.code)
        const isOther = JSON.stringify(detailOf(another)) !== JSON.stringify(detailOf(record))
        expect(await activations(there, id)).toEqual(isOther ? [record, another] : [record])
      }
    } finally {
      await row.mend(start)
    }
    if (row.isOver) return
    const activated = await there.activate(id, after)
    expect([activated.outcome, activated.error]).toEqual(['activated', null])
  })
})

test('a role that nobody adopted: the hint is the statement that adopts it, and then it goes through (LB001)', async () => {
  const id = next()
  await govern.sql.unsafe(`create role ${govern.role('found')}`)
  await govern.stage(id, documented({ alter: [{ name: govern.role('found'), connection_limit: 3 }] }))
  await govern.approve(id)
  const row = await govern.activate(id)
  expect([row.outcome, row.code, detailOf(row).field]).toEqual(['failed', 'LB001', 'roles.alter[0]'])
  const statement = /grant .*;/.exec(String((row.error as Json).hint))?.[0] as string
  expectHint(String((row.error as Json).hint), statement)
  await govern.sql.unsafe(statement)
  expect(await govern.activate(id)).toMatchObject({ outcome: 'activated' })
})

describe('the table is complete', () => {
  const codes = (rows: readonly { code: string }[]) => new Set(rows.map(({ code }) => code))
  const sorted = (found: Iterable<string>) => [...new Set(found)].sort()

  test('every code is produced above, or named as not yet there', () => {
    const produced = sorted([...codes(raised), ...codes(refused), ...codes(failed), ...ofRehearsals])
    expect(sorted([...produced, ...Object.keys(notYet)])).toEqual(sorted(errors.map(({ code }) => code)))
    expect(produced.filter((code) => code in notYet)).toEqual([])
  })

  test('every code that sql/ raises or judges by is produced in that way', () => {
    expect(sorted([...codes(raised), ...codes(failed), ...ofRehearsals])).toEqual(sorted(raisedInSql))
    expect(sorted(codes(refused))).toEqual(sorted(refusedInSql))
  })

  test('sql/ knows no code but those, so none is produced in a third way', () => {
    expect(sorted(mentionedInSql)).toEqual(sorted([...raisedInSql, ...refusedInSql]))
  })
})

describe('the hints of the registry', () => {
  test('each says something, and no two codes share a message', () => {
    for (const { hint } of errors)
      expectHint(hint, quoted.test(hint) ? /s(?:elect|et) .*?(?=;| names|$|\.$)/.exec(hint)?.[0] : undefined)
    expect(new Set(errors.map(({ message }) => message)).size).toBe(errors.length)
  })

  test('what they name is there: functions, views, pages', async () => {
    for (const { code, hint } of errors) {
      for (const [, name] of hint.matchAll(/\blevelb\.(\w+)/g)) {
        if (name === 'verb') continue
        const found =
          await w.sql`select from pg_proc where pronamespace = 'levelb'::regnamespace and proname = ${name as string}
          union all select from pg_class where relnamespace = 'levelb'::regnamespace and relname = ${name as string}`
        expect([code, name, found.length]).toEqual([code, name, 1])
      }
      for (const [page] of hint.matchAll(/docs\/\w+\.md/g))
        expect([code, existsSync(fileURLToPath(new URL(`../../${page}`, import.meta.url)))]).toEqual([code, true])
    }
  })
})
