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
