-- Owns the statements that give back what tables, columns, constraints, sequences and types are, as far as that loses
-- no rows; and comments.

-- A set of name = value, or its end, as ALTER … SET and RESET take it.
create function levelb._option_sql(
  name text,
  value text
)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return (
  select case when value is null then format('reset (%s)', n) else format('set (%s = %L)', n, value) end
    from (select string_agg(quote_ident(p), '.') from string_to_table(name, '.') p) q (n));
comment on function levelb._option_sql(text, text) is 'End of ALTER … that gives one option back.';

create function levelb._relation_attribute_sql(
  attribute text,
  value text
)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return case
  when attribute like 'structure:option %' then levelb._option_sql(substr(attribute, 18), value)
  when attribute in ('security:security_invoker', 'security:security_barrier')
    then levelb._option_sql(split_part(attribute, ':', 2), value)
  when attribute = 'security:row security'
    then case when value is null then 'disable' else 'enable' end || ' row level security'
  when attribute = 'security:row security of the owner'
    then case when value is null then 'no force' else 'force' end || ' row level security'
  when attribute = 'structure:persistence' and coalesce(value, 'unlogged') = 'unlogged'
    then case when value is null then 'set logged' else 'set unlogged' end
  when attribute = 'structure:access method' then format('set access method %I', coalesce(value, 'heap'))
  when attribute = 'structure:tablespace' then format('set tablespace %I', coalesce(value, (
    select s.spcname from pg_database d join pg_tablespace s on s.oid = d.dattablespace
     where d.datname = current_database())))
  when attribute = 'structure:replica identity' and coalesce(value, '') <> 'index'
    then 'replica identity ' || coalesce(value, 'default')
  when attribute = 'structure:of type' then coalesce('of ' || value, 'not of') end;
comment on function levelb._relation_attribute_sql(text, text) is
  'End of ALTER TABLE that gives one attribute back; null where none does.';

-- "integer not null generated always as identity": its parts are changed one by one, the type never. has_constraint:
-- since 18 NOT NULL is a constraint, which is given back by itself.
create function levelb._column_type_sql(
  target text,
  value text,
  former text,
  has_constraint boolean
)
  returns text
  language plpgsql immutable
  set search_path = pg_catalog, pg_temp
as $_column_type_sql$
declare
  v_form constant text := '^(.*?)( not null)?( generated (?:always|by default) as identity)?'
    || '( generated (?:stored|virtual))?$';
  v_want constant text[] := regexp_match(value, v_form);
  v_have constant text[] := regexp_match(former, v_form);
begin
  if v_want[1] is distinct from v_have[1] or v_want[4] is distinct from v_have[4] then
    return null;
  end if;
  return concat_ws(E'\n', '',
    case when v_want[3] is null and v_have[3] is not null then target || ' drop identity;' end,
    case when v_want[2] is distinct from v_have[2] and not has_constraint
      then target || case when v_want[2] is null then ' drop not null;' else ' set not null;' end end,
    case when v_want[3] is not null and v_have[3] is null then target || ' add' || v_want[3] || ';'
      when v_want[3] <> v_have[3] then target || ' set' || replace(v_want[3], ' as identity', '') || ';' end);
end
$_column_type_sql$;
comment on function levelb._column_type_sql(text, text, text, boolean) is
  'SQL that gives back what a column is but for its type; null when that changed.';

create function levelb._column_attribute_sql(
  state levelb._state_row,
  attribute text,
  value text,
  former text,
  changes levelb._change[]
)
  returns text
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_column_attribute_sql$
declare
  v_target constant text := format('alter table %I.%I alter column %I', state.names[1], state.names[2],
    state.names[3]);
begin
  case attribute
  when 'structure:column' then
    return levelb._column_type_sql(v_target, value, former, exists (
      select from unnest(changes) c, coalesce(c.new, c.old) r
       where r.catalog = 'pg_constraint' and r.whole ->> 'contype' = 'n' and (c.old).key is distinct from (c.new).key
         and r.whole ->> 'conrelid' || '.' || (r.whole -> 'conkey' ->> 0) = state.key));
  when 'structure:storage' then
    return format('%s set storage %s;', v_target, coalesce(value, (
      select case y.typstorage when 'p' then 'plain' when 'e' then 'external' when 'm' then 'main' else 'extended' end
        from pg_type y where y.oid = (state.whole ->> 'atttypid')::oid)));
  when 'structure:compression' then
    return format('%s set compression %s;', v_target,
      case value when 'p' then 'pglz' when 'l' then 'lz4' else 'default' end);
  when 'structure:statistics' then
    return format('%s set statistics %s;', v_target, coalesce(value, '-1'));
  when 'structure:options' then
    return (
      select string_agg(format('%s %s;', v_target, levelb._option_sql(o.name, w.value)), E'\n' order by o.name)
        from (select split_part(o, '=', 1) from string_to_table(concat_ws(', ', value, former),
          ', ') o group by 1) o (name)
          left join (select split_part(o, '=', 1), substr(o, strpos(o, '=') + 1) from string_to_table(value, ', ') o)
            w (name, value) using (name));
  else
    return null;
  end case;
