-- Owns what a migration document may say around its payload and its effects. Judges the document alone: whether a class,
-- dependency or role exists, and what the SQL text does, is for others to know.

-- Only identifiers that mean the same with and without quotes, so that the list reads as it resolves. pg_temp goes
-- last, or a temporary table of the session would stand in front of the object that was approved.
create function levelb._check_search_path(
  field text,
  value text
)
  returns text
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_check_search_path$
declare
  v_schemas constant text[] := array(select btrim(s, ' ') from string_to_table(levelb._check_text(field, value, 1000), ',') s);
  v_schema text;
begin
  foreach v_schema in array v_schemas loop
    if v_schema !~ '^[a-z_][a-z0-9_]*$' or octet_length(v_schema) > 63 then
      perform levelb._invalid(field, format('"%s" is not a plain schema name; write names of a to z, 0 to 9 and _, '
        || 'separated by commas, without quotes and without $user', btrim(v_schema, '"')));
    elsif v_schema ~ '^pg_' and v_schema not in ('pg_catalog', 'pg_temp') then
      perform levelb._invalid(field, format('%s cannot be named here', v_schema));
    elsif cardinality(array_positions(v_schemas, v_schema)) > 1 then
      perform levelb._invalid(field, format('%s is given twice', v_schema));
    elsif v_schema = 'pg_temp' and v_schemas[cardinality(v_schemas)] <> 'pg_temp' then
      perform levelb._invalid(field, 'pg_temp must come last');
    end if;
  end loop;
  return array_to_string(array_remove(v_schemas, 'pg_temp') || array['pg_temp'], ', ');
end
$_check_search_path$;
comment on function levelb._check_search_path(text, text) is
  'Return a search_path of plain names with pg_temp last, else raise.';

-- RFC 3339 with seconds. Without an offset the moment would depend on the TimeZone of whoever stages. Returned in UTC
-- with six digits, one spelling for one moment.
create function levelb._check_time(
  field text,
  value text
)
  returns text
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_check_time$
declare
  v_local constant text := '^[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,6})?';
  v_example constant text := 'for instance 2026-11-01T08:00:00Z or 2026-11-01T09:00:00+01:00';
