-- Owns the statements that give back what a server does to rows without being asked, and what else a database has:
-- policies, triggers, rules, indexes, partitions, statistics, extensions, servers, publications, casts.

-- Where a part of a relation is, once names are back, and its own name. names: schema, relation, part.
create function levelb._on_relation(
  state levelb._state_row,
  changes levelb._change[],
  plan levelb._rollback_plan
)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return levelb._relation_before(coalesce((state).whole ->> 'polrelid', (state).whole ->> 'tgrelid',
  (state).whole ->> 'ev_class', (state).whole ->> 'inhrelid')::oid, changes, plan);
comment on function levelb._on_relation(levelb._state_row, levelb._change[], levelb._rollback_plan) is
  'Identity of the relation that a policy, trigger or rule is on, when names are back.';

-- "enable always trigger x", from what the state of a trigger or rule was.
create function levelb._firing_sql(
  kind text,
  name text,
  state text
)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return format('%s %s %I', case state when 'disabled' then 'disable' when 'replica' then 'enable replica'
  when 'always' then 'enable always' else 'enable' end, kind, name);
comment on function levelb._firing_sql(text, text, text) is
  'End of ALTER TABLE that gives the state of a trigger or rule back.';

create function levelb._policy_sql(
  state levelb._state_row,
  definition text,
  target text
)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return format('create policy %I on %s as %s for %s to %s%s;', levelb._name_of(state), target,
  (state).attributes ->> 'security:kind', (state).attributes ->> 'security:command',
  case (state).attributes ->> 'security:roles' when 'PUBLIC' then 'public'
    else (state).attributes ->> 'security:roles' end,
  case definition when 'no condition' then '' else ' ' || definition end);
comment on function levelb._policy_sql(levelb._state_row, text, text) is 'SQL that makes a policy again.';

-- ALTER POLICY cannot take a condition away: one that is there still is made anew, with the comment that it had.
create function levelb._policy_again_sql(
  state levelb._state_row,
  definition text,
  target text,
  changes levelb._change[]
)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return case when not exists (
    select from unnest(changes) c
     where (c.new).catalog = 'pg_policy' and (c.new).key = (state).key)
  then levelb._policy_sql(state, definition, target)
  else concat_ws(E'\n', format('drop policy %I on %s;', levelb._name_of(state), target),
    levelb._policy_sql(state, definition, target),
    format('comment on policy %I on %s is %s;', levelb._name_of(state), target, quote_nullable((
      select case when count(*) > 0 then max((c.old).attributes ->> 'structure:comment')
        else obj_description((state).key::oid, 'pg_policy') end
        from unnest(changes) c
       where coalesce((c.new).part_of, (c.old).part_of) = levelb._unit(state)
         and coalesce((c.new).catalog, (c.old).catalog) = 'pg_description')))) end;
comment on function levelb._policy_again_sql(levelb._state_row, text, text, levelb._change[]) is
  'SQL that makes a policy again, whether it is there or not.';

-- A trigger or rule of that name may be there still: then it is replaced. What fires when comes back with it.
create function levelb._fired_sql(
  state levelb._state_row,
  definition text,
  target text
)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return rtrim(regexp_replace(definition, '^CREATE (TRIGGER|RULE)', 'create or replace \1'), ';')
  || format(E';\nalter table %s %s;', target, levelb._firing_sql((state).object_type, levelb._name_of(state),
    (state).attributes ->> 'security:state'));
comment on function levelb._fired_sql(levelb._state_row, text, text) is 'SQL that makes a trigger or rule again.';

-- {"name": "value"} of options as OPTIONS takes them; null where a value is kept back since it may be a secret.
create function levelb._foreign_options_sql(
  attributes jsonb,
  prefix text
)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return (
  select case when bool_or(o.value in ('changed', 'set')) then null
      else coalesce(' options (' || string_agg(format('%I %L', substr(o.key, length(prefix) + 1), o.value), ', '
        order by o.key collate "C") || ')', '') end
    from jsonb_each_text(attributes) o where starts_with(o.key, prefix));
comment on function levelb._foreign_options_sql(jsonb, text) is 'OPTIONS clause; null where it cannot be told.';

create function levelb._server_sql(state levelb._state_row)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return 'create server ' || (state).identity
  || coalesce(' type ' || quote_literal((state).attributes ->> 'repoint:type'), '')
  || coalesce(' version ' || quote_literal((state).attributes ->> 'repoint:version'), '')
  || ' foreign data wrapper ' || ((state).attributes ->> 'repoint:wrapper')
  || levelb._foreign_options_sql((state).attributes, 'repoint:option ') || ';';
comment on function levelb._server_sql(levelb._state_row) is
  'SQL that makes a foreign server again; null where an option is kept back.';

create function levelb._publication_sql(state levelb._state_row)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return format('create publication %s%s with (publish = %L, publish_via_partition_root = %s);', (state).identity,
  case when (state).attributes ? 'security:all tables' then ' for all tables' else '' end,
  (state).attributes ->> 'security:publish', ((state).attributes ? 'security:publish via partition root')::text);
