-- Owns what the database carries out itself, whatever its kind.

-- What only this database can say about a payload.
create function levelb._require_payload(
  kind text,
  payload jsonb
)
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_require_payload$
declare
  v_code text;
  v_detail jsonb;
  v_hint text;
begin
  case kind
    when 'policy' then perform levelb._require_policy(payload);
    when 'principal' then perform levelb._require_principal_change(payload);
    when 'protect' then perform levelb._require_protection(payload);
    when 'explain' then perform levelb._require_explanation(payload);
    -- a pointer may be moved by the migration that this one depends on
    else null;
  end case;
exception when sqlstate 'LB001' or sqlstate 'LB005' then
  get stacked diagnostics v_code = returned_sqlstate, v_detail = pg_exception_detail, v_hint = pg_exception_hint;
  perform levelb._raise(v_code, v_detail || jsonb_build_object('field', levelb._payload_field(v_detail ->> 'field')), v_hint);
end
$_require_payload$;
comment on function levelb._require_payload(text, jsonb) is 'Refuse a payload that this database cannot carry out.';

-- The same as a judgement: what was right when it was staged may be wrong when it is activated.
create function levelb._payload_problem(
  kind text,
  payload jsonb
)
  returns levelb.error_entry
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_payload_problem$
declare
  v_problem levelb.error_entry;
begin
  perform levelb._require_payload(kind, payload);
  return null;
exception when sqlstate 'LB001' or sqlstate 'LB005' or sqlstate 'LB013' then
  get stacked diagnostics v_problem.code = returned_sqlstate, v_problem.message = pg_exception_detail,
    v_problem.hint = pg_exception_hint;
  return v_problem;
end
$_payload_problem$;
comment on function levelb._payload_problem(text, jsonb) is
  'Why a payload cannot be carried out now: code, DETAIL as message, HINT; null when it can.';

-- The rollback of a native manifest is one of the same kind, with the opposite payload.
create function levelb._native_form(manifest levelb.manifest)
  returns levelb.manifest
  language plpgsql immutable
  set search_path = pg_catalog, pg_temp
as $_native_form$
begin
  if manifest.kind = 'rollback' and manifest.payload ? 'payload' then
    manifest.kind := manifest.payload ->> 'kind';
    manifest.payload := manifest.payload -> 'payload';
  end if;
  return manifest;
end
$_native_form$;
comment on function levelb._native_form(levelb.manifest) is
  'A manifest as the database carries it out: of a rollback, what it puts in place.';

-- The payload of a native kind says exactly what will happen, as effects would.
create function levelb._is_native(manifest levelb.manifest)
  returns boolean
  language sql immutable
  set search_path = pg_catalog, pg_temp
return (levelb._native_form(manifest)).kind = any(levelb._native_kinds());
comment on function levelb._is_native(levelb.manifest) is 'Whether the database carries a manifest out itself.';

-- What a superuser carries out: such a migration, and what takes it back.
create function levelb._is_attended(manifest levelb.manifest)
  returns boolean
  language sql immutable
  set search_path = pg_catalog, pg_temp
return 'attended' = case (manifest).kind when 'rollback' then coalesce((manifest).payload ->> 'kind', '')
  else (manifest).kind end;
comment on function levelb._is_attended(levelb.manifest) is 'Whether a superuser carries a manifest out.';

-- A native kind has those that the database made for it: to take a schema over, or to give it back. An empty migration of
-- kind sql is not staged.
create function levelb._has_steps(manifest levelb.manifest)
  returns boolean
  language sql stable
  set search_path = pg_catalog, pg_temp
return not levelb._is_native(manifest) or exists (select from only levelb.step s
  where s.migration_id = (manifest).migration_id and s.revision = (manifest).revision);
comment on function levelb._has_steps(levelb.manifest) is 'Whether text runs when a manifest is activated.';

-- Steps that the database made are made again: what came since would be left behind, or lose rights unseen.
create function levelb._step_problem(manifest levelb.manifest)
  returns levelb.error_entry
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_step_problem$
declare
  v_problem levelb.error_entry;
  v_now jsonb;
  v_staged constant jsonb := (
    select coalesce(jsonb_agg(jsonb_build_object('name', s.name, 'apply', s.apply, 'rollback', s.rollback) order by s.position), '[]')
      from only levelb.step s where s.migration_id = manifest.migration_id and s.revision = manifest.revision);
begin
  if manifest.kind <> 'protect' then
    return null;
  end if;
  v_now := levelb._protect_steps(manifest.payload, manifest.content::jsonb -> 'accept');
  if v_now <> v_staged then
    v_problem.code := 'LB001';
    v_problem.message := jsonb_build_object('field', 'steps', 'problem', 'the schemas are not as they were when it was staged', 'steps', (
      select jsonb_agg(coalesce(n ->> 'name', o ->> 'name'))
        from jsonb_array_elements(v_now) n full join jsonb_array_elements(v_staged) o on n ->> 'name' = o ->> 'name'
       where n is distinct from o));
    v_problem.hint := 'Restage: the steps are made anew, for all that is there.';
  end if;
  return v_problem;
exception when sqlstate 'LB001' or sqlstate 'LB307' then
  get stacked diagnostics v_problem.code = returned_sqlstate, v_problem.message = pg_exception_detail,
    v_problem.hint = pg_exception_hint;
  return v_problem;
end
$_step_problem$;
comment on function levelb._step_problem(levelb.manifest) is
  'Why the steps that the database made cannot be run now: code, DETAIL as message, HINT; null when they can.';

create function levelb._native_problem(manifest levelb.manifest)
  returns levelb.error_entry
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_native_problem$
declare
  v_problem levelb.error_entry;
begin
  if levelb._is_native(manifest) then
    v_problem := levelb._payload_problem((levelb._native_form(manifest)).kind, (levelb._native_form(manifest)).payload);
    if v_problem.code is null then
      v_problem := levelb._step_problem(manifest);
    end if;
  end if;
  return v_problem;
end
$_native_problem$;
comment on function levelb._native_problem(levelb.manifest) is
  'Why a native manifest cannot be carried out now, null when it can.';

-- Without levelb there are no policies, principals and pointers to restore; what is left of them in the catalogs is the
-- membership in a duty role.
create function levelb._native_rollback_sql(effects jsonb)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return concat_ws(E'\n', 'begin;', (
  select string_agg(case e ->> 'object_type'
      when 'role membership' then (select format('revoke %s from %s granted by levelb_owner;', m[2], m[1])
        from regexp_match(e ->> 'identity', '^(.*) in (levelb_[a-z]+)$') m)
      else format('-- %s %s: %s was %s', e ->> 'object_type', levelb._visible(e ->> 'identity'), levelb._visible(e ->> 'attribute'),
        levelb._visible(coalesce(e ->> 'before', 'not set'))) end, E'\n' order by n)
    from jsonb_array_elements(effects) with ordinality e (e, n)), 'commit;') || E'\n';
comment on function levelb._native_rollback_sql(jsonb) is
  'SQL that takes back what a native manifest left in the catalogs.';
