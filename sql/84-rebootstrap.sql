-- Owns the last resort when people and keys are lost: another policy and other principals without any quorum.

-- What is installed is not taken for right here, as rebind does: two last resorts in one would hide each other.
create function levelb._require_sound_channel()
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_require_sound_channel$
declare
  v_report constant levelb.ledger_report := levelb._verify_ledger();
  v_problem levelb._verdict;
begin
  if not v_report.ok then
    perform levelb._raise('LB309', jsonb_build_object('first_bad', v_report.first_bad, 'problem', v_report.problem));
  end if;
  v_problem := levelb._channel_problem();
  if v_problem.code is not null then
    perform levelb._raise(v_problem.code, v_problem.detail, case when v_problem.detail ->> 'rule' = 'roles_as_installed'
      then 'Undo it as a superuser first.' else 'See why, then levelb.rebind(reason) first.' end);
  end if;
end
$_require_sound_channel$;
comment on function levelb._require_sound_channel() is
  'Refuse a ledger that does not verify, and objects that are not as installed.';

create function levelb._replace_principals(
  principals jsonb,
  reason text
)
  returns void
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_replace_principals$
declare
  v_entry jsonb;
begin
  for v_entry in
    select p.entry from levelb._enabled_principals() p
     where p.principal not in (select e ->> 'principal' from jsonb_array_elements(principals) e)
     order by p.principal collate "C"
  loop
    perform levelb._write_principal(v_entry, false, reason);
  end loop;
  for v_entry in select e from jsonb_array_elements(principals) e loop
    perform levelb._write_principal(v_entry, true, reason);
  end loop;
end
$_replace_principals$;
comment on function levelb._replace_principals(jsonb, text) is 'Enable these principals and disable all others.';

create function levelb.rebootstrap(
  policy jsonb,
  principals jsonb,
  reason text
)
  returns levelb.incident
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  set jit = off
  set quote_all_identifiers = off
as $rebootstrap$
declare
  v_old levelb.active_policy;
  v_people jsonb;
  v_policy jsonb;
  v_principals jsonb;
  v_paths text[];
  v_problem text;
  v_drifting text[];
  v_incident levelb.incident;
begin
  perform levelb._begin_write();
  perform levelb._refuse_impersonation();
  if (levelb._incarnation()).incident_id is null then
    perform levelb._raise('LB001', jsonb_build_object('field', 'policy', 'problem', 'there is no policy to replace'),
      'A database without a ledger wants levelb.bootstrap(policy, principals).');
  end if;
  perform levelb._require_break_glass();
  v_policy := levelb._check_policy(policy);
  v_principals := levelb._check_principals(principals);
  perform levelb._check_text('reason', reason, 2000, true);
  v_paths := levelb._paths('principals', v_principals);
  perform levelb._check_logins(v_paths, v_principals);
  perform levelb._refuse_other_identity(v_paths, v_principals);
  perform levelb._check_break_glass_logins(policy);
  v_problem := levelb._policy_problem(v_policy, v_principals);
  if v_problem is not null then
    perform levelb._raise('LB013', jsonb_build_object('problem', v_problem));
  end if;
  perform levelb._lock_for_activation(null);
  -- asked again: it may have been replaced while this waited
  perform levelb._require_break_glass();
  perform levelb._require_sound_channel();

  select * into strict v_old from levelb.active_policy;
  v_people := (select coalesce(jsonb_agg(p.entry order by p.principal collate "C"), '[]') from levelb._enabled_principals() p);
  v_drifting := levelb._drifting(array(select d from levelb._drift(true) d));
  perform levelb._settle_role_home(v_policy);
  v_incident := levelb._record_incident('rebootstrap', reason, jsonb_build_object(
    'fingerprint', levelb._fingerprint(), 'row_versions', levelb._row_versions(), 'release', (levelb.version()).release,
    'old', jsonb_build_object('policy_version', v_old.version, 'policy', v_old.document, 'principals', v_people),
    'new', jsonb_build_object('policy_version', v_old.version + 1, 'policy', v_policy, 'principals', v_principals)));
  perform levelb._set_policy(v_policy, v_incident.incident_id, null);
  perform levelb._replace_principals(v_principals, 'rebootstrap: ' || reason);
  -- enrolling grants memberships; what drifts besides stays drift
  perform levelb._rewatch(v_drifting);
  perform levelb._seal(true);
  return v_incident;
end
$rebootstrap$;
comment on function levelb.rebootstrap(jsonb, jsonb, text) is '@json policy PolicyDocument
@json principals Principals
@raises LB001 LB005 LB006 LB012 LB013 LB101 LB102 LB103 LB104 LB105 LB201 LB202 LB306 LB309 LB312

Replace policy and principals without a quorum, as the last resort.

For when nobody can approve any more, by a superuser whom the active policy names as break-glass login. Verifies the
ledger, disables every principal that is not in the list, and appends an incident that shows the old and the new policy
and people. All approvals given before are void. It does not take over changed objects: levelb.rebind(reason) does, and
comes first.';
