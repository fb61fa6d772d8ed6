-- Owns the text that stands for a decision, and its writing.
-- Bytes of a decision text, one line per fact, the last line with its newline:
--   levelb decision v1
--   database: {"name": "app", "database_oid": "16384", "system_identifier": "7312…"}
--   migration: 0007_repoint_orders
--   revision: 1
--   manifest: 64 hex digits
--   policy: 64 hex digits
--   decision: approve
--   principal: alice
--   expires: 2026-12-01T00:00:00.000000Z, or - for the policy's ttl
--   reason: 64 hex digits, the sha256sum of the reason, or - without one
create function levelb._decision_text(
  manifest levelb.manifest,
  policy_hash bytea,
  principal text,
  decision text,
  expires_at timestamptz,
  reason text
)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return concat_ws(E'\n', 'levelb decision v1',
    'database: ' || levelb._database_identity()::text,
    'migration: ' || (manifest).migration_id,
    'revision: ' || (manifest).revision,
    'manifest: ' || encode((manifest).manifest_hash, 'hex'),
    'policy: ' || encode(policy_hash, 'hex'),
    'decision: ' || decision,
    'principal: ' || principal,
    'expires: ' || coalesce(to_char(expires_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '-'),
    'reason: ' || coalesce(encode(levelb._sha256(reason), 'hex'), '-')) || E'\n';
comment on function levelb._decision_text(levelb.manifest, bytea, text, text, timestamptz, text) is
  'Text of one decision.';

create function levelb.decision_text(
  migration_id text,
  decision text default 'approve',
  expires_at timestamptz default null,
  reason text default null
)
  returns text
  language plpgsql stable security definer
  set search_path = pg_catalog, pg_temp
as $decision_text$
declare
  v_call levelb._call;
  v_manifest levelb.manifest;
begin
  v_call := levelb._enter(array['approver']);
  perform levelb._check_slug('migration_id', migration_id);
  if decision is null or decision not in ('approve', 'reject', 'revoke', 'rehearse') then
    perform levelb._invalid('decision', 'must be approve, reject, revoke or rehearse');
  end if;
  perform levelb._check_expiry(expires_at);
  if reason is not null then
    perform levelb._check_reason(reason);
  end if;
  v_manifest := levelb._newest(migration_id);
  if v_manifest.migration_id is null then
    perform levelb._raise('LB002', jsonb_build_object('field', 'migration_id', 'migration_id', migration_id));
  end if;
  return levelb._decision_text(v_manifest, (select p.hash from levelb.active_policy p), v_call.principal, decision,
    expires_at, reason);
end
$decision_text$;
comment on function levelb.decision_text(text, text, timestamptz, text) is '@raises LB001 LB002 LB006 LB014 LB201 LB202

Show the exact text of a decision on the newest revision.

A pure function of its arguments, the caller and stored rows: it names the database, the manifest and policy hash, the
decision and the principal. It is what a signature covers, and is kept with the decision.';

-- An expiry the caller names must lie ahead, and not beyond what the policy allows.
create function levelb._check_expiry(expires_at timestamptz)
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_check_expiry$
declare
  v_ttl constant bigint := levelb._interval_ms((select p.document -> 'approval' ->> 'ttl' from levelb.active_policy p));
begin
  if not isfinite(expires_at) then
    perform levelb._invalid('expires_at', 'must be a time');
  elsif expires_at <= clock_timestamp() then
    perform levelb._invalid('expires_at', 'lies in the past');
  elsif expires_at > clock_timestamp() + v_ttl * interval '1 millisecond' then
    perform levelb._invalid('expires_at', 'lies beyond the ttl of the policy, '
      || (select p.document -> 'approval' ->> 'ttl' from levelb.active_policy p));
  end if;
end
$_check_expiry$;
comment on function levelb._check_expiry(timestamptz) is 'Refuse an expiry that is past or beyond the policy.';
