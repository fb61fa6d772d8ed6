-- Owns the baseline: the watched rows as the last activation, rebind or bootstrap left them. It is what drift is told
-- from, and a cache: everything in it was read from the catalogs, and rebind reads it anew.

-- Roots, and what is part of a watched row: of one among the marks, or of one in the baseline.
create function levelb._watched(marks levelb._mark[])
  returns setof levelb._mark
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_watched$
  with recursive mark as materialized (
    select m.*, m.catalog || ' ' || m.key as id from unnest(marks) m
  ), watched as (
    select m.catalog, m.key, m.part_of, m.is_root, m.written_by, m.digest, m.place, m.id from mark m
     where m.is_root
        or m.part_of is not null and exists (
          select from levelb._baseline b
           where b.catalog = split_part(m.part_of, ' ', 1) and b.key = substr(m.part_of, strpos(m.part_of, ' ') + 1))
    union
    select m.catalog, m.key, m.part_of, m.is_root, m.written_by, m.digest, m.place, m.id
      from watched w join mark m on m.part_of = w.id
  )
  select w.catalog, w.key, w.part_of, w.is_root, w.written_by, w.digest, w.place from watched w
$_watched$;
comment on function levelb._watched(levelb._mark[]) is 'Marks of watched rows.';

-- What is among the marks of some code, and its parts, is watched too.
create function levelb._with_code(
  marks levelb._mark[],
  code text[]
)
  returns levelb._mark[]
  language sql stable
  set search_path = pg_catalog, pg_temp
return array(
  select w from levelb._watched(array(
    select row(m.catalog, m.key, m.part_of, m.is_root or c.id is not null, m.written_by, m.digest, m.place)::levelb._mark
      from unnest(marks) m left join unnest(code) c (id) on c.id = m.catalog || ' ' || m.key)) w);
comment on function levelb._with_code(levelb._mark[], text[]) is 'Marks of watched rows, and of code, by "catalog key".';

create function levelb._watched_now()
  returns levelb._mark[]
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_watched_now$
declare
  v_marks constant levelb._mark[] := array(select m from levelb._marks(null, false) m);
begin
  return levelb._with_code(v_marks, array(
    select c from levelb._code_behind(array(select w.catalog || ' ' || w.key from levelb._watched(v_marks) w)) c));
end
$_watched_now$;
comment on function levelb._watched_now() is 'Marks of all that is watched, and of the code behind it.';

-- Their rows go when the object goes, and not before: that the object is gone says enough.
create function levelb._dies_with_object(relation text)
  returns boolean
  language sql immutable
  set search_path = pg_catalog, pg_temp
return relation in ('pg_aggregate', 'pg_attribute', 'pg_foreign_table', 'pg_index', 'pg_partitioned_table', 'pg_range',
  'pg_sequence');
comment on function levelb._dies_with_object(text) is 'Whether the rows of a catalog go with their object only.';

-- Of the others levelb may not read every column, or must not keep it: their rows are compared by their attributes. A
-- test holds the list against the families; to ask them for every row would cost more than all the rest.
create function levelb._is_read_in_full(relation text)
  returns boolean
  language sql immutable
  set search_path = pg_catalog, pg_temp
return relation not in ('pg_authid', 'pg_foreign_data_wrapper', 'pg_foreign_server', 'pg_foreign_table',
  'pg_subscription', 'pg_user_mapping', 'pg_file_settings', 'pg_hba_file_rules', 'pg_ident_file_mappings');
comment on function levelb._is_read_in_full(text) is 'Whether rows of a catalog are known by a hash of all they are.';

-- As it is kept: what is only compared is hashed. Members of extensions, casts and transforms are judged by whole rows.
create function levelb._baseline_row(state levelb._state_row)
  returns levelb._baseline
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_baseline_row$
declare
  v_row levelb._baseline;
begin
  v_row.catalog := state.catalog;
  v_row.key := state.key;
  -- what a file says has no transaction
  v_row.written_by := coalesce(state.written_by, '');
  v_row.is_aside := state.is_implied or levelb._is_of_initdb(state.catalog, state.key);
  -- that an activation wrote a secret is true for its own transaction only
  if state.catalog in ('pg_foreign_data_wrapper', 'pg_foreign_server', 'pg_foreign_table', 'pg_subscription',
    'pg_user_mapping') then
    state.attributes := (
      select jsonb_object_agg(a.key,
          case when a.key ~ ':(option |options$|connection$)' and a.value = '"changed"' then '"set"' else a.value end)
        from jsonb_each(state.attributes) a);
  end if;
  v_row.digest := case when levelb._is_read_in_full(state.catalog) then levelb._row_digest(state.whole, state.acl) end;
  state.rest := to_jsonb(md5(state.rest::text));
  state.code := to_jsonb(md5(state.code::text));
  if state.catalog not in ('pg_cast', 'pg_depend', 'pg_extension', 'pg_transform') then
    state.whole := null;
  end if;
  state.written_by := null;
  state.replaced_by := null;
  v_row.state := state;
  return v_row;
