-- Owns the mark of the database that governs the roles of the cluster.

-- Roles are one for the cluster, so exactly one database may govern them. The mark is a role setting, because that is
-- a fact every database of the cluster can read.
create function levelb._role_home()
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return (
  select d.datname from pg_db_role_setting s join pg_database d on d.oid = s.setdatabase, unnest(s.setconfig) c
   where c like 'levelb.role_home=%' order by d.datname limit 1
);
comment on function levelb._role_home() is 'Database that governs the roles of this cluster, null when none does.';

create function levelb._refuse_second_home()
  returns void
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_refuse_second_home$
  select levelb._raise('LB005', jsonb_build_object('field', 'cluster', 'problem',
      'another database governs the roles of this cluster', 'database', levelb._role_home()),
    format('Write "cluster": "ignore" here, or govern from database %s alone.', quote_ident(levelb._role_home())))
$_refuse_second_home$;
comment on function levelb._refuse_second_home() is 'Refuse to govern the roles from a second database.';

-- Two databases that claim at once do not see each other's mark. A setting of the role for all databases is one row of
-- the cluster's: whoever writes it makes the other wait to the end of the transaction, and leaves nothing. Advisory
-- locks would not do: they belong to one database.
create function levelb._lock_role_home()
  returns void
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_lock_role_home$
begin
  alter role levelb_owner set levelb.role_home = 'on';
  alter role levelb_owner reset levelb.role_home;
-- the second is what PostgreSQL says of a row that another session has just written
exception when lock_not_available or internal_error then
  perform levelb._raise('LB102', jsonb_build_object('role', 'levelb_owner'));
end
$_lock_role_home$;
comment on function levelb._lock_role_home() is 'Let one database of the cluster at a time claim the mark.';

create function levelb._claim_role_home()
  returns void
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_claim_role_home$
begin
  perform levelb._lock_role_home();
  if levelb._role_home() <> current_database() then
    perform levelb._refuse_second_home();
  end if;
  execute format('alter role levelb_owner in database %I set levelb.role_home = %L', current_database(), 'on');
end
$_claim_role_home$;
comment on function levelb._claim_role_home() is 'Mark this database as the one that governs the roles of the cluster.';

create function levelb._leave_role_home()
  returns void
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_leave_role_home$
begin
  execute format('alter role levelb_owner in database %I reset levelb.role_home', current_database());
end
$_leave_role_home$;
comment on function levelb._leave_role_home() is 'Take the mark away, so that another database may govern.';

create function levelb._is_role_home()
  returns boolean
  language sql stable
  set search_path = pg_catalog, pg_temp
return levelb._role_home() is not distinct from current_database();
comment on function levelb._is_role_home() is 'Whether this database governs the roles of its cluster.';

-- What a policy says about the cluster, made so.
create function levelb._settle_role_home(policy jsonb)
  returns void
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_settle_role_home$
begin
  if policy ->> 'cluster' = 'govern' then
    perform levelb._claim_role_home();
  elsif levelb._is_role_home() then
    perform levelb._leave_role_home();
  end if;
end
$_settle_role_home$;
comment on function levelb._settle_role_home(jsonb) is 'Claim the mark, or leave it, as a policy says.';

-- Effects on what belongs to the cluster: roles and their settings, parameters, tablespaces, other databases.
create function levelb._cluster_effects(effects jsonb)
  returns jsonb
  language sql stable
  set search_path = pg_catalog, pg_temp
return (
  select jsonb_agg(e - 'schemas') from jsonb_array_elements(effects) e
   where e ->> 'class' = 'role' or e ->> 'object_type' in ('tablespace', 'parameter')
      or e ->> 'object_type' = 'database' and e ->> 'identity' <> quote_ident(current_database())
);
comment on function levelb._cluster_effects(jsonb) is
  'Those of some effects that reach beyond this database, null when none does.';

create function levelb._role_home_hint()
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return case when levelb._role_home() is null
  then 'No database governs the roles of this cluster: a policy with "cluster": "govern" makes this one do so, or '
    || 'levelb.rebind(reason) where the policy says so already.'
  else format('Roles and other things of the whole cluster are changed in database %s.', quote_ident(levelb._role_home())) end;
comment on function levelb._role_home_hint() is 'Where to change what belongs to the cluster.';
