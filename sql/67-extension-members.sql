-- Owns what an extension implies: the changes that its own script made are told by its version, and are not shown.
--
-- That a script made them has to be proven, or a text could hide what it makes by putting it into an extension. The
-- proof is the owner. The script of a trusted extension runs as the bootstrap superuser; the text runs as
-- levelb_deploy, which may give nothing to a superuser and alter nothing that belongs to one. What it may do there
-- still shows: to pass on privileges that it was given with grant option, to empty a table, to put a trigger on one.

-- Whether an object of today belongs to a role that is no superuser. The owner is a dependency, which the bootstrap
-- superuser's own objects do not have.
create function levelb._is_of_nonsuperuser(
  class oid,
  object oid
)
  returns boolean
  language sql stable
  set search_path = pg_catalog, pg_temp
return exists (
  select from pg_shdepend s join pg_roles o on o.oid = s.refobjid and not o.rolsuper
   where s.dbid = (select d.oid from pg_database d where d.datname = current_database())
     and s.classid = class and s.objid = object and s.deptype = 'o' and s.refclassid = 'pg_authid'::regclass);
comment on function levelb._is_of_nonsuperuser(oid, oid) is 'Whether an object belongs to a role that is no superuser.';

-- Casts and transforms have no owner, and whoever owns one of their types may make them.
create function levelb._is_script_made(state levelb._state_row)
  returns boolean
  language sql stable
  set search_path = pg_catalog, pg_temp
return case (state).catalog
  when 'pg_cast' then not (
    levelb._is_of_nonsuperuser('pg_type'::regclass, ((state).whole ->> 'castsource')::oid)
    or levelb._is_of_nonsuperuser('pg_type'::regclass, ((state).whole ->> 'casttarget')::oid)
    or levelb._is_of_nonsuperuser('pg_proc'::regclass, ((state).whole ->> 'castfunc')::oid))
  when 'pg_transform' then not (
    levelb._is_of_nonsuperuser('pg_type'::regclass, ((state).whole ->> 'trftype')::oid)
    or levelb._is_of_nonsuperuser('pg_proc'::regclass, ((state).whole ->> 'trffromsql')::oid)
    or levelb._is_of_nonsuperuser('pg_proc'::regclass, ((state).whole ->> 'trftosql')::oid))
  else not (state).attributes ? 'owner:owner'
    or exists (select from pg_roles o where o.rolsuper and quote_ident(o.rolname) = (state).attributes ->> 'owner:owner')
  end;
comment on function levelb._is_script_made(levelb._state_row) is 'Whether an object, being a member, can only be its extension''s own.';

-- Whether the privileges of a row are those that it had, or that the script gave.
create function levelb._has_initial_acl(change levelb._change)
  returns boolean
  language sql stable
  set search_path = pg_catalog, pg_temp
return (change.new).key is null or (change.old).acl is not distinct from (change.new).acl or exists (
  select from pg_init_privs i
   where i.objoid = split_part((change.new).key, '.', 1)::oid
     and i.classoid = case when (change.new).catalog = 'pg_attribute' then 'pg_class' else (change.new).catalog end::regclass
     and i.objsubid = case when (change.new).catalog = 'pg_attribute' then split_part((change.new).key, '.', 2) else '0' end::int
     and i.initprivs::text = (change.new).acl);
comment on function levelb._has_initial_acl(levelb._change) is 'Whether the ACL of a row follows from its extension.';

-- CREATE EXTENSION itself comments on it.
create function levelb._is_comment_of_control_file(change levelb._change)
  returns boolean
  language sql stable
  set search_path = pg_catalog, pg_temp
return (change.old).key is null and (change.new).catalog = 'pg_description' and (change.new).part_of like 'pg\_extension %'
  and exists (select from pg_available_extensions a
    where quote_ident(a.name) = (change.new).identity and a.comment = (change.new).attributes ->> 'structure:comment');
comment on function levelb._is_comment_of_control_file(levelb._change) is 'Whether a comment is the one an extension comes with.';

-- Keys "class object" of the objects that belonged, before or now, to extensions that were made, changed or dropped.
create function levelb._members_touched(changes levelb._change[])
  returns setof text
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_members_touched$
  with extension as (
    select coalesce((c.new).key, (c.old).key)::oid as oid from unnest(changes) c
     where coalesce((c.new).catalog, (c.old).catalog) = 'pg_extension'
  )
  select d.classid::regclass || ' ' || d.objid from pg_depend d join extension x on x.oid = d.refobjid
   where d.refclassid = 'pg_extension'::regclass and d.deptype = 'e'
  union
  select (c.old).part_of from unnest(changes) c join extension x on x.oid = ((c.old).whole ->> 'refobjid')::oid
   where (c.old).catalog = 'pg_depend' and (c.new).key is null and (c.old).whole ->> 'deptype' = 'e'
