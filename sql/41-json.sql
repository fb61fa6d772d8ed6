-- Owns reading a JSON document field by field: every mistake becomes one LB001 that names the path of the field.
-- A path is '' for the document itself; a member that is null counts as left out, everywhere.

create function levelb._classes()
  returns text[]
  language sql immutable
  set search_path = pg_catalog, pg_temp
return array['acl', 'data', 'extension', 'governance', 'owner', 'repoint', 'role', 'security', 'setting', 'structure'];
comment on function levelb._classes() is 'The classes of effects, by code point.';

create function levelb._path(
  path text,
  key text
)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return case path when '' then key else path || '.' || key end;
comment on function levelb._path(text, text) is 'Path of a member.';

-- Unknown members before anything else: whoever wrote "aply" wants to hear that, not that apply is missing.
create function levelb._json_object(
  path text,
  value jsonb,
  known text[]
)
  returns jsonb
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_json_object$
declare
  v_unknown text;
begin
  if coalesce(value, 'null') = 'null' then
    perform levelb._invalid(path, 'is required');
  elsif jsonb_typeof(value) <> 'object' then
    perform levelb._invalid(path, format('must be an object, not %s', jsonb_typeof(value)));
  end if;
  -- Two quick tests before two queries: a document may hold ten thousand objects.
  if value - known <> '{}' then
    select k into v_unknown from jsonb_object_keys(value - known) k order by k collate "C" limit 1;
    perform levelb._invalid(levelb._path(path, v_unknown), 'is unknown; known are ' || array_to_string(known, ', '));
  elsif value @? '$.* ? (@ == null)' then
    -- jsonb_strip_nulls would reach into the members too, where null may be a value.
    return value - array(select e.key from jsonb_each(value) e where e.value = 'null');
  end if;
  return value;
end
$_json_object$;
comment on function levelb._json_object(text, jsonb, text[]) is
  'Return an object of known members, without those that are null.';

create function levelb._json_text(
  path text,
  value jsonb
)
  returns text
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_json_text$
begin
  if jsonb_typeof(value) not in ('string', 'null') then
    perform levelb._invalid(path, format('must be a string, not %s', jsonb_typeof(value)));
  end if;
  return value #>> '{}';
end
$_json_text$;
comment on function levelb._json_text(text, jsonb) is 'Return a string, or null when it is missing.';

create function levelb._json_choice(
  path text,
  value jsonb,
  known text[],
  otherwise text default null
)
  returns text
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_json_choice$
declare
  v_value constant text := coalesce(levelb._json_text(path, value), otherwise);
begin
  if v_value is null then
    perform levelb._invalid(path, 'is required');
  elsif v_value <> all(known) then
    perform levelb._invalid(path, 'must be one of ' || array_to_string(known, ', '));
  end if;
  return v_value;
end
$_json_choice$;
comment on function levelb._json_choice(text, jsonb, text[], text) is
  'Return one of the known words, or the default when it is missing.';

create function levelb._json_boolean(
  path text,
  value jsonb,
  otherwise boolean default null
)
  returns boolean
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_json_boolean$
begin
  if jsonb_typeof(value) not in ('boolean', 'null') then
    perform levelb._invalid(path, format('must be true or false, not %s', jsonb_typeof(value)));
  end if;
  return coalesce(nullif(value, 'null')::boolean, otherwise);
end
$_json_boolean$;
comment on function levelb._json_boolean(text, jsonb, boolean) is
  'Return a boolean, or the default when it is missing.';

create function levelb._json_integer(
  path text,
  value jsonb,
  lowest integer,
  highest integer
)
  returns integer
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_json_integer$
begin
  if coalesce(value, 'null') = 'null' then
    perform levelb._invalid(path, 'is required');
  elsif jsonb_typeof(value) <> 'number' then
    perform levelb._invalid(path, format('must be a number, not %s', jsonb_typeof(value)));
  elsif value::numeric % 1 <> 0 or value::numeric not between lowest and highest then
    perform levelb._invalid(path, format('must be a whole number from %s to %s', lowest, highest));
  end if;
  return value::integer;
