// One cluster, many databases: exactly one governs what belongs to the cluster, and principals belong to the database.
import { beforeAll, describe, expect, test } from 'vitest'
import { connect } from '../client.ts'
import { cluster, freshDatabase, type TestDatabase } from '../database.ts'
import { failure, lines } from '../effects/effects.ts'
import { backendPid, waitUntilBlocked } from '../steps.ts'
import { documentOf, type Json, policy, principalsOf, refusal, type World, world } from '../world.ts'
import { documentOfKind, nextId, person, policyWith, throughKind } from './documents.ts'

let home: World
let other: World

beforeAll(async () => {
  home = await world({ policy: { cluster: 'govern' } })
  other = await world()
})

const roleHome = async (w: World) => (await w.sql`select levelb._role_home() as home`)[0]?.home
const document = (w: World, name: string): Json => ({
  ...documentOf('x'),
  steps: [{ name: 'one', roles: { create: [{ name: w.role(name) }] } }],
})

describe('enrolment', () => {
  test('and disabling in one database do not touch the other', async () => {
    const enrol = [await person(home, 'both')]
    for (const w of [home, other]) await throughKind(w, 'principal', { enrol })
    await throughKind(other, 'principal', { disable: [{ principal: 'both', reason: 'left this team' }] })
    const login = await home.urlOf('both')
    const says = async (w: World) => {
      const sql = connect(login.replace(home.name, w.name))
      try {
        return await sql`select levelb.quorum('0001_none')`.catch((error: { code: string }) => error.code)
      } finally {
        await sql.end()
      }
    }
    expect([await says(home), await says(other)]).toEqual(['LB002', 'LB201'])
  })
})

describe('a database that ignores the cluster', () => {
  test('refuses role documents, a claim of class role and such effects when they are staged, and names the other', async () => {
    const effect = { class: 'role', object_type: 'role', identity: 'x', attribute: 'login', before: null, after: 'on' }
    const found = []
    for (const staged of [
      document(other, 'r'),
      documentOf('select 1', { classes: ['acl', 'role'] }),
      documentOf('select 1', { effects: [effect] }),
    ])
      found.push(await refusal(other.stage(nextId(), staged)))
    expect(found.map(({ code, detail }) => [code, detail])).toEqual(
      ['steps[0].roles', 'classes', 'effects'].map((field) => [
        'LB001',
        { field, problem: 'this database does not govern the roles of its cluster', database: home.name },
      ]),
    )
    expect(found[0]?.hint).toContain(home.name)
  })

  test('refuses effects on the cluster that nobody claimed (LB306), and leaves nothing', async () => {
    await other.sql.unsafe(`grant ${other.role('app')} to levelb_deploy;
      alter database ${home.name} owner to ${other.role('app')}`)
    const row = await other.through(nextId(), `grant create on database ${home.name} to public`)
    await other.sql.unsafe(`alter database ${home.name} owner to postgres`)
    expect(failure(row)).toMatchObject({
      outcome: 'failed',
      code: 'LB306',
      detail: {
        rule: 'cluster_governed_elsewhere',
        database: home.name,
        effects: [{ object_type: 'database', identity: home.name }],
      },
    })
    expect(await home.sql`select has_database_privilege('public', ${home.name}, 'create') as may`).toEqual([
      { may: false },
    ])
  })

  test('changes its own database, and enrols its own people', async () => {
    await other.sql.unsafe(`alter database ${other.name} owner to ${other.role('app')}`)
    const row = await other.through(nextId(), `grant create on database ${other.name} to public`)
    await other.sql.unsafe(`alter database ${other.name} owner to postgres`)
    expect(failure(row).code).toBeNull()
  })
})

