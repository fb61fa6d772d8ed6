-- Owns what of a set of changes can be undone, and in which order: no statement of rollback_snapshot may fail, or put
-- something else in place than what was there.
--
-- A unit is a catalog row that statements of its own make and drop, named 'catalog key'. Units that are gone or were
-- replaced are restored from what was read before the text ran; those that the text made are dropped. What lost data,
-- or cannot be told from what was read, is lost, and so is whatever needs it. Where something lost leaves a new thing
-- in use, that new thing stays.

create type levelb._edge as (
  dependent   text,
  referenced  text
);
comment on type levelb._edge is 'One unit needs another.';

create type levelb._rollback_plan as (
  restored  text[],
  renewed   text[],
  made      text[],
  lost      jsonb,
  places    jsonb,
  drops     jsonb,
  is_aside  boolean
);
comment on type levelb._rollback_plan is
  'Units by what happens to them. renewed: restored ones that are there and must be made again;
made: to be dropped; lost: {"unit": why it stays as it is}; places and drops: {"unit": order in which it is restored or
dropped}; is_aside: whether made and renamed ones first get names of their own.';

create function levelb._unit(state levelb._state_row)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return (state).catalog || ' ' || (state).key;
comment on function levelb._unit(levelb._state_row) is 'Name of a unit.';

-- The query of a view is the view, and what is implied belongs to what implies it. Units that go and come with another
-- have statements of their own all the same: triggers, constraints, defaults.
create function levelb._whole_of(
  unit text,
  wholes jsonb
)
  returns text
  language plpgsql immutable
  set search_path = pg_catalog, pg_temp
as $_whole_of$
declare
  v_unit text := unit;
begin
  for i in 1 .. 4 loop
    exit when not wholes ? v_unit;
    v_unit := wholes ->> v_unit;
  end loop;
  return v_unit;
end
$_whole_of$;
comment on function levelb._whole_of(text, jsonb) is
  'Unit that a row belongs to; wholes: {"catalog key": what it is part of}.';

create function levelb._is_part_of_unit(state levelb._state_row)
  returns boolean
  language sql immutable
  set search_path = pg_catalog, pg_temp
return (state).part_of is not null and (state).catalog not in ('pg_depend', 'pg_attribute')
  and ((state).is_implied or (state).catalog = 'pg_rewrite' and (state).object_type <> 'rule'
    or (state).object_type = 'index' and ((state).part_of like 'pg_constraint %' or (state).catalog = 'pg_index')
    -- toast tables are told of their tables
    or coalesce((state).whole ->> 'relnamespace', '') = '99');
comment on function levelb._is_part_of_unit(levelb._state_row) is 'Whether a row has no statement of its own.';

-- Edges among the rows of one side. They come from pg_depend, whose rows are written with those that need something:
-- all of what is gone, made or replaced is there, and what was renamed only is not, as its needs are the same.
create function levelb._rollback_edges(rows levelb._state_row[])
  returns levelb._edge[]
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_rollback_edges$
declare
  v_wholes constant jsonb := (
    select coalesce(jsonb_object_agg(r.catalog || ' ' || r.key, r.part_of), '{}')
      from unnest(rows) r where levelb._is_part_of_unit(row(r.*)::levelb._state_row));
begin
  return array(
    with parsed as (
      select distinct p[1]::oid as classid, p[2] as objid, p[3]::integer as objsubid, p[4]::oid as refclassid,
          p[5] as refobjid, p[6]::integer as refobjsubid
        from unnest(rows) r, string_to_array(r.key, ' ') p
       where r.catalog = 'pg_depend' and p[7] <> 'i'
    ), edge as (
      select d.unit as dependent, n.unit as referenced
        from parsed p,
          lateral (
            select levelb._whole_of(p.classid::regclass || ' ' || p.objid, v_wholes) as unit
            union all
            select 'pg_attribute ' || p.objid || '.' || p.objsubid where p.objsubid > 0) d,
          lateral (
            select levelb._whole_of(p.refclassid::regclass || ' ' || p.refobjid, v_wholes) as unit
            union all
            -- its type says by itself whether what names it runs code
            select 'pg_type ' || p.refobjid where p.refclassid = 'pg_type'::regclass
            union all
            select 'pg_attribute ' || p.refobjid || '.' || p.refobjsubid where p.refobjsubid > 0) n
    )
    select distinct row(e.dependent, e.referenced)::levelb._edge from edge e where e.dependent <> e.referenced);
