-- Owns what code said before a text replaced it. A deparser knows today's catalogs alone, whatever the snapshot, so
-- this is read before the text runs, when nobody knows what the text will replace.
--
-- All code of a database costs what all of it costs: 0.5 s for the keys and checks of 10,000 tables. So of a text of
-- plain DDL what it names is read, and what depends on that. This decides what can be told and never what is told: a
-- definition counts for the row version that it was read from, and code that was replaced and not read fails the
-- activation (LB305). Rejected: a cache by xmin, since a definition changes with names that stand in other rows;
-- running the text twice, once to see what it replaces, since not all it does can be undone.

create type levelb._definition as (
  catalog     text,
  key         text,
  written_by  text,
  definition  text
);
comment on type levelb._definition is 'What a deparser says of one catalog row, and the xmin of that row.';

create type levelb._object as (
  class   oid,
  object  oid
);
comment on type levelb._object is 'An object, as pg_depend names it.';

-- Whether each statement names what it replaces or drops, or something that it depends on. DO, CALL and SELECT may run
-- code that puts names together, scripts of extensions are such code, and DROP OWNED names a role. A trigger could do
-- it too: what an INSERT sets off is not read, and fails.
create function levelb._is_plain_ddl(source text)
  returns boolean
  language sql immutable
  set search_path = pg_catalog, pg_temp
return not exists (
  select from levelb._statements((levelb._mask(source)).masked) s
   where lower(s.masked collate "C") !~ '^(?:alter|comment|create|delete|drop|grant|insert|lock|revoke|set|truncate|update)[ \t\r\n\f"]'
      or s.shape ~ '^(?:alter|drop) '
        and s.shape !~ ('^(?:alter|drop) (?:(?:foreign )?table|(?:materialized )?view|index|sequence|function|procedure|routine'
          || '|aggregate|trigger|policy|rule|type|domain|statistics|default privileges) ')
      or s.shape ~ '^create extension ');
comment on function levelb._is_plain_ddl(text) is 'Whether the statements of a text name all that they replace.';

-- Words in any place, as they stand and as PostgreSQL folds them, and what stands between double quotes, whichever of
-- two is the opening one. Null when a name may hide: behind escapes, doubled quotes, or cut to 63 bytes.
create function levelb._names_in(source text)
  returns name[]
  language sql immutable
  set search_path = pg_catalog, pg_temp
return (
  with word as (
    select w from regexp_split_to_table(source, '[^A-Za-z0-9_\u0080-\U0010ffff]+') w
    union
    select w from regexp_split_to_table(source, '[^A-Za-z0-9_$\u0080-\U0010ffff]+') w
  )
  select case when source !~* 'u&"' and strpos(source, '""') = 0 and max(octet_length(word.w)) < 64 then array(
      select w::name from word
      union select lower(w collate "C")::name from word
      union select q::name from string_to_table(source, '"') q where octet_length(q) < 64) end
    from word);
comment on function levelb._names_in(text) is 'All that may be a name in a text; null when that cannot be said.';

-- Relations, functions, types and statistics of which the name and that of the schema are among these, with their
-- parts, at any distance. with_users: and all that uses them, which CASCADE drops and ALTER TABLE writes anew. What is
-- internal to another object, as a rule to its view, goes with that, so such a dependency is followed up as well.
create function levelb._objects_named(
  names name[],
  with_users boolean
)
  returns levelb._object[]
  language sql stable
  set search_path = pg_catalog, pg_temp
  -- few names and many objects: look-ups by index, whatever the planner makes of the number of names
  set enable_hashjoin = off
  set enable_mergejoin = off
  set enable_seqscan = off
as $_objects_named$
  with recursive schema (oid) as (
    select n.oid from pg_namespace n where n.nspname = any(names)
  ), reached (class, object) as (
    (select 'pg_class'::regclass::oid, c.oid from pg_class c join schema s on s.oid = c.relnamespace
      where c.relname = any(names) and c.oid >= 16384
     union all
     select 'pg_proc'::regclass, p.oid from pg_proc p join schema s on s.oid = p.pronamespace
      where p.proname = any(names) and p.oid >= 16384
     union all
     select 'pg_type'::regclass, t.oid from pg_type t join schema s on s.oid = t.typnamespace
      where t.typname = any(names) and t.oid >= 16384
     union all
     select 'pg_statistic_ext'::regclass, e.oid from pg_statistic_ext e join schema s on s.oid = e.stxnamespace
      where e.stxname = any(names))
    union
    select d.class, d.object from reached r, lateral (
      select d.classid, d.objid from pg_depend d where d.refclassid = r.class and d.refobjid = r.object
         and (with_users or d.deptype <> 'n')
      union all
      select d.refclassid, d.refobjid from pg_depend d where d.classid = r.class and d.objid = r.object
        and d.deptype = 'i'
    ) d (class, object)
  )
  select array(select row(r.class, r.object)::levelb._object from reached r)
