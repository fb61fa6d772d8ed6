-- Owns what keeps a database in AUTHOR_MODE beyond the channel itself.

-- Logins that could go round the channel and are not declared break-glass; null when there is none.
create function levelb._dangerous_logins(policy jsonb)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_dangerous_logins$
  with recursive holder (role, through) as (
    select r.oid, r.rolname from pg_roles r
     where r.rolname in ('levelb_owner', 'levelb_deploy', 'levelb_definer', 'levelb_roles', 'levelb_sandbox',
       'pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files', 'pg_write_all_data')
       -- a login becomes by SET ROLE what it is a member of, also where that role cannot log in
       or r.rolsuper or r.rolcreaterole or r.rolbypassrls or r.rolreplication
    union
    select m.member, h.through from pg_auth_members m join holder h on h.role = m.roleid
  )
  select string_agg(format('%s holds %s', quote_ident(d.rolname), d.what), ', ' order by d.rolname collate "C", d.what)
    from (
      select r.rolname, concat_ws(' and ', case when r.rolsuper then 'SUPERUSER' end, case when r.rolcreaterole then 'CREATEROLE' end,
          case when r.rolbypassrls then 'BYPASSRLS' end, case when r.rolreplication then 'REPLICATION' end) as what
        from pg_roles r where r.rolcanlogin and (r.rolsuper or r.rolcreaterole or r.rolbypassrls or r.rolreplication)
      union
      select r.rolname, h.through from holder h join pg_roles r on r.oid = h.role
       where r.rolcanlogin and not r.rolsuper and (r.rolname <> h.through or starts_with(h.through, 'levelb_'))
    ) d
   where not coalesce(policy -> 'break_glass' -> 'logins' ? d.rolname, false)
$_dangerous_logins$;
comment on function levelb._dangerous_logins(jsonb) is 'Logins that could go round the channel, null when none.';

-- To take an object over, levelb_deploy must be a member of its present owner for a while. What is listed here is that
-- while: it ends with a revoke by a superuser.
create function levelb._takeover()
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_takeover$
  select string_agg(format('levelb_deploy is a member of %s, which owns %s objects here', levelb._role_name(m.roleid), n.owned)
      || case when n.owned = 0 then format(': revoke %s from levelb_deploy;', levelb._role_name(m.roleid)) else '' end,
      ', ' order by levelb._role_name(m.roleid) collate "C")
    from pg_auth_members m
      cross join lateral (
        select count(*) as owned from pg_shdepend d
         where d.refclassid = 'pg_authid'::regclass and d.refobjid = m.roleid and d.deptype = 'o'
           and d.dbid = (select b.oid from pg_database b where b.datname = current_database())) n
   where levelb._role_name(m.member) = 'levelb_deploy'
     and levelb._role_name(m.roleid) not in ('levelb_definer', 'levelb_sandbox')
$_takeover$;
comment on function levelb._takeover() is 'Roles whose objects levelb_deploy is taking over, null when none.';

create function levelb._logins_unbound(named text[] default '{}')
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_logins_unbound$
  select string_agg(quote_ident(l.login), ', ' order by l.login collate "C")
    from levelb.active_principal p
      join only levelb.principal_login l on l.principal = p.principal and l.version = p.version
   where not exists (select from pg_roles r where r.oid = l.login_oid and r.rolname = l.login)
     and p.principal <> all(named)
$_logins_unbound$;
comment on function levelb._logins_unbound(text[]) is
  'Enrolled logins that were dropped, renamed or made anew, those of the named principals aside; null when none.';

-- Asked apart from the fingerprint: a trigger that was off when bootstrap took the fingerprint is in it.
create function levelb._triggers_not_always()
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_triggers_not_always$
  select string_agg(c.relname || '.' || t.tgname, ', ' order by c.relname, t.tgname)
    from pg_trigger t join pg_class c on c.oid = t.tgrelid
   where c.relnamespace = 'levelb'::regnamespace and not t.tgisinternal and t.tgenabled <> 'A'
$_triggers_not_always$;
comment on function levelb._triggers_not_always() is 'Triggers that are not ENABLE ALWAYS, null when all are.';

-- What keeps this database in AUTHOR_MODE beyond the channel itself; null when nothing does. readiness says the same in
-- items: a test holds the two together. A change of policy or principals is asked what would hold after it: else the
-- quorum could not mend what only it may change, and the last resort would be the first.
create function levelb._unready(manifest levelb.manifest default null)
  returns jsonb
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_unready$
declare
  v_policy constant jsonb := case when (manifest).kind = 'policy' then (manifest).payload
    else (select p.document from levelb.active_policy p) end;
  v_change constant jsonb := case when (manifest).kind = 'principal' then (manifest).payload else '{}' end;
  v_items jsonb := '[]';
begin
  if levelb._dangerous_logins(v_policy) is not null then
    v_items := v_items || '"dangerous_logins"';
  end if;
  if levelb._policy_problem(v_policy, levelb._principals_after(v_change)) is not null then
    v_items := v_items || '"policy_satisfiable"';
  end if;
  if levelb._logins_unbound(levelb._named_principals(v_change)) is not null then
    v_items := v_items || '"logins_bound"';
  end if;
  if levelb._triggers_not_always() is not null then
    v_items := v_items || '"append_only"';
  end if;
  return nullif(v_items, '[]');
end
$_unready$;
comment on function levelb._unready(levelb.manifest) is
  'Required items that do not hold, apart from the channel itself.';