end
$_column_attribute_sql$;
comment on function levelb._column_attribute_sql(levelb._state_row, text, text, text, levelb._change[]) is
  'SQL that gives one attribute of a column back; null where none does.';

create function levelb._sequence_sql(
  identity text,
  value text
)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return (
  select format('alter sequence %s as %s increment by %s minvalue %s maxvalue %s start with %s cache %s %s;', identity,
      m[1], m[3], m[4], m[5], m[2], m[6], case when m[7] is null then 'no cycle' else 'cycle' end)
    from regexp_match(value,
      '^(\w+) start (\S+) increment (\S+) minimum (\S+) maximum (\S+) cache (\d+)( cycle)?$') m);
comment on function levelb._sequence_sql(text, text) is 'SQL that gives the parameters of a sequence back.';

-- language_cost: the cost of a function whose author gave none.
create function levelb._routine_attribute_sql(
  attribute text,
  value text,
  language_cost text
)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return case
  when attribute = 'security:security' then 'security ' || coalesce(value, 'invoker')
  when attribute = 'security:leakproof' then case when value is null then 'not leakproof' else 'leakproof' end
  when attribute = 'structure:volatility' then coalesce(value, 'volatile')
  when attribute = 'structure:parallel' then 'parallel ' || coalesce(value, 'unsafe')
  when attribute = 'structure:strict' then case when value is null then 'called on null input' else 'strict' end
  when attribute = 'structure:cost' then 'cost ' || coalesce(value, language_cost)
  when attribute = 'structure:rows' then 'rows ' || coalesce(value, '1000')
  when attribute = 'repoint:search_path' then levelb._setting_sql('search_path', value)
  when attribute like 'repoint:set %' then levelb._setting_sql(substr(attribute, 13), value) end;
comment on function levelb._routine_attribute_sql(text, text, text) is
  'End of ALTER ROUTINE that gives one attribute back; null where none does.';

-- SQL that gives back one attribute of something that is there under the name that state has; null where none does.
create function levelb._attribute_sql(
  state levelb._state_row,
  attribute text,
  value text,
  former text,
  changes levelb._change[]
)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return case (state).catalog
  when 'pg_class' then
    format('alter %s %s ', (state).object_type, (state).identity) || levelb._relation_attribute_sql(attribute,
      value) || ';'
  when 'pg_attribute' then levelb._column_attribute_sql(state, attribute, value, former, changes)
  when 'pg_sequence' then levelb._sequence_sql((state).identity, value)
  when 'pg_proc' then
    format('alter routine %s ', (state).identity) || levelb._routine_attribute_sql(attribute, value,
      case when (state).whole ->> 'prolang' in ('12', '13') then '1' else '100' end) || ';'
  when 'pg_type' then case
    when attribute = 'structure:domain' and replace(value, ' not null', '') = replace(former, ' not null', '')
      then format('alter domain %s %s not null;', (state).identity, case when value like '% not null' then 'set'
        else 'drop' end) end
  end;
comment on function levelb._attribute_sql(levelb._state_row, text, text, text, levelb._change[]) is
  'SQL that gives one attribute back; null where none does.';

-- A part as it was, on what it is on; null for units of other files.
create function levelb._structure_sql(
  state levelb._state_row,
  definition text,
  changes levelb._change[],
  plan levelb._rollback_plan
)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return case
  when (state).object_type = 'domain constraint' then format('alter domain %s add constraint %I %s;',
    levelb._container_of(state), levelb._name_of(state), definition)
  when (state).catalog = 'pg_constraint' then format('alter table %s add constraint %I %s;',
    levelb._relation_before(((state).whole ->> 'conrelid')::oid, changes, plan), levelb._name_of(state), definition)
  when (state).catalog = 'pg_attrdef' then format('alter table %s alter column %I set default %s;',
    levelb._relation_before(((state).whole ->> 'adrelid')::oid, changes, plan), (state).names[3], definition) end;
comment on function levelb._structure_sql(levelb._state_row, text, levelb._change[], levelb._rollback_plan) is
  'SQL that makes a constraint or default again.';

