// npm run corpus [-- PACKAGE…]
//
// Takes the migrations of the packages through levelb and writes docs/corpus.md; of some packages, it prints the page.
// What a package needs of those before it has to be named too.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { installPackages } from '../packages.ts'
import { changesOf, packages } from './changes.ts'
import { page } from './page.ts'
import { type Outcome, openPlace, through } from './place.ts'

const asked = process.argv.slice(2)
const names = asked.length > 0 ? packages.filter((name) => asked.includes(name)) : packages
installPackages(import.meta.dirname, packages)
const packageAt = (path: string) => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'))
const versions: Record<string, string> = packageAt('package.json').dependencies
const levelb: string = packageAt('../../package.json').version
const day = new Date().toISOString().slice(0, 10)

const outcomes: Outcome[] = []
const place = await openPlace()
try {
  const [{ mode, major } = {}] = await place.sql`
    select levelb.mode() as mode, current_setting('server_version_num')::int / 10000 as major`
  if (mode !== 'OPERATOR_HANDOFF') throw new Error(`the database is in ${mode}`)
  for (const name of names) {
    const from = Date.now()
    const changes = await changesOf(name)
    for (const change of changes) {
      const began = Date.now()
      const outcome = await through(place, change)
      outcomes.push(outcome)
      console.error(`  ${change.migrationId}: ${Date.now() - began} ms${said(outcome)}`)
    }
    console.error(`${name}: ${changes.length} changes, ${Math.round((Date.now() - from) / 1000)} s`)
    // after each, so that a run that ends early has said what it found
    const text = page(outcomes, { day, levelb, major, versions })
    if (asked.length === 0) writeFileSync(fileURLToPath(new URL('../../docs/corpus.md', import.meta.url)), text)
    else if (name === names.at(-1)) console.log(text)
  }
} finally {
  await place.stop()
}

/** What is not as one would wish. */
function said({ refused, rehearsed, said, left, mended, again }: Outcome): string {
  const refusals = [refused, rehearsed, said, mended?.refused, mended?.rehearsed, mended?.said, again].flatMap((one) =>
    one && 'code' in one ? [`${one.at} ${one.code} ${one.message} ${one.detail}`] : [],
  )
  return [...refusals, ...left].map((one) => `\n    ${one}`).join('')
}
