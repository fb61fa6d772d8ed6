-- Owns what is looked for around the channel: tables, schemas, event triggers, release, logins. Asked of the live
-- catalogs and not of the fingerprint: what was wrong when bootstrap took the fingerprint is in it.
-- Part of every activation: nothing here may cost more where there are more tables or ledger entries.

create type levelb._reason as (
  item     text,
  problem  text,
  remedy   text
);
comment on type levelb._reason is 'Why an item of readiness does not hold.';
comment on column levelb._reason.item is 'Name of the item.';
comment on column levelb._reason.problem is 'What was found.';
comment on column levelb._reason.remedy is
  'SQL with which a superuser undoes it, null where a statement does not do.';

-- Found by their dependency on the schema, since pg_class has no index by schema. As an array: of a function that
-- returns rows the planner expects a thousand, and reads whole catalogs to join them.
create function levelb._relations()
  returns oid[]
  language sql stable
  set search_path = pg_catalog, pg_temp
return array(
  select d.objid from pg_depend d
   where d.refclassid = 'pg_namespace'::regclass and d.refobjid = 'levelb'::regnamespace
     and d.classid = 'pg_class'::regclass);
comment on function levelb._relations() is 'Tables, views, sequences and composite types in schema levelb.';

-- A foreign key has internal triggers, which are no guards: the ledger has none.
create function levelb._trigger_findings()
  returns setof levelb._reason
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_trigger_findings$
declare
  v_relations constant oid[] := levelb._relations();
begin
  return query
  select 'append_only', format('%s.%s is not enabled always', c.relname, t.tgname),
      case when t.tgname ~ '^levelb_\d\d_'
        then format('alter table levelb.%I enable always trigger %I;', c.relname, t.tgname)
        else format('drop trigger %I on levelb.%I;', t.tgname, c.relname) end
    from pg_trigger t join pg_class c on c.oid = t.tgrelid
   where t.tgrelid = any(v_relations) and not t.tgisinternal and t.tgenabled <> 'A';
  return query
  select 'append_only', format('%s lacks %s', c.relname, g.name), null
    from pg_class c,
      unnest(array['levelb_10_channel_only', 'levelb_20_append_only', 'levelb_30_no_truncate']) g (name)
   where c.oid = any(v_relations) and c.relkind = 'r'
     and not (starts_with(c.relname, '_') and g.name = 'levelb_20_append_only')
     and not exists (select from pg_trigger t where t.tgrelid = c.oid and t.tgname = g.name);
end
$_trigger_findings$;
comment on function levelb._trigger_findings() is 'Guards that are missing or not ENABLE ALWAYS.';

create function levelb._table_findings()
  returns setof levelb._reason
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_table_findings$
declare
  v_relations constant oid[] := levelb._relations();
