-- Owns which rights go on when a schema is taken over. What an owner may do with an object without a grant goes with the
-- ownership. So whoever owned it is granted what he read and wrote by, and levelb_definer what the code that it gets used
-- to do as its former owner. Every role keeps the rows that it saw and the DML that it had; what an owner alone can do
-- (ALTER, DROP, GRANT) goes to the channel.

-- Rights that go on. Not TRIGGER and REFERENCES: they make structure. MAINTAIN where a refresh of what is stored is data
-- for whoever reads it; before version 17 it cannot be granted.
create function levelb._kept_rights(owned levelb._owned)
  returns text[]
  language sql immutable
  set search_path = pg_catalog, pg_temp
return case (owned).object_type
  when 'schema' then array['USAGE']
  when 'table' then array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']
  when 'foreign table' then array['SELECT', 'INSERT', 'UPDATE', 'DELETE']
  when 'view' then array['SELECT', 'INSERT', 'UPDATE', 'DELETE']
  when 'materialized view' then array['SELECT', 'MAINTAIN']
  when 'sequence' then array['USAGE', 'SELECT', 'UPDATE']
  when 'type' then array['USAGE']
  else array['EXECUTE'] end;
comment on function levelb._kept_rights(levelb._owned) is 'Rights on an object that its former owner keeps.';

-- As GRANT wants it.
create function levelb._grant_target(
  object_type text,
  identity text
)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return case when object_type in ('table', 'view', 'materialized view', 'foreign table') then 'table ' else object_type || ' ' end || identity;
comment on function levelb._grant_target(text, text) is 'An object in a GRANT.';

create function levelb._grantee(role oid)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return case role when 0 then 'public' else quote_ident((select r.rolname from pg_roles r where r.oid = role)) end;
comment on function levelb._grantee(oid) is 'A role in a GRANT.';

create type levelb._grant as (
  schema_name  text,
  target       text,
  privilege    text,
  grantee      text,
  turn         integer
);
comment on type levelb._grant is 'A right that a protection gives, beside the objects of which schema it is told.';

-- The rights of the owner stand in the ACL under his name, unless he took some from himself. What PUBLIC has needs no
-- grant, but of definer code, which PUBLIC loses.
create function levelb._grants_to_owners(taken levelb._owned[])
  returns setof levelb._grant
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_grants_to_owners$
  select t.schema_name, levelb._grant_target(t.object_type, t.identity), lower(a.privilege_type), levelb._grantee(t.owner), 2
    from unnest(taken) t cross join lateral aclexplode(t.acl) a
   where a.grantee = t.owner and a.privilege_type = any(levelb._kept_rights(t))
     and (t.is_code and t.class = 'pg_proc'::regclass or not exists (
       select from aclexplode(t.acl) p where p.grantee = 0 and p.privilege_type = a.privilege_type))
  union all
  -- of columns
  select t.schema_name, levelb._grant_target(t.object_type, t.identity), format('%s (%I)', lower(a.privilege_type), c.attname),
      levelb._grantee(t.owner), 2
    from unnest(taken) t
      join pg_attribute c on t.class = 'pg_class'::regclass and c.attrelid = t.object and c.attacl is not null
      cross join lateral aclexplode(c.attacl) a
   where a.grantee = t.owner and a.privilege_type = any(levelb._kept_rights(t))
$_grants_to_owners$;
comment on function levelb._grants_to_owners(levelb._owned[]) is 'What former owners keep.';

-- Who may call definer code only because everybody may. That is whoever gets into the schema; everybody, where something
-- outside of it calls the code for them.
create function levelb._grants_for_public(taken levelb._owned[])
  returns setof levelb._grant
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_grants_for_public$
  select t.schema_name, levelb._grant_target(t.object_type, t.identity), 'execute', levelb._grantee(r.oid), 4
    from unnest(taken) t
      join pg_proc p on p.oid = t.object and p.prorettype not in ('trigger'::regtype, 'event_trigger'::regtype)
      join pg_namespace n on n.nspname = t.schema_name
      cross join lateral (
        select exists (select from aclexplode(n.nspacl) a where a.grantee = 0 and a.privilege_type = 'USAGE')
          or exists (select from pg_depend d where d.refclassid = 'pg_proc'::regclass and d.refobjid = t.object
            and d.deptype = 'n' and d.classid <> 'pg_trigger'::regclass) as is_everybodys) e
      join pg_roles r on not r.rolsuper and r.rolname !~ '^(pg|levelb)_' and r.oid <> t.owner
        and (e.is_everybodys or exists (
          select from aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a
           where a.grantee = r.oid and a.privilege_type = 'USAGE'))
   where t.class = 'pg_proc'::regclass and t.is_code
     and exists (select from aclexplode(t.acl) a where a.grantee = 0)
     and not exists (select from aclexplode(t.acl) a where a.grantee = r.oid)
