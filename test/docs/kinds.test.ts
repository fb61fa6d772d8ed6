// docs/kinds.md: each document is staged, approved and activated, and has the effects that stand under it.
import { expect, test } from 'vitest'
import { freshDatabase } from '../database.ts'
import { arm, type Json } from '../world.ts'
import { blocks } from './console.ts'

const page = (name: string) => new URL(`../../docs/${name}`, import.meta.url)
const people = ['alice', 'bob', 'carol', 'carol_admin', 'dave', 'erin', 'frank', 'ci']

/** The company that install.md bootstraps; its logins stand for this test's, names of principals stay. */
async function company() {
  const database = await freshDatabase()
  await Promise.all(people.map((name) => database.urlOf(name)))
  const superusers = (await database.sql`select rolname from pg_roles where rolsuper and rolcanlogin`).map(
    (row) => row.rolname as string,
  )
  const login = (name: string) => (name === 'postgres' ? superusers : [database.role(name)])
  const here = (text: string): Json =>
    JSON.parse(text, (key, value) => {
      if (key === 'logins') return (value as string[]).flatMap(login)
      if (key === 'migrators') return (value as string[]).map(database.role)
      // other tests of this cluster may govern
      return key === 'cluster' ? 'ignore' : value
    }) as Json
  const documents = (call: string) =>
    [...call.matchAll(/'([{[][\s\S]*?[}\]])'/g)].map((found) => database.sql.json(here(found[1] ?? '') as never))
  const [bootstrap = ''] = blocks(page('install.md'), 'sql')
  const [policy, principals] = documents(bootstrap)
  await database.sql`select levelb.bootstrap(${policy as never}, ${principals as never})`
  return { ...database, here, documents }
}

test('docs › the rebootstrap of install.md gives the database back to the people it names', async () => {
  const { sql, documents } = await company()
  const call = blocks(page('install.md'), 'sql').find((block) => block.includes('levelb.rebootstrap(')) ?? ''
  const [policy, principals] = documents(call)
  await sql`select levelb.rebootstrap(${policy as never}, ${principals as never}, 'bob and dave have left')`
  expect(await sql`select principal from levelb.active_principal order by 1`).toEqual(
    ['alice', 'carol', 'ci'].map((principal) => ({ principal })),
  )
  expect(await sql`select levelb.mode() as mode`).toEqual([{ mode: 'OPERATOR_HANDOFF' }])
})

test('docs › the documents of kinds.md do what the page says, one after the other', async () => {
  const database = await company()
  const { sql, here, role } = database
  for (const name of ['dbmate', 'shop_app']) await database.urlOf(name)
  await sql.unsafe(`
    create schema billing authorization ${role('dbmate')};
    create schema shop authorization ${role('shop_app')};
    grant create on database ${database.name} to levelb_deploy;
    set role ${role('shop_app')};
    create table shop.orders (id int primary key, status text);
    create view shop.open_order as select id from shop.orders where status = 'open';
    reset role;
    grant ${role('shop_app')} to levelb_deploy`)
  const documents = blocks(page('kinds.md'), 'json')
  const effects = blocks(page('kinds.md'), 'effects')
  expect(effects.length).toBe(documents.length)
  const alice = await database.as('alice')
  for (const [index, text] of documents.entries()) {
    const id = `000${index + 1}_page`
    const [manifest] = await alice`select manifest_hash from levelb.stage(${id}, ${alice.json(here(text) as never)})`
    for (const name of index < 2 ? ['bob', 'dave'] : ['bob', 'carol']) {
      const approver = await database.as(name)
      await approver`select * from levelb.approve(${id}, ${manifest?.manifest_hash as Buffer})`
    }
    const ci = await database.as('ci')
    await arm(ci)
    expect(await ci`select outcome, code, error from levelb.activate(${id})`).toEqual([
      { outcome: 'activated', code: null, error: null },
    ])
    const printed = await sql<{ line: string }[]>`
      select levelb.effect_text(e) as line from levelb.proof p, jsonb_populate_recordset(null::levelb.effect, p.effects) e
       where p.migration_id = ${id}`
    const lines = printed.map(({ line }) => line.replaceAll(database.role(''), ''))
    expect(lines).toEqual(expect.arrayContaining((effects[index] ?? '').trim().split('\n')))
  }
  expect(await sql`select levelb.resolve('orders') as target`).toEqual([{ target: 'app.orders_v2' }])
  expect(await sql`select levelb.mode() as mode`).toEqual([{ mode: 'OPERATOR_HANDOFF' }])
})