end
$_json_integer$;
comment on function levelb._json_integer(text, jsonb, integer, integer) is 'Return a whole number within limits.';

create function levelb._json_array(
  path text,
  value jsonb,
  fewest integer,
  most integer
)
  returns jsonb
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_json_array$
begin
  if coalesce(value, 'null') = 'null' then
    if fewest > 0 then
      perform levelb._invalid(path, 'is required');
    end if;
    return '[]';
  elsif jsonb_typeof(value) <> 'array' then
    perform levelb._invalid(path, format('must be an array, not %s', jsonb_typeof(value)));
  elsif jsonb_array_length(value) not between fewest and most then
    perform levelb._invalid(path, format('holds %s entries, %s to %s are allowed',
      jsonb_array_length(value), fewest, most));
  end if;
  return value;
end
$_json_array$;
comment on function levelb._json_array(text, jsonb, integer, integer) is
  'Return an array of so many entries, empty when it is missing and may be.';

-- A list of different words. rule says what each must be: class, duty, name, role, schema or slug.
create function levelb._json_list(
  path text,
  value jsonb,
  fewest integer,
  most integer,
  rule text
)
  returns text[]
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_json_list$
declare
  v_entries constant jsonb := levelb._json_array(path, value, fewest, most);
  v_list text[] := '{}';
  v_path text;
  v_word text;
begin
  for i in 0 .. jsonb_array_length(v_entries) - 1 loop
    v_path := format('%s[%s]', path, i);
    v_word := levelb._json_text(v_path, v_entries -> i);
    case rule
      when 'class' then perform levelb._json_choice(v_path, v_entries -> i, levelb._classes());
      when 'duty' then perform levelb._json_choice(v_path, v_entries -> i, array['author', 'approver', 'operator', 'auditor']);
      when 'name' then perform levelb._check_name(v_path, v_word);
      when 'role' then perform levelb._check_role(v_path, v_word);
      when 'schema' then perform levelb._check_identifier(v_path, v_word);
      when 'slug' then perform levelb._check_slug(v_path, v_word);
    end case;
    if v_word = any(v_list) then
      perform levelb._invalid(v_path, format('%s is given twice', v_word));
    end if;
    v_list := v_list || v_word;
  end loop;
  return v_list;
end
$_json_list$;
comment on function levelb._json_list(text, jsonb, integer, integer, text) is
  'Return a list of different words that each obey a rule.';

create function levelb._by_code_point(words text[])
  returns text[]
  language sql immutable
  set search_path = pg_catalog, pg_temp
return array(select w from unnest(words) w order by w collate "C");
comment on function levelb._by_code_point(text[]) is 'Sort words by code point.';

create function levelb._unsupported(
  field text,
  value jsonb,
  supported jsonb
)
  returns void
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_unsupported$
  select levelb._raise('LB012', jsonb_build_object('field', field, 'value', value, 'supported', supported),
    case when supported = '[]' then format('Leave %s out.', field)
      else format('Write %s for %s, or leave it out.', supported -> 0, field) end)
$_unsupported$;
comment on function levelb._unsupported(text, jsonb, jsonb) is
  'Raise LB012 for a value, naming those that this version supports.';

-- DETAIL is JSON where levelb raised it. The code of others may use the same SQLSTATE with any text, and a long DETAIL
-- is kept cut off: neither may end the whole view. pg_input_is_valid would tell without a handler, from version 16 on.
create function levelb._detail_of(error jsonb)
  returns jsonb
  language plpgsql immutable
  set search_path = pg_catalog, pg_temp
as $_detail_of$
declare
  v_detail jsonb;
begin
  v_detail := (error ->> 'detail')::jsonb;
  return case when jsonb_typeof(v_detail) = 'object' then v_detail end;
exception when data_exception or statement_too_complex then
  return null;
end
$_detail_of$;
comment on function levelb._detail_of(jsonb) is 'DETAIL of a recorded error as an object, null when it is none.';
