// The database has the last word on documents; zod says the same before they are sent.
import { beforeAll, describe, expect, test } from 'vitest'
import { intervalMs } from '../../src/json/policy-document.ts'
import { freshDatabase, type TestDatabase } from '../database.ts'
import {
  attended,
  document,
  explanation,
  key,
  otherKey,
  pointerChange,
  policy,
  policyChange,
  principalChange,
  principals,
  protection,
} from './examples.ts'
import { ask, type Kind, makeJudge, sqlVerdicts, zodVerdicts } from './judge.ts'
import { type Json, mutations, pairs } from './mutations.ts'

let database: TestDatabase

beforeAll(async () => {
  database = await freshDatabase()
  await makeJudge(database.sql)
  return () => database.end()
})

// A policy is judged by itself, as bootstrap takes it, and as the payload of a document; so are the people.
const examples: [claim: string, kind: Kind, example: Json][] = [
  ['document', 'document', document],
  ['policy', 'policy', policy],
  ['principals', 'principals', principals],
  ['document of kind policy', 'document', policyChange],
  ['document of kind principal', 'document', principalChange],
  ['document of kind pointer', 'document', pointerChange],
  ['document of kind explain', 'document', explanation],
  ['document of kind protect', 'document', protection],
  ['document of kind attended', 'document', attended],
]

describe.each(examples)('%s', (_, kind, example) => {
  test('the full example is accepted by both, and judged again gives the same', async () => {
    const [first] = await ask(database.sql, kind, [example])
    const [second] = await ask(database.sql, kind, [first?.value ?? null])
    expect(first?.code).toBeUndefined()
    expect(second).toEqual(first)
    expect(zodVerdicts(kind, example)).toEqual([])
    expect(zodVerdicts(kind, first?.value ?? null)).toEqual([])
  })

  test('every single mistake is judged alike: same code, same field', async () => {
    const corpus = mutations(example)
    const said = await sqlVerdicts(
      database.sql,
      kind,
      corpus.map(({ value }) => value),
    )
    expect(corpus.length).toBeGreaterThanOrEqual(200)
    expect(said.filter((verdict) => verdict !== null).length).toBeGreaterThanOrEqual(200)
    expect(corpus.map(({ what, value }) => [what, zodVerdicts(kind, value)[0] ?? null])).toEqual(
      corpus.map(({ what }, index) => [what, said[index]]),
    )
  })

  test('of two mistakes the database names one that zod names too', async () => {
    const corpus = pairs(example, 250, 20261101)
    const said = await sqlVerdicts(
      database.sql,
      kind,
      corpus.map(({ value }) => value),
    )
    const apart = corpus.flatMap(({ what, value }, index) => {
      const zod = zodVerdicts(kind, value)
      const sql = said[index] ?? null
      const alike = sql === null ? zod.length === 0 : zod.some(({ field }) => field === sql.field)
      return alike ? [] : [{ what, sql, zod }]
    })
    expect(apart).toEqual([])
  })
})

/** `example` with one member set: `approval.signature`. */
function put(example: Json, path: string, value: Json): Json {
  const [key = '', ...rest] = path.split('.')
  const members = (example ?? {}) as { [key: string]: Json }
  return { ...members, [key]: rest.length === 0 ? value : put(members[key] ?? {}, rest.join('.'), value) }
}

