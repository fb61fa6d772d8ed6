-- Owns the steps that take a schema over: made by this database from its catalogs when a migration of kind protect is
-- staged, as plain SQL that approvers read, with the text that takes each back.
--
-- What an owner may do with an object without a grant goes with the ownership. So whoever owned it is granted what he
-- read and wrote by, and levelb_definer what the code that it gets used to do as its former owner. Every role keeps the
-- rows that it saw and the DML that it had; what an owner alone can do (ALTER, DROP, GRANT) goes to the channel.

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

-- What changes hands. What levelb''s roles own stays as it is.
create function levelb._taken(schemas text[])
  returns setof levelb._owned
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_taken$
  select o.* from levelb._owned_in(schemas) o join pg_roles r on r.oid = o.owner
   where r.rolname not in ('levelb_deploy', 'levelb_definer')
$_taken$;
comment on function levelb._taken(text[]) is 'Objects that a protection takes away from their owners.';

create type levelb._need as (
  owner      oid,
  code       text,
  relation   oid,
  privilege  text
);
comment on type levelb._need is 'What code did to a relation with the rights of its former owner.';

-- Of a query that PostgreSQL has stored, the relations and what it does with them: bits of an ACL. 16 keeps them in a list
-- of their own. The first is the one that a view writes to when it can be written to.
create function levelb._relations_in(query text)
  returns table (turn bigint, relation oid, bits integer)
  language sql immutable
  set search_path = pg_catalog, pg_temp
as $_relations_in$
  select m.n, m.part[1]::oid, m.part[2]::integer
    from regexp_matches(query, case when query like '%RTEPERMISSIONINFO%' then 'RTEPERMISSIONINFO :relid (\d+) :inh \w+ :requiredPerms (\d+)'
        else ':relid (\d+) :relkind (?:(?!:relid |:requiredPerms ).)*:requiredPerms (\d+)' end, 'g') with ordinality m (part, n)
   where m.part[2] <> '0'
$_relations_in$;
comment on function levelb._relations_in(text) is 'Relations of a stored query, with what it does with each.';

-- Exactly, where PostgreSQL knows the query: of views and of bodies in SQL. A view that reads as its caller asks for the
-- rights of whoever runs as the owner: a body, a refresh. Inside another view it asks for those of the reader.
create function levelb._known_needs(taken levelb._owned[])
  returns setof levelb._need
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_known_needs$
  with recursive need (owner, code, relation, bits) as (
    select t.owner, t.object_type || ' ' || t.identity, q.relation, q.bits
      from unnest(taken) t
        cross join lateral (
          select q.relation, q.bits | case when q.turn = min(q.turn) over () and r.ev_type = '1' and q.relation <> t.object
              -- bits of the commands are those of no ACL
              then (select case when u.verbs & 8 <> 0 then 1 else 0 end + case when u.verbs & 4 <> 0 then 4 else 0 end
                  + case when u.verbs & 16 <> 0 then 8 else 0 end
                from (select pg_relation_is_updatable(t.object::regclass, false)) u (verbs)) else 0 end
            from pg_rewrite r cross join lateral levelb._relations_in(r.ev_action::text) q
           where t.class = 'pg_class'::regclass and r.ev_class = t.object and q.relation <> t.object
          union all
          select q.relation, q.bits
            from pg_proc p cross join lateral levelb._relations_in(p.prosqlbody::text) q
           where t.class = 'pg_proc'::regclass and p.oid = t.object
        ) q (relation, bits)
     where t.is_code
    union
    select n.owner, n.code, q.relation, q.bits | case when q.turn = 1 then n.bits & 13 else 0 end
      from need n
        join pg_class c on c.oid = n.relation and c.relkind = 'v' and exists (
          select from pg_options_to_table(c.reloptions) o where o.option_name = 'security_invoker' and o.option_value::boolean)
        join pg_rewrite r on r.ev_class = c.oid
        cross join lateral levelb._relations_in(r.ev_action::text) q
     where q.relation <> c.oid and n.code !~ '^view '
  )
  select distinct n.owner, n.code, n.relation, p.privilege
    from need n, (values (1, 'INSERT'), (2, 'SELECT'), (4, 'UPDATE'), (8, 'DELETE')) p (bit, privilege)
   where n.bits & p.bit <> 0
