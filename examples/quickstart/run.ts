// The main job, from files to a committed proof, on a throw-away server: npm run quickstart [-- --json]
// Read it as an operator's script: every step is a generated caller on the connection of whoever does it.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import postgres, { type Sql } from 'postgres'
import {
  activate,
  approve,
  bootstrap,
  LevelbError,
  mode,
  QuorumNotMet,
  quorum,
  readiness,
  readMigration,
  stage,
  startEmbedded,
  verifyLedger,
} from '../../src/index.ts'
import { install } from '../../src/install.ts'
import { asRow, Report } from './report.ts'

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url))
const json = (name: string) => JSON.parse(readFileSync(here(name), 'utf8'))
const report = new Report(process.argv.includes('--json'))

const server = await startEmbedded({ databases: ['shop'] })
const clients: Sql[] = []
try {
  await quickstart()
  report.end()
} finally {
  await Promise.all(clients.map((sql) => sql.end({ timeout: 5 })))
  await server.stop()
}

async function quickstart(): Promise<void> {
  const root = connect('postgres')
  const principals = json('principals.json')
  await makeLogins(root, ['shop_app', ...principals.flatMap((one: { logins: string[] }) => one.logins)])
  await root.unsafe(readFileSync(here('schema.sql'), 'utf8'))
  const [owned] =
    await root`select count(*)::int as n from pg_class where relowner = 'shop_app'::regrole and relkind in ('r', 'v')`
  report.say(
    'a shop',
    `the application's login shop_app owns ${owned?.n} tables and views, and PUBLIC may read the card tokens`,
  )

  const { version, database } = await install(urlOf('postgres'))
  report.say('install', `levelb ${version} in database ${database}`)

  const first = await bootstrap(root, { policy: json('policy.json'), principals })
  report.say(
    'bootstrap',
    `${principals.length} principals, two approvals for everything, one of them a dba; ledger entry 1 at ${first.at}`,
  )

  // A superuser's one statement: an owner can only be changed by a role that has the owner's rights.
  const takeover = 'grant shop_app to levelb_deploy'
  await root.unsafe(takeover)
  report.say('superuser', `${takeover};`, 'so that levelb_deploy may take over what shop_app owns')
  const frank = connect('frank')
  report.say('readiness', await itemOf(frank, 'takeover'), `mode ${await mode(frank)}`)

  const { migrationId, document } = readMigration(here('0001_take_shop_from_the_app'))
  const alice = connect('alice')
  const manifest = await stage(alice, { migrationId, document })
  report.say(
    'alice stages',
    `${manifest.migrationId} revision ${manifest.revision}`,
    `manifest ${hex(manifest.manifestHash)}`,
  )

  await refused('alice activates', activate(urlOf('alice'), { migrationId }))
  await refused('erin activates', activate(urlOf('erin'), { migrationId }))

  for (const name of ['bob', 'carol']) {
    const approval = await approve(connect(name), {
      migrationId,
      manifestHash: manifest.manifestHash,
      reason: 'read and agreed',
    })
    const state = await quorum(connect(name), { migrationId })
    report.say(
      `${name} approves`,
      `${state.approvalsMet} of ${state.approvalsNeeded} approvals, ${state.met ? 'quorum met' : `missing ${state.missing}`}`,
      `until ${approval.expiresAt}`,
    )
  }

  const proof = await activate(urlOf('erin'), { migrationId })
  report.say(
    'erin activates',
    `${proof.outcome} as transaction ${proof.transactionId}`,
    `${proof.effects.length} effects, approved by ${proof.approvals.map((one) => one.principal).join(' and ')}`,
  )
  for (const line of await effectLines(frank, proof.activationId)) report.add(line)

  await root.unsafe('revoke shop_app from levelb_deploy')
  report.say('superuser', 'revoke shop_app from levelb_deploy;', await itemOf(frank, 'takeover'))
  const app = connect('shop_app')
  const [orders] = await app`select count(*)::int as n from shop.open_order`
  await refused('shop_app drops a table', app`drop table shop.customer`)
  report.say('shop_app works on', `${orders?.n} open orders`)

  await refused(
    'superuser edits the proof',
    root`update levelb.activation set operator = 'nobody' where activation_id = ${proof.activationId.toString()}`,
  )

  const ledger = await verifyLedger(frank)
  report.say(
    'frank verifies',
    `ledger ${ledger.ok ? 'ok' : `broken: ${ledger.problem}`}, ${ledger.entries} entries`,
    `root ${hex(ledger.root)}`,
  )
  report.result({ proofs: [asRow(proof)], ledger: asRow(ledger) })
}

function urlOf(login: string): string {
  const url = new URL(server.url)
  url.pathname = '/shop'
  if (login !== 'postgres') {
    url.username = login
    url.password = 'quickstart'
  }
  return url.href
}

function connect(login: string): Sql {
  const sql = postgres(urlOf(login), { max: 1, onnotice: () => {} })
  clients.push(sql)
  return sql
}

async function makeLogins(root: Sql, logins: string[]): Promise<void> {
  for (const login of logins) await root.unsafe(`create role ${login} login password 'quickstart'`)
}

/** Runs what must be refused, and reports how; a quickstart in which it goes through has failed. */
async function refused(what: string, attempt: PromiseLike<unknown>): Promise<void> {
  try {
    await attempt
  } catch (error) {
    if (error instanceof QuorumNotMet) {
      const { activationId } = error.row as { activationId: bigint }
      const { missing } = error.detail as { missing: string }
      report.refused(what, `${error.code} ${error.message}: ${missing}`, `recorded as activation ${activationId}`)
    } else if (error instanceof LevelbError) {
      report.refused(what, `${error.code} ${error.message}`)
    } else {
      const { code, message } = error as { code: string; message: string }
      report.refused(what, `${code} ${message}`, ...(code.startsWith('LB') ? [] : ['by PostgreSQL itself']))
    }
    return
  }
  throw new Error(`${what}: it was not refused`)
}

async function itemOf(sql: Sql, item: string): Promise<string> {
  const found = (await readiness(sql)).find((one) => one.item === item)
  return `${item}: ${found?.detail}`
}

/** The effects of a proof as a DBA reads them. */
async function effectLines(sql: Sql, activationId: bigint): Promise<string[]> {
  const rows = await sql<{ line: string }[]>`
    select levelb.effect_text(e) as line
      from levelb.proof p, jsonb_populate_recordset(null::levelb.effect, p.effects) e
     where p.activation_id = ${activationId.toString()}`
  return rows.map((row) => row.line)
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