describe('the mark', () => {
  test('a second database cannot govern while the first does, staged or activated (LB005)', async () => {
    const found = await refusal(
      other.stage(nextId(), documentOfKind('policy', await policyWith(other, { cluster: 'govern' }))),
    )
    expect(found).toMatchObject({
      code: 'LB005',
      detail: { field: 'payload.cluster', database: home.name },
      hint: expect.stringContaining(home.name),
    })
  })

  test('passes on when the first leaves it: what was staged meanwhile is judged again', async () => {
    expect(await roleHome(other)).toBe(home.name)
    const left = await throughKind(home, 'policy', await policyWith(home, { cluster: 'ignore' }))
    expect([lines(left), await roleHome(home)]).toEqual([['governance: policy test: cluster: govern → ignore'], null])
    expect(await refusal(home.stage(nextId(), document(home, 'r')))).toMatchObject({
      detail: { database: null },
      hint: expect.stringContaining('"cluster": "govern"'),
    })
    // home wants it back, and is overtaken
    const back = nextId()
    await home.stage(back, documentOfKind('policy', await policyWith(home, { cluster: 'govern' })))
    await home.approve(back)
    await throughKind(other, 'policy', await policyWith(other, { cluster: 'govern' }))
    expect(await roleHome(home)).toBe(other.name)
    expect(await home.activate(back)).toMatchObject({ outcome: 'refused', code: 'LB005' })
    expect(failure(await other.through(nextId(), document(other, 'made')))).toMatchObject({ code: null })
    await throughKind(other, 'policy', await policyWith(other, { cluster: 'ignore' }))
    expect(await home.activate(back)).toMatchObject({ outcome: 'activated' })
    expect(await roleHome(other)).toBe(home.name)
  })

  test('of two databases that claim at once the second waits, and finds the first (LB005)', async () => {
    await throughKind(home, 'policy', await policyWith(home, { cluster: 'ignore' }))
    const [first, second] = [await home.another('olga'), connect(other.url)]
    await first.unsafe(`set statement_timeout = '30s'`)
    const back = nextId()
    await home.stage(back, documentOfKind('policy', await policyWith(home, { cluster: 'govern' })))
    await home.approve(back)
    try {
      await first`begin`
      await first`select levelb.activate(${back})`
      const pid = await backendPid(second)
      const claim = second`select levelb._claim_role_home()`
      const said = refusal(claim)
      await waitUntilBlocked(other.sql, pid)
      await first`commit`
      expect(await said).toMatchObject({ code: 'LB005', detail: { database: home.name } })
    } finally {
      await Promise.all([first.end(), second.end()])
    }
  })

  test('a clone does not govern, and is told who does; a rebind changes nothing about that', async () => {
    const clone = await cloneOf(home)
    try {
      await clone.sql`select levelb.rebind('a clone')`
      expect(await clone.sql`select levelb._role_home() as home`).toEqual([{ home: home.name }])
      const found = await refusal(
        clone.ann`select levelb.stage('9001_roles', ${clone.ann.json(document(home, 'r') as never)})`,
      )
      expect(found).toMatchObject({ code: 'LB001', detail: { database: home.name } })
    } finally {
      await clone.end()
    }
  })

  test('goes with its database: when that is dropped, another may govern', async () => {
    await home.end()
    expect(await roleHome(other)).toBe(null)
    expect(await throughKind(other, 'policy', await policyWith(other, { cluster: 'govern' }))).toMatchObject({
      outcome: 'activated',
    })
    expect(await roleHome(other)).toBe(other.name)
  })
})

/** A copy made with TEMPLATE, with connections of the superuser and of ann. */
async function cloneOf(w: TestDatabase) {
  const name = `${w.name}_clone`
  const admin = connect(cluster())
  await admin`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${w.name}`
  await admin`create database ${admin(name)} template ${admin(w.name)}`
  const sql = connect(w.url.replace(w.name, name))
  const ann = connect((await w.urlOf('ann')).replace(w.name, name))
  return {
    sql,
    ann,
    async end() {
      await Promise.all([sql.end(), ann.end()])
      await admin`drop database ${admin(name)} with (force)`
      await admin.end()
    },
  }
}

test('bootstrap cannot govern where another database does (LB005)', async () => {
  const database = await freshDatabase()
  await Promise.all(['ann', 'arno', 'bob', 'carol', 'dan', 'olga', 'ci', 'aud'].map((name) => database.urlOf(name)))
  const governing = { ...policy, cluster: 'govern', break_glass: { logins: ['postgres'] } }
  expect(
    await refusal(
      database.sql`select levelb.bootstrap(${database.sql.json(governing as never)}, ${database.sql.json(principalsOf(database) as never)})`,
    ),
  ).toMatchObject({ code: 'LB005', detail: { field: 'cluster', database: other.name } })
})
