// Statements of the corpus, one by one, through the channel. docs/idioms.md and outcomes.tsv are what came of them; after a
// change that is meant: npx vitest run --config test/vitest.config.ts test/idioms -u
import { beforeAll, describe, expect, test } from 'vitest'
import { hasOwnClusters, needsOwnCluster, startServer } from '../server.ts'
import { type Idiom, idioms, roleDocuments } from './corpus.ts'
import { expectationOf, specialIds } from './expectations.ts'
import { type Lane, type Outcome, openLane } from './lane.ts'
import { page, table, verdictOf } from './page.ts'

const outcomes: Outcome[] = []
/** Refused ones once more, after the superuser did what the reason says. */
const helped: Outcome[] = []

/** Two clusters: which idiom meets which depends on the weather, so one that leaves something behind is found. */
async function runAll(lanes: readonly Lane[]): Promise<void> {
  const waiting = [...idioms.entries()]
  const run = (lane: Lane, idiom: Idiom, wayOut?: string) =>
    lane.run(idiom, wayOut).catch((cause: Error) => {
      throw new Error(`${idiom.id} ${idiom.statement}: ${cause.message}`, { cause })
    })
  const work = async (lane: Lane) => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [position, idiom] = next
      outcomes[position] = await run(lane, idiom)
      const { wayOut } = expectationOf(idiom.id, idiom.group)
      if (wayOut !== undefined) helped.push(await run(lane, idiom, wayOut))
    }
  }
  await Promise.all(lanes.map(work))
}

test('what is written by hand is about idioms of the corpus', () => {
  const known = idioms.map(({ id }) => id)
  expect([new Set(known).size, known.length]).toEqual([181, 181])
  expect([...specialIds, ...Object.keys(roleDocuments)].filter((id) => !known.includes(id))).toEqual([])
})

describe.skipIf(!hasOwnClusters)(`the corpus${hasOwnClusters ? '' : `, ${needsOwnCluster}`}`, () => {
  beforeAll(async () => {
    const lanes = await Promise.all([startServer().then(openLane), startServer().then(openLane)])
    try {
      await runAll(lanes)
    } finally {
      await Promise.all(lanes.map((lane) => lane.stop()))
    }
  }, 600_000)

  const about = (wanted: (outcome: Outcome) => boolean) =>
    outcomes.filter(wanted).map(({ idiom, passage }) => [idiom.id, passage.result, passage.code, ...passage.classes])

  test('each is activated with effects of the right classes, or refused for the reason a DBA would give', () => {
    expect(about((outcome) => verdictOf(outcome) === 'differs')).toEqual([])
  })

  test('where the reason says what a superuser may do, it is enough', () => {
    const refused = ({ passage }: Outcome) => passage.result !== 'activated' && passage.code !== 'LB305'
    expect(helped.filter(refused).map(({ idiom, passage }) => [idiom.id, passage.code, passage.message])).toEqual([])
  })

  test('the state is another one after each activation: what is compared with it is not blind', () => {
    const unseen = ({ passage, changed }: Outcome) => passage.result === 'activated' && changed === 0
    expect(about(unseen)).toEqual([])
  })

  test('its undo leads back to the state before, but where it is written why not', () => {
    const stays = ({ undo, undoDifference }: Outcome) => undo !== null && undoDifference?.length !== 0
    const known = ({ idiom, undo, major }: Outcome) => {
      const { noWayBack, undoSince = 0 } = expectationOf(idiom.id, idiom.group)
      return undo !== null && (noWayBack !== undefined || major < undoSince)
    }
    const told = outcomes.filter(stays).map(({ idiom, undo, undoDifference }) => [idiom.id, undo?.code, undoDifference])
    expect(told).toEqual(outcomes.filter(known).map(({ idiom, undo }) => [idiom.id, undo?.code, null]))
  })

  test('the SQL of its proof leads back to the state before, but for what is lost, and says what', () => {
    const stays = outcomes.filter(({ snapshotDifference }) => (snapshotDifference ?? []).length > 0)
    const lost = outcomes.filter(({ idiom }) => expectationOf(idiom.id, idiom.group).lost !== undefined)
    expect(stays.map(({ idiom }) => idiom.id)).toEqual(lost.map(({ idiom }) => idiom.id))
    for (const { passage } of lost) expect(passage.rollback).toMatch(/^-- not restored: /m)
  })

  test('all of it, on 18, is what the committed table and the docs say', async () => {
    // Other versions have other privileges and other words for what they refuse; the tests above are theirs too.
    if (outcomes[0]?.major !== 18) return
    await expect(table(outcomes)).toMatchFileSnapshot('outcomes.tsv')
    await expect(page(outcomes)).toMatchFileSnapshot('../../docs/idioms.md')
  })
})
