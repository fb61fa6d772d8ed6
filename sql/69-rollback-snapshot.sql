-- Owns rollback_snapshot: the SQL that puts the state back without levelb, for the day on which levelb is the problem.
-- psql runs it as a superuser, in one transaction. It restores what the read-back renders, and says what it cannot.

-- A name may hold a line end, and what follows one would be run.
create function levelb._remark(text text)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return '-- not restored: ' || levelb._visible(text);
comment on function levelb._remark(text) is 'Line that says what is not restored.';

-- What is made anew loses everything that it has: also what did not change, and has to be read today.
create function levelb._rows_of_renewed(plan levelb._rollback_plan)
  returns setof levelb._state_row
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_rows_of_renewed$
declare
  v_family levelb._family;
begin
  if plan.renewed = '{}' then
    return;
  end if;
  for v_family in
    select f.* from levelb._families() f
     where f.relation in ('pg_class', 'pg_proc', 'pg_attribute', 'pg_description') and f.is_implied <> 'true'
  loop
    return query execute levelb._family_query(v_family, case v_family.relation
        when 'pg_attribute' then $$'pg_class ' || c.attrelid = any($1)$$
        when 'pg_description' then $$c.classoid::regclass || ' ' || c.objoid = any($1)$$
        else quote_literal(v_family.relation || ' ') || ' || c.oid = any($1)' end, 'null::xid8', false)
      using plan.renewed;
  end loop;
end
$_rows_of_renewed$;
comment on function levelb._rows_of_renewed(levelb._rollback_plan) is
  'Rows of units that are made anew, as they are now.';

-- Everything that is made again, with its columns and comments, as something that is gone.
create function levelb._made_again(
  changes levelb._change[],
  plan levelb._rollback_plan
)
  returns levelb._change[]
  language sql stable
  set search_path = pg_catalog, pg_temp
return (
  with again (state) as (
    select c.old from unnest(changes) c
     where (c.old).key is not null and (c.new).key is distinct from (c.old).key
       and (levelb._unit(c.old) = any((plan).restored) or (c.old).part_of = any((plan).restored)
         or (c.old).catalog like '%description' and regexp_replace((c.old).part_of, '^pg_attribute (\d+)\.\d+$',
           'pg_class \1')
           = any((plan).restored))
    union all
    select coalesce((select c.old from unnest(changes) c
        where (c.old).catalog = r.catalog and (c.old).key = r.key limit 1), row(r.*)::levelb._state_row)
      from unnest(levelb._named_parts(array(select n from levelb._rows_of_renewed(plan) n))) r
     where not exists (select from unnest(changes) c
                        where (c.old).key is null and (c.new).catalog = r.catalog and (c.new).key = r.key)
  )
  select coalesce(array_agg(row(a.state, null::levelb._state_row)::levelb._change), '{}') from again a);
comment on function levelb._made_again(levelb._change[], levelb._rollback_plan) is 'What is made again.';

-- What stays where it is: changed, or made again by the text and kept, since what was there before is lost.
create function levelb._in_place(
  changes levelb._change[],
  plan levelb._rollback_plan
)
  returns setof levelb._change
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_in_place$
  select c.old, c.new from unnest(changes) c
   where (c.old).key is not null and (c.new).key is not null
     and not ((c.old).key <> (c.new).key
       and (levelb._unit(c.old) = any((plan).restored) or (c.old).part_of = any((plan).restored)))
     and levelb._unit(c.new) <> all((plan).renewed) and coalesce((c.new).part_of, '') <> all((plan).renewed)
$_in_place$;
comment on function levelb._in_place(levelb._change[], levelb._rollback_plan) is
  'Changes of what is there before and after the rollback.';

create function levelb._restored_units_sql(
  changes levelb._change[],
  again levelb._change[],
  plan levelb._rollback_plan
)
  returns setof levelb._undo
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_restored_units_sql$
declare
  v_unit text;
  v_state levelb._state_row;
  v_definition text;
  v_line text;