$_grants_for_public$;
comment on function levelb._grants_for_public(levelb._owned[]) is 'Who keeps the definer code that PUBLIC loses.';

-- Of the rights of the former owner, what his code uses, where levelb_definer has not got it anyway.
create function levelb._grants_to_definer(
  taken levelb._owned[],
  needs levelb._need[]
)
  returns setof levelb._grant
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_grants_to_definer$
  with definer as (
    select r.oid from pg_roles r where r.rolname = 'levelb_definer'
  ), relation as (
    select n.relation, n.privilege, n.owner,
        (select t.schema_name from unnest(taken) t where t.object_type || ' ' || t.identity = n.code limit 1) as schema_name,
        case when c.relkind = 'S' then 'sequence ' else 'table ' end || i.identity as target, c.relkind
      from unnest(needs) n
        join pg_class c on c.oid = n.relation
        cross join definer d
        cross join lateral pg_identify_object('pg_class'::regclass, c.oid, 0) i
     where c.relowner <> d.oid
       and not exists (select from unnest(taken) t where t.is_code and t.class = 'pg_class'::regclass and t.object = c.oid)
       and not case when c.relkind = 'S' then has_sequence_privilege(d.oid, c.oid, n.privilege)
         else has_table_privilege(d.oid, c.oid, n.privilege) end
  )
  select r.schema_name, r.target, lower(r.privilege), 'levelb_definer', 3
    from relation r
   where case when r.relkind = 'S' then has_sequence_privilege(r.owner, r.relation, r.privilege)
     else has_table_privilege(r.owner, r.relation, r.privilege) end
  union
  select r.schema_name, r.target, format('%s (%I)', lower(r.privilege), a.attname), 'levelb_definer', 3
    from relation r join pg_attribute a on a.attrelid = r.relation and a.attnum > 0 and not a.attisdropped
   where r.relkind <> 'S' and r.privilege in ('SELECT', 'INSERT', 'UPDATE')
     and not has_table_privilege(r.owner, r.relation, r.privilege)
     and has_column_privilege(r.owner, r.relation, a.attnum, r.privilege)
     and not has_column_privilege((select d.oid from definer d), r.relation, a.attnum, r.privilege)
  union
  -- functions that code calls and PUBLIC may not
  select c.schema_name, levelb._grant_target(t.object_type, t.identity), 'execute', 'levelb_definer', 3
    from unnest(taken) t
      cross join lateral (
        select o.schema_name from unnest(taken) o
         where o.is_code and (o.class = 'pg_proc'::regclass or o.object_type = 'materialized view')
           and has_function_privilege(o.owner, t.object, 'execute')
         order by o.schema_name limit 1) c
   where t.class = 'pg_proc'::regclass and not t.is_code
     and not has_function_privilege((select d.oid from definer d), t.object, 'execute')
  union
  -- a text looks its names up when it runs
  select min(r.schema_name), 'schema ' || quote_ident(n.nspname), 'usage', 'levelb_definer', 3
    from relation r join pg_class c on c.oid = r.relation join pg_namespace n on n.oid = c.relnamespace
   where n.nspname not in (select t.schema_name from unnest(taken) t where t.is_code)
     and has_schema_privilege(r.owner, n.oid, 'usage') and not has_schema_privilege((select d.oid from definer d), n.oid, 'usage')
   group by n.nspname
$_grants_to_definer$;
comment on function levelb._grants_to_definer(levelb._owned[], levelb._need[]) is 'What levelb_definer needs for the code that it gets.';
