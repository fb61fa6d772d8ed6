-- Owns the proof that the channel exists and is intact, item by item, and the one word for it.

-- The version of the policy, where it waives this item.
create function levelb._waived_by(item text)
  returns integer
  language sql stable
  set search_path = pg_catalog, pg_temp
return (select p.version from levelb.active_policy p where p.document -> 'waive' ? levelb._waiver_of(item));
comment on function levelb._waived_by(text) is 'Version of the policy where it waives an item, else null.';

-- The channel alone, without people: what a monitoring system may ask every second. Neither the number of tables, of
-- ledger entries nor of people makes it slower.
create function levelb.channel_intact()
  returns boolean
  language plpgsql stable security definer
  set search_path = pg_catalog, pg_temp
  set jit = off
  set quote_all_identifiers = off
as $channel_intact$
begin
  return (levelb._channel_problem()).code is null;
end
$channel_intact$;
comment on function levelb.channel_intact() is 'Say whether the channel itself is what bootstrap or rebind left.

True: bootstrapped, in the database and major version of the ledger, objects and roles as installed, ledger head whole. It
costs the same at any size, so that it may be asked often; false always means AUTHOR_MODE, true does not mean
OPERATOR_HANDOFF: levelb.mode() asks for people, tables and event triggers too.';

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
    from (select a.activation_id, a.finished_at, lag(a.activation_id) over w as previous_id,
      lag(a.finished_at) over w as previous_at
            from only levelb.activation a window w as (order by a.activation_id)) o
   where o.finished_at < o.previous_at order by o.activation_id desc limit 1
$_clock_set_back$;
comment on function levelb._clock_set_back() is
  'The newest activation with an earlier time than the one before, null when there is none.';

-- A required item holds when nothing was found against it.
create function levelb._required_item(
  item text,
  artifact text,
  checked text,
  fine text,
  otherwise text,
  findings levelb._reason[],
  waived_by integer default null
)
  returns levelb.readiness_item
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_required_item$
  select row(_required_item.item, artifact, case when waived_by is null then f.found = 0 end, waived_by is null,
      case when waived_by is null then checked else format('waived by policy version %s', waived_by) end,
      coalesce(f.problems, fine),
      case when f.found > 0 and waived_by is null then concat_ws(' ', otherwise, 'As a superuser: ' || f.remedies) end,
      waived_by is not null)::levelb.readiness_item
    from (
      select count(*) as found, string_agg(distinct p.problem, ', ' order by p.problem) as problems,
          string_agg(distinct p.remedy, ' ' order by p.remedy) as remedies
        from unnest(findings) p where p.item = _required_item.item) f
$_required_item$;
comment on function levelb._required_item(text, text, text, text, text, levelb._reason[], integer) is
  'One required item from what was found; never ok where the policy waives it.';

create function levelb._told_item(
  item text,
  artifact text,
  ok boolean,
  checked text,
  detail text,
  hint text default null
)
  returns levelb.readiness_item
  language sql immutable
  set search_path = pg_catalog, pg_temp
return row(item, artifact, ok, false, checked, detail, hint, false)::levelb.readiness_item;
comment on function levelb._told_item(text, text, boolean, text, text, text) is
  'One item that is listed and not required.';

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
  v_findings levelb._reason[] := array(
    select row(f.item, f.problem, f.remedy)::levelb._reason from levelb._channel_findings() f
    union all select row(f.item, f.problem, f.remedy)::levelb._reason from levelb._findings(v_policy) f);
  v_then_drift constant text := case when v_bootstrapped
    then 'Where bootstrap found it so, the revoke is drift, to be explained (docs/drift.md).' end;
  v_problem text;
  v_hint text;
  v_drift jsonb;
  -- who is enrolled and counts for nothing
  v_locked_out constant text := (
    select string_agg(p.principal, ', ' order by p.principal collate "C") from levelb.active_principal p
     where not exists (select from pg_roles r where r.rolname = any(p.logins) and r.rolcanlogin));
