-- Owns names in rollback_snapshot. Definitions were read with the names from before, so names go back first; and two
-- names may have been swapped, so each first becomes one that nothing else has.

create function levelb._rename_kind(state levelb._state_row)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return case (state).catalog when 'pg_class' then case (state).object_type when 'index' then 'index' else 'table' end
  when 'pg_proc' then 'routine' when 'pg_type' then 'type' when 'pg_namespace' then 'schema'
  when 'pg_foreign_server' then 'server' when 'pg_publication' then 'publication' end;
comment on function levelb._rename_kind(levelb._state_row) is 'Keyword for ALTER … RENAME.';

-- Objects with a name of their own that get another: renamed ones, and, where names are needed, those that are dropped
-- in the end.
create function levelb._moved_aside(
  changes levelb._change[],
  plan levelb._rollback_plan
)
  returns setof levelb._change
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_moved_aside$
  select c.old, c.new from unnest(changes) c
   where levelb._rename_kind(c.new) is not null and levelb._is_unit(c.new)
     and ((c.old).key = (c.new).key and (c.old).named <> (c.new).named
       or (plan).is_aside and (c.new).catalog <> 'pg_publication'
         and levelb._unit(c.new) = any((plan).made || (plan).renewed))
$_moved_aside$;
comment on function levelb._moved_aside(levelb._change[], levelb._rollback_plan) is
  'Changes of objects that get another name first.';

create function levelb._namespace_of(state levelb._state_row)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return coalesce((state).whole ->> 'relnamespace', (state).whole ->> 'pronamespace', (state).whole ->> 'typnamespace');
comment on function levelb._namespace_of(levelb._state_row) is 'Oid of the schema of an object.';

-- A sequence that belongs to a column moves with its table, and so does an index.
create function levelb._moves_alone(change levelb._change)
  returns boolean
  language sql stable
  set search_path = pg_catalog, pg_temp
return levelb._namespace_of(change.old) <> levelb._namespace_of(change.new) and (change.new).object_type <> 'index'
  and not exists (
    select from pg_depend d
     where (change.new).catalog = 'pg_class' and d.classid = 1259 and d.objid = (change.new).key::oid
       and d.refclassid = 1259 and d.refobjsubid > 0 and d.deptype in ('a', 'i'));
comment on function levelb._moves_alone(levelb._change) is
  'Whether an object has to be moved to its schema by itself.';

-- Parts of relations that have another name; inherited ones follow their parent.
create function levelb._renamed_parts(changes levelb._change[])
  returns setof levelb._change
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_renamed_parts$
  select c.old, c.new from unnest(changes) c
   where (c.old).key = (c.new).key and (c.old).named <> (c.new).named
     and ((c.new).catalog = 'pg_attribute' and not (c.new).is_implied and (c.new).whole ->> 'attinhcount' = '0'
       or (c.new).catalog = 'pg_constraint' and (c.new).whole ->> 'coninhcount' = '0'
       or (c.new).object_type in ('policy', 'trigger', 'rule') and not (c.new).is_implied)
$_renamed_parts$;
comment on function levelb._renamed_parts(levelb._change[]) is
  'Changes of columns and constraints that have another name.';

create function levelb._rename_part_sql(
  state levelb._state_row,
  former text,
  name text
)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return case
  when (state).object_type in ('policy', 'trigger', 'rule')
    then format('alter %s %I on %s rename to %I;', (state).object_type, former, levelb._container_of(state), name)
  else format('alter %s rename %s %I to %I;',
    case (state).object_type when 'domain constraint' then 'domain ' when 'composite type column' then 'type '
      else 'table ' end
      || levelb._container_of(state),
    case when (state).catalog = 'pg_constraint' then 'constraint' when (state).object_type = 'composite type column'
      then 'attribute'
      else 'column' end, former, name) end;
comment on function levelb._rename_part_sql(levelb._state_row, text, text) is
  'SQL that renames a part, on the relation or type as state names it.';

create function levelb._names_rollback(
  changes levelb._change[],
  plan levelb._rollback_plan
)
  returns setof levelb._undo
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_names_rollback$
  with moved as (
    select c.old, c.new, row(c.old, c.new)::levelb._change as change, levelb._rename_kind(c.new) as kind,
        levelb._aside_identity(c.new, changes, plan) as aside,
        (c.old).key = (c.new).key and levelb._unit(c.new) <> all((plan).renewed) as is_back
      from levelb._moved_aside(changes, plan) c
  )
  select case kind when 'routine' then 30 when 'schema' then 33 else 32 end, (m.new).identity,
      format('alter %s %s rename to %I;', m.kind, (m.new).identity, levelb._aside_name((m.new).key))
    from moved m
  union all
  select 31, (p.new).identity, levelb._rename_part_sql(p.new, levelb._name_of(p.new), levelb._aside_name((p.new).key))
    from levelb._renamed_parts(changes) p
  union all
  select 42, (m.old).identity, format('alter %s %s set schema %I;', m.kind, m.aside, (m.old).schema)
    from moved m where m.is_back and levelb._moves_alone(m.change)
  union all
  select case m.kind when 'schema' then 40 when 'routine' then 45 else 43 end, (m.old).identity,
      format('alter %s %s rename to %I;', m.kind,
        case when levelb._namespace_of(m.old) <> levelb._namespace_of(m.new)
          then format('%I.%I', (m.old).schema, levelb._aside_name((m.new).key)) else m.aside end,
        levelb._name_of(m.old))
    from moved m where m.is_back
  union all
  select 44, (p.old).identity, levelb._rename_part_sql(p.old, levelb._aside_name((p.new).key), levelb._name_of(p.old))
    from levelb._renamed_parts(changes) p
$_names_rollback$;
comment on function levelb._names_rollback(levelb._change[], levelb._rollback_plan) is 'SQL that gives names back.';
