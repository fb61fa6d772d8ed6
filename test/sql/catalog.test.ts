// What must hold of every object that levelb installs, asked of the catalog: no list of objects is written here.
import { beforeAll, describe, expect, test } from 'vitest'
import { freshDatabase, type TestDatabase } from '../database.ts'
import { mentions, publicFunctions, reachableCodes } from './catalog.ts'

let database: TestDatabase

beforeAll(async () => {
  database = await freshDatabase()
})

/** First column of the rows: the offenders. */
async function offenders(query: string): Promise<string[]> {
  const rows = await database.sql.unsafe(query).values()
  return rows.map((row) => String(row[0])).sort()
}

const ours = `in ('levelb', 'levelb_exec', 'levelb_sandbox')`

describe('comments', () => {
  test('every schema, function, table, view, type and domain has one', async () => {
    expect(
      await offenders(`
        select 'schema ' || nspname from pg_namespace where nspname ${ours} and obj_description(oid, 'pg_namespace') is null
        union all select 'function ' || p.oid::regprocedure from pg_proc p join pg_namespace n on n.oid = p.pronamespace
          where n.nspname ${ours} and obj_description(p.oid, 'pg_proc') is null
        union all select 'relation ' || c.oid::regclass from pg_class c join pg_namespace n on n.oid = c.relnamespace
          where n.nspname ${ours} and c.relkind in ('r', 'v', 'm', 'p', 'f') and obj_description(c.oid, 'pg_class') is null
        union all select 'type ' || t.oid::regtype from pg_type t join pg_namespace n on n.oid = t.typnamespace
            left join pg_class c on c.oid = t.typrelid
          where n.nspname ${ours} and t.typelem = 0 and (t.typtype <> 'c' or c.relkind = 'c')
            and obj_description(t.oid, 'pg_type') is null`),
    ).toEqual([])
  })

  test('every column of a public table, view or composite has one', async () => {
    expect(
      await offenders(`
        select c.oid::regclass || '.' || a.attname from pg_class c join pg_attribute a on a.attrelid = c.oid
         where c.relnamespace in ('levelb'::regnamespace, 'levelb_sandbox'::regnamespace) and c.relkind in ('r', 'v', 'c')
           and c.relname !~ '^_' and a.attnum > 0 and not a.attisdropped and col_description(c.oid, a.attnum) is null`),
    ).toEqual([])
  })

  test('the first line of text is one sentence or phrase of at most 120 characters, in a public function of 80', async () => {
    expect(
      await offenders(`
        select p.oid::regprocedure || ': ' || line from pg_proc p join pg_namespace n on n.oid = p.pronamespace,
          lateral (select l.line from regexp_split_to_table(obj_description(p.oid, 'pg_proc'), E'\\n') with ordinality l (line, i)
                    where l.line <> '' and l.line !~ '^@' order by l.i limit 1) first
         where n.nspname ${ours} and length(line) > case when p.proname ~ '^_' or n.nspname = 'levelb_exec' then 160 else 80 end`),
    ).toEqual([])
  })

  test('a column of a public table can be null exactly when it is tagged @null', async () => {
    expect(
      await offenders(`
        select c.oid::regclass || '.' || a.attname from pg_class c join pg_attribute a on a.attrelid = c.oid
         where c.relnamespace = 'levelb'::regnamespace and c.relkind = 'r' and c.relname !~ '^_' and a.attnum > 0
           and not a.attisdropped and a.attnotnull = (col_description(c.oid, a.attnum) ~ '^@null\\M')`),
    ).toEqual([])
  })

  test('no tag is misspelt', async () => {
    const tags = [
      '@null',
      '@json',
      '@raises',
      '@direct',
      '@connection',
      '@arms',
      '@outcome',
      '@readback',
      '@name',
      '@internal',
    ]
    expect(
      await offenders(`
        select distinct m[1] from pg_description d, regexp_matches(d.description, '(?:^|\\n| )(@\\w+)', 'g') m
         where d.objoid >= 16384 and m[1] <> all('{${tags.join(',')}}')`),
    ).toEqual([])
  })
})

