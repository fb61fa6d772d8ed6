// levelb adopt: reads a live database and writes what takes it over, step by step, and the way back. Changes nothing.
import { join } from 'node:path'
import Table from 'cli-table3'
import { z } from 'zod'
import { migrationName } from '../adopt/drafts.ts'
import { existing, filesOf, write } from '../adopt/folder.ts'
import { type Plan, planOf } from '../adopt/plan.ts'
import { type Present, readPresent } from '../adopt/present.ts'
import { attributesOf } from '../adopt/roles.ts'
import { shown } from '../shown.ts'
import { command } from './command.ts'
import { connected, urlOption } from './connection.ts'
import { Failure, usage } from './failure.ts'
import { printJson } from './read.ts'

export const AdoptOutput = z.object({
  database: z.string(),
  server_version: z.string(),
  level: z.enum(['full', 'privileged']),
  schemas: z.array(z.string()),
  application: z.string().nullable(),
  /** The new name of the superuser whose login the application has; null where it has an ordinary one. */
  bootstrap_superuser_becomes: z.string().nullable(),
  break_glass: z.array(z.string()),
  owners: z.array(z.object({ owner: z.string(), schema: z.string(), objects: z.int(), goes_to: z.string() })),
  dangerous: z.array(z.object({ login: z.string(), holds: z.array(z.string()), plan: z.string() })),
  loans: z.array(z.string()),
  notes: z.array(z.string()),
  problems: z.array(z.object({ what: z.string(), next: z.string() })),
  /** Empty without --out, and when there are problems. */
  files: z.array(z.string()),
  order: z.array(z.object({ who: z.string(), what: z.string() })),
})
export type AdoptOutput = z.output<typeof AdoptOutput>

export function adoptCommand() {
  return command('adopt', 'Look at a live database and write what takes it over; changes nothing itself.', [
    'levelb adopt --url postgres://app@localhost/app',
    'levelb adopt --schema shop --level privileged --app shop_app --out adopt',
    'levelb adopt --break-glass postgres --out adopt --json',
  ])
    .option(...urlOption)
    .option('--schema <name...>', 'schemas to take over (default: all that hold something)')
    .option('--level <level>', 'full: everything through levelb; privileged: a migration tool goes on', 'full')
    .option('--app <login>', 'login of the application, or at level privileged of the migration tool')
    .option(
      '--break-glass <name...>',
      'logins that stay superusers; the first is the new name where the application is the bootstrap superuser',
    )
    .option('--accept-row-security', 'the application, no superuser any more, will be subject to row security')
    .option('--out <dir>', 'write scripts, drafts and migrations into this folder')
    .option('--force', 'write over files that are there')
    .action(async ({ url, json, schema, level, app, breakGlass, acceptRowSecurity, out, force }) => {
      if (level !== 'full' && level !== 'privileged')
        throw usage(`there is no level ${level}`, '--level full, or --level privileged')
      const present = await connected(url, readPresent)
      const plan = planOf(present, {
        schemas: schema ?? [],
        level,
        application: app,
        breakGlass: breakGlass ?? [],
        acceptRowSecurity: acceptRowSecurity === true,
      })
      const files = plan.problems.length === 0 ? filesOf(present, plan) : []
      const inTheWay = out === undefined || force ? [] : existing(out, files)
      if (inTheWay.length > 0)
        throw new Failure(1, {
          what: `${inTheWay.join(', ')} ${inTheWay.length === 1 ? 'is' : 'are'} there already; nothing was written`,
          next: 'name another folder with --out, or add --force',
        })
      const written = out === undefined ? [] : write(out, files)
      const output = outputOf(
        present,
        plan,
        files.map(({ path }) => path),
        written,
        out ?? 'DIR',
      )
      if (json) printJson(AdoptOutput.parse(output))
      else process.stdout.write(page(output, present))
      const [first] = plan.problems
      if (first !== undefined)
        throw new Failure(1, {
          what: first.what,
          why: 'it cannot be planned, and nothing was written',
          next: first.next,
          answered: json,
        })
    })
}

function outputOf(
  present: Present,
  plan: Plan,
  files: readonly string[],
  written: string[],
  folder: string,
): AdoptOutput {
  return {
    database: present.database,
    server_version: String(Math.floor(present.version / 10_000)),
    level: plan.level,
    schemas: plan.schemas,
    application: plan.application,
    bootstrap_superuser_becomes: plan.succession?.newName ?? null,
    break_glass: plan.breakGlass,
    owners: owners(present, plan),
    dangerous: plan.dangers.map(({ login, attributes, memberships }) => ({
      login,
      holds: [...attributes, ...memberships.map(({ role }) => `member of ${role}`)],
      plan: fate(plan, login),
    })),
    loans: plan.loans,
    notes: plan.notes,
    problems: plan.problems,
    files: written,
    order: plan.problems.length === 0 ? order(present, plan, files, folder) : [],
  }
}

