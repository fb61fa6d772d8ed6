// docs/adopt.md as it stands, copied to a shell, on a cluster whose superuser of initdb is the application's login; the
// application is at work all the time.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { levelb } from '../cli/levelb.ts'
import { type Client, connect, otherUrl } from '../client.ts'
import { blocks } from '../docs/console.ts'
import { findPsql } from '../psql.ts'
import { hasOwnClusters, startServer, type TestServer } from '../server.ts'
import { startApplication } from './application.ts'

const page = new URL('../../docs/adopt.md', import.meta.url)

type Docker = { server: TestServer; url: string; password: string }

/** As the Docker image makes it: the login app has the oid 10, and owns a database of its name. */
async function docker(): Promise<Docker> {
  const server = await startServer()
  const { password } = new URL(server.url)
  const first = connect(server.url)
  await first.unsafe(`create role second superuser login password '${password}'`)
  await first.end()
  const second = connect(otherUrl(server.url, { login: 'second' }))
  await second.unsafe(`alter role postgres rename to app; alter role app password '${password}'`).simple()
  await second.end()
  const url = otherUrl(server.url, { login: 'app', database: 'app' })
  const app = connect(otherUrl(url, { database: 'template1' }))
  await app.unsafe('drop role second')
  await app.unsafe('create database app')
  await app.end()
  return { server, url, password }
}

type Ran = { status: number | null; stdout: string; stderr: string }

/** A reader's shell in a folder of its own; `typed` is what a person answers to prompts. */
function reader({ url, password }: Docker) {
  const folder = mkdtempSync(join(tmpdir(), 'levelb-adopt-'))
  const { hostname, port } = new URL(url)
  const run = async (block: string, typed = ''): Promise<Ran> => {
    // in this process: one of its own for each would take most of the time
    if (block.startsWith('levelb ')) return levelbs(block)
    const child = spawn('sh', ['-e', '-c', block.replaceAll(/^psql /gm, 'psql -v ON_ERROR_STOP=1 ')], {
      cwd: folder,
      // without a terminal, else psql would ask whoever runs the tests
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: {
        PATH: `${dirname(findPsql())}:${process.env.PATH}`,
        LC_ALL: 'C.UTF-8',
        PGHOST: hostname,
        PGPORT: port,
        PGPASSWORD: password,
      },
    })
    const ran: Ran = { status: null, stdout: '', stderr: '' }
    for (const stream of ['stdout', 'stderr'] as const)
      child[stream].setEncoding('utf8').on('data', (chunk) => {
        ran[stream] += chunk
      })
    child.stdin.end(typed)
    return new Promise((resolve, reject) =>
      child.once('error', reject).once('close', (status) => resolve({ ...ran, status })),
    )
  }
  const levelbs = async (block: string): Promise<Ran> => {
    const all: Ran = { status: 0, stdout: '', stderr: '' }
    for (const line of block.trim().split('\n')) {
      const args = line
        .replace('@localhost/', `:${password}@${hostname}:${port}/`)
        .replace('--out adopt', `--out ${join(folder, 'adopt')}`)
      const ran = await levelb(args.split(' ').slice(1))
      all.stdout += ran.stdout
      all.stderr += ran.stderr
      if (ran.status !== 0) return { ...all, status: ran.status }
    }
    return all
  }
  return {
    run,
    async done(block: string, typed?: string): Promise<string> {
      const ran = await run(block, typed)
      expect([ran.status, ran.stderr], block).toEqual([0, expect.anything()])
      return ran.stdout
    },
    /** As the page says: where a table was not free, again. */
    async activated(block: string): Promise<void> {
      for (let attempt = 1; attempt <= 30; attempt++) {
        const { stdout } = await run(block)
        if (stdout.includes(' activated ')) return
        expect(stdout).toMatch(/ failed +\| (55P03|40P01) /)
      }
      throw new Error(`a table was never free for ${block}`)
    },
    close: () => rmSync(folder, { recursive: true }),
  }
}

const isSuperuser = async (sql: Client) =>
  (await sql`select session_user as login, (select rolsuper from pg_roles where rolname = session_user) as super`)[0]

/** Who owns what, who may what, and who is what: equal before and after there and back. */
const state = (sql: Client) => sql`
  select o.object, pg_get_userbyid(o.owner) as owner,
      (select string_agg(a::text, ' ' order by a::text) from unnest(coalesce(o.acl, acldefault(o.kind, o.owner))) a) as acl
    from (
      select c.oid::regclass::text, c.relowner, c.relacl, case c.relkind when 'S' then 's' else 'r' end::"char" from pg_class c
       where c.relnamespace = 'shop'::regnamespace and c.relkind in ('r', 'v', 'S')
      union all select p.oid::regprocedure::text, p.proowner, p.proacl, 'f' from pg_proc p
       where p.pronamespace = 'shop'::regnamespace
      union all select nspname, nspowner, nspacl, 'n' from pg_namespace where nspname in ('shop', 'public')
    ) o (object, owner, acl, kind)
  union all select rolname, rolsuper::text, oid::text from pg_roles where rolname in ('app', 'postgres')
  order by 1`

