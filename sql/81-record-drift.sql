-- Owns keeping a trace of drift between activations.

create type levelb.drift_record as (
  incident_id  bigint,
  unexpected   integer,
  effects      jsonb
);
comment on type levelb.drift_record is 'What drifted when somebody looked.';
comment on column levelb.drift_record.incident_id is '@null

Incident that says the same; null when nothing has ever drifted since this ledger began here.';
comment on column levelb.drift_record.unexpected is
  'How many of the effects the policy does not expect; only those are recorded.';
comment on column levelb.drift_record.effects is '@json DriftEffects

What drifts, in canonical order, each with whether the policy expects it.';

create function levelb.record_drift("full" boolean default false)
  returns levelb.drift_record
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  set jit = off
  set quote_all_identifiers = off
  set standard_conforming_strings = on
as $record_drift$
declare
  v_drift levelb._drift[];
  v_unexpected levelb._drift[];
  v_record levelb.drift_record;
begin
  perform levelb._enter(array['approver', 'operator', 'auditor']);
  if "full" is null then
    perform levelb._invalid('full', 'is required');
  end if;
  perform levelb._begin_write();
  perform levelb._require_baseline();
  -- Two that look at once would each write the same. Not the gate of activations: nobody who looks makes one wait.
  begin
    perform from levelb._gate g where g.name = 'drift' for update;
  exception when lock_not_available then
    perform levelb._raise('LB102', jsonb_build_object('gate', 'drift'));
  end;
  v_drift := array(select d from levelb._drift("full") d);
  v_unexpected := array(select d from unnest(v_drift) d where not d.expected);
  v_record.incident_id := levelb._record_drift(v_unexpected);
  v_record.unexpected := cardinality(v_unexpected);
  v_record.effects := levelb._told_drift(v_drift);
  perform levelb._log_drift(v_drift);
  if v_drift <> '{}' then
    perform pg_notify('levelb',
      jsonb_build_object('drift', v_record.unexpected, 'incident_id', v_record.incident_id)::text);
  end if;
  return v_record;
end
$record_drift$;
comment on function levelb.record_drift(boolean) is '@raises LB001 LB102 LB103 LB104 LB105 LB201 LB202 LB210 LB312

Look for drift and keep what is found.

So drift that comes and goes leaves a trace. Called from cron or pg_cron, as an auditor. Writes an incident when what drifts, expected drift aside, is other than what
was written last; also when it is over. Drift stays drift until it is undone or explained.';