$_members_touched$;
comment on function levelb._members_touched(levelb._change[]) is 'Members of the extensions among the changes.';

-- The changes without those that extensions imply.
create function levelb._without_members(changes levelb._change[])
  returns levelb._change[]
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_without_members$
declare
  v_shown levelb._change[];
begin
  if not exists (select from unnest(changes) c where coalesce((c.new).catalog, (c.old).catalog) = 'pg_extension') then
    return changes;
  end if;
  with recursive change as materialized (
    select c.old, c.new, row(c.old, c.new)::levelb._change as change, c.n,
        coalesce((c.new).catalog, (c.old).catalog) || ' ' || coalesce((c.new).key, (c.old).key) as id,
        coalesce((c.new).part_of, (c.old).part_of) as part_of
      from unnest(changes) with ordinality c (old, new, n)
  ), member as materialized (
    select m.id from levelb._members_touched(changes) m (id)
  ), whole as (
    -- up to the object that a row is part of; of its columns, to the table
    select c.n, c.id, c.part_of from change c
    union
    select w.n, w.part_of, case when p.id is not null then p.part_of
        when w.part_of like 'pg\_attribute %' then 'pg_class ' || split_part(substr(w.part_of, 14), '.', 1) end
      from whole w left join change p on p.id = w.part_of where w.part_of is not null
  ), implied as (
    select w.n from whole w join member m on m.id = w.id left join change o on o.id = w.id
     where w.part_of is null
       and case when o.id is not null then levelb._is_script_made(case when (o.new).key is null then o.old else o.new end)
         else not levelb._is_of_nonsuperuser(split_part(w.id, ' ', 1)::regclass, split_part(w.id, ' ', 2)::oid) end
  )
  select coalesce(array_agg(c.change order by c.n), '{}') into v_shown from change c
   where (c.n not in (select i.n from implied i) and not levelb._is_comment_of_control_file(c.change)
       and not coalesce((c.new).key is null and c.part_of in (
         select x.id from change x where (x.old).catalog = 'pg_extension' and (x.new).key is null), false))
      or coalesce((c.new).catalog = 'pg_trigger', false)
      or levelb._has_new_storage(c.change) or not levelb._has_initial_acl(c.change)
      -- whoever may call it has its owner's rights, and that is a superuser
      or coalesce((c.new).catalog = 'pg_proc' and (c.new).attributes ? 'security:security'
        and (c.old).attributes is distinct from (c.new).attributes, false);
  return v_shown;
end
$_without_members$;
comment on function levelb._without_members(levelb._change[]) is 'Changes without those that extensions imply.';

-- Catalogs of what the scripts of extensions make, of which nothing is in force before the transaction ends: a policy,
-- a trigger or a default privilege is not among them.
create function levelb._script_catalogs()
  returns text[]
  language sql immutable
  set search_path = pg_catalog, pg_temp
return array['pg_aggregate', 'pg_amop', 'pg_amproc', 'pg_attrdef', 'pg_attribute', 'pg_cast', 'pg_class', 'pg_constraint',
  'pg_description', 'pg_index', 'pg_init_privs', 'pg_opclass', 'pg_operator', 'pg_opfamily', 'pg_proc', 'pg_rewrite',
  'pg_type'];
comment on function levelb._script_catalogs() is 'Catalogs in which rows may come and go within the script of an extension.';

-- In pg_catalog its names would come before everybody's own, in every session; and there it goes where nothing is said,
-- since the search_path of a text begins with it. What its control file puts there, a language, cannot be moved.
create function levelb._refuse_extensions_in_catalog(changes levelb._change[])
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_refuse_extensions_in_catalog$
declare
  v_found jsonb;
begin
  select jsonb_agg((c.new).identity order by (c.new).identity collate "C") into v_found
    from unnest(changes) c
   where (c.new).catalog = 'pg_extension' and (c.new).schema = 'pg_catalog'
     and ((c.new).whole ->> 'extrelocatable')::boolean;
  if v_found is not null then
    perform levelb._raise_rule('extension_outside_pg_catalog', jsonb_build_object('objects', v_found));
  end if;
end
$_refuse_extensions_in_catalog$;
comment on function levelb._refuse_extensions_in_catalog(levelb._change[]) is 'Refuse extensions in pg_catalog.';
