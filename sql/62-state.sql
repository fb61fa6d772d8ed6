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
  catalog        text,
  key            text,
  object_type    text,
  identity       text,
  names          text[],
  schema         text,
  attributes     jsonb,
  absent         jsonb,
  whole          jsonb,
  rest           jsonb,
  named          jsonb,
  code           jsonb,
  part_of        text,
  is_implied     boolean,
  is_detail      boolean,
  is_levelb      boolean,
  exists_class   text,
  name_class     text,
  definition_as  text,
  definition     text,
  acl            text,
  written_by     text,
  replaced_by    xid8
);
comment on type levelb._state_row is 'One catalog row as its family reads it: attributes are {"class:attribute": value}, absent
what holds without the row, names the unquoted parts of its identity, whole all columns but the ACL,
  rest those that this
version does not render, named and code those of its name and of what a deparser says as definition, acl the raw ACL,
written_by its xmin, replaced_by the xmax of a row from before.';

create function levelb._families()
  returns setof levelb._family
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_families$
  select f.* from levelb._families_access() f
  union all select f.* from levelb._families_relations() f
  union all select f.* from levelb._families_columns() f
  union all select f.* from levelb._families_code() f
  union all select f.* from levelb._families_links() f
  union all select f.* from levelb._families_security() f
  union all select f.* from levelb._families_structure() f
  union all select f.* from levelb._families_objects() f
  union all select f.* from levelb._families_foreign() f
  union all select f.* from levelb._families_text_search() f
  union all select f.* from levelb._families_cluster() f
  union all select f.* from levelb._families_extension() f
$_families$;
comment on function levelb._families() is 'All catalog families.';

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

-- The columns of a row, by name: not every version has every column.
create function levelb._pick(
  whole jsonb,
  columns text[]
)
  returns jsonb
  language sql immutable
  set search_path = pg_catalog, pg_temp
return (select jsonb_object_agg(k, whole -> k) from unnest(columns) k where whole ? k);
comment on function levelb._pick(jsonb, text[]) is 'Some columns of a row; null when it has none of them.';

-- condition: over alias c and the joins. replaced_by: expression for it. with_definition: whether to deparse, which
-- reads today's catalogs whatever the snapshot.
create function levelb._family_query(
  family levelb._family,
  condition text,
  replaced_by text,
  with_definition boolean
)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_family_query$
  with part as (
    select format('jsonb_build_object(''owner:owner'', levelb._role_name(c.%s))', (family).owner) as owner,
        format('levelb._acl_attributes(c.%s, (%s)::"char", %s)', (family).acl, (family).acl_kind,
          (family).acl_owner) as acl,
        format('levelb._acl_attributes(null, (%s)::"char", %s)', (family).acl_kind, (family).acl_owner) as default_acl
  )
  select concat_ws(E',\n  ',
      format('select %L, %s', (family).relation, (family).key), (family).object_type, (family).identity,
        (family).names, (family).schema,
      concat_ws(' || ', format('(%s)', (family).attributes),
        case when (family).owner is not null then format('case when %s then ''{}'' else %s end', (family).is_implied,
          p.owner) end,
        case when (family).acl is not null then p.acl end),
      concat_ws(' || ', format('(%s)', (family).absent),
        case when (family).owner is not null then '''{"owner:owner": "levelb_deploy"}''' end,
        case when (family).acl is not null then p.default_acl end),
      format('%s - %L', (family).whole, coalesce((family).acl, '')), format('%s - %L::text[]', (family).whole,
        (family).ignored),
      format('levelb._pick(%s, %L)', (family).whole, (family).name_columns),
      format('levelb._pick(%s, %L)', (family).whole, (family).code_columns),
      (family).part_of, (family).is_implied, (family).is_detail, (family).is_levelb, (family).exists_class,
        (family).name_class,
      quote_nullable((family).definition_as) || '::text',
      case when with_definition and (family).definition is not null
        then format('case when %s then %s end', (family).defined, (family).definition) else 'null::text' end,
      coalesce('c.' || (family).acl, 'null') || '::text', 'c.xmin::text', replaced_by)
    || format(E'\nfrom pg_catalog.%I c %s\nwhere (%s) and %s', (family).relation, (family).joins, (family).filter,
      condition)
  from part p
