-- Owns how a setting is written in a statement. Values come from authors, and from the catalogs, where SET … FROM CURRENT
-- puts what a session made up.

-- Settings that are lists of names, each with its own quotes: those that pg_dump takes apart too. As one string such a
-- list would be one name; other lists, as DateStyle, are one string.
create function levelb._is_list_setting(name text)
  returns boolean
  language sql immutable
  set search_path = pg_catalog, pg_temp
return lower(name) in ('search_path', 'temp_tablespaces', 'local_preload_libraries', 'session_preload_libraries',
  'shared_preload_libraries', 'unix_socket_directories');
comment on function levelb._is_list_setting(text) is 'Whether the value of this setting is a list of names.';

-- Whether each part of a list is quoted from end to end, or without any quote.
create function levelb._is_setting_list(value text)
  returns boolean
  language sql immutable
  set search_path = pg_catalog, pg_temp
return value ~ $re$^ *("([^"]|"")*"|[^", ]([^",]*[^", ])?) *(, *("([^"]|"")*"|[^", ]([^",]*[^", ])?) *)*$$re$;
comment on function levelb._is_setting_list(text) is 'Whether a text is a list of names, quoted or not.';

-- Literals and not names with quotes: names are cut off after 63 bytes and never empty, and a list may be of paths.
-- Nothing is passed on as it is, whatever quotes it has. A comma inside quotes parts nothing.
create function levelb._setting_list(value text)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return (
  select coalesce(string_agg(quote_literal(case
        when m.part[1] ~ '^"' then replace(substr(m.part[1], 2, length(m.part[1]) - 2), '""', '"')
        else m.part[1] end), ', ' order by m.i), '''''')
    from regexp_matches(value, $re$"(?:[^"]|"")*"|[^", \t\n\r\f\v](?:[^,]*[^, \t\n\r\f\v])?$re$, 'g')
      with ordinality m (part, i));
comment on function levelb._setting_list(text) is 'A list of names as SET takes it: each part as a literal.';

-- Of a setting of an extension each part is a name.
create function levelb._setting_name(name text)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return (select string_agg(quote_ident(p.part), '.' order by p.i) from string_to_table(name, '.') with ordinality p (part, i));
comment on function levelb._setting_name(text) is 'Name of a setting as a statement takes it.';

create function levelb._setting_sql(
  name text,
  value text
)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return case
  when value is null and lower(name) = 'all' then 'reset all'
  when value is null then 'reset ' || levelb._setting_name(name)
  else format('set %s = %s', levelb._setting_name(name),
    case when levelb._is_list_setting(name) then levelb._setting_list(value) else quote_literal(value) end) end;
comment on function levelb._setting_sql(text, text) is 'SET or RESET of one setting, or RESET ALL, as ALTER takes it.';
