-- Owns how schemas, types, functions, comments and default privileges are written out for a mirror, and what has no
-- statement there.

create function levelb._mirror_type(type pg_type)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return case type.typtype
  when 'e' then format('create type %s as enum (%s)', format_type(type.oid, null),
    (select string_agg(quote_literal(e.enumlabel), ', ' order by e.enumsortorder) from pg_enum e where e.enumtypid = type.oid))
  when 'c' then (select format('create type %s as (%s)', format_type(type.oid, null), levelb._mirror_columns(c))
    from pg_class c where c.oid = type.typrelid)
  when 'd' then format('create domain %s as %s%s%s%s%s', format_type(type.oid, null), format_type(type.typbasetype, type.typtypmod),
    (select format(' collate %I.%I', n.nspname, c.collname) from pg_collation c join pg_namespace n on n.oid = c.collnamespace
      where c.oid = type.typcollation and exists (
        select from pg_type b where b.oid = type.typbasetype and b.typcollation <> type.typcollation)),
    ' default ' || pg_get_expr(type.typdefaultbin, 0), case when type.typnotnull then ' not null' end,
    (select string_agg(format(' constraint %I %s', k.conname, pg_get_constraintdef(k.oid)), '' order by k.conname)
       from pg_constraint k where k.contypid = type.oid and k.contype = 'c' and k.convalidated))
  when 'r' then (
    select format('create type %s as range (%s)', format_type(type.oid, null), concat_ws(', ',
        'subtype = ' || format_type(r.rngsubtype, null),
        (select format('subtype_opclass = %I.%I', n.nspname, o.opcname) from pg_opclass o join pg_namespace n on n.oid = o.opcnamespace
          where o.oid = r.rngsubopc),
        (select format('collation = %I.%I', n.nspname, c.collname) from pg_collation c join pg_namespace n on n.oid = c.collnamespace
          where c.oid = r.rngcollation),
        'subtype_diff = ' || nullif(r.rngsubdiff, 0)::regproc,
        'multirange_type_name = ' || format_type(r.rngmultitypid, null)))
      from pg_range r where r.rngtypid = type.oid and r.rngcanonical = 0) end;
comment on function levelb._mirror_type(pg_type) is 'SQL that makes a type again; null where none does.';

