-- Owns that no relation of levelb's roles runs code of others.

-- Relations that are new, have a new owner, or of which something else than owner and ACL has changed.
create function levelb._relations_altered(changes levelb._change[])
  returns setof oid
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_relations_altered$
  select (c.new).key::oid from unnest(changes) c
   where (c.new).catalog = 'pg_class' and not (c.new).is_implied
     and (c.old).attributes -> 'owner:owner' is distinct from (c.new).attributes -> 'owner:owner'
  union
  select split_part(split_part((c.new).part_of, ' ', 2), '.', 1)::oid from unnest(changes) c
   where (c.new).part_of ~ '^pg_(class|attribute) ' and (c.new).catalog not in ('pg_depend', 'pg_description')
     and (c.old).whole is distinct from (c.new).whole
$_relations_altered$;
comment on function levelb._relations_altered(levelb._change[]) is 'Relations whose code may have changed.';

-- A rule reads and writes with the rights of its table's owner. One that this text made has been approved with it, and
-- one of a table that was levelb's already once was: only those that come with a table are of others.
create function levelb._is_approved_rule(
  rule oid,
  relation oid,
  changes levelb._change[]
)
  returns boolean
  language sql stable
  set search_path = pg_catalog, pg_temp
return exists (
    select from unnest(changes) c
     where (c.new).catalog = 'pg_rewrite' and (c.new).key = rule::text
       and ((c.old).key is distinct from (c.new).key or (c.old).code <> (c.new).code))
  or not exists (
    select from unnest(changes) c
     where (c.new).catalog = 'pg_class' and (c.new).key = relation::text
       and (c.old).attributes -> 'owner:owner' is distinct from (c.new).attributes -> 'owner:owner');
comment on function levelb._is_approved_rule(oid, oid, levelb._change[]) is 'Whether a rule came by approved text.';

-- Of what is no function, that it was made past the channel: another query of a view calls functions, and these are told.
create function levelb._is_stray(
  class oid,
  object oid,
  changes levelb._change[]
)
  returns boolean
  language sql stable
  set search_path = pg_catalog, pg_temp
return class <> 'pg_proc'::regclass
  and levelb._code_owner(class, object) = (select r.oid from pg_roles r where r.rolname = 'levelb_definer')
  and not exists (select from levelb._baseline b where b.catalog = class::regclass::text and b.key = object::text)
  and not exists (
    select from unnest(changes) c where (c.new).catalog = class::regclass::text and (c.new).key = object::text);
comment on function levelb._is_stray(oid, oid, levelb._change[]) is
  'Whether a view, type or operator of levelb_definer was made past the channel.';

-- The code of a relation runs with its owner's rights. One of levelb's roles that takes over, makes or alters a
-- relation with code of others in it would lend that code the deployer's rights for good: autovacuum evaluates its
-- indexes.
create function levelb._refuse_code_in_relations(changes levelb._change[])
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_refuse_code_in_relations$
declare
  v_trusted constant oid[] := levelb._trusted_owners();
  v_stray constant oid[] := levelb._stray_functions();
  v_found jsonb;
begin
  select jsonb_agg(jsonb_build_object('object', f.identity, 'uses', f.uses) order by f.identity, f.uses) into v_found
    from (
      select distinct levelb._table_name(r.oid) as identity, i.type || ' ' || i.identity as uses
        from levelb._relations_altered(changes) a
          join pg_class r on r.oid = a
          join pg_roles o on o.oid = r.relowner
          -- of a: asked of r, the planner looks at the code of every relation of levelb, which took an activation four times as long
          cross join lateral levelb._code_of(a) u
          cross join lateral pg_identify_object(u.class, u.object, 0) i
       where starts_with(o.rolname, 'levelb_') and r.relkind not in ('i', 'I', 't')
         and u.object >= 16384
         and ((levelb._code_owner(u.class, u.object) = any(v_trusted)) is not true
           or u.class = 'pg_proc'::regclass and u.object = any(v_stray)
           or levelb._is_stray(u.class, u.object, changes))
         and not (u.class = 'pg_rewrite'::regclass and levelb._is_approved_rule(u.object, r.oid, changes))
    ) f;
  if v_found is not null then
    perform levelb._raise_rule('code_of_others_in_relation', jsonb_build_object('code', v_found));
  end if;
end
$_refuse_code_in_relations$;
comment on function levelb._refuse_code_in_relations(levelb._change[]) is
  'Refuse relations whose owner would run code of others.';
