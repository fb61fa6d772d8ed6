// Who may reach levelb's objects at all: nobody but its roles, whatever default privileges the database has.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { install } from '../../src/install.ts'
import { bundleText, emptyDatabase, freshDatabase, type TestDatabase } from '../database.ts'
import { pastGuard } from '../past-guard.ts'
import { refusal, type World, world } from '../world.ts'

/** Everything in the schemas of levelb that `role` may do anything with. */
async function reach(database: TestDatabase, role: string): Promise<string[]> {
  const { sql } = database
  const relation = ['select', 'insert', 'update', 'delete', 'truncate', 'references', 'trigger']
  const rows = await sql`
    with ours as (select oid, nspname from pg_namespace where nspname in ('levelb', 'levelb_exec', 'levelb_sandbox'))
    select 'schema ' || nspname as what from ours where has_schema_privilege(${role}, oid, 'usage') or has_schema_privilege(${role}, oid, 'create')
    union all
    select 'function ' || p.oid::regprocedure from pg_proc p join ours on ours.oid = p.pronamespace
     where has_function_privilege(${role}, p.oid, 'execute')
    union all
    select 'relation ' || c.oid::regclass from pg_class c join ours on ours.oid = c.relnamespace
     where c.relkind in ('r', 'v') and (has_table_privilege(${role}, c.oid, ${relation.join()})
       or has_any_column_privilege(${role}, c.oid, 'select, insert, update, references'))
    union all
    select 'sequence ' || c.oid::regclass from pg_class c join ours on ours.oid = c.relnamespace
     where c.relkind = 'S' and case when c.relkind = 'S' then has_sequence_privilege(${role}, c.oid, 'select, usage, update') end
    union all
    select 'type ' || t.oid::regtype from pg_type t join ours on ours.oid = t.typnamespace
     where t.typelem = 0 and has_type_privilege(${role}, t.oid, 'usage')`
  return rows.map((row) => row.what).sort()
}

describe('a login that is member of nothing', () => {
  let database: TestDatabase

  beforeAll(async () => {
    database = await freshDatabase()
    await database.urlOf('nobody')
  })

  test('B040 › can execute, read or use nothing of levelb', async () => {
    expect(await reach(database, database.role('nobody'))).toEqual([])
  })

  test('B040 › is refused the first verb it tries by PostgreSQL itself', async () => {
    const nobody = await database.as('nobody')
    expect((await refusal(nobody`select levelb.mode()`)).code).toBe('42501')
  })

  test('B032 › nobody but levelb_owner has CREATE on the schemas', async () => {
    const rows = await database.sql`
      select n.nspname, r.rolname from pg_namespace n, pg_roles r
       where n.nspname in ('levelb', 'levelb_exec', 'levelb_sandbox') and not r.rolsuper and has_schema_privilege(r.oid, n.oid, 'create')
       order by 1, 2`
    expect(rows.map((row) => `${row.nspname} ${row.rolname}`)).toEqual([
      'levelb levelb_owner',
      'levelb_exec levelb_owner',
      'levelb_sandbox levelb_owner',
    ])
  })

  test('B020 › nobody but levelb_owner may call an executor or fetch a step, their owners neither', async () => {
    const rows = await database.sql`
      select p.proname, r.rolname from pg_proc p, pg_roles r
       where p.pronamespace = 'levelb_exec'::regnamespace and not r.rolsuper and has_function_privilege(r.oid, p.oid, 'execute')
       order by 1, 2`
    expect(rows.map((row) => `${row.proname} ${row.rolname}`)).toEqual([
      'build_mirror levelb_owner',
      'check_constraints levelb_owner',
      'execute_roles levelb_owner',
      'execute_step levelb_owner',
      'sandbox_check_constraints levelb_owner',
      'sandbox_execute_step levelb_owner',
      'sandbox_sequences levelb_owner',
      'sandbox_verify_step levelb_owner',
      'swap_schemas levelb_owner',
      'verify_step levelb_owner',
    ])
  })

  test('B044, B045, B046 › nobody but levelb_owner has more than SELECT on a table of a bootstrapped database', async () => {
    const { sql } = await world()
    const rows = await sql`
      select c.relname, r.rolname, p.privilege from pg_class c, pg_roles r,
          unnest(array['insert', 'update', 'delete', 'truncate', 'references', 'trigger']
            || case when current_setting('server_version_num')::int >= 170000 then array['maintain'] end) p (privilege)
       where c.relnamespace = 'levelb'::regnamespace and c.relkind in ('r', 'v') and not r.rolsuper and r.rolname !~ '^pg_'
         and r.rolname <> 'levelb_owner' and has_table_privilege(r.oid, c.oid, p.privilege)`
    expect([...rows]).toEqual([])
  })
})

