// Runs random scripts through the channel, in episodes, and counts what became of each family.
import type { Row } from '../world.ts'
import { documentOf } from '../world.ts'
import { catalogsOf, following } from './catalogs.ts'
import { families } from './families.ts'
import { objectsOf } from './objects.ts'
import { Chain, type Effect, mentions, watch, writes, wrongs } from './oracle.ts'
import type { Place, Sessions } from './place.ts'
import { type Random, randomOf } from './random.ts'
import type { Family, Statement } from './statement.ts'

export type Counts = {
  family: string
  must: Family['must']
  tried: number
  /** Activated, with an effect that tells of it. */
  shown: number
  /** Activated, and it changed nothing: no catalog has a row that it wrote. */
  nothing: number
  /** Refused or failed by its own doing, by code; every catalog was as before. */
  failed: Record<string, number>
  /** Undone because another statement of its script failed, or it cannot be told which. */
  undone: number
}

type Refused = { episode: number; script: number; texts: string[]; detail: string }
export type Wrong = { episode: number; script: number; wrong: string; texts: string[] }

export type Outcome = {
  scripts: number
  activated: number
  /** Rehearsed in the sandbox, passed as a whole, and compared with the activation. */
  compared: number
  counts: Counts[]
  wrongs: Wrong[]
  /** LB305 of what should be activated: texts, and what was not covered. */
  uncovered: Refused[]
  /** LB305 where one statement may have taken away what another made: rows that came and went have nobody to tell of. */
  passing: Refused[]
  /** Other failures of what should be activated, one for each family and message. */
  failures: Record<string, number>
  /** Those that are done. */
  episodes: number[]
}

export type Options = {
  seed: string
  scripts: number
  /** Scripts of one episode. */
  length: number
  /** The episode to begin with, to repeat one. */
  first?: number
  /** Digests of whole catalogs are compared after so many scripts, besides at the end of an episode. */
  every?: number
  /** Each script is rehearsed in the sandbox before; its place is a mirrored one. */
  rehearse?: boolean
  /** Called after each episode. */
  told?: (outcome: Outcome) => void
}

type Planned = { family: Family; statement: Statement }

export function nothingYet(): Outcome {
  const counts = families.map(({ name, must }) => ({
    family: name,
    must,
    tried: 0,
    shown: 0,
    nothing: 0,
    failed: {},
    undone: 0,
  }))
  return {
    scripts: 0,
    activated: 0,
    compared: 0,
    counts,
    wrongs: [],
    uncovered: [],
    passing: [],
    failures: {},
    episodes: [],
  }
}

/** Episodes know nothing of each other, so each place takes the next one as soon as it can. */
export async function generate(places: readonly Place[], options: Options, outcome = nothingYet()): Promise<Outcome> {
  const counts = new Map(outcome.counts.map((one) => [one.family, one]))
  const first = options.first ?? 1
  const waiting = Array.from({ length: Math.ceil(options.scripts / options.length) }, (_, i) => first + i).filter(
    (episode) => !outcome.episodes.includes(episode),
  )
  const work = async (place: Place) => {
    for (let episode = waiting.shift(); episode !== undefined; episode = waiting.shift()) {
      const number = episode
      const scripts = Math.min(options.length, options.scripts - (number - first) * options.length)
      // Its own until it is done, so that what is kept of a run that is stopped is whole episodes.
      const own = nothingYet()
      await place.episode((sessions) => runEpisode(sessions, number, scripts, options, own))
      add(outcome, counts, own)
      outcome.episodes.push(number)
      options.told?.(outcome)
    }
  }
  await Promise.all(places.map(work))
  return outcome
}

function add(outcome: Outcome, counts: ReadonlyMap<string, Counts>, own: Outcome): void {
  outcome.scripts += own.scripts
  outcome.activated += own.activated
  outcome.compared += own.compared
  outcome.wrongs.push(...own.wrongs)
  outcome.uncovered.push(...own.uncovered)
  outcome.passing.push(...own.passing)
  for (const [line, times] of Object.entries(own.failures))
    outcome.failures[line] = (outcome.failures[line] ?? 0) + times
  for (const one of own.counts) {
    const all = counts.get(one.family) as Counts
    for (const name of ['tried', 'shown', 'nothing', 'undone'] as const) all[name] += one[name]
    for (const [code, times] of Object.entries(one.failed)) all.failed[code] = (all.failed[code] ?? 0) + times
  }
}

