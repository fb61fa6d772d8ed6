-- Owns the end of an attended migration: what was done is compared with what was approved.

-- Which text ran is not known, only what it did: so the way back is that of the document.
create function levelb._attended_rollback_sql(manifest levelb.manifest)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return (
  select format(E'-- Takes back %s revision %s, as a superuser: the rollback texts that were approved, last step first. Not one\n'
      '-- transaction, since some statements cannot run in one.\n', (manifest).migration_id, (manifest).revision)
    || format(E'set search_path = %s;\n', (manifest).search_path)
    || string_agg(format(E'-- step %s %s\n', s.position, s.name)
      || coalesce(s.rollback || E'\n;\n', E'-- was approved without a rollback text\n'), '' order by s.position desc)
    from only levelb.step s where s.migration_id = (manifest).migration_id and s.revision = (manifest).revision);
comment on function levelb._attended_rollback_sql(levelb.manifest) is 'SQL that takes an attended migration back.';

create function levelb._attended_commands(manifest levelb.manifest)
  returns jsonb
  language sql stable
  set search_path = pg_catalog, pg_temp
return (
  select jsonb_agg(jsonb_build_object('position', s.position, 'name', s.name, 'part', 'attended') order by s.position)
    from only levelb.step s where s.migration_id = (manifest).migration_id and s.revision = (manifest).revision);
comment on function levelb._attended_commands(levelb.manifest) is 'Steps that a superuser answers for.';

create function levelb._require_open_attended(migration_id text)
  returns levelb.incident
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_require_open_attended$
declare
  v_incident levelb.incident;
begin
  select i.* into v_incident from only levelb.incident i
   where i.kind = 'break_glass' and levelb._attended_migration(i) = migration_id
   order by i.incident_id desc limit 1;
  if not found or levelb._is_closed(v_incident) then
    perform levelb._raise('LB001', jsonb_build_object('field', 'migration_id', 'problem', 'is not open', 'migration_id',
      migration_id), 'It is opened with levelb.break_glass(reason, migration_id).');
  elsif v_incident.login <> session_user then
    perform levelb._raise('LB201', jsonb_build_object('login', session_user, 'opened_by', v_incident.login),
      'Whoever opened it closes it.');
  elsif levelb._break_glass_until(v_incident) <= clock_timestamp() then
    perform levelb._raise('LB001', jsonb_build_object('field', 'migration_id', 'problem', 'its time ran out', 'migration_id',
        migration_id, 'incident', v_incident.incident_id, 'until', v_incident.details -> 'until'),
      format('What was done is drift now: a migration of kind explain names it with "incidents": [%s].',
        v_incident.incident_id));
  end if;
  return v_incident;
end
$_require_open_attended$;
comment on function levelb._require_open_attended(text) is
  'The incident under which a migration is open, else raise.';

-- What was done is what drifts since. What is expected is normal life, but for rows of which the manifest says that
-- something was to happen to them: that is then all of what happened to them.
create function levelb._attended_drift(
  manifest levelb.manifest,
  drift levelb._drift[]
)
  returns levelb._drift[]
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_attended_drift$
  select coalesce(array_agg(d), '{}') from unnest(drift) d
   where not d.expected or exists (
     select from unnest(drift) n
      where (n.catalog, n.old_key, n.new_key) is not distinct from (d.catalog, d.old_key, d.new_key)
        and (manifest).effects @> levelb._canonical_effects(levelb._drift_effects(array[n])))
$_attended_drift$;
comment on function levelb._attended_drift(levelb.manifest, levelb._drift[]) is
  'Drift that an attended migration answers for.';

create function levelb.close_attended(migration_id text)
  returns levelb.activation
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  set jit = off
  set quote_all_identifiers = off
  set standard_conforming_strings = on
as $close_attended$
declare
  v_incident levelb.incident;
  v_policy levelb.active_policy;
  v_manifest levelb.manifest;
  v_problem levelb._verdict;
  v_snapshot pg_snapshot;
  v_drift levelb._drift[];
  v_done levelb._drift[];
  v_effects jsonb;
  v_found jsonb;
  v_row levelb.activation;
  v_error levelb.error_entry;
  v_detail text;
  v_hint text;
