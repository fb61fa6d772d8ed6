-- Owns what may not be done past the channel in a guarded schema, told by the state that a command leaves behind. What
-- a command says is out of sight of an event trigger, and there are many ways to say the same.

create type levelb._refused as (
  level        text,
  schema_name  text,
  object       text,
  why          text
);
comment on type levelb._refused is 'What the guard refuses: an object in a guarded schema, and why.';

-- The image from before is the baseline's. What is not in there was made since.
create function levelb._guarded_classes(
  guarded levelb._protected,
  now levelb._state_row
)
  returns text[]
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_guarded_classes$
declare
  v_names constant text[] := array(
    select n.nspname::text from pg_namespace n where n.oid = guarded.schema_oid) || guarded.schema_name;
  v_change levelb._change;
begin
  v_change.old := (select b.state from levelb._baseline b where b.catalog = now.catalog and b.key = now.key);
  v_change.new := (levelb._baseline_row(now)).state;
  -- a table elsewhere that refers to one in here, or inherits from it, which its owner lets it
  if not coalesce(v_names && array[now.schema, (v_change.old).schema], false) then
    return '{}';
  end if;
  return array(
    select distinct d.class from levelb._differences(v_change, null) d
     where d.class <> 'data' and d.before is distinct from d.after
       and not levelb._is_migrators_affair(v_change, d.class, array[guarded])
     order by d.class);
end
$_guarded_classes$;
comment on function levelb._guarded_classes(levelb._protected, levelb._state_row) is
  'Classes in which a row differs from what a schema at level privileged lets its migrators change.';

-- State of an object, of the triggers, rules, policies and granted columns of a table, and of what an aggregate computes.
create function levelb._states_of(
  class oid,
  object oid
)
  returns setof levelb._state_row
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_states_of$
declare
  v_family levelb._family;
begin
  for v_family in
    select f.* from levelb._families() f
     where f.relation = (select c.relname from pg_class c where c.oid = class)
        or class = 'pg_class'::regclass and f.relation in ('pg_attribute', 'pg_policy', 'pg_rewrite', 'pg_trigger')
        or class = 'pg_proc'::regclass and f.relation = 'pg_aggregate'
  loop
    return query execute levelb._family_query(v_family, format('%s = $1', case
        when v_family.relation = 'pg_aggregate' then 'c.aggfnoid' when class <> 'pg_class'::regclass then 'c.oid'
        when v_family.relation = 'pg_policy' then 'c.polrelid' when v_family.relation = 'pg_rewrite' then 'c.ev_class'
        when v_family.relation = 'pg_trigger' then 'c.tgrelid'
        when v_family.relation = 'pg_attribute' then 'c.attacl is not null and c.attrelid' else 'c.oid' end), 'null::xid8', true)
      using object;
  end loop;
end
$_states_of$;
comment on function levelb._states_of(oid, oid) is 'State rows of an object, with what hangs on a table or an aggregate.';

-- Whoever is no superuser could not have done it without being the owner, a member of the owner, or code of the owner:
-- and the owner is asked. A superuser can do all of it, and says by SET ROLE that it is the migrators' work.
create function levelb._is_superuser_at_work(migrators oid[])
  returns boolean
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_is_superuser_at_work$
begin
  return exists (
    select from pg_roles r
     where r.rolname = case current_setting('role') when 'none' then session_user else current_setting('role') end
       and r.rolsuper and r.oid <> all(migrators));
end
$_is_superuser_at_work$;
comment on function levelb._is_superuser_at_work(oid[]) is
  'Whether this session works as a superuser who is none of these.';

-- Why a command on this object is refused in a schema at level privileged; empty where it is not.
create function levelb._why_refused(
  guarded levelb._protected,
  class oid,
  object oid,
  tag text
)
  returns text[]
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_why_refused$
declare
  v_state levelb._state_row;
  v_why text[] := '{}';
begin
  if levelb._is_superuser_at_work(guarded.migrators) then
    return '{superuser}';
  end if;
  if tag ~ '(POLICY|RULE|LABEL|PUBLICATION|SUBSCRIPTION|CAST|SERVER|MAPPING)$' then
    return '{security}';
  end if;
  if class = 'pg_namespace'::regclass and not exists (
    select from pg_namespace n where n.oid = object and n.oid = guarded.schema_oid and n.nspname = guarded.schema_name) then
    return '{repoint}';
  end if;
  for v_state in select s.* from levelb._states_of(class, object) s loop
    v_why := v_why || levelb._guarded_classes(guarded, v_state);
  end loop;
  return array(select distinct w from unnest(v_why) w order by w);
end
$_why_refused$;
comment on function levelb._why_refused(levelb._protected, oid, oid, text) is
  'Why a command is refused in a schema at level privileged.';

