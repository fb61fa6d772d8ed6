-- Owns what migration tools may do in schemas at level privileged: what the guard lets pass is no drift.

-- Whether an object has the rights with which its owner makes such objects: by nature, and by ALTER DEFAULT PRIVILEGES,
-- which is watched itself.
create function levelb._has_default_rights(
  relation text,
  object oid
)
  returns boolean
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_has_default_rights$
  select not exists (
  with object (owner, namespace, acl, kind) as (
    select c.relowner, c.relnamespace, c.relacl, (case c.relkind when 'S' then 'S' else 'r' end)::"char"
      from pg_class c where relation = 'pg_class' and c.oid = object
    union all
    select p.proowner, p.pronamespace, p.proacl, 'f' from pg_proc p where relation = 'pg_proc' and p.oid = object
    union all
    select t.typowner, t.typnamespace, t.typacl, 'T' from pg_type t where relation = 'pg_type' and t.oid = object
  ), is_now as (
    select a.grantee, a.privilege_type, a.is_grantable
      from object o
        cross join lateral (select acldefault(replace(o.kind::text, 'S', 's')::"char", o.owner)) f (acl)
        cross join lateral aclexplode(coalesce(o.acl, f.acl)) a
  ), as_made as (
    select a.grantee, a.privilege_type, a.is_grantable
      from object o
        cross join lateral (select acldefault(replace(o.kind::text, 'S', 's')::"char", o.owner)) f (acl)
        left join pg_default_acl g on g.defaclrole = o.owner and g.defaclnamespace = 0 and g.defaclobjtype = o.kind
        left join pg_default_acl s on s.defaclrole = o.owner and s.defaclnamespace = o.namespace and s.defaclobjtype = o.kind
        cross join lateral (select * from aclexplode(coalesce(g.defaclacl, f.acl)) union select * from aclexplode(s.defaclacl)) a
  )
  (select * from is_now except select * from as_made) union all (select * from as_made except select * from is_now))
$_has_default_rights$;
comment on function levelb._has_default_rights(text, oid) is 'Whether nobody granted or revoked anything on an object.';

-- In a schema of level privileged its migrators make, change and drop what is there as ever: that is structure, and no
-- drift. An object that came is theirs when they own it and nobody granted rights on it. Functions that lend the rights
-- of their owner are watched wherever they are, and the schema itself is no migrator's to rename or to drop. A trigger is
-- made and dropped with the table that it keeps up to date; to switch one off, or to change it in its place, is security.
create function levelb._is_migrators_affair(
  change levelb._change,
  class text,
  migrated levelb._protected[]
)
  returns boolean
  language sql stable
  set search_path = pg_catalog, pg_temp
return (
  select case
      when s.catalog = 'pg_trigger' and (change.old).key is distinct from (change.new).key then true
      -- what a view or an aggregate does that came, or went and came again: CREATE OR REPLACE leaves the row where it is
      when s.catalog in ('pg_aggregate', 'pg_rewrite') and class = 'repoint' then p.repoint or (change.old).key is distinct from (change.new).key
      when (change.old).key is not distinct from (change.new).key or not s.has_owner
        then class = 'structure' or class = 'repoint' and p.repoint
      when (change.new).key is null then true
      -- made again without the row security that it had, it shows to whoever has default privileges what was kept from them
      when class = 'security' and (change.old).attributes ? 'security:row security'
        and not (change.new).attributes ? 'security:row security' then false
      when (change.new).attributes ->> 'security:security' = 'definer' then false
      when class = 'owner' then s.owner = any(levelb._protecting_roles())
        or s.owner in (select quote_ident(r.rolname) from pg_roles r where r.oid = any(p.migrators))
      when class = 'acl' then levelb._has_default_rights((change.new).catalog, (change.new).key::oid)
      else true end
    from (select coalesce((change.new).catalog, (change.old).catalog) as catalog,
        coalesce((change.new).attributes, (change.old).attributes) ? 'owner:owner' as has_owner,
        (change.new).attributes ->> 'owner:owner' as owner) s
      join unnest(migrated) p on true
      join pg_namespace n on n.oid = p.schema_oid
     where n.nspname = coalesce((change.new).schema, (change.old).schema)
       and n.nspname = coalesce((change.old).schema, (change.new).schema)
       and s.catalog not in ('pg_namespace', 'pg_default_acl')) is true;
comment on function levelb._is_migrators_affair(levelb._change, text, levelb._protected[]) is
  'Whether what differs is structure that migrators may change.';
