-- Owns what a role document may say. Judges the document alone; which roles it may touch is asked when it is carried
-- out.

-- Settings that would change who a session runs as, what code it loads, or how levelb finds its way. Others that only a
-- superuser may set are PostgreSQL's to refuse.
create function levelb._is_guarded_setting(name text)
  returns boolean
  language sql immutable
  set search_path = pg_catalog, pg_temp
return name ~* ('^(role|session_authorization|session_replication_role|createrole_self_grant|dynamic_library_path'
  || '|(local|session|shared)_preload_libraries|levelb[.].*)$');
comment on function levelb._is_guarded_setting(text) is 'Whether role documents must leave this setting alone.';

-- A member has one rule, whatever the verb; only "name" of a setting is not the name of a role.
create function levelb._check_role_entry(
  path text,
  verb text,
  entry jsonb
)
  returns jsonb
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_check_role_entry$
declare
  v_known constant text[] := case
    when verb in ('create', 'alter') then array['name', 'inherit', 'connection_limit']
    when verb = 'grant' then array['role', 'to', 'admin', 'inherit', 'set']
    when verb = 'revoke' then array['role', 'from']
    when verb = 'set' then array['role', 'name', 'value', 'database'] end;
  v_entry constant jsonb := levelb._json_object(path, entry, v_known);
  v_key text;
  v_path text;
  v_text text;
begin
  foreach v_key in array v_known loop
    v_path := path || '.' || v_key;
    if v_key in ('role', 'to', 'from') or (v_key = 'name' and verb <> 'set') then
      perform levelb._check_role(v_path, levelb._json_text(v_path, v_entry -> v_key));
    elsif v_key in ('admin', 'inherit', 'set') then
      perform levelb._json_boolean(v_path, v_entry -> v_key);
    elsif v_key = 'connection_limit' and v_entry ? v_key then
      perform levelb._json_integer(v_path, v_entry -> v_key, -1, 2147483647);
    elsif v_key = 'database' and v_entry ? v_key then
      perform levelb._check_identifier(v_path, levelb._json_text(v_path, v_entry -> v_key));
    elsif v_key = 'name' then
      v_text := levelb._check_text(v_path, levelb._json_text(v_path, v_entry -> v_key), 100);
      if v_text !~ '^[A-Za-z_][A-Za-z0-9_]*([.][A-Za-z_][A-Za-z0-9_]*)*$' then
        perform levelb._invalid(v_path, 'is not the name of a setting');
      elsif levelb._is_guarded_setting(v_text) then
        perform levelb._invalid(v_path, format('%s is out of reach of role documents', v_text));
      end if;
    elsif v_key = 'value' then
      -- The one member whose null says something, reset, so it must be written; and an empty value is one:
      -- search_path = ''.
      v_text := levelb._json_text(v_path, v_entry -> v_key);
      if not coalesce(entry ? v_key, false) or v_text <> '' then
        perform levelb._check_text(v_path, v_text, 1000);
      end if;
    end if;
  end loop;
  if verb = 'set' and lower(v_entry ->> 'name') = 'all' and entry -> 'value' <> 'null' then
    perform levelb._invalid(path || '.value', 'must be null: all settings can be reset and not set');
  elsif verb = 'set' and levelb._is_list_setting(v_entry ->> 'name') and v_entry ->> 'value' <> ''
      and not levelb._is_setting_list(v_entry ->> 'value') then
    perform levelb._invalid(path || '.value',
      'is not a list of names: put each name into double quotes as a whole, or not at all, and commas between them');
  elsif verb = 'alter' and not v_entry ?| array['inherit', 'connection_limit'] then
    perform levelb._invalid(path, 'changes nothing; write inherit or connection_limit');
  end if;
  return v_entry || case when verb = 'set' then jsonb_build_object('value', entry -> 'value') else '{}' end;
end
$_check_role_entry$;
comment on function levelb._check_role_entry(text, text, jsonb) is 'Return one entry of a role document, else raise.';

create function levelb._check_roles(
  path text,
  document jsonb
)
  returns jsonb
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_check_roles$
declare
  v_verbs constant text[] := array['create', 'alter', 'grant', 'revoke', 'set', 'drop'];
  v_document constant jsonb := levelb._json_object(path, document, v_verbs);
  v_result jsonb := '{}';
  v_list jsonb;
  v_path text;
  v_verb text;
begin
  if v_document = '{}' then
    perform levelb._invalid(path, 'says nothing; write at least one of ' || array_to_string(v_verbs, ', '));
  end if;
  foreach v_verb in array v_verbs loop
    continue when not v_document ? v_verb;
    v_path := path || '.' || v_verb;
    if v_verb = 'drop' then
      v_list := to_jsonb(levelb._json_list(v_path, v_document -> v_verb, 1, 1000, 'role'));
    else
      v_list := '[]';
      for i in 0 .. jsonb_array_length(levelb._json_array(v_path, v_document -> v_verb, 1, 1000)) - 1 loop
        v_list := v_list || levelb._check_role_entry(format('%s[%s]', v_path, i), v_verb, v_document -> v_verb -> i);
      end loop;
    end if;
    v_result := v_result || jsonb_build_object(v_verb, v_list);
  end loop;
  return v_result;
end
$_check_roles$;
comment on function levelb._check_roles(text, jsonb) is 'Return a role document, else raise.';
