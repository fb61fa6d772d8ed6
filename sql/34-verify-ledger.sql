-- Owns the check of the whole ledger by the database itself. It finds what was changed by hand; a history that was
-- rewritten from some entry to the end, tree and all, only a checkpoint kept outside can find.
--
-- Every function here is STABLE, so all of them read the snapshot of the caller's statement: sealing and writing go on
-- meanwhile. Everything is read FROM ONLY: a child table could bring rows that no trigger has seen.

create function levelb._check_tree()
  returns setof levelb._finding
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_check_tree$
declare
  v_size bigint := 0;
  v_frontier bytea[] := '{}';
  v_entries bigint[];
  v_hashes bytea[];
  v_stored bytea[];
  v_roots bytea[];
  v_bad record;
begin
  loop
    -- In pieces, so that memory does not grow with the ledger; the frontier is all that one piece needs of the last.
    select array_agg(g.entry order by g.entry), array_agg(g.leaf_hash order by g.entry),
        array_agg(g.root order by g.entry)
      into v_entries, v_hashes, v_stored
      from (select l.* from only levelb.ledger l
             where v_size = 0 or l.entry > v_size order by l.entry limit 10000) g;
    exit when v_entries is null;
    select t.frontier, t.roots into v_frontier, v_roots from levelb._tree_append(v_size, v_frontier, v_hashes) t;
    select v_size + s.n as due, s.entry into v_bad
      from unnest(v_entries, v_stored, v_roots) with ordinality s (entry, stored, root, n)
     where s.entry <> v_size + s.n or s.stored is distinct from s.root
     order by s.n limit 1;
    if found then
      return next case
        when v_bad.entry > v_bad.due then
          row(v_bad.due, format('table ledger, key [%s]: the entry is missing', v_bad.due))::levelb._finding
        when v_bad.entry < v_bad.due then
          row(v_bad.entry, format('table ledger, key [%s]: there is no such entry', v_bad.entry))::levelb._finding
        else row(v_bad.entry, format('table ledger, key [%s]: the root is not that of the entries up to it',
          v_bad.entry))::levelb._finding
      end;
      return;
    end if;
    v_size := v_size + cardinality(v_entries);
  end loop;
end
$_check_tree$;
comment on function levelb._check_tree() is 'Find the first entry that is missing or has a root other than its tree.';

create function levelb._check_leaves()
  returns setof levelb._finding
  language sql stable
  set search_path = pg_catalog, pg_temp
begin atomic
  (select g.entry, format(case
        when l.leaf_id is null then 'table leaf, key [%s]: the leaf of entry %s is missing'
        else 'table leaf, key [%s]: the text does not have the hash in entry %s'
      end, g.leaf_id, g.entry)
     from only levelb.ledger g left join only levelb.leaf l on l.leaf_id = g.leaf_id
    where levelb._leaf_hash(l.content) is distinct from g.leaf_hash
    order by g.entry limit 1)
  union all
  (select g.entry, format('table _unsealed, key [%s]: the leaf is queued and has entry %s', u.leaf_id, g.entry)
     from only levelb._unsealed u join only levelb.ledger g on g.leaf_id = u.leaf_id
    order by g.entry limit 1)
  union all
  (select null as entry, format('table _unsealed, key [%s]: there is no such leaf', u.leaf_id)
     from only levelb._unsealed u
    where not exists (select from only levelb.leaf l where l.leaf_id = u.leaf_id)
    order by u.leaf_id limit 1)
  union all
  (select null as entry, format('table leaf, key [%s]: the leaf has no entry and is not queued', l.leaf_id)
     from only levelb.leaf l
    where not exists (select from only levelb.ledger g where g.leaf_id = l.leaf_id)
      and not exists (select from only levelb._unsealed u where u.leaf_id = l.leaf_id)
    order by l.leaf_id limit 1);
end;
comment on function levelb._check_leaves() is
  'Find leaves that are missing or do not have their hash, and a queue that is not the leaves without entry.';

-- By meaning: the leaf becomes a row and that is compared, column by column, so that another spelling of the same value
-- by another server version is no difference. A column that the leaf does not know counts as null: columns that are
-- added later are nullable. A leaf that cannot be read is a difference and not an error.
create function levelb._leaf_difference(
  fact      anyelement,
  relation  text,
  columns   text[],
  content   text
) returns text
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_leaf_difference$
declare
  v_leaf jsonb;
  v_value jsonb;
  v_column text;
begin
  v_leaf := content::jsonb;
  if v_leaf - array['table', 'row'] <> '{}' or v_leaf -> 'table' is distinct from to_jsonb(relation)
     or (v_leaf -> 'row') - columns <> '{}' then
    return 'the leaf is not one of this table';
  end if;
  foreach v_column in array columns loop
    v_value := v_leaf -> 'row' -> v_column;
    if jsonb_typeof(v_value) = 'object' and v_value ? 'sha256' then
      if v_value <> levelb._digest(to_jsonb(fact) -> v_column) then
        return format('column %s does not have the hash in its leaf', v_column);
      end if;
    -- The column of the leaf put into the row must leave the row as it is.
    elsif jsonb_populate_record(fact, jsonb_build_object(v_column, v_value)) is distinct from fact then
      return format('column %s is not what its leaf says', v_column);
    end if;
  end loop;
  return null;
