// One cluster in which idioms run one after the other, each in a world of its own. Not the worker's cluster: the corpus
// names its roles, so it can share a cluster with nobody, and only one database of a cluster may govern roles.
import { install } from '../../src/install.ts'
import { type Client, connect, otherUrl } from '../client.ts'
import { bundleText } from '../database.ts'
import type { TestServer } from '../server.ts'
import { arm, type Json, type Row } from '../world.ts'
import { adoptionOf } from './adoption.ts'
import { type Idiom, roleDocuments, setupOf } from './corpus.ts'
import { difference, fullState } from './state.ts'

/** What came of one statement on its way through the channel. */
export type Passage = {
  result: 'activated' | 'refused at stage' | 'refused' | 'failed'
  code: string | null
  message: string | null
  detail: Json
  hint: string | null
  /** In the one-line form, in canonical order. */
  effects: string[]
  classes: string[]
  rollback: string | null
}

export type Outcome = {
  idiom: Idiom
  /** The server's version. */
  major: number
  form: 'sql' | 'roles'
  passage: Passage
  /** How many lines of the state are others after the activation. */
  changed: number
  /** The idiom's own undo, as a second migration; null where there is none or nothing was activated. */
  undo: Passage | null
  /** What of the state is not as it was after the undo. */
  undoDifference: string[] | null
  /** The same after the SQL of the proof, run as a superuser; an error of it is one line. */
  snapshotDifference: string[] | null
}

const people = ['ann', 'bob', 'carol', 'olga'] as const

const principals = people.map((name) => ({
  principal: name,
  nature: 'person',
  logins: [name],
  duties: [name === 'ann' ? 'author' : name === 'olga' ? 'operator' : 'approver'],
  groups: name === 'bob' || name === 'carol' ? ['dba'] : [],
}))

const policy = {
  name: 'idioms',
  cluster: 'govern',
  quorum: [{ approvals: 2, groups: { dba: 1 } }],
  approval: { ttl: '7 days', signature: 'off' },
  rehearsal: { required: 'none' },
  effects: 'classes',
  drift: 'off',
  rollback: { required: false },
  timeouts: { lock: '2s', statement: '60s' },
  break_glass: { logins: ['postgres'] },
  // the corpus has an event trigger of its own
  waive: ['foreign_event_triggers'],
}

export type Lane = {
  /** Of the server's version. */
  major: number
  /** wayOut: what the superuser grants besides. */
  run(idiom: Idiom, wayOut?: string): Promise<Outcome>
  stop(): Promise<void>
}

/** On a cluster that nobody else uses. */
export async function openLane(server: TestServer): Promise<Lane> {
  const admin = connect(server.url)
  await admin`create database installed template template0`
  for (const name of people) await admin.unsafe(`create role ${name} login password 'levelb-test'`)
  await install(otherUrl(server.url, { database: 'installed' }), { bundle: bundleText() })
  const [row] = await admin`select current_setting('server_version_num')::int / 10000 as major`
  const major = row?.major as number
  return {
    major,
    run: (idiom, wayOut = '') => runIn(server, admin, idiom, adoptionOf(major) + wayOut, major),
    async stop() {
      await admin.end()
      await server.stop()
    },
  }
}

/** Connections of one world. `as` is one for each login; the superuser where none is named. */
type Sessions = {
  as(login?: string): Client
  /** Thrown away after use: text may leave settings in it. */
  fresh(login: string): Client
}

async function runIn(
  server: TestServer,
  admin: Client,
  idiom: Idiom,
  adopted: string,
  major: number,
): Promise<Outcome> {
  await admin`create database shop template installed strategy file_copy`
  const url = otherUrl(server.url, { database: 'shop' })
  const clients = new Map<string, Client>()
  const open = (login?: string) =>
    connect(login === undefined ? url : otherUrl(url, { login, password: 'levelb-test' }), { fetch_types: false })
  const keep = (key: string, login?: string) => {
    const client = clients.get(key) ?? open(login)
    clients.set(key, client)
    return client
  }
  try {
    return await walk(
      { as: (login) => keep(login ?? '', login), fresh: (login) => keep(`${clients.size}`, login) },
      idiom,
      adopted,
      major,
    )
  } finally {
    await keep('').unsafe(withoutSubscriptions)
    await Promise.all([...clients.values()].map((client) => client.end({ timeout: 0 })))
    await forget(admin)
  }
}

/** One that is left keeps the database from being dropped; its slot is on no server. */
const withoutSubscriptions = `do $do$ declare name text; begin
  for name in select quote_ident(subname) from pg_subscription loop
    execute 'alter subscription ' || name || ' disable';
    execute 'alter subscription ' || name || ' set (slot_name = none)';
    execute 'drop subscription ' || name;
  end loop;
end $do$`

/** The database, every role that the world or an idiom made, and rights to parameters, which outlive both. */
async function forget(admin: Client): Promise<void> {
  await admin.unsafe(`alter database shop with allow_connections true`)
  await admin`drop database shop with (force)`
  const rows = await admin<{ name: string }[]>`select quote_ident(rolname) as name from pg_roles
    where oid >= 16384 and rolname !~ '^levelb_' and rolname <> all(${[...people]})`
  const roles = rows.map((row) => row.name).join(', ')
  await admin.unsafe(`drop owned by ${roles}; drop role ${roles}`)
  const parameters = await admin<{ name: string }[]>`select parname as name from pg_parameter_acl
    where parname <> 'levelb.role_home'`
  for (const { name } of parameters)
    await admin.unsafe(`revoke all on parameter ${name} from public, levelb_deploy, levelb_roles cascade`)
}

