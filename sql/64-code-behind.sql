-- Owns which code is watched because something that is watched runs it: the function that an event trigger fires or a cast
-- calls, wherever it is and whoever owns it. Known are the dependencies that PostgreSQL records: what the text of a body
-- calls is not among them.

-- keys: "catalog key" of watched rows. Functions and operators that they depend on, at any distance, and those that are
-- members of the extensions among them.
create function levelb._code_behind(keys text[])
  returns setof text
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_code_behind$
  with recursive row as materialized (
    select r.catalog::regclass::oid as class, r.catalog, r.key, case when r.key ~ '^\d+$' then r.key::oid end as object
      from (select split_part(k, ' ', 1), substr(k, strpos(k, ' ') + 1) from unnest(keys) k) r (catalog, key)
  ), reached (class, object) as (
    (select r.class, r.object from row r where r.object is not null
     union all
     -- the query of a view is a rule, which is told with the view
     select 'pg_rewrite'::regclass, w.oid from row r join pg_rewrite w on w.ev_class = r.object where r.catalog = 'pg_class'
     union all
     select d.classid, d.objid from row r join pg_depend d on d.refclassid = r.class and d.refobjid = r.object
      where r.catalog = 'pg_extension' and d.deptype = 'e' and d.classid in ('pg_proc'::regclass, 'pg_operator'::regclass)
     union all
     -- a membership by itself: "classid objid … deptype"
     select split_part(r.key, ' ', 1)::oid, split_part(r.key, ' ', 2)::oid
       from row r where r.catalog = 'pg_depend' and r.key ~ ' e$')
    union
    select d.refclassid, d.refobjid from reached r join pg_depend d on d.classid = r.class and d.objid = r.object
     where d.refclassid in ('pg_proc'::regclass, 'pg_operator'::regclass) and d.refobjid >= 16384
  )
  select r.class::regclass || ' ' || r.object from reached r
   where not exists (
     select from pg_namespace n
      where n.nspname = any(levelb._own_schemas())
        and n.oid = case when r.class = 'pg_proc'::regclass then (select p.pronamespace from pg_proc p where p.oid = r.object)
          else (select o.oprnamespace from pg_operator o where o.oid = r.object) end)
     and r.class in ('pg_proc'::regclass, 'pg_operator'::regclass)
  except select unnest(keys)
$_code_behind$;
comment on function levelb._code_behind(text[]) is '"catalog key" of the code that some rows run, themselves aside.';

-- The other way round: which of some code a row of the baseline still runs.
create function levelb._still_behind(keys text[])
  returns setof text
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_still_behind$
  select c.id
    from (select k, split_part(k, ' ', 1)::regclass, split_part(k, ' ', 2)::oid from unnest(keys) k) c (id, class, object)
   where exists (
     select from pg_depend d left join pg_rewrite w on d.classid = 'pg_rewrite'::regclass and w.oid = d.objid
       join levelb._baseline b on b.catalog = case when w.oid is null then d.classid::regclass::text else 'pg_class' end
         and b.key = coalesce(w.ev_class, d.objid)::text
      where d.refclassid = c.class and d.refobjid = c.object)
      or exists (
        select from pg_depend d join levelb._baseline b on b.catalog = 'pg_extension' and b.key = d.refobjid::text
         where d.classid = c.class and d.objid = c.object and d.refclassid = 'pg_extension'::regclass and d.deptype = 'e')
$_still_behind$;
comment on function levelb._still_behind(text[]) is 'Those among some code that something watched runs.';
