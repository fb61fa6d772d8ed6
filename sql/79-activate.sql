-- Owns the one privileged path.

-- Returns what was found and is accepted.
create function levelb._check_rolled_back(
  manifest levelb.manifest,
  effects jsonb
)
  returns jsonb
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_check_rolled_back$
declare
  v_differences constant jsonb := levelb._rollback_differences(manifest, effects);
begin
  perform levelb._refuse_differences(manifest, v_differences);
  return levelb._accepted_differences(manifest, v_differences, effects);
end
$_check_rolled_back$;
comment on function levelb._check_rolled_back(levelb.manifest, jsonb) is
  'Refuse a rollback that does not give the state from before.';

-- Rows and rewritten rows are in no comparison, so that a text writes them at all must have been read. What the database
-- carries out itself has no text.
create function levelb._check_rollback_claimed(
  manifest levelb.manifest,
  effects jsonb
)
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_check_rollback_claimed$
declare
  v_classes jsonb;
begin
  select jsonb_agg(distinct e ->> 'class') into v_classes
    from jsonb_array_elements(effects) e where e ->> 'class' <> all(manifest.classes);
  if v_classes is not null and not levelb._is_native(manifest) then
    perform levelb._raise('LB304', jsonb_build_object('missing', 'a claim of these classes', 'classes', v_classes,
      'claimed', manifest.classes, 'effects', levelb._canonical_effects(effects)),
      'The change had no effect of these classes, and a rollback is not restaged: stage a migration of kind sql for it.');
  end if;
end
$_check_rollback_claimed$;
comment on function levelb._check_rollback_claimed(levelb.manifest, jsonb) is
  'Refuse effects of a rollback that are of no class of what it takes back.';

-- Compares what happened with what was approved, in a migration of any other kind.
create function levelb._check_effects_claimed(
  manifest levelb.manifest,
  effects jsonb
)
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_check_effects_claimed$
declare
  v_canonical constant jsonb := levelb._canonical_effects(effects);
  v_missing jsonb;
  v_unexpected jsonb;
  v_classes jsonb;
  v_others text[];
begin
  if manifest.effects is not null and manifest.effects <> v_canonical then
    select coalesce(jsonb_agg(e), '[]') into v_missing from jsonb_array_elements(manifest.effects) e
     where not v_canonical @> jsonb_build_array(e);
    select coalesce(jsonb_agg(e), '[]') into v_unexpected from jsonb_array_elements(v_canonical) e
     where not manifest.effects @> jsonb_build_array(e);
    perform levelb._raise('LB303', jsonb_build_object('missing', v_missing, 'unexpected', v_unexpected, 'effects', v_canonical));
  end if;
  -- A GRANT without the right to grant is only a warning to PostgreSQL. A claim of everything claims nothing.
  select coalesce(jsonb_agg(c order by c), '[]') into v_classes
    from unnest(case when manifest.classes @> levelb._classes() then null else manifest.classes end) c
   where not exists (select from jsonb_array_elements(v_canonical) e
                      where e ->> 'class' = c and e ->> 'attribute' <> '(rewritten)');
  -- Nor does a row that was rewritten as it was, unless that is what the document says.
  if v_canonical = '[]' or v_classes <> '[]'
     or manifest.effects is null and not exists (select from jsonb_array_elements(v_canonical) e
                                                  where e ->> 'attribute' <> '(rewritten)') then
    v_others := array(
      select distinct e ->> 'class' from jsonb_array_elements(v_canonical) e
       where e ->> 'class' <> all(manifest.classes) and e ->> 'attribute' <> '(rewritten)' order by 1);
    perform levelb._raise('LB303', jsonb_build_object('classes_without_effect', v_classes, 'effects', v_canonical),
      case when v_others = '{}'
        then 'Nothing of these classes happened: see the warnings of the statements, or claim fewer classes.'
          || case when levelb._is_in_sandbox() then ' A mirror has no rows: levelb_sandbox.seed(schema, sql) fills it.' else '' end
        else format('What happened is of class %s: claim that.', array_to_string(v_others, ', ')) end);
  end if;
  -- A class that was left out of the claim was not in what approvers read, even where the quorum is the same for all.
  select jsonb_agg(distinct e ->> 'class') into v_classes
    from jsonb_array_elements(v_canonical) e where e ->> 'class' <> all(manifest.classes);
  if v_classes is not null and manifest.effects is null then
    perform levelb._raise('LB304', jsonb_build_object('missing', 'a claim of these classes', 'classes', v_classes,
      'claimed', manifest.classes, 'effects', v_canonical), 'Restage with these classes claimed too, if they are what is wanted.');
  end if;