begin
  foreach v_unit in array plan.restored loop
    -- the row of a view whose options did not change is not among the changes: its query says enough
    select (c.old).* into v_state from unnest(again || changes) c
     where levelb._unit(c.old) = v_unit
        or (c.old).part_of = v_unit and (c.old).catalog = 'pg_rewrite' and (c.old).object_type <> 'rule'
     order by levelb._unit(c.old) = v_unit desc limit 1;
    select (c.old).definition into v_definition from unnest(changes) c
     where (levelb._unit(c.old) = v_unit
         or (c.old).part_of = v_unit and (c.old).catalog = 'pg_rewrite' and (c.old).object_type <> 'rule')
       and (c.old).definition is not null and (c.old).definition_as is not null limit 1;
    v_line := coalesce(levelb._code_sql(v_unit, v_state, v_definition, changes, plan),
      levelb._structure_sql(v_state, v_definition, changes, plan),
      levelb._object_sql(v_state, v_definition, changes, plan),
      levelb._remark(concat_ws(' ', v_state.object_type, v_state.identity)));
    return next row(case when v_unit like 'pg_namespace %' then 41 else 50 end,
      lpad(coalesce(plan.places ->> v_unit, '9999'), 4, '0') || v_state.identity, v_line)::levelb._undo;
  end loop;
end
$_restored_units_sql$;
comment on function levelb._restored_units_sql(levelb._change[], levelb._change[], levelb._rollback_plan) is
  'SQL that makes what is gone or was replaced again.';

create function levelb._dropped_units_sql(
  changes levelb._change[],
  plan levelb._rollback_plan
)
  returns setof levelb._undo
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_dropped_units_sql$
  with made as (
    select c.new as state, (c.new).catalog as catalog, (plan).drops ->> levelb._unit(c.new) as place
      from unnest(changes) c where levelb._unit(c.new) = any((plan).made || (plan).renewed)
    union all
    -- a view whose own row did not change
    select (select row(r.*)::levelb._state_row from levelb._rows_of_renewed(plan) r
      where levelb._unit(row(r.*)::levelb._state_row) = u),
        split_part(u, ' ', 1), (plan).drops ->> u
      from unnest((plan).renewed) u where not exists (select from unnest(changes) c where levelb._unit(c.new) = u)
  )
  -- an index would go with a new column that it is on
  select case (m.state).object_type when 'index' then 49 else 60 end, lpad(coalesce(m.place, '9999'), 4, '0')
    || (m.state).identity, levelb._drop_sql(m.state, changes, plan)
    from made m where m.catalog in ('pg_class', 'pg_proc', 'pg_type', 'pg_namespace')
  union all
  select d.part, d.place, d.line
    from made m, lateral (select p.* from levelb._drop_part_sql(m.state, changes, plan) p
                          union all select p.* from levelb._drop_object_sql(m.state, changes, plan) p) d
  union all
  select 99, (m.state).identity, levelb._remark(format('%s %s: it was made, and is still there',
    (m.state).object_type, (m.state).identity))
    from made m
   where m.catalog not in ('pg_class', 'pg_proc', 'pg_type', 'pg_namespace')
     and not exists (select from levelb._drop_part_sql(m.state, changes, plan))
     and not exists (select from levelb._drop_object_sql(m.state, changes, plan))
$_dropped_units_sql$;
comment on function levelb._dropped_units_sql(levelb._change[], levelb._rollback_plan) is
  'SQL that drops what the text made.';

