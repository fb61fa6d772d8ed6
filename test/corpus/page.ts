// docs/corpus.md of the outcomes.
import type { Effect } from '../../src/json/effects.ts'
import type { Outcome, Refusal } from './place.ts'

const count = (all: readonly Outcome[], is: (outcome: Outcome) => unknown) => all.filter(is).length
const row = (cells: readonly unknown[]) => `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`
const code = (text: string) => `\`${text}\``

/** What became of a change: of its text, or of that which does what was asked. */
const settled = (outcome: Outcome): Outcome => outcome.mended ?? outcome

/** A line of the first table. */
export function summary(name: string, all: readonly Outcome[]): string {
  const last = all.map(settled)
  return row([
    name,
    all.length,
    count(last, ({ rehearsed }) => rehearsed === null),
    count(all, ({ refused }) => !refused),
    count(all, ({ mended }) => mended !== undefined && !mended.refused),
    count(last, ({ refused }) => refused),
    count(last, ({ back }) => back === 'exactly'),
    count(last, ({ back, said }) => back === 'differs' && said === undefined),
    count(last, ({ said }) => said),
    count(last, ({ back }) => back === 'none'),
  ])
}

/** Detail of levelb is JSON, detail of PostgreSQL is prose. */
const told = ({ code, detail }: Refusal): unknown => (code.startsWith('LB') ? JSON.parse(detail) : {})

type Difference = { missing: Effect[]; unexpected: Effect[] }

/** The effects that a rollback lacked or had too many; of an object that stays, not of its parts. */
function kinds(refusal: Refusal): string {
  if (refusal.code !== 'LB310') return why(refusal)
  const { missing = [], unexpected = [] } = told(refusal) as Partial<Difference>
  const stays = staying(missing)
  const said = [
    ...missing
      .filter(({ identity, attribute }) => attribute === 'exists' || !stays.has(identity))
      .map((effect) => `${nameOf(effect)} ${effect.after === null ? 'stays' : 'does not come back'}`),
    ...unexpected.map((effect) => `${nameOf(effect)}: ${shown(effect.before)} → ${shown(effect.after)}`),
  ]
  return said.sort().join('; ')
}

const nameOf = ({ object_type, identity, attribute }: Effect) =>
  `${object_type} ${code(identity)}${attribute === 'exists' ? '' : `, ${attribute}`}`

const shown = (value: string | null) => (value === null ? 'none' : value.length > 40 ? '…' : value)

function why(refusal: Refusal): string {
  const { code, message } = refusal
  const { reason, rule, objects = [] } = told(refusal) as { reason?: string; rule?: string; objects?: string[] }
  return [`${code} ${message}`, reason ?? rule, objects.map((object) => `\`${object}\``).join(', ')]
    .filter(Boolean)
    .join(': ')
}

/** The rule where there is one: what is asked, without the names of the change. */
function reason(refusal: Refusal): string {
  const { code, message } = refusal
  const { rule, reason } = told(refusal) as { rule?: string; reason?: string }
  return `${code} ${rule ?? reason ?? message.replace(/"[^"]*"/g, '…')}`
}

/** What a rollback left or lacked, by kinds. Of an object that stays, its parts are not named. */
function kindsOf({ said, left }: Outcome): string[] {
  if (said !== undefined && said.code !== 'LB310') return [reason(said)]
  const { missing = [], unexpected = [] } = (said ? told(said) : {}) as Partial<Difference>
  const stays = staying(missing)
  return [
    ...missing.filter(({ identity, attribute }) => attribute === 'exists' || !stays.has(identity)).map(kindOf),
    ...unexpected.map(kindOf),
    ...left.map((line) =>
      line.startsWith('column order ')
        ? 'column order'
        : /^constraint \S*_not_null on /.test(line)
          ? 'name of a NOT NULL constraint'
          : /^extension .*: nothing →/.test(line)
            ? 'extension left'
            : `by the catalogs: ${line.split(' ')[0]}`,
    ),
  ]
}

