// What roles own in this database, as the catalogs say it. pg_shdepend would be shorter and knows nothing of the
// bootstrap superuser, whose objects it does not record.
import type { Sql } from 'postgres'

export type OwnedObject = {
  /** As ALTER … OWNER TO has it: `table`, `materialized view`, `operator class`. */
  type: string
  /** As SQL has it: `shop."Order"`, `shop.pay(bigint)`. */
  identity: string
  /** Of a schema its own name; null of what is in none. */
  schema: string | null
  owner: string
  /** A SECURITY DEFINER function, a view without security_invoker, a materialized view. */
  runsAsOwner: boolean
  rowSecurity: 'off' | 'on' | 'forced'
  /** Only a superuser may own it. */
  isSuperusers: boolean
  /** A sequence of a column: it goes with its table. */
  follows: boolean
  /** Of a multirange that has an owner of its own, as before 17: identity of its range type. */
  range: string | null
  /** PUBLIC may use it without a grant to anybody else: EXECUTE of a routine, USAGE of a schema. */
  isOpen: boolean
}

export async function readObjects(sql: Sql): Promise<OwnedObject[]> {
  const rows = await sql<OwnedObject[]>`
    with owned (classid, objid, owner, runs_as_owner, row_security, is_superusers, is_open) as (
      select 'pg_namespace'::regclass, n.oid, n.nspowner, false, 'off', false,
          has_schema_privilege('public', n.oid, 'usage')
        from pg_namespace n
      union all
      select 'pg_class', c.oid, c.relowner,
          c.relkind = 'm' or c.relkind = 'v' and not coalesce((select o.option_value::boolean
            from pg_options_to_table(c.reloptions) o where o.option_name = 'security_invoker'), false),
          case when c.relforcerowsecurity and c.relrowsecurity then 'forced' when c.relrowsecurity then 'on' else 'off' end,
          false, false
        from pg_class c where c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
      union all
      select 'pg_proc', p.oid, p.proowner, p.prosecdef, 'off', false, has_function_privilege('public', p.oid, 'execute')
        from pg_proc p
         -- constructors of a range are the bootstrap superuser's, whoever made it
       where not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'i')
      union all
      -- neither the row type of a table, nor an array: they go with what they are of, as multiranges do from 17 on
      select 'pg_type', t.oid, t.typowner, false, 'off', false, false from pg_type t
       where (t.typtype in ('b', 'd', 'e', 'c', 'r') or t.typtype = 'm' and current_setting('server_version_num')::int < 170000)
         and t.typcategory <> 'A'
         and not exists (select from pg_class c where c.oid = t.typrelid and c.relkind <> 'c')
      union all select 'pg_operator', o.oid, o.oprowner, false, 'off', false, false from pg_operator o
      union all select 'pg_opclass', o.oid, o.opcowner, false, 'off', false, false from pg_opclass o
      union all select 'pg_opfamily', o.oid, o.opfowner, false, 'off', false, false from pg_opfamily o
      union all select 'pg_collation', c.oid, c.collowner, false, 'off', false, false from pg_collation c
      union all select 'pg_conversion', c.oid, c.conowner, false, 'off', false, false from pg_conversion c
      union all select 'pg_ts_dict', d.oid, d.dictowner, false, 'off', false, false from pg_ts_dict d
      union all select 'pg_ts_config', c.oid, c.cfgowner, false, 'off', false, false from pg_ts_config c
      union all select 'pg_statistic_ext', s.oid, s.stxowner, false, 'off', false, false from pg_statistic_ext s
      union all select 'pg_foreign_server', s.oid, s.srvowner, false, 'off', false, false from pg_foreign_server s
      union all select 'pg_language', l.oid, l.lanowner, false, 'off', false, false from pg_language l
      union all select 'pg_largeobject_metadata', l.oid, l.lomowner, false, 'off', false, false from pg_largeobject_metadata l
      union all select 'pg_foreign_data_wrapper', w.oid, w.fdwowner, false, 'off', true, false from pg_foreign_data_wrapper w
      union all select 'pg_event_trigger', e.oid, e.evtowner, false, 'off', true, false from pg_event_trigger e
      union all
      select 'pg_subscription', s.oid, s.subowner, false, 'off', true, false from pg_subscription s
       where s.subdbid = (select d.oid from pg_database d where d.datname = current_database())
      union all
      select 'pg_publication', p.oid, p.pubowner, false, 'off',
          p.puballtables or exists (select from pg_publication_namespace n where n.pnpubid = p.oid), false
        from pg_publication p
    )
    select case i.type when 'statistics object' then 'statistics'
        when 'foreign-data wrapper' then 'foreign data wrapper' else i.type end as type,
        i.identity,
        case when o.classid = 'pg_namespace'::regclass then (select n.nspname from pg_namespace n where n.oid = o.objid)
          else (select n.nspname from pg_namespace n where n.oid = s.namespace) end as schema,
        pg_get_userbyid(o.owner) as owner, o.runs_as_owner as "runsAsOwner", o.row_security as "rowSecurity",
        o.is_superusers as "isSuperusers", o.is_open as "isOpen",
        exists (select from pg_depend d where d.classid = o.classid and d.objid = o.objid
          and o.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i')
          and (select c.relkind from pg_class c where c.oid = o.objid) = 'S') as follows,
        (select (pg_identify_object('pg_type'::regclass, r.rngtypid, 0)).identity from pg_range r
          where o.classid = 'pg_type'::regclass and r.rngmultitypid = o.objid) as range
      from owned o
        cross join lateral pg_identify_object(o.classid, o.objid, 0) i
        cross join lateral (
          select case o.classid when 'pg_class'::regclass then (select c.relnamespace from pg_class c where c.oid = o.objid)
            else (select n.oid from pg_namespace n where quote_ident(n.nspname) = i.schema) end as namespace) s
     -- what initdb made is nobody's to take, but for schema public
     where (o.objid >= 16384 or o.classid = 'pg_namespace'::regclass and o.objid = 2200)
       and i.identity is not null
       and not exists (select from pg_depend d where d.classid = o.classid and d.objid = o.objid and d.deptype = 'e')
       and not exists (select from pg_namespace n
         where n.oid = case when o.classid = 'pg_namespace'::regclass then o.objid else s.namespace end
           and (n.nspname ~ '^pg_(toast|temp)' or n.nspname in ('information_schema', 'levelb', 'levelb_exec', 'levelb_sandbox')))
       and not (o.classid = 'pg_event_trigger'::regclass and starts_with(i.identity, 'levelb_'))
     order by array_position(array['schema', 'type', 'function', 'procedure', 'aggregate', 'operator'], i.type), i.type, i.identity`
  return [...rows]
}