begin
  if value ~ (v_local || '$') then
    perform levelb._invalid(field, 'needs an offset, ' || v_example);
  elsif value !~ (v_local || '(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])$') then
    perform levelb._invalid(field, 'must be a time with an offset, ' || v_example);
  end if;
  return to_char(value::timestamptz at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
exception when datetime_field_overflow then
  perform levelb._invalid(field, 'is not a day of the calendar');
end
$_check_time$;
comment on function levelb._check_time(text, text) is 'Return a moment in UTC, else raise LB001.';

create function levelb._check_step(
  path text,
  step jsonb
)
  returns jsonb
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_check_step$
declare
  v_step constant jsonb := levelb._json_object(path, step, array['name', 'apply', 'rollback', 'verify', 'roles']);
  v_result jsonb;
  v_key text;
begin
  v_result := jsonb_build_object('name', levelb._check_name(path || '.name', levelb._json_text(path || '.name', v_step -> 'name')));
  if v_step ? 'roles' then
    foreach v_key in array array['apply', 'rollback', 'verify'] loop
      if v_step ? v_key then
        perform levelb._invalid(path || '.' || v_key, 'cannot stand beside roles: a role document brings its own rollback');
      end if;
    end loop;
    return v_result || jsonb_build_object('roles', levelb._check_roles(path || '.roles', v_step -> 'roles'));
  end if;
  foreach v_key in array array['apply', 'rollback', 'verify'] loop
    if v_key = 'apply' or v_step ? v_key then
      v_result := v_result || jsonb_build_object(v_key, levelb._check_text(path || '.' || v_key,
        levelb._json_text(path || '.' || v_key, v_step -> v_key), 1048576, multiline => true));
    end if;
  end loop;
  return v_result;
end
$_check_step$;
comment on function levelb._check_step(text, jsonb) is 'Return one step, SQL text or a role document, else raise.';

-- The channel runs verify and role documents, and nothing of an attended migration: close_attended compares what changed.
create function levelb._refuse_steps_of_the_channel(steps jsonb)
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_refuse_steps_of_the_channel$
declare
  v_field text;
begin
  select format('steps[%s].%s', s.n - 1, k.key) into v_field
    from jsonb_array_elements(steps) with ordinality s (step, n), unnest(array['verify', 'roles']) k (key)
   where s.step ? k.key order by s.n, k.key desc limit 1;
  if found then
    perform levelb._invalid(v_field, 'has no meaning in kind attended: a superuser runs its text');
  end if;
end
$_refuse_steps_of_the_channel$;
comment on function levelb._refuse_steps_of_the_channel(jsonb) is
  'Refuse what only the channel can do with a step.';

create function levelb._check_steps(steps jsonb)
  returns jsonb
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_check_steps$
declare
  v_steps jsonb;
  v_twice record;
begin
  perform levelb._json_array('steps', steps, 1, 100);
  -- One aggregate: appending in a loop would copy a hundred megabytes a hundred times.
  select jsonb_agg(levelb._check_step(format('steps[%s]', s.n - 1), s.step) order by s.n) into v_steps
    from jsonb_array_elements(steps) with ordinality as s (step, n);
  select r.n, r.name into v_twice
    from (select s.n, s.step ->> 'name' as name, row_number() over (partition by s.step ->> 'name' order by s.n) as nth
        from jsonb_array_elements(v_steps) with ordinality as s (step, n)) r
   where r.nth > 1 order by r.n limit 1;
  if found then
    perform levelb._invalid(format('steps[%s].name', v_twice.n - 1), format('%s is given twice', v_twice.name));
  end if;
  return v_steps;
end
$_check_steps$;
comment on function levelb._check_steps(jsonb) is 'Return the steps of a document, else raise.';

-- Whether a rollback is required is the policy's word, so not asked here.
create function levelb._check_document(document jsonb)
  returns jsonb
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_check_document$
declare
  v_kinds constant text[] := array['sql', 'attended'] || levelb._native_kinds();
  v_document jsonb := document;
  v_kind text;
  v_classes text[];
  v_result jsonb;
  v_key text;
begin
  if jsonb_typeof(document) is distinct from 'object' then
    perform levelb._invalid('document', 'must be an object, not ' || coalesce(jsonb_typeof(document), 'null'));
  -- Before the members are looked at: other kinds have other members.
  elsif document ->> 'kind' = 'rollback' then
    perform levelb._invalid('kind', 'rollback is made by levelb.stage_rollback(migration_id, reason)');
  end if;

  v_document := levelb._json_object('', document, array['title', 'description', 'change_ref', 'kind', 'classes',
    'search_path', 'depends_on', 'not_before', 'not_after', 'accept', 'effects', 'findings', 'steps', 'payload']);
  v_kind := levelb._json_choice('kind', v_document -> 'kind', v_kinds, 'sql');
  v_result := jsonb_build_object(
    'title', levelb._check_text('title', levelb._json_text('title', v_document -> 'title'), 200),
    'description', levelb._check_text('description', levelb._json_text('description', v_document -> 'description'),
      16384, multiline => true),
    'kind', v_kind);
  if v_document ? 'change_ref' then
    v_result := v_result || jsonb_build_object('change_ref',
      levelb._check_text('change_ref', levelb._json_text('change_ref', v_document -> 'change_ref'), 200));
  end if;
  if v_document ? 'classes' then
    v_classes := levelb._by_code_point(levelb._json_list('classes', v_document -> 'classes', 1, 10, 'class'));
  end if;
  v_result := v_result || jsonb_build_object(
    'depends_on', levelb._json_list('depends_on', v_document -> 'depends_on', 0, 100, 'slug'));

  foreach v_key in array array['not_before', 'not_after'] loop
    if v_document ? v_key then
      v_result := v_result || jsonb_build_object(v_key,
        levelb._check_time(v_key, levelb._json_text(v_key, v_document -> v_key)));
    end if;
  end loop;
  if (v_result ->> 'not_before')::timestamptz >= (v_result ->> 'not_after')::timestamptz then
    perform levelb._invalid('not_after', 'must be later than not_before');
  end if;
  if v_document ? 'effects' then
    v_result := v_result || jsonb_build_object('effects', levelb._check_effects('effects', v_document -> 'effects'));
  end if;

  foreach v_key in array case v_kind when 'sql' then array['payload'] when 'attended' then array['payload']
      when 'protect' then array['search_path', 'findings', 'steps'] else array['search_path', 'accept', 'findings', 'steps'] end loop
    if v_document ? v_key then
      perform levelb._invalid(v_key, format('has no meaning in kind %s', v_kind));
    end if;
  end loop;
  if v_kind not in ('sql', 'attended') then
    if v_kind = 'protect' then
      v_result := v_result || jsonb_build_object('accept', levelb._check_accept('accept', v_document -> 'accept'));
    end if;
    v_result := v_result || jsonb_build_object('payload', levelb._check_payload(v_kind, v_document -> 'payload'));
    -- What the database carries out has the classes that it has.
    if v_classes <> levelb._native_classes(v_result) then
      perform levelb._invalid('classes', format('is %s in this document; leave it out',
        to_jsonb(levelb._native_classes(v_result))));
    end if;
    perform levelb._check_texts(v_result);
    return v_result || jsonb_build_object('classes', levelb._native_classes(v_result));
  end if;
  v_result := v_result || jsonb_build_object(
    -- A missing claim claims everything; an empty one would claim nothing, which no migration does.
    'classes', coalesce(v_classes, levelb._classes()),
    'search_path', levelb._check_search_path('search_path',
      coalesce(levelb._json_text('search_path', v_document -> 'search_path'), 'pg_catalog')),
    'accept', levelb._check_accept('accept', v_document -> 'accept', lint => true),
    'steps', levelb._check_steps(v_document -> 'steps'));
  if v_document ? 'findings' then
    v_result := v_result || jsonb_build_object('findings',
      levelb._check_findings('findings', v_document -> 'findings', v_result -> 'steps'));
  end if;
  if v_kind = 'attended' then
    perform levelb._refuse_steps_of_the_channel(v_result -> 'steps');
    -- its effects are drift, and drift of levelb's own is nobody's to approve
    if v_result -> 'effects' @> '[{"class": "governance"}]' then
      perform levelb._invalid('effects', 'names levelb''s own objects: no attended migration changes them');
    end if;
  end if;
  perform levelb._check_texts(v_result);
  return v_result;
end
$_check_document$;
comment on function levelb._check_document(jsonb) is 'Return a migration document with its defaults, else raise.

Classes and effects come back sorted, moments in UTC; what was left out and has no default stays out. Everything else
keeps its order, so that a path that a later check names is the caller''s.';