begin
  -- pg_database_owner stands for the restore door, which has an item of its own. What is granted on tables is the
  -- owner's grant, unless somebody was given the right to pass it on: that is a finding too.
  return query
  select case when g.is_door then 'restore_door' else 'tables_select_only' end,
      case when g.is_door then 'rows of a dump may be loaded'
        else format('%s may %s%s on %s', g.grantee, case when g.passes_on then 'grant '
          else '' end, g.privilege, g.relation) end, case when g.is_door
            then 'revoke insert on all tables in schema levelb from pg_database_owner;'
        else format('revoke %s%s on levelb.%s from %s;', case when g.passes_on then 'grant option for ' else '' end,
        g.privilege, g.relation, g.grantee) end
    from (
      select quote_ident(c.relname) as relation, lower(a.privilege_type)
        || coalesce(' (' || quote_ident(acl.attname) || ')', '') as privilege,
          levelb._role_name(a.grantee) as grantee, a.is_grantable and a.privilege_type = 'SELECT' as passes_on,
          levelb._role_name(a.grantee) = 'pg_database_owner' and a.privilege_type = 'INSERT' as is_door
        from pg_class c
          cross join lateral (
            select null::name, c.relacl union all
            select t.attname, t.attacl from pg_attribute t where t.attrelid = c.oid
              and t.attacl is not null) acl (attname, acl)
          cross join lateral aclexplode(acl.acl) a
       where c.oid = any(v_relations) and a.grantee <> c.relowner and (a.privilege_type <> 'SELECT' or a.is_grantable)
    ) g;
  return query
  select 'tables_plain', format('%s is a child of %s', i.inhrelid::regclass, c.relname),
      format('alter table %s no inherit levelb.%I;', i.inhrelid::regclass, c.relname)
    from pg_class c join pg_inherits i on i.inhparent = c.oid where c.oid = any(v_relations)
  union all
  select 'tables_plain', format('%s has rule %s', c.relname, w.rulename),
    format('drop rule %I on levelb.%I;', w.rulename, c.relname)
    from pg_class c join pg_rewrite w on w.ev_class = c.oid
   where c.oid = any(v_relations) and w.rulename <> '_RETURN'
  union all
  select 'tables_plain', format('%s has row level security', c.relname),
      format('alter table levelb.%I disable row level security, no force row level security;', c.relname)
    from pg_class c where c.oid = any(v_relations) and (c.relrowsecurity or c.relforcerowsecurity)
  union all
  -- a crash empties it
  select 'tables_plain', format('%s is unlogged', c.relname), format('alter %s levelb.%I set logged;',
      case c.relkind when 'S' then 'sequence' else 'table' end, c.relname)
    from pg_class c where c.oid = any(v_relations) and c.relpersistence <> 'p'
  union all
  select 'tables_plain', format('%s is no ordinary table, view or sequence', c.relname), null
    from pg_class c where c.oid = any(v_relations) and c.relkind not in ('r', 'v', 'S', 'c')
  union all
  select 'tables_plain', format('subscription %I writes to %s',
      (select u.subname from pg_subscription u where u.oid = s.srsubid), c.relname), null
    from pg_class c join pg_subscription_rel s on s.srrelid = c.oid where c.oid = any(v_relations);
end
$_table_findings$;
comment on function levelb._table_findings() is
  'Tables that more than SELECT is granted on, or that are not plain tables.';

-- Whoever can create in a schema of levelb can make what a migration, or a person who types, takes for levelb's.
create function levelb._schema_findings()
  returns setof levelb._reason
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_schema_findings$
begin
  return query
  select 'schema_create', format('%s belongs to %s', n.nspname, levelb._role_name(n.nspowner)),
      format('alter schema %I owner to levelb_owner;', n.nspname)
    from pg_namespace n
   where n.nspname = any(levelb._own_schemas()) and levelb._role_name(n.nspowner) <> 'levelb_owner'
  union all
  select 'schema_create', format('%s may create in %s', levelb._role_name(a.grantee), n.nspname),
      format('revoke create on schema %I from %s;', n.nspname, levelb._role_name(a.grantee))
    from pg_namespace n cross join lateral aclexplode(n.nspacl) a
   where n.nspname = any(levelb._own_schemas()) and a.privilege_type = 'CREATE'
     and a.grantee <> n.nspowner;
end
$_schema_findings$;
comment on function levelb._schema_findings() is 'Who can create in the schemas of levelb.';

-- An event trigger runs inside every activation with the rights of what the text is doing. Whose function belongs to
-- somebody who is no superuser: that is a way for its owner to become levelb_deploy, and no policy can allow it. Any
-- other is a superuser's choice, who could do worse directly: it is told, and a policy may say that it is known. What
-- an extension brought is the extension's. Replica-only ones count too: one ALTER makes them fire.
create function levelb._event_trigger_findings()
  returns setof levelb._reason
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_event_trigger_findings$
begin
  return query
  select case when o.is_trusted then 'foreign_event_triggers' else 'untrusted_event_triggers' end,
      format('event trigger %I runs %s of %s', e.evtname, e.evtfoid::regproc, levelb._role_name(p.proowner)),
      format('alter event trigger %I disable;', e.evtname)
    from pg_event_trigger e join pg_proc p on p.oid = e.evtfoid
      cross join lateral (
        select (select s.rolsuper from pg_roles s where s.oid = p.proowner)
           and (select s.rolsuper from pg_roles s where s.oid = e.evtowner) as is_trusted) o
   where e.evtenabled <> 'D' and p.pronamespace <> 'levelb'::regnamespace
     and not (o.is_trusted and exists (select from pg_depend d
       where d.classid = 'pg_event_trigger'::regclass and d.objid = e.oid and d.deptype = 'e'));
