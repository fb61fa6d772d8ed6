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
comment on function levelb._family_query(levelb._family, text, text, boolean) is
  'Query for the state rows of one family.';

-- The one reading of a whole catalog, and all it looks at is the header of each row: what follows the size of the
-- database is this alone. A family per scan cost 14 scans of pg_class for one GRANT.
create function levelb._tids_touched(
  side text,
  catalog regclass,
  since xid default null
)
  returns tid[]
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_tids_touched$
declare
  v_tids tid[];
begin
  execute format('select array(select c.ctid from pg_catalog.%I c where %s%s)',
    (select k.relname from pg_class k where k.oid = catalog), levelb._touched(side),
    case when side = 'after' and since is not null then ' and age(c.xmin) <= age($1)' end) into v_tids using since;
  return v_tids;
end
$_tids_touched$;
comment on function levelb._tids_touched(text, regclass, xid) is
  'Where the row versions are that this transaction replaced or removed (before) or wrote (after).';

-- side: 'before' looks at xmax, 'after' at xmin. catalogs: oids of those to look at. A row version stays where it is
-- while its catalog is locked for reading, which it is from the scan on to the end of the transaction. since: xid of a
-- subtransaction; what was written before it counts as there.
create function levelb._rows_touched(
  side text,
  catalogs oid[],
  since xid default null
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
  v_catalog regclass;
  v_tids tid[];
  v_family levelb._family;
begin
  foreach v_catalog in array array(
    select distinct f.relation::regclass::oid from levelb._families() f where f.relation::regclass = any(catalogs)) loop
    v_tids := levelb._tids_touched(side, v_catalog, since);
    if v_tids <> '{}' then
      for v_family in select f.* from levelb._families() f where f.relation::regclass = v_catalog loop
        return query execute levelb._family_query(v_family, 'c.ctid = any($1)', v_by, side = 'after') using v_tids;
      end loop;
    end if;
  end loop;
end
$_rows_touched$;
comment on function levelb._rows_touched(text, oid[], xid) is
  'Catalog rows that this transaction replaced or removed (before) or wrote (after).';

create type levelb._replaced as (
  own     levelb._state_row[],
  others  levelb._state_row[]
);
comment on type levelb._replaced is 'Rows from before, by who replaced or removed them.';

-- Where we wrote the next version, we replaced the one before. A version without a next one is gone from a snapshot
-- that is newer than the one in which it was read, and its xmax still in progress, when we removed it. One that another
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
comment on function levelb._replaced(levelb._state_row[], levelb._state_row[]) is
  'Part rows from before into those that this transaction replaced and those that others did.';
