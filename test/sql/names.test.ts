// What names mean inside of levelb: nothing that a caller, a schema or a setting can put in front of the built-in ones.
import { beforeAll, describe, expect, test } from 'vitest'
import { type Client, connect } from '../client.ts'
import { pastGuard } from '../past-guard.ts'
import { documentOf, refusal, type World, world } from '../world.ts'

let w: World

beforeAll(async () => {
  w = await world()
  await w.stage('0001_names', 'grant select on shop.orders to public')
})

/** Says as whom it was called; what every attack here tries to have called. */
const trap = `
  create or replace function pg_temp.trap() returns boolean language plpgsql as $$
  begin raise notice 'trapped as %', current_user; return true; end $$;`

/** A domain in pg_temp for every ordinary type name, whose CHECK is the trap: finding 1 of the style guide. */
async function temporaryDomains(client: Client): Promise<void> {
  const types = await w.sql`
    select t.typname from pg_type t where t.typnamespace = 'pg_catalog'::regnamespace and t.typtype = 'b' and t.typelem = 0
      and t.typname !~ '^(pg_|_)' order by 1`
  await client.unsafe(
    trap +
      types
        .map(({ typname }) => `create domain pg_temp."${typname}" as pg_catalog."${typname}" check (pg_temp.trap());`)
        .join('\n'),
  )
}

/** An empty temporary table for every relation that levelb has, and for the catalogs. */
async function temporaryTables(client: Client): Promise<void> {
  const relations = await w.sql`
    select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'v') and (n.nspname = 'levelb' or n.nspname = 'pg_catalog'
       and c.relname in ('pg_roles', 'pg_class', 'pg_proc', 'pg_namespace', 'pg_database', 'pg_trigger', 'pg_auth_members', 'pg_settings'))`
  await client.unsafe(relations.map(({ relname }) => `create temporary table "${relname}" (mine int);`).join('\n'))
}

const trapped = (client: Client) =>
  client.notices.map((notice) => String(notice.message)).filter((message) => message.includes('trapped'))

/** Every function with definer rights, with arguments that let it run, and who calls it: the superuser if nobody else may. */
async function definers(): Promise<{ call: string; name: string; login: string | undefined }[]> {
  const [manifest] =
    await w.sql`select manifest_hash from levelb.manifest where migration_id = '0001_names' order by revision desc limit 1`
  const hash = manifest?.manifest_hash as Buffer
  const good: Record<string, string> = {
    document: `'${JSON.stringify(documentOf('grant select on shop.items to public'))}'`,
    manifest_hash: `'\\x${hash.toString('hex')}'`,
    full: 'true',
    row_count: '1',
    migration_id: `'0001_names'`,
    role: `'bob'`,
    policy: `'{}'`,
    principals: `'[]'`,
    effect: `row('acl', 'table', 'shop.orders', 'reader', null, 'SELECT', null)`,
  }
  const rows = await w.sql`
    select n.nspname || '.' || p.proname as name, coalesce(p.proargnames[:p.pronargs - p.pronargdefaults], '{}') as required,
        coalesce('full' = any(p.proargnames), false) as is_full,
        (select array_agg(d) from unnest(array['author', 'approver', 'operator', 'auditor']) d
          where has_function_privilege('levelb_' || d, p.oid, 'execute')) as duties
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace
     where p.prosecdef and p.prorettype <> 'event_trigger'::regtype and n.nspname in ('levelb', 'levelb_exec', 'levelb_sandbox') order by 1`
  const login: Record<string, string> = { author: 'ann', approver: 'bob', operator: 'olga', auditor: 'aud' }
  return rows.map((row) => ({
    name: row.name,
    login: row.duties ? login[row.duties[0]] : undefined,
    // A migration of its own for stage, so that it gets as far as writing.
    call: `select * from ${row.name}(${[...row.required, ...(row.is_full ? ['full'] : [])]
      .map((name: string) =>
        row.name === 'levelb.stage' && name === 'migration_id' ? `'0002_more'` : (good[name] ?? `'because'`),
      )
      .join(', ')})`,
  }))
}

test('the attack works: a function of levelb_owner with an empty search_path falls for a temporary domain', async () => {
  await pastGuard(
    w.sql,
    `
    create function public.careless() returns void language plpgsql security definer set search_path = ''
      as $$ declare v jsonb; begin v := '{}'; end $$;
    alter function public.careless() owner to levelb_owner`,
  )
  const victim = await w.another('aud')
  await temporaryDomains(victim)
  await victim`select public.careless()`
  expect([...new Set(trapped(victim))]).toEqual(['trapped as levelb_owner'])
})

