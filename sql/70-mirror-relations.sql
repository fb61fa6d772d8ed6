-- Owns how tables, sequences, views and their parts are written out, for a mirror of them without rows. pg_dump's order:
-- what rows would have to pass comes after the tables, what reads tables after that.

create type levelb._mirror_line as (
  turn    integer,
  place   bigint,
  object  text,
  names   text[],
  line    text
);
comment on type levelb._mirror_line is 'What makes one object of a mirror; line is null where there is no statement for its kind.';
comment on column levelb._mirror_line.turn is 'Objects of one turn do not need one another, as far as that is known.';
comment on column levelb._mirror_line.place is 'Order within the turn.';
comment on column levelb._mirror_line.object is 'What it makes, in words.';
comment on column levelb._mirror_line.names is 'A text that has one of these names may need it.';
comment on column levelb._mirror_line.line is '@null

SQL, read under search_path pg_catalog: names stand with their schema.';

-- The owner is levelb_sandbox there, whoever it is here, so that is who gives rights. What somebody else granted on is
-- granted by the owner.
create function levelb._mirror_grants(
  acl aclitem[],
  owner oid,
  target text,
  columns text default ''
)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return case when columns = '' then format('revoke all on %s from public, levelb_sandbox;', target) else '' end || coalesce((
  select string_agg(format('grant %s on %s to %s%s;', g.privileges, target, g.grantee,
      case when g.is_grantable then ' with grant option' else '' end), '' order by g.grantee, g.is_grantable)
    from (
      select case a.grantee when 0 then 'public' when owner then 'levelb_sandbox' else quote_ident(pg_get_userbyid(a.grantee)) end as grantee,
          a.is_grantable, string_agg(distinct lower(a.privilege_type) || columns, ', ') as privileges
        from aclexplode(acl) a
       where a.grantee = 0 or exists (select from pg_roles r where r.oid = a.grantee)
       group by 1, 2) g), '');
comment on function levelb._mirror_grants(aclitem[], oid, text, text) is 'SQL that gives rights on an object as an ACL has them.';

create function levelb._mirror_sequence_options(sequence oid)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return (
  select format('increment by %s minvalue %s maxvalue %s start with %s cache %s %s', s.seqincrement, s.seqmin, s.seqmax, s.seqstart,
      s.seqcache, case when s.seqcycle then 'cycle' else 'no cycle' end)
    from pg_sequence s where s.seqrelid = sequence);
comment on function levelb._mirror_sequence_options(oid) is 'Options of a sequence, as CREATE SEQUENCE has them.';

create function levelb._mirror_options(
  options text[],
  clause text
)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return coalesce((
  select format(clause, string_agg(format('%s = %L', quote_ident(o.option_name), o.option_value), ', '))
    from pg_options_to_table(options) o having count(*) > 0), '');
comment on function levelb._mirror_options(text[], text) is 'Storage or view options in a clause, or nothing.';

-- NOT NULL of a column that is written out with its table. What a child or a typed table adds, and what says NO INHERIT or NOT
-- VALID, follows as a statement of its own.
create function levelb._is_made_not_null("column" pg_attribute)
  returns boolean
  language sql stable
  set search_path = pg_catalog, pg_temp
return ("column").attnotnull
  and exists (
    select from pg_class c
     where c.oid = ("column").attrelid and c.reloftype = 0 and (("column").attislocal or c.relispartition))
  and not exists (
    select from pg_constraint k
     where k.conrelid = ("column").attrelid and k.contype = 'n' and k.conkey[1] = ("column").attnum and (k.connoinherit or not k.convalidated));
comment on function levelb._is_made_not_null(pg_attribute) is 'Whether a column stands as NOT NULL in CREATE TABLE.';

