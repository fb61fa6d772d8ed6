-- Owns opening the guard for a superuser: in an emergency, or to carry out what is approved and the channel cannot run.

-- Who may: a superuser whom the policy that was agreed on names. One who made himself a superuser since is not named.
create function levelb._require_break_glass()
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_require_break_glass$
begin
  if not exists (select from pg_roles r where r.rolname = session_user and r.rolsuper)
     or not coalesce((select p.document -> 'break_glass' -> 'logins' ? session_user from levelb.active_policy p), false) then
    perform levelb._raise('LB201', jsonb_build_object('login', session_user, 'needs', 'superuser named in break_glass.logins'),
      'A superuser calls it whom the active policy names in break_glass.logins.');
  end if;
end
$_require_break_glass$;
comment on function levelb._require_break_glass() is 'Refuse everybody but the declared break-glass superusers.';

-- A break-glass login that is enrolled counts as its person, who may be the author. One that nobody is enrolled with
-- stands for itself.
create function levelb._break_glass_call()
  returns levelb._call
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_break_glass_call$
declare
  v_call levelb._call := levelb._call_now();
begin
  if v_call.principal is null then
    v_call.principal := session_user;
    v_call.person := session_user;
    v_call.duties := '{}';
  end if;
  return v_call;
end
$_break_glass_call$;
comment on function levelb._break_glass_call() is 'Who breaks the glass.';

-- What is approved is judged as activate judges it. Drift is refused whatever the policy says: what was done past the
-- channel before could not be told from what is done now. What is expected becomes the baseline for the same reason.
create function levelb._judge_attended(migration_id text)
  returns jsonb
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_judge_attended$
declare
  v_open levelb.incident;
  v_policy levelb.active_policy;
  v_manifest levelb.manifest;
  v_verdict levelb._verdict;
  v_snapshot pg_snapshot;
  v_drift levelb._drift[];
begin
  perform levelb._lock_for_activation(migration_id);
  -- asked again: it may have been replaced while this waited
  perform levelb._require_break_glass();
  select * into strict v_policy from levelb.active_policy;
  v_manifest := levelb._newest(migration_id);
  if v_manifest.migration_id is null then
    perform levelb._raise('LB002', jsonb_build_object('field', 'migration_id', 'migration_id', migration_id));
  elsif not levelb._is_attended(v_manifest) then
    perform levelb._raise('LB001', jsonb_build_object('field', 'migration_id', 'problem', 'is not of kind attended',
      'kind', v_manifest.kind), 'The channel can run it: an operator calls levelb.activate(migration_id).');
  end if;
  v_open := levelb._open_attended();
  if v_open.incident_id is not null then
    perform levelb._raise('LB101', jsonb_build_object('migration_id', levelb._attended_migration(v_open),
        'incident', v_open.incident_id, 'login', v_open.login, 'until', v_open.details -> 'until'),
      format('%s closes it with levelb.close_attended(%L), from any session.', v_open.login,
        levelb._attended_migration(v_open)));
  end if;
  v_verdict := levelb._channel_problem();
  if v_verdict.code is null then
    v_verdict := levelb._judge(v_manifest, v_policy, levelb._break_glass_call());
  end if;
  v_verdict := levelb._judge_readiness(v_manifest, v_verdict);
  if v_verdict.code is null then
    v_snapshot := pg_current_snapshot();
    v_drift := array(select d from levelb._drift(true) d);
    perform levelb._log_drift(v_drift);
    v_verdict := levelb._judge_drift('refuse', v_drift, v_verdict);
  end if;
  if v_verdict.code is not null then
    perform levelb._raise(v_verdict.code, v_verdict.detail, v_verdict.hint);
  end if;
  perform levelb._settle_drift(v_snapshot, v_drift);
  return jsonb_build_object('migration_id', v_manifest.migration_id, 'revision', v_manifest.revision, 'manifest_hash',
    encode(v_manifest.manifest_hash, 'hex'), 'policy_version', v_policy.version, 'approvals', v_verdict.approvals);
end
$_judge_attended$;
comment on function levelb._judge_attended(text) is
  'Refuse an attended migration that may not be carried out now; return what was judged.';

create function levelb._open_guard_for(incident levelb.incident)
  returns void
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_open_guard_for$
declare
  v_key constant bigint := ('x' || left(replace(gen_random_uuid()::text, '-', ''), 16))::bit(64)::bigint;
begin
  perform pg_advisory_lock_shared(v_key);
  delete from levelb._open_guard g where not levelb._is_held(g);
  insert into levelb._open_guard (backend, session_key, login, incident_id, until)
    values (pg_backend_pid(), v_key, (select r.oid from pg_roles r where r.rolname = session_user), incident.incident_id,
      levelb._break_glass_until(incident))
    on conflict (backend) do update
      set session_key = excluded.session_key, login = excluded.login, incident_id = excluded.incident_id,
        until = excluded.until;
end
$_open_guard_for$;
comment on function levelb._open_guard_for(levelb.incident) is 'Open the guard for this session.';