describe('values of later versions', () => {
  test('each value of a policy that has no mechanism yet is refused by name (LB012), with the value to write', async () => {
    const listed = await database.sql<{ path: string; value: Json; supported: Json[] }[]>`
      select path, value, supported from levelb._unsupported_policy_values()`
    const values = listed.map(({ path, value, supported }) =>
      put(policy, path, value ?? (supported.length === 0 ? '1 hour' : ['x'])),
    )
    const answers = await ask(database.sql, 'policy', values)
    expect(listed.length).toBeGreaterThan(1)
    expect(
      answers.map(({ code, detail, hint }) => ({ code, field: detail?.field, supported: detail?.supported, hint })),
    ).toEqual(
      listed.map(({ path, supported }) => ({
        code: 'LB012',
        field: path,
        supported,
        hint:
          supported.length === 0
            ? `Leave ${path} out.`
            : `Write ${JSON.stringify(supported[0])} for ${path}, or leave it out.`,
      })),
    )
    expect(values.map((value) => zodVerdicts('policy', value))).toEqual(
      listed.map(({ path }) => [{ code: 'LB012', field: path }]),
    )
  })

  test('every supported value that a hint names is accepted by both', async () => {
    const listed = await database.sql<{ path: string; value: Json }[]>`
      select path, jsonb_array_elements(supported) as value from levelb._unsupported_policy_values()`
    const values = listed.map(({ path, value }) => put(policy, path, value))
    expect(await sqlVerdicts(database.sql, 'policy', values)).toEqual(values.map(() => null))
    expect(values.flatMap((value) => zodVerdicts('policy', value))).toEqual([])
  })

  test.each<[string, string, Json]>([
    ['a verify text', 'steps[0].verify', { steps: [{ name: 'one', apply: 'select 1', verify: 'select true' }] }],
    ['a role document', 'steps[0].roles', { steps: [{ name: 'one', roles: { drop: ['app_old'] } }] }],
    [
      ...(["an effect on levelb's own objects", 'effects'] as const),
      {
        effects: [
          {
            ...{ class: 'governance', object_type: 'schema', identity: 'levelb', attribute: 'owner' },
            ...{ before: 'a', after: 'b' },
          },
        ],
      },
    ],
  ])('%s has no place in kind attended (LB001)', async (_, field, change) => {
    const value = { ...attended, ...(change as { [key: string]: Json }) }
    const [answer] = await ask(database.sql, 'document', [value])
    expect(answer).toMatchObject({ code: 'LB001', detail: { field } })
    expect(zodVerdicts('document', value)).toContainEqual({ code: 'LB001', field })
  })

  test("kind rollback is not an author's to write (LB001): stage_rollback makes it", async () => {
    const value = { title: 't', description: 'd', kind: 'rollback', payload: {} }
    expect(await ask(database.sql, 'document', [value])).toEqual([
      expect.objectContaining({ code: 'LB001', detail: expect.objectContaining({ field: 'kind' }) }),
    ])
    expect(zodVerdicts('document', value)).toContainEqual({ code: 'LB001', field: 'kind' })
  })
})

