// docs/break-glass.md: its sessions run in psql, its documents are staged, and its incidents are answered for.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { protectedWorld } from '../drift/fixture.ts'
import { mode, runOut, untilNobodyIsIn } from '../glass/fixture.ts'
import { psql } from '../psql.ts'
import type { Json } from '../world.ts'
import { blocks } from './console.ts'

const page = new URL('../../docs/break-glass.md', import.meta.url)
const [emergency = '', index = '', extension = '', upgrade = ''] = blocks(page, 'sql')
const [answer = '', indexed = '', extended = '', upgraded = ''] = blocks(page, 'json')
const [reading = '', closed = '', metrics = ''] = blocks(page, 'text')

test('what the page shows happens, one after the other', async () => {
  const w = await protectedWorld({ drift: 'refuse' })
  const here = (text: string) => text.replaceAll('reporting', w.role('reader'))
  const document = (text: string, incident?: unknown): Json => {
    const given = JSON.parse(here(text)) as Json
    if (incident !== undefined) (given.payload as Json).incidents = [Number(incident)]
    return given
  }
  const folder = mkdtempSync(join(tmpdir(), 'levelb-glass-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(
    join(folder, 'news.sql'),
    'begin; comment on schema levelb is $$new$$; create function levelb.news() returns int language sql as $$ select 1 $$; commit',
  )
  /** The block in one session of psql, as the superuser; stops at the first error. */
  const session = async (block: string) => {
    const file = join(folder, 'session.sql')
    writeFileSync(file, here(block).replace('levelb--0.1.0--0.2.0.sql', join(folder, 'news.sql')))
    const run = await psql(w.url, '-At', '-v', 'ON_ERROR_STOP=1', '-f', file)
    // a hint has several lines; what fails begins like a warning does
    expect([run.status, run.stderr.replace(/^psql:.*WARNING: [\s\S]*?(?=^psql:|(?![\s\S]))/gm, '')], block).toEqual([
      0,
      '',
    ])
    return run
  }
  const newest = async () =>
    (await w.sql`select incident_id from levelb.incident where kind = 'break_glass' order by 1 desc limit 1`)[0]
      ?.incident_id
  const answered = async (id: string, text: string) => {
    await untilNobodyIsIn(w)
    expect(await w.through(id, document(text, await newest()))).toMatchObject({ outcome: 'activated', error: null })
    expect([await mode(w), await w.drift(true)]).toEqual(['OPERATOR_HANDOFF', []])
  }

  const { stderr } = await session(emergency)
  expect(stderr).toMatch(/WARNING: +the guard is open for this session until/)
  expect(await mode(w)).toBe('AUTHOR_MODE')
  const [item] = await w.sql`select detail from levelb.readiness() where item = 'break_glass'`
  const plain = (text: string) => text.trim().replace(/incident \d+ of \S+ \S+Z/, 'incident N of T')
  expect(plain(item?.detail)).toBe(plain(reading))
  await answered('0003_answer', answer)

  for (const [id, text, lines] of [
    ['0001_index', indexed, index],
    ['0002_extension', extended, extension],
  ] as const) {
    await w.stage(id, document(text))
    await w.approve(id)
    expect((await session(lines)).stdout.trim().split('\n').at(-1)?.replace(/\|+$/, '')).toBe(closed.trim())
    expect([await mode(w), await w.drift(true)]).toEqual(['OPERATOR_HANDOFF', []])
  }

  await session(upgrade)
  await answered('0004_release', upgraded)
  const samples = await w.sql`select name, labels from levelb.metrics where name ~ 'break_glass'`
  const named = samples.map(({ name, labels }) => {
    const use = (labels as { use?: string }).use
    return use === undefined ? name : `${name}{use="${use}"}`
  })
  for (const line of metrics.trim().split('\n')) expect(named).toContain(line)

  // a close that was forgotten
  await w.stage('0005_late', document(extended.replaceAll('pageinspect', 'pgrowlocks')))
  await w.approve('0005_late')
  await session("select levelb.break_glass('DBA-4', '0005_late');\ncreate extension pgrowlocks schema public;")
  await runOut(w, await newest())
  const effects = (await w.findings(true)).map(({ expected: _, ...effect }) => effect)
  await answered('0006_answer', JSON.stringify({ ...document(upgraded), payload: { effects } }))
}, 60_000)