begin
  if not v_bootstrapped then
    -- what only a ledger can answer; and the door is closed by bootstrap, not by hand
    v_findings := array(
      select case f.item when 'restore_door' then row('restore_door', f.problem, null)::levelb._reason else f end
        from unnest(v_findings) f)
      || array(select row(i, 'no ledger yet', null)::levelb._reason
        from unnest(array['database_identity', 'server_version', 'installed_objects', 'policy_satisfiable',
          'rollback_snapshot']) i);
  end if;

  -- entrypoint
  return next levelb._required_item('bootstrapped', 'entrypoint', 'newest incarnation entry',
    format('%s at %s', v_incarnation.kind, to_char(v_incarnation.at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS"Z"')),
    'select levelb.bootstrap(policy, principals);', v_findings);
  return next levelb._required_item('database_identity', 'entrypoint', 'identity in the ledger against the live one',
    format('ledger and database %s', v_incarnation.database_identity ->> 'name'),
    case when v_bootstrapped
      then 'A clone, a restored or a renamed database. As a superuser: select levelb.rebind(''a copy'');'
        else v_first end, v_findings);
  return next levelb._required_item('server_version', 'entrypoint', 'major version in the ledger against the live one',
    format('ledger %s, here %s', v_incarnation.server_version, current_setting('server_version')),
    case when v_bootstrapped then 'As a superuser: select levelb.rebind(''a new major version'');'
      else v_first end, v_findings);
  return next levelb._required_item('minor_version', 'entrypoint',
    'minor release against the one with the security fixes known to levelb ' || (levelb.version()).release,
    format('here %s, needed is %s.%s or newer', current_setting('server_version'), levelb._minor_version_gate() / 10000,
      levelb._minor_version_gate() % 10000), format('Install the newest minor release%s.', case when v_bootstrapped
      then ', or waive minor_version by a migration of kind policy'
        else ', or waive minor_version in the policy that bootstrap is given' end),
    v_findings, levelb._waived_by('minor_version'));
  return next levelb._required_item('installed_objects', 'entrypoint',
    'everything of levelb against the fingerprint in the ledger',
    'as ' || v_incarnation.kind || ' found it',
    case when v_bootstrapped
      then 'Undo what shipped_objects names, in levelb readiness or select * from levelb.readiness(true). Only after a restore or an upgrade, as a superuser: select levelb.rebind(''why'').'
      else v_first end, v_findings);
  return next levelb._told_item('shipped_objects', 'entrypoint', null, 'not checked',
    'select * from levelb.readiness(true) compares every object with what was shipped; the command levelb readiness does so from outside');
  return next levelb._required_item('schema_create', 'entrypoint',
    'owner of levelb''s schemas, and who may create in them',
    'levelb_owner alone', null, v_findings);
  return next levelb._required_item('untrusted_event_triggers', 'entrypoint',
    'event triggers with a function of no superuser',
    'none is enabled', 'Its function runs with the rights of every activation, and its owner can replace it. Give it to a superuser, or switch it off.',
    v_findings);
  return next levelb._required_item('foreign_event_triggers', 'entrypoint',
    'event triggers of others, those of extensions aside',
    'none is enabled', format('It runs inside every activation. Waive foreign_event_triggers %s, or switch it off.',
      case when v_bootstrapped
      then 'by a migration of kind policy' else 'in the policy that bootstrap is given' end),
    v_findings, levelb._waived_by('foreign_event_triggers'));
  return next levelb._required_item('guard', 'entrypoint',
    'event triggers that refuse changes past the channel, and settings that would skip them',
    'fires for everybody', format('What was done meanwhile is drift. Where the server allows no event triggers, waive event_triggers %s.',
      case when v_bootstrapped then 'by a migration of kind policy' else 'in the policy that bootstrap is given' end),
    v_findings, levelb._waived_by('guard'));
  -- Listed and not required: these are defaults, and what an application relies on is not levelb's to take. No function
  -- of levelb looks a name up where others may create.
  v_problem := case when has_schema_privilege('public', to_regnamespace('public'), 'create')
    then 'PUBLIC may create in schema public, as before version 15' end;
  return next levelb._told_item('create_in_public', 'entrypoint', v_problem is null,
    'CREATE of PUBLIC on schema public', coalesce(v_problem, 'not everybody may create there'),
    case when v_problem is not null
      then concat_ws(' ', 'Where no application creates there.', v_then_drift,
        'As a superuser: revoke create on schema public from public;') end);
  v_problem := case when has_database_privilege('public', current_database(), 'temporary')
    then 'PUBLIC may make temporary tables, whose names are found before those of schemas' end;
  return next levelb._told_item('temporary_of_public', 'entrypoint', v_problem is null,
    'TEMPORARY of PUBLIC on this database', coalesce(v_problem, 'not everybody may make temporary tables'),
    case when v_problem is not null
      then concat_ws(' ', 'Where no application makes any.', v_then_drift,
        format('As a superuser: revoke temporary on database %I from public;', current_database())) end);

  -- owner_credential
  return next levelb._required_item('roles', 'owner_credential', 'attributes, members and settings of levelb''s roles',
    'as installed; nobody can log in as an owner', null, v_findings);
  return next levelb._required_item('dangerous_logins', 'owner_credential',
    'logins with SUPERUSER, CREATEROLE, BYPASSRLS, REPLICATION or a role or parameter that gives as much',
    'only the declared break-glass logins', case
      when not exists (select from unnest(v_findings) f where f.item = 'dangerous_logins' and not starts_with(f.problem, 'levelb_'))
      then null
      when v_bootstrapped
      then 'Declare it, by a migration of kind policy that names it in break_glass.logins, or take it away.'
      else 'Name the login in break_glass.logins of the policy that bootstrap is given, or take it away.' end,
        v_findings);
  select string_agg(t.problem, ', ' order by t.problem collate "C"),
      'When ownership has moved. As a superuser: ' || string_agg(t.remedy, ' ' order by t.problem collate "C")
    into v_problem, v_hint from levelb._loan_findings() t;
  return next levelb._told_item('takeover', 'owner_credential', v_problem is null,
    'roles that levelb_deploy is a member of', coalesce(v_problem, 'levelb_deploy borrows nobody''s rights'), v_hint);
  v_problem := case when not has_database_privilege('levelb_deploy', current_database(), 'create')
    then format('As a superuser: grant create on database %I to levelb_deploy;', current_database()) end;
  return next levelb._told_item('create_on_database', 'owner_credential', v_problem is null,
    'CREATE of levelb_deploy on this database', case when v_problem is null
      then 'levelb_deploy can take schemas over' else 'missing, as in every copy made with TEMPLATE' end,
    v_problem);

  -- approval_record
  return next levelb._required_item('policy_satisfiable', 'approval_record',
    'every rule against the enabled principals, author and operator left out', 'every class can be approved',
    case when v_bootstrapped
      then coalesce('Let ' || v_locked_out || ' log in again; or a', 'A')
        || ' migration of kind principal enrols more, one of kind policy asks for fewer.'
      else v_first end, v_findings);
  return next levelb._required_item('logins_bound', 'approval_record', 'name and oid of every enrolled login',
    'every login is the role it was enrolled as',
    'A migration of kind principal changes or disables their principals; levelb.rebind(reason) binds all by name, and voids approvals.',
    v_findings);
  return next levelb._required_item('break_glass', 'approval_record',
    'every use of break-glass without approvals, and every attended migration that was not closed',
    'all are explained', format('levelb drift --explain "why" writes the migration of kind explain that names it: {"effects": […], "incidents": [%s]}; effects as levelb.drift(true) lists them, [] where nothing drifts (docs/break-glass.md).',
      (select string_agg(e.incident_id::text, ', ' order by e.incident_id) from levelb._emergencies() e)), v_findings);
  return next levelb._told_item('signatures', 'approval_record', null, 'not checked',
    'this version checks no signatures');

  -- proof_log
  return next levelb._required_item('append_only', 'proof_log', 'every table has its guards, ENABLE ALWAYS',
    'every table has its guards',
      'select levelb.rebind(reason) sets them all back too. A guard that is missing: install levelb anew and restore the rows.',
    v_findings);
  return next levelb._required_item('tables_select_only', 'proof_log', 'what is granted on levelb''s tables and views',
    'only SELECT is granted', null, v_findings);
  return next levelb._required_item('tables_plain', 'proof_log',
    'children, rules, row level security, persistence, subscriptions',
    'every table is an ordinary, logged table',
      'Look first who wants it. A subscription: take the table out of the publication that it reads.', v_findings);
  return next levelb._required_item('restore_door', 'proof_log', 'nobody may load rows from outside', 'closed',
    case when v_bootstrapped then 'select levelb.rebind(reason) closes it too.'
      else 'Bootstrap closes it.' end, v_findings);
  return next levelb._required_item('ledger_head', 'proof_log',
    'size, root and right edge of the tree against its newest entry',
    'the next entry continues the tree', 'Stop and call a DBA: select * from levelb.verify_ledger().', v_findings);
  return next levelb._told_item('ledger', 'proof_log', null, 'not checked',
    'select * from levelb.verify_ledger() recomputes every entry');
  v_problem := levelb._clock_set_back();
  return next levelb._told_item('clock', 'proof_log', v_problem is null,
    'times of activations in the order of their numbers',
    coalesce(v_problem, 'no activation ended before an earlier one'),
    case when v_problem is not null then 'Order is by number; look why the clock of the server was changed.' end);
  return next levelb._told_item('checkpoint', 'proof_log', null, 'not checked', 'this version signs no checkpoints');

  -- rollback
  return next levelb._required_item('rollback_snapshot', 'rollback', 'activate is the only writer of proofs',
    case when (v_policy -> 'rollback' ->> 'required')::boolean
      then 'every proof carries SQL for owners, rights and roles; every SQL step brings its rollback, which levelb.stage_rollback stages'
      else 'every proof carries SQL for owners, rights and roles; steps may go without a rollback of their own' end,
    v_first, v_findings);
  return next levelb._rollback_proven_item(v_policy #>> '{rehearsal,required}');
  -- Listed: what an activation does about it is the policy's word.
  if not v_bootstrapped or v_incarnation.database_identity <> levelb._database_identity() then
    return next levelb._told_item('drift', 'rollback', null, 'not checked', 'there is no baseline of this database');
  else
    v_drift := levelb._drift_effects(array(select d from levelb._drift(false) d where not d.expected));
    return next levelb._told_item('drift', 'rollback', v_drift = '[]', 'watched rows against the baseline',
      case when v_drift = '[]' then 'nothing came past the channel'
        else format('%s, the first: %s', levelb._count(jsonb_array_length(v_drift), 'effect'),
          (
            -- that something is new says more than whose it is
            select levelb.effect_text(jsonb_populate_record(null::levelb.effect, e))
              from jsonb_array_elements(v_drift) with ordinality d (e, n)
             order by (e -> 'attribute' = '"exists"' and (e ->> 'object_type', e ->> 'identity')
               = (v_drift -> 0 ->> 'object_type', v_drift -> 0 ->> 'identity')) desc, n limit 1)) end,
      case when v_drift <> '[]' then concat_ws(' ', case v_policy ->> 'drift' when 'refuse' then 'Activations are refused (LB302) meanwhile.' end,
        case
          when jsonb_path_exists(v_drift, '$[*] ? (@.class != "governance")')
          then 'levelb drift, or select * from levelb.drift(), lists it: undo it, or explain it under quorum (docs/drift.md).'
        end, case when jsonb_path_exists(v_drift, '$[*] ? (@.class == "governance")')
          then 'What is of class governance is levelb''s own, which no explanation covers: undo it.' end) end);
  end if;
end
$_readiness$;
comment on function levelb._readiness() is 'Readiness without asking who calls.';

-- What takes as long as there are objects and entries. Not part of mode(): it could not be asked at every activation.
create function levelb._full_readiness()
  returns setof levelb.readiness_item
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_full_readiness$
declare
  v_report constant levelb.ledger_report := levelb._verify_ledger();
begin
  return next levelb._required_item('shipped_objects', 'entrypoint',
    'functions, views, tables, triggers, constraints, indexes and their rights against the list of the release',
    'every object is as shipped',
    'Undo it. What holds the list can be replaced as well: the command levelb readiness compares from outside.',
    array(select row('shipped_objects', format('%s %s', d.object, d.difference), null)::levelb._reason
      from levelb._shipped_differences() d));
  return next levelb._required_item('ledger', 'proof_log', 'every entry of the ledger recomputed',
    format('%s entries, %s unsealed', v_report.entries, v_report.unsealed),
    'Stop and call a DBA: the ledger was written to from outside.',
    case when v_report.ok then '{}' else array[row('ledger', v_report.problem, null)::levelb._reason] end);
end
$_full_readiness$;
comment on function levelb._full_readiness() is 'The items of readiness that only full checks.';

-- What was activated before the policy asked for rehearsals counts too: it says how much has been tried, not who is to blame.
create function levelb._rollback_proven_item(required text)
  returns levelb.readiness_item
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_rollback_proven_item$
declare
  v_activated bigint;
  v_proven bigint;
begin
  select count(*), count(*) filter (where exists (
      select from only levelb.rehearsal r where r.manifest_hash = m.manifest_hash and r.place = 'live' and r.rollback_restored))
    into v_activated, v_proven
    from only levelb.activation a join only levelb.manifest m on m.migration_id = a.migration_id and m.revision = a.revision
   where a.outcome = 'activated' and m.kind = 'sql';
  if v_activated = 0 or required = 'none' and v_proven < v_activated then
    return levelb._told_item('rollback_proven', 'rollback', null, 'not checked',
      format('of %s activated, %s had a live rehearsal whose rollback restored; the policy asks for %s',
        levelb._count(v_activated, 'migration'), v_proven, case required when 'none' then 'none' else 'one of each' end));
  end if;
  return levelb._told_item('rollback_proven', 'rollback', v_proven = v_activated, 'live rehearsals of what was activated',
    format('of %s activated, %s had a live rehearsal whose rollback restored', levelb._count(v_activated, 'migration'), v_proven),
    case when v_proven < v_activated then 'What is activated from now on is rehearsed before: the policy asks for it.' end);
end
$_rollback_proven_item$;
comment on function levelb._rollback_proven_item(text) is 'Item rollback_proven of readiness.';

create function levelb.readiness("full" boolean default false)
  returns setof levelb.readiness_item
  language plpgsql stable security definer
  set search_path = pg_catalog, pg_temp
  set jit = off
  set quote_all_identifiers = off
as $readiness$
begin
  if (levelb._incarnation()).incident_id is not null then
    perform levelb._may_look(array['approver', 'operator', 'auditor']);
  end if;
  if "full" is null then
    perform levelb._invalid('full', 'is required');
  end if;
  return query
    with whole as materialized (select w.* from levelb._full_readiness() w where "full")
    select coalesce(w.item, r.item), coalesce(w.artifact, r.artifact), case when w.item is null then r.ok else w.ok end,
        coalesce(w.required, r.required), coalesce(w.checked, r.checked), coalesce(w.detail, r.detail),
        case when w.item is null then r.hint else w.hint end, coalesce(w.waived, r.waived)
      from levelb._readiness() with ordinality as r (item, artifact, ok, required, checked, detail, hint, waived, n)
        left join whole w on w.item = r.item
     order by r.n;
end
$readiness$;
comment on function levelb.readiness(boolean) is '@raises LB001 LB201 LB202

List what must hold before this database is changed through the channel.

Each item belongs to one of five demands: entrypoint, owner_credential, approval_record, proof_log, rollback. ok null means
that it was not checked or that the policy waives it (waived), never that it holds. With full, the whole ledger is recomputed
and every object compared with what was shipped; mode() asks for the rest only. docs/readiness.md says of each item what
breaks it and how it is mended.';