end
$_event_trigger_findings$;
comment on function levelb._event_trigger_findings() is 'Event triggers of others that are enabled.';

-- Of the live catalogs, one by one: the fingerprint knows only what was there when it was taken. From 17 on a setting
-- skips event triggers; who is granted it need be no superuser.
create function levelb._guard_findings()
  returns setof levelb._reason
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_guard_findings$
begin
  return query
  select 'guard', format('event trigger levelb_%s %s', w.event, case when e.oid is null then 'is missing'
        when e.evtenabled <> 'A' then 'is not enabled always' else 'is not as installed' end),
      -- to make it anew is right whatever it is now
      case when e.oid is not null and e.is_right then format('alter event trigger levelb_%s enable always;', w.event)
        else format('drop event trigger if exists levelb_%1$s; create event trigger levelb_%1$s on %1$s execute function levelb._guard(); alter event trigger levelb_%1$s enable always;', w.event) end
    from unnest(array['ddl_command_end', 'sql_drop', 'table_rewrite']) w (event)
      left join (
        select t.oid, t.evtname, t.evtenabled, t.evtevent, t.evttags is null and p.oid is not null as is_right
          from pg_event_trigger t
            left join pg_proc p on p.oid = t.evtfoid and p.proname = '_guard' and p.pronamespace = 'levelb'::regnamespace
        ) e on e.evtname = 'levelb_' || w.event
   where e.oid is null or e.evtenabled <> 'A' or not e.is_right or e.evtevent <> w.event
  union all
  select 'guard', format('event_triggers is set to %s for %s', split_part(c.setting, '=', 2), coalesce(levelb._role_name(r.oid), 'everybody')),
      case when r.oid is null then format('alter database %I reset event_triggers;', d.datname)
        else format('alter role %I%s reset event_triggers;', r.rolname, ' in database ' || quote_ident(d.datname)) end
    from pg_db_role_setting s cross join lateral unnest(s.setconfig) c (setting)
      left join pg_roles r on r.oid = s.setrole left join pg_database d on d.oid = s.setdatabase
   where lower(split_part(c.setting, '=', 1)) = 'event_triggers'
     and lower(split_part(c.setting, '=', 2)) not in ('on', 'true', 'yes', '1')
     and (s.setdatabase = 0 or d.datname = current_database())
  union all
  select 'guard', format('%s may %s event_triggers', levelb._role_name(a.grantee), lower(a.privilege_type)),
      format('revoke %s on parameter event_triggers from %s;', lower(a.privilege_type), levelb._role_name(a.grantee))
    from pg_parameter_acl p cross join lateral aclexplode(p.paracl) a
   where p.parname = 'event_triggers' and a.grantee <> 10
  union all
  -- in the file of the server, or of this session
  select 'guard', 'event_triggers is off in this session', null
   where current_setting('event_triggers', true) = 'off';
end
$_guard_findings$;
comment on function levelb._guard_findings() is 'Why the guard would not fire for everybody.';

-- The releases with the security fixes that levelb relies on: temporary objects, RLS and SET ROLE were mended in them.
create function levelb._minor_version_gate()
  returns integer
  language sql stable
  set search_path = pg_catalog, pg_temp
return case current_setting('server_version_num')::integer / 10000
  when 15 then 150018 when 16 then 160014 when 17 then 170010 when 18 then 180004 end;
comment on function levelb._minor_version_gate() is
  'server_version_num from which on activation is allowed, null for a major version that levelb was not tried on.';

create function levelb._minor_version_findings()
  returns setof levelb._reason
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_minor_version_findings$
declare
  v_gate constant integer := levelb._minor_version_gate();
begin
  if v_gate is null then
    return next row('minor_version', format('levelb %s was not tried on %s', (levelb.version()).release,
      current_setting('server_version')), null)::levelb._reason;
  elsif current_setting('server_version_num')::integer < v_gate then
    return next row('minor_version',
      format('here %s, needed is %s.%s or newer', current_setting('server_version'), v_gate / 10000,
      v_gate % 10000), null)::levelb._reason;
  end if;
end
$_minor_version_findings$;
comment on function levelb._minor_version_findings() is 'A minor release without known fixes.';

