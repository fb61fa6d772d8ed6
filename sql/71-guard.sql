-- Owns the guard: what an event trigger refuses past the channel, for everybody. docs/guard.md says what it cannot see.
--
-- At the end of a command, since only there its objects are known; what the command set off is undone with it. It decides
-- by rows and by catalogs: never by current_user, which a worker of the server can bear, nor by a setting.

-- As few reads as possible: every DDL statement of the database comes by here.
create function levelb._guarded_schemas()
  returns levelb._protected[]
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_guarded_schemas$
begin
  return array(
    select p from only levelb._protected p
    union all
    select row(n.oid, n.nspname, 'levelb', '{}'::oid[], false)::levelb._protected
      from pg_namespace n where n.nspname = any(levelb._own_schemas()));
end
$_guarded_schemas$;
comment on function levelb._guarded_schemas() is 'The schemas whose DDL is guarded now: those that are protected, and levelb''s own at level levelb.';

-- Before bootstrap there is nobody to approve anything; while the rows of a dump are loaded, the guard does not know yet
-- what they protect; and break_glass opens it for one session. That lock of the session ends when the backend does.
create function levelb._is_unguarded()
  returns boolean
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_is_unguarded$
begin
  return not exists (select from only levelb._head)
    or exists (
      select from pg_class c cross join lateral aclexplode(c.relacl) a
       -- the command that opens the door does not pass by it
       where c.oid = 'levelb._head'::regclass and not levelb._is_written_here(c.xmin) and a.privilege_type = 'INSERT'
         and a.grantee = (select o.oid from pg_roles o where o.rolname = 'pg_database_owner'))
    or levelb._guard_is_open();
end
$_is_unguarded$;
comment on function levelb._is_unguarded() is 'Whether the guard lets everything pass.';

-- A verb that alters levelb's own objects says so to the guard, where nobody else can.
create function levelb._begin_own_change()
  returns void
  language sql volatile
  set search_path = pg_catalog, pg_temp
as $_begin_own_change$
  insert into levelb._token (transaction_id, backend, part, used) values (pg_current_xact_id(), pg_backend_pid(), 'own', true)
$_begin_own_change$;
comment on function levelb._begin_own_change() is 'Let this transaction alter levelb''s own objects.';

create function levelb._end_own_change()
  returns void
  language sql volatile
  set search_path = pg_catalog, pg_temp
as $_end_own_change$
  delete from levelb._token t where t.transaction_id = pg_current_xact_id() and t.backend = pg_backend_pid()
$_end_own_change$;
comment on function levelb._end_own_change() is 'The guard is as it was.';

create function levelb._refused_commands(
  guarded levelb._protected[],
  tag text
)
  returns setof levelb._refused
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_refused_commands$
declare
  v_protects constant boolean := exists (select from unnest(guarded) g where g.level <> 'levelb');
  v_names constant text[] := array(
    select unnest(array[g.schema_name, n.nspname]) from unnest(guarded) g left join pg_namespace n on n.oid = g.schema_oid);
  v_command record;
  v_guarded levelb._protected;
  v_why text[];
begin
  -- They reach wherever they like, and their scripts run as a superuser.
  if v_protects and tag in ('CREATE EXTENSION', 'ALTER EXTENSION', 'DROP OWNED') then
    return next row('full', null, lower(tag), case tag when 'DROP OWNED' then 'acl' else 'extension' end)::levelb._refused;
    return;
  end if;
  -- What nearly all commands are is settled here: they make something in a schema that is not guarded.
  if not exists (
    select from pg_event_trigger_ddl_commands() c
     where c.schema_name is null
        or c.schema_name <> 'pg_temp'
          and (c.in_extension or starts_with(c.command_tag, 'ALTER ') or c.classid = 'pg_statistic_ext'::regclass
            or c.schema_name = any(v_names) or exists (select from pg_inherits i where i.inhrelid = c.objid)))
  then
    return;
  end if;
  for v_command in
    select c.classid, c.objid, c.command_tag, c.object_type, c.schema_name, c.object_identity, c.in_extension
      from pg_event_trigger_ddl_commands() c
  loop
    continue when v_command.schema_name = 'pg_temp';
    if v_command.in_extension and v_protects then
      return next row('full', null, v_command.object_type || ' ' || v_command.object_identity, 'extension')::levelb._refused;
    elsif v_command.command_tag = 'ALTER DEFAULT PRIVILEGES' then
      return query select r.* from levelb._refused_default_rights(guarded) r;
    elsif v_command.classid is null then
      return query select r.* from levelb._refused_rights(guarded, v_command.object_type) r;
    else
      foreach v_guarded in array levelb._guarded_at(guarded, v_command.classid, v_command.objid, v_command.schema_name,
        v_command.command_tag)
      loop
        v_why := case when v_guarded.level <> 'privileged' then '{structure}'::text[]
          else levelb._why_refused(v_guarded, v_command.classid, v_command.objid, v_command.command_tag) end;
        if v_why <> '{}' then
          return next row(v_guarded.level, v_guarded.schema_name, v_command.object_type || ' ' || v_command.object_identity,
            array_to_string(v_why, ', '))::levelb._refused;
        end if;
      end loop;
    end if;
  end loop;
