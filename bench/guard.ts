// What the guard costs those who change nothing that is protected: npm run bench:guard [-- --rounds 400] [-- --json]
//
// Databases of one server take turns: without levelb, with it, and with protected schemas besides. Milliseconds of one
// machine are noisy: read the ratios. The limit is 1.3 for CREATE TABLE, and 1.0 for rows, give or take the noise.

import Table from 'cli-table3'
import postgres, { type Sql } from 'postgres'
import { startEmbedded } from '../src/index.ts'
import { createWorld } from './worlds.ts'

const at = process.argv.indexOf('--rounds')
const rounds = at < 0 ? 400 : Number(process.argv[at + 1])

type Case = { name: string; statements: (i: number) => string; undo?: (i: number) => string; limit?: number }

const cases: Case[] = [
  {
    name: 'CREATE TABLE with a key',
    statements: (i) => `create table other.t${i} (id int primary key, a text, b text)`,
    undo: (i) => `drop table other.t${i}`,
    limit: 1.3,
  },
  {
    name: 'CREATE TABLE',
    statements: (i) => `create table other.t${i} (id int, a text, b text)`,
    undo: (i) => `drop table other.t${i}`,
    limit: 1.3,
  },
  {
    name: 'CREATE TEMP TABLE',
    statements: (i) => `create temp table t${i} (id int, a text, b text)`,
    undo: (i) => `drop table pg_temp.t${i}`,
    limit: 1.3,
  },
  {
    name: 'ALTER TABLE ADD COLUMN',
    statements: (i) => `alter table other.kept add column c${i} int`,
    undo: (i) => `alter table other.kept drop column c${i}`,
  },
  {
    name: 'GRANT',
    statements: (i) => `${i % 2 ? 'revoke' : 'grant'} select on other.kept ${i % 2 ? 'from' : 'to'} public`,
  },
  { name: 'INSERT', statements: (i) => `insert into other.kept values (${i})`, limit: 1.05 },
  { name: 'UPDATE', statements: (i) => `update other.kept set id = id where id = ${i}`, limit: 1.05 },
]

const server = await startEmbedded({ databases: ['without', 'installed', 'protecting'] })
try {
  const worlds = await Promise.all(['without', 'installed', 'protecting'].map((name) => connect(name)))
  for (const name of ['installed', 'protecting'])
    await (await createWorld(server, name, { tables: 0, functions: 0 })).root.end()
  await protect()
  for (const { sql } of worlds) await sql.unsafe('create schema other; create table other.kept (id int)')
  const found = []
  for (const one of cases) found.push({ ...one, ms: await measure(worlds, one) })
  for (const { sql } of worlds) await sql.end()
  report(found)
} finally {
  await server.stop()
}

type World = { name: string; sql: Sql }

async function connect(name: string): Promise<World> {
  const url = new URL(server.url)
  url.pathname = `/${name}`
  return { name, sql: postgres(url.href, { max: 1, fetch_types: false, onnotice: () => {} }) }
}

/** Ten schemas, by the hand of a superuser: what is measured is what the guard reads. */
async function protect(): Promise<void> {
  const { sql } = await connect('protecting')
  await sql.unsafe(`
    do $$ begin for i in 1..10 loop execute format('create schema p%s', i); end loop; end $$;
    set session_replication_role = replica;
    alter event trigger levelb_ddl_command_end disable;
    alter table levelb._protected disable trigger user;
    insert into levelb._protected select oid, nspname, 'full', '{}', false from pg_namespace where nspname ~ '^p[0-9]+$';
    alter table levelb._protected enable always trigger levelb_10_channel_only;
    alter table levelb._protected enable always trigger levelb_30_no_truncate;
    alter event trigger levelb_ddl_command_end enable always`)
  await sql.end()
}

async function measure(worlds: World[], one: Case): Promise<Record<string, number>> {
  const took: Record<string, number[]> = {}
  for (let i = 0; i < rounds + 20; i++) {
    for (const { name, sql } of worlds) {
      const started = performance.now()
      await sql.unsafe(one.statements(i))
      if (i >= 20) took[name] = [...(took[name] ?? []), performance.now() - started]
      if (one.undo) await sql.unsafe(one.undo(i))
    }
  }
  return Object.fromEntries(
    Object.entries(took).map(([name, all]) => [name, all.sort((a, b) => a - b)[all.length >> 1] ?? 0]),
  )
}

function report(found: (Case & { ms: Record<string, number> })[]): void {
  const ratio = (ms: Record<string, number>, name: string) => (ms[name] ?? 0) / (ms.without ?? 1)
  if (process.argv.includes('--json')) {
    console.log(JSON.stringify({ rounds, cases: found.map(({ name, ms, limit }) => ({ name, ms, limit })) }, null, 2))
    return
  }
  const table = new Table({
    head: ['median', 'without levelb', 'installed', 'ratio', '10 protected', 'ratio', 'limit'],
    style: { head: [], border: [] },
  })
  const ms = (value = 0) => `${value.toFixed(3)} ms`
  for (const one of found) {
    table.push([
      one.name,
      ms(one.ms.without),
      ms(one.ms.installed),
      ratio(one.ms, 'installed').toFixed(2),
      ms(one.ms.protecting),
      ratio(one.ms, 'protecting').toFixed(2),
      one.limit ?? '',
    ])
  }
  console.log(table.toString())
}