-- Attributes of what stays, by the names it has now; and of what was made again, by those it had.
create function levelb._attributes_sql(
  changes levelb._change[],
  again levelb._change[],
  plan levelb._rollback_plan
)
  returns setof levelb._undo
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_attributes_sql$
  with attribute as (
    -- NOT NULL goes after the key that asks for it, but before its constraint where it has one, which an identity asks
    -- for; and comes back before what asks for it. Then the column has its former name.
    select case when not t.is_late then 22 when (c.old).attributes ->> k ~ ' (not null|as identity)' then 57
        else 49 end as part, case t.is_late when true then c.old else c.new end as state,
        k as name, (c.old).attributes ->> k as before, (c.new).attributes ->> k as after
      from levelb._in_place(changes, plan) c,
        lateral (
          select jsonb_object_keys((c.old).attributes) union select jsonb_object_keys((c.new).attributes)) keys (k),
        lateral (select k = 'structure:column') t (is_late)
     where (c.old).attributes -> k is distinct from (c.new).attributes -> k
       and not (levelb._unit(c.new) = any((plan).restored) and (c.new).catalog = 'pg_proc')
    union all
    -- a definition says the rest
    select 66, c.old, k, (c.old).attributes ->> k, null
      from unnest(again) c, jsonb_object_keys((c.old).attributes) k
     where (c.old).object_type in ('materialized view', 'materialized view column')
       and k not in ('structure:column', 'structure:populated')
       and k not like 'structure:option %'
  )
  select a.part, case a.part when 49 then '35 ' else '' end || (a.state).identity, coalesce(
      levelb._object_attribute_sql(a.state, a.name, a.before, a.after, changes),
      levelb._attribute_sql(a.state, a.name, a.before, a.after, changes),
      levelb._remark(levelb.effect_text(row(split_part(a.name, ':', 1), (a.state).object_type, (a.state).identity,
        substr(a.name, strpos(a.name, ':') + 1), a.before, a.after, null)::levelb.effect)))
    from attribute a
   where a.name not like 'acl:%' and a.name not like 'data:%' and a.name <> 'owner:owner' and not (a.state).is_implied
     and (a.state).catalog not in ('pg_authid', 'pg_auth_members', 'pg_db_role_setting', 'pg_default_acl',
       'pg_depend', 'pg_enum',
       'pg_description', 'pg_shdescription')
$_attributes_sql$;
comment on function levelb._attributes_sql(levelb._change[], levelb._change[], levelb._rollback_plan) is
  'SQL that gives attributes back.';

-- The column that a sequence goes with, of sequences that are there before and after.
create function levelb._owned_by_sql(
  changes levelb._change[],
  plan levelb._rollback_plan
)
  returns setof levelb._undo
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_owned_by_sql$
  with change as (
    select split_part(coalesce((c.old).part_of, (c.new).part_of), ' ', 2) as sequence,
      (c.old).attributes ->> 'structure:owned by' as before
      from unnest(changes) c
     where coalesce((c.new).catalog, (c.old).catalog) = 'pg_depend'
       and coalesce((c.new).object_type, (c.old).object_type) = 'sequence'
       and (c.old).attributes is distinct from (c.new).attributes
  )
  -- before tables are dropped, which would take it along
  select 48, s.name, format('alter sequence %s owned by %s;', s.name, coalesce(c.before, 'none'))
    from change c, lateral levelb._relation_before(c.sequence::oid, changes, plan) s (name)
   where not exists (
     select from unnest(changes) r
      where coalesce((r.new).catalog, (r.old).catalog) = 'pg_class' and ((r.old).key is null
        and (r.new).key = c.sequence
        or (r.new).key is distinct from (r.old).key and (r.old).key = c.sequence))
$_owned_by_sql$;
comment on function levelb._owned_by_sql(levelb._change[], levelb._rollback_plan) is
  'SQL that gives sequences back to their columns.';

-- A label can be renamed and never taken out.
create function levelb._labels_sql(
  changes levelb._change[],
  plan levelb._rollback_plan
)
  returns setof levelb._undo
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_labels_sql$
  with label as (
    select (c.old).names[3] as before, (c.new).names[3] as after, (c.new).identity, (c.new).key
      from unnest(changes) c where (c.new).catalog = 'pg_enum' and (c.new).part_of <> all((plan).made)
       and not exists (select from unnest(changes) t where levelb._unit(t.new) = (c.new).part_of
         and (t.old).key is distinct from (t.new).key)
  )
  select s.part, l.identity, s.line
    from label l, lateral (values
      (22, format('alter type %s rename value %L to %L;', l.identity, l.after, levelb._aside_name(l.key))),
      (23, format('alter type %s rename value %L to %L;', l.identity, levelb._aside_name(l.key),
        l.before))) s (part, line)
   where l.before <> l.after
  union all
  select 99, l.identity, levelb._remark(format('type %s: label %L: PostgreSQL takes none out', l.identity, l.after))
    from label l where l.before is null
