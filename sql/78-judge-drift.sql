-- Owns what an activation does about drift.

-- One entry for each different set: a detour that stands for a week is one fact, and that it is over is another.
create function levelb._record_drift(drift levelb._drift[])
  returns bigint
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_record_drift$
declare
  v_effects constant jsonb := levelb._canonical_effects(levelb._drift_effects(drift));
  -- an incident is kept for ever, and who owns an application could make it as long as he likes
  v_details constant jsonb := jsonb_build_object('count', jsonb_array_length(v_effects), 'hash',
    encode(levelb._sha256(v_effects::text), 'hex'), 'effects', (
      select coalesce(jsonb_agg(e order by n), '[]') from jsonb_array_elements(v_effects) with ordinality e (e, n) where n <= 100));
  v_last levelb.incident;
begin
  select i.* into v_last from only levelb.incident i
   where i.kind in ('drift', 'bootstrap', 'rebind', 'rebootstrap') order by i.incident_id desc limit 1;
  if v_last.kind = 'drift' and v_last.details -> 'hash' <> v_details -> 'hash'
     or v_last.kind <> 'drift' and v_effects <> '[]' then
    return (levelb._record_incident('drift', case v_effects when '[]' then 'drift is over' else 'drift was found' end,
      v_details)).incident_id;
  end if;
  return case when v_last.kind = 'drift' then v_last.incident_id end;
end
$_record_drift$;
comment on function levelb._record_drift(levelb._drift[]) is
  'Write what drifts, unless it is what was written last; return the incident that says it, null when there is none.';

-- To say what a view is, PostgreSQL locks what it reads. Who holds that in a stronger mode is not waited for longer
-- than for a gate.
create function levelb._drift_before()
  returns levelb._drift[]
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_drift_before$
begin
  return array(select d from levelb._drift_found(false) d);
exception when lock_not_available then
  perform levelb._raise('LB102', jsonb_build_object('problem', 'another session holds something that drifted'));
end
$_drift_before$;
comment on function levelb._drift_before() is
  'What drifts, and what migration tools did, before an activation runs anything; LB102 when that cannot be read.';

-- Without a look before, what drifted when somebody looked last. What a migration tool did is no drift: an approved change
-- of it is on record, and so is all of the row.
create function levelb._drifting(drift levelb._drift[])
  returns text[]
  language sql stable
  set search_path = pg_catalog, pg_temp
return case when drift is null then (select h.drifting from levelb._baseline_head h)
  else array(select distinct d.catalog || ' ' || d.new_key from unnest(drift) d where d.new_key is not null and not d.is_migrators) end;
comment on function levelb._drifting(levelb._drift[]) is '"catalog key" of the rows that drift.';

-- A policy that says what is normal life here would be refused by that very life: what it expects, and approvers have
-- read, counts for its own activation. A rollback was not written for the drift of today, and is judged as any other.
create function levelb._expected_with(
  drift levelb._drift[],
  policy levelb.active_policy,
  manifest levelb.manifest
)
  returns levelb._drift[]
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_expected_with$
declare
  v_patterns constant jsonb := (policy.document -> 'expected')
    || coalesce(manifest.payload -> 'expected', '[]');
  v_drift levelb._drift;
  v_all levelb._drift[] := '{}';
begin
  if manifest.kind <> 'policy' then
    return drift;
  end if;
  foreach v_drift in array drift loop
    v_drift.expected := v_drift.expected or levelb._is_expected(v_drift, v_patterns);
    v_all := v_all || v_drift;
  end loop;
  return v_all;
end
$_expected_with$;
comment on function levelb._expected_with(levelb._drift[], levelb.active_policy, levelb.manifest) is
  'Drift, with what this migration makes the policy expect.';

create function levelb._judge_drift(
  policy text,
  drift levelb._drift[],
  verdict levelb._verdict
)
  returns levelb._verdict
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_judge_drift$
declare
  v_effects constant jsonb := levelb._canonical_effects(levelb._drift_effects(array(
    select d from unnest(drift) d where not d.expected)));
begin
  if policy = 'refuse' and v_effects <> '[]' then
    -- a refusal is kept for ever: what does not fit is in levelb.drift()
    return levelb._refusal('LB302', jsonb_build_object('count', jsonb_array_length(v_effects), 'effects',
      (select jsonb_agg(e order by n) from jsonb_array_elements(v_effects) with ordinality e (e, n) where n <= 100)),
        verdict.approvals);
  end if;
  return verdict;
end
$_judge_drift$;
comment on function levelb._judge_drift(text, levelb._drift[], levelb._verdict) is
  'Refuse drift where the policy says so.';

create function levelb._note_drift(
  policy text,
  drift levelb._drift[]
)
  returns void
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_note_drift$
begin
  perform levelb._log_drift(drift, jsonb_build_object('policy', policy));
  if policy = 'record' then
    perform levelb._record_drift(array(select d from unnest(drift) d where not d.expected));
  end if;
end
$_note_drift$;
comment on function levelb._note_drift(text, levelb._drift[]) is
  'Say what an activation learned of drift, in the log and, where the policy asks for it, on record.';
