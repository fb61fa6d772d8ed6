// What one activation costs, by step: npm run bench [-- --rounds 40] [-- --tables 10000]
// Figures of one machine are noisy: read the shares and ratios, which come from one run.

import Table from 'cli-table3'
import postgres, { type Sql } from 'postgres'
import { install, startEmbedded } from '../src/index.ts'

const option = (name: string, otherwise: number): number => {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? otherwise : Number(process.argv[at + 1])
}
const rounds = option('rounds', 30)
const tables = option('tables', 1000)

const policy = {
  name: 'bench',
  quorum: [{ approvals: 2 }],
  approval: { signature: 'off' },
  effects: 'classes',
  rollback: { required: false },
  break_glass: { logins: ['postgres'] },
}
const cast = { alice: 'author', bob: 'approver', carol: 'approver', erin: 'operator' }

/** Functions of activate that are steps of their own, with what they do. */
const steps: Record<string, string> = {
  _enter: '1 identity',
  _clean_start: '1 clean start',
  _is_direct: '1   of it: is the call direct',
  _lock_for_activation: '2 gates',
  _channel_problem: '3 channel intact',
  _row_versions: '3   of it: rows as installed',
  _judge: '3 judge',
  _unready: '3 readiness',
  _run_steps: '5 and 6 run, close',
  _session_now: '5   of it: look at the session (twice)',
  execute_step: '5   of it: the text',
  _rows_touched: '7 rows touched (twice)',
  _read_back: '7 compare, render',
  _check_effects_approved: '7 effects approved',
  _record_activation: '8 record',
  _seal: '8   of it: seal',
  activate: 'all of it',
}

const server = await startEmbedded({ databases: ['bench'] })
try {
  await run()
} finally {
  await server.stop()
}

async function run(): Promise<void> {
  const root = connect('postgres')
  for (const login of Object.keys(cast)) await root.unsafe(`create role ${login} login password 'bench'`)
  await install(urlOf('postgres'))
  await root.unsafe(`alter database bench set track_functions = 'all'`)
  await root`select levelb.bootstrap(${root.json(policy)}, ${root.json(
    Object.entries(cast).map(([name, duty]) => ({
      principal: name,
      nature: 'person',
      logins: [name],
      duties: [duty],
      groups: [],
    })),
  )})`
  await root.unsafe(
    'create schema shop authorization levelb_deploy; create table shop.t (id int); alter table shop.t owner to levelb_deploy',
  )

  const empty = await measure(root, 'empty')
  await root.unsafe(`do $$ begin for i in 1..${tables} loop
    execute format('create table shop.t%s (id int primary key check (id > 0), a int, b text, c text, d text)', i);
    if i % 1000 = 0 then commit; end if; end loop; end $$`)
  const full = await measure(root, 'full')
  const table = new Table({
    head: ['ms per activation, median', 'first call of a connection', 'later calls', `later, ${tables} tables`],
    style: { head: [], border: [] },
  })
  table.push(
    ['round trip', ms(empty.cold.wall), ms(empty.warm.wall), ms(full.warm.wall)],
    ...Object.entries(steps).map(([name, what]) => [
      what,
      ms(empty.cold.by[name]),
      ms(empty.warm.by[name]),
      ms(full.warm.by[name]),
    ]),
  )
  console.log(table.toString())
  console.log(
    `one GRANT, ${rounds} rounds each; ${tables} tables cost ${(full.warm.wall / empty.warm.wall).toFixed(2)} times an empty schema`,
  )
  await root.end()
}

type Cost = { wall: number; by: Record<string, number> }

async function measure(root: Sql, name: string): Promise<{ cold: Cost; warm: Cost }> {
  const ids = await prepared(name, 2 * rounds + 2)
  const cold = await timed(root, ids.slice(0, rounds), async (id) => {
    const sql = connect('erin')
    await sql`select set_config('statement_timeout', '60000', false)`
    const started = performance.now()
    await activated(sql, id)
    const took = performance.now() - started
    await sql.end()
    return took
  })
  const erin = connect('erin')
  await erin`select set_config('statement_timeout', '60000', false)`
  for (const id of ids.slice(rounds, rounds + 2)) await activated(erin, id)
  const warm = await timed(
    root,
    ids.slice(rounds + 2),
    async (id) => {
      const started = performance.now()
      await activated(erin, id)
      return performance.now() - started
    },
    () => erin.end(),
  )
  return { cold, warm }
}

/** Stages and approves that many migrations, each granting and revoking alternately, so that each has an effect. */
async function prepared(name: string, count: number): Promise<string[]> {
  const [alice, bob, carol] = [connect('alice'), connect('bob'), connect('carol')]
  const ids: string[] = []
  for (let i = 0; i < count; i++) {
    const id = `${name}_${i}`
    const apply = i % 2 ? 'revoke select on shop.t from public' : 'grant select on shop.t to public'
    const document = { title: id, description: 'bench', classes: ['acl'], steps: [{ name: 'one', apply }] }
    const [row] = await alice`select manifest_hash from levelb.stage(${id}, ${alice.json(document)})`
    for (const sql of [bob, carol]) await sql`select levelb.approve(${id}, ${row?.manifest_hash})`
    ids.push(id)
  }
  await Promise.all([alice.end(), bob.end(), carol.end()])
  return ids
}

async function activated(sql: Sql, id: string): Promise<void> {
  const [row] = await sql`select * from levelb.activate(${id})`
  if (row?.outcome !== 'activated') throw new Error(`${id}: ${JSON.stringify(row)}`)
}

async function timed(
  root: Sql,
  ids: string[],
  call: (id: string) => Promise<number>,
  after: () => Promise<unknown> = async () => {},
): Promise<Cost> {
  await root`select pg_stat_reset()`
  const walls: number[] = []
  for (const id of ids) walls.push(await call(id))
  // Backends write their statistics when they end, or when they are idle for a moment.
  await after()
  await new Promise((resolve) => setTimeout(resolve, 1500))
  const rows = await root<
    { funcname: string; total: number }[]
  >`select funcname, sum(total_time)::float8 as total from pg_stat_user_functions group by funcname`
  const by = Object.fromEntries(rows.map((row) => [row.funcname, row.total / ids.length]))
  return { wall: median(walls), by }
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

function ms(value: number | undefined): string {
  return value === undefined ? '' : value.toFixed(2)
}

function connect(login: string): Sql {
  return postgres(urlOf(login), { max: 1, fetch_types: false, onnotice: () => {} })
}

function urlOf(login: string): string {
  const url = new URL(server.url)
  url.pathname = '/bench'
  if (login !== 'postgres') Object.assign(url, { username: login, password: 'bench' })
  return url.href
}
