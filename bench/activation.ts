// What an activation costs, and how that grows: npm run bench [-- --rounds 30] [-- --tables 10000] [-- --json]
//
// Three databases of one server take turns, an empty one, one with tables and one with code, so that whatever else the
// machine does meets all of them. Milliseconds of one machine are noisy: read the ratios.

import Table from 'cli-table3'
import type { Server } from '../src/embedded.ts'
import { startEmbedded } from '../src/index.ts'
import { activate, createWorld, operator, prepare, refuseDrift, type World } from './worlds.ts'

const option = (name: string, otherwise: number): number => {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? otherwise : Number(process.argv[at + 1])
}
const rounds = option('rounds', 30)
const tables = option('tables', 10_000)
const functions = option('functions', 1000)

/** What is measured: migrations whose two texts undo each other, so that each has effects. */
type Case = { name: string; classes: string[]; texts: [string, string]; rounds: number; isFirst?: boolean }

const few = Math.max(3, Math.ceil(rounds / 5))
const each = (statement: (i: number) => string): string =>
  Array.from({ length: 20 }, (_, i) => statement(i + 1)).join('; ')
const grant: Case = {
  name: 'one GRANT',
  classes: ['acl'],
  texts: ['grant select on shop.t to public', 'revoke select on shop.t from public'],
  rounds,
}
const grants: Case[] = [{ ...grant, name: 'one GRANT, first call of a connection', isFirst: true }, grant]
const others: Case[] = [
  {
    name: '20 GRANTs',
    classes: ['acl'],
    texts: [
      each((i) => `grant select on shop.s${i} to public`),
      each((i) => `revoke select on shop.s${i} from public`),
    ],
    rounds: few,
  },
  {
    name: 'a column, class structure',
    classes: ['structure'],
    texts: ['alter table shop.t add b int check (b > 0)', 'alter table shop.t drop b'],
    rounds: few,
  },
  {
    name: 'a view replaced, class repoint',
    classes: ['repoint'],
    texts: [
      'create or replace view shop.v as select id from shop.t where id > 1',
      'create or replace view shop.v as select id from shop.t',
    ],
    rounds: few,
  },
  {
    name: 'a view replaced inside DO',
    classes: ['repoint'],
    texts: [
      `do $$ begin execute 'create or replace view shop.v as select id from shop.t where id > 1'; end $$`,
      `do $$ begin execute 'create or replace view shop.v as select id from shop.t'; end $$`,
    ],
    rounds: few,
  },
  {
    name: 'extension btree_gist, made and dropped',
    classes: ['extension'],
    texts: ['create extension btree_gist schema shop', 'drop extension btree_gist'],
    rounds: 4,
  },
]
const queries = ['select levelb.mode()', 'select count(*) from levelb.readiness()']

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
  _tids_touched: '7   of it: where they are',
  _read_back: '7 compare, render',
  _check_effects_approved: '7 effects approved',
  _record_activation: '8 record',
  _seal: '8   of it: seal',
  activate: 'all of it',
}

type Costs = Record<string, number>
type Measured = { name: string; ms: Costs; limit?: number }

let batch = 0

const server = await startEmbedded({ databases: ['empty', 'full', 'code'] })
try {
  report(await run(server))
} finally {
  await server.stop()
}

async function run(server: Server): Promise<{ measured: Measured[]; steps: Record<string, Costs> }> {
  const empty = await createWorld(server, 'empty', { tables: 0, functions: 0 })
  const full = await createWorld(server, 'full', { tables, functions: 0 })
  const code = await createWorld(server, 'code', { tables: 0, functions })
  const worlds = [empty, full, code]
  const measured: Measured[] = []
  const byStep: Record<string, Costs> = {}
  for (const one of grants) {
    measured.push({ name: one.name, ms: await measure(worlds, one), limit: 2 })
    for (const world of [empty, full]) byStep[`${world.database}${one.isFirst ? ', first' : ''}`] = await stepsOf(world)
  }
  for (const one of others) measured.push({ name: one.name, ms: await measure(worlds, one) })
  for (const query of queries) measured.push({ name: query, ms: await asked(worlds, query) })
  if (await refuseDrift(empty)) {
    for (const world of [full, code]) await refuseDrift(world)
    for (const one of grants)
      measured.push({ name: `${one.name}, drift checked`, ms: await measure(worlds, one), limit: 5 })
    measured.push({ name: 'drift(full => true)', ms: await asked(worlds, 'select count(*) from levelb.drift(true)') })
  }
  for (const world of worlds) await world.root.end()
  return { measured, steps: byStep }
}

