// Every judgement of step 3 is a row: outcome refused, its code, what is missing; nothing is run, approvals stand.
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { asChannel } from '../as-channel.ts'
import { type Client, connect, otherUrl } from '../client.ts'
import { cluster } from '../database.ts'
import { pastGuard } from '../past-guard.ts'
import { arm, documentOf, type Json, type Row, type World, world } from '../world.ts'
import { activate, activations, detailOf, grant, isOpen, names, session, tamper } from './fixture.ts'

const next = names()
let w: World
let olga: Client

beforeAll(async () => {
  w = await world()
  olga = await session(w)
})

afterEach(async () => {
  const open = await isOpen(w)
  if (open) await w.sql`revoke all on shop.orders from public`
  expect(open).toBe(false)
})

const staged = async (more: Json = {}) => {
  const id = next()
  await w.stage(id, documentOf(grant, more))
  await w.approve(id)
  return id
}

/** The one row that a refusal leaves, and the decisions that stand after it. */
const refused = async (id: string, client = olga): Promise<[unknown, Json]> => {
  const decisions = await w.sql`select * from levelb.approval where migration_id = ${id}`
  const row = await activate(client, id)
  expect(await activations(w, id)).toEqual([row])
  expect(await w.sql`select * from levelb.approval where migration_id = ${id}`).toEqual(decisions)
  expect([row.outcome, row.effects, row.effects_hash, row.commands, row.write_tally, row.rollback_snapshot]).toEqual([
    'refused',
    [],
    null,
    [],
    {},
    null,
  ])
  return [row.code, detailOf(row)]
}

describe('the migration', () => {
  test('LB007 › a dependency that is not activated', async () => {
    const first = await staged()
    const id = await staged({ depends_on: [first] })
    expect(await refused(id)).toEqual(['LB007', { depends_on: [first] }])
  })

  test('LB008 › a migration that was activated before', async () => {
    const id = next()
    await w.through(id, 'grant select on shop.items to public')
    const row = await activate(olga, id)
    expect([row.outcome, row.code, detailOf(row)]).toEqual(['refused', 'LB008', { migration_id: id }])
    expect((await activations(w, id)).map((a) => a.outcome)).toEqual(['activated', 'refused'])
  })

  test('LB009 › a migration that was withdrawn', async () => {
    const id = await staged()
    await (await w.as('ann'))`select levelb.withdraw(${id}, 'not now')`
    const [code, detail] = await refused(id)
    expect([code, detail]).toEqual(['LB009', { by: 'ann', reason: 'not now', at: expect.any(String) }])
  })

  test('LB010 › before its window', async () => {
    const id = await staged({ not_before: '2999-01-01T00:00:00Z' })
    const [code, detail] = await refused(id)
    expect([code, Date.parse(String(detail.not_before))]).toEqual(['LB010', Date.UTC(2999, 0)])
  })

  test('LB010 › after its window', async () => {
    const id = await staged({ not_after: '2001-01-01T00:00:00Z' })
    const [code, detail] = await refused(id)
    expect([code, Date.parse(String(detail.not_after))]).toEqual(['LB010', Date.UTC(2001, 0)])
  })

  test('B018 › LB212 › an operator who is its author', async () => {
    const id = next()
    await w.stage(id, grant, 'arno')
    await w.approve(id)
    expect(await refused(id, await session(w, 'arno'))).toEqual(['LB212', { author: 'arno', operator: 'arno' }])
  })
})