describe('what is judged and normalised', () => {
  const finding = (document.findings as { [key: string]: Json }[])[0] ?? {}
  const cases = (kind: Kind, base: Json, table: [path: string, value: Json, field: string | null][]) => async () => {
    const values = table.map(([path, value]) => put(base, path, value))
    const said = await sqlVerdicts(database.sql, kind, values)
    expect(table.map(([path, value], index) => [path, value, said[index]?.field ?? null])).toEqual(table)
    expect(
      table.map(([path, value], index) => [path, value, zodVerdicts(kind, values[index] ?? null)[0]?.field ?? null]),
    ).toEqual(table)
  }

  test(
    'fields of a document',
    // an accepted finding that is not there is a mistake of its own
    cases('document', { ...document, description: 'nothing to find', accept: [], findings: [] }, [
      ['search_path', 'app, "$user"', 'search_path'],
      ['search_path', '$user', 'search_path'],
      ['search_path', 'App', 'search_path'],
      ['search_path', 'app,,b', 'search_path'],
      ['search_path', 'app, app', 'search_path'],
      ['search_path', 'pg_temp, app', 'search_path'],
      ['search_path', 'app, pg_temp', null],
      ['search_path', 'pg_toast', 'search_path'],
      ['search_path', 'a'.repeat(63), null],
      ['search_path', 'a'.repeat(64), 'search_path'],
      ['not_before', '2026-11-01T08:00:00', 'not_before'],
      ['not_before', '2026-11-01', 'not_before'],
      ['not_before', '2026-11-01T08:00Z', 'not_before'],
      ['not_before', '2026-11-01T24:00:00Z', 'not_before'],
      ['not_before', '2026-02-29T08:00:00Z', 'not_before'],
      ['not_before', '2028-02-29T08:00:00Z', 'not_after'],
      ['not_before', '2026-11-01T10:30:00.250000Z', 'not_after'],
      ['not_before', '2026-11-01T10:30:00.249999Z', null],
      ['not_before', '2026-11-01T08:00:00.1234567Z', 'not_before'],
      ['not_before', '2026-11-01T08:00:00-00:30', null],
      ['not_before', 'infinity', 'not_before'],
      ['title', 'x'.repeat(200), null],
      ['title', 'é'.repeat(101), 'title'],
      ['title', 'one\ntwo', 'title'],
      ['description', 'x'.repeat(16384), null],
      ['description', 'x'.repeat(16385), 'description'],
      ['classes', ['role', 'role'], 'classes[1]'],
      ['classes', ['roles'], 'classes[0]'],
      ['depends_on', Array.from({ length: 101 }, (_, index) => `m${index}`), 'depends_on'],
      ['depends_on', ['a/b/c'], 'depends_on[0]'],
      ['steps', Array.from({ length: 100 }, (_, index) => ({ name: `s${index}`, apply: 'x' })), null],
      ['steps', Array.from({ length: 101 }, (_, index) => ({ name: `s${index}`, apply: 'x' })), 'steps'],
      [
        'steps',
        [
          { name: 'a', apply: 'x' },
          { name: 'a', apply: 'x' },
        ],
        'steps[1].name',
      ],
      ['findings', [], null],
      ['findings', [{ ...finding, part: 'rollback' }], null],
      ['findings', [{ ...finding, step: '02-roles', part: 'roles' }], null],
      ['findings', [{ ...finding, part: 'roles' }], 'findings[0].step'],
      ['findings', [{ ...finding, step: '03' }], 'findings[0].step'],
      ['findings', [{ ...finding, rule: 'lint:x' }], 'findings[0].rule'],
      ['findings', [{ ...finding, position: 0 }], 'findings[0].position'],
      ['findings', Array.from({ length: 200 }, () => finding), null],
      ['findings', Array.from({ length: 201 }, () => finding), 'findings'],
      ['accept', [{ rule: 'lint:P1-grant-to-public', object: 'app.orders', reason: 'r' }], null],
      ['accept', [{ rule: 'lint:', object: 'app.orders', reason: 'r' }], 'accept[0].rule'],
      ['accept', [{ rule: 'P1-grant-to-public', object: 'app.orders', reason: 'r' }], 'accept[0].rule'],
      ['accept', [{ rule: `lint:${'x'.repeat(64)}`, object: 'app.orders', reason: 'r' }], 'accept[0].rule'],
      ['steps', [{ name: '../a', apply: 'x' }], 'steps[0].name'],
      ['steps', [{ name: 'a', apply: 'x', roles: { drop: ['b'] } }], 'steps[0].apply'],
      ['steps', [{ name: 'a', verify: 'x', roles: { drop: ['b'] } }], 'steps[0].verify'],
      ['steps', [{ name: 'a', roles: { drop: ['levelb_deploy'] } }], 'steps[0].roles.drop[0]'],
      [
        'steps',
        [{ name: 'a', roles: { grant: [{ role: 'pg_read_all_data', to: 'a' }] } }],
        'steps[0].roles.grant[0].role',
      ],
      ['steps', [{ name: 'a', roles: { grant: [{ role: 'a', to: 'public' }] } }], 'steps[0].roles.grant[0].to'],
      ['steps', [{ name: 'a', roles: { create: [{ name: 'x'.repeat(64) }] } }], 'steps[0].roles.create[0].name'],
      ['steps', [{ name: 'a', roles: { create: [{ name: 'admin ' }] } }], 'steps[0].roles.create[0].name'],
      ['steps', [{ name: 'a', roles: { alter: [{ name: 'x', inherit: null }] } }], 'steps[0].roles.alter[0]'],
      ['steps', [{ name: 'a', roles: { set: [{ role: 'x', name: 'a b', value: '' }] } }], 'steps[0].roles.set[0].name'],
      ['steps', [{ name: 'a', roles: { set: [{ role: 'x', name: 'a.b', value: '' }] } }], null],
      ['steps', [{ name: 'a', roles: { set: [{ role: 'x', name: 'a.b', value: null }] } }], null],
      ['steps', [{ name: 'a', roles: { set: [{ role: 'x', name: 'a.b' }] } }], 'steps[0].roles.set[0].value'],
      ...(
        [
          ['', null],
          ['""', null],
          [' "a, b" ,$user,c d', null],
          ['"a"; select 1 as "b"', 'steps[0].roles.set[0].value'],
          ['a "b"', 'steps[0].roles.set[0].value'],
          ['"a', 'steps[0].roles.set[0].value'],
          ['a,,b', 'steps[0].roles.set[0].value'],
        ] as [string, string | null][]
      ).map(([value, field]): [string, Json, string | null] => [
        'steps',
        [{ name: 'a', roles: { set: [{ role: 'x', name: 'Search_Path', value }] } }],
        field,
      ]),
    ]),
  )

  test(
    'fields of a document without steps',
    cases('document', pointerChange, [
      ['steps', [{ name: 'a', apply: 'x' }], 'steps'],
      ['search_path', 'app', 'search_path'],
      ['findings', [], 'findings'],
      ['classes', null, null],
      ['classes', ['governance'], 'classes'],
      ['classes', ['repoint', 'acl'], 'classes'],
      ['payload.expected', null, 'classes'],
      ['payload.target', null, 'classes'],
      ['payload.target', 'app.orders_v1', 'payload.target'],
      ['payload', null, 'payload'],
      ['payload.target', 'x'.repeat(201), 'payload.target'],
    ]),
  )

  test(
    'a protection accepts nothing of a lint: nobody wrote its text',
    cases('document', protection, [
      ['accept', [{ rule: 'lint:P1-grant-to-public', object: 'app.orders', reason: 'r' }], 'accept[0].rule'],
    ]),
  )

  test(
    'fields of a change of principals',
    cases('document', principalChange, [
      ['payload', {}, 'payload'],
      ['payload', { enrol: null }, 'payload'],
      ['payload.enrol', [], 'payload.enrol'],
      ['payload.disable', [{ principal: 'erin', reason: 'x' }], 'payload.disable[0].principal'],
      ['payload.disable', [{ principal: 'dan' }], 'payload.disable[0].reason'],
      [
        'payload.change',
        [{ principal: 'bob', nature: 'agent', logins: ['b'], duties: ['approver'] }],
        'payload.change[0].duties',
      ],
    ]),
  )

  test(
    'fields of a policy',
    cases('policy', policy, [
      ['quorum', [{ classes: ['role'], approvals: 1 }], 'quorum'],
      ['quorum', [{ approvals: 1 }, { schemas: ['a'] }], 'quorum[1]'],
      ['quorum', [{ groups: { dba: 1 } }], 'quorum[0].approvals'],
      ['quorum', [{ approvals: 1, groups: {} }], 'quorum[0].groups'],
      ['quorum', [{ approvals: 1, groups: { dba: 0 } }], 'quorum[0].groups.dba'],
      ['quorum', [{ approvals: 1, groups: { 'a b': 1 } }], 'quorum[0].groups.a b'],
      ['quorum', [{ approvals: 50 }], null],
      ['quorum', [{ approvals: 51 }], 'quorum[0].approvals'],
      ['approval.ttl', '1 minute', null],
      ['approval.ttl', '59 s', 'approval.ttl'],
      ['approval.ttl', '90 days', null],
      ['approval.ttl', '91 days', 'approval.ttl'],
      ['approval.ttl', '1 month', 'approval.ttl'],
      ['approval.ttl', '-1 day', 'approval.ttl'],
      ['approval.ttl', '01:00:00', 'approval.ttl'],
      ['approval.ttl', '1  day', 'approval.ttl'],
      ['timeouts.lock', '1 ms', null],
      ['timeouts.lock', '1 minute', null],
      ['timeouts.lock', '60001ms', 'timeouts.lock'],
      ['timeouts.statement', '1 day', null],
      ['timeouts.statement', '86400001 ms', 'timeouts.statement'],
      ['rollback.approvals', 1, null],
      ['rollback.approvals', 50, null],
      ['rollback.approvals', 0, 'rollback.approvals'],
      ['rollback.approvals', 51, 'rollback.approvals'],
      ['rollback.preapproved_for', '1 minute', null],
      ['rollback.preapproved_for', '59 s', 'rollback.preapproved_for'],
      ['rollback.preapproved_for', '30 days', null],
      ['rollback.preapproved_for', '721 hours', 'rollback.preapproved_for'],
      ['break_glass.logins', ['levelb_owner'], 'break_glass.logins[0]'],
      ['effects', 'classes', null],
      ['cluster', 'ignore', null],
      ['cluster', 'other', 'cluster'],
    ]),
  )

  test('an interval is a number and a unit, in milliseconds', async () => {
    const table: [words: string, ms: number | null][] = [
      ['500 ms', 500],
      ['2s', 2000],
      ['60 seconds', 60_000],
      ['1 minute', 60_000],
      ['30 minutes', 1_800_000],
      ['2 hours', 7_200_000],
      ['7 days', 604_800_000],
      ['0 s', null],
      ['1 week', null],
      ['2 mss', null],
      [' 2 s', null],
      ['2 s\n', null],
      ['1.5 hours', null],
      ['1000000000 ms', null],
    ]
    const rows = await database.sql<{ ms: string | null }[]>`
      select levelb._interval_ms(w.words) as ms
        from unnest(${table.map(([words]) => words)}::text[]) with ordinality as w (words, n) order by w.n`
    const expected = table.map(([, ms]) => ms)
    expect(rows.map(({ ms }) => (ms === null ? null : Number(ms)))).toEqual(expected)
    expect(table.map(([words]) => intervalMs(words) ?? null)).toEqual(expected)
  })

  test('principals of one list', async () => {
    const person = (name: string, more: { [key: string]: Json } = {}) => ({
      principal: name,
      nature: 'person',
      logins: [name],
      ...more,
    })
    const table: [list: Json, field: string | null][] = [
      [[person('a'), person('a', { logins: ['b'] })], 'principals[1].principal'],
      [[person('a'), person('b', { logins: ['c', 'a'] })], 'principals[1].logins[1]'],
      [[person('a', { keys: [key] }), person('b', { keys: [otherKey, key] })], 'principals[1].keys[1]'],
      [[person('a', { keys: [`${key} a@host`] })], 'principals[0].keys[0]'],
      [[person('a', { keys: [key.replace('AAAAI', 'AAAAJ')] })], 'principals[0].keys[0]'],
      [[person('a', { keys: ['ssh-rsa AAAA'] })], 'principals[0].keys[0]'],
      [[person('a', { person: 'a' })], 'principals[0].person'],
      [[person('a', { person: 'b' })], 'principals[0].person'],
      [[person('a'), person('b', { person: 'a' })], null],
      [[person('a'), person('b', { person: 'a' }), person('c', { person: 'b' })], 'principals[2].person'],
      [[person('a', { nature: 'service' }), person('b', { person: 'a' })], 'principals[1].person'],
      [[person('a', { nature: 'service', duties: ['approver'] })], 'principals[0].duties'],
      [[person('a', { nature: 'agent', duties: ['approver'] })], 'principals[0].duties'],
      [[person('a', { nature: 'agent', duties: ['author', 'operator'] })], 'principals[0].duties'],
      [[person('a', { nature: 'agent', duties: ['author', 'auditor'] })], null],
      [[person('a', { nature: 'service', duties: ['author', 'auditor', 'operator'] })], null],
    ]
    const said = await sqlVerdicts(
      database.sql,
      'principals',
      table.map(([list]) => list),
    )
    expect(said.map((verdict) => verdict?.field ?? null)).toEqual(table.map(([, field]) => field))
    expect(table.map(([list]) => zodVerdicts('principals', list)[0]?.field ?? null)).toEqual(
      table.map(([, field]) => field),
    )
  })

  test('a key is its 32 bytes', async () => {
    const [row] = await database.sql`select levelb._key_bytes(${key}) as bytes`
    expect(row?.bytes).toEqual(Buffer.from(key.slice(12), 'base64').subarray(19))
  })

  test('effects come back in one order, nulls first, whatever the order given', async () => {
    const effect = (identity: string, before: string | null, after: string | null) => ({
      class: 'acl',
      object_type: 'table',
      identity,
      attribute: 'bob',
      before,
      after,
    })
    const sorted = [
      effect('B', null, 'x'),
      effect('B', 'a', null),
      effect('B', 'a', 'x'),
      effect('_', null, null),
      effect('a', null, 'x'),
      effect('é', null, 'x'),
      effect('\ue000', 'x', null),
      effect('😀', 'x', null),
    ]
    const shuffled = [...sorted.slice(3), ...sorted.slice(0, 3)].reverse()
    const minimal = { title: 't', description: 'd', steps: [{ name: 'a', apply: 'x' }] }
    const [answer] = await ask(database.sql, 'document', [{ ...minimal, effects: shuffled }])
    expect(answer?.value).toMatchObject({ effects: sorted })
  })

  test('what is left out gets its default', async () => {
    const [filled] = await ask(database.sql, 'document', [
      { title: 't', description: 'd', steps: [{ name: 'a', apply: 'x' }] },
    ])
    const [filledPolicy] = await ask(database.sql, 'policy', [
      { name: 'p', quorum: [{ approvals: 1 }], break_glass: { logins: ['postgres'] } },
    ])
    expect(filled?.value).toEqual({
      title: 't',
      description: 'd',
      kind: 'sql',
      search_path: 'pg_catalog, pg_temp',
      depends_on: [],
      accept: [],
      classes: [
        'acl',
        'data',
        'extension',
        'governance',
        'owner',
        'repoint',
        'role',
        'security',
        'setting',
        'structure',
      ],
      steps: [{ name: 'a', apply: 'x' }],
    })
    expect(filledPolicy?.value).toEqual({
      name: 'p',
      cluster: 'govern',
      quorum: [{ approvals: 1 }],
      approval: { ttl: '7 days', signature: 'off' },
      rehearsal: { required: 'none' },
      effects: 'exact',
      drift: 'refuse',
      expected: [],
      rollback: { required: true },
      timeouts: { lock: '2s', statement: '60s' },
      break_glass: { logins: ['postgres'] },
      waive: [],
    })
  })
})

