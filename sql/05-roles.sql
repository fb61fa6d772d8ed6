-- Owns the roles (docs/install.md lists them) and the three schemas. Roles belong to the cluster: another database may
-- have made them, or be making them now, so each is created or else checked; a role that differs is refused, never
-- mended.
do $roles$
declare
  v_owners constant text[] := array['levelb_owner', 'levelb_deploy', 'levelb_definer', 'levelb_roles', 'levelb_sandbox'];
  v_duties constant text[] :=
    array['levelb_author', 'levelb_approver', 'levelb_operator', 'levelb_auditor', 'levelb_reader'];
  v_role text;
  v_is record;
  v_grant record;
  v_has16 constant boolean := current_setting('server_version_num')::int >= 160000;
begin
  if current_setting('levelb.installing', true) is distinct from pg_current_xact_id()::text then
    raise exception 'levelb is installed in one transaction or not at all'
      using errcode = 'no_active_sql_transaction',
        hint = 'Run it as: psql -X -1 -v ON_ERROR_STOP=1 -f levelb--0.1.0.sql. Nothing was created.';
  end if;

  foreach v_role in array v_owners || v_duties loop
    begin
      -- NOINHERIT keeps levelb_roles from using the rights of the roles it administers on version 15, where a
      -- membership has no INHERIT option of its own.
      execute format('create role %I nologin %s', v_role,
        case v_role when 'levelb_roles' then 'createrole noinherit' else '' end);
    exception when duplicate_object or unique_violation then
      null;  -- made by another database of this cluster; checked below like one of ours
    end;
    select r.*, (select a.rolpassword is not null from pg_authid a where a.oid = r.oid) as has_password into v_is
      from pg_roles r where r.rolname = v_role;
    if v_is.rolsuper or v_is.rolcanlogin or v_is.rolcreatedb or v_is.rolreplication or v_is.rolbypassrls
       or v_is.has_password or v_is.rolconnlimit <> -1 or v_is.rolvaliduntil is not null
       or v_is.rolcreaterole <> (v_role = 'levelb_roles') or v_is.rolinherit = (v_role = 'levelb_roles') then
      raise exception 'role % exists with other attributes than levelb gives it', v_role
        using errcode = 'invalid_role_specification', detail = jsonb_build_object('role', v_role)::text,
          hint = 'Drop it or give it another name; nothing was changed.';
    end if;
    if exists (select from pg_db_role_setting s where s.setrole = v_is.oid
               and exists (select from unnest(s.setconfig) c where c !~ '^levelb\.role_home=')) then
      raise exception 'role % exists with settings of its own', v_role
        using errcode = 'invalid_role_specification', detail = jsonb_build_object('role', v_role)::text,
          hint = format('alter role %I reset all; then install again. Nothing was changed.', v_role);
    end if;
  end loop;

  -- levelb_owner administers the duty roles and is no working member of them; levelb_deploy uses the rights of
  -- levelb_definer, and may hand over to levelb_sandbox.
  for v_grant in
    select d as granted, 'levelb_owner' as member, 'admin true, inherit false, set false' as options
      from unnest(v_duties) d
    union all select 'levelb_definer', 'levelb_deploy', 'inherit true, set true'
    union all select 'levelb_sandbox', 'levelb_deploy', 'inherit false, set true'
  loop
    for v_try in 1..20 loop
      begin
        continue when exists (select from pg_auth_members m
          where m.roleid = to_regrole(v_grant.granted) and m.member = to_regrole(v_grant.member));
        if v_has16 then
          execute format('grant %I to %I with %s', v_grant.granted, v_grant.member, v_grant.options);
        else
          execute format('grant %I to %I %s', v_grant.granted, v_grant.member,
            case when v_grant.options like 'admin%' then 'with admin option' else '' end);
        end if;
        exit;
      -- Installers of other databases grant the same at the same moment: XX000 and 23505 were measured.
      exception when internal_error or unique_violation then
        perform pg_sleep(0.05);
      end;
    end loop;
  end loop;
  -- What memberships there may be besides: logins in duty roles, roles whose objects levelb_deploy takes over, and roles
  -- that role documents made, which levelb_roles administers. Options are read as JSON because version 15 has no columns for them.
  for v_is in
    select g.rolname as granted, m.rolname as member
      from pg_auth_members a join pg_roles g on g.oid = a.roleid join pg_roles m on m.oid = a.member,
        lateral (select coalesce((to_jsonb(a) ->> 'inherit_option')::boolean, false) as inherits,
                        coalesce((to_jsonb(a) ->> 'set_option')::boolean, false) as sets) o
     where (g.rolname = any(v_owners || v_duties) or m.rolname = any(v_owners || v_duties))
       and not case
         when m.rolname = 'levelb_owner' then
           g.rolname = any(v_duties) and a.admin_option and not o.inherits and not o.sets
         when m.rolname = 'levelb_deploy' then
           not a.admin_option and (g.rolname = 'levelb_definer' or g.rolname = 'levelb_sandbox' and not o.inherits
             -- a role whose objects it is taking over in another database; readiness lists those there
             or g.rolname <> all(v_owners || v_duties) and g.rolname !~ '^pg_' and not g.rolsuper)
         when m.rolname = 'levelb_roles' then
           g.rolname <> all(v_owners || v_duties) and g.rolname !~ '^pg_' and not g.rolsuper
         when m.rolname = any(v_owners || v_duties) then false
         else g.rolname = any(v_duties) and not a.admin_option
       end
  loop
    raise exception 'role % is a member of %, or with other options than levelb gives', v_is.member, v_is.granted
      using errcode = 'invalid_role_specification',
        detail = jsonb_build_object('role', v_is.granted, 'member', v_is.member)::text,
        hint = format('revoke %I from %I; then install again. Nothing was changed.', v_is.granted, v_is.member);
  end loop;

  -- Bootstrap marks the database that governs the roles of the cluster with a setting of levelb_owner. A setting that no
  -- module has defined may be stored by superusers and by whoever is granted it; the grant is one for the cluster.
  for v_try in 1..20 loop
    begin
      exit when has_parameter_privilege('levelb_owner', 'levelb.role_home', 'set')
        and has_parameter_privilege('levelb_owner', 'track_functions', 'set');
      -- so that an activation knows which functions ran in it (69-rule-code-that-ran)
      grant set on parameter levelb.role_home, track_functions to levelb_owner;
      exit;
    exception when internal_error or unique_violation then
      perform pg_sleep(0.05);
    end;
  end loop;
  -- A schema can be taken over only by a role that could have made it.
  execute format('grant create on database %I to levelb_deploy', current_database());
  -- Who is enrolled gets in by the duty, so that a migration that takes CONNECT from PUBLIC locks nobody out who could
  -- take it back.
  execute format('grant connect on database %I to levelb_author, levelb_approver, levelb_operator, levelb_auditor, levelb_reader',
    current_database());
  create schema levelb authorization levelb_owner;
  create schema levelb_exec authorization levelb_owner;
  create schema levelb_sandbox authorization levelb_owner;
  -- The read-back looks at role attributes and at which rows this transaction wrote. Passwords stay unreadable: only
  -- the columns named here are granted.
  grant select (oid, rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication,
    rolbypassrls, rolconnlimit, rolvaliduntil, xmin, xmax, ctid) on pg_authid to levelb_owner;
  grant select (oid, umuser, umserver, xmin, xmax, ctid) on pg_user_mapping to levelb_owner;
  grant select (xmin, xmax, ctid) on pg_subscription to levelb_owner;
  -- Drift looks at what the server reads from files too. Where the provider keeps that, it is not looked at.
  begin
    grant execute on function pg_show_all_file_settings(), pg_hba_file_rules(), pg_ident_file_mappings() to levelb_owner;
  exception when insufficient_privilege then
    null;
  end;
end
$roles$;

-- Everything below is created by its owner, so that no default privilege of the installing superuser reaches it.
set local role levelb_owner;

comment on schema levelb is 'The gate for privileged changes of this database: manifest, approvals, activation, proof.';
comment on schema levelb_exec is
  'Executors that run approved text with the rights of levelb_deploy or levelb_roles. Nobody calls them but activate.';
comment on schema levelb_sandbox is 'Rehearsals of authors: the verbs. What they run on is made and undone in their transaction.';