begin
  perform levelb._refuse_impersonation();
  perform levelb._require_break_glass();
  perform levelb._check_slug('migration_id', migration_id);
  perform levelb._clean_call('close_attended');
  perform levelb._begin_write();
  perform set_config('synchronous_commit', 'on', true);
  perform levelb._lock_for_activation(migration_id);
  v_incident := levelb._require_open_attended(migration_id);

  -- As it was judged when it was opened: who takes an approval back meanwhile comes too late.
  select m.* into strict v_manifest from only levelb.manifest m
   where m.migration_id = close_attended.migration_id and m.revision = (v_incident.details ->> 'revision')::integer;
  select p.version, p.hash, p.document, p.activated_at into strict v_policy from only levelb.policy p
   where p.version = (v_incident.details ->> 'policy_version')::integer;
  v_row := levelb._begun_activation(v_manifest, v_policy.version, v_policy.hash, levelb._break_glass_call());
  v_row.started_at := v_incident.at;
  v_row.approvals := v_incident.details -> 'approvals';
  v_row.commands := levelb._attended_commands(v_manifest);
  v_row.incident_id := v_incident.incident_id;

  begin
    v_problem := levelb._channel_problem();
    if v_problem.code is not null then
      perform levelb._raise(v_problem.code, v_problem.detail, v_problem.hint);
    end if;
    v_snapshot := pg_current_snapshot();
    v_drift := array(select d from levelb._drift(true) d);
    v_done := levelb._attended_drift(v_manifest, v_drift);
    v_effects := levelb._drift_effects(v_done);
    perform levelb._refuse_cluster_effects(v_effects);
    v_found := levelb._check_effects_approved(v_manifest, v_policy, v_row.approvals, v_effects);
    if levelb._put_drift(v_done, v_drift, v_snapshot) > 0 then
      perform levelb._raise('LB101', jsonb_build_object('problem', 'what was done was written to meanwhile'),
        'Another session changed the same object meanwhile: see levelb.drift(true), and close it again.');
    end if;
    v_row.outcome := 'activated';
    v_row.effects := levelb._canonical_effects(v_effects);
    v_row.effects_hash := levelb._sha256(v_row.effects::text);
    v_row.rollback_snapshot := levelb._attended_rollback_sql(v_manifest);
    v_row.accepted := levelb._acceptances(v_manifest, v_found);
  exception when others then
    get stacked diagnostics v_error.code = returned_sqlstate, v_error.message = message_text,
      v_detail = pg_exception_detail, v_hint = pg_exception_hint;
    -- A judgement ends it. What did not come to one may be tried again: it stays open.
    if v_error.code !~ '^LB[23]' then
      raise;
    end if;
    v_row.outcome := 'failed';
    v_row.code := v_error.code;
    v_row.reason := v_error.message;
    v_row.error := levelb._error_record(v_error.code, v_error.message, v_detail,
      concat_ws(' ', v_hint, 'What was done stays drift, to be undone or explained: docs/break-glass.md.'), null);
  end;

  perform pg_advisory_unlock_shared(g.session_key) from only levelb._open_guard g
   where g.incident_id = v_incident.incident_id and g.backend = pg_backend_pid();
  delete from levelb._open_guard g where g.incident_id = v_incident.incident_id;
  v_row := levelb._record_activation(v_row);
  perform levelb._log_break_glass('close_attended', v_incident, jsonb_build_object('outcome', v_row.outcome,
    'activation', v_row.activation_id));
  return v_row;
end
$close_attended$;
comment on function levelb.close_attended(text) is '@direct
@raises LB001 LB101 LB102 LB103 LB104 LB105 LB201 LB202 LB205

Close an attended migration: read back what was done, compare, record.

By the login that opened it, from any of its sessions, before its time runs out. What differs from before must be what was
approved: then it becomes the baseline and the record is a proof, else the record says failed and what was done stays drift.
Closes the guard either way. Nothing is done by a call before anything was run: that is how to give up.';