async function measure(worlds: World[], one: Case): Promise<Costs> {
  const warmUp = one.isFirst ? 0 : 2
  // even, so that the next case finds things as they were
  const count = 2 * Math.ceil((one.rounds + warmUp) / 2)
  batch += 1
  const queue = await Promise.all(
    worlds.map(async (world) => {
      const texts = Array.from({ length: count }, (_, i) => one.texts[i % 2] ?? '')
      const ids = await prepare(world, `m${batch}`, one.classes, texts)
      await world.root`select pg_stat_reset()`
      return { world, ids, sql: one.isFirst ? undefined : await operator(world), took: [] as number[] }
    }),
  )
  for (let i = 0; i < count; i++) {
    for (const { world, ids, sql, took } of queue) {
      const session = sql ?? (await operator(world))
      const started = performance.now()
      await activate(session, ids[i] ?? '')
      if (i >= warmUp) took.push(performance.now() - started)
      if (session !== sql) await session.end()
    }
  }
  await Promise.all(queue.map(({ sql }) => sql?.end()))
  return Object.fromEntries(queue.map(({ world, took }) => [world.database, median(took)]))
}

/** Means per activation since the last measurement began. */
async function stepsOf(world: World): Promise<Costs> {
  // Backends write their statistics when they end.
  await new Promise((resolve) => setTimeout(resolve, 1500))
  const rows = await world.root<{ name: string; mean: number }[]>`
    select funcname as name, (sum(total_time) / max(sum(calls) filter (where funcname = 'activate')) over ())::float8 as mean
      from pg_stat_user_functions group by funcname`
  return Object.fromEntries(rows.map((row) => [row.name, row.mean]))
}

async function asked(worlds: World[], query: string): Promise<Costs> {
  const took: [string, number][] = []
  for (const world of worlds) {
    const sql = await operator(world)
    const all: number[] = []
    for (let i = 0; i < few; i++) {
      const started = performance.now()
      await sql.unsafe(query)
      all.push(performance.now() - started)
    }
    took.push([world.database, median(all)])
    await sql.end()
  }
  return Object.fromEntries(took)
}

function report({ measured, steps: byStep }: Awaited<ReturnType<typeof run>>): void {
  const ratio = (ms: Costs, world: string): number => (ms[world] ?? Number.NaN) / (ms.empty ?? Number.NaN)
  if (process.argv.includes('--json')) {
    const cases = measured.map((one) => ({
      ...one,
      ratio: { full: ratio(one.ms, 'full'), code: ratio(one.ms, 'code') },
    }))
    console.log(JSON.stringify({ tables, functions, rounds, cases, steps: byStep }, null, 2))
    return
  }
  const style = { head: [], border: [] }
  const spent = new Table({ head: ['ms per activation of one GRANT, mean', ...Object.keys(byStep)], style })
  for (const [name, what] of Object.entries(steps)) {
    spent.push([what, ...Object.values(byStep).map((costs) => ms(costs[name]))])
  }
  console.log(spent.toString())
  const grown = new Table({
    head: ['ms, median', 'empty', `${tables} tables`, 'times', `${functions} functions`, 'times', 'target: tables'],
    style,
  })
  for (const { name, ms: costs, limit } of measured) {
    const [full, code] = [ratio(costs, 'full'), ratio(costs, 'code')]
    const target = limit === undefined ? '' : `${limit} times: ${full <= limit ? 'met' : 'missed'}`
    grown.push([name, ms(costs.empty), ms(costs.full), full.toFixed(2), ms(costs.code), code.toFixed(2), target])
  }
  console.log(grown.toString())
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

function ms(value: number | undefined): string {
  return value === undefined ? '' : value.toFixed(2)
}