describe('the approvals', () => {
  const quorum = { approvals: 2, groups: { dba: 1 } }

  test('B019 › LB204 › none', async () => {
    const id = next()
    await w.stage(id, grant)
    expect(await refused(id)).toEqual([
      'LB204',
      { missing: '2 more approvals, 1 of group dba', approvals: 0, needed: 2, groups: quorum.groups, void: [] },
    ])
  })

  /** The approval of bob is void for this reason, that of dan counts. */
  const voided = async (id: string, client = olga, principal = 'bob') => {
    const [code, detail] = await refused(id, client)
    expect([code, detail.approvals]).toEqual(['LB204', 1])
    const [entry, ...rest] = detail.void as Json[]
    expect([entry, rest]).toEqual([{ approval: expect.any(Number), principal, why: expect.any(String) }, []])
    return entry?.why
  }

  const approvedByBobAndDan = async () => {
    const id = next()
    await w.stage(id, grant)
    await w.approve(id, ['bob', 'dan'])
    return id
  }

  test('LB204 › one that was revoked', async () => {
    const id = await approvedByBobAndDan()
    await (await w.as('bob'))`select levelb.revoke(${id}, 'on second thoughts')`
    expect(await voided(id)).toBe('revoked')
  })

  test('B018 › LB204 › one of the operator who activates', async () => {
    const id = next()
    await w.stage(id, grant)
    await w.approve(id, ['dan', 'arno'])
    expect(await voided(id, await session(w, 'arno'), 'arno')).toBe('operator of the activation')
  })

  test('LB204 › one that has expired', async () => {
    const id = await approvedByBobAndDan()
    await tamper(
      w,
      'approval',
      `update levelb.approval set expires_at = now() - interval '1 second'
      where migration_id = '${id}' and principal = 'bob'`,
    )
    expect(await voided(id)).toBe('expired')
  })

  test('LB204 › one that names another manifest', async () => {
    const id = await approvedByBobAndDan()
    await tamper(
      w,
      'approval',
      `update levelb.approval set manifest_hash = sha256('other')
      where migration_id = '${id}' and principal = 'bob'`,
    )
    expect(await voided(id)).toBe('given for another manifest')
  })

  test('LB204 › one that was given under another policy', async () => {
    const id = await approvedByBobAndDan()
    await tamper(
      w,
      'approval',
      `update levelb.approval set policy_hash = sha256('other')
      where migration_id = '${id}' and principal = 'bob'`,
    )
    expect(await voided(id)).toBe('given under another policy')
  })

  test('LB204 › one of a principal who was disabled', async () => {
    const id = await approvedByBobAndDan()
    await asChannel(
      w,
      `insert into levelb.principal select principal, 2, nature, person, duties, groups, false, 'left', now()
      from levelb.principal where principal = 'bob'`,
    )
    expect(await voided(id)).toBe('principal disabled')
    await asChannel(
      w,
      `insert into levelb.principal select principal, 3, nature, person, duties, groups, true, 'back', now()
      from levelb.principal where principal = 'bob' and version = 1;
      insert into levelb.principal_login select principal, 3, login, login_oid from levelb.principal_login
      where principal = 'bob' and version = 1`,
    )
  })

  test('LB204 › one of a principal who is no approver any more', async () => {
    const id = await approvedByBobAndDan()
    const version = (number: number, duties: string) => `
      insert into levelb.principal select principal, ${number}, nature, person, ${duties}, groups, true, null, now()
        from levelb.principal where principal = 'bob' and version = 1;
      insert into levelb.principal_login select principal, ${number}, login, login_oid from levelb.principal_login
        where principal = 'bob' and version = 1`
    await asChannel(w, version(4, `'{auditor}'`))
    expect(await voided(id)).toBe('principal is no approver')
    await asChannel(w, version(5, 'duties'))
  })

  test('B015 › LB204 › one of a principal who turns out to be the author', async () => {
    const id = await approvedByBobAndDan()
    const version = (number: number, person: string) => `
      insert into levelb.principal select principal, ${number}, nature, ${person}, duties, groups, true, null, now()
        from levelb.principal where principal = 'bob' and version = 1;
      insert into levelb.principal_login select principal, ${number}, login, login_oid from levelb.principal_login
        where principal = 'bob' and version = 1`
    await asChannel(w, version(6, `'ann'`))
    expect(await voided(id)).toBe('author of the migration')
    await asChannel(w, version(7, 'null'))
  })

  test('LB208 › one rejection outweighs every approval', async () => {
    const id = await staged()
    const hash = (await w.sql`select manifest_hash from levelb.manifest where migration_id = ${id}`)[0]?.manifest_hash
    await (await w.as('dan'))`select levelb.reject(${id}, ${hash}, 'not like this')`
    expect(await refused(id)).toEqual(['LB208', { rejected_by: ['dan'] }])
  })

  test('LB209 › a manifest without effects under a policy that asks for them', async () => {
    const exact = await world({ policy: { effects: 'exact' } })
    await exact.stage('0001_grant', grant)
    const row = await exact.activate('0001_grant')
    expect([row.outcome, row.code, detailOf(row)]).toEqual([
      'refused',
      'LB209',
      { migration_id: expect.any(String), policy: 'effects: exact' },
    ])
    expect(await exact.rows('activation')).toEqual([row])
  })
})