$_known_needs$;
comment on function levelb._known_needs(levelb._owned[]) is 'What code that is taken over does, as PostgreSQL knows it.';

-- A body that is text says nothing of what it does, nor do triggers that it sets off. Such code keeps all that its owner
-- could do in these schemas, and elsewhere with what a body in them names.
create function levelb._possible_needs(
  taken levelb._owned[],
  schemas text[]
)
  returns setof levelb._need
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_possible_needs$
  with code as materialized (
    select t.owner, min(t.object_type || ' ' || t.identity) as code
      from unnest(taken) t join pg_proc p on p.oid = t.object
     where t.class = 'pg_proc'::regclass and t.is_code and p.prosqlbody is null
     group by t.owner
    union
    -- what is written to may have triggers, whose functions run as the writer
    select n.owner, min(n.code)
      from levelb._known_needs(taken) n
        join pg_trigger g on g.tgrelid = n.relation and not g.tgisinternal
        join pg_proc p on p.oid = g.tgfoid and not p.prosecdef
     where n.privilege <> 'SELECT' group by n.owner
  ), body as materialized (
    select p.prosrc from pg_proc p join pg_namespace n on n.oid = p.pronamespace
     where n.nspname = any(schemas) and p.prosqlbody is null
  )
  select c.owner, min(c.code), r.oid, v.privilege
    from code c
      cross join pg_class r
      join pg_namespace n on n.oid = r.relnamespace
      cross join lateral unnest(case r.relkind when 'S' then array['USAGE', 'SELECT', 'UPDATE']
        when 'm' then array['SELECT'] else array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE'] end) v (privilege)
   where r.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
     and n.nspname !~ '^(pg_|levelb$|levelb_)' and n.nspname <> 'information_schema'
     and (n.nspname = any(schemas)
       or exists (select from body b where b.prosrc ~* ('\m' || regexp_replace(r.relname, '(\W)', '\\\1', 'g') || '\M')))
     and (r.relkind <> 'v' or v.privilege <> 'TRUNCATE')
   group by c.owner, r.oid, v.privilege
$_possible_needs$;
comment on function levelb._possible_needs(levelb._owned[], text[]) is
  'What code that is taken over may do that PostgreSQL does not know.';

-- Where row security would choose other rows afterwards: "what" names it in an acceptance.
create function levelb._row_security_moved(
  taken levelb._owned[],
  needs levelb._need[]
)
  returns text[]
  language sql stable
  set search_path = pg_catalog, pg_temp
return array(
  -- its owner was no reader like others, and will be
  select 'table ' || t.identity
    from unnest(taken) t join pg_class c on t.class = 'pg_class'::regclass and c.oid = t.object
   where c.relrowsecurity and not c.relforcerowsecurity
  union
  select format('%s on table %s', n.code, i.identity)
    from unnest(needs) n
      join pg_class c on c.oid = n.relation and c.relrowsecurity
      join pg_roles o on o.oid = n.owner
      cross join lateral pg_identify_object('pg_class'::regclass, c.oid, 0) i
   where o.rolbypassrls
      or pg_has_role(n.owner, c.relowner, 'usage') and not c.relforcerowsecurity
      -- policies that ask who it is
      or exists (
        select from pg_policy p
         where p.polrelid = c.oid
           and (exists (select from unnest(p.polroles) r where r <> 0 and pg_has_role(n.owner, r, 'usage'))
             or concat_ws(' ', pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)) ~* '\m(current_user|current_role|user)\M'))
  order by 1);
comment on function levelb._row_security_moved(levelb._owned[], levelb._need[]) is
  'Tables, and code with tables, whose row security would choose other rows.';

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