end
$_check_effects_claimed$;
comment on function levelb._check_effects_claimed(levelb.manifest, jsonb) is
  'Refuse effects that a manifest does not say.';

-- approvals are those that were counted before anything ran: a change of principals may disable who approved it.
-- Returns what was found and is accepted.
create function levelb._check_effects_approved(
  manifest levelb.manifest,
  policy levelb.active_policy,
  approvals jsonb,
  effects jsonb
)
  returns jsonb
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_check_effects_approved$
declare
  v_touched constant jsonb := coalesce((
    select jsonb_agg(distinct jsonb_build_object('class', e ->> 'class', 'schema', s)) from jsonb_array_elements(effects) e
      left join lateral jsonb_array_elements_text(e -> 'schemas') s on true), '[]');
  v_missing text[];
  v_found jsonb := '[]';
begin
  if manifest.kind = 'rollback' then
    v_found := levelb._check_rolled_back(manifest, effects);
    perform levelb._check_rollback_claimed(manifest, effects);
  else
    perform levelb._check_effects_claimed(manifest, effects);
  end if;
  v_missing := levelb._approvals_missing(levelb._quorum_of(manifest, policy.document, v_touched), (
    select coalesce(jsonb_agg(a), '[]') from jsonb_array_elements(approvals) a
     where not a ? 'preapproved' or levelb._is_eased_rollback(manifest, v_touched)));
  if v_missing <> '{}' then
    perform levelb._raise('LB304', jsonb_build_object('missing', array_to_string(v_missing, ', '), 'classes',
      (select jsonb_agg(distinct e ->> 'class') from jsonb_array_elements(effects) e), 'effects',
      levelb._canonical_effects(effects)));
  end if;
  return v_found;
end
$_check_effects_approved$;
comment on function levelb._check_effects_approved(levelb.manifest, levelb.active_policy, jsonb, jsonb) is
  'Refuse effects that nobody approved.';

-- Roles, and what else belongs to the cluster, are governed from one database.
create function levelb._refuse_cluster_effects(effects jsonb)
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_refuse_cluster_effects$
declare
  v_found constant jsonb := levelb._cluster_effects(effects);
begin
  if v_found is not null and not levelb._is_role_home() then
    perform levelb._raise_rule('cluster_governed_elsewhere', jsonb_build_object('effects', v_found,
      'database', levelb._role_home()), levelb._role_home_hint());
  end if;
end
$_refuse_cluster_effects$;
comment on function levelb._refuse_cluster_effects(jsonb) is
  'Refuse effects on the cluster in a database that does not govern it.';

-- The operator reads this and nothing else: what, why and the next step.
create function levelb._warn(activation levelb.activation)
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_warn$
declare
  v_message constant text := format('%s: %s %s %s', activation.migration_id, activation.outcome, activation.code, activation.reason);
  v_detail constant text := nullif(activation.error ->> 'detail', '');
  v_hint constant text := nullif(activation.error ->> 'hint', '');
begin
  -- One statement for each: an option of RAISE cannot be null, and an empty one prints its label.
  if v_detail is null and v_hint is null then
    raise warning using message = v_message;
  elsif v_detail is null then
    raise warning using message = v_message, hint = v_hint;
  elsif v_hint is null then
    raise warning using message = v_message, detail = v_detail;
  else
    raise warning using message = v_message, detail = v_detail, hint = v_hint;
  end if;
end
$_warn$;
comment on function levelb._warn(levelb.activation) is 'Warn of an activation that was refused or failed.';

-- Takes no row of the view active_policy: where somebody has replaced the view, a plan for its row would fail before
-- readiness can say so.
create function levelb._begun_activation(
  manifest levelb.manifest,
  policy_version int,
  policy_hash levelb.hash,
  call levelb._call
)
  returns levelb.activation
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_begun_activation$
declare
  v_row levelb.activation;
begin
  v_row.migration_id := manifest.migration_id;
  v_row.revision := manifest.revision;
  v_row.manifest_hash := manifest.manifest_hash;
  v_row.policy_version := policy_version;
  v_row.policy_hash := policy_hash;
  v_row.operator := call.principal;
  v_row.login := call.login;
  v_row.authenticated_user := call.authenticated_user;
  v_row.client_address := call.client_address;
  v_row.started_at := clock_timestamp();
  v_row.commands := '[]';
  v_row.effects := '[]';
  v_row.write_tally := '{}';
  v_row.session_touched := '{"settings": [], "cursors": [], "prepared_statements": [], "locks": 0}';
  return v_row;