exception when data_exception or integrity_constraint_violation then
  return 'the leaf cannot be read as a row';
end
$_leaf_difference$;
comment on function levelb._leaf_difference(anyelement, text, text[], text) is
  'Say in what a row differs from its leaf; null when in nothing.';

-- A leaf that is the very text the row would have today needs no closer look, and that is nearly all of them; a text
-- that differs proves nothing yet. Which values are digests is read from the leaf, since most hold none: computing the
-- text as levelb._leaf_text() does would take twice as long. (A function takes 100 arguments: 50 columns.) The settings
-- are those of levelb._write_leaf().
create function levelb._check_rows()
  returns setof levelb._finding
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
  set timezone = 'UTC'
  set datestyle = 'ISO, YMD'
  set intervalstyle = 'iso_8601'
  set bytea_output = 'hex'
  set extra_float_digits = 1
as $_check_rows$
declare
  v_table levelb._fact_table;
  v_key text;
  v_row text;
begin
  for v_table in select t.* from levelb._fact_tables() t loop
    select format('jsonb_build_array(%s)::text', string_agg(format('t.%I', k.name), ', ' order by k.n)) into v_key
      from unnest(v_table.key_columns) with ordinality k (name, n);
    select format('jsonb_build_object(%s)', string_agg(format(
        '%L, case when position(%L in l.content) > 0 then levelb._digest(to_jsonb(t.%I)) else to_jsonb(t.%I) end',
        c.name, to_jsonb(c.name)::text || ': {"sha256": ', c.name, c.name), ', ')) into v_row
      from unnest(v_table.columns) c (name);
    return query execute format($check$
      select c.entry, format('table %%s, key %%s: %%s', $1, c.row_key, c.what)
        from (
          select g.entry, %1$s as row_key, case
              when l.leaf_id is null then 'the row has no leaf'
              when l.content = jsonb_build_object('table', $1, 'row', case
                  when position('{"sha256": ' in l.content) = 0 then to_jsonb(t) - 'login_oid'
                  else %2$s
                end)::text then null
              else levelb._leaf_difference(t, $1, $2, l.content)
            end as what
            from only levelb.%3$I t
            left join only levelb.leaf l on l.relation = $1 and l.row_key = %1$s
            left join only levelb.ledger g on g.leaf_id = l.leaf_id
        ) c
       where c.what is not null
       order by c.entry, c.row_key collate "C" limit 1
      $check$, v_key, v_row, v_table.relation)
      using v_table.relation, v_table.columns;
    return query execute format($check$
      select g.entry, format('table %%s, key %%s: the row of leaf %%s is missing', $1, l.row_key, l.leaf_id)
        from only levelb.leaf l left join only levelb.ledger g on g.leaf_id = l.leaf_id
       where l.relation = $1 and not exists (select from only levelb.%2$I t where %1$s = l.row_key)
       order by g.entry, l.leaf_id limit 1
      $check$, v_key, v_table.relation)
      using v_table.relation;
  end loop;

  return query
    select g.entry, format('table leaf, key [%s]: there is no table %s', l.leaf_id, l.relation)
      from only levelb.leaf l left join only levelb.ledger g on g.leaf_id = l.leaf_id
     where l.relation not in (select t.relation from levelb._fact_tables() t)
     order by g.entry, l.leaf_id limit 1;
  return query
    select max(g.entry), format('table %s, key %s: the row has %s leaves', l.relation, l.row_key, count(*))
      from only levelb.leaf l left join only levelb.ledger g on g.leaf_id = l.leaf_id
     group by l.relation, l.row_key having count(*) > 1
     order by 1, 2 limit 1;
end
$_check_rows$;
comment on function levelb._check_rows() is
  'Find rows without a leaf, leaves without a row, and rows that are not what their leaf says.';

-- row_security = off makes a policy that would hide rows an error; without it they would silently not be checked.
create function levelb._verify_ledger()
  returns levelb.ledger_report
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
  set row_security = off
as $_verify_ledger$
declare
  v_finding levelb._finding;
  v_report levelb.ledger_report;
begin
  -- Where one entry is wrong in several ways, the cause is told rather than what follows from it.
  select f.entry, f.problem into v_finding
    from (
      select 1 as rank, c.* from levelb._check_leaves() c
      union all select 2, c.* from levelb._check_rows() c
      union all select 3, c.* from levelb._check_tree() c
      union all select 4, c.* from levelb._check_head() c
    ) f
   order by f.entry, f.rank limit 1;
  select v_finding.problem is null, (select count(*) from only levelb.ledger),
      (select count(*) from only levelb._unsealed),
      coalesce((select g.root from only levelb.ledger g order by g.entry desc limit 1), sha256('')),
      v_finding.entry, v_finding.problem
    into v_report;
  return v_report;
end
$_verify_ledger$;
comment on function levelb._verify_ledger() is 'Check the whole ledger without asking who calls.';
