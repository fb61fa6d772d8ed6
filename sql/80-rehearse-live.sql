-- Owns rehearsing on the live objects: text runs for real with the deployer's rights, is taken back, runs again, and all of
-- it is rolled back. It is the only code besides activate that runs as the deployer, hence gated like it.

-- What reaches outside of the transaction, or would still be there after it. Searched in the text as it stands, comments and
-- literals too: a false alarm costs a rehearsal on another server, and a DO block hides its calls in a literal. NEXTVAL in
-- the default of a column is reached by any INSERT; the record says which sequences have moved.
create function levelb._outliving_words()
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
  set standard_conforming_strings = on
return '\m(setval|nextval|pg_(?:try_)?advisory_lock(?:_shared)?|pg_advisory_unlock\w*|dblink\w*|lo_export|lo_import|pg_logical_emit_message|'
  || 'pg_create_restore_point|pg_reload_conf|pg_rotate_logfile|pg_switch_wal|pg_stat_reset\w*|pg_terminate_backend|pg_cancel_backend|'
  || 'pg_read_(?:binary_)?file|pg_ls_\w+|client_min_messages)\M';
comment on function levelb._outliving_words() is 'Regular expression for names whose use a rollback does not undo.';

create function levelb._refuse_what_outlives(manifest levelb.manifest)
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_refuse_what_outlives$
declare
  v_found jsonb;
begin
  select jsonb_agg(jsonb_build_object('step', s.name, 'part', t.part, 'name', lower(m.word[1]))) into v_found
    from only levelb.step s
      cross join lateral (values ('apply', s.apply), ('rollback', s.rollback), ('verify', s.verify)) t (part, source)
      cross join lateral (select distinct w from regexp_matches(t.source, levelb._outliving_words(), 'gi') w) m (word)
   where s.migration_id = manifest.migration_id and s.revision = manifest.revision;
  if v_found is not null then
    perform levelb._raise('LB011', jsonb_build_object('migration_id', manifest.migration_id, 'outlives_a_rollback', v_found),
      'No rollback would take it back. Leave it out, or put it into a migration of its own that is activated without a live rehearsal (docs/rehearsal.md).');
  end if;
end
$_refuse_what_outlives$;
comment on function levelb._refuse_what_outlives(levelb.manifest) is
  'Refuse to rehearse text that names what a rollback does not undo.';

-- Whoever would approve the text has read it: an approval stands for a rehearsal too.
create function levelb._judge_rehearsal(
  manifest levelb.manifest,
  policy levelb.active_policy,
  call levelb._call
)
  returns levelb._verdict
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_judge_rehearsal$
declare
  v_verdict levelb._verdict := levelb._judge_manifest(manifest, call);
  v_rejected text[];
  v_void jsonb;
begin
  if v_verdict.code is not null then
    return v_verdict;
  end if;
  v_rejected := (levelb._judge_quorum(manifest, policy, call.person, levelb._claimed(manifest))).rejected_by;
  if v_rejected <> '{}' then
    return levelb._refusal('LB208', jsonb_build_object('rejected_by', to_jsonb(v_rejected)));
  end if;
  select coalesce(jsonb_agg(jsonb_build_object('approval_id', d.approval_id, 'principal', d.principal, 'person', d.person,
        'groups', d.groups, 'signature', 'none') order by d.approval_id) filter (where d.why is null), '[]'),
      coalesce(jsonb_agg(jsonb_build_object('approval', d.approval_id, 'principal', d.principal, 'why', d.why)
        order by d.approval_id) filter (where d.why is not null), '[]')
    into v_verdict.approvals, v_void
    from levelb._decisions(manifest, policy, call.person, false, true) d where d.decision in ('approve', 'rehearse');
  if v_verdict.approvals = '[]' then
    return levelb._refusal('LB204', jsonb_build_object('missing', 'somebody who is neither author nor operator and allows the rehearsal',
        'void', v_void),
      hint => format('An approver: select * from levelb.allow_rehearsal(%L, %L);', manifest.migration_id, manifest.manifest_hash));
  end if;
  return v_verdict;