end
$_refused_commands$;
comment on function levelb._refused_commands(levelb._protected[], text) is 'What a command did that is refused.';

-- What is gone is known by its names alone. The triggers of a foreign key go with the table that refers to a guarded one,
-- which is its owner's to drop.
create function levelb._refused_drops(
  guarded levelb._protected[],
  tag text
)
  returns setof levelb._refused
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_refused_drops$
begin
  return query
  with dropped as (
    select d.object_type, d.object_identity, d.address_names as names, d.original or d.normal as is_asked,
        case d.object_type when 'schema' then d.object_name when 'default acl' then d.address_names[2]
          else coalesce(d.schema_name, case when d.object_type ~ '^(publication|policy|rule|trigger|default)'
            then d.address_names[1] end) end as schema
      from pg_event_trigger_dropped_objects() d
     where not d.is_temporary
  )
  select g.level, g.schema_name, d.object_type || ' ' || d.object_identity,
      case when d.object_type = 'default acl' then 'acl' when g.level <> 'privileged' then 'structure'
        when levelb._is_superuser_at_work(g.migrators) then 'superuser' else 'security' end
    from unnest(guarded) g left join pg_namespace n on n.oid = g.schema_oid
      join dropped d on d.schema in (g.schema_name, n.nspname)
        or d.object_type = 'default acl' and d.schema is null and d.names[1] = any(levelb._makers(g))
   where not (d.object_type = 'trigger' and not d.is_asked and d.names[3] ~ '^RI_ConstraintTrigger_[ac]_\d+$')
     and (g.level <> 'privileged' or d.object_type in ('schema', 'default acl', 'publication relation', 'publication namespace')
       or levelb._is_superuser_at_work(g.migrators)
       -- with their table they go as structure
       or d.object_type in ('policy', 'rule') and not exists (
         select from dropped t where t.names = d.names[1:2] and t.object_type ~ '(table|view)$'))
  union all
  select 'full', null, d.object_type || ' ' || d.object_identity, 'extension'
    from dropped d
   where (d.object_type = 'extension' or tag ~ 'EXTENSION$') and exists (select from unnest(guarded) g where g.level <> 'levelb');
end
$_refused_drops$;
comment on function levelb._refused_drops(levelb._protected[], text) is 'What a command dropped that is refused.';

-- A type can be altered from elsewhere, and rewrites the tables that use it.
create function levelb._refused_rewrite(guarded levelb._protected[])
  returns setof levelb._refused
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_refused_rewrite$
begin
  return query
  select g.level, g.schema_name, 'table ' || levelb._table_name(c.oid), 'structure'
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
      join unnest(guarded) g on g.schema_oid = n.oid or g.schema_name = n.nspname
   where c.oid = pg_event_trigger_table_rewrite_oid() and g.level <> 'privileged';
end
$_refused_rewrite$;
comment on function levelb._refused_rewrite(levelb._protected[]) is 'The table that a command rewrites and that is refused.';