-- Parts that the text made, on what is still there: the keys that others need go last.
create function levelb._drop_part_sql(
  state levelb._state_row,
  changes levelb._change[],
  plan levelb._rollback_plan
)
  returns setof levelb._undo
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_drop_part_sql$
  select 49, format('%s %s', case (state).whole ->> 'contype' when 'f' then 1 when 'c' then 2 when 'n' then 4
    else 3 end, (state).identity),
      format('alter %s %s drop constraint %I;', case (state).object_type when 'domain constraint' then 'domain'
        else 'table' end,
        case (state).object_type when 'domain constraint' then levelb._container_of(state)
          else levelb._relation_before(((state).whole ->> 'conrelid')::oid, changes, plan) end, levelb._name_of(state))
   where (state).catalog = 'pg_constraint'
  union all
  select 56, (state).identity, format('alter %s drop %s %I;',
      case (state).object_type when 'composite type column' then 'type ' || levelb._container_of(state)
        else 'table ' || levelb._relation_before(((state).whole ->> 'attrelid')::oid, changes, plan) end,
      case (state).object_type when 'composite type column' then 'attribute' else 'column' end, levelb._name_of(state))
   where (state).catalog = 'pg_attribute'
  union all
  select 49, (state).identity, format('alter table %s alter column %I drop default;',
      levelb._relation_before(((state).whole ->> 'adrelid')::oid, changes, plan), coalesce((
        select levelb._name_of(c.old) from unnest(changes) c
         where 'pg_attribute ' || (c.old).key = (state).part_of
           and (c.old).catalog = 'pg_attribute'), (state).names[3]))
   where (state).catalog = 'pg_attrdef'
$_drop_part_sql$;
comment on function levelb._drop_part_sql(levelb._state_row, levelb._change[], levelb._rollback_plan) is
  'SQL that drops a constraint, column or default.';

-- "constraint c on s.t", as COMMENT ON has it; null for what it does not know.
create function levelb._comment_target(
  object_type text,
  identity text
)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return case
  when object_type like '% column' then 'column ' || identity
  when object_type = 'table constraint' then 'constraint ' || identity
  when object_type = 'domain constraint' then regexp_replace('constraint ' || identity,
    '^(constraint (?:"(?:[^"]|"")*"|[^ ]+) on) ', '\1 domain ')
  when object_type = 'foreign-data wrapper' then 'foreign data wrapper ' || identity
  when object_type = 'statistics object' then 'statistics ' || identity
  when object_type in ('function', 'procedure') then 'routine ' || identity
  when object_type in ('table', 'view', 'materialized view', 'foreign table', 'sequence', 'index', 'type', 'schema',
    'role',
    'database', 'tablespace', 'server', 'extension', 'publication', 'subscription', 'trigger', 'event trigger',
      'policy', 'rule',
    'large object', 'collation', 'conversion', 'cast', 'language', 'access method', 'operator', 'operator class',
    'operator family', 'text search configuration', 'text search dictionary', 'text search parser',
      'text search template')
    then object_type || ' ' || identity end;
comment on function levelb._comment_target(text, text) is 'Object in COMMENT ON.';

-- The object that a comment is on, by the names of today.
create function levelb._commented_now(part_of text)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return (
  select levelb._comment_target(i.type, i.identity)
    from (select split_part(part_of, ' ', 1) as catalog, split_part(part_of, ' ', 2) as key) p,
      pg_identify_object(case p.catalog when 'pg_attribute' then 'pg_class' else p.catalog end::regclass,
        split_part(p.key, '.', 1)::oid, coalesce(nullif(split_part(p.key, '.', 2), '')::integer, 0)) i);
comment on function levelb._commented_now(text) is 'Object in COMMENT ON, as it is named now.';

create function levelb._comments_rollback(
  changes levelb._change[],
  again levelb._change[],
  plan levelb._rollback_plan
)
  returns setof levelb._undo
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_comments_rollback$
  with made as (
    select m as unit from unnest((plan).made || (plan).renewed) m
  ), comment as (
    select c.old, c.new, coalesce((c.old).part_of, (c.new).part_of) as part_of
      from unnest(changes) c where coalesce((c.new).catalog, (c.old).catalog) in ('pg_description', 'pg_shdescription')
  )
  -- on what was made again
  select 66, (c.old).identity, format('comment on %s is %L;', levelb._comment_target((c.old).object_type,
    (c.old).identity),
      (c.old).attributes ->> 'structure:comment')
    from unnest(again) c
   where (c.old).catalog in ('pg_description', 'pg_shdescription')
  union all
  -- on what is there
  select 22, c.part_of, format('comment on %s is %s;', levelb._commented_now(c.part_of),
      coalesce(quote_literal((c.old).attributes ->> 'structure:comment'), 'null'))
    from comment c
   where ((c.old).key is null or (c.new).key is null or (c.old).key = (c.new).key)
     and replace(regexp_replace(c.part_of, '\.\d+$', ''), 'pg_attribute', 'pg_class') not in (select m.unit
       from made m)
     and c.part_of not in (select m.unit from made m)
     and not exists (select from unnest(again) a where (a.old).catalog = (c.old).catalog and (a.old).key = (c.old).key)
     and levelb._commented_now(c.part_of) is not null
$_comments_rollback$;
comment on function levelb._comments_rollback(levelb._change[], levelb._change[], levelb._rollback_plan) is
  'SQL that gives comments back.';