describe('the stored text, changed by a superuser with the guards off', () => {
  const changed = async (table: string, set: string) => {
    const id = await staged({ not_after: '2999-01-01T00:00:00Z' })
    await tamper(w, table, set.replaceAll('$id', `migration_id = '${id}'`))
    expect(await refused(id)).toEqual([
      'LB309',
      { migration_id: id, problem: 'the stored text does not have the hash that was approved' },
    ])
  }

  test.each([
    ['the SQL of a step', 'step', `update levelb.step set apply = 'grant all on shop.orders to public' where $id`],
    [
      'the SQL of a step and its hash',
      'step',
      `update levelb.step set apply = 'grant all on shop.orders to public',
        apply_hash = sha256('grant all on shop.orders to public') where $id`,
    ],
    [
      'a verify that was put in',
      'step',
      `update levelb.step set verify = 'select true', verify_hash = sha256('select true') where $id`,
    ],
    [
      'a step that became a role document',
      'step',
      `update levelb.step set apply = null, apply_hash = null, roles = '{}', roles_hash = sha256('{}') where $id`,
    ],
    [
      'a step that was put in',
      'step',
      `insert into levelb.step (migration_id, revision, position, name, apply, apply_hash)
        select migration_id, revision, 2, 'two', apply, apply_hash from levelb.step where $id`,
    ],
    ['a step that was taken out', 'step', 'delete from levelb.step where $id'],
    [
      'the content',
      'manifest',
      `update levelb.manifest set content = replace(content, 'a change', 'nothing') where $id`,
    ],
    ['the search_path', 'manifest', `update levelb.manifest set search_path = 'evil, pg_temp' where $id`],
    ['the classes', 'manifest', `update levelb.manifest set classes = '{acl}' where $id`],
    ['the effects', 'manifest', `update levelb.manifest set effects = '[]' where $id`],
    ['the dependencies', 'manifest', `update levelb.manifest set depends_on = '{0000_gone}' where $id`],
    ['the window', 'manifest', 'update levelb.manifest set not_after = null where $id'],
  ])('LB309 › %s', async (_, table, set) => {
    await changed(table, set)
  })

  test('LB204 › the content together with its hash: nobody approved that one', async () => {
    const id = await staged()
    await tamper(
      w,
      'manifest',
      `update levelb.manifest set content = replace(content, 'a change', 'nothing'),
      title = 'nothing', manifest_hash = sha256(convert_to(replace(content, 'a change', 'nothing'), 'UTF8'))
      where migration_id = '${id}'`,
    )
    const [code, detail] = await refused(id)
    const why = 'given for another manifest'
    expect([code, detail.void]).toMatchObject([
      'LB204',
      [
        { principal: 'bob', why },
        { principal: 'carol', why },
      ],
    ])
  })
})

