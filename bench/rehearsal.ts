// What a rehearsal costs beside what it rehearses: npm run bench:rehearsal [-- --rounds 10] [-- --tables 100] [-- --json]
//
// The same texts run in a database without levelb, and in rehearsals on as many protected tables. They take turns, so that
// whatever else the machine does meets all of them. Milliseconds of one machine are noisy: read what is said of the limits.
// A rehearsal runs a text twice and its way back once, and says what it changed.

import Table from 'cli-table3'
import postgres, { type Sql } from 'postgres'
import { type Server, startEmbedded } from '../src/embedded.ts'
import { activate, approve, createWorld, operator, urlOf, type World } from './worlds.ts'

const option = (name: string, otherwise: number): number => {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? otherwise : Number(process.argv[at + 1])
}
const rounds = option('rounds', 10)
const tables = Math.max(20, option('tables', 100))

type Text = { name: string; classes: string[]; apply: string; rollback: string }

const each = (statement: (i: number) => string): string =>
  Array.from({ length: 20 }, (_, i) => statement(i + 1)).join('; ')
const texts: Text[] = [
  {
    name: 'one GRANT',
    classes: ['acl'],
    apply: 'grant select on kept.t1 to public',
    rollback: 'revoke select on kept.t1 from public',
  },
  {
    name: '20 columns',
    classes: ['structure'],
    apply: each((i) => `alter table kept.t${i} add column more int check (more > 0)`),
    rollback: each((i) => `alter table kept.t${i} drop column more`),
  },
  {
    name: 'an index on 300,000 rows',
    classes: ['structure'],
    apply: 'create index rows_by_b on kept.rows (b)',
    rollback: 'drop index kept.rows_by_b',
  },
]

/** Milliseconds, and the most that they should be: of the plain run of the same text, where it is a function of that. */
type Way = { name: string; run: (sql: Sql, text: Text) => Promise<void>; connect: () => Promise<Sql>; limit: Limit }
type Limit = (plain: number) => number
type Measured = { text: string; way: string; first: number; warm: number; limit: number; limitOfFirst: number }

const server = await startEmbedded({ databases: ['plain', 'gated'] })
try {
  report(await run(server))
} finally {
  await server.stop()
}

async function run(server: Server): Promise<Measured[]> {
  const world = await createWorld(server, 'gated', { tables: 0, functions: 0 })
  const plain = () => postgres(urlOf(server, 'plain', 'postgres'), { max: 1, fetch_types: false, onnotice: () => {} })
  const filler = plain()
  await filler.unsafe(`grant create on database plain to levelb_deploy; ${fill('kept')}`)
  await filler.end()
  await world.root.unsafe(fill('kept'))
  await world.root`select levelb.rebind('the database is filled')`
  await world.root.unsafe('alter database gated set track_functions = none')
  await world.root.unsafe('vacuum analyze')
  await protect(world)
  await prepare(world)
  const ways: Way[] = [
    { name: 'plain, rolled back', run: plainly, connect: async () => plain(), limit: () => Number.NaN },
    {
      name: 'rehearse_live',
      run: rehearse('levelb.rehearse_live'),
      connect: () => operator(world),
      limit: (ms) => 3 * ms + 50,
    },
    { name: 'sandbox', run: rehearse('levelb_sandbox.rehearse'), connect: () => author(world), limit: () => 1000 },
  ]
  const measured: Measured[] = []
  for (const text of texts) measured.push(...(await measure(ways, text)))
  await world.root.end()
  return measured
}

function fill(schema: string): string {
  return `create schema ${schema} authorization levelb_deploy; set role levelb_deploy;
    do $$ begin for i in 1..${tables} loop
      execute format('create table ${schema}.t%s (id int primary key check (id > 0), a int not null default 1, b text)', i);
    end loop; end $$;
    create table ${schema}.rows as select md5(i::text) as b from generate_series(1, 300000) i; reset role`
}

async function protect(world: World): Promise<void> {
  await approve(world, [
    [
      'protect',
      {
        kind: 'protect',

        payload: { schemas: [{ name: 'kept', level: 'full' }] },
      },
    ],
  ])
  const erin = await operator(world)
  await activate(erin, 'protect')
  await erin.end()
}

function idOf(text: Text): string {
  return `m${texts.indexOf(text)}`
}

async function prepare(world: World): Promise<void> {
  await approve(
    world,
    texts.map((text) => [
      idOf(text),
      { classes: text.classes, steps: [{ name: 'one', apply: text.apply, rollback: text.rollback }] },
    ]),
  )
}

async function author(world: World): Promise<Sql> {
  const alice = world.connect('alice')
  await alice`select set_config('statement_timeout', '60000', false)`
  return alice
}

async function plainly(sql: Sql, text: Text): Promise<void> {
  await sql.unsafe(`begin; set local role levelb_deploy; ${text.apply}; rollback`)
}

function rehearse(verb: string): Way['run'] {
  return async (sql, text) => {
    const [row] = await sql.unsafe(`select outcome, error from ${verb}($1)`, [idOf(text)])
    if (row?.outcome !== 'passed') throw new Error(`${verb} of ${text.name}: ${JSON.stringify(row)}`)
  }
}

async function measure(ways: Way[], text: Text): Promise<Measured[]> {
  const all = ways.map((way) => ({ way, first: [] as number[], warm: [] as number[] }))
  for (let i = 0; i < rounds; i++) {
    for (const { way, first, warm } of all) {
      const sql = await way.connect()
      await sql`select 1`
      for (const took of [first, warm, warm]) {
        const started = performance.now()
        await way.run(sql, text)
        took.push(performance.now() - started)
      }
      await sql.end()
    }
  }
  const plain = { first: median(all[0]?.first ?? []), warm: median(all[0]?.warm ?? []) }
  return all.map(({ way, first, warm }) => ({
    text: text.name,
    way: way.name,
    first: median(first),
    warm: median(warm),
    limitOfFirst: way.limit(plain.first),
    limit: way.limit(plain.warm),
  }))
}

function report(measured: Measured[]): void {
  if (process.argv.includes('--json')) {
    console.log(JSON.stringify({ tables, rounds, measured }, null, 2))
    return
  }
  const table = new Table({
    head: [`ms, median, ${tables} tables`, '', 'first call', 'limit', 'warm', 'limit'],
    style: { head: [], border: [] },
  })
  const said = (took: number, limit: number) =>
    Number.isNaN(limit) ? '' : `${limit.toFixed(0)}: ${took <= limit ? 'met' : 'missed'}`
  for (const one of measured) {
    table.push([
      one.text,
      one.way,
      one.first.toFixed(1),
      said(one.first, one.limitOfFirst),
      one.warm.toFixed(1),
      said(one.warm, one.limit),
    ])
  }
  console.log(table.toString())
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
