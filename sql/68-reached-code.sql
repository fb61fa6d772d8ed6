-- Owns which code is reached from a relation, as the catalogs record it, and whom it belongs to. Bodies that are text
-- record nothing: what a trusted function of that kind calls was approved with it.

-- Whose code may run unasked with the deployer's rights: the one list. What makes code trusted is that nobody else can
-- change it, not whose rights it runs with.
--   superusers: who can become one needs no function for it.
--   levelb_owner: its functions are as installed, or nothing is activated; levelb_deploy may execute one of them.
--   levelb_deploy: approved text alone runs with its rights, so approved text alone makes or replaces its functions.
--   levelb_definer: has no member but levelb_deploy. Its SECURITY DEFINER functions, the adopted ones, run with fewer
--     rights than the text; its others with those of the text, as functions of levelb_deploy do. Yet only what an
--     activation left: an adopted function that writes to a table of others fires their triggers as levelb_definer,
--     whenever they like, and what those make is levelb_definer's too.
--   levelb_roles: no text runs with its rights. It owns the executor of role documents.
-- Not levelb_sandbox: authors run text with its rights before anybody approved it. But within a rehearsal there, where what it
-- owns is the mirror of what these own.
-- Not any SECURITY DEFINER function, for its owner can end that after it ran. And it is the function that is trusted,
-- not what it calls: by a search_path that is not pinned, or by its arguments, that may be code of others, of which
-- every call is counted (69-rule-code-that-ran) whoever calls.
-- An array, to be made once: a function that is asked for each object takes seconds where there are many.
create function levelb._trusted_owners()
  returns oid[]
  language sql stable
  set search_path = pg_catalog, pg_temp
return array(select r.oid from pg_roles r
              where r.rolsuper or r.rolname in ('levelb_owner', 'levelb_deploy', 'levelb_definer', 'levelb_roles')
                or r.rolname = 'levelb_sandbox' and levelb._is_in_sandbox());
comment on function levelb._trusted_owners() is 'Roles whose code may run with the deployer''s rights.';

-- Of a row that is visible, a writer still in progress is this transaction.
create function levelb._is_ours(written_by text)
  returns boolean
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_is_ours$
declare
  v_answer boolean;
begin
  -- that of a frozen row has no age
  if age(written_by::xid) < 2147483647 then
    execute format('select pg_xact_status(%s) = ''in progress''', levelb._full_xid('$1'))
      into v_answer using written_by::xid;
  end if;
  return coalesce(v_answer, false);
end
$_is_ours$;
comment on function levelb._is_ours(text) is 'Whether this transaction wrote the row that has this xmin.';

-- What no activation left is of others, though levelb_definer owns it. Few, so that a list of them costs nothing.
create function levelb._stray_functions()
  returns oid[]
  language sql stable
  set search_path = pg_catalog, pg_temp
return array(
  select p.oid from pg_proc p
   where p.proowner = (select r.oid from pg_roles r where r.rolname = 'levelb_definer')
     and not levelb._is_ours(p.xmin::text) and not exists (
     select from levelb._baseline b
      where b.catalog = 'pg_proc' and b.key = p.oid::text
        -- granted and revoked by hand it is another row and the same function
        and (b.written_by = p.xmin::text or b.digest = levelb._row_digest(to_jsonb(p) - 'proacl', p.proacl::text))));
comment on function levelb._stray_functions() is
  'Functions of levelb_definer that are not as an activation left them, and that this transaction did not write.';

-- Of something that code is made of; null for a rule, which is its table's.
create function levelb._code_owner(
  catalog oid,
  object oid
)
  returns oid
  language sql stable
  set search_path = pg_catalog, pg_temp
return case catalog
  when 'pg_proc'::regclass then (select p.proowner from pg_proc p where p.oid = object)
  when 'pg_operator'::regclass then (select p.oprowner from pg_operator p where p.oid = object)
  when 'pg_opclass'::regclass then (select p.opcowner from pg_opclass p where p.oid = object)
  when 'pg_class'::regclass then (select c.relowner from pg_class c where c.oid = object)
  when 'pg_type'::regclass then (select p.typowner from pg_type p where p.oid = object) end;
