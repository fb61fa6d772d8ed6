import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type InstallError, install } from '../../src/install.ts'
import { connect, otherUrl } from '../client.ts'
import { bundleText } from '../database.ts'
import { hasOwnClusters } from '../server.ts'
import { clusterState, databaseState } from './catalog.ts'
import { pristineCluster } from './cluster.ts'

const bundle = bundleText()
/** All have ended before the first failure is reported, or the next test would drop databases under the others. */
async function together<T>(promises: Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(promises)
  return Promise.all(promises)
}

const twenty = Array.from({ length: 20 }, (_, i) => `app${i + 1}`)

describe.skipIf(!hasOwnClusters)('install', () => {
  const cluster = pristineCluster()
  const state = async (url: string) => [...(await clusterState(cluster.sql)), ...(await databaseState(url))]
  const refusal = (url: string) =>
    install(url, { bundle }).then(
      () => 'installed',
      (error: InstallError) => error,
    )

  test('a second run says which release is there and changes nothing', async () => {
    const url = await cluster.create('app')
    expect(await install(url, { bundle })).toEqual({ installed: true, version: '0.1.0', database: 'app' })
    const before = await state(url)
    expect(await install(url, { bundle })).toEqual({ installed: false, version: '0.1.0', database: 'app' })
    expect(await state(url)).toEqual(before)
  })

  test('twenty at once leave one installation', async () => {
    const url = await cluster.create('app')
    const results = await together(twenty.map(() => install(url, { bundle })))
    expect(results.filter(({ installed }) => installed)).toHaveLength(1)
    expect(new Set(results.map(({ version }) => version))).toEqual(new Set(['0.1.0']))
  })

  test('nineteen further databases at once leave the first and the roles as they were', {
    timeout: 60_000,
  }, async () => {
    const [first = '', ...others] = await Promise.all(twenty.map((name) => cluster.create(name)))
    await install(first, { bundle })
    const before = await state(first)
    const results = await together(others.map((url) => install(url, { bundle })))
    expect(results).toEqual(twenty.slice(1).map((database) => ({ installed: true, version: '0.1.0', database })))
    expect(await state(first)).toEqual(before)
  })

  test('six databases at once, of a cluster without levelb, agree on who makes the roles', async () => {
    const urls = await Promise.all(twenty.slice(0, 6).map((name) => cluster.create(name)))
    const results = await together(urls.map((url) => install(url, { bundle })))
    expect(results.map(({ installed }) => installed)).toEqual(urls.map(() => true))
  })

  test('holds fewer than 2,500 locks, as the page of the installation says', async () => {
    const sql = connect(await cluster.create('app'))
    const held = await sql.begin(async (tx) => {
      await tx.unsafe(bundle)
      return tx`select count(*)::int as locks from pg_locks where pid = pg_backend_pid()`
    })
    await sql.end()
    expect(held[0]?.locks).toBeLessThan(2500)
    expect(readFileSync(new URL('../../docs/install.md', import.meta.url), 'utf8')).toContain('fewer than 2,500 locks')
  })

  test('is undone as a whole when the bundle fails at its end', async () => {
    const url = await cluster.create('app')
    const before = await state(url)
    await expect(install(url, { bundle: `${bundle}\nselect 1/0;` })).rejects.toThrow('division by zero')
    expect(await state(url)).toEqual(before)
  })

  test('leaves the session of the caller as it was', async () => {
    const sql = connect(await cluster.create('app'))
    const session = () => sql`select current_user::text, current_setting('search_path') as path,
      coalesce(current_setting('levelb.installing', true), '') as mark`
    const before = await session()
    await install(sql, { bundle })
    expect(await session()).toEqual(before)
    await sql.end()
  })

  describe('is refused', () => {
    test.for(['levelb', 'levelb_exec', 'levelb_sandbox'])('where a schema %s exists', async (schema) => {
      const url = await cluster.create('app')
      const sql = connect(url)
      await sql.unsafe(`create role other; create schema ${schema} authorization other`)
      await sql.end()
      const before = await state(url)
      expect(await refusal(url)).toMatchObject({
        code: '42P06',
        message: expect.stringContaining('exists in database app'),
      })
      expect(await state(url)).toEqual(before)
    })

    test('where somebody else made a levelb.version(), which is not run', async () => {
      const url = await cluster.create('app')
      const sql = connect(url)
      await sql.unsafe(`create role other; create schema levelb authorization other; set role other;
        create function levelb.version(out release text) language plpgsql as
          $$ begin execute 'create role stolen superuser'; release := '9.9.9'; end $$`)
      await sql.end()
      expect(await refusal(url)).toMatchObject({
        code: '42P06',
        message: expect.stringContaining('exists in database app'),
      })
      expect(await cluster.sql`select from pg_roles where rolname = 'stolen'`).toHaveLength(0)
    })

    test('not where the owner of the database put other functions before the built-in ones: they are not run', async () => {
      const url = await cluster.create('app')
      const sql = connect(url)
      await sql.unsafe(`create role other; create schema evil authorization other; set role other;
        create function evil.current_setting(text) returns text language plpgsql as
          $$ begin execute 'alter role other superuser'; return pg_catalog.current_setting($1); end $$;
        create function evil.eq(name, name) returns boolean language plpgsql as
          $$ begin execute 'alter role other superuser'; return pg_catalog.nameeq($1, $2); end $$;
        create operator evil.= (leftarg = name, rightarg = name, function = evil.eq);
        create domain evil.text as pg_catalog.text check (evil.current_setting('role') <> '');
        reset role; alter database app set search_path = evil, pg_catalog`)
      await sql.end()
      expect(await install(url, { bundle })).toMatchObject({ installed: true })
      expect(await cluster.sql`select rolsuper from pg_roles where rolname = 'other'`).toEqual([{ rolsuper: false }])
    })

    test.for([
      ['login', 'create role levelb_owner login'],
      ['superuser', 'create role levelb_deploy superuser'],
      ['createdb', 'create role levelb_author createdb'],
      ['createrole', 'create role levelb_owner createrole'],
      ['replication', 'create role levelb_auditor replication'],
      ['bypassrls', 'create role levelb_definer bypassrls'],
      ['a password', `create role levelb_operator password 'secret'`],
      ['a connection limit', 'create role levelb_reader connection limit 3'],
      ['an expiry', `create role levelb_approver valid until '2030-01-01'`],
      ['noinherit', 'create role levelb_deploy noinherit'],
      ['inherit, for levelb_roles', 'create role levelb_roles createrole inherit'],
      ['no createrole, for levelb_roles', 'create role levelb_roles noinherit'],
      ['a setting', 'create role levelb_owner; alter role levelb_owner set search_path = evil'],
      [
        'a setting in one database',
        'create role levelb_deploy; alter role levelb_deploy in database postgres set role = postgres',
      ],
      ['a member', 'create role levelb_owner; create role other; grant levelb_owner to other'],
      ['a login as member', 'create role levelb_definer; create role other login; grant levelb_definer to other'],
      ['a membership', 'create role levelb_owner; grant pg_read_all_data to levelb_owner'],
      ['a membership of the deployer', 'create role levelb_deploy; grant pg_execute_server_program to levelb_deploy'],
      ['a membership of the sandbox', 'create role levelb_sandbox; create role other; grant other to levelb_sandbox'],
      [
        'a membership of levelb_roles',
        'create role levelb_roles createrole noinherit; grant pg_read_all_data to levelb_roles',
      ],
      ['a duty role as member', 'create role levelb_author; create role other; grant other to levelb_author'],
      [
        'admin of a duty role',
        'create role levelb_author; create role other; grant levelb_author to other with admin option',
      ],
      [
        'another option of a membership',
        'create role levelb_definer; create role levelb_deploy; grant levelb_definer to levelb_deploy with admin option',
      ],
      [
        'a right to hand over a duty role',
        'create role levelb_author; create role levelb_owner; grant levelb_author to levelb_owner',
      ],
    ])('where a role of its names has %s', async ([, made]) => {
      await cluster.sql.unsafe(made ?? '')
      const before = await state(cluster.url)
      expect(await refusal(cluster.url)).toMatchObject({
        code: '0P000',
        message: expect.stringMatching(/role (levelb_|other)/),
      })
      expect(await state(cluster.url)).toEqual(before)
    })

    test('for a login that is no superuser', async () => {
      const url = await cluster.create('app')
      await cluster.sql.unsafe(`create role owner_of_app login password 'x'; alter database app owner to owner_of_app`)
      const before = await state(url)
      expect(await refusal(otherUrl(url, { login: 'owner_of_app', password: 'x' }))).toMatchObject({ code: '42501' })
      expect(await state(url)).toEqual(before)
    })

    test('in a database of another encoding', async () => {
      const url = await cluster.create('app', `encoding 'LATIN1' locale_provider libc locale 'C'`)
      expect(await refusal(url)).toMatchObject({ code: '0A000', message: expect.stringContaining('UTF8') })
    })
  })

  test('accepts roles that members of duties hold', async () => {
    const first = await cluster.create('app1')
    await install(first, { bundle })
    await cluster.sql.unsafe(`create role alice login; grant levelb_author to alice`)
    expect(await install(await cluster.create('app2'), { bundle })).toMatchObject({ installed: true })
  })
})