-- Whoever may make objects in the schema, besides its owner.
create function levelb._creators(schema_name text)
  returns table (grantee text, with_option boolean)
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_creators$
  select levelb._grantee(a.grantee), bool_or(a.is_grantable)
    from pg_namespace n cross join lateral aclexplode(n.nspacl) a
   where n.nspname = schema_name and a.privilege_type = 'CREATE' and a.grantee <> n.nspowner
     and a.grantee not in (select r.oid from pg_roles r where r.rolname in ('levelb_deploy', 'levelb_definer'))
   group by a.grantee
$_creators$;
comment on function levelb._creators(text) is 'Roles that were granted CREATE on a schema.';

create function levelb._lines(statements text[])
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return coalesce((select string_agg(s || E';\n', '' order by n) from unnest(statements) with ordinality s (s, n) where s is not null), '');
comment on function levelb._lines(text[]) is 'Statements, each in a line; nulls are left out.';

-- Statements of one kind for many objects are one, as a person would write it.
create function levelb._grant_statements(
  grants levelb._grant[],
  verb text
)
  returns text[]
  language sql immutable
  set search_path = pg_catalog, pg_temp
return array(
  select format('%s %s on %s %s %s %s', verb, r.privileges, r.kind, string_agg(r.name, ', ' order by r.name collate "C"),
      case verb when 'grant' then 'to' else 'from' end, r.grantees)
    from (
      select o.turn, o.kind, o.name, o.privileges, string_agg(o.grantee, ', ' order by o.grantee collate "C") as grantees
        from (
          select g.turn, g.grantee, t.part[1] as kind, t.part[2] as name, string_agg(g.privilege, ', ' order by g.privilege) as privileges
            from unnest(grants) g
              cross join lateral regexp_match(g.target, '^(table|sequence|schema|function|procedure|routine|type) (.*)$') t (part)
           group by g.turn, g.grantee, t.part
        ) o
       group by o.turn, o.kind, o.name, o.privileges
    ) r
   group by r.turn, r.kind, r.privileges, r.grantees
   order by r.turn, r.kind = 'schema' desc, r.kind collate "C", r.privileges collate "C", r.grantees collate "C");
comment on function levelb._grant_statements(levelb._grant[], text) is 'GRANT or REVOKE of some rights.';

-- Roles that get objects back and cannot make any in the schema are let in for as long as that takes: PostgreSQL asks for
-- it.
create function levelb._owner_step(
  name text,
  schema_name text,
  moved levelb._owned[],
  new_owner text
)
  returns jsonb
  language sql stable
  set search_path = pg_catalog, pg_temp
return (
  with object as (
    select o.n, o.object_type || ' ' || o.identity as target, levelb._grantee(o.owner) as owner, o.class = 'pg_namespace'::regclass as is_schema
      from unnest(moved) with ordinality o (class, object, object_type, identity, schema_name, owner, acl, is_code, follows, n)
  ), let_in as (
    select distinct b.owner from object b
     where not b.is_schema
       and b.owner not in (select s.owner from object s where s.is_schema)
       and not exists (select from levelb._creators(schema_name) c where c.grantee in (b.owner, 'public'))
  ), definer as (
    select new_owner = 'levelb_definer' as is_it,
        not has_schema_privilege('levelb_definer', n.oid, 'usage') as lacks_usage,
        not has_schema_privilege('levelb_definer', n.oid, 'create') as lacks_create
      from pg_namespace n where n.nspname = schema_name
  )
  select jsonb_build_object('name', name,
    'apply', levelb._lines(
      array[case when d.is_it and d.lacks_usage then format('grant usage on schema %I to levelb_definer', schema_name) end,
        case when d.is_it and d.lacks_create then format('grant create on schema %I to levelb_definer', schema_name) end]
      || array(select format('alter %s owner to %s', b.target, new_owner) from object b order by b.n)
      || array[case when d.is_it and d.lacks_create then format('revoke create on schema %I from levelb_definer', schema_name) end]),
    'rollback', levelb._lines(
      array(select format('alter %s owner to %s', b.target, b.owner) from object b where b.is_schema)
      || array(select format('grant create on schema %I to %s', schema_name, l.owner) from let_in l order by l.owner collate "C")
      || array(select format('alter %s owner to %s', b.target, b.owner) from object b where not b.is_schema order by b.n desc)
      || array(select format('revoke create on schema %I from %s', schema_name, l.owner) from let_in l order by l.owner collate "C")
      || array[case when d.is_it and d.lacks_usage then format('revoke usage on schema %I from levelb_definer', schema_name) end]))
    from definer d);
