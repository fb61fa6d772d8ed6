-- Owns the closed world: what must not be in reach of levelb_sandbox, as whom authors run text that nobody has approved. A
-- trigger, view or call of theirs must not be able to end up with anybody's rights but that role's.

create type levelb._door as (
  object  text,
  why     text,
  remedy  text
);
comment on type levelb._door is 'A way out of the sandbox, and SQL that closes it.';

-- USAGE of a schema is asked when a name is read. A view, a body that is stored parsed, a default or a policy has been read, and
-- leads to what it names though nobody may look into that schema.
create function levelb._is_in_reach(
  class oid,
  object oid,
  schema oid
)
  returns boolean
  language sql stable
  set search_path = pg_catalog, pg_temp
return has_schema_privilege('levelb_sandbox', schema, 'usage') or exists (
  select from pg_depend d
   where d.refclassid = class and d.refobjid = object
     and case class when 'pg_proc'::regclass
       -- a trigger is on a table, which is a door of its own
       then d.classid not in ('pg_trigger'::regclass, 'pg_event_trigger'::regclass)
       -- but not its own
       else d.classid = 'pg_proc'::regclass
         or d.classid = 'pg_rewrite'::regclass and not exists (select from pg_rewrite w where w.oid = d.objid and w.ev_class = object)
         or d.classid = 'pg_attrdef'::regclass and not exists (select from pg_attrdef f where f.oid = d.objid and f.adrelid = object) end);
comment on function levelb._is_in_reach(oid, oid, oid) is 'Whether levelb_sandbox can come to use something, if it has the right to.';

create function levelb._open_doors()
  returns setof levelb._door
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_open_doors$
  select i.type || ' ' || i.identity, 'runs with the rights of ' || pg_get_userbyid(p.proowner),
      format(case when c.is_called then 'alter routine %s security invoker;' else 'revoke execute on routine %s from public, levelb_sandbox;' end,
        p.oid::regprocedure)
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace cross join lateral pg_identify_object('pg_proc'::regclass, p.oid, 0) i
      -- these call it, and nobody is asked for the right to
      cross join lateral (
        select exists (
          select from pg_depend d
           where d.refclassid = 'pg_proc'::regclass and d.refobjid = p.oid
             and (d.classid in ('pg_type'::regclass, 'pg_operator'::regclass, 'pg_cast'::regclass, 'pg_opclass'::regclass,
                 'pg_opfamily'::regclass, 'pg_amproc'::regclass, 'pg_conversion'::regclass, 'pg_language'::regclass, 'pg_transform'::regclass,
                 'pg_ts_parser'::regclass, 'pg_ts_template'::regclass, 'pg_am'::regclass)
               or d.classid = 'pg_proc'::regclass and exists (select from pg_aggregate a where a.aggfnoid = d.objid)))) c (is_called)
   where p.prosecdef and p.oid >= 16384 and n.nspname <> all(levelb._own_schemas())
     -- out of reach, and anybody's to fill
     and not pg_is_other_temp_schema(n.oid)
     and (c.is_called or has_function_privilege('levelb_sandbox', p.oid, 'execute') and levelb._is_in_reach('pg_proc'::regclass, p.oid, n.oid))
  union all
  -- a trigger on it fires whoever may execute its function
  select i.type || ' ' || i.identity, 'levelb_sandbox may write to it',
      format('revoke %s on %s from public, levelb_sandbox;', r.rights, c.oid::regclass)
    from pg_class c join pg_namespace n on n.oid = c.relnamespace cross join lateral pg_identify_object('pg_class'::regclass, c.oid, 0) i
      -- REINDEX calls what an index calls, as the owner of the table
      cross join (
        select 'insert, update, delete, truncate, references, trigger'
          || case when current_setting('server_version_num')::integer >= 170000 then ', maintain' else '' end) r (rights)
   where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
     and n.nspname <> all(levelb._own_schemas()) and not pg_is_other_temp_schema(n.oid) and levelb._is_in_reach('pg_class'::regclass, c.oid, n.oid)
     and (has_table_privilege('levelb_sandbox', c.oid, r.rights)
       or has_any_column_privilege('levelb_sandbox', c.oid, 'insert, update, references'))
  union all
  select 'sequence ' || c.oid::regclass, 'no rollback takes its value back',
      format('revoke usage, update on sequence %s from public, levelb_sandbox;', c.oid::regclass)
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where n.nspname <> all(levelb._own_schemas()) and not pg_is_other_temp_schema(n.oid) and levelb._is_in_reach('pg_class'::regclass, c.oid, n.oid)
     -- it refuses to be asked of anything else
     and case when c.relkind = 'S' then has_sequence_privilege('levelb_sandbox', c.oid, 'usage, update') end
  union all
  -- what a foreign table does elsewhere has the rights of a user mapping, and need not be undone here
  select 'server ' || quote_ident(s.srvname), 'levelb_sandbox may use it', format('revoke usage on foreign server %I from public, levelb_sandbox;', s.srvname)
    from pg_foreign_server s where has_server_privilege('levelb_sandbox', s.oid, 'usage')
  union all
  -- a trusted extension is made by the bootstrap superuser
  select 'database ' || quote_ident(d.datname), 'levelb_sandbox may create in it', format('revoke create on database %I from public, levelb_sandbox;', d.datname)
    from pg_database d where d.datname = current_database() and has_database_privilege('levelb_sandbox', d.oid, 'create')
  union all
  select 'event trigger ' || quote_ident(e.evtname), 'runs with the rights of ' || pg_get_userbyid(p.proowner),
      format('alter event trigger %I disable;', e.evtname)
    from pg_event_trigger e join pg_proc p on p.oid = e.evtfoid
   where e.evtenabled <> 'D' and p.prosecdef and p.pronamespace <> 'levelb'::regnamespace
$_open_doors$;
comment on function levelb._open_doors() is 'Ways out of the sandbox.';

create function levelb._require_closed_world()
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_require_closed_world$
declare
  v_doors constant levelb._door[] := array(select d from levelb._open_doors() d order by d.object collate "C" limit 50);
begin
  if v_doors <> '{}' then
    perform levelb._raise_rule('closed_world', jsonb_build_object('objects', (
        select jsonb_agg(jsonb_build_object('object', d.object, 'why', d.why, 'remedy', d.remedy)) from unnest(v_doors) d)),
      'Let the owner, or a migration, close it, or rehearse with levelb check: ' || left((
        select string_agg(d.remedy, ' ') from unnest(v_doors) d), 3000));
  end if;
end
$_require_closed_world$;
comment on function levelb._require_closed_world() is 'Refuse a sandbox with a way out.';