create function levelb._mirror_code(schemas oid[])
  returns setof levelb._mirror_line
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_mirror_code$
  with type as materialized (
    select t as r, t.oid, format_type(t.oid, null) as name, array[t.typname::text] as names
      from pg_type t
     where t.typnamespace = any(schemas)
       -- row types, arrays and multiranges come with what they are of; members of extensions do not come
       and not exists (
         select from pg_depend d where d.classid = 'pg_type'::regclass and d.objid = t.oid and d.deptype in ('i', 'e')
           and not (t.typtype = 'c' and d.deptype = 'i'))
       and (t.typtype <> 'c' or exists (select from pg_class c where c.oid = t.typrelid and c.relkind = 'c'))
  ), routine as materialized (
    select p as r, p.oid, p.oid::regprocedure::text as name, array[p.proname::text] as names,
        case p.prokind when 'a' then 'aggregate' when 'p' then 'procedure' else 'function' end as kind
      from pg_proc p
     where p.pronamespace = any(schemas)
       and not exists (
         select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype in ('i', 'e'))
  )
  select 10, t.oid::bigint, 'type ' || t.name, t.names, levelb._mirror_type(t.r) from type t
  union all
  -- constraints that old values were not checked against
  select 11, 0, 'constraint of ' || t.name, t.names, format('alter domain %s add constraint %I %s', t.name, k.conname, pg_get_constraintdef(k.oid))
    from type t join pg_constraint k on k.contypid = t.oid where k.contype = 'c' and not k.convalidated
  union all
  select 180, 0, 'rights on ' || t.name, t.names, levelb._mirror_grants((t.r).typacl, (t.r).typowner, 'type ' || t.name)
    from type t where (t.r).typacl is not null
  union all
  select 40, p.oid::bigint, p.kind || ' ' || p.name, p.names, case when p.kind <> 'aggregate' then pg_get_functiondef(p.oid) end from routine p
  union all
  select 45, 0, i.type || ' ' || i.identity, t.names || s.names, format('create cast (%s as %s) %s%s', format_type(c.castsource, null),
      format_type(c.casttarget, null),
      case c.castmethod when 'f' then 'with function ' || c.castfunc::regprocedure when 'i' then 'with inout' else 'without function' end,
      case c.castcontext when 'a' then ' as assignment' when 'i' then ' as implicit' else '' end)
    from pg_cast c
      left join type s on s.oid = c.castsource left join type t on t.oid = c.casttarget
      cross join lateral pg_identify_object('pg_cast'::regclass, c.oid, 0) i
   where (s.oid is not null or t.oid is not null) and not exists (
     select from pg_depend d where d.classid = 'pg_cast'::regclass and d.objid = c.oid and d.deptype in ('i', 'e'))
  union all
  select 180, 0, 'rights on ' || p.name, p.names, levelb._mirror_grants((p.r).proacl, (p.r).proowner, 'routine ' || p.name)
    from routine p where (p.r).proacl is not null and p.kind <> 'aggregate'
  union all
  select 180, 0, 'rights on schema ' || quote_ident(n.nspname), array[n.nspname::text],
      levelb._mirror_grants(n.nspacl, n.nspowner, 'schema ' || quote_ident(n.nspname))
    from pg_namespace n where n.oid = any(schemas) and n.nspacl is not null
  union all
  -- these are added to those for all schemas
  select 200, 0, 'default privileges in schema ' || quote_ident(n.nspname), array[n.nspname::text],
      string_agg(format('alter default privileges in schema %I grant %s on %s to %s%s;', n.nspname, lower(a.privilege_type),
        case d.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions' when 'T' then 'types' end,
        case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end,
        case when a.is_grantable then ' with grant option' else '' end), '')
    from pg_namespace n join pg_default_acl d on d.defaclnamespace = n.oid cross join lateral aclexplode(d.defaclacl) a
   where n.oid = any(schemas) and d.defaclrole = 'levelb_deploy'::regrole
   group by n.nspname
  union all
  select 10, 0, i.type || ' ' || i.identity, array[o.name::text], null
    from (
      select 'pg_operator'::regclass, o.oid, o.oprname from pg_operator o where o.oprnamespace = any(schemas)
      union all select 'pg_opclass'::regclass, o.oid, o.opcname from pg_opclass o where o.opcnamespace = any(schemas)
      union all select 'pg_opfamily'::regclass, o.oid, o.opfname from pg_opfamily o where o.opfnamespace = any(schemas)
      union all select 'pg_collation'::regclass, o.oid, o.collname from pg_collation o where o.collnamespace = any(schemas)
      union all select 'pg_conversion'::regclass, o.oid, o.conname from pg_conversion o where o.connamespace = any(schemas)
      union all select 'pg_ts_config'::regclass, o.oid, o.cfgname from pg_ts_config o where o.cfgnamespace = any(schemas)
      union all select 'pg_ts_dict'::regclass, o.oid, o.dictname from pg_ts_dict o where o.dictnamespace = any(schemas)
      union all
      -- members of extensions
      select d.classid, d.objid, coalesce(c.relname, p.proname, t.typname)
        from pg_depend d
          left join pg_class c on d.classid = 'pg_class'::regclass and c.oid = d.objid and c.relnamespace = any(schemas)
          left join pg_proc p on d.classid = 'pg_proc'::regclass and p.oid = d.objid and p.pronamespace = any(schemas)
          left join pg_type t on d.classid = 'pg_type'::regclass and t.oid = d.objid and t.typnamespace = any(schemas)
       where d.deptype = 'e' and coalesce(c.oid, p.oid, t.oid) is not null
    ) o (class, object, name) cross join lateral pg_identify_object(o.class, o.object, 0) i
$_mirror_code$;
comment on function levelb._mirror_code(oid[]) is 'What makes the types and functions of some schemas again, and their rights.';

create function levelb._mirror_comments(schemas oid[])
  returns setof levelb._mirror_line
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_mirror_comments$
  with object (class, object) as (
    select 'pg_namespace'::regclass::oid, n from unnest(schemas) n
    union all select 'pg_class'::regclass, c.oid from pg_class c where c.relnamespace = any(schemas)
    union all select 'pg_proc'::regclass, p.oid from pg_proc p where p.pronamespace = any(schemas)
    union all select 'pg_type'::regclass, t.oid from pg_type t where t.typnamespace = any(schemas)
    union all select 'pg_constraint'::regclass, k.oid from pg_constraint k where k.connamespace = any(schemas)
    union all
    select 'pg_cast'::regclass, c.oid
      from pg_cast c join pg_type t on t.oid in (c.castsource, c.casttarget) where t.typnamespace = any(schemas)
    union all select 'pg_statistic_ext'::regclass, s.oid from pg_statistic_ext s where s.stxnamespace = any(schemas)
    union all select 'pg_trigger'::regclass, g.oid from pg_trigger g join pg_class c on c.oid = g.tgrelid where c.relnamespace = any(schemas)
    union all select 'pg_policy'::regclass, p.oid from pg_policy p join pg_class c on c.oid = p.polrelid where c.relnamespace = any(schemas)
    union all select 'pg_rewrite'::regclass, w.oid from pg_rewrite w join pg_class c on c.oid = w.ev_class where c.relnamespace = any(schemas)
  )
  select 190, 0, 'comment on ' || i.identity, '{}'::text[],
      format('comment on %s is %L', levelb._comment_target(i.type, i.identity), d.description)
    from object o join pg_description d on d.classoid = o.class and d.objoid = o.object
      cross join lateral pg_identify_object(d.classoid, d.objoid, d.objsubid) i
   where levelb._comment_target(i.type, i.identity) is not null
$_mirror_comments$;
comment on function levelb._mirror_comments(oid[]) is 'What gives the objects of some schemas their comments again.';