create function levelb._raise_refused(
  refused levelb._refused[],
  tag text
)
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_raise_refused$
declare
  v_first constant levelb._refused := refused[1];
  -- Said here and not in the call: PostgreSQL shows the text of a failed call to whoever it fails for.
  v_detail constant jsonb := jsonb_build_object('tag', tag, 'login', session_user, 'level', v_first.level,
    'schema', v_first.schema_name, 'objects', (
      select jsonb_agg(distinct jsonb_build_object('object', r.object, 'why', r.why)) from unnest(refused[1:20]) r));
  v_hint constant text := case
    when v_first.level = 'levelb'
      then 'What is levelb''s own changes only by installing another version: docs/guard.md.'
    when v_first.why = 'superuser'
      then 'As a role that the protection names as migrator (set role), or as a migration of kind sql.'
    when v_first.level = 'privileged'
      then 'Take the statement out of the migration file and stage it as a migration of kind sql; the rest of the file may run. docs/beside.md shows how.'
    else 'Stage it as a migration of kind sql. What has been done past the guard is drift, for a migration of kind explain.' end;
begin
  -- who may break the glass is told so: at three in the morning nobody looks for the page
  perform levelb._raise('LB211', v_detail, v_hint || case when exists (
    select from pg_roles r where r.rolname = session_user and r.rolsuper)
    then ' In an emergency, as a login of break_glass.logins: select incident_id from levelb.break_glass(''why''); docs/break-glass.md.' else '' end);
end
$_raise_refused$;
comment on function levelb._raise_refused(levelb._refused[], text) is 'Refuse a command, with what is wrong and the way to do it.';

-- What a step runs, in order: GRANT has no object, and of what is dropped along only what was asked for counts.
create function levelb._note_commands(event text, tag text)
  returns void
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_note_commands$
declare
  v_last constant integer := coalesce((select max(c.number) from levelb._command c where c.backend = pg_backend_pid()), 0);
begin
  if event = 'ddl_command_end' then
    insert into levelb._command (backend, number, tag, object)
      select pg_backend_pid(), v_last + c.n, c.command_tag, c.object_type || coalesce(' ' || c.object_identity, '')
        from pg_event_trigger_ddl_commands() with ordinality c (classid, objid, objsubid, command_tag, object_type,
          schema_name, object_identity, in_extension, command, n)
       where not c.in_extension;
  elsif event = 'sql_drop' then
    insert into levelb._command (backend, number, tag, object)
      select pg_backend_pid(), v_last + row_number() over (), tag, d.object_type || ' ' || d.object_identity
        from pg_event_trigger_dropped_objects() d where d.original;
  else
    insert into levelb._command (backend, number, tag, object)
      select pg_backend_pid(), v_last + 1, 'table rewrite', i.type || ' ' || i.identity
        from pg_identify_object('pg_class'::regclass, pg_event_trigger_table_rewrite_oid(), 0) i;
  end if;
end
$_note_commands$;
comment on function levelb._note_commands(text, text) is 'Note the DDL that a step of an activation runs.';

-- What a caller may set must not change how names are spelled, or they are not those of the baseline; nor how the text of
-- functions is read, which activate finds in the same session as it was read first.
create function levelb._guard()
  returns event_trigger
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  set quote_all_identifiers = off
  set standard_conforming_strings = on
as $_guard$
declare
  v_guarded levelb._protected[];
  v_part text;
  v_refused levelb._refused[];
begin
  -- what rebuilds changes nothing
  if tg_tag in ('REINDEX', 'REFRESH MATERIALIZED VIEW') then
    return;
  end if;
  v_part := (select t.part from only levelb._token t
    where t.transaction_id = pg_current_xact_id_if_assigned() and t.backend = pg_backend_pid());
  if v_part = 'own' then
    return;
  end if;
  v_guarded := levelb._guarded_schemas();
  if v_part is not null then
    perform levelb._note_commands(tg_event, tg_tag);
    -- an activation may do what was approved, and nothing to the channel
    v_guarded := array(select g from unnest(v_guarded) g where g.level = 'levelb');
  end if;
  case tg_event
    when 'ddl_command_end' then v_refused := array(select r from levelb._refused_commands(v_guarded, tg_tag) r);
    when 'sql_drop' then v_refused := array(select r from levelb._refused_drops(v_guarded, tg_tag) r);
    when 'table_rewrite' then v_refused := array(select r from levelb._refused_rewrite(v_guarded) r);
  end case;
  if v_refused <> '{}' and not levelb._is_unguarded() then
    perform levelb._raise_refused(v_refused, tg_tag);
  end if;
end
$_guard$;
comment on function levelb._guard() is
  'Refuse DDL on levelb''s own objects and on what is protected. Fires for every command, as levelb_owner.';
