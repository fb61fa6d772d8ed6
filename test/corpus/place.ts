// A database with levelb in which the packages can be applied, the people who decide, and the way of one change through
// it: there, back, there again.
import { parse } from 'libpg-query'
import postgres, { type Sql } from 'postgres'
import { install } from '../../src/install.ts'
import { startServer } from '../server.ts'
import type { Change, Document } from './changes.ts'
import { differences, structureOf } from './structure.ts'

const cast = { alice: 'author', bob: 'approver', carol: 'approver', erin: 'operator' }

const policy = {
  name: 'corpus',
  cluster: 'govern',
  quorum: [{ approvals: 2 }],
  approval: { signature: 'off' },
  effects: 'classes',
  drift: 'refuse',
  // graphile-worker has none
  rollback: { required: false },
  rehearsal: { required: 'none', max_hold: '30 s' },
  break_glass: { logins: ['postgres'] },
}

/** What the packages find: their roles, extensions that a superuser has to make, a schema of theirs. */
const before = `
  create role administrator; create role authenticated; create role anonymous;
  ${['citext', 'uuid-ossp', 'unaccent', 'pgcrypto', 'hstore', 'btree_gist', 'pg_trgm'].map((name) => `create extension "${name}";`).join('\n')}
  grant create on schema public to levelb_deploy;
  create schema graphile_worker authorization levelb_deploy;
  set role levelb_deploy;
  create table graphile_worker.migrations (
    id int primary key, ts timestamptz default now() not null, breaking boolean not null default false);
  reset role`

/** A row of levelb.activation or levelb.rehearsal, of which only this is read. */
type Row = { outcome: string; code: string | null; reason: string | null; error: Failure | null; effects: unknown[] }

type Failure = { message: string; detail: string | null }

export type Place = { sql: Sql; as(login: keyof typeof cast): Sql; stop(): Promise<void> }

/** present: changes that are there when levelb is bootstrapped, made by plain SQL. */
export async function openPlace(present: readonly Change[] = []): Promise<Place> {
  const server = await startServer()
  const clients: Sql[] = []
  const connect = (login: string): Sql => {
    const url = new URL(server.url)
    if (login !== 'postgres') Object.assign(url, { username: login, password: 'corpus' })
    const client = postgres(url.href, { max: 1, onnotice: () => {} })
    clients.push(client)
    return client
  }
  const sql = connect('postgres')
  await sql.unsafe(
    Object.keys(cast)
      .map((login) => `create role ${login} login password 'corpus';`)
      .join(''),
  )
  await install(sql)
  await sql.unsafe(before)
  for (const { document } of present)
    for (const { apply } of document.steps) await sql.unsafe(`set role levelb_deploy; ${apply}\n; reset role`)
  const principals = Object.entries(cast).map(([principal, duty]) => ({
    principal,
    nature: 'person',
    logins: [principal],
    duties: [duty],
    groups: [],
  }))
  await sql`select levelb.bootstrap(${sql.json(policy)}, ${sql.json(principals)})`
  const people = Object.fromEntries(Object.keys(cast).map((login) => [login, connect(login)])) as Record<string, Sql>
  await people.erin?.unsafe('set statement_timeout = 60000')
  return {
    sql,
    as: (login) => people[login] as Sql,
    async stop() {
      await Promise.all(clients.map((client) => client.end()))
      await server.stop()
    },
  }
}

/** detail: as the database gives it. */
export type Refusal = {
  at: 'stage' | 'approve' | 'rehearse' | 'activate'
  code: string
  message: string
  detail: string
}

export type Outcome = {
  change: Change
  /** What it changed. */
  effects: number
  /** What a live rehearsal said before; null where it passed. */
  rehearsed?: Refusal | null
  /** Whether the rehearsal changed what the activation did, effect by effect. */
  sameEffects?: boolean
  refused?: Refusal
  /** How it went when the text did what the refusal asks for. */
  mended?: Outcome
  /** `exactly`; `differs` where it was refused or left something; `none` where the package has no text for it. */
  back?: 'exactly' | 'differs' | 'none'
  /** What levelb says of the rollback. */
  said?: Refusal
  /** What is otherwise than before, by the catalogs. */
  left: string[]
  /** What is otherwise than after the first time, when the rollback was rolled back. */
  again?: Refusal | string[]
}

/** There, back and there again. What is not activated leaves the database as it was. */
export async function through(place: Place, change: Change): Promise<Outcome> {
  const { migrationId, document } = change
  const nothing = await structureOf(place.sql)
  const outcome: Outcome = { change, effects: 0, left: [] }
  const there = await activated(
    place,
    migrationId,
    (id) => stage(place, id, document),
    async (id) => {
      outcome.rehearsed = await rehearsed(place, id)
    },
  )
  if ('at' in there) {
    outcome.refused = there
    for (const mending of [...asAsked(change, there), ...(await inTwo(change, there))]) {
      outcome.mended = await through(place, mending)
      if (outcome.mended.refused) break
    }
    return outcome
  }
  outcome.effects = there.effects.length
  outcome.sameEffects = await hasSameEffects(place, migrationId)
  if (!change.hasRollback) return { ...outcome, back: 'none' }

  const applied = await structureOf(place.sql)
  const back = await rolledBack(place, migrationId)
  if ('at' in back) return { ...outcome, back: 'differs', said: back }
  const left = differences(nothing, await structureOf(place.sql))
  const again = await rolledBack(place, `${migrationId}.rollback`)
  // what comes after needs it, in one way or the other
  if ('at' in again) await activated(place, `${migrationId}.again`, (id) => stage(place, id, document))
  const missing = 'at' in again ? again : differences(applied, await structureOf(place.sql))
  return { ...outcome, back: left.length === 0 ? 'exactly' : 'differs', left, again: missing }
}

