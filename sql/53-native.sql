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

create function levelb._native_problem(manifest levelb.manifest)
  returns levelb.error_entry
  language sql stable
  set search_path = pg_catalog, pg_temp
return case when levelb._is_native(manifest) then
  levelb._payload_problem((levelb._native_form(manifest)).kind, (levelb._native_form(manifest)).payload) end;
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