comment on function levelb._owner_step(text, text, levelb._owned[], text) is 'The step that gives objects to a role of levelb.';

-- Default privileges are told and not moved: what they give on tables to come is for each migration to say. A line break
-- in the name of a role would end the comment, and the rest of the name would run.
create function levelb._default_privileges_told(
  schema_name text,
  taken levelb._owned[]
)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return (
  select format(E'-- Default privileges for what %s makes here end to matter: levelb_deploy will make it. Grant with it what is needed.\n',
      translate(string_agg(distinct levelb._grantee(d.defaclrole), ', '), E'\n\r', '  '))
    from pg_default_acl d left join pg_namespace n on n.oid = d.defaclnamespace
   where d.defaclrole in (select t.owner from unnest(taken) t where t.schema_name = _default_privileges_told.schema_name)
     and (n.oid is null or n.nspname = schema_name)
  having count(*) > 0);
comment on function levelb._default_privileges_told(text, levelb._owned[]) is 'What a step says of default privileges, null for nothing.';

create function levelb._rights_step(
  name text,
  schema_name text,
  taken levelb._owned[],
  grants levelb._grant[]
)
  returns jsonb
  language sql stable
  set search_path = pg_catalog, pg_temp
return (
  with own as (
    select array(select g from unnest(grants) g where g.schema_name = _rights_step.schema_name) as grants,
        array(select format('%s %s', t.object_type, t.identity) from unnest(taken) t
           where t.schema_name = _rights_step.schema_name and t.class = 'pg_proc'::regclass and t.is_code
             and exists (select from aclexplode(t.acl) a where a.grantee = 0)
           order by t.object_type, t.identity collate "C") as public_code
  )
  select jsonb_build_object('name', name,
    'apply', coalesce(levelb._default_privileges_told(schema_name, taken), '') || levelb._lines(
      array(select format('revoke execute on %s from public', c) from unnest(o.public_code) c)
      || array(select format('revoke create on schema %I from %s', schema_name, c.grantee) from levelb._creators(schema_name) c order by c.grantee)
      || levelb._grant_statements(o.grants, 'grant')),
    'rollback', levelb._lines(levelb._grant_statements(o.grants, 'revoke')
      || array(select format('grant create on schema %I to %s%s', schema_name, c.grantee,
          case when c.with_option then ' with grant option' else '' end) from levelb._creators(schema_name) c order by c.grantee)
      || array(select format('grant execute on %s to public', c) from unnest(o.public_code) c)))
    from own o);
comment on function levelb._rights_step(text, text, levelb._owned[], levelb._grant[]) is 'The step about rights in a schema.';

-- Nobody can lend levelb_deploy the role of a superuser, nor that of the server.
create function levelb._refuse_unreachable(
  taken levelb._owned[],
  schemas text[]
)
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_refuse_unreachable$
declare
  v_found record;
begin
  select array_position(schemas, t.schema_name) as place, jsonb_agg(format('%s %s of %I', t.object_type, t.identity, r.rolname)
      order by t.object_type, t.identity) as objects
    into v_found
    from unnest(taken) t join pg_roles r on r.oid = t.owner
   where not t.follows and (r.rolsuper or r.rolname ~ '^(pg|levelb)_') group by t.schema_name order by 1 limit 1;
  if found then
    perform levelb._raise('LB001', jsonb_build_object('field', 'payload.schemas', 'schema', schemas[v_found.place], 'problem',
        'the owner is a role that nobody lends', 'objects', v_found.objects),
      'A superuser gives these to levelb_deploy, or to a role that can be lent, before; levelb adopt writes the script.');
  end if;