/** A SECURITY DEFINER function is given to the role that has such code, and closed to PUBLIC, as LB306 says. */
function asAsked(change: Change, { code, detail }: Refusal): Change[] {
  if (code !== 'LB306') return []
  const { rule, objects } = JSON.parse(detail) as { rule: string; objects: string[] }
  if (rule !== 'definer_code_belongs_to_levelb_definer') return []
  const added = objects.map((object) => {
    const schema = object.slice(0, object.indexOf('.'))
    return `
grant create on schema ${schema} to levelb_definer;
alter function ${object} owner to levelb_definer;
revoke create on schema ${schema} from levelb_definer;
revoke execute on function ${object} from public;
`
  })
  const steps = change.document.steps.map((step) => ({ ...step, apply: step.apply + added.join('') }))
  return [mendedBy(change, 'mended', steps)]
}

/** What was written and dropped in one transaction leaves no trace (LB305): the DROPs at the end come in a migration of their own. */
async function inTwo(change: Change, { code }: Refusal): Promise<Change[]> {
  const [step] = change.document.steps
  if (code !== 'LB305' || step === undefined || step.rollback !== undefined) return []
  const bytes = Buffer.from(step.apply)
  const { stmts = [] } = await parse(step.apply)
  const last = stmts.findLastIndex(({ stmt }) => !('DropStmt' in (stmt as object)))
  const from = stmts[last + 1]?.stmt_location
  if (from === undefined) return []
  return [
    mendedBy(change, 'mended', [{ name: step.name, apply: bytes.subarray(0, from).toString() }]),
    mendedBy(change, 'drops', [{ name: step.name, apply: bytes.subarray(from).toString() }]),
  ]
}

const mendedBy = (change: Change, as: string, steps: Document['steps']): Change => ({
  ...change,
  migrationId: `${change.migrationId}.${as}`,
  document: { ...change.document, steps },
})

async function stage({ as }: Place, id: string, document: Document): Promise<{ id: string; hash: Buffer }> {
  const [row] = await as('alice')`select manifest_hash from levelb.stage(${id}, ${as('alice').json(document as never)})`
  return { id, hash: row?.manifest_hash }
}

function rolledBack(place: Place, migrationId: string): Promise<Row | Refusal> {
  const erin = place.as('erin')
  return activated(place, migrationId, async (id) => {
    const [row] = await erin`select migration_id, manifest_hash from levelb.stage_rollback(${id}, 'corpus')`
    return { id: row?.migration_id, hash: row?.manifest_hash }
  })
}

/** The approvals allow it. It keeps nothing. */
async function rehearsed(place: Place, migrationId: string): Promise<Refusal | null> {
  try {
    const [row] = await place.as('erin')<Row[]>`
      select outcome, code, reason, error, effects from levelb.rehearse_live(${migrationId})`
    return row?.outcome === 'passed' ? null : asRefusal('rehearse', row)
  } catch (error) {
    return asRefusal('rehearse', error)
  }
}

async function hasSameEffects({ sql }: Place, migrationId: string): Promise<boolean> {
  const [row] = await sql`
    select levelb._canonical_effects(r.effects) = levelb._canonical_effects(a.effects) as same
      from levelb.rehearsal r join levelb.activation a using (migration_id)
     where migration_id = ${migrationId} and a.outcome = 'activated'`
  return row?.same ?? false
}

/** Of a row that says so, or of an error of the database; any other is thrown on. */
function asRefusal(at: Refusal['at'], said: unknown): Refusal {
  if (said instanceof Error) {
    const { code, message, detail } = said as { code?: string; message: string; detail?: string }
    if (code === undefined) throw said
    return { at, code, message, detail: detail ?? '{}' }
  }
  const { code, reason, error } = said as Row
  const { message, detail } = { message: reason ?? '', detail: null, ...error }
  return { at, code: code ?? '', message, detail: detail ?? '{}' }
}

/** Staged, approved by two, activated; `first` comes in between. */
async function activated(
  place: Place,
  migrationId: string,
  staging: (id: string) => Promise<{ id: string; hash: Buffer }>,
  first: (id: string) => Promise<void> = async () => {},
): Promise<Row | Refusal> {
  const { as } = place
  let at: Refusal['at'] = 'stage'
  try {
    const { id, hash } = await staging(migrationId)
    at = 'approve'
    for (const login of ['bob', 'carol'] as const) await as(login)`select levelb.approve(${id}, ${hash})`
    at = 'rehearse'
    await first(id)
    at = 'activate'
    const [row] = await as('erin')<Row[]>`select outcome, code, reason, error, effects from levelb.activate(${id})`
    return row?.outcome === 'activated' ? row : asRefusal(at, row)
  } catch (error) {
    return asRefusal(at, error)
  }
}