-- A partition gets its identity from its parent, a child the columns that it has not by itself.
create function levelb._mirror_columns(relation pg_class)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return (
  select string_agg(concat_ws(' ', quote_ident(a.attname), format_type(a.atttypid, a.atttypmod),
      case when a.attcollation <> t.typcollation and a.attcollation <> 0 then (
        select format('collate %I.%I', n.nspname, c.collname) from pg_collation c join pg_namespace n on n.oid = c.collnamespace
         where c.oid = a.attcollation) end,
      case when a.attgenerated <> '' then format('generated always as (%s) %s', pg_get_expr(d.adbin, d.adrelid),
        case a.attgenerated when 's' then 'stored' else 'virtual' end) end,
      case when a.attidentity <> '' and not relation.relispartition then format('generated %s as identity (sequence name %s %s)',
        case a.attidentity when 'a' then 'always' else 'by default' end, levelb._table_name(i.objid),
        levelb._mirror_sequence_options(i.objid)) end,
      case when levelb._is_made_not_null(a) then concat_ws(' ', (
        -- since 18 it has a name
        select format('constraint %I', k.conname) from pg_constraint k
         where k.conrelid = a.attrelid and k.contype = 'n' and k.conkey[1] = a.attnum), 'not null') end), ', ' order by a.attnum)
    from pg_attribute a
      join pg_type t on t.oid = a.atttypid
      left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
      left join pg_depend i on i.refclassid = 'pg_class'::regclass and i.refobjid = a.attrelid and i.refobjsubid = a.attnum
        and i.classid = 'pg_class'::regclass and i.deptype = 'i' and a.attidentity <> ''
   where a.attrelid = relation.oid and a.attnum > 0 and not a.attisdropped and (a.attislocal or relation.relispartition));
comment on function levelb._mirror_columns(pg_class) is 'Columns of a table or composite type in parentheses of CREATE.';

create function levelb._mirror_table(relation pg_class)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return format('create %stable %s %s%s%s%s%s',
  case relation.relpersistence when 'u' then 'unlogged ' else '' end, levelb._table_name(relation.oid),
  case when relation.reloftype <> 0 then 'of ' || format_type(relation.reloftype, null)
    else format('(%s)', levelb._mirror_columns(relation)) end,
  case when not relation.relispartition then (
    select format(' inherits (%s)', string_agg(levelb._table_name(i.inhparent), ', ' order by i.inhseqno))
      from pg_inherits i where i.inhrelid = relation.oid having count(*) > 0) end,
  case when relation.relkind = 'p' then ' partition by ' || pg_get_partkeydef(relation.oid) end,
  (select format(' using %I', m.amname) from pg_am m where m.oid = relation.relam and m.amname <> 'heap'),
  levelb._mirror_options(relation.reloptions, ' with (%s)'));
comment on function levelb._mirror_table(pg_class) is 'SQL that makes a table with its columns.';

-- Parents before children.
create function levelb._mirror_depth(relation oid)
  returns integer
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_mirror_depth$
  with recursive up (parent, depth) as (
    select i.inhparent, 1 from pg_inherits i where i.inhrelid = relation
    union all
    select i.inhparent, u.depth + 1 from up u join pg_inherits i on i.inhrelid = u.parent
  )
  select coalesce(max(u.depth), 0) from up u
$_mirror_depth$;
comment on function levelb._mirror_depth(oid) is 'How many tables a table inherits from, one above the other.';

