-- Owns what keeps a database in AUTHOR_MODE beyond the channel itself.

-- To take an object over, levelb_deploy must be a member of its present owner for a while. What is listed here is that
-- while: it ends with a revoke by a superuser.
create function levelb._takeover()
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_takeover$
  select string_agg(format('levelb_deploy is a member of %s, which owns %s objects here', levelb._role_name(m.roleid),
    n.owned)
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

-- The one source of the required items that are not the channel itself: readiness words them, _unready counts them.
create function levelb._findings(
  policy jsonb,
  change jsonb default '{}'
)
  returns setof levelb._reason
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_findings$
declare
  v_problem text;
begin
  return query select f.* from levelb._dangerous_logins(policy) f;
  -- before bootstrap there is no policy, which is what _channel_findings says then
  if policy is not null then
    v_problem := levelb._policy_problem(policy, levelb._principals_after(change));
    if v_problem is not null then
      return next row('policy_satisfiable', v_problem, null)::levelb._reason;
    end if;
  end if;
  return query select f.* from levelb._logins_unbound(levelb._named_principals(change)) f;
  return query select f.* from levelb._trigger_findings() f;
  return query select f.* from levelb._table_findings() f;
  return query select f.* from levelb._schema_findings() f;
  return query select f.* from levelb._event_trigger_findings() f;
  return query select f.* from levelb._minor_version_findings() f;
end
$_findings$;
comment on function levelb._findings(jsonb, jsonb) is
  'Why required items do not hold under this policy after this change of principals.';

-- What keeps this database in AUTHOR_MODE beyond the channel itself; null when nothing does. A change of policy or
-- principals is asked what would hold after it: else the quorum could not mend what only it may change, and the last
-- resort would be the first.
create function levelb._unready(manifest levelb.manifest default null)
  returns jsonb
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_unready$
declare
  v_policy constant jsonb := case when (manifest).kind = 'policy' then (manifest).payload
    else (select p.document from levelb.active_policy p) end;
  v_change constant jsonb := case when (manifest).kind = 'principal' then (manifest).payload else '{}' end;
begin
  return (
    select jsonb_agg(distinct f.item) from levelb._findings(v_policy, v_change) f
     where not coalesce(v_policy -> 'waive' ? f.item, false));
end
$_unready$;
comment on function levelb._unready(levelb.manifest) is
  'Required items that do not hold, apart from the channel itself.';
