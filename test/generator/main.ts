// npm run generate -- [--rehearse] [--runs 10000] [--seed 1] [--lanes 2] [--every 25] [--keep FILE] [--episode 7]
//
// Runs random privileged statements and writes docs/generator.md. Fails when a change was silent, when something that
// was not activated left a trace, when something ordinary met LB305, or when a family had under 20 successes. --keep
// remembers the episodes that are done, so that a run that was stopped goes on. --episode repeats one, and writes nothing.
// --rehearse runs each in a sandbox before and compares what that says with what the activation does; it writes nothing.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { hasOwnClusters, startServer } from '../server.ts'
import { page, poor } from './page.ts'
import { openPlace } from './place.ts'
import { generate, nothingYet, type Outcome } from './run.ts'

const option = (name: string): string | undefined => {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? undefined : process.argv[at + 1]
}
const episode = option('episode')
const rehearse = process.argv.includes('--rehearse')
const keep = option('keep')
const seed = option('seed') ?? '1'
const scripts = Number(option('runs') ?? (episode === undefined ? 10_000 : 100))
// what is one for a cluster is changed too, so a lane has a cluster for itself
const lanes = episode === undefined && hasOwnClusters ? Number(option('lanes') ?? 2) : 1
const known =
  keep !== undefined && existsSync(keep) ? (JSON.parse(readFileSync(keep, 'utf8')) as Outcome) : nothingYet()

const places = await Promise.all(
  Array.from({ length: lanes }, async () => openPlace(await startServer({ autovacuum: 'off' }), rehearse)),
)
try {
  const told = (outcome: Outcome) => {
    console.error(
      `${outcome.scripts} scripts, ${outcome.activated} activated, ${outcome.wrongs.length} wrong, ${outcome.uncovered.length} LB305`,
    )
    if (keep !== undefined) writeFileSync(keep, JSON.stringify(outcome))
  }
  // short where it is rehearsed: after a script that opens a way out of the sandbox nothing is, until the next episode
  const length = rehearse ? 25 : 100
  const options = { seed, scripts, length, every: Number(option('every') ?? 25), rehearse, told }
  const outcome = await generate(
    places,
    episode === undefined ? options : { ...options, first: Number(episode) },
    known,
  )
  for (const { episode, script, texts, wrong } of outcome.wrongs)
    console.log(`seed ${seed}, episode ${episode}, script ${script}: ${wrong}\n  ${texts.join('\n  ')}`)
  for (const { episode, script, texts, detail } of outcome.uncovered)
    console.log(`seed ${seed}, episode ${episode}, script ${script}: LB305 ${detail}\n  ${texts.join('\n  ')}`)
  if (episode === undefined && !rehearse) {
    for (const { family, tried } of poor(outcome, 20)) console.log(`${family}: under 20 of ${tried}`)
    writeFileSync(
      fileURLToPath(new URL('../../docs/generator.md', import.meta.url)),
      page(outcome, seed, places[0]?.major ?? 0),
    )
    if (poor(outcome, 20).length > 0) process.exitCode = 1
  } else {
    if (rehearse) console.log(`${outcome.compared} passed in the sandbox and were compared with their activation`)
    for (const [line, times] of Object.entries(outcome.failures)) console.log(`${times} ${line}`)
  }
  if (outcome.wrongs.length > 0 || outcome.uncovered.length > 0) process.exitCode = 1
} finally {
  await Promise.all(places.map((place) => place.stop()))
}