$_family_query$;
comment on function levelb._family_query(levelb._family, text, text,
  boolean) is 'Query for the state rows of one family.';

-- side: 'before' looks at xmax, 'after' at xmin. catalogs: oids of those to look at.
create function levelb._rows_touched(
  side text,
  catalogs oid[]
)
  returns setof levelb._state_row
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
  -- few rows are touched, and the planner thinks many: the joins are then look-ups by oid and not whole catalogs
  set enable_hashjoin = off
  set enable_mergejoin = off
as $_rows_touched$
declare
  v_by constant text := case side when 'before' then levelb._full_xid('c.xmax') else 'null::xid8' end;
  v_family levelb._family;
begin
  for v_family in select f.* from levelb._families() f where f.relation::regclass = any(catalogs) loop
    return query execute levelb._family_query(v_family, levelb._touched(side), v_by, side = 'after');
  end loop;
end
$_rows_touched$;
comment on function levelb._rows_touched(text,
  oid[]) is 'Catalog rows that this transaction replaced or removed (before) or wrote (after).';

create type levelb._definition as (
  catalog     text,
  key         text,
  written_by  text,
  definition  text
);
comment on type levelb._definition is 'What a deparser says of one catalog row, and the xmin of that row.';

-- Read before the text runs, since a deparser knows today's catalogs alone and so not what the text replaces. The
-- cost is
-- that of all code in the database. Deparsing a query locks the relations in it, and nobody who holds one may make an
-- activation wait: so what is locked now is left out, and if a lock comes in between nothing is read at all. What was
-- not
-- read fails the activation only where it is replaced. The subtransaction is undone to give the locks back: others go
-- on
-- with their tables while the text runs.
create function levelb._definitions()
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
  v_found levelb._definition[];
  v_all levelb._definition[] := '{}';
begin
  for v_family in select f.* from levelb._families() f where f.definition_as is not null loop
    execute format($q$select array(select row(%L, %s, c.xmin::text, %s)::levelb._definition from pg_catalog.%I c %s
        where (%s) and (%s) and not (%s) and not exists (
          select from pg_depend d where d.classid = %L::regclass and d.objid = (%s)::oid
             and d.refclassid = 'pg_class'::regclass and d.refobjid = any($1)))$q$,
      v_family.relation, v_family.key, v_family.definition, v_family.relation, v_family.joins, v_family.filter,
      v_family.defined, v_family.is_levelb,
      -- the key of a partitioned table has no dependencies of its own
      case v_family.relation when 'pg_partitioned_table' then 'pg_class' else v_family.relation end, v_family.key)
      into v_found using v_locked;
    v_all := v_all || v_found;
  end loop;
  raise exception using errcode = 'UNDO0';
exception
  when sqlstate 'UNDO0' then return v_all;
  when lock_not_available then return '{}';
end
$_definitions$;
comment on function levelb._definitions() is 'Definitions of all code of users, as they are now.';

create type levelb._replaced as (
  own     levelb._state_row[],
  others  levelb._state_row[]
);
comment on type levelb._replaced is 'Rows from before, by who replaced or removed them.';

-- Where we wrote the next version, we replaced the one before. A version without a next one is gone from a snapshot
-- that
-- is newer than the one in which it was read, and its xmax still in progress, when we removed it. One that another
-- session is removing is still there; had that session committed before the snapshot, its xmax would not be in
-- progress.
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
comment on function levelb._replaced(levelb._state_row[],
  levelb._state_row[]) is 'Part rows from before into those that this transaction replaced and those that others did.';

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
  v_row levelb._state_row;
  v_rows levelb._state_row[] := '{}';
begin
  foreach v_row in array rows loop
    if v_row.definition_as is not null then
      v_row.definition := (select d.definition from unnest(definitions) d
        where d.catalog = v_row.catalog and d.key = v_row.key and d.written_by = v_row.written_by);
    end if;
    v_rows := v_rows || v_row;
  end loop;
  return v_rows;
end
$_with_definitions$;
comment on function levelb._with_definitions(levelb._state_row[],
  levelb._definition[]) is 'Rows from before with what they said.';