async function runEpisode(
  sessions: Sessions,
  episode: number,
  scripts: number,
  options: Options,
  outcome: Outcome,
): Promise<void> {
  const counts = new Map(outcome.counts.map((one) => [one.family, one]))
  const { sql, before } = sessions
  const random = randomOf(`${options.seed}/${episode}`)
  const catalogs = await catalogsOf(sql)
  const watched = await watch(sql, before, catalogs)
  const chain = new Chain()
  let deck: Family[] = []
  /** Every family comes before any comes again. */
  const next = () => {
    if (deck.length === 0) deck = random.shuffled(families)
    return deck.pop() as Family
  }
  const back = (family: Family) => void deck.unshift(family)
  let objects = await objectsOf(sql)
  let isStale = false
  for (let script = 1; script <= scripts; script++) {
    outcome.scripts += 1
    if (isStale) objects = await objectsOf(sql)
    const planned = plan(random, next, back, (family) => family.make(random, objects))
    const texts = planned.map(({ statement }) =>
      typeof statement.apply === 'string' ? statement.apply : JSON.stringify(statement.apply),
    )
    const wrong = (sentence: string) => void outcome.wrongs.push({ episode, script, wrong: sentence, texts })
    for (const { family } of planned) (counts.get(family.name) as Counts).tried += 1

    const tables = objects.relations.filter(({ kind }) => kind === 'r').map(({ name }) => name)
    await watched.begin(tables)
    let row = await through(sessions, `s${script}`, planned, options.rehearse ?? false)
    let observed = await watched.end()
    for (const sentence of wrongs(row, observed)) wrong(sentence)

    const detail = String((row.error as { detail?: string } | null)?.detail ?? '')
    const hidden = row.code === 'LB303' ? effectsIn(detail) : []
    if (hidden.length > 0) {
      // Written and as before in every column: it is shown, and activated where the document says so.
      await watched.begin(tables)
      row = await through(sessions, `r${script}`, planned, options.rehearse ?? false, hidden)
      observed = await watched.end()
      for (const sentence of wrongs(row, observed)) wrong(sentence)
      if (row.outcome !== 'activated')
        wrong(`its effects were said, and it was ${row.outcome} ${row.code}: ${row.reason}`)
    }
    for (const sentence of unlike(row)) wrong(sentence)
    if ((row.rehearsed as Row | undefined)?.outcome === 'passed') outcome.compared += 1
    // what is mirrored is guarded, and a superuser would be refused
    const isText = !options.rehearse && planned.every(({ statement }) => typeof statement.apply === 'string')
    if (row.code === 'LB303' && hidden.length === 0 && isText) {
      const written = (await writes(sql, catalogs, texts)).filter((name) => !following.includes(name))
      if (written.length > 0) wrong(`nothing was said to have happened, and it writes ${written.join(', ')}`)
    }
    if (script % (options.every ?? 25) === 0) for (const sentence of await watched.settle()) wrong(sentence)
    count(planned, row, counts)
    isStale = row.outcome === 'activated'
    if (row.outcome === 'activated') {
      outcome.activated += 1
      for (const sentence of chain.follow(row.effects as Effect[])) wrong(sentence)
      for (const { family } of planned) if (family.must === 'fail') wrong(`${family.name} was activated`)
    } else if (!planned.some(({ family }) => family.must === 'fail')) {
      const error = row.error as { detail?: string; step?: number } | null
      if (row.code === 'LB305')
        (planned.length > 1 && isPassing(detail) ? outcome.passing : outcome.uncovered).push({
          texts,
          detail,
          episode,
          script,
        })
      const who = error?.step
        ? (planned[error.step - 1]?.family.name ?? '?')
        : planned.map(({ family }) => family.name).join(' + ')
      const line = `${who}: ${row.code} ${row.reason}${/^LB/.test(String(row.code)) ? ` ${detail}` : ''}`
      outcome.failures[line] = (outcome.failures[line] ?? 0) + 1
    }
  }
  for (const sentence of await watched.settle())
    outcome.wrongs.push({ episode, script: scripts, wrong: sentence, texts: [] })
}

