-- Owns taking back and replacing revisions.

create function levelb._withdraw(
  manifest levelb.manifest,
  reason text,
  call levelb._call
)
  returns void
  language sql volatile
  set search_path = pg_catalog, pg_temp
as $_withdraw$
  insert into levelb.withdrawal (migration_id, revision, principal, login, reason, at, transaction_id)
    values (manifest.migration_id, manifest.revision, call.principal, call.login, reason, clock_timestamp(), pg_current_xact_id())
$_withdraw$;
comment on function levelb._withdraw(levelb.manifest, text, levelb._call) is 'Write one withdrawal.';

-- A rollback has the original's author and is no work of theirs: they do not stand in its way either.
create function levelb._is_own(
  manifest levelb.manifest,
  call levelb._call
)
  returns boolean
  language sql stable
  set search_path = pg_catalog, pg_temp
return (manifest).kind <> 'rollback' and levelb._person((manifest).author) = (call).person;
comment on function levelb._is_own(levelb.manifest, levelb._call) is 'Whether the caller counts as the author.';

create function levelb.restage(
  migration_id text,
  document jsonb
)
  returns levelb.manifest
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
as $restage$
declare
  v_call levelb._call;
  v_document jsonb;
  v_manifest levelb.manifest;
begin
  perform levelb._begin_write();
  v_call := levelb._enter(array['author']);
  perform levelb._check_slug('migration_id', migration_id);
  perform levelb._refuse_rollback_name(migration_id);
  perform levelb._check_size(document);
  v_document := levelb._check_document(document);
  perform levelb._pass_gate(migration_id);
  perform levelb._refuse_while_attended(migration_id);
  v_manifest := levelb._newest(migration_id);
  if not levelb._is_own(v_manifest, v_call) then
    perform levelb._raise('LB201', jsonb_build_object('principal', v_call.principal, 'author', v_manifest.author),
      'Only its author restages a migration.');
  end if;
  if levelb._is_activated(migration_id) then
    perform levelb._raise('LB008', jsonb_build_object('migration_id', migration_id));
  end if;
  perform levelb._check_against_database(v_document);
  v_document := levelb._with_protect_steps(v_document);
  if v_manifest.revision >= 500 then
    perform levelb._raise('LB107', jsonb_build_object('migration_id', migration_id, 'revisions', v_manifest.revision),
      'Stage it under another name.');
  end if;
  if not levelb._is_withdrawn(v_manifest.migration_id, v_manifest.revision) then
    perform levelb._withdraw(v_manifest, format('restaged as revision %s', v_manifest.revision + 1), v_call);
  end if;
  return levelb._write_manifest(migration_id, v_manifest.revision + 1, v_document, v_call);
end
$restage$;
comment on function levelb.restage(text, jsonb) is '@json document MigrationDocument
@raises LB001 LB002 LB005 LB006 LB008 LB011 LB012 LB013 LB014 LB101 LB102 LB103 LB104 LB105 LB107 LB201 LB202 LB307

Withdraw the newest revision of an own migration and stage the next.

Approvals of the earlier revision do not carry over, since they name its hash.';

create function levelb.withdraw(
  migration_id text,
  reason text
)
  returns levelb.manifest
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
as $withdraw$
declare
  v_call levelb._call;
  v_manifest levelb.manifest;
begin
  perform levelb._begin_write();
  v_call := levelb._enter(array['author', 'approver', 'operator']);
  perform levelb._check_slug('migration_id', migration_id);
  perform levelb._check_reason(reason);
  perform levelb._pass_gate(migration_id);
  perform levelb._refuse_while_attended(migration_id);
  v_manifest := levelb._newest(migration_id);
  if not v_call.duties && array['approver', 'operator'] and not levelb._is_own(v_manifest, v_call) then
    perform levelb._raise('LB201', jsonb_build_object('principal', v_call.principal, 'author', v_manifest.author),
      'An author withdraws own migrations; approvers and operators any.');
  end if;
  if levelb._is_activated(migration_id) then
    perform levelb._raise('LB008', jsonb_build_object('migration_id', migration_id));
  end if;
  if levelb._is_withdrawn(v_manifest.migration_id, v_manifest.revision) then
    perform levelb._raise('LB009', jsonb_build_object('migration_id', migration_id, 'revision', v_manifest.revision));
  end if;
  perform levelb._withdraw(v_manifest, reason, v_call);
  return v_manifest;
end
$withdraw$;
comment on function levelb.withdraw(text, text) is
  '@raises LB001 LB002 LB006 LB008 LB009 LB014 LB101 LB102 LB103 LB104 LB105 LB201 LB202

Take back the newest revision of a migration before activation.

An author withdraws own migrations, approvers and operators any. The row stays, with the reason.';