end
$_rollback_edges$;
comment on function levelb._rollback_edges(levelb._state_row[]) is 'What needs what among rows of one side.';

-- Everything that needs one of some units, directly or not.
create function levelb._with_dependents(
  units text[],
  edges levelb._edge[]
)
  returns text[]
  language sql immutable
  set search_path = pg_catalog, pg_temp
return (
  with recursive found (unit) as (
    select unnest(units)
    union
    select e.dependent from found f join unnest(edges) e on e.referenced = f.unit
  )
  select coalesce(array_agg(f.unit), '{}') from found f);
comment on function levelb._with_dependents(text[], levelb._edge[]) is 'Units and those that need them.';

create function levelb._with_references(
  units text[],
  edges levelb._edge[]
)
  returns text[]
  language sql immutable
  set search_path = pg_catalog, pg_temp
return (
  with recursive found (unit) as (
    select unnest(units)
    union
    select e.referenced from found f join unnest(edges) e on e.dependent = f.unit
  )
  select coalesce(array_agg(f.unit), '{}') from found f);
comment on function levelb._with_references(text[], levelb._edge[]) is 'Units and those that they need.';

-- What a unit needs has a lower place. Units that need each other have none.
create function levelb._places(
  units text[],
  edges levelb._edge[]
)
  returns jsonb
  language plpgsql immutable
  set search_path = pg_catalog, pg_temp
as $_places$
declare
  v_left text[] := units;
  v_ready text[];
  v_places jsonb := '{}';
  v_place integer := 0;
begin
  while cardinality(v_left) > 0 loop
    v_place := v_place + 1;
    v_ready := array(
      select u from unnest(v_left) u
       where not exists (select from unnest(edges) e where e.dependent = u and e.referenced = any(v_left)));
    exit when v_ready = '{}';
    v_places := v_places || (select jsonb_object_agg(u, v_place) from unnest(v_ready) u);
    v_left := array(select u from unnest(v_left) u where u <> all(v_ready));
  end loop;
  return v_places;
end
$_places$;
comment on function levelb._places(text[], levelb._edge[]) is '{"unit": place} in an order that resolves.';

-- Types whose values no code of users reads, compares or casts by itself: PostgreSQL's own, enumerations, base types,
-- which superusers make, and arrays of these. Domains have checks, which composite types and ranges may hold too: also
-- later, so that what is in them today says nothing.
create function levelb._is_inert_type(type text)
  returns boolean
  language sql stable
  set search_path = pg_catalog, pg_temp
return type::oid < 16384 or exists (
  select from pg_type t join pg_type e on e.oid = case
      when t.typelem <> 0 and t.typsubscript = 'array_subscript_handler'::regproc then t.typelem else t.oid end
   where t.oid = type::oid and (e.oid < 16384 or e.typtype in ('b', 'e')));
comment on function levelb._is_inert_type(text) is 'Whether reading values of a type (its oid) runs no code of users.';

-- A literal is read where a definition is parsed: one of a composite type, a range or an array runs the checks of the
-- domains in it. That of a domain itself is not.
create function levelb._reads_values(
  unit text,
  state levelb._state_row,
  edges levelb._edge[]
)
  returns boolean
  language sql stable
  set search_path = pg_catalog, pg_temp
return exists (
  select from unnest(edges) e
      -- asked by edge: in a join with pg_type the planner asks each type of the database whether it is inert
      cross join lateral (select case when e.referenced ~ '^pg_type \d+$' then split_part(e.referenced, ' ', 2) end) r (type)
   where e.dependent = unit and not levelb._is_inert_type(r.type)
     and exists (select from pg_type t where t.oid = r.type::oid and t.typtype <> 'd')
     -- a function needs the types of its arguments too, and reads values in defaults and a parsed body alone
     and ((state).catalog <> 'pg_proc' or (state).whole ->> 'proargdefaults' is not null
       or (state).whole ->> 'prosqlbody' is not null));
comment on function levelb._reads_values(text, levelb._state_row, levelb._edge[]) is
  'Whether parsing what a unit was may run code of users. state: its row.';