$_objects_named$;
comment on function levelb._objects_named(name[], boolean) is
  'Objects with these names in schemas with these names, and what depends on them.';

-- What is to be read before the texts of a migration run; null for everything.
create function levelb._objects_in_reach(manifest levelb.manifest)
  returns levelb._object[]
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_objects_in_reach$
declare
  v_source constant text := (
    select string_agg(s.apply, E';\n' order by s.position) from only levelb.step s
     where s.migration_id = manifest.migration_id and s.revision = manifest.revision and s.roles is null);
  v_names name[];
begin
  if v_source is null then
    return '{}';
  end if;
  if levelb._is_plain_ddl(v_source) then
    v_names := levelb._names_in(concat_ws(E'\n', manifest.search_path, v_source));
  end if;
  return case when v_names is not null then levelb._objects_named(v_names, v_source ~* '\m(?:alter|drop)\M') end;
end
$_objects_in_reach$;
comment on function levelb._objects_in_reach(levelb.manifest) is 'Objects that a migration may replace; null for all.';

-- Deparsing a query locks the relations in it, and nobody who holds one may make an activation wait: so what is locked
-- now is left out, and if a lock comes in between nothing is read at all. The subtransaction is undone to give the
-- locks back: others go on with their tables while the text runs. objects: null for all.
create function levelb._definitions(objects levelb._object[])
  returns levelb._definition[]
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
  set lock_timeout = '10ms'
as $_definitions$
declare
  v_locked constant oid[] := array(
    select l.relation from pg_locks l
     where l.locktype = 'relation' and l.mode = 'AccessExclusiveLock' and l.pid <> pg_backend_pid());
  v_family levelb._family;
  v_class text;
  v_oid text;
  v_found levelb._definition[];
  v_all levelb._definition[] := '{}';
begin
  for v_family in select f.* from levelb._families() f where f.definition_as is not null loop
    -- a partitioned table has its oid and its dependencies in pg_class
    v_class := case v_family.relation when 'pg_partitioned_table' then 'pg_class' else v_family.relation end;
    v_oid := case v_family.relation when 'pg_partitioned_table' then 'c.partrelid' else 'c.oid' end;
    execute format($q$select array(select row(%1$L, %2$s, c.xmin::text, %3$s)::levelb._definition from pg_catalog.%1$I c %4$s
        where %5$s and (%6$s) and (%7$s) and not (%8$s) and not exists (
          select from pg_depend d where d.classid = %9$L::regclass and d.objid = %10$s
             and d.refclassid = 'pg_class'::regclass and d.refobjid = any($1)))$q$,
      v_family.relation, v_family.key, v_family.definition, v_family.joins,
      case when objects is null then 'true' else v_oid || ' = any($2)' end,
      v_family.filter, v_family.defined, v_family.is_levelb, v_class, v_oid)
      into v_found using v_locked, array(select o.object from unnest(objects) o where o.class = v_class::regclass);
    v_all := v_all || v_found;
  end loop;
  raise exception using errcode = 'UNDO0';
exception
  when sqlstate 'UNDO0' then return v_all;
  when lock_not_available then return '{}';
end
$_definitions$;
comment on function levelb._definitions(levelb._object[]) is
  'Definitions of the code of users among some objects, or of all of it, as they are now.';

-- A definition counts only for the very row version that it was read from.
create function levelb._with_definitions(
  rows levelb._state_row[],
  definitions levelb._definition[]
)
  returns levelb._state_row[]
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_with_definitions$
declare
  v_rows levelb._state_row[] := rows;
  v_place integer;
  v_definition text;
begin
  for v_place, v_definition in
    select r.place, d.definition
      from unnest(rows) with ordinality r (catalog, key, object_type, identity, names, schema, attributes, absent,
        whole, rest, named, code, part_of, is_implied, is_detail, is_levelb, exists_class, name_class, definition_as,
          definition, acl, written_by, replaced_by, place)
        join unnest(definitions) d using (catalog, key, written_by)
     where r.definition_as is not null
  loop
    v_rows[v_place].definition := v_definition;
  end loop;
  return v_rows;
end
$_with_definitions$;
comment on function levelb._with_definitions(levelb._state_row[], levelb._definition[]) is
  'Rows from before with what they said.';
