-- Owns what is watched for drift: which rows of the catalogs, without rendering them. Rendering costs a hundred times
-- as much as finding out whether a row is watched, so the two are apart.

-- cluster: watched by the database that governs the roles, and by the others where levelb itself depends on it.
-- database: every row. object: rows of what is watched. none: what says nothing that could be a privilege.
create function levelb._reach(relation text)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return case
  when relation in ('pg_authid', 'pg_auth_members', 'pg_database', 'pg_db_role_setting', 'pg_parameter_acl',
    'pg_replication_origin', 'pg_shseclabel', 'pg_tablespace') then 'cluster'
  when relation in ('pg_am', 'pg_cast', 'pg_default_acl', 'pg_event_trigger', 'pg_extension', 'pg_foreign_data_wrapper',
    'pg_foreign_server', 'pg_language', 'pg_publication', 'pg_publication_namespace', 'pg_publication_rel',
    'pg_seclabel', 'pg_subscription', 'pg_transform', 'pg_user_mapping') then 'database'
  -- comments on what the cluster has, and how far a subscription has come
  when relation in ('pg_shdescription', 'pg_subscription_rel') then 'none'
  else 'object' end;
comment on function levelb._reach(text) is 'Which rows of a catalog are watched: cluster, database, object or none.';

-- The object that a row belongs to; what initdb made has oids below 16384.
create function levelb._object_column(relation text)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return case relation
  when 'pg_aggregate' then 'c.aggfnoid::oid' when 'pg_attribute' then 'c.attrelid' when 'pg_depend' then 'c.objid'
  when 'pg_description' then 'c.objoid' when 'pg_foreign_table' then 'c.ftrelid' when 'pg_index' then 'c.indexrelid'
  when 'pg_inherits' then 'c.inhrelid' when 'pg_init_privs' then 'c.objoid'
  when 'pg_partitioned_table' then 'c.partrelid' when 'pg_range' then 'c.rngtypid' when 'pg_seclabel' then 'c.objoid'
  when 'pg_sequence' then 'c.seqrelid' when 'pg_ts_config_map' then 'c.mapcfg' else 'c.oid' end;
comment on function levelb._object_column(text) is 'Column over alias c with the oid of the object of a row.';

create function levelb._server_catalogs()
  returns text[]
  language sql immutable
  set search_path = pg_catalog, pg_temp
return array['pg_file_settings', 'pg_hba_file_rules', 'pg_ident_file_mappings'];
comment on function levelb._server_catalogs() is 'What stands for a catalog in the baseline and is a file.';

-- Keys that begin with the catalog of the object and not with the object itself.
create function levelb._is_of_initdb(
  relation text,
  key text
)
  returns boolean
  language sql immutable
  set search_path = pg_catalog, pg_temp
return case
  when relation = any(levelb._server_catalogs()) or levelb._reach(relation) = 'cluster' then false
  else split_part(split_part(key, ' ', case
    when relation in ('pg_depend', 'pg_description', 'pg_init_privs', 'pg_seclabel')
    then 2 else 1 end), '.', 1)::oid < 16384 end;
comment on function levelb._is_of_initdb(text, text) is 'Whether a row is about an object that initdb made.';

create function levelb._row_digest(
  whole jsonb,
  acl text
)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return md5((whole - levelb._moving_columns())::text || coalesce(acl, ''));
comment on function levelb._row_digest(jsonb, text) is 'Hash of a catalog row, to see whether it is worth rendering.';

-- Objects of a schema that belongs to levelb_deploy change through the channel only, whoever owns them. Of what a
-- migration tool owns, drift tells less (75); by oid, so that a schema that is renamed is watched all the same.
create function levelb._watched_schemas()
  returns text[]
  language sql stable
  set search_path = pg_catalog, pg_temp
return array(
  select n.nspname::text from pg_namespace n join pg_roles o on o.oid = n.nspowner
   where (o.rolname = 'levelb_deploy' or n.oid in (select p.schema_oid from levelb._protected p))
     and n.nspname <> all(levelb._own_schemas())
   order by n.nspname);
comment on function levelb._watched_schemas() is 'Schemas whose every object is watched.';

-- Roles and settings of the cluster are watched by the database that governs them. Another one watches what its own
-- channel rests on: levelb's roles, logins of its principals, and roles that could go round it.
create function levelb._watched_roles()
  returns oid[]
  language sql stable
  set search_path = pg_catalog, pg_temp