end
$_refuse_unreachable$;
comment on function levelb._refuse_unreachable(levelb._owned[], text[]) is 'Refuse what levelb_deploy cannot take over.';

-- levelb_definer is one role for the code of all former owners. A query that PostgreSQL has stored reads what it reads; a
-- function with a text may be brought to run another one, by whoever wrote it or by its arguments. Told are those that are
-- taken, where levelb_definer has or gets rights on tables that their owner lacks, and those that it owns already, where it
-- gets rights on more tables.
create function levelb._rights_pooled(
  taken levelb._owned[],
  needs levelb._need[]
)
  returns text[]
  language sql stable
  set search_path = pg_catalog, pg_temp
return array(
  with definer as (
    select r.oid from pg_roles r where r.rolname = 'levelb_definer'
  ), lent (relation, privilege, is_new) as materialized (
    select distinct n.relation, n.privilege, true
      from unnest(needs) n join pg_class c on c.oid = n.relation cross join definer d
     where case when c.relkind = 'S' then false
       else has_table_privilege(n.owner, n.relation, n.privilege) and not has_table_privilege(d.oid, n.relation, n.privilege) end
    union all
    select c.oid, v.privilege, false
      from pg_class c cross join definer d cross join unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE']) v (privilege)
     where c.relkind in ('r', 'p', 'v', 'm', 'f') and c.oid >= 16384 and has_table_privilege(d.oid, c.oid, v.privilege)
       and c.relnamespace not in (select s.oid from pg_namespace s where s.nspname ~ '^(pg_|levelb$|levelb_)')
  )
  select t.object_type || ' ' || t.identity
    from unnest(taken) t join pg_proc p on p.oid = t.object
   where t.class = 'pg_proc'::regclass and t.is_code and p.prosqlbody is null
     and exists (select from lent l where not has_table_privilege(t.owner, l.relation, l.privilege))
  union
  select i.type || ' ' || i.identity
    from pg_proc p cross join definer d cross join lateral pg_identify_object('pg_proc'::regclass, p.oid, 0) i
   where p.proowner = d.oid and p.prosecdef and p.prosqlbody is null and exists (select from lent l where l.is_new)
   order by 1);
comment on function levelb._rights_pooled(levelb._owned[], levelb._need[]) is
  'Functions that could use the rights of other former owners.';

create function levelb._require_accepted(
  accept jsonb,
  rule text,
  findings text[]
)
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_require_accepted$
declare
  v_open constant text[] := array(select f from unnest(findings) f where not levelb._is_accepted(accept, rule, f));
  v_unused bigint;
begin
  if v_open <> '{}' then
    perform levelb._raise_rule(rule, jsonb_build_object('objects', v_open), levelb._accept_hint(rule, to_jsonb(v_open)));
  end if;
  select min(a.n) into v_unused from jsonb_array_elements(accept) with ordinality a (entry, n)
   where a.entry ->> 'rule' = rule and a.entry ->> 'object' <> all(findings);
  if v_unused is not null then
    perform levelb._invalid(format('accept[%s]', v_unused - 1), 'accepts nothing: the rule finds no such thing there');
  end if;
end
$_require_accepted$;
comment on function levelb._require_accepted(jsonb, text, text[]) is
  'Refuse what a rule found and the document does not accept, and what it accepts that was not found.';

-- All that changes hands first, then the code, then the rights, whatever schema it is in: rights are granted to and on what
-- is there by then.
create function levelb._protect_steps(
  protection jsonb,
  accept jsonb
)
  returns jsonb
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_protect_steps$
declare
  v_schemas constant text[] := array(
    select s ->> 'name' from jsonb_array_elements(protection -> 'schemas') s where s ->> 'level' = 'full');
  v_taken constant levelb._owned[] := array(
    select t from levelb._taken(v_schemas) t
     order by array_position(array['schema', 'type', 'function', 'procedure', 'routine', 'operator'], t.object_type), t.object_type,
       t.identity collate "C");
  v_needs levelb._need[];
  v_grants levelb._grant[];
