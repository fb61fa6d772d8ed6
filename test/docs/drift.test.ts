// docs/drift.md: its commands run, its document ends the drift that it names, and its patterns are a policy's.
import { expect, test } from 'vitest'
import { levelb } from '../cli/levelb.ts'
import { protectedWorld } from '../drift/fixture.ts'
import type { Json } from '../world.ts'
import { blocks } from './console.ts'

const page = new URL('../../docs/drift.md', import.meta.url)
const [explanation = '', patterns = ''] = blocks(page, 'json')

/** Words of a command line; quotes hold words together. */
const words = (line: string) => [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')

test('the commands of the page find what drifts, and --explain prints the document of the page', async () => {
  const w = await protectedWorld({ drift: 'refuse' })
  await w.past('grant select on shop.orders to {reader}')
  const lines = blocks(page, 'sh').flatMap((block) => block.trim().split('\n'))
  const crontab = blocks(page, 'crontab').flatMap((block) => block.trim().split('\n'))
  expect(crontab.length).toBe(2)
  const env = { LEVELB_URL: await w.urlOf('aud') }
  const commands = [...lines, ...crontab.map((line) => line.replace(/^.* levelb /, 'levelb '))]
  for (const line of commands) {
    const [program, ...args] = words(line.replace(/ > \S+$/, ''))
    expect(program).toBe('levelb')
    const { status, stdout } = await levelb(args, env)
    expect([line, status]).toEqual([line, args.includes('--explain') ? 0 : 1])
    if (args.includes('--explain'))
      expect(JSON.parse(stdout)).toEqual(JSON.parse(explanation.replace('"reporting"', `"${w.role('reader')}"`)))
  }
  const document = JSON.parse(explanation.replace('"reporting"', `"${w.role('reader')}"`)) as Json
  expect(await w.through('0001_answer', document)).toMatchObject({ outcome: 'activated' })
  expect(await levelb(['drift', '--full'], env)).toMatchObject({ status: 0, stdout: 'nothing drifts\n' })
  const sql = (blocks(page, 'sql')[0] ?? '').match(/select levelb\.\w+\(\)/)?.[0] ?? 'none'
  const aud = await w.as('aud')
  expect(await aud.unsafe(sql)).toHaveLength(1)
})

test('the patterns of the page are taken by a policy and cover what they say', async () => {
  const w = await protectedWorld({ drift: 'refuse', expected: JSON.parse(patterns) })
  const [row] = await w.sql`
    select levelb._is_expected(row(null, null, null, 'role', 'role', '"v-token-app-1"', 'attributes', null, 'login inherit', '{}',
        null, null, false)::levelb._drift, p.document -> 'expected') as is_expected,
      levelb._is_expected(row(null, null, null, 'role', 'role', '"v-token-app-1"', 'attributes', null, 'login superuser', '{}',
        null, null, false)::levelb._drift, p.document -> 'expected') as is_never
      from levelb.active_policy p`
  expect(row).toEqual({ is_expected: true, is_never: false })
})
