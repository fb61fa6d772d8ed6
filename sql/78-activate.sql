-- Owns the one privileged path.

create type levelb._part as (
  position  integer,
  name      text,
  part      text
);
comment on type levelb._part is 'One thing to run: the text, role document or verify query of a step.';

create type levelb._run as (
  commands         jsonb,
  session_touched  jsonb,
  tally            levelb._written[],
  tables           levelb._written[]
);
comment on type levelb._run is 'What running the steps of a migration left behind.';

-- The text may SET search_path for good, which outlives the SET clauses of every function up to activate: so whatever
-- comes after the text pins it again, fully qualified, before it uses a name or an operator. A pin alone would leave the
-- text's path in the session, hence the RESET, and the answer: whether there was a path to take back.
create function levelb._run_step(
  manifest levelb.manifest,
  step_position integer,
  part text
)
  returns boolean
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_run_step$
declare
  v_executors constant text := levelb._executors();
  v_answer boolean;
  v_path text;
begin
  delete from levelb._token t where t.transaction_id = pg_current_xact_id() and t.backend = pg_backend_pid();
  insert into levelb._token (transaction_id, backend, migration_id, revision, position, part, used)
    values (pg_current_xact_id(), pg_backend_pid(), manifest.migration_id, manifest.revision, step_position, part, false);
  case part
    when 'apply' then
      perform levelb_exec.execute_step();
      v_path := pg_catalog.current_setting('search_path');
      perform pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
      if v_path <> 'pg_catalog, pg_temp' then
        reset search_path;
        perform pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
      end if;
      perform levelb._require_executors(v_executors);
      perform levelb._refuse_foreign_code();
      -- here, so that a constraint that fails is a failure of the step that broke it
      perform levelb_exec.check_constraints();
      perform pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
      perform levelb._require_executors(v_executors);
      -- what a deferred foreign key has cascaded to
      perform levelb._refuse_foreign_code();
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
  return coalesce(v_path <> 'pg_catalog, pg_temp', false);
end
$_run_step$;
comment on function levelb._run_step(levelb.manifest, integer, text) is
  'Run one part of one step under its token; tell whether it left a search_path in the session.';

-- Relations that this transaction has locked as writers do: by the locks and not by the rows, since a BEFORE trigger may
-- have run and let no row through, and a view has no rows.
create function levelb._locked(mode text)
  returns oid[]
  language sql volatile
  set search_path = pg_catalog, pg_temp
return array(
  select l.relation from pg_locks l
   where l.pid = pg_backend_pid() and l.locktype = 'relation' and l.granted and l.relation >= 16384 and l.mode = _locked.mode);
comment on function levelb._locked(text) is 'Relations of users that this transaction holds in one lock mode.';

create function levelb._table_name(relation oid)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return (select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = relation);
comment on function levelb._table_name(oid) is 'Qualified name of a relation.';

-- Deferrable constraints whose check runs code that is not PostgreSQL's: exclusion, unique over an expression, a
-- predicate or a foreign operator class, foreign keys over a type of users, whose casts and operators RI would use.
-- Every deferrable constraint has a trigger on each of its tables, by which it is found.
create function levelb._deferrable_code(relation oid)
  returns setof text
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_deferrable_code$
  select distinct k.conname::text
    from pg_trigger g join pg_constraint k on k.oid = g.tgconstraint left join pg_index i on i.indexrelid = k.conindid
   where g.tgrelid = relation and k.condeferrable
     and case k.contype
       when 'x' then true
       when 'f' then exists (
         select from pg_attribute a
          where ((a.attrelid = k.conrelid and a.attnum = any(k.conkey)) or (a.attrelid = k.confrelid and a.attnum = any(k.confkey)))
            and a.atttypid >= 16384)
       else i.indexprs is not null or i.indpred is not null or exists (select from unnest(i.indclass::oid[]) o where o >= 16384)
     end
$_deferrable_code$;
comment on function levelb._deferrable_code(oid) is 'Deferrable constraints of a table that may run code of users.';

