-- Owns the SQL that puts the privileged state back without levelb, for the day on which levelb is the problem.
-- psql runs it as a superuser; it restores what the read-back renders, object by object, and says what it cannot.

-- Object types as ALTER … OWNER and GRANT … ON spell them.
create function levelb._sql_kind(
  object_type text,
  for_grant boolean
)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return case
  when object_type = 'foreign-data wrapper' then 'foreign data wrapper'
  when object_type = 'statistics object' then 'statistics'
  when for_grant and object_type in ('view', 'materialized view', 'foreign table', 'partitioned table', 'table column')
    then 'table'
  when for_grant and object_type in ('function', 'procedure', 'aggregate') then 'routine'
  when for_grant and object_type = 'server' then 'foreign server'
  else object_type end;
comment on function levelb._sql_kind(text, boolean) is 'Keyword of an object type in ALTER and GRANT.';

-- Replaces one ACL entry. prefix is empty or "alter default privileges … "; columns is empty or "(column)". An entry of
-- another grantor than the owner is taken back and given as that grantor: GRANTED BY allows only oneself.
create function levelb._acl_entry_sql(
  prefix text,
  target text,
  columns text,
  owner text,
  label text,
  before text,
  after text
)
  returns text
  language plpgsql immutable
  set search_path = pg_catalog, pg_temp
as $_acl_entry_sql$
declare
  v_parts constant text[] := regexp_match(label, '^(\(owner\)|"(?:[^"]|"")*"|[^ ]+)(?: by (.*))?$');
  v_grantee constant text := case v_parts[1] when '(owner)' then owner else v_parts[1] end;
  v_wanted constant text := case when label = '(owner)' then coalesce(before, 'all privileges') else before end;
  v_lines text[] := '{}';
  v_privilege text;
begin
  if v_parts[2] is not null then
    v_lines := v_lines || format('set role %s;', v_parts[2]);
  end if;
  if after is not null or label = '(owner)' then
    v_lines := v_lines || format('%srevoke all privileges%s on %s from %s;', prefix, columns, target, v_grantee);
  end if;
  if v_wanted is not null and v_wanted <> 'none' then
    foreach v_privilege in array string_to_array(v_wanted, ', ') loop
      v_lines := v_lines || format('%sgrant %s%s on %s to %s%s;', prefix, rtrim(v_privilege, '*'), columns, target,
        v_grantee, case when v_privilege like '%*' then ' with grant option' else '' end);
    end loop;
  end if;
  if v_parts[2] is not null then
    v_lines := v_lines || 'reset role;'::text;
  end if;
  return array_to_string(v_lines, E'\n');
end
$_acl_entry_sql$;
comment on function levelb._acl_entry_sql(text, text, text, text, text, text, text) is 'SQL that restores one ACL entry.';

-- {"label": [before, after]} of the ACL entries of one change that differ.
create function levelb._acl_difference(change levelb._change)
  returns table (label text, before text, after text)
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_acl_difference$
  select substr(k, 5), o ->> k, n ->> k
    from (select coalesce((change.old).attributes, (change.new).absent, '{}') as o,
                 coalesce((change.new).attributes, (change.old).absent, '{}') as n) s,
      lateral (select jsonb_object_keys(o) union select jsonb_object_keys(n)) keys (k)
   where k like 'acl:%' and o -> k is distinct from n -> k
   order by k collate "C"
$_acl_difference$;
comment on function levelb._acl_difference(levelb._change) is 'ACL entries of a change that differ.';

create function levelb._object_rollback_sql(change levelb._change)
  returns text
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_object_rollback_sql$
declare
  v_row constant levelb._state_row := case when (change.new).key is null then change.old else change.new end;
  v_owner constant text := (change.old).attributes ->> 'owner:owner';
  v_is_column constant boolean := v_row.catalog = 'pg_attribute';
  v_target constant text := levelb._sql_kind(v_row.object_type, true) || ' '
    || case when v_is_column then format('%I.%I', v_row.names[1], v_row.names[2]) else v_row.identity end;
  v_columns constant text := case when v_is_column then format(' (%I)', v_row.names[3]) else '' end;
  v_lines text[] := '{}';
  v_entry record;
begin
  if v_owner is distinct from (change.new).attributes ->> 'owner:owner' then
    v_lines := v_lines || format('alter %s %s owner to %s;', levelb._sql_kind(v_row.object_type, false), v_row.identity,
      v_owner);
  end if;
  for v_entry in select d.* from levelb._acl_difference(change) d loop
    v_lines := v_lines || levelb._acl_entry_sql('', v_target, v_columns, v_owner, v_entry.label, v_entry.before,
      v_entry.after);
  end loop;
  return array_to_string(v_lines, E'\n');
end
$_object_rollback_sql$;
comment on function levelb._object_rollback_sql(levelb._change) is 'SQL that restores owner and ACL of one object.';

create function levelb._role_rollback_sql(change levelb._change)
  returns text
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_role_rollback_sql$
declare
  v_row constant levelb._state_row := case when (change.new).key is null then change.old else change.new end;
  v_old constant jsonb := coalesce((change.old).attributes, '{}');
  v_new constant jsonb := coalesce((change.new).attributes, '{}');
  v_lines text[] := '{}';
  v_key text;
  v_value text;
