// levelb drift: what changed past the channel, for a person, for cron, and as the document that answers for it.
import Table from 'cli-table3'
import type { Sql } from 'postgres'
import { z } from 'zod'
import { drift } from '../../generated/drift.ts'
import { recordDrift } from '../../generated/record-drift.ts'
import { DriftEffects } from '../json/drift-effects.ts'
import { shown } from '../shown.ts'
import { command } from './command.ts'
import { connected, urlOption } from './connection.ts'
import { Failure, usage } from './failure.ts'
import { asked, printJson } from './read.ts'

export const DriftOutput = z.object({
  unexpected: z.int(),
  /** Of the incident that says the same; null without --record, and when nothing has ever drifted. */
  incident_id: z.string().nullable(),
  effects: DriftEffects,
})
export type DriftOutput = z.output<typeof DriftOutput>

export function driftCommand() {
  return command('drift', 'List what changed past the channel; exit code 1 when something unexpected did.', [
    'levelb drift --url postgres://aud@localhost/app',
    'levelb drift --full --record',
    'levelb drift --explain "INC-4711: made by hand during the outage" > explain.json',
  ])
    .option(...urlOption)
    .option('--full', 'compare all that is watched, and not only what was written since the last activation')
    .option('--record', 'keep what is found as an incident, when it is other than what was kept last')
    .option('--explain <why>', 'print the document that answers for what is unexpected; implies --full')
    .action(async ({ url, json, full, record, explain }) => {
      if (record && explain !== undefined)
        throw usage('--explain only looks, --record writes', 'call levelb drift once with each')
      const { found, incidents } = await connected(url, (sql) =>
        asked(async () => ({
          found: await look(sql, full === true || explain !== undefined, record === true),
          incidents: explain === undefined ? [] : await unexplained(sql),
        })),
      )
      if (explain !== undefined) {
        const document = explanationOf(found, incidents, explain)
        if (json) printJson(document)
        else process.stdout.write(`${JSON.stringify(document, null, 2)}\n`)
        return
      }
      if (json) printJson(DriftOutput.parse(found))
      else process.stdout.write(page(found))
      if (found.unexpected > 0)
        throw new Failure(1, {
          what: `${count(found.unexpected)} past the channel that nobody has answered for`,
          next: 'undo it, or have it approved: levelb drift --explain "why" > explain.json; see docs/drift.md',
          answered: json,
        })
    })
}

async function look(sql: Sql, full: boolean, record: boolean): Promise<DriftOutput> {
  if (record) {
    const { incidentId, unexpected, effects } = await recordDrift(sql, { full })
    return { unexpected, incident_id: incidentId?.toString() ?? null, effects }
  }
  const rows = await drift(sql, { full })
  const effects = rows.map(({ objectType, expected, ...effect }) => ({
    class: effect.class as DriftOutput['effects'][number]['class'],
    object_type: objectType,
    identity: effect.identity,
    attribute: effect.attribute,
    before: effect.before,
    after: effect.after,
    expected: expected === true,
  }))
  return { unexpected: effects.filter((effect) => !effect.expected).length, incident_id: null, effects }
}

/** Uses of break-glass that nobody has answered for. One that is open still is refused when the document is staged. */
async function unexplained(sql: Sql): Promise<number[]> {
  const rows = await sql<{ incident_id: string }[]>`select incident_id from levelb._emergencies() order by incident_id`
  return rows.map(({ incident_id }) => Number(incident_id))
}

/** What was done to levelb itself no explanation covers: it stays, and is said. */
function explanationOf({ effects }: DriftOutput, incidents: readonly number[], why: string): object {
  const unexpected = effects.filter(({ expected }) => !expected)
  const explained = unexpected
    .filter((effect) => effect.class !== 'governance')
    .map(({ expected: _, ...effect }) => effect)
  if (explained.length < unexpected.length)
    note("levelb's own objects were changed, which no explanation covers: reinstall them, or levelb.rebind(reason)")
  if (explained.length === 0 && incidents.length === 0)
    throw new Failure(1, {
      what: 'nothing drifts that an explanation could answer for, and every use of break-glass is answered for',
    })
  if (incidents.length > 0)
    note(`uses of break-glass that the document answers for: ${incidents.map((id) => `incident ${id}`).join(', ')}`)
  const title = [
    ...(explained.length > 0 ? [`drift: ${count(explained.length)}`] : []),
    ...(incidents.length > 0 ? [`${counted(incidents.length, 'use')} of break-glass`] : []),
  ]
  return {
    title: `Explain ${title.join(', and ')}`,
    description: why,
    kind: 'explain',
    payload: { effects: explained, ...(incidents.length > 0 ? { incidents } : {}) },
  }
}

/** Beside the document, which goes to a file. */
function note(text: string): void {
  process.stderr.write(`levelb: note: ${text}\n`)
}

function page({ effects }: DriftOutput): string {
  if (effects.length === 0) return 'nothing drifts\n'
  const table = new Table({
    head: ['class', 'object', 'attribute', 'before → after', 'expected'],
    style: { head: [], border: [], compact: true },
  })
  for (const effect of effects)
    table.push([
      effect.class,
      `${effect.object_type} ${shown(effect.identity)}`,
      shown(effect.attribute),
      `${value(effect.before)} → ${value(effect.after)}`,
      effect.expected ? 'yes' : 'no',
    ])
  return `${table.toString()}\n`
}

/** Long values are cut: the whole is in --json. */
function value(text: string | null): string {
  if (text === null) return 'nothing'
  const short = shown(text).replace(/^((?:sha256 )?[0-9a-f]{12})[0-9a-f]{52}$/, '$1…')
  return short.length > 80 ? `${short.slice(0, 79)}…` : short
}

function count(changes: number): string {
  return counted(changes, 'change')
}

function counted(things: number, noun: string): string {
  return `${things} ${noun}${things === 1 ? '' : 's'}`
}
