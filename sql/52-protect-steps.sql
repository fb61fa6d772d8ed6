-- Owns the steps that take a schema over: made by this database from its catalogs when a migration of kind protect is
-- staged, as plain SQL that approvers read, with the text that takes each back.

-- What changes hands. What levelb's roles own stays as it is.
create function levelb._taken(schemas text[])
  returns setof levelb._owned
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_taken$
  select o.* from levelb._owned_in(schemas) o join pg_roles r on r.oid = o.owner
   where r.rolname <> all(levelb._protecting_roles())
$_taken$;
comment on function levelb._taken(text[]) is 'Objects that a protection takes away from their owners.';

-- Whoever may make objects in the schema, besides its owner.
create function levelb._creators(schema_name text)
  returns table (grantee text, with_option boolean)
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_creators$
  select levelb._grantee(a.grantee), bool_or(a.is_grantable)
    from pg_namespace n cross join lateral aclexplode(n.nspacl) a
   where n.nspname = schema_name and a.privilege_type = 'CREATE' and a.grantee <> n.nspowner
     and a.grantee not in (select r.oid from pg_roles r where r.rolname = any(levelb._protecting_roles()))
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
    'classes', case when d.is_it and (d.lacks_usage or d.lacks_create) then '["acl", "owner"]'::jsonb else '["owner"]' end,
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
comment on function levelb._owner_step(text, text, levelb._owned[], text) is 'The step that gives objects to a role of levelb, with its classes.';

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
    'classes', case when m.changes <> '' then '["acl"]'::jsonb else '[]' end,
    'apply', coalesce(levelb._default_privileges_told(schema_name, taken), '') || m.changes,
    'rollback', levelb._lines(levelb._grant_statements(o.grants, 'revoke')
      || array(select format('grant create on schema %I to %s%s', schema_name, c.grantee,
          case when c.with_option then ' with grant option' else '' end) from levelb._creators(schema_name) c order by c.grantee)
      || array(select format('grant execute on %s to public', c) from unnest(o.public_code) c)))
    from own o
      cross join lateral (
        select levelb._lines(array(select format('revoke execute on %s from public', c) from unnest(o.public_code) c)
          || array(select format('revoke create on schema %I from %s', schema_name, c.grantee)
            from levelb._creators(schema_name) c order by c.grantee)
          || levelb._grant_statements(o.grants, 'grant'))) m (changes));
comment on function levelb._rights_step(text, text, levelb._owned[], levelb._grant[]) is 'The step about rights in a schema, with its classes.';

-- ALTER … OWNER locks tables anyway, as strongly, one after the other, in the order of what else changes hands. Beside
-- applications that write to two of them it gives up each time, if it comes to them the other way round. So all are taken
-- first, by name. ONLY: a child or a partition in another schema stays as it is. LOCK asks for a right besides to be the
-- owner: a table whose owner took all of those from himself is locked by its ALTER.
-- Views come before: who reads one has locked it and then waits for its tables. LOCK would take what is under it too, in
-- any schema; to give it to its owner takes the view alone. Newest first, as a view is newer than the one it reads.
create function levelb._locks(
  taken levelb._owned[],
  are_taken boolean
)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return levelb._lines(
  array(
    select format('alter view %s owner to %s', t.identity, case when not are_taken then levelb._grantee(t.owner)
        when t.is_code then 'levelb_definer' else 'levelb_deploy' end)
      from unnest(taken) t where t.object_type = 'view' order by t.object desc)
  || array(
    select format('lock table %s in access exclusive mode', string_agg('only ' || t.identity, ', ' order by t.identity collate "C"))
      from unnest(taken) t
     where t.object_type = 'table' and has_table_privilege(t.owner, t.object, 'update, delete, truncate')
    having count(*) > 0));
comment on function levelb._locks(levelb._owned[], boolean) is 'Statements that lock what changes hands: its views, its tables.';

-- A rollback begins with the last step.
create function levelb._locking_first(
  steps jsonb,
  taken levelb._owned[]
)
  returns jsonb
  language sql stable
  set search_path = pg_catalog, pg_temp
return case when steps = '[]' then steps else jsonb_set(
  jsonb_set(steps, '{0,apply}', to_jsonb(levelb._locks(taken, false) || (steps -> 0 ->> 'apply'))),
  '{-1,rollback}', to_jsonb(levelb._locks(taken, true) || (steps -> -1 ->> 'rollback'))) end;
comment on function levelb._locking_first(jsonb, levelb._owned[]) is 'Steps of a protection that lock before they change.';

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
create function levelb._classed_protect_steps(
  protection jsonb,
  accept jsonb
)
  returns jsonb
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_classed_protect_steps$
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
  return levelb._locking_first(taken => v_taken, steps => (
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
         select from unnest(v_taken) t where t.schema_name = n.schema_name and t.is_code = (p.turn = 2) and not t.follows)));
end
$_classed_protect_steps$;
comment on function levelb._classed_protect_steps(jsonb, jsonb) is
  'Steps that take over the schemas of level full, each with the classes of what it does, else raise LB001 or LB307.';

create function levelb._without_classes(steps jsonb)
  returns jsonb
  language sql immutable
  set search_path = pg_catalog, pg_temp
return (select coalesce(jsonb_agg(s.step - 'classes' order by s.n), '[]') from jsonb_array_elements(steps) with ordinality s (step, n));
comment on function levelb._without_classes(jsonb) is 'Steps as a document has them.';

create function levelb._protect_steps(
  protection jsonb,
  accept jsonb
)
  returns jsonb
  language sql stable
  set search_path = pg_catalog, pg_temp
return levelb._without_classes(levelb._classed_protect_steps(protection, accept));
comment on function levelb._protect_steps(jsonb, jsonb) is 'Steps that take over the schemas of level full, else raise LB001 or LB307.';

-- A document of kind protect with what this database adds. Its classes are those of what the steps do. They do not come
-- from the text of the steps: any words may stand in the name of a table.
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
  v_steps := levelb._classed_protect_steps(document -> 'payload', document -> 'accept');
  if v_steps = '[]' then
    return document || '{"classes": ["governance"]}';
  end if;
  return document || jsonb_build_object('steps', levelb._without_classes(v_steps), 'search_path', 'pg_catalog, pg_temp',
    'classes', levelb._by_code_point(array(
      select 'governance' union select jsonb_array_elements_text(s -> 'classes') from jsonb_array_elements(v_steps) s)));
end
$_with_protect_steps$;
comment on function levelb._with_protect_steps(jsonb) is 'A checked document; of kind protect with its steps.';