function kindOf({ object_type: type, identity, attribute, after }: Effect): string {
  if (attribute === 'labels') return 'enum value left'
  if (/_not_null on /.test(identity)) return 'name of a NOT NULL constraint'
  if (attribute !== 'exists') return `${attribute} of a ${type}`
  return `${type} ${after === null ? 'left' : 'lost'}`
}

const staying = (missing: readonly Effect[]) =>
  new Set(missing.filter(({ attribute }) => attribute === 'exists').map(({ identity }) => identity))

/** What occurs how often, the most first. */
function counted(all: readonly string[]): [string, number][] {
  const counts = new Map<string, number>()
  for (const one of all) counts.set(one, (counts.get(one) ?? 0) + 1)
  return [...counts].sort(([a, m], [b, n]) => n - m || a.localeCompare(b))
}

/** What became of the activation and, where there is one, of its rollback. */
const codeOf = ({ refused, said }: Outcome) => (refused ?? said)?.code

/** A rehearsal is right when what it refuses is refused, and when it says the effects. Others never came to one. */
const agrees = (outcome: Outcome) =>
  outcome.rehearsed === undefined ||
  (outcome.rehearsed?.code === codeOf(outcome) && (outcome.refused !== undefined || outcome.sameEffects === true))

function rehearsals(last: readonly Outcome[]): string {
  const activated = last.filter(({ refused }) => !refused)
  const run = last.filter(({ rehearsed }) => rehearsed !== undefined)
  return `Of ${activated.length} changes that were activated, the rehearsal before had exactly the same effects for ${count(activated, ({ sameEffects }) => sameEffects)}. What ${run.length} rehearsals said, passed or the code of a refusal, is what became of activation and rollback for ${count(run, agrees)}.`
}

/** Why it is refused, and what its author does; by what `reason` says. */
const meant: Readonly<Record<string, string>> = {
  'LB011 no statement, only comments':
    'People would be asked to approve a change that changes nothing. A plan that needs the place leaves it out.',
  'LB303 effects are not those approved':
    'The text ran and changed nothing: a default is dropped where there is none, or it says `select 1`. It is left out.',
  'LB305 the text changed something that this version cannot account for':
    'Columns change their type, and their table is dropped at the end of the same text: what PostgreSQL wrote anew for them, a second table for the while, defaults, constraints and indexes, went again before anybody read it, as what a text hides would ([limits](limits.md)). The DROPs at the end come in a migration of their own.',
  'LB306 definer_code_belongs_to_levelb_definer':
    'SECURITY DEFINER code of levelb_deploy would give its callers the rights of every later migration. levelb_definer has such code, and rights only on what it is granted: the author adds the grants that the body needs.',
}

const section = (title: string, head: readonly string[], rows: readonly string[]) =>
  rows.length === 0 ? [] : ['', `## ${title}`, '', row(head), row(head.map(() => '---')), ...rows]

/** Of what the page speaks. */
export type Made = { day: string; levelb: string; major: number; versions: Readonly<Record<string, string>> }