$_labels_sql$;
comment on function levelb._labels_sql(levelb._change[], levelb._rollback_plan) is
  'SQL that gives labels their names back.';

-- Names that no statement above gives back, and what belongs to which extension.
create function levelb._left_sql(
  changes levelb._change[],
  plan levelb._rollback_plan
)
  returns setof levelb._undo
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_left_sql$
  select 99, (c.new).identity, levelb._remark(format('%s %s: it was %s', (c.new).object_type, (c.new).identity,
    (c.old).identity))
    from unnest(changes) c
   where (c.old).key = (c.new).key and (c.old).named <> (c.new).named and levelb._rename_kind(c.new) is null
     and (c.new).catalog not in ('pg_attribute', 'pg_constraint')
       and (c.new).object_type not in ('policy', 'trigger', 'rule')
  union all
  select 99, r.identity, levelb._remark(format('%s %s: %s: %s', r.object_type, r.identity, split_part(k, ':', 2),
      case when (c.old).key is null then 'added' else 'taken away' end))
    from unnest(changes) c, lateral (select coalesce((c.new).object_type, (c.old).object_type),
        coalesce((c.new).identity, (c.old).identity)) r (object_type, identity),
      jsonb_object_keys(coalesce((c.new).attributes, (c.old).attributes)) k
   where coalesce((c.new).catalog, (c.old).catalog) = 'pg_depend' and k like 'extension:%'
     and ((c.old).key is null) <> ((c.new).key is null) and coalesce((c.new).part_of,
       (c.old).part_of) <> all((plan).made)
$_left_sql$;
comment on function levelb._left_sql(levelb._change[], levelb._rollback_plan) is 'Lines about what has no statement.';

-- What is lost, but for parts of what is lost.
create function levelb._lost_sql(
  changes levelb._change[],
  plan levelb._rollback_plan
)
  returns setof levelb._undo
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_lost_sql$
  select distinct 99, r.identity, levelb._remark(format('%s %s: %s', r.object_type, r.identity, l.value))
    from jsonb_each_text((plan).lost) l,
      lateral (
        select (c.old).object_type, (c.old).identity, (c.old).part_of from unnest(changes) c
         where levelb._unit(c.old) = l.key
            or (c.old).part_of = l.key and (c.old).catalog = 'pg_rewrite' and (c.old).object_type <> 'rule'
         limit 1) r
   -- told by its attribute
   where l.value <> 'its type has changed' and not exists (
     select from unnest(changes) w where levelb._unit(w.old) = r.part_of and (w.new).key is distinct from (w.old).key)
$_lost_sql$;
comment on function levelb._lost_sql(levelb._change[], levelb._rollback_plan) is 'Lines about what is not restored.';

create function levelb._access_rollback_sql(
  changes levelb._change[],
  again levelb._change[],
  plan levelb._rollback_plan
)
  returns setof levelb._undo
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_access_rollback_sql$
  with place as (
    select row(c.old, c.new)::levelb._change as change, (c.new).catalog as catalog, (c.new).identity as identity,
        (c.new).object_type as object_type
      from levelb._in_place(changes, plan) c
  )
  -- a sequence that belongs to a column follows the owner of its table
  select case when p.object_type = 'sequence' then 21 else 20 end, p.identity, levelb._object_rollback_sql(p.change,
    changes)
    from place p where p.catalog not in ('pg_authid', 'pg_auth_members', 'pg_db_role_setting', 'pg_default_acl')
  union all
  select 65, (a.old).identity, levelb._object_rollback_sql(row(a.old, a.new)::levelb._change, changes)
    from unnest(again) a
   where (a.old).attributes ? 'owner:owner'
      or exists (select from jsonb_object_keys((a.old).attributes) k where k like 'acl:%')
