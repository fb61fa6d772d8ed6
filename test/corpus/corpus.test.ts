// A small part of `npm run corpus`: all that docs/corpus.md says of it is so. The rest takes minutes.
import { readFileSync } from 'node:fs'
import { beforeAll, expect, test } from 'vitest'
import { withoutOuterTransaction } from '../../src/outer-transaction.ts'
import { installPackages } from '../packages.ts'
import { parsed } from '../parsed.ts'
import { hasOwnClusters } from '../server.ts'
import { changesOf, packages, textsOf } from './changes.ts'
import { page } from './page.ts'
import { type Outcome, openPlace, type Place, through } from './place.ts'

const lines = readFileSync(new URL('../../docs/corpus.md', import.meta.url), 'utf8').split('\n')
const { dependencies: versions } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8')) as {
  dependencies: Record<string, string>
}

let place: Place

beforeAll(async () => {
  installPackages(import.meta.dirname, packages)
  if (!hasOwnClusters) return
  // what the verify scripts of the others call
  place = await openPlace(await changesOf('@pgpm/verify'))
  return () => place.stop()
}, 300_000)

test("of every file PostgreSQL's grammar says too what its pair is, and that nothing else is taken out", async () => {
  const texts = (await Promise.all(packages.map(textsOf))).flat()
  let pairs = 0
  for (const source of texts.flatMap(({ apply, rollback = '' }) => [apply, rollback])) {
    const text = withoutOuterTransaction(source)?.text
    // a revert that does nothing, which the parser does not take
    const statements = source.trim() === '' ? [] : await parsed(source)
    const control = statements.filter((statement) => 'TransactionStmt' in statement)
    expect(control).toHaveLength(text === undefined ? 0 : 2)
    if (text === undefined) continue
    expect(control).toEqual([statements[0], statements.at(-1)])
    expect(await parsed(text)).toEqual(statements.slice(1, -1))
    pairs++
  }
  expect(lines.join('\n')).toContain(`stood around ${pairs} texts`)
})

test.skipIf(!hasOwnClusters)(
  'a package goes there, back and there again as docs/corpus.md says',
  async () => {
    const name = '@pgpm/types'
    const outcomes: Outcome[] = []
    for (const change of await changesOf(name)) outcomes.push(await through(place, change))
    const ofPackage = (line: string) => line.startsWith(`| ${name} `)
    const said = page(outcomes, { day: '', levelb: '', major: 18, versions }).split('\n').filter(ofPackage)
    expect(said).toEqual(lines.filter(ofPackage))
    // its line in the first table, and the change that is refused
    expect(said).toHaveLength(2)
  },
  120_000,
)
