-- Owns the proof that the channel exists and is intact, item by item, and the one word for it.

create function levelb.mode()
  returns text
  language plpgsql stable security definer
  set search_path = pg_catalog, pg_temp
  set jit = off
  set quote_all_identifiers = off
as $mode$
begin
  if (levelb._channel_problem()).code is null and levelb._unready() is null then
    return 'OPERATOR_HANDOFF';
  end if;
  return 'AUTHOR_MODE';
end
$mode$;
comment on function levelb.mode() is 'Say in one word whether this database may be changed through the channel.

OPERATOR_HANDOFF: every required item of readiness holds. AUTHOR_MODE: authors may stage, activation refuses (LB210).';

-- Times are what the clock of the host said. Activations are one after the other, so that a time earlier than the one
-- before shows that the clock was set; a clock that was wrong all the time shows nowhere inside the database.
create function levelb._clock_set_back()
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_clock_set_back$
  select format('activation %s ended before activation %s, which is older', o.activation_id, o.previous_id)
    from (select a.activation_id, a.finished_at, lag(a.activation_id) over w as previous_id, lag(a.finished_at) over w as previous_at
            from only levelb.activation a window w as (order by a.activation_id)) o
   where o.finished_at < o.previous_at order by o.activation_id desc limit 1
$_clock_set_back$;
comment on function levelb._clock_set_back() is 'The newest activation with an earlier time than the one before, null when there is none.';

create function levelb._readiness()
  returns setof levelb.readiness_item
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_readiness$
declare
  v_incarnation constant levelb.incident := levelb._incarnation();
  v_policy constant jsonb := (select p.document from levelb.active_policy p);
  v_bootstrapped constant boolean := v_incarnation.incident_id is not null;
  v_first constant text := 'Bootstrap first.';
  v_problem text;
  v_minor integer;
