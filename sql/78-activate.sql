-- Owns the one privileged path.

create type levelb._run as (
  commands         jsonb,
  session_touched  jsonb,
  tally            levelb._written[],
  tables           levelb._written[]
);
comment on type levelb._run is 'What running the steps of a migration left behind.';

-- The text may SET search_path for good, which outlives the SET clauses of every function up to activate: so whatever
-- comes after the text pins it again, fully qualified, before it uses a name or an operator.
create function levelb._run_step(
  manifest levelb.manifest,
  step_position integer,
  part text
)
  returns void
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_run_step$
declare
  v_answer boolean;
begin
  delete from levelb._token t where t.transaction_id = pg_current_xact_id() and t.backend = pg_backend_pid();
  insert into levelb._token (transaction_id, backend, migration_id, revision, position, part, used)
    values (pg_current_xact_id(), pg_backend_pid(), manifest.migration_id, manifest.revision, step_position, part, false);
  case part
    when 'apply' then
      perform levelb_exec.execute_step();
    when 'roles' then
      perform levelb_exec.execute_roles();
    when 'verify' then
      begin
        v_answer := levelb_exec.verify_step();
        -- always undone: a read-only subtransaction that commits makes the whole transaction read-only
        raise exception using errcode = 'UNDO0';
      exception when sqlstate 'UNDO0' then
        perform pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
      end;
      if v_answer is not true then
        perform levelb._raise('LB311', jsonb_build_object('step', step_position, 'answer', v_answer));
      end if;
  end case;
  perform pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
  delete from levelb._token t where t.transaction_id = pg_current_xact_id() and t.backend = pg_backend_pid();
end
$_run_step$;
comment on function levelb._run_step(levelb.manifest, integer, text) is 'Run one part of one step under its token.';

-- Triggers that the text has set off run before the read-back, or not at all. A deferrable trigger of a user could put
-- itself off again, past the proof, and would then run with the deployer's rights.
create function levelb._refuse_foreign_triggers(tables levelb._written[])
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_refuse_foreign_triggers$
declare
  v_found jsonb;
begin
  select jsonb_agg(jsonb_build_object('table', t.name, 'trigger', g.tgname) order by t.name, g.tgname) into v_found
    from unnest(tables) t join pg_trigger g on g.tgrelid = t.relation
   where not g.tgisinternal and g.tgdeferrable;
  if v_found is not null then
    perform levelb._raise('LB308', jsonb_build_object('triggers', v_found));
  end if;
  select jsonb_agg(jsonb_build_object('table', t.name, 'trigger', g.tgname, 'owner', levelb._role_name(f.proowner))
      order by t.name, g.tgname) into v_found
    from unnest(tables) t join pg_trigger g on g.tgrelid = t.relation join pg_proc f on f.oid = g.tgfoid
   where not g.tgisinternal and g.tgenabled <> 'D' and not f.prosecdef
     and f.proowner not in (select r.oid from pg_roles r where r.rolname = 'levelb_deploy' or r.rolsuper);
  if v_found is not null then
    perform levelb._raise('LB307', jsonb_build_object('triggers', v_found));
  end if;
end
$_refuse_foreign_triggers$;
comment on function levelb._refuse_foreign_triggers(levelb._written[]) is 'Refuse triggers that would run others'' code as the deployer.';

create function levelb._run_steps(
  manifest levelb.manifest,
  armed_ms bigint
)
  returns levelb._run
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_run_steps$
declare
  v_session constant levelb._session := levelb._session_now();
  v_before constant levelb._written[] := array(select t from levelb._tally() t);
  v_run levelb._run;
  v_step record;
  v_started timestamptz;
begin
  v_run.commands := '[]';
  for v_step in
    select s.position, s.name, p.part
      from only levelb.step s,
        lateral (values (1, case when s.roles is null then 'apply' else 'roles' end), (2, case when s.verify is not null then 'verify' end)) p (turn, part)
     where s.migration_id = manifest.migration_id and s.revision = manifest.revision and p.part is not null
     order by p.turn, s.position
  loop
    v_started := clock_timestamp();
    -- Spelled out as a statement so that the context of an error names the step.
    execute format('select levelb._run_step($1, %s, %L)', v_step.position, v_step.part) using manifest;
    perform pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    v_run.commands := v_run.commands || jsonb_build_object('position', v_step.position, 'name', v_step.name, 'part',
      v_step.part, 'milliseconds', round(extract(epoch from clock_timestamp() - v_started)::numeric * 1000, 3));
    if v_step.part <> 'verify' then
      perform levelb._refuse_foreign_triggers(array(select t from levelb._tables_written() t));
      set constraints all immediate;
    end if;
  end loop;
  v_run.session_touched := levelb._put_back(v_session);
  -- The cancel was there to be obeyed, and the text did not.
  if extract(epoch from clock_timestamp() - statement_timestamp()) * 1000 >= armed_ms then
    raise query_canceled using message = 'statement_timeout ran out and the text went on';
  end if;
  v_run.tables := array(select t from levelb._tables_written() t);
  v_run.tally := array(
    select row(a.relation, a.name, a.inserted - b.inserted, a.updated - b.updated, a.deleted - b.deleted)::levelb._written
      from levelb._tally() a join unnest(v_before) b on b.relation = a.relation
     where (a.inserted, a.updated, a.deleted) <> (b.inserted, b.updated, b.deleted));
  return v_run;
