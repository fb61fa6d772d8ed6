-- Owns what a migration document may say. Judges the document
-- alone: whether a class, dependency or role exists, and what the SQL text does, is for others to know.

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

-- Canonical order: the six fields by code point, nulls first. The hash of effects is over this text.
create function levelb._canonical_effects(effects jsonb)
  returns jsonb
  language sql immutable
  set search_path = pg_catalog, pg_temp
as $_canonical_effects$
  select coalesce(jsonb_agg(jsonb_build_object('class', e ->> 'class', 'object_type', e ->> 'object_type',
      'identity', e ->> 'identity', 'attribute', e ->> 'attribute', 'before', e ->> 'before', 'after', e ->> 'after')
    order by e ->> 'class' collate "C", e ->> 'object_type' collate "C", e ->> 'identity' collate "C",
      e ->> 'attribute' collate "C", e ->> 'before' collate "C" nulls first, e ->> 'after' collate "C" nulls first),
    '[]')
  from jsonb_array_elements(effects) e
$_canonical_effects$;
comment on function levelb._canonical_effects(jsonb) is 'The six fields of every effect, in canonical order.';

-- The strings of an effect are not checked for invisible characters: they must equal what the catalogs say, and a
-- migration that renames such an object away has to name it. Whoever shows an effect escapes it.
create function levelb._check_effects(
  path text,
  effects jsonb
)
  returns jsonb
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_check_effects$
declare
  v_known constant text[] := array['class', 'object_type', 'identity', 'attribute', 'before', 'after'];
  v_path text;
  v_effect jsonb;
  v_key text;
  v_text text;
  v_twice bigint;
begin
  perform levelb._json_array(path, effects, 0, 10000);
  for i in 0 .. jsonb_array_length(effects) - 1 loop
    v_path := format('%s[%s]', path, i);
    v_effect := levelb._json_object(v_path, effects -> i, v_known);
    perform levelb._json_choice(v_path || '.class', v_effect -> 'class', levelb._classes());
    foreach v_key in array v_known[2:] loop
      v_text := levelb._json_text(v_path || '.' || v_key, v_effect -> v_key);
      if v_text is null and v_key not in ('before', 'after') then
        perform levelb._invalid(v_path || '.' || v_key, 'is required');
      elsif v_text = '' and v_key in ('object_type', 'identity') then
        perform levelb._invalid(v_path || '.' || v_key, 'is empty');
      elsif octet_length(v_text) > 1048576 then
        perform levelb._invalid(v_path || '.' || v_key,
          format('is %s bytes long, at most 1048576 are allowed', octet_length(v_text)));
      end if;
    end loop;
  end loop;

  select min(r.n) into v_twice
    from (select e.n, row_number() over (partition by e.effect ->> 'class', e.effect ->> 'object_type',
              e.effect ->> 'identity', e.effect ->> 'attribute', e.effect ->> 'before', e.effect ->> 'after'
            order by e.n) as nth
        from jsonb_array_elements(effects) with ordinality as e (effect, n)) r
   where r.nth > 1;
  if v_twice is not null then
    perform levelb._invalid(format('%s[%s]', path, v_twice - 1), 'is given twice');
  end if;

  return levelb._canonical_effects(effects);
end
$_check_effects$;
comment on function levelb._check_effects(text, jsonb) is 'Return effects in canonical order, else raise LB001.';

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
    perform levelb._unsupported('objects', v_protection -> 'objects', '[]');
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
    'search_path', 'depends_on', 'not_before', 'not_after', 'accept', 'effects', 'steps', 'payload']);
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
      when 'protect' then array['search_path', 'steps'] else array['search_path', 'accept', 'steps'] end loop
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
    'accept', levelb._check_accept('accept', v_document -> 'accept'),
    'steps', levelb._check_steps(v_document -> 'steps'));
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