async function walk(sessions: Sessions, idiom: Idiom, adopted: string, major: number): Promise<Outcome> {
  const sql = sessions.as()
  await sql.unsafe(setupOf(major))
  if (idiom.extra !== '') await sql.unsafe(idiom.extra)
  await sql.unsafe(adopted)
  await sql`select levelb.bootstrap(${sql.json(policy as never)}::jsonb, ${sql.json(principals as never)}::jsonb)`
  const before = await fullState(sql)

  const [apply, back] = stepsOf(idiom)
  const rollback: Json = back && 'apply' in back ? { rollback: back.apply } : {}
  let passage = await through(sessions, '0001_idiom', { ...apply, ...rollback })
  let undo: Passage | null = null
  if (String(passage.detail.field).endsWith('.rollback')) {
    // The statement is what is asked about here, so it is staged without its undo.
    undo = passage
    passage = await through(sessions, '0001_idiom', apply)
  }
  const changed = difference(before, await fullState(sql))
  const outcome = { idiom, major, form: 'roles' in apply ? ('roles' as const) : ('sql' as const), passage }
  if (passage.result !== 'activated') {
    if (changed.length > 0) throw new Error(`${idiom.id} was not activated and left\n${changed.join('\n')}`)
    return { ...outcome, changed: 0, snapshotDifference: null, undo: null, undoDifference: null }
  }
  const snapshotDifference = await afterSnapshot(sql, passage.rollback ?? '', before)
  if (back) undo ??= await through(sessions, '0002_undo', back)
  const undoDifference = undo?.result === 'activated' ? difference(before, await fullState(sql)) : null
  return { ...outcome, changed: changed.length, snapshotDifference, undo, undoDifference }
}

/** What is staged for the idiom, and for its undo: text, or the role document that stands for it. */
function stepsOf(idiom: Idiom): [Json, Json | null] {
  const document = roleDocuments[idiom.id]
  if (document) return [{ roles: document.apply }, document.undo ? { roles: document.undo } : null]
  return [{ apply: idiom.statement }, idiom.undo === '' ? null : { apply: idiom.undo }]
}

/**
 * Runs the SQL of a proof as a superuser would, and compares. It is a transaction of its own, which is not let to its
 * COMMIT: so that the undo meets what it is there to undo.
 */
async function afterSnapshot(sql: Client, rollback: string, before: readonly string[]): Promise<string[]> {
  const inside = /^begin;\n([\s\S]*)commit;\n$/.exec(rollback)?.[1]
  if (inside === undefined) return ['! it is not one transaction']
  await sql.unsafe('begin')
  try {
    await sql.unsafe(inside)
    return difference(before, await fullState(sql))
  } catch (error) {
    return [`! ${(error as Error).message}`]
  } finally {
    await sql.unsafe('rollback')
  }
}

/** stage, approve twice, activate. Names resolve asthey do in psql, for which the corpus is written. */
async function through(sessions: Sessions, id: string, step: Json): Promise<Passage> {
  const steps = [{ name: 'statement', ...step }]
  const given = { title: 'An idiom', description: 'Of the corpus', search_path: 'public', steps }
  const ann = sessions.as('ann')
  let hash: unknown
  try {
    const [row] = await ann`select manifest_hash from levelb.stage(${id}, ${ann.json(given as never)})`
    hash = row?.manifest_hash
  } catch (error) {
    return { ...nothing, ...wordsOf(error as Thrown), result: 'refused at stage' }
  }
  for (const approver of ['bob', 'carol']) {
    const sql = sessions.as(approver)
    await sql`select levelb.approve(${id}, ${hash as Buffer})`
  }
  const olga = sessions.fresh('olga')
  await arm(olga)
  try {
    const [row] = await olga`select * from levelb.activate(${id})`
    return await passageOf(sessions.as(), row as Row)
  } catch (error) {
    return { ...nothing, ...wordsOf(error as Thrown), result: 'failed' }
  }
}

type Thrown = { code?: string; message: string; detail?: string; hint?: string }

const nothing = { effects: [], classes: [], rollback: null }

function wordsOf(error: Thrown): Pick<Passage, 'code' | 'message' | 'detail' | 'hint'> {
  let detail: Json = {}
  try {
    detail = JSON.parse(error.detail ?? '{}') as Json
  } catch {
    detail = { text: error.detail }
  }
  return { code: error.code ?? null, message: error.message, detail, hint: error.hint ?? null }
}

async function passageOf(sql: Client, row: Row): Promise<Passage> {
  const error = row.error as Thrown | null
  const effects = await sql`select levelb.effect_text(e) as line, e.class
    from jsonb_populate_recordset(null::levelb.effect, ${sql.json(row.effects as never)}::jsonb) e`
  return {
    ...(error === null
      ? { code: null, message: null, detail: {}, hint: null }
      : wordsOf({ ...error, code: row.code as string })),
    result: row.outcome as Passage['result'],
    effects: effects.map((effect) => effect.line as string),
    classes: [...new Set(effects.map((effect) => effect.class as string))].sort(),
    rollback: row.rollback_snapshot as string | null,
  }
}