return array(
  select r.oid from pg_roles r
   where levelb._is_role_home()
      or r.oid in (select s from unnest(levelb._roles_past_the_channel()) s)
      or r.oid in (select l.login_oid from only levelb.principal_login l));
comment on function levelb._watched_roles() is 'Roles whose attributes, memberships and settings are watched.';

create type levelb._mark as (
  catalog     text,
  key         text,
  part_of     text,
  is_root     boolean,
  written_by  text,
  digest      text,
  place       tid
);
comment on type levelb._mark is 'A catalog row that may be watched: is_root when it is by itself, else when what it is
part of is. written_by is its xmin; digest is null where levelb may not read the whole row; place is null where it was not looked for.';

-- Which rows are watched by themselves, over alias c and the joins of the family.
create function levelb._root_condition(family levelb._family)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return case (family).relation
  when 'pg_authid' then 'c.oid = any($1)'
  -- Every database of the cluster enrols people with the same duty roles, which open the door and decide nothing: readiness
  -- (item roles) looks at who may pass them on.
  when 'pg_auth_members' then $$c.roleid = any($1) and not (not c.admin_option
    and c.roleid in (select d.oid from pg_roles d
      where d.rolname in ('levelb_author', 'levelb_approver', 'levelb_operator', 'levelb_auditor', 'levelb_reader'))
    and c.member not in (select l.oid from pg_roles l where starts_with(l.rolname, 'levelb_')))$$
  when 'pg_db_role_setting' then $$c.setdatabase in (0, (select d.oid from pg_database d where d.datname = current_database()))
    and (c.setrole = any($1) or c.setrole = 0 and (c.setdatabase <> 0 or levelb._is_role_home()))$$
  when 'pg_database' then 'c.datname = current_database()'
  -- what belongs to an extension, wherever the object is: a member is left out of what else is said (67)
  when 'pg_depend' then $$c.deptype = 'e'$$
  -- whose rows are read with those of a watched table
  when 'pg_inherits' then $$n.nspname = any($2) or exists (
    select from pg_roles o where o.oid = u.relowner and o.rolname in ('levelb_deploy', 'levelb_definer'))
    or u.relnamespace in (select w.oid from pg_namespace w where w.nspname = any($2))$$
  else case levelb._reach((family).relation)
    when 'cluster' then 'levelb._is_role_home()'
    -- what initdb made has the owner and the rights that initdb gave it, or it is watched
    else format('case when %1$s < 16384 then %2$s else %3$s end', levelb._object_column((family).relation),
      coalesce(nullif(concat_ws(' or ',
        'c.' || (family).owner || ' <> 10',
        -- the first half is a look into a hash, and settles it for nearly all of them
        case when (family).acl is not null then format($$(c.%1$s is not null
            or %2$s in (select i.objoid from pg_init_privs i where i.classoid = %3$L::regclass))
          and coalesce(c.%1$s::text, '') <> coalesce((select i.initprivs::text from pg_init_privs i
            where i.classoid = %3$L::regclass and i.objoid = %2$s and i.objsubid = %4$s), '')$$, (family).acl,
          levelb._object_column((family).relation),
          case (family).relation when 'pg_attribute' then 'pg_class' else (family).relation end,
          case (family).relation when 'pg_attribute' then 'c.attnum' else '0' end) end), ''), 'false'),
      case when levelb._reach((family).relation) = 'database' then 'true' else coalesce(nullif(concat_ws(' or ',
        case when (family).owner is not null then format($$c.%s in (select o.oid from pg_roles o where o.rolname in ('levelb_deploy', 'levelb_definer'))$$, (family).owner) end,
        -- levelb's own functions look for names in pg_catalog: what is put there could stand in for what they mean
        case when (family).schema <> 'null::text' then format($$%1$s = any($2) or %1$s = 'pg_catalog'$$, (family).schema) end,
        case (family).relation when 'pg_proc' then 'c.prosecdef' end), ''), 'false') end)
    end
  end;
comment on function levelb._root_condition(levelb._family) is 'SQL condition for rows that are watched by themselves.';

