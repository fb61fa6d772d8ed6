-- Owns what code that runs as its owner does with his rights, as far as the catalogs tell, and what it would
-- see or reach besides under another owner.

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
        join pg_class c on c.oid = n.relation and c.relkind = 'v' and levelb._reads_as_caller(c.reloptions)
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
