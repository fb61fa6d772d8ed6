-- Owns that no protection goes without a word. CREATE OR REPLACE keeps owner and rights, and drops, without a warning,
-- who a view reads as and what a function runs with; DROP and CREATE drops rights, policies and row security too.
-- A statement that takes a protection off and does nothing else says so openly, and is judged as an effect like any.

create type levelb._protection as (
  protection  text,
  write       text
);
comment on type levelb._protection is 'Something that protects an object, and the SQL that gives it.';

-- In words of effects. A value that says no protects nothing.
create function levelb._protections(state levelb._state_row)
  returns setof levelb._protection
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_protections$
  select substr(a.key, strpos(a.key, ':') + 1),
      case
        when a.key ~ '^security:security_' then format('with (%s = true)', substr(a.key, 10))
        when a.key = 'structure:option check_option' then format('with %s check option', a.value)
        when a.key = 'security:security' then 'security definer'
        when a.key = 'security:leakproof' then 'leakproof'
        when a.key = 'repoint:search_path' then 'set search_path = ' || a.value
        when a.key like 'repoint:set %' then format('%s = %s', substr(a.key, 9), quote_literal(a.value))
        when a.key = 'security:row security' then format('alter table %s enable row level security', (state).identity)
        else format('alter table %s force row level security', (state).identity)
      end
    from jsonb_each_text((state).attributes) a
   where a.value not in ('false', 'off', 'no', '0') and case (state).catalog
       when 'pg_proc' then a.key in ('security:security', 'security:leakproof', 'repoint:search_path')
         or a.key like 'repoint:set %'
       else a.key in ('security:security_invoker', 'security:security_barrier', 'structure:option check_option',
         'security:row security', 'security:row security of the owner') end
$_protections$;
comment on function levelb._protections(levelb._state_row) is 'What protects a function, view or table.';

-- Whether an object was defined anew: dropped and made, or replaced. CREATE OR REPLACE writes the query of a view and
-- the dependencies of a function again, be they as before or not; ALTER does neither.
create function levelb._is_redefined(
  change levelb._change,
  changes levelb._change[]
)
  returns boolean
  language sql stable
  set search_path = pg_catalog, pg_temp
return (change.old).key <> (change.new).key or exists (
  select from unnest(changes) c
   where (c.new).part_of = (change.new).catalog || ' ' || (change.new).key
     and (c.new).catalog = case (change.new).catalog when 'pg_proc' then 'pg_depend' else 'pg_rewrite' end
     and (c.new).object_type is distinct from 'rule');
comment on function levelb._is_redefined(levelb._change, levelb._change[]) is
  'Whether an object was replaced, or made again.';

-- The GRANT that gives what an entry of an ACL says: 'select, update*' to a grantee. Columns are of their table.
create function levelb._grant_again(
  state levelb._state_row,
  label text
)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return (
  select string_agg(format('grant %s%s on %s %s to %s%s', rtrim(e, '*'),
      case when (state).catalog = 'pg_attribute' then format(' (%I)', (state).names[3]) else '' end,
      case when (state).object_type in ('function', 'procedure', 'sequence') then (state).object_type else 'table' end,
      case when (state).catalog = 'pg_attribute' then format('%I.%I', (state).names[1], (state).names[2])
        else (state).identity end, label, case when e like '%*' then ' with grant option' else '' end), '; ')
    from regexp_split_to_table((state).attributes ->> ('acl:' || label), ', ') e);
comment on function levelb._grant_again(levelb._state_row, text) is 'GRANT of what a row gave to one grantee.';

-- Rights and policies stay with what is replaced and go with what is dropped. Whoever lost a right finds out; that
-- PUBLIC has one again, because it was taken away once and CREATE gives it, nobody does.
create function levelb._lost_with_object(
  change levelb._change,
  changes levelb._change[]
)
  returns setof levelb._protection
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_lost_with_object$
  select 'privileges of ' || substr(k, 5),
      case when (change.old).attributes ? k then levelb._grant_again(change.old, substr(k, 5))
        else format('revoke all on %s %s from %s', (change.old).object_type, (change.old).identity, substr(k, 5)) end
    from (select jsonb_object_keys((change.old).attributes) union select jsonb_object_keys((change.new).attributes)) keys (k)
   where k like 'acl:%'
     and (not (change.new).attributes ? k or k = 'acl:PUBLIC' and not (change.old).attributes ? k)
  union all
  select format('privileges of %s on column %s', substr(k, 5), quote_ident((c.old).names[3])),
    levelb._grant_again(c.old, substr(k, 5))
    from unnest(changes) c, lateral jsonb_object_keys((c.old).attributes) k
   where (c.old).catalog = 'pg_attribute' and k like 'acl:%'
     and (c.old).part_of = (change.old).catalog || ' ' || (change.old).key
     and not coalesce((c.new).attributes ? k, false)
  union all
  select format('policy %s', split_part((c.old).identity, ' on ', 1)),
      format('create policy %s for %s to %s', (c.old).identity, (c.old).attributes ->> 'security:command',
        (c.old).attributes ->> 'security:roles')
    from unnest(changes) c
   where (c.old).catalog = 'pg_policy' and (c.new).key is null
     and (c.old).part_of = (change.old).catalog || ' ' || (change.old).key
$_lost_with_object$;
comment on function levelb._lost_with_object(levelb._change, levelb._change[]) is
  'Rights and policies of a dropped object that the one made again does not have.';

-- changes: merged ones. A rollback gives back what was there before, which its comparison proves. Returns what was found
-- and is accepted.
create function levelb._refuse_lost_protection(
  manifest levelb.manifest,
  changes levelb._change[]
)
  returns jsonb
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_refuse_lost_protection$
declare
  v_accept constant jsonb := coalesce(manifest.content::jsonb -> 'accept', '[]');
  v_accepted text[];
  v_found jsonb;
begin
  if manifest.kind = 'rollback' then
    return '[]';
  end if;
  select array_agg(f.object) filter (where f.is_accepted),
      jsonb_agg(jsonb_build_object('object', f.object, 'write', f.write) order by f.object collate "C")
        filter (where not f.is_accepted)
    into v_accepted, v_found
    from (
      select o.object, l.write, levelb._is_accepted(v_accept, 'protection_lost', o.object) as is_accepted
        from unnest(changes) c
          cross join lateral (
            select p.protection, p.write from levelb._protections(c.old) p
             where not exists (select from jsonb_object_keys((c.new).attributes) k
               where substr(k, strpos(k, ':') + 1) = p.protection)
            union all
            select w.protection, w.write from levelb._lost_with_object(row(c.old, c.new)::levelb._change, changes) w
             where (c.old).key <> (c.new).key
          ) l
          cross join lateral concat_ws(' ', (c.new).object_type, (c.new).identity, l.protection) o (object)
       where (c.old).catalog in ('pg_class', 'pg_proc') and (c.new).key is not null and not (c.new).is_implied
         and levelb._is_redefined(row(c.old, c.new)::levelb._change, changes)
    ) f;
  if v_found is not null then
    perform levelb._raise_rule('protection_lost', jsonb_build_object('lost', v_found),
      format('Write: %s. %s', (select string_agg(f ->> 'write', '; ') from jsonb_array_elements(v_found) f),
        levelb._accept_hint('protection_lost',
          (select jsonb_agg(f -> 'object') from jsonb_array_elements(v_found) f))));
  end if;
  return levelb._accepted_findings('protection_lost', v_accepted);
end
$_refuse_lost_protection$;
comment on function levelb._refuse_lost_protection(levelb.manifest, levelb._change[]) is
  'Refuse protections that went with a definition.';
