-- Owns rehearsing in the sandbox: the text of an author runs unchanged on a mirror without rows, with the rights of a role
-- that owns nothing else, before anybody has approved it. Nothing of it is kept but the record.

-- One at a time: two would wait for one another at the schemas that both rename. The lock is given back when what was done
-- under it is undone, however long the caller's transaction stays open.
create function levelb._take_sandbox()
  returns void
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_take_sandbox$
begin
  lock table levelb._mirror in row exclusive mode;
  perform levelb._yield_to_activations();
  perform from levelb._gate g where g.name = 'sandbox' for update nowait;
exception when lock_not_available then
  perform levelb._raise('LB107', '{"rehearsals": "one at a time"}', 'Another sandbox rehearsal is running: try again in a moment.');
end
$_take_sandbox$;
comment on function levelb._take_sandbox() is 'Take the sandbox until the end of the subtransaction.';

create function levelb._rehearse_in_sandbox(
  manifest levelb.manifest,
  policy levelb.active_policy,
  armed_ms bigint,
  call levelb._call
)
  returns levelb.rehearsal
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_rehearse_in_sandbox$
declare
  v_row levelb.rehearsal := levelb._begun_rehearsal(manifest, 'sandbox', policy.version, policy.hash, call);
  v_left_out constant jsonb := levelb._not_rehearsed_here(manifest);
  v_seeds constant jsonb := (
    select jsonb_agg(format('schema %I, %s bytes, sha256 %s', s.schema_name, octet_length(s.sql), encode(levelb._sha256(s.sql), 'hex'))
        order by s.schema_name) from levelb._seed s where s.principal = call.principal);
  v_plan levelb._mirror[];
begin
  if manifest.kind not in ('sql', 'rollback') or levelb._is_native(manifest) then
    perform levelb._raise('LB001', jsonb_build_object('field', 'kind', 'problem',
        format('is %s, of which there is nothing to rehearse', manifest.kind)),
      'The database carries it out itself, or a superuser does: see levelb.review.');
  end if;
  perform levelb._require_closed_world();
  -- they say what the mirror holds, and are in no manifest
  if v_seeds is not null then
    v_row.warnings := levelb._with_warning(v_row.warnings, 'seeded', v_seeds);
  end if;
  if v_left_out is not null then
    v_row.outcome := 'partial';
    v_row.warnings := levelb._with_warning(v_row.warnings, 'not rehearsed here', v_left_out);
  end if;
  begin
    perform levelb._take_sandbox();
    v_plan := levelb._mirror_plan(call);
    v_row := levelb._rehearse(manifest, v_row, armed_ms, levelb._session_now(), v_plan);
    if v_left_out is not null and v_row.outcome = 'partial' then
      -- what was left out of it has not been seen to restore anything
      if jsonb_path_exists(v_left_out, '$[*].part ? (@ != "apply")') then
        v_row.rollback_restored := null;
      end if;
      if v_row.statements = '[]' then
        v_row.reason := 'nothing of it can run in a sandbox';
      end if;
    end if;
    raise exception using errcode = 'UNDO0';
  exception when sqlstate 'UNDO0' then
    perform pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
  end;
  return v_row;
end
$_rehearse_in_sandbox$;
comment on function levelb._rehearse_in_sandbox(levelb.manifest, levelb.active_policy, bigint, levelb._call) is
  'Rehearse on a mirror; return the record.';

create function levelb_sandbox.rehearse(migration_id text)
  returns levelb.rehearsal
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  set jit = off
  set quote_all_identifiers = off
  set standard_conforming_strings = on
as $rehearse$
declare
  v_armed constant bigint := (select s.setting from pg_show_all_settings() s where s.name = 'statement_timeout')::bigint;
  v_call levelb._call;
  v_policy levelb.active_policy;
  v_manifest levelb.manifest;
begin
  v_call := levelb._enter(array['author']);
  perform levelb._check_slug('migration_id', migration_id);
  select * into strict v_policy from levelb.active_policy;
  perform levelb._clean_start('levelb_sandbox.rehearse', levelb._rehearsal_limits(v_policy.document));
  perform levelb._begin_write();
  v_manifest := levelb._newest(migration_id);
  if v_manifest.migration_id is null then
    perform levelb._raise('LB002', jsonb_build_object('field', 'migration_id', 'migration_id', migration_id));
  elsif levelb._is_activated(migration_id) then
    perform levelb._raise('LB008', jsonb_build_object('migration_id', migration_id));
  elsif levelb._is_withdrawn(migration_id, v_manifest.revision) then
    perform levelb._raise('LB009', jsonb_build_object('migration_id', migration_id, 'revision', v_manifest.revision));
  end if;
  return levelb._record_rehearsal(levelb._rehearse_in_sandbox(v_manifest, v_policy, v_armed, v_call));
end
$rehearse$;
comment on function levelb_sandbox.rehearse(text) is '@direct
@connection
@arms statement_timeout
@readback rehearsal_id
@raises LB001 LB002 LB008 LB009 LB101 LB103 LB104 LB105 LB106 LB107 LB201 LB202 LB205 LB307

Rehearse a staged migration on a mirror of what is protected, without rows.

Makes the schemas of level full again under their own names, runs the unchanged text there as levelb_sandbox, takes it back,
runs it again, and undoes everything; others see none of it. Returns the record: passed; partial, where statements cannot
run there; incomplete, where it names what could not be mirrored; failed. Refused with LB307 while levelb_sandbox could
reach code with the rights of others. Neither locks nor durations are those of the real objects: levelb.rehearse_live.';
