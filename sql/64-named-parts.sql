-- Owns how a row that says something about an object comes by the name of that object.

-- What is said about an object is named after the object as it is today.
create function levelb._named_part(part levelb._state_row)
  returns levelb._state_row
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_named_part$
declare
  v_catalog constant text := split_part((part).part_of, ' ', 1);
  v_key constant text := substr((part).part_of, strpos((part).part_of, ' ') + 1);
  v_is_column constant boolean := v_catalog = 'pg_attribute';
  -- these have no schema but that of their table
  v_is_on_table constant boolean := v_catalog in ('pg_constraint', 'pg_policy', 'pg_rewrite', 'pg_trigger');
  v_part levelb._state_row := part;
begin
  select i.type, i.identity, coalesce(i.schema, case when v_is_on_table then a.object_names[1] end)
    into v_part.object_type, v_part.identity, v_part.schema
    from (select case when v_is_column then 'pg_class' else v_catalog end::regclass,
            split_part(v_key, '.', 1)::oid, case when v_is_column then split_part(v_key, '.', 2)::integer else 0 end)
          o (class, object, part),
      pg_identify_object(o.class, o.object, o.part) i, pg_identify_object_as_address(o.class, o.object, o.part) a;
  v_part.is_levelb := coalesce(
    coalesce(v_part.schema, v_part.identity) = any(levelb._own_schemas())
      or v_part.object_type = 'role' and starts_with(v_part.identity, 'levelb_'), false);
  return v_part;
end
$_named_part$;
comment on function levelb._named_part(levelb._state_row) is
  'The row with the name of the object that it says something about.';

-- After the row that it is part of where there is one, on the same side, since the object may be gone or have another
-- name today. An index of the rows, since an extension makes thousands: a search for each took most of an activation.
create function levelb._named_parts(rows levelb._state_row[])
  returns levelb._state_row[]
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_named_parts$
declare
  v_places constant jsonb := (
    -- of two with one key the first counts: a later one takes the place of an earlier in the object
    select jsonb_object_agg(r.catalog || ' ' || r.key, r.place order by r.place desc)
      from unnest(rows) with ordinality r (catalog, key, object_type, identity, names, schema, attributes, absent,
        whole, rest, named, code, part_of, is_implied, is_detail, is_levelb, exists_class, name_class, definition_as,
        definition, acl, written_by, replaced_by, place)
     where r.identity is not null);
  v_row levelb._state_row;
  v_object levelb._state_row;
  v_rows levelb._state_row[] := '{}';
begin
  foreach v_row in array rows loop
    if v_row.identity is null and v_row.part_of is not null then
      if v_places ? v_row.part_of then
        v_object := rows[(v_places ->> v_row.part_of)::integer];
        v_row.object_type := v_object.object_type;
        v_row.identity := v_object.identity;
        v_row.schema := v_object.schema;
        v_row.is_levelb := v_object.is_levelb;
      else
        v_row := levelb._named_part(v_row);
      end if;
    end if;
    v_rows := v_rows || v_row;
  end loop;
  return v_rows;
end
$_named_parts$;
comment on function levelb._named_parts(levelb._state_row[]) is 'Rows with the names of what they say something about.';
