// Findings go with the manifest: written into levelb.json, staged, shown under their step, and found again by who reviews.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { ReviewOutput } from '../../src/cli/review.ts'
import { readMigration } from '../../src/migration.ts'
import { levelb } from '../cli/levelb.ts'
import type { Json } from '../world.ts'
import { refusal, type World, world } from '../world.ts'

let w: World
beforeAll(async () => {
  w = await world()
})

const head = {
  title: 'Empty the orders',
  description: 'They were copies.',
  accept: [{ rule: 'lint:truncate', object: 'shop.orders', reason: 'Ten rows,\nall of them copies.' }],
  steps: [
    { name: 'look', apply: 'look.sql' },
    { name: 'empty', apply: 'empty.sql' },
  ],
}

function folder(): string {
  const root = mkdtempSync(join(tmpdir(), 'levelb-carried-'))
  onTestFinished(() => rmSync(root, { recursive: true }))
  writeFileSync(join(root, 'levelb.json'), JSON.stringify(head))
  writeFileSync(join(root, 'look.sql'), 'select 1;\n')
  writeFileSync(join(root, 'empty.sql'), '-- für später\ntruncate shop.orders;\ntruncate shop.items;\n')
  return root
}

test('lint --write puts them into the file, which then says what is found', async () => {
  const dir = folder()
  expect((await levelb(['lint', dir, '--write'])).stderr).toContain('1 finding in 1 folder')
  const written = JSON.parse(readFileSync(join(dir, 'levelb.json'), 'utf8'))
  expect(written).toEqual({ ...head, findings: written.findings })
  expect(
    written.findings.map(({ rule, step, part, position, object }: Json) => [rule, step, part, position, object]),
  ).toEqual([
    ['truncate', 'empty', 'apply', 15, 'shop.orders'],
    ['truncate', 'empty', 'apply', 37, 'shop.items'],
  ])
  const again = await levelb(['lint', dir])
  expect(again.stdout).toContain('\n  accepted: Ten rows,?all of them copies.\n')
  expect(again.stderr).not.toContain('--write')
  writeFileSync(join(dir, 'empty.sql'), 'truncate shop.orders;\n')
  expect(await levelb(['lint', dir])).toMatchObject({
    status: 0,
    stderr: expect.stringContaining(`levelb lint ${dir} --write`),
  })
})

test('review shows them under their step, with what is accepted, and the hash covers them', async () => {
  const dir = folder()
  await levelb(['lint', dir, '--write'])
  const { document } = readMigration(dir)
  await w.stage('0001_empty', document as never)
  const { status, stdout } = await levelb(['review', '0001_empty', '--url', await w.urlOf('bob')])
  expect({ status, page: stdout.slice(stdout.indexOf('STEP 2'), stdout.indexOf('\n\nTO DECIDE')) }).toEqual({
    status: 0,
    page: `STEP 2  empty
  apply  sha256 ${/STEP 2 {2}empty\n {2}apply {2}sha256 (\w+)/.exec(stdout)?.[1]}
     1 !| -- für später
     2  | truncate shop.orders;
     3  | truncate shop.items;
     4  | 
  lint: apply, line 2, truncate in shop.orders: Its rows are lost, and no rollback brings them
    back. Accepted: Ten rows,
    | all of them copies.
  lint: apply, line 3, truncate in shop.items: Its rows are lost, and no rollback brings them
    back.`,
  })
  expect(stdout).not.toContain('LINT, RUN ANEW')
  const { findings: _, ...bare } = document as unknown as Json
  const [first, second] = await Promise.all([w.stage('0002_same', document as never), w.stage('0003_bare', bare)])
  expect(JSON.parse(String(first?.content)).findings.length).toBe(2)
  expect(JSON.parse(String(second?.content)).findings).toBeUndefined()
})

test('what an author left out or made up is said by the review of the command line', async () => {
  const finding = {
    rule: 'drop-table',
    step: 'empty',
    part: 'apply',
    position: 1,
    object: 'shop.old',
    why: 'Nobody uses it.',
  }
  const step = { name: 'empty', apply: 'truncate shop.items' }
  await w.stage('0004_lean', { title: 't', description: 'd', steps: [step], findings: [finding] })
  const url = await w.urlOf('bob')
  const { stdout } = await levelb(['review', '0004_lean', '--url', url])
  expect(stdout.slice(stdout.indexOf('\nLINT, RUN ANEW'))).toBe(`
LINT, RUN ANEW
  not in the document: step empty, apply at character 1, truncate in shop.items: Its rows are lost, and no rollback brings them back.
  in the document alone: step empty, apply at character 1, drop-table in shop.old: Nobody uses it.
`)
  const json = ReviewOutput.parse(JSON.parse((await levelb(['review', '0004_lean', '--json', '--url', url])).stdout))
  expect(json.lint).toMatchObject({ missing: [{ rule: 'truncate' }], unfounded: [finding] })
})

test('a difference of revisions names findings, and the record of an activation none that is accepted', async () => {
  const accept = [{ rule: 'lint:truncate', object: 'shop.items', reason: 'It is empty.' }]
  const steps = [{ name: 'own', apply: 'alter table shop.items owner to levelb_deploy' }]
  const document = { title: 't', description: 'd', classes: ['owner'], accept, steps }
  await w.stage('0005_own', document)
  const finding = { rule: 'truncate', step: 'own', part: 'apply', position: 1, object: 'shop.items', why: 'Lost.' }
  const ann = await w.as('ann')
  const next = { ...document, findings: [finding] }
  await ann`select * from levelb.restage('0005_own', ${ann.json(next as never)})`
  const bob = await w.as('bob')
  const [row] = await bob`select data -> 'difference' -> 'lines' as lines from levelb.review('0005_own')`
  expect(row?.lines).toContain('+finding: own, apply at 1: truncate in shop.items: Lost.')
  await w.approve('0005_own')
  expect(await w.activate('0005_own')).toMatchObject({ outcome: 'activated', accepted: null })
})

test('the database knows rules of the lint by their shape, and findings by their steps', async () => {
  const step = { name: 'one', apply: 'select 1' }
  const finding = { rule: 'truncate', step: 'one', part: 'rollback', position: 1, object: 'a', why: 'b' }
  const stage = (more: Json) => refusal(w.stage('0006_wrong', { title: 't', description: 'd', steps: [step], ...more }))
  expect(await stage({ findings: [finding] })).toMatchObject({ code: 'LB001', detail: { field: 'findings[0].step' } })
  expect(await stage({ accept: [{ rule: 'lint:', object: 'a', reason: 'b' }] })).toMatchObject({
    ...{ code: 'LB001', detail: { field: 'accept[0].rule' } },
  })
})
