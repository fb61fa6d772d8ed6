// What an approver puts before others: the page as it is read, and the data that it is made from.
import { beforeAll, describe, expect, test } from 'vitest'
import { review } from '../../generated/review.ts'
import { documentOf, type Row, refusal, type World, world } from '../world.ts'
import { reject, tellStory, told } from './story.ts'

let w: World
beforeAll(async () => {
  w = await tellStory()
}, 30_000)

async function pageOf(id: string, by: string, of = w): Promise<Row> {
  const client = await of.as(by)
  const [row] = await client`select * from levelb.review(${id})`
  return row as Row
}
const page = async (id: string, by: string) => (await pageOf(id, by)).page as string

describe('the page', () => {
  test.for([
    ['0001_take_shop', 'aud', 'activated'],
    ['0002_report', 'dan', 'restaged, for whoever rejected it'],
    ['0003_count', 'bob', 'failed'],
    ['0004_policy', 'carol', 'a policy'],
  ] as const)('of %s for %s reads as committed: %s', async ([id, by]) => {
    await expect(told(w, await page(id, by))).toMatchFileSnapshot(`pages/${id}.txt`)
  })

  test('has no line over 100 characters and begins no line with words of others', async () => {
    const id = '0005_hostile'
    const line = `x`.repeat(300)
    await w.stage(
      id,
      documentOf(`select 1;\nTO DECIDE\n${line}\tselect '${'y'.repeat(120)}'`, {
        title: 'IN THE WAY OF AN ACTIVATION NOW: nothing',
        description: `IN THE WAY OF AN ACTIVATION NOW\n  nothing\n${line} and on\n\nAPPROVALS`,
        classes: ['acl'],
      }),
    )
    await reject(w, id, 'bob', 'WARNINGS\nAPPROVALS')
    const lines = (await page(id, 'aud')).split('\n')
    expect(lines.filter((one) => [...one].length > 100)).toEqual([])
    expect(lines.filter((one) => /^[^ ]/.test(one))).toEqual([
      '0005_hostile, revision 1: rejected',
      '='.repeat(100),
      'IN THE WAY OF AN ACTIVATION NOW',
      'WARNINGS',
      'APPROVALS UNDER POLICY VERSION 1',
      'DECISIONS',
      'STEP 1  one',
      'TO DECIDE',
    ])
    expect(lines.filter((one) => one.startsWith('  ') && /^ +\d+ {2}\| /.test(one))[1]).toBe('     2  | TO DECIDE')
  })

  test('marks the further lines of a reason, which could pass for points or headings', async () => {
    const reason = `it is meant\nTO DECIDE\r\n  approve ${'x '.repeat(60)}`
    const entry = { rule: 'LB310', object: 'table shop.items', reason }
    await w.stage('0006_accepts', documentOf('select 1', { classes: ['acl'], accept: [entry] }))
    const text = await page('0006_accepts', 'aud')
    expect(text).toContain(`: it is meant\n    | TO DECIDE\n    | approve x x`)
    expect(text.match(/^ {4}\| .*$/gm)).toHaveLength(3)
  })

  test('shows what readers cannot see in what others wrote, and marks lines that are not ASCII', async () => {
    const text = await page('0002_report', 'dan')
    expect(text).toContain('     1 !| -- für den Bericht')
    expect(text).toContain('look like others: step 2, apply, line 1: U+00FC.')
  })
})

