-- Owns what the payload of a migration of a native kind may say, and the classes that it has.

-- What the database carries out by itself instead of text. Their payload is the change and all of it.
create function levelb._native_kinds()
  returns text[]
  language sql immutable
  set search_path = pg_catalog, pg_temp
return array['policy', 'principal', 'pointer', 'explain', 'protect'];
comment on function levelb._native_kinds() is 'Kinds that bring a payload instead of steps.';

-- expected is what the author saw, so that a pointer that moved meanwhile is not moved again unseen; null means that it
-- is not set yet, or shall no longer be set.
create function levelb._check_pointer(pointer jsonb)
  returns jsonb
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_check_pointer$
declare
  v_pointer constant jsonb := levelb._json_object('', pointer, array['pointer', 'expected', 'target']);
  v_result jsonb := jsonb_build_object('pointer',
    levelb._check_name('pointer', levelb._json_text('pointer', v_pointer -> 'pointer')));
  v_key text;
begin
  foreach v_key in array array['expected', 'target'] loop
    v_result := v_result || jsonb_build_object(v_key, case when v_pointer ? v_key
      then levelb._check_text(v_key, levelb._json_text(v_key, v_pointer -> v_key), 200) end);
  end loop;
  if v_result -> 'expected' = v_result -> 'target' then
    perform levelb._invalid('target', 'is what the pointer names already');
  end if;
  return v_result;
end
$_check_pointer$;
comment on function levelb._check_pointer(jsonb) is 'Return {pointer, expected, target}, else raise LB001.';

create function levelb._check_incidents(incidents jsonb)
  returns jsonb
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_check_incidents$
declare
  v_incidents constant jsonb := levelb._json_array('incidents', incidents, 1, 1000);
  v_result bigint[] := '{}';
  v_path text;
  v_id bigint;
begin
  for i in 0 .. jsonb_array_length(v_incidents) - 1 loop
    v_path := format('incidents[%s]', i);
    v_id := levelb._json_integer(v_path, v_incidents -> i, 1, 2147483647);
    if v_id = any(v_result) then
      perform levelb._invalid(v_path, 'is given twice');
    end if;
    v_result := v_result || v_id;
  end loop;
  return (select jsonb_agg(r order by r) from unnest(v_result) r);
end
$_check_incidents$;
comment on function levelb._check_incidents(jsonb) is 'Return numbers of incidents in order, else raise LB001.';

-- The effects are what levelb.drift() said. What was done to levelb itself is not explained: rebind takes it over.
-- incidents are uses of break-glass; one that left nothing behind is answered for all the same.
create function levelb._check_explanation(explanation jsonb)
  returns jsonb
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_check_explanation$
declare
  v_explanation constant jsonb := levelb._json_object('', explanation, array['effects', 'incidents']);
  v_effects jsonb;
  v_incidents jsonb;
begin
  if not v_explanation ? 'effects' then
    perform levelb._invalid('effects', 'is required');
  end if;
  v_effects := levelb._check_effects('effects', v_explanation -> 'effects');
  v_incidents := case when v_explanation ? 'incidents' then levelb._check_incidents(v_explanation -> 'incidents') end;
  if v_effects = '[]' and v_incidents is null then
    perform levelb._invalid('effects', 'is empty; name the drift that is explained, as levelb.drift() says it, or incidents');
  elsif v_effects @> '[{"class": "governance"}]' then
    perform levelb._invalid('effects', 'names levelb''s own objects: no explanation covers them, levelb.rebind(reason) takes them over');
  end if;
  return jsonb_strip_nulls(jsonb_build_object('incidents', v_incidents)) || jsonb_build_object('effects', v_effects);
end
$_check_explanation$;
comment on function levelb._check_explanation(jsonb) is 'Return {effects, incidents?}, else raise LB001.';

-- The migrators of level full would be nobody, and of no protection too: what has no meaning is refused, not dropped.
create function levelb._check_protected_schema(
  path text,
  schema jsonb
)
  returns jsonb
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_check_protected_schema$
declare
  v_schema constant jsonb := levelb._json_object(path, schema, array['name', 'level', 'migrators', 'repoint']);
  v_name constant text := levelb._check_identifier(path || '.name', levelb._json_text(path || '.name', v_schema -> 'name'));
  v_level text;
  v_key text;
begin
  if v_name ~ '^(levelb$|levelb_|pg_)' or v_name = 'information_schema' then
    perform levelb._invalid(path || '.name', format('%s cannot be protected', v_name));
  end if;
  v_level := levelb._json_choice(path || '.level', v_schema -> 'level', array['full', 'privileged', 'none']);
  if v_level = 'privileged' then
    return jsonb_build_object('name', v_name, 'level', v_level,
      'migrators', levelb._json_list(path || '.migrators', v_schema -> 'migrators', 1, 100, 'role'),
      'repoint', levelb._json_boolean(path || '.repoint', v_schema -> 'repoint', false));
  end if;
  foreach v_key in array array['migrators', 'repoint'] loop
    if v_schema ? v_key then
      perform levelb._invalid(path || '.' || v_key, format('has no meaning at level %s', v_level));
    end if;
  end loop;
  return jsonb_build_object('name', v_name, 'level', v_level);