end
$_baseline_row$;
comment on function levelb._baseline_row(levelb._state_row) is 'A row as the baseline keeps it.';

-- Rows of these marks as they are now, with what deparsers say.
create function levelb._states(marks levelb._mark[])
  returns setof levelb._state_row
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_states$
declare
  v_family levelb._family;
  v_tids tid[];
  v_keys text[];
begin
  for v_family in
    select f.* from levelb._families() f where f.relation in (select m.catalog from unnest(marks) m)
  loop
    v_tids := array(select m.place from unnest(marks) m where m.catalog = v_family.relation and m.place is not null);
    if v_tids <> '{}' then
      return query execute levelb._family_query(v_family, 'c.ctid = any($1)', 'null::xid8', true) using v_tids;
    end if;
    v_keys := array(select m.key from unnest(marks) m where m.catalog = v_family.relation and m.place is null);
    if v_keys <> '{}' then
      return query execute levelb._family_query(v_family, format('(%s) = any($1)', v_family.key), 'null::xid8', true)
        using v_keys;
    end if;
  end loop;
end
$_states$;
comment on function levelb._states(levelb._mark[]) is 'State rows of marks.';

-- Hashes of the rows that initdb made and that say what code runs, or which rights initdb gave (what grants are compared
-- with), by catalog: every column but owner and grants, which are told by themselves. Row by row would be thousands of
-- rows in every baseline. Of relations, what moves with every VACUUM is left out. catalogs: null for all.
create function levelb._system_code(catalogs text[] default null)
  returns jsonb
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_system_code$
declare
  v_catalog text;
  v_hash text;
  v_hashes jsonb := '{}';
begin
  foreach v_catalog in array array['pg_aggregate', 'pg_am', 'pg_amop', 'pg_amproc', 'pg_cast', 'pg_class',
    'pg_constraint', 'pg_conversion', 'pg_init_privs', 'pg_language', 'pg_opclass', 'pg_operator', 'pg_proc', 'pg_range',
    'pg_rewrite', 'pg_ts_config', 'pg_ts_config_map', 'pg_ts_dict', 'pg_ts_parser', 'pg_ts_template', 'pg_type'] loop
    if catalogs is null or v_catalog = any(catalogs) then
      execute (
        select format('select md5(string_agg(r.hash, %L order by r.hash))
              from (select md5(row(%s)::text) as hash from pg_catalog.%I c where %s < 16384) r', '',
            string_agg(format('c.%I', a.attname), ', ' order by a.attnum), v_catalog, levelb._object_column(v_catalog))
          from pg_attribute a
         where a.attrelid = v_catalog::regclass and a.attnum > 0
           and case v_catalog when 'pg_class' then a.attname in ('oid', 'relname', 'relnamespace', 'relkind', 'reloptions',
                 'relrowsecurity', 'relforcerowsecurity')
               else a.attname !~ '(owner|acl)$' end)
        into v_hash;
      v_hashes := v_hashes || jsonb_build_object(v_catalog, v_hash);
    end if;
  end loop;
  return v_hashes;
end
$_system_code$;
comment on function levelb._system_code(text[]) is 'Hashes of what initdb made, by catalog.';

-- Owner and rights that initdb gave to an object of its own.
create function levelb._factory_state(state levelb._state_row)
  returns levelb._state_row
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_factory_state$
declare
  v_object constant text[] := string_to_array((state).key, '.');
  v_factory levelb._state_row := state;
begin
  v_factory.attributes := (
    select coalesce(jsonb_object_agg(a.key, a.value), '{}') from jsonb_each(state.attributes) a
      where a.key not like 'acl:%');
  if v_factory.attributes ? 'owner:owner' then
    v_factory.attributes := v_factory.attributes || jsonb_build_object('owner:owner', levelb._role_name(
      case when state.catalog = 'pg_namespace' and state.identity = 'public' then 6171 else 10 end));
  end if;
  v_factory.attributes := v_factory.attributes || levelb._acl_attributes(
    (select i.initprivs from pg_init_privs i
      where i.classoid = case state.catalog when 'pg_attribute' then 'pg_class' else state.catalog end::regclass
        and i.objoid = v_object[1]::oid and i.objsubid = coalesce(v_object[2], '0')::integer),
    (case state.catalog when 'pg_class' then case state.object_type when 'sequence' then 's' else 'r' end
      when 'pg_attribute' then 'c' when 'pg_proc' then 'f' when 'pg_type' then 'T' when 'pg_namespace' then 'n'
      when 'pg_language' then 'l' when 'pg_foreign_data_wrapper' then 'F' when 'pg_foreign_server' then 'S'
      when 'pg_largeobject_metadata' then 'L' else 'c' end)::"char", 10);
  v_factory.acl := null;
  return v_factory;
