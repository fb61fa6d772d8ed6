// Who may call and read what: design section 3, walked both ways over the functions and relations of the catalog.
import { beforeAll, describe, expect, test } from 'vitest'
import { refusal, type World, world } from '../world.ts'
import { type PublicFunction, publicFunctions } from './catalog.ts'

const duties = ['author', 'approver', 'operator', 'auditor'] as const
const enrolled = [...duties]
const lookers = ['approver', 'operator', 'auditor']

/** Duties that may call each function, and read each relation. A function that is missing here fails the first test. */
const mayCall: Record<string, readonly string[]> = {
  stage: ['author'],
  restage: ['author'],
  withdraw: ['author', 'approver', 'operator'],
  derive_rollback: ['author'],
  decision_text: ['approver'],
  approve: ['approver'],
  reject: ['approver'],
  revoke: ['approver'],
  activate: ['operator'],
  stage_rollback: ['operator'],
  rehearse: ['author'],
  try: ['author'],
  seed: ['author'],
  rehearse_live: ['operator'],
  allow_rehearsal: ['approver'],
  quorum: enrolled,
  review: enrolled,
  errors: enrolled,
  version: enrolled,
  mode: enrolled,
  channel_intact: enrolled,
  effect_text: enrolled,
  resolve: enrolled,
  readiness: lookers,
  drift: lookers,
  record_drift: lookers,
  verify_ledger: lookers,
  seal: lookers,
  bootstrap: [],
  rebind: [],
  rebootstrap: [],
  break_glass: [],
  close_attended: [],
}

/** They say nothing about this database's migrations and people, so the duty role is enough. */
const askNobody = ['errors', 'version', 'mode', 'channel_intact', 'effect_text', 'resolve']

/** A login that has one duty and nothing else. */
const only: Record<string, string> = { author: 'ann', approver: 'bob', operator: 'olga', auditor: 'aud' }

let w: World
let functions: PublicFunction[]
let relations: string[]

beforeAll(async () => {
  w = await world()
  functions = await publicFunctions(w.sql)
  relations = (
    await w.sql`select relname from pg_class where relnamespace = 'levelb'::regnamespace and relkind in ('r', 'v') order by 1`
  ).map((row) => row.relname)
  // Members of a duty role whom no principal row names, and principals who are members of every duty role.
  for (const duty of [...duties, 'reader']) {
    await w.urlOf(`stray-${duty}`)
    await w.sql.unsafe(`grant levelb_${duty} to "${w.role(`stray-${duty}`)}"`)
  }
})

/** What a call with nothing but nulls is answered with: a code, or `done`. */
async function answer(login: string, f: PublicFunction): Promise<string> {
  const client = await w.as(login)
  const call = client.unsafe(`select * from ${f.schema}.${f.name}(${f.arguments.map(() => 'null').join(', ')})`)
  return call.then(
    () => 'done',
    (error: { code: string }) => error.code,
  )
}

test('every public function of the catalog has its line in the matrix, and every line its function', () => {
  expect(functions.map((f) => f.name).sort()).toEqual(Object.keys(mayCall).sort())
})