describe('a policy that the principals cannot meet', () => {
  const people = (table: Record<string, string>): Json =>
    Object.entries(table).map(([principal, words]) => {
      const [duties = '', groups = '', person = ''] = words.split('|')
      const list = (text: string) => text.split(' ').filter((word) => word !== '')
      return { principal, duties: list(duties), groups: list(groups), person: person === '' ? null : person }
    })
  const all = 'author approver operator'
  const cases: [claim: string, quorum: Json, cast: Json, problem: string | null][] = [
    [
      'two people and a service are enough for one approval',
      [{ approvals: 1 }],
      people({ a: 'author', b: 'approver', ci: 'operator' }),
      null,
    ],
    ['three alike are enough for one', [{ approvals: 1 }], people({ a: all, b: all, c: all }), null],
    [
      'three alike are not enough for two',
      [{ approvals: 2 }],
      people({ a: all, b: all, c: all }),
      'quorum[0] asks for 2, 1 can approve beside a as author and b as operator; it takes 4 people, 3 are enabled',
    ],
    ['five are needed for three', [{ approvals: 3 }], people({ a: all, b: all, c: all, d: all, e: all }), null],
    [
      'an operator of its own is the better choice',
      [{ approvals: 2 }],
      people({ a: all, b: all, c: all, ci: 'operator' }),
      null,
    ],
    [
      'a second login counts as its person',
      [{ approvals: 2 }],
      people({ a: 'author', b: 'approver', b2: 'approver||b', ci: 'operator' }),
      'quorum[0] asks for 2, 1 can approve beside a as author and ci as operator; it takes 4 people, 3 are enabled',
    ],
    [
      'a service of the author does not operate for them',
      [{ approvals: 1 }],
      people({ a: 'author', ci: 'operator||a', b: 'approver' }),
      'the only author is the only operator; they must be two persons',
    ],
    ['nobody writes', [{ approvals: 1 }], people({ b: 'approver', ci: 'operator' }), 'nobody is author'],
    ['nobody operates', [{ approvals: 1 }], people({ a: 'author', b: 'approver' }), 'nobody is operator'],
    [
      'a group without approvers',
      [{ approvals: 1 }, { classes: ['role'], groups: { security: 1 } }],
      people({ a: 'author|security', b: 'approver', ci: 'operator' }),
      'quorum[1] (role) of group security asks for 1, 0 can approve beside a as author and ci as operator; it takes 3 people, 3 are enabled',
    ],
    [
      'one person stands for two groups',
      [{ approvals: 1, groups: { dba: 1, security: 1 } }],
      people({ a: 'author', b: 'approver|dba security', ci: 'operator' }),
      null,
    ],
    [
      'a rule for a schema',
      [{ approvals: 1 }, { schemas: ['pay'], approvals: 2 }],
      people({ a: 'author', b: 'approver', ci: 'operator' }),
      'quorum[1] asks for 2, 1 can approve beside a as author and ci as operator; it takes 4 people, 3 are enabled',
    ],
    [
      'the only one of each group cannot be author and approver',
      [{ approvals: 1, groups: { dba: 1, security: 1 } }],
      people({ a: 'author approver|dba', b: 'author approver|security', ci: 'operator' }),
      'quorum[0] of group dba asks for 1, 0 can approve beside a as author and ci as operator; it takes 3 people, 3 are enabled',
    ],
  ]

  test.each(cases)('%s', async (_, quorum, cast, problem) => {
    const [row] = await database.sql`
      select levelb._policy_problem(${JSON.stringify({ quorum })}::text::jsonb, ${JSON.stringify(cast)}::text::jsonb) as problem`
    expect(row?.problem).toBe(problem)
  })
})
