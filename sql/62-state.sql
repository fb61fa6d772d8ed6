-- Owns the reading of catalog rows that this transaction wrote, before and after. Knows no migration.
--
-- After: a visible version is ours when its xmin is still in progress (never pg_visible_in_snapshot, which one
-- aborted savepoint blinds). Before: versions with our xmax, which only a snapshot from before the text still sees.
-- _rows_touched is STABLE, so it reads with the snapshot of the statement that calls it: activate calls it once in the
-- statement that runs the text, after it, and once in a later statement. That gives the exact versions that were
-- replaced, without a copy of the catalogs and at the cost of the change alone.
--
-- An xmax in progress may be another session's, and one that committed since that snapshot is: so a row from before
-- carries its xmax, and _replaced tells later whose it was.

create type levelb._state_row as (
  catalog      text,
  key          text,
  object_type  text,
  identity     text,
  names        text[],
  schema       text,
  attributes   jsonb,
  absent       jsonb,
  rest         jsonb,
  is_implied   boolean,
  is_levelb    boolean,
  replaced_by  xid8
);
comment on type levelb._state_row is 'One catalog row: attributes are {"class:attribute": value}, absent what holds without the row, names the unquoted parts of its identity, rest what this version does not render, replaced_by the xmax of a row from before.';

-- {"acl:grantee": "privilege, privilege*"}; * is the grant option. NULL and the explicit default are the same. The
-- owner's own entry appears only where it is less than everything, as "(owner)", so that a change of owner is one
-- effect and not three.
create function levelb._acl_attributes(
  acl aclitem[],
  kind "char",
  owner oid
)
  returns jsonb
  language sql stable
  set search_path = pg_catalog, pg_temp
return (
  with item as (
    select a.grantee, a.grantor,
        string_agg(lower(a.privilege_type) || case when a.is_grantable then '*' else '' end, ', '
          order by a.privilege_type collate "C") as privileges
      from aclexplode(coalesce(acl, acldefault(kind, owner))) a
     group by a.grantee, a.grantor
  ), full_owner as (
    select string_agg(lower(a.privilege_type), ', ' order by a.privilege_type collate "C") as privileges
      from aclexplode(acldefault(kind, owner)) a where a.grantee = owner
  ), labelled as (
    select case when i.grantee = owner then '(owner)' else levelb._role_name(i.grantee) end
        || case when i.grantor = owner then '' else ' by ' || levelb._role_name(i.grantor) end as label, i.privileges
      from item i
     where not (i.grantee = owner and i.grantor = owner
       and i.privileges is not distinct from (select f.privileges from full_owner f))
    union all
    select '(owner)', 'none' from full_owner f
     where f.privileges is not null and not exists (select from item i where i.grantee = owner)
  )
  select coalesce(jsonb_object_agg('acl:' || l.label, l.privileges), '{}') from labelled l
);
comment on function levelb._acl_attributes(aclitem[], "char", oid) is 'Normalised ACL as attributes.';

-- The xid of a column with its epoch, as SQL. Written out in the query: a function call per row costs ten times as much.
create function levelb._full_xid(xid_column text)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return replace(
  '(pg_current_xact_id()::text::numeric + age(pg_current_xact_id()::xid) - age(X))::text::xid8', 'X', xid_column);
comment on function levelb._full_xid(text) is 'Text of an expression for an xid column as xid8.';

-- The age comes first because it is cheap and because pg_xact_status wants no frozen xid; that of no xid is 2147483647.
-- A committed xmax counts when it may have committed after the snapshot: an older one is a row lock's.
create function levelb._touched(side text)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return case side
  when 'after' then format(
    '(case when age(c.xmin) <= age(pg_current_xact_id()::xid) then pg_xact_status(%s) = ''in progress'' else false end)',
    levelb._full_xid('c.xmin'))
  else format(
    '(case when age(c.xmax) = 2147483647 then false else case pg_xact_status(%1$s) when ''in progress'' then true
      when ''committed'' then %1$s >= pg_snapshot_xmin(pg_current_snapshot()) else false end end)',
    levelb._full_xid('c.xmax')) end;
comment on function levelb._touched(text) is 'Text of the condition for rows written (after) or replaced (before) over alias c.';

-- side: 'before' looks at xmax, 'after' at xmin. catalogs: oids of those to look at.
create function levelb._rows_touched(
  side text,
  catalogs oid[]
)
  returns setof levelb._state_row
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_rows_touched$
declare
  v_own constant text := levelb._touched(side);
  v_by constant text := case side when 'before' then levelb._full_xid('c.xmax') else 'null::xid8' end;
  v_catalog levelb._catalog;
