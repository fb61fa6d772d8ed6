// What happens once happens once, however many ask for it at the same moment.
import { beforeAll, expect, test } from 'vitest'
import { hashOf } from '../approvals/company.ts'
import { isPending, waitUntilBlocked } from '../steps.ts'
import { documentOf, type World, world } from '../world.ts'
import { activate, codeOf, ready, refusal, session, wordOf } from './two-sessions.ts'

let there: World
beforeAll(async () => {
  there = await world()
})

const proofs = (id: string) =>
  there.sql`select from levelb.proof where migration_id = ${id}`.then((rows) => rows.length)

test('B112 › a second activation of the same migration at once does not wait (LB101), and afterwards is told (LB008)', async () => {
  const id = await ready(there, '0001_same')
  const [one, two] = [await session(there, 'olga'), await session(there, 'ci')]
  await one.sql`begin`
  await activate(one.sql, id)
  expect(await refusal(activate(two.sql, id))).toMatchObject({ code: 'LB101', detail: { gate: 'activation' } })
  await one.sql`commit`
  expect(await activate(two.sql, id)).toMatchObject({ outcome: 'refused', code: 'LB008' })
  expect(await proofs(id)).toBe(1)
})

test('an activation of another migration at once does not wait either (LB101), and is carried out afterwards', async () => {
  const [id, other] = [
    await ready(there, '0002_one'),
    await ready(there, '0002_other', 'grant select on shop.items to public'),
  ]
  const [one, two] = [await session(there, 'olga'), await session(there, 'ci')]
  await one.sql`begin`
  await activate(one.sql, id)
  expect(await wordOf(activate(two.sql, other))).toBe('raised LB101')
  await one.sql`rollback`
  expect(await wordOf(activate(two.sql, other))).toBe('activated')
})

test('while an activation is open, another migration is staged and approved without waiting', async () => {
  const id = await ready(there, '0003_open')
  const { sql } = await session(there, 'olga')
  await sql`begin`
  await activate(sql, id)
  expect(await ready(there, '0003_meanwhile')).toBe('0003_meanwhile')
  await sql`rollback`
})

test('B112 › sixty-four sessions activate one migration at once: one proof', async () => {
  const id = await ready(there, '0004_all', 'grant update on shop.orders to public')
  const sessions = await Promise.all(Array.from({ length: 64 }, () => session(there, 'olga')))
  const words = await Promise.all(sessions.map(({ sql }) => wordOf(activate(sql, id))))
  expect(words.filter((word) => word === 'activated')).toHaveLength(1)
  expect(new Set(words.filter((word) => word !== 'activated'))).toSatisfy((others: Set<string>) =>
    [...others].every((word) => word === 'raised LB101' || word === 'refused LB008'),
  )
  expect(await proofs(id)).toBe(1)
})

test('B111 › thirty revocations race thirty activations, and each pair has one order that explains it', {
  timeout: 60_000,
}, async () => {
  const [olga, bob] = [await session(there, 'olga'), await session(there, 'bob')]
  const outcomes: string[] = []
  for (let n = 0; n < 30; n += 1) {
    // Taken back by turns, so that each has an effect.
    const id = await ready(
      there,
      `race_${n}`,
      `${n % 2 ? 'revoke delete on shop.orders from' : 'grant delete on shop.orders to'} public`,
    )
    const race = [wordOf(activate(olga.sql, id)), codeOf(bob.sql`select levelb.revoke(${id}, 'r')`)]
    const [activation, revocation] = await Promise.all(n % 3 ? race : race.reverse()).then((both) =>
      n % 3 ? both : both.reverse(),
    )
    outcomes.push(`${activation}, revocation ${revocation}`)
    if (activation !== 'activated') {
      await there.approve(id, ['bob'])
      expect(await there.activate(id)).toMatchObject({ outcome: 'activated' })
    }
  }
  const possible = ['activated, revocation LB008', 'refused LB204, revocation done']
  expect(outcomes.filter((outcome) => !possible.includes(outcome))).toEqual([])
})

test.each([
  ['commit', 'LB003'],
  ['rollback', 'done'],
] as const)('two stages of one name: the second waits, and after %s it is %s', async (end, code) => {
  const id = `0005_${end}`
  const [ann, arno] = [await session(there, 'ann'), await session(there, 'arno')]
  const document = ann.sql.json(documentOf('select 1') as never)
  await ann.sql`begin`
  await ann.sql`select levelb.stage(${id}, ${document})`
  const second = codeOf(arno.sql`select levelb.stage(${id}, ${document})`)
  expect(await waitUntilBlocked(there.sql, arno.pid)).toEqual([ann.pid])
  expect(await isPending(second)).toBe(true)
  await ann.sql.unsafe(end)
  expect(await second).toBe(code)
  const [row] = await there.sql`select author, revision from levelb.manifest where migration_id = ${id}`
  expect(row).toEqual({ author: end === 'commit' ? 'ann' : 'arno', revision: 1 })
})

test('a stage that waits too long for another of its name is told so (LB102)', async () => {
  const hasty = await world({ policy: { timeouts: { lock: '30 ms', statement: '60s' } } })
  const [ann, arno] = [await session(hasty, 'ann'), await session(hasty, 'arno')]
  const document = ann.sql.json(documentOf('select 1') as never)
  await ann.sql`begin`
  await ann.sql`select levelb.stage('0001_twice', ${document})`
  expect(await refusal(arno.sql`select levelb.stage('0001_twice', ${document})`)).toMatchObject({
    code: 'LB102',
    detail: { migration_id: '0001_twice' },
  })
  await ann.sql`rollback`
})

test('an activation of what is staged and not committed does not wait (LB002)', async () => {
  const [ann, olga] = [await session(there, 'ann'), await session(there, 'olga')]
  await ann.sql`begin`
  await ann.sql`select levelb.stage('0006_unborn', ${ann.sql.json(documentOf('select 1') as never)})`
  expect(await wordOf(activate(olga.sql, '0006_unborn'))).toBe('raised LB002')
  await ann.sql`rollback`
  expect((await hashOf(there, '0006_unborn')).equals(Buffer.alloc(32))).toBe(true)
})
