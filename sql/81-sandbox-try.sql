-- Owns trying a document before it is staged.

create function levelb_sandbox.try(document jsonb)
  returns levelb.rehearsal
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  set jit = off
  set quote_all_identifiers = off
  set standard_conforming_strings = on
as $try$
declare
  v_armed constant bigint := (select s.setting from pg_show_all_settings() s where s.name = 'statement_timeout')::bigint;
  v_id constant text := 'try/' || replace(gen_random_uuid()::text, '-', '');
  v_call levelb._call;
  v_policy levelb.active_policy;
  v_document jsonb;
  v_row levelb.rehearsal;
begin
  v_call := levelb._enter(array['author']);
  perform levelb._check_size(document);
  v_document := levelb._check_document(document);
  select * into strict v_policy from levelb.active_policy;
  perform levelb._clean_start('levelb_sandbox.try', levelb._rehearsal_limits(v_policy.document));
  perform levelb._begin_write();
  perform levelb._check_against_database(v_document);
  begin
    v_row := levelb._rehearse_in_sandbox(levelb._write_manifest(v_id, 1, v_document, v_call), v_policy, v_armed, v_call);
    raise exception using errcode = 'UNDO0';
  exception when sqlstate 'UNDO0' then
    perform pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
  end;
  v_row.rehearsal_id := 0;
  v_row.finished_at := clock_timestamp();
  v_row.transaction_id := pg_current_xact_id();
  v_row.server_version := current_setting('server_version');
  v_row.database_identity := levelb._database_identity();
  return v_row;
end
$try$;
comment on function levelb_sandbox.try(jsonb) is '@name tryDocument
@json document MigrationDocument
@direct
@connection
@arms statement_timeout
@raises LB001 LB002 LB005 LB006 LB011 LB012 LB014 LB101 LB103 LB104 LB105 LB106 LB107 LB201 LB202 LB205 LB307

Rehearse a document on the mirror and keep nothing, not even the record.

As levelb_sandbox.rehearse, for a document as levelb.stage takes it: to go on writing until it does what it should.
The rehearsal_id that it returns is 0.';