end
$_judge_rehearsal$;
comment on function levelb._judge_rehearsal(levelb.manifest, levelb.active_policy, levelb._call) is
  'Whether this migration may be rehearsed on the live objects by this caller now.';

-- The xid of the subtransaction that this runs in, by a row that it writes.
create function levelb._begin_phase()
  returns xid
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_begin_phase$
declare
  v_number constant integer := (levelb._note_statement(0, 'phase', 0, 0)).number;
begin
  return (select r.xmin from levelb._rehearsed_statement r where r.backend = pg_backend_pid() and r.number = v_number);
end
$_begin_phase$;
comment on function levelb._begin_phase() is 'Begin a phase of a rehearsal and return its xid.';

-- The rollback texts as the migration that stage_rollback would make of them, so that they are judged by the same rules.
create function levelb._rehearsed_rollback(
  manifest levelb.manifest,
  effects jsonb
)
  returns levelb.manifest
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_rehearsed_rollback$
declare
  v_rollback levelb.manifest := manifest;
begin
  v_rollback.kind := 'rollback';
  v_rollback.effects := levelb._canonical_effects(levelb._inverse_effects(effects));
  v_rollback.classes := levelb._by_code_point(array(
    select distinct e ->> 'class' from jsonb_array_elements(effects) e));
  return v_rollback;
end
$_rehearsed_rollback$;
comment on function levelb._rehearsed_rollback(levelb.manifest, jsonb) is 'A manifest as its rollback would be staged.';

-- The message of a failure may carry data, for an author who can read none: kept where it names objects and no values.
create function levelb._rehearsal_error(
  code text,
  message text,
  detail text,
  hint text,
  context text
)
  returns jsonb
  language sql immutable
  set search_path = pg_catalog, pg_temp
return case when code ~ '^(LB|42)' then levelb._error_record(code, message, detail, hint, context)
  else levelb._error_record(code, 'withheld, since it may carry data of the database', null, null, context) - 'context' end;
comment on function levelb._rehearsal_error(text, text, text, text, text) is 'The failure of a rehearsal as JSON.';

create function levelb._record_rehearsal(rehearsal levelb.rehearsal)
  returns levelb.rehearsal
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_record_rehearsal$
declare
  v_row levelb.rehearsal := rehearsal;
begin
  insert into levelb.rehearsal (migration_id, revision, place, outcome, code, reason, manifest_hash, effects_hash, effects, statements,
      locks, rollback_restored, rollback_difference, warnings, allowed_by, policy_version, policy_hash, principal, login,
      authenticated_user, client_address, started_at, finished_at, transaction_id, server_version, database_identity, error)
    values (v_row.migration_id, v_row.revision, v_row.place, v_row.outcome, v_row.code, v_row.reason, v_row.manifest_hash,
      v_row.effects_hash, v_row.effects, v_row.statements, v_row.locks, v_row.rollback_restored, v_row.rollback_difference,
      v_row.warnings, v_row.allowed_by, v_row.policy_version, v_row.policy_hash, v_row.principal, v_row.login,
      v_row.authenticated_user, v_row.client_address, v_row.started_at, clock_timestamp(), pg_current_xact_id(),
      current_setting('server_version'), levelb._database_identity(), v_row.error)
    returning * into v_row;
  -- What this transaction counted must not be found in the tally of the session's next activation.
  perform pg_stat_force_next_flush();
  perform pg_notify('levelb', jsonb_build_object('migration_id', v_row.migration_id, 'rehearsal', v_row.outcome, 'code', v_row.code,
    'rehearsal_id', v_row.rehearsal_id)::text);
  if v_row.outcome = 'failed' then
    raise warning using message = format('%s: rehearsal failed %s %s', v_row.migration_id, v_row.code, v_row.reason),
      detail = coalesce(v_row.error ->> 'detail', '{}'), hint = coalesce(v_row.error ->> 'hint', 'select error from levelb.rehearsal');
  end if;
  return v_row;
end
$_record_rehearsal$;
comment on function levelb._record_rehearsal(levelb.rehearsal) is 'Write one rehearsal.';