comment on function levelb._publication_sql(levelb._state_row) is 'SQL that makes a publication again.';

create function levelb._cast_sql(state levelb._state_row)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return format('create cast %s %s%s;', (state).identity,
  case (state).attributes ->> 'security:method' when 'binary' then 'without function' when 'inout' then 'with inout'
    else 'with function ' || ((state).attributes ->> 'security:function') end,
  ' as ' || ((state).attributes ->> 'security:context'));
comment on function levelb._cast_sql(levelb._state_row) is 'SQL that makes a cast again.';

-- A partition that was detached comes back with the bounds that it had.
create function levelb._inheritance_sql(
  state levelb._state_row,
  changes levelb._change[],
  plan levelb._rollback_plan
)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return (
  select case when not starts_with(k, 'structure:partition of ')
      then format('alter table %s inherit %s;', levelb._on_relation(state, changes, plan), substr(k, 20))
    else format('alter table %s attach partition %s %s;', substr(k, 24), levelb._on_relation(state, changes, plan), (
      select (c.old).attributes ->> 'structure:partition bound' from unnest(changes) c
       where (c.old).catalog = 'pg_class' and (c.old).key = (state).whole ->> 'inhrelid')) end
    from jsonb_object_keys((state).attributes) k limit 1);
comment on function levelb._inheritance_sql(levelb._state_row, levelb._change[], levelb._rollback_plan) is
  'SQL that puts a table back under its parent.';

-- One unit as it was; null for those of other files.
create function levelb._object_sql(
  state levelb._state_row,
  definition text,
  changes levelb._change[],
  plan levelb._rollback_plan
)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return case (state).catalog
  when 'pg_policy' then levelb._policy_again_sql(state, definition, levelb._on_relation(state, changes, plan), changes)
  when 'pg_trigger' then levelb._fired_sql(state, definition, levelb._on_relation(state, changes, plan))
  when 'pg_rewrite' then case when (state).object_type = 'rule'
    then levelb._fired_sql(state, definition, levelb._on_relation(state, changes, plan)) end
  when 'pg_class' then case when (state).object_type = 'index' then definition || ';' end
  when 'pg_inherits' then levelb._inheritance_sql(state, changes, plan)
  when 'pg_statistic_ext' then definition || ';'
  when 'pg_foreign_server' then levelb._server_sql(state)
  when 'pg_publication' then levelb._publication_sql(state)
  when 'pg_publication_rel' then format('alter publication %I add table %I.%I%s%s;', (state).names[3],
    (state).names[1],
    (state).names[2], ' (' || ((state).attributes ->> 'security:columns') || ')',
    ' where (' || ((state).attributes ->> 'security:rows') || ')')
  when 'pg_publication_namespace' then format('alter publication %I add tables in schema %I;', (state).names[2],
    (state).names[1])
  when 'pg_cast' then levelb._cast_sql(state)
  when 'pg_extension' then format(E'create extension %s schema %s version %L;\n-- %s', (state).identity,
    (state).attributes ->> 'extension:schema', (state).attributes ->> 'extension:version',
    levelb._visible(format('extension %s: columns of its types and rows of its tables are restored from a backup',
      (state).identity))) end;
comment on function levelb._object_sql(levelb._state_row, text, levelb._change[], levelb._rollback_plan) is
  'SQL that makes one of these objects again.';

-- What the text made: parts of relations by the names of those, others by their own.
create function levelb._drop_object_sql(
  state levelb._state_row,
  changes levelb._change[],
  plan levelb._rollback_plan
)
  returns setof levelb._undo
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_drop_object_sql$
  select 49, (state).identity, format('drop %s %I on %s;', (state).object_type, levelb._name_of(state),
      levelb._on_relation(state, changes, plan))
   where (state).object_type in ('policy', 'trigger', 'rule')
  union all
  select 49, (state).identity, case when starts_with(k, 'structure:partition of ')
        then format('alter table %s detach partition %s;',
          levelb._relation_before(((state).whole ->> 'inhparent')::oid, changes, plan), t.name)
      else format('alter table %s no inherit %s;', t.name,
        levelb._relation_before(((state).whole ->> 'inhparent')::oid, changes, plan)) end
    from jsonb_object_keys((state).attributes) k, levelb._on_relation(state, changes, plan) t (name)
   where (state).catalog = 'pg_inherits'
  union all
  select 49, (state).identity, format('alter publication %I drop table %s;', (state).names[3],
      levelb._relation_before(((state).whole ->> 'prrelid')::oid, changes, plan))
   where (state).catalog = 'pg_publication_rel'
  union all
  select 49, (state).identity, format('alter publication %I drop tables in schema %I;', (state).names[2],
      levelb._schema_before((state).names[1], changes, plan))
   where (state).catalog = 'pg_publication_namespace'
  union all
  select 29, (state).identity, format('drop user mapping for %s server %I;', coalesce((state).names[1], 'public'),
    (state).names[2])
   where (state).catalog = 'pg_user_mapping'
  union all
  -- in a schema that has another name by then it is not looked for
  -- nothing needs a publication, and its name may be wanted
  select case when (state).catalog = 'pg_publication' then 29 when exists (
        select from unnest(changes) c
         where (c.new).catalog = (state).catalog and (c.new).key = (state).key
           and levelb._unit(c.old) = any((plan).restored)) then 49 else 60 end,
      lpad(coalesce((plan).drops ->> levelb._unit(state), '9999'), 4, '0') || (state).identity,
      format('drop %s %s;', levelb._sql_kind((state).object_type, false),
        case when (state).catalog = 'pg_foreign_server' and (plan).is_aside
          then levelb._aside_identity(state, changes, plan) else (state).identity end)
   where (state).catalog in ('pg_statistic_ext', 'pg_extension', 'pg_foreign_server', 'pg_foreign_data_wrapper',
       'pg_publication', 'pg_cast', 'pg_collation', 'pg_conversion', 'pg_operator', 'pg_opclass', 'pg_opfamily',
       'pg_ts_config', 'pg_ts_dict', 'pg_transform')
     and levelb._schema_before((state).schema, changes, plan) is not distinct from (state).schema