end
$_begun_activation$;
comment on function levelb._begun_activation(levelb.manifest, int, levelb.hash, levelb._call) is
  'The record of an activation before anything has run.';

-- Writes the row, seals the ledger, tells listeners. A refusal that repeats within a minute is not written again.
create function levelb._record_activation(activation levelb.activation)
  returns levelb.activation
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_record_activation$
declare
  v_row levelb.activation := activation;
begin
  if v_row.outcome = 'refused' then
    select a.* into v_row from only levelb.activation a
     where a.migration_id = activation.migration_id and a.revision = activation.revision and a.outcome = 'refused'
       and a.code = activation.code and a.operator = activation.operator and a.error = activation.error
       and a.finished_at > clock_timestamp() - interval '1 minute'
     order by a.activation_id desc limit 1;
    if found then
      perform levelb._warn(v_row);
      return v_row;
    end if;
    v_row := activation;
  end if;
  insert into levelb.activation (activation_id, migration_id, revision, outcome, code, reason, manifest_hash, effects_hash, policy_version,
      policy_hash, approvals, operator, login, authenticated_user, client_address, started_at, finished_at, transaction_id,
      wal_position, server_version, database_identity, commands, effects, write_tally, state_before, state_after,
      rollback_snapshot, session_touched, accepted, dropped, error, incident_id)
    overriding system value
    values (coalesce(v_row.activation_id, nextval(pg_get_serial_sequence('levelb.activation', 'activation_id'))), v_row.migration_id, v_row.revision, v_row.outcome, v_row.code, v_row.reason, v_row.manifest_hash,
      v_row.effects_hash, v_row.policy_version, v_row.policy_hash, v_row.approvals, v_row.operator, v_row.login,
      v_row.authenticated_user, v_row.client_address, v_row.started_at, clock_timestamp(), pg_current_xact_id(),
      pg_current_wal_insert_lsn(), current_setting('server_version'), levelb._database_identity(), v_row.commands,
      v_row.effects, v_row.write_tally, v_row.state_before, v_row.state_after, v_row.rollback_snapshot,
      v_row.session_touched, v_row.accepted, v_row.dropped, v_row.error, v_row.incident_id)
    returning * into v_row;
  -- A broken ledger takes no entries; that it is broken is on record all the same.
  if v_row.code is distinct from 'LB309' then
    perform levelb._seal(false);
  end if;
  -- What this transaction counted must not be found in the tally of the session's next activation.
  perform pg_stat_force_next_flush();
  -- A NOTIFY also makes PREPARE TRANSACTION impossible, so that a proof cannot hang between done and undone.
  perform pg_notify('levelb', jsonb_build_object('migration_id', v_row.migration_id, 'outcome', v_row.outcome, 'code',
    v_row.code, 'activation_id', v_row.activation_id)::text);
  if v_row.outcome <> 'activated' then
    perform levelb._warn(v_row);
  end if;
  return v_row;
end
$_record_activation$;
comment on function levelb._record_activation(levelb.activation) is 'Write one activation and seal the ledger.';

-- Row locks, not advisory ones, which anybody could hold. The gate is not waited for: who holds it works for seconds.
create function levelb._lock_for_activation(migration_id text)
  returns void
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_lock_for_activation$
begin
  begin
    perform from levelb._gate g where g.name = 'activation' for update nowait;
  exception when lock_not_available then
    perform levelb._raise('LB101', jsonb_build_object('gate', 'activation'), 'Another activation is running: try again in a moment.');
  end;
  perform from levelb._migration_gate g where g.migration_id = _lock_for_activation.migration_id for update;
  perform from levelb._gate g where g.name = 'policy' for update;
exception when lock_not_available then
  perform levelb._raise('LB102', jsonb_build_object('migration_id', _lock_for_activation.migration_id));
end
$_lock_for_activation$;
comment on function levelb._lock_for_activation(text) is 'Take the gates of an activation.';

-- A failure as it is kept. The step is the outermost call of _run_step in the context.
create function levelb._error_record(
  code text,
  message text,
  detail text,
  hint text,
  context text
)
  returns jsonb
  language sql stable
  set search_path = pg_catalog, pg_temp
