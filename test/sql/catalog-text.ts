// The installed catalog as text, the same on every version of PostgreSQL. Bodies are left out: they have their own diff.
import type { Client } from '../client.ts'

const first = (comment: string) =>
  `(select l from regexp_split_to_table(${comment}, E'\\n') with ordinality t (l, i) where l <> '' and l !~ '^@' order by i limit 1)`

/** Rights that are not the owner's, as `role: privileges`. */
const rights = (acl: string, owner: string) => `
  (select string_agg(format(E'\\n  grant %s to %s', privileges, grantee), '' order by grantee collate "C") from (
    select case a.grantee when 0 then 'public' else pg_get_userbyid(a.grantee) end as grantee,
        string_agg(lower(a.privilege_type), ', ' order by a.privilege_type) as privileges
      from aclexplode(${acl}) a where a.grantee <> ${owner} group by 1) g)`

const ours = `n.nspname in ('levelb', 'levelb_exec', 'levelb_sandbox')`

const queries = [
  `select 1, n.nspname::text, concat('schema ', n.nspname, ' owner ', pg_get_userbyid(n.nspowner), ' -- ',
      ${first(`obj_description(n.oid, 'pg_namespace')`)}, ${rights('n.nspacl', 'n.nspowner')})
    from pg_namespace n where ${ours}`,
  `select 2, t.typname::text, concat('domain ', n.nspname, '.', t.typname, ' ', format_type(t.typbasetype, t.typtypmod), ' -- ', ${first(`obj_description(t.oid, 'pg_type')`)},
      (select string_agg(E'\\n  constraint ' || k.conname || ' ' || pg_get_constraintdef(k.oid), '' order by k.conname) from pg_constraint k where k.contypid = t.oid),
      ${rights(`coalesce(t.typacl, acldefault('T', t.typowner))`, 't.typowner')})
    from pg_type t join pg_namespace n on n.oid = t.typnamespace where ${ours} and t.typtype = 'd'`,
  `select case c.relkind when 'c' then 3 when 'r' then 4 when 'v' then 5 else 6 end, n.nspname || '.' || c.relname,
      concat(case c.relkind when 'c' then 'type' when 'r' then 'table' when 'v' then 'view' else 'sequence' end, ' ', n.nspname, '.', c.relname, ' -- ', ${first(
        `coalesce(obj_description(c.oid, 'pg_class'), obj_description(c.reltype, 'pg_type'))`,
      )},
      case when c.relkind <> 'S' then (select string_agg(concat(E'\\n  ', a.attname, ' ', format_type(a.atttypid, a.atttypmod), case when a.attnotnull then ' not null' end,
            case when a.attidentity <> '' then ' identity' end, ' default ' || pg_get_expr(d.adbin, d.adrelid), ' -- ' || ${first('col_description(c.oid, a.attnum)')}), '' order by a.attnum)
          from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
         where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) end,
      (select string_agg(concat(E'\\n  constraint ', k.conname, ' ', pg_get_constraintdef(k.oid)), '' order by k.conname) from pg_constraint k where k.conrelid = c.oid and k.contype <> 'n'),
      (select string_agg(concat(E'\\n  ', pg_get_indexdef(i.indexrelid)), '' order by i.indexrelid::regclass::text) from pg_index i
        where i.indrelid = c.oid and not exists (select from pg_constraint k where k.conindid = i.indexrelid)),
      (select string_agg(concat(E'\\n  ', regexp_replace(pg_get_triggerdef(t.oid), ' ON \\S+ ', ' '), ' -- ', t.tgenabled), '' order by t.tgname) from pg_trigger t where t.tgrelid = c.oid and not t.tgisinternal),
      ${rights('c.relacl', 'c.relowner')})
    from pg_class c join pg_namespace n on n.oid = c.relnamespace where ${ours} and c.relkind in ('c', 'r', 'v', 'S')`,
  `select 7, p.oid::regprocedure::text, concat('function ', n.nspname, '.', p.proname, '(', pg_get_function_arguments(p.oid), ') returns ', pg_get_function_result(p.oid), ' -- ', ${first(
    `obj_description(p.oid, 'pg_proc')`,
  )},
      E'\\n  ', l.lanname, case p.provolatile when 'i' then ' immutable' when 's' then ' stable' else ' volatile' end, case when p.proisstrict then ' strict' end,
      case when p.prosecdef then ' security definer owner ' || pg_get_userbyid(p.proowner) end, case when p.proparallel = 's' then ' parallel safe' end,
      -- a setting of 16 and newer
      (select string_agg(concat(E'\\n  set ', s), '' order by i) from unnest(p.proconfig) with ordinality c (s, i) where s !~ '^createrole_self_grant'),
      (select E'\\n  ' || m[1] from regexp_match(obj_description(p.oid, 'pg_proc'), '(@raises [^\\n]*)') m),
      ${rights(`coalesce(p.proacl, acldefault('f', p.proowner))`, 'p.proowner')})
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_language l on l.oid = p.prolang where ${ours}`,
]

export async function catalogText(sql: Client): Promise<string> {
  const rows = await sql.begin(async (inside) => {
    await inside`set local search_path = pg_catalog, pg_temp`
    return inside.unsafe(
      `select text from (${queries.join('\nunion all\n')}) o (kind, name, text) order by kind, name collate "C"`,
    )
  })
  return `-- What levelb installs, from the catalog. Compared by test/sql/snapshot.test.ts; written by it with -u.\n\n${rows
    .map((row) => row.text.replaceAll(/ +$/gm, ''))
    .join('\n\n')}\n`
}