end
$_check_protected_schema$;
comment on function levelb._check_protected_schema(text, jsonb) is 'Return {name, level, …} of a protection, else raise.';

create function levelb._check_protection(protection jsonb)
  returns jsonb
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_check_protection$
declare
  v_protection constant jsonb := levelb._json_object('', protection, array['schemas', 'objects']);
  v_schemas constant jsonb := levelb._json_array('schemas', v_protection -> 'schemas', 1, 30);
  v_result jsonb;
  v_twice record;
begin
  select jsonb_agg(levelb._check_protected_schema(format('schemas[%s]', s.n - 1), s.entry) order by s.n) into v_result
    from jsonb_array_elements(v_schemas) with ordinality s (entry, n);
  select r.n, r.name into v_twice
    from (select s.n, s.entry ->> 'name' as name, row_number() over (partition by s.entry ->> 'name' order by s.n) as nth
        from jsonb_array_elements(v_result) with ordinality s (entry, n)) r
   where r.nth > 1 order by r.n limit 1;
  if found then
    perform levelb._invalid(format('schemas[%s].name', v_twice.n - 1), format('%s is given twice', v_twice.name));
  end if;
  if coalesce(jsonb_typeof(v_protection -> 'objects'), 'null') not in ('null', 'array') then
    perform levelb._invalid('objects', 'must be an array, not ' || jsonb_typeof(v_protection -> 'objects'));
  elsif v_protection -> 'objects' <> '[]' then
    perform levelb._raise('LB012', jsonb_build_object('field', 'objects', 'value', v_protection -> 'objects', 'supported', '[]'::jsonb),
      'Leave payload.objects out: a schema is protected whole. What is not to be protected goes into another schema before.');
  end if;
  return jsonb_build_object('schemas', v_result);
end
$_check_protection$;
comment on function levelb._check_protection(jsonb) is 'Return {schemas}, else raise LB001, LB006 or LB012.';

-- The readers of a payload name its fields, and the whole policy or nothing; whoever wrote the document looks for them
-- under payload.
create function levelb._payload_field(field text)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return case when field in ('', 'policy') then 'payload' else levelb._path('payload', field) end;
comment on function levelb._payload_field(text) is 'Path in the document of a field of its payload.';

create function levelb._check_payload(
  kind text,
  payload jsonb
)
  returns jsonb
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_check_payload$
declare
  v_code text;
  v_detail jsonb;
  v_hint text;
begin
  if coalesce(payload, 'null') = 'null' then
    perform levelb._invalid('', 'is required');
  end if;
  return case kind
    when 'policy' then levelb._check_policy(payload)
    when 'principal' then levelb._check_principal_change(payload)
    when 'pointer' then levelb._check_pointer(payload)
    when 'explain' then levelb._check_explanation(payload)
    when 'protect' then levelb._check_protection(payload) end;
exception when sqlstate 'LB001' or sqlstate 'LB005' or sqlstate 'LB006' or sqlstate 'LB012' then
  get stacked diagnostics v_code = returned_sqlstate, v_detail = pg_exception_detail, v_hint = pg_exception_hint;
  perform levelb._raise(v_code, v_detail || jsonb_build_object('field', levelb._payload_field(v_detail ->> 'field')), v_hint);
end
$_check_payload$;
comment on function levelb._check_payload(text, jsonb) is 'Return the payload of a native kind, else raise.';

-- To set a pointer for the first time, or for the last, makes or ends a name: that is governance. To move it changes
-- what a stable name resolves to.
create function levelb._native_classes(document jsonb)
  returns text[]
  language sql immutable
  set search_path = pg_catalog, pg_temp
return case
  -- who answers for a change has to be who could have approved it; and that the channel was left is governance
  when document ->> 'kind' = 'explain' then levelb._by_code_point(array(
    select distinct e ->> 'class' from jsonb_array_elements(document -> 'payload' -> 'effects') e)
      || case when document -> 'payload' ? 'incidents' then array['governance'] else '{}' end)
  when document ->> 'kind' = 'pointer' and document -> 'payload' ->> 'expected' is not null
    and document -> 'payload' ->> 'target' is not null then array['repoint']
  -- the steps that take a schema over: what of it happens is known when they are made
  when document ->> 'kind' = 'protect' and document -> 'payload' -> 'schemas' @> '[{"level": "full"}]'
    then array['acl', 'governance', 'owner']
  else array['governance'] end;
comment on function levelb._native_classes(jsonb) is 'Classes of a checked document of a native kind.';