end
$_run_steps$;
comment on function levelb._run_steps(levelb.manifest, bigint) is 'Run every step, close what it opened, and count what it wrote.';

-- Compares what happened with what was approved.
create function levelb._check_effects_approved(
  manifest levelb.manifest,
  policy levelb.active_policy,
  call levelb._call,
  effects jsonb
)
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_check_effects_approved$
declare
  v_canonical constant jsonb := levelb._canonical_effects(effects);
  v_missing jsonb;
  v_unexpected jsonb;
  v_classes jsonb;
  v_quorum levelb.quorum_state;
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
  if v_canonical = '[]' or v_classes <> '[]' then
    perform levelb._raise('LB303', jsonb_build_object('classes_without_effect', v_classes, 'effects', v_canonical),
      'Nothing of these classes happened: see the warnings of the statements, or claim fewer classes.');
  end if;
  v_quorum := levelb._judge_quorum(manifest, policy, call.person,
    (select jsonb_agg(jsonb_build_object('class', e ->> 'class', 'schema', e ->> 'schema')) from jsonb_array_elements(effects) e));
  if not v_quorum.met then
    perform levelb._raise('LB304', jsonb_build_object('missing', v_quorum.missing, 'classes',
      (select jsonb_agg(distinct e ->> 'class') from jsonb_array_elements(effects) e), 'effects', v_canonical));
  end if;
end
$_check_effects_approved$;
comment on function levelb._check_effects_approved(levelb.manifest, levelb.active_policy, levelb._call, jsonb) is
  'Refuse effects that nobody approved.';

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
      raise warning '%: % % %', v_row.migration_id, v_row.outcome, v_row.code, v_row.reason;
      return v_row;
    end if;
    v_row := activation;
  end if;
  insert into levelb.activation (migration_id, revision, outcome, code, reason, manifest_hash, effects_hash, policy_version,
      policy_hash, approvals, operator, login, authenticated_user, client_address, started_at, finished_at, transaction_id,
      wal_position, server_version, database_identity, commands, effects, write_tally, state_before, state_after,
      rollback_snapshot, session_touched, error)
    values (v_row.migration_id, v_row.revision, v_row.outcome, v_row.code, v_row.reason, v_row.manifest_hash,
      v_row.effects_hash, v_row.policy_version, v_row.policy_hash, v_row.approvals, v_row.operator, v_row.login,
      v_row.authenticated_user, v_row.client_address, v_row.started_at, clock_timestamp(), pg_current_xact_id(),
      pg_current_wal_insert_lsn(), current_setting('server_version'), levelb._database_identity(), v_row.commands,
      v_row.effects, v_row.write_tally, v_row.state_before, v_row.state_after, v_row.rollback_snapshot,
      v_row.session_touched, v_row.error)
    returning * into v_row;
  perform levelb._seal(false);
  -- A NOTIFY also makes PREPARE TRANSACTION impossible, so that a proof cannot hang between done and undone.
  perform pg_notify('levelb', jsonb_build_object('migration_id', v_row.migration_id, 'outcome', v_row.outcome, 'code',
    v_row.code, 'activation_id', v_row.activation_id)::text);
  if v_row.outcome <> 'activated' then
    raise warning '%: % % %', v_row.migration_id, v_row.outcome, v_row.code, v_row.reason;
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
  language sql immutable
  set search_path = pg_catalog, pg_temp
return jsonb_build_object('sqlstate', code, 'message', left(message, 4000), 'detail', nullif(left(detail, 100000), ''),
  'hint', nullif(left(hint, 4000), ''), 'context', nullif(left(context, 4000), ''),
  'step', (regexp_match(context, '.*levelb\._run_step\(\$1, (\d+), '))[1]::integer);
comment on function levelb._error_record(text, text, text, text, text) is 'A refusal or failure as JSON.';