return jsonb_build_object('sqlstate', code, 'message', left(message, 4000), 'detail', nullif(left(detail, 100000), ''),
  'hint', nullif(concat_ws(' ', nullif(left(hint, 4000), ''), levelb._failure_hint(code, message),
    case when code = '55P03' then levelb._sandbox_in_the_way() end), ''),
  'context', nullif(left(context, 4000), ''),
  'step', (regexp_match(context, '.*levelb\._run_step\(\$1, (\d+), '))[1]::integer);
comment on function levelb._error_record(text, text, text, text, text) is 'A refusal or failure as JSON.';

create function levelb.activate(migration_id text)
  returns levelb.activation
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  set jit = off
  -- what these two are in the session would change how names are written out and how the patterns below are read
  set quote_all_identifiers = off
  set standard_conforming_strings = on
as $activate$
declare
  v_armed constant bigint := (select s.setting from pg_show_all_settings() s where s.name = 'statement_timeout')::bigint;
  v_call levelb._call;
  v_policy levelb.active_policy;
  v_manifest levelb.manifest;
  v_verdict levelb._verdict;
  v_session levelb._session;
  v_snapshot pg_snapshot;
  v_drift levelb._drift[];
  v_moves_watch boolean;
  v_execution levelb._execution;
  v_back levelb._read_back;
  v_found jsonb;
  v_row levelb.activation;
  v_error levelb.error_entry;
  v_detail text;
  v_hint text;
  v_context text;