-- For whoever watches the server's log and not its tables. One line, one JSON object.
create function levelb._log_break_glass(
  event text,
  incident levelb.incident,
  more jsonb default '{}'
)
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_log_break_glass$
begin
  raise log 'levelb %', jsonb_strip_nulls(jsonb_build_object('event', event, 'database', current_database(), 'login',
    session_user, 'client', host(inet_client_addr()), 'incident', incident.incident_id, 'reason', incident.reason, 'until',
    incident.details -> 'until', 'migration_id', levelb._attended_migration(incident))) || more;
end
$_log_break_glass$;
comment on function levelb._log_break_glass(text, levelb.incident, jsonb) is
  'Write what is done past the channel as one line into the log of the server.';

-- For psql: \gexec runs what was approved, byte for byte, each step by itself.
create function levelb._attended_lines(
  migration_id text,
  revision integer,
  search_path text
)
  returns text[]
  language sql immutable
  set search_path = pg_catalog, pg_temp
return array['set search_path = ' || search_path || ';',
  format('select apply from levelb.step where migration_id = %L and revision = %s', migration_id, revision),
  '  order by position \gexec',
  format('select outcome, code, reason from levelb.close_attended(%L);', migration_id)];
comment on function levelb._attended_lines(text, integer, text) is 'How to run an attended migration in psql, and to close it.';

-- What to do now, to the letter.
create function levelb._break_glass_hint(incident levelb.incident)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return case when levelb._attended_migration(incident) is null
  then format('Nothing is activated until a migration of kind explain names it: "incidents": [%s]. End this session when it is done.',
    (incident).incident_id)
  else (
    select array_to_string('In psql, the text that was approved, then the close:'::text
        || levelb._attended_lines(m.migration_id, m.revision, m.search_path), E'\n')
      from only levelb.manifest m
     where m.migration_id = levelb._attended_migration(incident)
       and m.revision = ((incident).details ->> 'revision')::integer) end;
comment on function levelb._break_glass_hint(levelb.incident) is 'What whoever broke the glass does next.';

create function levelb.break_glass(
  reason text,
  migration_id text default null
)
  returns levelb.incident
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  set jit = off
  set quote_all_identifiers = off
  set standard_conforming_strings = on
as $break_glass$
declare
  v_minutes integer;
  v_details jsonb := '{}';
  v_incident levelb.incident;
begin
  perform levelb._begin_write();
  perform levelb._refuse_impersonation();
  perform levelb._require_break_glass();
  perform levelb._check_reason(reason);
  if migration_id is not null then
    perform levelb._check_slug('migration_id', migration_id);
  end if;
  if not levelb._is_direct('break_glass') then
    perform levelb._raise('LB205', jsonb_build_object('verb', 'levelb.break_glass'));
  end if;
  -- that it happened must not be lost with the server
  perform set_config('synchronous_commit', 'on', true);
  -- An emergency waits for nobody and is refused for nothing: neither a running activation nor a broken channel.
  if migration_id is not null then
    v_details := levelb._judge_attended(migration_id);
  end if;
  select coalesce((p.document -> 'break_glass' ->> 'minutes')::integer, 30) into v_minutes from levelb.active_policy p;
  v_incident := levelb._record_incident('break_glass', reason, v_details || jsonb_build_object('minutes', v_minutes,
    'until', to_char((clock_timestamp() + v_minutes * interval '1 minute') at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    'backend', pg_backend_pid(), 'application_name', current_setting('application_name')));
  perform levelb._open_guard_for(v_incident);
  begin
    perform levelb._seal(false);
  exception when sqlstate 'LB309' then
    -- a broken ledger takes no entries, and may be the emergency
    null;
  end;
  perform levelb._log_break_glass('break_glass', v_incident);
  perform pg_notify('levelb', jsonb_strip_nulls(jsonb_build_object('break_glass', v_incident.incident_id, 'login',
    session_user, 'until', v_incident.details -> 'until', 'migration_id', migration_id))::text);
  raise warning using
    message = format('the guard is open for this session until %s, as incident %s',
      to_char(levelb._break_glass_until(v_incident) at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS"Z"'), v_incident.incident_id),
    hint = levelb._break_glass_hint(v_incident);
  return v_incident;
end
$break_glass$;
comment on function levelb.break_glass(text, text) is '@direct
@raises LB001 LB002 LB006 LB007 LB008 LB009 LB010 LB014 LB101 LB102 LB103 LB104 LB105 LB201 LB202 LB204 LB205 LB208 LB209 LB210 LB212 LB302 LB306 LB309 LB310 LB312

Open the guard for this session, in an emergency or for what is approved.

For superusers whom the policy names in break_glass.logins. For at most break_glass.minutes of the policy, and no longer than the session. Without a migration it is an emergency: on
record, in the log of the server and to listeners at once, and nothing is activated until a migration of kind explain names
it. With one of kind attended its approvals are judged as activate judges them; whoever opened it runs the approved text and
calls levelb.close_attended(migration_id), which compares. Call it outside of a transaction block.';