-- PostgreSQL's own functions are in no pg_depend, and some run a query or write a file. Whatever looks like a call and
-- is no immutable function of theirs counts; quoted names and literals can only add to that.
create function levelb._calls_only_immutable(definition text)
  returns boolean
  language sql stable
  set search_path = pg_catalog, pg_temp
return not exists (
  select from regexp_matches(
      regexp_replace(definition, '("(?:[^"]|"")*")|''(?:[^'']|'''')*''', '\1', 'g'),
      '("(?:[^"]|"")*"|[[:alpha:]_][[:alnum:]_$]*)\s*\(', 'g') m,
    lateral (select lower(btrim(m[1], '"'))) n (name)
   where n.name not in ('check', 'and', 'or', 'not', 'any', 'all', 'in', 'case', 'when', 'then', 'else', 'coalesce',
       'nullif', 'greatest', 'least', 'row', 'trim', 'from', 'operator', 'varying', 'character', 'timestamp', 'time')
     and (select count(*) = 0 or bool_or(p.provolatile <> 'i') from pg_proc p
           where p.pronamespace = 'pg_catalog'::regnamespace and p.proname = n.name));
comment on function levelb._calls_only_immutable(text) is 'Whether an expression calls no function that acts.';

create function levelb._casts_keys(key jsonb)
  returns boolean
  language sql stable
  set search_path = pg_catalog, pg_temp
return exists (
  select from rows from (jsonb_array_elements_text(key -> 'conkey'), jsonb_array_elements_text(key -> 'confkey'))
      k (own, other)
    left join pg_attribute a on a.attrelid = (key ->> 'conrelid')::oid and a.attnum = k.own::smallint
    left join pg_attribute b on b.attrelid = (key ->> 'confrelid')::oid and b.attnum = k.other::smallint
   where a.atttypid is distinct from b.atttypid
     and not (coalesce(a.atttypid, 16384) < 16384 and coalesce(b.atttypid, 16384) < 16384));
comment on function levelb._casts_keys(jsonb) is
  'Whether a foreign key (a row of pg_constraint) is over columns of different types, one of which is of users.';

-- CHECK constraints and foreign keys are evaluated when they are added, as whoever adds them: code of users would run
-- as superuser. NOT VALID would not run it, and would not put back what was there. A foreign key casts values where
-- its columns differ in type; a cast of users is not among what it needs.
create function levelb._runs_code(
  state levelb._state_row,
  definition text,
  edges levelb._edge[]
)
  returns boolean
  language sql stable
  set search_path = pg_catalog, pg_temp
return (state).whole ->> 'contype' = 'c' and not levelb._calls_only_immutable(definition)
  or exists (
    select from unnest(edges) e
     where e.dependent = levelb._unit(state)
       and (e.referenced ~ '^pg_(proc|operator) '
         or e.referenced ~ '^pg_type ' and e.referenced <> (state).part_of
           and not levelb._is_inert_type(split_part(e.referenced, ' ', 2))))
  or (state).whole ->> 'contype' = 'f' and levelb._casts_keys((state).whole);
comment on function levelb._runs_code(levelb._state_row, text, levelb._edge[]) is
  'Whether adding a constraint may run code of users.';

-- What rows are told apart by is evaluated for each row of a table that is attached, by the ancestors too, and
-- their foreign keys are checked with it.
create function levelb._attach_runs_code(parent oid)
  returns boolean
  language sql stable
  set search_path = pg_catalog, pg_temp
return exists (
  select from pg_partition_ancestors(parent) a (relid)
    join pg_partitioned_table p on p.partrelid = a.relid
   where p.partexprs is not null
      or exists (
        select from unnest(p.partattrs::smallint[]) k (attnum)
          join pg_attribute c on c.attrelid = a.relid and c.attnum = k.attnum
         where not levelb._is_inert_type(c.atttypid::text))
      or exists (
        select from pg_constraint f
         where f.conrelid = a.relid and f.contype = 'f' and levelb._casts_keys(to_jsonb(f))));
comment on function levelb._attach_runs_code(oid) is 'Whether ATTACH PARTITION to a table may run code of users.';