begin
  for v_catalog in select k.* from levelb._catalogs() k where k.catalog = any(catalogs) loop
    return query execute format(
      $q$
        select %1$L, %2$s, i.type, i.identity, a.object_names, n.nspname::text,
          case when %3$s then '{}' else %4$s end || %5$s
            || case when %1$L = 'pg_class' then jsonb_strip_nulls(jsonb_build_object('data:storage', %9$s)) else '{}' end,
          '{}'::jsonb, to_jsonb(c) - %6$L::text[], %3$s,
          coalesce(n.nspname in ('levelb', 'levelb_exec', 'levelb_sandbox'), false), %13$s
        from pg_catalog.%1$I c %7$s
          left join pg_catalog.pg_namespace n on n.oid = %8$s
          left join lateral pg_identify_object(%10$s) i on true
          left join lateral (select %12$s as object_names) a on true
        where %11$s
      $q$,
      v_catalog.relation, v_catalog.key, v_catalog.implied,
      case when v_catalog.owner is null then '''{}''::jsonb'
        else format('jsonb_build_object(''owner:owner'', levelb._role_name(%s))', v_catalog.owner) end,
      case when v_catalog.acl is null then '''{}''::jsonb' else format('levelb._acl_attributes(%s)', v_catalog.acl) end,
      v_catalog.ignored, v_catalog.join_sql, v_catalog.schema,
      -- A new file means TRUNCATE, REFRESH or RESTART; its number means nothing to a reader and is compared only.
      case when v_catalog.relation = 'pg_class'
        then 'case when c.relkind in (''r'', ''m'', ''S'') then c.relfilenode::text end' else 'null::text' end,
      v_catalog.identity, v_own,
      case when v_catalog.relation = 'pg_attribute' then 'array[n.nspname, t.relname, c.attname]::text[]'
        else 'null::text[]' end, v_by);
  end loop;
  if 'pg_catalog.pg_authid'::regclass = any(catalogs) then
    return query execute
      $q$
        select 'pg_authid', c.oid::text, 'role', quote_ident(c.rolname), array[c.rolname]::text[], null::text,
          jsonb_build_object('role:attributes', concat_ws(' ',
            case when c.rolcanlogin then 'login' else 'nologin' end,
            case when c.rolinherit then 'inherit' else 'noinherit' end,
            case when c.rolsuper then 'superuser' end, case when c.rolcreaterole then 'createrole' end,
            case when c.rolcreatedb then 'createdb' end, case when c.rolreplication then 'replication' end,
            case when c.rolbypassrls then 'bypassrls' end,
            case when c.rolconnlimit <> -1 then 'connection limit ' || c.rolconnlimit end,
            case when c.rolvaliduntil is not null
              then 'valid until ' || to_char(c.rolvaliduntil at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') end)),
          '{}'::jsonb, '{}'::jsonb, false, starts_with(c.rolname, 'levelb_'), $q$ || v_by || $q$
        from pg_catalog.pg_authid c where $q$ || v_own;
  end if;
  if 'pg_catalog.pg_auth_members'::regclass = any(catalogs) then
    return query execute
      $q$
        -- 15 keeps one membership whoever granted it, and has no oid for it
        select 'pg_auth_members', coalesce(to_jsonb(c) ->> 'oid', concat_ws(' ', c.roleid, c.member)), 'role membership',
          levelb._role_name(c.member) || ' in ' || levelb._role_name(c.roleid),
          array[levelb._role_name(c.roleid), levelb._role_name(c.member), levelb._role_name(c.grantor)], null::text,
          jsonb_build_object('role:by ' || levelb._role_name(c.grantor), concat_ws(', ',
            'admin ' || c.admin_option, 'inherit ' || (to_jsonb(c) ->> 'inherit_option'),
            'set ' || (to_jsonb(c) ->> 'set_option'))),
          '{}'::jsonb, '{}'::jsonb, false,
          -- levelb_roles administers the roles it makes; nothing else about a levelb role may change
          exists (select from pg_authid a where a.oid = c.roleid and starts_with(a.rolname, 'levelb_'))
            or exists (select from pg_authid a where a.oid = c.member and starts_with(a.rolname, 'levelb_')
                       and a.rolname <> 'levelb_roles'), $q$ || v_by || $q$
        from pg_catalog.pg_auth_members c where $q$ || v_own;
  end if;
  if 'pg_catalog.pg_db_role_setting'::regclass = any(catalogs) then
    return query execute
      $q$
        select 'pg_db_role_setting', concat_ws(' ', c.setdatabase, c.setrole),
          case when c.setrole = 0 then 'database setting' else 'role setting' end,
          concat_ws(' ', case when c.setrole <> 0 then 'role ' || levelb._role_name(c.setrole) end,
            case when c.setrole <> 0 and c.setdatabase <> 0 then 'in' end,
            case when c.setdatabase <> 0 then 'database ' ||
              coalesce((select quote_ident(d.datname) from pg_catalog.pg_database d where d.oid = c.setdatabase),
                c.setdatabase::text) end),
          null::text[], null::text,
          (select jsonb_object_agg(case when split_part(s, '=', 1) = 'search_path' then 'repoint:'
              when c.setrole = 0 then 'setting:' else 'role:' end || split_part(s, '=', 1), substr(s, strpos(s, '=') + 1))
             from unnest(c.setconfig) s),
          '{}'::jsonb, '{}'::jsonb, false, exists (select from pg_authid a where a.oid = c.setrole and starts_with(a.rolname, 'levelb_')),
          $q$ || v_by || $q$
        from pg_catalog.pg_db_role_setting c where $q$ || v_own;
  end if;
  if 'pg_catalog.pg_default_acl'::regclass = any(catalogs) then
    return query execute
      $q$
        select 'pg_default_acl', concat_ws(' ', c.defaclrole, c.defaclnamespace, c.defaclobjtype), 'default acl',
          'for role ' || levelb._role_name(c.defaclrole)
            || coalesce(' in schema ' || quote_ident(n.nspname), '') || ' on '
            || case c.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions'
                 when 'T' then 'types' when 'n' then 'schemas' when 'L' then 'large objects' end,
          null::text[], n.nspname::text,
          -- In a schema the entries are added to the defaults; without one they replace them.
          case when c.defaclnamespace <> 0
            then levelb._acl_attributes(c.defaclacl, 'c', c.defaclrole)
            else levelb._acl_attributes(c.defaclacl, case c.defaclobjtype when 'S' then 's' else c.defaclobjtype end,
              c.defaclrole) end,
          case when c.defaclnamespace <> 0 then '{}'
            else levelb._acl_attributes(null, case c.defaclobjtype when 'S' then 's' else c.defaclobjtype end,
              c.defaclrole) end,
          '{}'::jsonb, false, coalesce(n.nspname in ('levelb', 'levelb_exec', 'levelb_sandbox'), false),
          $q$ || v_by || $q$
        from pg_catalog.pg_default_acl c left join pg_catalog.pg_namespace n on n.oid = c.defaclnamespace
        where $q$ || v_own;
  end if;
  if 'pg_catalog.pg_depend'::regclass = any(catalogs) then
    return query execute
      $q$
        -- default privileges in a schema depend on it; any other dependency is structure
        select 'pg_depend', concat_ws(' ', c.classid, c.objid, c.objsubid, c.refclassid, c.refobjid, c.refobjsubid),
          'dependency', (pg_identify_object(c.classid, c.objid, c.objsubid)).identity || ' on '
            || (pg_identify_object(c.refclassid, c.refobjid, c.refobjsubid)).identity,
          null::text[], null::text, '{}'::jsonb, '{}'::jsonb, to_jsonb(c),
          c.classid = 'pg_catalog.pg_default_acl'::regclass and c.deptype = 'a', false, $q$ || v_by || $q$
        from pg_catalog.pg_depend c where $q$ || v_own;
  end if;
end
$_rows_touched$;
comment on function levelb._rows_touched(text, oid[]) is 'Catalog rows that this transaction replaced or removed (before) or wrote (after).';

create type levelb._replaced as (
  own     levelb._state_row[],
  others  levelb._state_row[]
);
comment on type levelb._replaced is 'Rows from before, by who replaced or removed them.';

-- Where we wrote the next version, we replaced the one before. A version without a next one is gone from a snapshot that
-- is newer than the one in which it was read, and its xmax still in progress, when we removed it. One that another
-- session is removing is still there; had that session committed before the snapshot, its xmax would not be in progress.
create function levelb._replaced(
  before levelb._state_row[],
  after levelb._state_row[]
)
  returns levelb._replaced
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_replaced$
declare
  v_others constant text[] := array(
    select o.catalog || ' ' || o.key
      from levelb._rows_touched('before', array(
        select distinct b.catalog::regclass::oid from unnest(before) b
         where not exists (select from unnest(after) a where a.catalog = b.catalog and a.key = b.key))) o);
  v_row levelb._state_row;
  v_status text;
  v_result levelb._replaced;
begin
  v_result.own := '{}';
  v_result.others := '{}';
  foreach v_row in array before loop
    v_status := pg_xact_status(v_row.replaced_by);
    v_row.replaced_by := null;
    if v_status = 'committed' then
      v_result.others := v_result.others || v_row;
    elsif v_status = 'in progress' and v_row.catalog || ' ' || v_row.key <> all(v_others) then
      v_result.own := v_result.own || v_row;
    end if;
  end loop;
  return v_result;
end
$_replaced$;
comment on function levelb._replaced(levelb._state_row[], levelb._state_row[]) is 'Part rows from before into those that this transaction replaced and those that others did.';