describe('functions', () => {
  test('each has search_path = pg_catalog, pg_temp, exactly (B026, B027, B028)', async () => {
    expect(
      await offenders(`
        select p.oid::regprocedure || coalesce(p.proconfig::text, '') from pg_proc p join pg_namespace n on n.oid = p.pronamespace
         where n.nspname ${ours} and 'search_path=pg_catalog, pg_temp' <> all(coalesce(p.proconfig, '{""}'))`),
    ).toEqual([])
  })

  test('those with definer rights belong to levelb_owner, but the executors', async () => {
    expect(
      await offenders(`
        select distinct n.nspname || ' ' || p.proowner::regrole from pg_proc p join pg_namespace n on n.oid = p.pronamespace
         where n.nspname ${ours} and p.prosecdef`),
    ).toEqual([
      'levelb levelb_owner',
      'levelb_exec levelb_deploy',
      'levelb_exec levelb_roles',
      'levelb_exec levelb_sandbox',
      'levelb_sandbox levelb_owner',
    ])
  })

  test('everything else belongs to levelb_owner', async () => {
    expect(
      await offenders(`
        select p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace
         where n.nspname ${ours} and n.nspname <> 'levelb_exec' and p.proowner <> 'levelb_owner'::regrole
        union all select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
         where n.nspname ${ours} and c.relowner <> 'levelb_owner'::regrole
        union all select t.oid::regtype::text from pg_type t join pg_namespace n on n.oid = t.typnamespace
         where n.nspname ${ours} and t.typowner <> 'levelb_owner'::regrole
        union all select nspname::text from pg_namespace where nspname ${ours} and nspowner <> 'levelb_owner'::regrole`),
    ).toEqual([])
  })

  test('executors take no argument (B020)', async () => {
    expect(
      await offenders(
        `select oid::regprocedure from pg_proc where pronamespace = 'levelb_exec'::regnamespace and pronargs > 0`,
      ),
    ).toEqual([])
  })

  test('public ones have named parameters and no overloads, VARIADIC, OUT or polymorphic types', async () => {
    expect(
      await offenders(`
        select p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace
         where n.nspname in ('levelb', 'levelb_sandbox') and p.proname !~ '^_'
           and (p.prokind <> 'f' or p.provariadic <> 0 or p.proallargtypes is not null
             or cardinality(coalesce(p.proargnames, '{}')) <> p.pronargs or '' = any(coalesce(p.proargnames, '{}'))
             or exists (select from unnest(p.proargtypes::oid[]) t join pg_type y on y.oid = t where y.typtype = 'p')
             or exists (select from pg_proc o where o.pronamespace = p.pronamespace and o.proname = p.proname and o.oid <> p.oid))`),
    ).toEqual([])
  })

  test('public ones return void, a scalar or a named composite', async () => {
    expect(
      await offenders(`
        select p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_type t on t.oid = p.prorettype
         where n.nspname in ('levelb', 'levelb_sandbox') and p.proname !~ '^_'
           and not (t.typtype in ('b', 'd', 'c') or t.typname = 'void')`),
    ).toEqual([])
  })
})

describe('errors', () => {
  test('every code that a function names is in the registry, and every code of class LB is five characters of it', async () => {
    const registered = new Set((await database.sql`select code from levelb.errors()`).map((row) => row.code))
    const named = [...(await mentions(database.sql)).values()].flatMap(({ codes }) => codes)
    // LB000 is never raised: a handler that names it traps the class.
    expect([...new Set(named)].filter((code) => !registered.has(code) && code !== 'LB000')).toEqual([])
  })

  test('every code of a @raises tag is named by the function or one that it calls', async () => {
    const all = await mentions(database.sql)
    const untrue = (await publicFunctions(database.sql)).flatMap((f) => {
      const codes = reachableCodes(all, `${f.schema}.${f.name}`)
      return f.raises.filter((code) => !codes.has(code)).map((code) => `${f.signature} ${code}`)
    })
    expect(untrue).toEqual([])
  })

  test('every @raises tag is in the order of the registry and names no code twice', async () => {
    const functions = await publicFunctions(database.sql)
    expect(
      functions.filter((f) => f.raises.join() !== [...new Set(f.raises)].sort().join()).map((f) => f.signature),
    ).toEqual([])
  })

  test('every public function that can raise says so', async () => {
    const all = await mentions(database.sql)
    const functions = await publicFunctions(database.sql)
    // mode reads verdicts, which are rows and not errors.
    const silent = functions.filter(
      (f) => f.raises.length === 0 && reachableCodes(all, `${f.schema}.${f.name}`).has('LB201'),
    )
    expect(silent.map((f) => f.signature)).toEqual([])
  })

  test('names, messages and hints differ by code and keep the style of messages', async () => {
    expect(
      await offenders(`
        select e.code from levelb.errors() e
         where e.name !~ '^[a-z]+(_[a-z]+)*$' or e.message !~ '^[a-zA-Z_].*[^.]$' or e.hint !~ '[.;:)]$' or e.message ~ 'levelb\\.'
            or (select count(*) from levelb.errors() o where o.name = e.name or o.message = e.message) > 1`),
    ).toEqual([])
  })
})

