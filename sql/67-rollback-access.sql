-- Owns the SQL that gives owners, privileges, roles, memberships and settings back, object by object.

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
  when for_grant and (object_type in ('view', 'materialized view', 'foreign table') or object_type like '% column')
    then 'table'
  -- an aggregate without arguments is named agg(*) in ALTER AGGREGATE and agg() here
  when object_type in ('function', 'procedure', 'aggregate') then 'routine'
  when for_grant and object_type = 'server' then 'foreign server'
  else object_type end;
comment on function levelb._sql_kind(text, boolean) is 'Keyword of an object type in ALTER and GRANT.';

-- Statements from one ACL entry to another, in turns: revokes by other grantors than the owner, revokes, grants,
-- grants
-- by others. They run as that grantor: GRANTED BY allows only oneself. CASCADE takes nothing that was there before,
-- since
-- only what the grantee did not have is revoked. prefix is empty or "alter default privileges … "; columns is empty or
-- "(column)"; is_bare: nobody has anything by default, not even the owner.
create function levelb._acl_entry_sql(
  prefix text,
  target text,
  columns text,
  is_bare boolean,
  owner text,
  label text,
  before text,
  after text
)
  returns table (turn integer, line text)
  language sql immutable
  set search_path = pg_catalog, pg_temp
as $_acl_entry_sql$
  with entry as (
    select case m[1] when '(owner)' then owner else m[1] end as grantee, m[2] as grantor,
        label = '(owner)' and not is_bare as is_owners
      from regexp_match(label, '^(\(owner\)|"(?:[^"]|"")*"|[^ ]+)(?: by (.*))?$') m
  ), wanted as (
    select rtrim(p, '*') as name, p like '%*' as grantable
      from entry e, unnest(string_to_array(nullif(coalesce(before, case when e.is_owners then 'all privileges' end),
        'none'), ', ')) p
  ), found as (
    select rtrim(p, '*') as name, p like '%*' as grantable
      from entry e, unnest(case when not e.is_owners then string_to_array(nullif(after, 'none'), ', ') end) p
  ), verb as (
    select 2 as turn, 'revoke ' as verb, f.name, ' from ' as direction, ' cascade' as ending
      from found f where f.name not in (select w.name from wanted w)
    union all
    select 2, 'revoke all privileges', '', ' from ', '' from entry e where e.is_owners
    union all
    select 2, 'revoke grant option for ', f.name, ' from ', ' cascade'
      from found f join wanted w using (name) where f.grantable and not w.grantable
    union all
    select 3, 'grant ', w.name, ' to ', case when w.grantable then ' with grant option' else '' end
      from wanted w left join found f using (name) where f.name is null or w.grantable and not f.grantable
  )
  select case when e.grantor is null then v.turn when v.turn = 2 then 1 else 4 end,
      case when e.grantor is null then '' else format(E'set role %s;\n', e.grantor) end
      || format('%s%s%s on %s%s%s%s;', prefix, v.verb,
        string_agg(v.name || case when v.name = '' then '' else columns end, ', ' order by v.name collate "C"), target,
        v.direction, e.grantee, v.ending)
      || case when e.grantor is null then '' else E'\nreset role;' end
    from entry e, verb v
   group by e.grantor, e.grantee, v.turn, v.verb, v.direction, v.ending
$_acl_entry_sql$;
comment on function levelb._acl_entry_sql(text, text, text, boolean, text, text, text,
  text) is 'SQL that restores one ACL entry.';

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

-- Attributes that a column had before: of the changes, or as they are.
create function levelb._column_attributes_before(
  relation oid,
  number smallint,
  changes levelb._change[]
)
  returns jsonb
  language sql stable
  set search_path = pg_catalog, pg_temp
return coalesce(
  (select (c.old).attributes from unnest(changes) c
    where (c.old).catalog = 'pg_attribute' and (c.old).key = relation || '.' || number),
  (select levelb._acl_attributes(a.attacl, 'c', t.relowner) from pg_attribute a join pg_class t on t.oid = a.attrelid
    where a.attrelid = relation and a.attnum = number));
comment on function levelb._column_attributes_before(oid, smallint,
  levelb._change[]) is 'Column privileges before the changes.';

create function levelb._object_rollback_sql(
  change levelb._change,
  changes levelb._change[]
)
  returns text
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_object_rollback_sql$
declare
  v_row constant levelb._state_row := case when (change.new).key is null then change.old else change.new end;
  v_is_column constant boolean := v_row.catalog = 'pg_attribute';
  v_target constant text := levelb._sql_kind(v_row.object_type, true) || ' '
    || case when v_is_column then format('%I.%I', v_row.names[1], v_row.names[2]) else v_row.identity end;
  v_columns constant text := case when v_is_column then format(' (%I)', v_row.names[3]) else '' end;
  v_relation constant oid := case when v_row.catalog in ('pg_class', 'pg_attribute') then split_part(v_row.key, '.',
    1) end;
  v_owner text := (change.old).attributes ->> 'owner:owner';
  v_sql text;