create function levelb._mirror_relations(schemas oid[])
  returns setof levelb._mirror_line
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_mirror_relations$
  with relation as materialized (
    select c as r, c.oid, c.relkind, n.name, array[c.relname::text] as names
      from pg_class c cross join lateral (select levelb._table_name(c.oid)) n (name)
     where c.relnamespace = any(schemas)
       and not exists (
         select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
  )
  select 20, 0, 'sequence ' || c.name, c.names, format('create sequence %s as %s %s', c.name,
      (select format_type(s.seqtypid, null) from pg_sequence s where s.seqrelid = c.oid), levelb._mirror_sequence_options(c.oid))
    from relation c
   where c.relkind = 'S' and not exists (
     select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'i'
        and d.refclassid = 'pg_class'::regclass)
  union all
  select 30, levelb._mirror_depth(c.oid), 'table ' || c.name, c.names, levelb._mirror_table(c.r)
    from relation c where c.relkind in ('r', 'p')
  union all
  select 60, 0, 'default of ' || c.name, c.names, format('alter table %s %s', c.name,
      string_agg(format('alter column %I set default %s', a.attname, pg_get_expr(d.adbin, d.adrelid)), ', '))
    from relation c join pg_attrdef d on d.adrelid = c.oid join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
   where c.relkind in ('r', 'p') and a.attgenerated = ''
   group by c.name, c.names
  union all
  -- since 18 it has a name, and is a constraint
  select 65, levelb._mirror_depth(c.oid), format('not null of %I of %s', a.attname, c.name), c.names || a.attname::text, format('alter table %s %s', c.name,
      case when k.oid is null then format('alter column %I set not null', a.attname)
        else format('add constraint %I %s', k.conname, pg_get_constraintdef(k.oid)) end)
    from relation c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and a.attnotnull and not a.attisdropped
      left join pg_constraint k on k.conrelid = c.oid and k.contype = 'n' and k.conkey[1] = a.attnum
   where c.relkind in ('r', 'p') and not levelb._is_made_not_null(a) and k.conislocal is not false
  union all
  -- a foreign key comes when the keys are there
  select case k.contype when 'f' then 100 else 70 end, case k.contype when 'c' then 1 else 0 end,
      format('constraint %I on %s', k.conname, c.name), c.names || k.conname::text,
      format('alter table %s add constraint %I %s', c.name, k.conname, pg_get_constraintdef(k.oid))
    from relation c join pg_constraint k on k.conrelid = c.oid
   where c.relkind in ('r', 'p')
     and case k.contype when 'f' then k.conparentid = 0 when 'c' then k.conislocal or (c.r).relispartition else k.contype in ('p', 'u', 'x') end
  union all
  -- a child that was made after it has checked all of its rows
  select 71, 0, format('constraint %I on %s', k.conname, c.name), c.names || k.conname::text,
      format('alter table %s validate constraint %I', c.name, k.conname)
    from relation c join pg_constraint k on k.conrelid = c.oid
   where c.relkind = 'r' and k.contype = 'c' and k.convalidated and not k.conislocal and exists (
     select from pg_inherits i join pg_constraint u on u.conrelid = i.inhparent and u.conname = k.conname
      where i.inhrelid = c.oid and not u.convalidated)
  union all
  select case c.relkind when 'm' then 130 else 80 end, 0, 'index ' || i.name, c.names || x.relname::text, pg_get_indexdef(x.oid)
    from relation c join pg_index d on d.indrelid = c.oid join pg_class x on x.oid = d.indexrelid
      cross join lateral (select levelb._table_name(x.oid)) i (name)
   where c.relkind in ('r', 'p', 'm') and not exists (
     select from pg_constraint k where k.conindid = x.oid and k.conrelid = c.oid and k.contype in ('p', 'u', 'x'))
  union all
  -- from the top down: what is attached below takes the identity of its parent
  select 90, levelb._mirror_depth(c.oid), 'partition ' || c.name, c.names, format('alter table %s attach partition %s %s',
      levelb._table_name(i.inhparent), c.name, pg_get_expr((c.r).relpartbound, c.oid))
    from relation c join pg_inherits i on i.inhrelid = c.oid where c.relkind in ('r', 'p') and (c.r).relispartition
  union all
  -- what is older is seldom made of what is newer
  select 120, c.oid::bigint, 'view ' || c.name, c.names, case c.relkind
      when 'v' then format('create view %s%s as %s', c.name, levelb._mirror_options((c.r).reloptions, ' with (%s)'),
        rtrim(pg_get_viewdef(c.oid), ';'))
      else format('create materialized view %s%s as %s with %sdata', c.name, levelb._mirror_options((c.r).reloptions, ' with (%s)'),
        rtrim(pg_get_viewdef(c.oid), ';'), case when (c.r).relispopulated then '' else 'no ' end) end
    from relation c where c.relkind in ('v', 'm')
  union all
  select 125, 0, 'default of ' || c.name, c.names, format('alter view %s alter column %I set default %s', c.name, a.attname,
      pg_get_expr(d.adbin, d.adrelid))
    from relation c join pg_attrdef d on d.adrelid = c.oid join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
   where c.relkind = 'v'
  union all
  select 140, 0, 'statistics object ' || quote_ident(s.stxname), c.names || s.stxname::text, pg_get_statisticsobjdef(s.oid)
    from relation c join pg_statistic_ext s on s.stxrelid = c.oid
  union all
  select 150, 0, format('rule %I on %s', w.rulename, c.name), c.names || w.rulename::text,
      rtrim(pg_get_ruledef(w.oid), ';') || case when w.ev_enabled = 'O' then '' else format('; alter table %s %s', c.name,
        levelb._firing_sql('rule', w.rulename, levelb._firing(w.ev_enabled))) end
    from relation c join pg_rewrite w on w.ev_class = c.oid where w.rulename <> '_RETURN'
  union all
  select 150, 0, format('trigger %I on %s', g.tgname, c.name), c.names || g.tgname::text,
      pg_get_triggerdef(g.oid) || case when g.tgenabled = 'O' then '' else format('; alter table %s %s', c.name,
        levelb._firing_sql('trigger', g.tgname, levelb._firing(g.tgenabled))) end
    from relation c join pg_trigger g on g.tgrelid = c.oid where not g.tgisinternal and g.tgparentid = 0
  union all
  select 150, 0, format('policy %I on %s', p.polname, c.name), c.names || p.polname::text,
      format('create policy %I on %s as %s for %s to %s%s%s', p.polname, c.name,
        case when p.polpermissive then 'permissive' else 'restrictive' end,
        case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end,
        (select string_agg(case r when 0 then 'public' else quote_ident(pg_get_userbyid(r)) end, ', ') from unnest(p.polroles) r),
        ' using (' || pg_get_expr(p.polqual, p.polrelid) || ')', ' with check (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')')
    from relation c join pg_policy p on p.polrelid = c.oid
  union all
  select 160, 0, 'attributes of ' || c.name, c.names, format('alter table %s %s', c.name, concat_ws(', ',
      case when (c.r).relrowsecurity then 'enable row level security' end,
      case when (c.r).relforcerowsecurity then 'force row level security' end,
      case (c.r).relreplident when 'f' then 'replica identity full' when 'n' then 'replica identity nothing' end,
      (select format('replica identity using index %I', x.relname)
         from pg_index i join pg_class x on x.oid = i.indexrelid where i.indrelid = c.oid and i.indisreplident),
      (select format('cluster on %I', x.relname)
         from pg_index i join pg_class x on x.oid = i.indexrelid where i.indrelid = c.oid and i.indisclustered),
      (select string_agg(format('alter column %I set ', a.attname) || s.setting, ', ')
         from pg_attribute a join pg_type t on t.oid = a.atttypid
           cross join lateral (
             select 'storage ' || case a.attstorage when 'p' then 'plain' when 'e' then 'external' when 'm' then 'main' else 'extended' end
              where a.attstorage <> t.typstorage
             union all
             select 'compression ' || case a.attcompression when 'p' then 'pglz' else 'lz4' end where a.attcompression <> ''
             union all
             -- null on 17 and newer, -1 before
             select 'statistics ' || a.attstattarget where coalesce(a.attstattarget, -1) >= 0
             union all
             select nullif(levelb._mirror_options(a.attoptions, '(%s)'), '')) s (setting)
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and s.setting is not null)))
    from relation c
   where c.relkind in ('r', 'p')
     and ((c.r).relrowsecurity or (c.r).relforcerowsecurity or (c.r).relreplident in ('f', 'n')
       or exists (select from pg_index i where i.indrelid = c.oid and (i.indisreplident or i.indisclustered))
       or exists (
         select from pg_attribute a join pg_type t on t.oid = a.atttypid
          where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            and (a.attstorage <> t.typstorage or a.attcompression <> '' or coalesce(a.attstattarget, -1) >= 0 or a.attoptions is not null)))
  union all
  select 170, 0, 'owner of ' || c.name, c.names, format('alter sequence %s owned by %s.%I', c.name, levelb._table_name(d.refobjid), a.attname)
    from relation c
      join pg_depend d on d.classid = 'pg_class'::regclass and d.objid = c.oid and d.refclassid = 'pg_class'::regclass and d.deptype = 'a'
      join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
   where c.relkind = 'S'
  union all
  select 180, 0, 'rights on ' || c.name, c.names,
      levelb._mirror_grants((c.r).relacl, (c.r).relowner, case c.relkind when 'S' then 'sequence ' else 'table ' end || c.name)
    from relation c where (c.r).relacl is not null and c.relkind in ('r', 'p', 'v', 'm', 'S')
  union all
  select 181, 0, 'rights on columns of ' || c.name, c.names,
      string_agg(levelb._mirror_grants(a.attacl, (c.r).relowner, 'table ' || c.name, format(' (%I)', a.attname)), '')
    from relation c join pg_attribute a on a.attrelid = c.oid
   where a.attacl is not null and not a.attisdropped and c.relkind in ('r', 'p', 'v', 'm')
   group by c.name, c.names
  union all
  select 10, 0, 'foreign table ' || c.name, c.names, null from relation c where c.relkind = 'f'
$_mirror_relations$;
comment on function levelb._mirror_relations(oid[]) is 'What makes the tables, sequences and views of some schemas again.';