-- Logins that could go round the channel and are not declared break-glass.
create function levelb._dangerous_logins(policy jsonb)
  returns setof levelb._reason
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_dangerous_logins$
begin
  return query
  with recursive holder (role, through, via, statement) as (
    select r.oid, r.rolname::text, null::oid, null::text from pg_roles r
     where r.rolname = any(levelb._owner_roles())
       or r.rolname = any(levelb._far_reaching_roles())
       -- a login becomes by SET ROLE what it is a member of, also where that role cannot log in
       or r.oid in (select s from unnest(levelb._strong_roles()) s)
    union
    -- Settings that name a program or a library run it as the operating system's user, or switch event triggers off.
    select a.grantee, format('%s on %s', a.privilege_type, p.parname), null,
        format('revoke %s on parameter %s from %s;', lower(a.privilege_type), quote_ident(p.parname),
          levelb._role_name(a.grantee))
      from pg_parameter_acl p cross join lateral aclexplode(p.paracl) a
     where a.privilege_type = 'ALTER SYSTEM' or p.parname in ('session_preload_libraries', 'dynamic_library_path',
       'extension_control_path', 'jit_provider', 'event_triggers')
    union
    select m.member, h.through, m.roleid, null from pg_auth_members m join holder h on h.role = m.roleid
  )
  select 'dangerous_logins', format('%s holds %s', quote_ident(d.rolname), string_agg(d.what, ' and ' order by d.what)),
      -- What levelb's own roles hold was installed: to take it away would break more. Of others, before bootstrap the login
      -- is the one to declare, and the server's own superuser cannot be another's work.
      case when starts_with(d.rolname, 'levelb_') then format('alter role %I nologin;', d.rolname)
        when policy is not null and d.rolname <> (select r.rolname from pg_roles r where r.oid = 10)
        then string_agg(distinct d.remedy, ' ') end
    from (
      select r.rolname, concat_ws(' and ', case when r.rolsuper then 'SUPERUSER' end, case
        when r.rolcreaterole then 'CREATEROLE' end, case when r.rolbypassrls then 'BYPASSRLS' end, case
          when r.rolreplication then 'REPLICATION' end) as what,
          format('alter role %I %s;', r.rolname, concat_ws(' ', case when r.rolsuper then 'nosuperuser' end,
            case when r.rolcreaterole then 'nocreaterole' end, case when r.rolbypassrls then 'nobypassrls' end,
            case when r.rolreplication then 'noreplication' end)) as remedy
        from pg_roles r where r.rolcanlogin and r.oid in (select s from unnest(levelb._strong_roles()) s)
      union all
      select r.rolname, case when r.rolname = h.through then 'LOGIN' else h.through end, string_agg(distinct coalesce(h.statement, levelb._revoke_membership(h.via, h.role),
          format('alter role %I nologin;', r.rolname)), ' ')
        from holder h join pg_roles r on r.oid = h.role
       where r.rolcanlogin and not r.rolsuper and (r.rolname <> h.through or starts_with(h.through, 'levelb_'))
       group by r.rolname, h.through
      union all
      select 'PUBLIC', h.through, h.statement from holder h where h.role = 0
    ) d
   where not coalesce(policy -> 'break_glass' -> 'logins' ? d.rolname, false)
   group by d.rolname;
end
$_dangerous_logins$;
comment on function levelb._dangerous_logins(jsonb) is
  'Logins that could go round the channel and that this policy does not declare.';

create function levelb._logins_unbound(named text[] default '{}')
  returns setof levelb._reason
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_logins_unbound$
begin
  return query
  select 'logins_bound', case
        when r.oid is null and o.oid is not null then format('%I is called %I now', l.login, o.rolname)
        when r.oid is null then format('%I was dropped', l.login)
        else format('%I was made anew', l.login) end,
      case when r.oid is null and o.oid is not null then format('alter role %I rename to %I;', o.rolname, l.login) end
    from levelb.active_principal p
      join only levelb.principal_login l on l.principal = p.principal and l.version = p.version
      left join pg_roles r on r.rolname = l.login
      left join pg_roles o on o.oid = l.login_oid
   where r.oid is distinct from l.login_oid and p.principal <> all(named);
end
$_logins_unbound$;
comment on function levelb._logins_unbound(text[]) is
  'Enrolled logins that were dropped, renamed or made anew, those of the named principals aside.';