begin
  -- 1. Clean start: what is wrong with the call itself is raised.
  v_call := levelb._enter(array['operator']);
  perform levelb._check_slug('migration_id', migration_id);
  select * into strict v_policy from levelb.active_policy;
  perform levelb._clean_start('activate', v_policy.document);
  perform levelb._begin_write();
  perform set_config('synchronous_commit', 'on', true);

  -- 2. Serialise. Nothing that was read before may be used after.
  perform levelb._lock_for_activation(migration_id);
  select * into strict v_policy from levelb.active_policy;
  v_manifest := levelb._newest(migration_id);
  if v_manifest.migration_id is null then
    perform levelb._raise('LB002', jsonb_build_object('field', 'migration_id', 'migration_id', migration_id));
  end if;
  v_moves_watch := (levelb._native_form(v_manifest)).kind in ('policy', 'principal', 'protect');
  v_row := levelb._begun_activation(v_manifest, v_policy.version, v_policy.hash, v_call);

  -- 3. Judge. From here on every judgement is recorded.
  v_verdict := levelb._channel_problem();
  -- before the approvals: the operator can do nothing about it, whatever they are
  if v_verdict.code is null and levelb._is_attended(v_manifest) then
    v_verdict := levelb._refusal('LB011', jsonb_build_object('migration_id', migration_id, 'kind', 'attended'),
      hint => format('Only a superuser can run it: a login of break_glass.logins calls levelb.break_glass(''why'', %L): docs/break-glass.md.',
        migration_id));
  end if;
  if v_verdict.code is null then
    v_verdict := levelb._judge(v_manifest, v_policy, v_call);
  end if;
  v_verdict := levelb._judge_readiness(v_manifest, v_verdict);
  -- 4. Baseline. Who explains drift is not stopped by it.
  if v_verdict.code is null and v_policy.document ->> 'drift' <> 'off' and (levelb._native_form(v_manifest)).kind <> 'explain' then
    v_snapshot := pg_current_snapshot();
    v_drift := levelb._drift_before();
    v_verdict := levelb._judge_drift(v_policy.document ->> 'drift',
      levelb._expected_with(v_drift, v_policy, v_manifest), v_verdict);
  end if;
  v_row.approvals := v_verdict.approvals;
  if v_verdict.code is not null then
    v_row.outcome := 'refused';
    v_row.code := v_verdict.code;
    select e.* into v_error from levelb.errors() e where e.code = v_verdict.code;
    v_row.reason := v_error.message;
    v_row.error := levelb._error_record(v_verdict.code, v_error.message, v_verdict.detail::text,
      coalesce(v_verdict.hint, v_error.hint), null);
    if v_verdict.code = 'LB302' then
      perform levelb._settle_drift(v_snapshot, v_drift);
      perform levelb._note_drift(v_policy.document ->> 'drift', v_drift);
    end if;
    return levelb._record_activation(v_row);
  end if;

  -- 5. to 7. in a subtransaction: what fails leaves nothing but its record.
  v_session := levelb._session_now();
  begin
    if levelb._is_native(v_manifest) then
      v_row.activation_id := nextval(pg_get_serial_sequence('levelb.activation', 'activation_id'));
      -- what drifts must be known before the watch moves, whatever the policy does about it
      if v_drift is null and v_moves_watch then
        v_snapshot := pg_current_snapshot();
        v_drift := levelb._drift_before();
      end if;
    end if;
    if levelb._has_steps(v_manifest) then
      v_execution := levelb._execute(v_manifest, levelb._parts(v_manifest), v_armed, v_session);
      perform pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
      v_back := v_execution.back;
      v_row.commands := (v_execution.run).commands;
      v_row.session_touched := (v_execution.run).session_touched;
    end if;
    if levelb._is_native(v_manifest) then
      v_back := levelb._carry_out_manifest(levelb._native_form(v_manifest), v_row.activation_id, v_back);
    end if;
    perform levelb._refuse_cluster_effects(v_back.effects);
    v_found := levelb._check_effects_approved(v_manifest, v_policy, v_row.approvals, v_back.effects);
    if levelb._has_steps(v_manifest) then
      perform levelb._follow(v_execution.before, v_execution.after, levelb._drifting(v_drift));
    end if;
    if v_moves_watch then
      -- first, or what is taken over of what leaves the watch would come back to it
      perform levelb._settle_drift(v_snapshot, levelb._expected_with(v_drift, v_policy, v_manifest));
      perform levelb._rewatch(levelb._drifting(null));
    end if;
    v_row.outcome := 'activated';
    v_row.effects := levelb._canonical_effects(v_back.effects);
    v_row.effects_hash := levelb._sha256(v_row.effects::text);
    v_row.write_tally := v_back.tally;
    v_row.state_before := v_back.state_before;
    v_row.state_after := v_back.state_after;
    v_row.rollback_snapshot := v_back.rollback;
    v_row.dropped := v_back.dropped;
    v_row.accepted := levelb._acceptances(v_manifest,
      v_found || coalesce((v_execution.run).accepted, '[]') || coalesce(v_back.accepted, '[]'));
  -- OTHERS alone lets a timeout, a cancel and a failed assertion through, and then nothing would be recorded.
  exception when query_canceled or assert_failure or others then
    get stacked diagnostics v_error.code = returned_sqlstate, v_error.message = message_text,
      v_detail = pg_exception_detail, v_hint = pg_exception_hint, v_context = pg_exception_context;
    perform pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    v_row.outcome := 'failed';
    v_row.code := v_error.code;
    v_row.error := levelb._error_record(v_error.code, v_error.message, v_detail, v_hint, v_context);
    v_row.reason := v_row.error ->> 'message';
    v_row.session_touched := levelb._put_back(v_session);
    -- what the text did to them stays, though all else is taken back
    v_row.error := v_row.error || coalesce((
      select jsonb_build_object('sequences_moved', jsonb_agg(levelb._table_name(u.sequence)
          order by levelb._table_name(u.sequence)))
        from levelb._sequences_used() u having count(*) > 0), '{}');
  end;

  -- 8. Record.
  if v_snapshot is not null and v_policy.document ->> 'drift' <> 'off' then
    -- a policy that failed expects nothing
    if v_row.outcome = 'activated' then
      v_drift := levelb._expected_with(v_drift, v_policy, v_manifest);
    end if;
    -- After the text: what is written here before it could not be told from what the text wrote into levelb's tables.
    if v_row.outcome <> 'activated' or not v_moves_watch then
      perform levelb._settle_drift(v_snapshot, v_drift);
    end if;
    perform levelb._note_drift(v_policy.document ->> 'drift', v_drift);
  end if;
  return levelb._record_activation(v_row);
end
$activate$;
comment on function levelb.activate(text) is '@direct
@connection
@arms statement_timeout
@outcome activated
@readback activation_id
@raises LB001 LB002 LB101 LB102 LB103 LB104 LB105 LB106 LB201 LB202 LB205

Activate a migration: judge, run, read back, record.

The only privileged path. Judges the exact quorum on the exact text under the active policy, runs the steps with the rights
of levelb_deploy or levelb_roles, reads back what really changed, and keeps it only if that is what was approved. Returns
the row of the activation whatever its outcome: activated, refused (judged and not run) or failed (run and taken back);
the last two also raise a WARNING. A proof counts once it is committed. Call it as the first statement of a connection of
its own, with statement_timeout set.';
