-- Owns what keeps a database in AUTHOR_MODE beyond the channel itself.

-- To take an object over, levelb_deploy must be a member of its present owner for a while. What is listed here is that
-- while: it ends with a revoke by a superuser. Roles of the server own nothing to take over: item roles refuses them.
create function levelb._loan_findings()
  returns setof levelb._reason
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_loan_findings$
  select distinct 'takeover', format('levelb_deploy is a member of %s, which owns %s here', levelb._role_name(m.roleid),
      case when n.owned = 0 then 'nothing more' else levelb._count(n.owned, 'object') end),
      levelb._revoke_membership(m.roleid, m.member)
    from pg_auth_members m
      cross join lateral (
        select count(*) as owned from pg_shdepend d
         where d.refclassid = 'pg_authid'::regclass and d.refobjid = m.roleid and d.deptype = 'o'
           and d.dbid = (select b.oid from pg_database b where b.datname = current_database())) n
   where levelb._role_name(m.member) = 'levelb_deploy'
     and levelb._role_name(m.roleid) not in ('levelb_definer', 'levelb_sandbox')
     and not starts_with(levelb._role_name(m.roleid), 'pg_')
$_loan_findings$;
comment on function levelb._loan_findings() is 'Roles whose objects levelb_deploy is taking over.';

create function levelb._break_glass_findings()
  returns setof levelb._reason
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_break_glass_findings$
  select 'break_glass', format('incident %s of %s by %s%s is not explained', e.incident_id,
      to_char(e.at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS"Z"'), quote_ident(e.login),
      ', ' || levelb._attended_migration(e) || ' that was not closed,'), null
    from levelb._emergencies() e order by e.incident_id
$_break_glass_findings$;
comment on function levelb._break_glass_findings() is 'Uses of break-glass that nobody has answered for, in words.';

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
      return next row('policy_satisfiable', v_problem, (
        select string_agg(format('alter role %I login;', r.rolname), ' ' order by r.rolname)
          from levelb.active_principal p join pg_roles r on r.rolname = any(p.logins)
         where not exists (select from pg_roles o where o.rolname = any(p.logins) and o.rolcanlogin)))::levelb._reason;
    end if;
  end if;
  return query select f.* from levelb._logins_unbound(levelb._named_principals(change)) f;
  return query select f.* from levelb._trigger_findings() f;
  return query select f.* from levelb._table_findings() f;
  return query select f.* from levelb._schema_findings() f;
  return query select f.* from levelb._event_trigger_findings() f;
  return query select f.* from levelb._guard_findings() f;
  return query select f.* from levelb._minor_version_findings() f;
  return query select f.* from levelb._break_glass_findings() f;
end
$_findings$;
comment on function levelb._findings(jsonb, jsonb) is
  'Why required items do not hold under this policy after this change of principals.';

-- What keeps this database in AUTHOR_MODE beyond the channel itself; null when nothing does. A change of policy or
-- principals is asked what would hold after it: else the quorum could not mend what only it may change, and the last
-- resort would be the first. An explanation runs no text and needs its quorum all the same: were it refused for a login
-- or an event trigger that drifts, the policy that declares it would be refused for the drift, and neither could be first.
create function levelb._unready(manifest levelb.manifest default null)
  returns jsonb
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_unready$
declare
  v_policy constant jsonb := case when (manifest).kind = 'policy' then (manifest).payload
    else (select p.document from levelb.active_policy p) end;
  v_change constant jsonb := case when (manifest).kind = 'principal' then (manifest).payload else '{}' end;
  v_unasked constant text[] := case when (manifest).kind = 'explain'
    then array['break_glass', 'dangerous_logins', 'foreign_event_triggers', 'logins_bound', 'policy_satisfiable'] else '{}' end;
begin
  return (
    select jsonb_agg(distinct f.item) from levelb._findings(v_policy, v_change) f
     where not coalesce(v_policy -> 'waive' ? levelb._waiver_of(f.item), false) and f.item <> all(v_unasked));
end
$_unready$;
comment on function levelb._unready(levelb.manifest) is
  'Required items that do not hold, apart from the channel itself.';

-- Last of what is judged: to look at all of it costs the most.
create function levelb._judge_readiness(
  manifest levelb.manifest,
  verdict levelb._verdict
)
  returns levelb._verdict
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_judge_readiness$
declare
  v_items constant jsonb := case when verdict.code is null then levelb._unready(manifest) end;
begin
  return case when v_items is null then verdict
    else levelb._refusal('LB210', jsonb_build_object('items', v_items), verdict.approvals) end;
end
$_judge_readiness$;
comment on function levelb._judge_readiness(levelb.manifest, levelb._verdict) is
  'The verdict, or the refusal where the channel is not ready for a manifest.';