export function page(outcomes: readonly Outcome[], { day, levelb, major, versions }: Made): string {
  const names = [...new Set(outcomes.map(({ change }) => change.package))]
  const named = ({ change }: Outcome) => [change.package, code(change.name)]
  const last = outcomes.map(settled)
  const texts = outcomes.reduce((sum, { change }) => sum + change.pairs, 0)
  const scripts = outcomes.filter(({ change }) => change.verified !== null)
  return `${[
    '# Migrations of others',
    '',
    `\`npm run corpus\` wrote this page on ${day}, with levelb ${levelb} on PostgreSQL ${major}. It takes every change of these packages through levelb, in the order of its plan: staged as a folder of one step, approved by two, rehearsed on the live objects, activated, rolled back by \`stage_rollback\`, approved and activated too, and then that rolled back, so that the change is in force and the next can be applied. The policy refuses drift. What levelb says of a rollback is compared with the catalogs, read by PostgreSQL's own columns and names and without what levelb knows of them: owners, rights, definitions, columns and their order, constraints, indexes, triggers, policies, comments.`,
    '',
    'A superuser made beforehand: the roles administrator, authenticated and anonymous; the extensions citext, uuid-ossp, unaccent, pgcrypto, hstore, btree_gist and pg_trgm; the right of levelb_deploy to make objects in schema public; and the schema and table that graphile-worker makes before its first file.',
    '',
    `- **one BEGIN and COMMIT** stood around ${texts} texts and was taken out ([lint](lint.md)).`,
    `- **verify**: of ${scripts.length} verify scripts, ${count(scripts, ({ change }) => change.verified)} stand in their migration as one query. They end with ROLLBACK and pass when nothing raises, where a verify text is a query that is true: those whose statements all are calls of \`verify_…\` or \`has_…\` are joined with AND. Left out are those that select no truth, are empty, or call what a later change makes.`,
    '- **rehearsed**: `levelb.rehearse_live` passed: applied, rolled back to the state before, applied again with the same effects, and nothing kept; without a rollback text, applied. Of a mended change it is the mended text.',
    '- **mended**: refused as it is, and activated when the text does what the refusal asks for: a SECURITY DEFINER function is given to levelb_definer and closed to PUBLIC, in the same migration (LB306); the DROPs at the end of a text come in a migration of their own (LB305). That a function is activated says nothing of its calls: what the body reads and writes has to be granted too.',
    '- **exactly**: every fact of the catalogs is as before. **differs**: levelb found nothing and the catalogs do. **refused**: levelb found a difference (LB310), and nothing of the rollback stayed: a text that forgets some of what the change made, as the section below lists it.',
    '',
    row([
      'package',
      'changes',
      'rehearsed',
      'activated',
      'mended',
      'refused',
      'rolled back exactly',
      'differs',
      'rollback refused',
      'without rollback',
    ]),
    row(Array.from({ length: 10 }, () => '---')),
    ...names.map((name) =>
      summary(
        `${name} ${versions[name]}`,
        outcomes.filter(({ change }) => change.package === name),
      ),
    ),
    row([
      '**all**',
      ...summary('', outcomes)
        .split(' | ')
        .slice(1)
        .map((cell) => cell.replace(' |', '')),
    ]),
    '',
    rehearsals(last),
    ...section(
      'Refused, by reason',
      ['what is said', 'changes', 'why, and what to do'],
      counted(outcomes.flatMap(({ refused }) => (refused ? [reason(refused)] : []))).map(([said, n]) =>
        row([said, n, meant[said] ?? '']),
      ),
    ),
    ...section(
      'Rollbacks that do not restore, by kind',
      ['kind', 'changes'],
      counted(last.flatMap((outcome) => [...new Set(kindsOf(outcome))])).map(row),
    ),
    ...section(
      'Rehearsals that say something else than the activation',
      ['package', 'change', 'rehearsal', 'activation'],
      last.flatMap((outcome) =>
        agrees(outcome)
          ? []
          : [
              row([
                ...named(outcome),
                outcome.rehearsed ? why(outcome.rehearsed) : 'passed',
                codeOf(outcome) ?? (outcome.sameEffects ? 'activated' : 'other effects'),
              ]),
            ],
      ),
    ),
    ...section(
      'Refused as it is',
      ['package', 'change', 'why', 'mended'],
      outcomes.flatMap((outcome) =>
        outcome.refused
          ? [
              row([
                ...named(outcome),
                why(outcome.refused),
                outcome.mended ? (outcome.mended.refused ? why(outcome.mended.refused) : 'activated') : '',
              ]),
            ]
          : [],
      ),
    ),
    ...section(
      'Rollbacks that were refused',
      ['package', 'change', 'what differs'],
      last.flatMap((outcome) => (outcome.said ? [row([...named(outcome), kinds(outcome.said)])] : [])),
    ),
    ...section(
      'Rollbacks that left a difference',
      ['package', 'change', 'what differs'],
      last.flatMap((outcome) => (outcome.left.length > 0 ? [row([...named(outcome), outcome.left.join('; ')])] : [])),
    ),
    ...section(
      'Not the same again',
      ['package', 'change', 'what differs'],
      last.flatMap((outcome) => {
        const { again = [] } = outcome
        if (!Array.isArray(again)) return [row([...named(outcome), kinds(again)])]
        return again.length > 0 ? [row([...named(outcome), again.join('; ')])] : []
      }),
    ),
  ].join('\n')}\n`
}
