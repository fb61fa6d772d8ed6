-- Owns what a policy asks for before a manifest can be approved and activated: its effects, and a rehearsal.

-- A rehearsal counts for the manifest that was rehearsed and on the major version on which it was. A live one shows what a
-- sandbox would, and more.
create function levelb._is_rehearsed(
  manifest levelb.manifest,
  required text
)
  returns boolean
  language sql stable
  set search_path = pg_catalog, pg_temp
return exists (
  select from only levelb.rehearsal r
   where r.manifest_hash = (manifest).manifest_hash
     and (r.place = 'live' and r.outcome = 'passed'
       or required = 'sandbox' and r.place = 'sandbox' and r.outcome in ('passed', 'partial'))
     and split_part(r.server_version, '.', 1) = split_part(current_setting('server_version'), '.', 1));
comment on function levelb._is_rehearsed(levelb.manifest, text) is 'Whether a rehearsal of a manifest is good enough.';

create function levelb._not_rehearsed(
  manifest levelb.manifest,
  policy levelb.active_policy
)
  returns levelb.error_entry
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_not_rehearsed$
declare
  v_required constant text := policy.document #>> '{rehearsal,required}';
  v_problem levelb.error_entry;
begin
  if levelb._is_native(manifest) then
    return null;
  elsif policy.document ->> 'effects' = 'exact' and manifest.effects is null then
    v_problem.code := 'LB209';
    v_problem.message := jsonb_build_object('migration_id', manifest.migration_id, 'policy', 'effects: exact');
  -- what a superuser runs cannot be rehearsed here, and a rollback has been rehearsed with what it takes back
  elsif v_required <> 'none' and manifest.kind = 'sql' and not levelb._is_rehearsed(manifest, v_required) then
    v_problem.code := 'LB209';
    v_problem.message := jsonb_build_object('migration_id', manifest.migration_id, 'policy', 'rehearsal.required: ' || v_required);
    v_problem.hint := case v_required
      when 'live' then format('An approver: select * from levelb.allow_rehearsal(%1$L, %2$L); then an operator: select * from levelb.rehearse_live(%1$L).',
        manifest.migration_id, manifest.manifest_hash)
      else format('Its author: select * from levelb_sandbox.rehearse(%L).', manifest.migration_id) end;
  end if;
  return v_problem;
end
$_not_rehearsed$;
comment on function levelb._not_rehearsed(levelb.manifest, levelb.active_policy) is
  'What a manifest lacks of what the policy asks for before it is approved: code, DETAIL as message, HINT; code null when nothing.';