create function levelb._begun_rehearsal(
  manifest levelb.manifest,
  place text,
  policy_version integer,
  policy_hash levelb.hash,
  call levelb._call
)
  returns levelb.rehearsal
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_begun_rehearsal$
declare
  v_row levelb.rehearsal;
begin
  v_row.migration_id := manifest.migration_id;
  v_row.revision := manifest.revision;
  v_row.place := place;
  v_row.outcome := 'passed';
  v_row.manifest_hash := manifest.manifest_hash;
  v_row.effects := '[]';
  v_row.statements := '[]';
  v_row.locks := '[]';
  v_row.warnings := '[]';
  v_row.allowed_by := '[]';
  v_row.policy_version := policy_version;
  v_row.policy_hash := policy_hash;
  v_row.principal := call.principal;
  v_row.login := call.login;
  v_row.authenticated_user := call.authenticated_user;
  v_row.client_address := call.client_address;
  v_row.started_at := clock_timestamp();
  return v_row;
end
$_begun_rehearsal$;
comment on function levelb._begun_rehearsal(levelb.manifest, text, integer, levelb.hash, levelb._call) is
  'The record of a rehearsal before anything has run.';

create function levelb._with_warning(
  warnings jsonb,
  kind text,
  detail jsonb
)
  returns jsonb
  language sql immutable
  set search_path = pg_catalog, pg_temp
return warnings || jsonb_build_object('kind', kind, 'detail', detail);
comment on function levelb._with_warning(jsonb, text, jsonb) is 'Warnings of a rehearsal with one more.';

-- Steps without a rollback text, where the policy lets them be.
create function levelb._steps_without_rollback(manifest levelb.manifest)
  returns jsonb
  language sql stable
  set search_path = pg_catalog, pg_temp
return (select jsonb_agg(s.name order by s.position) from only levelb.step s
  where s.migration_id = manifest.migration_id and s.revision = manifest.revision and s.roles is null and s.rollback is null);
comment on function levelb._steps_without_rollback(levelb.manifest) is 'Steps that nothing takes back; null when there are none.';

-- What an accepted difference left is there the second time.
create function levelb._without_left(
  effects jsonb,
  differences jsonb
)
  returns jsonb
  language sql stable
  set search_path = pg_catalog, pg_temp
return (
  select coalesce(jsonb_agg(e), '[]')
    from (select levelb._difference_record(differences)) d (record), jsonb_array_elements(levelb._net_effects(effects)) e
   where not exists (
     select from jsonb_array_elements((record -> 'missing') || (record -> 'unexpected')) l
      where l - array['before', 'after'] = e - array['before', 'after']));
comment on function levelb._without_left(jsonb, jsonb) is 'Net effects but for those on what differences are about.';

-- Rows are in no comparison: the verbs of the second run are counted together with those of the rollback.
create function levelb._require_same_effects(
  first jsonb,
  second jsonb,
  differences jsonb
)
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_require_same_effects$
declare
  v_first constant jsonb := levelb._canonical_effects(levelb._without_left(first, differences));
  v_second constant jsonb := levelb._canonical_effects(levelb._without_left(second, differences));
begin
  if v_first <> v_second then
    perform levelb._raise('LB303', jsonb_build_object('phase', 'apply again',
        'missing', (select coalesce(jsonb_agg(e), '[]') from jsonb_array_elements(v_first) e where not v_second @> jsonb_build_array(e)),
        'unexpected', (select coalesce(jsonb_agg(e), '[]') from jsonb_array_elements(v_second) e where not v_first @> jsonb_build_array(e))),
      'Applied a second time, after its rollback, the text did something else: see DETAIL.');
  end if;
end
$_require_same_effects$;
comment on function levelb._require_same_effects(jsonb, jsonb, jsonb) is
  'Refuse a text that does something else the second time, but on what the rollback may leave.';

create function levelb._as_rehearsed(
  effects jsonb,
  place text
)
  returns jsonb
  language sql immutable
  set search_path = pg_catalog, pg_temp