-- Why a row that is gone, or was replaced, cannot be restored by itself; null when it can. definition: what it was.
create function levelb._why_lost(
  state levelb._state_row,
  definition text,
  edges levelb._edge[]
)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return case
  when (state).catalog = 'pg_namespace' then null
  when (state).catalog = 'pg_class' and (state).object_type in ('table', 'foreign table')
    then 'its rows and columns are gone'
  when (state).catalog = 'pg_class' and (state).object_type = 'sequence' then 'its last value is gone'
  when (state).catalog = 'pg_attribute' then 'its values are gone'
  when (state).catalog = 'pg_type' and (state).whole ->> 'typtype' = 'd' then
    case when definition is null then 'what it was has not been read' end
  when (state).catalog = 'pg_type' and (state).whole ->> 'typtype' in ('c', 'e') then null
  when (state).catalog = 'pg_attrdef' and exists (
    select from pg_attribute a
     where 'pg_attribute ' || a.attrelid || '.' || a.attnum = (state).part_of and a.attgenerated <> '')
    then 'the column is generated'
  when definition is not null and levelb._reads_values(levelb._unit(state), state, edges)
    then 'making it would run code of users as superuser'
  when (state).catalog = 'pg_constraint' and levelb._runs_code(state, definition, edges)
    then 'adding it would run code of users as superuser'
  when (state).catalog = 'pg_inherits' and levelb._attach_runs_code(((state).whole ->> 'inhparent')::oid)
    then 'attaching it would run code of users as superuser'
  when (state).catalog in ('pg_class', 'pg_proc', 'pg_constraint', 'pg_attrdef', 'pg_policy', 'pg_trigger',
    'pg_rewrite',
    'pg_statistic_ext') then case when definition is null then 'what it was has not been read' end
  when (state).catalog = 'pg_foreign_server' and exists (
    select from jsonb_each_text((state).attributes) o where o.key like 'repoint:option %' and o.value in ('changed',
      'set'))
    then 'an option may be a secret, which is not kept'
  when (state).catalog in ('pg_inherits', 'pg_foreign_server', 'pg_publication', 'pg_publication_rel',
    'pg_publication_namespace', 'pg_cast', 'pg_extension') then null
  else 'nothing in its catalog row makes it again' end;
comment on function levelb._why_lost(levelb._state_row, text, levelb._edge[]) is 'Why a unit cannot be restored.';

-- Rows that are units: what is said about others, and what the files of access give back, are none.
create function levelb._is_unit(state levelb._state_row)
  returns boolean
  language sql immutable
  set search_path = pg_catalog, pg_temp
return (state).key is not null and not (state).is_implied and not levelb._is_part_of_unit(state)
  and (state).catalog not in ('pg_depend', 'pg_description', 'pg_shdescription', 'pg_enum', 'pg_sequence', 'pg_authid',
    'pg_auth_members', 'pg_db_role_setting', 'pg_default_acl')
  -- columns of a view come with its query, inherited ones with the parent's
  and not ((state).catalog = 'pg_attribute' and ((state).object_type not in ('table column', 'foreign table column',
    'composite type column') or (state).whole ->> 'attinhcount' <> '0'))
  and not ((state).catalog = 'pg_constraint' and (state).whole ->> 'coninhcount' <> '0');
comment on function levelb._is_unit(levelb._state_row) is 'Whether a row has statements of its own.';

-- Columns that CREATE OR REPLACE VIEW cannot take away, and argument names and defaults that CREATE OR REPLACE
-- FUNCTION
-- cannot.
create function levelb._needs_renewal(
  change levelb._change,
  changes levelb._change[]
)
  returns boolean
  language sql stable
  set search_path = pg_catalog, pg_temp
return case (change.new).catalog
  when 'pg_rewrite' then exists (
    select from unnest(changes) c
     where (c.old).key is null and (c.new).catalog = 'pg_attribute' and (c.new).part_of = (change.new).part_of)
  when 'pg_proc' then (change.old).whole -> 'proargnames' <> (change.new).whole -> 'proargnames'
    or (change.old).whole -> 'pronargdefaults' <> (change.new).whole -> 'pronargdefaults' end;
comment on function levelb._needs_renewal(levelb._change, levelb._change[]) is
  'Whether what was there can only be made anew.';

