-- Owns approving, rejecting and revoking.

-- Everything the three have in common, in the order in which it is asked.
create function levelb._decide(
  migration_id text,
  manifest_hash bytea,
  decision text,
  reason text,
  expires_at timestamptz,
  signature text
)
  returns levelb.approval
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_decide$
declare
  v_verb constant text := case decision when 'rehearse' then 'allow_rehearsal' else decision end;
  v_call levelb._call;
  v_manifest levelb.manifest;
  v_policy levelb.active_policy;
  v_standing text;
  v_missing levelb.error_entry;
  v_approval levelb.approval;
begin
  perform levelb._begin_write();
  v_call := levelb._enter(array['approver']);
  perform levelb._check_slug('migration_id', migration_id);
  if decision <> 'revoke' then
    perform levelb._check_hash('manifest_hash', manifest_hash);
  end if;
  if reason is not null or decision not in ('approve', 'rehearse') then
    perform levelb._check_reason(reason);
  end if;
  perform levelb._check_expiry(expires_at);
  if signature is not null then
    perform levelb._raise('LB012', jsonb_build_object('field', 'signature'), 'Leave the signature out: this version checks none.');
  end if;
  -- Without a signature the login is all there is, and a view, a trigger or a function could use it while its owner
  -- looks elsewhere. So the call must be all that the client sent.
  if not levelb._is_direct(v_verb) then
    perform levelb._raise('LB205', jsonb_build_object('verb', 'levelb.' || v_verb));
  end if;
  perform levelb._pass_gate(migration_id);

  v_manifest := levelb._newest(migration_id);
  select * into strict v_policy from levelb.active_policy;
  if levelb._is_activated(migration_id) then
    perform levelb._raise('LB008', jsonb_build_object('migration_id', migration_id));
  end if;
  if levelb._is_withdrawn(v_manifest.migration_id, v_manifest.revision) then
    perform levelb._raise('LB009', jsonb_build_object('migration_id', migration_id, 'revision', v_manifest.revision));
  end if;
  if manifest_hash <> v_manifest.manifest_hash then
    perform levelb._raise('LB004', jsonb_build_object('field', 'manifest_hash', 'revision', v_manifest.revision,
      'given', encode(manifest_hash, 'hex'), 'staged', encode(v_manifest.manifest_hash, 'hex')));
  end if;
  -- by the login too: it may have been enrolled anew under another name since
  if levelb._person(v_manifest.author) = v_call.person or v_manifest.login = v_call.login and v_manifest.kind <> 'rollback' then
    perform levelb._raise('LB203', jsonb_build_object('author', v_manifest.author, 'principal', v_call.principal));
  end if;
  if decision = 'approve' then
    v_missing := levelb._not_rehearsed(v_manifest, v_policy);
    if v_missing.code is not null then
      perform levelb._raise('LB209', v_missing.message::jsonb, v_missing.hint);
    end if;
  end if;
  if decision = 'revoke' then
    select a.decision into v_standing from only levelb.approval a
     where a.migration_id = v_manifest.migration_id and a.revision = v_manifest.revision and a.principal = v_call.principal
     order by a.approval_id desc limit 1;
    if coalesce(v_standing, 'revoke') = 'revoke' then
      perform levelb._invalid('migration_id', 'you have no decision on it that could be revoked');
    end if;
  end if;

  -- The newest decision of a principal holds, so numbers must grow even where somebody has set the sequence back.
  insert into levelb.approval (approval_id, migration_id, revision, decision, principal, login, authenticated_user, client_address,
      manifest_hash, policy_version, policy_hash, incarnation, reason, expires_at, decision_text, decided_at, transaction_id)
    overriding system value
    values (greatest(nextval(pg_get_serial_sequence('levelb.approval', 'approval_id')),
        (select max(a.approval_id) + 1 from only levelb.approval a where a.migration_id = v_manifest.migration_id)),
      migration_id, v_manifest.revision, decision, v_call.principal, v_call.login, v_call.authenticated_user,
      v_call.client_address, v_manifest.manifest_hash, v_policy.version, v_policy.hash,
      (levelb._incarnation()).incident_id, reason,
      coalesce(expires_at, clock_timestamp()
        + levelb._interval_ms(v_policy.document -> 'approval' ->> 'ttl') * interval '1 millisecond'),
      levelb._decision_text(v_manifest, v_policy.hash, v_call.principal, decision, expires_at, reason),
      clock_timestamp(), pg_current_xact_id())
    returning * into v_approval;
  return v_approval;