comment on function levelb._code_owner(oid, oid) is 'Owner of a function, operator, operator class, view or type.';

-- One thing that runs code, and how: a function that is called from an expression is counted by the server (69-rule-
-- code-that-ran); what is behind an operator, an aggregate or an operator class is not, nor is a function in SQL that
-- the planner writes out in place.
create type levelb._code as (
  class       oid,
  object      oid,
  is_counted  boolean
);
comment on type levelb._code is
  'Function, operator, operator class, view or domain that is code, and whether its calls are counted.';

create function levelb._base_types(types oid[])
  returns setof oid
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_base_types$
  with recursive based (type) as (
    select t from unnest(types) t
    union
    select d.typbasetype from based b join pg_type d on d.oid = b.type and d.typtype = 'd'
  )
  select b.type from based b
$_base_types$;
comment on function levelb._base_types(oid[]) is 'Types, and what those among them that are domains are over.';

-- Code that is used by a relation itself: functions, operators, operator classes and domains in its indexes, statistics,
-- defaults, checks, partition key, triggers (a referential action fires them as the owner), policies (the owner meets
-- them where they are forced, and the definer functions of levelb_definer everywhere), rules and, for a materialized
-- view, its query; types of foreign keys, whose casts RI uses; rules themselves.
create function levelb._direct_code(relation oid)
  returns setof levelb._code
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_direct_code$
  with part (class, object) as (
    select 'pg_class'::regclass::oid, i.indexrelid from pg_index i where i.indrelid = relation
    union all select 'pg_class'::regclass, relation
    union all select 'pg_statistic_ext'::regclass, e.oid from pg_statistic_ext e where e.stxrelid = relation
    union all select 'pg_attrdef'::regclass, d.oid from pg_attrdef d where d.adrelid = relation
    union all select 'pg_constraint'::regclass, k.oid from pg_constraint k where k.conrelid = relation
    union all select 'pg_trigger'::regclass, g.oid from pg_trigger g where g.tgrelid = relation and not g.tgisinternal
    union all select 'pg_policy'::regclass, y.oid from pg_policy y where y.polrelid = relation
    union all select 'pg_rewrite'::regclass, w.oid from pg_rewrite w join pg_class m on m.oid = w.ev_class
               where m.oid = relation and (m.relkind = 'm' or w.rulename <> '_RETURN')
  )
  select u.refclassid, u.refobjid, true from part p join pg_depend u on u.classid = p.class and u.objid = p.object
   where u.refclassid in ('pg_proc'::regclass, 'pg_operator'::regclass, 'pg_opclass'::regclass)
      or u.refclassid = 'pg_type'::regclass and p.object <> relation
         and exists (select from pg_type t where t.oid = u.refobjid and t.typtype = 'd')
      or u.refclassid = 'pg_class'::regclass and u.refobjid <> relation
         and exists (select from pg_class v where v.oid = u.refobjid and v.relkind = 'v')
  union
  select 'pg_type'::regclass, a.atttypid, true
    from pg_constraint k join pg_attribute a on (a.attrelid = k.conrelid and a.attnum = any(k.conkey))
      or (a.attrelid = k.confrelid and a.attnum = any(k.confkey))
   where k.contype = 'f' and relation in (k.conrelid, k.confrelid)
  union
  -- RI compares keys by them
  select 'pg_proc'::regclass, s.castfunc, false
    from pg_constraint k join pg_attribute a on (a.attrelid = k.conrelid and a.attnum = any(k.conkey))
        or (a.attrelid = k.confrelid and a.attnum = any(k.confkey))
      join pg_cast s on s.castsource = a.atttypid and s.castfunc >= 16384
   where k.contype = 'f' and relation in (k.conrelid, k.confrelid)
  union
  -- indexes, ANALYZE and the planner ask it how far two bounds are apart
  select 'pg_proc'::regclass, g.rngsubdiff::oid, false
    from levelb._base_types(array(
        select a.atttypid from pg_attribute a where a.attnum > 0
           and (a.attrelid = relation or a.attrelid in (select i.indexrelid from pg_index i where i.indrelid = relation)))) t
      join pg_range g on t in (g.rngtypid, g.rngmultitypid)
   where g.rngsubdiff::oid >= 16384
  union
  select 'pg_rewrite'::regclass, w.oid, true from pg_rewrite w where w.ev_class = relation and w.rulename <> '_RETURN'