return case place when 'sandbox' then levelb._as_deployed(effects) else effects end;
comment on function levelb._as_rehearsed(jsonb, text) is 'Effects of a rehearsal as an activation would have them.';

-- Roles belong to the cluster, of which there is no mirror.
create function levelb._parts_of_place(
  parts levelb._part[],
  place text
)
  returns levelb._part[]
  language sql immutable
  set search_path = pg_catalog, pg_temp
return case place when 'sandbox' then array(select p from unnest(parts) p where (p).part not like '%roles') else parts end;
comment on function levelb._parts_of_place(levelb._part[], text) is 'What of a migration is run in a rehearsal.';

-- Each phase is a subtransaction of its own: what it wrote is told from what was written before by the xid.
create function levelb._rehearse(
  manifest levelb.manifest,
  rehearsal levelb.rehearsal,
  armed_ms bigint,
  session levelb._session,
  mirror levelb._mirror[] default null
)
  returns levelb.rehearsal
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_rehearse$
declare
  v_row levelb.rehearsal := rehearsal;
  v_parts constant levelb._part[] := levelb._parts_of_place(levelb._parts(manifest), rehearsal.place);
  v_missed jsonb;
  v_applied levelb._execution;
  v_again levelb._execution;
  v_back levelb._execution;
  v_rollback levelb.manifest;
  v_number integer;
  v_since xid;
  v_differences jsonb := '[]';
  v_orders jsonb;
  v_code text;
  v_message text;
  v_detail text;
  v_hint text;
  v_context text;