begin
  if v_row.catalog = 'pg_authid' then
    -- valid until and the attributes that were off are left as they are: no role document sets them
    v_value := regexp_replace(v_old ->> 'role:attributes', 'valid until (\S+)', 'valid until ''\1''');
    if (change.new).key is null then
      v_lines := v_lines || format('create role %s %s;', v_row.identity, v_value);
    elsif (change.old).key is not null and v_old <> v_new then
      v_lines := v_lines || format('alter role %s nosuperuser nocreaterole nocreatedb noreplication nobypassrls connection limit -1 %s;',
        v_row.identity, v_value);
    end if;
  elsif v_row.catalog = 'pg_auth_members' then
    for v_key in select jsonb_object_keys(v_old || v_new) loop
      v_value := v_old ->> v_key;
      if v_new ? v_key then
        v_lines := v_lines || format('revoke %s from %s granted by %s;', v_row.names[1], v_row.names[2], v_row.names[3]);
      end if;
      if v_value is not null then
        v_lines := v_lines || format('grant %s to %s%s granted by %s;', v_row.names[1], v_row.names[2],
          case when v_value like '%inherit%' then ' with ' || v_value
            when v_value = 'admin true' then ' with admin option' else '' end, v_row.names[3]);
      end if;
    end loop;
  elsif v_row.catalog = 'pg_db_role_setting' then
    for v_key in
      select k from jsonb_object_keys(v_old || v_new) k where v_old -> k is distinct from v_new -> k order by k collate "C"
    loop
      v_value := v_old ->> v_key;
      v_lines := v_lines || format('alter %s %s;',
        regexp_replace(v_row.identity, '^(role .*) in (database .*)$', '\1 in \2'),
        case when v_value is null then 'reset ' || split_part(v_key, ':', 2)
          -- a list of names is a list in the statement too, not one quoted string
          when split_part(v_key, ':', 2) in ('search_path', 'temp_tablespaces', 'local_preload_libraries',
              'session_preload_libraries', 'shared_preload_libraries')
            then format('set %s = %s', split_part(v_key, ':', 2), coalesce(nullif(v_value, ''), ''''''))
          else format('set %s = %L', split_part(v_key, ':', 2), v_value) end);
    end loop;
  end if;
  return array_to_string(v_lines, E'\n');
end
$_role_rollback_sql$;
comment on function levelb._role_rollback_sql(levelb._change) is 'SQL that restores one role, membership or setting.';

create function levelb._default_acl_rollback_sql(change levelb._change)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_default_acl_rollback_sql$
  select string_agg(levelb._acl_entry_sql('alter default privileges ' || p[1] || ' ', p[2], '', p[3], d.label, d.before,
      d.after), E'\n' order by d.label collate "C")
    from regexp_match(coalesce((change.new).identity, (change.old).identity), '^(for role ((?:"(?:[^"]|"")*"|[^ ]+)).*) on (.*)$') m,
      lateral (select array[m[1], m[3], m[2]] as p) x, levelb._acl_difference(change) d
$_default_acl_rollback_sql$;
comment on function levelb._default_acl_rollback_sql(levelb._change) is 'SQL that restores one set of default privileges.';

-- Dropped roles come back first, since owners and grants need them; created roles go last.
create function levelb._rollback_snapshot(
  changes levelb._change[],
  tables levelb._written[]
)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_rollback_snapshot$
  with change as (
    select row(c.old, c.new)::levelb._change as change, coalesce((c.new).catalog, (c.old).catalog) as catalog,
        coalesce((c.new).identity, (c.old).identity) as identity, (c.new).key is null as is_dropped,
        (c.old).key is null as is_created
      from unnest(changes) c
     where not coalesce((c.new).is_implied, (c.old).is_implied)
  ), line as (
    select 1 as part, c.identity, levelb._role_rollback_sql(c.change) as sql from change c
      where c.catalog = 'pg_authid' and not c.is_created
    union all
    select 2, c.identity, levelb._object_rollback_sql(c.change) from change c
      where c.catalog not in ('pg_authid', 'pg_auth_members', 'pg_db_role_setting', 'pg_default_acl')
    union all
    select 3, c.identity, levelb._default_acl_rollback_sql(c.change) from change c where c.catalog = 'pg_default_acl'
    union all
    select 4, c.identity, levelb._role_rollback_sql(c.change) from change c
      where c.catalog in ('pg_auth_members', 'pg_db_role_setting')
    union all
    select 5, c.identity, format('drop role %s;', c.identity) from change c
      where c.catalog = 'pg_authid' and c.is_created
    union all
    select 6, t.name, format('-- rows of %s were written: data is restored from a backup, not from here', t.name)
      from unnest(tables) t
  )
  select concat_ws(E'\n', 'begin;', string_agg(nullif(l.sql, ''), E'\n' order by l.part, l.identity collate "C"), 'commit;')
    || E'\n'
  from line l
$_rollback_snapshot$;
comment on function levelb._rollback_snapshot(levelb._change[], levelb._written[]) is 'SQL that restores the privileged state before a set of changes.';
