-- Owns the statements that make functions, views, types and schemas again, and drop those that a text made. Nothing of
-- theirs runs meanwhile: bodies are not checked, and a materialized view is made without its rows.

-- " with (security_invoker = 'true')" of a view as it was. CREATE OR REPLACE VIEW takes away what it does not name.
create function levelb._view_options_before(
  relation oid,
  changes levelb._change[]
)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return (
  with change as (
    select (c.old).whole -> 'reloptions' as options from unnest(changes) c
     where (c.old).catalog = 'pg_class' and (c.old).key = relation::text
  ), option (text) as (
    select jsonb_array_elements_text(nullif(c.options, 'null')) from change c
    union all
    select unnest(r.reloptions) from pg_class r where r.oid = relation and not exists (select from change)
  )
  select coalesce(' with (' || string_agg(format('%I = %L', split_part(o.text, '=', 1),
      substr(o.text, strpos(o.text, '=') + 1)), ', ' order by o.text collate "C") || ')', '') from option o);
comment on function levelb._view_options_before(oid, levelb._change[]) is 'WITH clause of a view before the changes.';

create function levelb._enum_sql(
  type levelb._state_row,
  changes levelb._change[]
)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return format('create type %s as enum (%s);', (type).identity, (
  select string_agg(quote_literal((c.old).names[3]), ', ' order by ((c.old).whole ->> 'enumsortorder')::real)
    from unnest(changes) c where (c.old).catalog = 'pg_enum' and (c.old).part_of = levelb._unit(type)));
comment on function levelb._enum_sql(levelb._state_row, levelb._change[]) is 'SQL that makes an enumeration again.';

create function levelb._composite_sql(
  type levelb._state_row,
  changes levelb._change[]
)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return format('create type %s as (%s);', (type).identity, (
  select string_agg(format('%I %s', levelb._name_of(c.old), (c.old).attributes ->> 'structure:column'), ', '
      order by ((c.old).whole ->> 'attnum')::integer)
    from unnest(changes) c
   where (c.old).catalog = 'pg_attribute' and (c.old).part_of = 'pg_class ' || ((type).whole ->> 'typrelid')
     and (c.old).attributes ? 'structure:column'));
comment on function levelb._composite_sql(levelb._state_row, levelb._change[]) is
  'SQL that makes a composite type again.';

-- One unit as it was; null for those of other files. definition: what was read of it before the text ran.
create function levelb._code_sql(
  unit text,
  state levelb._state_row,
  definition text,
  changes levelb._change[],
  plan levelb._rollback_plan
)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return case
  when unit like 'pg_namespace %' then format('create schema %s;', (state).identity)
  when unit like 'pg_proc %' then definition || ';'
  when unit like 'pg_class %' and (state).object_type = 'view' then format('create or replace view %s%s as %s',
    levelb._relation_before(split_part(unit, ' ', 2)::oid, changes, plan),
    levelb._view_options_before(split_part(unit, ' ', 2)::oid, changes), definition)
  when unit like 'pg_class %' and (state).object_type = 'materialized view'
    then format(E'create materialized view %s%s as %s with no data;\n-- its rows: %s',
    (state).identity, levelb._view_options_before(split_part(unit, ' ', 2)::oid, changes), rtrim(definition, ';'),
    levelb._visible(format('refresh materialized view %s, as its owner', (state).identity)))
  when unit like 'pg_type %' then case (state).whole ->> 'typtype'
    when 'e' then levelb._enum_sql(state, changes)
    when 'c' then levelb._composite_sql(state, changes)
    when 'd' then case
      when not exists (
        select from unnest(changes) c where (c.old).key = (c.new).key and levelb._unit(c.new) = unit)
        then format('create domain %s as %s%s;', (state).identity, (state).attributes ->> 'structure:domain',
          ' default ' || nullif(definition, ''))
      else format('alter domain %s %s default%s;', (state).identity,
        case when definition = '' then 'drop' else 'set' end, ' ' || nullif(definition, '')) end end
end;
comment on function levelb._code_sql(text, levelb._state_row, text, levelb._change[], levelb._rollback_plan) is
  'SQL that makes a function, view, type or schema what it was.';

create function levelb._drop_sql(
  state levelb._state_row,
  changes levelb._change[],
  plan levelb._rollback_plan
)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return format('drop %s %s;', case (state).catalog when 'pg_proc' then 'routine' else (state).object_type end,
  case when (plan).is_aside then levelb._aside_identity(state, changes, plan) else (state).identity end);
comment on function levelb._drop_sql(levelb._state_row, levelb._change[], levelb._rollback_plan) is
  'SQL that drops a function, relation, type or schema.';