begin
  begin
    if v_row.place = 'sandbox' then
      perform levelb._build_mirror(mirror);
      v_missed := levelb._missed_in_mirror(manifest);
    end if;
    begin
      v_since := levelb._begin_phase();
      v_applied := levelb._execute(manifest, v_parts, armed_ms, session, v_row.place, v_since);
      perform pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    -- no handler, but the clause makes it a subtransaction
    exception when sqlstate 'UNDO1' then
    end;
    v_applied.back.effects := levelb._as_rehearsed((v_applied.back).effects, v_row.place);
    v_row.effects := levelb._canonical_effects((v_applied.back).effects);
    v_row.effects_hash := levelb._sha256(v_row.effects::text);
    v_row.statements := levelb._rehearsed_statements(manifest, 'apply', 0);
    -- all of a mirror is locked, by whoever made it
    v_row.locks := case v_row.place when 'live' then levelb._rehearsed_locks() else '[]' end;
    perform levelb._refuse_cluster_effects((v_applied.back).effects);
    -- where part of it was left out, the rest is not all that the author says
    if v_row.outcome = 'partial' then
      null;
    elsif manifest.kind = 'rollback' then
      perform levelb._check_rolled_back(manifest, (v_applied.back).effects);
      perform levelb._check_rollback_claimed(manifest, (v_applied.back).effects);
    else
      perform levelb._check_effects_claimed(manifest, (v_applied.back).effects);
    end if;

    if levelb._steps_without_rollback(manifest) is not null then
      v_row.warnings := levelb._with_warning(v_row.warnings, 'no rollback', levelb._steps_without_rollback(manifest));
    else
      v_number := (select max(r.number) from levelb._rehearsed_statement r where r.backend = pg_backend_pid());
      v_rollback := levelb._rehearsed_rollback(manifest,
        v_row.effects || levelb._as_rehearsed(coalesce((v_applied.back).dropped, '[]'), v_row.place));
      v_row.rollback_restored := false;
      begin
        v_since := levelb._begin_phase();
        v_back := levelb._execute(v_rollback, levelb._parts_of_place(levelb._rollback_parts(manifest, v_row.effects), v_row.place), armed_ms,
          session, v_row.place, v_since);
        perform pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
        v_back.back.effects := levelb._as_rehearsed((v_back.back).effects, v_row.place);
        v_row.statements := v_row.statements || levelb._rehearsed_statements(manifest, 'rollback', v_number);
        v_differences := levelb._rollback_differences(v_rollback, (v_back.back).effects);
        perform levelb._refuse_differences(v_rollback, v_differences);
        perform levelb._check_rollback_claimed(v_rollback, (v_back.back).effects);
        v_orders := levelb._column_orders(v_rollback.effects);
      exception when sqlstate 'UNDO1' then
      end;
      v_row.rollback_restored := true;
      begin
        v_since := levelb._begin_phase();
        v_again := levelb._execute(manifest, v_parts, armed_ms, session, v_row.place, v_since);
        perform pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
        v_again.back.effects := levelb._as_rehearsed((v_again.back).effects, v_row.place);
      exception when sqlstate 'UNDO1' then
      end;
      perform levelb._require_same_effects((v_applied.back).effects, (v_again.back).effects, v_differences);
    end if;
    raise exception using errcode = 'UNDO0';
  -- OTHERS alone lets a timeout, a cancel and a failed assertion through, and then nothing would be recorded.
  exception when query_canceled or assert_failure or others then
    get stacked diagnostics v_code = returned_sqlstate, v_message = message_text, v_detail = pg_exception_detail,
      v_hint = pg_exception_hint, v_context = pg_exception_context;
    perform pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    perform levelb._put_back(session);
  end;
  -- Now that all is rolled back, the tables are what they were.
  if v_code = 'UNDO0' and v_orders is not null then
    v_differences := v_differences || levelb._order_differences(v_rollback, levelb._column_orders(v_rollback.effects), v_orders);
    begin
      perform levelb._refuse_differences(v_rollback, v_differences);
    exception when sqlstate 'LB310' then
      get stacked diagnostics v_code = returned_sqlstate, v_message = message_text, v_detail = pg_exception_detail,
        v_hint = pg_exception_hint, v_context = pg_exception_context;
      v_row.rollback_restored := false;
    end;
  end if;
  if v_code <> 'UNDO0' then
    -- what levelb_sandbox has no right to is not the mirror
    v_row.outcome := case when v_row.place = 'sandbox' and v_code = '42501' then 'incomplete' else 'failed' end;
    v_row.code := v_code;
    v_row.error := case v_row.place when 'live' then levelb._rehearsal_error(v_code, v_message, v_detail, v_hint, v_context)
      else levelb._error_record(v_code, v_message, v_detail, coalesce(v_hint, case v_code when '42501' then
        'It runs as levelb_sandbox, which owns the mirror and nothing else: levelb check and a live rehearsal have more rights.' end),
        v_context) end;
    v_row.reason := v_row.error ->> 'message';
    if not v_row.rollback_restored then
      -- a text can raise LB310 itself, with a DETAIL that is no JSON
      v_row.rollback_difference := coalesce(case v_code when 'LB310' then levelb._detail_of(jsonb_build_object('detail', v_detail)) end,
        jsonb_build_object('error', v_row.error));
    end if;
  elsif v_differences <> '[]' then
    v_row.rollback_difference := levelb._difference_record(v_differences);
  end if;
  if v_missed is not null then
    v_row.outcome := 'incomplete';
    v_row.warnings := levelb._with_warning(v_row.warnings, 'not mirrored', v_missed);
  end if;
  return v_row;
end
$_rehearse$;
comment on function levelb._rehearse(levelb.manifest, levelb.rehearsal, bigint, levelb._session, levelb._mirror[]) is
  'Apply, roll back, apply again, and roll all of it back; return the record. mirror: what a sandbox is made of.';

-- The shorter of what an activation may take and what the policy says of rehearsals.
create function levelb._rehearsal_limits(policy jsonb)
  returns jsonb
  language sql immutable
  set search_path = pg_catalog, pg_temp