function fate({ succession, breakGlass, demotions }: Plan, login: string): string {
  if (login === succession?.login.name) return `becomes ${succession.newName}; an ordinary login takes the name`
  if (breakGlass.includes(login)) return 'stays, break-glass'
  return demotions.some((each) => each.login === login) ? 'loses it' : 'stays'
}

function owners({ objects }: Present, plan: Plan): AdoptOutput['owners'] {
  const rows = new Map<string, AdoptOutput['owners'][number]>()
  for (const object of objects) {
    if (object.schema === null || !plan.schemas.includes(object.schema)) continue
    const [owner, schema] = [object.owner, object.schema]
    const moved = plan.moves.find((move) => move.objects.includes(object))?.to
    const last = plan.level === 'full' && !object.isSuperusers ? 'levelb_deploy or levelb_definer' : undefined
    const goesTo = [moved, last].filter((each) => each !== undefined).join(', then ') || 'stays'
    if (object.follows || object.type === 'schema') continue
    const key = JSON.stringify([schema, owner, goesTo])
    const row = rows.get(key) ?? { owner, schema, objects: 0, goes_to: goesTo }
    row.objects++
    rows.set(key, row)
  }
  return [...rows.values()]
}

/** What to do, and who does it, one after the other. */
function order(present: Present, plan: Plan, files: readonly string[], folder: string): AdoptOutput['order'] {
  const has = (path: string) => files.includes(path)
  const at = (path: string) => join(folder, path)
  const id = migrationName(present, plan)
  const steps: (false | [string, string])[] = [
    present.levelb === null && ['superuser', 'levelb install --url postgres://…'],
    has('01-superuser.sql') && ['superuser', `psql -X -f ${at('01-superuser.sql')} ${present.database}`],
    has('policy.json') && [
      'superuser',
      `fill in ${at('policy.json')} and ${at('principals.json')}, create the logins, and bootstrap: docs/adopt.md`,
    ],
    ['author', `stage ${at(join('migrations', id))}`],
    ['approvers', `levelb review ${id}, then levelb.approve`],
    has('02-lend.sql') && ['superuser', `psql -X -f ${at('02-lend.sql')} ${present.database}`],
    ['operator', `set statement_timeout = '60s'; select outcome from levelb.activate('${id}')`],
    has('03-take-back.sql') && ['superuser', `psql -X -f ${at('03-take-back.sql')} ${present.database}`],
    ['auditor', 'levelb readiness, levelb drift --full'],
  ]
  return steps.filter((step) => step !== false).map(([who, what]) => ({ who, what }))
}

function page(output: AdoptOutput, present: Present): string {
  const superusers = present.roles
    .filter((role) => attributesOf(role).includes('superuser'))
    .map(({ name }) => shown(name))
  const lines = [
    `database ${shown(output.database)} on PostgreSQL ${output.server_version}, ${output.schemas.length === 1 ? 'schema' : 'schemas'} ${output.schemas.map(shown).join(', ') || 'none'}, level ${output.level}`,
    `application: ${output.application === null ? 'not known' : shown(output.application)}   superusers: ${superusers.join(', ')}   break-glass: ${output.break_glass.map(shown).join(', ')}`,
    '',
    table(
      ['schema', 'owner', 'objects', 'goes to'],
      output.owners.map((each) => [each.schema, each.owner, String(each.objects), each.goes_to]),
    ),
    ...(output.dangerous.length === 0
      ? []
      : [
          table(
            ['login', 'could go round the channel by', 'what becomes of it'],
            output.dangerous.map((each) => [each.login, each.holds.join(', '), each.plan]),
          ),
        ]),
    ...output.notes.map((note) => `note: ${note}`),
    ...output.problems.map(({ what, next }) => `PROBLEM: ${what}\n  next: ${next}`),
    ...(output.order.length === 0
      ? []
      : [
          `${output.files.length > 0 ? `written: ${output.files.join(', ')}` : 'nothing is written without --out DIR'}`,
          'in this order:',
          ...output.order.map(({ who, what }, index) => `  ${index + 1}. ${who}: ${what}`),
          wayBack(output),
        ]),
  ]
  return `${lines.join('\n')}\n`
}

/** Without loans there are no scripts for them. */
export function wayBack({ files, loans }: Pick<AdoptOutput, 'files' | 'loans'>): string {
  const script = files.find((path) => path.endsWith('99-way-back.sql'))
  return `the way back: ${[
    'levelb.stage_rollback(id, reason), approvals',
    ...(loans.length > 0 ? ['02-lend.sql again', 'activate', '03-take-back.sql'] : ['activate']),
    ...(script === undefined ? [] : [`psql -X -f ${script}`]),
  ].join(', then ')}`
}

function table(head: string[], rows: string[][]): string {
  const made = new Table({ head, style: { head: [], border: [], compact: true } })
  for (const row of rows) made.push(row.map(shown))
  return made.toString()
}