begin
  perform levelb._refuse_unreachable(v_taken, v_schemas);
  v_needs := array(select n from levelb._known_needs(v_taken) n union select n from levelb._possible_needs(v_taken, v_schemas) n);
  perform levelb._require_accepted(accept, 'row_security_of_owner', levelb._row_security_moved(v_taken, v_needs));
  perform levelb._require_accepted(accept, 'rights_of_others', levelb._rights_pooled(v_taken, v_needs));
  -- once, and not of a column where it is of the table
  v_grants := array(
    with given as materialized (
      select distinct on (g.target, g.privilege, g.grantee) g.*
        from (
          select o.* from levelb._grants_to_owners(v_taken) o
          union all select d.* from levelb._grants_to_definer(v_taken, v_needs) d
          union all select p.* from levelb._grants_for_public(v_taken) p) g
       order by g.target, g.privilege, g.grantee, g.turn, array_position(v_schemas, g.schema_name)
    )
    select row(g.*)::levelb._grant from given g
     where not exists (
       select from given t
        where t.target = g.target and t.grantee = g.grantee and g.privilege like t.privilege || ' (%'));
  return (
    select coalesce(jsonb_agg(s.step order by p.turn, n.n) filter (where s.step ->> 'apply' <> ''), '[]')
      from unnest(v_schemas) with ordinality n (schema_name, n)
        cross join lateral (select left(regexp_replace(n.schema_name, '[^A-Za-z0-9_.-]', '_', 'g'), 30)) o (short)
        cross join (values (1), (2), (3)) p (turn)
        cross join lateral (
          select case p.turn
            when 1 then levelb._owner_step(format('1-%s-objects-of-%s-to-levelb_deploy', n.n, o.short), n.schema_name, array(
              select t from unnest(v_taken) t where t.schema_name = n.schema_name and not t.is_code and not t.follows), 'levelb_deploy')
            when 2 then levelb._owner_step(format('2-%s-code-of-%s-to-levelb_definer', n.n, o.short), n.schema_name, array(
              select t from unnest(v_taken) t where t.schema_name = n.schema_name and t.is_code), 'levelb_definer')
            else levelb._rights_step(format('3-%s-rights-in-%s', n.n, o.short), n.schema_name, v_taken, v_grants) end) s (step)
       where p.turn = 3 or exists (
         select from unnest(v_taken) t where t.schema_name = n.schema_name and t.is_code = (p.turn = 2) and not t.follows));
end
$_protect_steps$;
comment on function levelb._protect_steps(jsonb, jsonb) is 'Steps that take over the schemas of level full, else raise LB001 or LB307.';

-- A document of kind protect with what this database adds. Its classes are those of what the steps do.
create function levelb._with_protect_steps(document jsonb)
  returns jsonb
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_with_protect_steps$
declare
  v_steps jsonb;
begin
  if document ->> 'kind' <> 'protect' then
    return document;
  end if;
  v_steps := levelb._protect_steps(document -> 'payload', document -> 'accept');
  if v_steps = '[]' then
    return document || '{"classes": ["governance"]}';
  end if;
  return document || jsonb_build_object('steps', v_steps, 'search_path', 'pg_catalog, pg_temp',
    'classes', levelb._by_code_point(array['governance']
      || case when exists (select from jsonb_array_elements(v_steps) s where s ->> 'apply' ~ ' owner to levelb_') then 'owner' end
      || case when exists (select from jsonb_array_elements(v_steps) s where s ->> 'apply' ~ '(^|\n)(grant|revoke) ') then 'acl' end));
end
$_with_protect_steps$;
comment on function levelb._with_protect_steps(jsonb) is 'A checked document; of kind protect with its steps.';
