-- Owns carrying out what needs no text: kinds whose payload is the change.

-- An explanation takes what drifted for right, and answers for the uses of break-glass that it names. It names the drift as it is now, all of a row or nothing of it: a change
-- that came later, or stands beside it on the same object, is nobody's yet.
create function levelb._carry_out_explanation(payload jsonb)
  returns jsonb
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_carry_out_explanation$
declare
  v_snapshot constant pg_snapshot := pg_current_snapshot();
  v_drift constant levelb._drift[] := array(select d from levelb._drift(true) d);
  v_explained levelb._drift[];
  v_missing jsonb;
  v_others jsonb;
begin
  v_explained := array(
    select d from unnest(v_drift) d
     where payload -> 'effects' @> levelb._canonical_effects(levelb._drift_effects(array[d])));
  select jsonb_agg(e) into v_missing from jsonb_array_elements(payload -> 'effects') e
   where not levelb._canonical_effects(levelb._drift_effects(v_explained)) @> jsonb_build_array(e);
  select levelb._canonical_effects(levelb._drift_effects(array_agg(d))) into v_others
    from unnest(v_drift) d
   where (d in (select w from levelb._with_parts(array(
           select x from unnest(v_explained) x where x.old_key is distinct from x.new_key), v_drift) w)
       or exists (select from unnest(v_explained) x where x.catalog = d.catalog
                   and (x.old_key, x.new_key) is not distinct from (d.old_key, d.new_key))
       -- for who has to restage: what it is now
       or payload -> 'effects' @> jsonb_build_array(jsonb_build_object('object_type', d.object_type, 'identity',
         d.identity)))
     and not d.expected and d <> all(v_explained);
  if v_missing is not null or v_others <> '[]' then
    perform levelb._raise('LB303', jsonb_build_object('missing', coalesce(v_missing, '[]'), 'unexpected', v_others),
      'Restage with what levelb.drift(full => true) says now: missing is no longer so, unexpected is on the same objects.');
  end if;
  if levelb._put_drift(v_explained, v_drift, v_snapshot) > 0 then
    perform levelb._raise('LB101', jsonb_build_object('problem', 'what is explained was written to meanwhile'),
      'Another session changed the same object meanwhile: see levelb.drift(true), and activate again.');
  end if;
  return levelb._drift_effects(v_explained) || levelb._incident_effects(payload);
end
$_carry_out_explanation$;
comment on function levelb._carry_out_explanation(jsonb) is 'Make explained drift the baseline; return it as effects.';

create function levelb._carry_out(
  kind text,
  payload jsonb,
  reason text,
  activation_id bigint
)
  returns jsonb
  language sql volatile
  set search_path = pg_catalog, pg_temp
return case kind
  when 'policy' then levelb._carry_out_policy(payload, activation_id)
  when 'principal' then levelb._carry_out_principal_change(payload, reason, activation_id)
  when 'pointer' then levelb._carry_out_pointer(payload, activation_id)
  when 'explain' then levelb._carry_out_explanation(payload)
  when 'protect' then levelb._carry_out_protection(payload, activation_id) end;
comment on function levelb._carry_out(text, jsonb, text, bigint) is 'Do what a payload says; return the effects.';

-- back: what was read back of the steps that the database made for it, null where there are none. No other text runs:
-- the rest of the effects are read from the rows before and after.
create function levelb._carry_out_manifest(
  manifest levelb.manifest,
  activation_id bigint,
  back levelb._read_back
)
  returns levelb._read_back
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_carry_out_manifest$
declare
  v_back levelb._read_back := back;
  v_effects constant jsonb := levelb._carry_out(manifest.kind, manifest.payload, 'migration ' || manifest.migration_id,
    activation_id);
begin
  v_back.effects := coalesce(v_back.effects, '[]') || v_effects;
  v_back.tally := coalesce(v_back.tally, '{}');
  v_back.rollback := concat(v_back.rollback, levelb._native_rollback_sql(v_effects));
  return v_back;
end
$_carry_out_manifest$;
comment on function levelb._carry_out_manifest(levelb.manifest, bigint, levelb._read_back) is
  'Carry out a native manifest and add what it did to what was read back.';