test.runIf(hasOwnClusters)(
  'docs/adopt.md, with the application at work from before to after the way back',
  async () => {
    const world = await docker()
    const { run, done, activated, close } = reader(world)
    const before = connect(world.url)
    try {
      for (const login of ['alice', 'bob', 'frank', 'ci'])
        await before.unsafe(`create role ${login} login password '${world.password}'`)
      const commands = blocks(page, 'sh')
      expect(commands).toHaveLength(11)
      const [
        schema = '',
        look = '',
        superuser = '',
        bootstrap = '',
        stage = '',
        approve = '',
        activate = '',
        proof = '',
        rollback = '',
        activateRollback = '',
        back = '',
      ] = commands
      await done(schema)
      // its constructors stay the bootstrap superuser's, whoever gets it
      await before`create type shop.span as range (subtype = int)`
      const atFirst = await state(before)
      const application = startApplication(world.url)
      await application.works()

      // before 17 its multirange is one more
      expect((await done(look)).replace(/│ [56] /, '│ 4 ')).toContain(blocks(page, 'text')[0])
      expect(await run(look)).toMatchObject({ status: 1, stderr: expect.stringContaining('are there already') })

      // what a person types is not what was meant: nothing is left of it
      expect(await run(superuser, 'one\nother\n')).toMatchObject({
        status: 3,
        stderr: expect.stringContaining("didn't match"),
      })
      // nor where something was made since it was looked at
      await before`create table shop.late ()`
      expect(await run(superuser, `${world.password}\n${world.password}\n`)).toMatchObject({
        status: 3,
        stderr: expect.stringContaining('made since levelb adopt looked: shop.late'),
      })
      await before`drop table shop.late`
      expect(await state(before)).toEqual(atFirst)
      expect(await isSuperuser(before)).toEqual({ login: 'app', super: true })
      // a session within a transaction is not ended in it
      const reserved = await before.reserve()
      await reserved`begin`
      const script = done(superuser, `${world.password}\n${world.password}\n`)
      await expect
        .poll(async () => (await reserved`select rolname from pg_roles where oid = 10`)[0]?.rolname, {
          timeout: 15_000,
        })
        .toBe('postgres')
      // it came in as oid 10 and is the superuser, whatever that is called now
      const [old] = await reserved`
        select current_setting('is_superuser') as super, session_user::regrole::oid::int as oid`
      expect(old).toEqual({ super: 'on', oid: 10 })
      await reserved`commit`
      reserved.release()
      await script
      await application.works()
      expect(await isSuperuser(before)).toEqual({ login: 'app', super: false })
      expect(await run(superuser.replace('-U app', '-U postgres'))).toMatchObject({
        status: 3,
        stderr: expect.stringContaining('this was carried out already'),
      })
      await expect(before`drop owned by postgres`).rejects.toThrow('permission denied')

      await done(bootstrap)
      const super_ = connect(otherUrl(world.url, { login: 'postgres' }))
      const [built] = await super_`select to_regproc('levelb._bind_protection') is not null as protects`
      if (built?.protects) {
        await done(stage)
        await done(approve)
        await activated(activate)
        await application.works()
        expect(await run(back)).toMatchObject({ status: 3, stderr: expect.stringContaining('levelb owns') })
        expect(await done(proof)).toMatch(/^OPERATOR_HANDOFF\n/)
        await done(rollback)
        await activated(activateRollback)
        await application.works()
      }
      await super_.end()

      await done(back)
      await application.works()
      const { failures, written, ended } = await application.stop()
      expect(failures).toEqual([])
      expect(ended).toBeLessThan(10)
      const [count] = await before`select count(*)::int as orders from shop.orders where status = 'paid'`
      expect(count?.orders).toBeGreaterThanOrEqual(written)
      expect(count?.orders).toBeLessThanOrEqual(written + ended)
      expect(await isSuperuser(before)).toEqual({ login: 'app', super: true })
      expect(await state(before)).toEqual(atFirst)
      expect(await run(back.replace('-U postgres', '-U app'))).toMatchObject({
        status: 3,
        stderr: expect.stringContaining('taken back already'),
      })
    } finally {
      await before.end({ timeout: 1 })
      await world.server.stop()
      close()
    }
  },
  120_000,
)