test('B040 › default privileges that give everything to PUBLIC and to a role anon reach nothing of levelb', async () => {
  const database = await emptyDatabase()
  const { sql, role } = database
  await Promise.all([database.urlOf('anon'), database.urlOf('nobody')])
  // Installed elsewhere in this cluster, or the roles would not be there yet.
  await freshDatabase()
  for (const maker of ['postgres', 'levelb_owner', 'levelb_deploy', 'levelb_roles'])
    for (const kind of ['tables', 'sequences', 'functions', 'types', 'schemas'])
      await sql.unsafe(`alter default privileges for role ${maker} grant all on ${kind} to public, ${role('anon')}`)
  await install(sql, { bundle: bundleText() })
  expect(await reach(database, role('anon'))).toEqual([])
  expect(await reach(database, role('nobody'))).toEqual([])
})

describe('predefined roles', () => {
  let w: World

  beforeAll(async () => {
    w = await world()
    await w.urlOf('writer')
    await w.sql.unsafe(`grant pg_write_all_data, pg_read_all_data to ${w.role('writer')}`)
  })

  // Roles are the cluster's: what stays makes the next database of this file unready.
  afterAll(() => w.sql.unsafe(`revoke pg_write_all_data, pg_read_all_data from ${w.role('writer')}`))

  // 42501 and not LB301: the guard runs with the writer's rights, who may not even ask it whether this is the channel.
  test('B047 › a member of pg_write_all_data inserts no row', async () => {
    const writer = await w.as('writer')
    const found = await refusal(writer`
      insert into levelb.leaf (leaf_id, relation, row_key, content, at) overriding system value values (99, 'x', '[]', '{}', now())`)
    expect({ code: found.code, message: found.message }).toEqual({
      code: '42501',
      message: 'permission denied for function _is_channel',
    })
  })

  test('B047 › a member of pg_write_all_data changes no row of any table', async () => {
    const writer = await w.as('writer')
    const tables =
      await w.sql`select relname from pg_class where relnamespace = 'levelb'::regnamespace and relkind = 'r' and relname <> '_token' order by 1`
    for (const { relname } of tables) {
      const [column] =
        await w.sql`select attname from pg_attribute where attrelid = ${`levelb.${relname}`}::regclass and attnum = 1`
      const [counted] = await w.sql.unsafe(`select count(*)::int as n from levelb.${relname}`)
      if (counted?.n === 0) continue
      for (const change of [
        `update levelb.${relname} set ${column?.attname} = default`,
        `delete from levelb.${relname}`,
      ])
        expect({ change, code: (await refusal(writer.unsafe(change))).code }).toEqual({ change, code: '42501' })
    }
  })

  test('B048 › a member of pg_read_all_data reads the tables: nothing secret is kept there', async () => {
    const writer = await w.as('writer')
    expect((await writer`select count(*)::int as n from levelb.principal`)[0]?.n).toBe(8)
  })
})

describe('a right that a superuser gives by mistake', () => {
  let w: World

  beforeAll(async () => {
    w = await world()
  })

  test.each([
    ['B044 › TRIGGER on a table', 'trigger on levelb.leaf', '$'],
    ['B045 › REFERENCES on a table', 'references on levelb.leaf', '$'],
    ['B046 › everything on a table', 'all on levelb.leaf', '$'],
    ['UPDATE of one column', 'update (content) on levelb.leaf', '$'],
    ['UPDATE on a sequence', 'update on sequence levelb.leaf_leaf_id_seq', '$'],
    ['B032 › CREATE on the schema', 'create on schema levelb', '$'],
    ['USAGE of the executors', 'usage on schema levelb_exec', '$'],
    ['EXECUTE on a private function', 'execute on function levelb._seal(boolean)', 'public'],
    ['EXECUTE on a verb', 'execute on function levelb.activate(text)', 'levelb_reader'],
  ])('%s is no longer the installed state: AUTHOR_MODE until it is taken back', async (_title, right, to) => {
    const mode = async () => (await w.sql`select levelb.mode() as mode`)[0]?.mode
    const role = to === '$' ? w.role('aud') : to
    await pastGuard(w.sql, `grant ${right} to ${role}`)
    const meanwhile = await mode()
    await pastGuard(w.sql, `revoke ${right} from ${role}`)
    expect([meanwhile, await mode()]).toEqual(['AUTHOR_MODE', 'OPERATOR_HANDOFF'])
  })
})