$_direct_code$;
comment on function levelb._direct_code(oid) is 'Code that a relation uses itself.';

-- Tables that the rules of a relation name: they may be written with the rights of its owner.
create function levelb._ruled_tables(relation oid)
  returns setof oid
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_ruled_tables$
  select distinct c.oid
    from pg_rewrite w
      join pg_depend u on u.classid = 'pg_rewrite'::regclass and u.objid = w.oid and u.refclassid = 'pg_class'::regclass
      join pg_class c on c.oid = u.refobjid
   where w.ev_class = relation and w.rulename <> '_RETURN' and c.oid <> relation and c.relkind in ('r', 'p')
$_ruled_tables$;
comment on function levelb._ruled_tables(oid) is 'Tables in the rules of a relation.';

-- What a piece of code uses in turn. A view: its query. A domain: its checks, its default and the domain under it. An
-- operator class: the functions and operators of its family. A function: its BEGIN ATOMIC body, its defaults, and what
-- an aggregate is made of. An operator: its functions. PostgreSQL's own use nothing of users.
create function levelb._used_code(code levelb._code)
  returns setof levelb._code
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_used_code$
  with part (class, object) as (
    select (code).class, (code).object
      where (code).class in ('pg_proc'::regclass, 'pg_operator'::regclass, 'pg_type'::regclass)
    union all select 'pg_rewrite'::regclass, w.oid from pg_rewrite w where (code).class = 'pg_class'::regclass
      and w.ev_class = (code).object
    union all select 'pg_constraint'::regclass, k.oid from pg_constraint k where (code).class = 'pg_type'::regclass
      and k.contypid = (code).object
  )
  select u.refclassid, u.refobjid, (code).class in ('pg_type'::regclass, 'pg_class'::regclass)
      or (code).class = 'pg_proc'::regclass
        and not exists (select from pg_proc a where a.oid = (code).object and a.prokind = 'a')
    from part p join pg_depend u on u.classid = p.class and u.objid = p.object
   where (code).object >= 16384 and u.refobjid >= 16384
     and (u.refclassid in ('pg_proc'::regclass, 'pg_operator'::regclass)
       or u.refclassid = 'pg_type'::regclass
         and exists (select from pg_type t where t.oid = u.refobjid and t.typtype = 'd')
       or u.refclassid = 'pg_class'::regclass
         and exists (select from pg_class v where v.oid = u.refobjid and v.relkind = 'v'))
  union
  select x.class, x.object, false
    from pg_opclass o,
      lateral (select 'pg_proc'::regclass::oid, m.amproc::oid from pg_amproc m where m.amprocfamily = o.opcfamily
               union all select 'pg_operator'::regclass, m.amopopr from pg_amop m
                 where m.amopfamily = o.opcfamily) x (class, object)
   where (code).class = 'pg_opclass'::regclass and o.oid = (code).object and x.object >= 16384
$_used_code$;
comment on function levelb._used_code(levelb._code) is 'Code that a piece of code uses.';

-- UNION ends the recursion where code uses itself.
create function levelb._reached_code(roots levelb._code[])
  returns setof levelb._code
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_reached_code$
  with recursive reached (code) as (
    select row(r.*)::levelb._code from unnest(roots) r
    union
    select row(u.*)::levelb._code from reached r, levelb._used_code(r.code) u
  )
  select (r.code).* from reached r
$_reached_code$;
comment on function levelb._reached_code(levelb._code[]) is 'Some code and all that it uses.';

create function levelb._code_of(relation oid)
  returns setof levelb._code
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_code_of$
  select * from levelb._reached_code(array(
    select row(d.*)::levelb._code from levelb._direct_code(relation) d
    union all
    select row(d.*)::levelb._code from levelb._ruled_tables(relation) t, levelb._direct_code(t) d))
$_code_of$;
comment on function levelb._code_of(oid) is
  'Code that runs with the rights of the owner of a relation, directly and through other code.';
