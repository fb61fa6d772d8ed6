// The databases that the benchmark compares, on one throw-away server: what they hold, who acts in them, and how one of
// them prepares and activates migrations.

import postgres, { type Sql } from 'postgres'
import type { Server } from '../src/embedded.ts'
import { install } from '../src/index.ts'

export type World = { database: string; root: Sql; connect: (login: string) => Sql }

type Size = { tables: number; functions: number }

const cast = { alice: 'author', bob: 'approver', carol: 'approver', erin: 'operator' }

const policy = {
  name: 'bench',
  // one database of a cluster could govern it, and then the databases would differ in that too
  cluster: 'ignore',
  quorum: [{ approvals: 2 }],
  approval: { signature: 'off' },
  effects: 'classes',
  drift: 'off',
  // how long a rehearsal takes is what is asked
  rehearsal: { required: 'none', max_seconds: 60, max_hold: '60 s' },
  rollback: { required: false },
  break_glass: { logins: ['postgres'] },
}

/** A database with levelb, what the cases change, and as much else as size says. */
export async function createWorld(server: Server, database: string, size: Size): Promise<World> {
  const connect = (login: string): Sql =>
    postgres(urlOf(server, database, login), { max: 1, fetch_types: false, onnotice: () => {} })
  const root = connect('postgres')
  await root.unsafe(
    Object.keys(cast)
      .map(
        (login) =>
          `do $$ begin create role ${login} login password 'bench'; exception when duplicate_object then end $$`,
      )
      .join(';'),
  )
  await install(urlOf(server, database, 'postgres'))
  const principals = Object.entries(cast).map(([name, duty]) => ({
    principal: name,
    nature: 'person',
    logins: [name],
    duties: [duty],
    groups: [],
  }))
  await root`select levelb.bootstrap(${root.json(policy)}, ${root.json(principals)})`
  await root.unsafe(`
    alter database "${database}" set track_functions = 'all';
    create schema shop authorization levelb_deploy; create schema more authorization levelb_deploy;
    grant create on database "${database}" to levelb_deploy;
    set role levelb_deploy;
    create table shop.t (id int primary key check (id > 0), a int);
    create view shop.v as select id from shop.t;
    do $$ begin for i in 1..20 loop execute format('create table shop.s%s (id int)', i); end loop; end $$`)
  await root.unsafe(`do $$ begin for i in 1..${size.tables} loop
    execute format('create table more.t%s (id int primary key check (id > 0), a int, b text, c text, d text)', i);
    if i % 1000 = 0 then commit; set role levelb_deploy; end if; end loop; end $$`)
  await root.unsafe(`do $$ begin for i in 1..${size.functions} loop
    execute format('create function more.f%s(a int, b text default ''x'') returns text language plpgsql as %L', i,
      'begin return b || a; end');
    if i % 3 = 0 then
      execute format('create view more.v%s as select s.id, more.f%s(s.id) as f from shop.t s where s.a > %s', i, i, i);
    end if; end loop; end $$`)
  await root.unsafe('reset role')
  // what was made here past the channel is taken for right
  await root`select levelb.rebind('the database is filled')`
  // A database of that size has been vacuumed and analysed long since, and so has what levelb knows of it.
  await root.unsafe('vacuum analyze')
  return { database, root, connect }
}

export function urlOf(server: Server, database: string, login: string): string {
  const url = new URL(server.url)
  url.pathname = `/${database}`
  if (login !== 'postgres') Object.assign(url, { username: login, password: 'bench' })
  return url.href
}

/** Stages and approves one migration for each text. */
export async function prepare(world: World, name: string, classes: string[], texts: string[]): Promise<string[]> {
  return approve(
    world,
    texts.map((apply, i) => [`${name}_${i}`, { classes, steps: [{ name: 'one', apply }] }]),
  )
}

/** Stages and approves documents as they are. */
export async function approve(world: World, documents: [string, object][]): Promise<string[]> {
  const [alice, bob, carol] = ['alice', 'bob', 'carol'].map(world.connect) as [Sql, Sql, Sql]
  try {
    for (const [id, document] of documents) {
      const whole = JSON.stringify({ title: id, description: 'bench', ...document })
      const [row] = await alice`select manifest_hash from levelb.stage(${id}, ${whole}::text::jsonb)`
      for (const sql of [bob, carol]) await sql`select levelb.approve(${id}, ${row?.manifest_hash})`
    }
  } finally {
    await Promise.all([alice.end(), bob.end(), carol.end()])
  }
  return documents.map(([id]) => id)
}

/** A session of the operator, as activate wants it. */
export async function operator(world: World): Promise<Sql> {
  const erin = world.connect('erin')
  await erin`select set_config('statement_timeout', '60000', false)`
  return erin
}

export async function activate(sql: Sql, id: string): Promise<void> {
  const [row] = await sql`select * from levelb.activate(${id})`
  if (row?.outcome !== 'activated') throw new Error(`${id}: ${JSON.stringify(row)}`)
}

/** Switches the drift check on, by a migration as everybody would; false where this version has none. */
export async function refuseDrift(world: World): Promise<boolean> {
  try {
    await approve(world, [
      ['drift_on', { kind: 'policy', classes: ['governance'], payload: { ...policy, drift: 'refuse' } }],
    ])
  } catch (error) {
    if ((error as { code?: string }).code === 'LB012') return false
    throw error
  }
  const erin = await operator(world)
  await activate(erin, 'drift_on')
  await erin.end()
  return true
}