$_access_rollback_sql$;
comment on function levelb._access_rollback_sql(levelb._change[], levelb._change[], levelb._rollback_plan) is
  'SQL that restores owners and privileges of objects.';

-- Dropped roles come back first, since owners and grants need them; created roles go last.
create function levelb._roles_rollback_sql(changes levelb._change[])
  returns setof levelb._undo
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_roles_rollback_sql$
  with change as (
    select row(c.old, c.new)::levelb._change as change, coalesce((c.new).catalog, (c.old).catalog) as catalog,
        coalesce((c.new).identity, (c.old).identity) as identity, (c.old).key is null as is_created
      from unnest(changes) c
  )
  select 10, c.identity, levelb._role_rollback_sql(c.change) from change c
    where c.catalog = 'pg_authid' and not c.is_created
  union all
  select 70, c.identity, levelb._default_acl_rollback_sql(c.change) from change c where c.catalog = 'pg_default_acl'
  union all
  select 80 + m.turn, c.identity, m.line from change c, lateral levelb._membership_rollback_sql(c.change) m
    where c.catalog = 'pg_auth_members'
  union all
  select 85, c.identity, levelb._role_rollback_sql(c.change) from change c where c.catalog = 'pg_db_role_setting'
  union all
  select 90, c.identity, format('drop role %s;', c.identity) from change c
    where c.catalog = 'pg_authid' and c.is_created
$_roles_rollback_sql$;
comment on function levelb._roles_rollback_sql(levelb._change[]) is
  'SQL that restores roles, memberships, settings and default privileges.';

create function levelb._rollback_snapshot(
  changes levelb._change[],
  tables levelb._written[]
)
  returns text
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_rollback_snapshot$
declare
  v_plan constant levelb._rollback_plan := levelb._plan_rollback(changes);
  v_again constant levelb._change[] := levelb._made_again(changes, v_plan);
  v_sql text;
begin
  with line as (
    select u.* from levelb._roles_rollback_sql(changes) u
    union all select u.* from levelb._access_rollback_sql(changes, v_again, v_plan) u
    union all select u.* from levelb._names_rollback(changes, v_plan) u
    union all select u.* from levelb._restored_units_sql(changes, v_again, v_plan) u
    union all select u.* from levelb._dropped_units_sql(changes, v_plan) u
    union all select u.* from levelb._attributes_sql(changes, v_again, v_plan) u
    union all select u.* from levelb._owned_by_sql(changes, v_plan) u
    union all select u.* from levelb._labels_sql(changes, v_plan) u
    union all select u.* from levelb._comments_rollback(changes, v_again, v_plan) u
    union all select u.* from levelb._left_sql(changes, v_plan) u
    union all select u.* from levelb._lost_sql(changes, v_plan) u
    union all
    select 95, w.name, format('-- rows of %s were written: data is restored from a backup, not from here',
      levelb._visible(w.name))
      from (select t.name from unnest(tables) t
            union
            select (c.new).identity from unnest(changes) c where levelb._has_new_storage(row(c.old,
              c.new)::levelb._change)) w
  )
  select string_agg(l.line, E'\n' order by l.part, l.place collate "C", l.line collate "C") into v_sql
    from line l where l.line <> '';
  -- bodies may name what comes later, and nothing in a definition means what a schema in front says
  return concat_ws(E'\n', 'begin;', 'set local search_path = pg_catalog, pg_temp;',
    'set local check_function_bodies = off;',
    -- what money was written with
    'set local lc_monetary = ''C'';',
    v_sql, 'commit;') || E'\n';
end
$_rollback_snapshot$;
comment on function levelb._rollback_snapshot(levelb._change[], levelb._written[]) is
  'SQL that restores the state before a set of changes.';