return jsonb_set(policy, '{timeouts,statement}', to_jsonb(least(levelb._interval_ms(policy #>> '{timeouts,statement}'),
  (policy #>> '{rehearsal,max_seconds}')::bigint * 1000) || ' ms'));
comment on function levelb._rehearsal_limits(jsonb) is 'A policy with the time that a rehearsal may take as that of a statement.';

create function levelb.rehearse_live(migration_id text)
  returns levelb.rehearsal
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  set jit = off
  set quote_all_identifiers = off
  set standard_conforming_strings = on
as $rehearse_live$
declare
  v_armed constant bigint := (select s.setting from pg_show_all_settings() s where s.name = 'statement_timeout')::bigint;
  v_call levelb._call;
  v_policy levelb.active_policy;
  v_manifest levelb.manifest;
  v_verdict levelb._verdict;
  v_session levelb._session;
  v_row levelb.rehearsal;
  v_moved jsonb;
begin
  v_call := levelb._enter(array['operator']);
  perform levelb._check_slug('migration_id', migration_id);
  select * into strict v_policy from levelb.active_policy;
  perform levelb._clean_start('rehearse_live', levelb._rehearsal_limits(v_policy.document));
  perform levelb._begin_write();
  perform levelb._lock_for_activation(migration_id);
  select * into strict v_policy from levelb.active_policy;
  v_manifest := levelb._newest(migration_id);
  if v_manifest.migration_id is null then
    perform levelb._raise('LB002', jsonb_build_object('field', 'migration_id', 'migration_id', migration_id));
  elsif v_manifest.kind not in ('sql', 'rollback') or levelb._is_native(v_manifest) then
    perform levelb._raise('LB001', jsonb_build_object('field', 'migration_id', 'problem',
        format('is of kind %s, of which there is nothing to rehearse', v_manifest.kind)),
      'The database carries it out itself, or a superuser does: see levelb.review.');
  end if;

  -- What is refused here has run nothing and is raised.
  v_verdict := levelb._channel_problem();
  if v_verdict.code is null then
    v_verdict := levelb._judge_rehearsal(v_manifest, v_policy, v_call);
  end if;
  v_verdict := levelb._judge_readiness(v_manifest, v_verdict);
  if v_verdict.code is not null then
    perform levelb._raise(v_verdict.code, v_verdict.detail, v_verdict.hint);
  end if;
  perform levelb._refuse_what_outlives(v_manifest);

  -- The row is gone when the caller rolls back; the line in the log of the server is not.
  raise log using message = 'levelb: ' || jsonb_build_object('event', 'rehearse_live', 'migration_id', migration_id,
    'manifest_hash', encode(v_manifest.manifest_hash, 'hex'), 'operator', v_call.principal, 'login', v_call.login)::text;
  v_row := levelb._begun_rehearsal(v_manifest, 'live', v_policy.version, v_policy.hash, v_call);
  v_row.allowed_by := v_verdict.approvals;
  -- a NOTICE of the text could carry rows that its author may not read
  perform pg_catalog.set_config('client_min_messages', 'error', true);
  v_session := levelb._session_now();
  v_row := levelb._rehearse(v_manifest, v_row, v_armed, v_session);
  perform pg_catalog.set_config('client_min_messages', 'warning', true);
  select jsonb_agg(levelb._table_name(u.sequence) order by levelb._table_name(u.sequence)) into v_moved from levelb._sequences_used() u;
  if v_moved is not null then
    v_row.warnings := levelb._with_warning(v_row.warnings, 'sequences moved', v_moved);
  end if;
  return levelb._record_rehearsal(v_row);
end
$rehearse_live$;
comment on function levelb.rehearse_live(text) is '@direct
@connection
@arms statement_timeout
@readback rehearsal_id
@raises LB001 LB002 LB007 LB008 LB009 LB011 LB101 LB102 LB103 LB104 LB105 LB106 LB201 LB202 LB204 LB205 LB208 LB210 LB212 LB309

Rehearse a migration on the live objects and keep nothing.

Applies, verifies, rolls back and applies again. Runs the staged text with the rights of levelb_deploy, once somebody who is neither its author nor the caller allowed it
(levelb.allow_rehearsal, or an approval). Returns the record: what it changed, statement by statement how long it took and
what it kept locked, and whether the rollback texts gave the state from before. Fails with LB213 where others would have
waited longer than rehearsal.max_hold. What it leaves behind: values that sequences counted on to, dead rows, WAL.';