-- Triggers that the text has set off run before the read-back, or not at all. What is deferrable could put itself off
-- again, past the proof, and would then run with the deployer's rights.
create function levelb._refuse_foreign_code()
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_refuse_foreign_code$
declare
  v_written oid[] := levelb._locked('RowExclusiveLock');
  -- TRUNCATE takes it, and so does a change of owner
  v_held constant oid[] := levelb._locked('AccessExclusiveLock');
  v_found jsonb;
begin
  -- Text reaches levelb's tables through levelb's functions only, and an activation's own write no other one here.
  select jsonb_agg(c.relname order by c.relname)
        filter (where c.relnamespace = 'levelb'::regnamespace and c.relkind = 'r' and c.relname <> '_token'),
      coalesce(array_agg(c.oid) filter (where c.relnamespace <> 'levelb'::regnamespace), '{}')
    into v_found, v_written
    from unnest(v_written) w join pg_class c on c.oid = w;
  if v_found is not null then
    perform levelb._raise('LB306', jsonb_build_object('objects', v_found, 'rule', 'levelb_objects_unchanged'));
  end if;
  select jsonb_agg(jsonb_build_object('table', levelb._table_name(f.relation), 'trigger', f.code)
      order by levelb._table_name(f.relation), f.code) into v_found
    from (
      select g.tgrelid as relation, g.tgname::text as code from pg_trigger g
       where g.tgrelid = any(v_written) and not g.tgisinternal and g.tgdeferrable
      union
      select w, k from unnest(v_written) w, levelb._deferrable_code(w) k
    ) f;
  if v_found is not null then
    perform levelb._raise('LB308', jsonb_build_object('triggers', v_found));
  end if;
  -- A trigger depends on its function and on those of its WHEN; PostgreSQL's own are not recorded.
  select jsonb_agg(jsonb_build_object('table', levelb._table_name(f.tgrelid), 'trigger', f.tgname, 'owner', f.owner)
      order by levelb._table_name(f.tgrelid), f.tgname, f.owner) into v_found
    from (
      select distinct g.tgrelid, g.tgname, levelb._role_name(p.proowner) as owner
        from pg_trigger g
          join pg_depend d on d.classid = 'pg_trigger'::regclass and d.objid = g.oid and d.refclassid = 'pg_proc'::regclass
          join pg_proc p on p.oid = d.refobjid
       where (g.tgrelid = any(v_written) or g.tgrelid = any(v_held) and g.tgtype & 32 <> 0)
         and not g.tgisinternal and g.tgenabled <> 'D' and not levelb._is_trusted_code(p.oid)
    ) f;
  if v_found is not null then
    perform levelb._raise('LB307', jsonb_build_object('triggers', v_found));
  end if;
end
$_refuse_foreign_code$;
comment on function levelb._refuse_foreign_code() is 'Refuse triggers and constraints that would run others'' code as the deployer.';

-- Their owner, levelb_deploy, may alter the executors, and so may text that runs with its rights. Made SECURITY INVOKER
-- in one step, an executor would run the next as levelb_owner: so they are compared whenever text has run.
create function levelb._executors()
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return (select string_agg(p::text, E'\n' order by p.oid) from pg_proc p where p.pronamespace = 'levelb_exec'::regnamespace);
comment on function levelb._executors() is 'The catalog rows of the executors.';

create function levelb._require_executors(before text)
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_require_executors$
begin
  if levelb._executors() is distinct from before then
    perform levelb._raise('LB306', jsonb_build_object('objects', '["levelb_exec"]'::jsonb, 'rule', 'levelb_objects_unchanged'),
      'Take out the statements that touch levelb''s own objects and roles.');
  end if;
end
$_require_executors$;
comment on function levelb._require_executors(text) is 'Refuse to go on with executors that the text has changed.';

-- First the steps in order, then the verify queries in order. An array and no loop over a query: the text could move the
-- portal of such a loop and skip what follows.
create function levelb._parts(manifest levelb.manifest)
  returns levelb._part[]
  language sql stable
  set search_path = pg_catalog, pg_temp
return array(
  select row(s.position, s.name, p.part)::levelb._part
    from only levelb.step s,
      lateral (values (1, case when s.roles is null then 'apply' else 'roles' end),
                      (2, case when s.verify is not null then 'verify' end)) p (turn, part)
   where s.migration_id = manifest.migration_id and s.revision = manifest.revision and p.part is not null
   order by p.turn, s.position);