create function levelb._mark_query(
  family levelb._family,
  condition text,
  with_digest boolean
)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return format('select %L, %s, %s, coalesce(%s, false), c.xmin::text, %s, c.ctid from pg_catalog.%I c %s where (%s) and (%s)%s%s%s%s',
  (family).relation, (family).key, (family).part_of, levelb._root_condition(family),
  case when with_digest and (family).whole = 'to_jsonb(c)' then
    -- levelb._row_digest, written out: a call for each row would cost three times as much
    format('md5((to_jsonb(c) - %L::text[])::text || coalesce(%s, ''''))', levelb._moving_columns()
      || coalesce((family).acl, ''), coalesce('c.' || (family).acl || '::text', 'null')) else 'null' end,
  (family).relation, (family).joins, (family).filter, condition,
  -- what initdb made is watched by itself or not at all
  case when levelb._reach((family).relation) <> 'cluster'
    then format(' and (%s >= 16384 or %s or %L || (%s) = any($4))', levelb._object_column((family).relation),
      levelb._root_condition(family), (family).relation || ' ', (family).key) else '' end,
  -- what follows its object is watched for its grants alone, and triggers of foreign keys for being switched off
  case when (family).is_implied <> 'false'
    then format(' and (not coalesce(%s, false)%s or %L || (%s) = any($4))', (family).is_implied,
    coalesce(' or c.' || (family).acl || ' is not null', case (family).relation when 'pg_trigger' then $$ or c.tgenabled <> 'O'$$ end),
    (family).relation || ' ', (family).key) end,
  -- ctid, xmin and the like are columns too; toast tables have options of storage and nothing else
  case (family).relation when 'pg_attribute' then ' and (c.attnum > 0 or c.attacl is not null)'
    when 'pg_class' then ' and c.relnamespace <> 99' end,
  -- levelb's own objects have their fingerprint; its roles have not
  case when levelb._reach((family).relation) <> 'cluster'
    then format(' and not coalesce(%s, false)', (family).is_levelb) end
  || case when (family).schema <> 'null::text'
    then format(' and coalesce(%s, '''') !~ ''^pg_(toast|temp)''', (family).schema)
    else '' end);
comment on function levelb._mark_query(levelb._family, text, boolean) is 'Query for the marks of one family.';

create type levelb._places as (
  catalog  text,
  tids     tid[]
);
comment on type levelb._places is 'Where row versions are in one catalog.';

-- Rows that are not older than an age, and some by "catalog key" whatever their age. One scan of each catalog for one
-- condition and without joins: which of them are watched is asked of the few that it finds.
create function levelb._places_written(
  since integer,
  keys text[]
)
  returns levelb._places[]
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_places_written$
declare
  v_places levelb._places[];
begin
  execute (
    select 'select array(' || string_agg(format('select row(%L, array_agg(c.ctid))::levelb._places from pg_catalog.%I c
        where age(c.xmin) <= $1%s having count(*) > 0', f.relation, f.relation,
        case when exists (select from unnest(keys) k where starts_with(k, f.relation || ' '))
          then format(' or %L || (%s) = any($2)', f.relation || ' ', f.key) end), ' union all ') || ')'
      from (select distinct f.relation, f.key from levelb._families() f where levelb._reach(f.relation) <> 'none') f)
    into v_places using since, keys;
  return v_places;
end
$_places_written$;
comment on function levelb._places_written(integer, text[]) is 'Places of rows that are not older than an age.';

-- What is in the baseline is looked at whatever it is now: being watched no longer is a change too. places: null for
-- all rows of all catalogs.
create function levelb._marks(
  places levelb._places[],
  with_digest boolean
)
  returns setof levelb._mark
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_marks$
declare
  v_roles constant oid[] := levelb._watched_roles();
  v_schemas constant text[] := levelb._watched_schemas();
  v_known constant text[] := array(select b.catalog || ' ' || b.key from levelb._baseline b where b.is_aside);
  v_family levelb._family;
  v_tids tid[];
begin
  for v_family in
    select f.* from levelb._families() f
     where levelb._reach(f.relation) <> 'none'
       and (places is null or f.relation in (select p.catalog from unnest(places) p))
       and (f.is_implied <> 'true' or f.acl is not null or f.relation = 'pg_trigger')
       -- statistics targets of the columns of indexes
       and (f.relation <> 'pg_attribute' or f.acl is not null)
  loop
    v_tids := (select p.tids from unnest(places) p where p.catalog = v_family.relation);
    return query execute levelb._mark_query(v_family,
        case when places is null then 'true' else 'c.ctid = any($3)' end, with_digest) using v_roles, v_schemas, v_tids,
          v_known;
  end loop;
end
$_marks$;
comment on function levelb._marks(levelb._places[], boolean) is 'Marks of the rows at some places.';