end
$_decide$;
comment on function levelb._decide(text, bytea, text, text, timestamptz, text) is 'Check and write one decision.';

create function levelb.approve(
  migration_id text,
  manifest_hash bytea,
  reason text default null,
  expires_at timestamptz default null,
  signature text default null
)
  returns levelb.approval
  language sql volatile security definer
  set search_path = pg_catalog, pg_temp
as $approve$ select * from levelb._decide(migration_id, manifest_hash, 'approve', reason, expires_at, signature) $approve$;
comment on function levelb.approve(text, bytea, text, timestamptz, text) is '@direct
@raises LB001 LB002 LB004 LB006 LB008 LB009 LB012 LB014 LB102 LB103 LB104 LB105 LB201 LB202 LB203 LB205 LB209

Approve the newest revision of a migration.

The hash is the one that was read; another one is refused with both. The approval is bound to it and to the active policy,
ends at expires_at or after the policy''s ttl, and never counts for the author, or for the operator who activates. The
call must be the whole statement.';

create function levelb.reject(
  migration_id text,
  manifest_hash bytea,
  reason text,
  signature text default null
)
  returns levelb.approval
  language sql volatile security definer
  set search_path = pg_catalog, pg_temp
as $reject$ select * from levelb._decide(migration_id, manifest_hash, 'reject', reason, null, signature) $reject$;
comment on function levelb.reject(text, bytea, text, text) is '@direct
@raises LB001 LB002 LB004 LB006 LB008 LB009 LB012 LB014 LB102 LB103 LB104 LB105 LB201 LB202 LB203 LB205

Reject the newest revision of a migration.

No quorum activates it while a rejection stands. It ends when its principal revokes it, when the author restages, or when
its principal is disabled.';

create function levelb.revoke(
  migration_id text,
  reason text,
  signature text default null
)
  returns levelb.approval
  language sql volatile security definer
  set search_path = pg_catalog, pg_temp
as $revoke$ select * from levelb._decide(migration_id, null, 'revoke', reason, null, signature) $revoke$;
comment on function levelb.revoke(text, text, text) is '@direct
@raises LB001 LB002 LB006 LB008 LB009 LB012 LB014 LB102 LB103 LB104 LB105 LB201 LB202 LB203 LB205

Take back the own decision on the newest revision of a migration.

An activation that has not judged yet will not count it.';

create function levelb.allow_rehearsal(
  migration_id text,
  manifest_hash bytea,
  reason text default null,
  expires_at timestamptz default null,
  signature text default null
)
  returns levelb.approval
  language sql volatile security definer
  set search_path = pg_catalog, pg_temp
as $allow_rehearsal$ select * from levelb._decide(migration_id, manifest_hash, 'rehearse', reason, expires_at, signature) $allow_rehearsal$;
comment on function levelb.allow_rehearsal(text, bytea, text, timestamptz, text) is '@direct
@raises LB001 LB002 LB004 LB006 LB008 LB009 LB012 LB014 LB102 LB103 LB104 LB105 LB201 LB202 LB203 LB205

Allow a live rehearsal of the newest revision of a migration.

levelb.rehearse_live runs its text with the rights of levelb_deploy on the live objects before it is approved, so somebody
who is neither its author nor the operator who calls must have read it. It is no approval, and leaves an approval or
rejection of the same principal as it is; revoke takes back both.';
