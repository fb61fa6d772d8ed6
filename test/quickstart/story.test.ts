// The quickstart is run as a newcomer runs it; what it prints follows from rows.
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../../', import.meta.url))

type Step = { chapter: string; step: string; outcome: string; lines: string[] }
type Story = { steps: Step[]; audit: { who: string; what: string }[]; ledger: { ok: boolean } }

async function quickstart(...options: string[]): Promise<Story> {
  const { stdout } = await run('npx', ['tsx', 'examples/quickstart/run.ts', '--json', ...options], {
    cwd: root,
    maxBuffer: 1 << 26,
  })
  return JSON.parse(stdout) as Story
}

const told = (story: Story, step: string) => story.steps.filter((one) => one.step === step).map((one) => one.lines[0])

test('the story is told by the audit in these sentences', async () => {
  const story = await quickstart()
  expect(story.ledger.ok).toBe(true)
  expect(told(story, 'people')[0]).toMatch(
    /^alice \(author\), bob \(approver, dba\), bob_oncall \(.*same person as bob\)/,
  )
  expect(told(story, 'policy')).toEqual(['2 approvals, 1 of group dba; author and operator never count as approvers'])
  const proof = story.steps.find((one) => one.step === 'erin activates' && one.outcome === 'done')
  const classes = (proof?.lines.slice(2, -1) ?? []).map((line) => /^\w+(?=:)/.exec(line)?.[0])
  expect(classes).toContain('owner')
  // it begins without a channel, and says what is missing
  expect(told(story, 'mode')).toEqual(['AUTHOR_MODE', 'OPERATOR_HANDOFF'])
  expect(story.steps.find(({ step }) => step === 'mode')?.lines[1]).toMatch(/^missing: bootstrapped, /)
  expect(told(story, 'superuser grants')).toEqual(['LB211 only an activation of levelb may do this'])
  expect(told(story, 'frank asks for drift')).toEqual([
    'role: role shop_app: attributes: login inherit → login inherit connection limit 200',
  ])
  expect(story.audit.map(({ who, what }) => `${who} ${what}`)).toMatchSnapshot()
  expect(
    story.steps.filter((one) => one.outcome === 'refused').map((one) => `${one.step}: ${one.lines[0]}`),
  ).toMatchSnapshot()
}, 120_000)

test('under a policy of three approvals the numbers are others', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'levelb-quickstart-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const policy = JSON.parse(readFileSync(join(root, 'examples/quickstart/policy.json'), 'utf8'))
  policy.quorum[0].approvals = 3
  writeFileSync(join(folder, 'policy.json'), JSON.stringify(policy))
  const story = await quickstart('--policy', join(folder, 'policy.json'))
  expect(told(story, 'bootstrap')[0]).toContain('3 approvals for everything')
  expect(told(story, 'bob approves')[0]).toBe('1 of 3 approvals, missing 2 more approvals')
  expect(told(story, 'dave approves')[0]).toBe('3 of 3 approvals, quorum met')
  expect(told(story, 'erin activates')[0]).toBe('LB204 quorum not met: 2 more approvals')
  expect(story.audit.map((one) => one.what).find((what) => what.startsWith('activated'))).toMatch(/bob.*carol.*dave/)
}, 120_000)