begin
  -- entrypoint
  return next row('bootstrapped', 'entrypoint', v_bootstrapped, true, 'newest incarnation entry',
    case when v_bootstrapped then format('%s at %s', v_incarnation.kind, to_char(v_incarnation.at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS"Z"'))
      else 'no policy and no principals yet' end,
    case when not v_bootstrapped then 'select levelb.bootstrap(policy, principals);' end)::levelb.readiness_item;
  return next row('database_identity', 'entrypoint', v_bootstrapped and v_incarnation.database_identity = levelb._database_identity(),
    true, 'identity in the ledger against the live one',
    format('ledger %s, here %s', coalesce(v_incarnation.database_identity ->> 'name', 'none'), levelb._database_identity() ->> 'name'),
    case when not v_bootstrapped then v_first when v_incarnation.database_identity <> levelb._database_identity()
      then 'A clone or a restored database: select levelb.rebind(reason) as a superuser.' end)::levelb.readiness_item;
  return next row('server_version', 'entrypoint', v_bootstrapped and split_part(v_incarnation.server_version, '.', 1)
      = split_part(current_setting('server_version'), '.', 1), true, 'major version in the ledger against the live one',
    format('ledger %s, here %s', coalesce(v_incarnation.server_version, 'none'), current_setting('server_version')),
    case when not v_bootstrapped then v_first
      when split_part(v_incarnation.server_version, '.', 1) <> split_part(current_setting('server_version'), '.', 1)
      then 'After an upgrade: select levelb.rebind(reason) as a superuser.' end)::levelb.readiness_item;
  -- Minor releases that mend what levelb relies on; listed and not required, since upgrades have their own calendar.
  v_minor := case current_setting('server_version_num')::integer / 10000
    when 15 then 150018 when 16 then 160014 when 17 then 170010 when 18 then 180004 end;
  return next row('minor_version', 'entrypoint', current_setting('server_version_num')::integer >= v_minor, false,
    'minor release against the one with the security fixes known to levelb ' || (levelb.version()).release,
    case when v_minor is null then 'a major version that levelb was not tried on'
      else format('here %s, fixed in %s.%s', current_setting('server_version'), v_minor / 10000, v_minor % 10000) end,
    case when current_setting('server_version_num')::integer < v_minor
      then 'Install the newest minor release.' end)::levelb.readiness_item;
  return next row('installed_objects', 'entrypoint', v_bootstrapped and v_incarnation.details ->> 'fingerprint' = levelb._fingerprint(),
    true, 'functions, rights, owners and triggers against the fingerprint in the ledger',
    'fingerprint ' || levelb._fingerprint(),
    case when not v_bootstrapped then v_first when v_incarnation.details ->> 'fingerprint' <> levelb._fingerprint()
      then 'After a restore or an upgrade: select levelb.rebind(reason). Else somebody changed levelb''s own objects: compare with the bundle first.' end)::levelb.readiness_item;
  return next row('guard', 'entrypoint', null, false, 'not checked', 'this version has no event triggers that refuse ad-hoc changes',
    null)::levelb.readiness_item;

  -- owner_credential
  v_problem := levelb._role_problem();
  return next row('roles', 'owner_credential', v_problem is null, true, 'attributes and members of levelb''s roles',
    coalesce(v_problem, 'as installed; nobody can log in as an owner'),
    case when v_problem is not null then 'Undo it as a superuser.' end)::levelb.readiness_item;
  v_problem := levelb._dangerous_logins(v_policy);
  return next row('dangerous_logins', 'owner_credential', v_problem is null, true,
    'logins with SUPERUSER, CREATEROLE, BYPASSRLS, REPLICATION or a role that gives as much',
    coalesce(v_problem, 'only the declared break-glass logins'),
    case when v_problem is not null and not v_bootstrapped
      then 'Take the attribute or membership away, or name the login in break_glass.logins of the policy that bootstrap is given.'
      when v_problem is not null
      then 'Take the attribute or membership away, or declare it: a migration of kind policy names it in break_glass.logins.' end)::levelb.readiness_item;
  -- Listed and not required: these are defaults, and what an application relies on is not levelb's to take. No function of
  -- levelb looks a name up where others may create.
  v_problem := case when has_schema_privilege('public', to_regnamespace('public'), 'create')
    then 'PUBLIC may create in schema public, as before version 15' end;
  return next row('create_in_public', 'entrypoint', v_problem is null, false, 'CREATE of PUBLIC on schema public',
    coalesce(v_problem, 'not everybody may create there'),
    case when v_problem is not null then 'revoke create on schema public from public;' end)::levelb.readiness_item;
  v_problem := case when has_database_privilege('public', current_database(), 'temporary')
    then 'PUBLIC may make temporary tables, whose names are found before those of schemas' end;
  return next row('temporary_of_public', 'entrypoint', v_problem is null, false, 'TEMPORARY of PUBLIC on this database',
    coalesce(v_problem, 'not everybody may make temporary tables'),
    case when v_problem is not null
      then format('revoke temporary on database %I from public;', current_database()) end)::levelb.readiness_item;
  v_problem := levelb._takeover();
  return next row('takeover', 'owner_credential', v_problem is null, false, 'roles that levelb_deploy is a member of',
    coalesce(v_problem, 'levelb_deploy borrows nobody''s rights'),
    case when v_problem is not null
      then 'When ownership has moved, run the revoke as a superuser.' end)::levelb.readiness_item;
  v_problem := case when not has_database_privilege('levelb_deploy', current_database(), 'create')
    then format('grant create on database %I to levelb_deploy;', current_database()) end;
  return next row('create_on_database', 'owner_credential', v_problem is null, false, 'CREATE of levelb_deploy on this database',
    case when v_problem is null
      then 'levelb_deploy can take schemas over' else 'missing, as in every copy made with TEMPLATE' end,
    v_problem)::levelb.readiness_item;

  -- approval_record
  v_problem := case when v_bootstrapped then levelb._policy_problem(v_policy, levelb._principals_now()) else 'no policy' end;
  return next row('policy_satisfiable', 'approval_record', v_problem is null, true,
    'every rule against the enabled principals, author and operator left out',
    coalesce(v_problem, 'every class can be approved'),
    case when not v_bootstrapped then v_first when v_problem is not null
      then 'Let them log in; or a migration of kind principal enrols more, one of kind policy asks for fewer.' end)::levelb.readiness_item;
  v_problem := levelb._logins_unbound();
  return next row('logins_bound', 'approval_record', v_problem is null, true, 'name and oid of every enrolled login',
    coalesce('dropped, renamed or made anew: ' || v_problem, 'every login is the role it was enrolled as'),
    case when v_problem is not null
      then 'A migration of kind principal changes or disables their principals; levelb.rebind(reason) binds all by name, and voids approvals.' end)::levelb.readiness_item;
  return next row('signatures', 'approval_record', null, false, 'not checked', 'this version checks no signatures', null)::levelb.readiness_item;

  -- proof_log
  v_problem := levelb._triggers_not_always();
  return next row('append_only', 'proof_log', v_problem is null, true, 'triggers of every table are ENABLE ALWAYS',
    coalesce('not always enabled: ' || v_problem, 'every table has its guards'),
    case when v_problem is not null then 'select levelb.rebind(reason) sets them back.' end)::levelb.readiness_item;
  v_problem := (select string_agg(c.relname, ', ' order by c.relname) from pg_class c, aclexplode(c.relacl) a
    where c.relnamespace = 'levelb'::regnamespace and c.relkind = 'r' and a.grantee = (select r.oid from pg_roles r where r.rolname = 'pg_database_owner'));
  return next row('restore_door', 'proof_log', v_problem is null, true, 'nobody may load rows from outside',
    case when v_problem is null then 'closed' else 'open: rows of a dump may be loaded' end,
    case when v_problem is not null then 'bootstrap or rebind closes it.' end)::levelb.readiness_item;
  v_problem := (select h.problem from levelb._check_head() h limit 1);
  return next row('ledger_head', 'proof_log', v_problem is null, true, 'size, root and right edge of the tree against its newest entry',
    coalesce(v_problem, 'the next entry continues the tree'),
    case when v_problem is not null
      then 'Stop and call a DBA: select * from levelb.verify_ledger().' end)::levelb.readiness_item;
  return next row('ledger', 'proof_log', null, false, 'not checked', 'select * from levelb.verify_ledger() recomputes every entry', null)::levelb.readiness_item;
  v_problem := levelb._clock_set_back();
  return next row('clock', 'proof_log', v_problem is null, false, 'times of activations in the order of their numbers',
    coalesce(v_problem, 'no activation ended before an earlier one'),
    case when v_problem is not null
      then 'Order is by number; look why the clock of the server was changed.' end)::levelb.readiness_item;
  return next row('checkpoint', 'proof_log', null, false, 'not checked', 'this version signs no checkpoints', null)::levelb.readiness_item;

  -- rollback
  return next row('rollback_snapshot', 'rollback', v_bootstrapped, true, 'activate is the only writer of proofs',
    case when (v_policy -> 'rollback' ->> 'required')::boolean
      then 'every proof carries SQL for owners, rights and roles; every SQL step brings its rollback, which levelb.stage_rollback stages'
      else 'every proof carries SQL for owners, rights and roles; steps may go without a rollback of their own' end,
    case when not v_bootstrapped then v_first end)::levelb.readiness_item;
  return next row('rollback_proven', 'rollback', null, false, 'not checked', 'this version does not run rollbacks before activation', null)::levelb.readiness_item;
  return next row('drift', 'rollback', null, false, 'not checked', 'this version does not look for drift', null)::levelb.readiness_item;
end
$_readiness$;
comment on function levelb._readiness() is 'Readiness without asking who calls.';

create function levelb.readiness("full" boolean default false)
  returns setof levelb.readiness_item
  language plpgsql stable security definer
  set search_path = pg_catalog, pg_temp
  set jit = off
  set quote_all_identifiers = off
as $readiness$
declare
  v_report levelb.ledger_report;
begin
  if (levelb._incarnation()).incident_id is not null then
    perform levelb._may_look(array['approver', 'operator', 'auditor']);
  end if;
  if "full" is null then
    perform levelb._invalid('full', 'is required');
  end if;
  if not "full" then
    return query select r.* from levelb._readiness() r;
    return;
  end if;
  v_report := levelb._verify_ledger();
  return query
    select r.* from levelb._readiness() r where r.item <> 'ledger'
    union all
    select 'ledger', 'proof_log', v_report.ok, true, 'every entry of the ledger recomputed',
      coalesce(v_report.problem, format('%s entries, %s unsealed', v_report.entries, v_report.unsealed)),
      case when not v_report.ok then 'Stop and call a DBA: the ledger was written to from outside.' end;
end
$readiness$;
comment on function levelb.readiness(boolean) is '@raises LB001 LB201 LB202

List what must hold before this database is changed through the channel.

Each item belongs to one of five demands: entrypoint, owner_credential, approval_record, proof_log, rollback. ok null means
that this version does not check it, never that it holds. With full, the whole ledger is recomputed.';