describe.each([
  ['domains', temporaryDomains],
  ['tables', temporaryTables],
])('B026, B027 › temporary %s', (title, prepare) => {
  test('mislead no function that has definer rights, whoever calls it', async () => {
    const answers: Record<string, string> = {}
    const clients = new Map<string | undefined, Client>()
    for (const { call, login, name } of await definers()) {
      let client = clients.get(login)
      if (client === undefined) {
        client = login ? await w.another(login) : connect(w.url)
        clients.set(login, client)
        await client.unsafe('set statement_timeout = 30000; set search_path = pg_temp, public')
        await prepare(client)
      }
      // what it does would keep the rest from being activated
      const isUndone = name === 'levelb.break_glass'
      if (isUndone) await client.unsafe('begin')
      answers[name] = await client.unsafe(call).then(
        () => 'done',
        (error: { code: string }) => error.code,
      )
      if (isUndone) await client.unsafe('rollback')
    }
    const all = [...clients.values()].flatMap(trapped)
    await clients.get(undefined)?.end()
    expect(all).toEqual([])
    // Each gets as far as its own judgement, over which nothing that lies in front has a say.
    expect(Object.entries(answers).filter(([, code]) => !/^done$|^LB/.test(code))).toEqual([])
    // the names of its text could resolve to them
    expect(answers).toMatchObject({ 'levelb.activate': 'LB104' })
    expect(answers).toMatchObject(
      title === 'domains' ? { 'levelb.approve': 'done', 'levelb.stage': 'done' } : { 'levelb.verify_ledger': 'done' },
    )
  })
})

test('B028, B029, B038 › functions and operators in front of the built-in ones are called by nobody', async () => {
  await w.sql.unsafe(`
    create schema evil;
    create function evil.trap() returns boolean language plpgsql as $$ begin raise notice 'trapped as %', current_user; return true; end $$;
    create function evil.sha256(bytea) returns bytea language sql as $$ select '\\x00'::bytea from (select evil.trap()) t $$;
    create function evil.convert_to(text, name) returns bytea language sql as $$ select '\\x00'::bytea from (select evil.trap()) t $$;
    create function evil.octet_length(text) returns int language sql as $$ select 1 from (select evil.trap()) t $$;
    create function evil.current_setting(text) returns text language sql as $$ select 'x'::text from (select evil.trap()) t $$;
    create function evil.clock_timestamp() returns timestamptz language sql as $$ select now() from (select evil.trap()) t $$;
    create function evil.eq(text, text) returns boolean language sql as $$ select true from (select evil.trap()) t $$;
    create function evil.eq(bytea, bytea) returns boolean language sql as $$ select true from (select evil.trap()) t $$;
    create operator evil.= (leftarg = text, rightarg = text, function = evil.eq);
    create operator evil.= (leftarg = bytea, rightarg = bytea, function = evil.eq);
    create operator evil.<> (leftarg = bytea, rightarg = bytea, function = evil.eq);
    grant usage on schema evil to public`)
  const logins = ['ann', 'bob', 'carol', 'olga']
  for (const name of logins) await w.sql.unsafe(`alter role ${w.role(name)} set search_path = evil, pg_catalog`)
  const clients = Object.fromEntries(
    await Promise.all(logins.map(async (name) => [name, await w.another(name)] as const)),
  )
  const { ann, bob, carol, olga } = clients as Record<'ann' | 'bob' | 'carol' | 'olga', Client>
  // The attack is in front: the login's own text falls for it.
  await ann`select sha256('x'::bytea)`
  expect(trapped(ann)).toEqual([`trapped as ${w.role('ann')}`])
  ann.notices.length = 0
  const document = documentOf('grant select on shop.items to public')
  const [row] = await ann`select * from levelb.stage('0003_evil', ${ann.json(document as never)})`
  for (const approver of [bob, carol]) await approver`select * from levelb.approve('0003_evil', ${row?.manifest_hash})`
  await olga`set statement_timeout = 30000`
  const [done] = await olga`select outcome, effects from levelb.activate('0003_evil')`
  for (const name of logins) await w.sql.unsafe(`alter role ${w.role(name)} reset search_path`)
  expect(done?.outcome).toBe('activated')
  expect(Object.values(clients).flatMap(trapped)).toEqual([])
})

test('B059 › no setting of any name opens anything', async () => {
  const names = [
    'in_activation',
    'activation',
    'installing',
    'role_home',
    'token',
    'channel',
    'owner',
    'guard',
    'bypass',
    'restore',
  ]
  const own = await w.sql`
    select distinct m[1] as name from pg_proc p, regexp_matches(p.prosrc, '''(levelb\\.[a-z_]+)''', 'g') m
     where p.pronamespace in ('levelb'::regnamespace, 'levelb_exec'::regnamespace)`
  for (const client of [w.sql, await w.as('ann')]) {
    for (const value of ['on', 'true', '1', '$xid'])
      for (const name of [...names.map((short) => `levelb.${short}`), ...own.map((row) => row.name as string)])
        await client.unsafe(
          value === '$xid'
            ? `select set_config('${name}', pg_current_xact_id()::text, false)`
            : `set ${name} = '${value}'`,
        )
  }
  const ann = await w.as('ann')
  expect((await refusal(ann`select * from levelb.activate('0001_names')`)).code).toBe('42501')
  const forged = w.sql`insert into levelb.leaf (relation, row_key, content, at) values ('x', '[]', '{}', now())`
  expect((await refusal(forged)).code).toBe('LB301')
  await w.sql`set role levelb_deploy`
  const step = await refusal(w.sql`select levelb._pending_step($$apply$$)`)
  await w.sql`reset role`
  expect(step.code).toBe('LB211')
  expect((await w.sql`select levelb.mode() as mode`)[0]?.mode).toBe('OPERATOR_HANDOFF')
})