describe('the channel', () => {
  const channel = async (change: string, undo: string) => {
    const id = await staged()
    await pastGuard(w.sql, change)
    const row = await activate(olga, id)
    await pastGuard(w.sql, undo)
    expect(await activations(w, id)).toEqual([row])
    return [row.outcome, row.code, detailOf(row)]
  }

  test.each([
    [
      'B032 › a function of levelb that was replaced',
      'grant execute on function levelb._seal(boolean) to public',
      'revoke execute on function levelb._seal(boolean) from public',
    ],
    [
      'B044 › a table of levelb that somebody may write',
      'grant insert on levelb.approval to levelb_auditor',
      'revoke insert on levelb.approval from levelb_auditor',
    ],
    [
      'a guard that is off',
      'alter table levelb.approval disable trigger levelb_10_channel_only',
      'alter table levelb.approval enable always trigger levelb_10_channel_only',
    ],
    [
      'B032 › a schema of levelb in which somebody may create',
      'grant create on schema levelb to levelb_auditor',
      'revoke create on schema levelb from levelb_auditor',
    ],
    [
      'F16 › an executor whose owner gave it away',
      'grant execute on function levelb_exec.execute_step() to levelb_deploy',
      'revoke execute on function levelb_exec.execute_step() from levelb_deploy',
    ],
  ])('LB306 › %s', async (_, change, undo) => {
    expect(await channel(change, undo)).toEqual([
      'refused',
      'LB306',
      { rule: 'installed_objects_unchanged', ledger: expect.any(String), database: expect.any(String) },
    ])
  })

  test.each([
    [
      'B005 › an owner that can log in',
      'alter role levelb_owner login',
      'alter role levelb_owner nologin',
      'levelb_owner can log in',
    ],
    [
      'an owner with an attribute',
      'alter role levelb_deploy createdb',
      'alter role levelb_deploy nocreatedb',
      'levelb_deploy holds SUPERUSER, CREATEDB, REPLICATION or BYPASSRLS',
    ],
    [
      'an owner that can make roles',
      'alter role levelb_deploy createrole',
      'alter role levelb_deploy nocreaterole',
      'levelb_deploy holds CREATEROLE',
    ],
    [
      'B004 › an owner with a member',
      'grant levelb_deploy to levelb_auditor',
      'revoke levelb_deploy from levelb_auditor',
      'levelb_auditor is a member of levelb_deploy',
    ],
    [
      'B006 › a deployer with a predefined role',
      'grant pg_read_all_data to levelb_deploy',
      'revoke pg_read_all_data from levelb_deploy',
      'levelb_deploy is a member of pg_read_all_data',
    ],
    [
      'B008 › somebody else who may grant a duty',
      'grant levelb_operator to levelb_auditor with admin option',
      'revoke levelb_operator from levelb_auditor',
      'levelb_auditor may grant levelb_operator',
    ],
    [
      'an owner that is a member of another role',
      'grant pg_monitor to levelb_owner',
      'revoke pg_monitor from levelb_owner',
      'levelb_owner is a member of pg_monitor',
    ],
    [
      'B065 › an owner with settings of its own',
      `alter role levelb_deploy set search_path = 'evil'`,
      'alter role levelb_deploy reset search_path',
      'levelb_deploy has the setting search_path',
    ],
  ])('LB306 › %s', async (_, change, undo, problem) => {
    expect(await channel(change, undo)).toEqual(['refused', 'LB306', { rule: 'roles_as_installed', problem }])
  })

  test('LB210 › a login that could go round it', async () => {
    const login = w.role('sneak')
    expect(await channel(`create role ${login} login createrole`, `drop role ${login}`)).toEqual([
      'refused',
      'LB210',
      { items: ['dangerous_logins'] },
    ])
  })

  test('B017 › LB210 › an enrolled login that was renamed', async () => {
    const [from, to] = [w.role('aud'), w.role('other')]
    expect(await channel(`alter role ${from} rename to ${to}`, `alter role ${to} rename to ${from}`)).toEqual([
      'refused',
      'LB210',
      { items: ['logins_bound'] },
    ])
  })

  test('LB210 › people who can no longer meet some rule of the policy', async () => {
    const few = await world({
      policy: { quorum: [{ approvals: 2 }, { classes: ['role'], approvals: 1, groups: { security: 1 } }] },
    })
    await few.stage('0001_grant', documentOf(grant, { classes: ['acl'] }))
    await few.approve('0001_grant')
    await asChannel(
      few,
      `insert into levelb.principal select principal, 2, nature, person, duties, groups, false, 'left', now()
      from levelb.principal where principal = 'dan'`,
    )
    const row = await few.activate('0001_grant')
    expect([row.outcome, row.code, detailOf(row)]).toEqual(['refused', 'LB210', { items: ['policy_satisfiable'] }])
  })

  test('LB312 › another major version than the ledger knows', async () => {
    const id = await staged()
    const change = (version: string) =>
      tamper(w, 'incident', `update levelb.incident set server_version = '${version}'`)
    const [kept] = await w.rows('incident')
    await change('14.2')
    expect((await refused(id))[0]).toBe('LB312')
    await change(String(kept?.server_version))
  })

  test('LB312 › a copy of the database', async () => {
    const id = await staged()
    const copy = `${w.name}_copy`
    const admin = connect(cluster())
    const others = `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${w.name}'`
    for (let left = 1; left > 0; left = (await admin.unsafe(others)).length);
    await admin.unsafe(`create database ${copy} template ${w.name}`)
    const client = connect(otherUrl(await w.urlOf('olga'), { database: copy }))
    await arm(client)
    const row = await activate(client, id)
    await client.end()
    await admin.unsafe(`drop database ${copy} with (force)`)
    await admin.end()
    expect([row.outcome, row.code, (detailOf(row).database as Json).name]).toEqual(['refused', 'LB312', copy])
    olga = await session(w)
  })
})

