-- Owns whether the channel itself is what bootstrap or rebind left: its roles, its objects, its database, its ledger
-- head.

-- By whom it was granted is part of the statement from 16 on: REVOKE takes away the grants of one grantor.
create function levelb._revoke_membership(
  granted oid,
  member oid
)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_revoke_membership$
  select string_agg(format('revoke %s from %s%s;', levelb._role_name(m.roleid), levelb._role_name(m.member),
      case when current_setting('server_version_num')::integer >= 160000
          and not exists (select from pg_roles r where r.oid = m.grantor and r.rolsuper)
        then format(' granted by %s', levelb._role_name(m.grantor)) else '' end), ' ' order by m.grantor)
    from pg_auth_members m where m.roleid = granted and m.member = _revoke_membership.member
$_revoke_membership$;
comment on function levelb._revoke_membership(oid, oid) is 'SQL that ends a membership.';

-- What is wrong with levelb's roles and how a superuser undoes it; nothing when they are as installed.
create function levelb._role_findings()
  returns table (problem text, remedy text)
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_role_findings$
declare
  v_owners constant text[] := levelb._owner_roles();
  v_duties constant text[] :=
    array['levelb_author', 'levelb_approver', 'levelb_operator', 'levelb_auditor', 'levelb_reader'];
begin
  return query
  select format('%s is missing', n.name), null
    from unnest(v_owners || v_duties) n (name) where not exists (select from pg_roles r where r.rolname = n.name)
  union all
  select format('%I can log in', r.rolname), format('alter role %I nologin;', r.rolname)
    from pg_roles r where starts_with(r.rolname, 'levelb_') and r.rolcanlogin
  union all
  select format('%I holds SUPERUSER, CREATEDB, REPLICATION or BYPASSRLS', r.rolname),
      format('alter role %I nosuperuser nocreatedb noreplication nobypassrls;', r.rolname)
    from pg_roles r
   where starts_with(r.rolname, 'levelb_') and (r.rolsuper or r.rolcreatedb or r.rolreplication or r.rolbypassrls)
  union all
  select format('%I %s CREATEROLE', r.rolname, case when r.rolcreaterole then 'holds' else 'lacks' end),
      format('alter role %I %s;', r.rolname, case when r.rolcreaterole then 'nocreaterole' else 'createrole' end)
    from pg_roles r where starts_with(r.rolname, 'levelb_') and r.rolcreaterole <> (r.rolname = 'levelb_roles')
  union all
  -- On version 15 NOINHERIT alone keeps levelb_roles from using the rights of the roles it administers.
  select 'levelb_roles inherits', 'alter role levelb_roles noinherit;'
    from pg_roles r where r.rolname = 'levelb_roles' and r.rolinherit
  union all
  select format('%s is a member of %s', levelb._role_name(m.member), g.rolname),
    levelb._revoke_membership(m.roleid, m.member)
    from pg_auth_members m join pg_roles g on g.oid = m.roleid
   where g.rolname = any(v_owners)
     and not (g.rolname in ('levelb_definer', 'levelb_sandbox') and levelb._role_name(m.member) = 'levelb_deploy')
  union all
  -- with ADMIN, approved text could hand the rights of old definer code to an application
  select format('levelb_deploy may grant %s', g.rolname),
    format('revoke admin option for %I from levelb_deploy;', g.rolname)
    from pg_auth_members m join pg_roles g on g.oid = m.roleid
   where g.rolname in ('levelb_definer', 'levelb_sandbox') and levelb._role_name(m.member) = 'levelb_deploy'
     and m.admin_option
  union all
  select format('%s is a member of %s', m.rolname, g.rolname), levelb._revoke_membership(a.roleid, a.member)
    from pg_auth_members a join pg_roles g on g.oid = a.roleid join pg_roles m on m.oid = a.member
   where m.rolname in ('levelb_deploy', 'levelb_definer', 'levelb_sandbox', 'levelb_roles')
     and (g.rolname ~ '^pg_' or g.oid in (select s from unnest(levelb._strong_roles()) s)
       or g.rolname in ('levelb_owner', 'levelb_author', 'levelb_approver', 'levelb_operator', 'levelb_auditor'))
     and g.rolname <> all(v_owners)
  union all
  select format('%s may grant %s', levelb._role_name(m.member), g.rolname),
      format('revoke admin option for %I from %s;', g.rolname, levelb._role_name(m.member))
    from pg_auth_members m join pg_roles g on g.oid = m.roleid
   where g.rolname = any(v_duties) and m.admin_option and levelb._role_name(m.member) <> 'levelb_owner'
  union all
  -- without it nobody can be enrolled any more
  select format('levelb_owner may not grant %s', d.name),
    format(case when current_setting('server_version_num')::integer >= 160000
        then 'grant %I to levelb_owner with admin true, inherit false, set false;'
          else 'grant %I to levelb_owner with admin option;' end, d.name)
    from unnest(v_duties) d (name)
   where not exists (select from pg_auth_members m join pg_roles g on g.oid = m.roleid
     where g.rolname = d.name and levelb._role_name(m.member) = 'levelb_owner' and m.admin_option)
  union all
  -- Without them no approved text runs as it did. Options are read as JSON because version 15 has no columns for them.
  select format('levelb_deploy lacks its membership in %s', g.name),
    format(case when current_setting('server_version_num')::integer >= 160000
        then 'grant %I to levelb_deploy with inherit %s, set true;' else 'grant %I to levelb_deploy;' end, g.name, g.inherits::text)
    from (values ('levelb_definer', true), ('levelb_sandbox', false)) g (name, inherits)
   where not exists (select from pg_auth_members m
     where levelb._role_name(m.roleid) = g.name and levelb._role_name(m.member) = 'levelb_deploy'
       and coalesce((to_jsonb(m) ->> 'inherit_option')::boolean, true) >= g.inherits
       and coalesce((to_jsonb(m) ->> 'set_option')::boolean, true))
  union all
  select format('%s is a member of %s', m.rolname, levelb._role_name(a.roleid)),
    levelb._revoke_membership(a.roleid, a.member)
    from pg_auth_members a join pg_roles m on m.oid = a.member
   where m.rolname = 'levelb_owner' and levelb._role_name(a.roleid) <> all(v_owners || v_duties)
  union all
  select format('%I has the setting %s', r.rolname, split_part(c.setting, '=', 1)),
    format('alter role %I%s reset %s;', r.rolname,
      (select format(' in database %I', d.datname) from pg_database d where d.oid = s.setdatabase),
      quote_ident(split_part(c.setting, '=', 1)))
    from pg_db_role_setting s join pg_roles r on r.oid = s.setrole cross join lateral unnest(s.setconfig) c (setting)
   where starts_with(r.rolname, 'levelb_') and c.setting not like 'levelb.role_home=%';