-- A path that the text set for good would stay in the session: reset it, and say so.
create function levelb._reset_search_path(
  path text,
  session_touched jsonb
)
  returns jsonb
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_reset_search_path$
begin
  if path = 'pg_catalog, pg_temp' then
    return session_touched;
  end if;
  reset search_path;
  perform pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
  return jsonb_set(session_touched, '{settings}', session_touched -> 'settings' || '"search_path"');
end
$_reset_search_path$;
comment on function levelb._reset_search_path(text, jsonb) is 'Take a session-wide search_path of the text back.';

create function levelb.activate(migration_id text)
  returns levelb.activation
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  set jit = off
as $activate$
declare
  v_armed constant bigint := (select s.setting from pg_settings s where s.name = 'statement_timeout')::bigint;
  v_call levelb._call;
  v_policy levelb.active_policy;
  v_manifest levelb.manifest;
  v_verdict levelb._verdict;
  v_run levelb._run;
  v_pair record;
  v_after levelb._state_row[];
  v_back levelb._read_back;
  v_row levelb.activation;
  v_error levelb.error_entry;
  v_detail text;
  v_hint text;
  v_context text;
  v_path text;
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
  v_row.migration_id := v_manifest.migration_id;
  v_row.revision := v_manifest.revision;
  v_row.manifest_hash := v_manifest.manifest_hash;
  v_row.policy_version := v_policy.version;
  v_row.policy_hash := v_policy.hash;
  v_row.operator := v_call.principal;
  v_row.login := v_call.login;
  v_row.authenticated_user := v_call.authenticated_user;
  v_row.client_address := v_call.client_address;
  v_row.started_at := clock_timestamp();
  v_row.commands := '[]';
  v_row.effects := '[]';
  v_row.write_tally := '{}';
  v_row.session_touched := '{"settings": [], "cursors": [], "prepared_statements": [], "locks": 0}';

  -- 3. Judge. From here on every judgement is recorded.
  v_verdict := levelb._channel_problem();
  if v_verdict.code is null then
    v_verdict := levelb._judge(v_manifest, v_policy, v_call);
  end if;
  if v_verdict.code is null and levelb._unready() is not null then
    v_verdict := row('LB210', jsonb_build_object('items', levelb._unready()), v_verdict.approvals);
  end if;
  v_row.approvals := v_verdict.approvals;
  if v_verdict.code is not null then
    v_row.outcome := 'refused';
    v_row.code := v_verdict.code;
    select e.* into v_error from levelb.errors() e where e.code = v_verdict.code;
    v_row.reason := v_error.message;
    v_row.error := levelb._error_record(v_verdict.code, v_error.message, v_verdict.detail::text, v_error.hint, null);
    return levelb._record_activation(v_row);
  end if;

  -- 5. to 7. in a subtransaction: what fails leaves nothing but its record.
  begin
    -- One statement runs the steps and then reads the row versions they replaced, with the snapshot from before them.
    select x.run, array(
        -- pg_authid always: that others renamed a role changes what the readings say
        select b from levelb._rows_touched('before',
          array(select t.relation from unnest((x.run).tally) t) || 'pg_authid'::regclass::oid) b) as before
      into v_pair
      from (select levelb._run_steps(v_manifest, v_armed) as run offset 0) x;
    v_path := pg_catalog.current_setting('search_path');
    perform pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    v_run := v_pair.run;
    v_after := array(select r from levelb._rows_touched('after', array(select t.relation from unnest(v_run.tally) t)) r);
    v_back := levelb._read_back(v_pair.before, v_after, v_run.tally, v_run.tables);
    perform levelb._check_effects_approved(v_manifest, v_policy, v_call, v_back.effects);
    v_row.outcome := 'activated';
    v_row.commands := v_run.commands;
    v_row.session_touched := levelb._reset_search_path(v_path, v_run.session_touched);
    perform pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    v_row.effects := levelb._canonical_effects(v_back.effects);
    v_row.effects_hash := levelb._sha256(v_row.effects::text);
    v_row.write_tally := v_back.tally;
    v_row.state_before := v_back.state_before;
    v_row.state_after := v_back.state_after;
    v_row.rollback_snapshot := v_back.rollback;
  -- OTHERS alone lets a timeout, a cancel and a failed assertion through, and then nothing would be recorded.
  exception when query_canceled or assert_failure or others then
    get stacked diagnostics v_error.code = returned_sqlstate, v_error.message = message_text,
      v_detail = pg_exception_detail, v_hint = pg_exception_hint, v_context = pg_exception_context;
    perform pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    v_row.outcome := 'failed';
    v_row.code := v_error.code;
    v_row.reason := v_error.message;
    v_row.error := levelb._error_record(v_error.code, v_error.message, v_detail, v_hint, v_context);
  end;

  -- 8. Record.
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