-- What uses a view or function today, apart from itself and units that are made anew or dropped.
create function levelb._users_of(
  unit text,
  others text[]
)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return (
  select string_agg(distinct coalesce(v.type, i.type) || ' ' || coalesce(v.identity, i.identity), ', ')
    from pg_depend d
      left join pg_type y on y.typrelid = split_part(unit, ' ', 2)::oid and split_part(unit, ' ', 1) = 'pg_class'
      left join pg_rewrite w on d.classid = 'pg_rewrite'::regclass and w.oid = d.objid
      cross join lateral pg_identify_object(d.classid, d.objid, d.objsubid) i
      left join lateral pg_identify_object('pg_class'::regclass, w.ev_class, 0) v on w.rulename = '_RETURN'
   where (d.refclassid = split_part(unit, ' ', 1)::regclass and d.refobjid = split_part(unit, ' ', 2)::oid
       or d.refclassid = 'pg_type'::regclass and d.refobjid in (y.oid, y.typarray))
     and d.deptype in ('n', 'a')
     and coalesce('pg_class ' || w.ev_class, d.classid::regclass || ' ' || d.objid) <> all(others || unit));
comment on function levelb._users_of(text, text[]) is 'Names of what uses a unit.';

-- A sequence that belongs to a column goes with it.
create function levelb._is_dropped_with_column(
  state levelb._state_row,
  rows levelb._state_row[]
)
  returns boolean
  language sql immutable
  set search_path = pg_catalog, pg_temp
return (state).object_type = 'sequence' and exists (
  select from unnest(rows) d, string_to_array(d.key, ' ') p
   where d.catalog = 'pg_depend' and p[1] = '1259' and p[2] = (state).key and p[4] = '1259' and p[6] <> '0'
     -- DROP IDENTITY takes one along too
     and (p[7] = 'i' or exists (select from unnest(rows) a where a.catalog = 'pg_attribute' and a.key = p[5] || '.'
       || p[6])));
comment on function levelb._is_dropped_with_column(levelb._state_row, levelb._state_row[]) is
  'Whether a new sequence belongs to a new column.';

create function levelb._plan_rollback(changes levelb._change[])
  returns levelb._rollback_plan
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_plan_rollback$
declare
  v_old constant levelb._state_row[] := array(select c.old from unnest(changes) c where (c.old).key is not null);
  v_new constant levelb._state_row[] := array(select c.new from unnest(changes) c where (c.new).key is not null);
  v_fresh_rows constant levelb._state_row[] := array(
    select c.new from unnest(changes) c where (c.new).key is not null and (c.old).key is distinct from (c.new).key);
  v_needed_before constant levelb._edge[] := levelb._rollback_edges(v_old);
  v_needed_now constant levelb._edge[] := levelb._rollback_edges(v_new);
  v_ends constant text[] := array(
    select levelb._unit(c.old) from unnest(changes) c where (c.old).key is not null and (c.new).key is distinct
      from (c.old).key);
  v_starts constant text[] := array(select levelb._unit(row(r.*)::levelb._state_row) from unnest(v_fresh_rows) r);
  -- {"unit": definition before}
  v_definitions constant jsonb := (
    select coalesce(jsonb_object_agg(case when r.catalog = 'pg_rewrite' and r.object_type <> 'rule' then r.part_of
      else r.catalog || ' ' || r.key end, r.definition), '{}') from unnest(v_old) r where r.definition is not null);
  v_pairs jsonb;
  v_gone text[];
  v_replaced text[];
  v_fresh text[];
  v_stays text[] := '{}';
  v_now text[];
  v_count integer;
  v_plan levelb._rollback_plan;