end
$_factory_state$;
comment on function levelb._factory_state(levelb._state_row) is 'A system object as initdb made it.';

-- What servers read from files is in force for every database. Passwords in it are left out.
create function levelb._server_rows()
  returns setof levelb._state_row
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_server_rows$
declare
  v_row levelb._state_row;
begin
  v_row.is_implied := false;
  v_row.is_detail := true;
  v_row.is_levelb := false;
  v_row.absent := '{}';
  if not levelb._is_role_home() then
    return;
  end if;
  v_row.catalog := 'pg_file_settings';
  v_row.object_type := 'server setting';
  if has_function_privilege('pg_show_all_file_settings()', 'execute') then
    for v_row.key, v_row.attributes in
      select s.name, jsonb_build_object('setting:value', case
            when s.name ~ 'conninfo|passphrase|passw|secret' then '(not shown)' else s.setting end)
        from (select f.name, f.setting, row_number() over (partition by f.name order by f.seqno desc) as nth
                from pg_show_all_file_settings() f where f.name is not null) s
       where s.nth = 1
    loop
      v_row.identity := v_row.key;
      return next v_row;
    end loop;
  end if;
  v_row.catalog := 'pg_hba_file_rules';
  v_row.object_type := 'client authentication';
  if has_function_privilege('pg_hba_file_rules()', 'execute') then
    -- a rule is found by its place: another order is another answer
    for v_row.key, v_row.attributes in
      select (row_number() over (order by h.n))::text,
        jsonb_build_object('security:rule', concat_ws(' ', h.rule ->> 'type',
          levelb._words(h.rule -> 'database'), levelb._words(h.rule -> 'user_name'), h.rule ->> 'address',
          h.rule ->> 'netmask', h.rule ->> 'auth_method', (
            select string_agg(regexp_replace(o, '^(ldapbindpasswd|radiussecrets)=.*', '\1=(not shown)'), ' ' order by n)
              from jsonb_array_elements_text(case jsonb_typeof(h.rule -> 'options')
                when 'array' then h.rule -> 'options' end)
                with ordinality o (o, n))))
        from (select to_jsonb(r) as rule, r.ordinality as n from pg_hba_file_rules() with ordinality r) h
    loop
      v_row.identity := 'rule ' || v_row.key;
      return next v_row;
    end loop;
  end if;
  v_row.catalog := 'pg_ident_file_mappings';
  v_row.object_type := 'user name map';
  if has_function_privilege('pg_ident_file_mappings()', 'execute') then
    -- Any line that matches lets in, so their order says nothing. With one that cannot be read the server keeps the map
    -- that it has.
    for v_row.key, v_row.attributes in
      select coalesce(m.map_name || ' for ' || m.sys_name, 'line ' || m.line_number),
          jsonb_build_object('security:users',
            string_agg(coalesce(m.pg_username, 'cannot be read'), ', ' order by m.pg_username collate "C"))
        from pg_ident_file_mappings() m group by 1
    loop
      v_row.identity := v_row.key;
      return next v_row;
    end loop;
  end if;
end
$_server_rows$;
comment on function levelb._server_rows() is
  'Settings, rules of client authentication and user name maps in the files of the server, as state rows.';

-- Reads everything anew: at bootstrap, and when a ledger comes to another database.
create function levelb._build_baseline()
  returns void
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_build_baseline$
declare
  v_horizon constant xid8 := pg_snapshot_xmin(pg_current_snapshot());
  v_marks levelb._mark[];
begin
  delete from levelb._baseline;
  delete from levelb._baseline_head;
  v_marks := levelb._watched_now();
  insert into levelb._baseline
    select b.* from unnest(levelb._named_parts(array(select s from levelb._states(v_marks) s))) n,
      levelb._baseline_row(row(n.*)::levelb._state_row) b;
  insert into levelb._baseline
    select b.* from levelb._server_rows() s, levelb._baseline_row(row(s.*)::levelb._state_row) b;
  insert into levelb._baseline_head (horizon, system, drifting) values (v_horizon, levelb._system_code(), '{}');
end
$_build_baseline$;
comment on function levelb._build_baseline() is 'Read the baseline anew.';
