-- Owns what a rehearsal is, wherever it runs: apply, roll back, apply again, each in a subtransaction of its own, with the record
-- of it. Nothing of it stays.

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

-- The next step of a failure there is not that of an activation: another role runs the text, and there are no rows.
create function levelb._sandbox_error(
  code text,
  message text,
  detail text,
  hint text,
  context text,
  is_missing boolean
)
  returns jsonb
  language sql stable
  set search_path = pg_catalog, pg_temp
return levelb._error_record(code, message, detail, hint, context) || coalesce((
  select jsonb_build_object('hint', h.hint) from (select case
      when hint ~ 'select levelb_sandbox\.seed\(' then hint
      when is_missing then 'Part of what it names could not be mirrored, see warnings: levelb check and a live rehearsal have all of it. '
        || 'Members of extensions are there where the extension has a schema of its own that is not protected.'
      when code = '42501' and not exists (select from only levelb._protected p where p.level = 'full')
        then 'No schema is protected at level full, so that nothing is mirrored: levelb check, or protect it first (docs/kinds.md).'
      when code = '42501' then 'It runs as levelb_sandbox, which owns the mirror of the schemas at level full and nothing else: levelb check and '
        || 'a live rehearsal have more rights.'
      when code ~ '^P000[1-3]$' then concat_ws(' ', nullif(hint, ''), 'The mirror has no rows but those of seeds: levelb_sandbox.seed(schema, sql).')
      end) h (hint) where h.hint is not null), '{}');
comment on function levelb._sandbox_error(text, text, text, text, text, boolean) is 'The failure of a rehearsal in the sandbox as JSON.';

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
  if v_first is distinct from v_second then
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
  -- a text can raise any SQLSTATE, that of the undoing too, and set no variable
  v_is_through boolean := false;
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
    -- handles nothing, but the clause makes it a subtransaction
    exception when sqlstate 'UNDO1' then
      raise;
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
        raise;
      end;
      v_row.rollback_restored := true;
      begin
        v_since := levelb._begin_phase();
        v_again := levelb._execute(manifest, v_parts, armed_ms, session, v_row.place, v_since);
        perform pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
        v_again.back.effects := levelb._as_rehearsed((v_again.back).effects, v_row.place);
      exception when sqlstate 'UNDO1' then
        raise;
      end;
      perform levelb._require_same_effects((v_applied.back).effects, (v_again.back).effects, v_differences);
    end if;
    v_is_through := true;
    raise exception using errcode = 'UNDO0';
  -- OTHERS alone lets a timeout, a cancel and a failed assertion through, and then nothing would be recorded.
  exception when query_canceled or assert_failure or others then
    get stacked diagnostics v_code = returned_sqlstate, v_message = message_text, v_detail = pg_exception_detail,
      v_hint = pg_exception_hint, v_context = pg_exception_context;
    perform pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    perform levelb._put_back(session);
  end;
  -- Now that all is rolled back, the tables are what they were.
  if v_is_through and v_orders is not null then
    v_differences := v_differences || levelb._order_differences(v_rollback, levelb._column_orders(v_rollback.effects), v_orders);
    begin
      perform levelb._refuse_differences(v_rollback, v_differences);
    exception when sqlstate 'LB310' then
      v_is_through := false;
      get stacked diagnostics v_code = returned_sqlstate, v_message = message_text, v_detail = pg_exception_detail,
        v_hint = pg_exception_hint, v_context = pg_exception_context;
      v_row.rollback_restored := false;
    end;
  end if;
  if not v_is_through then
    -- what levelb_sandbox has no right to is not the mirror
    v_row.outcome := case when v_row.place = 'sandbox' and v_code = '42501' then 'incomplete' else 'failed' end;
    v_row.code := v_code;
    v_row.error := case v_row.place when 'live' then levelb._rehearsal_error(v_code, v_message, v_detail, v_hint, v_context)
      else levelb._sandbox_error(v_code, v_message, v_detail, v_hint, v_context, v_missed is not null) end;
    -- it was stopped, and not found wrong
    if v_code in ('LB101', 'LB213', '57014') then
      v_row.rollback_restored := nullif(v_row.rollback_restored, false);
    end if;
    v_row.reason := v_row.error ->> 'message';
    if not v_row.rollback_restored then
      -- a text can raise LB310 itself, with a DETAIL of its own
      v_row.rollback_difference := case when v_code = 'LB310' and v_differences <> '[]' then levelb._difference_record(v_differences)
        else jsonb_build_object('error', v_row.error) end;
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