describe('repeated', () => {
  test('an identical refusal within a minute is one row, and its caller gets it', async () => {
    const id = next()
    await w.stage(id, grant)
    const rows: Row[] = [await activate(olga, id), await activate(olga, id), await activate(olga, id)]
    expect(await activations(w, id)).toEqual([rows[0]])
    expect([rows[1], rows[2]]).toEqual([rows[0], rows[0]])
  })

  test('it is another row for another operator', async () => {
    const id = next()
    await w.stage(id, grant)
    await activate(olga, id)
    await activate(await session(w, 'ci'), id)
    expect((await activations(w, id)).map((row) => row.operator)).toEqual(['olga', 'ci'])
  })

  test('it is another row when something else is missing: the caller reads what is missing now', async () => {
    const id = next()
    await w.stage(id, grant)
    await activate(olga, id)
    await w.approve(id, ['bob'])
    await activate(olga, id)
    expect((await activations(w, id)).map((row) => detailOf(row).missing)).toEqual([
      '2 more approvals, 1 of group dba',
      '1 more approval',
    ])
  })

  test('it is another row after a minute', async () => {
    const id = next()
    await w.stage(id, grant)
    await activate(olga, id)
    await tamper(
      w,
      'activation',
      `update levelb.activation set finished_at = finished_at - interval '61 seconds'
      where migration_id = '${id}'`,
    )
    await activate(olga, id)
    expect(await activations(w, id)).toHaveLength(2)
  })

  test('LB010 › also outside the window', async () => {
    const id = await staged({ not_before: '2999-01-01T00:00:00Z' })
    await activate(olga, id)
    await activate(olga, id)
    expect(await activations(w, id)).toHaveLength(1)
  })
})

test('LB204 › approvals from before a rebind are void', async () => {
  const other = await world()
  await other.stage('0001_grant', grant)
  await other.approve('0001_grant')
  await other.sql`select levelb.rebind('a test')`
  const row = await other.activate('0001_grant')
  const why = 'given before the database was rebound'
  expect([row.code, detailOf(row).void]).toMatchObject([
    'LB204',
    [
      { principal: 'bob', why },
      { principal: 'carol', why },
    ],
  ])
})