begin
  select coalesce(array_agg(levelb._unit(c.old)), '{}') into v_gone from unnest(changes) c
   where levelb._is_unit(c.old) and (c.new).key is distinct from (c.old).key
     and not ((c.old).catalog = 'pg_attribute' and (c.old).part_of = any(v_ends));
  select coalesce(array_agg(distinct case when (c.new).catalog = 'pg_rewrite' and (c.new).object_type <> 'rule'
      then (c.new).part_of else levelb._unit(c.new) end), '{}') into v_replaced from unnest(changes) c
   where (c.old).key = (c.new).key and (c.new).definition_as is not null and (c.old).code <> (c.new).code;
  select coalesce(array_agg(levelb._unit(row(r.*)::levelb._state_row)), '{}') into v_fresh from unnest(v_fresh_rows) r
   where levelb._is_unit(row(r.*)::levelb._state_row) and (r.part_of is null or r.part_of <> all(v_starts))
     and not levelb._is_dropped_with_column(row(r.*)::levelb._state_row, v_fresh_rows);
  -- {"new unit": unit that it came after}
  select coalesce(jsonb_object_agg(levelb._unit(c.new), levelb._unit(c.old)), '{}') into v_pairs
    from unnest(changes) c
   where (c.old).key <> (c.new).key and levelb._unit(c.old) = any(v_gone);

  select coalesce(jsonb_object_agg(u.unit, u.why), '{}') into v_plan.lost from (
    select levelb._unit(c.old) as unit,
        levelb._why_lost(c.old, v_definitions ->> levelb._unit(c.old), v_needed_before) as why
      from unnest(changes) c where levelb._unit(c.old) = any(v_gone)
    union all
    select r.unit, 'what it was has not been read'
      from unnest(v_replaced) r (unit)
     where not v_definitions ? r.unit
    union all
    select r.unit, 'making it would run code of users as superuser'
      from unnest(v_replaced) r (unit) join unnest(v_old) o
        on r.unit in (o.catalog || ' ' || o.key, o.part_of) and o.definition_as is not null
     where levelb._reads_values(r.unit, row(o.*)::levelb._state_row, v_needed_before)
    union all
    -- what uses a column of another type may mean something else, or nothing
    select levelb._unit(c.new), 'its type has changed' from unnest(changes) c
     where (c.old).key = (c.new).key and (c.new).catalog = 'pg_attribute'
       and (c.old).whole -> 'atttypid' <> (c.new).whole -> 'atttypid'
  ) u where u.why is not null;

  select coalesce(array_agg(distinct n.unit), '{}') into v_plan.renewed
    from unnest(changes) c,
      lateral (select case (c.new).catalog when 'pg_rewrite' then (c.new).part_of
        else levelb._unit(c.new) end as unit) n
   where n.unit = any(v_replaced) and (c.old).key = (c.new).key
     and levelb._needs_renewal(row(c.old, c.new)::levelb._change, changes);
  select v_plan.lost || coalesce(jsonb_object_agg(u, 'it is used by ' || levelb._users_of(u, v_replaced
    || v_fresh)), '{}')
    into v_plan.lost
    from unnest(v_plan.renewed) u where levelb._users_of(u, v_replaced || v_fresh) is not null;

  loop
    v_count := (select count(*) from jsonb_object_keys(v_plan.lost)) + cardinality(v_stays);
    v_now := array(
      select u from unnest(levelb._with_dependents(array(select jsonb_object_keys(v_plan.lost)), v_needed_before)) u
       where u = any(v_gone || v_replaced) and not v_plan.lost ? u);
    v_plan.lost := v_plan.lost || coalesce((select jsonb_object_agg(u, 'it needs what is not restored')
      from unnest(v_now) u), '{}');
    -- what is lost leaves in use what came after it
    v_stays := array(
      select u from unnest(levelb._with_references(array(
          select coalesce(p.key, k) from jsonb_object_keys(v_plan.lost) k left
            join jsonb_each_text(v_pairs) p on p.value = k),
        v_needed_now)) u
       where u = any(v_fresh));
    v_plan.lost := v_plan.lost || coalesce((
      select jsonb_object_agg(v_pairs ->> u, 'what came after it is in use') from unnest(v_stays) u
       where v_pairs ? u and not v_plan.lost ? (v_pairs ->> u)), '{}');
    exit when v_count = (select count(*) from jsonb_object_keys(v_plan.lost)) + cardinality(v_stays);
  end loop;

  v_plan.restored := array(select u from unnest(v_gone || v_replaced) u where not v_plan.lost ? u);
  v_plan.renewed := array(select u from unnest(v_plan.renewed) u where not v_plan.lost ? u);
  v_plan.made := array(select u from unnest(v_fresh) u where u <> all(v_stays));
  v_plan.places := levelb._places(v_plan.restored, v_needed_before);
  v_plan.drops := levelb._places(v_plan.made || v_plan.renewed,
    array(select row(e.referenced, e.dependent)::levelb._edge from unnest(v_needed_now) e));
  v_plan.is_aside := v_plan.renewed <> '{}'
    or exists (select from unnest(v_plan.restored) u where u = any(v_gone)
      and u ~ '^pg_(class|proc|type|namespace|foreign_server) ')
    or exists (select from unnest(changes) c
                where (c.old).key = (c.new).key and (c.new).catalog in ('pg_class', 'pg_proc', 'pg_type',
                  'pg_namespace', 'pg_foreign_server')
                  and not (c.new).is_implied and (c.old).named <> (c.new).named);
  return v_plan;