begin
  if v_is_column then
    v_owner := coalesce(
      (select (c.old).attributes ->> 'owner:owner' from unnest(changes) c
        where (c.old).catalog = 'pg_class' and (c.old).key = v_relation::text),
      (select levelb._role_name(t.relowner) from pg_class t where t.oid = v_relation));
  end if;
  with entry as (
    -- What was granted to the former owner has become part of the owner's own.
    select case when d.label = v_owner then '(owner)' else d.label end as label,
        case when d.label = v_owner then (change.old).attributes ->> 'acl:(owner)' else d.before end as before,
        case when d.label = v_owner then null else d.after end as after
      from levelb._acl_difference(change) d
  ), line as (
    select distinct on (e.label, l.turn, l.line) e.label, l.turn, l.line
      from entry e,
        lateral levelb._acl_entry_sql('', v_target, v_columns, v_is_column, v_owner, e.label, e.before, e.after) l
  ), restored as (
    select 0 as turn, '' as label, format('alter %s %s owner to %s;', levelb._sql_kind(v_row.object_type, false),
      v_row.identity,
        v_owner) as line
     where not v_is_column and v_owner is distinct from (change.new).attributes ->> 'owner:owner'
    union all
    select l.turn, l.label, l.line from line l
    union all
    -- A REVOKE on a table takes the grantee's privileges on its columns too.
    select 5, r.label, g.line
      from (select distinct l.label from line l where l.turn <= 2 and not v_is_column) r
        join pg_attribute a on a.attrelid = v_relation and a.attacl is not null
        cross join lateral levelb._acl_entry_sql('', v_target, format(' (%I)', a.attname), true, v_owner, r.label,
          levelb._column_attributes_before(a.attrelid, a.attnum, changes) ->> ('acl:' || r.label), null) g
  )
  select string_agg(r.line, E'\n' order by r.turn, r.label collate "C", r.line collate "C") into v_sql from restored r;
  return v_sql;
end
$_object_rollback_sql$;
comment on function levelb._object_rollback_sql(levelb._change,
  levelb._change[]) is 'SQL that restores owner and ACL of one object.';

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
      v_lines := v_lines || format('alter role %s nosuperuser nocreaterole nocreatedb noreplication nobypassrls %s%s;',
        v_row.identity, v_value, case when v_value like '%connection limit%' then '' else ' connection limit -1' end);
    end if;
  elsif v_row.catalog = 'pg_db_role_setting' then
    for v_key in
      select k from jsonb_object_keys(v_old || v_new) k where v_old -> k is distinct
        from v_new -> k order by k collate "C"
    loop
      v_lines := v_lines || format('alter %s %s;', v_row.identity,
        levelb._setting_sql(split_part(v_key, ':', 2), v_old ->> v_key));
    end loop;
  end if;
  return array_to_string(v_lines, E'\n');
end
$_role_rollback_sql$;
comment on function levelb._role_rollback_sql(levelb._change) is 'SQL that restores one role or setting.';

-- Who was given the admin option may have passed it on: such memberships come back first and go last. On 16 and newer
-- a
-- GRANT sets every option of a membership that is there; 15 has one option and takes the membership away first.
create function levelb._membership_rollback_sql(change levelb._change)
  returns table (turn integer, line text)
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_membership_rollback_sql$
  with state as (
    select (change.old).names as had, (change.new).names as has,
        (change.old).attributes ->> ('role:by ' || (change.old).names[3]) as before,
        (change.new).attributes ->> ('role:by ' || (change.new).names[3]) as after
  )
  select case when s.after like 'admin true%' then 2 else 1 end,
      format('revoke %s from %s granted by %s%s;', s.has[1], s.has[2], s.has[3],
        case when s.had is null then ' cascade' else '' end)
    from state s where s.has is not null and (s.had is null or s.before not like '%inherit%')
  union all
  select case when s.before like 'admin true%' then 3 else 4 end,
      format('grant %s to %s%s granted by %s;', s.had[1], s.had[2],
        case when s.before like '%inherit%' then ' with ' || s.before
          when s.before = 'admin true' then ' with admin option' else '' end, s.had[3])
    from state s where s.had is not null
$_membership_rollback_sql$;
comment on function levelb._membership_rollback_sql(levelb._change) is 'SQL that restores one membership, in turns.';

create function levelb._default_acl_rollback_sql(change levelb._change)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_default_acl_rollback_sql$
  select string_agg(l.line, E'\n' order by l.turn, d.label collate "C", l.line collate "C")
    from regexp_match(coalesce((change.new).identity, (change.old).identity),
      '^(for role ((?:"(?:[^"]|"")*"|[^ ]+)).*) on (.*)$') m,
      levelb._acl_difference(change) d,
      -- in a schema they are added to the global ones
      lateral levelb._acl_entry_sql('alter default privileges ' || m[1] || ' ', m[3], '',
        coalesce((change.new).schema, (change.old).schema) is not null, m[2], d.label, d.before, d.after) l
$_default_acl_rollback_sql$;
comment on function levelb._default_acl_rollback_sql(levelb._change) is
  'SQL that restores one set of default privileges.';