describe.each(duties)('%s', (duty) => {
  test('calls what it may, and is refused for its input at most', async () => {
    const mine = functions.filter((f) => mayCall[f.name]?.includes(duty))
    for (const f of mine) {
      const got = await answer(only[duty] as string, f)
      expect({ f: f.name, got }).toEqual({ f: f.name, got: expect.stringMatching(/^done$|^LB/) })
      expect({ f: f.name, got }).not.toEqual({ f: f.name, got: 'LB201' })
    }
  })

  test('is refused everything else by PostgreSQL (42501)', async () => {
    const others = functions.filter((f) => !mayCall[f.name]?.includes(duty))
    const got: Record<string, string> = {}
    for (const f of others) got[f.name] = await answer(only[duty] as string, f)
    expect(got).toEqual(Object.fromEntries(others.map((f) => [f.name, '42501'])))
  })

  test('reads the tables and views it may, and no other', async () => {
    const client = await w.as(only[duty] as string)
    const got: string[] = []
    for (const name of relations)
      await client.unsafe(`select * from levelb.${name} limit 1`).then(
        () => got.push(name),
        (error: { code: string }) => expect(error.code).toBe('42501'),
      )
    expect(got).toEqual(duty === 'author' ? ['status'] : relations.filter((name) => !name.startsWith('_')))
  })

  test('without a principal row, the duty role alone gets LB201', async () => {
    const mine = functions.filter((f) => mayCall[f.name]?.includes(duty) && !askNobody.includes(f.name))
    const got: Record<string, string> = {}
    for (const f of mine) got[f.name] = await answer(`stray-${duty}`, f)
    expect(got).toEqual(Object.fromEntries(mine.map((f) => [f.name, 'LB201'])))
  })

  test('a principal of another duty who is member of this duty role gets LB201', async () => {
    const login = duty === 'auditor' ? 'ann' : 'aud'
    const theirs = login === 'ann' ? 'author' : 'auditor'
    const mine = functions.filter(
      (f) => mayCall[f.name]?.includes(duty) && !mayCall[f.name]?.includes(theirs) && !askNobody.includes(f.name),
    )
    await w.sql.unsafe(`grant levelb_${duty} to ${w.role(login)}`)
    const got: Record<string, string> = {}
    for (const f of mine) got[f.name] = await answer(login, f)
    await w.sql.unsafe(`revoke levelb_${duty} from ${w.role(login)}`)
    expect(got).toEqual(Object.fromEntries(mine.map((f) => [f.name, 'LB201'])))
  })
})

test('levelb_reader resolves pointers, and may call nothing else', async () => {
  const got = await Promise.all(functions.map(async (f) => [f.name, await answer('stray-reader', f)] as const))
  expect(got.filter(([, code]) => code !== '42501')).toEqual([['resolve', 'LB001']])
})

test('a superuser looks, and is not let in where something is written or decided', async () => {
  const got: Record<string, string> = {}
  for (const f of functions) {
    const call = w.sql.unsafe(`select * from ${f.schema}.${f.name}(${f.arguments.map(() => 'null').join(', ')})`)
    got[f.name] = await call.then(
      () => 'done',
      (error: { code: string }) => error.code,
    )
  }
  expect(got).toEqual({
    // needs no principal row: these look
    ...{
      errors: 'done',
      version: 'done',
      mode: 'done',
      channel_intact: 'done',
      effect_text: got.effect_text,
      resolve: 'LB001',
      readiness: 'LB001',
      drift: 'LB001',
      verify_ledger: 'done',
    },
    // superusers' own
    ...{ bootstrap: 'LB005', rebind: 'LB001', rebootstrap: 'LB005', break_glass: 'LB001', close_attended: 'LB001' },
    // B011: a superuser is member of every role, and that counts for nothing
    ...{
      stage: 'LB201',
      restage: 'LB201',
      stage_rollback: 'LB201',
      withdraw: 'LB201',
      decision_text: 'LB201',
      approve: 'LB201',
      reject: 'LB201',
    },
    ...{
      allow_rehearsal: 'LB201',
      rehearse_live: 'LB201',
      rehearse: 'LB201',
      try: 'LB201',
      seed: 'LB201',
      derive_rollback: 'LB201',
    },
    ...{ revoke: 'LB201', activate: 'LB201', quorum: 'LB201', review: 'LB201', seal: 'LB201', record_drift: 'LB201' },
  })
})

test('nothing of all this was written', async () => {
  expect(await w.rows('manifest')).toEqual([])
  expect(await w.rows('approval')).toEqual([])
  expect(await w.rows('activation')).toEqual([])
  expect((await refusal((await w.as('ann')).unsafe('select * from levelb.manifest'))).code).toBe('42501')
})