/** One to four statements. What must fail stands alone, so that it is known what failed. */
function plan(
  random: Random,
  next: () => Family,
  back: (family: Family) => void,
  make: (family: Family) => Statement | null | undefined,
): Planned[] {
  const wanted = random.pick([1, 1, 1, 2, 2, 3, 4]) ?? 1
  const planned: Planned[] = []
  while (planned.length < wanted) {
    const family = next()
    if (family.must === 'fail' && planned.length > 0) {
      back(family)
      continue
    }
    const statement = make(family)
    if (!statement) continue
    planned.push({ family, statement })
    if (family.must === 'fail') break
  }
  return planned
}

/**
 * What a rehearsal in the sandbox said and the activation did not do, or the other way round. Rows are not mirrored, and
 * neither is that code belongs to others (LB307).
 */
function unlike({ rehearsed, ...row }: Row): string[] {
  if (rehearsed === undefined) return []
  const { outcome, effects, code, reason } = rehearsed as Row
  const of = (all: unknown) =>
    JSON.stringify((all as Effect[]).filter((e) => !(e.class === 'data' && e.object_type === 'table')))
  // class 23: rows that are there and do not fit
  if (outcome === 'passed' && row.outcome !== 'activated' && row.code !== 'LB307' && !/^23/.test(String(row.code)))
    return [`it passed in the sandbox and was ${row.outcome} ${row.code}: ${row.reason}`]
  if (outcome === 'passed' && row.outcome === 'activated' && of(effects) !== of(row.effects))
    return [`in the sandbox its effects were ${of(effects)}, and then ${of(row.effects)}`]
  if (outcome === 'failed' && row.outcome === 'activated') return [`in the sandbox it failed ${code}: ${reason}`]
  return []
}

async function through(
  sessions: Sessions,
  id: string,
  planned: readonly Planned[],
  isRehearsed: boolean,
  effects?: unknown,
): Promise<Row> {
  const { ann, bob, olga } = sessions
  const steps = planned.map(({ statement }, position) => ({
    name: `s${position + 1}`,
    ...(typeof statement.apply === 'string' ? { apply: statement.apply } : { roles: statement.apply }),
  }))
  const document = { ...documentOf(''), steps, ...(effects === undefined ? {} : { effects }) }
  let hash: Buffer
  try {
    const [row] = await ann`select manifest_hash from levelb.stage(${id}, ${ann.json(document as never)})`
    hash = row?.manifest_hash as Buffer
  } catch (error) {
    const { code, message, detail } = error as { code?: string; message: string; detail?: string }
    // anything else is a fault of this program, and no refusal
    if (!/^LB/.test(code ?? '')) throw error
    return { outcome: 'refused at stage', code, reason: message, error: { detail } }
  }
  const rehearsed = isRehearsed ? await rehearsedIn(ann, id) : undefined
  await bob`select levelb.approve(${id}, ${hash})`
  const [row] = await olga`select * from levelb.activate(${id})`
  return { ...row, rehearsed }
}

/** Undefined where an earlier script opened a way out of the sandbox, so that nothing is rehearsed (LB307). */
async function rehearsedIn(ann: Sessions['ann'], id: string): Promise<Row | undefined> {
  try {
    const [row] = await ann`select * from levelb_sandbox.rehearse(${id})`
    return row as Row
  } catch (error) {
    const { code, detail } = error as { code?: string; detail?: string }
    if (code === 'LB307' && JSON.parse(detail ?? '{}').rule === 'closed_world') return undefined
    throw error
  }
}

function isPassing(detail: string): boolean {
  const { uncovered } = JSON.parse(detail) as { uncovered: { change: string }[] }
  return uncovered.every(({ change }) => change === 'written without trace' || change === 'created and dropped')
}

function effectsIn(detail: string): Effect[] {
  try {
    return (JSON.parse(detail) as { effects?: Effect[] }).effects ?? []
  } catch {
    return []
  }
}

function count(planned: readonly Planned[], row: Row, counts: ReadonlyMap<string, Counts>): void {
  const step = (row.error as { step?: number } | null)?.step ?? (planned.length === 1 ? 1 : undefined)
  for (const [position, { family, statement }] of planned.entries()) {
    const own = counts.get(family.name) as Counts
    if (row.outcome === 'activated') {
      if (mentions(row.effects as Effect[], statement.word)) own.shown += 1
      else own.nothing += 1
    } else if (step === position + 1) {
      own.failed[String(row.code)] = (own.failed[String(row.code)] ?? 0) + 1
    } else own.undone += 1
  }
}