describe('tables', () => {
  test('each has its guard triggers, ENABLE ALWAYS: append-only ones three, helpers two (B067, B068)', async () => {
    const rows = await database.sql`
      select distinct c.relname ~ '^_' as helper,
          (select jsonb_agg(jsonb_build_array(t.tgname, f.proname, t.tgtype::int, t.tgenabled) order by t.tgname)
             from pg_trigger t join pg_proc f on f.oid = t.tgfoid where t.tgrelid = c.oid and t.tgname ~ '^levelb_[123]0') as triggers
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where n.nspname in ('levelb', 'levelb_exec', 'levelb_sandbox') and c.relkind in ('r', 'p', 'f') order by helper`
    const before = 2
    const [row, insert, remove, update, truncate] = [1, 4, 8, 16, 32]
    const noTruncate = ['levelb_30_no_truncate', '_guard_append_only', before | truncate, 'A']
    expect([...rows]).toEqual([
      {
        helper: false,
        triggers: [
          ['levelb_10_channel_only', '_guard_channel', row | before | insert, 'A'],
          ['levelb_20_append_only', '_guard_append_only', row | before | update | remove, 'A'],
          noTruncate,
        ],
      },
      {
        helper: true,
        triggers: [
          ['levelb_10_channel_only', '_guard_channel', row | before | insert | update | remove, 'A'],
          noTruncate,
        ],
      },
    ])
  })

  test('no trigger of levelb is anything but ENABLE ALWAYS', async () => {
    expect(
      await offenders(`
        select t.tgrelid::regclass || '.' || t.tgname from pg_trigger t join pg_class c on c.oid = t.tgrelid
         where c.relnamespace = 'levelb'::regnamespace and t.tgenabled <> 'A'`),
    ).toEqual([])
  })

  test('none has a foreign key, child, parent, partition, rule or row security, and all are logged (B071 to B074, B078, B081)', async () => {
    expect(
      await offenders(`
        select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
         where n.nspname ${ours} and (c.relkind in ('p', 'f', 'm') or c.relispartition or c.relrowsecurity or c.relpersistence <> 'p'
             or exists (select from pg_inherits i where c.oid in (i.inhrelid, i.inhparent))
             or exists (select from pg_constraint k where k.contype = 'f' and c.oid in (k.conrelid, k.confrelid))
             or exists (select from pg_rewrite r where r.ev_class = c.oid and r.rulename <> '_RETURN'))`),
    ).toEqual([])
  })

  test('constraints are named by the rule they state, or by PostgreSQL for keys and helpers', async () => {
    expect(
      await offenders(`
        select k.conname from pg_constraint k left join pg_class c on c.oid = k.conrelid
         where k.connamespace = 'levelb'::regnamespace and k.contype = 'c' and coalesce(c.relname, '') !~ '^_' and k.conname ~ '_check\\d*$'`),
    ).toEqual([])
  })

  test('installing writes no row', async () => {
    expect(
      await offenders(`
        select c.oid::regclass from pg_class c where c.relnamespace = 'levelb'::regnamespace and c.relkind = 'r'
           and (xpath('/row/n/text()', query_to_xml(format('select count(*) as n from %s', c.oid::regclass), false, true, '')))[1]::text <> '0'`),
    ).toEqual([])
  })
})