$_drop_object_sql$;
comment on function levelb._drop_object_sql(levelb._state_row, levelb._change[], levelb._rollback_plan) is
  'SQL that drops one of these objects.';

-- SQL that gives back one attribute of one of these, by the names it has now; null where none does, '' where another
-- statement does.
create function levelb._object_attribute_sql(
  state levelb._state_row,
  attribute text,
  value text,
  former text,
  changes levelb._change[]
)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return case
  when (state).object_type in ('trigger', 'rule') and attribute = 'security:state'
    then format('alter table %s %s;', levelb._container_of(state), levelb._firing_sql((state).object_type,
      levelb._name_of(state), value))
  when (state).catalog = 'pg_policy' and attribute = 'security:roles'
    then format('alter policy %s to %s;', (state).identity, case value when 'PUBLIC' then 'public' else value end)
  when (state).catalog = 'pg_index' and attribute = 'structure:clustered'
    then (select case when value is null then format('alter table %s set without cluster;', t.name)
            else format('alter table %s cluster on %I;', t.name, (state).names[2]) end
            from (select ((state).whole ->> 'indrelid')::oid::regclass::text) t (name))
  when (state).catalog = 'pg_index' and attribute = 'structure:replica identity' then case when value is null then ''
    else format('alter table %s replica identity using index %I;',
      ((state).whole ->> 'indrelid')::oid::regclass, (state).names[2]) end
  when (state).catalog = 'pg_class' and attribute = 'structure:replica identity' and exists (
    select from unnest(changes) c
     where (c.old).catalog = 'pg_index' and (c.old).key = (c.new).key and (c.old).whole ->> 'indrelid' = (state).key
       and (c.old).attributes ? 'structure:replica identity') then ''
  -- what comes and goes with a parent
  when attribute in ('structure:inherited', 'structure:partition bound') and exists (
    select from unnest(changes) c
     where coalesce((c.new).catalog, (c.old).catalog) = 'pg_inherits' and (c.old).key is distinct
       from (c.new).key) then ''
  when (state).catalog = 'pg_foreign_server' and attribute = 'repoint:version' and value is not null
    then format('alter server %s version %L;', (state).identity, value)
  when (state).catalog in ('pg_foreign_server', 'pg_foreign_table') and attribute like 'repoint:option %'
      and coalesce(value, '') not in ('changed', 'set')
    then format('alter %s %s options (%s %I%s);', (state).object_type, (state).identity,
      case when value is null then 'drop' when former is null then 'add' else 'set' end,
      substr(attribute, 16), coalesce(' ' || quote_literal(value), ''))
  when (state).catalog = 'pg_publication' and attribute = 'security:publish'
    then format('alter publication %s set (publish = %L);', (state).identity, value)
  when (state).catalog = 'pg_publication' and attribute = 'security:publish via partition root'
    then format('alter publication %s set (publish_via_partition_root = %s);', (state).identity,
      (value is not null)::text)
  when (state).catalog = 'pg_extension' and attribute = 'extension:schema'
    then format('alter extension %s set schema %s;', (state).identity, value)
  when (state).catalog = 'pg_database' and attribute = 'setting:connection limit'
    then format('alter database %s connection limit %s;', (state).identity, coalesce(value, '-1'))
  when (state).catalog = 'pg_statistic_ext' and attribute = 'structure:target'
    then format('alter statistics %s set statistics %s;', (state).identity, coalesce(value, '-1')) end;
comment on function levelb._object_attribute_sql(levelb._state_row, text, text, text, levelb._change[]) is
  'SQL that gives one attribute of one of these objects back.';