-- GRANT and REVOKE name no object. The rows that this transaction wrote in the catalog of that kind do; one that has the
-- rights it had was written by another command.
create function levelb._refused_rights(
  guarded levelb._protected[],
  object_type text
)
  returns setof levelb._refused
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_refused_rights$
declare
  v_schemas constant oid[] := array(select n.oid from pg_namespace n, unnest(guarded) g
    where n.oid = g.schema_oid or n.nspname = g.schema_name);
  -- the age comes first: a function for every column of levelb's tables would cost more than the rest
  v_age constant integer := age(pg_current_xact_id()::xid);
  v_catalog text;
  v_tids tid[];
  v_family levelb._family;
  v_state levelb._state_row;
  v_guarded levelb._protected;
begin
  foreach v_catalog in array case
    when object_type in ('TABLE', 'SEQUENCE', 'COLUMN') then array['pg_class', 'pg_attribute']
    when object_type in ('FUNCTION', 'PROCEDURE', 'ROUTINE') then array['pg_proc']
    when object_type in ('TYPE', 'DOMAIN') then array['pg_type']
    when object_type = 'SCHEMA' then array['pg_namespace'] else '{}'::text[] end
  loop
    case v_catalog
      when 'pg_class' then
        v_tids := array(select c.ctid from pg_class c
          where c.relnamespace = any(v_schemas) and age(c.xmin) <= v_age and levelb._is_written_here(c.xmin));
      when 'pg_attribute' then
        v_tids := array(select a.ctid from pg_class c join pg_attribute a on a.attrelid = c.oid
          where c.relnamespace = any(v_schemas) and age(a.xmin) <= v_age and levelb._is_written_here(a.xmin));
      when 'pg_proc' then
        v_tids := array(select p.ctid from pg_proc p
          where p.pronamespace = any(v_schemas) and age(p.xmin) <= v_age and levelb._is_written_here(p.xmin));
      when 'pg_type' then
        v_tids := array(select t.ctid from pg_type t
          where t.typnamespace = any(v_schemas) and age(t.xmin) <= v_age and levelb._is_written_here(t.xmin));
      when 'pg_namespace' then
        v_tids := array(select n.ctid from pg_namespace n
          where n.oid = any(v_schemas) and age(n.xmin) <= v_age and levelb._is_written_here(n.xmin));
    end case;
    continue when v_tids = '{}';
    for v_family in select f.* from levelb._families() f where f.relation = v_catalog loop
      for v_state in execute levelb._family_query(v_family, 'c.ctid = any($1)', 'null::xid8', true) using v_tids loop
        for v_guarded in select g.* from unnest(guarded) g
          where g.schema_name = v_state.schema or g.schema_oid = to_regnamespace(quote_ident(v_state.schema))
        loop
          if v_guarded.level = 'levelb' or 'acl' = any(levelb._guarded_classes(v_guarded, v_state)) then
            return next row(v_guarded.level, v_guarded.schema_name, v_state.object_type || ' ' || v_state.identity,
              'acl')::levelb._refused;
          end if;
        end loop;
      end loop;
    end loop;
  end loop;
end
$_refused_rights$;
comment on function levelb._refused_rights(levelb._protected[], text) is
  'What a GRANT or REVOKE changed that is refused.';

-- Who makes things in a guarded schema.
create function levelb._makers(guarded levelb._protected)
  returns text[]
  language sql stable
  set search_path = pg_catalog, pg_temp
return case guarded.level when 'levelb' then array['levelb_owner'] when 'full' then levelb._protecting_roles()
  else array(select r.rolname::text from pg_roles r where r.oid = any(guarded.migrators)) end;
comment on function levelb._makers(levelb._protected) is 'Roles whose default privileges reach into a guarded schema.';

-- Default privileges are rights on everything that a role will make: in a guarded schema, or by a role that makes things
-- there.
create function levelb._refused_default_rights(guarded levelb._protected[])
  returns setof levelb._refused
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_refused_default_rights$
begin
  return query
  select g.level, g.schema_name, 'default privileges of ' || levelb._role_name(d.defaclrole), 'acl'
    from pg_default_acl d left join pg_namespace n on n.oid = d.defaclnamespace, unnest(guarded) g
   where levelb._is_written_here(d.xmin)
     and (n.oid = g.schema_oid or n.nspname = g.schema_name
       or d.defaclnamespace = 0 and (select r.rolname from pg_roles r where r.oid = d.defaclrole) = any(levelb._makers(g)));
end
$_refused_default_rights$;
comment on function levelb._refused_default_rights(levelb._protected[]) is
  'What ALTER DEFAULT PRIVILEGES changed that is refused.';