comment on function levelb._parts(levelb.manifest) is 'What is run, in order.';

create function levelb._run_steps(
  manifest levelb.manifest,
  armed_ms bigint,
  session levelb._session
)
  returns levelb._run
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_run_steps$
declare
  v_before constant levelb._written[] := array(select t from levelb._tally() t);
  v_run levelb._run;
  v_part levelb._part;
  v_started timestamptz;
  v_has_path boolean;
  v_has_paths boolean := false;
begin
  v_run.commands := '[]';
  foreach v_part in array levelb._parts(manifest) loop
    v_started := clock_timestamp();
    -- Spelled out as a statement so that the context of an error names the step.
    execute format('select levelb._run_step($1, %s, %L)', v_part.position, v_part.part) into v_has_path using manifest;
    v_has_paths := v_has_paths or v_has_path;
    perform pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    v_run.commands := v_run.commands || jsonb_build_object('position', v_part.position, 'name', v_part.name, 'part',
      v_part.part, 'milliseconds', round(extract(epoch from clock_timestamp() - v_started)::numeric * 1000, 3));
  end loop;
  v_run.session_touched := levelb._put_back(session);
  if v_has_paths then
    v_run.session_touched := jsonb_set(v_run.session_touched, '{settings}', v_run.session_touched -> 'settings' || '"search_path"');
  end if;
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
comment on function levelb._run_steps(levelb.manifest, bigint, levelb._session) is 'Run every step, close what it opened, and count what it wrote.';

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
  -- Nor does a row that was rewritten as it was, unless that is what the document says.
  if v_canonical = '[]' or v_classes <> '[]'
     or manifest.effects is null and not exists (select from jsonb_array_elements(v_canonical) e
                                                  where e ->> 'attribute' <> '(rewritten)') then
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

-- The operator reads this and nothing else: what, why and the next step.
create function levelb._warn(activation levelb.activation)
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_warn$
begin
  raise warning using message = format('%s: %s %s %s', activation.migration_id, activation.outcome, activation.code, activation.reason),
    detail = coalesce(activation.error ->> 'detail', ''), hint = coalesce(activation.error ->> 'hint', '');
end
$_warn$;
comment on function levelb._warn(levelb.activation) is 'Warn of an activation that was refused or failed.';

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
  language sql immutable
  set search_path = pg_catalog, pg_temp
return jsonb_build_object('sqlstate', code, 'message', left(message, 4000), 'detail', nullif(left(detail, 100000), ''),
  'hint', coalesce(nullif(left(hint, 4000), ''), case code
    when '42501' then 'Text runs as levelb_deploy: a superuser may grant it the role that owns what is changed, for the while; roles are changed by role documents.'
    when '55P03' then 'Another session holds a lock on what the text changes: try again.'
    when '57014' then 'It took longer than statement_timeout allows, or was cancelled.' end), 'context', nullif(left(context, 4000), ''),
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
  v_run levelb._run;
  v_pair record;
  v_after levelb._state_row[];
  v_back levelb._read_back;
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
  v_session := levelb._session_now();
  begin
    -- One statement runs the steps and then reads the row versions they replaced, with the snapshot from before them.
    select x.run, array(
        -- pg_authid always: that others renamed a role changes what the readings say
        select b from levelb._rows_touched('before',
          array(select t.relation from unnest((x.run).tally) t) || 'pg_authid'::regclass::oid) b) as before
      into v_pair
      from (select levelb._run_steps(v_manifest, v_armed, v_session) as run offset 0) x;
    perform pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    v_run := v_pair.run;
    v_after := array(select r from levelb._rows_touched('after', array(select t.relation from unnest(v_run.tally) t)) r);
    v_back := levelb._read_back(v_pair.before, v_after, v_run.tally, v_run.tables);
    perform levelb._check_effects_approved(v_manifest, v_policy, v_call, v_back.effects);
    v_row.outcome := 'activated';
    v_row.commands := v_run.commands;
    v_row.session_touched := v_run.session_touched;
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
    v_row.error := levelb._error_record(v_error.code, v_error.message, v_detail, v_hint, v_context);
    v_row.reason := v_row.error ->> 'message';
    v_row.session_touched := levelb._put_back(v_session);
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
