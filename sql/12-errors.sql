-- Owns the registry of errors and the one way to raise them.
create function levelb.errors()
  returns setof levelb.error_entry
  language sql immutable parallel safe
  set search_path = pg_catalog, pg_temp
begin atomic
  select e.code, e.name, e.message, e.hint, e.retryable
    from (values
      ('LB001', 'invalid_input', 'invalid input', 'Correct the field named in DETAIL.', false),
      ('LB002', 'unknown_migration', 'unknown migration', 'select migration_id from levelb.status;', false),
      ('LB003', 'migration_exists', 'migration exists',
        'Use levelb.restage for the next revision, or another name.', false),
      ('LB004', 'hash_mismatch', 'manifest hash mismatch', 'Read the newest revision and decide on its hash.', false),
      ('LB005', 'invalid_policy', 'invalid policy', 'Correct the policy at the path named in DETAIL.', false),
      ('LB006', 'suspicious_text', 'text holds a character that readers cannot see',
        'Remove the character at the position named in DETAIL.', false),
      ('LB007', 'dependency_not_activated', 'a dependency is not activated',
        'Activate the migrations named in DETAIL first.', false),
      ('LB008', 'already_activated', 'already activated', 'Stage a new migration for the next change.', false),
      ('LB009', 'withdrawn', 'withdrawn', 'The author may restage it as the next revision.', false),
      ('LB010', 'outside_window', 'outside its window',
        'Activate between not_before and not_after, or restage with another window.', false),
      ('LB011', 'cannot_run_in_channel', 'statement cannot run in the channel',
        'Take the statement out of the step; DETAIL names it.', false),
      ('LB012', 'not_supported_by_version', 'not supported by this version of levelb',
        'Leave it out, or write one of "supported" in DETAIL.', false),
      ('LB013', 'policy_unsatisfiable', 'the enabled principals cannot satisfy the policy',
        'Enrol more principals, or ask for fewer approvals.', false),
      ('LB014', 'secret_in_text', 'text holds a secret',
        'Manifest text is kept for ever: set the secret outside of it.', false),
      ('LB101', 'activation_in_progress', 'others are changing the same things', 'Try again in a moment.', true),
      ('LB102', 'lock_not_available', 'lock not available', 'Try again in a moment.', true),
      ('LB103', 'wrong_isolation', 'wrong isolation level', 'Call it in READ COMMITTED.', false),
      ('LB104', 'transaction_not_clean', 'transaction or session is not clean',
        'Call it as the first statement of a new connection.', false),
      ('LB105', 'read_only_replica', 'read-only transaction or replica', 'Connect to the primary, read-write.', false),
      ('LB106', 'timeout_not_armed', 'statement_timeout is not armed',
        'Set statement_timeout to at most the limit in DETAIL before the call.', false),
      ('LB107', 'quota_exceeded', 'quota exceeded', 'Withdraw migrations that are no longer needed.', false),
      ('LB201', 'not_enrolled', 'not enrolled for this',
        'Only a login of an enabled principal with a duty of DETAIL may do this; select * from levelb.active_principal.', false),
      ('LB202', 'impersonated_session', 'session does not run as its authenticated login',
        'Connect as the login itself.', false),
      ('LB203', 'self_approval', 'authors do not decide on their own migration', 'Ask another principal.', false),
      ('LB204', 'quorum_not_met', 'quorum not met', 'Ask for the approvals named in DETAIL.', false),
      ('LB205', 'call_not_direct', 'the call is not the whole statement',
        'Write exactly: select [columns] from verb(…), with the verb that DETAIL names; literals or parameters only, no expression, comment or WHERE.', false),
      ('LB206', 'signature_required', 'signature required', 'Sign the text of levelb.decision_text.', false),
      ('LB207', 'signature_invalid', 'signature invalid',
        'Sign the text of levelb.decision_text with an enrolled key.', false),
      ('LB208', 'rejected', 'rejected',
        'The principals named in DETAIL may revoke their rejection, or the author restages.', false),
      ('LB209', 'not_rehearsed', 'the policy asks for effects or a rehearsal that the manifest lacks',
        'Restage the migration with its effects.', false),
      ('LB210', 'author_mode', 'the channel is not ready for activation',
        'select * from levelb.readiness() where required and not ok;', false),
      ('LB211', 'adhoc_change_refused', 'only an activation of levelb may do this', 'Stage it as a migration.', false),
      ('LB212', 'self_activation', 'authors do not activate their own migration', 'Ask another operator.', false),
      ('LB213', 'would_hold_locks', 'would hold strong locks for too long',
        'Split the migration, or raise rehearsal.max_hold: DETAIL names the tables that others waited for.', false),
      ('LB301', 'append_only', 'append-only', 'Rows here are written by levelb alone and never change.', false),
      ('LB302', 'drift_detected', 'drift detected', 'Undo it, write its explanation with levelb drift --explain, or activate a policy that expects it: docs/drift.md.', false),
      ('LB303', 'effects_mismatch', 'effects are not those approved',
        'Restage with the effects in DETAIL, if they are what is wanted.', false),
      ('LB304', 'class_quorum_not_met', 'quorum not met for what really changed',
        'Restage with the classes in DETAIL and ask for the approvals.', false),
      ('LB305', 'uncovered_write', 'the text changed something that this version cannot account for',
        'Take the statement for the object in DETAIL out, and run it with your migration tool.', false),
      ('LB306', 'invariant_broken', 'an invariant of the channel is broken',
        'See select * from levelb.readiness() where required and not ok; docs/limits.md says what then.', false),
      ('LB307', 'untrusted_code', 'code of another owner would run with elevated rights',
        'Remove the code named in DETAIL from its path.', false),
      ('LB308', 'deferred_trigger', 'a deferrable trigger would fire after the proof',
        'Make the trigger not deferrable, or leave its table alone.', false),
      ('LB309', 'ledger_broken', 'ledger broken',
        'Activate nothing; select * from levelb.verify_ledger() names the row. docs/limits.md says what then.', false),
      ('LB310', 'rollback_incomplete', 'rollback incomplete',
        'See the difference in DETAIL, or the migrations that must be rolled back before.', false),
      ('LB311', 'verify_failed', 'verify failed',
        'The verify SQL of the step named in DETAIL must return true.', false),
      ('LB312', 'identity_changed', 'this is not the database that the ledger belongs to',
        'select levelb.rebind(reason) as a superuser.', false),
      ('LB901', 'bug', 'unexpected state', 'Please report it with DETAIL.', false)
    ) as e (code, name, message, hint, retryable);
end;
comment on function levelb.errors() is 'List every error of class LB.

Each raise of levelb carries one of these codes as SQLSTATE, MESSAGE as given here, DETAIL as one JSON object and the next
step as HINT. Codes LB1xx may be retried where so marked; LB3xx mean: stop and call someone.';

-- The one way to raise: constant message, JSON detail, the registry's hint unless a better one is given.
create function levelb._raise(code text, detail jsonb, hint text default null)
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_raise$
declare
  v_error levelb.error_entry;
begin
  select e.* into strict v_error from levelb.errors() e where e.code = _raise.code;
  raise exception using errcode = v_error.code, message = v_error.message, detail = coalesce(detail, '{}')::text,
    hint = coalesce(_raise.hint, v_error.hint);
end
$_raise$;
comment on function levelb._raise(text, jsonb, text) is 'Raise an error of the registry.';

create function levelb._invalid(field text, problem text)
  returns void
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_invalid$ select levelb._raise('LB001', jsonb_build_object('field', field, 'problem', problem)) $_invalid$;
comment on function levelb._invalid(text, text) is 'Raise LB001 for a field.';
