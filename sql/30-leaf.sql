-- Owns the leaf: the canonical text of a fact, written in the transaction that writes the fact. Knows no tree.
--
-- A leaf is the text of one jsonb:
--   {"row": {"at": "2026-11-02T09:15:00+00:00", "reason": null, "apply": {"sha256": "9f86d0…"}, …}, "table": "step"}
-- {"sha256": …} always stands for a longer value, and never for itself: a value that is an object with that key is
-- replaced too. What is hashed is the value's text: of a string the string, of a structure its jsonb text.

create type levelb._fact_table as (
  relation     text,
  key_columns  text[],
  columns      text[]
);
comment on type levelb._fact_table is 'A table of facts, its primary key and the columns that a leaf holds.';
comment on column levelb._fact_table.relation is 'Name of the table.';
comment on column levelb._fact_table.key_columns is 'Columns of the primary key, in its order.';
comment on column levelb._fact_table.columns is
  'Columns of its leaves: all but login_oid, since oids never enter a hash.';

-- By rule and not by who has the trigger: a table that lost its trigger is verified all the same.
create function levelb._fact_tables()
  returns setof levelb._fact_table
  language sql stable
  set search_path = pg_catalog, pg_temp
begin atomic
  select c.relname::text,
      (select array_agg(a.attname::text order by k.n) from pg_index i
         cross join unnest(i.indkey::int2[]) with ordinality k (attnum, n)
         join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum
        where i.indrelid = c.oid and i.indisprimary),
      (select array_agg(a.attname::text order by a.attnum) from pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attname <> 'login_oid')
    from pg_class c
   where c.relnamespace = 'levelb'::regnamespace and c.relkind = 'r'
     and not starts_with(c.relname, '_') and c.relname not in ('leaf', 'ledger')
   order by c.relname collate "C";
end;
comment on function levelb._fact_tables() is 'List the tables whose every row has a leaf.';

create function levelb._digest(value jsonb)
  returns jsonb
  language sql stable parallel safe
  set search_path = pg_catalog, pg_temp
return jsonb_build_object('sha256', encode(sha256(convert_to(value #>> '{}', 'UTF8')), 'hex'));
comment on function levelb._digest(jsonb) is 'What stands in a leaf for a value that is too long for it.';

-- The limit is on the JSON text, as it would stand in the leaf: escapes make it up to six times as long as the value,
-- and a leaf of the widest table must stay under 64 KiB whatever its values are.
create function levelb._leaf_text(
  relation  text,
  fact      jsonb
) returns text
  language sql stable parallel safe
  set search_path = pg_catalog, pg_temp
begin atomic
  select jsonb_build_object('table', relation, 'row',
      (fact - 'login_oid') || coalesce(jsonb_object_agg(c.key, levelb._digest(c.value)), '{}'))::text
    from jsonb_each(fact) c
   where octet_length(c.value::text) > 1024 or (jsonb_typeof(c.value) = 'object' and c.value ? 'sha256');
end;
comment on function levelb._leaf_text(text, jsonb) is
  'The leaf of a row of a table: every value over 1 KiB replaced by its SHA-256.';

-- The settings are pinned here, where a row becomes JSON: whatever the session has set, the text is the same.
-- The trigger's arguments are the key columns. SECURITY INVOKER: current_user is evidence, as in the guards.
create function levelb._write_leaf()
  returns trigger
  language plpgsql
  set search_path = pg_catalog, pg_temp
  set timezone = 'UTC'
  set datestyle = 'ISO, YMD'
  set intervalstyle = 'iso_8601'
  set bytea_output = 'hex'
  set extra_float_digits = 1
as $_write_leaf$
declare
  v_fact constant jsonb := to_jsonb(new);
  v_leaf_id bigint;
begin
  -- A dump brings the leaves of its rows along. Whatever else is not the channel is refused by the guard of leaf.
  if not levelb._is_channel() and levelb._restore_door(tg_relid) then
    return null;
  end if;
  insert into levelb.leaf (relation, row_key, content, at)
  values (
    tg_table_name,
    (select jsonb_agg(v_fact -> k.name order by k.n) from unnest(tg_argv) with ordinality k (name, n))::text,
    levelb._leaf_text(tg_table_name, v_fact),
    clock_timestamp())
  returning leaf_id into v_leaf_id;
  insert into levelb._unsealed (leaf_id) values (v_leaf_id);
  return null;
end
$_write_leaf$;
comment on function levelb._write_leaf() is 'Write the leaf of a new row and queue it for sealing.';

-- A jsonb column of a fact holds a structure. JSON null would read like SQL NULL in a leaf, and the digest of a long
-- JSON string like that of a structure with the same text.
do $leaf$
declare
  v_table levelb._fact_table;
  v_column text;
begin
  for v_table in select t.* from levelb._fact_tables() t loop
    execute format('create trigger levelb_90_leaf after insert on levelb.%I
      for each row execute function levelb._write_leaf(%s)', v_table.relation,
      (select string_agg(quote_literal(k.name), ', ' order by k.n)
         from unnest(v_table.key_columns) with ordinality k (name, n)));
    execute format('alter table levelb.%I enable always trigger levelb_90_leaf', v_table.relation);
    execute format('comment on trigger levelb_90_leaf on levelb.%I is %L', v_table.relation,
      'Writes the leaf of each row.');
    for v_column in
      select a.attname from pg_attribute a
       where a.attrelid = format('levelb.%I', v_table.relation)::regclass and a.attname = any(v_table.columns)
         and a.atttypid = 'jsonb'::regtype order by a.attnum
    loop
      execute format('alter table levelb.%I add constraint %I check (jsonb_typeof(%I) in (''object'', ''array''))',
        v_table.relation, v_table.relation || '_' || v_column || '_is_structure', v_column);
      execute format('comment on constraint %I on levelb.%I is %L',
        v_table.relation || '_' || v_column || '_is_structure', v_table.relation,
        'JSON null and JSON scalars have no reading of their own in a leaf.');
    end loop;
  end loop;
end
$leaf$;