end
$_role_findings$;
comment on function levelb._role_findings() is 'What is wrong with levelb''s roles, and SQL that undoes it.';

-- Constant cost, whatever the size of ledger or catalog: the channel is what bootstrap or rebind wrote down, it belongs
-- to this database, and nobody but the known roles can use its owners. The one source: readiness words these, activate
-- refuses with the first.
create function levelb._channel_findings()
  returns table (item text, problem text, remedy text, verdict levelb._verdict)
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_channel_findings$
declare
  v_incarnation constant levelb.incident := levelb._incarnation();
  v_identity constant jsonb := levelb._database_identity();
begin
  if v_incarnation.incident_id is null then
    return query select 'bootstrapped', 'no policy and no principals yet', null,
      levelb._refusal('LB210', '{"item": "bootstrapped"}');
    return;
  end if;
  if v_incarnation.database_identity <> v_identity then
    return query select 'database_identity', format('ledger %s, here %s', v_incarnation.database_identity ->> 'name',
        v_identity ->> 'name'), null,
      levelb._refusal('LB312', jsonb_build_object('ledger', v_incarnation.database_identity, 'database', v_identity));
  end if;
  if split_part(v_incarnation.server_version, '.', 1) <> split_part(current_setting('server_version'), '.', 1) then
    return query select 'server_version',
      format('ledger %s, here %s', v_incarnation.server_version, current_setting('server_version')),
      null,
      levelb._refusal('LB312', jsonb_build_object('ledger', v_incarnation.database_identity, 'database', v_identity));
  end if;
  if not levelb._is_as_installed(v_incarnation) then
    return query select 'installed_objects', 'something of levelb''s own was changed since', null,
      levelb._refusal('LB306', jsonb_build_object('rule', 'installed_objects_unchanged', 'ledger',
        v_incarnation.details ->> 'fingerprint', 'database', levelb._fingerprint()));
  end if;
  return query select 'ledger_head', h.problem, null, levelb._refusal('LB309', jsonb_build_object('problem', h.problem))
    from (select c.problem from levelb._check_head() c limit 1) h;
  return query select 'roles', r.problem, r.remedy,
      levelb._refusal('LB306', jsonb_build_object('rule', 'roles_as_installed', 'problem', r.problem))
    from levelb._role_findings() r order by r.problem collate "C";
end
$_channel_findings$;
comment on function levelb._channel_findings() is 'What is wrong with the channel itself, in the order of gravity.';

create function levelb._channel_problem()
  returns levelb._verdict
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_channel_problem$
begin
  return (select f.verdict from levelb._channel_findings() f limit 1);
end
$_channel_problem$;
comment on function levelb._channel_problem() is 'What is wrong with the channel itself; code null when it is intact.';