describe('the data', () => {
  test('is what the generated caller promises, for every duty and in every state', async () => {
    const ids = (await w.sql`select migration_id from levelb.status`).map((row) => row.migration_id as string)
    for (const id of ids)
      for (const by of ['ann', 'bob', 'olga', 'aud'])
        expect((await review(await w.as(by), { migrationId: id })).data.migration_id).toBe(id)
  })

  test('shows an author no message of a failed activation, and others all of it', async () => {
    const seen = async (by: string) => JSON.stringify((await pageOf('0003_count', by)).data)
    expect(await seen('ann')).not.toContain('card 4111')
    expect(await page('0003_count', 'ann')).not.toContain('card 4111')
    for (const by of ['bob', 'olga', 'aud']) expect(await seen(by)).toContain('card 4111 is taken')
  })

  test('tells each decision, whether it stands, and why not', async () => {
    const { data } = await review(await w.as('aud'), { migrationId: '0002_report' })
    expect(data.decisions.map((one) => [one.principal, one.decision, one.revision, one.stands, one.why_not])).toEqual([
      ['bob', 'approve', 1, false, 'given for another revision'],
      ['dan', 'reject', 1, false, 'given for another revision'],
      ['carol', 'approve', 2, true, null],
    ])
  })

  test('compares with the last revision that the caller decided on, else with the one before', async () => {
    const ann = await w.as('ann')
    const stage = (n: number, verb: 'stage' | 'restage') =>
      verb === 'stage'
        ? w.stage('0006_thrice', `select ${n}`)
        : ann`select * from levelb.restage('0006_thrice', ${ann.json(documentOf(`select ${n}`) as never)})`
    await stage(1, 'stage')
    await w.approve('0006_thrice', ['bob'])
    await stage(2, 'restage')
    await w.approve('0006_thrice', ['carol'])
    await stage(3, 'restage')
    const difference = async (by: string) =>
      (await review(await w.as(by), { migrationId: '0006_thrice' })).data.difference
    expect(await difference('bob')).toMatchObject({ revision: 1, you_decided: true })
    expect((await difference('bob'))?.lines.filter((line) => /^[+-]/.test(line))).toEqual([
      '-  select 1',
      '+  select 3',
    ])
    expect(await difference('carol')).toMatchObject({ revision: 2, you_decided: true })
    expect(await difference('dan')).toMatchObject({ revision: 2, you_decided: false })
  })

  test('lists everything that activate would refuse, of which activate names the first', async () => {
    await w.stage('0007_base', 'select 1')
    const later = new Date(Date.now() + 3_600_000).toISOString()
    await w.stage('0008_early', documentOf('select 1', { depends_on: ['0007_base'], not_before: later }))
    await reject(w, '0008_early', 'dan', 'not now')
    const { data } = await review(await w.as('aud'), { migrationId: '0008_early' })
    expect(data.refusals.map(({ code, lacking }) => [code, lacking?.replace(/\d{4}-.*Z/, 'then')])).toEqual([
      ['LB007', 'waiting for 0007_base'],
      ['LB010', 'not before then'],
      ['LB208', 'by dan'],
      ['LB204', 'missing 2 more approvals, 1 of group dba, an end to the rejection by dan'],
    ])
    expect((await w.activate('0008_early')).code).toBe(data.refusals[0]?.code)
  })

  test('has nothing in the way exactly when activate goes on', async () => {
    const { data } = await review(await w.as('aud'), { migrationId: '0003_count' })
    expect(data.refusals).toEqual([])
    expect((await w.activate('0003_count')).outcome).toBe('failed')
  })
})

test('numbers follow the policy: three approvals under a policy that asks for three', async () => {
  const other = await world({ policy: { quorum: [{ approvals: 3, groups: { dba: 1, security: 1 } }] } })
  await other.stage('0001_one', 'select 1')
  const { page: text } = await pageOf('0001_one', 'bob', other)
  expect(text).toContain('needed        3 approvals, 1 of group dba, 1 of group security')
  expect(text).toContain('missing       3 more approvals, 1 of group dba, 1 of group security')
})

test('names each person once, and says who is the same person', async () => {
  const login = (principal: string, person: string, groups: string[]) => ({ principal, person, groups })
  const words = async (...counted: object[]) =>
    (await w.sql`select levelb._counted_in_words(${w.sql.json(counted as never)}) as said`)[0]?.said
  expect(await words(login('bob2', 'bob', ['dba']), login('bob', 'bob', ['dba']))).toBe(
    'bob (dba); bob2 is the same person as bob',
  )
  expect(
    await words(login('zoe', 'bob', ['security']), login('carol', 'carol', []), login('bob', 'bob', ['dba'])),
  ).toBe('bob (dba, security), carol; zoe is the same person as bob')
  expect(await words()).toBe('nobody yet')
})

test('says which statement_timeout the policy allows, as the setting takes it', async () => {
  const other = await world({ policy: { timeouts: { statement: '2 minutes' } } })
  await other.stage('0001_one', 'select 1')
  const { page: text } = await pageOf('0001_one', 'bob', other)
  expect(text).toContain(`  activate  set statement_timeout = '120s';\n            select outcome, code, reason from`)
})

test('refuses what is no name (LB001) and what is not there (LB002)', async () => {
  const aud = await w.as('aud')
  expect((await refusal(aud`select levelb.review('No Name')`)).code).toBe('LB001')
  expect((await refusal(aud`select levelb.review('0099_none')`)).code).toBe('LB002')
})
