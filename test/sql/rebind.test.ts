// Clones, restores and renames: the ledger belongs to one database until a superuser says otherwise.

import { beforeAll, describe, expect, test } from 'vitest'
import { asChannel } from '../as-channel.ts'
import { type Client, connect, otherUrl } from '../client.ts'
import { cluster } from '../database.ts'
import { pastGuard } from '../past-guard.ts'
import { arm, type Row, refusal, type World, world } from '../world.ts'
import { rowCounts } from './catalog.ts'

type Clone = { sql: Client; name: string; as(name: string): Promise<Client>; end(): Promise<void> }

/** A copy of the world's database made with TEMPLATE, as a DBA makes a test copy. */
async function cloneOf(w: World): Promise<Clone> {
  const name = `${w.name}_copy`
  const admin = connect(cluster())
  await admin`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${w.name} and pid <> pg_backend_pid()`
  // Backends that were told to go are gone a moment later.
  for (let tries = 0; ; tries++) {
    const [left] = await admin`select count(*)::int as n from pg_stat_activity where datname = ${w.name}`
    if (left?.n === 0 || tries > 100) break
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  await admin.unsafe(`create database ${name} template ${w.name} strategy file_copy`)
  const url = otherUrl(w.url, { database: name })
  const clients: Client[] = []
  const open = (target: string) => {
    const client = connect(target)
    clients.push(client)
    return client
  }
  return {
    name,
    sql: open(url),
    as: async (login) => open(otherUrl(await w.urlOf(login), { database: name })),
    async end() {
      await Promise.all(clients.map((client) => client.end({ timeout: 0 })))
      await admin.unsafe(`drop database if exists ${name} with (force)`)
      await admin.end()
    },
  }
}

const activate = async (clone: Clone, id: string) => {
  const olga = await clone.as('olga')
  await arm(olga)
  return (await olga`select * from levelb.activate(${id})`)[0] as Row
}

const broken = async (sql: Client) => {
  const rows = await sql`select item from levelb.readiness() where required and ok is false order by item`
  const mode = (await sql`select levelb.mode() as mode`)[0]?.mode
  expect(mode).toBe(rows.length === 0 ? 'OPERATOR_HANDOFF' : 'AUTHOR_MODE')
  return rows.map((row) => row.item)
}

describe('a copy made with TEMPLATE', () => {
  let w: World
  let clone: Clone
  let incident: Row
  let atBirth: string[]

  beforeAll(async () => {
    w = await world()
    await w.stage('0001_here', 'grant select on shop.orders to public')
    await w.approve('0001_here')
    await w.sql`select levelb.mode()`
    clone = await cloneOf(w)
    atBirth = await broken(clone.sql)
    return () => clone.end()
  })

  test('is not the database that the ledger belongs to: AUTHOR_MODE', () => {
    expect(atBirth).toContain('database_identity')
  })

  test('activates nothing (LB312), although the approvals were copied', async () => {
    expect(await activate(clone, '0001_here')).toMatchObject({ outcome: 'refused', code: 'LB312' })
  })

  test('is rebound by nobody but a superuser (42501)', async () => {
    for (const name of ['ann', 'bob', 'olga', 'aud']) {
      const client = await clone.as(name)
      expect({ name, code: (await refusal(client`select levelb.rebind('mine now')`)).code }).toEqual({
        name,
        code: '42501',
      })
    }
  })

  test.each([
    ['null', null, 'LB001'],
    ['empty', '', 'LB001'],
    ['blank', ' \n', 'LB001'],
    ['with a bidi character', 'x\u202ey', 'LB006'],
  ])('is not rebound for a reason that is %s, and nothing is written', async (_what, reason, code) => {
    const before = await rowCounts(clone.sql)
    expect(await refusal(clone.sql`select levelb.rebind(${reason})`)).toMatchObject({
      code,
      detail: { field: 'reason' },
    })
    expect(await rowCounts(clone.sql)).toEqual(before)
  })

  test('is rebound by a superuser, on record with the old and the new identity and every login', async () => {
    incident = (await clone.sql`select * from levelb.rebind('a copy to try things')`)[0] as Row
    const details = incident.details as Row & { logins: { login: string; bound: boolean }[]; old_identity: Row }
    expect({
      kind: incident.kind,
      reason: incident.reason,
      is: (incident.database_identity as Row).name,
      was: details.old_identity.name,
      unbound: details.logins.filter((login) => !login.bound),
      logins: details.logins.length,
    }).toEqual({ kind: 'rebind', reason: 'a copy to try things', is: clone.name, was: w.name, unbound: [], logins: 8 })
  })

  test('is ready then', async () => {
    expect(await broken(clone.sql)).toEqual([])
    expect((await clone.sql`select ok, problem from levelb.verify_ledger()`)[0]).toEqual({ ok: true, problem: null })
  })

  test('does not count the approvals from before: they name the other database (LB204)', async () => {
    const row = await activate(clone, '0001_here')
    expect(row).toMatchObject({ outcome: 'refused', code: 'LB204' })
    const detail = JSON.parse((row.error as Row).detail as string) as { void: { why: string }[] }
    expect(detail.void.map((approval) => approval.why)).toEqual([
      'given before the database was rebound',
      'given before the database was rebound',
    ])
  })

  test('activates what is approved anew', async () => {
    const [manifest] = await clone.sql`select manifest_hash from levelb.manifest`
    for (const name of ['bob', 'carol']) {
      const client = await clone.as(name)
      await client`select * from levelb.approve('0001_here', ${manifest?.manifest_hash})`
    }
    expect(await activate(clone, '0001_here')).toMatchObject({ outcome: 'activated' })
  })
})

describe('rebind', () => {
  test('of a database without a ledger is refused with the verb to use', async () => {
    const { freshDatabase } = await import('../database.ts')
    const { sql } = await freshDatabase()
    const found = await refusal(sql`select levelb.rebind('why not')`)
    expect(found).toMatchObject({ code: 'LB001', detail: { problem: 'there is nothing to rebind' } })
    expect(found.hint).toContain('levelb.bootstrap')
  })

  test('sets triggers back to ALWAYS after pg_restore --disable-triggers left them as ORIGIN', async () => {
    const w = await world()
    const tables =
      await w.sql`select relname from pg_class where relnamespace = 'levelb'::regnamespace and relkind = 'r'`
    for (const { relname } of tables)
      await pastGuard(
        w.sql,
        `alter table levelb.${relname} disable trigger all; alter table levelb.${relname} enable trigger all`,
      )
    expect(await broken(w.sql)).toEqual(['append_only', 'installed_objects'])
    await w.sql`select levelb.rebind('restored')`
    expect(await broken(w.sql)).toEqual([])
    const [left] = await w.sql`
      select count(*)::int as n from pg_trigger t join pg_class c on c.oid = t.tgrelid
       where c.relnamespace = 'levelb'::regnamespace and t.tgenabled <> 'A'`
    expect(left?.n).toBe(0)
  })

  test('is refused while the ledger does not verify (LB309), and nothing is written', async () => {
    const w = await world()
    const on = `update pg_trigger set tgenabled = 'A' where tgname ~ '^levelb_'`
    await w.sql.unsafe(on.replace(`'A'`, `'D'`))
    const tamperer = connect(w.url)
    await tamperer.unsafe(`update levelb.principal set groups = '{dba}' where principal = 'ann'`)
    await tamperer.end()
    await w.sql.unsafe(on)
    const before = await rowCounts(w.sql)
    expect(await refusal(w.sql`select levelb.rebind('nothing to see here')`)).toMatchObject({
      code: 'LB309',
      detail: { first_bad: expect.any(Number) },
    })
    expect(await rowCounts(w.sql)).toEqual(before)
  })

  test('after another major version wrote the ledger makes it ready again', async () => {
    const w = await world()
    await asChannel(
      w,
      `
      insert into levelb.incident (kind, reason, login, database_identity, server_version, details, at, transaction_id)
      select 'rebind', 'made by 14', i.login, i.database_identity, '14.20', i.details, now(), pg_current_xact_id() from levelb.incident i`,
    )
    expect(await broken(w.sql)).toEqual(['server_version'])
    await w.sql`select levelb.rebind('upgraded')`
    expect(await broken(w.sql)).toEqual([])
  })

  test('after ALTER DATABASE … RENAME makes it ready again', async () => {
    const w = await world()
    const renamed = `${w.name}_renamed`
    const admin = connect(cluster())
    await admin`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${w.name}`
    await admin.unsafe(`alter database ${w.name} rename to ${renamed}`).catch(async () => {
      await new Promise((resolve) => setTimeout(resolve, 100))
      await admin.unsafe(`alter database ${w.name} rename to ${renamed}`)
    })
    const sql = connect(otherUrl(w.url, { database: renamed }))
    const before = await broken(sql)
    await sql`select levelb.rebind('renamed')`
    const after = await broken(sql)
    await sql.end()
    await admin.unsafe(`alter database ${renamed} rename to ${w.name}`)
    await admin.end()
    expect({ before, after }).toEqual({ before: ['database_identity'], after: [] })
  })

  test('waits for no activation: it is told that one is running (LB101)', async () => {
    const w = await world()
    const other = connect(w.url)
    await other.begin(async (holding) => {
      await holding`select from levelb._gate where name = 'activation' for update`
      expect(await refusal(w.sql`select levelb.rebind('now')`)).toMatchObject({ code: 'LB101' })
    })
    await other.end()
  })
})
