// levelb readiness: whether the database may be used for live changes, item by item, and what to do where it may not.
import Table from 'cli-table3'
import { z } from 'zod'
import { packageVersion } from '../package-root.ts'
import { shippedDifferences } from '../shipped.ts'
import { command } from './command.ts'
import { connected, urlOption } from './connection.ts'
import { Failure } from './failure.ts'
import { printJson, rowsOf } from './read.ts'

const Item = z.object({
  item: z.string(),
  artifact: z.enum(['entrypoint', 'owner_credential', 'approval_record', 'proof_log', 'rollback']),
  ok: z.boolean().nullable(),
  required: z.boolean(),
  waived: z.boolean(),
  checked: z.string(),
  detail: z.string(),
  hint: z.string().nullable(),
})
type Item = z.output<typeof Item>
const Mode = z.object({ mode: z.enum(['OPERATOR_HANDOFF', 'AUTHOR_MODE']) })
export const ReadinessOutput = Mode.extend({ items: z.array(Item) })
export type ReadinessOutput = z.output<typeof ReadinessOutput>

export function readinessCommand() {
  return command('readiness', 'Say whether the database may be changed through levelb, and what to mend.', [
    'levelb readiness --url postgres://ann@localhost/app',
    'levelb readiness --full --json',
  ])
    .option(...urlOption)
    .option('--full', 'recompute the whole ledger too')
    .action(async ({ url, json, full = false }) => {
      const output = await connected(url, async (sql): Promise<ReadinessOutput> => {
        const columns = Object.keys(Item.shape).join(', ')
        // Asked first, so that a database without levelb is told as everywhere.
        const found = await rowsOf(sql, Item, `select ${columns} from levelb.readiness(${full})`)
        const [mode] = await rowsOf(sql, Mode, 'select levelb.mode() as mode')
        const outside = fromOutside(await shippedDifferences(sql))
        const items = found.map((item) => (item.item === outside.item ? outside : item))
        return { mode: mode?.mode ?? 'AUTHOR_MODE', items }
      })
      if (json) printJson(ReadinessOutput.parse(output))
      else process.stdout.write(page(output))
      const broken = output.items.filter(isBroken)
      if (output.mode === 'AUTHOR_MODE' || broken.length > 0)
        throw new Failure(1, {
          what: `${output.mode === 'OPERATOR_HANDOFF' ? 'not as the database says' : output.mode}: ${broken.map(({ item }) => item).join(', ') || 'see the items'}`,
          next: 'docs/readiness.md says of each item how it is mended',
          answered: json,
        })
    })
}

const isBroken = ({ ok, required }: Item): boolean => required && ok === false

/** Said in place of what the database says of itself: whoever replaced a function could have replaced that answer. */
function fromOutside(differences: Awaited<ReturnType<typeof shippedDifferences>>): Item {
  const release = packageVersion()
  const named = differences.slice(0, 10).map(({ object, difference }) => `${object} ${difference}`)
  const more = differences.length > named.length ? [`and ${differences.length - named.length} more`] : []
  return {
    item: 'shipped_objects',
    artifact: 'entrypoint',
    ok: differences.length === 0,
    required: true,
    waived: false,
    checked: `every object of levelb against package levelb ${release}, from outside`,
    detail: differences.length === 0 ? `every object is that of levelb ${release}` : [...named, ...more].join(', '),
    hint:
      differences.length === 0
        ? null
        : `Undo it as a superuser: each as generated/levelb--${release}.sql has it. Where the database holds another release, ask with its package.`,
  }
}

/** The word of the database; whoever replaced a function may have replaced that answer too. */
function said(mode: string, isBrokenFromOutside: boolean): string {
  return mode === 'OPERATOR_HANDOFF' && isBrokenFromOutside
    ? 'OPERATOR_HANDOFF, says the database of itself, and it does not hold:'
    : mode
}

function page({ mode, items }: ReadinessOutput): string {
  const table = new Table({
    head: ['item', 'holds', 'what was found'],
    colWidths: [27, 9, 82],
    wordWrap: true,
    style: { head: [], border: [], compact: true },
  })
  for (const item of items) table.push([item.item, verdict(item), item.detail])
  const stops = items.filter(isBroken)
  const others = items.filter(({ ok, required }) => ok === false && !required)
  return [
    `${said(mode, stops.length > 0)}\n${table.toString()}\n`,
    ...todo('Activations are refused until this is done:', stops),
    ...todo('Also:', others),
    'NO: activations are refused; no: told, not required; -: not checked.\n',
  ].join('')
}

/** SQL after prose stands on a line of its own, to be copied. */
function todo(heading: string, items: readonly Item[]): string[] {
  const hints = items.flatMap(({ item, hint }) =>
    hint ? [`  ${item}: ${hint.replace(' As a superuser: ', '\n    As a superuser: ')}\n`] : [],
  )
  return hints.length === 0 ? [] : [`${heading}\n`, ...hints]
}

function verdict({ ok, required, waived }: Item): string {
  if (waived) return 'waived'
  if (ok === null) return '-'
  if (ok) return 'yes'
  return required ? 'NO' : 'no'
}