end
$_plan_rollback$;
comment on function levelb._plan_rollback(levelb._change[]) is
  'What of a set of changes can be undone, and in which order.';

create type levelb._undo as (
  part   integer,
  place  text,
  line   text
);
comment on type levelb._undo is 'Statements of rollback_snapshot. part and place: their order.';

-- The oid makes it one that nobody has, and tells a reader which object it is.
create function levelb._aside_name(key text)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return 'levelb_aside_' || replace(key, '.', '_');
comment on function levelb._aside_name(text) is 'Name of an object while names are given back.';

-- The column of a catalog row that holds the name of the object.
create function levelb._name_of(state levelb._state_row)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return (state).whole ->> case (state).catalog when 'pg_class' then 'relname' when 'pg_proc' then 'proname'
  when 'pg_type' then 'typname' when 'pg_namespace' then 'nspname' when 'pg_attribute' then 'attname'
  when 'pg_constraint' then 'conname' when 'pg_policy' then 'polname' when 'pg_trigger' then 'tgname'
  when 'pg_rewrite' then 'rulename' when 'pg_foreign_server' then 'srvname' when 'pg_publication' then 'pubname' end;
comment on function levelb._name_of(levelb._state_row) is 'Unquoted name of an object.';

-- Name of a schema once names are back.
create function levelb._schema_before(
  name text,
  changes levelb._change[],
  plan levelb._rollback_plan
)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return coalesce((
  select case when (c.old).key = (c.new).key then levelb._name_of(c.old) else levelb._aside_name((c.new).key) end
    from unnest(changes) c
   where (c.new).catalog = 'pg_namespace' and levelb._name_of(c.new) = name
     and ((c.old).key = (c.new).key or (plan).is_aside and levelb._unit(c.new) = any((plan).made))), name);
comment on function levelb._schema_before(text, levelb._change[], levelb._rollback_plan) is
  'Unquoted name of a schema when names are back.';

-- Name of a relation that is there or restored, once names are back.
create function levelb._relation_before(
  relation oid,
  changes levelb._change[],
  plan levelb._rollback_plan
)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return coalesce(
  (select (c.old).identity from unnest(changes) c
    where (c.old).catalog = 'pg_class' and (c.old).key = relation::text and not (c.old).is_implied),
  (select format('%I.%I', levelb._schema_before(n.nspname, changes, plan), r.relname)
     from pg_class r join pg_namespace n on n.oid = r.relnamespace where r.oid = relation));
comment on function levelb._relation_before(oid, levelb._change[], levelb._rollback_plan) is
  'Identity of a relation when names are back.';

-- Where an object is once schemas have their names back and its own name is aside.
create function levelb._aside_identity(
  state levelb._state_row,
  changes levelb._change[],
  plan levelb._rollback_plan
)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return case when (state).catalog in ('pg_namespace', 'pg_foreign_server', 'pg_publication')
    then levelb._aside_name((state).key)
  else format('%I.%I', levelb._schema_before((state).schema, changes, plan), levelb._aside_name((state).key)) end;
comment on function levelb._aside_identity(levelb._state_row, levelb._change[], levelb._rollback_plan) is
  'Identity of an object that is aside.';

-- What a column or constraint is in, as its own row says it: on either side, with the names of that side.
create function levelb._container_of(state levelb._state_row)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return case when (state).catalog = 'pg_attribute' then format('%I.%I', (state).names[1], (state).names[2])
  else substr((state).identity, length(quote_ident(levelb._name_of(state))) + 5) end;
comment on function levelb._container_of(levelb._state_row) is
  'Identity of the relation or type that a column or constraint is in.';
